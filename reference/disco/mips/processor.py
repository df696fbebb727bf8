"""The state of a processor and the ports to the storage that data selects.

A port has two implementations: a concrete one on lists, dicts and bytearrays, and the prover's
symbolic one. The semantics reach data-dependent storage through ports only.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import attrs

from disco.mips.cp0 import Cp0
from disco.mips.inputs import Inputs
from disco.mips.model import Model
from disco.mips.tlb import Tlb

if TYPE_CHECKING:
    from disco.mips.instruction import Instruction


class Words(Protocol):
    """A register file: 64-bit words selected by a register number. A list is one."""

    def __getitem__(self, index: int, /) -> int:
        """Read register `index`."""

    def __setitem__(self, index: int, value: int, /) -> None:
        """Write register `index`, an unsigned 64-bit value."""


class BusError(Exception):
    """Raised by a memory port where nothing answers at a physical address."""


class Memory(Protocol):
    """Physical memory and devices, big-endian, naturally aligned accesses of 1, 2, 4 or 8 bytes.

    Every method raises BusError, before any effect, where nothing answers.
    """

    def read(self, paddr: int, size: int, /) -> int:
        """Read `size` bytes at `paddr` as an unsigned number."""

    def write(self, paddr: int, size: int, value: int, /) -> None:
        """Write the low `size` bytes of `value` at `paddr`."""

    def write_masked(self, paddr: int, size: int, value: int, mask: int, /) -> None:
        """Write those bytes of `value` at `paddr` where the bytes of `mask` are all ones."""


Decoder = Callable[[int], "tuple[Instruction, tuple[int, ...]]"]
"""Finds the row of the instruction table that selects a word, and the word's operand fields."""


@attrs.define(eq=False, kw_only=True)
class Processor:
    """One processor: everything `step` reads and writes.

    `gpr[0]` reads as zero: what an instruction leaves there is gone when the instruction ends.
    """

    model: Model
    memory: Memory
    tlb: Tlb
    decode: Decoder
    gpr: Words = attrs.field(factory=lambda: [0] * 32)
    """General registers, 64 bits."""
    fpr: Words = attrs.field(factory=lambda: [0] * 32)
    """Floating-point general registers (FGR), 64 bits."""
    hi: int = 0
    lo: int = 0
    fcr31: int = 0
    """Floating-point control and status register, 32 bits."""
    cp0: Cp0
    pc: int = 0
    """Address of the next instruction to execute."""
    next_pc: int = 4
    """Address of the one after it: where a branch ahead of a delay slot goes."""
    delay_slot: bool = False
    """The instruction at `pc` stands in the delay slot of the one at `pc` - 4."""
    link: bool = False
    """The link bit of LL/SC (R10000 1.8)."""
    link_address: int = 0
    """Physical address of the last LL."""
    watch_pending: bool = False
    """A watch exception waits for EXL = ERL = 0 (R10000 14.16)."""
    timer_pending: bool = False
    """Count has met Compare since Compare was written (R10000 14.8)."""
    inputs: Inputs = attrs.field(factory=Inputs)
    """The inputs of the current step."""
    # Within a step only: where control goes after the instruction at `next_pc`, and whether that
    # instruction stands in a delay slot.
    after_next: int = 0
    jumping: bool = False
