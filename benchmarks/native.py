"""How fast the reference runs a guest program, and where the time goes."""

import cProfile
import pstats
import time
from pathlib import Path

from disco.machine.board import Board
from disco.mips.model import MODELS
from disco.oracle.elf import read_elf

GUESTS = Path(__file__).parent.parent / "tests" / "guests" / "bin"
REFERENCE = Path(__file__).parent.parent / "reference" / "disco"
MODEL = MODELS["R4000"]
"""Unicorn has the same processor."""
PROFILED = 100_000


def load(guest: str) -> Board:
    """Make a board with the program loaded."""
    board = Board(MODEL)
    board.load(read_elf((GUESTS / guest).read_bytes()))
    return board


def instructions_per_second(guest: str) -> float:
    """Run the program to its end."""
    board = load(guest)
    start = time.perf_counter()
    stop = board.run()
    return stop.instructions / (time.perf_counter() - start)


def profile(guest: str) -> list[tuple[str, float]]:
    """Give the parts of the reference with their shares of the time, largest first."""
    board = load(guest)
    profiler = cProfile.Profile()
    profiler.runcall(board.run, PROFILED)
    parts: dict[str, float] = {}
    for (file, _, _), row in pstats.Stats(profiler).stats.items():  # type: ignore[attr-defined] # typeshed lacks it
        path = Path(file)
        name = str(path.relative_to(REFERENCE)) if path.is_relative_to(REFERENCE) else "Python"
        parts[name] = parts.get(name, 0.0) + row[2]
    total = sum(parts.values())
    return sorted(
        ((name, spent / total) for name, spent in parts.items()), key=lambda part: -part[1]
    )
