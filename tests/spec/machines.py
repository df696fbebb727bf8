"""Processors in drawn states, with ports that note what is observed of a step."""

import random
from collections.abc import Iterator, Mapping

import attrs
from hypothesis import strategies as st

from disco.bits import MASK32, MASK64
from disco.machine.sparse import SparseMemory
from disco.mips.cp0 import COUNTERS, REGISTERS, Cp0
from disco.mips.inputs import Inputs
from disco.mips.instruction import Instruction, Kind
from disco.mips.model import MODELS, Model
from disco.mips.processor import Processor
from disco.mips.semantics.reserved import RESERVED
from disco.mips.table import decoder, find_row, instructions
from disco.mips.tlb import TlbEntry, page_of, physical
from disco.mips.tlb_array import TlbArray
from disco.mips.unpredictable import Unpredictable
from spec.observation import Hit, Reference

CP0_WIDTHS = {
    row.attribute: row.width
    for table in (*REGISTERS.values(), *COUNTERS)
    for row in table
    if row.attribute
}
PAGE_MASKS = tuple(((1 << 2 * size) - 1) << 13 for size in range(7))
LIMITS = (0, 1, 8, 0x7FFF_FFFF, 0x8000_0000, 1 << 63, (1 << 63) - 1, MASK64)
SEGMENT_ENDS = (
    0, 0x7FFF_E000, 0x8000_0000, 0x1_0000_0000, (1 << 40) - 0x2000, (1 << 44) - 0x2000, 1 << 44,
    1 << 62, (1 << 62) + (1 << 40) - 0x2000, 0x9000_0000_0000_0000, 3 << 62,
    0xFFFF_FFFF_8000_0000, 0xFFFF_FFFF_A000_0000, 0xFFFF_FFFF_C000_0000, 0xFFFF_FFFF_E000_0000,
)  # fmt: skip


class NotedMemory(SparseMemory):
    """A memory that notes the references that it answers."""

    def __init__(self, doublewords: dict[int, int], silent: frozenset[int]) -> None:
        super().__init__(doublewords, silent)
        self.references: list[Reference] = []

    def read(self, paddr: int, size: int, /) -> int:
        """Read, and note it."""
        value = super().read(paddr, size)
        self.references.append(Reference(False, paddr, size))
        return value

    def write_masked(self, paddr: int, size: int, value: int, mask: int, /) -> None:
        """Write, and note it; plain writes come by here too."""
        super().write_masked(paddr, size, value, mask)
        self.references.append(Reference(True, paddr, size))


class NotedTlb(TlbArray):
    """A TLB that notes the searches that find an entry."""

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        self.hits: list[Hit] = []

    def find(self, vaddr: int, asid: int) -> int:
        """Find, and note it."""
        index = super().find(vaddr, asid)
        if index >= 0:
            self.hits.append(Hit(vaddr, asid, self[index]))
        return index


class Answers(Inputs):
    """Inputs that answer everything from a few drawn numbers, the same to the same questions."""

    def __init__(self, numbers: list[int], ticks: int, lines: int, events: tuple[int, int]) -> None:
        super().__init__(ticks=ticks, interrupt_lines=lines, counter_events=events)
        self._numbers = numbers
        self._asked = 0

    def _next(self, width: int) -> int:
        self._asked += 1
        return self._numbers[self._asked % len(self._numbers)] & ((1 << width) - 1)

    def random(self, wired: int, last: int) -> int:
        """Give any 6 bits."""
        return self._next(6)

    def store_conditional(self) -> bool:
        """Give either."""
        return self._next(1) == 1

    def unpredictable(self, what: Unpredictable, default: int) -> int:
        """Give any 64 bits."""
        return self._next(64)

    def cache_error(self) -> int:
        """Give any CacheErr."""
        return self._next(32)

    def cache_tag(self, operation: int, paddr: int) -> tuple[int, int, int]:
        """Give any tags."""
        return self._next(32), self._next(32), self._next(32)


@attrs.frozen
class State:
    """A drawn state, from which any number of processors can be built."""

    model: Model
    gpr: list[int]
    fpr: list[int]
    cp0: Mapping[str, int]
    plain: Mapping[str, int]
    flags: Mapping[str, bool]
    entries: Mapping[int, TlbEntry]
    memory: Mapping[int, int]
    silent: frozenset[int]
    vaddr: int
    """An address that is likely to be in the TLB."""
    numbers: list[int]
    """What the inputs answer."""
    ticks: int
    lines: int
    events: tuple[int, int]

    def build(self) -> "Machine":
        """Build a processor in this state."""
        memory, tlb = NotedMemory(dict(self.memory), self.silent), NotedTlb(self.model)
        cpu = Processor(
            model=self.model,
            memory=memory,
            tlb=tlb,
            decode=decoder(self.model),
            gpr=self.gpr.copy(),
            fpr=self.fpr.copy(),
            cp0=Cp0(**self.cp0),
            inputs=Answers(self.numbers, self.ticks, self.lines, self.events),
        )
        for name, value in {**self.plain, **self.flags}.items():
            setattr(cpu, name, value)
        for index, entry in self.entries.items():
            tlb[index] = entry
        return Machine(cpu, tlb, memory)


