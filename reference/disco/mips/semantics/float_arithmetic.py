"""Floating-point arithmetic, conversions and compares, by name (MIPS IV manual, FPU).

Each raises Unimplemented Operation, which the architecture lets a processor do for any operation
that it leaves to software (R10000 15.6).
"""

from disco.mips.availability import coprocessor1, mips4_float
from disco.mips.fpr import unimplemented
from disco.mips.instruction import Chapter, Kind
from disco.mips.model import Level
from disco.mips.processor import Processor
from disco.mips.semantics.float_move import float4

chapter = Chapter("Floating-point arithmetic")

_S, _D, _W, _L = ("S", "10000"), ("D", "10001"), ("W", "10100"), ("L", "10101")
_CONDITIONS = (
    "F", "UN", "EQ", "UEQ", "OLT", "ULT", "OLE", "ULE",
    "SF", "NGLE", "SEQ", "NGL", "LT", "NGE", "LE", "NGT",
)  # fmt: skip


def unimplemented_operation(cpu: Processor, *fields: int) -> None:
    """Raise Unimplemented Operation (Floating Point with FCR31.Cause.E)."""
    raise unimplemented(cpu)


def _binary(name: str, function: str) -> None:
    for fmt, code in (_S, _D):
        chapter(
            "fd, fs, ft", f"010001 {code} ft fs fd {function}", Level.I, Kind.FLOAT_ARITHMETIC,
            guard=coprocessor1, name=f"{name}.{fmt}",
        )(unimplemented_operation)  # fmt: skip


def _unary(
    name: str,
    function: str,
    level: Level,
    formats: tuple[tuple[str, str], ...] = (_S, _D),
) -> None:
    for fmt, code in formats:
        chapter(
            "fd, fs", f"010001 {code} ..... fs fd {function}", level, Kind.FLOAT_ARITHMETIC,
            guard=float4 if level is Level.IV else coprocessor1, name=f"{name}.{fmt}",
        )(unimplemented_operation)  # fmt: skip


def _multiply_add(name: str, operation: str) -> None:
    for fmt, code in (("S", "000"), ("D", "001")):
        chapter(
            "fd, fr, fs, ft", f"010011 fr ft fs fd {operation} {code}", Level.IV,
            Kind.FLOAT_ARITHMETIC, guard=mips4_float, name=f"{name}.{fmt}",
        )(unimplemented_operation)  # fmt: skip


def _compare(name: str, number: int) -> None:
    for fmt, code in (_S, _D):
        chapter(
            "[cc, ]fs, ft", f"010001 {code} ft fs cc .. 11 {number:04b}", Level.I,
            Kind.FLOAT_ARITHMETIC, guard=coprocessor1, name=f"C.{name}.{fmt}",
        )(unimplemented_operation)  # fmt: skip


for _name, _function in (
    ("ADD", "000000"),
    ("SUB", "000001"),
    ("MUL", "000010"),
    ("DIV", "000011"),
):
    _binary(_name, _function)
_unary("SQRT", "000100", Level.II)
_unary("ABS", "000101", Level.I)
_unary("NEG", "000111", Level.I)
for _name, _function in (
    ("ROUND.L", "001000"), ("TRUNC.L", "001001"), ("CEIL.L", "001010"), ("FLOOR.L", "001011"),
):  # fmt: skip
    _unary(_name, _function, Level.III)
for _name, _function in (
    ("ROUND.W", "001100"), ("TRUNC.W", "001101"), ("CEIL.W", "001110"), ("FLOOR.W", "001111"),
):  # fmt: skip
    _unary(_name, _function, Level.II)
_unary("RECIP", "010101", Level.IV)
_unary("RSQRT", "010110", Level.IV)
_unary("CVT.S", "100000", Level.I, (_D, _W))
_unary("CVT.S", "100000", Level.III, (_L,))
_unary("CVT.D", "100001", Level.I, (_S, _W))
_unary("CVT.D", "100001", Level.III, (_L,))
_unary("CVT.W", "100100", Level.I)
_unary("CVT.L", "100101", Level.III)
for _number, _name in enumerate(_CONDITIONS):
    _compare(_name, _number)
for _name, _operation in (("MADD", "100"), ("MSUB", "101"), ("NMADD", "110"), ("NMSUB", "111")):
    _multiply_add(_name, _operation)
