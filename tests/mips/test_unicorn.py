"""The reference agrees with Unicorn on every user-level integer instruction.

The states are Hypothesis's; the profile says how many (tests/conftest.py).
"""

from random import Random

import attrs
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from disco.mips.instruction import Instruction, Kind
from disco.mips.model import MODELS, Model
from disco.mips.table import BY_NAME, TABLE
from tests.mips.unicorn_deviations import DEVIATIONS, Deviation
from tests.mips.unicorn_machine import End, Start, run_reference, run_unicorn
from tests.mips.unicorn_states import integer_rows, starts

_CASES = [
    pytest.param(model, row, id=f"{model.name}-{row.name}")
    for model in MODELS.values()
    for row in integer_rows(model)
]
_DEVIATIONS = [
    pytest.param(deviation, name, id=f"{name}-{deviation.name}")
    for deviation in DEVIATIONS
    for name in deviation.instructions
]


def _differences(ours: End, theirs: End) -> dict[str, str]:
    """Say what differs, by the field of End."""
    return {
        name: f"{mine!r} here, {yours!r} in Unicorn"
        for name in attrs.fields_dict(End)
        if (mine := getattr(ours, name)) != (yours := getattr(theirs, name))
    }


def compare(start: Start, row: Instruction) -> set[Deviation]:
    """Run both, fail on a difference that is no known deviation, and give those that were met."""
    theirs = run_unicorn(start)
    ours, asked = run_reference(start)
    if row.kind is Kind.JUMP and theirs.exception is not None and ours.exception is None:
        ours, asked = run_reference(start, look_at_target=True)
    differences = _differences(ours, theirs)
    met: set[Deviation] = set()
    if not differences:
        return met
    for deviation in DEVIATIONS:
        if row.name in deviation.instructions and deviation.applies(start, asked, ours):
            if deviation.more:
                theirs = run_unicorn(attrs.evolve(start, count=start.count + deviation.more))
                differences = _differences(ours, theirs)
            met.add(deviation)
            differences = {
                name: text for name, text in differences.items() if name not in deviation.fields
            }
    assert not differences, differences
    return met


@pytest.mark.parametrize(("model", "row"), _CASES)
@given(data=st.data())
def test_agrees_with_unicorn(model: Model, row: Instruction, data: st.DataObject) -> None:
    compare(data.draw(starts(model, row)), row)


@pytest.mark.parametrize(("deviation", "name"), _DEVIATIONS)
def test_deviation_is_in_use(deviation: Deviation, name: str) -> None:
    row = BY_NAME[name]
    find(
        st.sampled_from(list(MODELS.values())).flatmap(lambda model: starts(model, row)),
        lambda start: deviation in compare(start, row),
        settings=settings(max_examples=5000, phases=[Phase.generate], database=None),
        random=Random(0),
    )


def test_covers_the_integer_instructions() -> None:
    """Of the user level, only the floating-point unit's instructions are left out."""
    covered = {row.name for model in MODELS.values() for row in integer_rows(model)}
    other = (Kind.PRIVILEGED, Kind.FLOAT, Kind.FLOAT_ARITHMETIC)
    left_out = {row.name for row in TABLE if row.kind not in other} - covered
    assert left_out == {
        "LWC1", "LDC1", "SWC1", "SDC1", "LWXC1", "LDXC1", "SWXC1", "SDXC1", "PREFX",
        "BC1F", "BC1T", "BC1FL", "BC1TL",
    }  # fmt: skip
