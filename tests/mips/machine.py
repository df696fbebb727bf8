"""What the tests of the processor share: a memory, recorded inputs, and a processor with code."""

import attrs

from disco.mips.build import build_processor
from disco.mips.cp0 import STATUS_CU1, STATUS_FR, STATUS_KX
from disco.mips.delivery import jump_to
from disco.mips.exceptions import MipsException
from disco.mips.inputs import Inputs
from disco.mips.model import R10000, Model
from disco.mips.processor import BusError, Processor
from disco.mips.step import step
from disco.mips.table import BY_NAME
from disco.mips.tlb import TlbEntry
from disco.mips.unpredictable import Unpredictable

CODE = 0xFFFF_FFFF_8000_1000
"""Where programs stand unless told otherwise: KSEG0, physical CODE_PHYSICAL."""
CODE_PHYSICAL = 0x1000
DATA = 0xFFFF_FFFF_8000_2000
"""A page for data: KSEG0, physical DATA_PHYSICAL."""
DATA_PHYSICAL = 0x2000
RAM_SIZE = 0x8000
KERNEL = STATUS_KX | STATUS_CU1 | STATUS_FR
"""A Status for tests: kernel mode, 64-bit addresses, all of the floating-point registers."""
USER_KSU, SUPERVISOR_KSU = 0x10, 0x08
NOP = 0


class Ram:
    """Big-endian memory from physical 0 up; nothing answers beyond its end."""

    def __init__(self, size: int = RAM_SIZE) -> None:
        self.data = bytearray(size)

    def _check(self, paddr: int, size: int) -> None:
        assert paddr % size == 0, f"the processor made an unaligned reference to {paddr:#x}"
        if paddr + size > len(self.data):
            raise BusError

    def read(self, paddr: int, size: int, /) -> int:
        self._check(paddr, size)
        return int.from_bytes(self.data[paddr : paddr + size], "big")

    def write(self, paddr: int, size: int, value: int, /) -> None:
        self._check(paddr, size)
        self.data[paddr : paddr + size] = value.to_bytes(size, "big")

    def write_masked(self, paddr: int, size: int, value: int, mask: int, /) -> None:
        self._check(paddr, size)
        for place in range(size):
            shift = 8 * (size - 1 - place)
            chosen = (mask >> shift) & 0xFF
            assert chosen in (0, 0xFF), "masks select whole bytes"
            if chosen:
                self.data[paddr + place] = (value >> shift) & 0xFF


@attrs.define
class Recorded(Inputs):
    """Inputs that answer as they are told and remember what they were asked."""

    answers: dict[Unpredictable, int] = attrs.field(factory=dict)
    asked: list[Unpredictable] = attrs.field(factory=list)
    random_value: int | None = None
    conditional: bool = True
    cache_err: int = 0
    tag: tuple[int, int, int] = (0, 0, 0)

    def random(self, wired: int, last: int) -> int:
        return last if self.random_value is None else self.random_value

    def store_conditional(self) -> bool:
        return self.conditional

    def unpredictable(self, what: Unpredictable, default: int) -> int:
        self.asked.append(what)
        return self.answers.get(what, default)

    def cache_error(self) -> int:
        return self.cache_err

    def cache_tag(self, operation: int, paddr: int) -> tuple[int, int, int]:
        return self.tag


def encode(name: str, **fields: int) -> int:
    """Make the word of an instruction from its fields by name; those not given are zero."""
    row = BY_NAME[name]
    unknown = fields.keys() - {field.name for field in row.fields}
    assert not unknown, f"{name} has no field {unknown}"
    return row.encode(*(fields.get(field.name, 0) for field in row.fields))


def machine(*words: int, model: Model = R10000, status: int = KERNEL, at: int = CODE) -> Processor:
    """Build a processor that is about to execute `words` at `at`, which stands at CODE_PHYSICAL."""
    cpu = build_processor(model, Ram())
    cpu.cp0.status = status
    jump_to(cpu, at)
    for number, word in enumerate(words):
        cpu.memory.write(CODE_PHYSICAL + 4 * number, 4, word)
    return cpu


def run(cpu: Processor, steps: int = 1, inputs: Inputs | None = None) -> None:
    """Run instructions that complete."""
    for _ in range(steps):
        exception = step(cpu, Inputs() if inputs is None else inputs)
        assert exception is None, exception.kind.name


def fault(cpu: Processor, inputs: Inputs | None = None) -> MipsException:
    """Step once into an exception, and give it."""
    exception = step(cpu, Inputs() if inputs is None else inputs)
    assert exception is not None, "the instruction completed"
    return exception


def exc_code(cpu: Processor) -> int:
    """Give Cause.ExcCode."""
    return (cpu.cp0.cause >> 2) & 0x1F


def map_page(
    cpu: Processor,
    vaddr: int,
    frame: int,
    *,
    index: int = 0,
    asid: int = 0,
    glob: bool = True,
    mask: int = 0,
    flags: int = 0x1E,
) -> None:
    """Enter a pair of pages into the TLB whose even page contains `vaddr`.

    `frame` is the even page's physical address, the odd page follows it; `flags` is EntryLo 5:0
    with the default C = 3, D, V.
    """
    size = (mask >> 13 << 12) + 0x1000
    region_and_pair = vaddr & (0xC000_0000_0000_0000 | (cpu.model.va_mask & ~0x1FFF))
    cpu.tlb[index] = TlbEntry(
        present=True,
        mask=mask,
        vpn2=region_and_pair,
        asid=asid,
        glob=glob,
        lo0=frame >> 12 << 6 | flags,
        lo1=(frame + size) >> 12 << 6 | flags,
    )


def user_machine(
    *words: int, model: Model = R10000, status: int = USER_KSU, at: int = 0x1000
) -> Processor:
    """Build a processor in user (or supervisor) mode with its low 32 KB mapped one to one.

    `words` stand at CODE_PHYSICAL, virtual 0x1000; data may go to 0x2000 and above.
    """
    cpu = machine(*words, model=model, status=status, at=at)
    for index, page in enumerate(range(0, RAM_SIZE, 0x2000)):
        map_page(cpu, page, page, index=index)
    return cpu
