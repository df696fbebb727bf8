"""T1, privilege: user and supervisor mode reach nothing but their own pages (`spec.privilege`).

`step` is `boundary`, `fetch`, `execute`, and `deliver` when one of them raised. Each is an
obligation of its own, `execute` one per instruction; `spec/virtualization.md` says how they
compose.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial

from disco.mips.address import Access, find_segment, translate
from disco.mips.cp0 import STATUS_EXL
from disco.mips.delivery import deliver
from disco.mips.exceptions import (
    EXCEPTIONS,
    ExceptionKind,
    Exceptions,
    MipsException,
    Timing,
    Vector,
)
from disco.mips.inputs import Event
from disco.mips.instruction import Instruction, Kind
from disco.mips.model import MODELS, R10000, Model
from disco.mips.processor import Processor
from disco.mips.references import effective_address, fetch
from disco.mips.semantics.reserved import RESERVED
from disco.mips.step import boundary, execute
from disco.mips.table import BY_NAME, instructions
from proofs.contracts import OFFSET, Translations, failures, in_place_of_translate
from proofs.explore import merged
from proofs.machine import (
    Machine,
    announce,
    assume,
    build_machine,
    cp0_unchanged,
    in_range,
    named_for,
    unchanged,
    word_of,
)
from proofs.obligations import Case, Obligation, Theorem
from proofs.replay import Run, by_contract
from proofs.seeds import fault, row_fault
from proofs.symbolic import as_bool, eq, land, lor, symbol, value_of
from spec.observation import Hit, Reference
from spec.privilege import (
    CHANGED_BY_BOUNDARY,
    VECTORS,
    changed_by,
    in_kernel,
    is_aligned,
    looked_up,
    permits,
    registers_of,
    touches_nothing,
    traps_always,
    unprivileged,
)


def _guest(model: Model) -> Machine:
    """Build an unprivileged machine."""
    machine = build_machine(model)
    assume(merged(lambda: unprivileged(machine.cpu.cp0.status)))
    return machine


def _claim_kept(
    case: Case, machine: Machine, cp0: Mapping[str, int] | None = None, rest: Collection[str] = ()
) -> None:
    """Claim that all of a machine is as it was built, but for the registers given."""
    _claim_privileged_kept(case, machine, cp0)
    case.claim("nothing else is changed", unchanged(machine, rest))


def _claim_privileged_kept(case: Case, machine: Machine, cp0: Mapping[str, int] | None) -> None:
    case.claim("coprocessor 0 is unchanged", cp0_unchanged(machine, cp0))
    case.claim("the TLB is unchanged", not machine.tlb.changed)
    case.claim("registers hold numbers of their widths", in_range(machine))


def _claim_permitted(case: Case, machine: Machine, vaddr: int) -> None:
    """Claim that each reference to memory is permitted by the entry that `vaddr` hits."""
    for reference in machine.memory.references:
        permitted = (_permits(hit, reference, vaddr, machine.cpu) for hit in machine.tlb.hits)
        case.claim("a reference goes through a TLB entry that permits it", lor(*permitted))
    _claim_aligned(case, machine)


def _permits(hit: Hit, reference: Reference, vaddr: int, cpu: Processor) -> bool:
    found = merged(lambda: looked_up(hit, vaddr, cpu.cp0.entry_hi))
    return as_bool(land(found, merged(lambda: permits(hit, reference, cpu.model))))


def _claim_granted(case: Case, machine: Machine, translations: Translations) -> None:
    """Claim that each reference to memory was granted by a translation of its kind."""
    for reference in machine.memory.references:
        granted = (
            eq(grant.paddr & ~7, reference.paddr & ~7)
            for grant in translations.grants
            if (grant.access is Access.STORE) is reference.store
        )
        case.claim("a reference goes where a translation leads", lor(*granted))
    _claim_aligned(case, machine)
    before = build_machine(machine.cpu.model).cpu.cp0
    for call in translations.calls:
        same = land(eq(call.status, before.status), eq(call.entry_hi, before.entry_hi))
        case.claim("addresses are translated in the guest's own mode and space", same)
    case.claim("the TLB is not searched otherwise", not machine.tlb.hits)


def _claim_aligned(case: Case, machine: Machine) -> None:
    for reference in machine.memory.references:
        aligned = merged(partial(is_aligned, reference))
        case.claim("a reference stays within its page", aligned)


def _translate(case: Case, model: Model, access: Access) -> None:
    """Prove what `proofs.contracts` promises of a translation, and that an entry permits it."""
    machine = _guest(model)
    vaddr = symbol("vaddr", 64)
    run = Run(
        case,
        machine,
        lambda cpu, value: translate(cpu, value(vaddr), access),
        access=access.name,
        vaddr=vaddr,
    )
    try:
        paddr, attribute = translate(machine.cpu, vaddr, access)
    except MipsException as exception:
        case.reach(exception.kind.name)
        run.raised = exception
        case.claim("a failure is one of its kind", exception.kind in failures(access))
        case.claim("the failing address is given", eq(exception.bad_vaddr, vaddr))
        case.claim("no coprocessor is given", eq(exception.coprocessor, 0))
        _claim_deliverable(case, machine, exception)
    else:
        case.reach("succeeds")
        case.claim("memory is not referred to", not machine.memory.asked)
        machine.memory.references.append(Reference(access is Access.STORE, paddr, 1))
        _claim_permitted(case, machine, vaddr)
        case.claim("the page offset is kept", eq(paddr & OFFSET, vaddr & OFFSET))
        case.claim("the address is implemented", eq(paddr & model.pa_mask, paddr))
        case.claim("the cache attribute has three bits", eq(attribute & 7, attribute))
    _claim_kept(case, machine)


def _claim_deliverable(case: Case, machine: Machine, exception: MipsException) -> None:
    """Claim what the obligation for the exception's delivery takes for granted."""
    if exception.kind.vector is Vector.REFILL:
        model, status = machine.cpu.model, machine.cpu.cp0.status
        mapped = merged(lambda: find_segment(model, status, exception.bad_vaddr) is not None)
        case.claim("an address that misses in the TLB has a segment", mapped)


