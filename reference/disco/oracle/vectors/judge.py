"""Judging an implementation by vectors: its state after a step against the permitted ones."""

import json
from collections.abc import Callable, Collection

import attrs

from disco.oracle.single_step import describe_state, take
from disco.oracle.state import StateError, build_state, read_state, write_state
from disco.oracle.vectors.files import Case, permitted_places
from disco.oracle.vectors.places import Place, Places, difference, places, written

Implementation = Callable[[str], str]
"""Takes one step: from the JSON of a state to the JSON of the state after it."""


class AnswerError(ValueError):
    """An implementation's answer that is no state; the text is one clear line."""


@attrs.frozen
class Fault:
    """A place where an implementation left what is not permitted."""

    place: str
    theirs: int
    permitted: int
    free: int
    """The bits there that may be anything."""


def reference(initial: str) -> str:
    """Take the step as this reference does, whose word on it is law."""
    state = read_state(initial)
    take(state)
    return write_state(describe_state(state))


def judge(case: Case, answer: str, ignored: Collection[str] = ()) -> list[Fault]:
    """List what is wrong with an answer: nothing if it is one of the permitted states.

    Otherwise the places that differ from the permitted state to which it is nearest. Places that
    are `ignored` (gpr[2], cp0[count], or all of fpr) never differ. Raises AnswerError, VectorError.
    """
    theirs = _answered(case, answer)
    nearest: list[Fault] | None = None
    for ours, free in permitted_places(case):
        found = [
            Fault(written(place), theirs.get(place, 0), ours.get(place, 0), free.get(place, 0))
            for place in difference(theirs, ours, free)
            if not _is_ignored(place, ignored)
        ]
        if not found:
            return []
        if nearest is None or len(found) < len(nearest):
            nearest = found
    return nearest or []


def _answered(case: Case, answer: str) -> Places:
    try:
        document = json.loads(answer)
        if isinstance(document, dict):
            document.setdefault("model", case.initial.get("model", "R10000"))
        return places(build_state(document))
    except (StateError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        raise AnswerError(f"case {case.name}: the answer is no state: {reason}") from None


def _is_ignored(place: Place, ignored: Collection[str]) -> bool:
    return any(written(place[: length + 1]) in ignored for length in range(len(place)))
