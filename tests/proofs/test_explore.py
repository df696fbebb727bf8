"""The explorer: exactly one path admits each concrete input, and it tells what happens there."""

import re
from collections.abc import Callable

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs import explore as engine
from proofs.exact import EngineError
from proofs.explore import Path, SolverUnknownError, explore, merged
from proofs.symbolic import as_bool, concrete, current, eq, fresh, land, lnot, symbol, truth

# A random program is a tree: a leaf returns or raises, a node branches on a comparison.
Program = tuple[str, int] | tuple[str, int, int, "Program", "Program"]

programs: st.SearchStrategy[Program] = st.recursive(
    st.tuples(st.sampled_from(("return", "raise", "sum", "divide")), st.integers(0, 9)),
    lambda inner: st.tuples(
        st.sampled_from(("<", "==", "bit", "sum <")),
        st.integers(0, 1),
        st.integers(0, 12),
        inner,
        inner,
    ),
    max_leaves=12,
)


class TrapError(Exception):
    """What a random program raises."""


def run_program(program: Program, inputs: tuple[int, int]) -> int:
    while len(program) == 5:
        kind, which, number, then, otherwise = program
        x, y = inputs[which], inputs[1 - which]
        taken = {
            "<": lambda x, y, n: x < n,
            "==": lambda x, y, n: x == n,
            "bit": lambda x, y, n: (x >> (n & 3)) & 1,
            "sum <": lambda x, y, n: x + y < n and x != y,
        }[kind](x, y, number)
        program = then if taken else otherwise
    kind, number = program
    if kind == "raise":
        raise TrapError(number)
    if kind == "divide":
        return inputs[0] // (inputs[1] - number)
    return inputs[0] + inputs[1] * number if kind == "sum" else number


def outcome(run: Callable[[], int]) -> tuple[str, int]:
    try:
        return "returns", run()
    except (TrapError, ZeroDivisionError) as error:
        return repr(error), 0


@settings(max_examples=60, deadline=None)
@given(programs, st.lists(st.tuples(st.integers(0, 15), st.integers(0, 15)), max_size=8))
def test_exactly_one_path_admits_each_input(
    program: Program, inputs: list[tuple[int, int]]
) -> None:
    symbols = symbol("x", 4), symbol("y", 4)
    paths = list(explore(lambda: outcome(lambda: run_program(program, symbols))))
    assert len({path.decisions for path in paths}) == len(paths)
    for path in paths:
        assert path.find() is not None, "an infeasible path"
        x, y = (concrete(value, path.model) for value in symbols)
        check_admitted(path, program, (x, y), path.model)
    for x, y in inputs:
        state = land(eq(symbols[0], x), eq(symbols[1], y))
        admitting = [(p, model) for p in paths if (model := p.find(state)) is not None]
        assert len(admitting) == 1
        check_admitted(*admitting[0][:1], program, (x, y), admitting[0][1])


def check_admitted(
    path: Path[tuple[str, int]], program: Program, inputs: tuple[int, int], model: z3.ModelRef
) -> None:
    assert path.result is not None
    kind, value = path.result
    assert (kind, concrete(value, model)) == outcome(lambda: run_program(program, inputs))


def test_a_forced_branch_costs_no_execution() -> None:
    executions = 0

    def run() -> int:
        nonlocal executions
        executions += 1
        x = symbol("x", 8)
        if x < 10:
            return 1 if x < 20 else 2
        return 3

    paths = list(explore(run))
    assert [path.result for path in paths] in ([1, 3], [3, 1])
    assert executions == 2
    assert all(len(path.decisions) == 1 for path in paths)


def test_assumptions_restrict_the_paths() -> None:
    x = symbol("x", 8)
    small = truth(as_bool(x < 3))
    assert [p.result for p in explore(lambda: 1 if x < 5 else 2, [small])] == [1]
    assert list(explore(lambda: 1, [small, lnot(small)])) == []


def test_a_path_ends_where_no_state_satisfies_what_it_assumes() -> None:
    x = symbol("x", 8)

    def run() -> int:
        if x < 5:
            current().assume(truth(as_bool(x == 7)))
            return 1
        current().assume(truth(as_bool(x == 9)))
        return x

    (path,) = explore(run)
    assert path.result is not None
    assert concrete(path.result, path.model) == 9
    assert path.find(eq(x, 8)) is None


def test_facts_assumed_on_one_path_do_not_leak_into_the_next() -> None:
    x, y = symbol("x", 8), symbol("y", 8)

    def run() -> bool:
        if x == 0:
            current().assume(eq(y, 1))
        else:
            current().assume(eq(y, 2))
        return bool(y == 1)

    results = {path.decisions: path.result for path in explore(run)}
    assert sorted(map(bool, results.values())) == [False, True]


def test_only_expected_exceptions_are_outcomes() -> None:
    def run() -> int:
        if symbol("x", 8) == 3:
            raise TrapError("three")
        return 1

    assert sorted(repr(path.raised) for path in explore(run, expected=(TrapError,))) == [
        "None",
        "TrapError('three')",
    ]
    with pytest.raises(TrapError):
        list(explore(run, expected=(KeyError,)))


def test_engine_errors_are_never_outcomes() -> None:
    with pytest.raises(EngineError):
        list(explore(lambda: hash(symbol("x", 8)), expected=(Exception,)))


def test_unknown_is_a_failure() -> None:
    x, y = symbol("x", 64), symbol("y", 64)
    with pytest.raises(SolverUnknownError):
        list(explore(lambda: bool(x * y == 0x1234_5678_9ABC_DEF1 and x > 1 and y > 1), [], (), 1))