def _execute(case: Case, model: Model, row: Instruction) -> None:
    machine = _guest(model)
    word = word_of(model, row)
    announce(machine, row, word)
    translations = Translations()
    call = by_contract(lambda cpu, value: execute(cpu, value(word)), translations.calls)
    run = Run(case, machine, call, translations.calls, word=word)
    with in_place_of_translate(translations.translate):
        raised = _run(case, run, lambda: execute(machine.cpu, word))
    _claim_executed(case, machine, row, raised)
    _claim_granted(case, machine, translations)
    if raised is not None and raised.kind.vector is Vector.REFILL:
        failed = any(raised is call.outcome for call in translations.calls)
        case.claim("a TLB refill is a translation's", failed)


def _execute_whole(case: Case, model: Model, row: Instruction) -> None:
    """As `_execute`, with the reference's own translation."""
    machine = _guest(model)
    word = word_of(model, row)
    announce(machine, row, word)
    base, _, offset = row.operands(word)
    vaddr = effective_address(machine.cpu, base, offset)
    run = Run(case, machine, lambda cpu, value: execute(cpu, value(word)), word=word)
    raised = _run(case, run, lambda: execute(machine.cpu, word))
    _claim_executed(case, machine, row, raised)
    _claim_permitted(case, machine, vaddr)


def _run(case: Case, run: Run, function: Callable[[], object]) -> MipsException | None:
    """Run a function of the processor; give what it raises."""
    try:
        function()
    except MipsException as exception:
        case.reach("traps")
        run.raised = exception
        return exception
    case.reach("completes")
    return None


