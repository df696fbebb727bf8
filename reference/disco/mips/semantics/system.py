"""Coprocessor 0 instructions: register moves, TLB, ERET, CACHE (R10000 User's Manual 14.22 on)."""

from disco.bits import MASK32, MASK64, sext32
from disco.mips.address import Access, translate
from disco.mips.availability import coprocessor0, coprocessor0_doubleword
from disco.mips.cp0 import COUNTERS, INDEX_P, STATUS_CH, STATUS_TS, Register
from disco.mips.delivery import exception_return
from disco.mips.instruction import Chapter, Kind
from disco.mips.model import Level
from disco.mips.processor import Processor
from disco.mips.references import break_link, effective_address
from disco.mips.registers import random_index, read_register, store_register, write_register
from disco.mips.semantics.branch import branch, branch_likely
from disco.mips.tlb import ENTRY_GLOBAL, TlbEntry, conflicts, invalidated, unused_frame_bits
from disco.mips.unpredictable import Unpredictable

chapter = Chapter("System control")
_R10000 = frozenset({"R10000"})
_R4000 = frozenset({"R4000"})


@chapter(
    "rt, cp0.rd", "010000 00000 rt rd ..... 000000", Level.I, Kind.PRIVILEGED, guard=coprocessor0
)
def MFC0(cpu: Processor, rt: int, rd: int) -> None:
    """Move the low word of CP0 register rd to rt, sign-extended."""
    cpu.gpr[rt] = sext32(read_register(cpu, rd))


@chapter(
    "rt, cp0.rd", "010000 00100 rt rd ..... 000000", Level.I, Kind.PRIVILEGED, guard=coprocessor0
)
def MTC0(cpu: Processor, rt: int, rd: int) -> None:
    """Move rt to CP0 register rd; a 64-bit register gets the low word, sign-extended."""
    write_register(cpu, rd, sext32(cpu.gpr[rt]))


@chapter(
    "rt, cp0.rd", "010000 00001 rt rd ..... ......", Level.III, Kind.PRIVILEGED,
    guard=coprocessor0_doubleword,
)  # fmt: skip
def DMFC0(cpu: Processor, rt: int, rd: int) -> None:
    """Move CP0 register rd to rt, 64 bits. UNPREDICTABLE: the upper half of a 32-bit register."""
    cpu.gpr[rt] = read_register(cpu, rd, wide=True)


@chapter(
    "rt, cp0.rd", "010000 00101 rt rd ..... ......", Level.III, Kind.PRIVILEGED,
    guard=coprocessor0_doubleword,
)  # fmt: skip
def DMTC0(cpu: Processor, rt: int, rd: int) -> None:
    """Move rt to CP0 register rd, 64 bits."""
    write_register(cpu, rd, cpu.gpr[rt])


def _counter(row: int, counter: int) -> Register:
    """Choose the control (row 0) or count (row 1) register of a performance counter."""
    if counter == 0:
        return COUNTERS[0][row]
    return COUNTERS[1][row]


@chapter(
    "rt, counter", "010000 00000 rt 11001 ..... 0000 counter 1", Level.IV, Kind.PRIVILEGED,
    guard=coprocessor0, models=_R10000,
)  # fmt: skip
def MFPC(cpu: Processor, rt: int, counter: int) -> None:
    """Move a performance counter to rt (R10000 14.20)."""
    cpu.gpr[rt] = sext32(getattr(cpu.cp0, _counter(1, counter).attribute))


@chapter(
    "rt, counter", "010000 00100 rt 11001 ..... 0000 counter 1", Level.IV, Kind.PRIVILEGED,
    guard=coprocessor0, models=_R10000,
)  # fmt: skip
def MTPC(cpu: Processor, rt: int, counter: int) -> None:
    """Move rt to a performance counter (R10000 14.20)."""
    store_register(cpu, _counter(1, counter), cpu.gpr[rt])


