"""T2, virtualizable: direct execution in the real mode means what the virtual mode means.

A guest has a virtual processor, in its virtual mode; the real one runs it with the Status that
`disco.monitor.status.hardware_status` computes. For every word and every state: if the real
processor completes the instruction, the virtual one would have completed it with the same effect;
if it traps for a reason that is the guest's own, the virtual one traps for the same. Privileged
instructions always trap. This holds under the conditions that the monitor has to keep:

- *translation*: what hits in the real TLB, the virtual processor translates now, in its current
  mode, to the same page (proved of the monitor as T3);
- *watch*: the hardware watch is off, and no page with a watched address is in the real TLB;
- *link*: whether an SC succeeds is an input; the real link holds only where the virtual one does,
  and for the same address.

Without them the two differ, and the predicates below say exactly on which states. Prose:
`spec/virtualization.md`, VIRT-3 to VIRT-5.
"""

from disco.bits import field
from disco.mips.cp0 import (
    STATUS_ERL,
    STATUS_KX,
    STATUS_SX,
    WATCH_READ,
    WATCH_WRITE,
    Cp0,
    Mode,
    mode,
)
from disco.mips.exceptions import ExceptionKind, Exceptions
from disco.mips.instruction import Instruction
from spec.privilege import LOADS, STORES, traps_always

_COP0 = 0x10
_2GB = 0x8000_0000
_XSSEG = 0x4000_0000_0000_0000
_32_BIT = 0xFFFF_FFFF_8000_0000


def is_forwarded(kind: ExceptionKind, coprocessor: int) -> bool:
    """Tell whether a trap of the real processor is the guest's own, to be passed on as it is.

    The others are the monitor's to resolve: privileged instructions, and whatever concerns
    addresses, which a miss in the real TLB does not decide for the guest.
    """
    if kind is Exceptions.COPROCESSOR_UNUSABLE:
        return coprocessor != 0
    return kind in (
        Exceptions.RESERVED_INSTRUCTION,
        Exceptions.OVERFLOW,
        Exceptions.TRAP,
        Exceptions.SYSTEM_CALL,
        Exceptions.BREAKPOINT,
        Exceptions.FLOATING_POINT,
    )


def uses_translation(row: Instruction) -> bool:
    """Tell whether the instruction's effect can depend on the translation of a data address."""
    return row.name in LOADS | STORES


def monitor_resolves(row: Instruction, word: int, kind: ExceptionKind) -> bool:
    """Tell whether a trap that is not forwarded may come from this instruction.

    Only coprocessor 0, with its reserved words, and references to memory need the monitor.
    """
    if kind is Exceptions.COPROCESSOR_UNUSABLE:
        return traps_always(row) or field(word, 31, 26) == _COP0
    return uses_translation(row)


USER_SPACE = "ERL = 1: the guest's user space is unmapped, and ends at 2 GB"
SEGMENTS_64 = "KX = 0: the 64-bit segments do not exist for the guest"
XKSSEG = "SX = 0: xksseg does not exist for the guest"
ADDRESSING_DIFFERENCES = (USER_SPACE, SEGMENTS_64, XKSSEG)
"""Why the real mode may hit where the virtual mode does otherwise, from Status alone.

All are the guest's kernel mode, which runs in supervisor mode with SX = 1.
"""


def addressing_difference(virtual_status: int, vaddr: int) -> str | None:
    """Tell why the two modes differ on `vaddr` with one and the same TLB; None if they cannot."""
    if mode(virtual_status) is not Mode.KERNEL:
        return None
    if virtual_status & STATUS_ERL != 0 and vaddr < _XSSEG:
        return USER_SPACE
    if virtual_status & STATUS_KX == 0 and _2GB <= vaddr < _32_BIT:
        return SEGMENTS_64
    if virtual_status & STATUS_SX == 0 and _XSSEG <= vaddr < _32_BIT:
        return XKSSEG
    return None


def is_watched(cp0: Cp0, paddr: int, store: bool) -> bool:
    """Tell whether the watch registers watch a reference to the doubleword at `paddr`."""
    if cp0.watch_lo & (WATCH_WRITE if store else WATCH_READ) == 0:
        return False
    return paddr & ~7 == cp0.watch_hi << 32 | cp0.watch_lo & ~7
