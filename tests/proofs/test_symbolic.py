"""The symbolic integer does what Python's int does, or refuses."""

import copy
import math
import operator
from collections.abc import Callable, Sequence
from typing import NamedTuple, cast

import pytest
import z3
from hypothesis import example, given, settings
from hypothesis import strategies as st

from proofs.exact import MAX_SHIFT, EngineError, UnsupportedError
from proofs.explore import Path, explore
from proofs.symbolic import (
    Bool,
    Int,
    SymBool,
    SymInt,
    as_bool,
    as_int,
    bits_of,
    concrete,
    eq,
    fresh,
    fresh_below,
    from_bits,
    implies,
    ite,
    land,
    lnot,
    lor,
    symbol,
    truth,
)

Binary = Callable[[int, int], int]

BINARY: dict[str, Binary] = {
    name: getattr(operator, name)
    for name in (
        *("add", "sub", "mul", "floordiv", "mod", "and_", "or_", "xor", "lshift", "rshift"),
        *("lt", "le", "gt", "ge", "eq", "ne"),
    )
}
BINARY["div"] = lambda a, b: divmod(a, b)[0]
BINARY["select"] = lambda a, b: a if a else b
UNARY: dict[str, Callable[[int], int]] = {
    "neg": operator.neg,
    "pos": operator.pos,
    "abs": abs,
    "invert": operator.invert,
    "not": lambda a: not a,
}
MASKS = (0, 1, 0xFF, 0xFFFF_FFFF, (1 << 64) - 1, 0x1FFF, 0x7FFF_F000, -4, -1, 0xF0F0, -0x1001)


class Variable(NamedTuple):
    width: int
    signed: bool
    value: int

    def symbol(self, name: str) -> int:
        return symbol(name, self.width, self.signed)

    def known_as(self, name: str) -> z3.BoolRef:
        return z3.BitVec(name, self.width) == z3.BitVecVal(self.value, self.width)


@st.composite
def variables(draw: st.DrawFn) -> Variable:
    width = draw(st.one_of(st.sampled_from((1, 5, 16, 32, 64)), st.integers(1, 130)))
    signed = draw(st.booleans())
    lo = -(1 << (width - 1)) if signed else 0
    hi = lo + (1 << width) - 1
    return Variable(width, signed, draw(st.sampled_from((lo, hi)) | st.integers(lo, hi)))


constants = st.sampled_from(MASKS) | st.integers(-(2**70), 2**70)

# An expression is a variable's number, a constant in a list, or an operator with its operands.
Expression = int | list[int] | tuple[str, "Expression"] | tuple[str, "Expression", "Expression"]

expressions: st.SearchStrategy[Expression] = st.recursive(
    st.integers(0, 2) | st.lists(constants, min_size=1, max_size=1),
    lambda inner: (
        st.tuples(st.sampled_from(sorted(BINARY)), inner, inner)
        | st.tuples(st.sampled_from(sorted(UNARY)), inner)
        | st.tuples(st.just("and_"), inner, st.sampled_from(MASKS).map(lambda mask: [mask]))
        | st.tuples(
            st.sampled_from(("lshift", "rshift")), inner, st.integers(0, 40).map(lambda k: [k])
        )
    ),
    max_leaves=8,
)


def evaluate(expression: Expression, values: Sequence[int]) -> int:
    if isinstance(expression, int):
        return values[expression]
    if isinstance(expression, list):
        return expression[0]
    if len(expression) == 2:
        return UNARY[expression[0]](evaluate(expression[1], values))
    a, b = evaluate(expression[1], values), evaluate(expression[2], values)
    if expression[0] == "lshift":
        b = b % 100 - 2  # a bounded amount, sometimes negative
    return BINARY[expression[0]](a, b)


def outcome(run: Callable[[], int]) -> int | str:
    """The result, or the text of the error that Python's own int raises."""
    try:
        return run()
    except (ZeroDivisionError, ValueError) as error:
        return type(error).__name__


