"""What a word raises that selects no instruction (R10000 17.5, Table 17-4; R4000 chapter 5)."""

from disco.mips.availability import coprocessor0, coprocessor1, coprocessor2
from disco.mips.exceptions import Exceptions, MipsException
from disco.mips.fpr import unimplemented
from disco.mips.instruction import Field, Instruction, Kind
from disco.mips.model import Level
from disco.mips.processor import Processor

_COP0, _COP1, _COP2 = 0x10, 0x11, 0x12
_COP2_TRANSFERS = (0x32, 0x36, 0x3A, 0x3E)
_COP0_FUNCTION = 1 << 25
_RESERVED_FUNCTION = 0x10
"""The one function of COP0 for which the R4000 manual names Reserved Instruction."""


def reserved_word(cpu: Processor, word: int) -> None:
    """Raise what `word` deserves: Coprocessor Unusable first, then Reserved Instruction.

    Undefined functions of COP1 are Unimplemented Operations. Invalid functions of COP0, and with
    CU2 = 1 the words of COP2, are reserved on the R10000 and do nothing on the R4000
    (Unpredictable.COP0_NO_OPERATION, COP2_NO_OPERATION).
    """
    opcode = word >> 26
    if opcode == _COP0:
        coprocessor0(cpu)
        invalid = word & _COP0_FUNCTION != 0 and word & 0x3F != _RESERVED_FUNCTION
        if invalid and not cpu.model.cop0_invalid_is_reserved:
            return
    elif opcode == _COP1:
        coprocessor1(cpu)
        raise unimplemented(cpu)
    elif opcode == _COP2 or opcode in _COP2_TRANSFERS:
        coprocessor2(cpu)
        if not cpu.model.cop2_usable_is_reserved:
            return
    raise MipsException(Exceptions.RESERVED_INSTRUCTION)


RESERVED = Instruction(
    name="RESERVED",
    syntax="word",
    pattern="",
    level=Level.I,
    kind=Kind.TRAP,
    operation=reserved_word,
    guard=None,
    fixed=0,
    match=0,
    zero=0,
    fields=(Field("word", 0, 32),),
    chapter="Reserved words",
)
"""The row that stands for every word no other row selects; its one operand is the word."""
