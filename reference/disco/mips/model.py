"""Processor models as complete data: nothing is inherited from one model to another.

Sources: R10000 User's Manual 2.0 (chapters 1, 14, 16, 17), R4000 User's Manual (chapters 4, 5, 11).
"""

import enum

import attrs


class Level(enum.IntEnum):
    """The instruction set level that introduced an instruction."""

    I = 1  # noqa: E741 - the manual's name
    II = 2
    III = 3
    IV = 4


@attrs.frozen(kw_only=True, eq=False)
class Model:
    """What distinguishes one processor from another.

    Every attribute is a fact with a section in the model's manual; the semantics ask these
    attributes and never the model's name.
    """

    name: str
    level: Level
    prid: int
    """Reset value of PRId: implementation in bits 15:8, revision in bits 7:0."""
    fcr0: int
    """Value of FCR0, laid out as PRId."""
    config: int
    """Reset value of Config on a big-endian board (14.14)."""
    tlb_entries: int
    va_bits: int
    """Implemented virtual address bits of a 64-bit segment."""
    pa_bits: int
    """Implemented physical address bits."""
    entry_lo_mask: int
    """Bits of EntryLo0/1 that a TLB entry holds: PFN, C, D, V (and UC on the R10000)."""
    has_nmi_bit: bool
    """Status bit 19 tells an NMI from a soft reset."""
    has_performance_counters: bool
    """Register 25 and the moves of its counters and controls (R10000 14.20)."""
    has_cache_barrier: bool
    """CACHE has Barrier and Index Load Data (R10000 chapter 10)."""
    single_clears_upper: bool
    """A word written to an FPR clears bits 63:32 (R10000 15.5); else they are undefined."""
    fcr31_writable: int
    """Bits of FCR31 that CTC1 writes (R10000 15.4, R4000 6.3)."""
    refill_by_address: bool
    """The refill vector follows the space of the address (R10000 17.3), else the current mode."""
    user_space_needs_ux: bool
    """xuseg beyond 2 GB needs UX in kernel and supervisor mode, xksseg needs SX (R10000 16.2)."""
    tlb_write_invalidates: bool
    """A TLB write invalidates the entries it conflicts with and sets TS (R10000 14.10)."""
    tlb_write_clears_offset: bool
    """A TLB write clears the PFN bits that the page size does not use (R10000 14.36)."""
    ll_writes_lladdr: bool
    """LL leaves PA 35:4 in LLAddr (R4000 4.2); on the R10000 LLAddr is plain storage."""
    watch_postponed_by: int
    """The Status bits under which a watch exception waits: EXL and ERL, or EXL alone."""
    dmove_unimplemented: bool
    """DMFC1 and DMTC1 without 64-bit operations raise Unimplemented Operation, not Reserved."""
    link_is_fragile: bool
    """Loads, stores, SYNC, CACHE, PREF and exceptions break the link (R10000 1.8)."""
    cop0_invalid_is_reserved: bool
    """An invalid function of COP0 raises Reserved Instruction; on the R4000 it does not (A)."""
    cop2_usable_is_reserved: bool
    """With CU2 = 1 a COP2 word raises Reserved Instruction (R10000 17.5), else it is a no-op."""
    xkphys_zero_bits: tuple[int, ...]
    """For each cache attribute 0 to 7, the mask of XKPHYS address bits that must be zero."""

    @property
    def pair_mask(self) -> int:
        """Mask of the address bits that EntryHi holds: R and VPN2, in place."""
        return 0xC000_0000_0000_0000 | (self.va_mask & ~0x1FFF)

    @property
    def va_mask(self) -> int:
        """Mask of the implemented offset bits within a 64-bit segment."""
        return (1 << self.va_bits) - 1

    @property
    def pa_mask(self) -> int:
        """Mask of the implemented physical address bits."""
        return (1 << self.pa_bits) - 1


def _bits(high: int, low: int) -> int:
    return (1 << (high + 1)) - (1 << low)


R10000 = Model(
    name="R10000",
    level=Level.IV,
    prid=0x0927,
    fcr0=0x0900,
    config=0x6C01_A583,
    tlb_entries=64,
    va_bits=44,
    pa_bits=40,
    entry_lo_mask=_bits(63, 62) | _bits(33, 1),
    has_nmi_bit=True,
    has_performance_counters=True,
    has_cache_barrier=True,
    single_clears_upper=True,
    fcr31_writable=0xFF83_FFFF,
    refill_by_address=True,
    user_space_needs_ux=True,
    tlb_write_invalidates=True,
    tlb_write_clears_offset=True,
    ll_writes_lladdr=False,
    watch_postponed_by=0x6,
    dmove_unimplemented=False,
    link_is_fragile=True,
    cop0_invalid_is_reserved=True,
    cop2_usable_is_reserved=True,
    # 16.2: the uncached attributes 2 and 7 leave bits 58:57 to the uncached attribute.
    xkphys_zero_bits=tuple(_bits(56, 40) if c in (2, 7) else _bits(58, 40) for c in range(8)),
)

R4000 = Model(
    name="R4000",
    level=Level.III,
    prid=0x0400,
    fcr0=0x0500,
    config=0x0002_8242,
    tlb_entries=48,
    va_bits=40,
    pa_bits=36,
    entry_lo_mask=_bits(29, 1),
    has_nmi_bit=False,
    has_performance_counters=False,
    has_cache_barrier=False,
    single_clears_upper=False,
    fcr31_writable=0x0183_FFFF,
    refill_by_address=False,
    user_space_needs_ux=False,
    tlb_write_invalidates=False,
    tlb_write_clears_offset=False,
    ll_writes_lladdr=True,
    watch_postponed_by=0x2,
    dmove_unimplemented=True,
    link_is_fragile=False,
    cop0_invalid_is_reserved=False,
    cop2_usable_is_reserved=False,
    xkphys_zero_bits=(_bits(58, 36),) * 8,
)

MODELS = {model.name: model for model in (R10000, R4000)}
