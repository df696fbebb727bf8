"""Recording a trace: ports and inputs that note what passes through them, and comparison.

Nothing here knows what an instruction does. The recorder runs the processor's own `step` with
general registers, FP registers, TLB, memory and inputs that note what is written and answered; the
single registers are compared with what they were.
"""

import hashlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from operator import attrgetter

import attrs

from disco.bits import MASK32, MASK64
from disco.machine.board import Board, Stop
from disco.machine.memory import BOOT_BASE, BOOT_SIZE
from disco.mips.cp0 import Cp0
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
from disco.oracle.trace_line import (
    FORMAT,
    VERSION,
    DeviceRead,
    Hex32,
    Hex64,
    MemoryWrite,
    Pins,
    TakenException,
    TraceEnd,
    TraceHeader,
    TraceLine,
    Word,
    WrittenTlbEntry,
)

CP0_NAMES = tuple(field.name for field in attrs.fields(Cp0))
"""The CP0 registers, as traces name them."""
_cp0_values = attrgetter(*CP0_NAMES)
_COUNT = CP0_NAMES.index("count")

Step = Callable[[Processor, Inputs], MipsException | None]
"""What runs a step, or a part of one."""


class _RecordedWords(list[int]):
    """A register file that notes what is written."""

    def __init__(self, words: list[int]) -> None:
        super().__init__(words)
        self.written: dict[int, int] = {}

    def __setitem__(self, index: int, value: int, /) -> None:  # type: ignore[override] # no slices
        super().__setitem__(index, value)
        self.written[index] = value


