"""A trace held against the reference: every step taken again with the trace's own inputs."""

from collections import deque
from collections.abc import Sequence

import attrs

from disco.machine.board import Board
from disco.machine.memory import BoardMemory
from disco.mips.inputs import Event
from disco.mips.processor import BusError
from disco.mips.unpredictable import Unpredictable
from disco.oracle.state import ANSWER_WIDTHS, RecordedInputs
from disco.oracle.trace import Recorder
from disco.oracle.trace_compare import Difference, Registers, compare
from disco.oracle.trace_file import TraceError, TraceReader
from disco.oracle.trace_line import DeviceRead, TraceLine

REMEMBERED = 5
"""How many steps before a divergence are remembered."""


@attrs.frozen(kw_only=True)
class Divergence:
    """The first step in which a trace and the reference differ."""

    line: int
    """The number of the trace's line."""
    theirs: TraceLine
    """The step as the trace has it."""
    ours: TraceLine
    """The step as the reference takes it."""
    differences: Sequence[Difference]
    before: Registers
    """The registers before the step, the same on both sides, Count advanced."""
    earlier: Sequence[TraceLine]
    """The last steps before it."""

    def notes(self) -> list[str]:
        """Say which of the step's inputs the trace leaves out or the architecture leaves open."""
        given = {name for name, _ in self.theirs.answers}
        found = [
            f"the reference asked for {name} and took {value:#x}; the trace does not answer it"
            for name, value in self.ours.answers
            if name not in given and name not in Unpredictable.__members__
        ]
        return found + [
            f"the architecture leaves open {name}: {Unpredictable[name].value}; the reference "
            f"took {value:#x}"
            for name, value in self.ours.answers
            if name in Unpredictable.__members__
        ]


class _ReplayedMemory:
    """The board's memory, in which devices answer what the trace says."""

    def __init__(self, memory: BoardMemory) -> None:
        self._memory = memory
        self.reads: deque[DeviceRead] = deque()
        """The answers that were not asked for yet."""
        self._stored: frozenset[int] = frozenset()

    def begin(self, line: TraceLine) -> None:
        """Take over what devices do in the coming step."""
        self.reads = deque(line.device_reads)
        self._stored = frozenset(write.paddr for write in line.memory)

    def read(self, paddr: int, size: int, /) -> int:
        """Read memory, or take the next answer of a device if it is for this reference."""
        if self._memory.storage(paddr, size) is not None:
            return self._memory.read(paddr, size)
        if not self.reads or (self.reads[0].paddr, self.reads[0].size) != (paddr, size):
            raise BusError
        return self.reads.popleft().value

    def write(self, paddr: int, size: int, value: int, /) -> None:
        """Write memory; a device takes what the trace says was stored to it."""
        if self._memory.storage(paddr, size) is not None or paddr not in self._stored:
            self._memory.write(paddr, size, value)

    def write_masked(self, paddr: int, size: int, value: int, mask: int, /) -> None:
        """Write some bytes of memory; no device takes that."""
        self._memory.write_masked(paddr, size, value, mask)


class _ReplayedInputs(RecordedInputs):
    """The inputs of one trace line after the other."""

    def __init__(self, ticks: int) -> None:
        super().__init__()
        self._ticks = ticks

    def begin(self, line: TraceLine) -> None:
        """Take over the inputs of the coming step. Raises TraceError on an impossible one."""
        self.ticks = self._ticks if line.ticks is None else line.ticks
        self.interrupt_lines = line.interrupt_lines or 0
        self.event = Event[line.event]
        self.counter_events = line.counter_events or (0, 0)
        self.answers[:] = line.answers
        for name, value in line.answers:
            if value >> ANSWER_WIDTHS[name]:
                raise TraceError(f"step {line.step}: {value:#x} is no answer to {name}")


class Replay:
    """Holds the trace of `reader` against a board that has just loaded the trace's program."""

    def __init__(self, reader: TraceReader, board: Board) -> None:
        cpu = board.cpu
        self._reader = reader
        self._cpu = cpu
        self._memory = cpu.memory = _ReplayedMemory(board.memory)
        self._inputs = _ReplayedInputs(reader.header.ticks)
        board.inputs.ticks = reader.header.ticks
        self._before = Registers(cpu)
        self._earlier: deque[TraceLine] = deque(maxlen=REMEMBERED)
        self._recorder = Recorder(board, self._earlier.append)
        self.steps = 0
        """How many steps agreed so far."""

    def run(self) -> Divergence | None:
        """Go through the trace up to the first divergence. Raises TraceError on a bad trace."""
        for line in self._reader:
            if divergence := self._step(line):
                return divergence
            self.steps += 1
        end = self._reader.end
        assert end is not None, "read behind the last step"
        if end.pc == self._cpu.pc:
            return None
        return self._step(TraceLine(step=end.steps + 1, pc=end.pc))

    def _step(self, theirs: TraceLine) -> Divergence | None:
        cpu, inputs, before = self._cpu, self._inputs, self._before
        inputs.begin(theirs)
        self._memory.begin(theirs)
        before.advance(inputs.ticks)
        earlier = tuple(self._earlier)
        self._recorder.step(cpu, inputs)
        ours = self._earlier[-1]
        if theirs != ours and (differences := self._differences(theirs, ours)):
            return Divergence(
                line=self._reader.line, theirs=theirs, ours=ours, differences=differences,
                before=before, earlier=earlier,
            )  # fmt: skip
        before.apply(ours)
        return None

    def _differences(self, theirs: TraceLine, ours: TraceLine) -> list[Difference]:
        found = compare(self._before, theirs, ours)
        for name, value in self._inputs.answers:
            found.append(Difference(f"answer {name}, not asked for", value, None))
        for read in self._memory.reads:
            found.append(Difference(f"device read at {read.paddr:#x}", read.value, None))
        return found
