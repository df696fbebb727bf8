"""The translation lookaside buffer: entries, the match, and the port to the array of entries.

Sources: R10000 User's Manual 14.1 to 14.10 and 16.3, R4000 User's Manual chapter 4.
"""

from collections.abc import Callable
from typing import Protocol

import attrs

SMALLEST_PAIR = 0x1FFF
"""Offset bits within a pair of 4 KB pages."""

ENTRY_VALID = 0x2
ENTRY_DIRTY = 0x4
ENTRY_GLOBAL = 0x1


@attrs.frozen
class TlbEntry:
    """One entry: a pair of pages."""

    present: bool
    """False until the entry is written, and again once a conflicting write kills it."""
    mask: int
    """PageMask bits 24:13, in place: ones are offset bits beyond a pair of 4 KB pages."""
    vpn2: int
    """R (63:62) and VPN2 in place, as in EntryHi, all other bits zero."""
    asid: int
    """Address space identifier, 8 bits."""
    glob: bool
    """G: the AND of the two EntryLo's G bits at the write; the ASID does not matter."""
    lo0: int
    """EntryLo of the even page, without G: UC, PFN, C, D, V in place."""
    lo1: int
    """EntryLo of the odd page."""


def offset_mask(entry: TlbEntry) -> int:
    """Mask of the address bits below the pair's VPN2."""
    return entry.mask | SMALLEST_PAIR


def matches(entry: TlbEntry, vpn2: int, asid: int) -> bool:
    """Tell whether `entry` translates the page pair of `vpn2` in address space `asid`.

    `vpn2` is an address reduced to what the model's EntryHi holds of it (R and VPN2 in place).
    """
    if not entry.present or (entry.vpn2 ^ vpn2) & ~entry.mask != 0:
        return False
    return entry.glob or entry.asid == asid


def conflicts(entry: TlbEntry, other: TlbEntry) -> bool:
    """Tell whether some address in some address space matches both entries (R10000 14.10)."""
    if not (entry.present and other.present):
        return False
    if (entry.vpn2 ^ other.vpn2) & ~(entry.mask | other.mask) != 0:
        return False
    return entry.glob or other.glob or entry.asid == other.asid


def page_of(entry: TlbEntry, vaddr: int) -> int:
    """Choose the EntryLo for `vaddr`: the address bit just below the pair's VPN2 is set for odd."""
    if vaddr & ((offset_mask(entry) + 1) >> 1) != 0:
        return entry.lo1
    return entry.lo0


def physical(entry: TlbEntry, lo: int, vaddr: int, pa_mask: int) -> int:
    """Join the frame of `lo` with the page offset of `vaddr`.

    Frame bits below the page size are ignored.
    """
    offset = offset_mask(entry) >> 1
    return ((lo << 6) & ~offset | vaddr & offset) & pa_mask


def unused_frame_bits(page_mask: int) -> int:
    """Mask of the PFN bits, in place in EntryLo, that `physical` ignores for this PageMask."""
    return page_mask >> 7


class Tlb(Protocol):
    """The array of entries. A search is one question, not a loop of branches."""

    @property
    def size(self) -> int:
        """Number of entries."""

    def __getitem__(self, index: int, /) -> TlbEntry:
        """Read an entry; `index` is below `size`."""

    def __setitem__(self, index: int, entry: TlbEntry, /) -> None:
        """Write an entry; `index` is below `size`."""

    def find(self, vaddr: int, asid: int) -> int:
        """Give the index of an entry that `matches` the page pair of `vaddr`, -1 if none does.

        Of several (R4000 only) a concrete store gives the lowest.
        """

    def any(self, chosen: Callable[[TlbEntry], bool]) -> bool:
        """Tell whether any entry is `chosen`."""

    def change(
        self, chosen: Callable[[TlbEntry], bool], changed: Callable[[TlbEntry], TlbEntry]
    ) -> None:
        """Replace every entry that is `chosen` by what `changed` makes of it."""


ABSENT = TlbEntry(present=False, mask=0, vpn2=0, asid=0, glob=False, lo0=0, lo1=0)
"""What every entry is after a reset: nothing matches it."""


def invalidated(entry: TlbEntry) -> TlbEntry:
    """Give what a conflicting TLB write leaves of an entry (R10000 14.10)."""
    return attrs.evolve(entry, present=False)
