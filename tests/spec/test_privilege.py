"""T1's predicates on ints: what a guest reaches, of any state and any word."""

import random

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from disco.bits import MASK32, MASK64
from disco.mips.address import find_segment
from disco.mips.cp0 import STATUS_EXL, Cp0, mode
from disco.mips.delivery import deliver
from disco.mips.exceptions import EXCEPTIONS, ExceptionKind, Exceptions, MipsException, Vector
from disco.mips.model import MODELS, R4000, R10000, Model
from disco.mips.references import fetch
from disco.mips.step import boundary, execute, step
from disco.mips.table import TABLE, instructions
from disco.mips.tlb import ENTRY_DIRTY, ENTRY_VALID, TlbEntry, matches, page_of, physical
from spec.observation import Hit, Reference
from spec.privilege import (
    CHANGED_BY_BOUNDARY,
    CP0_NAMES,
    LOADS,
    PRIVILEGED,
    STORES,
    VECTORS,
    changed_by,
    in_kernel,
    is_aligned,
    looked_up,
    permits,
    registers_of,
    touches_nothing,
    traps_always,
    unprivileged,
)
from tests.spec.machines import Machine, State, models, numbers, some_words, states, tlb_entries

guests_statuses = st.builds(
    lambda status, ksu, addressing: status & ~0x1000_001E | ksu << 3 | addressing,
    st.integers(0, 0xFFFF_FFFF),
    st.integers(1, 3),
    st.sampled_from([0, 0xE0]),
)
guests = models.flatmap(lambda model: states(model, guests_statuses))
seeds = st.integers(0, MASK32)


def changes(before: Cp0, after: Cp0) -> dict[str, int]:
    """Give the bits of each register that changed."""
    bits = {name: getattr(before, name) ^ getattr(after, name) for name in CP0_NAMES}
    return {name: changed for name, changed in bits.items() if changed}


def only(changed: dict[str, int], allowed: dict[str, int]) -> bool:
    return all(bits & ~allowed.get(name, 0) == 0 for name, bits in changed.items())


def check_references(machine: Machine) -> None:
    """Every reference is aligned, and permitted by an entry found for an address of this space."""
    for reference in machine.memory.references:
        assert is_aligned(reference)
        assert any(
            permits(hit, reference, machine.cpu.model)
            and looked_up(hit, hit.vaddr, machine.cpu.cp0.entry_hi)
            for hit in machine.tlb.hits
        ), f"{reference} by {machine.tlb.hits}"


def visible(machine: Machine) -> dict[str, object]:
    """Give what an instruction that traps must leave alone."""
    cpu = machine.cpu
    return {
        "registers": (cpu.gpr, cpu.fpr, cpu.hi, cpu.lo, cpu.pc, cpu.next_pc, cpu.delay_slot),
        "memory": machine.memory.doublewords,
        "tlb": machine.entries(),
        "cp0": attrs.asdict(cpu.cp0),
    }


@given(state=guests, seed=seeds)
def test_an_instruction_reaches_its_own_pages_alone(state: State, seed: int) -> None:
    """Every instruction of the model, with some operands."""
    for row, word in some_words(state.model, random.Random(seed)):
        machine, untouched = state.build(), state.build()
        before = attrs.evolve(machine.cpu.cp0)
        try:
            execute(machine.cpu, word)
        except MipsException:
            assert visible(machine) == visible(untouched), row.name
        else:
            assert not traps_always(row), row.name
            assert only(changes(before, machine.cpu.cp0), changed_by(row, state.model)), row.name
            assert machine.entries() == untouched.entries(), row.name
            assert (machine.cpu.gpr[0], machine.cpu.hi >> 64) == (0, 0), row.name
        assert not (touches_nothing(row) and (machine.tlb.hits or machine.memory.references))
        check_references(machine)


