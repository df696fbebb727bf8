"""The engine against execution: any state takes one path, which ends where a run on ints does.

Every instruction of both models, in every mode; translations as the contract has them, and
`translate` itself.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import attrs
import pytest
import z3

from disco.mips.address import Access, translate
from disco.mips.exceptions import MipsException
from disco.mips.instruction import Instruction
from disco.mips.model import MODELS, R10000, Model
from disco.mips.processor import Processor, Words
from disco.mips.semantics.reserved import RESERVED
from disco.mips.step import execute
from disco.mips.table import BY_NAME, instructions
from disco.mips.tlb import TlbEntry
from proofs.contracts import Translations, failures, in_place_of_translate
from proofs.explore import Path, explore
from proofs.machine import CP0_WIDTHS, FLAGS, NUMBERS, Machine, announce, build_machine, word_of
from proofs.stores import SymWords
from proofs.symbolic import concrete, deciding, land, symbol
from tests.proofs.in_model import InModel, holds
from tests.proofs.random_states import RandomState, random_state

STATES = 4
"""How many states are tried per instruction."""


@attrs.frozen
class End:
    """What a run led to."""

    machine: Machine
    result: tuple[int, ...] | MipsException
    """What it returned, or what it raised."""


Paths = Sequence[Path[End]]


def executions(model: Model, row: Instruction) -> Paths:
    """Execute an arbitrary word of `row` in an arbitrary state, on every path."""

    def run() -> End:
        machine = build_machine(model)
        word = word_of(model, row)
        announce(machine, row, word)
        with in_place_of_translate(Translations().translate):
            return End(machine, executed(machine.cpu, word))

    return list(explore(run))


def translations(model: Model, access: Access) -> Paths:
    """Translate an arbitrary address in an arbitrary state, on every path."""

    def run() -> End:
        machine = build_machine(model)
        return End(machine, translated(machine.cpu, symbol("vaddr", 64), access))

    return list(explore(run))


def executed(cpu: Processor, word: int) -> tuple[int, ...] | MipsException:
    try:
        execute(cpu, word)
    except MipsException as exception:
        return exception
    return ()


def translated(cpu: Processor, vaddr: int, access: Access) -> tuple[int, ...] | MipsException:
    try:
        return translate(cpu, vaddr, access)
    except MipsException as exception:
        return exception


def admits(path: Path[End], model: z3.ModelRef) -> bool:
    return all(holds(condition, model) for condition in path.condition)


def disagreement(
    paths: Paths, state: RandomState, result: tuple[int, ...] | MipsException
) -> str | None:
    """Say what is wrong with the paths, if anything is, by a run from `state` to `result`."""
    model = state.values()
    taken = [path for path in paths if admits(path, model)]
    if len(taken) != 1:
        return f"{len(taken)} paths admit the state"
    if not holds(land(*taken[0].complete_condition()), model):
        return "the path's deferred facts do not hold"
    end = taken[0].result
    assert end is not None
    for name, expected, found in compared(end, state, result, model):
        if expected != found:
            return f"{name}: the path has {expected!r}, the run {found!r}"
    return None


def compared(
    end: End, state: RandomState, result: tuple[int, ...] | MipsException, model: z3.ModelRef
) -> Iterator[tuple[str, object, object]]:
    """Give everything that can be seen at the end, as the path has it and as the run has it."""
    cpu, run = end.machine.cpu, state.cpu
    yield "the result", evaluated_result(end.result, model), evaluated_result(result, model)
    for name in (*NUMBERS, *FLAGS):
        yield name, concrete(getattr(cpu, name), model), getattr(run, name)
    for name in CP0_WIDTHS:
        yield name, concrete(getattr(cpu.cp0, name), model), getattr(run.cp0, name)
    assert isinstance(cpu.gpr, SymWords)
    assert isinstance(cpu.fpr, SymWords)
    yield "gpr", changed(cpu.gpr, dict(enumerate(state.gpr)), model), numbered(run.gpr)
    yield "fpr", changed(cpu.fpr, dict(enumerate(state.fpr)), model), numbered(run.fpr)
    written = changed(end.machine.memory.words, state.memory, model)
    yield "memory", written, state.doublewords.doublewords
    before, after = state.entries, [run.tlb[index] for index in range(run.tlb.size)]
    if end.machine.tlb.changed:
        with deciding(InModel(model)):
            before = [evaluated(end.machine.tlb[index], model) for index in range(run.tlb.size)]
    yield "the TLB", before, after


def evaluated_result(
    result: tuple[int, ...] | MipsException, model: z3.ModelRef
) -> tuple[object, ...]:
    if isinstance(result, MipsException):
        numbers = result.bad_vaddr, result.coprocessor
        return result.kind, *(concrete(each, model) for each in numbers)
    return tuple(concrete(each, model) for each in result)


def numbered(words: Words) -> dict[int, int]:
    return {index: words[index] for index in range(32)}


def changed(store: SymWords, before: dict[int, int], model: z3.ModelRef) -> dict[int, int]:
    """Give the contents of a store at the end of a path."""
    indices = {concrete(index, model) for index in store.written}
    return before | {index: concrete(store[index], model) for index in indices}


def evaluated(entry: TlbEntry, model: z3.ModelRef) -> TlbEntry:
    return TlbEntry(**{name: concrete(v, model) for name, v in attrs.asdict(entry).items()})


def run_word(state: RandomState) -> tuple[int, ...] | MipsException:
    """Execute the state's word on ints, with translations by chance."""
    with in_place_of_translate(state.translate):
        return executed(state.cpu, state.word)


