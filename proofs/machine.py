"""A processor in an arbitrary state: the ports on symbolic stores, every register an unknown.

The same names mean the same unknowns, so two processors built with the same names begin in the
same state. `cp0_unchanged` and `unchanged` say that nothing happened to a processor since it was
built, `in_range` that it is still one of those that are built.
"""

from collections.abc import Callable, Collection, Mapping

import attrs
import z3

from disco.mips.cp0 import Cp0
from disco.mips.inputs import Inputs
from disco.mips.instruction import Instruction
from disco.mips.model import R10000, Model
from disco.mips.processor import BusError, Processor, Words
from disco.mips.semantics.reserved import RESERVED
from disco.mips.table import instructions
from disco.mips.tlb import TlbEntry, matches
from disco.mips.unpredictable import Unpredictable
from proofs.exact import EngineError
from proofs.stores import SymRecords, SymWords
from proofs.symbolic import as_bool, current, eq, ite, land, lnot, lor, symbol, truth, value_of
from spec.observation import Hit, Reference

PADDR_BITS = 64
"""Width of a physical address here: unmapped references are not cut to the implemented bits."""

CP0_WIDTHS: Mapping[str, int] = {
    field.name: 64
    if field.name
    in {"entry_lo0", "entry_lo1", "context", "bad_vaddr", "entry_hi", "epc", "xcontext"}
    | {"diagnostic", "error_epc"}
    else 32
    for field in attrs.fields(Cp0)
}
FLAGS = ("delay_slot", "link", "watch_pending", "timer_pending")
NUMBERS = {"pc": 64, "next_pc": 64, "hi": 64, "lo": 64, "fcr31": 32, "link_address": 64}


def flag(name: str) -> bool:
    """Return the unknown truth value of this name."""
    return as_bool(symbol(name, 1) == 1)


class SymMemory:
    """Unknown physical memory, which answers at an unknown set of addresses."""

    def __init__(self, name: str = "memory") -> None:
        self.words = SymWords(name, PADDR_BITS - 3, 64)
        self.answers = SymWords(f"{name}.answers", PADDR_BITS - 3, 1)
        self.references: list[Reference] = []
        self.asked: list[int] = []
        """Every address that was referred to, answered or not."""

    def read(self, paddr: int, size: int, /) -> int:
        """Read `size` bytes, aligned."""
        word = self._answer(paddr)
        self.references.append(Reference(False, paddr, size))
        return word >> _shift(paddr, size) & ((1 << 8 * size) - 1)

    def write(self, paddr: int, size: int, value: int, /) -> None:
        """Write `size` bytes, aligned."""
        self.write_masked(paddr, size, value, (1 << 8 * size) - 1)

    def write_masked(self, paddr: int, size: int, value: int, mask: int, /) -> None:
        """Write the bytes of `value` that `mask` selects."""
        old, shift = self._answer(paddr), _shift(paddr, size)
        self.references.append(Reference(True, paddr, size))
        self.words[paddr >> 3] = old & ~(mask << shift) | (value & mask) << shift

    def _answer(self, paddr: int) -> int:
        self.asked.append(paddr)
        if self.answers[paddr >> 3] == 0:
            raise BusError
        return self.words[paddr >> 3]


def _shift(paddr: int, size: int) -> int:
    """How far the bytes lie above the doubleword's last; for an aligned address."""
    return 8 * (8 - size - (paddr & (8 - size)))


