"""The concrete TLB: a list of entries with an index that finds a match without a scan."""

from collections.abc import Callable

from disco.mips.model import Model
from disco.mips.tlb import ABSENT, TlbEntry, matches


class TlbArray:
    """Entries in a list; `find` looks only at entries whose page pair can match.

    For each PageMask in use, present entries are filed under their page pair. The answer is
    decided by `matches`, the predicate that proofs use too.
    """

    def __init__(self, model: Model) -> None:
        self.size = model.tlb_entries
        self._pair_mask = model.pair_mask
        self._entries = [ABSENT] * self.size
        self._filed: dict[int, dict[int, list[int]]] = {}

    def __getitem__(self, index: int, /) -> TlbEntry:
        """Read the entry at `index`."""
        return self._entries[index]

    def __setitem__(self, index: int, entry: TlbEntry, /) -> None:
        """Write the entry at `index`."""
        old = self._entries[index]
        if old.present:
            pairs = self._filed[old.mask]
            pair = old.vpn2 & ~old.mask
            pairs[pair].remove(index)
            if not pairs[pair]:
                del pairs[pair]
            if not pairs:
                del self._filed[old.mask]
        if entry.present:
            pairs = self._filed.setdefault(entry.mask, {})
            pairs.setdefault(entry.vpn2 & ~entry.mask, []).append(index)
        self._entries[index] = entry

    def find(self, vaddr: int, asid: int) -> int:
        """Give the lowest index of an entry that matches `vaddr`, -1 if there is none."""
        vpn2 = vaddr & self._pair_mask
        found = self.size
        for mask, pairs in self._filed.items():
            for index in pairs.get(vpn2 & ~mask, ()):
                if index < found and matches(self._entries[index], vpn2, asid):
                    found = index
        return found if found < self.size else -1

    def any(self, chosen: Callable[[TlbEntry], bool]) -> bool:
        """Tell whether any entry is `chosen`."""
        return any(chosen(entry) for entry in self._entries)

    def change(
        self, chosen: Callable[[TlbEntry], bool], changed: Callable[[TlbEntry], TlbEntry]
    ) -> None:
        """Replace every entry that is `chosen` by what `changed` makes of it."""
        for index, entry in enumerate(self._entries):
            if chosen(entry):
                self[index] = changed(entry)
