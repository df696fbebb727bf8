"""RAM, boot memory, the console's addresses, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disco.machine.console import Console
from disco.machine.memory import BoardMemory
from disco.mips.processor import BusError

RAM = 0x2000
BOOT, BOOT_END = 0x1FC0_0000, 0x1FC1_0000
CONSOLE = 0x1FD0_03F8


def memory() -> BoardMemory:
    return BoardMemory(RAM, Console(lambda byte: None), lambda raised: None)


sizes = st.sampled_from([1, 2, 4, 8])


@given(st.integers(0, RAM - 8), sizes, st.integers(0, (1 << 64) - 1))
def test_ram_is_big_endian(address: int, size: int, value: int) -> None:
    board, paddr = memory(), address & -size
    value &= (1 << 8 * size) - 1
    board.write(paddr, size, value)
    assert board.read(paddr, size) == value
    bytes_read = [board.read(paddr + i, 1) for i in range(size)]
    assert bytes(bytes_read) == value.to_bytes(size, "big")
    assert sum(board.ram) == sum(bytes_read), "nothing else changed"


def test_masked_writes_keep_the_other_bytes() -> None:
    board = memory()
    board.write(0x100, 8, 0x1122334455667788)
    board.write_masked(0x100, 8, 0xAABBCCDDEEFF0011, 0x0000FFFFFF000000)
    assert board.read(0x100, 8) == 0x1122CCDDEE667788


def test_the_boot_memory_is_read_only() -> None:
    board = memory()
    board.boot[0x380:0x384] = b"\x01\x02\x03\x04"
    assert board.read(BOOT + 0x380, 4) == 0x01020304
    assert board.read(BOOT_END - 8, 8) == 0
    with pytest.raises(BusError):
        board.write(BOOT, 4, 1)
    with pytest.raises(BusError):
        board.write_masked(BOOT, 4, 1, 0xFF)


@pytest.mark.parametrize(
    "paddr",
    [RAM, BOOT - 8, BOOT_END, CONSOLE - 8, CONSOLE + 8, 0x2000_0000, (1 << 40) - 8],
)
@pytest.mark.parametrize("size", [1, 2, 4, 8])
def test_nothing_answers_elsewhere(paddr: int, size: int) -> None:
    board = memory()
    with pytest.raises(BusError):
        board.read(paddr, size)
    with pytest.raises(BusError):
        board.write(paddr, size, 0)
    with pytest.raises(BusError):
        board.write_masked(paddr, size, 0, 0)
    assert board.device_references == 0


def test_the_console_answers_to_bytes_only() -> None:
    board = memory()
    board.write(CONSOLE + 7, 1, 0x5A)
    assert board.read(CONSOLE + 7, 1) == 0x5A
    assert board.device_references == 2
    for size in (2, 4, 8):
        with pytest.raises(BusError):
            board.read(CONSOLE, size)


@pytest.mark.parametrize("size", [0, -4096, 4095, 4097, BOOT + 4096])
def test_impossible_sizes(size: int) -> None:
    with pytest.raises(ValueError, match=f"{size} bytes of RAM: the size must be a multiple"):
        BoardMemory(size, Console(lambda byte: None), lambda raised: None)
