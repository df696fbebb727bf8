"""Boards that run a few lines of assembly."""

from disco.machine.board import Board, Reason, Stop
from disco.machine.image import Image, ImageSegment
from disco.machine.memory import BOOT_BASE
from disco.mips.assembler import DEFAULT_ORIGIN, assemble
from disco.mips.model import R10000, Model

START = DEFAULT_ORIGIN
LIMIT = 2000
BOOT_VECTOR = BOOT_BASE + 0x380
"""Physical address of the general exception vector with Status.BEV = 1."""


def image(source: str, model: Model = R10000, origin: int = START) -> Image:
    """Assemble a program; it starts at `_start` or at its first instruction."""
    program = assemble(source, model=model, origin=origin)
    segments = (ImageSegment(s.address, s.data, len(s.data)) for s in program.sections)
    return Image(program.entry, tuple(segments))


def board_with(source: str, model: Model = R10000) -> Board:
    """Make a board with a program loaded."""
    board = Board(model, 1 << 20)
    board.load(image(source, model))
    return board


def run(source: str, model: Model = R10000) -> tuple[Board, Stop]:
    """Run a program for at most LIMIT steps."""
    board = board_with(source, model)
    return board, board.run(LIMIT)


def reason(source: str, model: Model = R10000) -> Reason:
    """Run a program and tell why it stopped."""
    return run(source, model)[1].reason
