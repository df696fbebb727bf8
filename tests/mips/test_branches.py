"""Branches and jumps: conditions, targets, links, delay slots, likely branches."""

import pytest

from disco.mips.processor import Processor
from disco.mips.unpredictable import Unpredictable
from tests.mips.machine import (
    CODE,
    NOP,
    Recorded,
    encode,
    exc_code,
    fault,
    machine,
    map_page,
    run,
)

M1 = 0xFFFF_FFFF_FFFF_FFFF
MIN64 = 1 << 63
MARK = encode("ADDIU", rs=0, rt=9, immediate=1)
"""Leaves 1 in r9."""
CAUSE_BD = 1 << 31

_ZERO_TESTS = {
    "LEZ": [(0, True), (1, False), (M1, True), (1 << 32, False), (MIN64, True)],
    "GTZ": [(0, False), (1, True), (M1, False), (1 << 32, True), (MIN64, False)],
    "LTZ": [(0, False), (1, False), (M1, True), (1 << 63, True), (1 << 31, False)],
    "GEZ": [(0, True), (1, True), (M1, False), (1 << 63, False), (1 << 31, True)],
}
_PAIR_TESTS = {
    "EQ": [(5, 5, True), (5, 5 | 1 << 32, False), (0, 0, True)],
    "NE": [(5, 5, False), (5, 5 | 1 << 32, True), (0, 0, False)],
}
_CASES = [
    (f"B{test}{link}{likely}", rs, None, taken)
    for test, cases in _ZERO_TESTS.items()
    for link in (["", "AL"] if test in ("LTZ", "GEZ") else [""])
    for likely in ("", "L")
    for rs, taken in cases
] + [
    (f"B{test}{likely}", rs, rt, taken)
    for test, pairs in _PAIR_TESTS.items()
    for likely in ("", "L")
    for rs, rt, taken in pairs
]


def _branch(name: str, rs: int, rt: int | None, offset: int) -> Processor:
    fields = {"rs": 1, "offset": offset} | ({} if rt is None else {"rt": 2})
    cpu = machine(encode(name, **fields), MARK)
    cpu.gpr[1], cpu.gpr[2] = rs, rt or 0
    return cpu


@pytest.mark.parametrize(("name", "rs", "rt", "taken"), _CASES)
def test_conditions(name: str, rs: int, rt: int | None, taken: bool) -> None:
    """A taken branch runs its slot; one not taken does so unless it is likely."""
    likely = name.endswith("ALL") or name[-2:] in ("ZL", "QL", "EL")
    cpu = _branch(name, rs, rt, offset=0x10)
    run(cpu)
    if likely and not taken:
        assert (cpu.pc, cpu.next_pc, cpu.delay_slot) == (CODE + 8, CODE + 12, False)
    else:
        assert cpu.delay_slot
        run(cpu)
        assert cpu.gpr[9] == 1
        assert cpu.pc == (CODE + 4 + 0x40 if taken else CODE + 8)
        assert not cpu.delay_slot
    assert cpu.gpr[31] == (CODE + 8 if "AL" in name else 0)


@pytest.mark.parametrize("name", ["BEQ", "BEQL"])
def test_offsets_are_signed(name: str) -> None:
    cpu = _branch(name, 5, 5, offset=0x8000)
    run(cpu, 2)
    assert cpu.pc == CODE + 4 - 0x20000


def test_a_branch_may_wrap_round_the_address_space() -> None:
    """PC arithmetic has 64 bits; whether the target can be fetched is another question."""
    cpu = machine(encode("BEQ", offset=0x7FFF), NOP, at=0xFFFF_FFFF_A000_1000)
    cpu.pc, cpu.next_pc = 0xFFFF_FFFF_FFFF_F000, 0xFFFF_FFFF_FFFF_F004
    map_page(cpu, cpu.pc, 0)
    run(cpu, 2)
    assert cpu.pc == 0x1_F000


@pytest.mark.parametrize(("name", "link"), [("J", 0), ("JAL", CODE + 8)])
def test_jumps_stay_in_the_region(name: str, link: int) -> None:
    cpu = machine(encode(name, target=0x3FF_FFFF), MARK)
    run(cpu, 2)
    assert cpu.pc == 0xFFFF_FFFF_8FFF_FFFC
    assert (cpu.gpr[9], cpu.gpr[31]) == (1, link)


def test_the_region_is_that_of_the_delay_slot() -> None:
    """At the last word of a 256 MB region the slot, and so the target, lies in the next."""
    cpu = machine(at=0x0FFF_FFFC)
    cpu.memory.write(0x3FFC, 4, encode("J", target=4))
    cpu.memory.write(0x4000, 4, NOP)
    map_page(cpu, 0x0FFF_E000, 0x2000, index=0)
    map_page(cpu, 0x1000_0000, 0x4000, index=1)
    run(cpu, 2)
    assert cpu.pc == 0x1000_0010


def test_jr() -> None:
    cpu = machine(encode("JR", rs=4), MARK)
    cpu.gpr[4] = 0x1234_5678_9ABC_DEF0
    run(cpu, 2)
    assert (cpu.pc, cpu.next_pc) == (0x1234_5678_9ABC_DEF0, 0x1234_5678_9ABC_DEF4)


