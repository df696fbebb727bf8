"""Checkpoints of a board, from which any earlier moment of its run can be reached again.

A run is determined by the state it starts from, because the board's inputs are. To go back is to
restore the latest checkpoint before and to run again from there.
"""

from bisect import bisect_right, insort
from collections.abc import Callable, Sequence
from operator import attrgetter

import attrs

from disco.machine.board import Board, BoardInputs
from disco.mips.cp0 import Cp0
from disco.mips.processor import Processor
from disco.mips.tlb import TlbEntry

_PAGE = 4096
_ZEROS = bytes(_PAGE)
_MOST = 40
"""How many checkpoints are held."""
_INTERVAL = 10_000
"""The distance of checkpoints in steps, or else a part of the way so far."""


def _attributes(
    owner: type[attrs.AttrsInstance], without: Sequence[str] = ()
) -> tuple[tuple[str, ...], Callable[[object], tuple[object, ...]]]:
    """Give the names of the attributes of a class and the function that reads them all."""
    names = tuple(field.name for field in attrs.fields(owner) if field.name not in without)
    return names, attrgetter(*names)


_SINGLES = (
    _attributes(Processor, ("model", "memory", "tlb", "decode", "inputs", "gpr", "fpr", "cp0")),
    _attributes(Cp0),
    _attributes(BoardInputs),
)


@attrs.frozen
class Registers:
    """The processor but for its TLB, and the inputs that are still to come."""

    gpr: list[int]
    fpr: list[int]
    singles: tuple[tuple[object, ...], ...]
    """Of the processor, CP0 and the inputs, in the order of _SINGLES."""

    @classmethod
    def save(cls, board: Board) -> "Registers":
        """Copy them."""
        cpu = board.cpu
        return cls(
            gpr=[cpu.gpr[i] for i in range(32)],
            fpr=[cpu.fpr[i] for i in range(32)],
            singles=tuple(
                read(owner) for owner, (_, read) in zip(_owners(board), _SINGLES, strict=True)
            ),
        )

    def restore(self, board: Board) -> None:
        """Put them back."""
        cpu = board.cpu
        cpu.gpr, cpu.fpr = list(self.gpr), list(self.fpr)
        for owner, (names, _), values in zip(_owners(board), _SINGLES, self.singles, strict=True):
            for name, value in zip(names, values, strict=True):
                setattr(owner, name, value)


def _owners(board: Board) -> tuple[Processor, Cp0, BoardInputs]:
    return board.cpu, board.cpu.cp0, board.inputs


@attrs.frozen
class Checkpoint:
    """A whole board at one moment. Pages that two checkpoints have in common are held once."""

    position: int
    """Steps from the start of the session."""
    edited: bool
    """The debugger made this state; it cannot be reached from an earlier one."""
    registers: Registers
    tlb: tuple[TlbEntry, ...]
    console: dict[str, object]
    pages: tuple[bytes, ...]
    """RAM, then boot memory."""

    def restore(self, board: Board) -> None:
        """Bring the board back to this moment."""
        self.registers.restore(board)
        for index, entry in enumerate(self.tlb):
            board.cpu.tlb[index] = entry
        board.console.restore(self.console)
        start = 0
        for storage in (board.memory.ram, board.memory.boot):
            end = start + len(storage) // _PAGE
            storage[:] = b"".join(self.pages[start:end])
            start = end


class History:
    """The checkpoints of a session, in order of position."""

    def __init__(self, board: Board) -> None:
        """Begin with the board as it is, at position 0."""
        self._board = board
        self._checkpoints = [self._make(0, (), edited=True)]

    @property
    def begin(self) -> int:
        """Give the earliest position that can be reached."""
        return self._checkpoints[0].position

    def before(self, position: int) -> Checkpoint:
        """Give the latest checkpoint that is not after `position`; there is one from `begin` on."""
        index = bisect_right(self._checkpoints, position, key=_position)
        return self._checkpoints[index - 1]

    def forget_after(self, position: int) -> None:
        """Drop what lies ahead of `position`, because it may come differently now."""
        del self._checkpoints[bisect_right(self._checkpoints, position, key=_position) :]

    def note(self, position: int) -> None:
        """Take a checkpoint of the board, which is at `position`, if the last one is far enough."""
        if position - self.before(position).position >= max(_INTERVAL, position // (_MOST // 2)):
            self.add(position)

    def add(self, position: int, *, edited: bool = False) -> None:
        """Take a checkpoint of the board, which is at `position`, in place of any other there."""
        last = self.before(position)
        if last.position == position:
            if not edited:
                return
            self._checkpoints.remove(last)
        insort(self._checkpoints, self._make(position, last.pages, edited=edited), key=_position)
        if len(self._checkpoints) > _MOST:
            self._thin()

    def _make(self, position: int, before: Sequence[bytes], *, edited: bool) -> Checkpoint:
        board = self._board
        return Checkpoint(
            position=position,
            edited=edited,
            registers=Registers.save(board),
            tlb=tuple(board.cpu.tlb[index] for index in range(board.cpu.tlb.size)),
            console=board.console.save(),
            pages=_pages(board, before),
        )

    def _thin(self) -> None:
        """Drop every other checkpoint that others replace; if none does, the earlier half."""
        replaceable = [place for place in self._checkpoints if not place.edited]
        dropped = {place.position for place in replaceable[::2]}
        if len(dropped) < _MOST // 8:
            dropped |= {place.position for place in self._checkpoints[: _MOST // 2]}
        self._checkpoints = [place for place in self._checkpoints if place.position not in dropped]


def _position(checkpoint: Checkpoint) -> int:
    return checkpoint.position


def _pages(board: Board, before: Sequence[bytes]) -> tuple[bytes, ...]:
    """Copy the memory, except for pages that are as in `before`."""
    pages: list[bytes] = []
    for storage in (board.memory.ram, board.memory.boot):
        for start in range(0, len(storage), _PAGE):
            page = bytes(storage[start : start + _PAGE])
            known = before[len(pages)] if before else _ZEROS
            pages.append(known if page == known else page)
    return tuple(pages)
