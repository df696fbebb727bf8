"""The memory of single steps: doublewords, the parts of them, and where nothing answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disco.bits import MASK64
from disco.machine.sparse import SparseMemory
from disco.mips.processor import BusError

sizes = st.sampled_from([1, 2, 4, 8])
places = st.tuples(st.integers(0, 63), sizes).map(
    lambda place: (place[0] // place[1] * place[1], place[1])
)
contents = st.dictionaries(st.integers(0, 7), st.integers(0, MASK64))


def image(doublewords: dict[int, int]) -> bytearray:
    """Lay out the first 64 bytes as big-endian memory has them."""
    return bytearray(b"".join(doublewords.get(i, 0).to_bytes(8, "big") for i in range(8)))


@given(doublewords=contents, place=places)
def test_reads(doublewords: dict[int, int], place: tuple[int, int]) -> None:
    address, size = place
    expected = image(doublewords)[address : address + size]
    assert SparseMemory(doublewords).read(address, size) == int.from_bytes(expected, "big")


@given(doublewords=contents, place=places, value=st.integers(0, MASK64))
def test_writes(doublewords: dict[int, int], place: tuple[int, int], value: int) -> None:
    address, size = place
    value &= (1 << 8 * size) - 1
    expected = image(doublewords)
    expected[address : address + size] = value.to_bytes(size, "big")
    SparseMemory(doublewords).write(address, size, value)
    assert image(doublewords) == expected


@given(doublewords=contents, place=places, value=st.integers(0, MASK64), chosen=st.integers(0, 255))
def test_masked_writes(
    doublewords: dict[int, int], place: tuple[int, int], value: int, chosen: int
) -> None:
    address, size = place
    new = (value & ((1 << 8 * size) - 1)).to_bytes(size, "big")
    mask = bytes(0xFF if chosen >> i & 1 else 0 for i in range(size))
    expected = image(doublewords)
    for i in range(size):
        if mask[i]:
            expected[address + i] = new[i]
    memory = SparseMemory(doublewords)
    memory.write_masked(address, size, int.from_bytes(new, "big"), int.from_bytes(mask, "big"))
    assert image(doublewords) == expected


def test_where_nothing_answers_nothing_happens() -> None:
    doublewords = {1: 5}
    memory = SparseMemory(doublewords, frozenset({1}))
    with pytest.raises(BusError):
        memory.read(0xF, 1)
    with pytest.raises(BusError):
        memory.write(8, 8, 0)
    with pytest.raises(BusError):
        memory.write_masked(0xC, 4, 0, 0xFF)
    assert doublewords == {1: 5}
    assert memory.read(0x10, 8) == 0
