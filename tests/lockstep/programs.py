"""Whole bare-metal programs for lockstep, drawn by Hypothesis.

A program is a body of units of a few instructions between the parts of `runtime.s`. It runs in
user, supervisor and kernel mode with 32- and 64-bit addresses, through a TLB that its units change,
and takes exceptions in and out of delay slots. CP0 hazard distances of the R4000 are kept.
"""

from pathlib import Path

import attrs
from hypothesis import strategies as st

from disco.bits import MASK64
from disco.machine.image import Image, ImageSegment
from disco.mips.assembler import assemble
from disco.mips.cp0 import KERNEL, STATUS_KX, STATUS_SX, STATUS_UX, SUPERVISOR, USER
from disco.mips.instruction import FIELD_WIDTHS, Instruction, Kind
from disco.mips.model import Level, Model
from disco.mips.table import instructions

BODY = 0x0040_0000
"""Where the body is mapped and lies, in user space."""
_DATA = 0x0048_0000
"""64 KB of physical memory that the units' pointers lead to."""
_RUNTIME = Path(__file__).with_name("runtime.s").read_text()

_VALUES = (1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25)
"""Registers that compute; $7 chooses modes, but is one of the sources."""
_POINTERS = (16, 17, 18, 19, 20, 21)
_WIDE = STATUS_KX | STATUS_SX | STATUS_UX
_KINDS = (Kind.COMPUTE, Kind.TRAP, Kind.HINT, Kind.FLOAT, Kind.FLOAT_ARITHMETIC)
_READABLE = (0, 4, 8, 10, 12, 13, 14, 17)
"""CP0 registers that units read: neither time nor what identifies the processor."""
_NOPS = "\n".join(["nop"] * 4)

PAGES = (
    (8, 0x0000_0000_0010_0000),
    (9, 0x0000_0000_7FFF_E000),
    (10, 0x0000_0000_8000_0000),
    (11, 0x0000_0012_3456_8000),
    (12, 0x4000_0000_0000_2000),
    (13, 0x4000_00FF_FFFF_C000),
    (14, 0xC000_0000_0000_0000),
    (15, 0xC000_0000_1234_8000),
    (16, 0xFFFF_FFFF_C000_4000),
    (17, 0xFFFF_FFFF_E000_8000),
    (18, 0xFFFF_FFFF_FFFF_C000),
)
"""The page pairs that units map, each always by the same entry, so that no two entries match."""
_ADDRESSES = tuple(
    place
    for place in (
        *(page + offset for _, page in PAGES for offset in (0, 0xFF8, 0x1000, 0x1FF0)),
        *(base + _DATA for base in (0xFFFF_FFFF_8000_0000, 0xFFFF_FFFF_A000_0000)),
        0x9000_0000_0000_0000 + _DATA,
        0x9800_0000_0000_0000 + _DATA,
        0x0000_0100_0000_0000,
        0x3FFF_FFFF_FFFF_FFF8,
        0x8000_0000_0000_0000 + (1 << 36),
        0xC000_00FF_7FFF_FFF8,
        0xFFFF_FFFF_7FFF_FFF8,
        0x0000_0000_0050_0000,
    )
)


@attrs.frozen
class Program:
    """A program as its source."""

    model: Model = attrs.field(repr=lambda model: model.name)
    source: str

    @property
    def image(self) -> Image:
        """The program assembled, as a board loads it."""
        made = assemble(self.source, model=self.model)
        parts = tuple(ImageSegment(s.address, s.data, len(s.data)) for s in made.sections)
        return Image(made.symbols["start"], parts)


_registers = st.sampled_from((*_VALUES, 0, 7))
_targets = st.sampled_from((*_VALUES, *_VALUES, 7))
_words = st.integers(-(1 << 31), (1 << 31) - 1)
_edges = st.sampled_from((0, 1, -1, 0x7FFF_FFFF, -0x8000_0000, 1 << 63, (1 << 63) - 1, 0x80))
_numbers = st.one_of(_words, _words, _edges, st.integers(0, MASK64)).map(lambda v: v & MASK64)
_offsets = st.one_of(st.integers(0, 7).map(lambda n: 8 * n), st.integers(-12, 70))


