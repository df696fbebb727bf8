"""A program as a board loads it, free of any file format."""

import attrs


class ImageError(ValueError):
    """A program that cannot be loaded; the text is one clear line."""


@attrs.frozen
class ImageSegment:
    """Bytes for the board's memory; what `data` does not fill of `size` is zero."""

    address: int
    """Where it is loaded: a 64-bit address in KSEG0, KSEG1 or XKPHYS, or a physical address."""
    data: bytes
    size: int
    """Bytes in memory, at least those of `data`."""


@attrs.frozen
class Image:
    """A program: its segments and the virtual address of its first instruction."""

    entry: int
    """64-bit address in KSEG0, KSEG1 or XKPHYS."""
    segments: tuple[ImageSegment, ...]
    address_bits: int = 64
    """How wide the program's tools write addresses: with 32 they are sign-extended."""
