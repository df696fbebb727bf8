"""Symbolic integers that behave exactly as Python's `int` does.

A `SymInt` goes wherever the reference's types say `int`, a `SymBool` wherever they say `bool`. All
operators of `int` work and are exact (see `proofs.exact`); an `if` on a symbolic condition asks the
current `Decider` (see `proofs.explore`) which way to go. Whatever cannot be carried out exactly
raises `UnsupportedError`: no value is ever picked silently.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NoReturn, Protocol, TypeVar, cast

import z3

from proofs import exact
from proofs.exact import EngineError, Exact, UnsupportedError, Value
from proofs.memo import Term, remembered

T = TypeVar("T")


class Decider(Protocol):
    """Whoever decides the branches of the running program."""

    def decide(self, condition: z3.BoolRef) -> bool:
        """Say which way a branch goes."""

    def assume(self, fact: z3.BoolRef) -> None:
        """Restrict the path to the states where `fact` holds."""

    def defer(self, fact: Callable[[], z3.BoolRef]) -> None:
        """Restrict the path to the states where the fact holds, but keep it from the solver.

        The caller vouches that every state of the path, but for the part that the fact is about,
        can be completed so that it holds.
        """

    def fresh_name(self, stem: str) -> str:
        """Return a name that is new on this path, and the same at every execution of it."""


_decider: ContextVar[Decider] = ContextVar("decider")


def current() -> Decider:
    """Return the decider of the running exploration."""
    try:
        return _decider.get()
    except LookupError:
        raise EngineError("a symbolic value was used outside of an exploration") from None


@contextmanager
def deciding(decider: Decider) -> Iterator[None]:
    """Let `decider` decide the branches taken in the body."""
    token = _decider.set(decider)
    try:
        yield
    finally:
        _decider.reset(token)


# The operators


def operand(value: object) -> Value:
    """Return the integer that an operand is; raise `UnsupportedError` if it is not one."""
    if isinstance(value, SymInt):
        return value.exact
    if isinstance(value, int):
        return int(value)
    if isinstance(value, SymBool):
        return exact.choose(value.term, 1, 0)
    raise UnsupportedError(f"a symbolic value together with a {type(value).__name__}")


def _integer(value: Value) -> "Int":
    return value if isinstance(value, int) else SymInt(value)


def _boolean(value: bool | z3.BoolRef) -> "Bool":
    return value if isinstance(value, bool) else SymBool(value)


Operation = Callable[[Value, Value], Value]
Guard = Callable[[Value], None]
Method = Callable[["_Number", object], "Int"]


def _operator(operation: Operation, check: Guard | None = None) -> tuple[Method, Method]:
    """Make the method of an operator and its reflection; `check` looks at the right operand."""

    @remembered
    def carried_out(a: Value, b: Value) -> "Int":
        return _integer(operation(a, b))

    def method(self: "_Number", other: object) -> "Int":
        right = operand(other)
        if check is not None:
            check(right)
        return carried_out(operand(self), right)

    def reflected(self: "_Number", other: object) -> "Int":
        right = operand(self)
        if check is not None:
            check(right)
        return carried_out(operand(other), right)

    return method, reflected


@remembered
def _equal(a: Value, b: Value) -> "Bool":
    return _boolean(exact.equal(a, b))


@remembered
def _less(a: Value, b: Value) -> "Bool":
    return _boolean(exact.less(a, b))


def _refuse_zero(divisor: Value) -> None:
    if _equal(divisor, 0):
        raise ZeroDivisionError("integer division or modulo by zero")


def _refuse_negative(amount: Value) -> None:
    if _less(amount, 0):
        raise ValueError("negative shift count")


def _refused(operation: str) -> Callable[..., NoReturn]:
    def method(self: object, *operands: object) -> NoReturn:
        raise UnsupportedError(f"{operation} of a symbolic value")

    return method


class _Number:
    """The operators of `int`, for symbolic integers and, as in Python, for truth values."""

    __slots__ = ()

    __add__, __radd__ = _operator(exact.add)
    __sub__, __rsub__ = _operator(exact.subtract)
    __mul__, __rmul__ = _operator(exact.multiply)
    __floordiv__, __rfloordiv__ = _operator(exact.floor_divide, _refuse_zero)
    __mod__, __rmod__ = _operator(exact.modulo, _refuse_zero)
    __and__, __rand__ = _operator(exact.bitwise_and)
    __or__, __ror__ = _operator(exact.bitwise_or)
    __xor__, __rxor__ = _operator(exact.bitwise_xor)
    __lshift__, __rlshift__ = _operator(exact.shift_left, _refuse_negative)
    __rshift__, __rrshift__ = _operator(exact.shift_right, _refuse_negative)

    def __divmod__(self, other: object) -> tuple["Int", "Int"]:
        return self // other, self % other

    def __rdivmod__(self, other: object) -> tuple["Int", "Int"]:
        return self.__rfloordiv__(other), self.__rmod__(other)

    def __neg__(self) -> "Int":
        return _integer(exact.subtract(0, operand(self)))

    def __pos__(self) -> "Int":
        return _integer(operand(self))

    def __abs__(self) -> "Int":
        return _integer(exact.absolute(operand(self)))

    def __invert__(self) -> "Int":
        return _integer(exact.invert(operand(self)))

    def __lt__(self, other: object) -> "Bool":
        return _less(operand(self), operand(other))

    def __gt__(self, other: object) -> "Bool":
        return _less(operand(other), operand(self))

    def __le__(self, other: object) -> "Bool":
        return negation(self > other)

    def __ge__(self, other: object) -> "Bool":
        return negation(self < other)

    # The results below are not of the types that `object` promises: that is what makes an `if` ask.

    def __eq__(self, other: object) -> "Bool":  # type: ignore[override]
        return _equal(operand(self), operand(other))

    def __ne__(self, other: object) -> "Bool":  # type: ignore[override]
        return negation(self == other)

    __hash__ = _refused("the hash")
    __str__ = __format__ = _refused("the text")
    __reduce_ex__ = _refused("a pickle")
    __index__ = _refused("a sequence's index, a range or bytes")
    __int__ = __trunc__ = __floor__ = __ceil__ = __round__ = _refused("the concrete value")
    __float__ = __complex__ = __truediv__ = __rtruediv__ = _refused("a floating-point number")
    __pow__ = __rpow__ = _refused("a power")
    __matmul__ = __rmatmul__ = _refused("a matrix product")
    __len__ = __iter__ = __getitem__ = __contains__ = __call__ = _refused("the elements")

    def __getattr__(self, name: str) -> NoReturn:
        raise UnsupportedError(f"attribute {name!r} of a symbolic value")

    def __copy__(self) -> "_Number":
        return self

    def __deepcopy__(self, memo: object) -> "_Number":
        return self


class SymInt(_Number):
    """An unknown integer."""

    __slots__ = ("exact",)

    def __init__(self, exact: Exact) -> None:
        self.exact = exact

    def __bool__(self) -> bool:
        return bool(self != 0)

    def __repr__(self) -> str:
        return f"<SymInt {self.exact.lo}..{self.exact.hi}>"


class SymBool(_Number):
    """An unknown truth value."""

    __slots__ = ("opposite", "term")

    def __init__(self, term: z3.BoolRef) -> None:
        self.term = term
        self.opposite: SymBool | None = None
        """The negation, once it was asked for."""

    def __bool__(self) -> bool:
        return current().decide(self.term)

    # As Python's bool: two truth values give a truth value, anything else an integer.

    def __and__(self, other: object) -> "Int | Bool":  # type: ignore[override]
        if isinstance(other, bool | SymBool):
            return value_of(land(self, other))
        return super().__and__(other)

    def __or__(self, other: object) -> "Int | Bool":  # type: ignore[override]
        if isinstance(other, bool | SymBool):
            return value_of(lor(self, other))
        return super().__or__(other)

    def __xor__(self, other: object) -> "Int | Bool":  # type: ignore[override]
        if isinstance(other, bool | SymBool):
            return self != other
        return super().__xor__(other)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__  # type: ignore[assignment]

    def __repr__(self) -> str:
        return "<SymBool>"


Int = int | SymInt
Bool = bool | SymBool
Condition = bool | SymBool | z3.BoolRef


# Making symbolic values, and passing them where the types say `int`


def as_int(value: Int) -> int:
    """Pass a symbolic integer where the types say `int`: the engine's own cast."""
    return cast(int, value)


