"""Assembly syntax: the operands of each instruction as they are written, and the aliases.

The `syntax` of a table row lists the operands as the manual does, `rt, offset(base)`. What stands
in brackets may be left out: `[cc, ]fs, ft`. A name with a dot is a field read in a special way:
`cp0.rd` is a CP0 register, `upper.code` a part of the field. A digit is written as it is. DIV
names $0 first, as GNU's assembler has it, where `div rs, rt` means something else.

Everything here holds for both directions; the disassembler writes forms, the assembler reads them.
"""

import enum
import re
from collections.abc import Mapping
from functools import cache

import attrs

from disco.mips.cp0 import PERFORMANCE_COUNTER, REGISTERS
from disco.mips.instruction import FIELD_WIDTHS, Instruction
from disco.mips.model import Model
from disco.mips.table import BY_NAME, TABLE


class Role(enum.Enum):
    """What an operand is, as text."""

    GPR = "general register"
    FPR = "floating-point register"
    CP0 = "CP0 register"
    FCR = "floating-point control register"
    CONDITION = "condition code"
    SIGNED = "signed number"
    DECIMAL = "unsigned number, written in decimal"
    HEX = "unsigned number, written in hexadecimal"
    BRANCH = "branch target"
    JUMP = "jump target"
    ZERO = "register $0"
    LITERAL = "digit"


@attrs.frozen
class Operand:
    """An operand: `width` bits of the word from bit `shift` up."""

    name: str
    role: Role
    shift: int
    width: int

    def extract(self, word: int) -> int:
        """Read the operand out of `word`, unsigned."""
        return (word >> self.shift) & ((1 << self.width) - 1)

    def insert(self, value: int) -> int:
        """Place the low bits of `value` where the operand lies in a word."""
        return (value & ((1 << self.width) - 1)) << self.shift


Item = tuple[Operand, ...]
"""What stands between two commas: one operand, or an offset or index and its base."""


@attrs.frozen(eq=False)
class Form:
    """One way to write an instruction."""

    mnemonic: str
    row: Instruction
    items: tuple[Item, ...]
    implied: tuple[tuple[Operand, int], ...]
    """Operands that are not written, with the values they then have."""

    def writes(self, word: int) -> bool:
        """Tell whether this form can express `word`, which the row selects."""
        return all(operand.extract(word) == value for operand, value in self.implied)

    @property
    def template(self) -> int:
        """The word with every written operand zero."""
        word = self.row.match
        for operand, value in self.implied:
            word |= operand.insert(value)
        return word


_ROLES = {
    "rs": Role.GPR, "rt": Role.GPR, "rd": Role.GPR, "base": Role.GPR, "index": Role.GPR,
    "fs": Role.FPR, "ft": Role.FPR, "fd": Role.FPR, "fr": Role.FPR,
    "cp0.rd": Role.CP0, "fcr.fs": Role.FCR, "cc": Role.CONDITION,
    "simmediate": Role.SIGNED, "immediate": Role.HEX, "sa": Role.DECIMAL,
    "hint": Role.DECIMAL, "op": Role.HEX, "counter": Role.DECIMAL,
    "code": Role.HEX, "code10": Role.HEX, "upper.code": Role.HEX, "lower.code": Role.HEX,
    "offset": Role.BRANCH, "target": Role.JUMP,
}  # fmt: skip
_PARTS = {"upper.code": (10, 10), "lower.code": (0, 10)}
"""Operands that are a part of their field: lowest bit and width."""
_OMITTED = {"rd": 31}
"""What an operand is that was left out, where that is not zero."""


@attrs.frozen
class Alias:
    """Another name for an instruction some of whose operands have fixed values."""

    mnemonic: str
    syntax: str
    instruction: str
    implied: Mapping[str, int]


ALIASES = (
    Alias("nop", "", "SLL", {"rd": 0, "rt": 0, "sa": 0}),
    Alias("move", "rd, rs", "OR", {"rt": 0}),
    Alias("li", "rt, simmediate", "ADDIU", {"rs": 0}),
    Alias("not", "rd, rs", "NOR", {"rt": 0}),
    Alias("neg", "rd, rt", "SUB", {"rs": 0}),
    Alias("negu", "rd, rt", "SUBU", {"rs": 0}),
    Alias("dneg", "rd, rt", "DSUB", {"rs": 0}),
    Alias("dnegu", "rd, rt", "DSUBU", {"rs": 0}),
    Alias("b", "offset", "BEQ", {"rs": 0, "rt": 0}),
    Alias("beqz", "rs, offset", "BEQ", {"rt": 0}),
    Alias("bnez", "rs, offset", "BNE", {"rt": 0}),
    Alias("beqzl", "rs, offset", "BEQL", {"rt": 0}),
    Alias("bnezl", "rs, offset", "BNEL", {"rt": 0}),
    Alias("bal", "offset", "BGEZAL", {"rs": 0}),
    Alias("mfps", "rt, 0", "MFC0", {"cp0.rd": PERFORMANCE_COUNTER}),
    Alias("mtps", "rt, 0", "MTC0", {"cp0.rd": PERFORMANCE_COUNTER}),
)
"""The aliases that both directions use; the earlier one is preferred."""


