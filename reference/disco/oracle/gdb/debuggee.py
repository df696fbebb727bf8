"""A board under a debugger: breakpoints, watchpoints, and running forwards and backwards."""

import enum
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import attrs

from disco.bits import MASK64
from disco.machine.board import Board, Reason, Stop
from disco.mips.address import LOAD, translate
from disco.mips.exceptions import MipsException
from disco.mips.inputs import Inputs
from disco.mips.instruction import Instruction
from disco.mips.processor import Memory, Processor
from disco.mips.references import address_swap
from disco.mips.step import step
from disco.oracle.gdb.history import History, Registers
from disco.oracle.gdb.registers import DebugRegister

_SLICE = 2000
"""Steps between two looks at whether the debugger interrupts."""
_FAR = 1000
"""When this many steps lie before a moment that was gone back to, a checkpoint is left half-way."""
_PAGE = 4096


class Cause(enum.Enum):
    """Why a board under a debugger has stopped."""

    STEPPED = "the step was taken"
    BREAKPOINT = "a breakpoint"
    WATCHPOINT = "a watchpoint"
    INTERRUPTED = "the debugger interrupts"
    BEGIN = "nothing earlier is known"
    ENDED = "the program has ended"
    UNDELIVERABLE = "an exception has no handler"


class Watch(enum.Enum):
    """What a watchpoint waits for; the values are the names in stop replies."""

    WRITE = "watch"
    READ = "rwatch"
    ACCESS = "awatch"


@attrs.frozen
class Watchpoint:
    """Bytes at virtual addresses, and the kind of reference to wait for."""

    kind: Watch
    address: int
    size: int


@attrs.frozen
class Halt:
    """How a run under a debugger has stopped."""

    cause: Cause
    watchpoint: Watchpoint | None = None
    detail: str = ""
    """What there is to say about it, one line."""


class _Stopped(Exception):  # noqa: N818 - not an error
    """Leaves a run before the instruction at `pc`."""

    def __init__(self, halt: Halt) -> None:
        self.halt = halt


class _Touched(Exception):  # noqa: N818 - not an error
    """Leaves an instruction whose reference a watchpoint waits for, before its effect."""

    def __init__(self, watchpoint: Watchpoint) -> None:
        self.watchpoint = watchpoint


