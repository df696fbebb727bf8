"""Drawing the state before a step: registers, memory and TLB around one instruction.

A state is drawn so that what the instruction asks about happens: edges of arithmetic, addresses
that reach memory, miss, are watched or linked. Two entries never match one address, should-be-zero
fields are zero and KSU is not 3: what follows from those is not defined.
"""

import random
from collections.abc import Mapping

import attrs

from disco.bits import MASK32, MASK64, sext16, sext32
from disco.mips.address import UNCACHED, Access, find_segment, segments, translate
from disco.mips.address import Mapping as Mapped
from disco.mips.cp0 import (
    COUNTERS,
    REGISTERS,
    STATUS_BEV,
    STATUS_CU0,
    STATUS_CU1,
    STATUS_ERL,
    STATUS_EXL,
    STATUS_FR,
    STATUS_IE,
    STATUS_IM,
    STATUS_KX,
    STATUS_SX,
    STATUS_UX,
    STATUS_XX,
    WATCH_READ,
    WATCH_WRITE,
    mode,
)
from disco.mips.exceptions import MipsException
from disco.mips.instruction import Instruction, Kind
from disco.mips.model import Model
from disco.mips.processor import Processor
from disco.mips.semantics.reserved import RESERVED
from disco.mips.table import find_row
from disco.mips.timer import update_ip7
from disco.mips.tlb import ENTRY_DIRTY, ENTRY_VALID, TlbEntry, conflicts
from disco.oracle.state import build_state

_EDGES = (
    0, 1, 2, 0x7FFF, 0x8000, 0x7FFF_FFFE, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 1 << 32,
    (1 << 63) - 1, 1 << 63, (1 << 63) + 1, MASK64 - 1, MASK64,
    sext32(0x8000_0000), sext32(0x8000_0001), MASK64 & ~0x7FFF,
)  # fmt: skip
_RESERVED_OPCODES = (0x00, 0x01, 0x10, 0x12, 0x13, 0x1C, 0x1D, 0x1F, 0x3B)
_NEVER_IN_SLOT = ("ERET",)
_CONDITIONAL = ("SC", "SCD")
_LINKED = ("LL", "LLD", *_CONDITIONAL)
_SOFTWARE_STATUS = STATUS_BEV | STATUS_FR | STATUS_XX | STATUS_CU0 | STATUS_KX | STATUS_SX


@attrs.define(kw_only=True)
class Chances:
    """How often what is out of the ordinary is drawn, between 0 and 1."""

    fetch_fault: float = 0.01
    data_fault: float = 0.15
    watched: float = 0.05
    interrupted: float = 0.02
    event: float = 0.0
    postponed: float = 0.01
    """A watch exception is pending already."""