def _claim_executed(
    case: Case, machine: Machine, row: Instruction, raised: MipsException | None
) -> None:
    """Claim what execution leaves alone, and what may not complete or refer to memory at all."""
    references = machine.memory.references
    if raised is None:
        _claim_privileged_kept(case, machine, changed_by(row, machine.cpu.model))
        case.claim("the instruction is no privileged one", not traps_always(row))
    else:
        fcr31 = {"fcr31"} if raised.kind is Exceptions.FLOATING_POINT else set()
        _claim_kept(case, machine, rest={"link"} | fcr31)
        case.claim("the trap is an instruction's", raised.kind.timing in _BY_INSTRUCTIONS)
        case.claim("a trap stores nothing", not any(each.store for each in references))
    if touches_nothing(row):
        case.claim("no data reference is made", not references)


_BY_INSTRUCTIONS = (Timing.EXECUTE, Timing.DATA)


def _fetch(case: Case, model: Model) -> None:
    machine = _guest(model)
    run = Run(case, machine, lambda cpu, _: fetch(cpu))
    raised = _run(case, run, lambda: fetch(machine.cpu))
    if raised is None:
        case.claim("one word is read", [each.size for each in machine.memory.references] == [4])
    else:
        case.claim("the trap is a fetch's", raised.kind.timing is Timing.FETCH)
        _claim_deliverable(case, machine, raised)
    _claim_kept(case, machine)
    _claim_permitted(case, machine, machine.cpu.pc)


def _boundary(case: Case, model: Model, event: Event) -> None:
    machine = _guest(model)
    machine.inputs.event = event
    run = Run(case, machine, lambda cpu, _: boundary(cpu))
    raised = _run(case, run, lambda: boundary(machine.cpu))
    if raised is not None:
        postponed = raised.kind is Exceptions.WATCH
        between = raised.kind.timing is Timing.BOUNDARY
        case.claim("the trap is none of an instruction", between or postponed)
    _claim_kept(case, machine, CHANGED_BY_BOUNDARY, {"watch_pending", "timer_pending"})
    case.claim("no reference is made", not machine.memory.asked)


def _deliver(case: Case, model: Model, kind: ExceptionKind) -> None:
    machine = build_machine(model)
    cpu = machine.cpu
    status = cpu.cp0.status
    exception = MipsException(kind, symbol("failing", 64), symbol("unit", 2))
    if kind.vector is Vector.REFILL:
        mapped = find_segment(model, status, exception.bad_vaddr) is not None
        assume(mapped)
    exl = merged(lambda: as_bool(status & STATUS_EXL != 0))
    case.reach("taken with EXL" if exl else "taken without EXL")
    Run(
        case,
        machine,
        lambda concrete, value: deliver(
            concrete,
            MipsException(kind, value(exception.bad_vaddr), value(exception.coprocessor)),
        ),
        exception=kind.name,
        failing=exception.bad_vaddr,
        unit=exception.coprocessor,
    )
    deliver(cpu, exception)
    case.claim("kernel mode is entered", value_of(merged(lambda: in_kernel(cpu.cp0.status))))
    case.claim("a vector is next", lor(*(eq(cpu.pc, vector) for vector in VECTORS[kind.vector])))
    case.claim("then its successor", eq(cpu.next_pc, cpu.pc + 4))
    case.claim("outside a delay slot", not cpu.delay_slot)
    rest = {"pc", "next_pc", "delay_slot", "link"}
    if kind.vector is Vector.RESET:
        rest |= {"watch_pending", "timer_pending"}
    _claim_kept(case, machine, registers_of(kind, bool(exl)), rest)
    case.claim("no reference is made", not machine.memory.asked)


_BOTH = frozenset({"traps", "completes"})
_BOUNDARIES = {
    event: _BOTH if event in (Event.NONE, Event.CACHE_ERROR) else frozenset({"traps"})
    for event in Event
}
"""What must be possible at a boundary; with DE = 1 a cache error raises nothing."""


