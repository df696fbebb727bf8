"""The manual's opcode tables, as the specification has them, against the decoder."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disco.machine.sparse import SparseMemory
from disco.mips.build import build_processor
from disco.mips.exceptions import ExceptionKind, Exceptions, MipsException
from disco.mips.model import MODELS, R4000, R10000, Model
from disco.mips.semantics.reserved import RESERVED
from disco.mips.step import execute
from disco.mips.table import BY_NAME, find_row, instructions
from spec.opcodes import named, reserved_outcome, shows_unimplemented

both_models = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
CU0, CU1, CU2 = 1 << 28, 1 << 29, 1 << 30


def agrees(model: Model, word: int) -> bool:
    row = find_row(model, word)
    return named(model, word) == ("-" if row is RESERVED else row.name)


@both_models
def test_every_opcode_and_every_field_that_selects(model: Model) -> None:
    """All values of the fields that decode, with everything else random."""
    choose = random.Random(model.name)
    for opcode, rs, rt, function in itertools.product(
        range(64), range(32), (0, 1, 2, 3, 8, 16, 17, 18, 25, 31), range(64)
    ):
        if opcode in (0, 1, 0x10, 0x11, 0x13) or function == 0:
            between = choose.getrandbits(10) << 6
            word = opcode << 26 | rs << 21 | rt << 16 | between | function
            assert agrees(model, word), f"{word:#010x}"


@both_models
def test_every_branch_and_trap_of_regimm(model: Model) -> None:
    assert all(agrees(model, 1 << 26 | rt << 16) for rt in range(32))


@both_models
def test_every_word_that_names_a_performance_counter(model: Model) -> None:
    for rs, low in itertools.product(range(16), range(1 << 11)):
        word = 0x10 << 26 | rs << 21 | 25 << 11 | low
        assert agrees(model, word), f"{word:#010x}"


@given(model=st.sampled_from(list(MODELS.values())), word=st.integers(0, 0xFFFF_FFFF))
def test_any_word(model: Model, word: int) -> None:
    assert agrees(model, word)


@both_models
def test_every_instruction_is_named_whatever_its_operands(model: Model) -> None:
    choose = random.Random(model.name)
    for row in instructions(model):
        for operands in (0, 0xFFFF_FFFF, choose.getrandbits(32)):
            assert named(model, row.match | operands & ~row.fixed) == row.name


def test_the_models_differ_in_mips_iv() -> None:
    added = {row.name for row in instructions(R10000)} - {row.name for row in instructions(R4000)}
    for name in added:
        assert named(R10000, BY_NAME[name].match) == name
        assert named(R4000, BY_NAME[name].match) != name


def raised(model: Model, word: int, status: int) -> tuple[ExceptionKind | None, int]:
    cpu = build_processor(model, SparseMemory({}))
    cpu.cp0.status = status
    try:
        execute(cpu, word)
    except MipsException as exception:
        floating = exception.kind is Exceptions.FLOATING_POINT
        assert shows_unimplemented(cpu.fcr31) is floating
        return exception.kind, exception.coprocessor
    return None, 0


@both_models
@given(seed=st.integers(0, 1 << 32), status=st.integers(0, 0xFFFF_FFFF))
def test_a_reserved_word_raises_what_it_should(model: Model, seed: int, status: int) -> None:
    """In every mode, whatever is usable."""
    choose = random.Random(seed)
    for opcode in (0x00, 0x01, 0x10, 0x11, 0x12, 0x13, 0x1C, 0x32, 0x33, 0x36, 0x3A, 0x3B, 0x3E):
        word = opcode << 26 | choose.getrandbits(26)
        if find_row(model, word) is RESERVED:
            assert raised(model, word, status) == reserved_outcome(model, word, status)


@pytest.mark.parametrize(
    ("model", "word", "status", "outcome"),
    [
        (R10000, 0x7000_0000, 0, (Exceptions.RESERVED_INSTRUCTION, 0)),
        (R10000, 0x4800_0000, CU0, (Exceptions.COPROCESSOR_UNUSABLE, 2)),
        (R10000, 0x4800_0000, CU0 | CU2, (Exceptions.RESERVED_INSTRUCTION, 0)),
        (R4000, 0x4800_0000, CU0 | CU2, (None, 0)),
        (R10000, 0x4460_0000, CU0, (Exceptions.COPROCESSOR_UNUSABLE, 1)),
        (R10000, 0x4460_0000, CU0 | CU1, (Exceptions.FLOATING_POINT, 0)),
        (R10000, 0x4200_003F, 0x00, (Exceptions.RESERVED_INSTRUCTION, 0)),
        (R10000, 0x4200_003F, 0x10, (Exceptions.COPROCESSOR_UNUSABLE, 0)),
        (R10000, 0x4200_003F, 0x10 | CU0, (Exceptions.RESERVED_INSTRUCTION, 0)),
    ],
)
def test_examples_of_the_manual(
    model: Model, word: int, status: int, outcome: tuple[ExceptionKind | None, int]
) -> None:
    """R10000 Table 17-4 and 17.5."""
    assert named(model, word) == "-"
    assert reserved_outcome(model, word, status) == outcome
    assert raised(model, word, status) == outcome
