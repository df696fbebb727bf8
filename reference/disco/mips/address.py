"""The address map, as one table that can be held against the manual's figures, and translation.

Sources: R10000 User's Manual chapter 16, R4000 User's Manual chapter 4. The rows below are the rows
of the manual's figures; `translate` walks the rows of the current mode.
"""

import enum
from functools import cache

import attrs

from disco.mips.cp0 import (
    STATUS_ERL,
    STATUS_KX,
    STATUS_SX,
    STATUS_UX,
    Mode,
    mode,
)
from disco.mips.exceptions import ExceptionKind, Exceptions, MipsException
from disco.mips.model import Model
from disco.mips.processor import Processor
from disco.mips.tlb import (
    ENTRY_DIRTY,
    ENTRY_VALID,
    page_of,
    physical,
)

UNCACHED = 2
"""The cache attribute C of an uncached access (R10000 Table 14-3)."""


class Access(enum.Enum):
    """The kinds of reference, each with the exceptions that it raises."""

    FETCH = (
        Exceptions.ADDRESS_ERROR_FETCH,
        Exceptions.TLB_REFILL_FETCH,
        Exceptions.TLB_INVALID_FETCH,
    )
    LOAD = (
        Exceptions.ADDRESS_ERROR_LOAD,
        Exceptions.TLB_REFILL_LOAD,
        Exceptions.TLB_INVALID_LOAD,
    )
    STORE = (
        Exceptions.ADDRESS_ERROR_STORE,
        Exceptions.TLB_REFILL_STORE,
        Exceptions.TLB_INVALID_STORE,
    )

    def __init__(
        self, address_error: ExceptionKind, refill: ExceptionKind, invalid: ExceptionKind
    ) -> None:
        self.address_error = address_error
        self.refill = refill
        self.invalid = invalid


FETCH, LOAD, STORE = Access


class Space(enum.Enum):
    """Whose addressing bit decides between the refill vectors on the R10000 (17.3)."""

    USER = STATUS_UX
    SUPERVISOR = STATUS_SX
    KERNEL = STATUS_KX


class Mapping(enum.Enum):
    """How a segment's addresses become physical ones."""

    TLB = "by the TLB"
    TLB_UNLESS_ERL = "by the TLB; with ERL = 1 unmapped and uncached"
    KSEG0 = "unmapped, cache attribute Config.K0"
    KSEG1 = "unmapped, uncached"
    XKPHYS = "unmapped, cache attribute in address bits 61:59"


_, _BY_TLB_UNLESS_ERL, _BY_KSEG0, _BY_KSEG1, _BY_XKPHYS = Mapping


@attrs.frozen(kw_only=True)
class Segment:
    """A row of the address map: which addresses, and what becomes of them."""

    name: str
    low: int
    high: int
    """The last address."""
    mapping: Mapping
    space: Space
    status_zero: int = 0
    """Status bits that must be 0 for the segment to exist."""
    status_one: int = 0
    """Status bits that must be 1 for the segment to exist."""


_KSEG0, _KSEG1, _KSSEG, _KSEG3 = (
    0xFFFF_FFFF_8000_0000,
    0xFFFF_FFFF_A000_0000,
    0xFFFF_FFFF_C000_0000,
    0xFFFF_FFFF_E000_0000,
)
_LAST = 0xFFFF_FFFF_FFFF_FFFF
_2GB = 0x8000_0000


