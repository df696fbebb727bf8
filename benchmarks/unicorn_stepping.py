"""How fast Unicorn's Python binding single-steps the same program, all registers read back."""

import time

import unicorn
from unicorn import mips_const

from benchmarks.native import load
from disco.machine.board import BoardInputs
from disco.machine.memory import CONSOLE_BASE
from disco.mips.step import step

CALLS = 20_000
_REGISTERS = [mips_const.UC_MIPS_REG_0 + number for number in range(32)]
_REGISTERS += [mips_const.UC_MIPS_REG_PC, mips_const.UC_MIPS_REG_HI, mips_const.UC_MIPS_REG_LO]
_FAR_AWAY = 0xFFFF_FFFF_8000_0FF0
"""Where Unicorn is told to stop. It must be readable; no program gets there."""
_LINE_STATUS = 5


def instructions_per_second(guest: str) -> float:
    """Step through the beginning of the program and hold the end against the reference.

    Raises RuntimeError if the two differ: then they did not do the same work.
    """
    board = load(guest)
    engine = unicorn.Uc(unicorn.UC_ARCH_MIPS, unicorn.UC_MODE_MIPS64 | unicorn.UC_MODE_BIG_ENDIAN)
    engine.mem_map(0, len(board.memory.ram))
    engine.mem_write(0, bytes(board.memory.ram))
    page = CONSOLE_BASE & ~0xFFF
    engine.mem_map(page, 0x1000)
    engine.mem_write(CONSOLE_BASE + _LINE_STATUS, bytes([board.console.read(_LINE_STATUS)]))
    pc = board.cpu.pc
    registers: list[int] = []
    start = time.perf_counter()
    for _ in range(CALLS):
        engine.emu_start(pc, _FAR_AWAY, count=1)
        registers = list(engine.reg_read_batch(_REGISTERS))  # type: ignore[attr-defined] # untyped
        pc = registers[32]
    seconds = time.perf_counter() - start

    # One call runs a branch together with its delay slot.
    cpu, inputs, instructions, calls = board.cpu, BoardInputs(), 0, 0
    while calls < CALLS or cpu.delay_slot:
        calls += not cpu.delay_slot
        step(cpu, inputs)
        instructions += 1
    if registers != [*(cpu.gpr[i] for i in range(32)), cpu.pc, cpu.hi, cpu.lo]:
        raise RuntimeError(f"{guest}: Unicorn and the reference differ after {calls} calls")
    return instructions / seconds
