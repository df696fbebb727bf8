"""The clauses of the specification that a divergence concerns.

`clauses.json` says which code carries out which clause of the processor. It is made from the
specification, which is not part of the installed package, by `python -m spec --index`.
"""

import json
from collections.abc import Iterator
from functools import cache
from importlib import resources
from types import FunctionType

import attrs

from disco.mips.exceptions import Exceptions
from disco.mips.instruction import Instruction
from disco.mips.model import Model
from disco.mips.table import decoder
from disco.oracle.replay import Divergence
from disco.oracle.trace_line import TakenException, TraceLine

_EXCEPTION_NAMES = {
    kind.name: f"disco.mips.exceptions.Exceptions.{attribute}"
    for attribute, kind in vars(Exceptions).items()
    if not attribute.startswith("_")
}
_UNPREDICTABLE = "disco.mips.inputs.Inputs.unpredictable"
_STEP = "disco.mips.step.step"


@attrs.frozen
class NamedClause:
    """A clause, for people to look up."""

    name: str
    title: str


@cache
def _index() -> dict[str, list[NamedClause]]:
    """Give the clauses on each dotted name and each chapter of semantics, the closest first."""
    text = resources.files("disco.oracle").joinpath("clauses.json").read_text(encoding="utf-8")
    clauses = json.loads(text)
    index: dict[str, list[NamedClause]] = {}
    for part in ("code", "named"):
        for name, clause in clauses.items():
            for code in clause[part]:
                index.setdefault(code, []).append(NamedClause(name, clause["title"]))
    for name, clause in clauses.items():
        for chapter in {code.rpartition(".")[0] for code in clause["code"]}:
            if chapter.startswith("disco.mips.semantics."):
                index.setdefault(chapter, []).append(NamedClause(name, clause["title"]))
    return index


def concerned(divergence: Divergence, model: Model) -> list[NamedClause]:
    """Give the clauses that decide a divergence, the most likely first; never none."""
    found = [clause for name in _code(divergence, model) for clause in _index().get(name, ())]
    return list(dict.fromkeys(found)) or list(_index()[_STEP])


def _code(divergence: Divergence, model: Model) -> Iterator[str]:
    """Name the code that decides what the step does."""
    theirs, ours = divergence.theirs, divergence.ours
    if theirs.exception != ours.exception:
        for exception in (theirs.exception, ours.exception):
            yield from _exception(exception)
        if row := _row(ours, model):
            yield _dotted(row.guard)
    if theirs.pc != ours.pc and divergence.earlier:
        ours = divergence.earlier[-1]
    if ours.exception is not None:
        yield from _exception(ours.exception)
    elif row := _row(ours, model):
        yield from _instruction(row)
    if divergence.notes():
        yield _UNPREDICTABLE


def _exception(exception: TakenException | None) -> Iterator[str]:
    if exception is not None:
        yield _EXCEPTION_NAMES[exception.name]


def _instruction(row: Instruction) -> Iterator[str]:
    """Name the instruction's function and those it calls, or else its chapter."""
    names = [_dotted(row.operation)]
    if isinstance(row.operation, FunctionType):
        scope = row.operation.__globals__
        names += [_dotted(scope.get(name)) for name in row.operation.__code__.co_names]
    known = [name for name in names if name in _index()]
    yield from known or [row.operation.__module__]


def _row(line: TraceLine, model: Model) -> Instruction | None:
    return None if line.word is None else decoder(model)(line.word)[0]


def _dotted(function: object) -> str:
    module, name = getattr(function, "__module__", ""), getattr(function, "__qualname__", "")
    return f"{module}.{name}"
