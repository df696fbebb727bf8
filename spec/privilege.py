"""T1, privilege: what an instruction can reach in user and supervisor mode.

For every word, in user or supervisor mode with CU0 = 0: every fetch and every data reference goes
through a TLB entry that matches and is valid (for a store: dirty); if nothing traps, mode, TLB and
coprocessor 0 are unchanged but for LLAddr; a trap enters kernel mode at a vector and changes only
the registers that its row of the exception table names, and of them the bits named here. Prose:
`spec/virtualization.md`, VIRT-2.

The predicates are evaluated by tests on ints and by proofs on symbolic integers.
"""

import attrs

from disco.bits import field
from disco.mips.cp0 import (
    CAUSE_BD,
    CAUSE_CE,
    CAUSE_EXC_CODE,
    CAUSE_IP7,
    CAUSE_IP_LINES,
    STATUS_BEV,
    STATUS_CU0,
    STATUS_ERL,
    STATUS_EXL,
    STATUS_NMI,
    STATUS_SR,
    STATUS_TS,
    Cp0,
    Mode,
    mode,
)
from disco.mips.exceptions import ExceptionKind, Exceptions, Vector
from disco.mips.instruction import Instruction
from disco.mips.model import Model
from disco.mips.tlb import ENTRY_DIRTY, ENTRY_VALID
from spec.observation import Hit, Reference

PAGE_SIZES = {n: ((1 << (n - 12)) - 1) << 13 for n in range(12, 26, 2)}
"""PageMask for pages of 2**n bytes, 4 KB to 16 MB (R10000 14.5)."""

CP0_NAMES = tuple(each.name for each in attrs.fields(Cp0))

EVERY_BIT = -1

CHANGED_BY_BOUNDARY = {
    "count": EVERY_BIT,
    "counter0": EVERY_BIT,
    "counter1": EVERY_BIT,
    "cause": CAUSE_IP7 | CAUSE_IP_LINES,
}
"""CP0 registers, with their bits, that time and the interrupt pins change between instructions."""

PRIVILEGED = {
    "MFC0", "MTC0", "DMFC0", "DMTC0", "MFPC", "MTPC", "MFPS", "MTPS",
    "TLBR", "TLBWI", "TLBWR", "TLBP", "ERET", "CACHE", "BC0F", "BC0T", "BC0FL", "BC0TL",
}  # fmt: skip
"""The instructions that need coprocessor 0. Which words they are, T0 says; so for the others."""

LOADS = {
    "LB", "LBU", "LH", "LHU", "LW", "LWU", "LD", "LWL", "LWR", "LDL", "LDR", "LL", "LLD",
    "LWC1", "LDC1", "LWXC1", "LDXC1",
}  # fmt: skip
"""The instructions that read memory."""

STORES = {
    "SB", "SH", "SW", "SD", "SWL", "SWR", "SDL", "SDR", "SC", "SCD",
    "SWC1", "SDC1", "SWXC1", "SDXC1",
}  # fmt: skip
"""The instructions that write memory."""


def unprivileged(status: int) -> bool:
    """Tell whether the state is one that T1 speaks of."""
    return mode(status) is not Mode.KERNEL and status & STATUS_CU0 == 0


def changed_by(row: Instruction, model: Model) -> dict[str, int]:
    """Give the CP0 registers that an unprivileged instruction may change: LLAddr, by LL (R4000)."""
    return {"lladdr": EVERY_BIT} if model.ll_writes_lladdr and row.name in ("LL", "LLD") else {}


def looked_up(hit: Hit, vaddr: int, entry_hi: int) -> bool:
    """Tell whether the search was for `vaddr` in the current address space."""
    return hit.vaddr == vaddr and hit.asid == field(entry_hi, 7, 0)


