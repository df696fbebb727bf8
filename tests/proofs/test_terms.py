"""Terms and their folded constants agree with integers, exhaustively for small widths."""

from collections.abc import Callable
from itertools import product

import pytest
import z3

from proofs import terms
from proofs.terms import Bits

WIDTH = 3
VALUES = range(1 << WIDTH)
MASK = (1 << WIDTH) - 1


def both(value: int, width: int = WIDTH) -> tuple[Bits, Bits]:
    """The value as a constant, and as a term."""
    return value, z3.BitVec(f"v{value}", width)


def value_of(bits: Bits, width: int) -> int:
    """The value of terms over v0, v1, ..., each of which is what its name says."""
    if isinstance(bits, int):
        assert 0 <= bits < 1 << width
        return bits
    assert bits.size() == width
    solver = z3.SimpleSolver()
    for value in VALUES:
        solver.add(z3.BitVec(f"v{value}", WIDTH) == value)
    assert solver.check() == z3.sat
    number = solver.model().eval(bits, model_completion=True)
    assert isinstance(number, z3.BitVecNumRef)
    return number.as_long()


OPERATIONS: dict[str, tuple[Callable[[Bits, Bits, int], Bits], Callable[[int, int], int]]] = {
    "add": (terms.add, lambda a, b: a + b & MASK),
    "subtract": (terms.subtract, lambda a, b: a - b & MASK),
    "multiply": (terms.multiply, lambda a, b: a * b & MASK),
    "and": (terms.bitwise_and, lambda a, b: a & b),
    "or": (terms.bitwise_or, lambda a, b: a | b),
    "xor": (terms.bitwise_xor, lambda a, b: a ^ b),
    "concat": (lambda a, b, width: terms.concat(a, width, b, width), lambda a, b: a << WIDTH | b),
}


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_binary_operations(name: str) -> None:
    operation, expected = OPERATIONS[name]
    width = 2 * WIDTH if name == "concat" else WIDTH
    for a, b in product(VALUES, repeat=2):
        for x, y in product(both(a), both(b)):
            assert value_of(operation(x, y, WIDTH), width) == expected(a, b)


def test_parts_and_extensions() -> None:
    for value in VALUES:
        for bits in both(value):
            for low in range(WIDTH):
                for count in range(1, WIDTH - low + 1):
                    part = terms.extract(bits, WIDTH, low, count)
                    assert value_of(part, count) == value >> low & (1 << count) - 1
            assert value_of(terms.zero_extend(bits, 2), WIDTH + 2) == value
            extended = value | (0b11000 if value & 0b100 else 0)
            assert value_of(terms.sign_extend(bits, WIDTH, 2), WIDTH + 2) == extended


def test_choice_and_equality() -> None:
    for a, b in product(VALUES, repeat=2):
        for x, y in product(both(a), both(b)):
            assert value_of(terms.choose(z3.BoolVal(True), x, y, WIDTH), WIDTH) == a
            assert value_of(terms.choose(z3.BoolVal(False), x, y, WIDTH), WIDTH) == b
            same = terms.equal(x, y, WIDTH)
            if isinstance(same, bool):
                assert same == (a == b)
            else:
                assert value_of(z3.If(same, z3.BitVecVal(1, 1), z3.BitVecVal(0, 1)), 1) == (a == b)
