"""Fetches, loads and stores: alignment, translation, watch, link and byte order.

Sources: R10000 User's Manual 1.8, 14.16, 16; MIPS IV manual A.4 (load and store functions).
"""

from disco.bits import MASK64, sext16
from disco.mips.address import FETCH, LOAD, STORE, translate
from disco.mips.cp0 import (
    STATUS_RE,
    USER,
    WATCH_READ,
    WATCH_WRITE,
    mode,
)
from disco.mips.exceptions import Exceptions, MipsException
from disco.mips.processor import BusError, Processor


def effective_address(cpu: Processor, base: int, offset: int) -> int:
    """Add the sign-extended 16-bit `offset` to register `base`."""
    return (cpu.gpr[base] + sext16(offset)) & MASK64


def fetch(cpu: Processor) -> int:
    """Fetch the instruction word at `cpu.pc`."""
    pc = cpu.pc
    if pc & 3 != 0:
        raise MipsException(Exceptions.ADDRESS_ERROR_FETCH, pc)
    paddr, _ = translate(cpu, pc, FETCH)
    try:
        return cpu.memory.read(paddr, 4)
    except BusError:
        raise MipsException(Exceptions.BUS_ERROR_FETCH) from None


def load(cpu: Processor, vaddr: int, size: int) -> int:
    """Load `size` bytes, naturally aligned, as an unsigned number."""
    if vaddr & (size - 1) != 0:
        raise MipsException(Exceptions.ADDRESS_ERROR_LOAD, vaddr)
    paddr, _ = translate(cpu, vaddr, LOAD)
    return load_physical(cpu, paddr, size)


def load_physical(cpu: Processor, paddr: int, size: int) -> int:
    """Load from an aligned physical address, past translation."""
    watch(cpu, paddr, WATCH_READ)
    break_link(cpu)
    try:
        return cpu.memory.read(paddr ^ address_swap(cpu, size), size)
    except BusError:
        raise MipsException(Exceptions.BUS_ERROR_DATA) from None


def store(cpu: Processor, vaddr: int, size: int, value: int) -> None:
    """Store the low `size` bytes of `value`, naturally aligned."""
    if vaddr & (size - 1) != 0:
        raise MipsException(Exceptions.ADDRESS_ERROR_STORE, vaddr)
    paddr, _ = translate(cpu, vaddr, STORE)
    store_physical(cpu, paddr, size, value)


def store_physical(cpu: Processor, paddr: int, size: int, value: int) -> None:
    """Store to an aligned physical address, past translation."""
    watch(cpu, paddr, WATCH_WRITE)
    break_link(cpu)
    try:
        cpu.memory.write(paddr ^ address_swap(cpu, size), size, value & ((1 << 8 * size) - 1))
    except BusError:
        raise MipsException(Exceptions.BUS_ERROR_DATA) from None


def load_around(cpu: Processor, vaddr: int, size: int) -> int:
    """Load the aligned word or doubleword around any address, for LWL, LWR, LDL and LDR."""
    paddr, _ = translate(cpu, vaddr, LOAD)
    return load_physical(cpu, paddr & ~(size - 1), size)


def store_around(cpu: Processor, vaddr: int, size: int, value: int, mask: int) -> None:
    """Store those bytes of the aligned word or doubleword around `vaddr` that `mask` selects."""
    paddr, _ = translate(cpu, vaddr, STORE)
    watch(cpu, paddr, WATCH_WRITE)
    break_link(cpu)
    aligned = (paddr & ~(size - 1)) ^ address_swap(cpu, size)
    try:
        cpu.memory.write_masked(aligned, size, value, mask)
    except BusError:
        raise MipsException(Exceptions.BUS_ERROR_DATA) from None


def watch(cpu: Processor, paddr: int, kind: int) -> None:
    """Raise or postpone a watch exception for a data reference to `paddr` (R10000 14.16).

    `kind` is WATCH_READ or WATCH_WRITE. Under EXL (R10000: or ERL) the reference goes on and the
    exception waits.
    """
    cp0 = cpu.cp0
    if cp0.watch_lo & kind == 0:
        return
    if (paddr ^ (cp0.watch_hi << 32 | cp0.watch_lo)) & ~7 != 0:
        return
    if cp0.status & cpu.model.watch_postponed_by != 0:
        cpu.watch_pending = True
    else:
        raise MipsException(Exceptions.WATCH)


def break_link(cpu: Processor) -> None:
    """Break the link between an LL and its SC where the model says so (R10000 1.8)."""
    if cpu.model.link_is_fragile:
        cpu.link = False


def is_little_endian(cpu: Processor) -> bool:
    """Tell whether Status.RE reverses the byte order now: it does in user mode (14.10)."""
    status = cpu.cp0.status
    return status & STATUS_RE != 0 and mode(status) is USER


def address_swap(cpu: Processor, size: int) -> int:
    """Give what reversed byte order flips in the address of an aligned `size`-byte reference.

    A big-endian memory holds the same doublewords for both orders; the smaller units within a
    doubleword trade places (MIPS IV A.4, ReverseEndian).
    """
    return 8 - size if is_little_endian(cpu) else 0
