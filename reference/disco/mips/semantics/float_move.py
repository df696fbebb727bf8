"""Floating-point loads, stores, moves, and branches on condition codes (MIPS IV manual, FPU)."""

from disco.bits import MASK32, MASK64, sext32
from disco.mips.availability import (
    coprocessor1,
    doublewords_enabled,
    mips4_enabled,
    mips4_float,
)
from disco.mips.exceptions import Exceptions, MipsException
from disco.mips.fpr import (
    FCR31_CAUSE_E,
    FCR31_ENABLES,
    condition,
    even,
    read_doubleword,
    read_word,
    unimplemented,
    write_doubleword,
    write_result,
    write_word,
)
from disco.mips.instruction import Chapter, Kind
from disco.mips.model import Level
from disco.mips.processor import Processor
from disco.mips.references import break_link, effective_address, load, store
from disco.mips.semantics.branch import branch, branch_likely
from disco.mips.unpredictable import Unpredictable

chapter = Chapter("Floating-point transfers")


def doubleword_move(cpu: Processor) -> None:
    """DMFC1 and DMTC1 need the unit and 64-bit operations."""
    coprocessor1(cpu)
    if not doublewords_enabled(cpu):
        if cpu.model.dmove_unimplemented:
            raise unimplemented(cpu)
        raise MipsException(Exceptions.RESERVED_INSTRUCTION)


def float4(cpu: Processor) -> None:
    """MIPS IV functions of COP1: without MIPS IV they are Unimplemented Operations."""
    coprocessor1(cpu)
    if not mips4_enabled(cpu):
        raise unimplemented(cpu)


@chapter("rt, fs", "010001 00000 rt fs ..... ......", Level.I, Kind.FLOAT, guard=coprocessor1)
def MFC1(cpu: Processor, rt: int, fs: int) -> None:
    """Move a word from an FPR, sign-extended."""
    cpu.gpr[rt] = sext32(read_word(cpu, fs))


@chapter("rt, fs", "010001 00100 rt fs ..... ......", Level.I, Kind.FLOAT, guard=coprocessor1)
def MTC1(cpu: Processor, rt: int, fs: int) -> None:
    """Move the low word of rt to an FPR."""
    write_word(cpu, fs, cpu.gpr[rt] & MASK32)


@chapter("rt, fs", "010001 00001 rt fs ..... ......", Level.III, Kind.FLOAT, guard=doubleword_move)
def DMFC1(cpu: Processor, rt: int, fs: int) -> None:
    """Move a doubleword from an FPR. UNPREDICTABLE: odd fs with FR = 0."""
    cpu.gpr[rt] = read_doubleword(cpu, fs)


@chapter("rt, fs", "010001 00101 rt fs ..... ......", Level.III, Kind.FLOAT, guard=doubleword_move)
def DMTC1(cpu: Processor, rt: int, fs: int) -> None:
    """Move a doubleword to an FPR. UNPREDICTABLE: odd fs with FR = 0."""
    write_doubleword(cpu, fs, cpu.gpr[rt])


@chapter("rt, fcr.fs", "010001 00010 rt fs ..... ......", Level.I, Kind.FLOAT, guard=coprocessor1)
def CFC1(cpu: Processor, rt: int, fs: int) -> None:
    """Move FCR0 or FCR31 to rt, sign-extended. UNPREDICTABLE: any other register."""
    if fs == 0:
        value = cpu.model.fcr0
    elif fs == 31:
        value = cpu.fcr31
    else:
        value = cpu.inputs.unpredictable(Unpredictable.FCR_RESERVED, 0)
    cpu.gpr[rt] = sext32(value)


@chapter("rt, fcr.fs", "010001 00110 rt fs ..... ......", Level.I, Kind.FLOAT, guard=coprocessor1)
def CTC1(cpu: Processor, rt: int, fs: int) -> None:
    """Move rt to FCR31; a cause bit that is enabled then, or E, raises Floating Point.

    The register keeps what was written. A move to another control register does nothing.
    """
    if fs != 31:
        return
    writable = cpu.model.fcr31_writable
    cpu.fcr31 = cpu.fcr31 & ~writable | cpu.gpr[rt] & writable
    if (cpu.fcr31 >> 5) & cpu.fcr31 & FCR31_ENABLES != 0 or cpu.fcr31 & FCR31_CAUSE_E != 0:
        raise MipsException(Exceptions.FLOATING_POINT)


@chapter("ft, offset(base)", "110001 base ft offset", Level.I, Kind.LOAD, guard=coprocessor1)
def LWC1(cpu: Processor, base: int, ft: int, offset: int) -> None:
    """Load a word to an FPR. Exceptions: Address Error when not aligned."""
    write_word(cpu, ft, load(cpu, effective_address(cpu, base, offset), 4))


