"""Unknown integers, exactly: bounds, and bits on demand.

An `Exact` stands for one unknown integer. It carries bounds (`lo <= value <= hi`) and makes the
bits of the value's two's complement form when they are asked for. The bounds grow with every
operation, so no result is ever truncated unless it is masked, as with a Python int; a result that
can have one value only *is* that Python int. Asking for bits on demand keeps the terms small: the
low 64 bits of a 65-bit sum are one 64-bit addition, a field of a composed word is the field itself.

The operations are those of `int`, on operands of which at least one is unknown. Nothing here
decides a branch: a zero divisor or a negative shift count must have been excluded by the caller.
"""

from collections.abc import Callable

import z3

from proofs import terms
from proofs.terms import Bits

MAX_SHIFT = 4096
"""The largest shift to the left that is carried out, in bits."""

_ALWAYS_ZERO = 1 << 30
"""The number of low bits that are 0 in the integer 0: more than any width."""


class EngineError(Exception):
    """The proof engine cannot answer. Never an outcome of the program under proof."""


class UnsupportedError(EngineError):
    """An operation that a symbolic value cannot carry out exactly."""


class Exact:
    """An unknown integer between `lo` and `hi`, where `lo < hi`.

    `build(low, count)` makes the `count` bits from bit `low` upwards of the value's two's
    complement form of `width` bits; it is never asked for bits beyond the width. `zeros` is a
    number of low bits that are known to be 0.
    """

    __slots__ = ("_build", "_parts", "hi", "lo", "unflipped", "width", "zeros")

    def __init__(self, lo: int, hi: int, build: Callable[[int, int], Bits], zeros: int = 0) -> None:
        self.lo = lo
        self.hi = hi
        self.width = _width(lo, hi)
        self.zeros = zeros
        self.unflipped: tuple[Value, int] | None = None
        """(x, sign) if this was made as `x ^ sign`; see `subtract`."""
        self._build = build
        self._parts: dict[tuple[int, int], Bits] = {}

    def part(self, low: int, count: int) -> Bits:
        """Return the `count` bits from bit `low` upwards, the sign going on without end."""
        key = (low, count)
        bits = self._parts.get(key)
        if bits is None:
            bits = self._parts[key] = self._make_part(low, count)
        return bits

    def _make_part(self, low: int, count: int) -> Bits:
        inside = min(count, self.width - low)
        if inside == count:
            return self._build(low, count)
        if self.lo >= 0:
            return terms.zero_extend(self.part(low, inside), count - inside) if inside > 0 else 0
        if inside > 0:
            return terms.sign_extend(self.part(low, inside), inside, count - inside)
        return terms.sign_extend(self.part(self.width - 1, 1), 1, count - 1)


Value = int | Exact
"""An integer, known or not."""


def part(value: Value, low: int, count: int) -> Bits:
    """Return the `count` bits of the two's complement form from bit `low` upwards."""
    if isinstance(value, int):
        return (value >> low) & ((1 << count) - 1)
    return value.part(low, count)


def low_bits(value: Value, width: int) -> z3.BitVecRef:
    """Return the value modulo 2**width as a term."""
    return terms.term(part(value, 0, width), width)


def fitting(value: Value, width: int) -> z3.BitVecRef:
    """Return the term of a value that is known to lie in range(2**width), or refuse to."""
    lo, hi = bounds(value)
    if lo < 0 or hi.bit_length() > width:
        raise UnsupportedError(f"a value from {lo} to {hi} as {width} unsigned bits: mask it")
    return low_bits(value, width)


def bounds(value: Value) -> tuple[int, int]:
    """Return the least and the greatest integer that the value may be."""
    return (value, value) if isinstance(value, int) else (value.lo, value.hi)


def unknown(bits: z3.BitVecRef, signed: bool) -> Exact:
    """Return the integer with these bits, read as unsigned or as two's complement."""
    width = bits.size()
    lo = -(1 << (width - 1)) if signed else 0
    return Exact(lo, lo + (1 << width) - 1, _slices(bits, width))


