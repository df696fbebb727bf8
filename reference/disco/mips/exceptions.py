"""The exceptions as one table: code, vector, registers written, what stays undefined, priority.

Sources: R10000 User's Manual chapter 17 (Table 17-3 for the order), R4000 User's Manual chapter 5.
"""

import enum

import attrs


class Vector(enum.Enum):
    """How the handler's address is found (R10000 17.2)."""

    RESET = "0xffffffffbfc00000"
    CACHE_ERROR = "base + 0x100, uncached"
    REFILL = "base + 0x000 or 0x080, with EXL = 1 base + 0x180"
    GENERAL = "base + 0x180"


class Timing(enum.Enum):
    """When in a step an exception arises."""

    BOUNDARY = "before the instruction is fetched"
    FETCH = "on the instruction's own fetch"
    EXECUTE = "by the instruction"
    DATA = "on the instruction's data reference"


@attrs.frozen(kw_only=True, eq=False)
class ExceptionKind:
    """One row of the exception table."""

    name: str
    priority: int
    """1 is taken first (Table 17-3); its one level of 10 to 12 is split as the guards split it."""
    timing: Timing
    vector: Vector
    code: int | None = None
    """Cause.ExcCode; None where Cause is not written."""
    bad_vaddr: bool = False
    """BadVAddr receives the failing address."""
    tlb_registers: bool = False
    """Context, XContext and EntryHi receive the failing page and EntryHi keeps its ASID."""
    context_undefined: bool = False
    """Context, XContext and EntryHi are undefined afterwards."""
    uses_error_epc: bool = False
    """Return address in ErrorEPC with ERL, not in EPC with EXL."""
    section: str = ""