@chapter("ft, offset(base)", "110101 base ft offset", Level.II, Kind.LOAD, guard=coprocessor1)
def LDC1(cpu: Processor, base: int, ft: int, offset: int) -> None:
    """Load a doubleword to an FPR. UNPREDICTABLE: odd ft with FR = 0."""
    write_doubleword(cpu, ft, load(cpu, effective_address(cpu, base, offset), 8))


@chapter("ft, offset(base)", "111001 base ft offset", Level.I, Kind.STORE, guard=coprocessor1)
def SWC1(cpu: Processor, base: int, ft: int, offset: int) -> None:
    """Store a word from an FPR. Exceptions: Address Error when not aligned."""
    store(cpu, effective_address(cpu, base, offset), 4, read_word(cpu, ft))


@chapter("ft, offset(base)", "111101 base ft offset", Level.II, Kind.STORE, guard=coprocessor1)
def SDC1(cpu: Processor, base: int, ft: int, offset: int) -> None:
    """Store a doubleword from an FPR. UNPREDICTABLE: odd ft with FR = 0."""
    store(cpu, effective_address(cpu, base, offset), 8, read_doubleword(cpu, ft))


def _indexed_address(cpu: Processor, base: int, index: int) -> int:
    """Add two registers; a sum in another region (bits 63:62) than the base is UNPREDICTABLE."""
    vaddr = (cpu.gpr[base] + cpu.gpr[index]) & MASK64
    if (vaddr ^ cpu.gpr[base]) >> 62 != 0:
        return cpu.inputs.unpredictable(Unpredictable.INDEXED_REGION, vaddr) & MASK64
    return vaddr


@chapter(
    "fd, index(base)", "010011 base index ..... fd 000000", Level.IV, Kind.LOAD, guard=mips4_float
)
def LWXC1(cpu: Processor, base: int, index: int, fd: int) -> None:
    """Load a word to an FPR, indexed."""
    write_word(cpu, fd, load(cpu, _indexed_address(cpu, base, index), 4))


@chapter(
    "fd, index(base)", "010011 base index ..... fd 000001", Level.IV, Kind.LOAD, guard=mips4_float
)
def LDXC1(cpu: Processor, base: int, index: int, fd: int) -> None:
    """Load a doubleword to an FPR, indexed. UNPREDICTABLE: odd fd with FR = 0."""
    write_doubleword(cpu, fd, load(cpu, _indexed_address(cpu, base, index), 8))


@chapter(
    "fs, index(base)", "010011 base index fs ..... 001000", Level.IV, Kind.STORE, guard=mips4_float
)
def SWXC1(cpu: Processor, base: int, index: int, fs: int) -> None:
    """Store a word from an FPR, indexed."""
    store(cpu, _indexed_address(cpu, base, index), 4, read_word(cpu, fs))


@chapter(
    "fs, index(base)", "010011 base index fs ..... 001001", Level.IV, Kind.STORE, guard=mips4_float
)
def SDXC1(cpu: Processor, base: int, index: int, fs: int) -> None:
    """Store a doubleword from an FPR, indexed. UNPREDICTABLE: odd fs with FR = 0."""
    store(cpu, _indexed_address(cpu, base, index), 8, read_doubleword(cpu, fs))


@chapter(
    "hint, index(base)", "010011 base index hint ..... 001111", Level.IV, Kind.HINT,
    guard=mips4_float,
)  # fmt: skip
def PREFX(cpu: Processor, base: int, index: int, hint: int) -> None:
    """Prefetch, indexed: no architectural access, no address exception; breaks the link."""
    break_link(cpu)


@chapter("[cc, ]offset", "010001 01000 cc 00 offset", Level.I, Kind.JUMP, guard=coprocessor1)
def BC1F(cpu: Processor, cc: int, offset: int) -> None:
    """Branch on condition code false."""
    branch(cpu, not condition(cpu, cc), offset)


@chapter("[cc, ]offset", "010001 01000 cc 01 offset", Level.I, Kind.JUMP, guard=coprocessor1)
def BC1T(cpu: Processor, cc: int, offset: int) -> None:
    """Branch on condition code true."""
    branch(cpu, condition(cpu, cc), offset)


@chapter("[cc, ]offset", "010001 01000 cc 10 offset", Level.II, Kind.JUMP, guard=coprocessor1)
def BC1FL(cpu: Processor, cc: int, offset: int) -> None:
    """Branch on condition code false, likely."""
    branch_likely(cpu, not condition(cpu, cc), offset)


@chapter("[cc, ]offset", "010001 01000 cc 11 offset", Level.II, Kind.JUMP, guard=coprocessor1)
def BC1TL(cpu: Processor, cc: int, offset: int) -> None:
    """Branch on condition code true, likely."""
    branch_likely(cpu, condition(cpu, cc), offset)


@chapter("rd, rs, cc", "000000 rs cc .0 rd ..... 000001", Level.IV, Kind.FLOAT, guard=mips4_float)
def MOVF(cpu: Processor, rs: int, cc: int, rd: int) -> None:
    """Move rs to rd when the condition code is false."""
    if not condition(cpu, cc):
        cpu.gpr[rd] = cpu.gpr[rs]


