"""The guest programs print what they must, on every model for which they are built."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.oracle.commands import GUESTS, disco
from tests.requirements import require_tool

_ROW = re.compile(r"\| `([\w-]+)` \| [\d,]+ \| ([\w, ]+) \|")
RUNS = [
    (name, model)
    for name, models in _ROW.findall((GUESTS / "README.md").read_text())
    for model in models.split(", ")
]
"""Each program with each of its models, from the table in the guests' README."""


def test_every_program_is_in_the_table() -> None:
    assert {name for name, _ in RUNS} == {path.name for path in (GUESTS / "bin").iterdir()}
    assert {model for _, model in RUNS} == {"R10000", "R4000"}


@pytest.mark.parametrize(("name", "model"), RUNS)
def test_runs(name: str, model: str) -> None:
    program = name.split("-")[0]
    done = disco(
        "run", GUESTS / "bin" / name, "--model", model, "--max-instructions", 5_000_000
    )  # fmt: skip
    assert done.output == (GUESTS / program / f"{program}.expected").read_bytes()
    assert done.output.endswith(f"PASS {program}\n".encode())
    assert done.status == 0
    assert done.errors.startswith("disco: the program ended in a branch to itself; pc 0x")
    assert done.errors.count("\n") == 1


def test_rebuilding_gives_the_same_bytes(tmp_path: Path) -> None:
    require_tool("mips64-linux-gnuabi64-gcc", "gcc-mips64-linux-gnuabi64")
    make = require_tool("make", "make")
    built = tmp_path / "bin"
    subprocess.run(
        [make, "-C", GUESTS, f"OUT={built}", f"BUILD={tmp_path / 'build'}"],
        check=True, capture_output=True,
    )  # fmt: skip
    kept = {path.name: path.read_bytes() for path in (GUESTS / "bin").iterdir()}
    assert {path.name: path.read_bytes() for path in built.iterdir()} == kept
