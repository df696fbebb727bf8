"""T2, virtualizable: direct execution means what the virtual mode means (`spec.virtualization`).

Two processors begin in one state but for Status, CP0 and TLB. The real one, with the Status that
the monitor computes, runs first; what it completes, the virtual one must complete alike.
"""

from collections.abc import Iterable
from functools import partial

import attrs
import z3

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
from proofs.contracts import Grant, Translated, Translations, in_place_of_translate
from proofs.explore import merged
from proofs.machine import (
    FLAGS,
    NUMBERS,
    Machine,
    SymInputs,
    announce,
    assume,
    build_machine,
    cp0_unchanged,
    flag,
    word_of,
    words,
)
from proofs.mutants import Mutant
from proofs.obligations import Case, Obligation, Theorem
from proofs.replay import Run, by_contract
from proofs.seeds import fault
from proofs.symbolic import as_bool, current, eq, implies, ite, land, lnot, symbol
from spec.privilege import in_kernel, traps_always
from spec.virtualization import (
    ADDRESSING_DIFFERENCES,
    addressing_difference,
    is_forwarded,
    is_watched,
    monitor_resolves,
    uses_translation,
)


class Witness(SymInputs):
    """The virtual processor's inputs: the real one's, and a link that is lost where the real is."""

    def __init__(self, real_link: bool) -> None:
        super().__init__()
        self._real_link = real_link

    def store_conditional(self) -> bool:
        """Let the SC succeed where the real one may."""
        succeeds = land(self._real_link, super().store_conditional())
        self.answers[-1] = ("store_conditional", ite(succeeds, 1, 0))
        return as_bool(succeeds)


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
    virtual.cpu.link_address = symbol("virtual.link_address", 64)
    current().assume(_linked_alike(real.cpu, virtual.cpu))
    virtual.cpu.inputs = witness = Witness(real.cpu.link)
    return Pair(attrs.evolve(virtual, inputs=witness), real)


def _linked_alike(real: Processor, virtual: Processor) -> z3.BoolRef:
    """Say that the real link holds only where the virtual one does: the condition *link*."""
    return implies(real.link, land(virtual.link, eq(real.link_address, virtual.link_address)))


class Agreed:
    """Translations that the virtual processor shares with the real one: the condition of T2."""

    def __init__(self, case: Case, granted: Translations, *, watched_too: bool = False) -> None:
        self._case = case
        self._watched_too = watched_too
        self._left = list(granted.grants)
        self.calls: list[Translated] = []

    def translate(self, cpu: Processor, vaddr: int, access: Access) -> tuple[int, int]:
        """Give what the real processor was granted; it must have asked for the same."""
        self._case.claim(
            "the real processor translates what the virtual one does", bool(self._left)
        )
        grant = self._left.pop(0) if self._left else Grant(vaddr, access, 0, 0)
        outcome = grant.paddr, grant.attribute
        self.calls.append(Translated(vaddr, access, cpu.cp0.status, cpu.cp0.entry_hi, outcome))
        same = land(eq(grant.vaddr, vaddr), grant.access is access)
        self._case.claim("both translate the same address", same)
        if access is not Access.FETCH and not self._watched_too:
            watched = merged(lambda: is_watched(cpu.cp0, grant.paddr, access is Access.STORE))
            assume(as_bool(lnot(watched)))
        return outcome


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
        needed = merged(lambda: monitor_resolves(row, word, raised.kind))
        case.claim("only coprocessor 0 and references need the monitor", needed)
        return
    expected = _executed(case, pair.virtual, word, Agreed(case, granted))
    _claim_same_outcome(case, raised, expected)
    _claim_same_state(case, pair)


def _claim_same_outcome(
    case: Case, real: MipsException | None, virtual: MipsException | None
) -> None:
    if real is None or virtual is None:
        case.claim("both complete", real is virtual)
        return
    case.claim("both raise the same exception", real.kind is virtual.kind)
    case.claim("for the same coprocessor", eq(real.coprocessor, virtual.coprocessor))


