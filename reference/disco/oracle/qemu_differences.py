"""Where QEMU 7.2 differs from the reference, as data; each row has been met in a run."""

from collections.abc import Mapping

from disco.bits import sext32
from disco.mips.cp0 import (
    CAUSE_BD,
    CAUSE_CE,
    CAUSE_EXC_CODE,
    INDEX_P,
    STATUS_KSU,
    STATUS_TS,
    STATUS_UX,
    STATUS_XX,
    USER,
)
from disco.mips.delivery import deliver, jump_to
from disco.mips.exceptions import Exceptions, MipsException, Vector
from disco.mips.model import MODELS, R4000, R10000
from disco.mips.table import find_row
from disco.oracle.lockstep import PAGE_REGISTERS, Difference, Moment
from disco.oracle.lockstep_inputs import destination, reads

_WHOLE = (1 << 64) - 1
_ALL_MODELS = frozenset(MODELS)
_NONE: Mapping[str, int] = {}
_INDEX, _STATUS, _LLADDR = 0, 12, 17
_XX_READ = _WHOLE ^ (STATUS_XX - 1)
"""Bit 31 and its copies after a move to a general register."""
_REFILL_CODE = 2 << 2
_TLB_CODES = (1 << 2, 2 << 2, 3 << 2)
_DATA_ADDRESS_ERRORS = (Exceptions.ADDRESS_ERROR_LOAD, Exceptions.ADDRESS_ERROR_STORE)
_COMPLETED = dict.fromkeys(("pc", "status", "cause", "epc", "bad_vaddr"), _WHOLE)
"""What may differ when the peer completes an instruction in place of an exception."""


def _misaligned_fetch(moment: Moment) -> Mapping[str, int]:
    exception = moment.exception
    if exception is None or exception.kind is not Exceptions.ADDRESS_ERROR_FETCH:
        return _NONE
    searched = moment.theirs.cause & CAUSE_EXC_CODE == _REFILL_CODE
    misaligned = exception.bad_vaddr & 3 != 0
    return {"pc": _WHOLE, "cause": CAUSE_EXC_CODE} if searched and misaligned else _NONE


def _take_missing_page(moment: Moment) -> None:
    """Show the page in Context, XContext and EntryHi as the peer's TLB exception did."""
    cpu, theirs = moment.cpu, moment.theirs
    deliver(cpu, MipsException(Exceptions.TLB_INVALID_FETCH, theirs.bad_vaddr or 0))
    cpu.cp0.cause = theirs.cause
    jump_to(cpu, theirs.pc)
    moment.open_registers.clear()


def _kept_ce(moment: Moment) -> Mapping[str, int]:
    if moment.exception is None or moment.exception.kind is Exceptions.COPROCESSOR_UNUSABLE:
        return _NONE
    return {"cause": CAUSE_CE}


def _never_taken(moment: Moment) -> Mapping[str, int]:
    """Excuse EPC and BD after a slot whose branch is never taken, whatever registers hold."""
    if moment.exception is None or not moment.delay_slot or moment.previous is None:
        return _NONE
    row = find_row(moment.cpu.model, moment.previous)
    if row.name not in ("BNE", "BGTZ", "BLTZ"):
        return _NONE
    registers = row.operands(moment.previous)[:-1]
    never = len(set(registers)) == 1 and (len(registers) == 2 or registers == (0,))
    return {"cause": CAUSE_BD, "epc": _WHOLE} if never else _NONE


def _skipped_slot(moment: Moment) -> Mapping[str, int]:
    """Excuse EPC and BD of an interrupt after a likely branch that was not taken."""
    exception = moment.exception
    if exception is None or exception.kind is not Exceptions.INTERRUPT or moment.previous is None:
        return _NONE
    likely = find_row(moment.cpu.model, moment.previous).name.endswith("L")
    return {"cause": CAUSE_BD, "epc": _WHOLE} if likely and not moment.delay_slot else _NONE


def _shutdown(moment: Moment) -> Mapping[str, int]:
    row = moment.row
    return {"status": STATUS_TS} if row is not None and row.name in ("TLBWI", "TLBWR") else _NONE


def _other_vector(moment: Moment) -> Mapping[str, int]:
    exception = moment.exception
    refill = exception is not None and exception.kind.vector is Vector.REFILL
    return {"pc": 0x80} if refill and moment.theirs.pc ^ moment.cpu.pc == 0x80 else _NONE


def _unlinked_store(moment: Moment) -> Mapping[str, int]:
    row, exception = moment.row, moment.exception
    if row is None or row.name not in ("SC", "SCD") or exception is None:
        return _NONE
    target = moment.fields["rt"]
    failed = moment.theirs.gpr[target] == 0 and moment.theirs.pc != moment.cpu.pc
    return {f"gpr{target}": _WHOLE, **_COMPLETED} if failed else _NONE


def _take_exception_back(moment: Moment) -> None:
    """Take back what the reference's exception did beyond what the peer shows.

    That Context, XContext and EntryHi are the old ones again is not worth keeping them for.
    """
    moment.cpu.cp0.bad_vaddr = moment.bad_vaddr_before
    moment.open_registers.update(PAGE_REGISTERS)


