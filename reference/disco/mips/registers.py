"""Reading and writing CP0 registers by number, with the effects that a write has."""

from disco.bits import MASK32, MASK64, sext32
from disco.mips.cp0 import COUNTERS, PERFORMANCE_COUNTER, REGISTERS, Register
from disco.mips.processor import Processor
from disco.mips.timer import update_ip7
from disco.mips.unpredictable import Unpredictable


def find_register(cpu: Processor, number: int) -> Register | None:
    """Give the row of register `number`, None where the model has none."""
    for register in REGISTERS[cpu.model.name]:
        if number == register.number:
            return register
    if cpu.model.has_performance_counters and number == PERFORMANCE_COUNTER:
        return COUNTERS[0][0]
    return None


def random_index(cpu: Processor) -> int:
    """Give the value of Random: an input between Wired and the last entry (R10000 14.2).

    With Wired beyond the last entry (R4000: undefined) it is the last entry.
    """
    last, wired = cpu.tlb.size - 1, cpu.cp0.wired
    if wired > last:
        return last
    value = cpu.inputs.random(wired, last)
    return value if wired <= value <= last else last


def read_register(cpu: Processor, number: int, *, wide: bool = False) -> int:
    """Read register `number` as a 64-bit register image; `wide` for DMFC0.

    Raises nothing: a register that the model lacks, and the upper half that DMFC0 reads of a
    32-bit register, are open (Unpredictable.CP0_RESERVED, CP0_NARROW).
    """
    open_value = cpu.inputs.unpredictable
    register = find_register(cpu, number)
    if register is None:
        return open_value(Unpredictable.CP0_RESERVED, 0) & MASK64
    if register.attribute == "":
        return random_index(cpu)
    value: int = getattr(cpu.cp0, register.attribute)
    if register.width == 32 and wide:
        upper = open_value(Unpredictable.CP0_NARROW, sext32(value))
        return upper & ~MASK32 & MASK64 | value
    return value


def write_register(cpu: Processor, number: int, value: int) -> None:
    """Write the 64-bit register image `value` to register `number`, as far as it is writable."""
    register = find_register(cpu, number)
    if register is not None and register.writable != 0:
        store_register(cpu, register, value)


def store_register(cpu: Processor, register: Register, value: int) -> None:
    """Write the writable bits of `register` and let the write have its effects."""
    cp0, name = cpu.cp0, register.attribute
    old: int = getattr(cp0, name)
    setattr(cp0, name, old & ~register.writable | value & register.writable)
    if name == "compare":
        cpu.timer_pending = False
    if name == "watch_lo":
        cpu.watch_pending = False
    update_ip7(cpu)
