"""Vectors: what is filled, what it permits, and whom it finds out."""

import json
import random
from collections import Counter
from functools import cache

import pytest

from disco.mips.exceptions import EXCEPTIONS, Exceptions
from disco.mips.model import MODELS, R4000, R10000, Model
from disco.mips.table import instructions
from disco.oracle.vectors.files import Case, VectorFile, filled
from disco.oracle.vectors.judge import AnswerError, judge, reference
from disco.oracle.vectors.places import from_tree
from disco.oracle.vectors.subjects import SCENARIOS, draw, subjects
from tests.oracle.vectors.implementations import with_any_answers

COUNT = 3
NEVER_RAISED = {Exceptions.VIRTUAL_COHERENCY_FETCH.name, Exceptions.VIRTUAL_COHERENCY_DATA.name}
"""Caches are invisible to this reference (PRIV clauses on caches)."""


@cache
def file(model: Model, subject: str, count: int = COUNT, seed: int = 0) -> VectorFile:
    return filled(model, subject, seed, draw(model, subject, seed, count))


def cases(model: Model) -> list[Case]:
    return [case for subject in subjects(model) for case in file(model, subject).cases]


def initial(case: Case) -> str:
    return json.dumps(case.initial)


@pytest.mark.parametrize("model", MODELS.values(), ids=[*MODELS])
def test_the_reference_passes_its_own_vectors(model: Model) -> None:
    """On every instruction and every scenario."""
    judged = Counter(case.name.rpartition("-")[0] for case in cases(model))
    assert judged == dict.fromkeys(subjects(model), COUNT)
    assert {row.name for row in instructions(model)} <= set(judged)
    for case in cases(model):
        assert judge(case, reference(initial(case))) == [], case.name


@pytest.mark.parametrize("model", MODELS.values(), ids=[*MODELS])
def test_whatever_the_architecture_permits_is_permitted(model: Model) -> None:
    """Masks and permitted states hold for answers that were not tried when they were made."""
    choose = random.Random(1)
    for case in cases(model):
        if len(case.permitted) > 1 or case.permitted[0].open:
            for _ in range(20):
                assert judge(case, with_any_answers(initial(case), choose)) == [], case.name


@pytest.mark.parametrize("model", MODELS.values(), ids=[*MODELS])
def test_every_exception_occurs(model: Model) -> None:
    taken = {
        each.takes
        for subject in ("ADD", "TEQ", "SYSCALL", "BREAK", "RESERVED", "CTC1", "SW", *SCENARIOS)
        for case in file(model, subject, 60).cases
        for each in case.permitted
    }
    expected = {kind.name for kind in EXCEPTIONS} - NEVER_RAISED
    assert expected - taken == set()


def test_every_bit_that_is_changed_is_found() -> None:
    """One bit of the state after a step, where it is not open."""
    choose = random.Random(2)
    for case in file(R10000, "SD", 20).cases + file(R10000, "TLBWI", 20).cases:
        right = json.loads(reference(initial(case)))
        bit = 1 << choose.randrange(32)
        for tree, key in ((right, "pc"), (right["cp0"], "epc"), (right.setdefault("gpr", {}), "9")):
            before = tree.get(key)
            tree[key] = hex(int(before or "0", 16) ^ bit)
            assert len(judge(case, json.dumps(right))) == 1, (case.name, key)
            tree[key] = before or "0x0"
        assert judge(case, json.dumps(right)) == []


@pytest.mark.parametrize("subject", ["LL", "MTC0", "references"])
def test_another_processor_is_found_out(subject: str) -> None:
    """The R4000's behaviour is not the R10000's, where the manuals say so."""
    faulty = 0
    for case in file(R10000, subject, 40).cases:
        state = case.initial | {"model": "R4000"}
        entries = state.get("tlb", {})
        assert isinstance(entries, dict)
        if all(int(index) < R4000.tlb_entries for index in entries):
            try:
                faulty += judge(case, reference(json.dumps(state))) != []
            except ValueError:  # its entries do not hold as many bits
                faulty += 1
    assert faulty > 0


def test_sc_may_fail_where_it_may_succeed() -> None:
    found = [case for case in file(R10000, "SC", 40).cases if len(case.permitted) > 1]
    assert found
    for case in found:
        assert case.permitted[0].state != case.permitted[1].state


def test_random_may_be_any_from_wired() -> None:
    """Each entry that TLBWR may write gives a permitted state."""
    for case in file(R10000, "TLBWR", 20).cases:
        registers = case.initial["cp0"]
        assert isinstance(registers, dict)
        if case.permitted[0].takes is None:
            assert len(case.permitted) == 64 - int(registers.get("wired", "0"), 16)


def test_open_bits_are_few() -> None:
    """A mask opens what depends on what is open, and nothing else."""
    opened = Counter[str]()
    for case in cases(R4000):
        for each in case.permitted:
            opened.update(place[0] for place in from_tree(each.open))
    assert set(opened) <= {"gpr", "fpr", "hi", "lo", "cp0", "memory", "pc", "next_pc"}
    closed = [case for case in cases(R4000) if not any(each.open for each in case.permitted)]
    assert len(closed) > 0.8 * len(cases(R4000))


def test_the_same_seed_gives_the_same_cases() -> None:
    again = filled(R10000, "DADD", 5, draw(R10000, "DADD", 5, COUNT))
    assert again == filled(R10000, "DADD", 5, draw(R10000, "DADD", 5, COUNT))
    assert again.cases != file(R10000, "DADD", seed=6).cases
    assert again.cases == filled(R10000, "DADD", 5, draw(R10000, "DADD", 5, 9)).cases[:COUNT]


@pytest.mark.parametrize(
    "answer", ["", "7", "[]", '{"gpr": {"0": "0x1"}}', '{"pc": 1.5}', "[" * 9999]
)
def test_an_answer_that_is_no_state(answer: str) -> None:
    with pytest.raises(AnswerError) as raised:
        judge(file(R10000, "ADDU").cases[0], answer)
    assert "\n" not in str(raised.value)


def test_ignored_places() -> None:
    case = file(R10000, "ADDU").cases[0]
    answer = json.loads(reference(initial(case)))
    answer["fpr"]["3"] = "0x123456789"
    answer["cp0"]["tag_lo"] = "0x98"
    faults = judge(case, json.dumps(answer))
    assert {fault.place for fault in faults} == {"fpr[3]", "cp0[tag_lo]"}
    assert len(judge(case, json.dumps(answer), ["fpr"])) == 1
    assert judge(case, json.dumps(answer), ["fpr[3]", "cp0[tag_lo]"]) == []