def _operand(row: Instruction, name: str) -> Operand:
    """Find where the operand that the syntax calls `name` lies in the words of `row`."""
    if name.isdigit():
        return Operand(name, Role.LITERAL, 0, 0)
    if name == "zero":
        return Operand(name, Role.ZERO, 0, 0)
    field_name = "immediate" if name == "simmediate" else name.rpartition(".")[2]
    low, width = _PARTS.get(name, (0, FIELD_WIDTHS[field_name]))
    shift = next(field.shift for field in row.fields if field.name == field_name)
    return Operand(name, _ROLES[name], shift + low, width)


def _item(row: Instruction, text: str) -> Item:
    """Read one item of a syntax without brackets."""
    first, _, base = text.removesuffix(")").partition("(")
    operand = _operand(row, first)
    if not base:
        return (operand,)
    if first == "offset":
        operand = attrs.evolve(operand, role=Role.SIGNED)
    return operand, _operand(row, base)


def _variants(syntax: str) -> list[str]:
    """Give `syntax` with each choice of its bracketed parts, the shortest first."""
    innermost = re.search(r"\[([^][]*)]", syntax)
    if innermost is None:
        return [syntax]
    before, after = syntax[: innermost.start()], syntax[innermost.end() :]
    variants = _variants(before + after) + _variants(before + innermost[1] + after)
    return sorted(set(variants), key=len)


def _names(syntax: str) -> list[str]:
    return re.findall(r"[a-z][\w.]*", syntax)


def _forms(row: Instruction, mnemonic: str, syntax: str, implied: Mapping[str, int]) -> list[Form]:
    forms = []
    for variant in _variants(syntax):
        omitted = {
            name: _OMITTED.get(name, 0) for name in _names(syntax) if name not in _names(variant)
        }
        items = tuple(_item(row, text) for text in variant.split(", ") if text)
        values = tuple(
            (_operand(row, name), value) for name, value in {**implied, **omitted}.items()
        )
        forms.append(Form(mnemonic, row, items, values))
    return forms


@cache
def forms(row: Instruction) -> tuple[Form, ...]:
    """Give the ways to write `row` under its own name, the shortest first."""
    return tuple(_forms(row, row.name.lower(), row.syntax, {}))


@cache
def aliases(row: Instruction, model: Model) -> tuple[Form, ...]:
    """Give the aliases of `row` that `model` knows, the preferred one first."""
    return tuple(
        form
        for alias in ALIASES
        if alias.instruction == row.name and _known(alias.mnemonic, model)
        for form in _forms(row, alias.mnemonic, alias.syntax, alias.implied)
    )


def _known(mnemonic: str, model: Model) -> bool:
    """Tell whether an alias may be used: one that extends an instruction goes with it."""
    row = BY_NAME.get(mnemonic.upper())
    return row is None or row.available(model)


@cache
def forms_by_mnemonic(model: Model) -> Mapping[str, tuple[Form, ...]]:
    """Give every form of the instructions that `model` has, by mnemonic in lower case."""
    found: dict[str, tuple[Form, ...]] = {}
    for row in TABLE:
        if row.available(model):
            for form in forms(row) + aliases(row, model):
                found[form.mnemonic] = (*found.get(form.mnemonic, ()), form)
    return found


class Names(enum.Enum):
    """How general and CP0 registers are called."""

    NUMERIC = "numeric"
    N64 = "n64"
    O32 = "o32"


_SAVED = tuple(f"$s{number}" for number in range(8))
_TAIL = (*_SAVED, "$t8", "$t9", "$k0", "$k1", "$gp", "$sp", "$fp", "$ra")
_HEAD = ("$zero", "$at", "$v0", "$v1", "$a0", "$a1", "$a2", "$a3")
NUMBERS = tuple(f"${number}" for number in range(32))
GPR_NAMES = {
    Names.NUMERIC: NUMBERS,
    Names.N64: (*_HEAD, "$a4", "$a5", "$a6", "$a7", "$t0", "$t1", "$t2", "$t3", *_TAIL),
    Names.O32: (*_HEAD, *(f"$t{number}" for number in range(8)), *_TAIL),
}
"""The names of the general registers in the calling conventions, by number."""


@cache
def register_names(role: Role, names: Names, model: Model) -> tuple[str, ...]:
    """Give the names of the registers that `role` stands for, by number, as they are written."""
    if role in (Role.GPR, Role.ZERO):
        return GPR_NAMES[names]
    if role is Role.FPR:
        return tuple(f"$f{number}" for number in range(32))
    if role is Role.CONDITION:
        return tuple(f"$fcc{number}" for number in range(8))
    if role is Role.CP0 and names is not Names.NUMERIC:
        called = {row.number: f"${row.name.lower()}" for row in REGISTERS[model.name]}
        return tuple(called.get(number, f"${number}") for number in range(32))
    return NUMBERS


@cache
def register_numbers(role: Role, names: Names, model: Model) -> Mapping[str, int]:
    """Give the number of each register that `role` stands for, by every name it may be read by."""
    numbers = {name: number for number, name in enumerate(register_names(role, names, model))}
    if role in (Role.GPR, Role.CP0, Role.FCR):
        numbers |= {name: number for number, name in enumerate(NUMBERS)}
    if role is Role.GPR and names is not Names.NUMERIC:
        numbers["$s8"] = numbers["$fp"]
    return numbers