class _WatchedMemory:
    """A memory that raises _Touched, while it is armed, where a watchpoint waits."""

    def __init__(self, memory: Memory, cpu: Processor) -> None:
        self._memory = memory
        self._cpu = cpu
        self.watchpoints: list[Watchpoint] = []
        self.armed = False

    def read(self, paddr: int, size: int, /) -> int:
        if self.armed:
            self._check(paddr, size, Watch.READ)
        return self._memory.read(paddr, size)

    def write(self, paddr: int, size: int, value: int, /) -> None:
        if self.armed:
            self._check(paddr, size, Watch.WRITE)
        self._memory.write(paddr, size, value)

    def write_masked(self, paddr: int, size: int, value: int, mask: int, /) -> None:
        if self.armed:
            high = mask.bit_length()
            low = (mask & -mask).bit_length() - 1
            self._check(paddr + size - high // 8, (high - low) // 8, Watch.WRITE)
        self._memory.write_masked(paddr, size, value, mask)

    def _check(self, paddr: int, size: int, kind: Watch) -> None:
        for watchpoint in self.watchpoints:
            if watchpoint.kind not in (kind, Watch.ACCESS):
                continue
            for start, length in physical_parts(self._cpu, watchpoint.address, watchpoint.size):
                if start < paddr + size and paddr < start + length:
                    raise _Touched(watchpoint)


def physical_parts(cpu: Processor, address: int, size: int) -> Iterator[tuple[int, int]]:
    """Translate `size` bytes at a virtual address as loads now are: physical addresses and sizes.

    Ends before the first byte that cannot be reached.
    """
    swap = address_swap(cpu, 1)
    unit = 1 if swap else _PAGE
    while size > 0:
        length = min(size, unit - address % unit)
        try:
            paddr, _ = translate(cpu, address, LOAD)
        except MipsException:
            return
        yield paddr ^ swap, length
        address = (address + length) & MASK64
        size -= length


class Debuggee:
    """A board with its history. It is changed only through this object from now on."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.position = 0
        """Steps from the start of the session: instructions and exceptions taken."""
        self.breakpoints: set[int] = set()
        """Virtual addresses of instructions."""
        self.replaying = False
        """What the console sends now, it has sent before."""
        self._history = History(board)
        self._edited = False
        self._moved = False
        """A breakpoint at the instruction a run begins with does not stop it."""
        self._watch_reported: tuple[int, int, bool] | None = None
        """What `_place` gave at the last stop, if it was at a watchpoint."""
        self._decode = board.cpu.decode
        self._watched = _WatchedMemory(board.memory, board.cpu)

    @property
    def cpu(self) -> Processor:
        """Give the processor."""
        return self.board.cpu

    @property
    def watchpoints(self) -> tuple[Watchpoint, ...]:
        """Give the watchpoints."""
        return tuple(self._watched.watchpoints)

    def set_watchpoint(self, watchpoint: Watchpoint) -> None:
        """Set a watchpoint, if it is not set."""
        if watchpoint not in self._watched.watchpoints:
            self._watched.watchpoints.append(watchpoint)

    def clear_watchpoint(self, watchpoint: Watchpoint) -> None:
        """Clear a watchpoint, if it is set."""
        if watchpoint in self._watched.watchpoints:
            self._watched.watchpoints.remove(watchpoint)

    def forward(self, limit: int | None, interrupted: Callable[[], bool]) -> Halt:
        """Run for at most `limit` steps, or until something stops it."""
        self._history.forget_after(self.position)
        if self._edited:
            self._history.add(self.position, edited=True)
            self._edited = False
        self._moved = False
        start, end = self.position, Stop(Reason.LIMIT, 0, 0)
        while end.reason is Reason.LIMIT:
            left = _SLICE if limit is None else start + limit - self.position
            if left == 0:
                return Halt(Cause.STEPPED)
            try:
                end = self.board.run(min(left, _SLICE), self._step)
            except _Stopped as stopped:
                return stopped.halt
            self._history.note(self.position)
            if interrupted():
                return Halt(Cause.INTERRUPTED)
        cause = Cause.ENDED if end.reason is Reason.ENDED else Cause.UNDELIVERABLE
        return Halt(cause, detail=end.detail or end.reason.value)

    def _step(self, cpu: Processor, inputs: Inputs) -> MipsException | None:
        """Take a step of a run forwards. Raises _Stopped instead."""
        if self._moved and cpu.pc in self.breakpoints:
            raise _Stopped(Halt(Cause.BREAKPOINT))
        if self._watched.watchpoints and self._watch_reported != self._place():
            watchpoint, exception = self._watched_step()
            if watchpoint is not None:
                self._watch_reported = self._place()
                raise _Stopped(Halt(Cause.WATCHPOINT, watchpoint))
        else:
            exception = step(cpu, inputs)
        self.position += 1
        self._moved = True
        self._watch_reported = None
        return exception

    def _place(self, *, backwards: bool = False) -> tuple[int, int, bool]:
        """Tell what is done next: from which moment, at which address, in which direction."""
        return self.position, self.cpu.pc, backwards

    def _watched_step(self) -> tuple[Watchpoint | None, MipsException | None]:
        """Take a step, or leave all as it is and give the watchpoint that waits for it."""
        cpu, saved = self.cpu, Registers.save(self.board)
        cpu.memory, cpu.decode = self._watched, self._decode_and_arm
        try:
            return None, step(cpu, self.board.inputs)
        except _Touched as touched:
            saved.restore(self.board)
            return touched.watchpoint, None
        finally:
            self._watched.armed = False
            cpu.memory, cpu.decode = self.board.memory, self._decode

    def _decode_and_arm(self, word: int) -> tuple[Instruction, tuple[int, ...]]:
        """Decode; the references that follow are the instruction's own, not its fetch."""
        self._watched.armed = True
        return self._decode(word)

    def backward(self, limit: int | None, interrupted: Callable[[], bool]) -> Halt:
        """Go back by at most `limit` steps, or until something stops it.

        At a watchpoint the board stops behind the instruction that is about to be undone. What the
        debugger has changed since the last step is undone first.
        """
        begin, end = self._history.begin, self.position
        if end == begin:
            return Halt(Cause.BEGIN)
        self._edited = False
        floor = begin if limit is None else max(begin, end - limit)
        reported = self._watch_reported == self._place(backwards=True)
        self._watch_reported = None
        while end > floor and (self.breakpoints or self._watched.watchpoints):
            start = max(floor, self._history.before(end - 1).position)
            found = self._find_last(start, end, reported, interrupted)
            if found is not None:
                position, halt = found
                self._travel(position)
                if halt.cause is Cause.WATCHPOINT:
                    self._watch_reported = self._place(backwards=True)
                return halt
            end, reported = start, False
        self._travel(floor)
        return Halt(Cause.BEGIN if limit is None else Cause.STEPPED)

    def _find_last(
        self, start: int, end: int, reported: bool, interrupted: Callable[[], bool]
    ) -> tuple[int, Halt] | None:
        """Find the last place from `start` to `end` where a run backwards stops.

        The watchpoint of the last step has been `reported`.
        """
        self._travel(start)
        found: tuple[int, Halt] | None = None
        with self._replay():
            while self.position < end:
                if self.position % _SLICE == 0 and interrupted():
                    return start, Halt(Cause.INTERRUPTED)
                if self.cpu.pc in self.breakpoints:
                    found = self.position, Halt(Cause.BREAKPOINT)
                if self._watched.watchpoints and not (reported and self.position == end - 1):
                    watchpoint, _ = self._watched_step()
                    if watchpoint is not None:
                        found = self.position + 1, Halt(Cause.WATCHPOINT, watchpoint)
                        step(self.cpu, self.board.inputs)
                else:
                    step(self.cpu, self.board.inputs)
                self.position += 1
        return found

    def _travel(self, position: int) -> None:
        """Go to a position that has been reached before."""
        checkpoint = self._history.before(position)
        checkpoint.restore(self.board)
        self.position = checkpoint.position
        half_way = position - _FAR
        if half_way - self.position > _FAR:
            self._repeat(half_way)
            self._history.add(half_way)
        self._repeat(position)

    def _repeat(self, position: int) -> None:
        """Take the steps to `position` once more."""
        cpu, inputs = self.cpu, self.board.inputs
        with self._replay():
            while self.position < position:
                step(cpu, inputs)
                self.position += 1

    @contextmanager
    def _replay(self) -> Iterator[None]:
        self.replaying = True
        try:
            yield
        finally:
            self.replaying = False

    def read(self, address: int, size: int, *, physical: bool = False) -> bytes:
        """Read memory at a virtual address, as loads now are translated, or at a physical one.

        Ends before the first byte that is no RAM or boot memory. Devices are never read, because
        that may have effects.
        """
        return b"".join(
            storage[offset : offset + length]
            for storage, offset, length in self._places(address, size, physical)
        )

    def write(self, address: int, data: bytes, *, physical: bool = False) -> bool:
        """Write memory as `read` reads it; give False, with nothing written, if a part is none."""
        places = list(self._places(address, len(data), physical))
        if sum(length for _, _, length in places) < len(data):
            return False
        done = 0
        for storage, offset, length in places:
            storage[offset : offset + length] = data[done : done + length]
            done += length
        self._edited = True
        return True

    def _places(
        self, address: int, size: int, physical: bool
    ) -> Iterator[tuple[bytearray, int, int]]:
        """Give what holds the bytes at an address, piece by piece: where and how many."""
        parts = [(address, size)] if physical else physical_parts(self.cpu, address, size)
        for start, length in parts:
            place = self.board.memory.storage(start, length)
            if place is None:
                return
            yield *place, length

    def write_register(self, register: DebugRegister, value: int) -> None:
        """Write a register; the value it has already changes nothing at all."""
        if register.read(self.cpu) != value:
            register.write(self.cpu, value)
            self._edited = True
