"""T1, privilege: user and supervisor mode reach nothing but their own pages (`spec.privilege`).

`step` is `boundary`, `fetch`, `execute`, and `deliver` when one of them raised. Each is an
obligation of its own, `execute` one per instruction; `spec/virtualization.md` says how they compose.
"""

from collections.abc import Callable, Iterable
from functools import partial

import attrs

from disco.mips.address import Access, find_segment, translate
from disco.mips.cp0 import Cp0
from disco.mips.delivery import deliver
from disco.mips.exceptions import EXCEPTIONS, ExceptionKind, MipsException, Vector
from disco.mips.instruction import Instruction, Kind
from disco.mips.model import MODELS, R10000, Model
from disco.mips.references import fetch
from disco.mips.semantics.reserved import RESERVED
from disco.mips.step import boundary, execute
from disco.mips.table import BY_NAME, instructions
from proofs.contracts import OFFSET, Translations, failures, in_place_of_translate
from proofs.explore import merged
from proofs.machine import Machine, announce, assume, build_machine, named_for, word_of
from proofs.obligations import Case, Obligation, Theorem
from proofs.replay import Run, by_contract
from proofs.seeds import fault, row_fault
from proofs.symbolic import as_bool, eq, land, lor, symbol, value_of
from spec.observation import Hit, Reference
from spec.privilege import (
    CHANGED_BY_BOUNDARY,
    CHANGED_BY_EXECUTION,
    CP0_NAMES,
    VECTORS,
    in_kernel,
    permits,
    registers_of,
    touches_nothing,
    traps_always,
    unprivileged,
)


def _guest(model: Model) -> tuple[Machine, Cp0]:
    """Build an unprivileged machine, and keep its CP0 as it is now."""
    machine = build_machine(model)
    assume(merged(lambda: unprivileged(machine.cpu.cp0.status)))
    return machine, attrs.evolve(machine.cpu.cp0)


def _claim_unchanged(case: Case, before: Cp0, after: Cp0, but: set[str]) -> None:
    same = (eq(getattr(before, n), getattr(after, n)) for n in CP0_NAMES if n not in but)
    case.claim("coprocessor 0 is unchanged", land(*same))


def _claim_permitted(case: Case, machine: Machine) -> None:
    """Claim that each reference to memory is permitted by an entry that was hit."""
    for reference in machine.memory.references:
        permitted = (_permits(hit, reference, machine.cpu.model) for hit in machine.tlb.hits)
        case.claim("a reference goes through a TLB entry that permits it", lor(*permitted))
    case.claim("the TLB is unchanged", not machine.tlb.changed)


def _permits(hit: Hit, reference: Reference, model: Model) -> bool:
    return merged(lambda: permits(hit, reference, model))


def _claim_granted(case: Case, machine: Machine, translations: Translations) -> None:
    """Claim that each reference to memory was granted by a translation of its kind."""
    for reference in machine.memory.references:
        granted = (
            eq(grant.paddr & ~7, reference.paddr & ~7)
            for grant in translations.grants
            if (grant.access is Access.STORE) is reference.store
        )
        case.claim("a reference goes where a translation leads", lor(*granted))
    case.claim("the TLB is unchanged", not (machine.tlb.changed or machine.tlb.hits))


def _translate(case: Case, model: Model, access: Access) -> None:
    machine, before = _guest(model)
    vaddr = symbol("vaddr", 64)
    run = Run(case, machine, lambda cpu, value: translate(cpu, value(vaddr), access))
    try:
        paddr, _ = translate(machine.cpu, vaddr, access)
    except MipsException as exception:
        case.reach(exception.kind.name)
        run.raised = exception
        case.claim("a failure is one of its kind", exception.kind in failures(access))
        case.claim("the failing address is given", eq(exception.bad_vaddr, vaddr))
    else:
        case.reach("succeeds")
        machine.memory.references.append(Reference(access is Access.STORE, paddr, 1))
        _claim_permitted(case, machine)
        case.claim("the page offset is kept", eq(paddr & OFFSET, vaddr & OFFSET))
        case.claim("the address is implemented", eq(paddr & model.pa_mask, paddr))
    _claim_unchanged(case, before, machine.cpu.cp0, but=set())
    case.claim("the TLB is unchanged", not machine.tlb.changed)