def _wrapped(moment: Moment) -> Mapping[str, int]:
    exception, theirs = moment.exception, moment.theirs.bad_vaddr
    status = moment.cpu.cp0.status
    user32 = status & (STATUS_KSU | STATUS_UX) == USER << 3
    if exception is None or not user32 or exception.kind not in _DATA_ADDRESS_ERRORS:
        return _NONE
    if theirs == exception.bad_vaddr or theirs != sext32(exception.bad_vaddr):
        return _NONE
    return {"bad_vaddr": _WHOLE, "pc": _WHOLE, "cause": CAUSE_EXC_CODE}


def _show_wrapped(moment: Moment) -> None:
    if moment.theirs.cause & CAUSE_EXC_CODE in _TLB_CODES:
        _take_missing_page(moment)


def _always_mips4(moment: Moment) -> Mapping[str, int]:
    if reads(moment, _STATUS):
        return destination(moment, _XX_READ)
    row = moment.row
    writes = row is not None and row.name in ("MTC0", "DMTC0") and moment.fields["rd"] == _STATUS
    return {"status": STATUS_XX} if writes else _NONE


def _kept_probe_failure(moment: Moment) -> Mapping[str, int]:
    if not reads(moment, _INDEX):
        return _NONE
    kept = moment.theirs.gpr[moment.fields["rt"]] & ~moment.cpu.cp0.index & INDEX_P != 0
    return destination(moment, _WHOLE ^ (INDEX_P - 1)) if kept else _NONE


def _cleared_address(moment: Moment) -> Mapping[str, int]:
    if not reads(moment, _LLADDR) or moment.theirs.gpr[moment.fields["rt"]] != 0:
        return _NONE
    return destination(moment)


QEMU = (
    Difference(
        name="misaligned targets in mapped space", models=_ALL_MODELS,
        section="R10000 Table 17-3, R4000 5.3",
        reason="A fetch's address error comes before a TLB refill; QEMU searches the TLB first.",
        when="a fetch from a misaligned address, QEMU's Cause shows a TLB exception: PC, ExcCode",
        excuses=_misaligned_fetch, settle=_take_missing_page,
    ),
    Difference(
        name="Cause.CE", models=_ALL_MODELS, section="R10000 14.11",
        reason="CE tells of Coprocessor Unusable only; QEMU keeps it at other exceptions.",
        when="an exception other than Coprocessor Unusable: CE", excuses=_kept_ce,
    ),
    Difference(
        name="branches that are never taken", models=_ALL_MODELS,
        section="MIPS IV manual, delay slots",
        reason="QEMU takes such a branch for a no-operation and its slot for no slot.",
        when="an exception in the slot of BNE of a register with itself, BGTZ or BLTZ of register "
        "0: EPC, BD", excuses=_never_taken,
    ),
    Difference(
        name="interrupts in skipped slots", models=_ALL_MODELS,
        section="MIPS IV manual, branch likely",
        reason="A likely branch that is not taken skips its slot; QEMU can be interrupted there.",
        when="an interrupt after a likely branch that is not taken: EPC, BD",
        excuses=_skipped_slot,
    ),
    Difference(
        name="refill vector", models=frozenset({R4000.name}), section="R4000 4.2",
        reason="On the R4000 the current mode decides between the refill vectors; in QEMU the "
        "space of the address does, as on the R10000.",
        when="a TLB refill: which of the two vectors", excuses=_other_vector,
    ),
    Difference(
        name="SC without a link", models=_ALL_MODELS, section="MIPS IV manual, SC",
        reason="SC translates its address whether it succeeds or not; QEMU fails it at once when "
        "the address is not the LL's.",
        when="an exception of SC or SCD, which QEMU completes with 0 in rt: everything",
        excuses=_unlinked_store, settle=_take_exception_back,
    ),
    Difference(
        name="addresses wrap in 32-bit user mode", models=_ALL_MODELS,
        section="R10000 16.2, R4000 4.2",
        reason="An address beyond 2 GB is an address error with UX = 0; QEMU reduces it to its "
        "sign-extended low word first, as MIPS64 does.",
        when="an address error of a load or store in user mode with UX = 0, BadVAddr is the low "
        "word of ours: BadVAddr, PC, ExcCode", excuses=_wrapped, settle=_show_wrapped,
    ),
    Difference(
        name="Status.XX", models=frozenset({R10000.name}), section="R10000 14.10",
        reason="QEMU has no XX: its MIPS IV processors act as if it were 1.",
        when="a move to or from Status: XX", excuses=_always_mips4,
    ),
    Difference(
        name="Index.P", models=_ALL_MODELS, section="R10000 14.1, R4000 4.3",
        reason="A move to Index writes P as well; QEMU keeps it until the next TLBP.",
        when="a move from Index, P set in QEMU only: P", excuses=_kept_probe_failure,
    ),
    Difference(
        name="LLAddr", models=_ALL_MODELS, section="R4000 4.3",
        reason="LLAddr keeps the address of the last LL; QEMU clears it at ERET.",
        when="a move from LLAddr, 0 in QEMU: its target", excuses=_cleared_address,
    ),
    Difference(
        name="Status.TS", models=frozenset({R10000.name}), section="R10000 14.10",
        reason="A TLB write tells in TS whether it invalidated an entry that conflicts with the "
        "new one; QEMU keeps both.",
        when="a TLB write: TS", excuses=_shutdown,
    ),
)  # fmt: skip
"""QEMU's differences."""
