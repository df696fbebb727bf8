"""When an instruction is available: the guards of the instruction table.

Sources: R10000 User's Manual 14.10 (Status), 17.5 and Table 17-4; R4000 User's Manual 4.1, 5.3.
"""

from disco.mips.cp0 import (
    KERNEL,
    STATUS_CU0,
    STATUS_CU1,
    STATUS_CU2,
    STATUS_SX,
    STATUS_UX,
    STATUS_XX,
    SUPERVISOR,
    USER,
    mode,
)
from disco.mips.exceptions import Exceptions, MipsException
from disco.mips.processor import Processor


def coprocessor0(cpu: Processor) -> None:
    """Coprocessor 0 is usable in kernel mode, elsewhere with CU0 = 1."""
    status = cpu.cp0.status
    if status & STATUS_CU0 == 0 and mode(status) is not KERNEL:
        raise MipsException(Exceptions.COPROCESSOR_UNUSABLE, coprocessor=0)


def coprocessor1(cpu: Processor) -> None:
    """The floating-point unit is usable with CU1 = 1, in every mode."""
    if cpu.cp0.status & STATUS_CU1 == 0:
        raise MipsException(Exceptions.COPROCESSOR_UNUSABLE, coprocessor=1)


def coprocessor2(cpu: Processor) -> None:
    """Coprocessor 2 is usable with CU2 = 1, in every mode."""
    if cpu.cp0.status & STATUS_CU2 == 0:
        raise MipsException(Exceptions.COPROCESSOR_UNUSABLE, coprocessor=2)


def doublewords_enabled(cpu: Processor) -> bool:
    """Tell whether 64-bit operations are enabled: supervisor SX, user UX, kernel always."""
    status = cpu.cp0.status
    current = mode(status)
    if current is KERNEL:
        return True
    return status & (STATUS_SX if current is SUPERVISOR else STATUS_UX) != 0


def doubleword(cpu: Processor) -> None:
    """64-bit operations are reserved where they are not enabled."""
    if not doublewords_enabled(cpu):
        raise MipsException(Exceptions.RESERVED_INSTRUCTION)


def mips4_enabled(cpu: Processor) -> bool:
    """Tell whether the MIPS IV set is enabled: always but in user mode with XX = 0."""
    status = cpu.cp0.status
    return status & STATUS_XX != 0 or mode(status) is not USER


def mips4(cpu: Processor) -> None:
    """MIPS IV instructions need XX in user mode."""
    if not mips4_enabled(cpu):
        raise MipsException(Exceptions.RESERVED_INSTRUCTION)


def mips4_float(cpu: Processor) -> None:
    """MIPS IV instructions of the floating-point unit: reserved comes before unusable."""
    mips4(cpu)
    coprocessor1(cpu)


def coprocessor0_doubleword(cpu: Processor) -> None:
    """64-bit moves of coprocessor 0."""
    coprocessor0(cpu)
    doubleword(cpu)
