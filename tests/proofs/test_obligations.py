"""Verdicts of obligations and mutants."""

from pathlib import Path

import pytest

from proofs import solvers
from proofs.exact import EngineError
from proofs.mutants import source_patch
from proofs.obligations import Case, Obligation, Result, Verdict, prove
from proofs.runner import (
    MutantTask,
    ProofTask,
    load,
    run_all,
    run_mutant,
    run_proof,
)
from proofs.symbolic import as_bool, symbol
from tests.proofs import toy_theorem

GOOD = "tests.proofs.toy_theorem"
BAD = "tests.proofs.toy_false_theorem"


def result_of(name: str) -> Result:
    return run_proof(ProofTask(BAD, name))


@pytest.mark.parametrize("name", ["bounded", "replayed", "scales", "steps"])
def test_what_holds_is_proved(name: str) -> None:
    result = run_proof(ProofTask(GOOD, name))
    assert (result.verdict, result.detail, result.theorem) == (Verdict.PROVED, "", "T1")
    assert result.success
    assert result.claims > 0


def test_paths_and_claims_are_counted() -> None:
    result = run_proof(ProofTask(GOOD, "bounded"))
    assert (result.paths, result.claims) == (2, 4)


def test_a_refutation_shows_its_state() -> None:
    result = result_of("wrong")
    assert result.verdict is Verdict.REFUTED
    claim, state = result.detail.splitlines()
    assert claim == "is never 77"
    value, limit = (int(part.rpartition(" ")[2]) for part in state.split(", "))
    assert toy_theorem.saturated(value, limit) == 77


def test_a_crash_shows_its_state_and_place() -> None:
    result = result_of("crashes")
    assert result.verdict is Verdict.CRASHED
    assert result.detail.startswith("KeyError: 'five' (toy_theorem.py:")
    assert "\nvalue = 5," in result.detail


@pytest.mark.parametrize(
    ("name", "verdict", "detail"),
    [
        ("nothing_claimed", Verdict.VACUOUS, "nothing was claimed"),
        ("unreached", Verdict.VACUOUS, "no state reaches: huge"),
        ("impossible", Verdict.VACUOUS, "no state satisfies the hypotheses"),
        ("inexact", Verdict.ERROR, "the text of a symbolic value (toy_theorem.py:"),
        ("replayed_wrongly", Verdict.DISAGREED, "replayed on ints: 7 on ints\nvalue = "),
        ("broken_replay", Verdict.ERROR, "KeyError: 'no such key' (toy_theorem.py:"),
        ("completed", Verdict.PROVED, ""),
    ],
)
def test_other_verdicts(name: str, verdict: Verdict, detail: str) -> None:
    result = result_of(name)
    assert result.verdict is verdict
    assert result.detail.startswith(detail)
    assert result.success == (verdict is Verdict.PROVED)


def test_a_question_without_an_answer_is_a_failure() -> None:
    def run(case: Case) -> None:
        x, y = symbol("x", 64), symbol("y", 64)
        product = 0x1234_5678_9ABC_DEF1
        case.claim("is prime", as_bool((x * y != product) | (x == 1) | (y == 1)))

    result = prove("T1", Obligation("hard", run), timeout_ms=1)
    assert result.verdict is Verdict.UNKNOWN
    assert "unknown" in result.detail


@pytest.mark.parametrize(
    ("mutant", "by"),
    [
        ("not-cut", "bounded refuted: at most the limit"),
        ("divides", "bounded crashed: ZeroDivisionError"),
        ("method", "scales refuted: is three times"),
        ("in-table", "steps refuted: is another"),
    ],
)
def test_mutants_are_killed_and_undone(mutant: str, by: str) -> None:
    result = run_mutant(MutantTask(GOOD, mutant))
    assert result.success
    assert result.detail.startswith(by)
    assert all(run_proof(ProofTask(GOOD, each.name)).success for each in load(GOOD).obligations())


@pytest.mark.parametrize(
    ("mutant", "why"),
    [
        ("elsewhere", "every obligation holds"),
        ("engine-error", "wrong error: the hash of a symbolic value"),
        ("no-such-text", "'value < limit' occurs 0 times"),
        ("text-twice", "'return' occurs 2 times"),
        ("same", "the changed text is the same program"),
        ("no-such-function", "is not a Python function"),
        ("no-such-obligation", "names an unknown obligation: nowhere"),
        ("does-not-parse", "SyntaxError"),
    ],
)
def test_mutants_that_survive_or_cannot_be_made(mutant: str, why: str) -> None:
    result = run_mutant(MutantTask(BAD, mutant))
    assert not result.success
    assert why in result.detail


def test_a_function_with_enclosing_variables_cannot_be_patched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    step = 1

    def enclosed(value: int) -> int:
        return value + step

    monkeypatch.setattr(toy_theorem, "enclosed", enclosed, raising=False)
    patch = source_patch(f"{GOOD}:enclosed", "value + step", "value - step")
    with pytest.raises(EngineError, match="variables around it"), patch():
        pass


def test_order_of_results_is_that_of_the_tasks() -> None:
    names = ["steps", "bounded", "scales", "replayed"] * 2
    ended = []
    tasks = [ProofTask(GOOD, name) for name in names]
    results = list(run_all(run_proof, tasks, 2, lambda: ended.append(1)))
    assert [result.obligation for result in results] == names
    assert len(ended) == len(names)


def test_questions_are_written_with_their_answers(tmp_path: Path) -> None:
    result = run_proof(ProofTask(GOOD, "bounded", tmp_path))
    assert result.success
    files = sorted(file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*.smt2"))
    assert files[-1] == "T1/bounded/satisfiable.smt2"
    assert len(files) > 1
    for file in files:
        text = (tmp_path / file).read_text()
        expected = "sat" if "satisfiable" in file else "unsat"
        assert f"(set-info :status {expected})\n(set-logic QF_AUFBV)\n" in text
        for solver in solvers.SECOND_SOLVERS.values():
            assert solver(text) == expected


@pytest.mark.parametrize("solver", sorted(solvers.SECOND_SOLVERS))
def test_a_second_solver_confirms(solver: str) -> None:
    result = run_proof(ProofTask(GOOD, "bounded", None, solver))
    assert result.success
    assert result.answered > 1


@pytest.mark.parametrize("answer", ["sat", "unknown", ""])
def test_another_answer_is_a_failure(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setitem(solvers.SECOND_SOLVERS, "cvc5", lambda question: answer)
    result = run_proof(ProofTask(GOOD, "bounded", None, "cvc5"))
    assert result.verdict is Verdict.DISAGREED
    assert f"cvc5 answers {answer} where z3 answers" in result.detail


def test_a_module_without_a_theorem_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toy_theorem, "THEOREM", 5)
    with pytest.raises(EngineError, match="not a Theorem"):
        load(GOOD)
