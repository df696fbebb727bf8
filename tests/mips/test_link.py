"""LL and SC: when the conditional store succeeds, and what breaks the link, per model."""

import pytest

from disco.mips.inputs import Event
from disco.mips.model import R4000, R10000, Model
from disco.mips.processor import Processor
from disco.mips.unpredictable import Unpredictable
from tests.mips.machine import (
    DATA,
    DATA_PHYSICAL,
    KERNEL,
    NOP,
    Recorded,
    encode,
    exc_code,
    fault,
    machine,
    map_page,
    run,
)

MODELS = [R10000, R4000]
PAIRS = {4: ("LL", "SC"), 8: ("LLD", "SCD")}
OLD = 0x0102_0304_0506_0708


def _program(*between: int, model: Model = R10000, size: int = 4, offset: int = 0) -> Processor:
    """Build LL, what stands `between`, and SC of r3 = -2 to `offset` from the linked address."""
    load, conditional = PAIRS[size]
    cpu = machine(
        encode(load, base=1, rt=2),
        *between,
        encode(conditional, base=1, rt=3, offset=offset),
        model=model,
    )
    cpu.gpr[1], cpu.gpr[3] = DATA, 2**64 - 2
    cpu.memory.write(DATA_PHYSICAL, 8, OLD)
    return cpu


def _stored(cpu: Processor) -> bool:
    """Tell whether the SC stored; r3 and the memory must tell the same."""
    assert cpu.gpr[3] in (0, 1)
    changed = cpu.memory.read(DATA_PHYSICAL, 8) != OLD
    assert changed == (cpu.gpr[3] == 1)
    return changed


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("size", [4, 8])
def test_succeeds(model: Model, size: int) -> None:
    cpu = _program(model=model, size=size)
    run(cpu, 2)
    assert cpu.gpr[2] == OLD >> 8 * (8 - size)
    assert cpu.memory.read(DATA_PHYSICAL, size) == 2 ** (8 * size) - 2
    assert _stored(cpu)


@pytest.mark.parametrize("model", MODELS)
def test_without_a_link_it_fails(model: Model) -> None:
    cpu = _program(model=model)
    cpu.memory.write(0x1000, 4, NOP)
    run(cpu, 2)
    assert not _stored(cpu)


@pytest.mark.parametrize("model", MODELS)
def test_may_fail_for_reasons_outside(model: Model) -> None:
    cpu = _program(model=model)
    run(cpu, 2, inputs=Recorded(conditional=False))
    assert not _stored(cpu)


LL_ELSEWHERE = encode("LL", base=1, rt=4, offset=64)
BETWEEN = {
    "LB": True, "LW": True, "LD": True, "LWL": True, "LDR": True, "SB": True, "SD": True,
    "SWL": True, "SDR": True, "LWC1": True, "SDC1": True, "LWXC1": True, "SDXC1": True,
    "SYNC": True, "CACHE": True, "PREF": True, "PREFX": True,
    "ADDU": False, "MULT": False, "TEQ": False, "MFC0": False, "TLBP": False,
}  # fmt: skip
"""What breaks the link on the R10000 (1.8) when it stands between LL and SC."""


def _between(name: str) -> int:
    if name in ("LWXC1", "SDXC1", "PREFX"):
        return encode(name, base=1, index=5)
    if name in ("ADDU", "MULT", "MFC0", "TLBP", "SYNC"):
        return encode(name)
    if name == "TEQ":
        return encode(name, rs=1)
    return encode(name, base=1, offset=64)


@pytest.mark.parametrize(("name", "breaks"), BETWEEN.items())
def test_what_breaks_the_link_on_the_r10000(name: str, breaks: bool) -> None:
    cpu = _program(_between(name))
    cpu.gpr[5] = 64
    run(cpu, 3)
    assert _stored(cpu) == (not breaks)


@pytest.mark.parametrize(
    "name", [name for name in BETWEEN if name not in ("PREF", "LWXC1", "SDXC1", "PREFX")]
)
def test_loads_and_stores_keep_the_link_of_the_r4000(name: str) -> None:
    cpu = _program(_between(name), model=R4000)
    run(cpu, 3)
    assert _stored(cpu)


@pytest.mark.parametrize("model", MODELS)
def test_eret_breaks_the_link(model: Model) -> None:
    cpu = _program(encode("ERET"), model=model)
    cpu.cp0.epc = cpu.pc + 8
    run(cpu, 3)
    assert not _stored(cpu)


@pytest.mark.parametrize("model", MODELS)
def test_an_exception_and_its_eret_break_the_link(model: Model) -> None:
    cpu = _program(encode("SYSCALL"), model=model)
    run(cpu)
    fault(cpu)
    cpu.memory.write(0x180, 4, encode("ERET"))
    cpu.cp0.epc = cpu.cp0.epc + 4
    run(cpu, 2)
    assert not _stored(cpu)


