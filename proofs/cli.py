"""The command line of the proofs."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import NoReturn, TypeVar

from proofs import theorems
from proofs.obligations import Result, Theorem
from proofs.report import Display, mutant_line, mutant_summary, result_line, summary
from proofs.runner import MutantResult, MutantTask, ProofTask, load, run_all, run_mutant, run_proof
from proofs.solvers import SECOND_SOLVERS, is_installed

T = TypeVar("T")
R = TypeVar("R", Result, MutantResult)

PROGRAM = "python -m proofs"
MOST_NAMES = 20
"""How many valid names an error lists."""
EXIT_STATUSES = """exit status:
  0    everything holds (with --mutants: every mutant is killed)
  1    something does not hold, is unknown, vacuous, or could not be carried out
  2    a bad command line, or a package that is not installed
  130  interrupted; what was found by then is printed
"""


class UsageError(Exception):
    """A command line that cannot be carried out; its text is one clear line."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message)


@dataclass(frozen=True)
class Item:
    """Something that can be named on the command line, as THEOREM/NAME."""

    module: str
    theorem: str
    name: str


def main(arguments: Sequence[str] | None = None, modules: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    try:
        status = _run(_parser().parse_args(arguments), modules or theorems.modules())
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # nobody reads any more, as behind `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except UsageError as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=PROGRAM,
        description="Prove the theorems about the reference, or run their mutants.",
        epilog=EXIT_STATUSES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="a theorem, as T1, or one of its obligations (with --mutants: mutants), as T1/NAME; "
        "everything if there is none",
    )
    parser.add_argument(
        "--jobs",
        type=_positive,
        default=os.cpu_count() or 1,
        metavar="N",
        help="how many processes to use (one per processor)",
    )
    parser.add_argument("--list", action="store_true", help="list the names and prove nothing")
    parser.add_argument(
        "--mutants",
        action="store_true",
        help="seed the theorems' faults one by one: each must be caught",
    )
    parser.add_argument(
        "--sample",
        type=_positive,
        metavar="N",
        help="take only about N of the obligations or mutants, evenly spread and always the same",
    )
    parser.add_argument(
        "--smt2",
        type=Path,
        metavar="DIR",
        help="write every question to DIR as SMT-LIB 2, with the expected answer",
    )
    parser.add_argument(
        "--second-solver",
        choices=sorted(SECOND_SOLVERS),
        help="put every question to this solver too: it must give the same answer",
    )
    return parser


def _positive(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    return number


def _run(options: argparse.Namespace, modules: Sequence[str]) -> int:
    loaded = {module: load(module) for module in modules}
    items = list(_items(loaded, options.mutants))
    if not items:
        raise UsageError("there are no mutants" if options.mutants else "there are no obligations")
    items = _selected(options.names, items)
    if options.sample:
        items = items[:: -(-len(items) // options.sample)]
    if options.list:
        for item in items:
            print(f"{item.theorem}/{item.name}")
        return 0
    if options.mutants and (options.smt2 or options.second_solver):
        raise UsageError("--mutants does not go together with --smt2 or --second-solver")
    if options.second_solver and not is_installed(options.second_solver):
        advice = "run pip install -e '.[prove]' in the checkout"
        raise UsageError(f"{options.second_solver} is not installed: {advice}")
    if options.smt2:
        _make_directory(options.smt2)
    if options.mutants:
        return _run_mutants(items, options.jobs)
    return _prove(items, options.jobs, options.smt2, options.second_solver)


def _items(loaded: dict[str, Theorem], mutants: bool) -> Iterable[Item]:
    for module, theorem in loaded.items():
        named = theorem.mutants if mutants else theorem.obligations()
        for each in named:
            yield Item(module, theorem.id, each.name)


def _selected(names: Sequence[str], items: Sequence[Item]) -> list[Item]:
    """Return the items that the names select, in their own order; all if there is no name."""
    if not names:
        return list(items)
    chosen: set[Item] = set()
    for name in names:
        theorem, _, rest = name.lower().partition("/")
        found = {
            item
            for item in items
            if item.theorem.lower() == theorem and rest in ("", item.name.lower())
        }
        if not found:
            raise UsageError(_unknown(name, theorem, items))
        chosen |= found
    return [item for item in items if item in chosen]


def _unknown(name: str, theorem: str, items: Sequence[Item]) -> str:
    of_theorem = [f"{i.theorem}/{i.name}" for i in items if i.theorem.lower() == theorem]
    valid = of_theorem or list(dict.fromkeys(item.theorem for item in items))
    if len(valid) > MOST_NAMES:
        near = get_close_matches(name, valid)
        hint = f"do you mean {' or '.join(near)}? " if near else ""
        names = f"the {len(valid)} of {theorem.upper()}"
        return f"nothing is named {name!r}; {hint}--list prints {names}"
    return f"nothing is named {name!r}; valid names: {', '.join(valid)}"


def _make_directory(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write to {directory}: {error.strerror}") from None


def _prove(items: Sequence[Item], jobs: int, smt2: Path | None, second_solver: str | None) -> int:
    tasks = [ProofTask(item.module, item.name, smt2, second_solver) for item in items]
    return _carry_out("obligations", run_proof, tasks, jobs, result_line, summary)


def _run_mutants(items: Sequence[Item], jobs: int) -> int:
    tasks = [MutantTask(item.module, item.name) for item in items]
    return _carry_out("mutants", run_mutant, tasks, jobs, mutant_line, mutant_summary)


def _carry_out(
    what: str,
    function: Callable[[T], R],
    tasks: Sequence[T],
    jobs: int,
    line: Callable[[R], str],
    summary: Callable[[Sequence[R], float], str],
) -> int:
    """Run the tasks, print a line for each and the summary, and return the exit status."""
    display = Display()
    start = time.perf_counter()
    results: list[R] = []
    interrupted = False
    try:
        with (
            display.progress(what, len(tasks)) as finished,
            closing(run_all(function, tasks, jobs, finished)) as outcomes,
        ):
            for result in outcomes:
                results.append(result)
                display.line(line(result))
    except KeyboardInterrupt:
        interrupted = True
    display.line(summary(results, time.perf_counter() - start))
    if interrupted:
        display.line(f"interrupted: {len(results)} of {len(tasks)} {what} were done")
        return 130
    return 0 if all(result.success for result in results) else 1