@settings(max_examples=600, deadline=None)
@given(expressions, st.tuples(variables(), variables(), variables()))
@example(("sub", ("xor", ("and_", 0, [0xFF]), [0x80]), [0x80]), (Variable(8, False, 0x9C),) * 3)
@example(("floordiv", 0, 1), (Variable(8, True, -128), Variable(8, True, -1)) * 2)
@example(("mod", 0, 1), (Variable(8, True, -7), Variable(8, True, 3)) * 2)
@example(("add", ("lshift", 0, [12]), ("and_", 1, [0xFFF])), (Variable(20, False, 7),) * 3)
@example(("lt", 0, [0]), (Variable(7, True, -1),) * 3)
def test_every_expression_is_exact(expression: Expression, values: tuple[Variable, ...]) -> None:
    expected = outcome(lambda: evaluate(expression, [v.value for v in values]))
    known = [v.known_as(f"x{i}") for i, v in enumerate(values)]
    symbols = [v.symbol(f"x{i}") for i, v in enumerate(values)]
    (path,) = explore(lambda: outcome(lambda: evaluate(expression, symbols)), known)
    assert path.result is not None
    assert concrete(path.result, path.model) == expected
    if isinstance(path.result, SymInt):  # what is known without asking the solver must be true
        number = path.result.exact
        assert isinstance(expected, int)
        assert number.lo <= expected <= number.hi
        assert expected % (1 << number.zeros) == 0
        extended = path.result & ((1 << 300) - 1)
        assert concrete(extended, path.model) == expected & ((1 << 300) - 1)


