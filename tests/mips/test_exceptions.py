"""Every exception: code, vector, what it writes and what it leaves alone, delay slots, priority.

Expected values are the manuals' (R10000 chapter 17, R4000 chapter 5), written down here.
"""

from collections.abc import Callable
from itertools import product

import attrs
import pytest

from disco.mips.exceptions import EXCEPTIONS, Timing
from disco.mips.inputs import Event, Inputs
from disco.mips.model import MODELS, R4000, R10000, Model
from disco.mips.processor import Processor
from disco.mips.unpredictable import Unpredictable
from tests.mips.machine import (
    CODE,
    CODE_PHYSICAL,
    DATA,
    NOP,
    RAM_SIZE,
    Recorded,
    encode,
    exc_code,
    fault,
    machine,
    map_page,
    run,
)

KX, SX, UX, IE, EXL, ERL = 0x80, 0x40, 0x20, 0x1, 0x2, 0x4
SUPERVISOR, USER = 0x08, 0x10
BEV, CU1, SR, NMI, TS, DE = 1 << 22, 1 << 29, 1 << 20, 1 << 19, 1 << 21, 1 << 16
BD = 1 << 31
BASES = {0: 0xFFFF_FFFF_8000_0000, BEV: 0xFFFF_FFFF_BFC0_0200}
MAPPED, MAPPED_PAIR = 0x23_4567_9000, 0x23_4567_8000
"""An address in xkuseg for faults of the TLB, and its pair of pages."""
QUIET = Inputs(ticks=0)
both_models = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)


@attrs.frozen
class Fault:
    """A way into an exception: an instruction, what must be prepared, and what comes of it."""

    word: int
    code: int
    prepare: Callable[[Processor], None] = lambda cpu: None
    bad_vaddr: int | None = None
    shows_page: bool = False
    refill: bool = False
    coprocessor: int = 0


def _at_data(offset: int = 0) -> Callable[[Processor], None]:
    def prepare(cpu: Processor) -> None:
        cpu.gpr[1] = DATA + offset

    return prepare


def _at_page(flags: int | None) -> Callable[[Processor], None]:
    """Let r1 point to MAPPED, in a pair with these flags or in none."""

    def prepare(cpu: Processor) -> None:
        cpu.gpr[1] = MAPPED
        if flags is not None:
            map_page(cpu, MAPPED_PAIR, 0, flags=flags)

    return prepare


def _overflow(cpu: Processor) -> None:
    cpu.gpr[1] = 0x7FFF_FFFF


def _no_unit(cpu: Processor) -> None:
    cpu.cp0.status &= ~CU1


def _floating_point(cpu: Processor) -> None:
    cpu.gpr[1] = 1 << 17


def _watch(cpu: Processor) -> None:
    cpu.gpr[1] = DATA
    cpu.cp0.watch_lo = 0x2000 | 2


def _nothing_there(cpu: Processor) -> None:
    cpu.gpr[1] = BASES[0] + RAM_SIZE


LW, SW = encode("LW", base=1, rt=2), encode("SW", base=1, rt=2)
FAULTS = {
    "address error (load)": Fault(LW, 4, _at_data(1), bad_vaddr=DATA + 1),
    "address error (store)": Fault(SW, 5, _at_data(2), bad_vaddr=DATA + 2),
    "refill (load)": Fault(LW, 2, _at_page(None), MAPPED, shows_page=True, refill=True),
    "refill (store)": Fault(SW, 3, _at_page(None), MAPPED, shows_page=True, refill=True),
    "invalid (load)": Fault(LW, 2, _at_page(0x1C), MAPPED, shows_page=True),
    "invalid (store)": Fault(SW, 3, _at_page(0x1C), MAPPED, shows_page=True),
    "modified": Fault(SW, 1, _at_page(0x1A), MAPPED, shows_page=True),
    "bus error": Fault(LW, 7, _nothing_there),
    "system call": Fault(encode("SYSCALL"), 8),
    "breakpoint": Fault(encode("BREAK"), 9),
    "reserved instruction": Fault(0x0000_0005, 10),
    "coprocessor 1 unusable": Fault(encode("MFC1"), 11, _no_unit, coprocessor=1),
    "coprocessor 2 unusable": Fault(0x4800_0000, 11, coprocessor=2),
    "overflow": Fault(encode("ADDI", rs=1, rt=2, immediate=1), 12, _overflow),
    "trap": Fault(encode("TEQ"), 13),
    "floating point": Fault(encode("CTC1", rt=1, fs=31), 15, _floating_point),
    "watch": Fault(LW, 23, _watch),
}
each_fault = pytest.mark.parametrize("case", FAULTS.values(), ids=FAULTS)