EVERYTHING = [
    pytest.param(model, row, id=f"{model.name}-{row.name}")
    for model in MODELS.values()
    for row in (*instructions(model), RESERVED)
]


@pytest.mark.parametrize(("model", "row"), EVERYTHING)
def test_an_execution_takes_one_path_and_ends_where_it_says(model: Model, row: Instruction) -> None:
    paths = executions(model, row)
    choose = random.Random(f"{model.name} {row.name}")
    for _ in range(STATES):
        state = random_state(model, row, choose)
        assert disagreement(paths, state, run_word(state)) is None
    for path in choose.sample(paths, min(len(paths), STATES)):
        assert [each for each in paths if admits(each, path.model)] == [path]


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("access", Access)
def test_a_translation_takes_one_path_and_ends_where_it_says(model: Model, access: Access) -> None:
    """By the TLB, unmapped and refused: each of the ways that there are is met."""
    paths = translations(model, access)
    choose = random.Random(f"{model.name} {access.name}")
    met = set()
    for _ in range(100):
        state = random_state(model, RESERVED, choose)
        result = translated(state.cpu, state.vaddr, access)
        met.add(result.kind if isinstance(result, MipsException) else None)
        assert disagreement(paths, state, result) is None
    assert met == {None, *failures(access)}


def complaints(paths: Paths) -> set[str | None]:
    """Give what the check says of paths of SUBU."""
    choose = random.Random(0)
    states = [random_state(R10000, BY_NAME["SUBU"], choose) for _ in range(30)]
    found = (disagreement(paths, state, run_word(state)) for state in states)
    return {complaint and complaint.split(":")[0] for complaint in found}


def dropped(paths: list[Path[End]], number: int) -> None:
    del paths[number]


def doubled(paths: list[Path[End]], number: int) -> None:
    paths.append(paths[number])


def weakened(paths: list[Path[End]], number: int) -> None:
    paths[number] = replace(paths[number], condition=paths[number].condition[:-1])


def another_result(paths: list[Path[End]], number: int) -> None:
    paths[number] = replace(paths[number], result=attrs.evolve(end_of(paths[number]), result=(0,)))


def another_hi(paths: list[Path[End]], number: int) -> None:
    end_of(paths[number]).machine.cpu.hi ^= 1


def another_register(paths: list[Path[End]], number: int) -> None:
    gpr = end_of(paths[number]).machine.cpu.gpr
    gpr[9] = gpr[9] ^ 1


def end_of(path: Path[End]) -> End:
    assert path.result is not None
    return path.result


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (dropped, "0 paths admit the state"),
        (doubled, "2 paths admit the state"),
        (weakened, "2 paths admit the state"),
        (another_result, "the result"),
        (another_hi, "hi"),
        (another_register, "gpr"),
    ],
)
def test_the_check_notices_what_is_wrong(
    spoil: Callable[[list[Path[End]], int], None], complaint: str
) -> None:
    """Whichever of the paths it is that the engine has got wrong."""
    number = 0
    while number < len(paths := list(executions(R10000, BY_NAME["SUBU"]))):
        assert complaints(paths) == {None}
        spoil(paths, number)
        assert complaints(paths) == {None, complaint}
        number += 1
    assert number > 2
