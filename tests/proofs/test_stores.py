"""Symbolic stores do what lists do."""

from collections.abc import Mapping
from typing import NamedTuple

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs.exact import UnsupportedError
from proofs.explore import Path, explore
from proofs.stores import SymRecords, SymWords
from proofs.symbolic import SymInt, as_bool, concrete, eq, land, symbol, truth

LENGTH = 6
PINNED = 3
"""Symbolic indices, each pinned to a known value by an assumption."""

# Reads and writes with an index that is either a number or one of the pinned unknowns.
indices = st.tuples(st.booleans(), st.integers(0, LENGTH - 1))
operations = st.lists(
    st.tuples(st.just("read"), indices, st.just(0))
    | st.tuples(st.just("write"), indices, st.integers(0, 255)),
    max_size=8,
)
contents = st.lists(st.integers(0, 255), min_size=LENGTH, max_size=LENGTH)


def carry_out(
    steps: list[tuple[str, tuple[bool, int], int]], words: "list[int] | SymWords", unknown: bool
) -> list[int]:
    seen = []
    for kind, (pinned, number), value in steps:
        index = symbol(f"i{number}", 3) if pinned and unknown else number
        if kind == "read":
            seen.append(words[index])
        else:
            words[index] = value
    return seen + [words[index] for index in range(LENGTH)]


def pins() -> list[z3.BoolRef]:
    return [eq(symbol(f"i{number}", 3), number) for number in range(LENGTH)]


@settings(max_examples=100, deadline=None)
@given(operations, contents)
def test_words_do_what_a_list_does(
    steps: list[tuple[str, tuple[bool, int], int]], initial: list[int]
) -> None:
    known = [eq(SymWords("w", 3, 8)[index], value) for index, value in enumerate(initial)]
    (path,) = explore(
        lambda: carry_out(steps, SymWords("w", 3, 8, LENGTH), unknown=True), [*pins(), *known]
    )
    assert path.result is not None
    expected = carry_out(steps, initial.copy(), unknown=False)
    assert [concrete(value, path.model) for value in path.result] == expected


@settings(max_examples=60, deadline=None)
@given(operations, operations)
def test_equality_of_words_is_that_of_lists(
    first: list[tuple[str, tuple[bool, int], int]],
    second: list[tuple[str, tuple[bool, int], int]],
) -> None:
    initial = [7] * LENGTH
    a, b = initial.copy(), initial.copy()
    carry_out(first, a, unknown=False)
    carry_out(second, b, unknown=False)

    def run() -> bool:
        x = SymWords("w", 3, 8, LENGTH)
        y = x.copy()
        carry_out(first, x, unknown=True)
        carry_out(second, y, unknown=True)
        return as_bool(x.equals(y))

    known = [eq(SymWords("w", 3, 8)[index], 7) for index in range(LENGTH)]
    (path,) = explore(run, [*pins(), *known])
    assert path.result is not None
    assert concrete(path.result, path.model) == (a == b)


def test_reads_of_known_writes_need_no_solver() -> None:
    words = SymWords("w", 5, 64)
    index, value = symbol("i", 5), symbol("v", 64)
    words[index] = value
    assert words[index] is value
    words[3], words[4] = 1, 2
    assert (words[3], words[4]) == (1, 2)
    untouched = SymWords("w", 5, 64)
    untouched[3] = 1
    assert z3.is_true(eq(untouched[5], SymWords("w", 5, 64)[5]))
    assert untouched.written == (3,)
    assert z3.is_true(words.equals(words.copy()))


def test_a_copy_is_independent() -> None:
    words = SymWords("w", 3, 8)
    twin = words.copy()
    words[1] = 5
    twin[1] = 6
    assert (words[1], twin[1], len(twin)) == (5, 6, 8)
    assert z3.is_false(words.equals(twin))


def test_stores_of_different_names_may_be_equal_or_not() -> None:
    a, b = SymWords("a", 3, 8), SymWords("b", 3, 8)
    assert sorted(bool(path.result) for path in explore(lambda: bool(as_bool(a.equals(b))))) == [
        False,
        True,
    ]
    a[1] = 4
    assert not a.array.eq(a.initial)


@pytest.mark.parametrize("index", [-1, LENGTH, 8])
def test_an_index_beyond_the_end_raises(index: int) -> None:
    words = SymWords("w", 3, 8, LENGTH)
    records = table()
    for attempt in (
        lambda: words[index],
        lambda: words.__setitem__(index, 1),
        lambda: records[index],
        lambda: records.__setitem__(index, Record(1, True)),
    ):
        with pytest.raises(IndexError):
            attempt()


