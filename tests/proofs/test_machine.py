"""The symbolic ports against the concrete ones: the same questions have the same answers."""

import random
from collections.abc import Callable, Sequence

import attrs
import z3
from hypothesis import given
from hypothesis import strategies as st

from disco.bits import MASK64
from disco.machine.sparse import SparseMemory
from disco.mips.inputs import Inputs
from disco.mips.model import MODELS, Model
from disco.mips.processor import BusError, Memory
from disco.mips.tlb import Tlb, TlbEntry, conflicts, invalidated
from disco.mips.unpredictable import Unpredictable
from disco.oracle.state import RecordedInputs
from proofs.explore import Path, explore
from proofs.machine import SymInputs, SymMemory, SymTlb
from proofs.symbolic import concrete, deciding, symbol
from tests.proofs.in_model import InModel, holds
from tests.proofs.random_states import (
    Choices,
    NotedTlb,
    entry_of,
    random_fields,
    set_fields,
    set_value,
    set_words,
)

models = st.sampled_from(list(MODELS.values()))
values = st.integers(0, MASK64)


@attrs.frozen
class Use:
    """A use of a memory: which, and the unknowns' values."""

    kind: str
    size: int
    address: int
    value: int
    mask: int


uses = st.builds(
    Use,
    kind=st.sampled_from(["read", "write", "write_masked"]),
    size=st.sampled_from([1, 2, 4, 8]),
    address=st.integers(0, 0x1F),
    value=values,
    mask=st.sampled_from([0, 0xFF, 0xFF00, 0xFFFF_00FF, MASK64, 0xFF << 56]),
)


def use(memory: Memory, what: Use, address: int, value: int, mask: int) -> object:
    """Use a memory at an aligned address; give what it answers."""
    full = (1 << 8 * what.size) - 1
    place = address & ~(what.size - 1)
    try:
        if what.kind == "read":
            return memory.read(place, what.size)
        if what.kind == "write":
            memory.write(place, what.size, value & full)
        else:
            memory.write_masked(place, what.size, value & full, mask & full)
    except BusError:
        return "nothing answers"
    return None


@given(
    sequence=st.lists(uses, max_size=6),
    contents=st.dictionaries(st.integers(0, 3), values),
    silent=st.frozensets(st.integers(0, 3), max_size=2),
)
def test_memory(sequence: list[Use], contents: dict[int, int], silent: frozenset[int]) -> None:
    """Reads and writes at unknown addresses, overlapping or not."""
    model = z3.Model()
    set_words(model, "memory", 61, 64, contents)
    set_words(model, "memory.answers", 61, 1, dict.fromkeys(silent, 0), default=1)
    symbolic, on_ints = SymMemory(), SparseMemory(dict(contents), silent)
    with deciding(InModel(model)):
        for number, what in enumerate(sequence):
            unknowns = [f"{name}{number}" for name in ("address", "value", "mask")]
            for name, value in zip(unknowns, (what.address, what.value, what.mask), strict=True):
                set_value(model, name, 64, value)
            answer = use(symbolic, what, *(symbol(name, 64) for name in unknowns))
            expected = use(on_ints, what, what.address, what.value, what.mask)
            assert concrete(answer, model) == expected
    for address in range(4):
        found = concrete(symbolic.words[address], model)
        assert found == on_ints.doublewords.get(address, 0)
    stores = [reference.store for reference in symbolic.references]
    answered = [each for each in sequence if each.address >> 3 not in silent]
    assert stores == [each.kind != "read" for each in answered]
    assert len(symbolic.asked) == len(sequence)


Question = Callable[[Tlb, Sequence[int]], object]
"""Asks a TLB something, or changes it, with some unknown numbers."""


def ask_find(tlb: Tlb, numbers: Sequence[int]) -> object:
    return tlb.find(numbers[0], numbers[1] & 0xFF)


def ask_any_valid(tlb: Tlb, numbers: Sequence[int]) -> object:
    return tlb.any(lambda entry: entry.present and entry.lo0 & 2 == numbers[1] & 2)


def ask_entry(tlb: Tlb, numbers: Sequence[int]) -> object:
    return attrs.astuple(tlb[numbers[1] & 0x1F])


def copy_entry(tlb: Tlb, numbers: Sequence[int]) -> object:
    entry = tlb[numbers[1] & 0x1F]
    tlb[numbers[2] & 0x1F] = attrs.evolve(entry, present=True, asid=numbers[1] & 0xFF)
    return None


def kill_conflicts(tlb: Tlb, numbers: Sequence[int]) -> object:
    entry = tlb[numbers[2] & 0x1F]
    tlb.change(lambda other: conflicts(other, entry), invalidated)
    return None