def as_bool(condition: Condition) -> bool:
    """Pass a condition where the types say `bool`."""
    return cast(bool, value_of(condition))


def from_bits(bits: z3.BitVecRef, signed: bool = False) -> int:
    """Return the integer whose bits are given, read as unsigned or as two's complement."""
    return as_int(SymInt(exact.unknown(bits, signed)))


def symbol(name: str, width: int, signed: bool = False) -> int:
    """Return the unknown integer of this name; the same name is the same unknown."""
    return as_int(_unknown(name, width, signed))


@remembered
def _unknown(name: str, width: int, signed: bool) -> SymInt:
    return SymInt(exact.unknown(z3.BitVec(name, width), signed))


def fresh(stem: str, width: int, signed: bool = False) -> int:
    """Return a new unknown integer of `width` bits on the path being explored."""
    return symbol(current().fresh_name(stem), width, signed)


def fresh_below(stem: str, bound: int) -> int:
    """Return a new unknown integer in range(bound) on the path being explored."""
    value, fact = _unknown_below(current().fresh_name(stem), bound)
    current().assume(fact)
    return as_int(value)


@remembered
def _unknown_below(name: str, bound: int) -> tuple[Int, z3.BoolRef]:
    width = max((bound - 1).bit_length(), 1)
    bits = z3.BitVec(name, width)
    fact = z3.ULT(bits, bound) if bound < 1 << width else z3.BoolVal(True)
    return _integer(exact.unknown_below(bits, bound)), fact


