"""The commands `disco asm` and `disco disasm`.

Exit status: 0, 1 for an error in the source or the words, 2 for a file or an option that cannot be
used. Each error is one line on stderr.
"""

import os
import re
from collections.abc import Callable, Iterator
from typing import NoReturn

import click

from disco.bits import MASK64
from disco.machine.image import ImageError
from disco.mips.assembler import DEFAULT_ORIGIN, assemble
from disco.mips.assembly.image import Image
from disco.mips.assembly.program import LARGEST
from disco.mips.assembly.tokens import AssemblyError
from disco.mips.disassembler import disassemble
from disco.mips.model import MODELS, Model
from disco.mips.syntax import Names
from disco.oracle.elf import read_elf
from disco.oracle.elf_writer import ElfWriteError, write_elf

_ROWS = 8
"""How many rows of a listing one line of the source may take."""
_WORD = re.compile(r"(?:0[xX])?([0-9a-fA-F]{1,8})")


def _fail(status: int, message: str) -> NoReturn:
    click.echo(message, err=True)
    raise SystemExit(status)


def _read_origin(context: click.Context, parameter: click.Parameter, text: str) -> int:
    try:
        origin = int(text, 0)
    except ValueError:
        origin = -1
    if not 0 <= origin <= MASK64:
        raise click.BadParameter(f"{text!r} is not an address of 64 bits")
    return origin


def _read_file(file: str) -> bytes:
    try:
        with click.open_file(file, "rb") as stream:
            content: bytes = stream.read()
    except OSError as error:
        _fail(2, f"{file}: {error.strerror}")
    return content


_origin_option = click.option(
    "--origin", default=hex(DEFAULT_ORIGIN), show_default=True, metavar="ADDRESS",
    callback=_read_origin, help="Address of the first byte.",
)  # fmt: skip
_model_option = click.option(
    "--model", type=click.Choice(list(MODELS)), default="R10000", show_default=True,
    help="Processor whose instructions there are.",
)  # fmt: skip


def _names_option(
    flag: str, default: Names
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option(
        flag, "names", type=click.Choice([names.value for names in Names]),
        default=default.value, show_default=True,
        help="How general registers are called: $0 to $31, or as in a calling convention.",
    )  # fmt: skip


@click.command("asm")
@click.argument("file", metavar="FILE")
@click.option("-o", "--output", metavar="FILE", help="Where to write; standard output without it.")
@click.option(
    "--format", "form", type=click.Choice(["elf", "bin", "listing"]),
    help="An ELF64 executable (with -o the default), the bytes alone with zeros between the parts, "
    "or a listing (without -o the default).",
)  # fmt: skip
@_origin_option
@_model_option
@_names_option("--registers", Names.N64)
def asm_command(
    file: str, output: str | None, form: str | None, origin: int, model: str, names: str
) -> None:
    """Assemble FILE (- is standard input).

    The entry of an executable is the label _start, or else the first instruction.
    """
    if form is None:
        form = "listing" if output is None else "elf"
    try:
        source = _read_file(file).decode()
    except UnicodeDecodeError as error:
        _fail(1, f"{file}: not UTF-8 text: byte {error.start} is {error.object[error.start]:#04x}")
    try:
        image = assemble(source, origin=origin, model=MODELS[model], names=Names(names))
        content = _FORMATS[form](image, MODELS[model], source)
    except AssemblyError as error:
        _fail(1, f"{file}:{error}")
    except ElfWriteError as error:
        _fail(1, f"{file}: {error}")
    if output is None:
        click.echo(content, nl=False)
        return
    try:
        with click.open_file(output, "wb") as stream:
            stream.write(content)
    except OSError as error:
        _fail(2, f"{output}: {error.strerror}")


def _elf(image: Image, model: Model, source: str) -> bytes:
    return write_elf(image, model)


def _binary(image: Image, model: Model, source: str) -> bytes:
    if not image.sections:
        return b""
    first, last = image.sections[0], image.sections[-1]
    if last.address + len(last.data) - first.address > LARGEST:
        raise ElfWriteError(f"the parts lie more than {LARGEST} bytes apart: write an ELF file")
    content = bytearray()
    for section in image.sections:
        content += bytes(section.address - first.address - len(content)) + section.data
    return bytes(content)


def _listing(image: Image, model: Model, source: str) -> bytes:
    return "".join(f"{row}\n" for row in _listing_rows(image, source)).encode()


def _listing_rows(image: Image, source: str) -> Iterator[str]:
    """Give each line of the source with the bytes it made, four to a row."""
    made: dict[int, list[tuple[int, bytes]]] = {}
    for piece in image.listing:
        made.setdefault(piece.line, []).append((piece.address, piece.data))
    for number, text in enumerate(source.removesuffix("\n").split("\n"), 1):
        rows = [
            (address + offset, data[offset : offset + 4].hex())
            for address, data in made.get(number, [])
            for offset in range(0, min(len(data), 4 * _ROWS + 4), 4)
        ]
        if not rows:
            yield f"{'':28}{text}".rstrip()
        for index, (address, digits) in enumerate(rows[:_ROWS]):
            yield f"{address:016x}  {digits:8}  {text if index == 0 else ''}".rstrip()
        if len(rows) > _ROWS:
            yield f"{'':18}..."


_FORMATS = {"elf": _elf, "bin": _binary, "listing": _listing}


@click.command("disasm")
@click.argument("targets", metavar="FILE|WORD...", nargs=-1, required=True)
@_origin_option
@_model_option
@_names_option("--registers", Names.NUMERIC)
@click.option("--no-aliases", is_flag=True, help="Write no nop, move, li, b and so on.")
def disasm_command(
    targets: tuple[str, ...], origin: int, model: str, names: str, no_aliases: bool
) -> None:
    """Disassemble words or files.

    A WORD has up to 8 hexadecimal digits. A FILE (- is standard input) is an ELF executable, whose
    segments are disassembled, or big-endian words. Words and files without addresses of their own
    begin at the origin, one after the other.
    """
    for address, data in _parts(targets, origin):
        for offset in range(0, len(data), 4):
            pc = address + offset & MASK64
            chunk = data[offset : offset + 4]
            if len(chunk) == 4:
                text = disassemble(
                    int.from_bytes(chunk), pc, MODELS[model],
                    names=Names(names), use_aliases=not no_aliases,
                )  # fmt: skip
            else:
                text = f".byte {', '.join(map(hex, chunk))}"
            click.echo(f"{pc:016x}  {chunk.hex():8}  {text}")


def _parts(targets: tuple[str, ...], origin: int) -> Iterator[tuple[int, bytes]]:
    """Give the bytes that the targets mean, each part with its address."""
    for target in targets:
        word = _WORD.fullmatch(target)
        if target == "-" or os.path.exists(target):
            content = _read_file(target)
        elif word is not None:
            content = int(word[1], 16).to_bytes(4)
        else:
            _fail(2, f"{target}: neither a file nor a word of up to 8 hexadecimal digits")
        if not content.startswith(b"\x7fELF"):
            yield origin, content
            origin += len(content)
            continue
        try:
            image = read_elf(content)
        except ImageError as error:
            _fail(1, f"{target}: {error}")
        for segment in image.segments:
            yield segment.address, segment.data
