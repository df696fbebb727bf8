"""The ledger: every clause of the specification with its code, its evidence and its citations.

The chapters are the single source; this module reads them and holds them against the code, the
tests and the proofs. The form of a clause is described in `spec/README.md`.
"""

import ast
import importlib
import json
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import attrs

from disco.mips.table import TABLE

ROOT = Path(__file__).resolve().parent.parent
"""The checkout."""
CITING = ("reference", "spec", "proofs", "tests")
"""The folders whose Python files may cite clauses."""

_HEADING = re.compile(r"([A-Z]+-(?:\d+|[A-Z]+)) (.+)")
_LINE = re.compile(r"(Source|Code|Evidence|Deviations): *(.*)")


@attrs.frozen
class Clause:
    """One clause, as its chapter states it."""

    name: str
    """Its chapter's prefix and a number or a word, as EXC-4."""
    title: str
    path: str
    """The chapter, relative to the checkout."""
    line: int
    """The heading's line."""
    text: str
    source: str = ""
    """Sections of the manuals."""
    code: tuple[str, ...] = ()
    """Dotted names."""
    evidence: tuple[str, ...] = ()
    """Tests as `tests/FILE.py::NAME`, theorems as `proofs:T1`."""
    deviations: str = ""
    """What other implementations do instead."""


def clauses(root: Path = ROOT) -> list[Clause]:
    """Read the clauses of every chapter, chapter by chapter."""
    found: list[Clause] = []
    for path in sorted((root / "spec").glob("*.md")):
        found.extend(_read_chapter(path, str(path.relative_to(root))))
    return found


def _read_chapter(path: Path, name: str) -> Iterator[Clause]:
    lines = path.read_text(encoding="utf-8").splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("### ")]
    for start, end in pairwise([*starts, len(lines)]):
        clause, title = _split_heading(lines[start].removeprefix("### "))
        body = [line for line in lines[start + 1 : end] if not line.startswith("#")]
        yield _read_clause(clause, title, name, start + 1, body)


def _split_heading(heading: str) -> tuple[str, str]:
    """Give name and title; the name is empty where the heading has none."""
    if match := _HEADING.fullmatch(heading):
        return match[1], match[2]
    return "", heading


def _read_clause(name: str, title: str, path: str, line: int, body: list[str]) -> Clause:
    """Split the body of a clause; a line of the form `Code: …` goes on to the next or a gap."""
    parts = {"": "", "Source": "", "Code": "", "Evidence": "", "Deviations": ""}
    current = ""
    for text in body:
        if start := _LINE.match(text):
            current, text = start[1], start[2]
        elif not text.strip():
            current = ""
        parts[current] += text + ("\n" if current == "" else " ")
    return Clause(
        name, title, path, line, parts[""].strip(),
        source=parts["Source"].strip(), code=_items(parts["Code"]),
        evidence=_items(parts["Evidence"]), deviations=parts["Deviations"].strip(),
    )  # fmt: skip


def _items(text: str) -> tuple[str, ...]:
    return tuple(item for item in re.split(r"[,\s]+", text.replace("`", "")) if item)


def problems(root: Path = ROOT) -> list[str]:
    """Give one line for everything that is wrong: file, line, clause, what."""
    all_clauses = clauses(root)
    found: list[str] = []
    seen: set[str] = set()
    for clause in all_clauses:
        where = f"{clause.path}:{clause.line}: {clause.name}:"
        if not clause.name:
            found.append(f"{clause.path}:{clause.line}: no clause name before {clause.title!r}")
            continue
        if clause.name in seen:
            found.append(f"{where} there are two clauses of this name")
        seen.add(clause.name)
        if not clause.code:
            found.append(f"{where} no Code line")
        if not clause.evidence:
            found.append(f"{where} no Evidence line")
        found += [f"{where} no such code: {name}" for name in clause.code if not _is_code(name)]
        found += [
            f"{where} no such evidence: {item}"
            for item in clause.evidence
            if not _is_evidence(root, item)
        ]
    for file, line, name in _citations(root, seen):
        found.append(f"{file}:{line}: cites {name}, and there is no such clause")
    return found


def _is_code(name: str) -> bool:
    """Tell whether a dotted name leads to something in a module of the project."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for attribute in parts[length:]:
            if not hasattr(found, attribute):
                return False
            found = getattr(found, attribute)
        return parts[0] in ("disco", "spec")
    return False


def _is_evidence(root: Path, item: str) -> bool:
    if theorem := re.fullmatch(r"proofs:T(\d+)", item):
        return any((root / "proofs").glob(f"t{theorem[1]}_*.py"))
    path, _, name = item.partition("::")
    return path.startswith("tests/") and name in _tests(root / path)


@cache
def _tests(path: Path) -> frozenset[str]:
    """Name the tests of a file: functions, and methods as `Class::method`."""
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            methods = (item for item in node.body if isinstance(item, ast.FunctionDef))
            names |= {f"{node.name}::{method.name}" for method in methods}
    return frozenset(name for name in names if name.rpartition("::")[2].startswith("test"))


def _citations(root: Path, names: set[str]) -> Iterator[tuple[str, int, str]]:
    """Find the citations of clauses that do not exist: file, line, name."""
    prefixes = "|".join(sorted({name.partition("-")[0] for name in names}))
    citation = re.compile(rf"\b(?:{prefixes})-(?:\d+|[A-Z]+)\b")
    for folder in CITING:
        for path in sorted((root / folder).rglob("*.py")):
            lines = path.read_text(encoding="utf-8").splitlines()
            for number, line in enumerate(lines, start=1):
                for name in citation.findall(line):
                    if name not in names:
                        yield str(path.relative_to(root)), number, name


def index(all_clauses: list[Clause]) -> str:
    """Write what clauses on the processor are about, as JSON: title, code, and instructions named.

    `named` is the functions of those instructions that the text of an ISA clause names.
    """
    functions = {row.name: row.operation for row in TABLE}
    rows = {}
    for clause in all_clauses:
        code = [name for name in clause.code if name.startswith(("disco.mips.", "disco.bits."))]
        named: list[str] = []
        if clause.name.startswith("ISA-"):
            words = dict.fromkeys(re.findall(r"[A-Z][A-Z0-9.]+", clause.text))
            operations = [functions[word] for word in words if word in functions]
            named = [f"{operation.__module__}.{operation.__qualname__}" for operation in operations]
        if code and not clause.name.startswith("VIRT-"):
            rows[clause.name] = {"title": clause.title, "code": code, "named": named}
    return json.dumps(rows, indent=1) + "\n"


def render(all_clauses: list[Clause]) -> str:
    """Write the ledger as a Markdown table."""
    rows = ["| clause | manual | code | evidence | known deviations |", "|---|---|---|---|---|"]
    rows += [
        f"| {clause.name} {clause.title} | {clause.source} | {_cell(clause.code)} "
        f"| {_cell(clause.evidence)} | {clause.deviations} |"
        for clause in all_clauses
    ]
    return "\n".join(rows) + "\n"


def _cell(items: tuple[str, ...]) -> str:
    return "<br>".join(f"`{item}`" for item in items)
