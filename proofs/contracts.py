"""What `translate` promises, in its place: so that instructions are proved apart from it.

T1/translate proves of the function itself everything that the contract here gives out; the other
obligations then need not walk the address map and the TLB once more for every instruction.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

import attrs

from disco.mips import references
from disco.mips.address import Access
from disco.mips.exceptions import ExceptionKind, Exceptions, MipsException
from disco.mips.processor import Processor
from disco.mips.semantics import memory, system
from proofs.machine import assume
from proofs.symbolic import fresh

Translate = Callable[[Processor, int, Access], tuple[int, int]]

OFFSET = 0xFFF
"""The address bits that every translation keeps: the offset in the smallest page."""


@attrs.frozen
class Translated:
    """A call of `translate`, and what came of it."""

    vaddr: int
    access: Access
    status: int
    """Status at the call, which with EntryHi decides what is translated."""
    entry_hi: int
    outcome: tuple[int, int] | MipsException


@attrs.frozen
class Grant:
    """A translation that succeeded."""

    vaddr: int
    access: Access
    paddr: int
    attribute: int


class Translations:
    """Translations as the contract has them: each fails, or gives some physical address."""

    def __init__(self) -> None:
        self.calls: list[Translated] = []
        self.grants: list[Grant] = []

    def translate(self, cpu: Processor, vaddr: int, access: Access) -> tuple[int, int]:
        """Fail in one of the ways of `translate`, or grant the access."""
        for kind in failures(access):
            if fresh("translation_fails", 1) == 1:
                failure = MipsException(kind, vaddr)
                self._record(cpu, vaddr, access, failure)
                raise failure
        paddr, attribute = fresh("paddr", cpu.model.pa_bits), fresh("attribute", 3)
        assume(paddr & OFFSET == vaddr & OFFSET)
        self._record(cpu, vaddr, access, (paddr, attribute))
        self.grants.append(Grant(vaddr, access, paddr, attribute))
        return paddr, attribute

    def _record(
        self, cpu: Processor, vaddr: int, access: Access, outcome: tuple[int, int] | MipsException
    ) -> None:
        cp0 = cpu.cp0
        self.calls.append(Translated(vaddr, access, cp0.status, cp0.entry_hi, outcome))


def failures(access: Access) -> tuple[ExceptionKind, ...]:
    """Give the exceptions that a translation for `access` may raise."""
    common = (access.address_error, access.refill, access.invalid)
    return (*common, Exceptions.TLB_MODIFIED) if access is Access.STORE else common


@contextmanager
def in_place_of_translate(translate: Translate) -> Iterator[None]:
    """Put `translate` in the place of the reference's own wherever instructions call it."""
    with ExitStack() as stack:
        for module in (references, memory, system):
            stack.enter_context(patch.object(module, "translate", translate))
        yield
