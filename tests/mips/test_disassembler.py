"""The disassembler, alone and against the assembler."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disco.mips.assembler import assemble
from disco.mips.disassembler import disassemble
from disco.mips.model import MODELS, R4000, R10000, Model
from disco.mips.syntax import Names
from disco.mips.table import instructions
from tests.mips.words import sample_words

PC = 0xFFFF_FFFF_8000_1000
MODEL = pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)


def words_of(source: list[str], origin: int, model: Model, names: Names) -> list[int]:
    image = assemble("\n".join(source), origin=origin, model=model, names=names)
    return list(image.words.values())


@MODEL
@pytest.mark.parametrize("names", Names)
@pytest.mark.parametrize("use_aliases", [True, False])
def test_round_trip_of_every_instruction(model: Model, names: Names, use_aliases: bool) -> None:
    words = [word for row in instructions(model) for word in sample_words(row, 12)]
    text = [
        disassemble(word, PC + 4 * i, model, names=names, use_aliases=use_aliases)
        for i, word in enumerate(words)
    ]
    assert words_of(text, PC, model, names) == words
    assert not any(line.startswith(".word") for line in text)


WORDS = st.integers(0, 2**32 - 1)
PCS = st.integers(0, 2**62 - 1).map(lambda number: 4 * number)


@given(WORDS, PCS, st.sampled_from(Names), st.booleans())
def test_round_trip_of_any_word(word: int, pc: int, names: Names, use_aliases: bool) -> None:
    for model in MODELS.values():
        text = disassemble(word, pc, model, names=names, use_aliases=use_aliases)
        assert words_of([text], pc, model, names) == [word]


@given(st.data(), PCS)
def test_round_trip_of_any_operands(data: st.DataObject, pc: int) -> None:
    row = data.draw(st.sampled_from(instructions(R10000)))
    word = row.encode(*(data.draw(st.integers(0, 2**f.width - 1)) for f in row.fields))
    text = disassemble(word, pc)
    assert words_of([text], pc, R10000, Names.N64) == [word]


@pytest.mark.parametrize(
    ("word", "text"),
    [
        (0x00000000, "nop"),
        (0x00851021, "addu $2, $4, $5"),
        (0x00801025, "move $2, $4"),
        (0x2402FFFF, "li $2, -1"),
        (0x27BDFFE0, "addiu $29, $29, -32"),
        (0x3C028000, "lui $2, 0x8000"),
        (0x8FBF001C, "lw $31, 28($29)"),
        (0x1000FFFF, "b 0xffffffff80001000"),
        (0x10400003, "beqz $2, 0xffffffff80001010"),
        (0x04110000, "bal 0xffffffff80001004"),
        (0x0C000400, "jal 0xffffffff80001000"),
        (0x03E00008, "jr $31"),
        (0x0320F809, "jalr $25"),
        (0x03201009, "jalr $2, $25"),
        (0x0085001A, "div $0, $4, $5"),
        (0x0000000C, "syscall"),
        (0x0007000D, "break 0x7"),
        (0x0000008D, "break 0x0, 0x2"),
        (0x40026000, "mfc0 $2, $12"),
        (0x4002C802, "mfps $2, 1"),
        (0x4002C800, "mfps $2, 0"),
        (0x4442F800, "cfc1 $2, $31"),
        (0x45010002, "bc1t 0xffffffff8000100c"),
        (0x45050002, "bc1t $fcc1, 0xffffffff8000100c"),
        (0x46041032, "c.eq.s $f2, $f4"),
        (0x46041132, "c.eq.s $fcc1, $f2, $f4"),
        (0x4C640081, "ldxc1 $f2, $4($3)"),
        (0x42000018, "eret"),
        (0xBC150000, "cache 0x15, 0($0)"),
        (0x70000000, ".word 0x70000000"),
        (0x00851061, ".word 0x00851061"),
    ],
)
def test_text(word: int, text: str) -> None:
    assert disassemble(word, PC) == text


def test_names_and_aliases_are_options() -> None:
    assert disassemble(0x01004825, PC, names=Names.N64) == "move $a5, $a4"
    assert disassemble(0x01004825, PC, names=Names.O32) == "move $t1, $t0"
    assert disassemble(0x01004825, PC, use_aliases=False) == "or $9, $8, $0"
    assert disassemble(0x00000000, PC, use_aliases=False) == "sll $0, $0, 0"
    assert disassemble(0x40026000, PC, names=Names.N64) == "mfc0 $v0, $status"
    assert disassemble(0x4002C800, PC, names=Names.N64, use_aliases=False) == "mfc0 $v0, $25"


def test_another_model_has_other_instructions() -> None:
    assert disassemble(0x0085100A, PC) == "movz $2, $4, $5"
    assert disassemble(0x0085100A, PC, R4000) == ".word 0x0085100a"
    assert disassemble(0x4002C800, PC, R4000) == "mfc0 $2, $25"
    assert disassemble(0x4002A800, PC, R4000, names=Names.N64) == "mfc0 $v0, $21"
    assert disassemble(0x4002A800, PC, names=Names.N64) == "mfc0 $v0, $framemask"


def test_targets_wrap_at_the_end_of_the_address_space() -> None:
    assert disassemble(0x10000001, 0xFFFF_FFFF_FFFF_FFFC) == "b 0x4"
    assert disassemble(0x08000001, 0xFFFF_FFFF_FFFF_FFFC) == "j 0x4"
    assert disassemble(0x08000001, 0x0FFF_FFFC) == "j 0x10000004"
