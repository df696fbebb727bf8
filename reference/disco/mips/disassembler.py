"""The disassembler: the text of a word, made from the instruction table."""

from disco.bits import MASK64, sext16, signed
from disco.mips.model import R10000, Model
from disco.mips.semantics.reserved import RESERVED
from disco.mips.syntax import Form, Names, Operand, Role, aliases, forms, register_names
from disco.mips.table import find_row


def disassemble(
    word: int,
    pc: int,
    model: Model = R10000,
    *,
    names: Names = Names.NUMERIC,
    use_aliases: bool = True,
) -> str:
    """Give the text of `word` (32 bits) at address `pc` (64 bits), which assembles to it again.

    Branch and jump targets are absolute addresses. A word that no instruction of `model` selects,
    or one with bits set that should be zero, is a `.word`. `use_aliases` writes `nop`, `move`, `b`
    and so on where they fit.
    """
    row = find_row(model, word)
    if row is RESERVED or word & row.zero != 0:
        return f".word {word:#010x}"
    candidates = (aliases(row, model) if use_aliases else ()) + forms(row)
    form = next(form for form in candidates if form.writes(word))
    return write_form(form, word, pc, model, names)


def write_form(form: Form, word: int, pc: int, model: Model, names: Names) -> str:
    """Write `word` at `pc` in the given form, which must be able to express it."""
    items = []
    for first, *base in form.items:
        text = _write_operand(first, word, pc, model, names)
        if base:
            text += f"({_write_operand(base[0], word, pc, model, names)})"
        items.append(text)
    return f"{form.mnemonic} {', '.join(items)}".rstrip()


def _write_operand(operand: Operand, word: int, pc: int, model: Model, names: Names) -> str:
    value = operand.extract(word)
    match operand.role:
        case Role.LITERAL:
            return operand.name
        case Role.SIGNED:
            return str(signed(value, operand.width))
        case Role.DECIMAL:
            return str(value)
        case Role.HEX:
            return hex(value)
        case Role.BRANCH:
            return hex(branch_target(pc, value))
        case Role.JUMP:
            return hex(jump_region(pc) | value << 2)
        case _:
            return register_names(operand.role, names, model)[value]


def branch_target(pc: int, offset: int) -> int:
    """Give the address that a branch at `pc` by the 16-bit field `offset` goes to."""
    return (pc + 4 + (sext16(offset) << 2)) & MASK64


def jump_region(pc: int) -> int:
    """Give the start of the 256 MB region that a jump at `pc` stays in: that of its delay slot."""
    return (pc + 4) & MASK64 & ~0x0FFF_FFFF
