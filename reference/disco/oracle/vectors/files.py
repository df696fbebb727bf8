"""The files of vectors: JSON that needs no library to read, one file a subject.

    {"format": "disco-vectors", "version": 1, "spec": "0.1.0", "model": "R10000", "subject": "ADDU",
     "seed": 0, "sha256": "...", "cases": [
    {"name": "ADDU-0", "text": "addu $2, $4, $5", "initial": {...},
     "permitted": [{"takes": null, "state": {...}, "open": {"gpr": {"2": "0xffffffff00000000"}}}]}
    ]}

`initial` and `state` are states as disco.oracle.state reads them.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from disco import __version__
from disco.mips.model import MODELS, Model
from disco.oracle.single_step import describe_state
from disco.oracle.state import StateError, build_state, write_state
from disco.oracle.vectors.places import Places, as_tree, from_tree, places
from disco.oracle.vectors.subjects import Drawn

FORMAT = "disco-vectors"
VERSION = 1


class VectorError(ValueError):
    """Vectors that cannot be used; the text is one clear line."""


class Permitted(msgspec.Struct, forbid_unknown_fields=True):
    """One end of the step that the architecture permits."""

    takes: str | None
    """The exception that is taken, by name; null when the instruction completes."""
    state: dict[str, object]
    """The state after the step; what is left out is zero."""
    open: dict[str, object]
    """The bits of it that may be anything, as masks at the same places; often none."""


class Case(msgspec.Struct, forbid_unknown_fields=True):
    """One step to be judged."""

    name: str
    text: str
    """The instruction, disassembled, for people."""
    initial: dict[str, object]
    """The state before the step, the instruction in its memory."""
    permitted: list[Permitted]
    """Any of them is right; the first is what this reference does by default."""


class VectorFile(msgspec.Struct, forbid_unknown_fields=True):
    """The cases of one subject on one model."""

    format: str
    version: int
    spec: str
    """The version of the reference that filled it."""
    model: str
    subject: str
    """An instruction, or a way into an exception."""
    seed: int
    sha256: str
    """Of `cases` as JSON without white space, keys sorted, in ASCII."""
    cases: list[Case]


class _Beginning(msgspec.Struct):
    format: str
    version: int


def digest(cases: Iterable[Case]) -> str:
    """Compute the content hash."""
    content = json.dumps(msgspec.to_builtins(list(cases)), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(content.encode("ascii")).hexdigest()


def schema() -> dict[str, object]:
    """Give the layout of a file as a JSON Schema."""
    return msgspec.json.schema(VectorFile, schema_hook=lambda anything: {"description": "any JSON"})


def filled(model: Model, subject: str, seed: int, drawn: Iterable[Drawn]) -> VectorFile:
    """Make a file of the cases drawn."""
    cases = [_case(f"{subject}-{number}", each) for number, each in enumerate(drawn)]
    return VectorFile(FORMAT, VERSION, __version__, model.name, subject, seed, digest(cases), cases)


def _case(name: str, drawn: Drawn) -> Case:
    permitted = [
        Permitted(
            takes=outcome.takes,
            state=json.loads(write_state(describe_state(outcome.state))),
            open=as_tree(outcome.free),
        )
        for outcome in drawn.permitted
    ]
    return Case(name, drawn.text, json.loads(drawn.initial), permitted)


def write_file(folder: Path, content: VectorFile) -> Path:
    """Write a file in `folder`, one case a line; it appears there whole or not at all."""
    target = folder / content.model / f"{content.subject}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    head = json.dumps(msgspec.to_builtins(msgspec.structs.replace(content, cases=[])))
    lines = ",\n".join(json.dumps(msgspec.to_builtins(case)) for case in content.cases)
    unfinished = target.with_suffix(".unfinished")
    try:
        unfinished.write_text(f"{head.removesuffix(']}')}\n{lines}\n]}}\n", encoding="ascii")
        os.replace(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)
    return target


def read_file(file: Path) -> VectorFile:
    """Read a file. Raises VectorError, or OSError."""
    raw = file.read_bytes()
    try:
        beginning = msgspec.json.decode(raw, type=_Beginning)
        if beginning.format != FORMAT:
            raise VectorError(f"no {FORMAT}")
        if beginning.version != VERSION:
            raise VectorError(
                f"version {beginning.version}; version {VERSION} is needed: fill it again"
            )
        content = msgspec.json.decode(raw, type=VectorFile)
    except VectorError:
        raise
    except (ValueError, RecursionError) as error:
        raise VectorError(f"no {FORMAT}: {' '.join(str(error).split())[:200]}") from None
    if content.model not in MODELS:
        raise VectorError(f"model {content.model[:40]!r} is not one of {', '.join(MODELS)}")
    if content.sha256 != digest(content.cases):
        raise VectorError("the cases are not those of its sha256: damaged or changed by hand")
    return content


def permitted_places(case: Case) -> list[tuple[Places, Places]]:
    """Give each permitted state by place, and its open bits. Raises VectorError."""
    try:
        return [(places(build_state(each.state)), from_tree(each.open)) for each in case.permitted]
    except (StateError, ValueError) as error:
        raise VectorError(f"case {case.name}: {error}") from None
