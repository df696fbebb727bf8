"""Which instruction is available when: CU0, CU1, XX, SX, UX, mode, model, over the whole table.

The groups are the manuals' (R10000 17.5 and Table 17-4, R4000 chapter 5), listed by mnemonic here.
"""

from itertools import product

import attrs
import pytest

from disco.mips.exceptions import Exceptions
from disco.mips.model import MODELS, R4000, R10000, Model
from disco.mips.step import step
from disco.mips.table import BY_NAME, TABLE, find_row, instructions
from tests.mips.machine import (
    CODE_PHYSICAL,
    Recorded,
    encode,
    exc_code,
    fault,
    machine,
    run,
    user_machine,
)

CU0, CU1, CU2, XX, SX, UX, KX = 1 << 28, 1 << 29, 1 << 30, 1 << 31, 0x40, 0x20, 0x80
FR = 1 << 26
SUPERVISOR, USER, EXL = 0x08, 0x10, 0x02
RI, CPU, FPE = 10, 11, 15
CAUSE_E = 1 << 17


def _names(text: str) -> set[str]:
    return set(text.split())


DOUBLEWORD = _names(
    """DADD DADDU DSUB DSUBU DADDI DADDIU DMULT DMULTU DDIV DDIVU DSLL DSRL DSRA DSLL32 DSRL32
    DSRA32 DSLLV DSRLV DSRAV LD SD LDL LDR SDL SDR LLD SCD LWU"""
)
"""64-bit operations on integers: reserved where 64-bit operations are off."""
COUNTERS = _names("MFPC MTPC MFPS MTPS")
BC0 = _names("BC0F BC0T BC0FL BC0TL")
CP0 = COUNTERS | BC0 | _names("MFC0 MTC0 DMFC0 DMTC0 TLBR TLBWI TLBWR TLBP ERET CACHE")
CP0_DOUBLEWORD = {"DMFC0", "DMTC0"}
MIPS4_INTEGER = {"MOVZ", "MOVN", "PREF"}
CP1_TRANSFERS = {"DMFC1", "DMTC1"}
MIPS4_WHOLE = _names(
    """LWXC1 LDXC1 SWXC1 SDXC1 PREFX MADD.S MADD.D MSUB.S MSUB.D NMADD.S NMADD.D NMSUB.S NMSUB.D
    MOVF MOVT"""
)
"""MIPS IV words that without MIPS IV are reserved, whatever CU1."""
MIPS4_COP1 = {
    f"{name}.{fmt}"
    for name in ("MOVF", "MOVT", "MOVZ", "MOVN", "RECIP", "RSQRT")
    for fmt in ("S", "D")
}
"""MIPS IV functions of COP1: without MIPS IV they are unimplemented."""
ARITHMETIC_E = {row.name for row in TABLE if row.kind.name == "FLOAT_ARITHMETIC"}
"""Floating-point arithmetic: left to software here, so Unimplemented Operation when available."""
CP1 = {
    row.name
    for row in TABLE
    if row.name in ("LWC1", "LDC1", "SWC1", "SDC1") or row.match >> 26 in (0x11, 0x13)
} | {"MOVF", "MOVT"}


def _expected(model: Model, name: str, status: int) -> tuple[int, int] | None:
    """Give the code and CE of what the instruction raises for want of a right; None if nothing."""
    kernel = status & EXL or status & 0x18 == 0
    user = not kernel and status & 0x18 == USER
    wide = kernel or status & (UX if user else SX)
    mips4 = status & XX or not user
    reserved, unusable_1, unimplemented = (RI, 0), (CPU, 1), (FPE, 0)
    if name in CP0:
        if not kernel and not status & CU0:
            return CPU, 0
        return reserved if name in CP0_DOUBLEWORD and not wide else None
    if name in DOUBLEWORD:
        return None if wide else reserved
    if name in MIPS4_INTEGER:
        return None if mips4 else reserved
    if name in MIPS4_WHOLE and not mips4:
        return reserved
    if name in CP1 and not status & CU1:
        return unusable_1
    if name in CP1_TRANSFERS and not wide:
        return reserved if model is R10000 else unimplemented
    if name in MIPS4_COP1 and not mips4:
        return unimplemented
    return unimplemented if name in ARITHMETIC_E else None