def test_the_exception_alone_breaks_the_link_of_the_r10000() -> None:
    cpu = _program(encode("SYSCALL"))
    run(cpu)
    fault(cpu)
    cpu.memory.write(0x180, 4, encode("SC", base=1, rt=3))
    run(cpu)
    assert not _stored(cpu)


@pytest.mark.parametrize("event", [Event.NMI, Event.SOFT_RESET, Event.RESET, Event.CACHE_ERROR])
def test_events_break_the_link(event: Event) -> None:
    cpu = _program()
    run(cpu)
    assert cpu.link
    fault(cpu, Recorded(event=event))
    assert not cpu.link


def test_a_cold_reset_breaks_the_link_of_the_r4000() -> None:
    cpu = _program(model=R4000)
    run(cpu)
    fault(cpu, Recorded(event=Event.RESET))
    assert not cpu.link


@pytest.mark.parametrize("model", MODELS)
def test_a_second_sc(model: Model) -> None:
    """The R10000's link ends with the SC, itself a store; the R4000's does not."""
    cpu = _program(encode("SC", base=1, rt=4), model=model)
    cpu.gpr[4] = 9
    run(cpu, 3)
    assert cpu.gpr[4] == 1
    assert cpu.gpr[3] == (1 if model is R4000 else 0)


@pytest.mark.parametrize("model", MODELS)
def test_an_sc_that_fails_ends_the_link_of_the_r10000(model: Model) -> None:
    cpu = _program(encode("SC", base=1, rt=4), model=model)
    run(cpu)
    run(cpu, inputs=Recorded(conditional=False))
    run(cpu)
    assert cpu.gpr[4] == 0
    assert _stored(cpu) == (model is R4000)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("answer", [0, 1, None])
def test_another_address_is_open(model: Model, answer: int | None) -> None:
    """By default the SC fails."""
    inputs = Recorded(answers={} if answer is None else {Unpredictable.SC_ADDRESS: answer})
    cpu = _program(model=model, offset=4)
    run(cpu, 2, inputs=inputs)
    assert inputs.asked == [Unpredictable.SC_ADDRESS]
    assert _stored(cpu) == (answer == 1)
    assert cpu.memory.read(DATA_PHYSICAL, 4) == OLD >> 32


def test_a_new_ll_takes_the_place_of_the_old() -> None:
    inputs = Recorded()
    cpu = _program(LL_ELSEWHERE)
    run(cpu, 3, inputs=inputs)
    assert inputs.asked == [Unpredictable.SC_ADDRESS]


@pytest.mark.parametrize("model", MODELS)
def test_addresses_are_checked_before_the_link(model: Model) -> None:
    """A failing SC that also faults takes the exception (MIPS IV, SC)."""
    cpu = machine(encode("SC", base=1, rt=3, offset=2), model=model)
    cpu.gpr[1], cpu.gpr[3] = DATA, 5
    fault(cpu)
    assert (exc_code(cpu), cpu.gpr[3]) == (5, 5)
    cpu = machine(encode("SC", base=1, rt=3), model=model)
    map_page(cpu, 0x8000, 0, flags=0x1A)  # valid, not dirty
    cpu.gpr[1], cpu.gpr[3] = 0x8000, 5
    fault(cpu)
    assert (exc_code(cpu), cpu.gpr[3]) == (1, 5)


@pytest.mark.parametrize("name", ["LL", "LLD"])
def test_a_faulting_ll_makes_no_link(name: str) -> None:
    cpu = machine(encode(name, base=1, rt=2, offset=1))
    cpu.gpr[1] = DATA
    fault(cpu)
    assert not cpu.link


def test_lladdr() -> None:
    """The R4000 leaves physical bits 35:4 there, the R10000 nothing."""
    for model, expected in ((R4000, DATA_PHYSICAL >> 4), (R10000, 0x55)):
        cpu = _program(model=model)
        cpu.cp0.lladdr = 0x55
        run(cpu)
        assert cpu.cp0.lladdr == expected


def test_the_link_is_physical() -> None:
    """An SC through another mapping of the linked word stores."""
    cpu = machine(
        encode("LL", base=1, rt=2), encode("SC", base=4, rt=3), status=KERNEL, model=R10000
    )
    map_page(cpu, 0x8000, DATA_PHYSICAL)
    cpu.gpr[1], cpu.gpr[4], cpu.gpr[3] = DATA, 0x8000, 0x77
    run(cpu, 2)
    assert cpu.gpr[3] == 1
    assert cpu.memory.read(DATA_PHYSICAL, 4) == 0x77
