"""Register operands of the integer instructions."""

from disco.bits import is_word, sext32
from disco.mips.processor import Processor
from disco.mips.unpredictable import Unpredictable


def word(cpu: Processor, register: int) -> int:
    """Read a register as the sign-extended word that a 32-bit operation needs.

    Of a register that holds none, some word is read (Unpredictable.NOT_A_WORD), by default its low
    32 bits: MIPS IV manual, the restrictions of each 32-bit operation.
    """
    value = cpu.gpr[register]
    if is_word(value):
        return value
    return sext32(cpu.inputs.unpredictable(Unpredictable.NOT_A_WORD, value))
