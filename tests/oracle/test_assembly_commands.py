"""`disco asm` and `disco disasm`: formats, files, and one clear line for bad input."""

import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from disco.mips.assembler import assemble
from disco.mips.assembly.image import Image, Section
from disco.mips.model import R4000, R10000
from disco.oracle.assembly_commands import asm_command, disasm_command
from disco.oracle.elf import read_elf
from disco.oracle.elf_writer import ElfWriteError, write_elf
from tests.requirements import require_tool

SOURCE = """\
        .equ count, 3
_start: li $t0, 0x12345678  # two words
loop:   bnez $t0, loop
        nop
        .ascii "abcde"
        .org 0xffffffff80002000
        .word count
        .space 1000
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "program.s"
    path.write_text(SOURCE)
    return path


def asm(*arguments: object, stdin: str | bytes = "") -> Result:
    return CliRunner().invoke(asm_command, list(map(str, arguments)), input=stdin)


def disasm(*arguments: object, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(disasm_command, list(map(str, arguments)), input=stdin)


def test_listing(source: Path) -> None:
    result = asm(source)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "                                    .equ count, 3",
        "ffffffff80001000  3c0c1234  _start: li $t0, 0x12345678  # two words",
        "ffffffff80001004  358c5678",
        "ffffffff80001008  1580ffff  loop:   bnez $t0, loop",
        "ffffffff8000100c  00000000          nop",
        'ffffffff80001010  61626364          .ascii "abcde"',
        "ffffffff80001014  65",
        "                                    .org 0xffffffff80002000",
        "ffffffff80002000  00000003          .word count",
        "ffffffff80002004  00000000          .space 1000",
        *(f"ffffffff800020{4 * i:02x}  00000000" for i in range(2, 9)),
        "                  ...",
    ]


def test_executable_reads_back(source: Path, tmp_path: Path) -> None:
    output = tmp_path / "program"
    assert asm(source, "-o", output).exit_code == 0
    program = read_elf(output.read_bytes())
    image = assemble(SOURCE)
    assert program.entry == image.entry
    assert [(segment.address, segment.data, segment.size) for segment in program.segments] == [
        (section.address, section.data, len(section.data)) for section in image.sections
    ]


def test_other_tools_read_the_executable(source: Path, tmp_path: Path) -> None:
    readelf = require_tool("readelf", "binutils")
    output = tmp_path / "program"
    assert asm(source, "-o", output, "--model", "R4000").exit_code == 0
    shown = subprocess.run(
        [readelf, "-W", "-a", output], capture_output=True, text=True, check=True
    )
    assert shown.stderr == ""
    assert "Entry point address:               0xffffffff80001000" in shown.stdout
    assert "Flags:                             0x20000000, mips3" in shown.stdout
    symbols = {
        fields[-1]: (fields[1], fields[-2])
        for line in shown.stdout.splitlines()
        if "NOTYPE" in line and len(fields := line.split()) == 8
    }
    assert symbols == {
        "count": ("0000000000000003", "ABS"),
        "_start": ("ffffffff80001000", "1"),
        "loop": ("ffffffff80001008", "1"),
    }


def test_raw_bytes() -> None:
    result = asm("-", "--format", "bin", stdin=".org 0x100\n.word 1\n.org 0x106\n.half 2")
    assert result.stdout_bytes == b"\0\0\0\1\0\0\0\2"
    assert asm("-", "--format", "bin").stdout_bytes == b""


def test_options_of_the_assembler() -> None:
    result = asm(
        "-", "--origin", "0x9800000000000000", "--registers", "o32", "--format", "listing",
        stdin="b .; jr $t4",
    )  # fmt: skip
    assert result.stdout.splitlines() == [
        "9800000000000000  1000ffff  b .; jr $t4",
        "9800000000000004  01800008",
    ]


def test_words() -> None:
    result = disasm("0x00a6200a", "1000FFFF", "--origin", "0x1000")
    assert result.stdout.splitlines() == [
        "0000000000001000  00a6200a  movz $4, $5, $6",
        "0000000000001004  1000ffff  b 0x1004",
    ]
    result = disasm("00a62025", "00a02025", "--no-aliases", "--registers", "n64")
    assert [line.split("  ")[2] for line in result.stdout.splitlines()] == [
        "or $a0, $a1, $a2",
        "or $a0, $a1, $zero",
    ]
    assert ".word 0x00a6200a" in disasm("00a6200a", "--model", "R4000").stdout


def test_files(source: Path, tmp_path: Path) -> None:
    program, raw = tmp_path / "program", tmp_path / "12345678"
    assert asm(source, "-o", program).exit_code == 0
    assert asm(source, "-o", raw, "--format", "bin").exit_code == 0
    lines = disasm(program).stdout.splitlines()
    assert lines[:6] == [
        "ffffffff80001000  3c0c1234  lui $12, 0x1234",
        "ffffffff80001004  358c5678  ori $12, $12, 0x5678",
        "ffffffff80001008  1580ffff  bnez $12, 0xffffffff80001008",
        "ffffffff8000100c  00000000  nop",
        "ffffffff80001010  61626364  daddi $2, $11, 25444",
        "ffffffff80001014  65        .byte 0x65",
    ]
    assert lines[6] == "ffffffff80002000  00000003  sra $0, $0, 0"
    assert disasm(raw).stdout.splitlines()[:5] == lines[:5]
    assert disasm("-", stdin=raw.read_bytes()).stdout == disasm(raw).stdout


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"nop\n foo", "FILE:2:2: there is no instruction 'foo'"),
        (b"nop \xff", "FILE: not UTF-8 text: byte 4 is 0xff"),
        (b"# nothing", "FILE: there is nothing to write: the program has no bytes"),
    ],
)
def test_bad_source(content: bytes, message: str, tmp_path: Path) -> None:
    path, output = tmp_path / "bad.s", tmp_path / "program"
    path.write_bytes(content)
    result = asm(path, "-o", output)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == message.replace("FILE", str(path)) + "\n"
    assert not output.exists()


def test_parts_too_far_apart_for_raw_bytes() -> None:
    result = asm("-", "--format", "bin", stdin=".word 1; .org 0x1000; .word 2")
    assert result.exit_code == 1
    assert result.stderr == ("-: the parts lie more than 67108864 bytes apart: write an ELF file\n")


def test_files_that_cannot_be_used(source: Path, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    result = asm(missing)
    assert (result.exit_code, result.stderr) == (2, f"{missing}: No such file or directory\n")
    result = asm(source, "-o", missing / "program")
    assert result.exit_code == 2
    assert result.stderr == f"{missing / 'program'}: No such file or directory\n"
    result = disasm(tmp_path)
    assert (result.exit_code, result.stderr) == (2, f"{tmp_path}: Is a directory\n")


def test_bad_words_and_programs(tmp_path: Path) -> None:
    result = disasm("0x123456789")
    assert result.exit_code == 2
    assert result.stderr == (
        "0x123456789: neither a file nor a word of up to 8 hexadecimal digits\n"
    )
    path = tmp_path / "bad"
    path.write_bytes(b"\x7fELF")
    result = disasm(path)
    assert result.exit_code == 1
    assert result.stderr == f"{path}: the ELF file is truncated or damaged\n"


@pytest.mark.parametrize("origin", ["5x", "-1", "0x10000000000000000"])
def test_bad_origin(origin: str) -> None:
    result = disasm("0", "--origin", origin)
    assert result.exit_code == 2
    assert f"{origin!r} is not an address of 64 bits" in result.stderr


def test_too_many_parts_for_an_elf_file() -> None:
    sections = tuple(Section(8 * number, bytes(4)) for number in range(0xFE01))
    with pytest.raises(ElfWriteError, match="65025 parts"):
        write_elf(Image(sections, {}, 0, ()), R10000)
    assert write_elf(Image(sections[:-1], {}, 0, ()), R4000)
