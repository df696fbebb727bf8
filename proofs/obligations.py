"""What is to be proved, and the proof of one obligation.

A theorem is a list of obligations. An obligation is a program which runs the reference on symbolic
integers and claims something about what it did; it holds if every claim is valid on every path.
"""

import enum
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath

import z3

from proofs.exact import EngineError
from proofs.explore import TIMEOUT_MS, Path, SolverUnknownError, explore
from proofs.mutants import Mutant
from proofs.solvers import Auditor, DisagreementError
from proofs.symbolic import Condition, land, lnot, truth


class Verdict(enum.Enum):
    """The outcome of an obligation; only `PROVED` is a success."""

    PROVED = "proved"
    REFUTED = "refuted"
    """Some state violates a claim."""
    CRASHED = "crashed"
    """The reference raises a Python error in some state."""
    VACUOUS = "vacuous"
    """Nothing was claimed, or a guard that was to be reached was not."""
    UNKNOWN = "unknown"
    """The solver gave up."""
    DISAGREED = "disagreed"
    """A second solver, or the replay of a path on ints, contradicts the proof."""
    ERROR = "error"
    """The engine could not carry out the program exactly."""


@dataclass(frozen=True)
class Claim:
    """Something that must hold in every state that takes the path."""

    description: str
    condition: z3.BoolRef


Render = Callable[[z3.ModelRef], str]
"""Shows the state that a model stands for."""
Replay = Callable[[z3.ModelRef], str | None]
"""Runs the state that a model stands for on ints; returns what differs from the proof, if any."""


@dataclass
class Case:
    """What an obligation's program says about the path that it is on."""

    claims: list[Claim] = field(default_factory=list)
    guards: set[str] = field(default_factory=set)
    renders: list[Render] = field(default_factory=list)
    replays: list[Replay] = field(default_factory=list)
    crash: Exception | None = None

    def claim(self, description: str, condition: Condition) -> None:
        """Claim that the condition holds in every state that takes this path."""
        self.claims.append(Claim(description, truth(condition)))

    def reach(self, guard: str) -> None:
        """Record that the path gets here: some path must reach every guard of the obligation."""
        self.guards.add(guard)

    def show(self, render: Render) -> None:
        """Say how to show a counterexample; call it before anything that may fail."""
        self.renders.append(render)

    def replay(self, replay: Replay) -> None:
        """Say how to check on ints what was done symbolically; every path's model is replayed."""
        self.replays.append(replay)


@dataclass(frozen=True)
class Obligation:
    """One thing to be proved."""

    name: str
    run: Callable[[Case], None]
    """The program, executed once per path."""
    guards: frozenset[str] = frozenset()
    """Names that some path must `reach`, so that the claims are not empty."""


@dataclass(frozen=True)
class Theorem:
    """A statement, as obligations, with the faults that it must catch."""

    id: str
    title: str
    obligations: Callable[[], Iterable[Obligation]]
    """Builds the obligations, anew in every process and under every mutant."""
    mutants: Sequence[Mutant] = ()


@dataclass(frozen=True)
class Result:
    """What came of an obligation."""

    theorem: str
    obligation: str
    verdict: Verdict
    detail: str
    """Why it does not hold, and in which state; empty if it does."""
    paths: int
    claims: int
    answered: int
    """Questions that the second solver answered as z3 did."""
    seconds: float

    @property
    def success(self) -> bool:
        """Whether the obligation holds."""
        return self.verdict is Verdict.PROVED


class _FailedError(Exception):
    """A verdict other than proved."""

    def __init__(self, verdict: Verdict, detail: str) -> None:
        super().__init__(detail)
        self.verdict = verdict
        self.detail = detail


