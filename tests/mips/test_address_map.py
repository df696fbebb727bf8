"""The address map of each mode, at the boundaries of every segment and with each enabling bit.

The tables here are written down from the manuals (R10000 chapter 16, R4000 chapter 4), segment by
segment, with the bits that enable it; every other address is an address error.
"""

from itertools import product

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from disco.mips.address import Access, translate
from disco.mips.exceptions import Exceptions, MipsException
from disco.mips.model import MODELS, R4000, R10000, Model
from tests.mips.machine import machine

KX, SX, UX, EXL, ERL = 0x80, 0x40, 0x20, 0x2, 0x4
KERNEL, SUPERVISOR, USER = 0x00, 0x08, 0x10
M1 = 0xFFFF_FFFF_FFFF_FFFF
TLB, UNMAPPED = "mapped", "unmapped"
CONFIG_K0 = 5


@attrs.frozen
class Row:
    """A segment: first and last address, and the bits of Status it needs (1) and refuses (0)."""

    low: int
    high: int
    how: str
    ones: int = 0
    zeros: int = 0


def _kernel(top: int, ux: int, sx: int) -> list[Row]:
    """The kernel's map with segments that end at `top`; `ux` and `sx` gate the others' spaces."""
    return [
        Row(0, 0x7FFF_FFFF, TLB, zeros=ERL),
        Row(0, 0x7FFF_FFFF, UNMAPPED, ones=ERL),
        Row(0x8000_0000, top, TLB, KX | ux, zeros=ERL),
        Row(0x4000_0000_0000_0000, 0x4000_0000_0000_0000 + top, TLB, KX | sx),
        Row(0xC000_0000_0000_0000, 0xC000_0000_0000_0000 + top - 0x8000_0000, TLB, KX),
        Row(0xFFFF_FFFF_8000_0000, 0xFFFF_FFFF_9FFF_FFFF, UNMAPPED),
        Row(0xFFFF_FFFF_A000_0000, 0xFFFF_FFFF_BFFF_FFFF, UNMAPPED),
        Row(0xFFFF_FFFF_C000_0000, 0xFFFF_FFFF_DFFF_FFFF, TLB),
        Row(0xFFFF_FFFF_E000_0000, M1, TLB),
    ]


TOP_R10000, TOP_R4000 = 0x0FFF_FFFF_FFFF, 0x00FF_FFFF_FFFF
MAPS: dict[tuple[str, int], list[Row]] = {
    ("R10000", USER): [
        Row(0, 0x7FFF_FFFF, TLB),
        Row(0x8000_0000, TOP_R10000, TLB, UX),
    ],
    ("R10000", SUPERVISOR): [
        Row(0, 0x7FFF_FFFF, TLB),
        Row(0x8000_0000, TOP_R10000, TLB, SX | UX),
        Row(0x4000_0000_0000_0000, 0x4000_0FFF_FFFF_FFFF, TLB, SX),
        Row(0xFFFF_FFFF_C000_0000, 0xFFFF_FFFF_DFFF_FFFF, TLB),
    ],
    ("R10000", KERNEL): _kernel(TOP_R10000, UX, SX),
    ("R4000", USER): [
        Row(0, 0x7FFF_FFFF, TLB),
        Row(0x8000_0000, TOP_R4000, TLB, UX),
    ],
    ("R4000", SUPERVISOR): [
        Row(0, 0x7FFF_FFFF, TLB),
        Row(0x8000_0000, TOP_R4000, TLB, SX),
        Row(0x4000_0000_0000_0000, 0x4000_00FF_FFFF_FFFF, TLB, SX),
        Row(0xFFFF_FFFF_C000_0000, 0xFFFF_FFFF_DFFF_FFFF, TLB),
    ],
    ("R4000", KERNEL): _kernel(TOP_R4000, 0, 0),
}
XKPHYS_LOW, XKPHYS_HIGH = 0x8000_0000_0000_0000, 0xBFFF_FFFF_FFFF_FFFF

BOUNDARIES = sorted(
    {
        address % 2**64
        for rows in MAPS.values()
        for row in rows
        for edge in (row.low, row.high)
        for address in (edge - 1, edge, edge + 1)
        if not XKPHYS_LOW <= address % 2**64 <= XKPHYS_HIGH
    }
    | {0x2000_0000_0000_0000, 0x7FFF_FFFF_FFFF_FFFF, 0xC000_1000_0000_0000, 0xFFFF_FFFF_0000_0000}
)
STATUSES = [
    ksu | bits | mode
    for ksu, bits, mode in product(
        (KERNEL, SUPERVISOR, USER),
        [k | s | u for k, s, u in product((0, KX), (0, SX), (0, UX))],
        (0, EXL, ERL, EXL | ERL),
    )
]


def _expected(model: Model, status: int, vaddr: int) -> str | None:
    """Read the tables above: how the address is translated, None for an address error."""
    mode = KERNEL if status & (EXL | ERL) else status & 0x18
    for row in MAPS[model.name, mode]:
        enabled = status & row.ones == row.ones and status & row.zeros == 0
        if row.low <= vaddr <= row.high and enabled:
            return row.how
    return None


