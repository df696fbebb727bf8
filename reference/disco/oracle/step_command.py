"""The command `disco step`: one step from a state, and what it changes."""

import sys
from collections.abc import Iterator, Mapping

import click

from disco.machine.sparse import SparseMemory
from disco.mips.delivery import deliver
from disco.mips.disassembler import disassemble
from disco.mips.exceptions import MipsException
from disco.mips.processor import Processor
from disco.mips.step import execute, step
from disco.oracle.dump import state_of
from disco.oracle.state import State, StateError, read_state


@click.command("step")
@click.argument("state", metavar="STATE")
def step_command(state: str) -> None:
    """Take one step from STATE and print what it changes.

    STATE is JSON, as a counterexample of the proofs or the part `state` of a dump; - reads it from
    standard input. A key `word` gives an instruction to execute in place of the one at `pc`, a key
    `exception` an exception to take.
    """
    try:
        start = read_state(sys.stdin.read() if state == "-" else state)
    except StateError as error:
        raise click.UsageError(f"STATE: {error}") from None
    cpu = start.cpu
    before = dict(_flat(_everything(cpu)))
    if start.word is not None:
        click.echo(f"executes {disassemble(start.word, cpu.pc, cpu.model)}")
    exception = _take(start)
    click.echo("completes" if exception is None else f"takes {exception.kind.name}")
    for name, value in _flat(_everything(cpu)):
        old = before.pop(name, "absent")
        if value != old:
            click.echo(f"{name}: {old} -> {value}")
    for name, old in before.items():
        click.echo(f"{name}: {old} -> absent")


def _take(start: State) -> MipsException | None:
    """Do what the state asks for; give the exception that was taken."""
    cpu = start.cpu
    if start.word is None and start.exception is None:
        return step(cpu, start.inputs)
    cpu.inputs = start.inputs
    try:
        if start.exception is not None:
            raise start.exception
        execute(cpu, start.word or 0)
    except MipsException as exception:
        deliver(cpu, exception)
        return exception
    return None


def _everything(cpu: Processor) -> dict[str, object]:
    assert isinstance(cpu.memory, SparseMemory), "read_state makes one"
    doublewords = sorted(cpu.memory.doublewords.items())
    return state_of(cpu) | {"memory": {hex(8 * index): hex(value) for index, value in doublewords}}


def _flat(tree: Mapping[str, object], path: str = "") -> Iterator[tuple[str, str]]:
    """Give each leaf with its place, as `gpr[2]` or `tlb[0][lo1]`."""
    for key, value in tree.items():
        place = f"{path}[{key}]" if path else str(key)
        if isinstance(value, Mapping):
            yield from _flat(value, place)
        else:
            yield place, str(value)
