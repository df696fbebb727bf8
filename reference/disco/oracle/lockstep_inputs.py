"""What any peer decides for the reference, declared as differences: inputs, and what is left open.

Count, Random, the timer's interrupt and the entry that TLBWR replaces are inputs of a step. A peer
does not tell them beforehand, so they are taken from its state afterwards. What the architecture
leaves open is taken from the peer too.
"""

from collections.abc import Callable, Mapping

from disco.bits import MASK32
from disco.mips.cp0 import CAUSE_IP7, INDEX_P
from disco.mips.model import MODELS
from disco.mips.unpredictable import Unpredictable
from disco.oracle.lockstep import Difference, Moment

_WHOLE = (1 << 64) - 1
_UPPER = _WHOLE ^ MASK32
_ALL_MODELS = frozenset(MODELS)
_NONE: Mapping[str, int] = {}
_INDEX, _RANDOM, _COUNT, _CAUSE = 0, 1, 9, 13
_OVERFLOWING = ("ADD", "ADDI", "SUB")
_ENTRY = ("pc", "status", "cause", "epc")


def reads(moment: Moment, *registers: int) -> bool:
    """Tell whether the step was a move from one of these CP0 registers."""
    row = moment.row
    if row is None or row.name not in ("MFC0", "DMFC0") or moment.exception is not None:
        return False
    return moment.fields["rd"] in registers


def destination(moment: Moment, mask: int = _WHOLE) -> dict[str, int]:
    """Let the bits `mask` of the moved register differ."""
    return {f"gpr{moment.fields['rt']}": mask}


def _count(moment: Moment) -> Mapping[str, int]:
    return destination(moment) if reads(moment, _COUNT) else _NONE


def _set_count(moment: Moment) -> None:
    moment.cpu.cp0.count = moment.theirs.gpr[moment.fields["rt"]] & MASK32


def _random(moment: Moment) -> Mapping[str, int]:
    if not reads(moment, _RANDOM):
        return _NONE
    value = moment.theirs.gpr[moment.fields["rt"]]
    inside = moment.cpu.cp0.wired <= value < moment.tlb.size
    return destination(moment) if inside else _NONE


def _timer(moment: Moment) -> Mapping[str, int]:
    rises = moment.theirs.cause & ~moment.cpu.cp0.cause & CAUSE_IP7 != 0
    if not rises:
        return _NONE
    read = destination(moment, CAUSE_IP7) if reads(moment, _CAUSE) else {}
    return {"cause": CAUSE_IP7, **read}


def _set_timer(moment: Moment) -> None:
    cpu = moment.cpu
    cpu.timer_pending = True
    cpu.cp0.count = cpu.cp0.compare


def _failed_probe(moment: Moment) -> Mapping[str, int]:
    if not reads(moment, _INDEX):
        return _NONE
    value = moment.theirs.gpr[moment.fields["rt"]]
    failed = value & moment.cpu.cp0.index & INDEX_P != 0
    return destination(moment, 0x3F) if failed else _NONE


def _index(moment: Moment) -> Mapping[str, int]:
    if not (moment.tlb.random and reads(moment, _INDEX)):
        return _NONE
    return destination(moment)


def _set_index(moment: Moment) -> None:
    """Bring the entry that the peer's TLBP found to where the peer has it, or drop it."""
    cp0, tlb = moment.cpu.cp0, moment.tlb
    value = moment.theirs.gpr[moment.fields["rt"]] & MASK32
    ours, cp0.index = cp0.index, value
    if ours & INDEX_P == 0:
        if value & INDEX_P != 0:
            tlb.forget(ours)
        elif value < tlb.size:
            tlb.move(ours, value)


def _open_register(moment: Moment) -> Mapping[str, int]:
    return destination(moment) if reads(moment, *moment.open_registers) else _NONE


def _left_open(what: Unpredictable, moment: Moment) -> Mapping[str, int]:
    if what not in moment.asked or moment.row is None:
        return _NONE
    written = {f"gpr{moment.fields[f]}": _WHOLE for f in ("rd", "rt") if f in moment.fields}
    match what:
        case Unpredictable.NOT_A_WORD:
            entry = _ENTRY if moment.row.name in _OVERFLOWING else ()
            return written | {"hi": _WHOLE, "lo": _WHOLE} | dict.fromkeys(entry, _WHOLE)
        case Unpredictable.DIVIDE_BY_ZERO:
            return {"hi": _WHOLE, "lo": _WHOLE}
        case Unpredictable.LWR_UPPER | Unpredictable.CP0_NARROW:
            return dict.fromkeys(written, _UPPER)
        case Unpredictable.CP0_RESERVED | Unpredictable.FCR_RESERVED:
            return written
        case _:
            return _NONE


_LEFT_OPEN = {
    Unpredictable.NOT_A_WORD: "MIPS IV manual, restrictions of each 32-bit instruction",
    Unpredictable.DIVIDE_BY_ZERO: "MIPS IV manual, DIV",
    Unpredictable.LWR_UPPER: "MIPS IV manual, LWR",
    Unpredictable.CP0_NARROW: "MIPS III manual, DMFC0",
    Unpredictable.CP0_RESERVED: "R10000 14, R4000 4.3",
}


def _asked(what: Unpredictable) -> Callable[[Moment], Mapping[str, int]]:
    return lambda moment: _left_open(what, moment)


INPUTS = (
    Difference(
        name="Count", models=_ALL_MODELS, section="R10000 14.8",
        reason="Count advances with the peer's time, an input.",
        when="a move from Count: its target", excuses=_count, settle=_set_count,
    ),
    Difference(
        name="Random", models=_ALL_MODELS, section="R10000 14.2",
        reason="Random is an input between Wired and the last entry.",
        when="a move from Random, the value within its bounds: its target", excuses=_random,
    ),
    Difference(
        name="timer interrupt", models=_ALL_MODELS, section="R10000 14.8",
        reason="When Count meets Compare follows from the peer's time.",
        when="IP7 rises in the peer: this bit, in Cause and in what is moved from it",
        excuses=_timer, settle=_set_timer,
    ),
    Difference(
        name="Index after a failed probe", models=_ALL_MODELS, section="R4000 appendix A, TLBP",
        reason="When TLBP finds nothing, bits 5:0 of Index are undefined.",
        when="a move from Index, bit 31 set on both sides: bits 5:0 of its target",
        excuses=_failed_probe,
    ),
    Difference(
        name="TLB entry replaced at random", models=_ALL_MODELS, section="R10000 14.2",
        reason="Which entry TLBWR replaces is an input; TLBP finds what the peer has kept.",
        when="a move from Index after a TLBWR: its target", excuses=_index, settle=_set_index,
    ),
    Difference(
        name="registers after an address error", models=_ALL_MODELS, section="R10000 17.4",
        reason="Context, XContext and EntryHi are undefined after an address error.",
        when="a move from one of them before it is written again: its target",
        excuses=_open_register,
    ),
    *(
        Difference(
            name=f"open: {what.name}", models=_ALL_MODELS, section=section,
            reason=f"{what.value[0].upper()}{what.value[1:]}.",
            when="the reference asked for the open value: what depends on it",
            excuses=_asked(what),
        )
        for what, section in _LEFT_OPEN.items()
    ),
)  # fmt: skip
"""The differences that every peer is entitled to."""
