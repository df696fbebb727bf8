"""The TLB of the reference in lockstep: which entry a TLBWR replaces is the peer's to choose.

The peer's choice cannot be seen, only that a reference later hits or misses. So an entry that a
TLBWR replaces stays available until the peer shows that it is gone, and any other from Wired on may
be gone. Below Wired, and without TLBWR, the entries are as exact as always.
"""

from typing import Protocol

from disco.mips.cp0 import CAUSE_EXC_CODE
from disco.mips.model import Model
from disco.mips.tlb import ABSENT, ENTRY_VALID, Tlb, TlbEntry, matches, page_of
from disco.mips.tlb_array import TlbArray

_REFILLS = (2 << 2, 3 << 2)
"""Cause.ExcCode of TLB refill and invalid, on loads and stores."""
VECTORS = (0x000, 0x080, 0x180, 0x200, 0x280, 0x380)
"""Where handlers of references and interrupts begin, within 4 KB."""
_GENERAL = (0x180, 0x380)


class Theirs(Protocol):
    """What the peer shows after the step."""

    pc: int
    cause: int
    bad_vaddr: int | None


class LockstepTlb(TlbArray):
    """A TLB whose replacement at random follows the peer."""

    def __init__(self, model: Model, tlb: Tlb) -> None:
        super().__init__(model)
        for index in range(tlb.size):
            super().__setitem__(index, tlb[index])
        self.theirs: Theirs | None = None
        """The peer's state after the current step."""
        self.chosen = -1
        """The entry that Random has selected in the current step."""
        self.random: set[int] = set()
        """The entries that a TLBWR may have replaced in the peer since they were written."""
        self._replaced: list[TlbEntry] = []
        self._next = self._wired = 0
        self._pairs = model.pair_mask

    def choose(self, wired: int, last: int) -> int:
        """Give the entries from `last` down to `wired`, one after the other."""
        below = self._next - 1
        self._next = below if wired <= below <= last else last
        self.chosen, self._wired = self._next, wired
        return self.chosen

    def __setitem__(self, index: int, entry: TlbEntry, /) -> None:
        """Write the entry at `index`; what stood there may live on at another place in the peer."""
        old = self[index]
        if index == self.chosen:
            self.random.update(range(self._wired, self.size))
        if entry.present:
            self._replaced = [other for other in self._replaced if not _same(other, entry)]
        updated = entry.present and _same(old, entry)
        if index in self.random and old.present and not updated:
            self._replaced.append(old)
        if index != self.chosen:
            self.random.discard(index)
        super().__setitem__(index, entry)

    def find(self, vaddr: int, asid: int) -> int:
        """Give the index of an entry that matches, -1 when none does or the peer missed."""
        index = super().find(vaddr, asid)
        if index >= 0:
            if index in self.random and self._missed(self[index], vaddr):
                self.forget(index)
                return -1
            return index
        for entry in reversed(self._replaced):
            if matches(entry, vaddr & self._pairs, asid) and not self._missed(entry, vaddr):
                return self._bring_back(entry)
        return -1

    def forget(self, index: int) -> None:
        """Drop the entry at `index`."""
        self.random.discard(index)
        super().__setitem__(index, ABSENT)

    def move(self, index: int, new: int) -> None:
        """Let two entries change places."""
        here, there = self[index], self[new]
        super().__setitem__(new, here)
        super().__setitem__(index, there)
        both = {index, new}
        if len(self.random & both) == 1:
            self.random ^= both

    def _bring_back(self, entry: TlbEntry) -> int:
        """Put a replaced entry back, in the place of another that may be gone."""
        index = min(self.random, default=-1)
        if index < 0:
            return -1
        self._replaced.remove(entry)
        self._replaced.append(self[index])
        super().__setitem__(index, entry)
        return index

    def _missed(self, entry: TlbEntry, vaddr: int) -> bool:
        """Tell whether the peer's exception says that it has no entry for `vaddr`.

        At the general vector that is a refill only where the entry would have been valid.
        """
        theirs = self.theirs
        if theirs is None or theirs.bad_vaddr != vaddr or theirs.pc & 0xFFF not in VECTORS:
            return False
        if theirs.cause & CAUSE_EXC_CODE not in _REFILLS:
            return False
        return theirs.pc & 0xFFF not in _GENERAL or page_of(entry, vaddr) & ENTRY_VALID != 0


def _same(entry: TlbEntry, other: TlbEntry) -> bool:
    """Tell whether two entries are for the same page pair and address space."""
    return (entry.vpn2, entry.mask, entry.asid) == (other.vpn2, other.mask, other.asid)