def unknown_below(bits: z3.BitVecRef, bound: int) -> Value:
    """Return the integer with these bits, which the caller knows to be less than `bound`."""
    return _make(0, bound - 1, _slices(bits, bits.size()))


def choose(condition: z3.BoolRef, a: Value, b: Value) -> Value:
    """Return `a` where the condition holds, else `b`."""
    if a is b:
        return a
    (a_lo, a_hi), (b_lo, b_hi) = bounds(a), bounds(b)
    return _make(
        min(a_lo, b_lo),
        max(a_hi, b_hi),
        lambda low, count: terms.choose(condition, part(a, low, count), part(b, low, count), count),
        min(_zeros(a), _zeros(b)),
    )


# Comparisons


def equal(a: Value, b: Value) -> bool | z3.BoolRef:
    """Tell whether `a == b`."""
    if a is b:
        return True
    (a_lo, a_hi), (b_lo, b_hi) = bounds(a), bounds(b)
    if a_lo > b_hi or b_lo > a_hi:
        return False
    if isinstance(a, int) and isinstance(b, int):
        return True
    low, width = min(_zeros(a), _zeros(b)), _width(min(a_lo, b_lo), max(a_hi, b_hi))
    for number, other in ((a, b), (b, a)):
        if isinstance(number, int) and _zeros(number) < _zeros(other):
            return False
    return terms.equal(part(a, low, width - low), part(b, low, width - low), width - low)


def less(a: Value, b: Value) -> bool | z3.BoolRef:
    """Tell whether `a < b`."""
    (a_lo, a_hi), (b_lo, b_hi) = bounds(a), bounds(b)
    if a_hi < b_lo:
        return True
    if a_lo >= b_hi or a is b:
        return False
    if isinstance(a, Exact) and isinstance(b, int) and b == 0:
        return terms.term(a.part(a.width - 1, 1), 1) == 1
    width = _width(min(a_lo, b_lo), max(a_hi, b_hi))
    a_bits, b_bits = low_bits(a, width), low_bits(b, width)
    return a_bits < b_bits if min(a_lo, b_lo) < 0 else z3.ULT(a_bits, b_bits)


# Arithmetic


def add(a: Value, b: Value) -> Value:
    """Return `a + b`."""
    if _disjoint(a, b):
        return _join(a, b)
    if _disjoint(b, a):
        return _join(b, a)
    (a_lo, a_hi), (b_lo, b_hi) = bounds(a), bounds(b)

    def build(low: int, count: int) -> Bits:
        width = low + count
        total = terms.add(part(a, 0, width), part(b, 0, width), width)
        return terms.extract(total, width, low, count)

    return _make(a_lo + b_lo, a_hi + b_hi, build, min(_zeros(a), _zeros(b)))


def subtract(a: Value, b: Value) -> Value:
    """Return `a - b`.

    `(x ^ sign) - sign`, the usual sign extension, needs no subtraction: it is x read as signed.
    """
    if a is b:
        return 0
    if isinstance(a, Exact) and isinstance(b, int):
        if b == 0:
            return a
        if a.unflipped is not None and a.unflipped[1] == b:
            return _read_as_signed(a.unflipped[0], b)
    (a_lo, a_hi), (b_lo, b_hi) = bounds(a), bounds(b)

    def build(low: int, count: int) -> Bits:
        width = low + count
        difference = terms.subtract(part(a, 0, width), part(b, 0, width), width)
        return terms.extract(difference, width, low, count)

    return _make(a_lo - b_hi, a_hi - b_lo, build, min(_zeros(a), _zeros(b)))


def multiply(a: Value, b: Value) -> Value:
    """Return `a * b`."""
    (a_lo, a_hi), (b_lo, b_hi) = bounds(a), bounds(b)
    corners = (a_lo * b_lo, a_lo * b_hi, a_hi * b_lo, a_hi * b_hi)

    def build(low: int, count: int) -> Bits:
        width = low + count
        product = terms.multiply(part(a, 0, width), part(b, 0, width), width)
        return terms.extract(product, width, low, count)

    return _make(min(corners), max(corners), build, _zeros(a) + _zeros(b))


