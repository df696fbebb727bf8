"""Where other disassemblers and assemblers deviate, as data: on what, how, and why.

A test fails for a difference that is not here, and for a row that is here and never needed.
"""

from collections.abc import Callable

import attrs

from disco.mips.instruction import Instruction
from disco.mips.model import R4000, Model


@attrs.frozen(kw_only=True, eq=False)
class TextDeviation:
    """One way in which capstone's text of a word deviates."""

    name: str
    explanation: str
    explains: Callable[[Instruction, int, str, str | None], bool]
    """Tells by row, word, our text and capstone's text (None: invalid) whether this is it."""


def _moves_register_zero(row: Instruction, word: int, ours: str, theirs: str | None) -> bool:
    operation, _, operands = ours.partition(" ")
    return operation in ("addu", "daddu") and f"move {operands}" == f"{theirs}, $zero"


def _trap_immediate(row: Instruction, word: int, ours: str, theirs: str | None) -> bool:
    before, _, _ = ours.rpartition(" ")
    unsigned = f"{before} {word & 0xFFFF}"
    return row.name in ("TGEI", "TGEIU", "TLTI", "TLTIU", "TEQI", "TNEI") and theirs == unsigned


def _cp0_as_general(row: Instruction, word: int, ours: str, theirs: str | None) -> bool:
    moves = ("MFC0", "MTC0", "DMFC0", "DMTC0")
    before, _, _ = ours.partition(",")
    return row.name in moves and theirs is not None and theirs.startswith(f"{before}, $")


def _counter_as_select(row: Instruction, word: int, ours: str, theirs: str | None) -> bool:
    before = f"{row.name[:2].lower()}c0{ours[4:].partition(',')[0]}"
    return row.name[1:] in ("FPC", "TPC", "FPS", "TPS") and theirs == f"{before}, $t9, {word & 7}"


def _condition_code(row: Instruction, word: int, ours: str, theirs: str | None) -> bool:
    return row.name.startswith("C.") and (word >> 8) & 7 != 0 and theirs is None


CAPSTONE_DEVIATIONS = (
    TextDeviation(
        name="move",
        explanation="Additions of $0 are called move. Only OR is here, so that the text assembles "
        "to the same word again.",
        explains=_moves_register_zero,
    ),
    TextDeviation(
        name="jalr $zero",
        explanation="JALR that links in $0 is called jr: its name in MIPS32 release 6, while MIPS "
        "IV has JR as an instruction of its own.",
        explains=lambda row, word, ours, theirs: (
            row.name == "JALR" and f"jalr $zero,{str(theirs).removeprefix('jr')}" == ours
        ),
    ),
    TextDeviation(
        name="trap immediates",
        explanation="The immediates of traps are written unsigned. The processor sign-extends "
        "them, and GNU's assembler takes them signed.",
        explains=_trap_immediate,
    ),
    TextDeviation(
        name="CP0 registers",
        explanation="CP0 registers are written as general registers, with the select field of "
        "MIPS32, which MIPS IV does not have.",
        explains=_cp0_as_general,
    ),
    TextDeviation(
        name="performance counters",
        explanation="The R10000's own MFPC, MTPC, MFPS and MTPS (User's Manual 14.20) are read as "
        "MFC0 and MTC0 with a select field.",
        explains=_counter_as_select,
    ),
    TextDeviation(
        name="prefx, recip, rsqrt",
        explanation="PREFX, RECIP and RSQRT are MIPS IV instructions that capstone lacks.",
        explains=lambda row, word, ours, theirs: (
            row.name.partition(".")[0] in ("PREFX", "RECIP", "RSQRT") and theirs is None
        ),
    ),
    TextDeviation(
        name="condition codes",
        explanation="Compares that set another condition code than 0 are MIPS IV; capstone takes "
        "them for invalid.",
        explains=_condition_code,
    ),
    TextDeviation(
        name="COP3",
        explanation="MIPS IV uses the opcode of coprocessor 3 for COP1X. Words whose rs field is 8 "
        "are still read as branches on coprocessor 3.",
        explains=lambda row, word, ours, theirs: (
            word >> 21 == 0b010011_01000 and str(theirs).startswith("bc3")
        ),
    ),
)


@attrs.frozen(kw_only=True, eq=False)
class RefusedByGnu:
    """A set of lines that GNU's assembler refuses."""

    name: str
    explanation: str
    contains: Callable[[Model, Instruction, int, str], bool]
    """Tells by model, row, word and text whether a line is one of them."""


def _field(row: Instruction, word: int, name: str) -> int | None:
    return next((field.extract(word) for field in row.fields if field.name == name), None)


GNU_REFUSALS = (
    RefusedByGnu(
        name="tested link register",
        explanation="A linking branch that tests $31 is UNPREDICTABLE in the MIPS IV manual; it "
        "has an encoding nevertheless.",
        contains=lambda model, row, word, text: (
            row.name.startswith(("BLTZAL", "BGEZAL")) and _field(row, word, "rs") == 31
        ),
    ),
    RefusedByGnu(
        name="jalr to its own link register",
        explanation="JALR with rd = rs is UNPREDICTABLE in the MIPS IV manual; it has an encoding "
        "nevertheless.",
        contains=lambda model, row, word, text: (
            row.name == "JALR" and _field(row, word, "rs") == _field(row, word, "rd")
        ),
    ),
    RefusedByGnu(
        name="condition codes of the R4000",
        explanation="MIPS III has one condition code and no name for it; $fcc0 to $fcc7 are "
        "MIPS IV.",
        contains=lambda model, row, word, text: model is R4000 and "$fcc" in text,
    ),
)