@pytest.mark.parametrize("rd", [31, 7])
def test_jalr_links_in_rd(rd: int) -> None:
    cpu = machine(encode("JALR", rs=4, rd=rd), MARK)
    cpu.gpr[4] = CODE + 0x100
    run(cpu, 2)
    assert (cpu.pc, cpu.gpr[rd]) == (CODE + 0x100, CODE + 8)


def test_a_misaligned_target_faults_when_it_is_fetched() -> None:
    cpu = machine(encode("JR", rs=4), MARK)
    cpu.gpr[4] = CODE + 0x102
    run(cpu, 2)
    fault(cpu)
    assert exc_code(cpu) == 4
    assert (cpu.cp0.bad_vaddr, cpu.cp0.epc) == (CODE + 0x102, CODE + 0x102)
    assert cpu.cp0.cause & CAUSE_BD == 0


@pytest.mark.parametrize("slot", ["SYSCALL", "TEQ", "BREAK"])
def test_a_fault_in_the_slot_points_to_the_branch(slot: str) -> None:
    cpu = machine(encode("BEQ", offset=0x10), encode(slot))
    run(cpu)
    fault(cpu)
    assert cpu.cp0.epc == CODE
    assert cpu.cp0.cause & CAUSE_BD != 0
    assert not cpu.delay_slot


def test_a_branch_not_taken_has_a_slot_all_the_same() -> None:
    cpu = machine(encode("BNE", offset=0x10), encode("SYSCALL"))
    run(cpu)
    fault(cpu)
    assert cpu.cp0.epc == CODE
    assert cpu.cp0.cause & CAUSE_BD != 0


def test_what_a_nullified_slot_guarded_is_no_slot() -> None:
    cpu = machine(encode("BNEL", offset=0x10), MARK, encode("SYSCALL"))
    run(cpu)
    fault(cpu)
    assert cpu.cp0.epc == CODE + 8
    assert cpu.cp0.cause & CAUSE_BD == 0
    assert cpu.gpr[9] == 0


def test_eret_has_no_slot() -> None:
    cpu = machine(encode("ERET"), MARK)
    cpu.cp0.status |= 2
    cpu.cp0.epc = CODE + 0x20
    run(cpu)
    assert (cpu.pc, cpu.delay_slot, cpu.gpr[9]) == (CODE + 0x20, False, 0)


JUMPS_IN_A_SLOT = [
    encode("BEQ", offset=0x40), encode("BNE", offset=0x40), encode("J", target=0x111),
    encode("JR", rs=4), encode("JALR", rs=4, rd=5), encode("BEQL", offset=0x40),
    encode("BNEL", offset=0x40),
]  # fmt: skip


@pytest.mark.parametrize("word", JUMPS_IN_A_SLOT)
def test_a_branch_in_a_slot_is_open(word: int) -> None:
    """Also one that is not taken, and a likely one."""
    inputs = Recorded(answers={Unpredictable.BRANCH_IN_DELAY_SLOT: CODE + 0x800})
    cpu = machine(encode("BEQ", offset=0x10), word)
    run(cpu)
    run(cpu, inputs=inputs)
    assert inputs.asked == [Unpredictable.BRANCH_IN_DELAY_SLOT]
    assert CODE + 0x800 in (cpu.pc, cpu.next_pc)


def test_an_eret_in_a_slot_is_open() -> None:
    inputs = Recorded(answers={Unpredictable.ERET_IN_DELAY_SLOT: CODE + 0x800})
    cpu = machine(encode("BEQ", offset=0x10), encode("ERET"))
    run(cpu)
    run(cpu, inputs=inputs)
    assert inputs.asked == [Unpredictable.ERET_IN_DELAY_SLOT]
    assert cpu.pc == CODE + 0x800


@pytest.mark.parametrize("name", ["BLTZAL", "BGEZAL", "BLTZALL", "BGEZALL"])
def test_a_linking_branch_on_its_link_is_open(name: str) -> None:
    """The tested value is asked for: here one that takes the branch, whatever r31 held."""
    taken = M1 if "LTZ" in name else 0
    inputs = Recorded(answers={Unpredictable.LINK_REGISTER: taken})
    cpu = machine(encode(name, rs=31, offset=0x10), NOP)
    cpu.gpr[31] = M1 - taken
    run(cpu, 2, inputs=inputs)
    assert inputs.asked == [Unpredictable.LINK_REGISTER]
    assert (cpu.pc, cpu.gpr[31]) == (CODE + 0x44, CODE + 8)


def test_jalr_on_its_link_is_open() -> None:
    inputs = Recorded(answers={Unpredictable.LINK_REGISTER: CODE + 0x40})
    cpu = machine(encode("JALR", rs=4, rd=4), NOP)
    cpu.gpr[4] = CODE + 0x20
    run(cpu, 2, inputs=inputs)
    assert inputs.asked == [Unpredictable.LINK_REGISTER]
    assert (cpu.pc, cpu.gpr[4]) == (CODE + 0x40, CODE + 8)


def test_the_slot_sees_the_link_and_may_change_the_tested_register() -> None:
    """The branch is decided before its slot runs."""
    cpu = machine(
        encode("BGEZAL", rs=4, offset=0x10),
        encode("DADDIU", rs=31, rt=4, immediate=0x8000),
    )
    run(cpu, 2)
    assert cpu.pc == CODE + 0x44
    assert cpu.gpr[4] == CODE + 8 - 0x8000
