"""The TLB: matching, page sizes, writes, reads, probes, and the models' differences."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from disco.mips.address import Access, translate
from disco.mips.exceptions import ExceptionKind, Exceptions, MipsException
from disco.mips.model import MODELS, R4000, R10000, Model
from disco.mips.processor import Processor
from disco.mips.tlb import ABSENT, TlbEntry, conflicts, invalidated, matches
from disco.mips.tlb_array import TlbArray
from disco.mips.unpredictable import Unpredictable
from tests.mips.machine import Recorded, encode, machine, map_page, run

TLBR, TLBWI, TLBWR, TLBP = (encode(name) for name in ("TLBR", "TLBWI", "TLBWR", "TLBP"))
KX, SX, UX = 0x80, 0x40, 0x20
TS, INDEX_P = 1 << 21, 1 << 31
MASKS = {
    "4K": 0x000, "16K": 0x003, "64K": 0x00F, "256K": 0x03F, "1M": 0x0FF, "4M": 0x3FF, "16M": 0xFFF,
}  # fmt: skip
"""PageMask bits 24:13 for each page size (R10000 14.5)."""
C3, D, V, G = 3 << 3, 4, 2, 1
both_models = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)


def _size(mask: int) -> int:
    return 0x1000 * (mask + 1)


def _write(cpu: Processor, index: int | None, **registers: int) -> None:
    """Write an entry by the instruction; `index` None for TLBWR."""
    for name, value in registers.items():
        setattr(cpu.cp0, name, value)
    if index is not None:
        cpu.cp0.index = index
    cpu.memory.write(cpu.pc & 0x1FFF_FFFF, 4, TLBWR if index is None else TLBWI)
    run(cpu)


def _kind(cpu: Processor, vaddr: int, access: Access) -> ExceptionKind | None:
    try:
        translate(cpu, vaddr, access)
    except MipsException as exception:
        return exception.kind
    return None


@both_models
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_pages_of_every_size(model: Model, mask: int) -> None:
    """Both pages of the pair, their first and last bytes, and the bytes just outside."""
    cpu = machine(model=model)
    size = _size(mask)
    even, odd, pair = 0x0400_0000, 0x0C00_0000, 0x1000_0000
    _write(
        cpu, 0, page_mask=mask << 13, entry_hi=pair,
        entry_lo0=even >> 6 | C3 | D | V | G, entry_lo1=odd >> 6 | 5 << 3 | D | V | G,
    )  # fmt: skip
    assert translate(cpu, pair, Access.STORE) == (even, 3)
    assert translate(cpu, pair + size - 1, Access.STORE) == (even + size - 1, 3)
    assert translate(cpu, pair + size, Access.STORE) == (odd, 5)
    assert translate(cpu, pair + 2 * size - 1, Access.STORE) == (odd + size - 1, 5)
    assert _kind(cpu, pair - 1, Access.STORE) is Exceptions.TLB_REFILL_STORE
    assert _kind(cpu, pair + 2 * size, Access.STORE) is Exceptions.TLB_REFILL_STORE


@both_models
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_frame_bits_below_the_page_size(model: Model, mask: int) -> None:
    """They do not count; the R10000 clears them in the entry, the R4000 keeps them (14.36)."""
    cpu = machine(TLBWI, TLBR, model=model)
    cp0 = cpu.cp0
    cp0.page_mask = mask << 13
    cp0.entry_lo0 = cp0.entry_lo1 = 0x3FFF_FFC0 | V
    run(cpu)
    paddr, _ = translate(cpu, 0x123, Access.LOAD)
    assert paddr == 0xF_FFFF_F000 & ~(_size(mask) - 1) | 0x123
    run(cpu)
    kept = 0x3FFF_FFC0 if model is R4000 else 0x3FFF_FFC0 & ~(mask << 6)
    assert (cp0.entry_lo0, cp0.entry_lo1) == (kept | V, kept | V)


@both_models
def test_the_physical_address_has_the_models_width(model: Model) -> None:
    cpu = machine(model=model)
    _write(cpu, 0, entry_lo0=(1 << 64) - 1)
    top = 0xFF_FFFF_F000 if model is R10000 else 0xF_FFFF_F000
    assert translate(cpu, 0, Access.LOAD) == (top, 7)


@both_models
def test_valid_and_dirty(model: Model) -> None:
    """V = 0 is invalid for every access, D = 0 modified for stores, each half for itself."""
    cpu = machine(model=model)
    _write(cpu, 0, entry_lo0=C3 | V | G, entry_lo1=C3 | D | G)
    assert _kind(cpu, 0, Access.LOAD) is None
    assert _kind(cpu, 0, Access.FETCH) is None
    assert _kind(cpu, 0, Access.STORE) is Exceptions.TLB_MODIFIED
    assert _kind(cpu, 0x1000, Access.LOAD) is Exceptions.TLB_INVALID_LOAD
    assert _kind(cpu, 0x1000, Access.FETCH) is Exceptions.TLB_INVALID_FETCH
    assert _kind(cpu, 0x1000, Access.STORE) is Exceptions.TLB_INVALID_STORE
    assert _kind(cpu, 0x2000, Access.LOAD) is Exceptions.TLB_REFILL_LOAD
    assert _kind(cpu, 0x2000, Access.FETCH) is Exceptions.TLB_REFILL_FETCH
    assert _kind(cpu, 0x2000, Access.STORE) is Exceptions.TLB_REFILL_STORE


@both_models
@pytest.mark.parametrize(
    ("g0", "g1", "is_global"), [(0, 0, False), (0, G, False), (G, 0, False), (G, G, True)]
)
def test_global_is_the_and_of_both_halves(model: Model, g0: int, g1: int, is_global: bool) -> None:
    cpu = machine(model=model)
    _write(cpu, 0, entry_hi=0x12, entry_lo0=V | g0, entry_lo1=V | g1)
    assert _kind(cpu, 0, Access.LOAD) is None
    cpu.cp0.entry_hi = 0x13
    assert _kind(cpu, 0, Access.LOAD) is (None if is_global else Exceptions.TLB_REFILL_LOAD)
    cpu.memory.write(cpu.pc & 0x1FFF_FFFF, 4, TLBR)
    run(cpu)
    assert (cpu.cp0.entry_lo0, cpu.cp0.entry_lo1) == (V | is_global, V | is_global)


@both_models
def test_regions_are_compared(model: Model) -> None:
    """The same VPN2 in xkuseg, xksseg and xkseg are three pages."""
    for region in (0, 1, 3):
        cpu = machine(model=model, status=KX | SX | UX)
        _write(cpu, 0, entry_hi=region << 62 | 0x8000_0000, entry_lo0=V | G, entry_lo1=V | G)
        for other in (0, 1, 3):
            kind = _kind(cpu, other << 62 | 0x8000_0000, Access.LOAD)
            assert kind is (None if other == region else Exceptions.TLB_REFILL_LOAD)


@both_models
def test_every_virtual_page_bit_counts(model: Model) -> None:
    cpu = machine(model=model, status=KX | UX)
    _write(cpu, 0, entry_lo0=V | G, entry_lo1=V | G)
    for bit in range(13, 44 if model is R10000 else 40):
        assert _kind(cpu, 1 << bit, Access.LOAD) is Exceptions.TLB_REFILL_LOAD


@both_models
def test_compatibility_segments_match_sign_extended(model: Model) -> None:
    """An entry for 0xffffffff_c0000000 serves kseg addresses (R = 3, VPN2 all ones above)."""
    cpu = machine(encode("MTC0", rt=1, rd=10), TLBWI, model=model)
    cpu.gpr[1] = 0xFFFF_FFFF_C000_2000
    cpu.cp0.entry_lo0 = cpu.cp0.entry_lo1 = 0x8000 >> 6 | V | G
    run(cpu, 2)
    assert translate(cpu, 0xFFFF_FFFF_C000_2010, Access.LOAD) == (0x8010, 0)


@both_models
@pytest.mark.parametrize("mask", [0, 0x003, 0xFFF])
def test_read_gives_back_what_was_written(model: Model, mask: int) -> None:
    cpu = machine(TLBWI, TLBR, model=model)
    cp0 = cpu.cp0
    cp0.index = 7
    cp0.page_mask = mask << 13
    cp0.entry_hi = 0x4000_0012_3400_0000 | 0x56
    cp0.entry_lo0, cp0.entry_lo1 = 0x0123_4000 << 6 | C3 | D | V, 0x0005_0000 << 6 | 2 << 3 | V | G
    if model is R4000:
        cp0.entry_lo0, cp0.entry_lo1 = cp0.entry_lo0 & 0x3FFF_FFFF, cp0.entry_lo1 & 0x3FFF_FFFF
    else:
        cp0.entry_lo0 |= 3 << 62
    before = (cp0.page_mask, cp0.entry_hi, cp0.entry_lo0, cp0.entry_lo1 & ~G)
    run(cpu)
    cp0.page_mask = cp0.entry_hi = cp0.entry_lo0 = cp0.entry_lo1 = 0
    run(cpu)
    assert (cp0.page_mask, cp0.entry_hi, cp0.entry_lo0, cp0.entry_lo1) == before


@both_models
def test_probe(model: Model) -> None:
    cpu = machine(TLBP, TLBP, TLBP, model=model)
    map_page(cpu, 0x1000_0000, 0, index=9, asid=4, glob=False)
    cpu.cp0.entry_hi = 0x1000_0004
    run(cpu)
    assert cpu.cp0.index == 9
    cpu.cp0.entry_hi = 0x1000_0005
    run(cpu)
    assert cpu.cp0.index & INDEX_P
    cpu.cp0.entry_hi = 0x1000_2004
    run(cpu)
    assert cpu.cp0.index & INDEX_P


@both_models
@pytest.mark.parametrize("last", [False, True])
def test_a_probe_finds_the_first_and_the_last_entry(model: Model, last: bool) -> None:
    index = model.tlb_entries - 1 if last else 0
    cpu = machine(TLBP, model=model)
    map_page(cpu, 0, 0, index=index)
    cpu.cp0.index = INDEX_P
    run(cpu)
    assert cpu.cp0.index == index


@both_models
def test_a_probe_does_not_ask_for_v(model: Model) -> None:
    cpu = machine(TLBP, model=model)
    map_page(cpu, 0, 0, index=3, flags=0)
    run(cpu)
    assert cpu.cp0.index == 3


@both_models
def test_random_write(model: Model) -> None:
    """TLBWR writes where Random says, an input."""
    cpu = machine(TLBWR, model=model)
    cpu.cp0.wired = 8
    cpu.cp0.entry_hi = 0x5000_0000
    run(cpu, inputs=Recorded(random_value=20))
    assert [index for index in range(cpu.tlb.size) if cpu.tlb[index].present] == [20]


@both_models
@pytest.mark.parametrize("wrong", [7, 64, -1])
def test_random_stays_between_wired_and_the_last(model: Model, wrong: int) -> None:
    cpu = machine(TLBWR, model=model)
    cpu.cp0.wired = 8
    run(cpu, inputs=Recorded(random_value=wrong))
    assert cpu.tlb[model.tlb_entries - 1].present


def test_sizes() -> None:
    assert machine(model=R10000).tlb.size == 64
    assert machine(model=R4000).tlb.size == 48


@pytest.mark.parametrize("index", [48, 63])
def test_an_index_beyond_the_last_is_open(index: int) -> None:
    """Only on the R4000; by default nothing happens."""
    for answer, used in ((-1, None), (48, None), (0, 0), (47, 47)):
        inputs = Recorded(answers={Unpredictable.TLB_INDEX: answer})
        cpu = machine(TLBWI, TLBR, model=R4000)
        cpu.cp0.index, cpu.cp0.entry_hi = index, 0x6000_0000
        run(cpu, inputs=inputs)
        present = [number for number in range(48) if cpu.tlb[number].present]
        assert present == ([] if used is None else [used])
        cpu.cp0.entry_hi = 0
        run(cpu, inputs=inputs)
        assert cpu.cp0.entry_hi == (0 if used is None else 0x6000_0000)
        assert inputs.asked == [Unpredictable.TLB_INDEX] * 2


def test_framemask() -> None:
    """A one in FrameMask clears the PFN bit 18 places up, in both halves; UC stays (14.36)."""
    for bit in range(16):
        cpu = machine(TLBWI)
        cpu.cp0.frame_mask = 1 << bit
        cpu.cp0.entry_lo0 = cpu.cp0.entry_lo1 = 0xC000_0003_FFFF_FFFF
        run(cpu)
        expected = 0xC000_0003_FFFF_FFFE & ~(1 << (18 + bit))
        assert (cpu.tlb[0].lo0, cpu.tlb[0].lo1) == (expected, expected)


def _fill(cpu: Processor, *entries: TlbEntry) -> None:
    for index, entry in enumerate(entries):
        cpu.tlb[index] = entry


def _entry(vpn2: int, *, mask: int = 0, asid: int = 1, glob: bool = False) -> TlbEntry:
    return TlbEntry(
        present=True, mask=mask << 13, vpn2=vpn2, asid=asid, glob=glob, lo0=V, lo1=V
    )  # fmt: skip


CONFLICTS = [
    (_entry(0x2000), True, "the same"),
    (_entry(0x4000), False, "the next pair"),
    (_entry(0x2000, asid=2), False, "another address space"),
    (_entry(0x2000, asid=2, glob=True), True, "a global one"),
    (_entry(0, mask=3, asid=1), True, "a larger page around it"),
    (_entry(0x8000, mask=3, asid=1), False, "a larger page beside it"),
    (_entry(0x4000_0000_0000_2000), False, "another region"),
    (attrs.evolve(_entry(0x2000), present=False), False, "an absent one"),
]


@pytest.mark.parametrize(("old", "dies", "_name"), CONFLICTS, ids=[name for *_, name in CONFLICTS])
def test_a_write_invalidates_what_it_conflicts_with(old: TlbEntry, dies: bool, _name: str) -> None:
    """R10000 14.10: whatever its index, wired or not; TS tells."""
    for index in (0, 63):
        cpu = machine(TLBWI)
        cpu.tlb[index] = old
        cpu.cp0.wired = 8
        cpu.cp0.status |= 0 if dies else TS
        cpu.cp0.index, cpu.cp0.entry_hi = 30, 0x2001
        cpu.cp0.entry_lo0 = cpu.cp0.entry_lo1 = V
        run(cpu)
        assert cpu.tlb[index].present == (old.present and not dies)
        assert bool(cpu.cp0.status & TS) == dies
        assert cpu.tlb[30].present


def test_a_global_write_conflicts_with_every_address_space() -> None:
    cpu = machine(TLBWI)
    _fill(cpu, _entry(0x2000, asid=1), _entry(0x2000, asid=2), _entry(0x4000, asid=3))
    cpu.cp0.index, cpu.cp0.entry_hi = 40, 0x2009
    cpu.cp0.entry_lo0 = cpu.cp0.entry_lo1 = V | G
    run(cpu)
    assert [cpu.tlb[index].present for index in range(3)] == [False, False, True]


def test_a_large_page_kills_all_that_lie_in_it() -> None:
    cpu = machine(TLBWI)
    _fill(cpu, *(_entry(0x2000 * number) for number in range(6)))
    cpu.cp0.index, cpu.cp0.entry_hi, cpu.cp0.page_mask = 40, 1, 3 << 13
    run(cpu)
    assert [cpu.tlb[index].present for index in range(6)] == [False] * 4 + [True] * 2


def test_overwriting_an_entry_is_no_conflict() -> None:
    cpu = machine(TLBWI)
    cpu.tlb[5] = _entry(0x2000)
    cpu.cp0.index, cpu.cp0.entry_hi, cpu.cp0.status = 5, 0x2001, cpu.cp0.status | TS
    run(cpu)
    assert cpu.tlb[5].present
    assert cpu.cp0.status & TS == 0


def test_the_r4000_keeps_duplicates() -> None:
    """There two entries that match are the program's fault; the lower index is used."""
    cpu = machine(TLBWI, model=R4000)
    cpu.tlb[9] = _entry(0x2000)
    cpu.cp0.index, cpu.cp0.entry_hi = 5, 0x2001
    run(cpu)
    assert cpu.tlb[9].present
    assert cpu.cp0.status & TS == 0
    assert cpu.tlb.find(0x2000, 1) == 5


