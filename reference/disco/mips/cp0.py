"""Coprocessor 0: the system control registers, their fields, and the moves that reach them.

Sources: R10000 User's Manual chapter 14, R4000 User's Manual chapters 4 and 5.
"""

import enum

import attrs

from disco.bits import MASK32, MASK64
from disco.mips.model import R4000, R10000, Model

# Status (R10000 14.10)
STATUS_IE = 1 << 0
STATUS_EXL = 1 << 1
STATUS_ERL = 1 << 2
STATUS_KSU = 3 << 3
STATUS_UX = 1 << 5
STATUS_SX = 1 << 6
STATUS_KX = 1 << 7
STATUS_IM = 0xFF << 8
STATUS_DE = 1 << 16
STATUS_CE = 1 << 17
STATUS_CH = 1 << 18
STATUS_NMI = 1 << 19
STATUS_SR = 1 << 20
STATUS_TS = 1 << 21
STATUS_BEV = 1 << 22
STATUS_RE = 1 << 25
STATUS_FR = 1 << 26
STATUS_RP = 1 << 27
STATUS_CU0 = 1 << 28
STATUS_CU1 = 1 << 29
STATUS_CU2 = 1 << 30
STATUS_XX = 1 << 31

# Cause (R10000 14.11)
CAUSE_EXC_CODE = 0x1F << 2
CAUSE_IP = 0xFF << 8
CAUSE_IP_SOFTWARE = 0x3 << 8
CAUSE_IP_LINES = 0x1F << 10
CAUSE_IP7 = 1 << 15
CAUSE_CE = 3 << 28
CAUSE_BD = 1 << 31

INDEX_P = 1 << 31
"""Index: TLBP found no match."""
WATCH_READ = 0x2
WATCH_WRITE = 0x1
COUNTER_IE = 1 << 4
"""Performance control: overflow raises IP7."""
COUNTER_OVERFLOW = 1 << 31


@attrs.define(kw_only=True)
class Cp0:
    """The values of the system control registers, unsigned, of the width their table row gives."""

    index: int = 0
    entry_lo0: int = 0
    entry_lo1: int = 0
    context: int = 0
    page_mask: int = 0
    wired: int = 0
    bad_vaddr: int = 0
    count: int = 0
    entry_hi: int = 0
    compare: int = 0
    status: int = 0
    cause: int = 0
    epc: int = 0
    prid: int = 0
    config: int = 0
    lladdr: int = 0
    watch_lo: int = 0
    watch_hi: int = 0
    xcontext: int = 0
    frame_mask: int = 0
    diagnostic: int = 0
    control0: int = 0
    counter0: int = 0
    control1: int = 0
    counter1: int = 0
    ecc: int = 0
    cache_err: int = 0
    tag_lo: int = 0
    tag_hi: int = 0
    error_epc: int = 0


@attrs.frozen
class Register:
    """A row of a model's CP0 register table."""

    number: int
    name: str
    attribute: str
    """The attribute of `Cp0` that holds it; empty for Random, which is an input."""
    width: int
    """32 or 64 bits."""
    writable: int
    """Mask of the bits that MTC0 and DMTC0 write; the others keep what the processor put there."""
    reset: int | None
    """Value after a cold reset; None where the manual leaves all of it undefined.

    Bits that it leaves undefined of a register with a value here are zero.
    """