@given(state=guests)
def test_a_fetch_reaches_its_own_pages_alone(state: State) -> None:
    machine = state.build()
    before = attrs.evolve(machine.cpu.cp0)
    try:
        fetch(machine.cpu)
    except MipsException:
        assert not machine.memory.references
    else:
        assert [(each.store, each.size) for each in machine.memory.references] == [(False, 4)]
        assert looked_up(machine.tlb.hits[0], machine.cpu.pc, before.entry_hi)
    assert changes(before, machine.cpu.cp0) == {}
    check_references(machine)


@given(state=guests)
def test_the_boundary_changes_time_and_pins(state: State) -> None:
    machine = state.build()
    before, entries = attrs.evolve(machine.cpu.cp0), machine.entries()
    try:
        boundary(machine.cpu)
    except MipsException as exception:
        assert exception.kind in (Exceptions.INTERRUPT, Exceptions.WATCH)  # noqa: PT017
    assert only(changes(before, machine.cpu.cp0), CHANGED_BY_BOUNDARY)
    assert machine.entries() == entries
    assert not machine.memory.references


@given(state=guests)
def test_a_step_keeps_the_mode_or_enters_the_kernel(state: State) -> None:
    """The composition of the parts."""
    machine = state.build()
    before = attrs.evolve(machine.cpu.cp0)
    taken = step(machine.cpu, machine.cpu.inputs)
    after = machine.cpu.cp0
    if taken is None:
        assert mode(after.status) is mode(before.status)
        allowed = CHANGED_BY_BOUNDARY | {"lladdr": -1}
    else:
        assert in_kernel(after.status)
        assert machine.cpu.pc in VECTORS[taken.kind.vector]
        listed = registers_of(taken.kind, exl=False)
        allowed = {n: CHANGED_BY_BOUNDARY.get(n, 0) | listed.get(n, 0) for n in CP0_NAMES}
    assert only(changes(before, after), allowed)
    check_references(machine)


def delivered(state: State, exception: MipsException) -> tuple[Machine, Cp0]:
    machine = state.build()
    before = attrs.evolve(machine.cpu.cp0)
    deliver(machine.cpu, exception)
    return machine, before


@given(
    state=models.flatmap(lambda model: states(model, st.integers(0, 0xFFFF_FFFF))),
    failing=numbers,
    unit=st.integers(0, 3),
)
def test_an_exception_enters_the_kernel_and_changes_what_it_lists(
    state: State, failing: int, unit: int
) -> None:
    """Every exception, in any mode, under EXL and ERL too."""
    mapped = find_segment(state.model, state.cp0["status"], failing) is not None
    untouched = state.build()
    for kind in EXCEPTIONS:
        if kind.vector is Vector.REFILL and not mapped:
            continue
        machine, before = delivered(state, MipsException(kind, failing, unit))
        cpu = machine.cpu
        assert in_kernel(cpu.cp0.status)
        assert cpu.pc in VECTORS[kind.vector]
        assert not cpu.delay_slot
        listed = registers_of(kind, before.status & STATUS_EXL != 0)
        assert only(changes(before, cpu.cp0), listed), kind.name
        assert not machine.memory.references
        assert machine.entries() == untouched.entries()
        registers = (cpu.gpr, cpu.fpr, cpu.hi, cpu.lo, cpu.fcr31)
        kept = untouched.cpu
        assert registers == (kept.gpr, kept.fpr, kept.hi, kept.lo, kept.fcr31), kind.name