@attrs.frozen(eq=False)
class Machine:
    """A processor, and its ports as what they are."""

    cpu: Processor
    tlb: NotedTlb
    memory: NotedMemory

    def entries(self) -> list[TlbEntry]:
        """Give the contents of the TLB."""
        return [self.tlb[index] for index in range(self.tlb.size)]


models = st.sampled_from(list(MODELS.values()))
numbers = st.one_of(
    st.sampled_from(LIMITS),
    st.integers(0, MASK64),
    st.integers(-(1 << 31), (1 << 31) - 1).map(lambda value: value & MASK64),
)


def some_words(model: Model, choose: random.Random) -> Iterator[tuple[Instruction, int]]:
    """Give words of every instruction, memory references more often, and reserved ones."""
    for row in instructions(model):
        for _ in range(4 if row.kind in (Kind.LOAD, Kind.STORE) else 2):
            few = choose.choice((0x0063_0000, 0x0063_0007, 0x0063_1FFF, MASK32))
            operands = choose.getrandbits(32) & few
            yield row, row.match | operands & ~row.fixed
    for opcode in (0x00, 0x01, 0x10, 0x11, 0x12, 0x13, 0x1C, 0x33, 0x3B):
        word = opcode << 26 | choose.getrandbits(26)
        if find_row(model, word) is RESERVED:
            yield RESERVED, word


def tlb_entries(model: Model) -> st.SearchStrategy[TlbEntry]:
    """Draw an entry, mostly valid, for a page at the end of a segment or anywhere."""
    pairs = st.integers(0, 0x7FFF_FFFF) | st.sampled_from(SEGMENT_ENDS) | st.integers(0, MASK64)
    lo = st.builds(
        lambda value, flags: value & model.entry_lo_mask & ~6 | flags,
        st.integers(0, MASK64),
        st.sampled_from([6, 6, 2, 4, 0]),
    )
    return st.builds(
        TlbEntry,
        present=st.sampled_from([True, True, True, False]),
        mask=st.sampled_from(PAGE_MASKS),
        vpn2=pairs.map(lambda pair: pair & model.pair_mask),
        asid=st.sampled_from([0, 1, 255]),
        glob=st.booleans(),
        lo0=lo,
        lo1=lo,
    )


@st.composite
def states(draw: st.DrawFn, model: Model, statuses: st.SearchStrategy[int]) -> State:
    """Draw a state of `model` with one of the given Status values."""
    entries = draw(
        st.dictionaries(
            st.integers(0, model.tlb_entries - 1), tlb_entries(model), min_size=1, max_size=3
        )
    )
    entry = draw(st.sampled_from(list(entries.values())))
    offset = draw(st.integers(0, 0x3FFF) | st.sampled_from([0, 8, 0x1000, entry.mask]))
    region = draw(st.sampled_from([0, 0, 0, 0, 1, 2, 3])) << 62
    vaddr = entry.vpn2 ^ region | offset & ~draw(st.sampled_from([0, 7]))
    few = [*draw(st.lists(numbers, min_size=1, max_size=3)), vaddr]
    gpr = [0, vaddr, *(draw(st.sampled_from(few)) for _ in range(5)), *[few[0]] * 25]
    cp0 = {
        name: draw(numbers) & ((1 << width) - 1) if draw(st.booleans()) else 0
        for name, width in CP0_WIDTHS.items()
    }
    cp0["status"] = draw(statuses)
    cp0["entry_hi"] = draw(st.sampled_from([entry.asid, entry.asid, 0, 2]))
    frame = physical(entry, page_of(entry, vaddr), vaddr, model.pa_mask)
    doublewords = {frame >> 3: draw(numbers)}
    if draw(st.booleans()):
        cp0["watch_lo"] = frame & MASK32 & ~7 | draw(st.integers(0, 3))
        cp0["watch_hi"] = frame >> 32
    return State(
        model=model,
        gpr=gpr,
        fpr=[draw(st.sampled_from(few)) for _ in range(4)] * 8,
        cp0=cp0,
        plain={
            "pc": draw(st.sampled_from([vaddr & ~3, vaddr, 0x1000])), "next_pc": draw(numbers),
            "hi": few[0], "lo": few[-1], "fcr31": draw(st.integers(0, MASK32)),
            "link_address": frame,
        },
        flags={
            name: draw(st.booleans())
            for name in ("delay_slot", "link", "watch_pending", "timer_pending")
        },
        entries=entries,
        memory=doublewords,
        silent=frozenset(doublewords) if draw(st.integers(0, 7)) == 7 else frozenset(),
        vaddr=vaddr,
        numbers=draw(st.lists(numbers, min_size=1, max_size=4)),
        ticks=draw(st.integers(0, 3) | st.integers(0, MASK32)),
        lines=draw(st.integers(0, 31)),
        events=(draw(st.integers(0, 3)), draw(st.integers(0, MASK32))),
    )  # fmt: skip