def _execute(case: Case, model: Model, row: Instruction) -> None:
    machine, before = _guest(model)
    word = word_of(model, row)
    announce(machine, row, word)
    translations = Translations()
    run = Run(case, machine, by_contract(translations, word), word=word)
    with in_place_of_translate(translations.translate):
        completes = _run(case, run, lambda: execute(machine.cpu, word))
    _claim_executed(case, machine, before, row, completes)
    _claim_granted(case, machine, translations)


def _execute_whole(case: Case, model: Model, row: Instruction) -> None:
    """As `_execute`, with the reference's own translation."""
    machine, before = _guest(model)
    word = word_of(model, row)
    announce(machine, row, word)
    run = Run(case, machine, lambda cpu, value: execute(cpu, value(word)), word=word)
    completes = _run(case, run, lambda: execute(machine.cpu, word))
    _claim_executed(case, machine, before, row, completes)
    _claim_permitted(case, machine)


def _run(case: Case, run: Run, function: Callable[[], object]) -> bool:
    """Run a function of the processor; tell whether it completes."""
    try:
        function()
    except MipsException as exception:
        case.reach("traps")
        run.raised = exception
        return False
    case.reach("completes")
    return True


def _claim_executed(
    case: Case, machine: Machine, before: Cp0, row: Instruction, completes: bool
) -> None:
    """Claim what execution leaves alone, and what may not complete or refer to memory at all."""
    after, references = machine.cpu.cp0, machine.memory.references
    _claim_unchanged(case, before, after, CHANGED_BY_EXECUTION if completes else set())
    if completes:
        case.claim("the instruction is no privileged one", not traps_always(row))
    else:
        case.claim("a trap stores nothing", not any(each.store for each in references))
    if touches_nothing(row):
        case.claim("no data reference is made", not references)


def _fetch(case: Case, model: Model) -> None:
    machine, before = _guest(model)
    run = Run(case, machine, lambda cpu, _: fetch(cpu))
    if _run(case, run, lambda: fetch(machine.cpu)):
        case.claim("one word is read", len(machine.memory.references) == 1)
    _claim_unchanged(case, before, machine.cpu.cp0, but=set())
    _claim_permitted(case, machine)


def _boundary(case: Case, model: Model) -> None:
    machine, before = _guest(model)
    run = Run(case, machine, lambda cpu, _: boundary(cpu))
    _run(case, run, lambda: boundary(machine.cpu))
    _claim_unchanged(case, before, machine.cpu.cp0, CHANGED_BY_BOUNDARY)
    case.claim("no reference is made", not machine.memory.references)
    case.claim("the TLB is unchanged", not machine.tlb.changed)


def _deliver(case: Case, model: Model, kind: ExceptionKind) -> None:
    machine = build_machine(model)
    cpu = machine.cpu
    before = attrs.evolve(cpu.cp0)
    exception = MipsException(kind, symbol("failing", 64), symbol("unit", 2))
    if kind.vector is Vector.REFILL:
        mapped = find_segment(model, cpu.cp0.status, exception.bad_vaddr) is not None
        assume(mapped)
    exl = merged(lambda: as_bool(before.status & 0x2 != 0))
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
    case.claim("outside a delay slot", not cpu.delay_slot)
    _claim_unchanged(case, before, cpu.cp0, registers_of(kind, bool(exl)))
    case.claim("no reference is made", not machine.memory.references)
    case.claim("the TLB is unchanged", not machine.tlb.changed)


def _obligations() -> Iterable[Obligation]:
    both = frozenset({"traps", "completes"})
    for name in ("LW", "SW"):
        whole = partial(_execute_whole, model=R10000, row=BY_NAME[name])
        yield Obligation(f"whole {name}", whole, both)
    for model in MODELS.values():
        for access in Access:
            kinds = frozenset({"succeeds", *(kind.name for kind in failures(access))})
            run = partial(_translate, model=model, access=access)
            yield Obligation(named_for(model, f"translate {access.name}"), run, kinds)
        yield Obligation(named_for(model, "boundary"), partial(_boundary, model=model), both)
        yield Obligation(named_for(model, "fetch"), partial(_fetch, model=model), both)
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
        return frozenset({"traps", "completes"})
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
        "    cpu.memory.write(paddr, size, 0)\n    watch(cpu, paddr, WATCH_WRITE)\n",
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
        "the timer interrupt changes Status",
        "disco.mips.timer:update_ip7",
        "cp0.cause |= CAUSE_IP7", "cp0.status |= CAUSE_IP7",
        "boundary",
    ),
)  # fmt: skip

THEOREM = Theorem(
    "T1", "Privilege: a guest reaches nothing but its own pages", _obligations, MUTANTS
)
