"""What an instruction is: one row of the one instruction table.

A row is made where the instruction's semantics stands, by decorating its function:

    @chapter("rd, rs, rt", "000000 rs rt rd ..... 100001", Level.I, Kind.COMPUTE)
    def ADDU(cpu: Processor, rs: int, rt: int, rd: int) -> None: ...

The pattern reads from bit 31 to bit 0. `0` and `1` are fixed, `.` should be zero (what a word with
another value there does is UNDEFINED_FIELD), a name is an operand field; the function's parameters
are the fields in the pattern's order.
"""

import enum
from collections.abc import Callable
from functools import cached_property

import attrs

from disco.mips.model import Level, Model
from disco.mips.processor import Processor

FIELD_WIDTHS = {
    "rs": 5, "rt": 5, "rd": 5, "sa": 5, "base": 5, "index": 5, "op": 5, "hint": 5,
    "fs": 5, "ft": 5, "fd": 5, "fr": 5, "cc": 3, "counter": 1,
    "offset": 16, "immediate": 16, "target": 26, "code": 20, "code10": 10,
}  # fmt: skip
"""The operand fields of the manual's instruction formats and their widths in bits."""


class Kind(enum.Enum):
    """What an instruction does, as far as generators and proofs divide the table by it."""

    COMPUTE = "computes in registers"
    LOAD = "loads"
    STORE = "stores"
    JUMP = "branches or jumps, with a delay slot"
    TRAP = "raises an exception, always or on a condition"
    HINT = "has no architectural effect of its own"
    PRIVILEGED = "needs coprocessor 0"
    FLOAT = "moves or tests in the floating-point unit"
    FLOAT_ARITHMETIC = "computes in the floating-point unit"


Operation = Callable[..., None]
"""`(cpu, *fields) -> None`; a test holds the parameters' names against the pattern's."""

Guard = Callable[[Processor], None]
"""Raises the exception due when the instruction is not available in the current state."""


@attrs.frozen
class Field:
    """An operand field: `width` bits of the word from bit `shift` up."""

    name: str
    shift: int
    width: int

    def extract(self, word: int) -> int:
        """Read the field out of `word`."""
        return (word >> self.shift) & ((1 << self.width) - 1)


@attrs.frozen(eq=False, slots=False)
class Instruction:
    """One row of the instruction table."""

    name: str
    syntax: str
    """The operands as they are written; disco.mips.syntax reads it."""
    pattern: str
    level: Level
    kind: Kind
    operation: Operation
    guard: Guard | None
    fixed: int
    """Mask of the bits that select the instruction."""
    match: int
    """Their value."""
    zero: int
    """Mask of the bits that should be zero."""
    fields: tuple[Field, ...]
    chapter: str
    models: frozenset[str] | None = None
    """The models that have it, when the level alone does not say."""

    def selects(self, word: int) -> bool:
        """Tell whether `word` is this instruction."""
        return word & self.fixed == self.match

    def operands(self, word: int) -> tuple[int, ...]:
        """Read the operand fields out of `word`, in the order of the function's parameters."""
        return tuple(field.extract(word) for field in self.fields)

    def encode(self, *operands: int) -> int:
        """Make the word with these operand fields, each unsigned and within its width."""
        word = self.match
        for field, value in zip(self.fields, operands, strict=True):
            word |= value << field.shift
        return word

    def available(self, model: Model) -> bool:
        """Tell whether `model` has the instruction."""
        if self.models is not None:
            return model.name in self.models
        return self.level <= model.level

    @cached_property
    def description(self) -> str:
        """The function's docstring."""
        return self.operation.__doc__ or ""


def _parse(pattern: str) -> tuple[int, int, int, tuple[Field, ...]]:
    fixed = match = zero = 0
    fields: list[Field] = []
    position = 32
    for token in pattern.split():
        if token in FIELD_WIDTHS:
            position -= FIELD_WIDTHS[token]
            fields.append(Field(token, position, FIELD_WIDTHS[token]))
            continue
        for bit in token:
            position -= 1
            if bit == ".":
                zero |= 1 << position
            else:
                fixed |= 1 << position
                match |= int(bit, 2) << position
    if position != 0:
        raise ValueError(f"pattern {pattern!r} has {32 - position} bits, not 32")
    return fixed, match, zero, tuple(fields)


class Chapter:
    """The rows of one chapter of the manual, in the order of definition."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.rows: list[Instruction] = []

    def __call__(
        self,
        syntax: str,
        pattern: str,
        level: Level,
        kind: Kind,
        *,
        guard: Guard | None = None,
        name: str = "",
        models: frozenset[str] | None = None,
    ) -> Callable[[Operation], Operation]:
        """Enter the decorated function into the table as an instruction of this chapter."""

        def enter(operation: Operation) -> Operation:
            fixed, match, zero, fields = _parse(pattern)
            self.rows.append(
                Instruction(
                    name or operation.__name__, syntax, pattern, level, kind, operation, guard,
                    fixed, match, zero, fields, self.title, models,
                )
            )  # fmt: skip
            return operation

        return enter
