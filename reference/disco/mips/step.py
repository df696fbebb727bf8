"""One step of the processor: the boundary, the fetch, the instruction, or an exception instead.

At the boundary before an instruction, in this order: Count and the counters advance, the interrupt
pins are sampled, external events are taken, then a postponed watch exception, then an interrupt.
"""

from disco.bits import MASK64
from disco.mips.cp0 import (
    CAUSE_IP,
    CAUSE_IP_LINES,
    STATUS_DE,
    STATUS_ERL,
    STATUS_EXL,
    STATUS_IE,
)
from disco.mips.delivery import deliver
from disco.mips.exceptions import Exceptions, MipsException
from disco.mips.inputs import Event, Inputs
from disco.mips.processor import Processor
from disco.mips.references import fetch
from disco.mips.timer import advance_count, count_events

_EVENTS = {
    Event.RESET: Exceptions.RESET,
    Event.SOFT_RESET: Exceptions.SOFT_RESET,
    Event.NMI: Exceptions.NMI,
    Event.CACHE_ERROR: Exceptions.CACHE_ERROR,
}
_NO_EVENT = Event.NONE


def step(cpu: Processor, inputs: Inputs) -> MipsException | None:
    """Run one instruction, or take one exception in its place.

    Give the exception that was taken, None when the instruction completed. Never raises.
    """
    cpu.inputs = inputs
    try:
        boundary(cpu)
        execute(cpu, fetch(cpu))
    except MipsException as exception:
        deliver(cpu, exception)
        return exception
    return None


def boundary(cpu: Processor) -> None:
    """Let time and the outside world act before the instruction at `cpu.pc`."""
    cp0, inputs = cpu.cp0, cpu.inputs
    advance_count(cpu, inputs.ticks)
    if inputs.counter_events != (0, 0):
        count_events(cpu, inputs.counter_events)
    cp0.cause = cp0.cause & ~CAUSE_IP_LINES | inputs.interrupt_lines << 10
    if inputs.event is not _NO_EVENT:
        take_event(cpu, inputs.event)
    if cpu.watch_pending and cp0.status & cpu.model.watch_postponed_by == 0:
        cpu.watch_pending = False
        raise MipsException(Exceptions.WATCH)
    enabled = cp0.status & (STATUS_EXL | STATUS_ERL | STATUS_IE) == STATUS_IE
    if enabled and cp0.cause & cp0.status & CAUSE_IP != 0:
        raise MipsException(Exceptions.INTERRUPT)


def take_event(cpu: Processor, event: Event) -> None:
    """Take an external event. With DE = 1 a cache error raises nothing (R10000 14.10)."""
    if event is not Event.CACHE_ERROR or cpu.cp0.status & STATUS_DE == 0:
        raise MipsException(_EVENTS[event])


def execute(cpu: Processor, word: int) -> None:
    """Execute the instruction `word` at `cpu.pc` and move on.

    Raises MipsException before any architectural effect when the instruction does not complete.
    """
    instruction, operands = cpu.decode(word)
    cpu.after_next = (cpu.next_pc + 4) & MASK64
    cpu.jumping = False
    if instruction.guard is not None:
        instruction.guard(cpu)
    instruction.operation(cpu, *operands)
    cpu.gpr[0] = 0
    cpu.pc = cpu.next_pc
    cpu.next_pc = cpu.after_next
    cpu.delay_slot = cpu.jumping