@st.composite
def _plain(draw: st.DrawFn, rows: list[Instruction]) -> str:
    """Draw an instruction that may stand in a delay slot."""
    row = draw(st.sampled_from(rows))
    fields = []
    for field in row.fields:
        if field.name == "base":
            value = draw(st.sampled_from(_POINTERS))
        elif field.name == "offset":
            value = draw(_offsets) & 0xFFFF
        elif field.name in ("rs", "rt", "index"):
            value = draw(_registers)
        elif field.name == "rd":
            value = draw(_targets)
        else:
            value = draw(st.integers(0, (1 << FIELD_WIDTHS[field.name]) - 1))
        fields.append(value)
    return f".word {row.encode(*fields):#010x}"


@st.composite
def _modes(draw: st.DrawFn, model: Model) -> int:
    """Draw KSU, UX, SX and KX for a SYSCALL to set.

    Left out is what makes QEMU execute instructions that raise an exception in the reference: a
    supervisor gets SX, the R4000 all three bits or none, a kernel without KX neither UX nor SX.
    """
    mode = draw(st.sampled_from((KERNEL, SUPERVISOR, USER)))
    if not model.user_space_needs_ux:
        bits = _WIDE if mode is SUPERVISOR else draw(st.sampled_from((0, _WIDE)))
    else:
        bits = draw(st.integers(0, 7)) << 5
    if mode is SUPERVISOR:
        bits |= STATUS_SX
    if mode is KERNEL and bits & STATUS_KX == 0:
        bits = 0
    return mode << 3 | bits


def _rows(model: Model) -> tuple[list[Instruction], list[Instruction]]:
    """Give the rows that may stand anywhere, and those of branches that test registers."""
    plain = [
        row
        for row in instructions(model)
        if row.kind in (*_KINDS, Kind.LOAD, Kind.STORE)
        and not row.name.startswith(("LL", "SC"))
        and row.name not in ("SYSCALL", "BC1F", "BC1T", "BC1FL", "BC1TL")
    ]
    branches = [
        row
        for row in instructions(model)
        if row.kind is Kind.JUMP and row.fields[-1].name == "offset" and row.match >> 26 != 17
    ]
    return plain, branches


@st.composite
def _units(draw: st.DrawFn, model: Model) -> tuple[str, ...]:
    """Draw one unit: its lines, in which `@` stands for a unit further on."""
    rows, branches = _rows(model)
    plain = _plain(rows)
    match draw(st.sampled_from(_UNIT_KINDS)):
        case "plain":
            return (draw(plain),)
        case "branch":
            row = draw(st.sampled_from(branches))
            registers = [f"${draw(_registers)}" for _ in row.fields[:-1]]
            return (f"{row.name.lower()} {', '.join([*registers, '@'])}", draw(plain))
        case "jump":
            jump = draw(st.sampled_from(("jr $15", "jalr $31, $15")))
            return (*_load_target(15), jump, draw(plain))
        case "away":
            pointer = draw(st.sampled_from(_POINTERS))
            return (*_load_target(22), f"jr ${pointer}", draw(plain))
        case "pointer":
            address = draw(st.sampled_from(_ADDRESSES))
            return (f"dli ${draw(st.sampled_from(_POINTERS))}, {address:#x}",)
        case "number":
            return (f"dli ${draw(_targets)}, {draw(_numbers):#x}",)
        case "mode":
            return (f"dli $7, {draw(_modes(model)):#x}", "syscall")
        case "linked":
            size = draw(st.sampled_from(("", "d")))
            pointer, offset = draw(st.sampled_from(_POINTERS)), draw(_offsets)
            return (
                f"ll{size} $3, {offset}(${pointer})",
                "daddiu $4, $3, 1",
                f"sc{size} $4, {offset}(${pointer})",
            )
        case "page":
            return draw(_page_writes())
        case "probe":
            index, page = draw(st.sampled_from(PAGES))
            probe = (f"dli $8, {page | draw(st.integers(0, 3)):#x}", "dmtc0 $8, $10", _NOPS)
            return (*probe, "tlbp", _NOPS, "mfc0 $9, $0", f"dli $8, {index}", "mtc0 $8, $0", _NOPS,
                    "tlbr", _NOPS, "dmfc0 $10, $10", "dmfc0 $11, $2", "mfc0 $12, $5",
                    "dmtc0 $0, $10", _NOPS)  # fmt: skip
        case _:
            register = draw(st.sampled_from(_READABLE))
            return (f"mfc0 ${draw(_targets)}, ${register}",)