def floor_divide(a: Value, b: Value) -> Value:
    """Return `a // b`, rounded towards minus infinity, for `b != 0`."""
    if isinstance(b, int) and b > 0 and b & (b - 1) == 0:
        return shift_right(a, b.bit_length() - 1)
    (a_lo, a_hi), (b_lo, b_hi) = bounds(a), bounds(b)
    if a_lo >= 0 and b_lo >= 0:
        unsigned = _width(0, max(a_hi, b_hi))
        return _whole(
            a_lo // b_hi,
            a_hi // max(b_lo, 1),
            unsigned,
            lambda: z3.UDiv(low_bits(a, unsigned), low_bits(b, unsigned)),
        )
    largest = max(abs(a_lo), abs(a_hi))
    width = _width(min(-largest, b_lo), max(largest, b_hi))

    def quotient() -> z3.BitVecRef:
        dividend, divisor = low_bits(a, width), low_bits(b, width)
        truncated, remainder = dividend / divisor, z3.SRem(dividend, divisor)
        inexact_and_negative = z3.And(remainder != 0, (remainder < 0) != (divisor < 0))
        return z3.If(inexact_and_negative, truncated - 1, truncated)

    return _whole(-largest, largest, width, quotient)


def modulo(a: Value, b: Value) -> Value:
    """Return `a % b`, which has the sign of `b`, for `b != 0`."""
    if isinstance(b, int) and b > 0 and b & (b - 1) == 0:
        return _modulo_power(a, b.bit_length() - 1)
    (a_lo, a_hi), (b_lo, b_hi) = bounds(a), bounds(b)
    width = _width(min(a_lo, b_lo), max(a_hi, b_hi))
    if a_lo >= 0 and b_lo >= 0:
        return _whole(
            0,
            min(a_hi, b_hi - 1),
            width,
            lambda: z3.URem(low_bits(a, width), low_bits(b, width)),
        )
    return _whole(
        min(b_lo + 1, 0),
        max(b_hi - 1, 0),
        width,
        lambda: low_bits(a, width) % low_bits(b, width),
    )


def absolute(a: Value) -> Value:
    """Return `abs(a)`."""
    negative = less(a, 0)
    if isinstance(negative, bool):
        return subtract(0, a) if negative else a
    lo, hi = bounds(a)
    opposite = subtract(0, a)
    return _make(
        0,
        max(-lo, hi),
        lambda low, count: terms.choose(
            negative, part(opposite, low, count), part(a, low, count), count
        ),
    )


# Bits


def bitwise_and(a: Value, b: Value) -> Value:
    """Return `a & b`."""
    if isinstance(a, int):
        a, b = b, a
    if isinstance(b, int):
        return _mask(a, b)
    (a_lo, a_hi), (b_lo, b_hi) = bounds(a), bounds(b)
    highest = [hi for lo, hi in ((a_lo, a_hi), (b_lo, b_hi)) if lo >= 0]
    return _make(
        0 if highest else _least(a_lo, b_lo),
        min(highest) if highest else max(a_hi, b_hi),
        lambda low, count: terms.bitwise_and(part(a, low, count), part(b, low, count), count),
        max(_zeros(a), _zeros(b)),
    )


def bitwise_or(a: Value, b: Value) -> Value:
    """Return `a | b`."""
    if _disjoint(a, b):
        return _join(a, b)
    if _disjoint(b, a):
        return _join(b, a)
    (a_lo, a_hi), (b_lo, b_hi) = bounds(a), bounds(b)
    return _make(
        max(a_lo, b_lo) if a_lo >= 0 and b_lo >= 0 else _least(a_lo, b_lo),
        _greatest(a_lo, a_hi, b_lo, b_hi),
        lambda low, count: terms.bitwise_or(part(a, low, count), part(b, low, count), count),
        min(_zeros(a), _zeros(b)),
    )


