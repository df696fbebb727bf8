"""The command `disco gdbserver`: a program on the bare board, under a debugger."""

import os
import socket
import sys
from pathlib import Path

import click

from disco.oracle.gdb.debuggee import Debuggee
from disco.oracle.gdb.server import serve
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


@click.command("gdbserver")
@program_argument
@model_option
@memory_option
@click.option(
    "--port", type=click.IntRange(0, 0xFFFF), default=1234, show_default=True, metavar="N",
    help="TCP port to wait at; 0 for any free one.",
)  # fmt: skip
@click.option(
    "--host", default="127.0.0.1", show_default=True, metavar="ADDRESS",
    help="Address to wait at. Whoever reaches it controls the simulated machine.",
)  # fmt: skip
def gdbserver_command(program: Path, model: str, memory: int, port: int, host: str) -> None:
    """Wait for GDB and let it debug PROGRAM on the bare board.

    One line on standard error says where to connect; `target remote HOST:PORT` in gdb-multiarch
    does. Standard output carries the console's bytes and nothing else. The program stands before
    its first instruction. The command ends when the debugger detaches, kills the program or goes.

    \b
    Exit status:
      0    the debugger has left
      1    standard output could not be written
      2    an option, the program or the port cannot be used
      130  interrupted (Ctrl-C)
    """
    image = read_program(program)
    console = _Console()
    board = make_board(model, memory, console.send)
    load_program(program, board, image)
    with _listen(host, port) as listener:
        place, number = listener.getsockname()[:2]
        click.echo(f"disco: waiting for a debugger at {place}:{number}", err=True)
        stream, _ = listener.accept()
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with stream:
        console.debuggee = Debuggee(board)
        serve(stream, console.debuggee, image.address_bits)
    click.echo(f"disco: the debugger has left; pc {board.cpu.pc:#x}", err=True)


class _Console:
    """Where the board's console sends its bytes: standard output, except while replaying."""

    def __init__(self) -> None:
        self.debuggee: Debuggee | None = None

    def send(self, byte: int) -> None:
        if self.debuggee is not None and self.debuggee.replaying:
            return
        try:
            sys.stdout.buffer.write(bytes((byte,)))
            sys.stdout.buffer.flush()
        except OSError as error:
            raise OutputError(f"standard output: {error.strerror}") from None


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=1)
    except (OSError, UnicodeError) as error:
        raise InputError(f"cannot wait at {host}:{port}: {_reason(error)}") from None


def _reason(error: OSError | UnicodeError) -> str:
    if isinstance(error, OSError) and error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    return "no such address"
