"""What can be observed of a step through the ports: the vocabulary of the theorems."""

import attrs

from disco.mips.tlb import TlbEntry


@attrs.frozen
class Reference:
    """A reference to physical memory."""

    store: bool
    paddr: int
    size: int
    """In bytes."""


@attrs.frozen
class Hit:
    """A search of the TLB that found an entry."""

    vaddr: int
    asid: int
    entry: TlbEntry