def _obligations() -> Iterable[Obligation]:
    for name in ("LW", "SW"):
        whole = partial(_execute_whole, model=R10000, row=BY_NAME[name])
        yield Obligation(f"whole {name}", whole, _BOTH)
    for model in MODELS.values():
        for access in Access:
            kinds = frozenset({"succeeds", *(kind.name for kind in failures(access))})
            run = partial(_translate, model=model, access=access)
            yield Obligation(named_for(model, f"translate {access.name}"), run, kinds)
        for event, outcomes in _BOUNDARIES.items():
            quiet = event is Event.NONE
            name = named_for(model, "boundary" if quiet else f"boundary, {event.value}")
            yield Obligation(name, partial(_boundary, model=model, event=event), outcomes)
        yield Obligation(named_for(model, "fetch"), partial(_fetch, model=model), _BOTH)
        for row in (*instructions(model), RESERVED):
            yield Obligation(
                named_for(model, row.name), partial(_execute, model=model, row=row), _guards(row)
            )
        for kind in EXCEPTIONS:
            yield Obligation(
                named_for(model, kind.name), partial(_deliver, model=model, kind=kind),
                frozenset({"taken with EXL", "taken without EXL"}),
            )  # fmt: skip


def _guards(row: Instruction) -> frozenset[str]:
    """Say which outcomes an instruction must be able to have, for the claims to mean something."""
    if traps_always(row) or row.name in ("SYSCALL", "BREAK", "RESERVED"):
        return frozenset({"traps"})
    if row.kind in (Kind.LOAD, Kind.STORE, Kind.TRAP):
        return _BOTH
    if row.kind is Kind.FLOAT_ARITHMETIC:
        return frozenset({"traps"})
    return frozenset({"completes"})


