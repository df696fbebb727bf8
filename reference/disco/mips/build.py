"""Building a concrete processor in its state after a cold reset."""

from disco.mips.cp0 import Cp0, reset_registers
from disco.mips.delivery import RESET_VECTOR, jump_to
from disco.mips.model import Model
from disco.mips.processor import Memory, Processor
from disco.mips.table import decoder
from disco.mips.tlb_array import TlbArray


def build_processor(model: Model, memory: Memory) -> Processor:
    """Make a processor of `model` on `memory` as a cold reset leaves it (R10000 17.4).

    What the manual leaves undefined (registers, TLB, most of CP0) is zero or absent.
    """
    cpu = Processor(
        model=model,
        memory=memory,
        tlb=TlbArray(model),
        decode=decoder(model),
        cp0=Cp0(),
    )
    reset_registers(model, cpu.cp0)
    jump_to(cpu, RESET_VECTOR)
    return cpu
