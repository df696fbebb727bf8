"""Arithmetic, logical, compare and conditional-move instructions (MIPS IV manual, ALU)."""

from disco.bits import MASK64, sext16, sext32, signed32, signed64
from disco.mips.availability import doubleword, mips4
from disco.mips.exceptions import Exceptions, MipsException
from disco.mips.instruction import Chapter, Kind
from disco.mips.model import Level
from disco.mips.operands import word
from disco.mips.processor import Processor

chapter = Chapter("Arithmetic and logic")


def _in_word(value: int) -> int:
    """Give the register image of a signed 32-bit result, or raise Integer Overflow."""
    if not -0x8000_0000 <= value <= 0x7FFF_FFFF:
        raise MipsException(Exceptions.OVERFLOW)
    return value & MASK64


def _in_doubleword(value: int) -> int:
    """Give the register image of a signed 64-bit result, or raise Integer Overflow."""
    if not -0x8000_0000_0000_0000 <= value <= 0x7FFF_FFFF_FFFF_FFFF:
        raise MipsException(Exceptions.OVERFLOW)
    return value & MASK64


@chapter("rd, rs, rt", "000000 rs rt rd ..... 100000", Level.I, Kind.COMPUTE)
def ADD(cpu: Processor, rs: int, rt: int, rd: int) -> None:
    """Add words. Exceptions: Integer Overflow. UNPREDICTABLE: operands that are not words."""
    cpu.gpr[rd] = _in_word(signed32(word(cpu, rs)) + signed32(word(cpu, rt)))


@chapter("rd, rs, rt", "000000 rs rt rd ..... 100001", Level.I, Kind.COMPUTE)
def ADDU(cpu: Processor, rs: int, rt: int, rd: int) -> None:
    """Add words without overflow. UNPREDICTABLE: operands that are not words."""
    cpu.gpr[rd] = sext32(word(cpu, rs) + word(cpu, rt))


@chapter("rd, rs, rt", "000000 rs rt rd ..... 100010", Level.I, Kind.COMPUTE)
def SUB(cpu: Processor, rs: int, rt: int, rd: int) -> None:
    """Subtract words. Exceptions: Integer Overflow. UNPREDICTABLE: operands that are not words."""
    cpu.gpr[rd] = _in_word(signed32(word(cpu, rs)) - signed32(word(cpu, rt)))


@chapter("rd, rs, rt", "000000 rs rt rd ..... 100011", Level.I, Kind.COMPUTE)
def SUBU(cpu: Processor, rs: int, rt: int, rd: int) -> None:
    """Subtract words without overflow. UNPREDICTABLE: operands that are not words."""
    cpu.gpr[rd] = sext32(word(cpu, rs) - word(cpu, rt))


@chapter("rt, rs, simmediate", "001000 rs rt immediate", Level.I, Kind.COMPUTE)
def ADDI(cpu: Processor, rs: int, rt: int, immediate: int) -> None:
    """Add a signed immediate. Exceptions: Integer Overflow. UNPREDICTABLE: rs not a word."""
    cpu.gpr[rt] = _in_word(signed32(word(cpu, rs)) + signed32(sext16(immediate)))


@chapter("rt, rs, simmediate", "001001 rs rt immediate", Level.I, Kind.COMPUTE)
def ADDIU(cpu: Processor, rs: int, rt: int, immediate: int) -> None:
    """Add a signed immediate without overflow. UNPREDICTABLE: rs not a word."""
    cpu.gpr[rt] = sext32(word(cpu, rs) + sext16(immediate))


@chapter("rd, rs, rt", "000000 rs rt rd ..... 101100", Level.III, Kind.COMPUTE, guard=doubleword)
def DADD(cpu: Processor, rs: int, rt: int, rd: int) -> None:
    """Add doublewords. Exceptions: Integer Overflow, Reserved Instruction."""
    cpu.gpr[rd] = _in_doubleword(signed64(cpu.gpr[rs]) + signed64(cpu.gpr[rt]))


@chapter("rd, rs, rt", "000000 rs rt rd ..... 101101", Level.III, Kind.COMPUTE, guard=doubleword)
def DADDU(cpu: Processor, rs: int, rt: int, rd: int) -> None:
    """Add doublewords without overflow. Exceptions: Reserved Instruction."""
    cpu.gpr[rd] = (cpu.gpr[rs] + cpu.gpr[rt]) & MASK64


@chapter("rd, rs, rt", "000000 rs rt rd ..... 101110", Level.III, Kind.COMPUTE, guard=doubleword)
def DSUB(cpu: Processor, rs: int, rt: int, rd: int) -> None:
    """Subtract doublewords. Exceptions: Integer Overflow, Reserved Instruction."""
    cpu.gpr[rd] = _in_doubleword(signed64(cpu.gpr[rs]) - signed64(cpu.gpr[rt]))


@chapter("rd, rs, rt", "000000 rs rt rd ..... 101111", Level.III, Kind.COMPUTE, guard=doubleword)
def DSUBU(cpu: Processor, rs: int, rt: int, rd: int) -> None:
    """Subtract doublewords without overflow. Exceptions: Reserved Instruction."""
    cpu.gpr[rd] = (cpu.gpr[rs] - cpu.gpr[rt]) & MASK64


@chapter("rt, rs, simmediate", "011000 rs rt immediate", Level.III, Kind.COMPUTE, guard=doubleword)
def DADDI(cpu: Processor, rs: int, rt: int, immediate: int) -> None:
    """Add a signed immediate, 64 bits. Exceptions: Integer Overflow, Reserved Instruction."""
    cpu.gpr[rt] = _in_doubleword(signed64(cpu.gpr[rs]) + signed64(sext16(immediate)))


