"""Writing assembled programs as big-endian ELF64 executables.

There is one loadable segment and one section for each part of the program, and a symbol table, so
that other tools show the program as well. Source: the ELF-64 object file format and the MIPS
processor supplement to System V.
"""

import struct
from collections.abc import Iterable

from disco.mips.assembly.image import Image
from disco.mips.model import Level, Model

_IDENTIFICATION = b"\x7fELF" + bytes([2, 2, 1, 0]) + bytes(8)
"""ELF64, most significant byte first, version 1, System V."""
_FLAGS = {Level.III: 0x2000_0000, Level.IV: 0x3000_0000}
"""e_flags: the instruction set level."""
_HEADER = struct.Struct(">16sHHIQQQIHHHHHH")
_SEGMENT = struct.Struct(">IIQQQQQQ")
_SECTION = struct.Struct(">IIQQQQIIQQ")
_SYMBOL = struct.Struct(">IBBHQQ")
_EXECUTABLE, _MIPS = 2, 8
_LOAD, _READ_WRITE_EXECUTE = 1, 7
_PROGBITS, _SYMTAB, _STRTAB = 1, 2, 3
_WRITE_ALLOC_EXECUTE = 7
_GLOBAL = 1 << 4
_ABSOLUTE = 0xFFF1
_MOST_PARTS = 0xFE00
"""Section numbers from 0xff00 on are reserved."""


class ElfWriteError(ValueError):
    """A program that no ELF file can hold; the text is one clear line."""


class _Strings:
    """A string table."""

    def __init__(self) -> None:
        self.data = bytearray(1)

    def add(self, text: str) -> int:
        """Append `text` and give its place."""
        place = len(self.data)
        self.data += text.encode() + b"\0"
        return place


def write_elf(image: Image, model: Model) -> bytes:
    """Give the bytes of the executable. Raises ElfWriteError."""
    parts = image.sections
    if not parts:
        raise ElfWriteError("there is nothing to write: the program has no bytes")
    if len(parts) > _MOST_PARTS:
        raise ElfWriteError(f"the program has {len(parts)} parts, more than {_MOST_PARTS}")
    begin = _HEADER.size + _SEGMENT.size * len(parts)
    offsets = [begin]
    for part in parts:
        offsets.append(offsets[-1] + len(part.data))
    segments = b"".join(
        _SEGMENT.pack(
            _LOAD, _READ_WRITE_EXECUTE, offset, part.address, part.address,
            len(part.data), len(part.data), 1,
        )
        for part, offset in zip(parts, offsets, strict=False)
    )  # fmt: skip
    content = b"".join(part.data for part in parts)
    sections, tables = _describe(image, offsets)
    header = _HEADER.pack(
        _IDENTIFICATION, _EXECUTABLE, _MIPS, 1, image.entry, _HEADER.size,
        offsets[-1] + len(tables), _FLAGS[model.level],
        _HEADER.size, _SEGMENT.size, len(parts), _SECTION.size, len(parts) + 4, len(parts) + 3,
    )  # fmt: skip
    return header + segments + content + tables + sections


def _describe(image: Image, offsets: list[int]) -> tuple[bytes, bytes]:
    """Give the section headers, and the symbol and string tables that follow the content."""
    names, headers = _Strings(), [bytes(_SECTION.size)]
    for number, (part, offset) in enumerate(zip(image.sections, offsets, strict=False)):
        name = names.add(f".text.{number}" if number > 0 else ".text")
        headers.append(
            _SECTION.pack(
                name, _PROGBITS, _WRITE_ALLOC_EXECUTE, part.address, offset, len(part.data),
                0, 0, 1, 0,
            )
        )  # fmt: skip
    strings = _Strings()
    symbols = bytes(_SYMBOL.size) + b"".join(_symbols(image, strings))
    end, link = offsets[-1], len(headers) + 1
    headers.append(
        _SECTION.pack(
            names.add(".symtab"), _SYMTAB, 0, 0, end, len(symbols), link, 1, 8, _SYMBOL.size
        )
    )
    end += len(symbols)
    headers.append(
        _SECTION.pack(names.add(".strtab"), _STRTAB, 0, 0, end, len(strings.data), 0, 0, 1, 0)
    )
    end += len(strings.data)
    name = names.add(".shstrtab")
    headers.append(_SECTION.pack(name, _STRTAB, 0, 0, end, len(names.data), 0, 0, 1, 0))
    return b"".join(headers), symbols + bytes(strings.data) + bytes(names.data)


def _symbols(image: Image, strings: _Strings) -> Iterable[bytes]:
    for name, value in image.symbols.items():
        section = next(
            (
                number
                for number, part in enumerate(image.sections, 1)
                if part.address <= value < part.address + len(part.data)
            ),
            _ABSOLUTE,
        )
        yield _SYMBOL.pack(strings.add(name), _GLOBAL, 0, section, value, 0)
