"""Multiply and divide instructions and the moves of HI and LO (MIPS IV manual, ALU)."""

from disco.bits import MASK32, MASK64, sext32, signed32, signed64
from disco.mips.availability import doubleword
from disco.mips.instruction import Chapter, Kind
from disco.mips.model import Level
from disco.mips.operands import word
from disco.mips.processor import Processor
from disco.mips.unpredictable import Unpredictable

chapter = Chapter("Multiplication and division")


def _quotient(dividend: int, divisor: int) -> int:
    """Divide, rounding towards zero."""
    quotient = abs(dividend) // abs(divisor)
    return -quotient if (dividend < 0) != (divisor < 0) else quotient


def _undefined_division(cpu: Processor) -> None:
    """Leave open what a division by zero puts into HI and LO (no exception is raised)."""
    open_value, what = cpu.inputs.unpredictable, Unpredictable.DIVIDE_BY_ZERO
    cpu.lo = open_value(what, cpu.lo) & MASK64
    cpu.hi = open_value(what, cpu.hi) & MASK64


@chapter("rs, rt", "000000 rs rt ..... ..... 011000", Level.I, Kind.COMPUTE)
def MULT(cpu: Processor, rs: int, rt: int) -> None:
    """Multiply signed words; HI and LO get the product's halves. UNPREDICTABLE: not words."""
    product = signed32(word(cpu, rs)) * signed32(word(cpu, rt))
    cpu.lo = sext32(product)
    cpu.hi = sext32(product >> 32)


@chapter("rs, rt", "000000 rs rt ..... ..... 011001", Level.I, Kind.COMPUTE)
def MULTU(cpu: Processor, rs: int, rt: int) -> None:
    """Multiply unsigned words; HI and LO get the product's halves. UNPREDICTABLE: not words."""
    product = (word(cpu, rs) & MASK32) * (word(cpu, rt) & MASK32)
    cpu.lo = sext32(product)
    cpu.hi = sext32(product >> 32)


@chapter("zero, rs, rt", "000000 rs rt ..... ..... 011010", Level.I, Kind.COMPUTE)
def DIV(cpu: Processor, rs: int, rt: int) -> None:
    """Divide signed words: LO the quotient rounded to zero, HI the remainder.

    UNPREDICTABLE: operands that are not words, division by zero.
    """
    dividend, divisor = signed32(word(cpu, rs)), signed32(word(cpu, rt))
    if divisor == 0:
        _undefined_division(cpu)
        return
    quotient = _quotient(dividend, divisor)
    cpu.lo = sext32(quotient)
    cpu.hi = sext32(dividend - quotient * divisor)


@chapter("zero, rs, rt", "000000 rs rt ..... ..... 011011", Level.I, Kind.COMPUTE)
def DIVU(cpu: Processor, rs: int, rt: int) -> None:
    """Divide unsigned words: LO the quotient, HI the remainder.

    UNPREDICTABLE: operands that are not words, division by zero.
    """
    dividend, divisor = word(cpu, rs) & MASK32, word(cpu, rt) & MASK32
    if divisor == 0:
        _undefined_division(cpu)
        return
    cpu.lo = sext32(dividend // divisor)
    cpu.hi = sext32(dividend % divisor)


@chapter("rs, rt", "000000 rs rt ..... ..... 011100", Level.III, Kind.COMPUTE, guard=doubleword)
def DMULT(cpu: Processor, rs: int, rt: int) -> None:
    """Multiply signed doublewords into HI and LO. Exceptions: Reserved Instruction."""
    product = signed64(cpu.gpr[rs]) * signed64(cpu.gpr[rt])
    cpu.lo = product & MASK64
    cpu.hi = (product >> 64) & MASK64


@chapter("rs, rt", "000000 rs rt ..... ..... 011101", Level.III, Kind.COMPUTE, guard=doubleword)
def DMULTU(cpu: Processor, rs: int, rt: int) -> None:
    """Multiply unsigned doublewords into HI and LO. Exceptions: Reserved Instruction."""
    product = cpu.gpr[rs] * cpu.gpr[rt]
    cpu.lo = product & MASK64
    cpu.hi = product >> 64


@chapter(
    "zero, rs, rt", "000000 rs rt ..... ..... 011110", Level.III, Kind.COMPUTE, guard=doubleword
)
def DDIV(cpu: Processor, rs: int, rt: int) -> None:
    """Divide signed doublewords: LO the quotient rounded to zero, HI the remainder.

    Exceptions: Reserved Instruction. UNPREDICTABLE: division by zero.
    """
    dividend, divisor = signed64(cpu.gpr[rs]), signed64(cpu.gpr[rt])
    if divisor == 0:
        _undefined_division(cpu)
        return
    quotient = _quotient(dividend, divisor)
    cpu.lo = quotient & MASK64
    cpu.hi = (dividend - quotient * divisor) & MASK64


@chapter(
    "zero, rs, rt", "000000 rs rt ..... ..... 011111", Level.III, Kind.COMPUTE, guard=doubleword
)
def DDIVU(cpu: Processor, rs: int, rt: int) -> None:
    """Divide unsigned doublewords: LO the quotient, HI the remainder.

    Exceptions: Reserved Instruction. UNPREDICTABLE: division by zero.
    """
    dividend, divisor = cpu.gpr[rs], cpu.gpr[rt]
    if divisor == 0:
        _undefined_division(cpu)
        return
    cpu.lo = dividend // divisor
    cpu.hi = dividend % divisor


@chapter("rd", "000000 ..... ..... rd ..... 010000", Level.I, Kind.COMPUTE)
def MFHI(cpu: Processor, rd: int) -> None:
    """Move HI to rd. HI and LO interlock: see the policy on HI/LO hazards (ISA-HAZARD)."""
    cpu.gpr[rd] = cpu.hi


@chapter("rs", "000000 rs ..... ..... ..... 010001", Level.I, Kind.COMPUTE)
def MTHI(cpu: Processor, rs: int) -> None:
    """Move rs to HI. LO keeps its value (ISA-HAZARD)."""
    cpu.hi = cpu.gpr[rs]


@chapter("rd", "000000 ..... ..... rd ..... 010010", Level.I, Kind.COMPUTE)
def MFLO(cpu: Processor, rd: int) -> None:
    """Move LO to rd."""
    cpu.gpr[rd] = cpu.lo


@chapter("rs", "000000 rs ..... ..... ..... 010011", Level.I, Kind.COMPUTE)
def MTLO(cpu: Processor, rs: int) -> None:
    """Move rs to LO. HI keeps its value (ISA-HAZARD)."""
    cpu.lo = cpu.gpr[rs]
