"""The theorems: nothing is left out of them, they hold, and they catch their seeded faults."""

import inspect
import random
import re
import shlex
import sys
from collections.abc import Iterator
from types import CodeType, FunctionType

import attrs
import pytest
from click.testing import CliRunner

from disco.mips.address import Access
from disco.mips.exceptions import EXCEPTIONS
from disco.mips.model import MODELS, R10000, Model
from disco.mips.semantics.reserved import RESERVED
from disco.mips.table import TABLE, find_row, instructions
from disco.oracle.cli import main
from proofs.machine import named_for
from proofs.mutants import Mutant
from proofs.obligations import Verdict, prove
from proofs.runner import MutantTask, load, run_mutant
from proofs.theorems import modules

MODULES = {load(module).id: module for module in modules()}
THEOREMS = {name: load(module) for name, module in MODULES.items()}
FAST = {
    "T0": ["ADDU", "BC1TL", "MFPC", "CVT.L.D@R4000", "reserved 1c", "reserved 12@R4000"],
    "T1": ["ADDU", "TLBWR", "PREF", "LL@R4000", "RESERVED", "boundary", "Trap", "Cache error"],
    "T2": ["ADDU", "MFC0", "BEQL", "SYSCALL", "LB", "fetch"],
}
"""Obligations that are proved in no time."""
MUTANTS_TRIED = 12
"""How many mutants of each theorem are killed here, at most."""


def names(theorem: str) -> list[str]:
    return [obligation.name for obligation in THEOREMS[theorem].obligations()]


def instructions_of(model: Model) -> set[str]:
    return {named_for(model, row.name) for row in instructions(model)}


def test_the_theorems() -> None:
    assert list(THEOREMS) == ["T0", "T1", "T2"]
    for theorem in THEOREMS:
        assert len(set(names(theorem))) == len(names(theorem))


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_t0_is_about_every_word(model: Model) -> None:
    """Every instruction, and every opcode with a word that none selects."""
    found = {name for name in names("T0") if ("@" in name) is (model is not R10000)}
    operands = random.Random(0).choices(range(1 << 26), k=500)
    opcodes = {
        opcode
        for opcode in range(64)
        if any(find_row(model, opcode << 26 | bits) is RESERVED for bits in operands)
    }
    reserved = {named_for(model, f"reserved {opcode:02x}") for opcode in opcodes}
    assert reserved
    assert found == instructions_of(model) | reserved


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_t1_is_about_every_word_and_every_way_to_trap(model: Model) -> None:
    parts = {"RESERVED", "boundary", "fetch", *(kind.name for kind in EXCEPTIONS)}
    parts |= {f"translate {access.name}" for access in Access}
    wanted = instructions_of(model) | {named_for(model, part) for part in parts}
    assert wanted <= set(names("T1"))


def test_t2_is_about_every_word() -> None:
    assert instructions_of(R10000) | {"RESERVED", "fetch"} <= set(names("T2"))


@pytest.mark.parametrize(("theorem", "name"), [(t, name) for t in FAST for name in FAST[t]])
def test_an_obligation_holds(theorem: str, name: str) -> None:
    obligation = next(each for each in THEOREMS[theorem].obligations() if each.name == name)
    result = prove(theorem, obligation)
    assert result.verdict is Verdict.PROVED, result.detail
    assert result.claims


Mutants = list[tuple[str, Mutant]]


def mutants(most: int | None = None) -> Mutants:
    chosen: Mutants = []
    for theorem in THEOREMS.values():
        count = len(theorem.mutants)
        step = 1 if most is None else -(-count // most)
        chosen += [(theorem.id, mutant) for mutant in theorem.mutants[::step]]
    return chosen


def identities(chosen: Mutants) -> list[str]:
    return [f"{theorem}-{mutant.name}" for theorem, mutant in chosen]


SEVERAL = mutants(MUTANTS_TRIED)


def test_there_are_mutants() -> None:
    assert all(len(theorem.mutants) >= 3 for theorem in THEOREMS.values())
    assert len(set(identities(mutants()))) == len(mutants())


def program() -> dict[str, object]:
    """Give everything that a fault may change: functions' code, and the table's rows."""
    parts: dict[str, object] = {}
    for name, module in sorted(sys.modules.items()):
        if name.startswith(("disco.", "spec.")):
            classes = [each for each in vars(module).values() if isinstance(each, type)]
            for owner in (module, *classes):
                parts |= {f"{name} {owner} {key}": code for key, code in codes(owner)}
    return parts | {f"row {row.name}": attrs.astuple(row, recurse=False) for row in TABLE}


def codes(owner: object) -> Iterator[tuple[str, CodeType]]:
    for name, value in vars(owner).items():
        function = inspect.unwrap(value) if callable(value) else value
        if isinstance(function, FunctionType):
            yield name, function.__code__


@pytest.mark.parametrize(("theorem", "mutant"), mutants(), ids=identities(mutants()))
def test_a_fault_is_put_in_place_and_removed(theorem: str, mutant: Mutant) -> None:
    before = program()
    with mutant.patch():
        assert program() != before
        assert set(mutant.obligations) <= set(names(theorem))
    assert program() == before


@pytest.mark.parametrize(("theorem", "mutant"), SEVERAL, ids=identities(SEVERAL))
def test_a_mutant_is_killed(theorem: str, mutant: Mutant) -> None:
    result = run_mutant(MutantTask(MODULES[theorem], mutant.name))
    assert result.success, result.detail


def replays(theorem: str, mutant: str) -> tuple[list[str], list[str]]:
    """Kill a mutant; give what each printed `disco step` shows, with the fault and without."""
    seeded = next(each for each in THEOREMS[theorem].mutants if each.name == mutant)
    detail = run_mutant(MutantTask(MODULES[theorem], mutant)).detail
    commands = [shlex.split(line) for line in re.findall(r"replay: (disco step .*)", detail)]
    with seeded.patch():
        faulty = [shown(command) for command in commands]
    return faulty, [shown(command) for command in commands]


def shown(command: list[str]) -> str:
    result = CliRunner().invoke(main, command[1:], prog_name=command[0])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize(
    ("theorem", "mutant", "faulty", "right"),
    [
        ("T0", "a-usable-COP2-does-nothing-on-the-R10000", "completes", "takes Reserved"),
        ("T1", "CACHE-is-not-trapped", "completes", "takes Coprocessor unusable"),
        ("T1", "supervisor-mode-reaches-KSEG0", "cache attribute", "Address error (load)"),
        ("T1", "a-store-needs-no-dirty-page", "cache attribute", "TLB modified"),
        ("T1", "a-store-goes-where-it-was-not-translated-to", "completes", "completes"),
    ],
)
def test_a_counterexample_shows_what_the_claim_says(
    theorem: str, mutant: str, faulty: str, right: str
) -> None:
    """The printed command, run in the faulty reference and in the right one."""
    with_fault, without = replays(theorem, mutant)
    assert faulty in with_fault[0]
    assert right in without[0]
    assert with_fault != without


def test_a_counterexample_of_two_processors_shows_both() -> None:
    """T2: the real one does a 64-bit addition, which the guest's own supervisor mode has not."""
    _, (real, virtual) = replays("T2", "SX-is-set-under-a-guest-in-supervisor-mode")
    assert "completes" in real
    assert "takes Reserved instruction" in virtual
