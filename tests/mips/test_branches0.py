"""BC0F, BC0T, BC0FL, BC0TL: the R4000's branches on the condition of coprocessor 0."""

import pytest

from disco.mips.cp0 import STATUS_CH
from disco.mips.model import R4000, R10000
from disco.mips.table import BY_NAME, find_row
from tests.mips.machine import CODE, KERNEL, NOP, encode, machine, run

MARK = encode("ADDIU", rs=0, rt=9, immediate=1)


@pytest.mark.parametrize("condition", [0, STATUS_CH])
@pytest.mark.parametrize("name", ["BC0F", "BC0T", "BC0FL", "BC0TL"])
def test_the_condition_is_status_ch(name: str, condition: int) -> None:
    taken = name.startswith("BC0T") == (condition != 0)
    cpu = machine(encode(name, offset=7), MARK, NOP, model=R4000, status=KERNEL | condition)
    run(cpu, 2)
    nullified = name.endswith("L") and not taken
    assert cpu.gpr[9] == (0 if nullified else 1)
    assert cpu.pc == (CODE + 4 + 4 * 7 if taken else CODE + (12 if nullified else 8))


def test_the_r10000_has_none() -> None:
    word = BY_NAME["BC0T"].match
    assert find_row(R4000, word).name == "BC0T"
    assert find_row(R10000, word).name == "RESERVED"