def _claim_same_state(case: Case, pair: Pair) -> None:
    """Claim that both processors now differ in nothing that the guest could see."""
    real, virtual = pair.real.cpu, pair.virtual.cpu
    for name in (*NUMBERS, *FLAGS):
        if name not in ("link", "link_address"):
            case.claim(f"{name} is the same", eq(getattr(real, name), getattr(virtual, name)))
    general = words(real.gpr).equals(words(virtual.gpr))
    case.claim("the general registers are the same", general)
    floating = words(real.fpr).equals(words(virtual.fpr))
    case.claim("the floating-point registers are the same", floating)
    memories = pair.real.memory.words, pair.virtual.memory.words
    case.claim("memory is the same", memories[0].equals(memories[1]))
    case.claim("the real link holds only with the virtual", _linked_alike(real, virtual))
    case.claim("the virtual coprocessor 0 is unchanged", cp0_unchanged(pair.virtual))
    case.claim("the virtual TLB is unchanged", not pair.virtual.tlb.changed)


def _fetch(case: Case) -> None:
    pair = _guest()
    granted = Translations()
    call = by_contract(lambda cpu, _: fetch(cpu), granted.calls)
    run = Run(case, pair.real, call, granted.calls)
    try:
        with in_place_of_translate(granted.translate):
            word = fetch(pair.real.cpu)
    except MipsException as exception:
        run.raised = exception
        return
    case.reach("completes")
    with in_place_of_translate(Agreed(case, granted).translate):
        case.claim("both fetch the same word", eq(word, fetch(pair.virtual.cpu)))
    _claim_same_state(case, pair)


def _addressing(case: Case, access: Access) -> None:
    """With one TLB, find the addresses where the modes differ: those that the spec lists."""
    pair = _guest()
    real, virtual = pair.real.cpu, pair.virtual.cpu
    virtual.tlb = real.tlb
    virtual.cp0.entry_hi = real.cp0.entry_hi
    vaddr = symbol("vaddr", 64)
    run = Run(
        case,
        pair.real,
        lambda cpu, value: translate(cpu, value(vaddr), access),
        access=access.name,
        vaddr=vaddr,
    )
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
    expected = _executed(case, pair.virtual, word, Agreed(case, granted, watched_too=True))
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
    pair = attrs.evolve(pair, virtual=attrs.evolve(pair.virtual, inputs=SymInputs()))
    pair.virtual.cpu.inputs = pair.virtual.inputs
    _executed(case, pair.virtual, word, Agreed(case, granted))
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
    raised = _executed(case, pair.real, word, granted)
    return pair, word, granted, raised


def _executed(
    case: Case, machine: Machine, word: int, translations: Translations | Agreed
) -> MipsException | None:
    """Execute a word; give what it raises."""
    call = by_contract(lambda cpu, value: execute(cpu, value(word)), translations.calls)
    run = Run(case, machine, call, translations.calls, word=word)
    try:
        with in_place_of_translate(translations.translate):
            execute(machine.cpu, word)
    except MipsException as exception:
        run.raised = exception
    return run.raised


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
        "an LL remembers its address only outside of kernel mode",
        "disco.mips.semantics.memory:_load_linked",
        "cpu.link_address = paddr", "cpu.link_address = paddr if cpu.cp0.status & 0x18 else 0",
        "LL",
    ),
    fault(
        "a forwarded trap has changed a register by the mode",
        "disco.mips.semantics.trap:SYSCALL",
        "    raise", "    cpu.gpr[2] = cpu.cp0.status & 1\n    raise",
        "SYSCALL",
    ),
    fault(
        "an overflow is not the guest's own",
        "disco.mips.semantics.arithmetic:_in_word",
        "Exceptions.OVERFLOW", "Exceptions.COPROCESSOR_UNUSABLE",
        "ADD",
    ),
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
