"""A small program and theorems about it, some of them false, to run the runner on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache

import z3

from proofs.mutants import Mutant, source_patch
from proofs.obligations import Case, Obligation, Theorem
from proofs.symbolic import as_bool, concrete, current, eq, symbol, truth

TARGET = "tests.proofs.toy_theorem"


def saturated(value: int, limit: int) -> int:
    """The lesser of the two."""
    if value > limit:
        return limit
    return value


class Scaler:
    def scaled(self, value: int) -> int:
        return value * 3


def decorated(function: Callable[[int], int]) -> Callable[[int], int]:
    table.append(function)
    return lru_cache(function)


table: list[Callable[[int], int]] = []


@decorated
def successor(value: int) -> int:
    return (value + 1) & 0xFF


def pair() -> tuple[int, int]:
    return symbol("value", 8), symbol("limit", 8)


def shown(model: z3.ModelRef) -> str:
    value, limit = pair()
    return f"value = {concrete(value, model)}, limit = {concrete(limit, model)}"


def bounded(case: Case) -> None:
    value, limit = pair()
    case.show(shown)
    result = saturated(value, limit)
    case.reach("cut" if value > limit else "kept")
    case.claim("at most the limit", as_bool(result <= limit))
    case.claim("at most the value", as_bool(result <= value))


def replayed(case: Case) -> None:
    value, limit = pair()
    result = saturated(value, limit)
    case.claim("one of the two", truth(as_bool((result == value) | (result == limit))))

    def replay(model: z3.ModelRef) -> str | None:
        found = saturated(concrete(value, model), concrete(limit, model))
        return None if found == concrete(result, model) else f"{found} on ints"

    case.replay(replay)


def scales(case: Case) -> None:
    value = symbol("value", 8)
    case.claim("is three times", eq(Scaler().scaled(value), value + value + value))


def steps(case: Case) -> None:
    value = symbol("value", 8)
    case.claim("is another", as_bool(table[0](value) != value))
    case.claim("fits", as_bool(table[0](value) < 256))


def true_obligations() -> list[Obligation]:
    return [
        Obligation("bounded", bounded, frozenset({"cut", "kept"})),
        Obligation("replayed", replayed),
        Obligation("scales", scales),
        Obligation("steps", steps),
    ]


@contextmanager
def harmless() -> Iterator[None]:
    yield


def fault(name: str, function: str, old: str, new: str, *obligations: str) -> Mutant:
    return Mutant(name, "for a test", source_patch(f"{TARGET}:{function}", old, new), obligations)


THEOREM = Theorem(
    "T1",
    "what holds",
    true_obligations,
    (
        fault("not-cut", "saturated", "value > limit", "value > limit + 1"),
        fault("divides", "saturated", "return limit", "return limit // (value & 1)", "bounded"),
        fault("method", "Scaler.scaled", "value * 3", "value * 2"),
        fault("in-table", "successor", "value + 1", "value + 256"),
    ),
)


def wrong(case: Case) -> None:
    value, limit = pair()
    case.show(shown)
    case.claim("is a byte", as_bool(value < 256))
    case.claim("is never 77", as_bool(saturated(value, limit) != 77))


def crashes(case: Case) -> None:
    case.show(shown)
    if symbol("value", 8) == 5:
        raise KeyError("five")
    case.claim("nothing", True)


def nothing_claimed(case: Case) -> None:
    assert symbol("value", 8) >= 0


def unreached(case: Case) -> None:
    value = symbol("value", 8)
    if value > 255:
        case.reach("huge")
    case.claim("is a byte", as_bool(value < 256))


def impossible(case: Case) -> None:
    current().assume(z3.BoolVal(False))
    case.claim("anything", False)


def inexact(case: Case) -> None:
    case.claim("text", str(symbol("value", 8)) == "5")


def replayed_wrongly(case: Case) -> None:
    case.show(shown)
    case.replay(lambda model: "7 on ints")
    case.claim("nothing", True)


def broken_replay(case: Case) -> None:
    nothing: dict[str, str] = {}
    case.replay(lambda model: nothing["no such key"])
    case.claim("nothing", True)


def completed(case: Case) -> None:
    """Holds only with what the path defers."""
    value = symbol("value", 8)
    current().defer(lambda: eq(value, 3))
    case.claim("is 3", as_bool(value == 3))


FALSE = Theorem(
    "T2",
    "what does not hold",
    lambda: [
        Obligation(run.__name__, run, guards)
        for run, guards in (
            (wrong, frozenset[str]()),
            (crashes, frozenset[str]()),
            (nothing_claimed, frozenset[str]()),
            (unreached, frozenset({"huge"})),
            (impossible, frozenset[str]()),
            (inexact, frozenset[str]()),
            (replayed_wrongly, frozenset[str]()),
            (broken_replay, frozenset[str]()),
            (completed, frozenset[str]()),
        )
    ],
    (
        Mutant("harmless", "changes nothing", harmless),
        fault("elsewhere", "Scaler.scaled", "value * 3", "value * 4", "completed"),
        fault("engine-error", "saturated", "value > limit", "hash(value)", "wrong"),
        fault("no-such-text", "saturated", "value < limit", "True"),
        fault("text-twice", "saturated", "return", "raise"),
        fault("same", "saturated", "value > limit", "(value > limit)"),
        fault("no-such-function", "no_such_function", "x", "y"),
        fault("no-such-obligation", "saturated", "value > limit", "value < limit", "nowhere"),
        fault("does-not-parse", "saturated", "value > limit", "value >"),
    ),
)