def _seen(model: Model, status: int, vaddr: int, access: Access) -> str | None:
    """Try a reference on an empty TLB."""
    cpu = machine(model=model, status=status)
    try:
        translate(cpu, vaddr, access)
    except MipsException as exception:
        return {access.address_error: None, access.refill: TLB}[exception.kind]
    return UNMAPPED


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("status", STATUSES, ids=hex)
def test_boundaries(model: Model, status: int) -> None:
    for vaddr in BOUNDARIES:
        expected = _expected(model, status, vaddr)
        assert _seen(model, status, vaddr, Access.LOAD) == expected, hex(vaddr)


@given(
    model=st.sampled_from(list(MODELS.values())),
    status=st.sampled_from(STATUSES),
    vaddr=st.integers(0, M1).filter(lambda vaddr: vaddr >> 62 != 2),
    access=st.sampled_from(list(Access)),
)
def test_anywhere(model: Model, status: int, vaddr: int, access: Access) -> None:
    assert _seen(model, status, vaddr, access) == _expected(model, status, vaddr)


def test_boundaries_cover_both_answers() -> None:
    """Guard against a table that never says yes or never says no."""
    for (name, mode), rows in MAPS.items():
        answers = {_expected(MODELS[name], mode | KX | SX | UX, vaddr) for vaddr in BOUNDARIES}
        assert answers >= {None, *(row.how for row in rows if not row.ones & ERL)}


@pytest.mark.parametrize("access", Access)
def test_the_address_error_of_each_access(access: Access) -> None:
    expected = {
        Access.FETCH: Exceptions.ADDRESS_ERROR_FETCH,
        Access.LOAD: Exceptions.ADDRESS_ERROR_LOAD,
        Access.STORE: Exceptions.ADDRESS_ERROR_STORE,
    }[access]
    with pytest.raises(MipsException) as raised:
        translate(machine(), 0x3000_0000_0000_0000, access)
    assert (raised.value.kind, raised.value.bad_vaddr) == (expected, 0x3000_0000_0000_0000)


UNMAPPED_PLACES = [
    (0xFFFF_FFFF_8000_0000, 0, 0, CONFIG_K0),
    (0xFFFF_FFFF_9FFF_FFFF, 0, 0x1FFF_FFFF, CONFIG_K0),
    (0xFFFF_FFFF_A000_0000, 0, 0, 2),
    (0xFFFF_FFFF_BFC0_0000, 0, 0x1FC0_0000, 2),
    (0, ERL, 0, 2),
    (0x7FFF_FFFF, ERL, 0x7FFF_FFFF, 2),
    (0x7FFF_FFFF, ERL | KX | UX, 0x7FFF_FFFF, 2),
]
"""Virtual address, Status, physical address, cache attribute."""


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize(("vaddr", "status", "paddr", "attribute"), UNMAPPED_PLACES)
def test_unmapped(model: Model, vaddr: int, status: int, paddr: int, attribute: int) -> None:
    cpu = machine(model=model, status=status)
    cpu.cp0.config = cpu.cp0.config & ~7 | CONFIG_K0
    assert translate(cpu, vaddr, Access.LOAD) == (paddr, attribute)


def _xkphys_zeros(model: Model, attribute: int) -> range:
    """The address bits that must be zero (R10000 16.2, R4000 4.2)."""
    if model is R4000:
        return range(36, 59)
    return range(40, 57 if attribute in (2, 7) else 59)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("attribute", range(8))
def test_xkphys(model: Model, attribute: int) -> None:
    """Bits 61:59 are the cache attribute; each bit between them and the physical address."""
    cpu = machine(model=model, status=KX)
    low = 0x0123_4567_89 << 4 & ((1 << _xkphys_zeros(model, attribute).start) - 1)
    base = 2 << 62 | attribute << 59 | low
    assert translate(cpu, base, Access.STORE) == (low, attribute)
    for bit in range(36, 59):
        vaddr = base ^ 1 << bit
        if bit in _xkphys_zeros(model, attribute):
            with pytest.raises(MipsException) as raised:
                translate(cpu, vaddr, Access.STORE)
            assert raised.value.kind is Exceptions.ADDRESS_ERROR_STORE
        else:
            physical = vaddr & (0xFF_FFFF_FFFF if model is R10000 else 0xF_FFFF_FFFF)
            assert translate(cpu, vaddr, Access.STORE) == (physical, attribute)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("status", [status for status in STATUSES if not status & KX], ids=hex)
def test_xkphys_needs_kx(model: Model, status: int) -> None:
    for vaddr in (XKPHYS_LOW, 0x9000_0000_0000_0000, 0xA800_0000_0000_0000):
        assert _seen(model, status, vaddr, Access.LOAD) is None


@pytest.mark.parametrize("ksu", [SUPERVISOR, USER])
def test_xkphys_is_the_kernels(ksu: int) -> None:
    for model in MODELS.values():
        assert _seen(model, ksu | KX | SX | UX, 0x9000_0000_0000_0000, Access.LOAD) is None
        assert _seen(model, ksu | KX | EXL, 0x9000_0000_0000_0000, Access.LOAD) == UNMAPPED


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_ksu_3_is_user_mode(model: Model) -> None:
    """Status.KSU = 3 is undefined; here it is the least privileged mode."""
    for vaddr in BOUNDARIES:
        three, two = (_seen(model, ksu | UX, vaddr, Access.LOAD) for ksu in (0x18, USER))
        assert three == two
