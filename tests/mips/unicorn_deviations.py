"""Where Unicorn and the reference differ, as data: on what, when, and what the manual says.

A test fails for a difference that is not here, and for a row that is here and never needed.
"""

from collections.abc import Callable

import attrs

from disco.mips.model import R10000
from disco.mips.table import find_row
from disco.mips.unpredictable import Unpredictable
from tests.mips.unicorn_machine import End, Start


@attrs.frozen(kw_only=True, eq=False)
class Deviation:
    """One way in which Unicorn deviates."""

    name: str
    instructions: tuple[str, ...]
    applies: Callable[[Start, frozenset[Unpredictable], End], bool]
    """Given the start, what the reference was left open, and where it ended."""
    fields: frozenset[str]
    """What of the end may differ then."""
    more: int = 0
    """How many instructions more Unicorn needs to come to the same point."""
    section: str
    explanation: str


def _open(what: Unpredictable) -> Callable[[Start, frozenset[Unpredictable], End], bool]:
    return lambda start, asked, ours: what in asked


def _never_taken(start: Start, asked: frozenset[Unpredictable], ours: End) -> bool:
    """Tell whether the operands of the branch alone, not their values, say that it is not taken."""
    row = find_row(R10000, start.words[0])
    registers = row.operands(start.words[0])[:-1]
    return len(set(registers)) == 1 and (len(registers) == 2 or registers == (0,))


def _misaligned_target(start: Start, asked: frozenset[Unpredictable], ours: End) -> bool:
    rs = (start.words[0] >> 21) & 31
    return ours.exception == "address error on load or fetch" and start.gpr[rs] & 3 != 0


DEVIATIONS = (
    Deviation(
        name="operands that are not words",
        instructions=("ADD", "ADDI", "ADDU", "SUB", "SUBU", "SRA", "SRAV"),
        applies=_open(Unpredictable.NOT_A_WORD),
        fields=frozenset({"gpr", "exception", "pc"}),
        section="MIPS IV manual, restrictions of each 32-bit instruction",
        explanation="the result is undefined; Unicorn computes it from all 64 bits",
    ),
    Deviation(
        name="division by zero",
        instructions=("DIV", "DIVU", "DDIV", "DDIVU"),
        applies=_open(Unpredictable.DIVIDE_BY_ZERO),
        fields=frozenset({"hi", "lo"}),
        section="MIPS IV manual, DIV",
        explanation="HI and LO are undefined; Unicorn divides by one",
    ),
    Deviation(
        name="branches that are never taken",
        instructions=("BNE", "BGTZ", "BLTZ"),
        applies=_never_taken,
        fields=frozenset(),
        more=1,
        section="MIPS IV manual, delay slots",
        explanation="Unicorn takes the branch for a no-operation and its slot for no slot",
    ),
    Deviation(
        name="misaligned targets in mapped space",
        instructions=("JR", "JALR"),
        applies=_misaligned_target,
        fields=frozenset({"exception"}),
        section="R10000 Table 17-3",
        explanation="address errors come before TLB refills; Unicorn searches the TLB first",
    ),
)
