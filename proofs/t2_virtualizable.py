"""T2, virtualizable: direct execution means what the virtual mode means (`spec.virtualization`).

Two processors begin in one state but for Status, CP0 and TLB. The real one, with the Status that
the monitor computes, runs first; what it completes, the virtual one must complete alike.
"""

from collections.abc import Iterable
from functools import partial

import attrs

from disco.mips.address import Access, translate
from disco.mips.exceptions import Exceptions, MipsException
from disco.mips.instruction import Instruction, Kind
from disco.mips.model import R10000
from disco.mips.processor import Processor
from disco.mips.references import fetch
from disco.mips.semantics.reserved import RESERVED
from disco.mips.step import execute
from disco.mips.table import BY_NAME, instructions
from disco.monitor.status import hardware_status
from proofs.contracts import Translations, in_place_of_translate
from proofs.explore import merged
from proofs.machine import (
    Machine,
    SymInputs,
    announce,
    assume,
    build_machine,
    flag,
    word_of,
)
from proofs.mutants import Mutant
from proofs.obligations import Case, Obligation, Theorem
from proofs.replay import Run, by_contract
from proofs.seeds import fault
from proofs.stores import SymWords
from proofs.symbolic import as_bool, current, eq, implies, land, lnot, symbol
from spec.privilege import CP0_NAMES, in_kernel, traps_always
from spec.virtualization import (
    ADDRESSING_DIFFERENCES,
    addressing_difference,
    is_forwarded,
    is_watched,
    uses_translation,
)


class Witness(SymInputs):
    """The virtual processor's inputs: the real one's, and a link that is lost where the real is."""

    def __init__(self, real_link: bool) -> None:
        super().__init__()
        self._real_link = real_link

    def store_conditional(self) -> bool:
        """Let the SC succeed where the real one may."""
        return as_bool(land(self._real_link, super().store_conditional()))


@attrs.frozen(eq=False)
class Pair:
    """A guest: its virtual processor, and the real one that runs it."""

    virtual: Machine
    real: Machine


def _guest() -> Pair:
    """Build a guest in an arbitrary state, with the hardware watch off."""
    virtual, real = build_machine(R10000, "virtual."), build_machine(R10000)
    real.cpu.cp0.status = hardware_status(virtual.cpu.cp0.status)
    assume(real.cpu.cp0.watch_lo & 3 == 0)
    virtual.cpu.link = flag("virtual.link")
    current().assume(implies(real.cpu.link, virtual.cpu.link))
    virtual.cpu.inputs = Witness(real.cpu.link)
    return Pair(virtual, real)


class Agreed:
    """Translations that the virtual processor shares with the real one: the condition of T2."""

    def __init__(self, case: Case, granted: Translations, *, watched_too: bool = False) -> None:
        self._case = case
        self._watched_too = watched_too
        self._left = list(granted.grants)

    def translate(self, cpu: Processor, vaddr: int, access: Access) -> tuple[int, int]:
        """Give what the real processor was granted; it must have asked for the same."""
        if not self._left:
            self._case.claim("the real processor translates what the virtual one does", False)
            return 0, 0
        grant = self._left.pop(0)
        same = land(eq(grant.vaddr, vaddr), grant.access is access)
        self._case.claim("both translate the same address", same)
        if not self._watched_too:
            watched = merged(lambda: is_watched(cpu.cp0, grant.paddr, access is Access.STORE))
            assume(as_bool(lnot(watched)))
        return grant.paddr, grant.attribute


def _execute(case: Case, row: Instruction) -> None:
    pair, word, granted, raised = _directly(case, row)
    if not uses_translation(row):
        case.claim("no address is translated", not granted.grants)
    if raised is None:
        case.reach("completes")
        case.claim("a privileged instruction traps", not traps_always(row))
    elif merged(lambda: is_forwarded(raised.kind, raised.coprocessor)):
        case.reach("is forwarded")
    else:
        case.reach("is the monitor's")
        return
    with in_place_of_translate(Agreed(case, granted).translate):
        expected = _raised(pair.virtual, word)
    _claim_same_outcome(case, raised, expected)
    _claim_same_state(case, pair, raised is None)


def _raised(machine: Machine, word: int) -> MipsException | None:
    try:
        execute(machine.cpu, word)
    except MipsException as exception:
        return exception
    return None