def _start(case: Fault, model: Model, status: int = 0, slot: bool = False) -> Processor:
    words = (encode("BEQ"), case.word) if slot else (case.word,)
    cpu = machine(*words, model=model, status=KX | UX | CU1 | status)
    cp0 = cpu.cp0
    # Values that an entry must either replace or keep.
    cp0.cause = 0x3000_0000 | 31 << 2
    cp0.epc = 0x1111
    cp0.bad_vaddr = 0x2222
    cp0.context = 0x5555_5555_5580_0000 | 0x3F_FFF0
    cp0.xcontext = 0xAAAA_AAA0_0000_0000
    cp0.entry_hi = 0x8000_0000_0000_0042
    cp0.error_epc = 0x3333
    case.prepare(cpu)
    if slot:
        run(cpu, inputs=QUIET)
    return cpu


@each_fault
@both_models
@pytest.mark.parametrize("slot", [False, True], ids=["", "in a slot"])
def test_entry(case: Fault, model: Model, slot: bool) -> None:
    """With EXL = 0: the code, CE, EPC and BD, BadVAddr, the TLB's registers, and nothing else."""
    cpu = _start(case, model, slot=slot)
    before = attrs.asdict(cpu.cp0)
    gprs = [cpu.gpr[number] for number in range(32)]
    inputs = Recorded(ticks=0)
    fault(cpu, inputs)
    expected = before | {
        "cause": case.code << 2 | case.coprocessor << 28 | (BD if slot else 0),
        "epc": CODE,
        "status": before["status"] | EXL,
    }
    if case.bad_vaddr is not None:
        expected["bad_vaddr"] = case.bad_vaddr
    if case.shows_page:
        # VA 31:13 from bit 4 up; VA 43:13 (39:13) from bit 4 up, R is 0; R and VPN2, and the ASID.
        expected["context"] = 0x5555_5555_5580_0000 | (MAPPED >> 13 & 0x7_FFFF) << 4
        expected["xcontext"] = 0xAAAA_AAA0_0000_0000 | MAPPED >> 13 << 4
        expected["entry_hi"] = MAPPED_PAIR | 0x42
    assert attrs.asdict(cpu.cp0) == expected
    assert (inputs.asked == []) == (case.code not in (4, 5))
    assert [cpu.gpr[number] for number in range(32)] == gprs
    assert not cpu.delay_slot
    assert cpu.next_pc == cpu.pc + 4


@each_fault
@both_models
@pytest.mark.parametrize("bev", [0, BEV])
def test_vectors(case: Fault, model: Model, bev: int) -> None:
    """Refills with EXL = 0 have vectors of their own; here KX and UX ask for the 64-bit one."""
    cpu = _start(case, model, bev)
    fault(cpu, QUIET)
    assert cpu.pc == BASES[bev] + (0x080 if case.refill else 0x180)


@pytest.mark.parametrize(
    "case",
    [case for name, case in FAULTS.items() if name != "watch"],
    ids=[name for name in FAULTS if name != "watch"],
)
@both_models
@pytest.mark.parametrize("slot", [False, True], ids=["", "in a slot"])
@pytest.mark.parametrize("bev", [0, BEV])
def test_nested(case: Fault, model: Model, slot: bool, bev: int) -> None:
    """With EXL = 1 EPC and BD stay, and a refill goes to the general vector too."""
    cpu = _start(case, model, EXL | bev, slot)
    cpu.cp0.cause |= 0 if slot else BD
    fault(cpu, QUIET)
    assert cpu.cp0.epc == 0x1111
    assert cpu.cp0.cause & BD == (0 if slot else BD)
    assert exc_code(cpu) == case.code
    assert cpu.pc == BASES[bev] + 0x180