@chapter("rd, rs, cc", "000000 rs cc .1 rd ..... 000001", Level.IV, Kind.FLOAT, guard=mips4_float)
def MOVT(cpu: Processor, rs: int, cc: int, rd: int) -> None:
    """Move rs to rd when the condition code is true."""
    if condition(cpu, cc):
        cpu.gpr[rd] = cpu.gpr[rs]


def move_single(cpu: Processor, fd: int, fs: int, moved: bool) -> None:
    """Move a single when `moved`; bits 63:32 of fd do not survive either way (R10000 15.5).

    UNPREDICTABLE: odd registers with FR = 0.
    """
    source = fs if moved else fd
    write_result(cpu, even(cpu, fd), read_doubleword(cpu, source) & MASK32)


def move_double(cpu: Processor, fd: int, fs: int, moved: bool) -> None:
    """Move a double when `moved`. UNPREDICTABLE: odd registers with FR = 0."""
    if moved:
        write_doubleword(cpu, fd, read_doubleword(cpu, fs))


@chapter(
    "fd, fs", "010001 10000 ..... fs fd 000110", Level.I, Kind.FLOAT, guard=coprocessor1,
    name="MOV.S",
)  # fmt: skip
def MOV_S(cpu: Processor, fs: int, fd: int) -> None:
    """Move a single."""
    move_single(cpu, fd, fs, True)


@chapter(
    "fd, fs", "010001 10001 ..... fs fd 000110", Level.I, Kind.FLOAT, guard=coprocessor1,
    name="MOV.D",
)  # fmt: skip
def MOV_D(cpu: Processor, fs: int, fd: int) -> None:
    """Move a double."""
    move_double(cpu, fd, fs, True)


@chapter(
    "fd, fs, cc", "010001 10000 cc .0 fs fd 010001", Level.IV, Kind.FLOAT, guard=float4,
    name="MOVF.S",
)  # fmt: skip
def MOVF_S(cpu: Processor, cc: int, fs: int, fd: int) -> None:
    """Move a single when the condition code is false."""
    move_single(cpu, fd, fs, not condition(cpu, cc))


@chapter(
    "fd, fs, cc", "010001 10000 cc .1 fs fd 010001", Level.IV, Kind.FLOAT, guard=float4,
    name="MOVT.S",
)  # fmt: skip
def MOVT_S(cpu: Processor, cc: int, fs: int, fd: int) -> None:
    """Move a single when the condition code is true."""
    move_single(cpu, fd, fs, condition(cpu, cc))


@chapter(
    "fd, fs, cc", "010001 10001 cc .0 fs fd 010001", Level.IV, Kind.FLOAT, guard=float4,
    name="MOVF.D",
)  # fmt: skip
def MOVF_D(cpu: Processor, cc: int, fs: int, fd: int) -> None:
    """Move a double when the condition code is false."""
    move_double(cpu, fd, fs, not condition(cpu, cc))


@chapter(
    "fd, fs, cc", "010001 10001 cc .1 fs fd 010001", Level.IV, Kind.FLOAT, guard=float4,
    name="MOVT.D",
)  # fmt: skip
def MOVT_D(cpu: Processor, cc: int, fs: int, fd: int) -> None:
    """Move a double when the condition code is true."""
    move_double(cpu, fd, fs, condition(cpu, cc))


@chapter(
    "fd, fs, rt", "010001 10000 rt fs fd 010010", Level.IV, Kind.FLOAT, guard=float4,
    name="MOVZ.S",
)  # fmt: skip
def MOVZ_S(cpu: Processor, rt: int, fs: int, fd: int) -> None:
    """Move a single when rt is zero."""
    move_single(cpu, fd, fs, cpu.gpr[rt] == 0)


@chapter(
    "fd, fs, rt", "010001 10000 rt fs fd 010011", Level.IV, Kind.FLOAT, guard=float4,
    name="MOVN.S",
)  # fmt: skip
def MOVN_S(cpu: Processor, rt: int, fs: int, fd: int) -> None:
    """Move a single when rt is not zero."""
    move_single(cpu, fd, fs, cpu.gpr[rt] != 0)


@chapter(
    "fd, fs, rt", "010001 10001 rt fs fd 010010", Level.IV, Kind.FLOAT, guard=float4,
    name="MOVZ.D",
)  # fmt: skip
def MOVZ_D(cpu: Processor, rt: int, fs: int, fd: int) -> None:
    """Move a double when rt is zero."""
    move_double(cpu, fd, fs, cpu.gpr[rt] == 0)


@chapter(
    "fd, fs, rt", "010001 10001 rt fs fd 010011", Level.IV, Kind.FLOAT, guard=float4,
    name="MOVN.D",
)  # fmt: skip
def MOVN_D(cpu: Processor, rt: int, fs: int, fd: int) -> None:
    """Move a double when rt is not zero."""
    move_double(cpu, fd, fs, cpu.gpr[rt] != 0)