def test_an_impure_program_is_found_out() -> None:
    calls = iter(range(100))

    def run() -> bool:
        return bool(symbol("x", 8) == next(calls))

    with pytest.raises(EngineError, match="is it pure"):
        list(explore(run))


def test_a_program_that_stops_early_when_repeated_is_found_out() -> None:
    calls = iter(range(100))

    def run() -> int:
        x = symbol("x", 8)
        return int(bool(next(calls) == 0 and (x < 3 or x < 5)))

    with pytest.raises(EngineError, match="is it pure"):
        list(explore(run))


def test_the_same_program_gives_the_same_paths() -> None:
    def run() -> int:
        x = fresh("x", 8)
        return 1 if x * x % 7 == 3 else fresh("x", 8) if x < 100 else 3

    def shown() -> list[tuple[tuple[bool, ...], list[str]]]:
        return [(p.decisions, [c.sexpr() for c in p.condition]) for p in explore(run)]

    assert shown() == shown()


def test_the_true_side_comes_first() -> None:
    x = symbol("x", 8)
    for assumed in (0, 255):
        order = [
            path.decisions
            for path in explore(lambda: (x < 9 and x < 5, bool(x > 2)), [lnot(eq(x, assumed))])
        ]
        assert order == sorted(order, reverse=True)
        assert len(order) > 2


def test_a_path_keeps_its_answers_when_the_exploration_has_gone_on() -> None:
    x = symbol("x", 8)
    paths = list(explore(lambda: 1 if x < 5 else 2))
    for path in paths:
        assert (path.find(eq(x, 3)) is not None) == (path.result == 1)


def test_deferred_facts_are_left_to_complete_states() -> None:
    x, y = symbol("x", 8), symbol("y", 8)

    def run() -> bool:
        current().defer(lambda: eq(y, 5))
        return bool(x == y)

    for path in explore(run):
        assert path.find(eq(y, 4)) is not None
        assert path.find_complete(eq(y, 4)) is None
        complete = path.find_complete(eq(x, 5))
        assert (complete is not None) == path.result


def test_merged_results_equal_the_forked_ones() -> None:
    x, y = symbol("x", 4), symbol("y", 4)

    def program() -> int:
        if x < y and (x & 1 or y & 1):
            return x + y
        return 3 if x == y else -x

    def predicate() -> bool:
        return x < y and (x == 1 or y == 7)

    def run() -> tuple[int, bool]:
        return merged(program), merged(predicate)

    (path,) = explore(run)
    assert path.result is not None
    for x_value in range(16):
        for y_value in range(16):
            model = path.find(eq(x, x_value), eq(y, y_value))
            assert model is not None
            (forked,) = explore(lambda: (program(), predicate()), [eq(x, x_value), eq(y, y_value)])
            assert forked.result is not None
            assert [concrete(v, model) for v in path.result] == [
                concrete(v, forked.model) for v in forked.result
            ]


def test_merged_functions_are_pure_and_do_not_raise() -> None:
    x = symbol("x", 4)

    def raises() -> int:
        if x == 3:
            raise TrapError
        return 1

    def assumes() -> int:
        current().assume(eq(x, 3))
        return 1

    def defers() -> int:
        current().defer(lambda: eq(x, 3))
        return 1

    for function, complaint in (
        (raises, "raised TrapError()"),
        (assumes, "must not assume"),
        (defers, "must not assume"),
        (lambda: fresh("x", 4), "must not draw"),
        (lambda: hash(x), "the hash"),
    ):
        with pytest.raises(EngineError, match=re.escape(complaint)):
            list(explore(lambda function=function: merged(function)))  # type: ignore[misc]


def test_a_model_that_does_not_evaluate_costs_questions_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def run() -> int:
        x = symbol("x", 8)
        if x < 10:
            return 1 if x < 20 else 2
        return 3 if x < 5 else 4

    monkeypatch.setattr(engine, "_evaluate", lambda condition, model: None)
    paths = list(explore(run))
    assert sorted(path.result or 0 for path in paths) == [1, 4]
    for path in paths:
        value = concrete(symbol("x", 8), path.model)
        assert (value < 10) == (path.result == 1)


def test_a_question_that_is_not_quick_goes_to_a_fresh_solver(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x, y = symbol("x", 16), symbol("y", 16)

    def run() -> bool:
        return bool(x * y == 251 * 241 and x > 1 and y > 1)

    monkeypatch.setattr(engine, "QUICK_WORK", 1)
    factors = [path.model for path in explore(run) if path.result]
    assert [{concrete(x, model), concrete(y, model)} for model in factors] == [{251, 241}]


def test_a_path_knows_what_it_met_before() -> None:
    x = symbol("x", 8)

    def run() -> tuple[bool, bool, bool]:
        first = bool(x < 5)
        current().assume(truth(as_bool(x < 5)) if first else truth(as_bool(x >= 5)))
        return first, bool(x < 5), bool(x >= 5)

    paths = list(explore(run))
    assert sorted(path.result or () for path in paths) == [
        (False, False, True),
        (True, True, False),
    ]
    assert all(len(path.condition) == 1 for path in paths)


def test_assuming_the_opposite_of_what_was_met_ends_the_path() -> None:
    x = symbol("x", 8)

    def run() -> bool:
        if x < 5:
            current().assume(truth(as_bool(x >= 5)))
        return True

    assert len(list(explore(run))) == 1


def test_equality_of_whole_arrays_is_decided_by_the_solver() -> None:
    sorts = z3.BitVecSort(4), z3.BitVecSort(8)
    a, b = z3.Array("a", *sorts), z3.Array("b", *sorts)
    assert sorted(bool(path.result) for path in explore(lambda: bool(as_bool(a == b)))) == [
        False,
        True,
    ]
