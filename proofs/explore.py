"""Every path of a program that runs on symbolic integers.

The program is executed once per feasible path. At the first branch that the executed prefix does
not yet decide, one solver says which sides are feasible; a side left open is taken by a later
execution, which replays the decisions up to there without asking the solver again. All paths share
one incremental solver: each decision is a frame on its stack.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast

import z3

from proofs.exact import EngineError
from proofs.memo import Term
from proofs.symbolic import deciding, ite, lnot

T = TypeVar("T")
N = TypeVar("N", bound=int)

TIMEOUT_MS = 60_000
"""How long one question may take before the answer counts as unknown."""
QUICK_WORK = 50_000
"""The work, in z3's units, that the incremental solver may spend before it hands a question on."""


class SolverUnknownError(EngineError):
    """The solver could not answer. A failure, never a pass."""


class InfeasiblePath(BaseException):
    """No state satisfies what the path assumes; ends the path, and `explore` alone catches it."""


class PathSolver:
    """A solver that holds the condition of one path at a time.

    Most questions are small, and quickest to an incremental solver. One that is not goes to a
    fresh solver, which simplifies the whole question before it searches.
    """

    def __init__(self, facts: Sequence[z3.BoolRef], timeout_ms: int) -> None:
        self._timeout_ms = timeout_ms
        self._solver = z3.SimpleSolver()
        self._solver.set("rlimit", QUICK_WORK)
        self._solver.add(*facts)

    def add(self, fact: z3.BoolRef) -> None:
        """Add a fact, which lasts as long as the innermost frame."""
        self._solver.add(fact)

    def enter(self, fact: z3.BoolRef) -> None:
        """Open a frame with this fact."""
        self._solver.push()
        self._solver.add(fact)

    def leave(self, frames: int) -> None:
        """Close the innermost frames."""
        self._solver.pop(frames)

    def find(self, *conditions: z3.BoolRef) -> z3.ModelRef | None:
        """Return a state in which the conditions hold too, or None if there is none."""
        self._solver.push()
        self._solver.add(*conditions)
        try:
            solver = self._solver
            answer = solver.check()
            if answer == z3.unknown:
                solver = z3.SolverFor("QF_AUFBV")
                solver.set("timeout", self._timeout_ms)
                solver.add(*self._solver.assertions())
                answer = solver.check()
            if answer == z3.unknown:
                raise SolverUnknownError(f"solver answered unknown: {solver.reason_unknown()}")
            return solver.model() if answer == z3.sat else None
        finally:
            self._solver.pop()


@dataclass
class Path(Generic[T]):
    """One feasible path: which states take it, and what the program did on it.

    Where the program drew fresh unknowns, a state takes the path if *some* value of them satisfies
    the condition.
    """

    result: T | None
    """What the program returned, unless it raised."""
    raised: Exception | None
    """What the program raised, of the types that `explore` was told to expect."""
    decisions: tuple[bool, ...]
    """Which way each branch went, without the forced ones."""
    condition: tuple[z3.BoolRef, ...]
    """Assumptions, facts and decisions: the states that take this path."""
    model: z3.ModelRef
    """One such state, deferred facts aside."""
    deferred: tuple[Callable[[], z3.BoolRef], ...]
    """Further facts, which every state can be completed to satisfy (see `Decider.defer`)."""
    timeout_ms: int
    _solver: PathSolver | None

    def find(self, *conditions: z3.BoolRef) -> z3.ModelRef | None:
        """Return a state of this path in which the conditions hold, or None if there is none.

        The deferred facts are left out: this answers for a superset of the states.
        """
        solver = self._solver or PathSolver(self.condition, self.timeout_ms)
        return solver.find(*conditions)

    def find_complete(self, *conditions: z3.BoolRef) -> z3.ModelRef | None:
        """Return a state as `find` does, in which the deferred facts hold as well."""
        return PathSolver(self.complete_condition(), self.timeout_ms).find(*conditions)

    def complete_condition(self) -> tuple[z3.BoolRef, ...]:
        """Return the condition together with the deferred facts."""
        return (*self.condition, *(fact() for fact in self.deferred))