def permits(hit: Hit, reference: Reference, model: Model) -> bool:
    """Tell whether the entry that was hit permits the reference, and for that very address.

    Match, page and frame are stated here page size by page size: with pages of 2**n bytes the
    address above bit n and its region must be the entry's, bit n selects the odd page, bits n - 1
    to 0 are the offset, and frame bits below n are not used (R10000 16.3, R4000 4.4).
    """
    entry, vaddr, top = hit.entry, hit.vaddr, model.va_bits - 1
    if not (entry.glob or entry.asid == hit.asid):
        return False
    if not entry.present or field(vaddr, 63, 62) != field(entry.vpn2, 63, 62):
        return False
    for n, mask in PAGE_SIZES.items():
        if entry.mask == mask:
            if field(vaddr, top, n + 1) != field(entry.vpn2, top, n + 1):
                return False
            lo = entry.lo1 if field(vaddr, n, n) == 1 else entry.lo0
            paddr = (field(lo, 33, n - 6) << n | field(vaddr, n - 1, 0)) & model.pa_mask
            needed = ENTRY_VALID | ENTRY_DIRTY if reference.store else ENTRY_VALID
            return lo & needed == needed and reference.paddr & ~7 == paddr & ~7
    return False


def is_aligned(reference: Reference) -> bool:
    """Tell whether the reference is naturally aligned, so that it stays within its page."""
    return reference.size in (1, 2, 4, 8) and reference.paddr & (reference.size - 1) == 0


def traps_always(row: Instruction) -> bool:
    """Tell whether the instruction must trap: it needs coprocessor 0."""
    return row.name in PRIVILEGED


def touches_nothing(row: Instruction) -> bool:
    """Tell whether the instruction must make no data reference, PREF among them."""
    return row.name not in LOADS | STORES


def registers_of(kind: ExceptionKind, exl: bool) -> dict[str, int]:
    """Give the CP0 registers, with their bits, that taking an exception may change.

    `exl` is EXL before it (R10000 14.4, 14.9 to 14.11, 14.18, 17.2, 17.4).
    """
    if kind is Exceptions.RESET:
        return dict.fromkeys(CP0_NAMES, EVERY_BIT)
    if kind is Exceptions.CACHE_ERROR:
        return {"status": STATUS_ERL, "error_epc": EVERY_BIT, "cache_err": EVERY_BIT}
    if kind.uses_error_epc:
        told = STATUS_BEV | STATUS_TS | STATUS_SR | STATUS_NMI
        return {"status": STATUS_ERL | told, "error_epc": EVERY_BIT}
    changed = {"status": STATUS_EXL, "cause": CAUSE_EXC_CODE | CAUSE_CE}
    if not exl:
        changed |= {"cause": CAUSE_EXC_CODE | CAUSE_CE | CAUSE_BD, "epc": EVERY_BIT}
    if kind.bad_vaddr:
        changed |= {"bad_vaddr": EVERY_BIT}
    if kind.tlb_registers or kind.context_undefined:
        # The page: BadVPN2 of Context, R and BadVPN2 of XContext, all but the ASID of EntryHi.
        changed |= {"context": 0x7F_FFF0, "xcontext": 0x1F_FFFF_FFF0, "entry_hi": ~0xFF}
    return changed


def in_kernel(status: int) -> bool:
    """Tell whether an exception has been entered."""
    return status & (STATUS_EXL | STATUS_ERL) != 0


VECTORS = {
    Vector.RESET: {0xFFFF_FFFF_BFC0_0000},
    Vector.CACHE_ERROR: {0xFFFF_FFFF_A000_0100, 0xFFFF_FFFF_BFC0_0300},
    Vector.GENERAL: {0xFFFF_FFFF_8000_0180, 0xFFFF_FFFF_BFC0_0380},
    Vector.REFILL: {
        0xFFFF_FFFF_8000_0000,
        0xFFFF_FFFF_8000_0080,
        0xFFFF_FFFF_8000_0180,
        0xFFFF_FFFF_BFC0_0200,
        0xFFFF_FFFF_BFC0_0280,
        0xFFFF_FFFF_BFC0_0380,
    },
}
"""Where an exception can lead (R10000 17.2)."""