def _claim_same_outcome(
    case: Case, real: MipsException | None, virtual: MipsException | None
) -> None:
    if real is None or virtual is None:
        case.claim("both complete", real is virtual)
        return
    case.claim("both raise the same exception", real.kind is virtual.kind)
    case.claim("for the same coprocessor", eq(real.coprocessor, virtual.coprocessor))


def _claim_same_state(case: Case, pair: Pair, completed: bool) -> None:
    """Claim that both processors now differ in nothing that the guest could see."""
    real, virtual = pair.real.cpu, pair.virtual.cpu
    names = ("pc", "next_pc", "delay_slot", "hi", "lo", "fcr31") if completed else ("fcr31",)
    for name in names:
        case.claim(f"{name} is the same", eq(getattr(real, name), getattr(virtual, name)))
    assert isinstance(real.gpr, SymWords)
    assert isinstance(virtual.gpr, SymWords)
    assert isinstance(real.fpr, SymWords)
    assert isinstance(virtual.fpr, SymWords)
    if completed:
        case.claim("the general registers are the same", real.gpr.equals(virtual.gpr))
    case.claim("the floating-point registers are the same", real.fpr.equals(virtual.fpr))
    memories = pair.real.memory.words, pair.virtual.memory.words
    case.claim("memory is the same", memories[0].equals(memories[1]))
    case.claim("the real link holds only with the virtual", implies(real.link, virtual.link))
    before = build_machine(R10000, pair.virtual.prefix).cpu.cp0
    unchanged = (eq(getattr(before, name), getattr(virtual.cp0, name)) for name in CP0_NAMES)
    case.claim("the virtual coprocessor 0 is unchanged", land(*unchanged))
    case.claim("the virtual TLB is unchanged", not pair.virtual.tlb.changed)


def _fetch(case: Case) -> None:
    pair = _guest()
    granted = Translations()
    try:
        with in_place_of_translate(granted.translate):
            word = fetch(pair.real.cpu)
    except MipsException:
        return
    case.reach("completes")
    with in_place_of_translate(Agreed(case, granted).translate):
        case.claim("both fetch the same word", eq(word, fetch(pair.virtual.cpu)))


def _addressing(case: Case, access: Access) -> None:
    """With one TLB, find the addresses where the modes differ: those that the spec lists."""
    pair = _guest()
    real, virtual = pair.real.cpu, pair.virtual.cpu
    virtual.tlb = real.tlb
    virtual.cp0.entry_hi = real.cp0.entry_hi
    vaddr = symbol("vaddr", 64)
    run = Run(case, pair.real, lambda cpu, value: translate(cpu, value(vaddr), access))
    try:
        paddr, _ = translate(real, vaddr, access)
    except MipsException as exception:
        run.raised = exception
        return
    difference = addressing_difference(virtual.cp0.status, vaddr)
    try:
        expected, _ = translate(virtual, vaddr, access)
    except MipsException:
        same = False
    else:
        same = paddr == expected
    if difference is None:
        case.claim("both modes translate alike", same)
    elif not same:
        case.reach(difference)


def _watch(case: Case, row: Instruction) -> None:
    """Without its condition, a guest's own watch is missed, and that is all."""
    pair, word, granted, raised = _directly(case, row)
    if raised is not None:
        return
    with in_place_of_translate(Agreed(case, granted, watched_too=True).translate):
        expected = _raised(pair.virtual, word)
    grant = granted.grants[0]
    watched = is_watched(pair.virtual.cpu.cp0, grant.paddr, grant.access is Access.STORE)
    postponed = in_kernel(pair.virtual.cpu.cp0.status)
    if expected is not None:
        case.reach("a watch exception is missed")
        case.claim("only where the guest watches", watched and not postponed)
        case.claim("nothing but a watch is missed", expected.kind is Exceptions.WATCH)
    elif watched:
        case.reach("a postponed watch is missed")
        case.claim("only under EXL or ERL", postponed)


def _link(case: Case, row: Instruction) -> None:
    """Without its condition, an SC may fail that would have succeeded, and that is all."""
    pair, word, granted, raised = _directly(case, row)
    if raised is not None:
        return
    pair.virtual.cpu.inputs = SymInputs()
    with in_place_of_translate(Agreed(case, granted).translate):
        _raised(pair.virtual, word)
    _, rt, _ = row.operands(word)
    if pair.real.cpu.gpr[rt] != pair.virtual.cpu.gpr[rt]:
        case.reach("an SC fails for want of the real link")
        case.claim("only where the real link was lost", lnot(flag("link")))