@chapter("rt, rs, simmediate", "011001 rs rt immediate", Level.III, Kind.COMPUTE, guard=doubleword)
def DADDIU(cpu: Processor, rs: int, rt: int, immediate: int) -> None:
    """Add a signed immediate, 64 bits, without overflow. Exceptions: Reserved Instruction."""
    cpu.gpr[rt] = (cpu.gpr[rs] + sext16(immediate)) & MASK64


@chapter("rd, rs, rt", "000000 rs rt rd ..... 101010", Level.I, Kind.COMPUTE)
def SLT(cpu: Processor, rs: int, rt: int, rd: int) -> None:
    """Set rd to 1 when rs is less than rt, signed, all 64 bits; else to 0."""
    cpu.gpr[rd] = 1 if signed64(cpu.gpr[rs]) < signed64(cpu.gpr[rt]) else 0


@chapter("rd, rs, rt", "000000 rs rt rd ..... 101011", Level.I, Kind.COMPUTE)
def SLTU(cpu: Processor, rs: int, rt: int, rd: int) -> None:
    """Set rd to 1 when rs is less than rt, unsigned, all 64 bits; else to 0."""
    cpu.gpr[rd] = 1 if cpu.gpr[rs] < cpu.gpr[rt] else 0


@chapter("rt, rs, simmediate", "001010 rs rt immediate", Level.I, Kind.COMPUTE)
def SLTI(cpu: Processor, rs: int, rt: int, immediate: int) -> None:
    """Set rt to 1 when rs is less than the signed immediate, signed; else to 0."""
    cpu.gpr[rt] = 1 if signed64(cpu.gpr[rs]) < signed64(sext16(immediate)) else 0


@chapter("rt, rs, simmediate", "001011 rs rt immediate", Level.I, Kind.COMPUTE)
def SLTIU(cpu: Processor, rs: int, rt: int, immediate: int) -> None:
    """Set rt to 1 when rs is less than the sign-extended immediate, unsigned; else to 0."""
    cpu.gpr[rt] = 1 if cpu.gpr[rs] < sext16(immediate) else 0


@chapter("rd, rs, rt", "000000 rs rt rd ..... 100100", Level.I, Kind.COMPUTE)
def AND(cpu: Processor, rs: int, rt: int, rd: int) -> None:
    """Bitwise AND of 64 bits."""
    cpu.gpr[rd] = cpu.gpr[rs] & cpu.gpr[rt]


@chapter("rd, rs, rt", "000000 rs rt rd ..... 100101", Level.I, Kind.COMPUTE)
def OR(cpu: Processor, rs: int, rt: int, rd: int) -> None:
    """Bitwise OR of 64 bits."""
    cpu.gpr[rd] = cpu.gpr[rs] | cpu.gpr[rt]


@chapter("rd, rs, rt", "000000 rs rt rd ..... 100110", Level.I, Kind.COMPUTE)
def XOR(cpu: Processor, rs: int, rt: int, rd: int) -> None:
    """Bitwise exclusive OR of 64 bits."""
    cpu.gpr[rd] = cpu.gpr[rs] ^ cpu.gpr[rt]


@chapter("rd, rs, rt", "000000 rs rt rd ..... 100111", Level.I, Kind.COMPUTE)
def NOR(cpu: Processor, rs: int, rt: int, rd: int) -> None:
    """Bitwise NOR of 64 bits."""
    cpu.gpr[rd] = (cpu.gpr[rs] | cpu.gpr[rt]) ^ MASK64


@chapter("rt, rs, immediate", "001100 rs rt immediate", Level.I, Kind.COMPUTE)
def ANDI(cpu: Processor, rs: int, rt: int, immediate: int) -> None:
    """Bitwise AND with the zero-extended immediate."""
    cpu.gpr[rt] = cpu.gpr[rs] & immediate


@chapter("rt, rs, immediate", "001101 rs rt immediate", Level.I, Kind.COMPUTE)
def ORI(cpu: Processor, rs: int, rt: int, immediate: int) -> None:
    """Bitwise OR with the zero-extended immediate."""
    cpu.gpr[rt] = cpu.gpr[rs] | immediate


@chapter("rt, rs, immediate", "001110 rs rt immediate", Level.I, Kind.COMPUTE)
def XORI(cpu: Processor, rs: int, rt: int, immediate: int) -> None:
    """Bitwise exclusive OR with the zero-extended immediate."""
    cpu.gpr[rt] = cpu.gpr[rs] ^ immediate


@chapter("rt, immediate", "001111 ..... rt immediate", Level.I, Kind.COMPUTE)
def LUI(cpu: Processor, rt: int, immediate: int) -> None:
    """Load the immediate into bits 31:16, zeros below, the sign above."""
    cpu.gpr[rt] = sext32(immediate << 16)


@chapter("rd, rs, rt", "000000 rs rt rd ..... 001010", Level.IV, Kind.COMPUTE, guard=mips4)
def MOVZ(cpu: Processor, rs: int, rt: int, rd: int) -> None:
    """Move rs to rd when rt is zero. Exceptions: Reserved Instruction."""
    if cpu.gpr[rt] == 0:
        cpu.gpr[rd] = cpu.gpr[rs]


@chapter("rd, rs, rt", "000000 rs rt rd ..... 001011", Level.IV, Kind.COMPUTE, guard=mips4)
def MOVN(cpu: Processor, rs: int, rt: int, rd: int) -> None:
    """Move rs to rd when rt is not zero. Exceptions: Reserved Instruction."""
    if cpu.gpr[rt] != 0:
        cpu.gpr[rd] = cpu.gpr[rs]