# Terms, for ports and claims: none of these forks the path


def bits_of(value: Int, width: int) -> z3.BitVecRef:
    """Return the term of a value that is known to lie in range(2**width).

    Raises `UnsupportedError` if it may not: mask it first where the modulus is meant.
    """
    return exact.fitting(operand(value), width)


def truth(condition: Condition) -> z3.BoolRef:
    """Return the term of a condition."""
    if isinstance(condition, SymBool):
        return condition.term
    return z3.BoolVal(condition) if isinstance(condition, bool) else condition


def value_of(condition: Condition) -> Bool:
    """Return a condition as the truth value that a program sees."""
    if isinstance(condition, bool | SymBool):
        return condition
    if z3.is_true(condition) or z3.is_false(condition):
        return z3.is_true(condition)
    return SymBool(condition)


def negation(condition: Bool) -> Bool:
    """Return the opposite truth value."""
    if isinstance(condition, bool):
        return not condition
    if condition.opposite is None:
        condition.opposite = SymBool(lnot(condition))
        condition.opposite.opposite = condition
    return condition.opposite


def eq(a: Int, b: Int) -> z3.BoolRef:
    """Say that two integers (or truth values) are equal."""
    return truth(_equal(operand(a), operand(b)))


def land(*conditions: Condition) -> z3.BoolRef:
    """Say that all the conditions hold."""
    parts = [part for part in map(truth, conditions) if not z3.is_true(part)]
    if any(map(z3.is_false, parts)):
        return z3.BoolVal(False)
    if len(parts) < 2:
        return parts[0] if parts else z3.BoolVal(True)
    return z3.And(*parts)


def lor(*conditions: Condition) -> z3.BoolRef:
    """Say that at least one of the conditions holds."""
    parts = [part for part in map(truth, conditions) if not z3.is_false(part)]
    if any(map(z3.is_true, parts)):
        return z3.BoolVal(True)
    if len(parts) < 2:
        return parts[0] if parts else z3.BoolVal(False)
    return z3.Or(*parts)


def lnot(condition: Condition) -> z3.BoolRef:
    """Say that the condition does not hold."""
    term = truth(condition)
    if z3.is_true(term) or z3.is_false(term):
        return z3.BoolVal(z3.is_false(term))
    return term.arg(0) if z3.is_not(term) else z3.Not(term)


def implies(condition: Condition, conclusion: Condition) -> z3.BoolRef:
    """Say that the conclusion holds wherever the condition does."""
    return lor(lnot(condition), conclusion)


def ite(condition: Condition, a: Int, b: Int) -> int:
    """Return `a` where the condition holds, else `b`; two truth values give a truth value."""
    decided = value_of(condition)
    if isinstance(decided, bool):
        return as_int(a if decided else b)
    if isinstance(a, bool | SymBool) and isinstance(b, bool | SymBool):
        return as_bool(_chosen_truth(Term(decided.term), Term(truth(a)), Term(truth(b))))
    return as_int(_chosen(Term(decided.term), operand(a), operand(b)))


@remembered
def _chosen(condition: Term, a: Value, b: Value) -> Int:
    return _integer(exact.choose(condition.term, a, b))


@remembered
def _chosen_truth(condition: Term, a: Term, b: Term) -> Bool:
    return value_of(land(implies(condition.term, a.term), lor(condition.term, b.term)))


def concrete(value: T, model: z3.ModelRef) -> T:
    """Evaluate an integer or a truth value in a model; return anything else as it is."""
    if isinstance(value, SymBool):
        return cast(T, z3.is_true(model.eval(value.term, model_completion=True)))
    if not isinstance(value, SymInt):
        return value
    number = value.exact
    bits = model.eval(exact.low_bits(number, number.width), model_completion=True)
    if not isinstance(bits, z3.BitVecNumRef):
        raise EngineError(f"the model does not determine {bits}")
    return cast(T, bits.as_signed_long() if number.lo < 0 else bits.as_long())
