"""Making ELF files for the tests, good ones and bad ones."""

import struct
from collections.abc import Sequence

import attrs

LOAD, NOTE = 1, 4
START = 0xFFFF_FFFF_8000_1000
SELF_BRANCH = bytes.fromhex("1000ffff00000000")


@attrs.frozen(kw_only=True)
class Program:
    """A program header and its bytes."""

    address: int = START
    data: bytes = SELF_BRANCH
    kind: int = LOAD
    offset: int | None = None
    """In the file; None for where the bytes are."""
    file_size: int | None = None
    """None for the length of the bytes."""
    memory_size: int | None = None
    """None for the size in the file."""
    virtual: int | None = None
    """None for the (physical) address."""


def elf(
    programs: Sequence[Program] = (Program(),),
    *,
    bits: int = 64,
    order: str = ">",
    machine: int = 8,
    kind: int = 2,
    entry: int = START,
) -> bytes:
    """Give an ELF file of `bits` 32 or 64 with these program headers."""
    word = "Q" if bits == 64 else "I"
    mask = (1 << bits) - 1
    ident = b"\x7fELF" + bytes([2 if bits == 64 else 1, 2 if order == ">" else 1, 1]) + bytes(9)
    header_size, program_size = (64, 56) if bits == 64 else (52, 32)
    header = ident + struct.pack(
        f"{order}HHI{word}{word}{word}IHHHHHH",
        kind, machine, 1, entry & mask, header_size, 0, 0,
        header_size, program_size, len(programs), 0, 0, 0,
    )  # fmt: skip
    table, contents = b"", b""
    place = header_size + program_size * len(programs)
    for program in programs:
        offset = place + len(contents) if program.offset is None else program.offset
        file_size = len(program.data) if program.file_size is None else program.file_size
        memory_size = file_size if program.memory_size is None else program.memory_size
        virtual = program.address if program.virtual is None else program.virtual
        addresses = (offset, virtual & mask, program.address & mask, file_size, memory_size)
        if bits == 64:
            table += struct.pack(f"{order}IIQQQQQQ", program.kind, 7, *addresses, 1)
        else:
            table += struct.pack(f"{order}IIIIIIII", program.kind, *addresses, 7, 1)
        contents += program.data
    return header + table + contents
