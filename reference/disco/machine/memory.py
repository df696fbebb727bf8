"""The board's physical memory: RAM, boot memory and the console's registers.

Nothing answers anywhere else. RAM and boot memory are bytes in the program's order, big-endian.
"""

from collections.abc import Callable
from struct import Struct

from disco.machine.console import REGISTERS, Console
from disco.mips.processor import BusError

PAGE = 4096
"""The size of RAM is a multiple of this."""
BOOT_BASE = 0x1FC0_0000
"""Physical address of the boot memory, in which the reset and the BEV vectors lie."""
BOOT_SIZE = 64 * 1024
CONSOLE_BASE = 0x1FD0_03F8
"""Physical address of the console's first register."""
DEFAULT_RAM = 16 * 1024 * 1024
LARGEST_RAM = BOOT_BASE
"""RAM starts at 0 and ends below the boot memory."""

_FORMATS = {1: Struct(">B"), 2: Struct(">H"), 4: Struct(">I"), 8: Struct(">Q")}
_UNPACK = {size: form.unpack_from for size, form in _FORMATS.items()}
_PACK = {size: form.pack_into for size, form in _FORMATS.items()}


class BoardMemory:
    """The memory port of the board's processor.

    The boot memory is read-only to the processor: a store there finds no answer. The console's
    registers answer to references of one byte.
    """

    def __init__(
        self, size: int, console: Console, console_interrupt: Callable[[bool], None]
    ) -> None:
        """Make RAM of `size` bytes; `console_interrupt` learns the state of the console's line.

        Raises ValueError on a size that does not fit the board.
        """
        if size % PAGE != 0 or not PAGE <= size <= LARGEST_RAM:
            raise ValueError(
                f"{size} bytes of RAM: the size must be a multiple of {PAGE} "
                f"from {PAGE} to {LARGEST_RAM}"
            )
        self.ram = bytearray(size)
        self.boot = bytearray(BOOT_SIZE)
        self.console = console
        self.device_references = 0
        """How often a device was read or written, which may have any effect."""
        self._console_interrupt = console_interrupt
        self._ram_size = size

    def read(self, paddr: int, size: int, /) -> int:
        """Read `size` bytes, aligned."""
        value: int
        if paddr < self._ram_size:
            value = _UNPACK[size](self.ram, paddr)[0]
        elif 0 <= paddr - BOOT_BASE < BOOT_SIZE:
            value = _UNPACK[size](self.boot, paddr - BOOT_BASE)[0]
        else:
            value = self.console.read(self._register(paddr, size))
            self._console_interrupt(self.console.interrupt)
        return value

    def write(self, paddr: int, size: int, value: int, /) -> None:
        """Write `size` bytes, aligned."""
        if paddr < self._ram_size:
            _PACK[size](self.ram, paddr, value)
        else:
            self.console.write(self._register(paddr, size), value)
            self._console_interrupt(self.console.interrupt)

    def write_masked(self, paddr: int, size: int, value: int, mask: int, /) -> None:
        """Write those bytes of `value` that `mask` selects; they are next to each other."""
        if paddr >= self._ram_size:
            raise BusError
        old = self.read(paddr, size)
        self.write(paddr, size, old & ~mask | value & mask)

    def _register(self, paddr: int, size: int) -> int:
        number = paddr - CONSOLE_BASE
        if size != 1 or not 0 <= number < REGISTERS:
            raise BusError
        self.device_references += 1
        return number

    def storage(self, start: int, size: int) -> tuple[bytearray, int] | None:
        """Find what holds all `size` bytes from physical `start`, and the offset in it."""
        for base, storage in ((0, self.ram), (BOOT_BASE, self.boot)):
            if base <= start and start + size <= base + len(storage):
                return storage, start - base
        return None
