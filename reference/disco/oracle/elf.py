"""Reading a program from an ELF file: big-endian MIPS, ELF32 or ELF64, linked for fixed addresses.

A segment is loaded where its physical address (p_paddr) says, which linkers set to its virtual
address when they are not told otherwise: an address in KSEG0, KSEG1 or XKPHYS stands for the
physical address behind it. The addresses of an ELF32 file are sign-extended to 64 bits.
"""

import io
from collections.abc import Iterator

from elftools.common.exceptions import ELFError
from elftools.common.utils import struct_parse
from elftools.construct import ConstructError
from elftools.elf.elffile import ELFFile

from disco.bits import sext32
from disco.machine.image import Image, ImageError, ImageSegment


def read_elf(content: bytes) -> Image:
    """Read an executable. Raises ImageError, with one clear line, on any other file."""
    if not content.startswith(b"\x7fELF"):
        raise ImageError("not an ELF file")
    try:
        return _read(ELFFile(io.BytesIO(content)), content)
    except (ELFError, ConstructError):
        raise ImageError("the ELF file is truncated or damaged") from None


def _read(elf: ELFFile, content: bytes) -> Image:
    header = elf.header
    if elf.little_endian:
        raise ImageError("a little-endian ELF file; the processor is big-endian")
    if header.e_machine != "EM_MIPS":
        raise ImageError(f"an ELF file for another machine ({header.e_machine}), not MIPS")
    if header.e_type != "ET_EXEC":
        raise ImageError(f"not an executable but an ELF file of type {header.e_type}; link it")
    segments = tuple(_segments(elf, content))
    if not segments:
        raise ImageError("the ELF file has nothing to load: no PT_LOAD segment with contents")
    entry = _address(elf, header.e_entry)
    return Image(entry=entry, segments=segments, address_bits=elf.elfclass)


def _segments(elf: ELFFile, content: bytes) -> Iterator[ImageSegment]:
    form, table = elf.structs.Elf_Phdr, elf.header.e_phoff
    for number in range(elf.header.e_phnum):
        position = table + number * elf.header.e_phentsize
        if position + form.sizeof() > len(content):
            raise ImageError("the ELF file is truncated: its program headers lie beyond its end")
        header = struct_parse(form, elf.stream, stream_pos=position)
        if header.p_type != "PT_LOAD" or header.p_memsz == 0:
            continue
        end = header.p_offset + header.p_filesz
        if end > len(content):
            raise ImageError(f"the ELF file is truncated: segment {number} ends beyond its end")
        if header.p_filesz > header.p_memsz:
            raise ImageError(f"the ELF file is damaged: segment {number} is larger than its memory")
        data = content[header.p_offset : end]
        yield ImageSegment(_address(elf, header.p_paddr), data, header.p_memsz)


def _address(elf: ELFFile, address: int) -> int:
    return sext32(address) if elf.elfclass == 32 else address
