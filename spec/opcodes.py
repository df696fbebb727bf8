"""T0, decode: the manual's opcode tables, against which the instruction table is proved.

Each grid is a table of the manual: eight entries a row, in the order of the field's value; `-` is
reserved. For every word, the table selects the instruction that the grids name and no other, and a
word that they call reserved raises what the manual says. A word that names an instruction but has a
should-be-zero field that is not zero is undefined; it does what the word with zeros there does
(`Unpredictable.UNDEFINED_FIELD`).

Sources: MIPS IV manual A.8 (opcode tables), R4000 User's Manual A (opcode bit encoding), R10000
User's Manual 14 (COP0), 17.5 and Table 17-4 (what a reserved word raises).
"""

from disco.bits import field
from disco.mips.cp0 import Mode, mode
from disco.mips.exceptions import ExceptionKind, Exceptions
from disco.mips.model import Level, Model

OPCODE = """
SPECIAL REGIMM  J     JAL   BEQ   BNE   BLEZ  BGTZ
ADDI    ADDIU   SLTI  SLTIU ANDI  ORI   XORI  LUI
COP0    COP1    -     COP1X BEQL  BNEL  BLEZL BGTZL
DADDI   DADDIU  LDL   LDR   -     -     -     -
LB      LH      LWL   LW    LBU   LHU   LWR   LWU
SB      SH      SWL   SW    SDL   SDR   SWR   CACHE
LL      LWC1    -     PREF  LLD   LDC1  -     LD
SC      SWC1    -     -     SCD   SDC1  -     SD
"""
"""Bits 31:26."""

SPECIAL = """
SLL   MOVCI SRL   SRA   SLLV    -      SRLV   SRAV
JR    JALR  MOVZ  MOVN  SYSCALL BREAK  -      SYNC
MFHI  MTHI  MFLO  MTLO  DSLLV   -      DSRLV  DSRAV
MULT  MULTU DIV   DIVU  DMULT   DMULTU DDIV   DDIVU
ADD   ADDU  SUB   SUBU  AND     OR     XOR    NOR
-     -     SLT   SLTU  DADD    DADDU  DSUB   DSUBU
TGE   TGEU  TLT   TLTU  TEQ     -      TNE    -
DSLL  -     DSRL  DSRA  DSLL32  -      DSRL32 DSRA32
"""
"""Bits 5:0 of SPECIAL."""

REGIMM = """
BLTZ   BGEZ   BLTZL   BGEZL   -    - -    -
TGEI   TGEIU  TLTI    TLTIU   TEQI - TNEI -
BLTZAL BGEZAL BLTZALL BGEZALL -    - -    -
-      -      -       -       -    - -    -
"""
"""Bits 20:16 of REGIMM."""

COP0 = """
MFC0 DMFC0 - - MTC0 DMTC0 - -
BC0  -     - - -    -     - -
"""
"""Bits 24:21 of COP0 with bit 25 clear."""

CO = """
-    TLBR TLBWI - - - TLBWR -
TLBP -    -     - - - -     -
-    -    -     - - - -     -
ERET -    -     - - - -     -
-    -    -     - - - -     -
-    -    -     - - - -     -
-    -    -     - - - -     -
-    -    -     - - - -     -
"""
"""Bits 5:0 of COP0 with bit 25 set."""

BC0 = """
BC0F BC0T BC0FL BC0TL - - - -
-    -    -     -     - - - -
-    -    -     -     - - - -
-    -    -     -     - - - -
"""
"""Bits 20:16 of COP0 with BC in bits 25:21: on the R4000."""

COP1 = """
MFC1 DMFC1 CFC1 - MTC1 DMTC1 CTC1 -
BC1  -     -    - -    -     -    -
S    D     -    - W    L     -    -
-    -     -    - -    -     -    -
"""
"""Bits 25:21 of COP1."""

FLOAT = """
ADD     SUB     MUL    DIV     SQRT    ABS     MOV    NEG
ROUND.L TRUNC.L CEIL.L FLOOR.L ROUND.W TRUNC.W CEIL.W FLOOR.W
-       MOVCF   MOVZ   MOVN    -       RECIP   RSQRT  -
-       -       -      -       -       -       -      -
CVT.S   CVT.D   -      -       CVT.W   CVT.L   -      -
-       -       -      -       -       -       -      -
C.F     C.UN    C.EQ   C.UEQ   C.OLT   C.ULT   C.OLE  C.ULE
C.SF    C.NGLE  C.SEQ  C.NGL   C.LT    C.NGE   C.LE   C.NGT
"""
"""Bits 5:0 of COP1 with format S or D; CVT to the format itself does not exist."""

