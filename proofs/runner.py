"""Runs obligations and mutants by name, in this process or spread over several.

Worker processes build the theorems anew by importing their modules: only names and results travel.
"""

import importlib
import multiprocessing
import signal
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

from proofs.exact import EngineError
from proofs.mutants import Mutant
from proofs.obligations import Obligation, Result, Theorem, Verdict, prove

Task = TypeVar("Task")
Outcome = TypeVar("Outcome")


@dataclass(frozen=True)
class ProofTask:
    """An obligation to prove, and what to do with its questions."""

    module: str
    obligation: str
    smt2: Path | None = None
    second_solver: str | None = None


@dataclass(frozen=True)
class MutantTask:
    """A mutant to run the obligations of its theorem against."""

    module: str
    mutant: str


@dataclass(frozen=True)
class MutantResult:
    """What came of a mutant."""

    theorem: str
    mutant: str
    success: bool
    """Whether some obligation caught it."""
    detail: str
    """The obligation that fails and why, or why the mutant counts as alive."""
    seconds: float


def load(module: str) -> Theorem:
    """Return the theorem that a module defines as THEOREM."""
    theorem: object = importlib.import_module(module).THEOREM
    if not isinstance(theorem, Theorem):
        raise EngineError(f"{module}.THEOREM is not a Theorem")
    return theorem


def run_proof(task: ProofTask) -> Result:
    """Prove one obligation."""
    obligation = _obligations(task.module)[task.obligation]
    return prove(load(task.module).id, obligation, task.smt2, task.second_solver)


@cache
def _obligations(module: str) -> dict[str, Obligation]:
    return {obligation.name: obligation for obligation in load(module).obligations()}


def run_mutant(task: MutantTask) -> MutantResult:
    """Seed one fault and run obligations until one catches it.

    A refuted claim and a Python error in the reference catch it; an error of the engine, or a
    question that the solver cannot answer, does not.
    """
    theorem = load(task.module)
    mutant = next(m for m in theorem.mutants if m.name == task.mutant)
    seconds = 0.0
    inconclusive: list[str] = []
    try:
        with mutant.patch():
            for obligation in _suspects(theorem, mutant):
                result = prove(theorem.id, obligation)
                seconds += result.seconds
                detail = f"{result.obligation} {result.verdict.value}: {result.detail}"
                if result.verdict in (Verdict.REFUTED, Verdict.CRASHED):
                    return MutantResult(theorem.id, mutant.name, True, detail, seconds)
                if result.verdict is not Verdict.PROVED:
                    inconclusive.append(detail)
    except Exception as error:  # the fault cannot be put in place, or the obligations not built
        inconclusive.append(f"{type(error).__name__}: {error}")
    detail = inconclusive[0] if inconclusive else "every obligation holds"
    return MutantResult(theorem.id, mutant.name, False, detail, seconds)


def _suspects(theorem: Theorem, mutant: Mutant) -> list[Obligation]:
    """Return the obligations to run against a mutant, built while its fault is in place."""
    obligations = {obligation.name: obligation for obligation in theorem.obligations()}
    for name in mutant.obligations:
        if name not in obligations:
            raise EngineError(f"mutant {mutant.name} names an unknown obligation: {name}")
    return [obligations[name] for name in mutant.obligations or obligations]


def run_all(
    function: Callable[[Task], Outcome],
    tasks: Sequence[Task],
    jobs: int,
    finished: Callable[[], None] = lambda: None,
) -> Generator[Outcome, None, None]:
    """Yield the outcome of every task, in the order of the tasks whatever the scheduling.

    `finished` is called, on any thread, whenever a task ends.
    """
    if jobs == 1:
        for task in tasks:
            outcome = function(task)
            finished()
            yield outcome
        return
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(jobs, context, initializer=_leave_interrupts_to_the_parent)
    try:
        futures = [executor.submit(function, task) for task in tasks]
        for future in futures:
            future.add_done_callback(lambda _: finished())
        for future in futures:
            yield future.result()
    except BaseException:
        for worker in multiprocessing.active_children():
            worker.terminate()
        raise
    finally:
        executor.shutdown(cancel_futures=True)


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