@pytest.mark.parametrize("kind", EXCEPTIONS, ids=[kind.name for kind in EXCEPTIONS])
def test_what_an_exception_lists_does_change(kind: ExceptionKind) -> None:
    """No register is listed for nothing; a cold reset lists them all because most are undefined."""
    choose = random.Random(0)
    changed = dict.fromkeys(CP0_NAMES, 0)
    for model in (R10000, R4000):
        for _ in range(60):
            values = [choose.getrandbits(64) for _ in range(4)]
            status = choose.getrandbits(32) & ~0x6
            state = plain_state(model, values, status, choose)
            failing = choose.getrandbits(31) if kind.vector is Vector.REFILL else values[0]
            exception = MipsException(kind, failing, choose.randrange(4))
            machine, before = delivered(state, exception)
            for name, bits in changes(before, machine.cpu.cp0).items():
                changed[name] |= bits
    if kind is not Exceptions.RESET:
        listed = registers_of(kind, exl=False)
        assert [name for name in listed if not changed[name] & listed[name]] == []


def plain_state(model: Model, values: list[int], status: int, choose: random.Random) -> State:
    """Make a state with random registers, for what does not depend on anything drawn."""
    return State(
        model=model,
        gpr=[0] * 32,
        fpr=[0] * 32,
        cp0={"status": status, "epc": values[1], "context": values[2], "xcontext": values[3]},
        plain={"pc": values[0] & ~3},
        flags={"delay_slot": choose.random() < 0.5},
        entries={},
        memory={},
        silent=frozenset(),
        vaddr=0,
        numbers=values,
        ticks=0,
        lines=0,
        events=(0, 0),
    )


@st.composite
def lookups(draw: st.DrawFn) -> tuple[Model, Hit]:
    """Draw an entry and an address that may or may not be its own."""
    model = draw(models)
    entry = draw(tlb_entries(model))
    page = draw(st.integers(0, 0x3FF_FFFF) | st.just(0) | st.integers(0, 62).map(lambda n: 1 << n))
    vaddr = (entry.vpn2 ^ page) & MASK64
    return model, Hit(vaddr, draw(st.sampled_from([entry.asid, 0, 1])), entry)


def granted(model: Model, hit: Hit, store: bool) -> int | None:
    """Give the doubleword that the processor's own TLB functions grant, None if none."""
    entry = hit.entry
    if not matches(entry, hit.vaddr & model.pair_mask, hit.asid):
        return None
    lo = page_of(entry, hit.vaddr)
    if lo & ENTRY_VALID == 0 or (store and lo & ENTRY_DIRTY == 0):
        return None
    return physical(entry, lo, hit.vaddr, model.pa_mask) & ~7


@given(drawn=lookups(), store=st.booleans(), wrong=st.integers(0, 39).map(lambda n: 1 << n))
@example((R10000, Hit(0x2000, 0, TlbEntry(True, 0, 0x2000, 0, False, 6, 6))), True, 8)
@example((R4000, Hit(0x3000, 1, TlbEntry(True, 0, 0x2000, 0, True, 6, 4))), False, 8)
def test_permits_is_what_the_tlb_grants(drawn: tuple[Model, Hit], store: bool, wrong: int) -> None:
    """Nothing less, and no other doubleword."""
    model, hit = drawn
    paddr = granted(model, hit, store)
    if paddr is None:
        assert not any(permits(hit, Reference(store, each, 1), model) for each in (0, wrong))
        return
    assert permits(hit, Reference(store, paddr | 7, 1), model)
    if wrong > 7:
        assert not permits(hit, Reference(store, paddr ^ wrong, 1), model)


def test_what_the_instructions_are() -> None:
    """The lists name instructions, and no others trap or refer to memory."""
    names = {row.name for row in TABLE}
    assert names >= PRIVILEGED | LOADS | STORES
    for model in MODELS.values():
        for row in instructions(model):
            assert traps_always(row) == (row.name in PRIVILEGED)
            assert touches_nothing(row) == (row.name not in LOADS and row.name not in STORES)


@pytest.mark.parametrize(
    ("status", "is_guest"),
    [(0x00, False), (0x08, True), (0x10, True), (0x18, True), (0x0A, False), (0x14, False),
     (0x1000_0010, False)],
)  # fmt: skip
def test_what_an_unprivileged_state_is(status: int, is_guest: bool) -> None:
    assert unprivileged(status) is is_guest
