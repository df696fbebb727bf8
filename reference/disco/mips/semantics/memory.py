"""Loads, stores, linked accesses, prefetch and SYNC (MIPS IV manual, load and store)."""

from disco.bits import MASK32, MASK64, is_word, sext, sext32
from disco.mips.address import Access, translate
from disco.mips.availability import doubleword, mips4
from disco.mips.exceptions import Exceptions, MipsException
from disco.mips.instruction import Chapter, Kind
from disco.mips.model import Level
from disco.mips.processor import Processor
from disco.mips.references import (
    break_link,
    effective_address,
    is_little_endian,
    load,
    load_around,
    load_physical,
    store,
    store_around,
    store_physical,
)
from disco.mips.unpredictable import Unpredictable

chapter = Chapter("Loads and stores")


@chapter("rt, offset(base)", "100000 base rt offset", Level.I, Kind.LOAD)
def LB(cpu: Processor, base: int, rt: int, offset: int) -> None:
    """Load a byte, sign-extended."""
    cpu.gpr[rt] = sext(load(cpu, effective_address(cpu, base, offset), 1), 8)


@chapter("rt, offset(base)", "100100 base rt offset", Level.I, Kind.LOAD)
def LBU(cpu: Processor, base: int, rt: int, offset: int) -> None:
    """Load a byte, zero-extended."""
    cpu.gpr[rt] = load(cpu, effective_address(cpu, base, offset), 1)


@chapter("rt, offset(base)", "100001 base rt offset", Level.I, Kind.LOAD)
def LH(cpu: Processor, base: int, rt: int, offset: int) -> None:
    """Load a halfword, sign-extended. Exceptions: Address Error when not aligned."""
    cpu.gpr[rt] = sext(load(cpu, effective_address(cpu, base, offset), 2), 16)


@chapter("rt, offset(base)", "100101 base rt offset", Level.I, Kind.LOAD)
def LHU(cpu: Processor, base: int, rt: int, offset: int) -> None:
    """Load a halfword, zero-extended. Exceptions: Address Error when not aligned."""
    cpu.gpr[rt] = load(cpu, effective_address(cpu, base, offset), 2)


@chapter("rt, offset(base)", "100011 base rt offset", Level.I, Kind.LOAD)
def LW(cpu: Processor, base: int, rt: int, offset: int) -> None:
    """Load a word, sign-extended. Exceptions: Address Error when not aligned."""
    cpu.gpr[rt] = sext32(load(cpu, effective_address(cpu, base, offset), 4))


@chapter("rt, offset(base)", "100111 base rt offset", Level.III, Kind.LOAD, guard=doubleword)
def LWU(cpu: Processor, base: int, rt: int, offset: int) -> None:
    """Load a word, zero-extended. Exceptions: Address Error, Reserved Instruction."""
    cpu.gpr[rt] = load(cpu, effective_address(cpu, base, offset), 4)


@chapter("rt, offset(base)", "110111 base rt offset", Level.III, Kind.LOAD, guard=doubleword)
def LD(cpu: Processor, base: int, rt: int, offset: int) -> None:
    """Load a doubleword. Exceptions: Address Error, Reserved Instruction."""
    cpu.gpr[rt] = load(cpu, effective_address(cpu, base, offset), 8)


@chapter("rt, offset(base)", "101000 base rt offset", Level.I, Kind.STORE)
def SB(cpu: Processor, base: int, rt: int, offset: int) -> None:
    """Store the low byte of rt."""
    store(cpu, effective_address(cpu, base, offset), 1, cpu.gpr[rt])


@chapter("rt, offset(base)", "101001 base rt offset", Level.I, Kind.STORE)
def SH(cpu: Processor, base: int, rt: int, offset: int) -> None:
    """Store the low halfword of rt. Exceptions: Address Error when not aligned."""
    store(cpu, effective_address(cpu, base, offset), 2, cpu.gpr[rt])


@chapter("rt, offset(base)", "101011 base rt offset", Level.I, Kind.STORE)
def SW(cpu: Processor, base: int, rt: int, offset: int) -> None:
    """Store the low word of rt. Exceptions: Address Error when not aligned."""
    store(cpu, effective_address(cpu, base, offset), 4, cpu.gpr[rt])