_R10000_REGISTERS = (
    Register(0, "Index", "index", 32, 0x8000_003F, None),
    Register(1, "Random", "", 32, 0, None),
    Register(2, "EntryLo0", "entry_lo0", 64, 0xC000_0003_FFFF_FFFF, None),
    Register(3, "EntryLo1", "entry_lo1", 64, 0xC000_0003_FFFF_FFFF, None),
    Register(4, "Context", "context", 64, 0xFFFF_FFFF_FF80_0000, None),
    Register(5, "PageMask", "page_mask", 32, 0x01FF_E000, None),
    Register(6, "Wired", "wired", 32, 0x0000_003F, 0),
    Register(8, "BadVAddr", "bad_vaddr", 64, 0, None),
    Register(9, "Count", "count", 32, MASK32, None),
    Register(10, "EntryHi", "entry_hi", 64, 0xC000_0FFF_FFFF_E0FF, None),
    Register(11, "Compare", "compare", 32, MASK32, None),
    Register(12, "Status", "status", 32, 0xF67D_FFFF, STATUS_BEV | STATUS_ERL),
    Register(13, "Cause", "cause", 32, CAUSE_IP_SOFTWARE, None),
    Register(14, "EPC", "epc", 64, MASK64, None),
    Register(15, "PRId", "prid", 32, 0, R10000.prid),
    Register(16, "Config", "config", 32, 0x0000_0007, R10000.config),
    Register(17, "LLAddr", "lladdr", 32, MASK32, None),
    Register(18, "WatchLo", "watch_lo", 32, 0xFFFF_FFFB, None),
    Register(19, "WatchHi", "watch_hi", 32, 0x0000_00FF, None),
    Register(20, "XContext", "xcontext", 64, 0xFFFF_FFE0_0000_0000, None),
    Register(21, "FrameMask", "frame_mask", 32, 0x0000_FFFF, 0),
    Register(22, "Diagnostic", "diagnostic", 64, 0, 0),
    Register(26, "ECC", "ecc", 32, 0x0000_03FF, None),
    Register(27, "CacheErr", "cache_err", 32, 0, 0),
    Register(28, "TagLo", "tag_lo", 32, MASK32, None),
    Register(29, "TagHi", "tag_hi", 32, MASK32, None),
    Register(30, "ErrorEPC", "error_epc", 64, MASK64, None),
)
_R4000_REGISTERS = (
    Register(0, "Index", "index", 32, 0x8000_003F, None),
    Register(1, "Random", "", 32, 0, None),
    Register(2, "EntryLo0", "entry_lo0", 64, 0x0000_0000_3FFF_FFFF, None),
    Register(3, "EntryLo1", "entry_lo1", 64, 0x0000_0000_3FFF_FFFF, None),
    Register(4, "Context", "context", 64, 0xFFFF_FFFF_FF80_0000, None),
    Register(5, "PageMask", "page_mask", 32, 0x01FF_E000, None),
    Register(6, "Wired", "wired", 32, 0x0000_003F, 0),
    Register(8, "BadVAddr", "bad_vaddr", 64, 0, None),
    Register(9, "Count", "count", 32, MASK32, None),
    Register(10, "EntryHi", "entry_hi", 64, 0xC000_00FF_FFFF_E0FF, None),
    Register(11, "Compare", "compare", 32, MASK32, None),
    Register(12, "Status", "status", 32, 0xFE57_FFFF, STATUS_BEV | STATUS_ERL),
    Register(13, "Cause", "cause", 32, CAUSE_IP_SOFTWARE, None),
    Register(14, "EPC", "epc", 64, MASK64, None),
    Register(15, "PRId", "prid", 32, 0, R4000.prid),
    Register(16, "Config", "config", 32, 0x0000_003F, R4000.config),
    Register(17, "LLAddr", "lladdr", 32, MASK32, None),
    Register(18, "WatchLo", "watch_lo", 32, 0xFFFF_FFFB, None),
    Register(19, "WatchHi", "watch_hi", 32, 0x0000_000F, None),
    Register(20, "XContext", "xcontext", 64, 0xFFFF_FFFE_0000_0000, None),
    Register(26, "ECC", "ecc", 32, 0x0000_00FF, None),
    Register(27, "CacheErr", "cache_err", 32, 0, None),
    Register(28, "TagLo", "tag_lo", 32, MASK32, None),
    Register(29, "TagHi", "tag_hi", 32, MASK32, None),
    Register(30, "ErrorEPC", "error_epc", 64, MASK64, None),
)

PERFORMANCE_COUNTER = 25
"""The number shared by both performance counters and their controls (R10000 14.20)."""
REGISTERS = {"R10000": _R10000_REGISTERS, "R4000": _R4000_REGISTERS}
"""Per model, every register by number; the performance counters stand under `COUNTERS`."""
COUNTERS = (
    (Register(25, "PerfControl0", "control0", 32, 0x0000_01FF, 0),
     Register(25, "PerfCounter0", "counter0", 32, MASK32, None)),
    (Register(25, "PerfControl1", "control1", 32, 0x0000_01FF, 0),
     Register(25, "PerfCounter1", "counter1", 32, MASK32, None)),
)  # fmt: skip
"""The R10000's performance counters: for each its control and its count."""


def reset_registers(model: Model, cp0: Cp0) -> None:
    """Put every register of `model` that a cold reset defines into its reset state."""
    for register in REGISTERS[model.name]:
        if register.reset is not None:
            setattr(cp0, register.attribute, register.reset)
    cp0.control0 = cp0.control1 = 0


class Mode(enum.IntEnum):
    """The operating modes, each less privileged than the one before."""

    KERNEL = 0
    SUPERVISOR = 1
    USER = 2


KERNEL, SUPERVISOR, USER = Mode
# Bound to names of their own, here and elsewhere, because every step asks for them: to look up the
# member of an Enum costs Python 3.11 as much as a call.


def mode(status: int) -> Mode:
    """Give the operating mode that Status selects (R10000 16.1).

    KSU = 3 is undefined; it is taken as user mode (Unpredictable.KSU_3).
    """
    if status & (STATUS_EXL | STATUS_ERL) != 0 or status & STATUS_KSU == 0:
        return KERNEL
    if status & STATUS_KSU == 1 << 3:
        return SUPERVISOR
    return USER
