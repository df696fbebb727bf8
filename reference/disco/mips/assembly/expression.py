"""Expressions of the assembler: C's operators and precedence on 64-bit two's complement numbers.

Division is signed and truncates; `>>` shifts in zeros. `%hi`, `%lo`, `%higher` and `%highest` give
the 16-bit parts that `lui` and signed additions put together again.
"""

from collections.abc import Callable, Sequence

from disco.bits import MASK64, sext16, signed64
from disco.mips.assembly.tokens import Token, TokenKind, number, string

Lookup = Callable[[Token], int]
"""Gives the value of a symbol, or raises AssemblyError."""

_PRECEDENCE = (("|",), ("^",), ("&",), ("<<", ">>"), ("+", "-"), ("*", "/", "%"))
_PARTS = {
    "%lo": (0, 0),
    "%hi": (16, 0x8000),
    "%higher": (32, 0x8000_8000),
    "%highest": (48, 0x8000_8000_8000),
}
"""For each part how far to the right it lies, and what the parts below it carry into it."""
_DEEPEST = 50


def evaluate(tokens: Sequence[Token], lookup: Lookup) -> int:
    """Give the value of the expression that `tokens` (the last is END) are, as 64 bits.

    Raises AssemblyError where they are none.
    """
    reader = _Reader(tokens, lookup)
    value = reader.binary(0)
    if reader.next.kind is not TokenKind.END:
        raise reader.next.error(f"{reader.next} does not continue the expression")
    return value


def _combine(operator: Token, left: int, right: int) -> int:
    match operator.text:
        case "|":
            return left | right
        case "^":
            return left ^ right
        case "&":
            return left & right
        case "+":
            return (left + right) & MASK64
        case "-":
            return (left - right) & MASK64
        case "*":
            return (left * right) & MASK64
        case "<<" | ">>" if right > 63:
            raise operator.error("a shift is by 0 to 63 bits")
        case "<<":
            return (left << right) & MASK64
        case ">>":
            return left >> right
    if right == 0:
        raise operator.error("division by zero")
    dividend, divisor = signed64(left), signed64(right)
    quotient = abs(dividend) // abs(divisor)
    if (dividend < 0) != (divisor < 0):
        quotient = -quotient
    return (quotient if operator.text == "/" else dividend - quotient * divisor) & MASK64


class _Reader:
    """Reads an expression by recursive descent, evaluating as it goes."""

    def __init__(self, tokens: Sequence[Token], lookup: Lookup) -> None:
        self.tokens = tokens
        self.lookup = lookup
        self.position = 0
        self.depth = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.position]

    def take(self) -> Token:
        token = self.next
        self.position += 1
        return token

    def binary(self, level: int) -> int:
        """Read operands joined by the operators of `level` and tighter ones."""
        if level == len(_PRECEDENCE):
            return self.unary()
        value = self.binary(level + 1)
        while self.next.text in _PRECEDENCE[level]:
            operator = self.take()
            value = _combine(operator, value, self.binary(level + 1))
        return value

    def unary(self) -> int:
        signs = []
        while self.next.text in ("-", "+", "~"):
            signs.append(self.take().text)
        value = self.primary()
        for sign in reversed(signs):
            if sign == "-":
                value = -value & MASK64
            elif sign == "~":
                value ^= MASK64
        return value

    def primary(self) -> int:
        token = self.next
        if token.kind is TokenKind.END:
            raise token.error("a value is missing")
        self.take()
        if token.kind is TokenKind.NUMBER:
            return number(token)
        if token.kind is TokenKind.CHARACTER:
            return int.from_bytes(string(token))
        if token.kind is TokenKind.NAME:
            return self.lookup(token)
        if token.kind is TokenKind.PART:
            shift, carry = _PARTS[token.text]
            return sext16((self.parenthesis() + carry) >> shift)
        if token.text == "(":
            self.position -= 1
            return self.parenthesis()
        raise token.error(f"{token} is not a value")

    def parenthesis(self) -> int:
        opening = self.take()
        if opening.text != "(":
            raise opening.error(f"'(' is missing before {opening}")
        self.depth += 1
        if self.depth > _DEEPEST:
            raise opening.error(f"more than {_DEEPEST} parentheses are open")
        value = self.binary(0)
        if self.next.text != ")":
            raise self.next.error(f"')' is missing before {self.next}")
        self.take()
        self.depth -= 1
        return value
