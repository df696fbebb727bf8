"""Branches and jumps (MIPS IV manual, CPU branch and jump instructions).

Each decides where control goes after its delay slot. The link is the address after the slot. A
`likely` branch that is not taken nullifies its slot.
"""

from disco.bits import MASK64, sext16, signed64
from disco.mips.instruction import Chapter, Kind
from disco.mips.model import Level
from disco.mips.processor import Processor
from disco.mips.unpredictable import Unpredictable

chapter = Chapter("Branches and jumps")


def _destination(cpu: Processor, target: int) -> int:
    """Give where a branch leads: open for one that itself stands in a delay slot."""
    if cpu.delay_slot:
        return cpu.inputs.unpredictable(Unpredictable.BRANCH_IN_DELAY_SLOT, target) & MASK64
    return target


def jump(cpu: Processor, target: int) -> None:
    """Continue at `target` after the delay slot."""
    cpu.jumping = True
    cpu.after_next = _destination(cpu, target)


def branch(cpu: Processor, taken: bool, offset: int) -> None:
    """Branch by `offset` instructions from the delay slot when `taken`."""
    if taken:
        jump(cpu, (cpu.next_pc + (sext16(offset) << 2)) & MASK64)
    else:
        jump(cpu, cpu.after_next)


def branch_likely(cpu: Processor, taken: bool, offset: int) -> None:
    """Branch as `branch` does; when not `taken`, skip the delay slot."""
    if taken:
        branch(cpu, True, offset)
    else:
        cpu.next_pc = _destination(cpu, cpu.after_next)
        cpu.after_next = (cpu.next_pc + 4) & MASK64


def link(cpu: Processor, register: int) -> None:
    """Leave the address after the delay slot in `register`."""
    cpu.gpr[register] = (cpu.pc + 8) & MASK64


def _tested(cpu: Processor, rs: int) -> int:
    """Read the tested register of a linking branch, signed; r31 itself is UNPREDICTABLE."""
    value = cpu.gpr[rs]
    if rs == 31:
        value = cpu.inputs.unpredictable(Unpredictable.LINK_REGISTER, value)
    return signed64(value)


@chapter("rs, rt, offset", "000100 rs rt offset", Level.I, Kind.JUMP)
def BEQ(cpu: Processor, rs: int, rt: int, offset: int) -> None:
    """Branch on equal, all 64 bits."""
    branch(cpu, cpu.gpr[rs] == cpu.gpr[rt], offset)


@chapter("rs, rt, offset", "000101 rs rt offset", Level.I, Kind.JUMP)
def BNE(cpu: Processor, rs: int, rt: int, offset: int) -> None:
    """Branch on not equal, all 64 bits."""
    branch(cpu, cpu.gpr[rs] != cpu.gpr[rt], offset)


@chapter("rs, offset", "000110 rs ..... offset", Level.I, Kind.JUMP)
def BLEZ(cpu: Processor, rs: int, offset: int) -> None:
    """Branch on less than or equal to zero."""
    branch(cpu, signed64(cpu.gpr[rs]) <= 0, offset)


@chapter("rs, offset", "000111 rs ..... offset", Level.I, Kind.JUMP)
def BGTZ(cpu: Processor, rs: int, offset: int) -> None:
    """Branch on greater than zero."""
    branch(cpu, signed64(cpu.gpr[rs]) > 0, offset)


@chapter("rs, offset", "000001 rs 00000 offset", Level.I, Kind.JUMP)
def BLTZ(cpu: Processor, rs: int, offset: int) -> None:
    """Branch on less than zero."""
    branch(cpu, signed64(cpu.gpr[rs]) < 0, offset)


@chapter("rs, offset", "000001 rs 00001 offset", Level.I, Kind.JUMP)
def BGEZ(cpu: Processor, rs: int, offset: int) -> None:
    """Branch on greater than or equal to zero."""
    branch(cpu, signed64(cpu.gpr[rs]) >= 0, offset)


@chapter("rs, offset", "000001 rs 10000 offset", Level.I, Kind.JUMP)
def BLTZAL(cpu: Processor, rs: int, offset: int) -> None:
    """Branch on less than zero and link, taken or not. UNPREDICTABLE: rs = 31."""
    taken = _tested(cpu, rs) < 0
    link(cpu, 31)
    branch(cpu, taken, offset)


