"""What the assembler makes: bytes at addresses."""

from collections.abc import Mapping

import attrs


@attrs.frozen
class Section:
    """Bytes without a gap from `address` on."""

    address: int
    data: bytes


@attrs.frozen
class ListingLine:
    """What line number `line` of the source put at `address`."""

    address: int
    data: bytes
    line: int


@attrs.frozen
class Image:
    """An assembled program."""

    sections: tuple[Section, ...]
    """By address; no two touch or overlap."""
    symbols: Mapping[str, int]
    """The value of every label and constant."""
    entry: int
    """The address of `_start`; without that label, of the first instruction."""
    listing: tuple[ListingLine, ...]
    """In the order of the source."""

    @property
    def words(self) -> dict[int, int]:
        """The aligned words by their address. Bytes that fill no aligned word are left out."""
        return {
            section.address + offset: int.from_bytes(section.data[offset : offset + 4])
            for section in self.sections
            for offset in range(-section.address % 4, len(section.data) - 3, 4)
        }
