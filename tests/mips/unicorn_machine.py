"""Running the same program on the reference and on Unicorn, and comparing what they leave.

Both stand in kernel mode with ERL = 1, as Unicorn starts: addresses below 2 GB are physical ones.
Every run has an engine of its own, since one that took an exception may repeat it. Of an exception
Unicorn tells the kind; EPC and Cause are out of its reach.
"""

import attrs
import unicorn
from unicorn import mips_const

from disco.mips.build import build_processor
from disco.mips.cp0 import STATUS_BEV, STATUS_CU1, STATUS_ERL
from disco.mips.delivery import jump_to
from disco.mips.exceptions import Exceptions, MipsException
from disco.mips.model import R4000, R10000, Model
from disco.mips.processor import Processor
from disco.mips.step import step
from disco.mips.unpredictable import Unpredictable
from tests.mips.machine import Ram, Recorded

ENGINES = {
    R4000.name: mips_const.UC_CPU_MIPS64_R4000,
    R10000.name: mips_const.UC_CPU_MIPS64_VR5432,
}
"""The Unicorn processor that each model is compared with: the VR5432 is its only MIPS IV one."""

RAM_SIZE = 0x4000
CODE_PHYSICAL = 0x2000
STATUS = STATUS_BEV | STATUS_ERL | STATUS_CU1
_FAR_AWAY = 0x7FFF_F000
"""Where Unicorn is told to stop; no program gets there."""

_CODES = {
    12: "address error on load or fetch",
    13: "address error on store",
    17: "system call",
    18: "breakpoint",
    20: "reserved instruction",
    21: "overflow",
    22: "trap",
    26: "TLB refill on load or fetch",
    27: "TLB refill on store",
}
"""Unicorn's numbers of the exceptions that these programs can meet."""
_KINDS = {
    Exceptions.ADDRESS_ERROR_FETCH: _CODES[12],
    Exceptions.ADDRESS_ERROR_LOAD: _CODES[12],
    Exceptions.ADDRESS_ERROR_STORE: _CODES[13],
    Exceptions.SYSTEM_CALL: _CODES[17],
    Exceptions.BREAKPOINT: _CODES[18],
    Exceptions.RESERVED_INSTRUCTION: _CODES[20],
    Exceptions.OVERFLOW: _CODES[21],
    Exceptions.TRAP: _CODES[22],
    Exceptions.TLB_REFILL_FETCH: _CODES[26],
    Exceptions.TLB_REFILL_LOAD: _CODES[26],
    Exceptions.TLB_REFILL_STORE: _CODES[27],
    Exceptions.BUS_ERROR_FETCH: "bus error",
    Exceptions.BUS_ERROR_DATA: "bus error",
}
_UNMAPPED = (
    unicorn.UC_ERR_READ_UNMAPPED,
    unicorn.UC_ERR_WRITE_UNMAPPED,
    unicorn.UC_ERR_FETCH_UNMAPPED,
)


@attrs.frozen(kw_only=True)
class Start:
    """A state to start from and the program to run."""

    model: Model
    words: tuple[int, ...]
    """The program; it stands at physical CODE_PHYSICAL."""
    pc: int
    """Its virtual address."""
    gpr: tuple[int, ...]
    hi: int
    lo: int
    pattern: bytes
    """16 bytes that fill the rest of RAM over and over."""
    count: int = 1
    """How many instructions to run; a branch together with its delay slot is one."""


@attrs.frozen(kw_only=True)
class End:
    """What a run leaves."""

    exception: str | None
    pc: int | None
    """None after an exception."""
    gpr: tuple[int, ...]
    hi: int
    lo: int
    memory: dict[int, int]
    """The bytes that the run changed, by physical address."""


def _image(start: Start) -> bytes:
    """Give RAM with the program in place."""
    code = b"".join(word.to_bytes(4, "big") for word in start.words)
    memory = bytearray(start.pattern * (RAM_SIZE // len(start.pattern)))
    memory[CODE_PHYSICAL : CODE_PHYSICAL + len(code)] = code
    return bytes(memory)


def _changes(before: bytes, after: bytes) -> dict[int, int]:
    if before == after:
        return {}
    return {place: new for place, new in enumerate(after) if before[place] != new}


def run_unicorn(start: Start) -> End:
    """Run `start` on Unicorn."""
    engine = unicorn.Uc(unicorn.UC_ARCH_MIPS, unicorn.UC_MODE_MIPS64 | unicorn.UC_MODE_BIG_ENDIAN)
    engine.ctl_set_cpu_model(ENGINES[start.model.name])
    engine.reg_write(mips_const.UC_MIPS_REG_CP0_STATUS, STATUS)
    engine.mem_map(0, RAM_SIZE)
    image = _image(start)
    engine.mem_write(0, image)
    for number, value in enumerate(start.gpr):
        engine.reg_write(mips_const.UC_MIPS_REG_0 + number, value)
    engine.reg_write(mips_const.UC_MIPS_REG_HI, start.hi)
    engine.reg_write(mips_const.UC_MIPS_REG_LO, start.lo)
    seen: list[str] = []

    def interrupt(engine: unicorn.Uc, number: int, _: object) -> None:
        seen.append(_CODES.get(number, f"Unicorn's exception {number}"))
        engine.emu_stop()

    engine.hook_add(unicorn.UC_HOOK_INTR, interrupt)
    try:
        engine.emu_start(start.pc, _FAR_AWAY, count=start.count)
    except unicorn.UcError as error:
        if error.errno in _UNMAPPED:
            seen.append("bus error")
        elif not seen:
            raise
    exception = seen[0] if seen else None
    return End(
        exception=exception,
        pc=None if exception else engine.reg_read(mips_const.UC_MIPS_REG_PC),
        gpr=tuple(engine.reg_read(mips_const.UC_MIPS_REG_0 + number) for number in range(32)),
        hi=engine.reg_read(mips_const.UC_MIPS_REG_HI),
        lo=engine.reg_read(mips_const.UC_MIPS_REG_LO),
        memory=_changes(image, bytes(engine.mem_read(0, RAM_SIZE))),
    )


def _run_one(cpu: Processor, inputs: Recorded) -> MipsException | None:
    """Step once, and over the delay slot too."""
    exception = step(cpu, inputs)
    if exception is None and cpu.delay_slot:
        exception = step(cpu, inputs)
    return exception


def run_reference(
    start: Start, look_at_target: bool = False
) -> tuple[End, frozenset[Unpredictable]]:
    """Run `start` on the reference; give also what it was left open.

    With `look_at_target` the instruction that follows is fetched and run as well: Unicorn looks at
    the target of a jump before it stops.
    """
    ram = Ram(RAM_SIZE)
    image = _image(start)
    ram.data[:] = image
    cpu = build_processor(start.model, ram)
    cpu.cp0.status = STATUS
    for number, value in enumerate(start.gpr):
        cpu.gpr[number] = value
    cpu.hi, cpu.lo = start.hi, start.lo
    jump_to(cpu, start.pc)
    inputs = Recorded()
    exception = None
    for _ in range(start.count):
        exception = exception or _run_one(cpu, inputs)
    if exception is None and look_at_target:
        exception = step(cpu, inputs)
    end = End(
        exception=_KINDS[exception.kind] if exception else None,
        pc=None if exception else cpu.pc,
        gpr=tuple(cpu.gpr[number] for number in range(32)),
        hi=cpu.hi,
        lo=cpu.lo,
        memory=_changes(image, bytes(ram.data)),
    )
    return end, frozenset(inputs.asked)