def test_an_unknown_index_may_lie_beyond_the_end() -> None:
    words = SymWords("w", 3, 8, LENGTH)
    index = symbol("i", 3)
    outcomes = {
        path.raised is None: path for path in explore(lambda: words[index], (), (IndexError,))
    }
    assert outcomes[True].find(eq(index, LENGTH)) is None
    assert outcomes[False].find(eq(index, LENGTH - 1)) is None


@pytest.mark.parametrize("value", [256, -1])
def test_nothing_is_truncated(value: int) -> None:
    words = SymWords("w", 3, 8)
    with pytest.raises(UnsupportedError):
        words[0] = value
    with pytest.raises(UnsupportedError):
        words[0] = symbol("x", 9)
    with pytest.raises(UnsupportedError):
        words[0] = symbol("x", 8, signed=True)


class Record(NamedTuple):
    key: int
    valid: bool


def table() -> SymRecords[Record]:
    def make(fields: Mapping[str, int]) -> Record:
        return Record(fields["key"], fields["valid"] == 1)

    return SymRecords("table", LENGTH, {"key": 4, "valid": 1}, make)


class Table(list[Record]):
    """The concrete table."""

    def find(self, key: int) -> int | None:
        return next((i for i, record in enumerate(self) if matches(record, key)), None)

    def invalidate(self, key: int, keep: int) -> None:
        self[:] = [
            invalid(record) if i != keep and matches(record, key) else record
            for i, record in enumerate(self)
        ]


def matches(record: Record, key: int) -> bool:
    return record.valid and (record.key ^ key) & 0b1110 == 0


def invalid(record: Record) -> Record:
    return Record(record.key, False)


def program(records: "SymRecords[Record] | Table", key: int, other: int) -> tuple[str, int]:
    """Look a key up, change the table, look another one up."""
    if isinstance(records, Table):
        found = records.find(key)
    else:
        found = records.find(lambda index, record: matches(record, key))
    if found is None:
        found = 2
        records[found] = Record(key, True)
    if isinstance(records, Table):
        records.invalidate(other, found)
    else:
        kept = found
        records.update_all(lambda index, record: index != kept and matches(record, other), invalid)
    if isinstance(records, Table):
        again = records.find(other)
    else:
        again = records.find(lambda index, record: matches(record, other))
    return ("none", records[found].key) if again is None else ("some", records[again].key)


records_of_ints = st.lists(
    st.tuples(st.integers(0, 15), st.booleans()), min_size=LENGTH, max_size=LENGTH
)
PATHS: list[Path[tuple[str, int]]] = []


def all_paths() -> list[Path[tuple[str, int]]]:
    if not PATHS:
        PATHS.extend(explore(lambda: program(table(), symbol("key", 4), symbol("other", 4))))
    return PATHS


@settings(max_examples=60, deadline=None)
@given(records_of_ints, st.integers(0, 15), st.integers(0, 15))
def test_records_do_what_a_list_does(rows: list[tuple[int, bool]], key: int, other: int) -> None:
    """For every concrete table, what some path says is what the list does, whichever it found.

    Where several rows match the symbolic table may find any of them, so the result of the list must
    be among the paths' results; where at most one matches it is the only one.
    """
    concrete_table = Table(Record(*row) for row in rows)
    several = any(
        sum(matches(record, wanted) for record in concrete_table) > 1 for wanted in (key, other)
    )
    kind, value = program(concrete_table, key, other)
    state = land(
        eq(symbol("key", 4), key),
        eq(symbol("other", 4), other),
        *(
            land(eq(record.key, row[0]), eq(record.valid, row[1]))
            for record, row in zip((table()[i] for i in range(LENGTH)), rows, strict=True)
        ),
    )
    admitting = [path for path in all_paths() if path.find_complete(state) is not None]
    assert several or len(admitting) == 1
    results = [path.result for path in admitting if path.result is not None]
    assert any(
        said == kind and path.find_complete(state, eq(result, value)) is not None
        for path, (said, result) in zip(admitting, results, strict=True)
    )


def test_what_missed_once_is_not_found_later() -> None:
    key = symbol("key", 4)

    def run() -> tuple[bool, bool]:
        records = table()
        first = records.find(lambda index, record: matches(record, key))
        second = records.find(lambda index, record: matches(record, key))
        return first is None, second is None

    assert sorted(path.result or () for path in explore(run)) == [(False, False), (True, True)]


def test_a_miss_is_told_about_every_index_that_is_read() -> None:
    key, index = symbol("key", 4), symbol("i", 3)

    def run() -> bool:
        records = table()
        missed = records.find(lambda i, record: matches(record, key)) is None
        if index >= LENGTH or not missed:
            return False
        return matches(records[index], key)

    for path in explore(run):
        assert path.result is not None
        assert path.find(truth(path.result)) is None


def test_records_are_known_by_their_length() -> None:
    records = table()
    assert len(records) == LENGTH
    assert isinstance(records[0].key, SymInt)
    assert records.mentioned == [0]