@both_models
def test_interrupt_bits_of_cause_stay(model: Model) -> None:
    cpu = _start(FAULTS["system call"], model)
    cpu.cp0.cause |= 3 << 8
    fault(cpu, Inputs(ticks=0, interrupt_lines=0b10101))
    assert cpu.cp0.cause >> 8 & 0xFF == 0b0101_0111


@both_models
@pytest.mark.parametrize(
    ("name", "offset"), [("address error (load)", 1), ("address error (store)", 2)]
)
def test_an_address_error_leaves_the_page_fields_open(model: Model, name: str, offset: int) -> None:
    """The VPN2 fields of Context, XContext and EntryHi; PTEBase and the ASID stay."""
    inputs = Recorded(
        ticks=0, answers={Unpredictable.CONTEXT_AFTER_ADDRESS_ERROR: 0xFFFF_FFFF_FFFF_FFFF}
    )
    cpu = _start(FAULTS[name], model)
    cpu.cp0.context = 0x5555_5555_5500_0000
    fault(cpu, inputs)
    assert inputs.asked == [Unpredictable.CONTEXT_AFTER_ADDRESS_ERROR] * 3
    assert cpu.cp0.bad_vaddr == DATA + offset
    assert cpu.cp0.context == 0x5555_5555_557F_FFF0
    if model is R10000:
        assert cpu.cp0.xcontext == 0xAAAA_AAA0_0000_0000 | 0x1F_FFFF_FFF0
        assert cpu.cp0.entry_hi == 0xC000_0FFF_FFFF_E042
    else:
        assert cpu.cp0.xcontext == 0xAAAA_AAA0_0000_0000 | 0x1_FFFF_FFF0
        assert cpu.cp0.entry_hi == 0xC000_00FF_FFFF_E042


FETCH_FAULTS = {
    "misaligned": (CODE + 2, None, 4, 0x180),
    "no segment": (0x2000_0000_0000_0000, None, 4, 0x180),
    "refill": (0x0050_0000, None, 2, 0x080),
    "invalid": (0x0050_0000, 0x1C, 2, 0x180),
    "bus error": (BASES[0] + RAM_SIZE, None, 6, 0x180),
}
"""Target, flags of its page, code, vector offset."""


@pytest.mark.parametrize(
    ("target", "flags", "code", "offset"), FETCH_FAULTS.values(), ids=FETCH_FAULTS
)
@both_models
def test_fetch_faults(model: Model, target: int, flags: int | None, code: int, offset: int) -> None:
    """EPC is the target itself; BadVAddr too, except for a bus error."""
    cpu = machine(encode("JR", rs=1), NOP, model=model, status=KX | UX)
    cpu.gpr[1] = target
    if flags is not None:
        map_page(cpu, target, 0, flags=flags)
    run(cpu, 2)
    fault(cpu)
    assert (exc_code(cpu), cpu.cp0.epc, cpu.cp0.cause & BD) == (code, target, 0)
    assert cpu.cp0.bad_vaddr == (0 if code == 6 else target)
    page = target if code == 2 else 0
    assert (cpu.cp0.entry_hi, cpu.cp0.context) == (page, page >> 13 << 4)
    assert cpu.pc == BASES[0] + offset


def test_a_slot_on_an_unmapped_page() -> None:
    """The branch is the last word of its page: EPC points to it, BadVAddr to the slot."""
    cpu = machine(status=KX | UX, at=0x0050_0FFC)
    map_page(cpu, 0x0050_0000, CODE_PHYSICAL, flags=0x1E)
    even, odd = cpu.tlb[0].lo0, 0x18
    cpu.tlb[0] = attrs.evolve(cpu.tlb[0], lo0=even, lo1=odd)
    cpu.memory.write(CODE_PHYSICAL + 0xFFC, 4, encode("BEQ"))
    run(cpu)
    fault(cpu)
    assert (exc_code(cpu), cpu.cp0.epc, cpu.cp0.cause & BD) == (2, 0x0050_0FFC, BD)
    assert cpu.cp0.bad_vaddr == 0x0050_1000


