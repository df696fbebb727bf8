"""T2's statement on ints: a guest's virtual processor and the real one, step for step."""

import random

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from disco.bits import MASK32
from disco.mips.address import Access, translate
from disco.mips.cp0 import WATCH_READ, WATCH_WRITE, Cp0
from disco.mips.exceptions import EXCEPTIONS, Exceptions, MipsException
from disco.mips.inputs import Inputs
from disco.mips.model import R10000
from disco.mips.processor import Processor
from disco.mips.references import fetch
from disco.mips.step import execute
from disco.mips.table import BY_NAME
from disco.mips.tlb import TlbEntry
from disco.monitor.status import hardware_status
from spec.privilege import traps_always
from spec.virtualization import (
    ADDRESSING_DIFFERENCES,
    SEGMENTS_64,
    USER_SPACE,
    XKSSEG,
    addressing_difference,
    is_forwarded,
    is_watched,
    monitor_resolves,
    uses_translation,
)
from tests.spec.machines import SEGMENT_ENDS, Answers, Machine, State, some_words, states

WATCHES = WATCH_READ | WATCH_WRITE
statuses = st.builds(
    lambda status, low: status & ~0x1F | low,
    st.integers(0, MASK32),
    st.sampled_from([0x00, 0x08, 0x10, 0x18]) | st.integers(0, 31),
)
guests = states(R10000, statuses)
seeds = st.integers(0, MASK32)


class Witness(Answers):
    """The real processor's inputs, and an SC that fails where the real link is lost."""

    def __init__(self, state: State, real_link: bool) -> None:
        super().__init__(state.numbers, state.ticks, state.lines, state.events)
        self._real_link = real_link

    def store_conditional(self) -> bool:
        """Let the SC succeed where the real one may."""
        return super().store_conditional() and self._real_link


def run_pair(state: State, link_kept: bool) -> tuple[Machine, Machine]:
    """Build the virtual processor of a guest, and the real one with the same TLB."""
    virtual, real = state.build(), state.build()
    real.cpu.cp0.status = hardware_status(virtual.cpu.cp0.status)
    real.cpu.cp0.watch_lo &= ~WATCHES
    real.cpu.link = virtual.cpu.link and link_kept
    virtual.cpu.inputs = Witness(state, real.cpu.link)
    return virtual, real


def agrees(virtual: Processor, real: Machine, access: Access) -> bool:
    """Tell whether the conditions of T2 hold for the addresses that the real processor hit."""
    for hit in tuple(real.tlb.hits):
        if addressing_difference(virtual.cp0.status, hit.vaddr) is not None:
            return False
        try:
            paddr, _ = translate(real.cpu, hit.vaddr, access)
        except MipsException:
            continue
        if access is not Access.FETCH and is_watched(virtual.cp0, paddr, access is Access.STORE):
            return False
    return True


def run(cpu: Processor, word: int) -> MipsException | None:
    try:
        execute(cpu, word)
    except MipsException as exception:
        return exception
    return None


def guest_state(machine: Machine) -> dict[str, object]:
    """Give what the guest could see of its processor, apart from coprocessor 0 and the link."""
    cpu = machine.cpu
    names = "pc", "next_pc", "delay_slot", "hi", "lo", "fcr31", "watch_pending", "timer_pending"
    return {
        **{name: getattr(cpu, name) for name in names},
        "gpr": cpu.gpr,
        "fpr": cpu.fpr,
        "memory": {a: v for a, v in machine.memory.doublewords.items() if v},
    }


@given(state=guests, seed=seeds, link_kept=st.booleans())
def test_direct_execution_means_what_the_virtual_mode_means(
    state: State, seed: int, link_kept: bool
) -> None:
    for row, word in some_words(R10000, random.Random(seed)):
        virtual, real = run_pair(state, link_kept)
        raised = run(real.cpu, word)
        if not uses_translation(row):
            assert not real.tlb.hits
        if raised is None:
            assert not traps_always(row), row.name
        elif not is_forwarded(raised.kind, raised.coprocessor):
            assert monitor_resolves(row, word, raised.kind), f"{row.name}: {raised.kind.name}"
            continue
        stores = any(reference.store for reference in real.memory.references)
        if not agrees(virtual.cpu, real, Access.STORE if stores else Access.LOAD):
            continue
        before, entries = attrs.evolve(virtual.cpu.cp0), virtual.entries()
        expected = run(virtual.cpu, word)
        assert outcome(expected) == outcome(raised), f"{row.name} {word:#010x}"
        assert guest_state(virtual) == guest_state(real), row.name
        assert (virtual.cpu.cp0, virtual.entries()) == (before, entries), row.name
        if real.cpu.link:
            assert virtual.cpu.link, row.name
            assert virtual.cpu.link_address == real.cpu.link_address, row.name


def outcome(raised: MipsException | None) -> object:
    return raised and (raised.kind.name, raised.coprocessor)