@chapter("rt, offset(base)", "111111 base rt offset", Level.III, Kind.STORE, guard=doubleword)
def SD(cpu: Processor, base: int, rt: int, offset: int) -> None:
    """Store rt. Exceptions: Address Error, Reserved Instruction."""
    store(cpu, effective_address(cpu, base, offset), 8, cpu.gpr[rt])


def _bytes_before(cpu: Processor, vaddr: int, size: int) -> int:
    """Count the bytes more significant than the one at `vaddr` in the `size` bytes around it."""
    position = vaddr & (size - 1)
    if is_little_endian(cpu):
        return size - 1 - position
    return position


@chapter("rt, offset(base)", "100010 base rt offset", Level.I, Kind.LOAD)
def LWL(cpu: Processor, base: int, rt: int, offset: int) -> None:
    """Load word left: the bytes from the address down to the word's end, at the register's top."""
    vaddr = effective_address(cpu, base, offset)
    shift = 8 * _bytes_before(cpu, vaddr, 4)
    kept = (1 << shift) - 1
    cpu.gpr[rt] = sext32(load_around(cpu, vaddr, 4) << shift | cpu.gpr[rt] & kept)


@chapter("rt, offset(base)", "100110 base rt offset", Level.I, Kind.LOAD)
def LWR(cpu: Processor, base: int, rt: int, offset: int) -> None:
    """Load word right: the bytes from the word's start to the address, at the register's bottom.

    Bits 63:32 are a sign extension; when bit 31 is not loaded they may also stay as they were
    (Unpredictable.LWR_UPPER), which differs only when rt holds no sign-extended word.
    """
    vaddr = effective_address(cpu, base, offset)
    shift = 8 * (3 - _bytes_before(cpu, vaddr, 4))
    loaded = MASK32 >> shift
    old = cpu.gpr[rt]
    merged = load_around(cpu, vaddr, 4) >> shift | old & MASK32 & ~loaded
    if shift != 0 and not is_word(old):
        upper = cpu.inputs.unpredictable(Unpredictable.LWR_UPPER, sext32(merged))
        cpu.gpr[rt] = upper & ~MASK32 & MASK64 | merged
    else:
        cpu.gpr[rt] = sext32(merged)


@chapter("rt, offset(base)", "011010 base rt offset", Level.III, Kind.LOAD, guard=doubleword)
def LDL(cpu: Processor, base: int, rt: int, offset: int) -> None:
    """Load doubleword left: the bytes from the address to the doubleword's end, at the top."""
    vaddr = effective_address(cpu, base, offset)
    shift = 8 * _bytes_before(cpu, vaddr, 8)
    kept = (1 << shift) - 1
    cpu.gpr[rt] = load_around(cpu, vaddr, 8) << shift & MASK64 | cpu.gpr[rt] & kept


@chapter("rt, offset(base)", "011011 base rt offset", Level.III, Kind.LOAD, guard=doubleword)
def LDR(cpu: Processor, base: int, rt: int, offset: int) -> None:
    """Load doubleword right: the bytes from the start to the address, at the bottom."""
    vaddr = effective_address(cpu, base, offset)
    shift = 8 * (7 - _bytes_before(cpu, vaddr, 8))
    kept = MASK64 & ~(MASK64 >> shift)
    cpu.gpr[rt] = load_around(cpu, vaddr, 8) >> shift | cpu.gpr[rt] & kept


@chapter("rt, offset(base)", "101010 base rt offset", Level.I, Kind.STORE)
def SWL(cpu: Processor, base: int, rt: int, offset: int) -> None:
    """Store word left: the register's top bytes from the address to the word's end."""
    vaddr = effective_address(cpu, base, offset)
    shift = 8 * _bytes_before(cpu, vaddr, 4)
    store_around(cpu, vaddr, 4, (cpu.gpr[rt] & MASK32) >> shift, MASK32 >> shift)


@chapter("rt, offset(base)", "101110 base rt offset", Level.I, Kind.STORE)
def SWR(cpu: Processor, base: int, rt: int, offset: int) -> None:
    """Store word right: the register's bottom bytes from the word's start to the address."""
    vaddr = effective_address(cpu, base, offset)
    shift = 8 * (3 - _bytes_before(cpu, vaddr, 4))
    store_around(cpu, vaddr, 4, cpu.gpr[rt] << shift & MASK32, MASK32 << shift & MASK32)


