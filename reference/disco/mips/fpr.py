"""The floating-point registers and the condition codes (R10000 15.3 to 15.5, R4000 chapter 6).

With FR = 0 there are sixteen 64-bit registers with even numbers; as a word, an odd number is the
upper half of the even register below it.
"""

from disco.bits import MASK32, MASK64
from disco.mips.availability import mips4_enabled
from disco.mips.cp0 import STATUS_FR
from disco.mips.exceptions import Exceptions, MipsException
from disco.mips.model import Level
from disco.mips.processor import Processor
from disco.mips.unpredictable import Unpredictable

FCR31_CAUSE = 0x3F << 12
FCR31_CAUSE_E = 1 << 17
FCR31_ENABLES = 0x1F << 7


def all_registers(cpu: Processor) -> bool:
    """Tell whether FR = 1: thirty-two 64-bit registers."""
    return cpu.cp0.status & STATUS_FR != 0


def read_word(cpu: Processor, register: int) -> int:
    """Read the word that a load, store or move addresses as `register`."""
    if all_registers(cpu) or register & 1 == 0:
        return cpu.fpr[register] & MASK32
    return cpu.fpr[register - 1] >> 32


def write_word(cpu: Processor, register: int, value: int) -> None:
    """Write a 32-bit `value` as a load or a move to `register` does.

    With FR = 0 the other half of the pair stays; with FR = 1 bits 63:32 become zero on the R10000
    and are undefined on the R4000.
    """
    if all_registers(cpu):
        write_result(cpu, register, value)
    elif register & 1 == 0:
        cpu.fpr[register] = cpu.fpr[register] & ~MASK32 & MASK64 | value
    else:
        cpu.fpr[register - 1] = value << 32 | cpu.fpr[register - 1] & MASK32


def write_result(cpu: Processor, register: int, value: int) -> None:
    """Write a single-precision or word result: bits 63:32 do not survive (R10000 15.5)."""
    if cpu.model.single_clears_upper:
        upper = 0
    else:
        open_value = cpu.inputs.unpredictable
        upper = open_value(Unpredictable.FPR_UPPER, cpu.fpr[register]) & ~MASK32 & MASK64
    cpu.fpr[register] = upper | value


def even(cpu: Processor, register: int) -> int:
    """Give the register that holds a doubleword named `register`: with FR = 0 an even one."""
    return register if all_registers(cpu) else register & ~1


def _opened(cpu: Processor, register: int, value: int) -> int:
    """Leave `value` open where `register` is odd with FR = 0 (Unpredictable.ODD_DOUBLE)."""
    if register & 1 == 0 or all_registers(cpu):
        return value
    return cpu.inputs.unpredictable(Unpredictable.ODD_DOUBLE, value) & MASK64


def read_doubleword(cpu: Processor, register: int) -> int:
    """Read the 64 bits named `register`."""
    return _opened(cpu, register, cpu.fpr[even(cpu, register)])


def write_doubleword(cpu: Processor, register: int, value: int) -> None:
    """Write the 64 bits named `register`."""
    cpu.fpr[even(cpu, register)] = _opened(cpu, register, value)


def unimplemented(cpu: Processor) -> MipsException:
    """Make Unimplemented Operation: FCR31.Cause becomes E alone, the flags stay."""
    cpu.fcr31 = cpu.fcr31 & ~FCR31_CAUSE | FCR31_CAUSE_E
    return MipsException(Exceptions.FLOATING_POINT)


def condition(cpu: Processor, cc: int) -> bool:
    """Read condition code `cc`. Codes above 0 are MIPS IV: without it Unimplemented Operation."""
    if cc == 0:
        return (cpu.fcr31 >> 23) & 1 != 0
    if cpu.model.level < Level.IV or not mips4_enabled(cpu):
        raise unimplemented(cpu)
    return (cpu.fcr31 >> (24 + cc)) & 1 != 0