def bitwise_xor(a: Value, b: Value) -> Value:
    """Return `a ^ b`."""
    if a is b:
        return 0
    if isinstance(a, int):
        a, b = b, a
    if isinstance(b, int) and b == -1:
        return invert(a)
    sign = _sign_of_field(a, b)
    if not sign and _disjoint(a, b):
        return _join(a, b)
    if not sign and _disjoint(b, a):
        return _join(b, a)
    (a_lo, a_hi), (b_lo, b_hi) = bounds(a), bounds(b)
    nonnegative = a_lo >= 0 and b_lo >= 0
    result = _make(
        0 if nonnegative else -1 - _greatest(a_lo, a_hi, b_lo, b_hi),
        _greatest(a_lo, a_hi, b_lo, b_hi),
        lambda low, count: terms.bitwise_xor(part(a, low, count), part(b, low, count), count),
        min(_zeros(a), _zeros(b)),
    )
    if sign and isinstance(result, Exact):
        result.unflipped = a, sign
    return result


def invert(a: Value) -> Value:
    """Return `~a`."""
    lo, hi = bounds(a)
    return _make(
        ~hi,
        ~lo,
        lambda low, count: terms.bitwise_xor(part(a, low, count), (1 << count) - 1, count),
    )


def shift_left(a: Value, amount: Value) -> Value:
    """Return `a << amount`; raises `UnsupportedError` beyond `MAX_SHIFT`."""
    lo, hi = bounds(a)
    least, most = _bounds_of_amount(amount)
    if most > MAX_SHIFT:
        raise UnsupportedError(f"a shift to the left by up to {most} bits: mask the amount")
    if isinstance(amount, int):
        return _make(lo << amount, hi << amount, _moved_up(a, amount), _zeros(a) + amount)

    def build(low: int, count: int) -> Bits:
        width = max(low + count, most.bit_length())
        shifted = low_bits(a, width) << low_bits(amount, width)
        return terms.extract(shifted, width, low, count)

    return _make(
        lo << (most if lo < 0 else least), hi << (least if hi < 0 else most), build, _zeros(a)
    )


def shift_right(a: Value, amount: Value) -> Value:
    """Return `a >> amount`."""
    lo, hi = bounds(a)
    least, most = _bounds_of_amount(amount)
    result = lo >> (least if lo < 0 else most), hi >> (most if hi < 0 else least)
    if isinstance(amount, int):
        zeros = max(_zeros(a) - amount, 0)
        return _make(*result, lambda low, count: part(a, low + amount, count), zeros)
    width = max(_width(lo, hi), most.bit_length())

    def shifted() -> z3.BitVecRef:
        bits, distance = low_bits(a, width), low_bits(amount, width)
        return bits >> distance if lo < 0 else z3.LShR(bits, distance)

    return _whole(*result, width, shifted)


# How the results are made


def _make(lo: int, hi: int, build: Callable[[int, int], Bits], zeros: int = 0) -> Value:
    if lo == hi:
        return lo
    result = Exact(lo, hi, build, zeros)
    return result if zeros < result.width else 0


def _slices(bits: z3.BitVecRef, width: int) -> Callable[[int, int], Bits]:
    return lambda low, count: terms.extract(bits, width, low, count)


def _whole(lo: int, hi: int, width: int, make: Callable[[], z3.BitVecRef]) -> Value:
    """Make an integer by an operation on all `width` bits, of which `lo` to `hi` may need fewer."""
    made: list[z3.BitVecRef] = []

    def build(low: int, count: int) -> Bits:
        if not made:
            made.append(make())
        return terms.extract(made[0], width, low, count)

    return _make(lo, hi, build)


def _width(lo: int, hi: int) -> int:
    """Return the bits that hold every integer from lo to hi, signed if lo is negative."""
    if lo >= 0:
        return max(hi.bit_length(), 1)
    return max(hi.bit_length(), (~lo).bit_length()) + 1


