"""The registers a debugger sees."""

from xml.etree import ElementTree

import pytest

from disco.mips.cp0 import STATUS_BEV
from disco.mips.model import MODELS, R4000, R10000, Model
from disco.oracle.gdb.registers import registers, target_description
from tests.oracle.gdb.boards import COUNTER, START, debug, number_of


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_the_description_lists_the_registers(model: Model) -> None:
    target = ElementTree.fromstring(target_description(model))
    listed = [
        (int(entry.attrib["regnum"]), entry.attrib["name"], int(entry.attrib["bitsize"]))
        for entry in target.iter("reg")
    ]
    assert sorted(listed) == [
        (number, register.name, register.bits) for number, register in enumerate(registers(model))
    ]
    names = [name for _, name, _ in listed]
    assert len(set(names)) == len(names)
    assert ("counter0" in names) is model.has_performance_counters


def test_the_numbers_are_those_of_gdb() -> None:
    numbers = {"r0": 0, "r31": 31, "status": 32, "lo": 33, "hi": 34, "badvaddr": 35}
    numbers |= {"cause": 36, "pc": 37, "f0": 38, "f31": 69, "fcsr": 70, "fir": 71}
    for model in (R10000, R4000):
        assert {name: number_of(name, model) for name in numbers} == numbers


def write(name: str, value: int) -> int:
    debuggee = debug(COUNTER)
    register = registers(R10000)[number_of(name)]
    debuggee.write_register(register, value)
    return register.read(debuggee.cpu)


@pytest.mark.parametrize(
    ("name", "value", "held"),
    [
        ("r0", 5, 0),
        ("r7", (1 << 64) - 1, (1 << 64) - 1),
        ("f3", 1 << 63, 1 << 63),
        ("hi", 3, 3),
        ("status", 0xFFFF_FFFF, 0xFFFF_FFFF_F67D_FFFF),
        ("badvaddr", 0x1234, 0),
        ("epc", 1 << 40, 1 << 40),
        ("prid", 0, 0x0927),
        ("fcsr", 0xFFFF_FFFF, 0xFF83_FFFF),
        ("fir", 0, 0x0900),
        ("wired", 0xFF, 0x3F),
        ("control1", 0xFFFF, 0x1FF),
    ],
)
def test_bits_that_cannot_be_written_stay(name: str, value: int, held: int) -> None:
    assert write(name, value) == held


def test_a_register_that_keeps_its_value_has_no_effect() -> None:
    debuggee = debug(COUNTER)
    debuggee.cpu.timer_pending = True
    debuggee.cpu.delay_slot = True
    for name in ("compare", "pc"):
        register = registers(R10000)[number_of(name)]
        debuggee.write_register(register, register.read(debuggee.cpu))
    assert debuggee.cpu.timer_pending
    assert debuggee.cpu.delay_slot


def test_a_new_pc_is_outside_delay_slots() -> None:
    debuggee = debug(COUNTER)
    debuggee.cpu.delay_slot = True
    debuggee.write_register(registers(R10000)[number_of("pc")], START + 8)
    cpu = debuggee.cpu
    assert (cpu.pc, cpu.next_pc, cpu.delay_slot) == (START + 8, START + 12, False)


def test_a_narrow_register_is_sign_extended() -> None:
    debuggee = debug(COUNTER)
    debuggee.cpu.cp0.status = 0x8000_0000 | STATUS_BEV
    status = registers(R10000)[number_of("status")]
    assert status.read(debuggee.cpu) == 0xFFFF_FFFF_8040_0000