@given(state=guests)
def test_a_fetch_means_what_the_virtual_mode_means(state: State) -> None:
    virtual, real = run_pair(state, True)
    try:
        word = fetch(real.cpu)
    except MipsException:
        return
    if agrees(virtual.cpu, real, Access.FETCH):
        assert fetch(virtual.cpu) == word


def translated(machine: Machine, vaddr: int, access: Access) -> tuple[int, int] | str:
    try:
        return translate(machine.cpu, vaddr, access)
    except MipsException as exception:
        return exception.kind.name


@given(state=guests, access=st.sampled_from(Access), status=statuses)
def test_the_modes_differ_only_where_the_specification_says(
    state: State, access: Access, status: int
) -> None:
    """With one TLB, at the ends of all segments."""
    for base in (*SEGMENT_ENDS, state.vaddr):
        entry = TlbEntry(True, 0, base & R10000.pair_mask, 0, True, 0x1006, 0x2006)
        for vaddr in (base, entry.vpn2, entry.vpn2 | 0x1008):
            guest = attrs.evolve(
                state, cp0={**state.cp0, "status": status}, entries={0: entry}, vaddr=vaddr
            )
            virtual, real = run_pair(guest, True)
            granted = translated(real, vaddr, access)
            if not isinstance(granted, str) and translated(virtual, vaddr, access) != granted:
                assert addressing_difference(status, vaddr) is not None


def machine_with_page(status: int, vaddr: int, **cp0: int) -> tuple[Machine, Machine]:
    """Build a guest whose page at `vaddr` lies at 0x5000 in the one TLB that there is."""
    entry = TlbEntry(True, 0, vaddr & R10000.pair_mask, 0, True, 5 << 6 | 6, 5 << 6 | 6)
    state = State(
        model=R10000, gpr=[0, vaddr, *[7] * 30], fpr=[0] * 32, cp0={"status": status, **cp0},
        plain={}, flags={"link": True}, entries={0: entry}, memory={0xA00: 9}, silent=frozenset(),
        vaddr=vaddr, numbers=[1], ticks=0, lines=0, events=(0, 0),
    )  # fmt: skip
    return run_pair(state, True)


@pytest.mark.parametrize(
    ("difference", "status", "vaddr", "virtually"),
    [
        (USER_SPACE, 0x04, 0x3000, (0x3000, 2)),
        (SEGMENTS_64, 0x60, 0x1_0000_0000, "Address error (load)"),
        (XKSSEG, 0xA0, 1 << 62, "Address error (load)"),
    ],
)
def test_each_difference_is_one(
    difference: str, status: int, vaddr: int, virtually: tuple[int, int] | str
) -> None:
    """In each the real processor hits, and the guest's would have done otherwise."""
    virtual, real = machine_with_page(status, vaddr)
    assert translated(real, vaddr, Access.LOAD) == (0x5000, 0)
    assert translated(virtual, vaddr, Access.LOAD) == virtually
    assert addressing_difference(status, vaddr) == difference
    assert difference in ADDRESSING_DIFFERENCES


def test_a_watch_is_missed_without_its_condition() -> None:
    virtual, real = machine_with_page(0x10, 0x3000, watch_lo=0x5000 | WATCH_READ)
    load = BY_NAME["LW"].encode(1, 2, 0)
    assert is_watched(virtual.cpu.cp0, 0x5000, store=False)
    assert not is_watched(virtual.cpu.cp0, 0x5000, store=True)
    assert not is_watched(virtual.cpu.cp0, 0x5008, store=False)
    assert run(real.cpu, load) is None
    missed = run(virtual.cpu, load)
    assert missed is not None
    assert missed.kind is Exceptions.WATCH


def test_a_conditional_store_fails_for_want_of_the_real_link() -> None:
    """Which is why its outcome is an input."""
    virtual, real = machine_with_page(0x10, 0x3000)
    virtual.cpu.link_address = real.cpu.link_address = 0x5000
    real.cpu.link = False
    virtual.cpu.inputs = Inputs()
    store = BY_NAME["SC"].encode(1, 2, 0)
    assert run(real.cpu, store) is run(virtual.cpu, store) is None
    assert (real.cpu.gpr[2], virtual.cpu.gpr[2]) == (0, 1)


def test_which_traps_are_the_guests_own() -> None:
    """All that have nothing to do with addresses, coprocessor 0 or the boundary."""
    forwarded = {kind.name for kind in EXCEPTIONS if is_forwarded(kind, 1)}
    assert forwarded == {
        "Coprocessor unusable", "Reserved instruction", "Integer overflow", "Trap", "System call",
        "Breakpoint", "Floating point",
    }  # fmt: skip
    assert not is_forwarded(Exceptions.COPROCESSOR_UNUSABLE, 0)


def test_watching_a_doubleword() -> None:
    """The physical address is 40 bits, in two registers."""
    cp0 = Cp0(watch_hi=0xAB, watch_lo=0x1234_5678 | WATCH_WRITE)
    assert is_watched(cp0, 0xAB_1234_567F, store=True)
    assert not is_watched(cp0, 0x12_3456_7678, store=True)