COP1X = """
LWXC1   LDXC1   - - - - - -
SWXC1   SDXC1   - - - - - PREFX
-       -       - - - - - -
-       -       - - - - - -
MADD.S  MADD.D  - - - - - -
MSUB.S  MSUB.D  - - - - - -
NMADD.S NMADD.D - - - - - -
NMSUB.S NMSUB.D - - - - - -
"""
"""Bits 5:0 of COP1X."""

MIPS4 = {"MOVCI", "MOVZ", "MOVN", "PREF", "COP1X", "MOVCF", "RECIP", "RSQRT"}
"""The entries that MIPS III does not have."""


def shows_unimplemented(fcr31: int) -> bool:
    """Tell whether FCR31.Cause says Unimplemented Operation and nothing else (R10000 15.5)."""
    return field(fcr31, 17, 12) == 0b100000


def entry(model: Model, grid: str, value: int) -> str:
    """Give the entry of a grid for a field's value, as the model has it."""
    for number, name in enumerate(grid.split()):
        if value == number:
            return "-" if name in MIPS4 and model.level < Level.IV else name
    raise AssertionError("a grid has an entry for every value of its field")


def named(model: Model, word: int) -> str:
    """Give the instruction that the manual's tables name for `word`, `-` when it is reserved."""
    name = entry(model, OPCODE, field(word, 31, 26))
    if name == "SPECIAL":
        name = entry(model, SPECIAL, field(word, 5, 0))
    elif name == "REGIMM":
        name = entry(model, REGIMM, field(word, 20, 16))
    elif name == "COP0":
        name = _cop0(model, word)
    elif name == "COP1":
        name = _cop1(model, word)
    elif name == "COP1X":
        name = entry(model, COP1X, field(word, 5, 0))
    if name == "MOVCI":
        return "MOVT" if field(word, 16, 16) == 1 else "MOVF"
    return name


def _cop0(model: Model, word: int) -> str:
    if field(word, 25, 25) == 1:
        return entry(model, CO, field(word, 5, 0))
    name = entry(model, COP0, field(word, 24, 21))
    if name == "BC0":
        return entry(model, BC0, field(word, 20, 16)) if model.name == "R4000" else "-"
    if name not in ("MFC0", "MTC0") or field(word, 5, 0) == 0:
        return name
    # Register 25 of the R10000: bit 0 tells counters from controls, bits 5:1 which of them.
    if not model.has_performance_counters or field(word, 15, 11) != 25:
        return "-"
    if field(word, 5, 0) == 2:
        return "MFPS" if name == "MFC0" else "MTPS"
    if field(word, 5, 2) == 0:
        return "MFPC" if name == "MFC0" else "MTPC"
    return "-"


def _cop1(model: Model, word: int) -> str:
    name = entry(model, COP1, field(word, 25, 21))
    if name == "BC1":
        likely, true = field(word, 17, 17), field(word, 16, 16)
        return "BC1" + ("T" if true == 1 else "F") + ("L" if likely == 1 else "")
    if name not in ("S", "D", "W", "L"):
        return name
    function = entry(model, FLOAT, field(word, 5, 0))
    if function == "-" or function == f"CVT.{name}":
        return "-"
    if name in ("W", "L") and function not in ("CVT.S", "CVT.D"):
        return "-"
    if function == "MOVCF":
        function = "MOVT" if field(word, 16, 16) == 1 else "MOVF"
    return f"{function}.{name}"


def _invalid(model: Model, word: int) -> bool:
    """Tell whether the R4000's tables mark a reserved word of COP0 as invalid without an exception.

    Its function 0x10 they mark as reserved.
    """
    return model.name == "R4000" and field(word, 25, 25) == 1 and field(word, 5, 0) != 0x10


def reserved_outcome(model: Model, word: int, status: int) -> tuple[ExceptionKind | None, int]:
    """Give the exception that a reserved word raises, with its coprocessor; None for no effect.

    Unit n is usable with CUn = 1, coprocessor 0 also in kernel mode. The floating-point exception
    is Unimplemented Operation.
    """
    opcode = field(word, 31, 26)
    for number, opcodes in ((0, (0x10,)), (1, (0x11,)), (2, (0x12, 0x32, 0x36, 0x3A, 0x3E))):
        for each in opcodes:
            if opcode == each:
                usable = field(status, 28 + number, 28 + number) == 1
                if not (usable or (number == 0 and mode(status) is Mode.KERNEL)):
                    return Exceptions.COPROCESSOR_UNUSABLE, number
                if number == 0 and _invalid(model, word):
                    return None, 0
                if number == 1:
                    return Exceptions.FLOATING_POINT, 0
                if number == 2 and model.name == "R4000":
                    return None, 0
    return Exceptions.RESERVED_INSTRUCTION, 0
