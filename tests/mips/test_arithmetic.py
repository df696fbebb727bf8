"""Arithmetic, logic, shifts, multiplication and division, against tables of known results."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disco.mips.processor import Processor
from disco.mips.unpredictable import Unpredictable
from tests.mips.machine import Recorded, encode, exc_code, fault, machine, run

M1 = 0xFFFF_FFFF_FFFF_FFFF
"""-1, and so on:"""
M2, M3, M7 = M1 - 1, M1 - 2, M1 - 6
MAX32, MIN32 = 0x7FFF_FFFF, 0xFFFF_FFFF_8000_0000
MAX64, MIN64 = 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000

THREE_REGISTERS = [
    ("ADD", 5, 7, 12), ("ADD", M1, 1, 0), ("ADD", MIN32, MAX32, M1),
    ("ADDU", MAX32, 1, MIN32), ("ADDU", MIN32, M1, MAX32), ("ADDU", 5, M7, M2),
    ("SUB", 5, 7, M2), ("SUB", M1, MIN32, MAX32),
    ("SUBU", MIN32, 1, MAX32), ("SUBU", 0, MIN32, MIN32), ("SUBU", 3, 5, M2),
    ("DADD", MAX32, 1, 0x8000_0000), ("DADD", M1, 1, 0), ("DADD", MIN64, MAX64, M1),
    ("DADDU", MAX64, 1, MIN64), ("DADDU", M1, M1, M2),
    ("DSUB", MIN32, 1, 0xFFFF_FFFF_7FFF_FFFF), ("DSUB", M1, MIN64, MAX64),
    ("DSUBU", MIN64, 1, MAX64), ("DSUBU", 0, 1, M1),
    ("SLT", M1, 0, 1), ("SLT", 0, M1, 0), ("SLT", 1 << 32, 1, 0), ("SLT", 4, 4, 0),
    ("SLTU", M1, 0, 0), ("SLTU", 0, M1, 1), ("SLTU", 1, 1 << 32, 1), ("SLTU", 4, 4, 0),
    ("AND", 0xF0F0 << 48, 0xFF00 << 48, 0xF000 << 48), ("OR", 0xF0 << 56, 0x0F, 0xF0 << 56 | 0xF),
    ("XOR", M1, 0xFF << 40, M1 - (0xFF << 40)), ("NOR", 0, 0, M1), ("NOR", MIN64, 1, MAX64 - 1),
    ("MOVZ", 9, 0, 9), ("MOVN", 9, 0, 77), ("MOVZ", 9, 1 << 63, 77), ("MOVN", 9, 1 << 63, 9),
]  # fmt: skip
"""Name, rs, rt, rd; rd holds 77 before."""


def _registers(cpu: Processor, **values: int) -> None:
    for name, value in values.items():
        cpu.gpr[int(name[1:])] = value


@pytest.mark.parametrize(("name", "rs", "rt", "rd"), THREE_REGISTERS)
def test_three_registers(name: str, rs: int, rt: int, rd: int) -> None:
    cpu = machine(encode(name, rs=1, rt=2, rd=3))
    _registers(cpu, r1=rs, r2=rt, r3=77)
    run(cpu)
    assert cpu.gpr[3] == rd
    assert (cpu.gpr[1], cpu.gpr[2]) == (rs, rt)


IMMEDIATES = [
    ("ADDI", 5, 0xFFFF, 4), ("ADDI", MIN32, 0x7FFF, 0xFFFF_FFFF_8000_7FFF),
    ("ADDIU", MAX32, 1, MIN32), ("ADDIU", 0, 0x8000, 0xFFFF_FFFF_FFFF_8000),
    ("DADDI", MAX32, 1, 0x8000_0000), ("DADDI", 0, 0x8000, 0xFFFF_FFFF_FFFF_8000),
    ("DADDIU", MAX64, 1, MIN64), ("DADDIU", 0, 0xFFFF, M1),
    ("SLTI", M2, 0xFFFF, 1), ("SLTI", M1, 0xFFFF, 0), ("SLTI", 0, 1, 1), ("SLTI", 1 << 40, 1, 0),
    ("SLTIU", 0, 0xFFFF, 1), ("SLTIU", M1, 0xFFFF, 0), ("SLTIU", 0xFFFF, 0xFFFF, 1),
    ("ANDI", M1, 0xFFFF, 0xFFFF), ("ORI", MIN64, 0xFFFF, MIN64 | 0xFFFF),
    ("XORI", M1, 0x8001, M1 - 0x8001),
]  # fmt: skip
"""Name, rs, immediate, rt."""


@pytest.mark.parametrize(("name", "rs", "immediate", "rt"), IMMEDIATES)
def test_immediates(name: str, rs: int, immediate: int, rt: int) -> None:
    cpu = machine(encode(name, rs=1, rt=2, immediate=immediate))
    _registers(cpu, r1=rs, r2=77)
    run(cpu)
    assert cpu.gpr[2] == rt


@pytest.mark.parametrize(
    ("immediate", "result"), [(0x1234, 0x1234_0000), (0x8000, MIN32), (0xFFFF, M1 - 0xFFFF)]
)
def test_lui(immediate: int, result: int) -> None:
    cpu = machine(encode("LUI", rt=2, immediate=immediate))
    run(cpu)
    assert cpu.gpr[2] == result


OVERFLOWS = [
    ("ADD", MAX32, 1), ("ADD", MIN32, M1), ("SUB", MIN32, 1), ("SUB", 0, MIN32),
    ("DADD", MAX64, 1), ("DADD", MIN64, M1), ("DSUB", MIN64, 1), ("DSUB", 0, MIN64),
]  # fmt: skip


@pytest.mark.parametrize(("name", "rs", "rt"), OVERFLOWS)
def test_overflow_leaves_the_destination(name: str, rs: int, rt: int) -> None:
    cpu = machine(encode(name, rs=1, rt=2, rd=3))
    _registers(cpu, r1=rs, r2=rt, r3=77)
    fault(cpu)
    assert exc_code(cpu) == 12
    assert cpu.gpr[3] == 77


@pytest.mark.parametrize(
    ("name", "rs", "immediate"),
    [("ADDI", MAX32, 1), ("ADDI", MIN32, 0xFFFF), ("DADDI", MAX64, 1), ("DADDI", MIN64, 0xFFFF)],
)
def test_overflow_with_immediate(name: str, rs: int, immediate: int) -> None:
    cpu = machine(encode(name, rs=1, rt=2, immediate=immediate))
    _registers(cpu, r1=rs, r2=77)
    fault(cpu)
    assert exc_code(cpu) == 12
    assert cpu.gpr[2] == 77


SHIFTS = [
    ("SLL", 0x1_0000_0001, 31, MIN32), ("SLL", 0x1_8000_0000, 0, MIN32), ("SLL", 3, 4, 48),
    ("SRL", MIN32, 31, 1), ("SRL", MIN32, 0, MIN32), ("SRL", M1, 4, 0x0FFF_FFFF),
    ("SRA", MIN32, 31, M1), ("SRA", MAX32, 30, 1), ("SRA", M7, 1, M1 - 3),
    ("DSLL", 1, 31, 0x8000_0000), ("DSLL", MIN64, 1, 0), ("DSLL32", 1, 31, MIN64),
    ("DSRL", MIN64, 31, 1 << 32), ("DSRL32", MIN64, 31, 1), ("DSRL32", M1, 0, 0xFFFF_FFFF),
    ("DSRA", MIN64, 31, 0xFFFF_FFFF_0000_0000), ("DSRA32", MIN64, 31, M1),
    ("DSRA32", MAX64, 30, 1),
]  # fmt: skip
"""Name, rt, sa, rd."""


@pytest.mark.parametrize(("name", "rt", "sa", "rd"), SHIFTS)
def test_shifts(name: str, rt: int, sa: int, rd: int) -> None:
    cpu = machine(encode(name, rt=1, rd=2, sa=sa))
    _registers(cpu, r1=rt, r2=77)
    run(cpu)
    assert cpu.gpr[2] == rd


@pytest.mark.parametrize(("name", "rt", "sa", "rd"), SHIFTS)
def test_variable_shifts_use_the_low_bits_of_rs(name: str, rt: int, sa: int, rd: int) -> None:
    """The same table; the amount modulo 32 or 64 comes from a register whose other bits are set."""
    wide = name.startswith("D")
    amount = sa + 32 if name.endswith("32") else sa
    cpu = machine(encode(f"{name.removesuffix('32')}V", rs=3, rt=1, rd=2))
    _registers(cpu, r1=rt, r2=77, r3=(M1 << (6 if wide else 5)) & M1 | amount)
    run(cpu)
    assert cpu.gpr[2] == rd


PRODUCTS = [
    ("MULT", M2, 3, M1, M1 - 5), ("MULT", MIN32, MIN32, 0x4000_0000, 0), ("MULT", 6, 7, 0, 42),
    ("MULTU", M1, M1, M2, 1), ("MULTU", MIN32, 2, 1, 0), ("MULTU", MIN32, 1, 0, MIN32),
    ("DMULT", M2, 3, M1, M1 - 5), ("DMULT", MIN64, MIN64, 1 << 62, 0),
    ("DMULTU", M1, M1, M2, 1), ("DMULTU", MIN64, 2, 1, 0),
    ("DIV", 7, 2, 1, 3), ("DIV", M7, 2, M1, M3), ("DIV", 7, M2, 1, M3), ("DIV", M7, M2, M1, 3),
    ("DIV", MIN32, M1, 0, MIN32),
    ("DIVU", M1, 2, 1, MAX32), ("DIVU", MIN32, 1, 0, MIN32), ("DIVU", 5, M1, 5, 0),
    ("DDIV", M7, 2, M1, M3), ("DDIV", MIN64, M1, 0, MIN64),
    ("DDIVU", M1, 2, 1, MAX64), ("DDIVU", 5, M1, 5, 0),
]  # fmt: skip
"""Name, rs, rt, HI, LO."""


@pytest.mark.parametrize(("name", "rs", "rt", "hi", "lo"), PRODUCTS)
def test_multiply_and_divide(name: str, rs: int, rt: int, hi: int, lo: int) -> None:
    cpu = machine(encode(name, rs=1, rt=2))
    _registers(cpu, r1=rs, r2=rt)
    run(cpu)
    assert (cpu.hi, cpu.lo) == (hi, lo)


@pytest.mark.parametrize("name", ["DIV", "DIVU", "DDIV", "DDIVU"])
def test_division_by_zero_is_open(name: str) -> None:
    inputs = Recorded(answers={Unpredictable.DIVIDE_BY_ZERO: 0x123 - 2**64})
    cpu = machine(encode(name, rs=1, rt=0))
    cpu.gpr[1], cpu.hi, cpu.lo = 5, 6, 7
    run(cpu, inputs=inputs)
    assert inputs.asked == [Unpredictable.DIVIDE_BY_ZERO] * 2
    assert (cpu.hi, cpu.lo) == (0x123, 0x123)


@pytest.mark.parametrize(
    ("name", "moved"), [("MFHI", "hi"), ("MFLO", "lo"), ("MTHI", "hi"), ("MTLO", "lo")]
)
def test_moves_of_hi_and_lo(name: str, moved: str) -> None:
    to_gpr = name.startswith("MF")
    cpu = machine(encode(name, rd=1) if to_gpr else encode(name, rs=1))
    cpu.gpr[1], cpu.hi, cpu.lo = 11, 22, 33
    value = {"hi": 22, "lo": 33}[moved]
    run(cpu)
    if to_gpr:
        assert (cpu.gpr[1], cpu.hi, cpu.lo) == (value, 22, 33)
    else:
        assert {"hi": cpu.hi, "lo": cpu.lo} == {"hi": 22, "lo": 33} | {moved: 11}


_Roles = tuple[str, list[str], list[str]]
_TWO: _Roles = ("rs", ["rt"], ["rd"])
_IMMEDIATE: _Roles = ("rs", [], ["rt"])
_BY_SA: _Roles = ("rt", [], ["rd"])
_BY_RS: _Roles = ("rt", ["rs"], ["rd"])
_HI_LO: _Roles = ("rs", ["rt"], [])
NEEDS_WORDS = {
    "ADD": _TWO, "ADDU": _TWO, "SUB": _TWO, "SUBU": _TWO, "ADDI": _IMMEDIATE, "ADDIU": _IMMEDIATE,
    "SRL": _BY_SA, "SRA": _BY_SA, "SRLV": _BY_RS, "SRAV": _BY_RS,
    "MULT": _HI_LO, "MULTU": _HI_LO, "DIV": _HI_LO, "DIVU": _HI_LO,
}  # fmt: skip
"""The instructions whose result is UNPREDICTABLE for operands that are not words (MIPS IV).

