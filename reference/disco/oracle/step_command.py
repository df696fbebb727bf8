"""The command `disco step`: one step from a state, and what it changes."""

from collections.abc import Iterator, Mapping

import click

from disco.mips.address import Access, translate
from disco.mips.disassembler import disassemble
from disco.mips.exceptions import MipsException
from disco.mips.instruction import Instruction
from disco.mips.processor import Processor
from disco.oracle.single_step import describe_state, take
from disco.oracle.state import StateError, read_state, write_state


@click.command("step")
@click.argument("state", metavar="STATE")
@click.option("--json", "as_json", is_flag=True, help="Print the state after the step, as JSON.")
def step_command(state: str, as_json: bool) -> None:
    """Take one step from STATE and print what it changes.

    STATE is JSON, as a counterexample of the proofs or the part `state` of a dump, or else a file
    that holds it; - reads it from standard input. A key `word` gives an instruction to execute in
    place of the one at `pc`, a key `exception` an exception to take, a key `access` a kind of
    reference for which to translate `vaddr`.

    \b
    Exit status:
      0  the step was taken, whether it completed or raised an exception
      2  an option, the file or the state cannot be used
    """
    text = state if state.lstrip().startswith("{") else _read_file(state)
    try:
        begin = read_state(text)
    except StateError as error:
        raise click.UsageError(f"STATE: {error}") from None
    if begin.reference is not None:
        click.echo(_translated(begin.cpu, *begin.reference))
        return
    cpu = begin.cpu
    before = dict(_flat(describe_state(begin)))
    decoded = _noted(cpu)
    pc, exception = cpu.pc, take(begin)
    if as_json:
        click.echo(write_state(describe_state(begin)))
        return
    for word in decoded:
        click.echo(f"executes {disassemble(word, pc, cpu.model)}")
    click.echo("completes" if exception is None else f"takes {exception.kind.name}")
    after = dict(_flat(describe_state(begin)))
    for place in before | after:
        old, new = before.get(place, "absent"), after.get(place, "absent")
        if old != new:
            click.echo(f"{place}: {old} -> {new}")


def _read_file(name: str) -> str:
    try:
        with click.open_file(name, encoding="utf-8") as stream:
            return str(stream.read())
    except OSError as error:
        raise click.UsageError(f"{name}: {error.strerror}") from None
    except ValueError:
        raise click.UsageError(f"{name}: not a text in UTF-8") from None


def _translated(cpu: Processor, vaddr: int, access: Access) -> str:
    begin = f"translates {vaddr:#x} for a {access.name.lower()}:"
    try:
        paddr, attribute = translate(cpu, vaddr, access)
    except MipsException as exception:
        return f"{begin} {exception.kind.name}"
    return f"{begin} {paddr:#x}, cache attribute {attribute}"


def _noted(cpu: Processor) -> list[int]:
    """Note the words that the processor decodes."""
    decode, words = cpu.decode, list[int]()

    def noting(word: int) -> tuple[Instruction, tuple[int, ...]]:
        words.append(word)
        return decode(word)

    cpu.decode = noting
    return words


def _flat(tree: Mapping[str, object], path: str = "") -> Iterator[tuple[str, str]]:
    """Give each leaf with its place, as `gpr[2]` or `tlb[0][lo1]`."""
    for key, value in tree.items():
        place = f"{path}[{key}]" if path else key
        if isinstance(value, Mapping):
            yield from _flat(value, place)
        else:
            yield place, hex(value) if type(value) is int else str(value).lower()
