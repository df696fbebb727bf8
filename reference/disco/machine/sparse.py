"""A memory that holds only what was put there, for single steps from a given state."""

from disco.mips.processor import BusError


class SparseMemory:
    """Doublewords by address; zero where nothing was put, except where nothing answers."""

    def __init__(self, doublewords: dict[int, int], silent: frozenset[int] = frozenset()) -> None:
        self.doublewords = doublewords
        """By address divided by 8, big-endian."""
        self.silent = silent
        """The addresses, divided by 8, at which nothing answers."""

    def read(self, paddr: int, size: int, /) -> int:
        """Read `size` bytes, aligned."""
        return self._answer(paddr) >> self._shift(paddr, size) & ((1 << 8 * size) - 1)

    def write(self, paddr: int, size: int, value: int, /) -> None:
        """Write `size` bytes, aligned."""
        self.write_masked(paddr, size, value, (1 << 8 * size) - 1)

    def write_masked(self, paddr: int, size: int, value: int, mask: int, /) -> None:
        """Write the bytes of `value` that `mask` selects."""
        old, shift = self._answer(paddr), self._shift(paddr, size)
        self.doublewords[paddr >> 3] = old & ~(mask << shift) | (value & mask) << shift

    def _answer(self, paddr: int) -> int:
        if paddr >> 3 in self.silent:
            raise BusError
        return self.doublewords.get(paddr >> 3, 0)

    @staticmethod
    def _shift(paddr: int, size: int) -> int:
        return 8 * (8 - size - (paddr & 7))
