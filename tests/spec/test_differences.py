"""VIRT-4 lists the instructions that T2 computes."""

import re

from disco.mips.model import R10000
from disco.mips.table import BY_NAME, instructions
from spec.ledger import clauses
from spec.virtualization import uses_translation


def test_the_listed_instructions_are_those_that_use_translation() -> None:
    (text,) = [clause.text for clause in clauses() if clause.name == "VIRT-4"]
    listed = set(re.findall(r"[A-Z][A-Z0-9]+", text.partition("watch:")[2].partition(";")[0]))
    assert listed <= set(BY_NAME)
    assert listed == {row.name for row in instructions(R10000) if uses_translation(row)}
