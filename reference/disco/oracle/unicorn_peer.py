"""The Unicorn engine as a peer, as far as it goes: until an exception, which it does not take.

It runs a branch together with its delay slot, and of CP0 it shows Status only.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from disco.machine.board import Board
from disco.machine.memory import BOOT_BASE
from disco.mips.model import R4000, R10000
from disco.oracle.lockstep import Observation, PeerError

_FAR_AWAY = 0x7FFF_F000
"""Where Unicorn is told to stop; no program gets there."""


@contextmanager
def unicorn_engine(loaded: Board) -> Iterator[Iterator[Observation]]:
    """Give the states of Unicorn with the memory and registers of what is `loaded`.

    Raises PeerError when Unicorn is not installed, and at the first exception.
    """
    try:
        yield _states(loaded)
    except ImportError:
        raise PeerError("Unicorn is not installed; install it with: pip install unicorn") from None


def _states(loaded: Board) -> Iterator[Observation]:
    import unicorn
    from unicorn import mips_const as names

    cpus = {
        R4000.name: names.UC_CPU_MIPS64_R4000,
        R10000.name: names.UC_CPU_MIPS64_VR5432,
    }
    engine = unicorn.Uc(unicorn.UC_ARCH_MIPS, unicorn.UC_MODE_MIPS64 | unicorn.UC_MODE_BIG_ENDIAN)
    engine.ctl_set_cpu_model(cpus[loaded.model.name])
    for start, memory in ((0, loaded.memory.ram), (BOOT_BASE, loaded.memory.boot)):
        engine.mem_map(start, len(memory))
        engine.mem_write(start, bytes(memory))
    engine.reg_write(names.UC_MIPS_REG_CP0_STATUS, loaded.cpu.cp0.status)
    engine.reg_write(names.UC_MIPS_REG_PC, loaded.cpu.pc)
    stopped = list[int]()

    def stop(engine: unicorn.Uc, number: int, _: object) -> None:
        stopped.append(number)
        engine.emu_stop()

    engine.hook_add(unicorn.UC_HOOK_INTR, stop)
    while True:
        pc = engine.reg_read(names.UC_MIPS_REG_PC)
        yield Observation(
            pc=pc,
            gpr=[engine.reg_read(names.UC_MIPS_REG_0 + number) for number in range(32)],
            hi=engine.reg_read(names.UC_MIPS_REG_HI),
            lo=engine.reg_read(names.UC_MIPS_REG_LO),
            status=engine.reg_read(names.UC_MIPS_REG_CP0_STATUS),
        )
        try:
            engine.emu_start(pc, _FAR_AWAY, count=1)
        except unicorn.UcError as error:
            raise PeerError(f"Unicorn stops at {pc:#x}: {error}") from None
        if stopped:
            raise PeerError(f"Unicorn stops at {pc:#x}, at its exception {stopped[0]}")
