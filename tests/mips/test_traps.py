"""SYSCALL, BREAK and the conditional traps."""

import pytest

from tests.mips.machine import CODE, encode, exc_code, fault, machine, run

M1 = 0xFFFF_FFFF_FFFF_FFFF
MIN64 = 1 << 63


@pytest.mark.parametrize(("name", "code"), [("SYSCALL", 8), ("BREAK", 9)])
def test_always(name: str, code: int) -> None:
    cpu = machine(encode(name, code=0xFFFFF))
    fault(cpu)
    assert (exc_code(cpu), cpu.cp0.epc) == (code, CODE)


# The condition of each trap, and pairs of operands with whether it holds.
_PAIRS = {
    "TGE": [(5, 5, True), (M1, 0, False), (0, M1, True), (MIN64, 1, False)],
    "TGEU": [(5, 5, True), (M1, 0, True), (0, M1, False), (MIN64, 1, True)],
    "TLT": [(5, 5, False), (M1, 0, True), (0, M1, False), (MIN64, 1, True)],
    "TLTU": [(5, 5, False), (M1, 0, False), (0, M1, True), (MIN64, 1, False)],
    "TEQ": [(5, 5, True), (5, 5 | 1 << 32, False), (0, 1, False)],
    "TNE": [(5, 5, False), (5, 5 | 1 << 32, True), (0, 1, True)],
}


@pytest.mark.parametrize(
    ("name", "rs", "rt", "traps"),
    [(name, *pair) for name, pairs in _PAIRS.items() for pair in pairs],
)
def test_registers(name: str, rs: int, rt: int, traps: bool) -> None:
    cpu = machine(encode(name, rs=1, rt=2, code10=0x3FF))
    cpu.gpr[1], cpu.gpr[2] = rs, rt
    if traps:
        fault(cpu)
        assert exc_code(cpu) == 13
    else:
        run(cpu)
        assert cpu.pc == CODE + 4


# The immediate is sign-extended, for the unsigned comparisons as well.
_IMMEDIATES = {
    "TGEI": [(M1, 0xFFFF, True), (M1, 0, False), (5, 0xFFFF, True)],
    "TGEIU": [(M1, 0xFFFF, True), (5, 0xFFFF, False), (M1, 0, True)],
    "TLTI": [(M1, 0xFFFF, False), (M1, 0, True), (5, 0xFFFF, False)],
    "TLTIU": [(M1, 0xFFFF, False), (5, 0xFFFF, True), (M1, 0, False)],
    "TEQI": [(M1, 0xFFFF, True), (0xFFFF, 0xFFFF, False), (7, 7, True)],
    "TNEI": [(M1, 0xFFFF, False), (0xFFFF, 0xFFFF, True), (7, 7, False)],
}


@pytest.mark.parametrize(
    ("name", "rs", "immediate", "traps"),
    [(name, *pair) for name, pairs in _IMMEDIATES.items() for pair in pairs],
)
def test_immediates(name: str, rs: int, immediate: int, traps: bool) -> None:
    cpu = machine(encode(name, rs=1, immediate=immediate))
    cpu.gpr[1] = rs
    if traps:
        fault(cpu)
        assert exc_code(cpu) == 13
    else:
        run(cpu)
        assert cpu.pc == CODE + 4
