"""Questions as SMT-LIB 2 text, and second solvers that answer them."""

import importlib
from collections.abc import Callable, Sequence
from pathlib import Path

import z3

from proofs.exact import EngineError

TIMEOUT_MS = 120_000
"""How long a second solver may take before its answer counts as unknown."""


class DisagreementError(EngineError):
    """A second solver does not give the answer that z3 gave."""


def smtlib(facts: Sequence[z3.BoolRef], expected: str) -> str:
    """Return the question whether the facts can hold together; `expected` is "sat" or "unsat"."""
    solver = z3.Solver()
    solver.add(*facts)
    text = solver.to_smt2()
    _, _, body = text.partition("(set-info :status unknown)\n")
    return f"(set-info :status {expected})\n(set-logic QF_AUFBV)\n{body}"


def cvc5(question: str) -> str:
    """Return cvc5's answer: "sat", "unsat" or "unknown"."""
    import cvc5

    solver = cvc5.Solver()
    solver.setOption("tlimit-per", str(TIMEOUT_MS))
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, question, "question")
    symbols = parser.getSymbolManager()
    answer = ""
    while not (command := parser.nextCommand()).isNull():
        answer += command.invoke(solver, symbols)
    return answer.strip()


def bitwuzla(question: str) -> str:
    """Return Bitwuzla's answer: "sat", "unsat" or "unknown"."""
    import bitwuzla

    options = bitwuzla.Options()
    options.set(bitwuzla.Option.TIME_LIMIT_PER, TIMEOUT_MS)
    parser = bitwuzla.Parser(bitwuzla.TermManager(), options)
    parser.parse(question, parse_only=True, parse_file=False)
    return str(parser.bitwuzla().check_sat())


SECOND_SOLVERS: dict[str, Callable[[str], str]] = {"bitwuzla": bitwuzla, "cvc5": cvc5}
"""The second solvers by the name of their Python package."""


def is_installed(name: str) -> bool:
    """Tell whether a second solver's Python package can be imported."""
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


class Auditor:
    """Writes questions down and has them answered a second time."""

    def __init__(self, directory: Path | None, second_solver: str | None) -> None:
        self._directory = directory
        self._second_solver = second_solver
        self.answered = 0
        """How many questions the second solver answered as z3 did."""

    def audit(self, name: str, facts: Sequence[z3.BoolRef], expected: str) -> None:
        """Write the question to NAME.smt2; raise `DisagreementError` at another answer."""
        if self._directory is None and self._second_solver is None:
            return
        question = smtlib(facts, expected)
        if self._directory is not None:
            file = self._directory / f"{name}.smt2"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(question)
        if self._second_solver is not None:
            answer = SECOND_SOLVERS[self._second_solver](question)
            if answer != expected:
                raise DisagreementError(
                    f"{self._second_solver} answers {answer} where z3 answers {expected}: {name}"
                )
            self.answered += 1
