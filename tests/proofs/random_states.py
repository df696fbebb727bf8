"""Random states of a processor, each twice: on ints, and as values of the engine's unknowns.

The values are chosen so that what instructions ask about happens: equal registers, addresses that
are watched or linked, TLB entries that match.
"""

import random
from collections.abc import Callable, Mapping

import attrs
import z3

from disco.bits import MASK64, sext32
from disco.machine.sparse import SparseMemory
from disco.mips.address import Access
from disco.mips.cp0 import Cp0
from disco.mips.exceptions import MipsException
from disco.mips.inputs import Inputs
from disco.mips.instruction import Instruction
from disco.mips.model import Model
from disco.mips.processor import Processor
from disco.mips.semantics.reserved import RESERVED
from disco.mips.table import decoder, find_row
from disco.mips.tlb import TlbEntry
from disco.mips.tlb_array import TlbArray
from disco.mips.unpredictable import Unpredictable
from proofs.contracts import OFFSET, failures
from proofs.machine import CP0_WIDTHS, FLAGS, NUMBERS

WIDTHS = {"word": 32, "vaddr": 64, **NUMBERS, **CP0_WIDTHS, **dict.fromkeys(FLAGS, 1)}
"""The unknowns that are single numbers."""
LIMITS = (0, 1, 2, 7, 8, 0x7FFF_FFFF, 0x8000_0000, 1 << 63, (1 << 63) - 1, MASK64, MASK64 - 3)

SEGMENTS = (
    0x7FFF_FFFF, 0x8000_0000, 1 << 40, (1 << 44) - 1, 1 << 44, 1 << 62, 1 << 62 | 0x8000_0000,
    *(2 << 62 | attribute << 59 for attribute in range(8)), 0x9000_0100_0000_0000,
    (3 << 62) + (1 << 44) - 0x8000_0001, (3 << 62) + (1 << 40) - 0x8000_0001,
    0xFFFF_FFFF_7FFF_FFFF, *(0xFFFF_FFFF_8000_0000 | n << 29 for n in range(4)),
)  # fmt: skip
"""Addresses at the ends of segments."""


class Choices:
    """The values of the unknowns that a run draws, named as the engine names them."""

    def __init__(self) -> None:
        self.values: list[tuple[str, int, int]] = []
        """Name, width, value."""
        self._drawn: dict[str, int] = {}

    def note(self, stem: str, width: int, value: int, mark: str = "!") -> int:
        """Note the value of the next unknown of this stem."""
        number = self._drawn.get(stem, 0)
        self._drawn[stem] = number + 1
        self.values.append((f"{stem}{mark}{number}", width, value))
        return value


class NotedTlb(TlbArray):
    """A concrete TLB that notes what its searches found."""

    def __init__(self, model: Model, choices: Choices) -> None:
        super().__init__(model)
        self._choices = choices

    def find(self, vaddr: int, asid: int) -> int:
        """Find as any TLB does."""
        return self._note(super().find(vaddr, asid))

    def any(self, chosen: Callable[[TlbEntry], bool]) -> bool:
        """Find the first that is chosen."""
        found = (index for index in range(self.size) if chosen(self[index]))
        return self._note(next(found, -1)) >= 0

    def _note(self, index: int) -> int:
        self._choices.note("is_found", 1, int(index >= 0))
        if index >= 0:
            self._choices.note("found", 6, index)
        return index


class RandomInputs(Inputs):
    """Inputs with random answers, which are noted."""

    def __init__(self, choose: random.Random, choices: Choices) -> None:
        super().__init__(ticks=choose.choice((0, 1, 5)), interrupt_lines=choose.randrange(32))
        self._choose = choose
        self._choices = choices

    def _answer(self, what: str, width: int) -> int:
        value = number(self._choose) & ((1 << width) - 1)
        return self._choices.note(f"input.{what}", width, value, mark=".")

    def random(self, wired: int, last: int) -> int:
        """Answer with any 6 bits."""
        return self._answer("random", 6)

    def store_conditional(self) -> bool:
        """Answer either."""
        return self._answer("store_conditional", 1) == 1

    def unpredictable(self, what: Unpredictable, default: int) -> int:
        """Answer with any 64 bits."""
        return self._answer(what.name, 64)

    def cache_tag(self, operation: int, paddr: int) -> tuple[int, int, int]:
        """Answer with any tags."""
        return self._answer("tag_lo", 32), self._answer("tag_hi", 32), self._answer("ecc", 32)


