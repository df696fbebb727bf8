"""Every name of what the architecture leaves open: a situation that asks for it, or its policy."""

from collections.abc import Callable

import pytest

from disco.mips.model import R4000, R10000
from disco.mips.processor import Processor
from disco.mips.step import step
from disco.mips.unpredictable import Unpredictable
from tests.mips.machine import CODE, DATA, Recorded, encode, machine

CU1, FR = 1 << 29, 1 << 26


def _in_a_slot(word: int) -> Processor:
    cpu = machine(word)
    cpu.delay_slot = True
    return cpu


def _sc_elsewhere() -> Processor:
    cpu = machine(encode("SC", base=1, rt=2))
    cpu.gpr[1], cpu.link, cpu.link_address = DATA, True, 0x3000
    return cpu


def _with(word: int, register: int, value: int) -> Processor:
    cpu = machine(word)
    cpu.gpr[register] = value
    return cpu


def _lwr() -> Processor:
    cpu = _with(encode("LWR", base=1, rt=2), 1, DATA)
    cpu.gpr[2] = 1 << 32
    return cpu


def _index_beyond() -> Processor:
    cpu = machine(encode("TLBR"), model=R4000)
    cpu.cp0.index = 48
    return cpu


SITUATIONS: dict[Unpredictable, Callable[[], Processor]] = {
    Unpredictable.NOT_A_WORD: lambda: _with(encode("ADDU", rs=1), 1, 1 << 32),
    Unpredictable.DIVIDE_BY_ZERO: lambda: machine(encode("DIV")),
    Unpredictable.LWR_UPPER: _lwr,
    Unpredictable.BRANCH_IN_DELAY_SLOT: lambda: _in_a_slot(encode("J")),
    Unpredictable.ERET_IN_DELAY_SLOT: lambda: _in_a_slot(encode("ERET")),
    Unpredictable.LINK_REGISTER: lambda: machine(encode("JALR", rs=1, rd=1)),
    Unpredictable.ODD_DOUBLE: lambda: machine(encode("DMTC1", fs=1), status=CU1),
    Unpredictable.FPR_UPPER: lambda: machine(encode("MTC1"), model=R4000, status=CU1 | FR),
    Unpredictable.FCR_RESERVED: lambda: machine(encode("CFC1", fs=1)),
    Unpredictable.INDEXED_REGION: lambda: _with(encode("LWXC1", index=1), 1, DATA),
    Unpredictable.CP0_RESERVED: lambda: machine(encode("MFC0", rd=7)),
    Unpredictable.CP0_NARROW: lambda: machine(encode("DMFC0", rd=0)),
    Unpredictable.CONTEXT_AFTER_ADDRESS_ERROR: lambda: machine(at=CODE + 1),
    Unpredictable.TLB_INDEX: _index_beyond,
    Unpredictable.SC_ADDRESS: _sc_elsewhere,
}
POLICIES = {
    Unpredictable.TLB_DUPLICATE: "test_tlb.py::test_the_r4000_keeps_duplicates",
    Unpredictable.UNDEFINED_FIELD: "test_availability.py::test_should_be_zero_fields_are_ignored",
    Unpredictable.COP0_NO_OPERATION: "test_availability.py::test_invalid_functions_of_cop0",
    Unpredictable.COP2_NO_OPERATION: "test_availability.py::test_cop2",
    Unpredictable.KSU_3: "test_address_map.py::test_ksu_3_is_user_mode",
}
"""What one fixed choice settles, and the test of that choice."""


def test_every_name_has_its_test() -> None:
    assert SITUATIONS.keys() | POLICIES.keys() == set(Unpredictable)
    assert not SITUATIONS.keys() & POLICIES.keys()


@pytest.mark.parametrize("what", SITUATIONS)
def test_it_is_asked_for(what: Unpredictable) -> None:
    inputs = Recorded()
    step(SITUATIONS[what](), inputs)
    assert set(inputs.asked) == {what}


def test_ordinary_instructions_ask_nothing() -> None:
    """Neither an addition of words, nor a load, nor a branch, nor a move from a wide register."""
    for word in (
        encode("ADDU", rs=1, rt=1, rd=2), encode("LW", base=3), encode("BEQ"),
        encode("DMFC0", rd=8), encode("MTC1", fs=3), encode("DIV", rs=1, rt=1),
    ):  # fmt: skip
        inputs = Recorded()
        cpu = machine(word, model=R10000)
        cpu.gpr[1], cpu.gpr[3] = 7, DATA
        step(cpu, inputs)
        assert inputs.asked == []
