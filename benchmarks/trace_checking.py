"""How fast traces are written, read and checked."""

import io
import time
from collections.abc import Iterator

from benchmarks.native import load
from disco.oracle.replay import Replay
from disco.oracle.trace import Recorder, end, header
from disco.oracle.trace_file import TraceReader
from disco.oracle.trace_line import TraceLine

STEPS = 50_000


def lines_per_second(guest: str) -> Iterator[tuple[str, float]]:
    """Give what is done with a trace of the program, and how many lines of it in a second.

    Raises RuntimeError if the reference does not agree with its own trace.
    """
    board, trace = load(guest), io.BytesIO()

    def write(line: TraceLine) -> None:
        trace.write(f"{line.to_json()}\n".encode())

    trace.write(f"{header(board).to_json()}\n".encode())
    start = time.perf_counter()
    stop = board.run(STEPS, Recorder(board, write).step)
    yield "written", STEPS / (time.perf_counter() - start)
    trace.write(end(stop).to_json().encode())

    trace.seek(0)
    start = time.perf_counter()
    count = sum(1 for _ in TraceReader(trace))
    yield "read, validated", count / (time.perf_counter() - start)

    trace.seek(0)
    start = time.perf_counter()
    replay = Replay(TraceReader(trace), load(guest))
    if replay.run() is not None:
        raise RuntimeError(f"{guest}: the reference disagrees with its own trace")
    yield "checked", replay.steps / (time.perf_counter() - start)