def test_kseg_pages_show_with_their_region() -> None:
    """A sign-extended address: R = 3, and ones up to the model's last address bit."""
    for model, vpn2, region in ((R10000, 0xFFF_FFFF_E000, 35), (R4000, 0xFF_FFFF_E000, 31)):
        cpu = machine(LW, model=model)
        cpu.gpr[1] = 0xFFFF_FFFF_E765_4320
        fault(cpu)
        page = vpn2 & 0xFFFF_FFFF_E765_4320
        assert cpu.cp0.entry_hi == 3 << 62 | page
        assert cpu.cp0.context == (0xE765_4320 >> 13) << 4
        assert cpu.cp0.xcontext == 3 << region | page >> 13 << 4


SPACES = {
    "user": (0x0010_0000, UX),
    "supervisor": (0x4000_0000_0010_0000, SX),
    "sseg": (0xFFFF_FFFF_C010_0000, KX),
    "kseg3": (0xFFFF_FFFF_E010_0000, KX),
    "xkseg": (0xC000_0000_0010_0000, KX),
}
"""An address of each space, and the bit that chooses its vector on the R10000 (17.3)."""
_RIGHTS = {
    0: {"user", "supervisor", "sseg", "kseg3", "xkseg"},
    SUPERVISOR: {"user", "supervisor", "sseg"},
    USER: {"user"},
}
_OWN_BIT = {0: KX, SUPERVISOR: SX, USER: UX}


@both_models
@pytest.mark.parametrize("bits", [k | s | u for k, s, u in product((0, KX), (0, SX), (0, UX))])
@pytest.mark.parametrize("ksu", [0, SUPERVISOR, USER])
@pytest.mark.parametrize("space", SPACES)
def test_which_refill_vector(model: Model, bits: int, ksu: int, space: str) -> None:
    """R10000: by the space of the address (17.3). R4000: by the mode."""
    vaddr, bit = SPACES[space]
    if space not in _RIGHTS[ksu]:
        return
    if space == "supervisor" and not (bits & SX and (bits & KX or ksu)):
        return
    if space == "xkseg" and not bits & KX:
        return
    cpu = machine(LW, model=model, status=bits | ksu, at=0x1000)
    map_page(cpu, 0, 0)
    cpu.gpr[1] = vaddr
    fault(cpu)
    assert exc_code(cpu) == 2
    wide = bits & (bit if model is R10000 else _OWN_BIT[ksu])
    assert cpu.pc == BASES[0] + (0x080 if wide else 0x000)


def test_the_kernel_by_exl_has_the_general_vector() -> None:
    """And the kernel by ERL alone the refill one, chosen as in kernel mode."""
    for erl, offset in ((0, 0x180), (ERL, 0x080)):
        cpu = machine(LW, model=R4000, status=KX | USER | (erl or EXL))
        cpu.gpr[1] = 0xFFFF_FFFF_E010_0000
        fault(cpu)
        assert cpu.pc == BASES[0] + offset


# Events at the boundary: reset, soft reset, NMI, cache error.


def _in_a_slot(model: Model, status: int) -> Processor:
    cpu = machine(encode("BEQ"), NOP, model=model, status=status)
    run(cpu, inputs=QUIET)
    cpu.cp0.cause, cpu.cp0.epc = 0x0330, 0x77
    return cpu


@both_models
@pytest.mark.parametrize("slot", [False, True], ids=["", "in a slot"])
@pytest.mark.parametrize("event", [Event.SOFT_RESET, Event.NMI])
def test_soft_reset_and_nmi(model: Model, event: Event, slot: bool) -> None:
    """ErrorEPC, SR, BEV and ERL set, TS clear; NMI has a bit of its own on the R10000."""
    status = 0xFF01 | EXL | USER | TS
    cpu = _in_a_slot(model, status) if slot else machine(NOP, model=model, status=status)
    if model is R10000:
        cpu.cp0.status |= NMI
    before = attrs.asdict(cpu.cp0)
    fault(cpu, Inputs(ticks=0, event=event))
    nmi = NMI if event is Event.NMI and model is R10000 else 0
    assert attrs.asdict(cpu.cp0) == before | {
        "status": status & ~TS | BEV | ERL | SR | nmi,
        "error_epc": CODE,
    }
    assert cpu.pc == 0xFFFF_FFFF_BFC0_0000
    assert not cpu.delay_slot