OWN = {"SYSCALL": 8, "BREAK": 9, "TGE": 13, "TGEU": 13, "TEQ": 13, "TGEI": 13, "TGEIU": 13,
       "TEQI": 13}  # fmt: skip
"""What an instruction raises with all operands zero, when it is available."""
RIGHTS = [
    sum(bits)
    for bits in product((CU0, 0), (CU1, 0), (XX, 0), (SX, 0), (UX, 0))
]  # fmt: skip
_CASES = [
    pytest.param(model, row.name, id=f"{model.name}-{row.name}")
    for model in MODELS.values()
    for row in instructions(model)
]


@pytest.mark.parametrize(("model", "name"), _CASES)
def test_guards(model: Model, name: str) -> None:
    """Every instruction, in every mode, under every combination of the enabling bits."""
    for rights, mode in product(RIGHTS, (0, SUPERVISOR, USER, USER | EXL)):
        if model is R4000 and rights & XX:
            continue
        status = rights | mode | FR
        cpu = user_machine(BY_NAME[name].match, model=model, status=status)
        exception = step(cpu, Recorded())
        expected = _expected(model, name, status)
        seen = None if exception is None else (exc_code(cpu), cpu.cp0.cause >> 28 & 3)
        if expected is None and name in OWN:
            expected = (OWN[name], 0)
        assert seen == expected, hex(status)
        if expected == (FPE, 0):
            assert cpu.fcr31 & 0x3F << 12 == CAUSE_E


def test_the_groups_name_rows_of_the_table() -> None:
    groups = [DOUBLEWORD, CP0, MIPS4_INTEGER, CP1_TRANSFERS, MIPS4_WHOLE, MIPS4_COP1]
    assert set().union(*groups) <= BY_NAME.keys()


def test_what_one_model_has_and_the_other_lacks() -> None:
    """MIPS IV and the performance counters' moves; branches on coprocessor 0 on the R4000."""
    r10000, r4000 = ({row.name for row in instructions(model)} for model in (R10000, R4000))
    assert r10000 - r4000 == MIPS4_INTEGER | MIPS4_WHOLE | MIPS4_COP1 | COUNTERS
    assert r4000 - r10000 == BC0


# Words that no row of the table selects.

RESERVED_WORDS = {
    "SPECIAL function": 0x0000_0005,
    "SPECIAL function 0x3d": 0x0000_003D,
    "REGIMM": 0x041F_0000,
    "opcode 0x1c": 0x7000_0000,
    "opcode 0x1f": 0x7C00_0000,
    "opcode 0x3b": 0xEC00_0000,
    "COP1X function": 0x4C00_003F,
}


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("word", RESERVED_WORDS.values(), ids=RESERVED_WORDS)
@pytest.mark.parametrize("status", [0, CU0 | CU1 | CU2, XX | USER | CU1, SUPERVISOR])
def test_reserved_words(model: Model, word: int, status: int) -> None:
    cpu = user_machine(word, model=model, status=status)
    fault(cpu)
    assert (exc_code(cpu), cpu.cp0.cause >> 28) == (RI, 0)


@pytest.mark.parametrize(
    "name", ["MOVZ", "MOVN", "PREF", "LWXC1", "PREFX", "MADD.D", "MOVF", "MOVT"]
)
def test_mips4_words_are_reserved_on_the_r4000(name: str) -> None:
    cpu = machine(encode(name), model=R4000)
    fault(cpu)
    assert exc_code(cpu) == RI


