"""When a program has come to its end: a branch or jump to itself that nothing can leave."""

import attrs

from disco.mips.address import Access, translate
from disco.mips.cp0 import CAUSE_IP7, STATUS_ERL, STATUS_EXL, STATUS_IE
from disco.mips.exceptions import MipsException
from disco.mips.instruction import Kind
from disco.mips.processor import BusError, Processor


def timer_can_interrupt(cpu: Processor) -> bool:
    """Tell whether the timer interrupt is enabled, so that it will be taken some time."""
    status = cpu.cp0.status
    return status & (STATUS_EXL | STATUS_ERL | STATUS_IE | CAUSE_IP7) == STATUS_IE | CAUSE_IP7


class LoopWatcher:
    """Looks at a loop of two instructions, each time around, until it has repeated itself exactly.

    The two are a branch or jump and its delay slot. When neither reads nor writes CP0, no device
    was referred to, and the same two words leave every register as it was, then the next time
    around repeats this one: what a slot stores is stored again, what it loads is still there.
    Only an interrupt could end that, and of the board's sources only the timer comes by itself.
    """

    def __init__(self, cpu: Processor) -> None:
        self._cpu = cpu
        self._registers: list[int] = []
        self._state: tuple[object, ...] | None = None

    def repeats(self, device_references: int) -> bool:
        """Look at the loop at `pc`; tell whether it will go on like this for ever.

        Call it with every step in the loop, and with the number of references to devices so far.
        """
        if self._cpu.delay_slot:
            return False
        registers = [self._cpu.gpr[i] for i in range(32)]
        if registers != self._registers or timer_can_interrupt(self._cpu):
            self._registers = registers
            self._state = None
            return False
        state = self._observe(device_references)
        repeated = state is not None and state == self._state
        self._state = state
        return repeated

    def _observe(self, device_references: int) -> tuple[object, ...] | None:
        """Give all that the loop depends on besides the general registers, None where it may vary.

        Count and Random vary, but only CP0 instructions read them. Of RAM it is the two words.
        """
        cpu = self._cpu
        try:
            words = [
                cpu.memory.read(translate(cpu, address, Access.FETCH)[0], 4)
                for address in (cpu.pc, cpu.next_pc)
            ]
        except (MipsException, BusError):
            return None
        if any(cpu.decode(word)[0].kind is Kind.PRIVILEGED for word in words):
            return None
        flags = (cpu.link, cpu.link_address, cpu.watch_pending, device_references)
        return (
            cpu.pc, words, cpu.hi, cpu.lo, cpu.fcr31, [cpu.fpr[i] for i in range(32)],
            attrs.evolve(cpu.cp0, count=0), flags,
        )  # fmt: skip
