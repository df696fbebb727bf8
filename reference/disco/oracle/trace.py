"""Recording a trace: ports and inputs that note what passes through them, and comparison.

Nothing here knows what an instruction does. The recorder runs the processor's own `step` with
general registers, FP registers, TLB, memory and inputs that note what is written and answered; the
single registers are compared with what they were.
"""

from collections.abc import Callable
from functools import lru_cache

import attrs

from disco.bits import MASK32
from disco.machine.board import Board
from disco.mips.disassembler import disassemble
from disco.mips.exceptions import MipsException
from disco.mips.inputs import Inputs
from disco.mips.instruction import Instruction
from disco.mips.model import Model
from disco.mips.processor import Memory, Processor
from disco.mips.step import step
from disco.mips.tlb import Tlb, TlbEntry
from disco.mips.tlb_array import TlbArray
from disco.mips.unpredictable import Unpredictable
from disco.oracle.trace_line import MemoryWrite, TakenException, TraceHeader, TraceLine


class _RecordedWords(list[int]):
    """A register file that notes what is written."""

    def __init__(self, words: list[int]) -> None:
        super().__init__(words)
        self.written: dict[int, int] = {}

    def __setitem__(self, index: int, value: int, /) -> None:  # type: ignore[override] # no slices
        super().__setitem__(index, value)
        self.written[index] = value


class _RecordedMemory:
    """A memory that notes what is written."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self.read = memory.read
        self.written: list[MemoryWrite] = []

    def write(self, paddr: int, size: int, value: int, /) -> None:
        self._memory.write(paddr, size, value)
        self.written.append(MemoryWrite(paddr, size, value))

    def write_masked(self, paddr: int, size: int, value: int, mask: int, /) -> None:
        self._memory.write_masked(paddr, size, value, mask)
        low = (mask & -mask).bit_length() - 1
        high = mask.bit_length()
        self.written.append(
            MemoryWrite(paddr + size - high // 8, (high - low) // 8, (value & mask) >> low)
        )


class _RecordedTlb(TlbArray):
    """A TLB that notes what is written."""

    def __init__(self, model: Model, tlb: Tlb) -> None:
        super().__init__(model)
        self.written: dict[int, TlbEntry] = {}
        for index in range(tlb.size):
            self[index] = tlb[index]

    def __setitem__(self, index: int, entry: TlbEntry, /) -> None:
        super().__setitem__(index, entry)
        self.written[index] = entry


class _RecordedInputs(Inputs):
    """Inputs that note what they are asked and what they answer, by the names of `disco step`."""

    def __init__(self, source: Inputs) -> None:
        super().__init__()
        self._source = source
        self.answers: list[tuple[str, int]] = []

    def begin(self) -> None:
        """Take over what the coming step reads at once."""
        source = self._source
        self.ticks, self.interrupt_lines = source.ticks, source.interrupt_lines
        self.event, self.counter_events = source.event, source.counter_events
        self.answers.clear()

    def random(self, wired: int, last: int) -> int:
        value = self._source.random(wired, last)
        self.answers.append(("random", value))
        return value

    def store_conditional(self) -> bool:
        succeeds = self._source.store_conditional()
        self.answers.append(("store_conditional", int(succeeds)))
        return succeeds

    def unpredictable(self, what: Unpredictable, default: int) -> int:
        value = self._source.unpredictable(what, default)
        self.answers.append((what.name, value))
        return value

    def cache_error(self) -> int:
        value = self._source.cache_error()
        self.answers.append(("cache_error", value))
        return value

    def cache_tag(self, operation: int, paddr: int) -> tuple[int, int, int]:
        tag = self._source.cache_tag(operation, paddr)
        self.answers += zip(("tag_lo", "tag_hi", "ecc"), tag, strict=True)
        return tag


class Recorder:
    """Runs the steps of a board's processor and gives a trace line for each to `emit`.

    Made after `Board.load`, it puts its recording ports in place of the processor's own; then pass
    `step` to `Board.run`.
    """

    def __init__(self, board: Board, emit: Callable[[TraceLine], object]) -> None:
        cpu, model = board.cpu, board.model
        self._cpu = cpu
        self._emit = emit
        self._steps = 0
        self._decoded: list[int] = []
        self._disassemble = lru_cache(maxsize=1 << 16)(
            lambda word, pc: disassemble(word, pc, model)
        )
        self._decode = cpu.decode
        self._gpr = cpu.gpr = _RecordedWords([cpu.gpr[i] for i in range(32)])
        self._fpr = cpu.fpr = _RecordedWords([cpu.fpr[i] for i in range(32)])
        self._tlb = cpu.tlb = _RecordedTlb(model, cpu.tlb)
        self._memory = cpu.memory = _RecordedMemory(cpu.memory)
        self._inputs = _RecordedInputs(board.inputs)
        cpu.decode = self._note_word

    def _note_word(self, word: int) -> tuple[Instruction, tuple[int, ...]]:
        self._decoded.append(word)
        return self._decode(word)

    def step(self, cpu: Processor, inputs: Inputs) -> MipsException | None:
        """Run one step of the recorded processor."""
        for port in (self._gpr, self._fpr, self._tlb, self._memory):
            port.written.clear()
        self._inputs.begin()
        self._decoded.clear()
        pc, delay_slot, hi, lo, fcr31 = cpu.pc, cpu.delay_slot, cpu.hi, cpu.lo, cpu.fcr31
        cp0 = attrs.asdict(cpu.cp0)
        cp0["count"] = cp0["count"] + self._inputs.ticks & MASK32

        exception = step(cpu, self._inputs)

        self._steps += 1
        self._gpr.written.pop(0, None)
        word = self._decoded[0] if self._decoded else None
        line = TraceLine(
            step=self._steps,
            pc=pc,
            word=word,
            text="" if word is None else self._disassemble(word, pc),
            delay_slot=delay_slot,
            gpr=dict(self._gpr.written),
            fpr=dict(self._fpr.written),
            hi=None if cpu.hi == hi else cpu.hi,
            lo=None if cpu.lo == lo else cpu.lo,
            fcr31=None if cpu.fcr31 == fcr31 else cpu.fcr31,
            cp0={name: new for name, new in attrs.asdict(cpu.cp0).items() if new != cp0[name]},
            tlb=dict(self._tlb.written),
            memory=tuple(self._memory.written),
            exception=None if exception is None else _taken(exception, cpu.pc),
            interrupt_lines=self._inputs.interrupt_lines,
            answers=tuple(self._inputs.answers),
        )
        self._emit(line)
        return exception


def header(board: Board) -> TraceHeader:
    """Give the header of a trace of `board`."""
    size = len(board.memory.ram)
    return TraceHeader(model=board.model.name, memory=size, ticks=board.inputs.ticks)


def _taken(exception: MipsException, vector: int) -> TakenException:
    return TakenException(exception.kind.name, exception.kind.code, vector)