class _RecordedMemory:
    """A memory that notes what is written, and what devices answer."""

    def __init__(self, memory: Memory, ram_size: int) -> None:
        self._memory = memory
        self._ram_size = ram_size
        self.written: list[MemoryWrite] = []
        self.device_reads: list[DeviceRead] = []

    def read(self, paddr: int, size: int, /) -> int:
        value = self._memory.read(paddr, size)
        if paddr >= self._ram_size and not 0 <= paddr - BOOT_BASE < BOOT_SIZE:
            self.device_reads.append(DeviceRead(Hex64(paddr), size, Hex64(value)))
        return value

    def write(self, paddr: int, size: int, value: int, /) -> None:
        self._memory.write(paddr, size, value)
        self.written.append(MemoryWrite(Hex64(paddr), size, Hex64(value)))

    def write_masked(self, paddr: int, size: int, value: int, mask: int, /) -> None:
        self._memory.write_masked(paddr, size, value, mask)
        low = (mask & -mask).bit_length() - 1
        high = mask.bit_length()
        first, number = Hex64(paddr + size - high // 8), Hex64((value & mask) >> low)
        self.written.append(MemoryWrite(first, (high - low) // 8, number))


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

    def __init__(self) -> None:
        super().__init__()
        self._source = Inputs()
        self.answers: list[tuple[str, Hex64]] = []

    def begin(self, source: Inputs) -> None:
        """Take over what the coming step reads at once, and ask `source` for the rest."""
        self._source = source
        self.ticks, self.interrupt_lines = source.ticks, source.interrupt_lines
        self.event, self.counter_events = source.event, source.counter_events
        self.answers.clear()

    def _note(self, name: str, value: int) -> None:
        self.answers.append((name, Hex64(value & MASK64)))  # -1, no index, is all ones

    def random(self, wired: int, last: int) -> int:
        value = self._source.random(wired, last)
        self._note("random", value)
        return value

    def store_conditional(self) -> bool:
        succeeds = self._source.store_conditional()
        self._note("store_conditional", int(succeeds))
        return succeeds

    def unpredictable(self, what: Unpredictable, default: int) -> int:
        value = self._source.unpredictable(what, default)
        self._note(what.name, value)
        return value

    def cache_error(self) -> int:
        value = self._source.cache_error()
        self._note("cache_error", value)
        return value

    def cache_tag(self, operation: int, paddr: int) -> tuple[int, int, int]:
        tag = self._source.cache_tag(operation, paddr)
        for name, value in zip(("tag_lo", "tag_hi", "ecc"), tag, strict=True):
            self._note(name, value)
        return tag


class StepRecorder:
    """Runs a processor's steps and can tell of each what it did.

    Once made, it has put recording ports in place of the processor's own: the storage behind
    them is the same for memory, and a copy for registers and TLB.
    """

    def __init__(self, cpu: Processor, ticks: int, ram_size: int) -> None:
        """Record `cpu`, to which what answers from the physical address `ram_size` on is a device.

        Lines leave out `ticks`, the usual ones.
        """
        model = cpu.model
        self._cpu = cpu
        self._steps = 0
        self._ticks = ticks
        self._decoded: list[int] = []
        self._disassemble = lru_cache(maxsize=1 << 16)(
            lambda word, pc: disassemble(word, pc, model)
        )
        self._decode = cpu.decode
        self._gpr = cpu.gpr = _RecordedWords([cpu.gpr[i] for i in range(32)])
        self._fpr = cpu.fpr = _RecordedWords([cpu.fpr[i] for i in range(32)])
        self._tlb = cpu.tlb = _RecordedTlb(model, cpu.tlb)
        self._memory = cpu.memory = _RecordedMemory(cpu.memory, ram_size)
        self._inputs = _RecordedInputs()
        self._exception: MipsException | None = None
        self._note_registers()
        cpu.decode = self._note_word

    def _note_registers(self) -> None:
        cpu = self._cpu
        self._before = (cpu.pc, cpu.delay_slot, cpu.hi, cpu.lo, cpu.fcr31)
        self._cp0_before = _cp0_values(cpu.cp0)

    def _note_word(self, word: int) -> tuple[Instruction, tuple[int, ...]]:
        self._decoded.append(word)
        return self._decode(word)

    def run(self, inputs: Inputs, take: Step = step) -> MipsException | None:
        """Run one step; give the exception that was taken."""
        for port in (self._gpr, self._fpr, self._tlb, self._memory):
            port.written.clear()
        self._memory.device_reads.clear()
        self._inputs.begin(inputs)
        self._decoded.clear()
        self._note_registers()
        self._exception = take(self._cpu, self._inputs)
        self._steps += 1
        return self._exception

    def line(self) -> TraceLine:
        """Tell what the step that was run last did; nothing may have changed since."""
        cpu, exception = self._cpu, self._exception
        pc, delay_slot, hi, lo, fcr31 = self._before
        self._gpr.written.pop(0, None)
        ticks, lines = self._inputs.ticks, self._inputs.interrupt_lines
        first, second = self._inputs.counter_events
        word = self._decoded[0] if self._decoded else None
        return TraceLine(
            step=self._steps,
            pc=Hex64(pc),
            word=None if word is None else Word(word),
            text="" if word is None else self._disassemble(word, pc),
            delay_slot=delay_slot,
            gpr=_words(self._gpr.written),
            fpr=_words(self._fpr.written),
            hi=None if cpu.hi == hi else Hex64(cpu.hi),
            lo=None if cpu.lo == lo else Hex64(cpu.lo),
            fcr31=None if cpu.fcr31 == fcr31 else Hex32(cpu.fcr31),
            cp0=self._changed_cp0(),
            tlb={i: written_entry(entry) for i, entry in self._tlb.written.items()},
            memory=tuple(self._memory.written),
            exception=None if exception is None else _taken(exception, cpu.pc),
            ticks=None if ticks == self._ticks else Hex32(ticks),
            interrupt_lines=Pins(lines) if lines else None,
            event=self._inputs.event.name,
            counter_events=(Hex32(first), Hex32(second)) if first or second else None,
            device_reads=tuple(self._memory.device_reads),
            answers=tuple(self._inputs.answers),
        )

    def _changed_cp0(self) -> dict[str, Hex64]:
        expected, found = list(self._cp0_before), list(_cp0_values(self._cpu.cp0))
        expected[_COUNT] = expected[_COUNT] + self._inputs.ticks & MASK32
        if found == expected:
            return {}
        changes = zip(CP0_NAMES, expected, found, strict=True)
        return {name: Hex64(new) for name, old, new in changes if new != old}


class Recorder(StepRecorder):
    """Runs the steps of a board's processor and gives a trace line for each to `emit`.

    Made after `Board.load`; then pass `step` to `Board.run`.
    """

    def __init__(self, board: Board, emit: Callable[[TraceLine], object]) -> None:
        super().__init__(board.cpu, board.inputs.ticks, len(board.memory.ram))
        self._emit = emit

    def step(self, cpu: Processor, inputs: Inputs) -> MipsException | None:
        """Run one step of the recorded processor."""
        exception = self.run(inputs)
        self._emit(self.line())
        return exception


def header(board: Board, program: bytes | None = None) -> TraceHeader:
    """Give the header of a trace of `board`, which runs the program in the file `program`."""
    return TraceHeader(
        format=FORMAT,
        version=VERSION,
        model=board.model.name,
        memory=Hex64(len(board.memory.ram)),
        ticks=Hex32(board.inputs.ticks),
        program=None if program is None else digest(program),
    )


def end(stop: Stop) -> TraceEnd:
    """Give the last line of the trace of a run that began with the board and stopped so."""
    return TraceEnd(end=stop.reason.name.lower(), steps=stop.instructions, pc=Hex64(stop.pc))


def digest(program: bytes) -> str:
    """Give what the header tells a program's file by."""
    return hashlib.sha256(program).hexdigest()


def written_entry(entry: TlbEntry) -> WrittenTlbEntry:
    """Give a TLB entry as a trace shows it."""
    return WrittenTlbEntry(
        present=entry.present,
        mask=Hex64(entry.mask),
        vpn2=Hex64(entry.vpn2),
        asid=Hex64(entry.asid),
        glob=entry.glob,
        lo0=Hex64(entry.lo0),
        lo1=Hex64(entry.lo1),
    )


def _words(written: Mapping[int, int]) -> dict[int, Hex64]:
    return {index: Hex64(value) for index, value in written.items()}


def _taken(exception: MipsException, vector: int) -> TakenException:
    return TakenException(exception.kind.name, exception.kind.code, Hex64(vector))
