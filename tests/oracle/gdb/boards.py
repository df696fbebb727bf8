"""Boards with small programs, as a debugger finds them."""

from collections.abc import Callable

import attrs

from disco.machine.board import Board
from disco.mips.assembler import assemble
from disco.mips.model import R10000, Model
from disco.oracle.elf import read_elf
from disco.oracle.elf_writer import write_elf
from disco.oracle.gdb.debuggee import Debuggee
from disco.oracle.gdb.registers import registers
from disco.oracle.state import describe

START = 0xFFFF_FFFF_8000_1000
DATA = 0xFFFF_FFFF_8000_2000
MEMORY = 1 << 16

COUNTER = f"""
        la    $t0, {DATA:#x}
        la    $t2, 0xffffffffbfd003f8
    1:  lw    $t1, 0($t0)
        addiu $t1, $t1, 1
        sw    $t1, 0($t0)
        tlbwr
        mfc0  $t3, $1
        b     1b
        sb    $t1, 0($t2)
"""
"""Counts in memory for ever; each round sends a byte, writes the TLB and reads Random."""
LOOP = START + 16
"""The address of `lw`."""
STORE = LOOP + 8
ROUND = 7
"""Steps of a round."""
BEFORE = 4
"""Steps before the first round."""


def make_board(
    source: str, model: Model = R10000, send: Callable[[int], None] | None = None
) -> Board:
    board = Board(model, MEMORY, send)
    board.load(read_elf(write_elf(assemble(source, model=model), model)))
    return board


def debug(source: str, model: Model = R10000) -> Debuggee:
    return Debuggee(make_board(source, model))


def number_of(name: str, model: Model = R10000) -> int:
    """Give the number of the register that the debugger calls `name`."""
    return [register.name for register in registers(model)].index(name)


def observe(debuggee: Debuggee) -> tuple[object, ...]:
    """Give everything that a board will go by."""
    board = debuggee.board
    return (
        debuggee.position, describe(board.cpu), attrs.asdict(board.inputs), board.console.save(),
        bytes(board.memory.ram), bytes(board.memory.boot),
    )  # fmt: skip
