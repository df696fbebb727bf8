"""What vectors are about: every instruction of a model, and the ways into an exception."""

import random
from collections.abc import Iterator, Mapping
from functools import partial

import attrs

from disco.mips.disassembler import disassemble
from disco.mips.exceptions import Exceptions
from disco.mips.inputs import Event
from disco.mips.instruction import Instruction, Kind
from disco.mips.model import Model
from disco.mips.semantics.reserved import RESERVED
from disco.mips.table import instructions
from disco.oracle.state import build_state, write_state
from disco.oracle.vectors.draft import Chances, Draft
from disco.oracle.vectors.outcomes import Outcome, WhollyOpenError, outcomes

_TLB_ENTRIES = {"TLBR": 6, "TLBP": 12, "TLBWI": 12, "TLBWR": 12}
"""How many further entries the TLB instructions find."""
_OPEN_KEPT = 0.25
"""How many of the cases are kept in which something is open: the others judge more."""
SCENARIOS: Mapping[str, Chances] = {
    "fetches": Chances(fetch_fault=1),
    "references": Chances(data_fault=1),
    "interrupts": Chances(interrupted=1),
    "watch": Chances(watched=1, postponed=0.3),
    "events": Chances(event=1),
}
"""The ways into an exception, for any instruction."""


@attrs.frozen(eq=False)
class Drawn:
    """A case before it is written."""

    text: str
    """The instruction."""
    initial: str
    """The state before the step, as JSON."""
    permitted: list[Outcome]


def subjects(model: Model) -> list[str]:
    """Name what there are vectors about for `model`."""
    return [*(row.name for row in instructions(model)), RESERVED.name, *SCENARIOS]


def draw(model: Model, subject: str, seed: int, count: int) -> Iterator[Drawn]:
    """Draw `count` cases of a subject; the same seed gives the same cases."""
    choose = random.Random(f"{seed} {model.name} {subject}")
    rows = {row.name: row for row in (*instructions(model), RESERVED)}
    for _ in range(count):
        drawn = None
        while drawn is None:
            row = rows[subject] if subject in rows else _any_row(subject, [*rows.values()], choose)
            drawn = _draw(model, row, choose, SCENARIOS.get(subject, Chances()))
        yield drawn


def _any_row(subject: str, rows: list[Instruction], choose: random.Random) -> Instruction:
    """Choose an instruction for a scenario; one that refers to data where that matters."""
    refers = subject in ("references", "watch")
    kinds = (Kind.LOAD, Kind.STORE) if refers else (Kind.COMPUTE, Kind.JUMP, Kind.LOAD)
    return choose.choice([row for row in rows if row.kind in kinds])


def _draw(model: Model, row: Instruction, choose: random.Random, chances: Chances) -> Drawn | None:
    """Draw a case; None when nothing can be judged by what was drawn."""
    draft = Draft(model, choose, chances)
    draft.draw_system()
    draft.draw_entries(_TLB_ENTRIES.get(row.name, 1))
    word = draft.draw_word(row)
    initial = draft.finish(row, word)
    if draft.undefined:
        return None
    if draft.chance(chances.event):
        initial["event"] = choose.choice([event.name for event in Event][1:])
    try:
        permitted = outcomes(partial(build_state, initial))
    except WhollyOpenError:
        return None
    if not _judges(model, row, permitted[0].takes):
        return None
    if any(outcome.free for outcome in permitted) and not draft.chance(_OPEN_KEPT):
        return None
    pc = initial["pc"]
    assert isinstance(pc, int)
    return Drawn(disassemble(word, pc, model), write_state(initial), permitted)


def _judges(model: Model, row: Instruction, takes: str | None) -> bool:
    """Tell whether the outcome is one that the architecture demands.

    Arithmetic in floating point may compute or raise Unimplemented Operation as this reference
    does; a reserved word that completes does so only because the R4000 says nothing of it.
    """
    if row.kind is Kind.FLOAT_ARITHMETIC:
        return takes is not None and takes != Exceptions.FLOATING_POINT.name
    return row is not RESERVED or takes is not None or model.cop0_invalid_is_reserved
