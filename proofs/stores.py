"""Stand-ins for lists and memories whose index is unknown.

`SymWords` takes the place of a `list[int]`, `SymRecords` of a list of records such as a TLB.
Neither truncates anything: a value that is not known to fit is refused, and an index beyond the end
raises IndexError as a list does.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import z3

from proofs import exact
from proofs.exact import Value
from proofs.explore import merged
from proofs.memo import remembered
from proofs.symbolic import (
    current,
    eq,
    fresh,
    fresh_below,
    from_bits,
    land,
    lnot,
    operand,
    truth,
)

R = TypeVar("R")


class SymWords:
    """`length` unknown words of `width` bits.

    Two stores of the same name begin with the same contents.
    """

    def __init__(self, name: str, index_bits: int, width: int, length: int | None = None) -> None:
        self.length = 1 << index_bits if length is None else length
        self._writes: list[tuple[int, int]] = []
        self._contents = [_unwritten(name, index_bits, width)]
        """The contents before the first write and after each."""

    def __getitem__(self, index: int) -> int:
        _check_index(index, self.length)
        for number in reversed(range(len(self._writes))):
            written, value = self._writes[number]
            same = written == index
            if same is True:
                return value
            if same is not False:  # only the solver knows
                return _read(self._contents[number + 1], operand(index))
        return _read(self._contents[0], operand(index))

    def __setitem__(self, index: int, value: int) -> None:
        _check_index(index, self.length)
        self._contents.append(_written(self._contents[-1], operand(index), operand(value)))
        self._writes.append((index, value))

    def __len__(self) -> int:
        return self.length

    @property
    def initial(self) -> z3.ArrayRef:
        """The contents before the first write, as a term."""
        return self._contents[0].array

    @property
    def array(self) -> z3.ArrayRef:
        """The contents as a term."""
        return self._contents[-1].array

    @property
    def written(self) -> tuple[int, ...]:
        """The indices written so far, oldest first."""
        return tuple(index for index, _ in self._writes)

    def unwritten(self) -> Iterator[int]:
        """Give the words as they were before the first write."""
        return (_read(self._contents[0], index) for index in range(self.length))

    @property
    def writes(self) -> tuple[tuple[int, int], ...]:
        """The indices and the values written so far, oldest first."""
        return tuple(self._writes)

    def copy(self) -> "SymWords":
        """Return a store with the same contents, independent of this one from now on."""
        twin = SymWords.__new__(SymWords)
        twin.length = self.length
        twin._writes, twin._contents = self._writes.copy(), self._contents.copy()
        return twin

    def equals(self, other: "SymWords") -> z3.BoolRef:
        """Say that the contents are the same.

        Stores that began as the same one need to agree only where something was written.
        """
        if not self.initial.eq(other.initial):
            return self.array == other.array
        return land(*(eq(self[index], other[index]) for index in (*self.written, *other.written)))


class _Contents:
    """What the words of a store are at one moment. Indices are known to lie within."""

    def __init__(self, array: z3.ArrayRef, index_bits: int, width: int) -> None:
        self.array = array
        self.index_bits = index_bits
        self.width = width


@remembered
def _unwritten(name: str, index_bits: int, width: int) -> _Contents:
    array = z3.Array(name, z3.BitVecSort(index_bits), z3.BitVecSort(width))
    return _Contents(array, index_bits, width)


@remembered
def _written(contents: _Contents, index: Value, value: Value) -> _Contents:
    bits = exact.low_bits(index, contents.index_bits), exact.fitting(value, contents.width)
    return _Contents(z3.Store(contents.array, *bits), contents.index_bits, contents.width)


@remembered
def _read(contents: _Contents, index: Value) -> int:
    return from_bits(z3.Select(contents.array, exact.low_bits(index, contents.index_bits)))


@dataclass(frozen=True)
class _Write(Generic[R]):
    index: int
    record: R


@dataclass(frozen=True)
class _Update(Generic[R]):
    """A change of every record that satisfies a predicate."""

    where: Callable[[int, R], bool]
    change: Callable[[R], R]


@dataclass(frozen=True)
class _Miss(Generic[R]):
    """A search which found nothing in the records as they were after the first `changes`."""

    where: Callable[[int, R], bool]
    changes: int


class SymRecords(Generic[R]):
    """`length` unknown records, each made of unsigned integers of the widths in `fields`.

    `make` builds a record from its fields by name.
    """

    def __init__(
        self,
        name: str,
        length: int,
        fields: Mapping[str, int],
        make: Callable[[Mapping[str, int]], R],
    ) -> None:
        index_bits = max((length - 1).bit_length(), 1)
        self.length = length
        self.fields = {
            field: SymWords(f"{name}.{field}", index_bits, width) for field, width in fields.items()
        }
        self._make = make
        self._initial: dict[Value, R] = {}
        self._log: list[_Write[R] | _Update[R]] = []
        self._misses: list[_Miss[R]] = []
        self.mentioned: list[int] = []
        """The indices that were read or written: nothing is known of the records elsewhere."""

    def __getitem__(self, index: int) -> R:
        self._mention(index)
        return self._read(index, len(self._log))

    def __setitem__(self, index: int, record: R) -> None:
        self._mention(index)
        self._log.append(_Write(index, record))

    def __len__(self) -> int:
        return self.length

    def update_all(self, where: Callable[[int, R], bool], change: Callable[[R], R]) -> None:
        """Change every record for which `where(index, record)` holds.

        Both functions are applied when a record is read: they must not depend on what the program
        changes in between.
        """
        self._log.append(_Update(where, change))

    def find(self, where: Callable[[int, R], bool]) -> int | None:
        """Return an index at which `where(index, record)` holds, or None if there is none.

        Forks in two. On a hit the index is any that satisfies. On a miss, the solver is told that
        the records at the indices mentioned before or later do not satisfy. At all others it need
        not know: nothing else constrains them, so they can always be chosen to miss, provided that
        some record satisfies none of the predicates searched for. The complete statement goes
        among the path's deferred facts.
        """
        if fresh("is_found", 1) == 1:
            index = fresh_below("found", self.length)
            self._mention(index)
            current().assume(self._satisfies(index, where, len(self._log)))
            return index
        miss = _Miss(where, len(self._log))
        for index in self.mentioned:
            current().assume(self._does_not(index, miss))
        self._misses.append(miss)
        current().defer(lambda: land(*(self._does_not(i, miss) for i in range(self.length))))
        return None

    def _mention(self, index: int) -> None:
        _check_index(index, self.length)
        self.mentioned.append(index)
        for miss in self._misses:
            current().assume(self._does_not(index, miss))

    def _satisfies(self, index: int, where: Callable[[int, R], bool], changes: int) -> z3.BoolRef:
        return truth(merged(lambda: where(index, self._read(index, changes))))

    def _does_not(self, index: int, miss: _Miss[R]) -> z3.BoolRef:
        return lnot(self._satisfies(index, miss.where, miss.changes))

    def _read(self, index: int, changes: int) -> R:
        """Return the record after the first `changes` changes."""
        for number in reversed(range(changes)):
            change = self._log[number]
            if isinstance(change, _Write):
                if change.index == index:
                    return change.record
            else:
                record = self._read(index, number)
                return change.change(record) if change.where(index, record) else record
        key = operand(index)
        if key not in self._initial:
            fields = {field: words[index] for field, words in self.fields.items()}
            self._initial[key] = self._make(fields)
        return self._initial[key]


def _check_index(index: int, length: int) -> None:
    if not 0 <= index < length:
        raise IndexError("index out of range")
