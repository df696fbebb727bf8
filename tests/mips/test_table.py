"""The instruction table holds together."""

import inspect
import itertools

import pytest

from disco.mips.instruction import Chapter, Instruction, Kind
from disco.mips.model import MODELS, Level, Model
from disco.mips.semantics.reserved import RESERVED
from disco.mips.syntax import ALIASES, forms, forms_by_mnemonic
from disco.mips.table import BY_NAME, TABLE, decoder, find_row, instructions
from tests.mips.words import sample_words

ROWS = pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
MODEL = pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)


def test_names_are_unique() -> None:
    assert len(BY_NAME) == len(TABLE)


@ROWS
def test_every_bit_has_one_meaning(row: Instruction) -> None:
    masks = [row.fixed, row.zero, *(((1 << f.width) - 1) << f.shift for f in row.fields)]
    assert sum(masks) == 0xFFFF_FFFF
    assert all(a & b == 0 for a, b in itertools.combinations(masks, 2))
    assert row.match & ~row.fixed == 0


@ROWS
def test_parameters_are_the_fields(row: Instruction) -> None:
    cpu, *parameters = inspect.signature(row.operation).parameters.values()
    assert cpu.name == "cpu"
    if parameters and parameters[0].kind is inspect.Parameter.VAR_POSITIONAL:
        assert row.kind is Kind.FLOAT_ARITHMETIC
    else:
        assert [parameter.name for parameter in parameters] == [f.name for f in row.fields]


@ROWS
def test_every_row_says_what_it_does(row: Instruction) -> None:
    assert len(row.description) > 10
    assert row.description.rstrip().endswith((".", ".)"))


@ROWS
def test_syntax_covers_every_field(row: Instruction) -> None:
    """Each form writes or implies every bit of every field, once."""
    wanted = sum(((1 << field.width) - 1) << field.shift for field in row.fields)
    for form in forms(row):
        written = [operand for item in form.items for operand in item]
        operands = written + [operand for operand, _ in form.implied]
        masks = [operand.insert(-1) for operand in operands]
        assert sum(masks) == wanted
        assert all(a & b == 0 for a, b in itertools.combinations(masks, 2))


@MODEL
def test_no_two_instructions_select_the_same_word(model: Model) -> None:
    for a, b in itertools.combinations(instructions(model), 2):
        common = a.fixed & b.fixed
        assert a.match & common != b.match & common, f"{a.name} and {b.name} overlap"


@MODEL
def test_decoder_finds_the_row_and_its_operands(model: Model) -> None:
    decode = decoder(model)
    for row in instructions(model):
        for word in sample_words(row, 20):
            found, operands = decode(word)
            assert found is row
            assert row.encode(*operands) == word


def test_an_instruction_that_a_model_lacks_is_reserved() -> None:
    movz = BY_NAME["MOVZ"].encode(1, 2, 3)
    assert find_row(MODELS["R10000"], movz).name == "MOVZ"
    assert find_row(MODELS["R4000"], movz) is RESERVED
    assert decoder(MODELS["R4000"])(movz) == (RESERVED, (movz,))


def test_performance_counters_are_the_models_own() -> None:
    word = BY_NAME["MFPC"].encode(4, 1)
    assert find_row(MODELS["R10000"], word).name == "MFPC"
    assert find_row(MODELS["R4000"], word) is RESERVED


@MODEL
def test_the_assembler_can_tell_forms_apart(model: Model) -> None:
    """No two forms of a mnemonic have as many operands, unless digits tell them apart."""
    for mnemonic, choices in forms_by_mnemonic(model).items():
        operands = [[item[0].name for item in form.items] for form in choices]
        shapes = [(len(names), *filter(str.isdigit, names)) for names in operands]
        assert len(set(shapes)) == len(shapes), mnemonic


def test_aliases_stand_for_instructions() -> None:
    assert {alias.instruction for alias in ALIASES} <= set(BY_NAME)


def test_a_pattern_of_another_length_is_refused() -> None:
    chapter = Chapter("test")
    enter = chapter("rs", "000000 rs", Level.I, Kind.COMPUTE)
    with pytest.raises(ValueError, match="has 11 bits, not 32"):
        enter(lambda cpu: None)
