"""The directives of the assembler."""

from collections.abc import Callable, Mapping
from functools import partial

from disco.mips.assembly.program import LARGEST, Operands, Program, Tokens, limited
from disco.mips.assembly.tokens import Token, TokenKind, string

Directive = Callable[[Program, Token, Operands], None]
"""Acts in the first pass; the token is the directive's own."""

_ALIGNMENTS = 16
"""The largest n of `.align n`."""
_OPTIONS = ("noreorder", "nomacro", "noat")
"""The options of `.set` in GNU's assembler that this one keeps to anyway."""


def _require(counts: tuple[int, ...], first: Token, operands: Operands, usage: str) -> None:
    if len(operands) not in counts:
        raise first.error(f"{first.text} is written '{first.text} {usage}'")


def _data(size: int, program: Program, first: Token, operands: Operands) -> None:
    """Place numbers of `size` bytes, signed or unsigned."""
    if not operands:
        raise first.error(f"{first.text} needs a value")
    for tokens in operands:
        make = partial(_number, size, program, tokens, program.location)
        program.place(first, size, make, alignment=size)


def _number(size: int, program: Program, tokens: Tokens, location: int) -> bytes:
    value = program.value(tokens, location)
    if size < 8:
        limited(value, tokens, -1 << 8 * size - 1, (1 << 8 * size) - 1)
    return (value & (1 << 8 * size) - 1).to_bytes(size)


def _text(terminator: bytes, program: Program, first: Token, operands: Operands) -> None:
    """Place strings, each with `terminator`."""
    if not operands:
        raise first.error(f"{first.text} needs a string")
    for tokens in operands:
        if tokens[0].kind is not TokenKind.STRING or tokens[1].kind is not TokenKind.END:
            raise tokens[0].error(f"{first.text} takes strings between quotation marks")
        content = string(tokens[0]) + terminator
        program.place(first, len(content), partial(bytes, content))


def _space(program: Program, first: Token, operands: Operands) -> None:
    _require((1, 2), first, operands, "size[, fill]")
    size = limited(program.known(operands[0]), operands[0], 0, LARGEST)
    fill = 0
    if len(operands) == 2:
        fill = limited(program.known(operands[1]), operands[1], 0, 0xFF)
    program.place(first, size, lambda: bytes([fill]) * size)


def _align(program: Program, first: Token, operands: Operands) -> None:
    """Place zero bytes up to a multiple of 2**n."""
    _require((1,), first, operands, "n")
    exponent = limited(program.known(operands[0]), operands[0], 0, _ALIGNMENTS)
    size = -program.location % (1 << exponent)
    program.place(first, size, partial(bytes, size))


def _org(program: Program, first: Token, operands: Operands) -> None:
    """Continue at an address."""
    _require((1,), first, operands, "address")
    program.location = program.known(operands[0])


def _equ(program: Program, first: Token, operands: Operands) -> None:
    _require((2,), first, operands, "symbol, value")
    name, value = operands
    if name[0].kind is not TokenKind.END and name[1].kind is not TokenKind.END:
        raise name[1].error(f"{name[1]} does not continue the symbol")
    program.define(name[0], program.known(value))


def _set(program: Program, first: Token, operands: Operands) -> None:
    if len(operands) == 1 and operands[0][0].text in _OPTIONS:
        return
    _require((2,), first, operands, f"symbol, value' or with one of '{', '.join(_OPTIONS)}")
    _equ(program, first, operands)


def _nothing(program: Program, first: Token, operands: Operands) -> None:
    """Accept what has no effect: there is one section, and every symbol is global."""


DIRECTIVES: Mapping[str, Directive] = {
    ".byte": partial(_data, 1),
    ".half": partial(_data, 2),
    ".word": partial(_data, 4),
    ".dword": partial(_data, 8),
    ".ascii": partial(_text, b""),
    ".asciiz": partial(_text, b"\0"),
    ".space": _space,
    ".align": _align,
    ".org": _org,
    ".equ": _equ,
    ".set": _set,
    ".text": _nothing,
    ".globl": _nothing,
    ".global": _nothing,
}
"""Every directive by its name."""