def number(choose: random.Random) -> int:
    """Give 64 bits, often at the end of a range."""
    kind = choose.randrange(4)
    if kind == 0:
        return choose.choice(LIMITS)
    if kind == 1:
        return sext32(choose.getrandbits(32))
    return choose.getrandbits(64) if kind == 2 else choose.randrange(0x2000)


@attrs.define(eq=False)
class RandomState:
    """A state in which a word is about to be executed; the choices follow as it is run."""

    word: int
    vaddr: int
    """An address to translate."""
    plain: dict[str, int]
    """The unknowns that are single numbers, by name."""
    gpr: list[int]
    fpr: list[int]
    fields: dict[int, dict[str, int]]
    """The unknowns of the TLB entries that are not all zero."""
    entries: list[TlbEntry]
    memory: dict[int, int]
    silent: frozenset[int]
    frame: int
    """A page frame that is often referred to."""
    choices: Choices
    cpu: Processor
    """The processor on ints, in this state until something runs on it."""
    doublewords: SparseMemory
    """The processor's memory."""
    choose: random.Random

    def translate(self, cpu: Processor, vaddr: int, access: Access) -> tuple[int, int]:
        """Translate by chance, as the contract allows."""
        choose, choices = self.choose, self.choices
        for kind in failures(access):
            if choices.note("translation_fails", 1, int(choose.random() < 0.1)):
                raise MipsException(kind, vaddr)
        frame = self.frame if choose.random() < 0.8 else choose.getrandbits(64) & ~OFFSET
        paddr = (frame | vaddr & OFFSET) & cpu.model.pa_mask
        choices.note("paddr", cpu.model.pa_bits, paddr)
        return paddr, choices.note("attribute", 3, choose.randrange(8))

    def values(self) -> z3.ModelRef:
        """Give the state and the choices as values of the unknowns of `build_machine`."""
        model = z3.Model()
        for name, value in self.plain.items():
            set_value(model, name, WIDTHS[name], value)
        set_value(model, "input.ticks", 32, self.cpu.inputs.ticks)
        set_value(model, "input.interrupt_lines", 5, self.cpu.inputs.interrupt_lines)
        for name, width, value in self.choices.values:
            set_value(model, name, width, value)
        set_words(model, "gpr", 5, 64, dict(enumerate(self.gpr)))
        set_words(model, "fpr", 5, 64, dict(enumerate(self.fpr)))
        set_words(model, "memory", 61, 64, self.memory)
        set_words(model, "memory.answers", 61, 1, dict.fromkeys(self.silent, 0), default=1)
        set_fields(model, self.cpu.model, self.fields)
        return model


def set_fields(values: z3.ModelRef, model: Model, entries: Mapping[int, Mapping[str, int]]) -> None:
    """Give the unknown fields of TLB entries their values; zero to all others."""
    widths = {"present": 1, "size": 3, "region": 2, "asid": 8, "glob": 1, "lo0": 64, "lo1": 64}
    for name, width in (widths | {"vpn2": model.va_bits - 13}).items():
        column = {index: fields[name] for index, fields in entries.items()}
        set_words(values, f"tlb.{name}", 6, width, column)


def set_value(model: z3.ModelRef, name: str, width: int, value: int) -> None:
    """Give an unknown its value."""
    model.update_value(z3.BitVec(name, width), z3.BitVecVal(value, width))


def set_words(
    model: z3.ModelRef,
    name: str,
    index_bits: int,
    width: int,
    values: Mapping[int, int],
    default: int = 0,
) -> None:
    """Give the words of a store their values, and `default` to all others."""
    domain, range_ = z3.BitVecSort(index_bits), z3.BitVecSort(width)
    array = z3.K(domain, z3.BitVecVal(default, width))
    for index, value in values.items():
        array = z3.Store(array, z3.BitVecVal(index, index_bits), z3.BitVecVal(value, width))
    model.update_value(z3.Array(name, domain, range_), array)