@pytest.mark.parametrize("name", ["RECIP.S", "MOVZ.D", "MOVT.S"])
def test_mips4_functions_of_cop1_are_unimplemented_on_the_r4000(name: str) -> None:
    cpu = machine(encode(name), model=R4000)
    fault(cpu)
    assert exc_code(cpu) == FPE
    assert cpu.fcr31 == CAUSE_E


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("word", [0x4600_0010, 0x4640_0000])
def test_undefined_cop1(model: Model, word: int) -> None:
    """Coprocessor unusable first, then Unimplemented Operation."""
    assert find_row(model, word).name == "RESERVED"
    cpu = machine(word, model=model, status=0)
    fault(cpu)
    assert (exc_code(cpu), cpu.cp0.cause >> 28) == (CPU, 1)
    cpu = machine(word, model=model, status=CU1)
    cpu.fcr31 = 0x3F07C
    fault(cpu)
    assert exc_code(cpu) == FPE
    assert cpu.fcr31 == CAUSE_E | 0x7C


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("word", [0x4060_0000, 0x4200_0010, 0x4120_0000])
def test_undefined_cop0(model: Model, word: int) -> None:
    """Coprocessor unusable first, then Reserved Instruction."""
    cpu = user_machine(word, model=model, status=USER)
    fault(cpu)
    assert (exc_code(cpu), cpu.cp0.cause >> 28) == (CPU, 0)
    for status in (0, CU0 | USER):
        cpu = user_machine(word, model=model, status=status)
        fault(cpu)
        assert exc_code(cpu) == RI


@pytest.mark.parametrize("function", [0x00, 0x03, 0x11, 0x3F])
def test_invalid_functions_of_cop0(function: int) -> None:
    """Reserved on the R10000; on the R4000 they raise nothing in a mode that may use the unit."""
    word = 0x4200_0000 | function
    for model in MODELS.values():
        fault(cpu := user_machine(word, model=model, status=USER))
        assert (exc_code(cpu), cpu.cp0.cause >> 28) == (CPU, 0)
    fault(cpu := machine(word))
    assert exc_code(cpu) == RI
    for status in (0, CU0 | USER):
        cpu = user_machine(word, model=R4000, status=status)
        before = attrs.evolve(cpu.cp0, count=1)
        run(cpu)
        assert (cpu.pc, cpu.cp0) == (0x1004, before)


COP2_WORDS = [0x4800_0000, 0x4A00_1234, 0xC800_0000, 0xD800_0000, 0xE800_0000, 0xF800_0000]
"""COP2, LWC2, LDC2, SWC2, SDC2."""


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("word", COP2_WORDS, ids=hex)
def test_cop2(model: Model, word: int) -> None:
    """Unusable with CE = 2; with CU2 = 1 reserved on the R10000, nothing on the R4000."""
    cpu = machine(word, model=model)
    fault(cpu)
    assert (exc_code(cpu), cpu.cp0.cause >> 28) == (CPU, 2)
    cpu = machine(word, model=model, status=CU2)
    if model is R10000:
        fault(cpu)
        assert exc_code(cpu) == RI
    else:
        before = cpu.memory.read(CODE_PHYSICAL, 8)
        run(cpu)
        assert cpu.memory.read(CODE_PHYSICAL, 8) == before
        assert [cpu.gpr[number] for number in range(32)] == [0] * 32


def test_should_be_zero_fields_are_ignored() -> None:
    """A word whose unused fields are not zero executes as if they were (UNDEFINED_FIELD)."""
    cpu = machine(encode("ADDU", rs=1, rt=2, rd=3) | 0x1F << 6)
    cpu.gpr[1], cpu.gpr[2] = 3, 4
    run(cpu)
    assert cpu.gpr[3] == 7
    for model in MODELS.values():
        for row in instructions(model):
            assert find_row(model, row.match | row.zero) is row


def test_coprocessor_unusable_names_the_unit() -> None:
    """The exception itself tells it too, for those who read it instead of Cause."""
    exception = fault(machine(encode("MFC1"), status=0))
    assert exception.kind is Exceptions.COPROCESSOR_UNUSABLE
    assert exception.coprocessor == 1