@chapter(
    "rt, 1", "010000 00000 rt 11001 ..... 000010", Level.IV, Kind.PRIVILEGED,
    guard=coprocessor0, models=_R10000,
)  # fmt: skip
def MFPS(cpu: Processor, rt: int) -> None:
    """Move performance control 1 to rt; control 0 is `MFC0 rt, $25` (R10000 14.20)."""
    cpu.gpr[rt] = sext32(cpu.cp0.control1)


@chapter(
    "rt, 1", "010000 00100 rt 11001 ..... 000010", Level.IV, Kind.PRIVILEGED,
    guard=coprocessor0, models=_R10000,
)  # fmt: skip
def MTPS(cpu: Processor, rt: int) -> None:
    """Move rt to performance control 1; control 0 is `MTC0 rt, $25` (R10000 14.20)."""
    store_register(cpu, _counter(0, 1), cpu.gpr[rt])


def _usable_index(cpu: Processor, index: int) -> int:
    """Give the entry that `index` (6 bits) selects, -1 for none; beyond the last it is open."""
    if index < cpu.tlb.size:
        return index
    chosen = cpu.inputs.unpredictable(Unpredictable.TLB_INDEX, -1)
    return chosen if 0 <= chosen < cpu.tlb.size else -1


@chapter("", "010000 1 ................... 000001", Level.I, Kind.PRIVILEGED, guard=coprocessor0)
def TLBR(cpu: Processor) -> None:
    """Read the entry at Index into EntryHi, EntryLo0, EntryLo1 and PageMask (R10000 14.35)."""
    index = _usable_index(cpu, cpu.cp0.index & 0x3F)
    if index < 0:
        return
    entry, cp0 = cpu.tlb[index], cpu.cp0
    glob = ENTRY_GLOBAL if entry.glob else 0
    cp0.page_mask = entry.mask
    cp0.entry_hi = entry.vpn2 | entry.asid
    cp0.entry_lo0 = entry.lo0 | glob
    cp0.entry_lo1 = entry.lo1 | glob


def entry_from_registers(cpu: Processor) -> TlbEntry:
    """Make the entry that a TLB write would write now (R10000 14.36)."""
    cp0, model = cpu.cp0, cpu.model
    kept = model.entry_lo_mask & ~((cp0.frame_mask & 0xFFFF) << 18)
    if model.tlb_write_clears_offset:
        kept = kept & ~unused_frame_bits(cp0.page_mask)
    return TlbEntry(
        present=True,
        mask=cp0.page_mask,
        vpn2=cp0.entry_hi & model.pair_mask,
        asid=cp0.entry_hi & 0xFF,
        glob=cp0.entry_lo0 & cp0.entry_lo1 & ENTRY_GLOBAL != 0,
        lo0=cp0.entry_lo0 & kept,
        lo1=cp0.entry_lo1 & kept,
    )


def write_entry(cpu: Processor, index: int) -> None:
    """Write the entry at `index` from the registers.

    On the R10000 the entries it conflicts with are invalidated first, wired ones included, and
    Status.TS tells whether there were any (14.10); the entry at `index` itself is overwritten.
    """
    entry = entry_from_registers(cpu)
    if cpu.model.tlb_write_invalidates:
        cpu.tlb[index] = invalidated(cpu.tlb[index])
        if cpu.tlb.any(lambda other: conflicts(other, entry)):
            cpu.cp0.status |= STATUS_TS
            cpu.tlb.change(lambda other: conflicts(other, entry), invalidated)
        else:
            cpu.cp0.status &= ~STATUS_TS
    cpu.tlb[index] = entry


@chapter("", "010000 1 ................... 000010", Level.I, Kind.PRIVILEGED, guard=coprocessor0)
def TLBWI(cpu: Processor) -> None:
    """Write the TLB entry at Index."""
    index = _usable_index(cpu, cpu.cp0.index & 0x3F)
    if index >= 0:
        write_entry(cpu, index)


@chapter("", "010000 1 ................... 000110", Level.I, Kind.PRIVILEGED, guard=coprocessor0)
def TLBWR(cpu: Processor) -> None:
    """Write the TLB entry at Random."""
    write_entry(cpu, random_index(cpu))


