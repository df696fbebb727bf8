"""What a proof run prints: lines that stay, and on a terminal a progress bar below them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from proofs.obligations import Result
from proofs.runner import MutantResult


class Display:
    """Prints lines to stdout, each whole and in order."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)

    def line(self, text: str) -> None:
        """Print a line; on a terminal, above the progress bar."""
        if self._console.is_terminal:
            self._console.print(text)
        else:
            print(text, flush=True)

    @contextmanager
    def progress(self, what: str, total: int) -> Iterator[Callable[[], None]]:
        """Show how many of `total` are done, on a terminal; yield what counts one more."""
        if not self._console.is_terminal:
            yield lambda: None
            return
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
        with Progress(
            *columns, TimeElapsedColumn(), console=self._console, transient=True
        ) as progress:
            task = progress.add_task(what, total=total)
            yield lambda: progress.advance(task)


def result_line(result: Result) -> str:
    """Return the line of one obligation, and below it why it fails."""
    line = (
        f"{result.theorem:<4} {result.obligation:<24} {result.paths:>6} paths "
        f"{result.seconds:>8.2f} s  {result.verdict.value}"
    )
    return line + _indented(result.detail)


def mutant_line(result: MutantResult) -> str:
    """Return the line of one mutant, and below it what caught it or why it counts as alive."""
    verdict = "killed" if result.success else "SURVIVED"
    line = f"{result.theorem:<4} {result.mutant:<44} {result.seconds:>8.2f} s  {verdict}"
    return line + _indented(result.detail.partition("\n")[0])


def summary(results: Sequence[Result], seconds: float) -> str:
    """Return a line for each theorem and one for all of them."""
    theorems = dict.fromkeys(result.theorem for result in results)
    lines = [_totals(name, [r for r in results if r.theorem == name]) for name in theorems]
    return "\n".join([*lines, f"{_totals('all', results)}, {seconds:.1f} s elapsed"])


def mutant_summary(results: Sequence[MutantResult], seconds: float) -> str:
    """Return the line that sums up the mutants."""
    killed = sum(result.success for result in results)
    return f"{killed} of {len(results)} mutants killed, {seconds:.1f} s elapsed"


def _totals(name: str, results: Sequence[Result]) -> str:
    proved = sum(result.success for result in results)
    line = (
        f"{name:<4} {proved} of {len(results)} obligations proved, "
        f"{sum(result.paths for result in results)} paths, "
        f"{sum(result.claims for result in results)} claims, "
        f"{sum(result.seconds for result in results):.1f} s of proof"
    )
    answered = sum(result.answered for result in results)
    return f"{line}, {answered} answers confirmed" if answered else line


def _indented(detail: str) -> str:
    return "".join(f"\n       {line}" for line in detail.splitlines())
