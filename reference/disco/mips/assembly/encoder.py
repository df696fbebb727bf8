"""Making the word of an instruction from its operands."""

import attrs

from disco.bits import MASK64, signed64
from disco.mips.assembly.program import Operands, Program, Tokens, limited
from disco.mips.assembly.tokens import Token, TokenKind
from disco.mips.disassembler import branch_target, jump_region
from disco.mips.syntax import Form, Item, Operand, Role, forms_by_mnemonic, register_numbers
from disco.mips.table import BY_NAME


def find_form(program: Program, first: Token, operands: Operands) -> Form:
    """Choose the form by the mnemonic `first`, the number of operands and the digits in them."""
    mnemonic = first.text.lower()
    choices = forms_by_mnemonic(program.model).get(mnemonic, ())
    for form in choices:
        if len(form.items) == len(operands) and all(map(_fits, form.items, operands)):
            return form
    if choices:
        syntax = " or ".join(f"'{_syntax(form)}'" for form in choices)
        raise first.error(f"{mnemonic} is written {syntax}")
    if mnemonic.upper() in BY_NAME:
        raise first.error(f"the {program.model.name} has no instruction '{mnemonic}'")
    raise first.error(f"there is no instruction {first}")


def encode(program: Program, form: Form, operands: Operands, location: int) -> int:
    """Make the word of an instruction at `location`; every symbol is known."""
    word = form.template
    for item, tokens in zip(form.items, operands, strict=True):
        for operand, part in _divide(item, tokens):
            word |= operand.insert(_field(program, operand, part, location))
    return word


def register(program: Program, role: Role, tokens: Tokens) -> int:
    """Read a register of the kind that `role` is."""
    first, *rest = tokens
    number = register_numbers(role, program.names, program.model).get(first.text.lower())
    if number is None:
        raise first.error(f"{first} is not a {role.value}")
    if rest and rest[0].kind is not TokenKind.END:
        raise rest[0].error(f"{rest[0]} does not continue the operand")
    return number


def _fits(item: Item, tokens: Tokens) -> bool:
    """Tell whether the operand may be what the form has there: a digit is written as it is."""
    return item[0].role is not Role.LITERAL or [token.text for token in tokens] == [
        item[0].name,
        "",
    ]


def _syntax(form: Form) -> str:
    items = (
        f"{item[0].name}({item[1].name})" if len(item) == 2 else item[0].name for item in form.items
    )
    return f"{form.mnemonic} {', '.join(items)}".rstrip()


def _divide(item: Item, tokens: Tokens) -> list[tuple[Operand, Tokens]]:
    """Give each operand of an item its tokens; an offset of zero may be left out."""
    if len(item) == 1:
        return [(item[0], tokens)]
    if len(tokens) < 4 or (tokens[-4].text, tokens[-2].text) != ("(", ")"):
        raise tokens[0].error(f"{tokens[0]} is no address: write '{item[0].name}(base)'")
    end = attrs.evolve(tokens[-4], kind=TokenKind.END)
    first = [*tokens[:-4], end]
    if len(first) == 1:
        first.insert(0, attrs.evolve(end, kind=TokenKind.NUMBER, text="0"))
    return [(item[0], first), (item[1], tokens[-3:-2])]


def _field(program: Program, operand: Operand, tokens: Tokens, location: int) -> int:
    match operand.role:
        case Role.BRANCH:
            return _branch(program, tokens, location)
        case Role.JUMP:
            return _jump(program, tokens, location)
        case Role.LITERAL:
            return 0
        case Role.ZERO:
            return _zero(program, tokens)
        case Role.SIGNED | Role.DECIMAL | Role.HEX:
            return _number(program, operand, tokens, location)
        case _:
            return register(program, operand.role, tokens)


def _zero(program: Program, tokens: Tokens) -> int:
    if register(program, Role.GPR, tokens) != 0:
        raise tokens[0].error(f"{tokens[0]} is not $0")
    return 0


def _number(program: Program, operand: Operand, tokens: Tokens, location: int) -> int:
    value = program.value(tokens, location)
    if operand.role is Role.SIGNED:
        return limited(value, tokens, -1 << operand.width - 1, (1 << operand.width - 1) - 1)
    if operand.name == "immediate" and tokens[0].kind is TokenKind.PART:
        value &= 0xFFFF  # the parts of an address are signed, and `lui` takes them as they are
    return limited(value, tokens, 0, (1 << operand.width) - 1)


def _branch(program: Program, tokens: Tokens, location: int) -> int:
    address = _target(program, tokens, location)
    offset = signed64(address - location - 4) >> 2
    if branch_target(location, offset) != address:
        raise tokens[0].error(f"{address:#x} is out of the reach of a branch")
    return offset


def _jump(program: Program, tokens: Tokens, location: int) -> int:
    address = _target(program, tokens, location)
    if address & MASK64 & ~0x0FFF_FFFF != jump_region(location):
        raise tokens[0].error(f"{address:#x} is outside the 256 MB region of the jump")
    return address >> 2


def _target(program: Program, tokens: Tokens, location: int) -> int:
    address = program.value(tokens, location)
    if address % 4 != 0:
        raise tokens[0].error(f"the target {address:#x} is not a multiple of 4")
    return address