@settings(max_examples=150, deadline=None)
@given(
    variables(),
    variables(),
    st.booleans(),
    st.integers(0, 140),
    st.integers(1, 140),
)
def test_terms_are_exact(a: Variable, b: Variable, condition: bool, low: int, count: int) -> None:
    def run() -> list[Int | Bool]:
        x, y = a.symbol("a"), b.symbol("b")
        c = as_bool(z3.Bool("c"))
        mask = (1 << count) - 1
        return [
            ite(c, x, y),
            ite(c, x < y, y < x),
            from_bits(bits_of((x >> low) & mask, count)),
            from_bits(bits_of(x & mask, count), signed=True),
            as_bool(eq(x, y)),
            as_bool(land(c, truth(x < y))),
            as_bool(lor(c, truth(x < y))),
            as_bool(lnot(c)),
            as_bool(implies(c, truth(x == y))),
            c + x,
            (x < y) ^ c,
            (x < y) | c,
            (x < y) & c,
            True & (x < y),
            (x < y) | x,
            (x < y) ^ x,
            (x < y) & x,
            ite(True, x, y),
            ite(False, x, y),
            ite(c, x, x),
            x if divmod(100, (y & 7) + 1) == (100 // ((y & 7) + 1), 100 % ((y & 7) + 1)) else y,
            x & y & ~y,
            (x << 8) & (y & 0xFF),
            (x << 70) + ((y & 0xF) << 66) + 5,
            ((x << 70) | 0x3F) * ((y << 3) & 0xF8),
            ((x << 9) ^ 0x1FF) - (y << 9),
            abs(-abs(x) - 1),
            (0 - x) // 16,
        ]

    x, y, c = a.value, b.value, condition
    field = (x >> low) & ((1 << count) - 1)
    whole = x & ((1 << count) - 1)
    expected = [
        x if c else y,
        x < y if c else y < x,
        field,
        whole - ((whole >> (count - 1)) << count),
        x == y,
        c and x < y,
        c or x < y,
        not c,
        not c or x == y,
        c + x,
        (x < y) ^ c,
        (x < y) | c,
        (x < y) & c,
        x < y,
        (x < y) | x,
        (x < y) ^ x,
        (x < y) & x,
        x,
        y,
        x,
        x,
        0,
        0,
        (x << 70) + ((y & 0xF) << 66) + 5,
        ((x << 70) | 0x3F) * ((y << 3) & 0xF8),
        ((x << 9) ^ 0x1FF) - (y << 9),
        abs(x) + 1,
        -x // 16,
    ]
    facts = [a.known_as("a"), b.known_as("b"), z3.Bool("c") == condition]
    (path,) = explore(run, facts)
    assert path.result is not None
    assert [concrete(value, path.model) for value in path.result] == expected


PATTERNS: list[Callable[[int, int], int]] = [
    lambda x, y: x % 8,
    lambda x, y: y % 4,
    lambda x, y: y // 4,
    lambda x, y: x ^ -1,
    lambda x, y: -1 ^ y,
    lambda x, y: (x & 7) | (y << 3),
    lambda x, y: (y << 4) | x,
    lambda x, y: (x & 7) + (y << 3),
    lambda x, y: (x & 7) ^ (y << 3),
    lambda x, y: (y << 4) ^ x,
    lambda x, y: ((y << 4) | x) >> 5,
    lambda x, y: ((y << 4) | x) >> 2,
    lambda x, y: ((y << 4) | x) & 0x3C,
    lambda x, y: ((y << 4) | x) & 3,
    lambda x, y: (x ^ 8) - 8,
    lambda x, y: ((x & 7) ^ 8) - 8,
    lambda x, y: ((x & 7) ^ 4) - 4,
    lambda x, y: ((x ^ 8) - 8) & 0xFFFF,
    lambda x, y: (x ^ 8) - 4,
    lambda x, y: (x << 4) & 0xF0F,
    lambda x, y: (x << 4) & y,
    lambda x, y: (x << 4) * (y << 2),
    lambda x, y: x & -4,
    lambda x, y: y & -4,
    lambda x, y: y & ~2,
    lambda x, y: y & 5,
    lambda x, y: x | y,
    lambda x, y: x ^ y,
    lambda x, y: x & y,
    lambda x, y: ~x & ~y,
    lambda x, y: (x << 2) == 6,
    lambda x, y: (x << 2) == (y << 2),
    lambda x, y: operator.eq(0, x << 2),
    lambda x, y: y < 0,
    lambda x, y: operator.le(0, y),
    lambda x, y: ((x << 4) + y) & 0xF,
    lambda x, y: divmod(x, 3)[1],
    lambda x, y: x > y,
    lambda x, y: x << (y & 3),
    lambda x, y: y << (x & 3),
    lambda x, y: y >> x,
    lambda x, y: x >> (y & 3),
    lambda x, y: abs(y) * abs(x - 8),
    lambda x, y: 100 // (x + 1),
    lambda x, y: y // (x - 20),
    lambda x, y: y % (x - 20),
    lambda x, y: -x % (y + 5),
]


def test_patterns_are_exact_for_all_values() -> None:
    """Whatever is recognised and built in a shorter way, for every value of small operands."""
    symbols = symbol("x", 4), symbol("y", 3, signed=True)
    (path,) = explore(lambda: [pattern(*symbols) for pattern in PATTERNS])
    assert path.result is not None
    for x in range(16):
        for y in range(-4, 4):
            model = path.find(eq(symbols[0], x), eq(symbols[1], y))
            assert model is not None
            found = [concrete(value, model) for value in path.result]
            assert found == [pattern(x, y) for pattern in PATTERNS]


def test_constants_fold_to_python_ints() -> None:
    x = symbol("x", 8)
    folded: list[tuple[object, object]] = [
        (x - x, 0),
        (x ^ x, 0),
        (x & 0, 0),
        (x >> 8, 0),
        (x * 0, 0),
        ((x << 4) & 0xF, 0),
        (x == x, True),
        (x == 256, False),
        (x < 256, True),
        (x >= 0, True),
        (x > 255, False),
        ((x << 2) == 5, False),
        (0 * x + 7, 7),
        ((x & 1) // 2, 0),
    ]
    assert z3.is_true(eq(1 << 70, 2 << 69))
    for value, expected in folded:
        assert type(value) is type(expected)
        assert value == expected


def test_masks_and_shifts_are_parts_of_the_same_term() -> None:
    bits = z3.BitVec("x", 64)
    x = from_bits(bits)
    assert bits_of((x >> 21) & 31, 5).eq(z3.Extract(25, 21, bits))
    assert bits_of((x + 1) & (2**64 - 1), 64).eq(bits + 1)
    assert bits_of((((x & 0xFFFF) ^ 0x8000) - 0x8000) & (2**64 - 1), 64).eq(
        z3.SignExt(48, z3.Extract(15, 0, bits))
    )
    assert bits_of(((x >> 12 << 12) | (x & 0xFFF)) & 0xFFF, 12).eq(z3.Extract(11, 0, bits))
    assert (x & (2**64 - 1)) is x or bits_of(x & (2**64 - 1), 64).eq(bits)


REFUSED: dict[str, Callable[[int], object]] = {
    "hash": hash,
    "int": int,
    "float": float,
    "complex": complex,
    "str": str,
    "format": lambda x: f"{x}",
    "percent format": lambda x: "%d" % x,  # noqa: UP031
    "format specification": lambda x: f"{x:#x}",
    "hex": hex,
    "chr": chr,
    "round": round,
    "trunc": math.trunc,
    "floor": math.floor,
    "ceil": math.ceil,
    "sqrt": math.sqrt,
    "power": lambda x: x**2,
    "reflected power": lambda x: 2**x,
    "modular power": lambda x: pow(x, 2, 7),
    "true division": lambda x: x / 2,
    "reflected true division": lambda x: 2 / x,
    "list index": lambda x: [1, 2][x],
    "list slice": lambda x: [1, 2][:x],
    "list store": lambda x: operator.setitem([1, 2], x, 0),
    "bytes index": lambda x: b"12"[x],
    "bytes": lambda x: bytes([x]),
    "range": range,
    "list repetition": lambda x: [0] * x,
    "dictionary key": lambda x: {1: 2}[x],
    "dictionary get": lambda x: {1: 2}.get(x),
    "set member": lambda x: x in {1, 2},
    "bit_length": lambda x: x.bit_length(),
    "to_bytes": lambda x: x.to_bytes(8, "big"),
    "real": lambda x: x.real,
    "float operand": lambda x: x + 1.0,
    "float comparison": lambda x: x == 1.0,
    "text comparison": lambda x: x == "1",  # type: ignore[comparison-overlap]
    "none comparison": lambda x: x == None,  # noqa: E711
    "reflected float": lambda x: 1.0 * x,
    "huge shift": lambda x: 1 << x,
    "unmasked bits": lambda x: bits_of(x, 63),
    "negative bits": lambda x: bits_of(-x, 80),
    "iteration": lambda x: list(x),  # type: ignore[call-overload]
    "pickle": lambda x: copy.copy([x]) and x.__reduce_ex__(2),
}


@pytest.mark.parametrize("what", sorted(REFUSED))
def test_whatever_is_not_exact_is_refused(what: str) -> None:
    with pytest.raises(UnsupportedError):
        list(explore(lambda: REFUSED[what](symbol("x", 64))))


@pytest.mark.parametrize("what", sorted(REFUSED.keys() - {"huge shift", "unmasked bits"}))
def test_whatever_is_not_exact_is_refused_of_truth_values(what: str) -> None:
    with pytest.raises(UnsupportedError):
        list(explore(lambda: REFUSED[what](as_bool(z3.Bool("b")))))


def test_every_operator_of_int_is_carried_out_or_refused() -> None:
    """A special method of int that a symbolic value lacked would fall back to something else."""
    about_the_object = {
        *("__new__", "__init__", "__init_subclass__", "__subclasshook__", "__doc__", "__class__"),
        *("__getattribute__", "__setattr__", "__delattr__", "__dir__", "__sizeof__", "__reduce__"),
        *("__getnewargs__", "__getstate__"),
    }
    for name in set(dir(int)) - about_the_object:
        if name.startswith("__"):
            for kind in (SymInt, SymBool):
                owner = next(base for base in kind.__mro__ if name in vars(base))
                assert owner is not object, f"{kind.__name__}.{name}"


def test_unknown_shift_amounts_are_bounded() -> None:
    amount = symbol("n", 13)
    with pytest.raises(UnsupportedError, match="8191 bits"):
        list(explore(lambda: 1 << amount))
    with pytest.raises(UnsupportedError, match="4097 bits"):
        list(explore(lambda: amount << (MAX_SHIFT + 1)))
    (path,) = explore(lambda: 1 << (amount & (MAX_SHIFT - 1)), [z3.BitVec("n", 13) == 4095])
    assert path.result is not None
    assert concrete(path.result, path.model) == 1 << 4095


def test_copies_are_the_value_itself() -> None:
    state = {"x": symbol("x", 8), "b": as_bool(z3.Bool("b"))}
    again = copy.deepcopy(state)
    assert again["x"] is state["x"]
    assert copy.copy(state["b"]) is state["b"]


def test_a_branch_needs_an_exploration() -> None:
    with pytest.raises(EngineError, match="outside of an exploration"):
        bool(symbol("x", 8) < 3)


def test_fresh_values_have_their_bounds_and_new_names() -> None:
    def run() -> tuple[int, int, int, int]:
        return fresh("k", 8), fresh("k", 8), fresh_below("n", 48), fresh_below("one", 1)

    (path,) = explore(run)
    assert path.result is not None
    first, second, below, zero = path.result
    assert path.find(lnot(eq(first, second))) is not None
    assert path.find(eq(below, 47)) is not None
    assert below < 48
    assert path.find(lnot(z3.ULT(z3.BitVec("n!0", 6), 48))) is None
    assert zero == 0


def test_a_model_must_determine_the_value() -> None:
    class Undetermined:
        def eval(self, term: z3.BitVecRef, model_completion: bool) -> z3.BitVecRef:
            return term

    with pytest.raises(EngineError, match="does not determine x"):
        concrete(symbol("x", 8), cast(z3.ModelRef, Undetermined()))


def test_python_containers_compare_exactly() -> None:
    """Tuples and `in` use == and then the truth: an exact fork."""

    def paths(run: Callable[[], bool]) -> list[Path[bool]]:
        return list(explore(run))

    x = symbol("x", 8)
    assert sorted(bool(path.result) for path in paths(lambda: x in (3, 5))) == [False, True, True]
    assert sorted(bool(path.result) for path in paths(lambda: (x, 1) == (3, 1))) == [False, True]
    assert [path.result for path in paths(lambda: x in range(0))] == [False]


def test_repr_shows_no_value() -> None:
    assert repr(symbol("x", 8)) == "<SymInt 0..255>"
    assert repr(as_bool(z3.Bool("b"))) == "<SymBool>"
    assert as_int(3) == 3
