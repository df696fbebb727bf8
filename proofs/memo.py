"""Remembering what was built, because executions repeat one another."""

from collections.abc import Callable
from functools import lru_cache
from typing import ParamSpec, TypeVar, cast

import z3

P = ParamSpec("P")
R = TypeVar("R")

CAPACITY = 1 << 14
"""How many results of each function are kept: more than one execution builds."""


def remembered(function: Callable[P, R]) -> Callable[P, R]:
    """Keep the latest results of a pure function.

    A program is executed once per path, and most of an execution repeats the one before: its terms
    are then found instead of built. Symbolic operands are the same if they are the same object.
    """
    return cast(Callable[P, R], lru_cache(CAPACITY)(function))


class Term:
    """A condition as an argument of a remembered function: equal to itself alone.

    z3's own equality builds a term.
    """

    __slots__ = ("term",)

    def __init__(self, term: z3.BoolRef) -> None:
        self.term = term

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Term) and self.term.eq(other.term)

    def __hash__(self) -> int:
        return hash(self.term)