@cache
def segments(model: Model, current: Mode) -> tuple[Segment, ...]:
    """Give the address map of a mode: every address in no row raises an address error.

    The rows of a mode are disjoint for any one Status; the order matters only to speed.
    """
    span = 1 << model.va_bits
    # On the R10000 the user's and the supervisor's large spaces exist for a more privileged mode
    # only with UX and SX (16.2); on the R4000 the mode's own bit suffices.
    needs_ux = STATUS_UX if model.user_space_needs_ux else 0
    needs_sx = STATUS_SX if model.user_space_needs_ux else 0
    if current is Mode.USER:
        return (
            Segment(name="useg", low=0, high=_2GB - 1, mapping=Mapping.TLB, space=Space.USER),
            Segment(
                name="xuseg", low=_2GB, high=span - 1, mapping=Mapping.TLB, space=Space.USER,
                status_one=STATUS_UX,
            ),
        )  # fmt: skip
    if current is Mode.SUPERVISOR:
        return (
            Segment(name="suseg", low=0, high=_2GB - 1, mapping=Mapping.TLB, space=Space.USER),
            Segment(
                name="xsuseg", low=_2GB, high=span - 1, mapping=Mapping.TLB, space=Space.USER,
                status_one=STATUS_SX | needs_ux,
            ),
            Segment(
                name="xsseg", low=1 << 62, high=(1 << 62) + span - 1, mapping=Mapping.TLB,
                space=Space.SUPERVISOR, status_one=STATUS_SX,
            ),
            # sseg with SX = 0, csseg with SX = 1. Its refill goes by KX on the R10000 (17.3).
            Segment(
                name="sseg/csseg", low=_KSSEG, high=_KSEG3 - 1, mapping=Mapping.TLB,
                space=Space.KERNEL,
            ),
        )  # fmt: skip
    return (
        Segment(
            name="kseg0/ckseg0", low=_KSEG0, high=_KSEG1 - 1, mapping=Mapping.KSEG0,
            space=Space.KERNEL,
        ),
        Segment(
            name="kuseg/xkuseg", low=0, high=_2GB - 1, mapping=Mapping.TLB_UNLESS_ERL,
            space=Space.USER,
        ),
        Segment(
            name="kseg1/ckseg1", low=_KSEG1, high=_KSSEG - 1, mapping=Mapping.KSEG1,
            space=Space.KERNEL,
        ),
        Segment(
            name="ksseg/cksseg", low=_KSSEG, high=_KSEG3 - 1, mapping=Mapping.TLB,
            space=Space.KERNEL,
        ),
        Segment(
            name="kseg3/ckseg3", low=_KSEG3, high=_LAST, mapping=Mapping.TLB, space=Space.KERNEL
        ),
        # With ERL = 1 the user space is the 2 GB above, unmapped, and no more.
        Segment(
            name="xkuseg", low=_2GB, high=span - 1, mapping=Mapping.TLB, space=Space.USER,
            status_one=STATUS_KX | needs_ux, status_zero=STATUS_ERL,
        ),
        Segment(
            name="xksseg", low=1 << 62, high=(1 << 62) + span - 1, mapping=Mapping.TLB,
            space=Space.SUPERVISOR, status_one=STATUS_KX | needs_sx,
        ),
        Segment(
            name="xkphys", low=2 << 62, high=(3 << 62) - 1, mapping=Mapping.XKPHYS,
            space=Space.KERNEL, status_one=STATUS_KX,
        ),
        Segment(
            name="xkseg", low=3 << 62, high=(3 << 62) + span - _2GB - 1, mapping=Mapping.TLB,
            space=Space.KERNEL, status_one=STATUS_KX,
        ),
    )  # fmt: skip


def find_segment(model: Model, status: int, vaddr: int) -> Segment | None:
    """Give the segment of `vaddr` under `status`, None where the address is an error."""
    for segment in segments(model, mode(status)):
        if segment.low <= vaddr <= segment.high:
            if status & segment.status_one != segment.status_one:
                return None
            if status & segment.status_zero != 0:
                return None
            return segment
    return None


def translate(cpu: Processor, vaddr: int, access: Access) -> tuple[int, int]:
    """Translate `vaddr` (64 bits) for a reference of kind `access`.

    Give the physical address and the cache attribute C. Raises MipsException: address error, TLB
    refill, TLB invalid, TLB modified, in this order of precedence.
    """
    status = cpu.cp0.status
    segment = find_segment(cpu.model, status, vaddr)
    if segment is None:
        raise MipsException(access.address_error, vaddr)
    mapping = segment.mapping
    if mapping is _BY_KSEG0:
        return vaddr & 0x1FFF_FFFF, cpu.cp0.config & 7
    if mapping is _BY_KSEG1:
        return vaddr & 0x1FFF_FFFF, UNCACHED
    if mapping is _BY_XKPHYS:
        return _translate_xkphys(cpu.model, vaddr, access)
    if mapping is _BY_TLB_UNLESS_ERL and status & STATUS_ERL != 0:
        return vaddr, UNCACHED
    return _translate_mapped(cpu, vaddr, access)


def _translate_xkphys(model: Model, vaddr: int, access: Access) -> tuple[int, int]:
    chosen = (vaddr >> 59) & 7
    for attribute, zero in enumerate(model.xkphys_zero_bits):
        if chosen == attribute:
            if vaddr & zero != 0:
                break
            return vaddr & model.pa_mask, attribute
    raise MipsException(access.address_error, vaddr)


def _translate_mapped(cpu: Processor, vaddr: int, access: Access) -> tuple[int, int]:
    index = cpu.tlb.find(vaddr, cpu.cp0.entry_hi & 0xFF)
    if index < 0:
        raise MipsException(access.refill, vaddr)
    entry = cpu.tlb[index]
    lo = page_of(entry, vaddr)
    if lo & ENTRY_VALID == 0:
        raise MipsException(access.invalid, vaddr)
    if access is STORE and lo & ENTRY_DIRTY == 0:
        raise MipsException(Exceptions.TLB_MODIFIED, vaddr)
    return physical(entry, lo, vaddr, cpu.model.pa_mask), (lo >> 3) & 7
