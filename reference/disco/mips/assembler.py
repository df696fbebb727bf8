"""The assembler: two passes over the source, the encodings from the instruction table.

It assembles what it reads: nothing is reordered, no delay slot is filled, no scratch register is
used, and an instruction whose operand does not fit its field is an error. The first pass places
labels, so what decides about a size or an address (`.space`, `.align`, `.org`, `.equ`, `li`) must
be known there. The source's form is that of GNU's assembler: `#` and `//` begin comments, `;`
divides statements, `1:` is a label that `1b` and `1f` refer to.
"""

from collections.abc import Sequence
from functools import partial

from disco.bits import MASK64
from disco.mips.assembly.directives import DIRECTIVES
from disco.mips.assembly.encoder import encode, find_form
from disco.mips.assembly.image import Image
from disco.mips.assembly.program import Operands, Program
from disco.mips.assembly.pseudo import PSEUDO_INSTRUCTIONS
from disco.mips.assembly.tokens import Token, TokenKind, scan
from disco.mips.model import R10000, Model
from disco.mips.syntax import Names

DEFAULT_ORIGIN = 0xFFFF_FFFF_8000_1000
"""In KSEG0, above the exception vectors."""


def assemble(
    source: str,
    *,
    origin: int = DEFAULT_ORIGIN,
    model: Model = R10000,
    names: Names = Names.N64,
) -> Image:
    """Assemble `source` for `model`, beginning at the address `origin`.

    `names` says what the general registers are called besides $0 to $31. Raises AssemblyError at
    the first error.
    """
    origin &= MASK64
    program = Program(origin, model, names, location=origin)
    for line, text in enumerate(source.split("\n"), 1):
        for statement in _split(scan(text, line), ";"):
            _read_statement(program, statement)
    return program.finish()


def _split(tokens: Sequence[Token], separator: str) -> list[list[Token]]:
    """Divide `tokens` at each `separator`; every part gets an END of its own."""
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token.text == separator or token.kind is TokenKind.END:
            parts[-1].append(Token(TokenKind.END, "", token.line, token.column))
            parts.append([])
        else:
            parts[-1].append(token)
    return parts[:-1]


def _read_statement(program: Program, tokens: list[Token]) -> None:
    """Read labels and what stands behind them."""
    while len(tokens) > 2 and tokens[1].text == ":":
        program.define_label(tokens[0])
        tokens = tokens[2:]
    first, *rest = tokens
    if first.kind is TokenKind.END:
        return
    if first.kind is not TokenKind.NAME:
        raise first.error(f"{first} begins no statement")
    if rest[0].text == "=":
        program.define(first, program.known(rest[1:]))
        return
    rest = [program.resolve_local(token) for token in rest]
    operands = _split(rest, ",") if len(rest) > 1 else []
    if first.text in DIRECTIVES:
        DIRECTIVES[first.text](program, first, operands)
    elif first.text.startswith("."):
        raise first.error(f"there is no directive {first}")
    else:
        _read_instruction(program, first, operands)


def _read_instruction(program: Program, first: Token, operands: Operands) -> None:
    if program.entry is None:
        program.entry = program.location
    pseudo = PSEUDO_INSTRUCTIONS.get(first.text.lower())
    if pseudo is not None:
        pseudo(program, first, operands)
        return
    form = find_form(program, first, operands)
    location = program.location
    make = partial(encode, program, form, operands, location)
    program.place_words(first, 1, lambda: (make(),))