class SymTlb:
    """A TLB of real size with unknown entries, whose PageMasks are defined ones.

    The same search finds the same entry again.
    """

    def __init__(self, model: Model, name: str = "tlb") -> None:
        self.size = model.tlb_entries
        self._pair_mask = model.pair_mask
        vpn_bits = model.va_bits - 13
        fields = {"present": 1, "size": 3, "region": 2, "vpn2": vpn_bits, "asid": 8, "glob": 1}
        self.records: SymRecords[TlbEntry] = SymRecords(
            name, self.size, {**fields, "lo0": 64, "lo1": 64}, _entry_maker(model)
        )
        self._found: list[tuple[int, int, int]] = []
        self.hits: list[Hit] = []
        self.changed = False

    def __getitem__(self, index: int, /) -> TlbEntry:
        """Read an entry."""
        return self.records[index]

    def __setitem__(self, index: int, entry: TlbEntry, /) -> None:
        """Write an entry."""
        self._change()
        self.records[index] = entry

    def find(self, vaddr: int, asid: int) -> int:
        """Find an entry that matches; -1 if none does."""
        for old_vaddr, old_asid, index in self._found:
            if _same(old_vaddr, vaddr) and _same(old_asid, asid):
                return index
        pair = vaddr & self._pair_mask
        found = self.records.find(lambda _, entry: matches(entry, pair, asid))
        index = -1 if found is None else found
        self._found.append((vaddr, asid, index))
        if found is not None:
            self.hits.append(Hit(vaddr, asid, self.records[found]))
        return index

    def any(self, chosen: Callable[[TlbEntry], bool]) -> bool:
        """Tell whether any entry is chosen."""
        return self.records.find(lambda _, entry: chosen(entry)) is not None

    def change(
        self, chosen: Callable[[TlbEntry], bool], changed: Callable[[TlbEntry], TlbEntry]
    ) -> None:
        """Replace every chosen entry."""
        self._change()
        self.records.update_all(lambda _, entry: chosen(entry), changed)

    def _change(self) -> None:
        self.changed = True
        self._found.clear()


def _entry_maker(model: Model) -> Callable[[Mapping[str, int]], TlbEntry]:
    def make(fields: Mapping[str, int]) -> TlbEntry:
        return TlbEntry(
            present=as_bool(fields["present"] == 1),
            mask=_page_mask(fields["size"]),
            vpn2=fields["region"] << 62 | fields["vpn2"] << 13,
            asid=fields["asid"],
            glob=as_bool(fields["glob"] == 1),
            lo0=fields["lo0"] & model.entry_lo_mask,
            lo1=fields["lo1"] & model.entry_lo_mask,
        )

    return make


PAGE_MASKS = tuple(((1 << 2 * size) - 1) << 13 for size in range(7))
"""The PageMask values that are defined, for pages of 4 KB to 16 MB (R10000 14.5)."""


def _page_mask(size: int) -> int:
    mask = PAGE_MASKS[0]
    for number, larger in enumerate(PAGE_MASKS[1:], 1):
        mask = ite(value_of(size >= number), larger, mask)
    return mask


def _same(a: int, b: int) -> bool:
    """Tell whether two values are the same term, which makes them equal without a question."""
    return z3.is_true(eq(a, b))


class SymInputs(Inputs):
    """Inputs that may be anything; what was asked is kept for a replay.

    The event is the quiet one until an obligation chooses another.
    """

    def __init__(self, name: str = "input") -> None:
        super().__init__(
            ticks=symbol(f"{name}.ticks", 32),
            interrupt_lines=symbol(f"{name}.interrupt_lines", 5),
            counter_events=(symbol(f"{name}.events0", 32), symbol(f"{name}.events1", 32)),
        )
        self._name = name
        self.answers: list[tuple[str, int]] = []

    def _ask(self, what: str, width: int) -> int:
        earlier = sum(asked == what for asked, _ in self.answers)
        answer = symbol(f"{self._name}.{what}.{earlier}", width)
        self.answers.append((what, answer))
        return answer

    def random(self, wired: int, last: int) -> int:
        """Give any 6 bits: the processor keeps to the allowed range."""
        return self._ask("random", 6)

    def store_conditional(self) -> bool:
        """Let an SC fail or not."""
        return as_bool(self._ask("store_conditional", 1) == 1)

    def unpredictable(self, what: Unpredictable, default: int) -> int:
        """Give any 64 bits."""
        return self._ask(what.name, 64)

    def cache_error(self) -> int:
        """Give any CacheErr."""
        return self._ask("cache_error", 32)

    def cache_tag(self, operation: int, paddr: int) -> tuple[int, int, int]:
        """Give any tags."""
        return self._ask("tag_lo", 32), self._ask("tag_hi", 32), self._ask("ecc", 32)


@attrs.frozen(eq=False)
class Machine:
    """A processor in an arbitrary state, and the stores behind its ports."""

    cpu: Processor
    tlb: SymTlb
    memory: SymMemory
    inputs: SymInputs
    prefix: str