class Exceptions:
    """Every exception, one attribute a row, in the order of priority (Table 17-3)."""

    RESET = ExceptionKind(
        name="Cold reset",
        priority=1,
        timing=Timing.BOUNDARY,
        vector=Vector.RESET,
        uses_error_epc=True,
        section="17.4",
    )
    SOFT_RESET = ExceptionKind(
        name="Soft reset",
        priority=2,
        timing=Timing.BOUNDARY,
        vector=Vector.RESET,
        uses_error_epc=True,
        section="17.4",
    )
    NMI = ExceptionKind(
        name="Nonmaskable interrupt",
        priority=3,
        timing=Timing.BOUNDARY,
        vector=Vector.RESET,
        uses_error_epc=True,
        section="17.4",
    )
    CACHE_ERROR = ExceptionKind(
        name="Cache error",
        priority=4,
        timing=Timing.BOUNDARY,
        vector=Vector.CACHE_ERROR,
        uses_error_epc=True,
        section="17.4",
    )
    ADDRESS_ERROR_FETCH = ExceptionKind(
        name="Address error (fetch)",
        priority=5,
        timing=Timing.FETCH,
        vector=Vector.GENERAL,
        code=4,
        bad_vaddr=True,
        context_undefined=True,
        section="17.4",
    )
    TLB_REFILL_FETCH = ExceptionKind(
        name="TLB refill (fetch)",
        priority=6,
        timing=Timing.FETCH,
        vector=Vector.REFILL,
        code=2,
        bad_vaddr=True,
        tlb_registers=True,
        section="17.4",
    )
    TLB_INVALID_FETCH = ExceptionKind(
        name="TLB invalid (fetch)",
        priority=7,
        timing=Timing.FETCH,
        vector=Vector.GENERAL,
        code=2,
        bad_vaddr=True,
        tlb_registers=True,
        section="17.4",
    )
    VIRTUAL_COHERENCY_FETCH = ExceptionKind(
        name="Virtual coherency (fetch, R4000)",
        priority=8,
        timing=Timing.FETCH,
        vector=Vector.GENERAL,
        code=14,
        bad_vaddr=True,
        section="R4000 5.3",
    )
    BUS_ERROR_FETCH = ExceptionKind(
        name="Bus error (fetch)",
        priority=9,
        timing=Timing.FETCH,
        vector=Vector.GENERAL,
        code=6,
        section="17.4",
    )
    COPROCESSOR_UNUSABLE = ExceptionKind(
        name="Coprocessor unusable",
        priority=10,
        timing=Timing.EXECUTE,
        vector=Vector.GENERAL,
        code=11,
        section="17.4",
    )
    RESERVED_INSTRUCTION = ExceptionKind(
        name="Reserved instruction",
        priority=11,
        timing=Timing.EXECUTE,
        vector=Vector.GENERAL,
        code=10,
        section="17.4",
    )
    OVERFLOW = ExceptionKind(
        name="Integer overflow",
        priority=12,
        timing=Timing.EXECUTE,
        vector=Vector.GENERAL,
        code=12,
        section="17.4",
    )
    TRAP = ExceptionKind(
        name="Trap",
        priority=12,
        timing=Timing.EXECUTE,
        vector=Vector.GENERAL,
        code=13,
        section="17.4",
    )
    SYSTEM_CALL = ExceptionKind(
        name="System call",
        priority=12,
        timing=Timing.EXECUTE,
        vector=Vector.GENERAL,
        code=8,
        section="17.4",
    )
    BREAKPOINT = ExceptionKind(
        name="Breakpoint",
        priority=12,
        timing=Timing.EXECUTE,
        vector=Vector.GENERAL,
        code=9,
        section="17.4",
    )
    FLOATING_POINT = ExceptionKind(
        name="Floating point",
        priority=12,
        timing=Timing.EXECUTE,
        vector=Vector.GENERAL,
        code=15,
        section="17.4",
    )
    ADDRESS_ERROR_LOAD = ExceptionKind(
        name="Address error (load)",
        priority=13,
        timing=Timing.DATA,
        vector=Vector.GENERAL,
        code=4,
        bad_vaddr=True,
        context_undefined=True,
        section="17.4",
    )
    ADDRESS_ERROR_STORE = ExceptionKind(
        name="Address error (store)",
        priority=13,
        timing=Timing.DATA,
        vector=Vector.GENERAL,
        code=5,
        bad_vaddr=True,
        context_undefined=True,
        section="17.4",
    )
    TLB_REFILL_LOAD = ExceptionKind(
        name="TLB refill (load)",
        priority=14,
        timing=Timing.DATA,
        vector=Vector.REFILL,
        code=2,
        bad_vaddr=True,
        tlb_registers=True,
        section="17.4",
    )
    TLB_REFILL_STORE = ExceptionKind(
        name="TLB refill (store)",
        priority=14,
        timing=Timing.DATA,
        vector=Vector.REFILL,
        code=3,
        bad_vaddr=True,
        tlb_registers=True,
        section="17.4",
    )
    TLB_INVALID_LOAD = ExceptionKind(
        name="TLB invalid (load)",
        priority=15,
        timing=Timing.DATA,
        vector=Vector.GENERAL,
        code=2,
        bad_vaddr=True,
        tlb_registers=True,
        section="17.4",
    )
    TLB_INVALID_STORE = ExceptionKind(
        name="TLB invalid (store)",
        priority=15,
        timing=Timing.DATA,
        vector=Vector.GENERAL,
        code=3,
        bad_vaddr=True,
        tlb_registers=True,
        section="17.4",
    )
    TLB_MODIFIED = ExceptionKind(
        name="TLB modified",
        priority=16,
        timing=Timing.DATA,
        vector=Vector.GENERAL,
        code=1,
        bad_vaddr=True,
        tlb_registers=True,
        section="17.4",
    )
    WATCH = ExceptionKind(
        name="Watch",
        priority=17,
        timing=Timing.DATA,
        vector=Vector.GENERAL,
        code=23,
        section="17.4",
    )
    VIRTUAL_COHERENCY_DATA = ExceptionKind(
        name="Virtual coherency (data, R4000)",
        priority=18,
        timing=Timing.DATA,
        vector=Vector.GENERAL,
        code=31,
        bad_vaddr=True,
        section="R4000 5.3",
    )
    BUS_ERROR_DATA = ExceptionKind(
        name="Bus error (data)",
        priority=19,
        timing=Timing.DATA,
        vector=Vector.GENERAL,
        code=7,
        section="17.4",
    )
    INTERRUPT = ExceptionKind(
        name="Interrupt",
        priority=20,
        timing=Timing.BOUNDARY,
        vector=Vector.GENERAL,
        code=0,
        section="17.4",
    )


EXCEPTIONS: tuple[ExceptionKind, ...] = tuple(
    kind for kind in vars(Exceptions).values() if isinstance(kind, ExceptionKind)
)


class MipsException(Exception):  # noqa: N818 - the manual calls all of them exceptions
    """Raised inside a step where the processor takes an exception; caught by the step itself."""

    def __init__(self, kind: ExceptionKind, bad_vaddr: int = 0, coprocessor: int = 0) -> None:
        super().__init__(kind)
        self.kind = kind
        self.bad_vaddr = bad_vaddr
        """The failing virtual address, for the kinds that write BadVAddr."""
        self.coprocessor = coprocessor
        """Cause.CE: the unit, for Coprocessor Unusable (0 otherwise)."""
