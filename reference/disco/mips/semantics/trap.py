"""SYSCALL, BREAK and the conditional traps (MIPS IV manual, exception instructions)."""

from disco.bits import sext16, signed64
from disco.mips.exceptions import Exceptions, MipsException
from disco.mips.instruction import Chapter, Kind
from disco.mips.model import Level
from disco.mips.processor import Processor

chapter = Chapter("Traps")


def _trap_if(condition: bool) -> None:
    if condition:
        raise MipsException(Exceptions.TRAP)


@chapter("[code]", "000000 code 001100", Level.I, Kind.TRAP)
def SYSCALL(cpu: Processor, code: int) -> None:
    """Raise System Call; `code` is for the handler to read."""
    raise MipsException(Exceptions.SYSTEM_CALL)


@chapter("[upper.code[, lower.code]]", "000000 code 001101", Level.I, Kind.TRAP)
def BREAK(cpu: Processor, code: int) -> None:
    """Raise Breakpoint; `code` is for the handler to read."""
    raise MipsException(Exceptions.BREAKPOINT)


@chapter("rs, rt[, code10]", "000000 rs rt code10 110000", Level.II, Kind.TRAP)
def TGE(cpu: Processor, rs: int, rt: int, code10: int) -> None:
    """Trap if rs is greater than or equal to rt, signed."""
    _trap_if(signed64(cpu.gpr[rs]) >= signed64(cpu.gpr[rt]))


@chapter("rs, rt[, code10]", "000000 rs rt code10 110001", Level.II, Kind.TRAP)
def TGEU(cpu: Processor, rs: int, rt: int, code10: int) -> None:
    """Trap if rs is greater than or equal to rt, unsigned."""
    _trap_if(cpu.gpr[rs] >= cpu.gpr[rt])


@chapter("rs, rt[, code10]", "000000 rs rt code10 110010", Level.II, Kind.TRAP)
def TLT(cpu: Processor, rs: int, rt: int, code10: int) -> None:
    """Trap if rs is less than rt, signed."""
    _trap_if(signed64(cpu.gpr[rs]) < signed64(cpu.gpr[rt]))


@chapter("rs, rt[, code10]", "000000 rs rt code10 110011", Level.II, Kind.TRAP)
def TLTU(cpu: Processor, rs: int, rt: int, code10: int) -> None:
    """Trap if rs is less than rt, unsigned."""
    _trap_if(cpu.gpr[rs] < cpu.gpr[rt])


@chapter("rs, rt[, code10]", "000000 rs rt code10 110100", Level.II, Kind.TRAP)
def TEQ(cpu: Processor, rs: int, rt: int, code10: int) -> None:
    """Trap if rs equals rt."""
    _trap_if(cpu.gpr[rs] == cpu.gpr[rt])


@chapter("rs, rt[, code10]", "000000 rs rt code10 110110", Level.II, Kind.TRAP)
def TNE(cpu: Processor, rs: int, rt: int, code10: int) -> None:
    """Trap if rs differs from rt."""
    _trap_if(cpu.gpr[rs] != cpu.gpr[rt])


@chapter("rs, simmediate", "000001 rs 01000 immediate", Level.II, Kind.TRAP)
def TGEI(cpu: Processor, rs: int, immediate: int) -> None:
    """Trap if rs is greater than or equal to the signed immediate, signed."""
    _trap_if(signed64(cpu.gpr[rs]) >= signed64(sext16(immediate)))


@chapter("rs, simmediate", "000001 rs 01001 immediate", Level.II, Kind.TRAP)
def TGEIU(cpu: Processor, rs: int, immediate: int) -> None:
    """Trap if rs is greater than or equal to the sign-extended immediate, unsigned."""
    _trap_if(cpu.gpr[rs] >= sext16(immediate))


@chapter("rs, simmediate", "000001 rs 01010 immediate", Level.II, Kind.TRAP)
def TLTI(cpu: Processor, rs: int, immediate: int) -> None:
    """Trap if rs is less than the signed immediate, signed."""
    _trap_if(signed64(cpu.gpr[rs]) < signed64(sext16(immediate)))


@chapter("rs, simmediate", "000001 rs 01011 immediate", Level.II, Kind.TRAP)
def TLTIU(cpu: Processor, rs: int, immediate: int) -> None:
    """Trap if rs is less than the sign-extended immediate, unsigned."""
    _trap_if(cpu.gpr[rs] < sext16(immediate))


@chapter("rs, simmediate", "000001 rs 01100 immediate", Level.II, Kind.TRAP)
def TEQI(cpu: Processor, rs: int, immediate: int) -> None:
    """Trap if rs equals the signed immediate."""
    _trap_if(cpu.gpr[rs] == sext16(immediate))


@chapter("rs, simmediate", "000001 rs 01110 immediate", Level.II, Kind.TRAP)
def TNEI(cpu: Processor, rs: int, immediate: int) -> None:
    """Trap if rs differs from the signed immediate."""
    _trap_if(cpu.gpr[rs] != sext16(immediate))