def explore(
    run: Callable[[], T],
    assumptions: Sequence[z3.BoolRef] = (),
    expected: tuple[type[Exception], ...] = (),
    timeout_ms: int = TIMEOUT_MS,
) -> Iterator[Path[T]]:
    """Execute `run` once for every feasible path under the assumptions, and yield the paths.

    Exceptions of the `expected` types end a path and are its outcome; all others propagate, as
    `EngineError` always does. `run` must do the same whenever it is executed again.
    """
    solver = PathSolver(assumptions, timeout_ms)
    model = solver.find()
    if model is None:
        return
    explorer = _Explorer(solver, model)
    while True:
        try:
            result, raised = explorer.execute(run, expected)
        except InfeasiblePath:
            pass
        else:
            path = Path(
                result,
                raised,
                tuple(step.holds for step in explorer.trail if step.framed),
                (*assumptions, *(step.fact for step in explorer.trail if not step.forced)),
                explorer.model,
                tuple(explorer.deferred),
                timeout_ms,
                solver,
            )
            yield path
            path._solver = None
        if not explorer.turn_back():
            return


def merged(run: Callable[[], N]) -> N:
    """Execute a pure function on all its paths and merge the results into one value.

    For predicates and small choices inside ports, which would otherwise multiply the paths. The
    branches are not checked for feasibility, so the function must not raise on any of them, and it
    may neither draw fresh unknowns nor assume anything.
    """
    return cast(N, _merge(run, ()))


@dataclass
class _Step:
    """A branch or an assumed fact that the path met."""

    condition: z3.BoolRef
    """As the program asked it: a replay must meet the same."""
    holds: bool
    fact: z3.BoolRef
    """What holds on the path: the condition or its negation."""
    forced: bool = False
    """The other side is infeasible, so the condition adds nothing to the path."""
    framed: bool = False
    """A decision with a frame of its own in the solver."""
    other: z3.ModelRef | None = None
    """A state that takes the false side, if that is still to be explored."""