@chapter("", "010000 1 ................... 001000", Level.I, Kind.PRIVILEGED, guard=coprocessor0)
def TLBP(cpu: Processor) -> None:
    """Put the index of the entry that matches EntryHi into Index, P alone when there is none."""
    cp0 = cpu.cp0
    found = cpu.tlb.find(cp0.entry_hi, cp0.entry_hi & 0xFF)
    cp0.index = INDEX_P if found < 0 else found


@chapter("", "010000 1 ................... 011000", Level.III, Kind.PRIVILEGED, guard=coprocessor0)
def ERET(cpu: Processor) -> None:
    """Return from an exception: to ErrorEPC with ERL, else to EPC. There is no delay slot."""
    target = exception_return(cpu)
    if cpu.delay_slot:
        target = cpu.inputs.unpredictable(Unpredictable.ERET_IN_DELAY_SLOT, target) & MASK64
    cpu.next_pc = target
    cpu.after_next = (target + 4) & MASK64


def _condition0(cpu: Processor) -> bool:
    """Read the condition signal of coprocessor 0, which shows Status.CH (R4000 A, BCzF)."""
    return cpu.cp0.status & STATUS_CH != 0


@chapter(
    "offset", "010000 01000 00000 offset", Level.I, Kind.PRIVILEGED, guard=coprocessor0,
    models=_R4000,
)  # fmt: skip
def BC0F(cpu: Processor, offset: int) -> None:
    """Branch on coprocessor 0 false. The R10000 has no such branches."""
    branch(cpu, not _condition0(cpu), offset)


@chapter(
    "offset", "010000 01000 00001 offset", Level.I, Kind.PRIVILEGED, guard=coprocessor0,
    models=_R4000,
)  # fmt: skip
def BC0T(cpu: Processor, offset: int) -> None:
    """Branch on coprocessor 0 true."""
    branch(cpu, _condition0(cpu), offset)


@chapter(
    "offset", "010000 01000 00010 offset", Level.II, Kind.PRIVILEGED, guard=coprocessor0,
    models=_R4000,
)  # fmt: skip
def BC0FL(cpu: Processor, offset: int) -> None:
    """Branch on coprocessor 0 false, likely."""
    branch_likely(cpu, not _condition0(cpu), offset)


@chapter(
    "offset", "010000 01000 00011 offset", Level.II, Kind.PRIVILEGED, guard=coprocessor0,
    models=_R4000,
)  # fmt: skip
def BC0TL(cpu: Processor, offset: int) -> None:
    """Branch on coprocessor 0 true, likely."""
    branch_likely(cpu, _condition0(cpu), offset)


_INDEX_LOAD_TAG, _INDEX_LOAD_DATA, _CACHE_BARRIER = 1, 6, 0x14


@chapter(
    "op, offset(base)", "101111 base op offset", Level.III, Kind.PRIVILEGED, guard=coprocessor0
)
def CACHE(cpu: Processor, base: int, op: int, offset: int) -> None:
    """Operate on a cache (R10000 chapter 10).

    Caches are coherent and invisible here, so only the address exceptions and what Index Load
    leaves in TagLo, TagHi and ECC (an input) can be seen: on the R10000, ECC with the data, on the
    R4000 with the tag. It breaks the link.
    """
    vaddr = effective_address(cpu, base, offset)
    break_link(cpu)
    if op == _CACHE_BARRIER and cpu.model.has_cache_barrier:
        return
    paddr, _ = translate(cpu, vaddr, Access.LOAD)
    loads_data = op >> 2 == _INDEX_LOAD_DATA and cpu.model.has_cache_barrier
    if loads_data or op >> 2 == _INDEX_LOAD_TAG:
        tag_lo, tag_hi, ecc = cpu.inputs.cache_tag(op, paddr)
        cpu.cp0.tag_lo = tag_lo & MASK32
        cpu.cp0.tag_hi = tag_hi & MASK32
        if loads_data or not cpu.model.has_cache_barrier:
            cpu.cp0.ecc = ecc & MASK32
