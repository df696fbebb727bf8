"""The command `disco lockstep`: a program on the reference and on another implementation."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import click

from disco.machine.board import Board, Step, Stop
from disco.mips.exceptions import MipsException
from disco.mips.inputs import Inputs
from disco.mips.model import MODELS, R10000, Model
from disco.mips.processor import Processor
from disco.oracle.gdb_peer import gdb_stub
from disco.oracle.lockstep import Difference, DivergenceError, Lockstep, Observation, PeerError
from disco.oracle.lockstep_inputs import INPUTS
from disco.oracle.program import InputError, load_program, program_argument, read_program
from disco.oracle.qemu import CPUS, qemu
from disco.oracle.qemu_differences import QEMU

_STEPS_BETWEEN_REPORTS = 1 << 14
_SECONDS = 2.0
"""Between two lines about the progress."""

_LIMIT = click.option(
    "--max-instructions", type=click.IntRange(min=0), metavar="N",
    help="Stop after N instructions, exceptions taken included.",
)  # fmt: skip
_MODEL = click.option(
    "--model", type=click.Choice(list(MODELS)), default=R10000.name, show_default=True,
    help="The model that the peer is compared with.",
)  # fmt: skip


class PeerDiffersError(click.ClickException):
    """Ends the command at a difference that nothing explains."""

    exit_code = 1

    def __init__(self, difference: DivergenceError) -> None:
        first, *rest = str(difference).split("\n")
        click.echo("\n".join(rest))
        super().__init__(f"the peer differs: {first}")


@click.group("lockstep")
def lockstep_command() -> None:
    """Compare another implementation with the reference before every instruction.

    Explained differences are counted and listed at the end, those that were not met too.

    \b
    Exit status:
      0    the program ended, or --max-instructions is reached, without unexplained difference
      1    the peer differs
      2    an option, the program or the peer cannot be used
      130  interrupted (Ctrl-C)
    """


@lockstep_command.command("qemu")
@program_argument
@click.option(
    "--cpu", type=click.Choice(list(CPUS)), default="R4000", show_default=True,
    help="QEMU's processor: the R4000, or the VR5432, which is compared with the R10000.",
)  # fmt: skip
@click.option(
    "--board", type=click.Choice(["mipssim", "none"]), default="mipssim", show_default=True,
    help="QEMU's board; with none a program must leave Count, Compare and the console alone.",
)  # fmt: skip
@_LIMIT
def qemu_command(program: Path, cpu: str, board: str, max_instructions: int | None) -> None:
    """Run PROGRAM, a big-endian MIPS ELF executable, beside QEMU."""
    loaded = _load(program, CPUS[cpu])
    _compare(loaded, qemu(loaded, cpu, board), (*INPUTS, *QEMU), max_instructions)


@lockstep_command.command("gdb")
@click.argument("address", metavar="HOST:PORT")
@program_argument
@_MODEL
@_LIMIT
def gdb_command(address: str, program: Path, model: str, max_instructions: int | None) -> None:
    """Run PROGRAM beside a stub of GDB's remote protocol, which stands loaded at its entry.

    The stub gives the registers in the order of GDB for 64-bit MIPS.
    """
    loaded = _load(program, MODELS[model])
    _compare(loaded, gdb_stub(address), INPUTS, max_instructions)


def _load(program: Path, model: Model) -> Board:
    board = Board(model, send=lambda byte: None)
    load_program(program, board, read_program(program))
    return board


def _compare(
    loaded: Board,
    peer: AbstractContextManager[Iterator[Observation]],
    differences: Sequence[Difference],
    max_instructions: int | None,
) -> None:
    """Run both sides to the end and say what was found."""
    begin = time.monotonic()
    try:
        with peer as states:
            lockstep = Lockstep(loaded, states, differences)
            try:
                stop = loaded.run(max_instructions, _reporting(lockstep.step, begin))
            finally:
                _list_differences(lockstep)
    except PeerError as error:
        raise InputError(str(error)) from None
    except DivergenceError as difference:
        raise PeerDiffersError(difference) from None
    click.echo(_summary(stop, lockstep.steps, time.monotonic() - begin))


def _summary(stop: Stop, steps: int, seconds: float) -> str:
    what = stop.detail or stop.reason.value
    return f"equal for {steps:,} steps ({steps / seconds:,.0f} a second); {what}; pc {stop.pc:#x}"


def _list_differences(lockstep: Lockstep) -> None:
    for row in lockstep.declared:
        if times := lockstep.used[row.name]:
            click.echo(f"{times:9,} times  {row.name}: {row.reason} ({row.section})")
    if unused := [row.name for row in lockstep.declared if not lockstep.used[row.name]]:
        click.echo(f"declared and not met: {', '.join(unused)}")


def _reporting(step: Step, begin: float) -> Step:
    """Let `step` show on a terminal how far it is."""
    if not sys.stderr.isatty():
        return step
    steps, last = 0, begin

    def report(cpu: Processor, inputs: Inputs) -> MipsException | None:
        nonlocal steps, last
        steps += 1
        if steps % _STEPS_BETWEEN_REPORTS == 0 and (now := time.monotonic()) - last > _SECONDS:
            last = now
            click.echo(f"{steps:,} steps, {steps / (now - begin):,.0f} a second", err=True)
        return step(cpu, inputs)

    return report
