"""Interrupts, the timer and the performance counters (R10000 14.8, 14.11, 14.20, 17)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disco.mips.inputs import Inputs
from disco.mips.model import MODELS, R10000, Model
from disco.mips.processor import Processor
from disco.mips.step import step
from tests.mips.machine import CODE, NOP, encode, exc_code, fault, machine, run

IE, EXL, ERL = 1, 2, 4
IP7, IM7 = 1 << 15, 1 << 15
BD = 1 << 31
both_models = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
QUIET = Inputs(ticks=0)


@both_models
@pytest.mark.parametrize("line", range(5))
def test_lines(model: Model, line: int) -> None:
    """Pin n is IP(n + 2), masked by IM(n + 2), a level and no memory."""
    asserted = Inputs(ticks=0, interrupt_lines=1 << line)
    cpu = machine(NOP, NOP, model=model, status=IE | 0xFF00 & ~(1 << (10 + line)))
    run(cpu, inputs=asserted)
    assert cpu.cp0.cause == 1 << (10 + line)
    run(cpu, inputs=QUIET)
    assert cpu.cp0.cause == 0
    cpu = machine(NOP, model=model, status=IE | 1 << (10 + line))
    fault(cpu, asserted)
    assert (exc_code(cpu), cpu.cp0.epc) == (0, CODE)
    assert cpu.pc == 0xFFFF_FFFF_8000_0180
    assert cpu.cp0.cause == 1 << (10 + line)


@both_models
@pytest.mark.parametrize("bit", [8, 9])
def test_software_interrupts(model: Model, bit: int) -> None:
    """A write of Cause raises them; the interrupt is taken at the next instruction."""
    cpu = machine(encode("MTC0", rt=1, rd=13), NOP, model=model, status=IE | 1 << bit)
    cpu.gpr[1] = 1 << bit
    run(cpu, inputs=QUIET)
    fault(cpu, QUIET)
    assert (exc_code(cpu), cpu.cp0.epc) == (0, CODE + 4)


@both_models
@pytest.mark.parametrize(
    ("status", "taken"),
    [(IE, True), (0, False), (IE | EXL, False), (IE | ERL, False), (IE | EXL | ERL, False)],
)
def test_enabling(model: Model, status: int, taken: bool) -> None:
    cpu = machine(NOP, model=model, status=status | 1 << 10)
    exception = step(cpu, Inputs(ticks=0, interrupt_lines=1))
    assert (exception is not None) == taken


@both_models
def test_in_a_delay_slot(model: Model) -> None:
    cpu = machine(encode("BEQ"), NOP, model=model, status=IE | 1 << 10)
    run(cpu, inputs=QUIET)
    fault(cpu, Inputs(ticks=0, interrupt_lines=1))
    assert (cpu.cp0.epc, cpu.cp0.cause & BD) == (CODE, BD)


def test_user_mode_is_interrupted_too() -> None:
    cpu = machine(NOP, status=IE | 0x10 | 1 << 10)
    fault(cpu, Inputs(ticks=0, interrupt_lines=1))
    assert exc_code(cpu) == 0
    assert cpu.cp0.status & EXL


@both_models
def test_an_mtc0_that_enables_interrupts_acts_at_once(model: Model) -> None:
    cpu = machine(encode("MTC0", rt=1, rd=12), NOP, model=model, status=1 << 10)
    cpu.gpr[1] = IE | 1 << 10
    pending = Inputs(ticks=0, interrupt_lines=1)
    run(cpu, inputs=pending)
    fault(cpu, pending)
    assert (exc_code(cpu), cpu.cp0.epc) == (0, CODE + 4)


# The timer.


@given(
    count=st.integers(0, 2**32 - 1),
    distance=st.integers(0, 2**32 - 1) | st.integers(0, 20),
    ticks=st.integers(0, 2**32 - 1) | st.integers(0, 20),
)
def test_count_meets_compare(count: int, distance: int, ticks: int) -> None:
    """IP7 rises when one of the values that Count takes on its way is Compare."""
    cpu = machine(NOP)
    cpu.cp0.count, cpu.cp0.compare = count, (count + distance) % 2**32
    run(cpu, inputs=Inputs(ticks=ticks))
    assert cpu.cp0.count == (count + ticks) % 2**32
    way = distance or 2**32
    assert bool(cpu.cp0.cause & IP7) == (way <= ticks)


@both_models
def test_the_timer_interrupt_stays_until_compare_is_written(model: Model) -> None:
    cpu = machine(
        NOP, NOP, encode("MTC0", rt=1, rd=13), encode("MTC0", rt=1, rd=11), model=model, status=0
    )
    cpu.cp0.compare = 1
    run(cpu)
    assert cpu.cp0.cause & IP7
    run(cpu, 2)
    assert cpu.cp0.cause & IP7
    run(cpu)
    assert cpu.cp0.cause & IP7 == 0
    assert cpu.cp0.compare == 0


@both_models
def test_the_timer_interrupts(model: Model) -> None:
    cpu = machine(NOP, NOP, model=model, status=IE | IM7)
    cpu.cp0.compare = 2
    run(cpu)
    fault(cpu)
    assert (exc_code(cpu), cpu.cp0.epc) == (0, CODE + 4)


def test_count_can_be_written() -> None:
    cpu = machine(encode("MTC0", rt=1, rd=9), encode("MFC0", rt=2, rd=9))
    cpu.gpr[1] = 0xFFFF_FFFF_8000_0000
    run(cpu, 2)
    assert cpu.gpr[2] == 0xFFFF_FFFF_8000_0001


# The performance counters.

COUNTER_IE = 0x10


def _control(counter: int) -> int:
    return encode("MTC0", rt=1, rd=25) if counter == 0 else encode("MTPS", rt=1)


def _set(cpu: Processor, counter: int, control: int, value: int) -> None:
    if counter == 0:
        cpu.cp0.control0, cpu.cp0.counter0 = control, value
    else:
        cpu.cp0.control1, cpu.cp0.counter1 = control, value


def _value(cpu: Processor, counter: int) -> int:
    return cpu.cp0.counter0 if counter == 0 else cpu.cp0.counter1


@pytest.mark.parametrize("counter", [0, 1])
def test_counters_move_to_and_from(counter: int) -> None:
    cpu = machine(
        encode("MTPC", rt=1, counter=counter), encode("MFPC", rt=2, counter=counter),
        encode("MFPC", rt=3, counter=1 - counter),
    )  # fmt: skip
    cpu.gpr[1] = 0x1234_5678_8765_4321
    run(cpu, 3)
    assert (cpu.gpr[2], cpu.gpr[3]) == (0xFFFF_FFFF_8765_4321, 0)


def test_controls_move_to_and_from() -> None:
    """Control 0 is MTC0 $25; nine bits are writable."""
    cpu = machine(
        _control(0), encode("MFC0", rt=2, rd=25), encode("MFPS", rt=3),
        _control(1), encode("MFPS", rt=4),
    )  # fmt: skip
    cpu.gpr[1] = 2**64 - 1
    run(cpu, 5)
    assert (cpu.gpr[2], cpu.gpr[3], cpu.gpr[4]) == (0x1FF, 0, 0x1FF)


@pytest.mark.parametrize("counter", [0, 1])
@pytest.mark.parametrize("enabled", [0, COUNTER_IE])
def test_overflow_is_ip7(counter: int, enabled: int) -> None:
    """Bit 31 with IE is a level; counting goes on behind it."""
    events = (2, 0) if counter == 0 else (0, 2)
    cpu = machine(NOP, NOP, status=0)
    _set(cpu, counter, enabled, 0x7FFF_FFFD)
    run(cpu, inputs=Inputs(ticks=0, counter_events=events))
    assert cpu.cp0.cause & IP7 == 0
    run(cpu, inputs=Inputs(ticks=0, counter_events=events))
    assert _value(cpu, counter) == 0x8000_0001
    assert cpu.cp0.cause & IP7 == (IP7 if enabled else 0)


@pytest.mark.parametrize("counter", [0, 1])
def test_a_counter_wraps(counter: int) -> None:
    cpu = machine(NOP)
    _set(cpu, counter, COUNTER_IE, 0xFFFF_FFFF)
    run(cpu, inputs=Inputs(counter_events=(1, 0) if counter == 0 else (0, 1)))
    assert _value(cpu, counter) == 0
    assert cpu.cp0.cause & IP7 == 0


@pytest.mark.parametrize("counter", [0, 1])
def test_a_write_lowers_ip7(counter: int) -> None:
    """Of the counter or of its control; a write of Compare does not."""
    for word, lowers in (
        (encode("MTPC", rt=1, counter=counter), True),
        (_control(counter), True),
        (encode("MTC0", rt=1, rd=11), False),
        (_control(1 - counter), False),
    ):
        cpu = machine(NOP, word, status=0)
        _set(cpu, counter, COUNTER_IE, 0xFFFF_FFF0)
        run(cpu, inputs=Inputs(ticks=0, counter_events=(1, 1)))
        assert cpu.cp0.cause & IP7
        run(cpu, inputs=QUIET)
        assert bool(cpu.cp0.cause & IP7) == (not lowers)


def test_the_timer_keeps_ip7_when_a_counter_lets_go() -> None:
    cpu = machine(NOP, encode("MTPC", rt=1), status=0)
    _set(cpu, 0, COUNTER_IE, 0xFFFF_FFF0)
    cpu.cp0.compare = 1
    run(cpu, inputs=Inputs(counter_events=(1, 0)))
    run(cpu, inputs=QUIET)
    assert cpu.cp0.cause & IP7


def test_enabling_a_full_counter_raises_ip7() -> None:
    cpu = machine(_control(0), status=0, model=R10000)
    _set(cpu, 0, 0, 0x8000_0000)
    cpu.gpr[1] = COUNTER_IE
    run(cpu, inputs=QUIET)
    assert cpu.cp0.cause & IP7
