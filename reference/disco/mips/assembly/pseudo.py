"""The pseudo-instructions that stand for several words: constants and addresses.

Each depends on its operands alone and uses no register but its own.
"""

from collections.abc import Callable, Mapping

from disco.bits import MASK64, sext16, sext32, signed64
from disco.mips.assembly.encoder import register
from disco.mips.assembly.program import Operands, Program, Tokens
from disco.mips.assembly.tokens import Token
from disco.mips.syntax import Role
from disco.mips.table import BY_NAME


def _word(name: str, **operands: int) -> int:
    row = BY_NAME[name]
    return row.encode(
        *(operands.get(field.name, 0) & (1 << field.width) - 1 for field in row.fields)
    )


def load_constant(target: int, value: int) -> tuple[int, ...]:
    """Give the words that put `value` (64 bits) into `target`: one or two for a word."""
    if value == sext16(value):
        return (_word("ADDIU", rt=target, immediate=value),)
    if value <= 0xFFFF:
        return (_word("ORI", rt=target, immediate=value),)
    low = value & 0xFFFF
    finish = (_word("ORI", rs=target, rt=target, immediate=low),) if low != 0 else ()
    if value == sext32(value):
        return (_word("LUI", rt=target, immediate=value >> 16), *finish)
    # The upper part first: signed, without trailing zeros when nothing is to come below it.
    shift = 16
    if low == 0:
        shift = (value & -value).bit_length() - 1
    upper = load_constant(target, signed64(value) >> shift & MASK64)
    return (*upper, _shift_left(target, shift), *finish)


def _shift_left(target: int, shift: int) -> int:
    if shift < 32:
        return _word("DSLL", rt=target, rd=target, sa=shift)
    return _word("DSLL32", rt=target, rd=target, sa=shift - 32)


def load_address(target: int, address: int) -> tuple[int, ...]:
    """Give the two words that put a sign-extended 32-bit `address` into `target`."""
    return (
        _word("LUI", rt=target, immediate=(address + 0x8000) >> 16),
        _word("ADDIU", rs=target, rt=target, immediate=address),
    )


def load_long_address(target: int, address: int) -> tuple[int, ...]:
    """Give the six words that put any 64-bit `address` into `target`."""
    higher, upper = address + 0x8000_8000, address + 0x8000
    return (
        _word("LUI", rt=target, immediate=(address + 0x8000_8000_8000) >> 48),
        _word("DADDIU", rs=target, rt=target, immediate=higher >> 32),
        _shift_left(target, 16),
        _word("DADDIU", rs=target, rt=target, immediate=upper >> 16),
        _shift_left(target, 16),
        _word("DADDIU", rs=target, rt=target, immediate=address),
    )


def _operands(program: Program, first: Token, operands: Operands) -> tuple[int, Tokens]:
    """Divide the operands into the register and the tokens of the value."""
    if len(operands) != 2:
        raise first.error(f"{first.text} is written '{first.text} rt, value'")
    return register(program, Role.GPR, operands[0]), operands[1]


def _li(program: Program, first: Token, operands: Operands) -> None:
    """Load a word, signed or unsigned, sign-extended."""
    number, tokens = _operands(program, first, operands)
    value = signed64(program.known(tokens))
    if not -1 << 31 <= value < 1 << 32:
        raise tokens[0].error(f"{value} does not fit 32 bits: use dli")
    _place(program, first, load_constant(number, sext32(value)))


def _dli(program: Program, first: Token, operands: Operands) -> None:
    """Load a doubleword."""
    number, tokens = _operands(program, first, operands)
    _place(program, first, load_constant(number, program.known(tokens)))


def _place(program: Program, first: Token, words: tuple[int, ...]) -> None:
    program.place_words(first, len(words), lambda: words)


def _la(program: Program, first: Token, operands: Operands) -> None:
    """Load an address that is a sign-extended word."""
    number, tokens = _operands(program, first, operands)
    location = program.location

    def make() -> tuple[int, ...]:
        address = program.value(tokens, location)
        if address != sext32(address):
            raise tokens[0].error(f"{address:#x} is no sign-extended 32-bit address: use dla")
        return load_address(number, address)

    program.place_words(first, 2, make)


def _dla(program: Program, first: Token, operands: Operands) -> None:
    """Load any address."""
    number, tokens = _operands(program, first, operands)
    location = program.location
    program.place_words(
        first, 6, lambda: load_long_address(number, program.value(tokens, location))
    )


PSEUDO_INSTRUCTIONS: Mapping[str, Callable[[Program, Token, Operands], None]] = {
    "li": _li,
    "dli": _dli,
    "la": _la,
    "dla": _dla,
}
"""What places each pseudo-instruction in the first pass, by mnemonic."""
