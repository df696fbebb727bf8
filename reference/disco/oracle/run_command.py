"""The command `disco run`: a program on the bare board."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import BinaryIO, TextIO

import click

from disco.machine.board import Board, Reason, Stop
from disco.oracle.dump import dump
from disco.oracle.program import (
    InputError,
    OutputError,
    load_program,
    make_board,
    memory_option,
    model_option,
    program_argument,
    read_program,
)
from disco.oracle.trace import Recorder, end, header
from disco.oracle.trace_file import open_written

STATUS = {
    Reason.ENDED: 0,
    Reason.LIMIT: 3,
    Reason.UNDELIVERABLE: 4,
    Reason.INTERRUPTED: 130,
}
"""The exit status for each way in which a run can stop."""


@click.command("run")
@program_argument
@model_option
@memory_option
@click.option(
    "--max-instructions", type=click.IntRange(min=0), metavar="N",
    help="Stop after N instructions, exceptions taken included.",
)  # fmt: skip
@click.option(
    "--trace", "trace_file", type=click.Path(path_type=Path), metavar="FILE",
    help="Write a line of JSON for each instruction to FILE; compressed if it ends in .gz or .zst.",
)  # fmt: skip
@click.option(
    "--dump", "dump_file", type=click.Path(path_type=Path), metavar="FILE",
    help="Write the final state to FILE as JSON.",
)  # fmt: skip
def run_command(
    program: Path,
    model: str,
    memory: int,
    max_instructions: int | None,
    trace_file: Path | None,
    dump_file: Path | None,
) -> None:
    """Run PROGRAM, a big-endian MIPS ELF executable, on the bare board.

    Standard output carries the console's bytes and nothing else. One line on standard error says
    how the run ended.

    \b
    Exit status:
      0    the program ended in a branch to itself that no enabled interrupt can leave
      1    standard output, the trace or the dump could not be written
      2    an option, the program or a file cannot be used
      3    --max-instructions is reached
      4    an exception has no handler
      130  interrupted (Ctrl-C)
    """
    if trace_file is not None and trace_file == dump_file:
        raise click.UsageError("--trace and --dump need different files")
    board = make_board(model, memory, _sender())
    load_program(program, board, read_program(program))
    with _written("--dump", dump_file) as dump_stream, _written("--trace", trace_file) as trace:
        with _interruptible(board):
            stop = _run(board, program, max_instructions, trace)
        if dump_stream is not None:
            dump_stream.write(dump(board, stop))
    click.echo(f"disco: {_describe(stop)}", err=True)
    raise SystemExit(STATUS[stop.reason])


def _run(board: Board, program: Path, max_instructions: int | None, trace: TextIO | None) -> Stop:
    if trace is None:
        return board.run(max_instructions)
    trace.write(header(board, program.read_bytes()).to_json() + "\n")
    recorder = Recorder(board, lambda line: trace.write(line.to_json() + "\n"))
    stop = board.run(max_instructions, recorder.step)
    trace.write(end(stop).to_json() + "\n")
    return stop


def _describe(stop: Stop) -> str:
    what = stop.detail or stop.reason.value
    return f"{what}; pc {stop.pc:#x} after {stop.instructions} instructions"


def _sender() -> Callable[[int], None]:
    """Make the function that puts a byte on standard output, at once and unbuffered."""
    stream = sys.stdout.buffer
    raw: BinaryIO = getattr(stream, "raw", stream)

    def send(byte: int) -> None:
        try:
            raw.write(bytes((byte,)))
        except OSError as error:
            raise OutputError(f"standard output: {error.strerror}") from None

    return send


@contextmanager
def _written(option: str, file: Path | None) -> Iterator[TextIO | None]:
    """Open the file of an option for writing; without a file give None."""
    if file is None:
        yield None
        return
    try:
        stream = open_written(file)
    except OSError as error:
        raise InputError(f"{option} {file}: {error.strerror}") from None
    try:
        with stream:
            yield stream
    except OSError as error:
        raise OutputError(f"{option} {file}: {error.strerror}") from None


@contextmanager
def _interruptible(board: Board) -> Iterator[None]:
    """Let the first Ctrl-C stop the board between two instructions, a second one everything."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        board.interrupt()

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