@chapter("rs, offset", "000001 rs 10001 offset", Level.I, Kind.JUMP)
def BGEZAL(cpu: Processor, rs: int, offset: int) -> None:
    """Branch on greater than or equal to zero and link, taken or not. UNPREDICTABLE: rs = 31."""
    taken = _tested(cpu, rs) >= 0
    link(cpu, 31)
    branch(cpu, taken, offset)


@chapter("rs, rt, offset", "010100 rs rt offset", Level.II, Kind.JUMP)
def BEQL(cpu: Processor, rs: int, rt: int, offset: int) -> None:
    """Branch on equal, likely."""
    branch_likely(cpu, cpu.gpr[rs] == cpu.gpr[rt], offset)


@chapter("rs, rt, offset", "010101 rs rt offset", Level.II, Kind.JUMP)
def BNEL(cpu: Processor, rs: int, rt: int, offset: int) -> None:
    """Branch on not equal, likely."""
    branch_likely(cpu, cpu.gpr[rs] != cpu.gpr[rt], offset)


@chapter("rs, offset", "010110 rs ..... offset", Level.II, Kind.JUMP)
def BLEZL(cpu: Processor, rs: int, offset: int) -> None:
    """Branch on less than or equal to zero, likely."""
    branch_likely(cpu, signed64(cpu.gpr[rs]) <= 0, offset)


@chapter("rs, offset", "010111 rs ..... offset", Level.II, Kind.JUMP)
def BGTZL(cpu: Processor, rs: int, offset: int) -> None:
    """Branch on greater than zero, likely."""
    branch_likely(cpu, signed64(cpu.gpr[rs]) > 0, offset)


@chapter("rs, offset", "000001 rs 00010 offset", Level.II, Kind.JUMP)
def BLTZL(cpu: Processor, rs: int, offset: int) -> None:
    """Branch on less than zero, likely."""
    branch_likely(cpu, signed64(cpu.gpr[rs]) < 0, offset)


@chapter("rs, offset", "000001 rs 00011 offset", Level.II, Kind.JUMP)
def BGEZL(cpu: Processor, rs: int, offset: int) -> None:
    """Branch on greater than or equal to zero, likely."""
    branch_likely(cpu, signed64(cpu.gpr[rs]) >= 0, offset)


@chapter("rs, offset", "000001 rs 10010 offset", Level.II, Kind.JUMP)
def BLTZALL(cpu: Processor, rs: int, offset: int) -> None:
    """Branch on less than zero and link, likely. UNPREDICTABLE: rs = 31."""
    taken = _tested(cpu, rs) < 0
    link(cpu, 31)
    branch_likely(cpu, taken, offset)


@chapter("rs, offset", "000001 rs 10011 offset", Level.II, Kind.JUMP)
def BGEZALL(cpu: Processor, rs: int, offset: int) -> None:
    """Branch on greater than or equal to zero and link, likely. UNPREDICTABLE: rs = 31."""
    taken = _tested(cpu, rs) >= 0
    link(cpu, 31)
    branch_likely(cpu, taken, offset)


def _region_target(cpu: Processor, target: int) -> int:
    """Replace the low 28 bits of the delay slot's address by `target` instructions."""
    return cpu.next_pc & ~0x0FFF_FFFF & MASK64 | target << 2


@chapter("target", "000010 target", Level.I, Kind.JUMP)
def J(cpu: Processor, target: int) -> None:
    """Jump within the 256 MB region of the delay slot."""
    jump(cpu, _region_target(cpu, target))


@chapter("target", "000011 target", Level.I, Kind.JUMP)
def JAL(cpu: Processor, target: int) -> None:
    """Jump within the 256 MB region of the delay slot and link in r31."""
    link(cpu, 31)
    jump(cpu, _region_target(cpu, target))


@chapter("rs", "000000 rs ..... ..... ..... 001000", Level.I, Kind.JUMP)
def JR(cpu: Processor, rs: int) -> None:
    """Jump to rs. A target that is not aligned raises Address Error when it is fetched."""
    jump(cpu, cpu.gpr[rs])


@chapter("[rd, ]rs", "000000 rs ..... rd ..... 001001", Level.I, Kind.JUMP)
def JALR(cpu: Processor, rs: int, rd: int) -> None:
    """Jump to rs and link in rd. UNPREDICTABLE: rd = rs."""
    target = cpu.gpr[rs]
    if rs == rd:
        target = cpu.inputs.unpredictable(Unpredictable.LINK_REGISTER, target) & MASK64
    link(cpu, rd)
    jump(cpu, target)
