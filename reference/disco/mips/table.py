"""The one instruction table, and the decoder made from it."""

from functools import cache, lru_cache

from disco.mips.instruction import Instruction
from disco.mips.model import Model
from disco.mips.processor import Decoder
from disco.mips.semantics import (
    arithmetic,
    branch,
    float_arithmetic,
    float_move,
    memory,
    multiply,
    shift,
    system,
    trap,
)
from disco.mips.semantics.reserved import RESERVED

CHAPTERS = (
    memory.chapter,
    arithmetic.chapter,
    shift.chapter,
    multiply.chapter,
    branch.chapter,
    trap.chapter,
    system.chapter,
    float_move.chapter,
    float_arithmetic.chapter,
)
TABLE: tuple[Instruction, ...] = tuple(row for chapter in CHAPTERS for row in chapter.rows)
"""Every instruction, chapter by chapter."""

BY_NAME = {row.name: row for row in TABLE}
"""The table by mnemonic, upper case."""

_WORDS_REMEMBERED = 1 << 16


@cache
def instructions(model: Model) -> tuple[Instruction, ...]:
    """Give the instructions that `model` has."""
    return tuple(row for row in TABLE if row.available(model))


def find_row(model: Model, word: int) -> Instruction:
    """Give the row of `model` that selects `word`, RESERVED when none does."""
    for opcode, rows in _by_opcode(model):
        if word >> 26 == opcode:
            for row in rows:
                if row.selects(word):
                    return row
    return RESERVED


@cache
def _by_opcode(model: Model) -> tuple[tuple[int, tuple[Instruction, ...]], ...]:
    """Sort the rows by opcode, bits 31:26, which every row fixes."""
    rows: dict[int, list[Instruction]] = {}
    for row in instructions(model):
        rows.setdefault(row.match >> 26, []).append(row)
    return tuple((opcode, tuple(group)) for opcode, group in rows.items())


@cache
def decoder(model: Model) -> Decoder:
    """Make the decoder of `model`; it remembers the words it has met."""

    @lru_cache(maxsize=_WORDS_REMEMBERED)
    def decode(word: int) -> tuple[Instruction, tuple[int, ...]]:
        row = find_row(model, word)
        return row, row.operands(word)

    return decode