class Draft:
    """The state before a step, while it is drawn."""

    def __init__(self, model: Model, choose: random.Random, chances: Chances) -> None:
        self.model = model
        self.choose = choose
        self.chances = chances
        self.gpr = {choose.randrange(1, 32): self.number() for _ in range(4)}
        self.fpr: dict[int, int] = {choose.randrange(32): self.number() for _ in range(3)}
        self.numbers: dict[str, object] = {"hi": self.number(), "lo": self.number()}
        self.cp0: dict[str, int] = {}
        self.tlb: dict[int, TlbEntry] = {}
        self.memory: dict[int, int] = {}
        self.silent: set[int] = set()
        self.data: int | None = None
        """The address that the instruction refers to."""
        self.undefined = False
        """The manuals do not say what an LL or SC does here."""

    def chance(self, share: float) -> bool:
        """Tell whether something of this probability happens."""
        return self.choose.random() < share

    def number(self) -> int:
        """Give 64 bits, often at an edge or a sign-extended word."""
        kind = self.choose.randrange(5)
        if kind == 0:
            return self.choose.choice(_EDGES)
        if kind in (1, 2):
            return sext32(self.choose.getrandbits(32))
        return self.choose.getrandbits(64) >> (0 if kind == 3 else self.choose.randrange(64))

    def draw_system(self) -> None:
        """Draw the system control registers."""
        choose, model = self.choose, self.model
        rows = [*REGISTERS[model.name]]
        if model.has_performance_counters:
            rows += [row for pair in COUNTERS for row in pair]
        for row in rows:
            if row.attribute:
                self.cp0[row.attribute] = self.number() & row.writable | (row.reset or 0)
        last = model.tlb_entries - 1
        self.cp0 |= {
            "status": self._status(),
            "cause": choose.getrandbits(32) & 0xB000_007C,
            "bad_vaddr": self.number(),
            "epc": self.number() & ~3,
            "error_epc": self.number() & ~3,
            "index": choose.randrange(model.tlb_entries) | choose.choice((0, 1 << 31)),
            "wired": choose.choice((0, last - 3, last - 1, last)),
            "page_mask": self._page_mask(),
            "config": model.config & ~7 | choose.choice((2, 3, 5)),
        }
        if self.chance(0.8):
            self.cp0["frame_mask"] = 0
        self.cp0["watch_lo"] &= ~(WATCH_READ | WATCH_WRITE)
        if self.chance(self.chances.interrupted):
            self.cp0["status"] |= STATUS_IE | choose.getrandbits(8) << 8
            self.cp0["cause"] |= choose.randrange(4) << 8
            self.numbers["interrupt_lines"] = choose.randrange(32)
            self.cp0["compare"] = (self.cp0["count"] + choose.randrange(3)) & MASK32
            self.numbers["ticks"] = choose.randrange(3)
        if self.chance(self.chances.postponed):
            self.numbers["watch_pending"] = True

    def _status(self) -> int:
        choose = self.choose
        status = choose.getrandbits(32) & (_SOFTWARE_STATUS | STATUS_UX | STATUS_IM)
        status |= choose.choice((0, 0, 0, 1, 2, 2)) << 3
        status |= STATUS_CU1 if self.chance(0.8) else 0
        status |= choose.choice((0,) * 6 + (STATUS_EXL, STATUS_ERL))
        writable = next(r for r in REGISTERS[self.model.name] if r.attribute == "status").writable
        return status & writable

    def _page_mask(self) -> int:
        pairs = self.choose.choice((0, 0, 0, 1, 2, 6))
        return ((1 << 2 * pairs) - 1) << 13

    def address(self, *, data: bool, fault: bool) -> int:
        """Give a doubleword's address that can be reached; with `fault` one that may not be."""
        choose, status = self.choose, self.cp0["status"]
        if fault and self.chance(0.3):
            return self.number() & ~7
        reachable = [
            (segment.low, segment.high, segment.mapping)
            for segment in segments(self.model, mode(status))
            if find_segment(self.model, status, segment.low) is segment
        ]
        low, high, mapping = choose.choice(reachable)
        offset = choose.getrandbits(choose.choice((14, 30, 44))) % (high - low + 1)
        address = choose.choice((low + offset, high - offset)) & ~7
        if mapping is Mapped.XKPHYS:
            attribute = choose.choice((2, 3, 5))
            return 2 << 62 | attribute << 59 | address & self.model.pa_mask
        if mapping in (Mapped.TLB, Mapped.TLB_UNLESS_ERL):
            self._map(address, missing=fault and self.chance(0.3), whole=not (data and fault))
        return address

    def _map(self, address: int, *, missing: bool, whole: bool) -> None:
        """Enter the page pair of `address`, unless it conflicts or shall be `missing`."""
        choose, model = self.choose, self.model
        mask = self._page_mask()
        flags = ENTRY_VALID | ENTRY_DIRTY
        flags = flags if whole else choose.choice((0, ENTRY_VALID, ENTRY_DIRTY, flags))
        entry = TlbEntry(
            present=True,
            mask=mask,
            vpn2=address & model.pair_mask & ~mask,
            asid=self.cp0["entry_hi"] & 0xFF,
            glob=self.chance(0.3),
            lo0=self._frame(mask) | flags,
            lo1=self._frame(mask) | flags,
        )
        if missing and not entry.glob:
            entry = attrs.evolve(entry, asid=entry.asid ^ 1)
        if any(conflicts(entry, other) for other in self.tlb.values()):
            return
        self.tlb[choose.randrange(model.tlb_entries)] = entry

    def _frame(self, mask: int) -> int:
        """Draw the frame and cache attribute of a page, frame bits that are not used zero."""
        pfn = self.choose.getrandbits(self.model.pa_bits - 12) << 6 & ~(mask >> 7)
        return pfn | self.choose.choice((2, 3, 5)) << 3

    def draw_entries(self, count: int) -> None:
        """Draw further TLB entries; EntryHi often names the page of one of several."""
        for _ in range(count):
            self._map(self.number(), missing=self.chance(0.5), whole=False)
        if len(self.tlb) > 1 and self.chance(0.6):
            entry = self.choose.choice([*self.tlb.values()])
            self.cp0["entry_hi"] = entry.vpn2 | entry.asid

    def draw_word(self, row: Instruction) -> int:
        """Draw a word of `row`, and operands in registers that suit it."""
        if row is RESERVED:
            return self._reserved_word()
        choose = self.choose
        values = {}
        for field in row.fields:
            few = (0, 1, 2, 31, 1 << (field.width - 1), (1 << field.width) - 1)
            values[field.name] = choose.choice(few) & ((1 << field.width) - 1)
            if self.chance(0.7):
                values[field.name] = choose.getrandbits(field.width)
            if field.name in ("rs", "rt"):
                self.gpr[values[field.name]] = self.number()
            if field.name in ("fs", "ft", "fr"):
                self.fpr[values[field.name]] = self.number()
        if row.name in ("JR", "JALR"):
            self.gpr[values["rs"]] = self.address(data=False, fault=False)
        if "base" in values:
            self._draw_reference(row, values)
        return row.encode(*(values[field.name] for field in row.fields))

    def _reserved_word(self) -> int:
        while True:
            word = self.choose.choice(_RESERVED_OPCODES) << 26 | self.choose.getrandbits(26)
            if find_row(self.model, word) is RESERVED:
                return word

    def _draw_reference(self, row: Instruction, values: Mapping[str, int]) -> None:
        """Let base, with offset or index, give an address of data."""
        address = self.address(data=True, fault=self.chance(self.chances.data_fault))
        address |= self.choose.choice((0, 0, 0, 4, 4, 2, self.choose.randrange(8)))
        if "index" in values:
            self.gpr[values["index"]] = self.choose.randrange(64)
            offset = self.gpr[values["index"]] if values["index"] != 0 else 0
        else:
            offset = sext16(values["offset"])
        if values["base"] != 0:
            self.gpr[values["base"]] = (address - offset) & MASK64
        self.data = address & ~7

    def finish(self, row: Instruction, word: int) -> dict[str, object]:
        """Put the instruction at an address where it is fetched and give the state."""
        fault = self.chance(self.chances.fetch_fault)
        pc = self.address(data=False, fault=fault) | self.choose.choice((0, 4))
        if fault and self.chance(0.3):
            pc |= self.choose.randrange(4)
        self.numbers["pc"] = pc
        if row.kind is not Kind.JUMP and row.name not in _NEVER_IN_SLOT and self.chance(0.15):
            self.numbers["delay_slot"] = True
            self.numbers["next_pc"] = self.number() & ~3
        self.gpr.pop(0, None)
        cpu = build_state(self._document()).cpu
        update_ip7(cpu)
        self.cp0["cause"] = cpu.cp0.cause
        if self.data is not None:
            self._put_data(cpu, row, self.data)
        self._put_code(cpu, word, silent=fault and self.chance(0.3))
        return self._document()

    def _put_code(self, cpu: Processor, word: int, *, silent: bool) -> None:
        """Put the instruction where it will be fetched, if anywhere."""
        try:
            paddr, _ = translate(cpu, cpu.pc & ~3, Access.FETCH)
        except MipsException:
            return
        address, shift = paddr & ~7, 32 if paddr & 4 == 0 else 0
        around = self.memory.get(address, self.number()) & ~(MASK32 << shift)
        self.memory[address] = around | word << shift
        self.silent.discard(address)
        if silent:
            self.silent.add(address)

    def _put_data(self, cpu: Processor, row: Instruction, vaddr: int) -> None:
        """Draw what is at the address of data, and whether it is watched, linked or silent."""
        try:
            paddr, attribute = translate(cpu, vaddr, Access.LOAD)
        except MipsException:
            return
        self.undefined = row.name in _LINKED and attribute == UNCACHED
        self.memory[paddr] = self.number()
        if self.chance(self.chances.data_fault / 3):
            self.silent.add(paddr)
        if self.chance(self.chances.watched) and paddr < 1 << 36:
            kind = self.choose.randrange(1, 4)
            self.cp0["watch_lo"] = paddr & MASK32 | kind
            self.cp0["watch_hi"] = paddr >> 32
        if row.name in _CONDITIONAL:
            self.numbers["link"] = self.chance(0.8)
            near = paddr | self.choose.choice((0, 0, 4))
            self.numbers["link_address"] = near if self.chance(0.9) else self.number()

    def _document(self) -> dict[str, object]:
        entries = {str(index): attrs.asdict(entry) for index, entry in self.tlb.items()}
        for entry in entries.values():
            del entry["present"]
        return {
            "model": self.model.name,
            **self.numbers,
            "gpr": {str(index): value for index, value in self.gpr.items()},
            "fpr": {str(index): value for index, value in self.fpr.items()},
            "cp0": self.cp0,
            "tlb": entries,
            "memory": {hex(paddr): value for paddr, value in sorted(self.memory.items())},
            "silent": sorted(self.silent),
        }
