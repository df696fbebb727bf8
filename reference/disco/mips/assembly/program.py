"""A program being assembled: its symbols, and its pieces as the first pass places them."""

from collections.abc import Callable, Sequence
from functools import partial

import attrs

from disco.bits import MASK32, MASK64, signed64
from disco.mips.assembly.expression import evaluate
from disco.mips.assembly.image import Image, ListingLine, Section
from disco.mips.assembly.tokens import Token, TokenKind
from disco.mips.model import Model
from disco.mips.syntax import Names

LARGEST = 64 << 20
"""How many bytes a program may have."""

Tokens = Sequence[Token]
"""Tokens of an operand; the last is END."""
Operands = Sequence[Tokens]
"""The operands of a statement."""


@attrs.frozen
class _Piece:
    """A part of the program, placed by the first pass and made by the second."""

    address: int
    size: int
    first: Token
    make: Callable[[], bytes]


@attrs.define(eq=False)
class Program:
    """Symbols and pieces; `location` is the current address."""

    origin: int
    model: Model
    names: Names
    location: int
    symbols: dict[str, int] = attrs.field(factory=dict)
    entry: int | None = None
    """The address of the first instruction."""
    _pieces: list[_Piece] = attrs.field(factory=list)
    _local_labels: dict[str, int] = attrs.field(factory=dict)
    """How often each number has been a label."""
    _size: int = 0

    def define_label(self, token: Token) -> None:
        """Give a label the current address; a number may be a label many times."""
        if token.kind is TokenKind.NUMBER and token.text.isdigit():
            count = self._local_labels.get(token.text, 0)
            self._local_labels[token.text] = count + 1
            self.symbols[f"{token.text}#{count}"] = self.location
        else:
            self.define(token, self.location)

    def define(self, token: Token, value: int) -> None:
        """Give the symbol `token` its value, once."""
        if token.kind is not TokenKind.NAME or token.text == ".":
            raise token.error(f"{token} cannot be a symbol")
        if token.text in self.symbols:
            raise token.error(f"{token} is defined already")
        self.symbols[token.text] = value

    def resolve_local(self, token: Token) -> Token:
        """Replace `1b` and `1f` by the symbol of the last, or next, label `1`."""
        label, direction = token.text[:-1], token.text[-1:]
        if token.kind is not TokenKind.NUMBER or direction not in "bf" or not label.isdigit():
            return token
        count = self._local_labels.get(label, 0)
        if direction == "b" and count == 0:
            raise token.error(f"there is no label {label} before this line")
        symbol = f"{label}#{count - (direction == 'b')}"
        return attrs.evolve(token, kind=TokenKind.NAME, text=symbol)

    def value(self, tokens: Tokens, location: int) -> int:
        """Evaluate an expression of a statement at `location`, as 64 bits: the second pass."""
        return evaluate(tokens, partial(self._look_up, location, "is not defined"))

    def known(self, tokens: Tokens) -> int:
        """Evaluate an expression that the first pass needs; its symbols must stand before it."""
        missing = "is not defined before this line"
        return evaluate(tokens, partial(self._look_up, self.location, missing))

    def _look_up(self, location: int, missing: str, token: Token) -> int:
        if token.text == ".":
            return location
        if token.text not in self.symbols:
            raise token.error(f"'{token.text.partition('#')[0]}' {missing}")
        return self.symbols[token.text]

    def place(
        self, first: Token, size: int, make: Callable[[], bytes], *, alignment: int = 1
    ) -> None:
        """Reserve `size` bytes at the current address for what `make` gives in the second pass."""
        if self.location % alignment != 0:
            raise first.error(
                f"{first} needs an address that is a multiple of {alignment}, "
                f"not {self.location:#x}: use .align"
            )
        self._size += size
        if self._size > LARGEST:
            raise first.error(f"the program is larger than {LARGEST} bytes")
        if self.location + size > MASK64 + 1:
            raise first.error("the program goes beyond the last address")
        self._pieces.append(_Piece(self.location, size, first, make))
        self.location = self.location + size & MASK64

    def place_words(self, first: Token, count: int, make: Callable[[], Sequence[int]]) -> None:
        """Reserve `count` words for what `make` gives in the second pass."""
        self.place(first, 4 * count, partial(_join, make), alignment=4)

    def finish(self) -> Image:
        """Make every piece and put the pieces together: the second pass."""
        listing = tuple(
            ListingLine(piece.address, piece.make(), piece.first.line) for piece in self._pieces
        )
        named = {name: value for name, value in self.symbols.items() if "#" not in name}
        entry = named.get("_start", self.origin if self.entry is None else self.entry)
        return Image(self._sections(listing), named, entry, listing)

    def _sections(self, listing: tuple[ListingLine, ...]) -> tuple[Section, ...]:
        """Join what touches; two pieces at one address are an error."""
        sections: list[tuple[int, bytearray]] = []
        end = -1
        filled = (pair for pair in zip(self._pieces, listing, strict=True) if pair[0].size > 0)
        for piece, line in sorted(filled, key=lambda pair: pair[0].address):
            if piece.address < end:
                raise piece.first.error(f"{piece.address:#x} is occupied already")
            if piece.address != end:
                sections.append((piece.address, bytearray()))
            sections[-1][1].extend(line.data)
            end = piece.address + piece.size
        return tuple(Section(address, bytes(data)) for address, data in sections)


def _join(make: Callable[[], Sequence[int]]) -> bytes:
    return b"".join((word & MASK32).to_bytes(4) for word in make())


def limited(value: int, tokens: Tokens, low: int, high: int) -> int:
    """Give `value` read as signed, or raise that the operand is not within `low` to `high`."""
    value = signed64(value)
    if not low <= value <= high:
        raise tokens[0].error(f"{value} is not within {low} to {high}")
    return value
