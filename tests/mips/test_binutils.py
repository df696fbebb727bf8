"""The assembler against GNU's, over every form of every instruction."""

import re
import subprocess
from pathlib import Path

import attrs
import pytest

from disco.mips.assembler import assemble
from disco.mips.disassembler import write_form
from disco.mips.instruction import Instruction
from disco.mips.model import MODELS, Model
from disco.mips.syntax import Names, Role
from disco.mips.table import instructions
from tests.mips.deviations import GNU_REFUSALS
from tests.mips.words import all_forms, sample_form
from tests.requirements import require_tool

PACKAGE = "binutils-mips64-linux-gnuabi64"
ORIGIN = 0xFFFF_FFFF_8000_1000
MODEL = pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
OPTIONS = ".set noreorder\n.set nomacro\n.set noat\n.text\n"


@attrs.frozen
class Line:
    """A word and a text that should assemble to it."""

    row: Instruction
    word: int
    text: str


def sample_lines(model: Model) -> list[Line]:
    """Write every form of every instruction of `model` with many operands.

    GNU's assembler takes an absolute branch target for an offset, so branches are relative to `.`.
    """
    lines: list[Line] = []
    for row in instructions(model):
        for form in all_forms(row, model):
            branches = any(item[0].role is Role.BRANCH for item in form.items)
            for word in sample_form(form, 12):
                text = write_form(form, word, ORIGIN, model, Names.NUMERIC)
                if branches:
                    text = re.sub("0x[0-9a-f]+", lambda m: f". + {int(m[0], 0) - ORIGIN}", text)
                lines.append(Line(row, word, text))
    return lines


def refusal(model: Model, line: Line) -> str | None:
    """Give the name of the reason why GNU's assembler refuses a line."""
    for refused in GNU_REFUSALS:
        if refused.contains(model, line.row, line.word, line.text):
            return refused.name
    return None


def run_gas(model: Model, source: str, directory: Path) -> subprocess.CompletedProcess[str]:
    tool = require_tool("mips64-linux-gnuabi64-as", PACKAGE)
    (directory / "source.s").write_text(source)
    options = [f"-march={model.name.lower()}", "-mabi=64", "-O0", "--no-warn", "-o", "object.o"]
    return subprocess.run(
        [tool, *options, "source.s"], cwd=directory, capture_output=True, text=True, check=False
    )


def gnu_words(model: Model, source: str, directory: Path) -> list[int]:
    """Assemble and link with GNU's tools."""
    made = run_gas(model, source, directory)
    assert made.returncode == 0, made.stderr
    linker = require_tool("mips64-linux-gnuabi64-ld", PACKAGE)
    copier = require_tool("mips64-linux-gnuabi64-objcopy", PACKAGE)
    link = [linker, f"-Ttext={ORIGIN:#x}", "-e", "0", "object.o", "-o", "program"]
    copy = [copier, "-O", "binary", "-j", ".text", "program", "program.bin"]
    for command in (link, copy):
        subprocess.run(command, cwd=directory, check=True)
    data = (directory / "program.bin").read_bytes()
    return [int.from_bytes(data[i : i + 4]) for i in range(0, len(data), 4)]


@MODEL
def test_gnu_makes_the_same_words(model: Model, tmp_path: Path) -> None:
    lines = [line for line in sample_lines(model) if refusal(model, line) is None]
    assert {line.row for line in lines} == set(instructions(model))
    source = OPTIONS + "\n".join(line.text for line in lines) + "\n"
    ours = list(assemble(source, origin=ORIGIN, model=model).words.values())
    theirs = gnu_words(model, source, tmp_path)
    for line, our, their in zip(lines, ours, theirs, strict=False):
        assert our == their == line.word, line.text
    assert len(theirs) - len(lines) < 4, "only padding follows"


def test_gnu_refuses_what_the_list_says(tmp_path: Path) -> None:
    needed = set()
    for model in MODELS.values():
        for refused in GNU_REFUSALS:
            texts = [
                line.text
                for line in sample_lines(model)
                if refused.contains(model, line.row, line.word, line.text)
            ]
            if texts:
                needed.add(refused.name)
                made = run_gas(model, OPTIONS + "\n".join(texts) + "\n", tmp_path)
                refused_lines = set(re.findall(r"source.s:(\d+): Error", made.stderr))
                assert len(refused_lines) == len(texts)
    assert needed == {refused.name for refused in GNU_REFUSALS}


CONSTANTS = (
    *(0, 1, -1, 0x7FFF, 0x8000, 0xFFFF, 0x10000, -0x8000, -0x8001, 0x12345678, 0x7FFF0000),
    *(-0x80000000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFF0000),
)

PROGRAM = """
        .globl _start
        .equ size, 4 * (3 + 1)
_start: li $sp, 0x80008000
        lui $t0, %hi(table + 4)
        lw $t0, %lo(table + 4)($t0)
1:      addiu $t0, $t0, -1 ; bnez $t0, 1b
        nop
        beq $t0, $a4, 1f
        addiu $a0, $zero, size - 1
        b done
        sll $t3, $t3, 'a' & 31
1:      jal function    # comes later
        nop             # a comment
        sw $ra, -size($s8)
done:   b done
        nop
        .align 3
table:  .word 1, -1, table - _start, 0xffffffff
        .half 0x1234, -2
        .byte 1, 2, 'A', '\\n'
        .dword table, -1
        .ascii "ab\\tc", "\\\\\\"\\101"
        .asciiz "end"
        .space 3, 0x5a
        .align 2
function:
        jr $ra
        lwc1 $f4, size * 2($gp)
"""


def test_gnu_assembles_programs_to_the_same_words(tmp_path: Path) -> None:
    constants = "\n".join(f"li $v0, {value}" for value in CONSTANTS)
    source = f".set noreorder\n{PROGRAM}{constants}\n"
    ours = list(assemble(source, origin=ORIGIN).words.values())
    theirs = gnu_words(MODELS["R10000"], source, tmp_path)
    assert theirs[: len(ours)] == ours
    assert set(theirs[len(ours) :]) <= {0}