For each the field tested here, the other sources, and the destination.
"""
NOT_A_WORD = 0x0000_0001_0000_0004


@pytest.mark.parametrize("name", NEEDS_WORDS)
def test_not_a_word_is_open(name: str) -> None:
    """Registers that hold no words are read as the inputs say, by default as their low words."""
    tested, other, destination = NEEDS_WORDS[name]
    fields = {tested: 2} | dict.fromkeys(other, 1) | dict.fromkeys(destination, 3)

    def results(value: int, inputs: Recorded) -> tuple[int, ...]:
        cpu = machine(encode(name, **fields))
        _registers(cpu, r1=2, r2=value)
        run(cpu, inputs=inputs)
        return cpu.gpr[3], cpu.hi, cpu.lo

    default, told = Recorded(), Recorded(answers={Unpredictable.NOT_A_WORD: 100})
    assert results(NOT_A_WORD, default) == results(4, Recorded())
    assert results(NOT_A_WORD, told) == results(100, Recorded()) != results(4, Recorded())
    assert default.asked == told.asked == [Unpredictable.NOT_A_WORD]


@given(value=st.integers(0, M1), amount=st.integers(0, 31))
def test_sll_takes_any_register(value: int, amount: int) -> None:
    """SLL is not restricted: it sign-extends the low word of anything, and asks nothing."""
    inputs = Recorded()
    cpu = machine(encode("SLL", rt=1, rd=2, sa=amount))
    cpu.gpr[1] = value
    run(cpu, inputs=inputs)
    low = value % 2**32 * 2**amount % 2**32
    assert cpu.gpr[2] == (low if low < 2**31 else low + 2**64 - 2**32)
    assert inputs.asked == []


def test_register_zero_stays_zero() -> None:
    cpu = machine(encode("ADDIU", rs=0, rt=0, immediate=5))
    run(cpu)
    assert cpu.gpr[0] == 0
