"""Shift instructions (MIPS IV manual, shift instructions)."""

from disco.bits import MASK32, MASK64, sext32, signed32, signed64
from disco.mips.availability import doubleword
from disco.mips.instruction import Chapter, Kind
from disco.mips.model import Level
from disco.mips.operands import word
from disco.mips.processor import Processor

chapter = Chapter("Shifts")


@chapter("rd, rt, sa", "000000 ..... rt rd sa 000000", Level.I, Kind.COMPUTE)
def SLL(cpu: Processor, rt: int, rd: int, sa: int) -> None:
    """Shift the low word left by sa. Any rt is allowed: sa = 0 sign-extends its low word."""
    cpu.gpr[rd] = sext32(cpu.gpr[rt] << sa)


@chapter("rd, rt, sa", "000000 ..... rt rd sa 000010", Level.I, Kind.COMPUTE)
def SRL(cpu: Processor, rt: int, rd: int, sa: int) -> None:
    """Shift a word right by sa, zeros in. UNPREDICTABLE: rt not a word."""
    cpu.gpr[rd] = sext32((word(cpu, rt) & MASK32) >> sa)


@chapter("rd, rt, sa", "000000 ..... rt rd sa 000011", Level.I, Kind.COMPUTE)
def SRA(cpu: Processor, rt: int, rd: int, sa: int) -> None:
    """Shift a word right by sa, sign in. UNPREDICTABLE: rt not a word."""
    cpu.gpr[rd] = (signed32(word(cpu, rt)) >> sa) & MASK64


@chapter("rd, rt, rs", "000000 rs rt rd ..... 000100", Level.I, Kind.COMPUTE)
def SLLV(cpu: Processor, rs: int, rt: int, rd: int) -> None:
    """Shift the low word left by rs bits 4:0. Any rt is allowed."""
    cpu.gpr[rd] = sext32(cpu.gpr[rt] << (cpu.gpr[rs] & 31))


@chapter("rd, rt, rs", "000000 rs rt rd ..... 000110", Level.I, Kind.COMPUTE)
def SRLV(cpu: Processor, rs: int, rt: int, rd: int) -> None:
    """Shift a word right by rs bits 4:0, zeros in. UNPREDICTABLE: rt not a word."""
    cpu.gpr[rd] = sext32((word(cpu, rt) & MASK32) >> (cpu.gpr[rs] & 31))


@chapter("rd, rt, rs", "000000 rs rt rd ..... 000111", Level.I, Kind.COMPUTE)
def SRAV(cpu: Processor, rs: int, rt: int, rd: int) -> None:
    """Shift a word right by rs bits 4:0, sign in. UNPREDICTABLE: rt not a word."""
    cpu.gpr[rd] = (signed32(word(cpu, rt)) >> (cpu.gpr[rs] & 31)) & MASK64


@chapter("rd, rt, sa", "000000 ..... rt rd sa 111000", Level.III, Kind.COMPUTE, guard=doubleword)
def DSLL(cpu: Processor, rt: int, rd: int, sa: int) -> None:
    """Shift a doubleword left by sa. Exceptions: Reserved Instruction."""
    cpu.gpr[rd] = (cpu.gpr[rt] << sa) & MASK64


@chapter("rd, rt, sa", "000000 ..... rt rd sa 111010", Level.III, Kind.COMPUTE, guard=doubleword)
def DSRL(cpu: Processor, rt: int, rd: int, sa: int) -> None:
    """Shift a doubleword right by sa, zeros in. Exceptions: Reserved Instruction."""
    cpu.gpr[rd] = cpu.gpr[rt] >> sa


@chapter("rd, rt, sa", "000000 ..... rt rd sa 111011", Level.III, Kind.COMPUTE, guard=doubleword)
def DSRA(cpu: Processor, rt: int, rd: int, sa: int) -> None:
    """Shift a doubleword right by sa, sign in. Exceptions: Reserved Instruction."""
    cpu.gpr[rd] = (signed64(cpu.gpr[rt]) >> sa) & MASK64


@chapter("rd, rt, sa", "000000 ..... rt rd sa 111100", Level.III, Kind.COMPUTE, guard=doubleword)
def DSLL32(cpu: Processor, rt: int, rd: int, sa: int) -> None:
    """Shift a doubleword left by sa + 32. Exceptions: Reserved Instruction."""
    cpu.gpr[rd] = (cpu.gpr[rt] << (sa + 32)) & MASK64


@chapter("rd, rt, sa", "000000 ..... rt rd sa 111110", Level.III, Kind.COMPUTE, guard=doubleword)
def DSRL32(cpu: Processor, rt: int, rd: int, sa: int) -> None:
    """Shift a doubleword right by sa + 32, zeros in. Exceptions: Reserved Instruction."""
    cpu.gpr[rd] = cpu.gpr[rt] >> (sa + 32)


@chapter("rd, rt, sa", "000000 ..... rt rd sa 111111", Level.III, Kind.COMPUTE, guard=doubleword)
def DSRA32(cpu: Processor, rt: int, rd: int, sa: int) -> None:
    """Shift a doubleword right by sa + 32, sign in. Exceptions: Reserved Instruction."""
    cpu.gpr[rd] = (signed64(cpu.gpr[rt]) >> (sa + 32)) & MASK64


@chapter("rd, rt, rs", "000000 rs rt rd ..... 010100", Level.III, Kind.COMPUTE, guard=doubleword)
def DSLLV(cpu: Processor, rs: int, rt: int, rd: int) -> None:
    """Shift a doubleword left by rs bits 5:0. Exceptions: Reserved Instruction."""
    cpu.gpr[rd] = (cpu.gpr[rt] << (cpu.gpr[rs] & 63)) & MASK64


@chapter("rd, rt, rs", "000000 rs rt rd ..... 010110", Level.III, Kind.COMPUTE, guard=doubleword)
def DSRLV(cpu: Processor, rs: int, rt: int, rd: int) -> None:
    """Shift a doubleword right by rs bits 5:0, zeros in. Exceptions: Reserved Instruction."""
    cpu.gpr[rd] = cpu.gpr[rt] >> (cpu.gpr[rs] & 63)


@chapter("rd, rt, rs", "000000 rs rt rd ..... 010111", Level.III, Kind.COMPUTE, guard=doubleword)
def DSRAV(cpu: Processor, rs: int, rt: int, rd: int) -> None:
    """Shift a doubleword right by rs bits 5:0, sign in. Exceptions: Reserved Instruction."""
    cpu.gpr[rd] = (signed64(cpu.gpr[rt]) >> (cpu.gpr[rs] & 63)) & MASK64