def _directly(case: Case, row: Instruction) -> tuple[Pair, int, Translations, MipsException | None]:
    """Execute an arbitrary word of `row` on the real processor of an arbitrary guest."""
    pair = _guest()
    word = word_of(R10000, row)
    announce(pair.real, row, word)
    announce(pair.virtual, row, word)
    granted = Translations()
    run = Run(case, pair.real, by_contract(granted, word), word=word)
    with in_place_of_translate(granted.translate):
        run.raised = _raised(pair.real, word)
    return pair, word, granted, run.raised


def _obligations() -> Iterable[Obligation]:
    yield Obligation("fetch", _fetch, frozenset({"completes"}))
    for row in (*instructions(R10000), RESERVED):
        yield Obligation(row.name, partial(_execute, row=row), _guards(row))
    for access in Access:
        run = partial(_addressing, access=access)
        yield Obligation(f"differs: {access.name}", run, frozenset(ADDRESSING_DIFFERENCES))
    for name in ("LW", "SW"):
        missed = {"a watch exception is missed", "a postponed watch is missed"}
        watching = partial(_watch, row=BY_NAME[name])
        yield Obligation(f"differs: watch, {name}", watching, frozenset(missed))
    for name in ("SC", "SCD"):
        linking = partial(_link, row=BY_NAME[name])
        fails = frozenset({"an SC fails for want of the real link"})
        yield Obligation(f"differs: link, {name}", linking, fails)


def _guards(row: Instruction) -> frozenset[str]:
    """Say which outcomes an instruction must be able to have, for the claims to mean something."""
    if traps_always(row):
        return frozenset({"is the monitor's"})
    if row.name in ("SYSCALL", "BREAK", "RESERVED") or row.kind is Kind.FLOAT_ARITHMETIC:
        return frozenset({"is forwarded"})
    if row.kind is Kind.TRAP:
        return frozenset({"completes", "is forwarded"})
    return frozenset({"completes"})


def _status_fault(description: str, old: str, new: str, *obligations: str) -> Mutant:
    target = "disco.monitor.status:hardware_status"
    return fault(description, target, old, new, *obligations)


MUTANTS = (
    _status_fault(
        "SX is clear under a guest kernel", "| _SUPERVISOR | STATUS_SX", "| _SUPERVISOR", "DADDU"
    ),
    _status_fault(
        "SX is set under a guest in supervisor mode",
        "    return status | _SUPERVISOR\n", "    return status | _SUPERVISOR | STATUS_SX\n",
        "DADDU",
    ),
    _status_fault(
        "FR is not mirrored", "virtual & _MIRRORED", "virtual & _MIRRORED & ~STATUS_FR", "LWC1"
    ),
    _status_fault(
        "RE is not mirrored", "virtual & _MIRRORED", "virtual & _MIRRORED & ~STATUS_RE", "LB"
    ),
    _status_fault("the unit is always usable", "| _MONITORS", "| _MONITORS | STATUS_CU1", "MFC1"),
    _status_fault("MIPS IV is always enabled", "| _MONITORS", "| _MONITORS | STATUS_XX", "MOVZ"),
    _status_fault("UX is always set", "| _MONITORS", "| _MONITORS | STATUS_UX", "DADDU"),
    _status_fault(
        "CU0 is copied", "virtual & _MIRRORED", "virtual & (_MIRRORED | 0x1000_0000)", "MFC0"
    ),
    _status_fault("user mode runs in supervisor mode", "| _USER", "| _SUPERVISOR", "MOVZ"),
    fault(
        "the TLB is kept although ERL unmaps the user space",
        "spec.virtualization:addressing_difference",
        "return USER_SPACE", "return None",
        "differs: LOAD",
    ),
    fault(
        "the TLB is kept although KX is clear",
        "spec.virtualization:addressing_difference",
        "return SEGMENTS_64", "return None",
        "differs: FETCH",
    ),
    fault(
        "a lost link still lets an SC succeed",
        "disco.mips.semantics.memory:_store_conditional",
        "linked = cpu.link and", "linked = cpu.link or",
        "SC",
    ),
)  # fmt: skip

THEOREM = Theorem(
    "T2",
    "Virtualizable: direct execution means what the virtual mode means",
    _obligations,
    MUTANTS,
)