@chapter("rt, offset(base)", "101100 base rt offset", Level.III, Kind.STORE, guard=doubleword)
def SDL(cpu: Processor, base: int, rt: int, offset: int) -> None:
    """Store doubleword left: the top bytes from the address to the doubleword's end."""
    vaddr = effective_address(cpu, base, offset)
    shift = 8 * _bytes_before(cpu, vaddr, 8)
    store_around(cpu, vaddr, 8, cpu.gpr[rt] >> shift, MASK64 >> shift)


@chapter("rt, offset(base)", "101101 base rt offset", Level.III, Kind.STORE, guard=doubleword)
def SDR(cpu: Processor, base: int, rt: int, offset: int) -> None:
    """Store doubleword right: the bottom bytes from the doubleword's start to the address."""
    vaddr = effective_address(cpu, base, offset)
    shift = 8 * (7 - _bytes_before(cpu, vaddr, 8))
    store_around(cpu, vaddr, 8, cpu.gpr[rt] << shift & MASK64, MASK64 << shift & MASK64)


def _load_linked(cpu: Processor, vaddr: int, size: int) -> int:
    """Load and set the link bit; LLAddr shows the physical address (R4000 4.2.7, R10000 14.15)."""
    if vaddr & (size - 1) != 0:
        raise MipsException(Exceptions.ADDRESS_ERROR_LOAD, vaddr)
    paddr, _ = translate(cpu, vaddr, Access.LOAD)
    value = load_physical(cpu, paddr, size)
    if cpu.model.ll_writes_lladdr:
        cpu.cp0.lladdr = (paddr >> 4) & MASK32
    cpu.link_address = paddr
    cpu.link = True
    return value


@chapter("rt, offset(base)", "110000 base rt offset", Level.II, Kind.LOAD)
def LL(cpu: Processor, base: int, rt: int, offset: int) -> None:
    """Load linked word, sign-extended. Exceptions: Address Error when not aligned."""
    cpu.gpr[rt] = sext32(_load_linked(cpu, effective_address(cpu, base, offset), 4))


@chapter("rt, offset(base)", "110100 base rt offset", Level.III, Kind.LOAD, guard=doubleword)
def LLD(cpu: Processor, base: int, rt: int, offset: int) -> None:
    """Load linked doubleword. Exceptions: Address Error, Reserved Instruction."""
    cpu.gpr[rt] = _load_linked(cpu, effective_address(cpu, base, offset), 8)


def _store_conditional(cpu: Processor, vaddr: int, size: int, value: int) -> int:
    """Store if the link still holds; give 1 when it did, else 0.

    The link may also be lost for reasons outside the processor: an input. Whether an SC to another
    address than the LL's stores is open; the inputs decide that too.
    """
    if vaddr & (size - 1) != 0:
        raise MipsException(Exceptions.ADDRESS_ERROR_STORE, vaddr)
    paddr, _ = translate(cpu, vaddr, Access.STORE)
    linked = cpu.link and cpu.inputs.store_conditional()
    if linked and paddr != cpu.link_address:
        linked = cpu.inputs.unpredictable(Unpredictable.SC_ADDRESS, 0) != 0
    if not linked:
        break_link(cpu)
        return 0
    store_physical(cpu, paddr, size, value)
    return 1


@chapter("rt, offset(base)", "111000 base rt offset", Level.II, Kind.STORE)
def SC(cpu: Processor, base: int, rt: int, offset: int) -> None:
    """Store conditional word; rt becomes 1 on success, else 0."""
    cpu.gpr[rt] = _store_conditional(cpu, effective_address(cpu, base, offset), 4, cpu.gpr[rt])


@chapter("rt, offset(base)", "111100 base rt offset", Level.III, Kind.STORE, guard=doubleword)
def SCD(cpu: Processor, base: int, rt: int, offset: int) -> None:
    """Store conditional doubleword; rt becomes 1 on success, else 0."""
    cpu.gpr[rt] = _store_conditional(cpu, effective_address(cpu, base, offset), 8, cpu.gpr[rt])


@chapter("hint, offset(base)", "110011 base hint offset", Level.IV, Kind.HINT, guard=mips4)
def PREF(cpu: Processor, base: int, hint: int, offset: int) -> None:
    """Prefetch: no architectural access, no address exception; breaks the link (R10000 1.8)."""
    break_link(cpu)


@chapter("", "000000 ..... ..... ..... ..... 001111", Level.II, Kind.HINT)
def SYNC(cpu: Processor) -> None:
    """Order memory references, which this reference keeps in order; breaks the link."""
    break_link(cpu)
