"""Taking an exception: the processor's entry into a handler, and ERET's way back.

Sources: R10000 User's Manual 17.2 to 17.4, R4000 User's Manual chapter 5.
"""

from disco.bits import MASK64, field
from disco.mips.address import find_segment
from disco.mips.cp0 import (
    CAUSE_BD,
    CAUSE_CE,
    CAUSE_EXC_CODE,
    STATUS_BEV,
    STATUS_ERL,
    STATUS_EXL,
    STATUS_KX,
    STATUS_NMI,
    STATUS_SR,
    STATUS_SX,
    STATUS_TS,
    STATUS_UX,
    Mode,
    mode,
    reset_registers,
)
from disco.mips.exceptions import Exceptions, MipsException, Vector
from disco.mips.model import Model
from disco.mips.processor import Processor
from disco.mips.timer import update_ip7
from disco.mips.unpredictable import Unpredictable

RESET_VECTOR = 0xFFFF_FFFF_BFC0_0000
_BASE = 0xFFFF_FFFF_8000_0000
_BASE_UNCACHED = 0xFFFF_FFFF_A000_0000
_BASE_BEV = 0xFFFF_FFFF_BFC0_0200
_CONTEXT_PAGE = 0x7F_FFF0
"""The BadVPN2 field of Context, below PTEBase."""


def jump_to(cpu: Processor, address: int) -> None:
    """Continue at `address`, outside any delay slot."""
    cpu.pc = address
    cpu.next_pc = (address + 4) & MASK64
    cpu.delay_slot = False


def deliver(cpu: Processor, exception: MipsException) -> None:
    """Take `exception` at the instruction at `cpu.pc`: registers, mode and vector."""
    if cpu.model.link_is_fragile:
        cpu.link = False
    if exception.kind.uses_error_epc:
        _deliver_error(cpu, exception)
    else:
        _deliver_general(cpu, exception)


def _return_address(cpu: Processor) -> int:
    """Give where to resume: the branch, when the instruction stands in its delay slot."""
    if cpu.delay_slot:
        return (cpu.pc - 4) & MASK64
    return cpu.pc


def _deliver_general(cpu: Processor, exception: MipsException) -> None:
    kind, cp0 = exception.kind, cpu.cp0
    assert kind.code is not None, f"{kind.name} does not write Cause"
    base = _BASE_BEV if cp0.status & STATUS_BEV != 0 else _BASE
    offset = 0x180
    if kind.vector is Vector.REFILL and cp0.status & STATUS_EXL == 0:
        offset = 0x080 if refill_is_64_bit(cpu, exception.bad_vaddr) else 0x000
    if kind.bad_vaddr:
        cp0.bad_vaddr = exception.bad_vaddr
    if kind.tlb_registers:
        _show_page(cpu, exception.bad_vaddr)
    if kind.context_undefined:
        _undefine_page(cpu)
    cause = cp0.cause & ~(CAUSE_EXC_CODE | CAUSE_CE) | kind.code << 2 | exception.coprocessor << 28
    if cp0.status & STATUS_EXL == 0:
        cp0.epc = _return_address(cpu)
        cause = cause | CAUSE_BD if cpu.delay_slot else cause & ~CAUSE_BD
    cp0.cause = cause
    cp0.status |= STATUS_EXL
    jump_to(cpu, base + offset)


def refill_is_64_bit(cpu: Processor, vaddr: int) -> bool:
    """Tell whether a refill for `vaddr` goes to the XTLB vector.

    On the R10000 the space of the address decides (17.3), on the R4000 the current mode (4.2).
    """
    status = cpu.cp0.status
    if cpu.model.refill_by_address:
        segment = find_segment(cpu.model, status, vaddr)
        assert segment is not None, "a refill has a segment: others are address errors"
        return status & segment.space.value != 0
    current = mode(status)
    if current is Mode.USER:
        return status & STATUS_UX != 0
    if current is Mode.SUPERVISOR:
        return status & STATUS_SX != 0
    return status & STATUS_KX != 0


def _show_page(cpu: Processor, vaddr: int) -> None:
    """Load Context, XContext and EntryHi with the failing page (R10000 14.4, 14.9, 14.17)."""
    top = cpu.model.va_bits - 1
    page, region, cp0 = field(vaddr, top, 13), vaddr >> 62, cpu.cp0
    cp0.context = cp0.context & ~_CONTEXT_PAGE | field(vaddr, 31, 13) << 4
    cp0.xcontext = (
        cp0.xcontext & ~_xcontext_page(cpu.model) & MASK64 | region << (top - 8) | page << 4
    )
    cp0.entry_hi = vaddr & cpu.model.pair_mask | cp0.entry_hi & 0xFF


def _xcontext_page(model: Model) -> int:
    """Mask of the R and BadVPN2 fields of XContext, which lie below PTEBase."""
    return (1 << (model.va_bits - 7)) - 0x10


def _undefine_page(cpu: Processor) -> None:
    """Leave the page fields of Context, XContext and EntryHi open after an address error."""
    cp0, model = cpu.cp0, cpu.model
    cp0.context = _opened(cpu, cp0.context, _CONTEXT_PAGE)
    cp0.xcontext = _opened(cpu, cp0.xcontext, _xcontext_page(model))
    cp0.entry_hi = _opened(cpu, cp0.entry_hi, model.pair_mask)


def _opened(cpu: Processor, value: int, page: int) -> int:
    """Leave the bits `page` of a register's `value` open."""
    chosen = cpu.inputs.unpredictable(Unpredictable.CONTEXT_AFTER_ADDRESS_ERROR, value)
    return value & ~page & MASK64 | chosen & page


def _deliver_error(cpu: Processor, exception: MipsException) -> None:
    """Take a reset, soft reset, NMI or cache error (R10000 17.4): ErrorEPC and ERL."""
    kind, cp0 = exception.kind, cpu.cp0
    cp0.error_epc = _return_address(cpu)
    if kind is Exceptions.CACHE_ERROR:
        cp0.cache_err = cpu.inputs.cache_error()
        vector = _BASE_BEV if cp0.status & STATUS_BEV != 0 else _BASE_UNCACHED
        cp0.status |= STATUS_ERL
        jump_to(cpu, vector + 0x100)
        return
    if kind is Exceptions.RESET:
        reset_registers(cpu.model, cp0)
        cpu.watch_pending = False
        cpu.timer_pending = False
        update_ip7(cpu)
        cpu.link = False
    else:
        cp0.status = cp0.status & ~(STATUS_TS | STATUS_SR | STATUS_NMI) | (
            STATUS_BEV | STATUS_ERL | STATUS_SR
        )
        if kind is Exceptions.NMI and cpu.model.has_nmi_bit:
            cp0.status |= STATUS_NMI
        if kind is Exceptions.SOFT_RESET:
            cpu.watch_pending = False
    jump_to(cpu, RESET_VECTOR)


def exception_return(cpu: Processor) -> int:
    """Leave the handler: clear ERL or EXL and the link bit, give where to continue (ERET)."""
    cp0 = cpu.cp0
    cpu.link = False
    if cp0.status & STATUS_ERL != 0:
        cp0.status &= ~STATUS_ERL
        return cp0.error_epc
    cp0.status &= ~STATUS_EXL
    return cp0.epc