pairs = st.integers(0, 15).map(lambda number: number << 13)
masks = st.sampled_from([0, 0, 3, 15]).map(lambda mask: mask << 13)
entries = st.builds(
    TlbEntry,
    present=st.sampled_from([True, True, True, False]),
    mask=masks,
    vpn2=st.builds(lambda region, pair: region << 62 | pair, st.sampled_from([0, 3]), pairs),
    asid=st.integers(0, 2),
    glob=st.booleans(),
    lo0=st.just(V),
    lo1=st.just(V),
)


@given(
    writes=st.lists(st.tuples(st.integers(0, 7), entries), max_size=30),
    probes=st.lists(
        st.tuples(st.sampled_from([0, 3 << 62]), pairs, st.integers(0, 2)), max_size=10
    ),
    killed=st.integers(0, 3),
)
def test_the_index_finds_what_a_scan_finds(
    writes: list[tuple[int, TlbEntry]], probes: list[tuple[int, int, int]], killed: int
) -> None:
    """The concrete search agrees with the predicate, after any writes and bulk changes."""
    tlb, plain = TlbArray(R10000), [ABSENT] * 64
    for index, entry in writes:
        tlb[index] = entry
        plain[index] = entry
    tlb.change(lambda entry: entry.asid == killed, invalidated)
    plain = [invalidated(entry) if entry.asid == killed else entry for entry in plain]
    assert [tlb[index] for index in range(64)] == plain
    assert tlb.any(lambda entry: entry.present) == any(entry.present for entry in plain)
    for region, pair, asid in probes:
        found = [index for index, entry in enumerate(plain) if matches(entry, region | pair, asid)]
        assert tlb.find(region | pair, asid) == (found[0] if found else -1)


@given(one=entries, other=entries)
def test_entries_conflict_when_some_page_matches_both(one: TlbEntry, other: TlbEntry) -> None:
    """Against a search over all pages and address spaces in reach."""
    common = any(
        matches(one, region << 62 | pair << 13, asid)
        and matches(other, region << 62 | pair << 13, asid)
        for region in range(4)
        for pair in range(16)
        for asid in range(3)
    )
    assert conflicts(one, other) == common


@given(writes=st.lists(st.tuples(st.integers(0, 63), entries), max_size=12))
def test_on_the_r10000_two_entries_never_match(writes: list[tuple[int, TlbEntry]]) -> None:
    cpu = machine()
    for index, entry in writes:
        _write(
            cpu, index, page_mask=entry.mask, entry_hi=entry.vpn2 | entry.asid,
            entry_lo0=V | entry.glob, entry_lo1=V | entry.glob,
        )  # fmt: skip
    present = [cpu.tlb[index] for index in range(64) if cpu.tlb[index].present]
    assert not any(
        conflicts(one, other)
        for number, one in enumerate(present)
        for other in present[number + 1 :]
    )
