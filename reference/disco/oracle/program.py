"""What the commands that run a program have in common: its options, its board, its errors."""

import re
from collections.abc import Callable
from pathlib import Path

import click

from disco.machine.board import Board
from disco.machine.image import Image, ImageError
from disco.machine.memory import DEFAULT_RAM
from disco.mips.model import MODELS, R10000
from disco.oracle.elf import read_elf

_SIZE = re.compile(r"(0|[1-9][0-9]{0,19}|0[xX][0-9a-fA-F]{1,16})([KMG]?)")
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


class InputError(click.ClickException):
    """Ends the command because something it was given cannot be used."""

    exit_code = 2


class OutputError(click.ClickException):
    """Ends the command because its output cannot be written."""

    exit_code = 1


class Size(click.ParamType[int]):
    """A number of bytes, with K, M or G for powers of 1024."""

    name = "size"

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Read the size."""
        if isinstance(value, int):
            return value
        match = _SIZE.fullmatch(value)
        if match is None:
            self.fail(f"{value!r} is no size: write bytes, or 512K, 16M", param, ctx)
        return int(match[1], 0) * _UNITS[match[2]]


program_argument = click.argument(
    "program", type=click.Path(path_type=Path), metavar="PROGRAM"
)  # fmt: skip
model_option = click.option(
    "--model", type=click.Choice(list(MODELS)), default=R10000.name, show_default=True,
    help="The processor.",
)  # fmt: skip
memory_option = click.option(
    "--memory", type=Size(), default=DEFAULT_RAM, show_default="16M",
    help="Size of the RAM, from physical address 0: bytes, or as 512K or 16M.",
)  # fmt: skip


def read_program(program: Path) -> Image:
    """Read the ELF file `program`. Raises InputError."""
    try:
        return read_elf(program.read_bytes())
    except OSError as error:
        raise InputError(f"{program}: {error.strerror}") from None
    except ImageError as error:
        raise InputError(f"{program}: {error}") from None


def load_program(program: Path, board: Board, image: Image) -> None:
    """Load onto `board` what `program` was read as. Raises InputError."""
    try:
        board.load(image)
    except ImageError as error:
        raise InputError(f"{program}: {error}") from None


def make_board(model: str, memory: int, send: Callable[[int], None]) -> Board:
    """Make the board that the options ask for; its console sends to `send`. Raises InputError."""
    try:
        return Board(MODELS[model], memory, send)
    except ValueError as error:
        raise InputError(f"--memory: {error}") from None