@both_models
@pytest.mark.parametrize("bev", [0, BEV])
@pytest.mark.parametrize("slot", [False, True], ids=["", "in a slot"])
def test_cache_error(model: Model, bev: int, slot: bool) -> None:
    """An uncached vector, CacheErr and ErrorEPC; Cause and EPC stay."""
    status = bev | 0x15
    cpu = _in_a_slot(model, status) if slot else machine(NOP, model=model, status=status)
    before = attrs.asdict(cpu.cp0)
    fault(cpu, Recorded(ticks=0, event=Event.CACHE_ERROR, cache_err=0x8765_4321))
    assert attrs.asdict(cpu.cp0) == before | {
        "status": status | ERL,
        "error_epc": CODE,
        "cache_err": 0x8765_4321,
    }
    assert cpu.pc == (0xFFFF_FFFF_BFC0_0300 if bev else 0xFFFF_FFFF_A000_0100)


@both_models
def test_de_disables_cache_errors(model: Model) -> None:
    """Status.DE keeps cache errors from raising the exception (R10000 14.10)."""
    cpu = machine(NOP, model=model, status=DE)
    run(cpu, inputs=Recorded(ticks=0, event=Event.CACHE_ERROR))
    assert (cpu.pc, cpu.cp0.status) == (CODE + 4, DE)


@both_models
def test_cold_reset(model: Model) -> None:
    """Wired, Config, PRId, and Status with BEV and ERL; ErrorEPC; nothing stays pending."""
    cpu = machine(NOP, model=model, status=0xFF01 | SR | USER)
    cp0 = cpu.cp0
    cp0.wired, cp0.config, cp0.frame_mask = 9, 0, 0xFFFF if model is R10000 else 0
    cp0.control0 = cp0.control1 = 0x1F0 if model is R10000 else 0
    cpu.watch_pending = cpu.timer_pending = True
    cp0.cause = 1 << 15
    fault(cpu, Inputs(ticks=0, event=Event.RESET))
    assert cp0.status == BEV | ERL
    assert (cp0.wired, cp0.frame_mask, cp0.control0, cp0.control1) == (0, 0, 0, 0)
    assert (cp0.config, cp0.prid) == (model.config, model.prid)
    assert cp0.error_epc == CODE
    assert (cpu.pc, cpu.next_pc) == (0xFFFF_FFFF_BFC0_0000, 0xFFFF_FFFF_BFC0_0004)
    assert not cpu.watch_pending
    assert not cpu.timer_pending
    assert cp0.cause & 1 << 15 == 0


@pytest.mark.parametrize("event", [Event.RESET, Event.SOFT_RESET])
def test_resets_drop_a_postponed_watch(event: Event) -> None:
    cpu = machine(NOP)
    cpu.watch_pending = True
    fault(cpu, Inputs(event=event))
    assert not cpu.watch_pending


def test_an_nmi_keeps_a_postponed_watch() -> None:
    cpu = machine(NOP, status=EXL)
    cpu.watch_pending = True
    fault(cpu, Inputs(event=Event.NMI))
    assert cpu.watch_pending


@both_models
@pytest.mark.parametrize(
    ("status", "epc", "left"),
    [
        (EXL, "epc", 0), (ERL, "error_epc", 0), (EXL | ERL, "error_epc", EXL), (0, "epc", 0),
    ],
)  # fmt: skip
def test_eret(model: Model, status: int, epc: str, left: int) -> None:
    """ERL first; without either it still goes to EPC."""
    cpu = machine(encode("ERET"), model=model, status=status | USER if status else status)
    cpu.cp0.epc, cpu.cp0.error_epc = 0x4000_1000, 0x4000_2000
    run(cpu)
    assert (cpu.pc, cpu.next_pc) == (getattr(cpu.cp0, epc), getattr(cpu.cp0, epc) + 4)
    assert cpu.cp0.status & (EXL | ERL) == left


def test_eret_to_a_misaligned_address() -> None:
    cpu = machine(encode("ERET"), status=EXL)
    cpu.cp0.epc = CODE + 1
    run(cpu)
    fault(cpu)
    assert (exc_code(cpu), cpu.cp0.bad_vaddr, cpu.cp0.epc) == (4, CODE + 1, CODE + 1)