def _least(a_lo: int, b_lo: int) -> int:
    """Return a lower bound of a bitwise operation on integers of which one may be negative."""
    return -1 << (~min(a_lo, b_lo, -1)).bit_length()


def _greatest(a_lo: int, a_hi: int, b_lo: int, b_hi: int) -> int:
    """Return an upper bound of `a | b` and `a ^ b`: every bit that is in use."""
    used = max((~lo if lo < 0 else 0) | max(hi, 0) for lo, hi in ((a_lo, a_hi), (b_lo, b_hi)))
    return (1 << used.bit_length()) - 1


def _zeros(value: Value) -> int:
    if isinstance(value, Exact):
        return value.zeros
    return (value & -value).bit_length() - 1 if value else _ALWAYS_ZERO


def _bounds_of_amount(amount: Value) -> tuple[int, int]:
    """Return the bounds of a shift count, which the caller knows not to be negative."""
    least, most = bounds(amount)
    return max(least, 0), most


def _disjoint(a: Value, b: Value) -> bool:
    """Tell whether `b` lies within the low bits of `a` that are known to be 0."""
    lo, hi = bounds(b)
    return lo >= 0 and hi.bit_length() <= _zeros(a)


def _join(a: Value, b: Value) -> Value:
    """Return `a + b`, which is also `a | b` and `a ^ b`, of disjoint integers."""
    if isinstance(a, int) and a == 0:
        return b
    if isinstance(b, int) and b == 0:
        return a
    (a_lo, a_hi), (b_lo, b_hi) = bounds(a), bounds(b)
    split = _zeros(a)

    def build(low: int, count: int) -> Bits:
        if low >= split:
            return part(a, low, count)
        if low + count <= split:
            return part(b, low, count)
        above, below = low + count - split, split - low
        return terms.concat(part(a, split, above), above, part(b, low, below), below)

    return _make(a_lo + b_lo, a_hi + b_hi, build, _zeros(b))


def _sign_of_field(a: Value, b: Value) -> int:
    """Return `b` if it is a power of two and the top bit of a field which holds `a`, else 0."""
    lo, hi = bounds(a)
    if isinstance(b, int) and b > 0 and b & (b - 1) == 0 and lo >= 0 and hi < 2 * b:
        return b
    return 0


def _read_as_signed(a: Value, sign: int) -> Value:
    """Return the field `a`, whose top bit is `sign`, read as two's complement."""
    if bounds(a)[1] < sign:
        return a
    return _make(-sign, sign - 1, lambda low, count: part(a, low, count), _zeros(a))


def _modulo_power(a: Value, width: int) -> Value:
    lo, hi = bounds(a)
    if lo >= 0 and hi.bit_length() <= width:
        return a
    return _make(0, (1 << width) - 1, lambda low, count: part(a, low, count), _zeros(a))


def _mask(a: Value, mask: int) -> Value:
    """Return `a & mask`; a run of ones is a field, moved back to its place."""
    if mask in (0, -1):
        return a if mask else 0
    zeros = _zeros(mask)
    run = mask >> zeros
    if run == -1:
        return shift_left(shift_right(a, zeros), zeros)
    if run & (run + 1) == 0:
        return shift_left(_modulo_power(shift_right(a, zeros), run.bit_length()), zeros)
    lo, hi = bounds(a)
    if mask > 0:
        least, most = 0, min(hi, mask) if lo >= 0 else mask
    else:
        least, most = 0 if lo >= 0 else _least(lo, mask), hi
    return _make(
        least,
        most,
        lambda low, count: terms.bitwise_and(part(a, low, count), part(mask, low, count), count),
        max(_zeros(a), zeros),
    )


def _moved_up(a: Value, amount: int) -> Callable[[int, int], Bits]:
    def build(low: int, count: int) -> Bits:
        if low >= amount:
            return part(a, low - amount, count)
        if low + count <= amount:
            return 0
        above, below = low + count - amount, amount - low
        return terms.concat(part(a, 0, above), above, 0, below)

    return build
