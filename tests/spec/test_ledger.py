"""The ledger: the specification is complete, and each kind of hole in it is found."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from disco.mips.exceptions import Exceptions
from disco.mips.unpredictable import Unpredictable
from spec.ledger import ROOT, clauses, problems, render

GOOD = """# A chapter

### FOO-1 A clause

What must hold,
in two lines.

Source: Manual 1.2
Code: disco.bits.signed,
`disco.mips.step.step`
Evidence: tests/test_foo.py::test_foo, tests/test_foo.py::TestClass::test_method, proofs:T7
Deviations: others do otherwise.
"""
TESTS = '''"""Cites FOO-1."""

def test_foo(): ...

def other(): ...

class TestClass:
    def test_method(self): ...
'''


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for folder in ("spec", "tests", "proofs", "reference"):
        (tmp_path / folder).mkdir()
    (tmp_path / "spec" / "chapter.md").write_text(GOOD)
    (tmp_path / "tests" / "test_foo.py").write_text(TESTS)
    (tmp_path / "proofs" / "t7_subject.py").touch()
    return tmp_path


def test_the_specification_has_no_holes() -> None:
    assert problems() == []


def test_a_clause_is_read(checkout: Path) -> None:
    (clause,) = clauses(checkout)
    assert (clause.name, clause.title) == ("FOO-1", "A clause")
    assert (clause.path, clause.line) == ("spec/chapter.md", 3)
    assert clause.text == "What must hold,\nin two lines."
    assert clause.source == "Manual 1.2"
    assert clause.code == ("disco.bits.signed", "disco.mips.step.step")
    assert clause.evidence[1:] == ("tests/test_foo.py::TestClass::test_method", "proofs:T7")
    assert clause.deviations == "others do otherwise."


def test_a_good_specification_has_no_problems(checkout: Path) -> None:
    assert problems(checkout) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("Code: disco.bits.signed,\n`disco.mips.step.step`\n", "", "FOO-1: no Code line"),
        ("disco.bits.signed", "disco.bits.unsigned", "no such code: disco.bits.unsigned"),
        ("disco.bits.signed", "disco.bytes", "no such code: disco.bytes"),
        ("disco.bits.signed", "re.match", "no such code: re.match"),
        ("::test_foo", "::test_bar", "no such evidence: tests/test_foo.py::test_bar"),
        ("::test_foo", "::other", "no such evidence: tests/test_foo.py::other"),
        ("test_foo.py", "test_bar.py", "no such evidence: tests/test_bar.py::test_foo"),
        ("::test_method", "::test_foo", "no such evidence: tests/test_foo.py::TestClass::test_foo"),
        ("proofs:T7", "proofs:T8", "no such evidence: proofs:T8"),
        ("### FOO-1 A clause", "### A clause", "no clause name before 'A clause'"),
        ("# A chapter", GOOD, "FOO-1: there are two clauses of this name"),
    ],
)  # fmt: skip
def test_each_hole_is_a_line(checkout: Path, old: str, new: str, problem: str) -> None:
    (checkout / "spec" / "chapter.md").write_text(GOOD.replace(old, new))
    found = problems(checkout)
    assert any(line.startswith("spec/chapter.md:") and problem in line for line in found)


def test_a_clause_needs_evidence(checkout: Path) -> None:
    (checkout / "spec" / "chapter.md").write_text(re.sub("Evidence:.*\n", "", GOOD))
    assert problems(checkout) == ["spec/chapter.md:3: FOO-1: no Evidence line"]


@pytest.mark.parametrize("folder", ["reference", "spec", "proofs", "tests"])
def test_a_citation_of_no_clause_is_found(checkout: Path, folder: str) -> None:
    (checkout / folder / "citing.py").write_text('"""As FOO-1 says,\nand FOO-2."""\n')
    expected = f"{folder}/citing.py:2: cites FOO-2, and there is no such clause"
    assert problems(checkout) == [expected]


def test_the_chapters_name_their_sources() -> None:
    without = {clause.name for clause in clauses() if not clause.source}
    # The other chapters are about what is built around the processor; so are these clauses.
    ours = {"ISA-34", "ISA-OPEN", "TLB-13"}
    assert {n for n in without if n.startswith(("ISA-", "PRIV-", "TLB-", "EXC-"))} == ours


def test_everything_left_open_is_in_a_clause() -> None:
    text = "\n".join(clause.text for clause in clauses())
    assert [what.name for what in Unpredictable if f"`{what.name}`" not in text] == []


def test_every_exception_is_in_a_clause() -> None:
    named = {name for clause in clauses() for name in clause.code}
    kinds = {name for name in vars(Exceptions) if name.isupper()}
    assert {k for k in kinds if f"disco.mips.exceptions.Exceptions.{k}" not in named} == set()


def test_the_ledger_has_a_row_for_every_clause() -> None:
    rows = render(clauses()).splitlines()[2:]
    assert [row.split()[1] for row in rows] == [clause.name for clause in clauses()]


def run_command(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "spec", *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={"PYTHONPATH": "reference:."},
    )  # fmt: skip


def test_the_command_prints_the_ledger() -> None:
    done = run_command()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == render(clauses())


def test_the_command_checks() -> None:
    done = run_command("--check")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
