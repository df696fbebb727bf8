"""The bare board: one processor, RAM, boot memory, a console. Its contract: spec/boot.md."""

import enum
import itertools
from collections.abc import Callable

import attrs

from disco.bits import is_word
from disco.machine.console import Console
from disco.machine.ending import LoopWatcher
from disco.machine.image import Image, ImageError, ImageSegment
from disco.machine.memory import BOOT_BASE, BOOT_SIZE, DEFAULT_RAM, BoardMemory
from disco.mips.address import Access, Mapping, find_segment, translate
from disco.mips.build import build_processor
from disco.mips.cp0 import STATUS_BEV, STATUS_KX
from disco.mips.delivery import jump_to
from disco.mips.exceptions import MipsException
from disco.mips.inputs import Inputs
from disco.mips.model import R10000, Model
from disco.mips.processor import Processor
from disco.mips.step import step as processor_step

CONSOLE_LINE = 1 << 0
"""The console's interrupt arrives at pin 0, which Cause shows as IP2."""

_STEPS_BETWEEN_CHECKS = 20_000
_UNMAPPED = (Mapping.KSEG0, Mapping.KSEG1, Mapping.XKPHYS)

Step = Callable[[Processor, Inputs], MipsException | None]
"""The processor's `step`, or a function that calls it and looks on."""


class Reason(enum.Enum):
    """Why a run has stopped."""

    ENDED = "the program ended in a branch to itself"
    LIMIT = "the limit of instructions is reached"
    UNDELIVERABLE = "an exception has no handler"
    INTERRUPTED = "interrupted"


@attrs.frozen
class Stop:
    """How a run has stopped."""

    reason: Reason
    instructions: int
    """Steps of this run: instructions completed and exceptions taken."""
    pc: int
    """Address of the instruction that would be next."""
    detail: str = ""
    """What went wrong, one line."""


@attrs.define
class BoardInputs(Inputs):
    """What reaches the processor from the board: the same in every run.

    Count advances by one before every instruction. Each use of Random gives the entry below the
    last one given, from the last entry down to Wired and over again.
    """

    random_given: int = 0

    def random(self, wired: int, last: int) -> int:
        """Give the next value of Random."""
        below = self.random_given - 1
        self.random_given = below if wired <= below <= last else last
        return self.random_given