@dataclass
class _Explorer:
    """The decider that takes one path after another, depth first."""

    solver: PathSolver
    model: z3.ModelRef
    """A state that takes the path as far as it is decided."""
    trail: list[_Step] = field(default_factory=list)
    met: int = 0
    """How many steps of the trail the current execution has met."""
    known: dict[Term, tuple[int, bool]] = field(default_factory=dict)
    """The conditions on the trail and their negations: the step that decides, and the truth."""
    names: dict[str, int] = field(default_factory=dict)
    deferred: list[Callable[[], z3.BoolRef]] = field(default_factory=list)

    def execute(
        self, run: Callable[[], T], expected: tuple[type[Exception], ...]
    ) -> tuple[T | None, Exception | None]:
        """Execute the program on one path; return its result or what it raised."""
        self.met = 0
        self.names.clear()
        self.deferred.clear()
        result: T | None = None
        raised: Exception | None = None
        with deciding(self):
            try:
                result = run()
            except EngineError:
                raise
            except expected as outcome:
                raised = outcome
        if self.met < len(self.trail):
            raise _not_repeatable()
        return result, raised

    def turn_back(self) -> bool:
        """Turn to the last side left open; return False if there is none."""
        frames = 0
        while self.trail:
            step = self.trail.pop()
            frames += step.framed
            del self.known[Term(step.fact)], self.known[Term(lnot(step.fact))]
            if step.other is not None:
                self.solver.leave(frames)
                self.model = step.other
                self._meet(_Step(step.condition, False, lnot(step.fact), framed=True))
                return True
        return False

    def decide(self, condition: z3.BoolRef) -> bool:
        if self.met < len(self.trail) and self.trail[self.met].condition is condition:
            self.met += 1  # the usual replay, with nothing to look up
            return self.trail[self.met - 1].holds
        known = self._known(condition)
        if known is not None:
            return known
        step = self._replay(condition) or self._meet(self._decide(condition))
        return step.holds

    def assume(self, fact: z3.BoolRef) -> None:
        known = z3.is_true(fact) or self._known(fact)
        if known is False:
            raise InfeasiblePath
        if known or self._replay(fact) is not None:
            return
        if _evaluate(fact, self.model) is not True:
            model = self.solver.find(fact)
            if model is None:
                raise InfeasiblePath
            self.model = model
        self.solver.add(fact)
        self._meet(_Step(fact, holds=True, fact=fact))

    def defer(self, fact: Callable[[], z3.BoolRef]) -> None:
        self.deferred.append(fact)

    def fresh_name(self, stem: str) -> str:
        number = self.names.get(stem, 0)
        self.names[stem] = number + 1
        return f"{stem}!{number}"

    def _known(self, condition: z3.BoolRef) -> bool | None:
        """Return the truth if the path met the condition before."""
        position, holds = self.known.get(Term(condition), (self.met, False))
        return holds if position < self.met else None

    def _replay(self, condition: z3.BoolRef) -> _Step | None:
        if self.met == len(self.trail):
            return None
        step = self.trail[self.met]
        if step.condition is not condition and not step.condition.eq(condition):
            raise _not_repeatable()
        self.met += 1
        return step

    def _decide(self, condition: z3.BoolRef) -> _Step:
        """Find out which sides are feasible, one of which the model at hand often tells."""
        holds = _evaluate(condition, self.model)
        if holds is None:
            model = self.solver.find(condition)
            holds = model is not None
            if model is not None:
                self.model = model
        negation = lnot(condition)
        other = self.solver.find(negation if holds else condition)
        if other is None:
            return _Step(condition, holds, condition if holds else negation, forced=True)
        if not holds:  # the true side comes first, whatever the model, so that the order is fixed
            self.model, other = other, self.model
        return _Step(condition, True, condition, framed=True, other=other)

    def _meet(self, step: _Step) -> _Step:
        if step.framed:
            self.solver.enter(step.fact)
        self.known[Term(step.fact)] = len(self.trail), True
        self.known[Term(lnot(step.fact))] = len(self.trail), False
        self.trail.append(step)
        self.met += 1
        return step


def _not_repeatable() -> EngineError:
    return EngineError("the program took another way when it was executed again: is it pure?")


def _evaluate(condition: z3.BoolRef, model: z3.ModelRef) -> bool | None:
    """Return the truth in a model, or None where that does not evaluate (equality of arrays)."""
    value = model.eval(condition, model_completion=True)
    if z3.is_true(value):
        return True
    return False if z3.is_false(value) else None


@dataclass
class _Prefix:
    """The decider of a merged function: takes the given sides, then always the true one."""

    sides: tuple[bool, ...]
    conditions: list[z3.BoolRef] = field(default_factory=list)

    def decide(self, condition: z3.BoolRef) -> bool:
        met = len(self.conditions)
        self.conditions.append(condition)
        return met >= len(self.sides) or self.sides[met]

    def assume(self, fact: z3.BoolRef) -> None:
        raise EngineError("a merged function must not assume anything")

    def defer(self, fact: Callable[[], z3.BoolRef]) -> None:
        raise EngineError("a merged function must not assume anything")

    def fresh_name(self, stem: str) -> str:
        raise EngineError("a merged function must not draw fresh unknowns")


def _merge(run: Callable[[], int], sides: tuple[bool, ...]) -> int:
    decider = _Prefix(sides)
    try:
        with deciding(decider):
            result = run()
    except EngineError:
        raise
    except Exception as error:
        raise EngineError(f"a merged function raised {error!r}") from error
    taken = (*sides, *(True for _ in decider.conditions[len(sides) :]))
    for depth in reversed(range(len(sides), len(taken))):
        otherwise = _merge(run, (*taken[:depth], False))
        result = ite(decider.conditions[depth], result, otherwise)
    return result
