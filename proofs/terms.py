"""Bit-vector terms of a known width, with constants folded before z3 sees them.

A `Bits` is either a constant, held as its unsigned Python value, or a z3 bit-vector term. Its width
is always passed beside it, because a constant does not carry one.
"""

from functools import lru_cache

import z3

Bits = int | z3.BitVecRef


@lru_cache(maxsize=65536)
def _numeral(value: int, width: int) -> z3.BitVecRef:
    return z3.BitVecVal(value, width)


def term(bits: Bits, width: int) -> z3.BitVecRef:
    """`bits` as a z3 term."""
    return _numeral(bits, width) if isinstance(bits, int) else bits


def extract(bits: Bits, width: int, low: int, count: int) -> Bits:
    """The `count` bits of `bits` from bit `low` upwards."""
    if isinstance(bits, int):
        return bits >> low & (1 << count) - 1
    if count == width:
        return bits
    return z3.Extract(low + count - 1, low, bits)


def zero_extend(bits: Bits, extra: int) -> Bits:
    """`bits` with `extra` zeros in front."""
    return bits if isinstance(bits, int) else z3.ZeroExt(extra, bits)


def sign_extend(bits: Bits, width: int, extra: int) -> Bits:
    """`bits` with `extra` copies of its top bit in front."""
    if not isinstance(bits, int):
        return z3.SignExt(extra, bits)
    return bits | ((1 << extra) - 1 << width if bits >> width - 1 else 0)


def concat(high: Bits, high_width: int, low: Bits, low_width: int) -> Bits:
    """`high` in front of `low`."""
    if isinstance(high, int):
        if isinstance(low, int):
            return high << low_width | low
        if high == 0:
            return z3.ZeroExt(high_width, low)
    return z3.Concat(term(high, high_width), term(low, low_width))


def add(a: Bits, b: Bits, width: int) -> Bits:
    """The sum modulo 2**width."""
    if isinstance(a, int) and isinstance(b, int):
        return a + b & (1 << width) - 1
    if isinstance(b, int) and b == 0:
        return a
    if isinstance(a, int) and a == 0:
        return b
    return term(a, width) + term(b, width)


def subtract(a: Bits, b: Bits, width: int) -> Bits:
    """The difference modulo 2**width."""
    if isinstance(b, int):
        return add(a, -b & (1 << width) - 1, width)
    return term(a, width) - b


def multiply(a: Bits, b: Bits, width: int) -> Bits:
    """The product modulo 2**width."""
    if isinstance(a, int):
        a, b = b, a
    if isinstance(b, int):
        if isinstance(a, int):
            return a * b & (1 << width) - 1
        if b <= 1:
            return a if b else 0
    return term(a, width) * term(b, width)


def bitwise_and(a: Bits, b: Bits, width: int) -> Bits:
    """Bit by bit and."""
    if isinstance(a, int):
        a, b = b, a
    if isinstance(b, int):
        if isinstance(a, int):
            return a & b
        if b == 0 or b == (1 << width) - 1:
            return a if b else 0
    return term(a, width) & term(b, width)


def bitwise_or(a: Bits, b: Bits, width: int) -> Bits:
    """Bit by bit inclusive or."""
    if isinstance(a, int):
        a, b = b, a
    if isinstance(b, int):
        if isinstance(a, int):
            return a | b
        if b == 0 or b == (1 << width) - 1:
            return b or a
    return term(a, width) | term(b, width)


def bitwise_xor(a: Bits, b: Bits, width: int) -> Bits:
    """Bit by bit exclusive or."""
    if isinstance(a, int):
        a, b = b, a
    if isinstance(b, int):
        if isinstance(a, int):
            return a ^ b
        if b == 0:
            return a
        if b == (1 << width) - 1:
            return ~a
    return term(a, width) ^ term(b, width)


def choose(condition: z3.BoolRef, a: Bits, b: Bits, width: int) -> Bits:
    """`a` where the condition holds, else `b`."""
    if a is b or (isinstance(a, int) and isinstance(b, int) and a == b):
        return a
    return z3.If(condition, term(a, width), term(b, width))


def equal(a: Bits, b: Bits, width: int) -> bool | z3.BoolRef:
    """Whether the two are equal; decided here when that needs no solver."""
    if isinstance(a, int) and isinstance(b, int):
        return a == b
    a_term, b_term = term(a, width), term(b, width)
    return True if a_term.eq(b_term) else a_term == b_term
