"""The command `disco serve`: oracles over standard input and output."""

import os
import sys
from collections.abc import Iterator
from typing import BinaryIO

import click

from disco.oracle.program import InputError, OutputError
from disco.oracle.serve import LONGEST_REQUEST, Server


@click.command("serve")
def serve_command() -> None:
    """Answer requests on standard input, each a line of JSON, until it ends.

    A request makes a processor from a state, lets it take one step with inputs of your choice, or
    reads its state. Each is answered at once, by a line of JSON on standard output; what is no
    request is answered by an error, and nothing has changed.

    \b
    Exit status:
      0    standard input has ended
      1    standard output could not be written
      2    an option or standard input cannot be used
      130  interrupted (Ctrl-C)
    """
    server = Server()
    try:
        with open(0, "rb", closefd=False) as stream:
            for line in _lines(stream):
                _write(server.answer(line))
    except OSError as error:
        raise InputError(f"standard input: {error.strerror}") from None


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Give each line; of one that is too long, just enough to tell."""
    while line := stream.readline(LONGEST_REQUEST + 1):
        rest = line
        while len(rest) > LONGEST_REQUEST and not rest.endswith(b"\n"):
            rest = stream.readline(LONGEST_REQUEST + 1)
        yield line


def _write(answer: str) -> None:
    try:
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()
    except OSError as error:
        # What is still buffered has nowhere to go; Python would try, and complain, once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise OutputError(f"standard output: {error.strerror}") from None
