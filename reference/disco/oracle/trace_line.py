"""The trace format: JSON lines, the first a header, then one line for each step.

Numbers are hexadecimal strings, because 64 bits do not fit JSON's numbers everywhere. What did not
happen in a step is left out of its line.
"""

import json
from collections.abc import Mapping

import attrs

from disco.mips.tlb import TlbEntry

FORMAT = "disco-trace"
VERSION = 1


@attrs.frozen(kw_only=True)
class TraceHeader:
    """The first line: what was run."""

    model: str
    memory: int
    """Bytes of RAM."""
    ticks: int
    """By how much Count advances before every step."""

    def to_json(self) -> str:
        """Write the line."""
        head = {"format": FORMAT, "version": VERSION, "model": self.model}
        return json.dumps(head | {"memory": hex(self.memory), "ticks": hex(self.ticks)})


@attrs.frozen
class MemoryWrite:
    """Bytes that a store wrote."""

    paddr: int
    size: int
    """1 to 8 bytes; any number of them for SWL, SWR, SDL and SDR."""
    value: int
    """The bytes as a big-endian number."""


@attrs.frozen
class TakenException:
    """The exception that was taken in place of the instruction."""

    name: str
    """As in the table `disco.mips.exceptions.EXCEPTIONS`."""
    code: int | None
    """Cause.ExcCode, None for a reset, an NMI or a cache error."""
    vector: int
    """Address of the handler."""


@attrs.frozen(kw_only=True)
class TraceLine:
    """One step: an instruction that completed, or an exception taken in its place."""

    step: int
    """The number of the step, from 1."""
    pc: int
    word: int | None = None
    """The instruction; None when an exception came before it was fetched."""
    text: str = ""
    """The instruction disassembled."""
    delay_slot: bool = False
    """The instruction stood in a delay slot."""
    gpr: Mapping[int, int] = {}
    """General registers written, also with the value they had; never register 0."""
    fpr: Mapping[int, int] = {}
    """Floating-point registers written, also with the value they had."""
    hi: int | None = None
    """HI, where it changed; the same for LO, FCR31 and the CP0 registers."""
    lo: int | None = None
    fcr31: int | None = None
    cp0: Mapping[str, int] = {}
    """CP0 registers changed, by their attribute of `Cp0`; not Count by its ticks."""
    tlb: Mapping[int, TlbEntry] = {}
    """TLB entries written, by index."""
    memory: tuple[MemoryWrite, ...] = ()
    """What was written to RAM and devices, in order."""
    exception: TakenException | None = None
    interrupt_lines: int = 0
    """Level of the hardware interrupt pins, bit 0 for IP2."""
    answers: tuple[tuple[str, int], ...] = ()
    """What the step's inputs answered, in order, each with the name of what was asked."""

    def to_json(self) -> str:
        """Write the line."""
        line: dict[str, object] = {"step": self.step, "pc": hex(self.pc)}
        if self.word is not None:
            line |= {"word": f"{self.word:#010x}", "text": self.text}
        if self.delay_slot:
            line["delay_slot"] = True
        for name, registers in (("gpr", self.gpr), ("fpr", self.fpr), ("cp0", self.cp0)):
            if registers:
                line[name] = {key: hex(value) for key, value in registers.items()}
        for name, value in (("hi", self.hi), ("lo", self.lo), ("fcr31", self.fcr31)):
            if value is not None:
                line[name] = hex(value)
        if self.tlb:
            line["tlb"] = {i: _with_hex(attrs.asdict(entry)) for i, entry in self.tlb.items()}
        if self.memory:
            line["memory"] = [[hex(w.paddr), w.size, hex(w.value)] for w in self.memory]
        if self.exception is not None:
            line["exception"] = attrs.asdict(self.exception) | {
                "vector": hex(self.exception.vector)
            }
        if self.interrupt_lines:
            line["interrupt_lines"] = hex(self.interrupt_lines)
        if self.answers:
            line["answers"] = [[name, hex(value)] for name, value in self.answers]
        return json.dumps(line)


def _with_hex(fields: Mapping[str, int | bool]) -> dict[str, object]:
    return {
        name: value if isinstance(value, bool) else hex(value) for name, value in fields.items()
    }
