"""The command `disco vectors`: cases of one step each, filled, and consumed to judge by them."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from disco.mips.model import MODELS
from disco.oracle.program import InputError
from disco.oracle.vectors.files import (
    Case,
    VectorError,
    VectorFile,
    filled,
    read_file,
    schema,
    write_file,
)
from disco.oracle.vectors.judge import AnswerError, Fault, Implementation, judge, reference
from disco.oracle.vectors.peer import Peer, PeerError
from disco.oracle.vectors.subjects import draw, subjects

FAULTS = 1
"""The exit status when an implementation leaves what is not permitted."""
PEER_FAILED = 4
"""The exit status when an implementation dies, hangs or answers nonsense."""


class PeerFailedError(click.ClickException):
    """The command behind --cmd does not do what it has to."""

    exit_code = PEER_FAILED


def _print_schema(context: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(json.dumps(schema(), indent=1))
        context.exit()


@click.group("vectors")
@click.option(
    "--schema", is_flag=True, is_eager=True, expose_value=False, callback=_print_schema,
    help="Print the layout of a file as a JSON Schema and exit.",
)  # fmt: skip
def vectors_command() -> None:
    """Fill and consume vectors: cases of one step each, by which to judge an implementation."""


@vectors_command.command("fill")
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    help="Where the files go: DIR/MODEL/SUBJECT.json.",
)  # fmt: skip
@click.option(
    "--seed", default=0, show_default=True, help="The same seed gives the same cases.",
)  # fmt: skip
@click.option(
    "--count", default=20, show_default=True, type=click.IntRange(1, 100_000),
    help="Cases for each subject.",
)  # fmt: skip
@click.option(
    "--model", "names", multiple=True, type=click.Choice([*MODELS]), help="Only this model."
)
@click.option("--only", multiple=True, metavar="SUBJECT", help="Only this; may be repeated.")
def fill(out: Path, seed: int, count: int, names: Sequence[str], only: Sequence[str]) -> None:
    """Write vectors for every instruction and every way into an exception.

    A case is a state, with the instruction in its memory, and the permitted states after one step,
    each with masks of the bits that the architecture leaves open.
    """
    models = [MODELS[name] for name in names or MODELS]
    known = {subject for model in models for subject in subjects(model)}
    if unknown := sorted(set(only) - known):
        raise click.UsageError(
            f"--only: {unknown[0]!r} is no subject; subjects are instructions and scenarios"
        )
    cases = files = 0
    for model in models:
        for subject in subjects(model):
            if not only or subject in only:
                content = filled(model, subject, seed, draw(model, subject, seed, count))
                try:
                    write_file(out, content)
                except OSError as error:
                    raise InputError(f"{out}: {error.strerror}") from None
                cases, files = cases + len(content.cases), files + 1
    click.echo(f"{cases} cases in {files} files")


@vectors_command.command("consume")
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH..."
)
@click.option(
    "--cmd", "command", metavar="COMMAND",
    help="The implementation to judge; without it the reference itself.",
)  # fmt: skip
@click.option("--each", is_flag=True, help="Start COMMAND anew for each case.")
@click.option(
    "--timeout", default=10.0, show_default=True, type=click.FloatRange(0.01, 3600),
    help="Seconds that an answer may take.",
)  # fmt: skip
@click.option(
    "--ignore", "ignored", multiple=True, metavar="PLACE",
    help="Do not judge this, as fpr, cp0[count] or gpr[2]; may be repeated.",
)  # fmt: skip
@click.option(
    "--show", default=5, show_default=True, type=click.IntRange(0),
    help="How many faulty cases to show in full.",
)  # fmt: skip
def consume(
    paths: Sequence[Path],
    command: str | None,
    each: bool,
    timeout: float,
    ignored: Sequence[str],
    show: int,
) -> None:
    """Judge an implementation by the vectors in each PATH, a file or a folder of files.

    COMMAND reads states from its standard input, one on a line, as JSON. For each it takes one
    step, writes the state after it to its standard output, on one line, and flushes it. Numbers
    are hexadecimal strings; what is zero may be left out. No shell is used.

    \b
    Exit status:
      0    every state is a permitted one
      1    some are not
      2    an option or a file of vectors cannot be used
      4    COMMAND cannot be started, dies, hangs, or answers what is no state
      130  interrupted (Ctrl-C)
    """
    start = time.perf_counter()
    cases = faulty = 0
    try:
        with _implementation(command, each, timeout) as implementation:
            for case in _cases(paths):
                faults = _judged(case, implementation, ignored)
                cases += 1
                faulty += bool(faults)
                if faults and faulty <= show:
                    click.echo("\n".join(_report(case, faults)))
    except (PeerError, AnswerError) as error:
        raise PeerFailedError(str(error)) from None
    rate = cases / (time.perf_counter() - start)
    click.echo(f"{cases} cases, {cases - faulty} permitted, {faulty} not; {rate:,.0f} per second")
    if faulty:
        raise SystemExit(FAULTS)


@contextmanager
def _implementation(command: str | None, each: bool, timeout: float) -> Iterator[Implementation]:
    if command is None:
        yield reference
    elif each:

        def ask_anew(initial: str) -> str:
            with Peer(command, timeout) as peer:
                return peer.ask(initial, last=True)

        yield ask_anew
    else:
        with Peer(command, timeout) as peer:
            yield peer.ask


def _cases(paths: Sequence[Path]) -> Iterator[Case]:
    for path in paths:
        files = sorted(path.rglob("*.json")) if path.is_dir() else [path]
        if not files:
            raise InputError(f"{path}: holds no file of vectors")
        for file in files:
            yield from _read(file).cases


def _read(file: Path) -> VectorFile:
    try:
        return read_file(file)
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}") from None
    except VectorError as error:
        raise InputError(f"{file}: {error}") from None


def _judged(case: Case, implementation: Implementation, ignored: Sequence[str]) -> list[Fault]:
    try:
        return judge(case, implementation(json.dumps(case.initial)), ignored)
    except VectorError as error:
        raise InputError(str(error)) from None
    except PeerError as error:
        raise PeerError(f"case {case.name}: {error}") from None


def _report(case: Case, faults: Sequence[Fault]) -> Iterator[str]:
    yield f"{case.name}: {case.text}"
    for fault in faults:
        mask = f" (open: {fault.free:#x})" if fault.free else ""
        yield f"  {fault.place}: {fault.theirs:#x}, permitted {fault.permitted:#x}{mask}"
