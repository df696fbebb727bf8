"""The assembler: programs, pseudo-instructions, and one clear error for everything else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disco.bits import MASK64, sext32
from disco.mips.assembler import DEFAULT_ORIGIN, assemble
from disco.mips.assembly.directives import DIRECTIVES
from disco.mips.assembly.image import Image, Section
from disco.mips.assembly.pseudo import PSEUDO_INSTRUCTIONS
from disco.mips.assembly.tokens import AssemblyError
from disco.mips.disassembler import disassemble
from disco.mips.model import R4000, R10000
from disco.mips.syntax import GPR_NAMES, Names, forms_by_mnemonic
from tests.mips.machine import machine, run

ORIGIN = 0xFFFF_FFFF_8000_1000


def words(source: str) -> list[int]:
    return list(assemble(source).words.values())


def text(source: str) -> list[str]:
    """Assemble and disassemble again."""
    return [disassemble(word, address) for address, word in assemble(source).words.items()]


def test_labels_go_forward_and_backward() -> None:
    source = """
    start:  beq $1, $2, end
            bne $1, $2, start + 4
            j end - 4
    end:    jal start
            b .
            b . + 8
    """
    assert text(source) == [
        "beq $1, $2, 0xffffffff8000100c",
        "bne $1, $2, 0xffffffff80001004",
        "j 0xffffffff80001008",
        "jal 0xffffffff80001000",
        "b 0xffffffff80001010",
        "b 0xffffffff8000101c",
    ]


def test_numbered_labels() -> None:
    source = "1: b 1b; 1: b 1b; b 1f; 2: b 2b; 1: nop; 0: b 0b; b 0f; 0: nop"
    expected = [0, 4, 16, 12, None, 20, 28, None]
    for index, (line, target) in enumerate(zip(text(source), expected, strict=True)):
        assert line == ("nop" if target is None else f"b {ORIGIN + target:#x}"), index


def test_comments_and_statements() -> None:
    source = 'nop # one ; nop\nnop // two\n; nop ;; nop ;\n\n  \t# "\nx: y: nop'
    assert words(source) == [0] * 5


def test_symbols_of_the_image() -> None:
    image = assemble("a: nop\n_start: nop\n.equ c, a + 1\n.set d, 2\ne = d << 4\n1: nop")
    expected = {"a": ORIGIN, "_start": ORIGIN + 4, "c": ORIGIN + 1, "d": 2, "e": 32}
    assert image.symbols == expected
    assert image.entry == ORIGIN + 4


def test_entry_is_the_first_instruction_without_start() -> None:
    assert assemble(".word 1\n li $2, 1").entry == ORIGIN + 4
    assert assemble(".word 1").entry == ORIGIN == DEFAULT_ORIGIN
    assert assemble("").entry == ORIGIN
    assert assemble("").sections == ()


def test_sections_follow_org() -> None:
    image = assemble(
        ".org 0x2000\n.word 1\n.org 0x1000\n.byte 1, 2\n.org 0x1002\n.half 3", origin=0x80
    )
    assert image.sections == (
        Section(0x1000, b"\1\2\0\3"),
        Section(0x2000, b"\0\0\0\1"),
    )
    assert image.words == {0x1000: 0x01020003, 0x2000: 1}
    assert [(line.address, line.line) for line in image.listing] == [
        (0x2000, 2), (0x1000, 4), (0x1001, 4), (0x1002, 6),
    ]  # fmt: skip


def test_words_are_aligned_words() -> None:
    image = Image((Section(0x1002, bytes(range(8))),), {}, 0, ())
    assert image.words == {0x1004: 0x02030405}


def test_data_directives() -> None:
    source = r"""
    .byte 1, -1, 0xff, 'a', '\n', '\''
    .align 2
    .half 0x1234, -0x8000
    .word end - start, -1, 0xffffffff
    start: .dword 0x123456789abcdef0, end
    .ascii "a\x41\102", "\"\\"
    .asciiz "é"
    .space 2
    .space 2, 0xaa
    end: .global end
    .text
    .set noreorder
    """
    assert assemble(source, origin=0x100).sections[0].data == (
        bytes([1, 255, 255, 97, 10, 39, 0, 0])
        + bytes.fromhex("1234 8000 0000001c ffffffff ffffffff 123456789abcdef0 0000000000000134")
        + b'aAB"\\\xc3\xa9\0\0\0\xaa\xaa'
    )


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("0x1f", 31), ("0b101", 5), ("017", 15), ("0", 0), ("18446744073709551615", -1),
        ("'a'", 97), (r"'\t'", 9), ("-1", -1), ("~0", -1), ("+5", 5), ("-~-3", -2),
        ("2 + 3 * 4", 14), ("(2 + 3) * 4", 20), ("7 / 2", 3), ("-7 / 2", -3), ("-7 % 2", -1),
        ("7 / -2", -3), ("7 % -2", 1), ("1 << 63 >> 63", 1), ("-1 >> 60", 15), ("1 << 4 + 1", 32),
        ("6 & 3 ^ 8 | 1", 11), ("1 | 2 ^ 2 & 0", 3), ("10 - 3 - 2", 5), ("100 / 5 / 2", 10),
        ("0xffffffffffffffff + 2", 1), ("0x8000000000000000 * 2", 0), ("five * five", 25),
        (". - 0x1000", 0), ("%hi(0x12348000)", 0x1235), ("%lo(0x12348000)", -0x8000),
        ("%hi(0x7fff8000)", -0x8000), ("%lo(five) + 1", 6),
        ("%higher(0x123456789abcdef0)", 0x5679), ("%highest(0x123456789abcdef0)", 0x1234),
        ("%higher(0xffffffff7fffffff)", 0), ("%highest(0x7fff800000000000)", -0x8000),
    ],
)  # fmt: skip
def test_expressions(expression: str, value: int) -> None:
    image = assemble(f"five = 5\n.dword {expression}", origin=0x1000)
    assert image.sections[0].data == (value & MASK64).to_bytes(8)


@pytest.mark.parametrize("names", Names)
def test_register_names(names: Names) -> None:
    for number, name in enumerate(GPR_NAMES[names]):
        for spelled in (name, name.upper(), f"${number}"):
            image = assemble(f"OR {spelled}, $0, {spelled}", names=names)
            assert image.words[ORIGIN] == 0x00000025 | number << 11 | number << 16


def test_names_that_only_the_assembler_reads() -> None:
    assert text("mtc0 $s8, $Status\nmfc0 $30, $12\nctc1 $s8, $31") == [
        "mtc0 $30, $12", "mfc0 $30, $12", "ctc1 $30, $31",
    ]  # fmt: skip


def test_operands_that_may_be_left_out() -> None:
    assert words("lw $2, ($3)") == words("lw $2, 0($3)")
    assert words("lw $2, ((1 + 2) * 4)($3)") == words("lw $2, 12($3)")
    assert words("jalr $2") == words("jalr $31, $2")
    assert words("syscall; break; tge $1, $2") == words("syscall 0; break 0, 0; tge $1, $2, 0")
    assert words("bc1t . + 4") == words("bc1t $fcc0, . + 4")
    assert words("div $zero, $2, $3") == words("div $0, $2, $3")


def loaded(source: str) -> int:
    """Run the words that `source` assembles to and give $2."""
    code = words(source)
    cpu = machine(*code)
    run(cpu, len(code))
    return cpu.gpr[2]


EDGES = st.sampled_from([0, 1, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, MASK64])
WIDE = st.integers(0, MASK64)
SHAPED = st.builds(lambda value, shift: value << shift & MASK64, WIDE, st.integers(0, 63))
VALUES = st.one_of(EDGES, WIDE, SHAPED, SHAPED.map(lambda value: value ^ MASK64))


@given(VALUES)
def test_dli_loads_any_doubleword(value: int) -> None:
    assert loaded(f"dli $2, {value}") == value


@given(VALUES)
def test_dla_loads_any_address_in_six_words(value: int) -> None:
    assert loaded(f"dla $2, {value}") == value
    assert len(words(f"dla $2, {value}")) == 6


@given(st.integers(-(2**31), 2**32 - 1))
def test_li_loads_any_word_sign_extended(value: int) -> None:
    assert loaded(f"li $2, {value}") == sext32(value)
    assert len(words(f"li $2, {value}")) <= 2


@given(st.integers(-(2**31), 2**31 - 1))
def test_la_loads_any_word_address_in_two_words(value: int) -> None:
    assert loaded(f"la $2, {value}") == value & MASK64
    assert len(words(f"la $2, {value}")) == 2


@given(VALUES)
def test_parts_of_an_address_add_up(value: int) -> None:
    source = f"""
    lui $2, %highest({value}); daddiu $2, $2, %higher({value}); dsll $2, $2, 16
    daddiu $2, $2, %hi({value}); dsll $2, $2, 16; daddiu $2, $2, %lo({value})
    """
    assert loaded(source) == value


def test_constants_take_few_words() -> None:
    lengths = {
        0: 1, 0xFFFF: 1, -0x8000: 1, 0x12340000: 1, 0x12345678: 2, 0xFFFFFFFF: 3, 1 << 63: 2,
        0x123456789ABCDEF0: 6, 0xFFFF << 40: 2, 0x9800_0000_0000_0000: 2,
    }  # fmt: skip
    assert {value: len(words(f"dli $2, {value}")) for value in lengths} == lengths


@pytest.mark.parametrize(
    ("source", "line", "column", "message"),
    [
        ("nop\n  foo $1", 2, 3, "there is no instruction 'foo'"),
        ("addu $1, $2", 1, 1, "addu is written 'addu rd, rs, rt'"),
        ("jalr $1, $2, $3", 1, 1, "jalr is written 'jalr rs' or 'jalr rd, rs'"),
        ("mfps $2, 2", 1, 1, "mfps is written 'mfps rt, 0' or 'mfps rt, 1'"),
        ("div $4, $5", 1, 1, "div is written 'div zero, rs, rt'"),
        ("div $4, $5, $6", 1, 5, "'$4' is not $0"),
        ("addu $1, $2, 3", 1, 14, "'3' is not a general register"),
        ("addu $1, $2, $f3", 1, 14, "'$f3' is not a general register"),
        ("addu $1, $2, $t4", 1, 14, "'$t4' is not a general register"),
        ("addu $1, $2 $3, $4", 1, 13, "'$3' does not continue the operand"),
        ("add.s $f1, $2, $f3", 1, 12, "'$2' is not a floating-point register"),
        ("mfc0 $1, $sp", 1, 10, "'$sp' is not a CP0 register"),
        ("bc1t $fcc8, .", 1, 6, "'$fcc8' is not a condition code"),
        ("addiu $1, $2, 32768", 1, 15, "32768 is not within -32768 to 32767"),
        ("addiu $1, $2, -32769", 1, 15, "-32769 is not within -32768 to 32767"),
        ("ori $1, $2, -1", 1, 13, "-1 is not within 0 to 65535"),
        ("ori $1, $2, 65536", 1, 13, "65536 is not within 0 to 65535"),
        ("lw $1, 40000($2)", 1, 8, "40000 is not within -32768 to 32767"),
        ("sll $1, $2, 32", 1, 13, "32 is not within 0 to 31"),
        ("break 1024", 1, 7, "1024 is not within 0 to 1023"),
        ("lw $1, 4", 1, 8, "'4' is no address: write 'offset(base)'"),
        ("lwxc1 $f1, 4", 1, 12, "'4' is no address: write 'index(base)'"),
        ("lw $1,", 1, 7, "end of line is no address: write 'offset(base)'"),
        ("lw $1, 4($2", 1, 8, "'4' is no address: write 'offset(base)'"),
        ("lw $1, 4(2)", 1, 10, "'2' is not a general register"),
        ("b . + 2", 1, 3, "the target 0xffffffff80001002 is not a multiple of 4"),
        ("b . + 0x20004", 1, 3, "0xffffffff80021004 is out of the reach of a branch"),
        ("b 0", 1, 3, "0x0 is out of the reach of a branch"),
        ("j 0x1000", 1, 3, "0x1000 is outside the 256 MB region of the jump"),
        ("b nowhere", 1, 3, "'nowhere' is not defined"),
        ("b 1f", 1, 3, "'1' is not defined"),
        ("b 1b", 1, 3, "there is no label 1 before this line"),
        ("li $2, later\nlater:", 1, 8, "'later' is not defined before this line"),
        ("li $2, 0x100000000", 1, 8, "4294967296 does not fit 32 bits: use dli"),
        ("li $2", 1, 1, "li is written 'li rt, value'"),
        ("la $2, 0x80000000", 1, 8, "0x80000000 is no sign-extended 32-bit address: use dla"),
        ("a: nop\na: nop", 2, 1, "'a' is defined already"),
        ("$2: nop", 1, 1, "'$2' cannot be a symbol"),
        (". = 5", 1, 1, "'.' cannot be a symbol"),
        ("1 = 5", 1, 1, "'1' begins no statement"),
        (".equ a b, 1", 1, 8, "'b' does not continue the symbol"),
        (".equ , 1", 1, 6, "end of line cannot be a symbol"),
        (".equ a", 1, 1, ".equ is written '.equ symbol, value'"),
        (".set reorder", 1, 1, ".set is written"),
        (".data", 1, 1, "there is no directive '.data'"),
        (".word", 1, 1, ".word needs a value"),
        (".word 1,", 1, 9, "a value is missing"),
        (".word 0x100000000", 1, 7, "4294967296 is not within -2147483648 to 4294967295"),
        (".byte 256", 1, 7, "256 is not within -128 to 255"),
        (".byte 1\nnop", 2, 1, "'nop' needs an address that is a multiple of 4, not 0x"),
        (".byte 1\n.dword 1", 2, 1, "'.dword' needs an address that is a multiple of 8"),
        (".ascii", 1, 1, ".ascii needs a string"),
        (".ascii a", 1, 8, ".ascii takes strings between quotation marks"),
        ('.ascii "a" "b"', 1, 8, ".ascii takes strings between quotation marks"),
        (r'.ascii "\q"', 1, 8, r"there is no escape \q"),
        ('.ascii "a', 1, 8, "no string or character begins with '\"' here"),
        (".space -1", 1, 8, "-1 is not within 0 to 67108864"),
        (".space 0x7fffffffffffffff", 1, 8, "is not within 0 to"),
        (".space 1, 256", 1, 11, "256 is not within 0 to 255"),
        (".space", 1, 1, ".space is written '.space size[, fill]'"),
        (".space 0x4000000\n.byte 1", 2, 1, "the program is larger than 67108864 bytes"),
        (".align 17", 1, 8, "17 is not within 0 to 16"),
        (".org", 1, 1, ".org is written '.org address'"),
        ("nop\n.org 0xffffffff80001000\nnop", 3, 1, "0xffffffff80001000 is occupied already"),
        ("a: .space 8\n.org a + 4\n.word 1", 3, 1, "0xffffffff80001004 is occupied already"),
        (".org -2\n.space 4", 2, 1, "the program goes beyond the last address"),
        (".word 1 +", 1, 10, "a value is missing"),
        (".word (1", 1, 9, "')' is missing before end of line"),
        (".word 1)", 1, 8, "')' does not continue the expression"),
        (".word %hi 1", 1, 11, "'(' is missing before '1'"),
        (".word 1 / (2 - 2)", 1, 9, "division by zero"),
        (".word 1 % 0", 1, 9, "division by zero"),
        (".word 1 << 64", 1, 9, "a shift is by 0 to 63 bits"),
        (".word 08", 1, 7, "'08' is not a number"),
        (".word 1x", 1, 7, "'1x' is not a number"),
        (".word 0x10000000000000000", 1, 7, "the number does not fit 64 bits"),
        (".word " + "9" * 10000, 1, 7, "the number does not fit 64 bits"),
        (".word " + "(" * 10000, 1, 57, "more than 50 parentheses are open"),
        (".word $2", 1, 7, "'$2' is not a value"),
        (".word *", 1, 7, "'*' is not a value"),
        ("nop @", 1, 5, "no token begins with '@' here"),
        ("nop 1", 1, 1, "nop is written 'nop'"),
        ("$2", 1, 1, "'$2' begins no statement"),
    ],
)
def test_errors(source: str, line: int, column: int, message: str) -> None:
    with pytest.raises(AssemblyError) as caught:
        assemble(source)
    assert message in caught.value.message
    assert (caught.value.line, caught.value.column) == (line, column)
    assert str(caught.value) == f"{line}:{column}: {caught.value.message}"
    assert "\n" not in str(caught.value)


def test_long_expressions_are_no_deep_ones() -> None:
    assert words(".word " + "1+" * 5000 + "1") == [5001]
    assert words(".word " + "-" * 5000 + "1") == [1]


def test_a_model_has_its_own_instructions_and_registers() -> None:
    with pytest.raises(AssemblyError, match="the R4000 has no instruction 'movz'"):
        assemble("movz $1, $2, $3", model=R4000)
    with pytest.raises(AssemblyError, match="the R4000 has no instruction 'mfps'"):
        assemble("mfps $2, 0", model=R4000)
    with pytest.raises(AssemblyError, match="'\\$framemask' is not a CP0 register"):
        assemble("mfc0 $2, $framemask", model=R4000)
    assert words("mfc0 $2, $framemask") == words("mfc0 $2, $21")


def test_the_last_word_of_the_address_space() -> None:
    assert assemble("nop", origin=MASK64 - 3).sections == (Section(MASK64 - 3, bytes(4)),)


PIECES = st.sampled_from(
    [
        *forms_by_mnemonic(R10000), *DIRECTIVES, *PSEUDO_INSTRUCTIONS, "$2", "$t0", "$f1", "$fcc1",
        "$status", "0", "1", "-1", "0x80001000", "label", "label:", "1:", "1b", "1f", "%hi", "%lo",
        "(", ")", ",", ";", "+", "*", "/", "<<", "=", ".", "'a'", '"text"', "#", "\n", " ", "\\",
    ]
)  # fmt: skip


@given(st.one_of(st.text(), st.lists(PIECES).map(" ".join), st.lists(PIECES).map("".join)))
def test_no_source_raises_anything_else(source: str) -> None:
    error = None
    try:
        assemble(source)
    except AssemblyError as raised:
        error = raised
    if error is not None:
        assert re.fullmatch(r"\d+:\d+: [^\n]+", str(error))
        assert 1 <= error.line <= source.count("\n") + 1