class Board:
    """A processor with its memory and console; several boards do not know of each other."""

    def __init__(
        self,
        model: Model = R10000,
        memory_size: int = DEFAULT_RAM,
        send: Callable[[int], None] | None = None,
    ) -> None:
        """Make a board with `memory_size` bytes of RAM whose console sends its bytes to `send`.

        Without `send` they gather in `output`. Raises ValueError on an impossible memory size.
        """
        self.model = model
        self.output = bytearray()
        self.console = Console(send if send is not None else self.output.append)
        self.memory = BoardMemory(memory_size, self.console, self._console_interrupt)
        self.inputs = BoardInputs()
        self.cpu = build_processor(model, self.memory)
        self._loaded: list[range] = []
        self._interrupted = False

    def _console_interrupt(self, raised: bool) -> None:
        self.inputs.interrupt_lines = CONSOLE_LINE if raised else 0

    def load(self, image: Image) -> None:
        """Put a program into memory and the processor into the state of the boot contract.

        Raises ImageError when the program does not fit the board; nothing has changed then.
        """
        cpu = build_processor(self.model, self.memory)
        cpu.cp0.status = STATUS_BEV | STATUS_KX
        placed = [(self._place(cpu, segment), segment) for segment in image.segments]
        loaded = [range(start, start + segment.size) for start, segment in placed]
        _check_overlap(loaded)
        entry = _unmapped_physical(cpu, image.entry)
        if entry is None or entry % 4 != 0:
            raise ImageError(
                f"entry point {image.entry:#x} is no aligned address in KSEG0, KSEG1 or XKPHYS"
            )
        if not any(entry in addresses for addresses in loaded):
            raise ImageError(f"entry point {image.entry:#x} lies in no segment of the program")
        for start, segment in placed:
            self._fill(start, segment)
        cpu.cp0.status = STATUS_BEV if is_word(image.entry) else STATUS_BEV | STATUS_KX
        jump_to(cpu, image.entry)
        self.cpu = cpu
        self._loaded = loaded

    def _place(self, cpu: Processor, segment: ImageSegment) -> int:
        """Give the physical address of a segment that fits into memory."""
        start = _unmapped_physical(cpu, segment.address)
        if start is None:
            start = segment.address
        if self.memory.storage(start, segment.size) is None:
            raise ImageError(
                f"segment of {segment.size:#x} bytes at {segment.address:#x} lies outside RAM "
                f"(physical 0 to {len(self.memory.ram) - 1:#x}) and boot memory "
                f"({BOOT_BASE:#x} to {BOOT_BASE + BOOT_SIZE - 1:#x})"
            )
        return start

    def _fill(self, start: int, segment: ImageSegment) -> None:
        place = self.memory.storage(start, segment.size)
        assert place is not None, "checked by _place"
        storage, offset = place
        storage[offset : offset + segment.size] = segment.data.ljust(segment.size, b"\0")

    def receive(self, data: bytes) -> None:
        """Let `data` arrive at the console for the program to read."""
        self.console.receive(data)
        self._console_interrupt(self.console.interrupt)

    def interrupt(self) -> None:
        """Make the current or next `run` stop soon; for a signal handler or another thread."""
        self._interrupted = True

    def run(self, max_instructions: int | None = None, step: Step = processor_step) -> Stop:
        """Run until the program ends or cannot go on, for at most `max_instructions` steps.

        Can be called again to go on after `max_instructions` or an interrupt; the end is seen by a
        run that goes three times around the last loop.
        """
        cpu, inputs = self.cpu, self.inputs
        watcher = LoopWatcher(cpu)
        executed, faulted_in_place = 0, -1
        last = before_last = -1
        while not self._interrupted:
            until = executed + _STEPS_BETWEEN_CHECKS
            if max_instructions is not None and until > max_instructions:
                until = max_instructions
                if executed >= until:
                    return Stop(Reason.LIMIT, executed, cpu.pc)
            while executed < until:
                pc = cpu.pc
                if pc == before_last and watcher.repeats(self.memory.device_references):
                    return Stop(Reason.ENDED, executed, pc)
                exception = step(cpu, inputs)
                executed += 1
                if exception is not None:
                    again = pc == cpu.pc and faulted_in_place == executed - 1
                    if detail := self._undeliverable(exception, again):
                        return Stop(Reason.UNDELIVERABLE, executed, cpu.pc, detail)
                    if pc == cpu.pc:
                        faulted_in_place = executed
                before_last = last
                last = pc
        self._interrupted = False
        return Stop(Reason.INTERRUPTED, executed, cpu.pc)

    def _undeliverable(self, exception: MipsException, again: bool) -> str:
        """Say what is wrong when `exception`, which was just taken, leads nowhere.

        Either nothing is loaded at the vector in boot memory, or the instruction at the vector has
        raised an exception to the same vector twice running (`again`), and so will for ever.
        """
        vector = self.cpu.pc
        paddr = vector & 0x1FFF_FFFF
        if paddr >= len(self.memory.ram) and not any(paddr in part for part in self._loaded):
            fault = "nothing is loaded"
        elif again:
            fault = "the first instruction of the handler raises it again"
        else:
            return ""
        cp0 = self.cpu.cp0
        return (
            f"{exception.kind.name} exception (EPC {cp0.epc:#x}, BadVAddr {cp0.bad_vaddr:#x}) "
            f"goes to its vector at {vector:#x}, where {fault}"
        )


def _unmapped_physical(cpu: Processor, address: int) -> int | None:
    """Translate an address of a segment that needs no TLB; None for any other."""
    segment = find_segment(cpu.model, cpu.cp0.status, address)
    if segment is None or segment.mapping not in _UNMAPPED:
        return None
    try:
        return translate(cpu, address, Access.FETCH)[0]
    except MipsException:
        return None


def _check_overlap(loaded: list[range]) -> None:
    ordered = sorted(loaded, key=lambda part: part.start)
    for first, second in itertools.pairwise(ordered):
        if second.start < first.stop:
            raise ImageError(
                f"segments overlap: physical {first.start:#x} to {first.stop - 1:#x} and "
                f"{second.start:#x} to {second.stop - 1:#x}"
            )
