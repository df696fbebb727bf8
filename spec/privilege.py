"""T1, privilege: what an instruction can reach in user and supervisor mode.

For every word, in user or supervisor mode with CU0 = 0: every fetch and every data reference goes
through a TLB entry that matches and is valid (for a store: dirty); if nothing traps, mode, TLB and
coprocessor 0 are unchanged but for LLAddr; a trap enters kernel mode at a vector and changes only
the registers that its row of the exception table names. Prose: `spec/virtualization.md`, VIRT-2.

The predicates are evaluated by tests on ints and by proofs on symbolic integers.
"""

import attrs

from disco.bits import field
from disco.mips.cp0 import STATUS_CU0, STATUS_ERL, STATUS_EXL, Cp0, Mode, mode
from disco.mips.exceptions import ExceptionKind, Exceptions, Vector
from disco.mips.instruction import Instruction, Kind
from disco.mips.model import Model
from disco.mips.tlb import ENTRY_DIRTY, ENTRY_VALID
from spec.observation import Hit, Reference

PAGE_SIZES = {n: ((1 << (n - 12)) - 1) << 13 for n in range(12, 26, 2)}
"""PageMask for pages of 2**n bytes, 4 KB to 16 MB (R10000 14.5)."""

CP0_NAMES = tuple(each.name for each in attrs.fields(Cp0))

CHANGED_BY_EXECUTION = {"lladdr"}
"""CP0 registers that an unprivileged instruction may change: LL leaves its address (R4000)."""

CHANGED_BY_BOUNDARY = {"count", "cause", "counter0", "counter1"}
"""CP0 registers that time and the interrupt pins change between instructions."""


def unprivileged(status: int) -> bool:
    """Tell whether the state is one that T1 speaks of."""
    return mode(status) is not Mode.KERNEL and status & STATUS_CU0 == 0


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


def traps_always(row: Instruction) -> bool:
    """Tell whether the instruction must trap: it needs coprocessor 0."""
    return row.kind is Kind.PRIVILEGED


def touches_nothing(row: Instruction) -> bool:
    """Tell whether the instruction must make no data reference, PREF among them."""
    return row.kind not in (Kind.LOAD, Kind.STORE)


def registers_of(kind: ExceptionKind, exl: bool) -> set[str]:
    """Give the CP0 registers that taking an exception may change; `exl` is EXL before it."""
    if kind is Exceptions.RESET:
        return set(CP0_NAMES)
    if kind is Exceptions.CACHE_ERROR:
        return {"status", "error_epc", "cache_err"}
    if kind.uses_error_epc:
        return {"status", "error_epc"}
    names = {"status", "cause"}
    if not exl:
        names |= {"epc"}
    if kind.bad_vaddr:
        names |= {"bad_vaddr"}
    if kind.tlb_registers or kind.context_undefined:
        names |= {"context", "xcontext", "entry_hi"}
    return names


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
