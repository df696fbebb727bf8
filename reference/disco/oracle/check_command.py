"""The command `disco check`: a trace, from whatever wrote it, held against the reference."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import click

from disco.machine.board import Board
from disco.mips.address import Access, translate
from disco.mips.disassembler import disassemble
from disco.mips.exceptions import MipsException
from disco.mips.model import MODELS
from disco.oracle.clause_index import concerned
from disco.oracle.program import InputError, load_program, read_program
from disco.oracle.replay import Divergence, Replay
from disco.oracle.trace import digest
from disco.oracle.trace_file import TraceError, TraceReader, open_read
from disco.oracle.trace_line import TakenException, TraceHeader, TraceLine, WrittenTlbEntry, schema

DIVERGES = 1
"""The exit status when the trace and the reference differ."""

_FOLLOWING = 3
_NUMBER_WIDTH = 18


def _print_schema(context: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(json.dumps(schema(), indent=1))
        context.exit()


@click.command("check")
@click.argument("trace", metavar="TRACE")
@click.option(
    "--elf", "program", required=True, type=click.Path(path_type=Path), metavar="PROGRAM",
    help="The program that the trace is of.",
)  # fmt: skip
@click.option(
    "--schema", is_flag=True, is_eager=True, expose_value=False, callback=_print_schema,
    help="Print the trace format as a JSON Schema and exit.",
)  # fmt: skip
def check_command(trace: str, program: Path) -> None:
    """Hold TRACE against the reference.

    The reference runs PROGRAM and is told, in every step, the inputs that TRACE has recorded. The
    first step in which the two differ is shown with both states, the instructions around it and
    the clauses of the specification that it concerns. TRACE is compressed if its name ends in .gz
    or .zst; - reads it from standard input.

    \b
    Exit status:
      0    they agree in every step
      1    they differ
      2    an option, the program or the trace cannot be used
      130  interrupted (Ctrl-C)
    """
    start = time.perf_counter()
    try:
        with open_read(trace) as stream:
            reader = TraceReader(stream)
            board = _board(reader.header, program)
            replay = Replay(reader, board)
            divergence = replay.run()
    except OSError as error:
        raise InputError(f"{trace}: {error.strerror}") from None
    except TraceError as error:
        raise InputError(f"{trace}: {error}") from None
    if divergence is not None:
        click.echo("\n".join(report(divergence, board)))
        raise SystemExit(DIVERGES)
    rate = replay.steps / (time.perf_counter() - start)
    click.echo(f"{replay.steps} steps agree; {rate:,.0f} steps per second")


def _board(header: TraceHeader, program: Path) -> Board:
    """Make the board on which the trace was recorded, without a console to be seen."""
    model = MODELS.get(header.model)
    if model is None:
        raise TraceError(f"line 1: model {header.model!r} is not one of {', '.join(MODELS)}")
    try:
        board = Board(model, header.memory, lambda byte: None)
    except ValueError as error:
        raise TraceError(f"line 1: {error}") from None
    load_program(program, board, read_program(program))
    if header.program not in (None, digest(program.read_bytes())):
        raise InputError(f"{program}: not the program of the trace, which has another SHA-256")
    return board


def report(divergence: Divergence, board: Board) -> Iterator[str]:
    """Write a divergence for people, line by line."""
    places = ", ".join(difference.place for difference in divergence.differences)
    yield f"step {divergence.ours.step} (line {divergence.line}) differs: {places}"
    yield ""
    yield from (f"  {_step(line)}" for line in divergence.earlier)
    yield f"> {_step(divergence.ours)}"
    yield from (f"  {line}" for line in _following(divergence.ours.pc, board))
    yield ""
    width = max(len(difference.place) for difference in divergence.differences)
    yield f"  {'':{width}}  {'trace':{_NUMBER_WIDTH}}  reference"
    for difference in divergence.differences:
        theirs, ours = _shown(difference.theirs), _shown(difference.ours)
        yield f"  {difference.place:{width}}  {theirs:{_NUMBER_WIDTH}}  {ours}"
    yield ""
    yield from (f"note: {note}" for note in dict.fromkeys(divergence.notes()))
    for clause in concerned(divergence, board.model):
        yield f"clause {clause.name}: {clause.title}"
    yield ""
    yield from _states(divergence)


def _step(line: TraceLine) -> str:
    word = "--------" if line.word is None else f"{line.word:08x}"
    taken = "" if line.exception is None else f"   [{line.exception.name}]"
    return f"step {line.step:<9} {line.pc:016x}  {word}  {line.text}{taken}"


def _following(pc: int, board: Board) -> Iterator[str]:
    """Disassemble what stands behind `pc`, as far as it can be read without effects."""
    for address in range(pc + 4, pc + 4 + 4 * _FOLLOWING, 4):
        try:
            paddr = translate(board.cpu, address, Access.FETCH)[0]
        except MipsException:
            return
        if board.memory.storage(paddr, 4) is None:
            return
        word = board.memory.read(paddr, 4)
        yield f"{'':14} {address:016x}  {word:08x}  {disassemble(word, address, board.model)}"


def _states(divergence: Divergence) -> Iterator[str]:
    """Write both states after the step side by side, without what is zero in both."""
    theirs = divergence.before.after(divergence.theirs)
    ours = divergence.before.after(divergence.ours)
    yield f"{'state after it':22}{'trace':{_NUMBER_WIDTH}}    reference"
    for place in ours | theirs:
        value, other = ours.get(place), theirs.get(place)
        if _is_empty(value) and _is_empty(other):
            continue
        mark = "  " if value == other else "* "
        yield f"{mark}{place:20}{_shown(other):{_NUMBER_WIDTH}}    {_shown(value)}"


def _is_empty(value: object) -> bool:
    return not value.present if isinstance(value, WrittenTlbEntry) else not value


def _shown(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case int():
            return f"{value:#x}"
        case WrittenTlbEntry() if not value.present:
            return "absent"
        case WrittenTlbEntry():
            ending = f"asid {value.asid:#x}{' G' if value.glob else ''} mask {value.mask:#x}"
            return f"vpn2 {value.vpn2:#x} {ending} lo0 {value.lo0:#x} lo1 {value.lo1:#x}"
        case TakenException():
            code = "no code" if value.code is None else f"code {value.code}"
            return f"{value.name}, {code}, vector {value.vector:#x}"
        case _:
            return str(value)
