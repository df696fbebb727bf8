"""Reading ELF files: what is loaded where, and one clear line for every bad file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disco.machine.board import Board, Reason
from disco.machine.image import Image, ImageError, ImageSegment
from disco.oracle.elf import read_elf
from tests.oracle.elf_files import NOTE, SELF_BRANCH, START, Program, elf

both_classes = pytest.mark.parametrize("bits", [32, 64])


@both_classes
def test_a_program(bits: int) -> None:
    read = read_elf(elf([Program(), Program(address=START + 0x100, memory_size=16)], bits=bits))
    expected = (
        ImageSegment(START, SELF_BRANCH, 8),
        ImageSegment(START + 0x100, SELF_BRANCH, 16),
    )
    assert read == Image(START, expected, address_bits=bits)


@both_classes
def test_the_physical_address_decides(bits: int) -> None:
    read = read_elf(elf([Program(address=0x1FC0_0000, virtual=START)], bits=bits))
    assert read.segments[0].address == 0x1FC0_0000


def test_an_xkphys_program() -> None:
    address = 0x9800_0000_0010_0000
    board = Board()
    board.load(read_elf(elf([Program(address=address)], entry=address)))
    assert board.memory.ram[0x10_0000:0x10_0008] == SELF_BRANCH
    assert board.run(100).reason is Reason.ENDED


def test_other_program_headers_are_passed_over() -> None:
    programs = [Program(kind=NOTE, address=1), Program(), Program(data=b"", address=2)]
    assert len(read_elf(elf(programs)).segments) == 1


GOOD = elf()
BAD = {
    "empty": (b"", "not an ELF file"),
    "text": (b"#!/bin/sh\n", "not an ELF file"),
    "magic alone": (b"\x7fELF", "the ELF file is truncated or damaged"),
    "header cut": (GOOD[:40], "the ELF file is truncated or damaged"),
    "program headers cut": (
        GOOD[:100], "the ELF file is truncated: its program headers lie beyond its end",
    ),
    "contents cut": (GOOD[:-1], "the ELF file is truncated: segment 0 ends beyond its end"),
    "class": (GOOD[:4] + b"\x07" + GOOD[5:], "the ELF file is truncated or damaged"),
    "little-endian": (elf(order="<"), "a little-endian ELF file; the processor is big-endian"),
    "x86": (elf(machine=62), "an ELF file for another machine (EM_X86_64), not MIPS"),
    "unknown machine": (
        elf(machine=0x7777), "an ELF file for another machine (30583), not MIPS",
    ),
    "object": (elf(kind=1), "not an executable but an ELF file of type ET_REL; link it"),
    "shared": (elf(kind=3), "not an executable but an ELF file of type ET_DYN; link it"),
    "nothing": (
        elf([]), "the ELF file has nothing to load: no PT_LOAD segment with contents",
    ),
    "only a note": (
        elf([Program(kind=NOTE)]),
        "the ELF file has nothing to load: no PT_LOAD segment with contents",
    ),
    "larger than its memory": (
        elf([Program(memory_size=4)]),
        "the ELF file is damaged: segment 0 is larger than its memory",
    ),
    "far offset": (
        elf([Program(offset=(1 << 64) - 8)]),
        "the ELF file is truncated: segment 0 ends beyond its end",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "message"), BAD.values(), ids=BAD)
def test_bad_files(content: bytes, message: str) -> None:
    with pytest.raises(ImageError) as error:
        read_elf(content)
    assert str(error.value) == message


@both_classes
@given(data=st.data())
def test_damaged_files_never_raise_anything_else(bits: int, data: st.DataObject) -> None:
    content = bytearray(elf([Program(), Program(address=START + 8)], bits=bits))
    places = st.integers(4, len(content) - 1)
    for place, byte in data.draw(st.dictionaries(places, st.integers(0, 255), max_size=6)).items():
        content[place] = byte
    length = data.draw(st.integers(0, len(content)) | st.just(len(content)))
    message = ""
    try:
        Board(memory_size=1 << 16).load(read_elf(bytes(content[:length])))
    except ImageError as error:
        message = str(error)
    assert "\n" not in message
