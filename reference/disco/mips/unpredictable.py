"""What the architecture leaves open, by name, and the policy for each.

The open value is an *input* of the step (`Inputs.unpredictable`), which is asked with the name and
with the value that the reference takes by default. A proof lets the answer be anything of the
stated kind; a vector masks what depends on it; a run keeps the default. Where the alternatives are
no values, the one outcome that the text states is taken and nothing is asked: TLB_DUPLICATE,
UNDEFINED_FIELD, COP0_NO_OPERATION, COP2_NO_OPERATION and KSU_3.
"""

import enum


class Unpredictable(enum.Enum):
    """The places where the manuals say UNPREDICTABLE or UNDEFINED; the text says what is open."""

    NOT_A_WORD = "a 32-bit operation reads a register that is no sign-extended word: the word read"
    DIVIDE_BY_ZERO = "the quotient or remainder of a division by zero: any register value"
    LWR_UPPER = "bits 63:32 after an LWR that does not load bit 31: kept or sign-extended"
    BRANCH_IN_DELAY_SLOT = "a branch or jump in a delay slot: where control goes after its slot"
    ERET_IN_DELAY_SLOT = "an ERET in a delay slot: where control goes"
    LINK_REGISTER = "a linking jump or branch that reads its own link register: the value read"
    ODD_DOUBLE = "a doubleword access to an odd FPR with FR = 0: the value"
    FPR_UPPER = "bits 63:32 of an FPR after a word was written to it (R4000): any"
    FCR_RESERVED = "a read of an FP control register that does not exist: any register value"
    INDEXED_REGION = "an indexed FP access whose base and sum lie in different regions: the address"
    CP0_RESERVED = "a read of a CP0 register that the model does not have: any register value"
    CP0_NARROW = "bits 63:32 of a DMFC0 of a 32-bit register: any"
    CONTEXT_AFTER_ADDRESS_ERROR = "Context, XContext and EntryHi after an address error: any"
    TLB_INDEX = "a TLB read or write beyond the last entry (R4000): the index used, or none"
    TLB_DUPLICATE = "two TLB entries match (R4000): which one is used"
    UNDEFINED_FIELD = "a word whose should-be-zero field is not zero: executed as if it were zero"
    SC_ADDRESS = "an SC to another address than the LL: whether it stores"
    COP0_NO_OPERATION = "an invalid function of coprocessor 0 (R4000): nothing happens"
    COP2_NO_OPERATION = "a usable COP2 instruction without a coprocessor 2: nothing happens"
    KSU_3 = "Status.KSU = 3: the mode, taken to be user, the least privileged"