def random_state(model: Model, row: Instruction, choose: random.Random) -> RandomState:
    """Make a state in which a word of `row` is about to be executed."""
    few = [number(choose) for _ in range(choose.randrange(1, 5))]
    gpr = [0, *(choose.choice(few) for _ in range(31))]
    fpr = [number(choose) for _ in range(32)]
    frame = choose.getrandbits(model.pa_bits - 12) << 12
    near = [frame | value & 0xFF8 for value in few]
    memory = {address >> 3: number(choose) for address in near}
    silent = frozenset(address for address in memory if choose.random() < 0.1)
    fields = {choose.randrange(model.tlb_entries): random_fields(model, choose) for _ in range(4)}
    nothing = dict.fromkeys(next(iter(fields.values())), 0)
    entries = [entry_of(model, fields.get(i, nothing)) for i in range(model.tlb_entries)]
    plain = {name: number(choose) & ((1 << width) - 1) for name, width in CP0_WIDTHS.items()}
    plain |= {name: number(choose) & ((1 << width) - 1) for name, width in NUMBERS.items()}
    plain |= {name: choose.randrange(2) for name in FLAGS}
    plain["status"] = choose.getrandbits(32) & ~choose.choice((0, 6, 0x1E))
    plain["status"] |= choose.choice((0, 0xE0))
    if choose.random() < 0.5:
        plain["link_address"] = choose.choice(near)
        plain["watch_lo"] = choose.choice(near) & 0xFFFF_FFFF | choose.randrange(4)
        plain["watch_hi"] = frame >> 32
    one = choose.choice(list(fields.values()))
    if choose.random() < 0.7:
        plain["entry_hi"] = one["region"] << 62 | one["vpn2"] << 13 | one["asid"]
    word = plain["word"] = _word(model, row, choose)
    spot = one["region"] << 62 | one["vpn2"] << 13 | choose.getrandbits(25)
    vaddr = plain["vaddr"] = choose.choice((spot, spot, number(choose), choose.choice(SEGMENTS)))
    choices, doublewords = Choices(), SparseMemory(memory.copy(), silent)
    cpu = Processor(
        model=model,
        memory=doublewords,
        tlb=NotedTlb(model, choices),
        decode=decoder(model),
        gpr=gpr.copy(),
        fpr=fpr.copy(),
        cp0=Cp0(**{name: plain[name] for name in CP0_WIDTHS}),
        inputs=RandomInputs(choose, choices),
    )
    for name in NUMBERS:
        setattr(cpu, name, plain[name])
    for name in FLAGS:
        setattr(cpu, name, plain[name] == 1)
    for index, entry in enumerate(entries):
        cpu.tlb[index] = entry
    return RandomState(
        word, vaddr, plain, gpr, fpr, fields, entries, memory, silent, frame, choices, cpu,
        doublewords, choose,
    )  # fmt: skip


def entry_of(model: Model, fields: Mapping[str, int]) -> TlbEntry:
    """Make the TLB entry that the engine's unknown fields stand for."""
    return TlbEntry(
        present=fields["present"] == 1,
        mask=((1 << 2 * min(fields["size"], 6)) - 1) << 13,
        vpn2=fields["region"] << 62 | fields["vpn2"] << 13,
        asid=fields["asid"],
        glob=fields["glob"] == 1,
        lo0=fields["lo0"] & model.entry_lo_mask,
        lo1=fields["lo1"] & model.entry_lo_mask,
    )


def random_fields(model: Model, choose: random.Random) -> dict[str, int]:
    """Choose the unknown fields of a TLB entry."""
    return {
        "present": int(choose.random() < 0.9),
        "size": choose.choice((0, 0, 1, 6, 7)),
        "region": choose.choice((0, 0, 1, 2, 3)),
        "vpn2": choose.getrandbits(model.va_bits - 13) & ~choose.choice((0, 0xFFF)),
        "asid": choose.choice((0, 1, 255)),
        "glob": choose.randrange(2),
        "lo0": choose.getrandbits(64),
        "lo1": choose.getrandbits(64),
    }


def _word(model: Model, row: Instruction, choose: random.Random) -> int:
    if row is RESERVED:
        while True:
            opcode = choose.choice((0, 1, 0x10, 0x11, 0x12, 0x13, 0x1C, 0x3B))
            word = opcode << 26 | choose.getrandbits(26)
            if find_row(model, word) is RESERVED:
                return word
    fields = []
    for field in row.fields:
        few = (0, 1, 2, 31, 1 << (field.width - 1), choose.getrandbits(field.width))
        fields.append(choose.choice(few) & ((1 << field.width) - 1))
    should_be_zero = choose.getrandbits(32) if choose.random() < 0.2 else 0
    return row.encode(*fields) | should_be_zero & row.zero