MUTANTS = (
    fault(
        "coprocessor 0 is usable in supervisor mode",
        "disco.mips.availability:coprocessor0",
        "mode(status) is not KERNEL", "mode(status) is USER",
        "MFC0",
    ),
    row_fault("CACHE is not trapped", "CACHE", {"guard": None}, "CACHE"),
    fault(
        "supervisor mode reaches KSEG0",
        "disco.mips.address:find_segment",
        "segments(model, mode(status))",
        "segments(model, mode(status) if mode(status) != 1 else mode(0))",
        "translate LOAD",
    ),
    fault(
        "an invalid entry translates",
        "disco.mips.address:_translate_mapped",
        "lo & ENTRY_VALID == 0", "lo & (ENTRY_VALID | ENTRY_DIRTY) == 0",
        "translate FETCH",
    ),
    fault(
        "a store needs no dirty page",
        "disco.mips.address:_translate_mapped",
        "access is STORE", "access is LOAD",
        "translate STORE",
    ),
    fault(
        "the ASID does not matter",
        "disco.mips.tlb:matches",
        "entry.glob or entry.asid == asid", "entry.glob or entry.asid >= asid",
        "translate LOAD",
    ),
    fault(
        "the wrong page of a pair is taken",
        "disco.mips.tlb:page_of",
        "(offset_mask(entry) + 1) >> 1", "offset_mask(entry) + 1",
        "translate LOAD",
    ),
    fault(
        "the region does not matter",
        "disco.mips.tlb:matches",
        "& ~entry.mask != 0", "& ~entry.mask & 0x3FFF_FFFF_FFFF_FFFF != 0",
        "translate LOAD",
    ),
    fault(
        "PREF loads",
        "disco.mips.semantics.memory:PREF",
        "break_link(cpu)", "load(cpu, effective_address(cpu, base, offset), 1)",
        "PREF",
    ),
    fault(
        "a store is done before it is watched",
        "disco.mips.references:store_physical",
        "    watch(cpu, paddr, WATCH_WRITE)\n",
        "    try:\n        cpu.memory.write(paddr, size, 0)\n    except BusError:\n        pass\n"
        "    watch(cpu, paddr, WATCH_WRITE)\n",
        "SW",
    ),
    fault(
        "a store goes where it was not translated to",
        "disco.mips.references:store_physical",
        "cpu.memory.write(paddr ^ ", "cpu.memory.write((paddr & ~0x1000) ^ ",
        "SW",
    ),
    fault(
        "an exception does not enter kernel mode",
        "disco.mips.delivery:_deliver_general",
        "cp0.status |= STATUS_EXL", "cp0.status |= STATUS_BEV",
        "System call",
    ),
    fault(
        "an exception under EXL writes EPC",
        "disco.mips.delivery:_deliver_general",
        "if cp0.status & STATUS_EXL == 0:\n        cp0.epc",
        "if cp0.status & STATUS_ERL == 0:\n        cp0.epc",
        "System call",
    ),
    fault(
        "the address space is not the current one",
        "disco.mips.address:_translate_mapped",
        "cpu.cp0.entry_hi & 0xFF", "cpu.cp0.entry_hi & 0x7F",
        "translate LOAD",
    ),
    fault(
        "another page than that of PC is fetched from",
        "disco.mips.references:fetch",
        "translate(cpu, pc, FETCH)", "translate(cpu, pc ^ 0x1_0000, FETCH)",
        "fetch",
    ),
    fault(
        "a doubleword need not be aligned",
        "disco.mips.references:load",
        "vaddr & (size - 1)", "vaddr & (size - 1) & 3",
        "LD",
    ),
    fault(
        "an address error is taken for a miss",
        "disco.mips.address:translate",
        "raise MipsException(access.address_error", "raise MipsException(access.refill",
        "fetch",
    ),
    fault(
        "an addition writes its register before it overflows",
        "disco.mips.semantics.arithmetic:ADD",
        "    cpu.gpr[rd] = _in_word(", "    cpu.gpr[rd] = 0\n    cpu.gpr[rd] = _in_word(",
        "ADD",
    ),
    fault(
        "register 0 can be written",
        "disco.mips.step:execute",
        "    cpu.gpr[0] = 0\n", "",
        "ADDU",
    ),
    fault(
        "HI takes more than 64 bits",
        "disco.mips.semantics.multiply:DMULT",
        "(product >> 64) & MASK64", "product >> 64",
        "DMULT",
    ),
    fault(
        "an exception loses the address space",
        "disco.mips.delivery:_show_page",
        "cp0.entry_hi & 0xFF", "0",
        "TLB invalid (load)",
    ),
    fault(
        "an exception makes coprocessor 0 usable",
        "disco.mips.delivery:_deliver_general",
        "cp0.status |= STATUS_EXL", "cp0.status |= STATUS_EXL | 0x1000_0000",
        "System call",
    ),
    fault(
        "an exception spends a general register",
        "disco.mips.delivery:jump_to",
        "    cpu.pc = address\n", "    cpu.pc = address\n    cpu.gpr[26] = address\n",
        "System call",
    ),
    fault(
        "a nonmaskable interrupt spends EPC",
        "disco.mips.step:take_event",
        "    if event", "    cpu.cp0.epc = cpu.pc\n    if event",
        "boundary, nonmaskable interrupt",
    ),
    fault(
        "the performance counters change Status",
        "disco.mips.timer:count_events",
        "    update_ip7(cpu)\n", "    update_ip7(cpu)\n    cp0.status |= cp0.counter0 >> 31\n",
        "boundary",
    ),
    row_fault(
        "MFC0 is taken for a computation", "MFC0", {"guard": None, "kind": Kind.COMPUTE}, "MFC0"
    ),
    fault(
        "the timer interrupt changes Status",
        "disco.mips.timer:update_ip7",
        "cp0.cause |= CAUSE_IP7", "cp0.status |= CAUSE_IP7",
        "boundary",
    ),
)  # fmt: skip

THEOREM = Theorem(
    "T1", "Privilege: a guest reaches nothing but its own pages", _obligations, MUTANTS
)