def prove(
    theorem: str,
    obligation: Obligation,
    smt2: FilePath | None = None,
    second_solver: str | None = None,
    timeout_ms: int = TIMEOUT_MS,
) -> Result:
    """Prove one obligation, up to the first failure.

    The questions are written below the directory `smt2`, and put to the second solver as well.
    Each question may take `timeout_ms`.
    """
    proof = _Proof(theorem, obligation, Auditor(smt2, second_solver), timeout_ms)
    start = time.perf_counter()
    verdict, detail = Verdict.PROVED, ""
    try:
        proof.run()
    except _FailedError as failure:
        verdict, detail = failure.verdict, failure.detail
    except SolverUnknownError as error:
        verdict, detail = Verdict.UNKNOWN, str(error)
    except DisagreementError as error:
        verdict, detail = Verdict.DISAGREED, str(error)
    except EngineError as error:
        verdict, detail = Verdict.ERROR, f"{error} ({_place(error)})"
    except Exception as error:  # in a callback of the obligation: a failure like any other
        verdict, detail = Verdict.ERROR, f"{type(error).__name__}: {error} ({_place(error)})"
    seconds = time.perf_counter() - start
    return Result(
        theorem,
        obligation.name,
        verdict,
        detail,
        proof.paths,
        proof.claims,
        proof.auditor.answered,
        seconds,
    )


@dataclass
class _Proof:
    theorem: str
    obligation: Obligation
    auditor: Auditor
    timeout_ms: int
    paths: int = 0
    claims: int = 0

    def run(self) -> None:
        """Prove every claim on every path; raises an error at the first that fails."""
        reached: set[str] = set()
        for path in explore(self._case, timeout_ms=self.timeout_ms):
            self.paths += 1
            case = path.result
            assert case is not None
            self._check_path(path, case)
            reached |= case.guards
        self._check_not_vacuous(reached)

    def _case(self) -> Case:
        case = Case()
        try:
            self.obligation.run(case)
        except EngineError:
            raise
        except Exception as error:
            case.crash = error
        return case

    def _check_path(self, path: Path[Case], case: Case) -> None:
        if case.crash is not None:
            error = case.crash
            raise _FailedError(
                Verdict.CRASHED,
                f"{type(error).__name__}: {error} ({_place(error)}){_shown(case, path.model)}",
            )
        if self.paths == 1:
            self._audit("satisfiable", path.condition, "sat")
        self._check_claims(path, case)
        for replay in case.replays:
            if (difference := replay(path.model)) is not None:
                raise _FailedError(
                    Verdict.DISAGREED,
                    f"replayed on ints: {difference}{_shown(case, path.model)}",
                )

    def _check_claims(self, path: Path[Case], case: Case) -> None:
        self.claims += len(case.claims)
        open_claims = [claim for claim in case.claims if not z3.is_true(claim.condition)]
        if not open_claims:
            return
        all_hold = path.find(lnot(land(*(claim.condition for claim in open_claims)))) is None
        for number, claim in enumerate(open_claims):
            denied = lnot(claim.condition)
            facts = path.condition
            if not all_hold and path.find(denied) is not None:
                facts = path.complete_condition()
                model = path.find_complete(denied)
                if model is not None:
                    detail = f"{claim.description}{_shown(case, model)}"
                    raise _FailedError(Verdict.REFUTED, detail)
            self._audit(f"{self.paths}-{number}", (*facts, denied), "unsat")

    def _check_not_vacuous(self, reached: set[str]) -> None:
        if not self.paths:
            raise _FailedError(Verdict.VACUOUS, "no state satisfies the hypotheses")
        if not self.claims:
            raise _FailedError(Verdict.VACUOUS, "nothing was claimed")
        if missing := sorted(self.obligation.guards - reached):
            raise _FailedError(Verdict.VACUOUS, f"no state reaches: {', '.join(missing)}")

    def _audit(self, name: str, facts: Sequence[z3.BoolRef], expected: str) -> None:
        self.auditor.audit(f"{self.theorem}/{self.obligation.name}/{name}", facts, expected)


_ENGINE = {"terms.py", "exact.py", "symbolic.py", "explore.py", "stores.py", "z3.py"}


def _shown(case: Case, model: z3.ModelRef) -> str:
    """Return the counterexample's text, each part on lines of its own."""
    return "".join(f"\n{render(model)}" for render in case.renders)


def _place(error: Exception) -> str:
    """Return the file and line from which an error was raised, outside of the engine if it was."""
    frames = traceback.extract_tb(error.__traceback__)
    outside = [frame for frame in frames if FilePath(frame.filename).name not in _ENGINE]
    frame = (outside or frames)[-1]
    return f"{FilePath(frame.filename).name}:{frame.lineno}"