_UNIT_KINDS = (
    *["plain"] * 12, *["branch"] * 4, "jump", "away", *["pointer"] * 4, *["number"] * 3,
    *["mode"] * 2, "linked", *["page"] * 2, "probe", "read",
)  # fmt: skip


def _load_target(register: int) -> tuple[str, str]:
    """Load the address of a unit further on."""
    return f"lui ${register}, BODY >> 16", f"ori ${register}, ${register}, @ & 0xffff"


@st.composite
def _page_writes(draw: st.DrawFn) -> tuple[str, ...]:
    """Draw the writing of one TLB entry: its page, address space, rights and frames."""
    index, page = draw(st.sampled_from(PAGES))
    space = draw(st.sampled_from((0, 0, 1)))
    lines = [f"dli $8, {page | space:#x}", "dmtc0 $8, $10"]
    glob = draw(st.booleans())
    for register in (2, 3):
        frame = (_DATA >> 12) + draw(st.integers(0, 7))
        rights = draw(st.sampled_from((6, 6, 6, 2, 0)))
        lines += [f"dli $8, {frame << 6 | 3 << 3 | rights | glob:#x}", f"dmtc0 $8, ${register}"]
    lines += [f"dli $8, {index}", "mtc0 $8, $0", "mtc0 $0, $5", _NOPS, "tlbwi", _NOPS]
    return (*lines, "dmtc0 $0, $10", _NOPS)


@st.composite
def programs(draw: st.DrawFn, model: Model, rounds: int = 20) -> Program:
    """Draw a program that runs its body `rounds` times."""
    units = draw(st.lists(_units(model), min_size=10, max_size=120))
    pointers = [f"dli ${number}, {draw(st.sampled_from(_ADDRESSES)):#x}" for number in _POINTERS]
    numbers = [f"dli ${number}, {draw(_numbers):#x}" for number in (*_VALUES, 7)]
    lines = []
    for number, unit in enumerate(units):
        lines.append(f"unit{number}:")
        ahead = min(number + draw(st.integers(1, 4)), len(units))
        lines += [line.replace("@", f"unit{ahead}") for line in unit]
    last = f"unit{len(units)}"
    enabled = 0x8301 if draw(st.booleans()) else 0
    mips4 = 1 << 31 if model.level >= Level.IV else 0
    start = [
        *_map_body(),
        f"dli $8, {rounds}", "lui $9, 0x8000", "sw $8, 0x7f0($9)",
        "mfc0 $8, $9", "addiu $8, $8, 1777", "mtc0 $8, $11",
        *pointers, *numbers[1:], *(line.replace("@", last) for line in _load_target(22)),
        f"dli $26, {enabled | _WIDE | 2 | mips4:#x}", f"dli $1, {BODY:#x}", "dmtc0 $1, $14",
        "mtc0 $26, $12", _NOPS, "eret",
    ]  # fmt: skip
    source = "\n".join(
        [f"BODY = {BODY:#x}", _RUNTIME, *start, f".org {BODY:#x}",
         *lines, f"{last}:", f"ori $7, $0, {_WIDE:#x}", "finish:", "syscall", "nop"]
    )  # fmt: skip
    return Program(model, source)


def _map_body() -> list[str]:
    """Map the body's pages to themselves, global and valid, by the first entries."""
    lines = []
    for index in range(4):
        page = BODY + 0x2000 * index
        lines += [f"dli $8, {page:#x}", "dmtc0 $8, $10", f"dli $8, {index}", "mtc0 $8, $0"]
        for register, half in ((2, page), (3, page + 0x1000)):
            lines += [f"dli $8, {half >> 6 | 0x1F:#x}", f"dmtc0 $8, ${register}"]
        lines += ["mtc0 $0, $5", _NOPS, "tlbwi", _NOPS]
    return [*lines, "dmtc0 $0, $10", _NOPS]