QUESTIONS: tuple[Question, ...] = (
    ask_find, ask_any_valid, ask_entry, copy_entry, kill_conflicts,
)  # fmt: skip


def answers(tlb: Tlb, questions: Sequence[Question], numbers: Sequence[int]) -> list[object]:
    return [question(tlb, numbers) for question in questions]


def evaluated(answer: object, model: z3.ModelRef) -> object:
    if isinstance(answer, tuple):
        return tuple(concrete(part, model) for part in answer)
    return concrete(answer, model)


@given(
    model=models,
    questions=st.lists(st.sampled_from(QUESTIONS), min_size=1, max_size=4),
    seed=st.integers(0, 0xFFFF_FFFF),
)
def test_tlb(model: Model, questions: list[Question], seed: int) -> None:
    """Any questions after one another: one path has the answers that a concrete TLB gives.

    Whichever entry a search finds counts as chosen; a search for the same finds the same, so that
    the concrete TLB is asked for an address once between changes.
    """
    choose = random.Random(seed)
    fields = {choose.randrange(32): random_fields(model, choose) for _ in range(4)}
    one = choose.choice(list(fields.values()))
    vaddr = one["region"] << 62 | one["vpn2"] << 13 | choose.getrandbits(13)
    numbers = vaddr, choose.choice([one["asid"], *fields]), choose.choice(list(fields))
    choices = Choices()
    on_ints = NotedTlb(model, choices)
    for index, each in fields.items():
        on_ints[index] = entry_of(model, each)
    expected = answers(on_ints, without_repeats(questions), numbers)

    state = z3.Model()
    set_fields(state, model, fields)
    for number, value in enumerate(numbers):
        set_value(state, f"number{number}", 64, value)
    for name, width, value in choices.values:
        set_value(state, name, width, value)
    paths: list[Path[list[object]]] = list(
        explore(
            lambda: answers(
                SymTlb(model),
                without_repeats(questions),
                [symbol(f"number{number}", 64) for number in range(3)],
            )
        )
    )
    taken = [
        path for path in paths if all(holds(fact, state) for fact in path.complete_condition())
    ]
    assert len(taken) == 1
    found = taken[0].result
    assert found is not None
    assert [evaluated(answer, state) for answer in found] == expected


def without_repeats(questions: Sequence[Question]) -> list[Question]:
    """Leave out what asks for the same address again while nothing has changed."""
    kept: list[Question] = []
    found = False
    for question in questions:
        if question is ask_find and found:
            continue
        kept.append(question)
        found = (found or question is ask_find) and question not in (copy_entry, kill_conflicts)
    return kept


@given(model=models, seed=st.integers(0, 0xFFFF_FFFF), index=st.integers(0, 47))
def test_an_unknown_entry_is_one_that_the_processor_can_hold(
    model: Model, seed: int, index: int
) -> None:
    fields = random_fields(model, random.Random(seed))
    state = z3.Model()
    set_fields(state, model, {index: fields})
    with deciding(InModel(state)):
        entry = SymTlb(model)[index]
        found = TlbEntry(**{name: concrete(v, state) for name, v in attrs.asdict(entry).items()})
    assert found == entry_of(model, fields)
    assert found.vpn2 & ~model.pair_mask == 0


def ask_inputs(inputs: Inputs, order: Sequence[int]) -> list[object]:
    questions: list[Callable[[], object]] = [
        lambda: inputs.random(8, 63),
        inputs.store_conditional,
        lambda: inputs.unpredictable(Unpredictable.NOT_A_WORD, 0),
        inputs.cache_error,
        lambda: inputs.cache_tag(0, 0),
    ]
    return [questions[number]() for number in order]


@given(order=st.lists(st.integers(0, 4), max_size=6), seed=st.integers(0, 0xFFFF_FFFF))
def test_recorded_inputs_repeat_what_was_answered(order: list[int], seed: int) -> None:
    """The replay of a symbolic run, the same question asked twice included."""
    choose = random.Random(seed)
    state = z3.Model()
    widths = {"random": 6, "store_conditional": 1, "NOT_A_WORD": 64, "cache_error": 32}
    for what, width in (widths | dict.fromkeys(("tag_lo", "tag_hi", "ecc"), 32)).items():
        for number in range(6):
            set_value(state, f"input.{what}.{number}", width, choose.getrandbits(width))
    symbolic = SymInputs()
    answered = [evaluated(answer, state) for answer in ask_inputs(symbolic, order)]
    recorded = RecordedInputs([(what, concrete(v, state)) for what, v in symbolic.answers])
    assert ask_inputs(recorded, order) == answered
    assert recorded.answers == []