def _arbitrary_cp0(prefix: str) -> Cp0:
    return Cp0(**{name: symbol(f"{prefix}{name}", width) for name, width in CP0_WIDTHS.items()})


def _undecoded(word: int) -> tuple[Instruction, tuple[int, ...]]:
    raise EngineError("the word to decode was not announced")


def build_machine(model: Model, prefix: str = "") -> Machine:
    """Build a processor in an arbitrary state, its unknowns named with `prefix`."""
    tlb, memory, inputs = SymTlb(model, f"{prefix}tlb"), SymMemory(), SymInputs()
    gpr = SymWords("gpr", 5, 64)
    gpr[0] = 0
    cpu = Processor(
        model=model,
        memory=memory,
        tlb=tlb,
        decode=_undecoded,
        gpr=gpr,
        fpr=SymWords("fpr", 5, 64),
        cp0=_arbitrary_cp0(prefix),
        inputs=inputs,
    )
    for name, width in NUMBERS.items():
        setattr(cpu, name, symbol(name, width))
    for name in FLAGS:
        setattr(cpu, name, flag(name))
    return Machine(cpu, tlb, memory, inputs, prefix)


def cp0_unchanged(machine: Machine, but: Mapping[str, int] | None = None) -> z3.BoolRef:
    """Say that coprocessor 0 is as it was built, but for these bits of these registers."""
    before, after = _arbitrary_cp0(machine.prefix), machine.cpu.cp0
    kept = {name: ~(but or {}).get(name, 0) for name in CP0_WIDTHS}
    same = (eq(getattr(before, n) & bits, getattr(after, n) & bits) for n, bits in kept.items())
    return land(*same)


def unchanged(machine: Machine, but: Collection[str] = ()) -> z3.BoolRef:
    """Say that memory and the registers outside coprocessor 0 are as they were built.

    `but` names the exceptions among `NUMBERS` and `FLAGS`.
    """
    after, before = machine.cpu, build_machine(machine.cpu.model, machine.prefix)
    names = (name for name in (*NUMBERS, *FLAGS) if name not in but)
    return land(
        *(eq(getattr(before.cpu, name), getattr(after, name)) for name in names),
        words(after.gpr).equals(words(before.cpu.gpr)),
        words(after.fpr).equals(words(before.cpu.fpr)),
        machine.memory.words.equals(before.memory.words),
    )


def in_range(machine: Machine) -> z3.BoolRef:
    """Say that register 0 is zero and that all registers hold numbers of their widths.

    Of the register files and memory that needs no saying: they refuse anything else.
    """
    cpu = machine.cpu
    values = [(getattr(cpu, name), width) for name, width in NUMBERS.items()]
    values += [(getattr(cpu.cp0, name), width) for name, width in CP0_WIDTHS.items()]
    fit = (land(value >= 0, value < 1 << width) for value, width in values)
    return land(eq(cpu.gpr[0], 0), *fit)


def words(file: Words) -> SymWords:
    """Give the store that a register file of a machine is."""
    assert isinstance(file, SymWords)
    return file


def word_of(model: Model, row: Instruction) -> int:
    """Return an arbitrary word that selects `row`: of RESERVED, one that no row selects.

    The bits that select it are as they must be, all others unknown, the should-be-zero bits
    included.
    """
    word = symbol("word", 32)
    if row is RESERVED:
        assume(as_bool(lnot(lor(*(other.selects(word) for other in instructions(model))))))
        return word
    return word & ~row.fixed & 0xFFFF_FFFF | row.match


def announce(machine: Machine, row: Instruction, word: int) -> None:
    """Let the decoder find `row` for `word`, and for nothing else: that it would is T0."""
    decoded = row, row.operands(word)
    machine.cpu.decode = lambda met: decoded if _same(met, word) else _undecoded(met)


def assume(condition: bool) -> None:
    """Restrict the path to the states in which the condition holds."""
    current().assume(truth(condition))


def named_for(model: Model, name: str) -> str:
    """Name an obligation: the R10000's carry no model, the others' do."""
    return name if model is R10000 else f"{name}@{model.name}"
