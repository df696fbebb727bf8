"""Count, Compare and the performance counters (R10000 14.8, 14.20)."""

from disco.bits import MASK32
from disco.mips.cp0 import CAUSE_IP7, COUNTER_IE, COUNTER_OVERFLOW
from disco.mips.processor import Processor


def advance_count(cpu: Processor, ticks: int) -> None:
    """Advance Count; meeting Compare on the way makes the timer interrupt pending."""
    cp0 = cpu.cp0
    if (cp0.compare - cp0.count - 1) & MASK32 < ticks:
        cpu.timer_pending = True
        update_ip7(cpu)
    cp0.count = (cp0.count + ticks) & MASK32


def count_events(cpu: Processor, events: tuple[int, int]) -> None:
    """Add `events` to the performance counters; an overflow shows as IP7."""
    cp0 = cpu.cp0
    cp0.counter0 = (cp0.counter0 + events[0]) & MASK32
    cp0.counter1 = (cp0.counter1 + events[1]) & MASK32
    update_ip7(cpu)


def update_ip7(cpu: Processor) -> None:
    """Set Cause.IP7 to: timer interrupt pending, or a counter has overflowed with IE set."""
    cp0 = cpu.cp0
    if (
        cpu.timer_pending
        or (cp0.counter0 & COUNTER_OVERFLOW != 0 and cp0.control0 & COUNTER_IE != 0)
        or (cp0.counter1 & COUNTER_OVERFLOW != 0 and cp0.control1 & COUNTER_IE != 0)
    ):
        cp0.cause |= CAUSE_IP7
    else:
        cp0.cause &= ~CAUSE_IP7