# Priority (Table 17-3), where two causes can meet in one instruction.


def test_address_errors_come_before_the_tlb() -> None:
    cpu = machine(LW)
    cpu.gpr[1] = 0x0010_0001
    fault(cpu)
    assert exc_code(cpu) == 4


def test_fetch_faults_come_before_the_word() -> None:
    cpu = machine(encode("SYSCALL"), at=CODE + 1)
    fault(cpu)
    assert exc_code(cpu) == 4


def test_watch_comes_before_the_bus_error() -> None:
    cpu = machine(LW)
    cpu.gpr[1] = BASES[0] + RAM_SIZE
    cpu.cp0.watch_lo = RAM_SIZE | 2
    fault(cpu)
    assert exc_code(cpu) == 23


def test_the_tlb_comes_before_watch() -> None:
    cpu = machine(SW)
    map_page(cpu, 0x0010_0000, 0x2000, flags=0x1A)
    cpu.gpr[1] = 0x0010_0000
    cpu.cp0.watch_lo = 0x2000 | 1
    fault(cpu)
    assert exc_code(cpu) == 1


def test_events_come_in_the_order_of_the_table() -> None:
    """A postponed watch yields to an NMI, an interrupt to the watch."""
    cpu = machine(NOP, status=IE | 0x400)
    cpu.watch_pending = True
    fault(cpu, Inputs(event=Event.NMI, interrupt_lines=1))
    assert cpu.pc == 0xFFFF_FFFF_BFC0_0000
    cpu = machine(NOP, status=IE | 0x400)
    cpu.watch_pending = True
    fault(cpu, Inputs(interrupt_lines=1))
    assert exc_code(cpu) == 23


PRIORITIES = [
    ["Cold reset"], ["Soft reset"], ["Nonmaskable interrupt"], ["Cache error"],
    ["Address error (fetch)"], ["TLB refill (fetch)"], ["TLB invalid (fetch)"],
    ["Virtual coherency (fetch, R4000)"], ["Bus error (fetch)"],
    ["Address error (load)", "Address error (store)"],
    ["TLB refill (load)", "TLB refill (store)"], ["TLB invalid (load)", "TLB invalid (store)"],
    ["TLB modified"], ["Watch"], ["Virtual coherency (data, R4000)"], ["Bus error (data)"],
    ["Interrupt"],
]  # fmt: skip
"""Table 17-3 without the level that instructions raise, which the table here refines."""
CODES = {
    "Interrupt": 0, "TLB modified": 1, "TLB refill (load)": 2, "TLB refill (fetch)": 2,
    "TLB invalid (load)": 2, "TLB invalid (fetch)": 2, "TLB refill (store)": 3,
    "TLB invalid (store)": 3, "Address error (fetch)": 4, "Address error (load)": 4,
    "Address error (store)": 5, "Bus error (fetch)": 6, "Bus error (data)": 7, "System call": 8,
    "Breakpoint": 9, "Reserved instruction": 10, "Coprocessor unusable": 11,
    "Integer overflow": 12, "Trap": 13, "Virtual coherency (fetch, R4000)": 14,
    "Floating point": 15, "Watch": 23, "Virtual coherency (data, R4000)": 31, "Cold reset": None,
    "Soft reset": None, "Nonmaskable interrupt": None, "Cache error": None,
}  # fmt: skip


def test_the_table_of_exceptions() -> None:
    assert {kind.name: kind.code for kind in EXCEPTIONS} == CODES
    levels = sorted({kind.priority for kind in EXCEPTIONS if kind.timing is not Timing.EXECUTE})
    ordered = [
        sorted(kind.name for kind in EXCEPTIONS if kind.priority == level) for level in levels
    ]
    assert ordered == PRIORITIES
    execute = [kind.priority for kind in EXCEPTIONS if kind.timing is Timing.EXECUTE]
    fetch = [kind.priority for kind in EXCEPTIONS if kind.timing is Timing.FETCH]
    data = [kind.priority for kind in EXCEPTIONS if kind.timing is Timing.DATA]
    assert max(fetch) < min(execute) <= max(execute) < min(data)
