"""Where QEMU 7.2 differs from the reference, as data; each row has been met in a run."""

from collections.abc import Mapping

from disco.mips.cp0 import CAUSE_BD, CAUSE_CE, CAUSE_EXC_CODE, STATUS_TS
from disco.mips.delivery import deliver, jump_to
from disco.mips.exceptions import Exceptions, MipsException
from disco.mips.model import MODELS, R10000
from disco.mips.table import find_row
from disco.oracle.lockstep import Difference, Moment

_WHOLE = (1 << 64) - 1
_ALL_MODELS = frozenset(MODELS)
_NONE: Mapping[str, int] = {}
_REFILL_CODE = 2 << 2


def _misaligned_fetch(moment: Moment) -> Mapping[str, int]:
    exception = moment.exception
    if exception is None or exception.kind is not Exceptions.ADDRESS_ERROR_FETCH:
        return _NONE
    searched = moment.theirs.cause & CAUSE_EXC_CODE == _REFILL_CODE
    misaligned = exception.bad_vaddr & 3 != 0
    return {"pc": _WHOLE, "cause": CAUSE_EXC_CODE} if searched and misaligned else _NONE


def _take_missing_page(moment: Moment) -> None:
    """Show the page in Context, XContext and EntryHi as the peer's TLB exception did."""
    cpu = moment.cpu
    deliver(cpu, MipsException(Exceptions.TLB_INVALID_FETCH, moment.theirs.bad_vaddr or 0))
    jump_to(cpu, moment.theirs.pc)
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
        name="Status.TS", models=frozenset({R10000.name}), section="R10000 14.10",
        reason="A TLB write tells in TS whether it invalidated an entry that conflicts with the "
        "new one; QEMU keeps both.",
        when="a TLB write: TS", excuses=_shutdown,
    ),
)  # fmt: skip
"""QEMU's differences."""
