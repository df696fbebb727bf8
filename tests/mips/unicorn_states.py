"""Hypothesis strategies for the programs and states that the reference and Unicorn both run."""

from hypothesis import strategies as st

from disco.bits import MASK64, sext16
from disco.mips.instruction import FIELD_WIDTHS, Instruction, Kind
from disco.mips.model import Model
from disco.mips.table import BY_NAME, instructions
from tests.mips.machine import NOP, encode
from tests.mips.unicorn_machine import CODE_PHYSICAL, RAM_SIZE, Start

_KINDS = (Kind.COMPUTE, Kind.LOAD, Kind.STORE, Kind.JUMP, Kind.TRAP, Kind.HINT)
_FLOAT_FIELDS = {"fs", "ft", "fd", "fr", "cc", "index"}
_REGISTER_FIELDS = {"rs", "rt", "rd", "base"}
_READ = ("rs", "rt")


def integer_rows(model: Model) -> list[Instruction]:
    """List the user-level integer instructions of `model`."""
    return [
        row
        for row in instructions(model)
        if row.kind in _KINDS and not _FLOAT_FIELDS & {field.name for field in row.fields}
    ]


def _edges(width: int) -> list[int]:
    """List the places around which `width`-bit arithmetic changes its mind, as 64-bit values."""
    middle = 1 << (width - 1)
    near = (0, 1, 2, middle - 1, middle, middle + 1, 2 * middle - 2, 2 * middle - 1)
    return [*near, *((value - 2 * middle) & MASK64 for value in near)]


registers = st.one_of(st.sampled_from((0, 1, 2, 3, 31)), st.integers(0, 31))
words = st.integers(-(1 << 31), (1 << 31) - 1).map(lambda value: value & MASK64)
values = st.one_of(st.sampled_from(_edges(32) + _edges(64)), words, words, st.integers(0, MASK64))
immediates = st.one_of(st.sampled_from((0, 1, 0x7FFF, 0x8000, 0xFFFF)), st.integers(0, 0xFFFF))
_segments = st.sampled_from((0, 0xFFFF_FFFF_8000_0000, 0xFFFF_FFFF_A000_0000))
_in_memory = st.builds(
    lambda segment, place, clear: segment | place & ~clear,
    _segments,
    st.integers(0, RAM_SIZE - 1),
    st.sampled_from((0, 1, 3, 7, 7, 7)),
)
addresses = st.one_of(_in_memory, _in_memory, _in_memory, values)
"""Addresses of data: mostly in RAM, of every alignment, sometimes anywhere."""
_targets = st.one_of(_in_memory.map(lambda address: address & ~3), addresses)
_slots = st.one_of(
    st.just(NOP),
    registers.map(lambda r: encode("DADDIU", rs=r, rt=r, immediate=1)),
    st.just(encode("LW", base=0, rt=1, offset=1)),
    st.just(encode("SYSCALL")),
)


def _field_values(name: str) -> st.SearchStrategy[int]:
    if name in _REGISTER_FIELDS:
        return registers
    if name in ("immediate", "offset"):
        return immediates
    if name == "target":
        return st.integers(0, (1 << 26) - 1) | st.integers(0, RAM_SIZE // 4 - 1)
    return st.integers(0, (1 << FIELD_WIDTHS[name]) - 1)


@st.composite
def starts(draw: st.DrawFn, model: Model, row: Instruction) -> Start:
    """Draw a program around one instruction of `model`, and a state that suits it."""
    names = [field.name for field in row.fields]
    fields = {name: draw(_field_values(name)) for name in names}
    background = draw(values)
    gpr = [(background * (2 * number + 1) + number) & MASK64 for number in range(32)]
    for name in _READ:
        if name in fields:
            gpr[fields[name]] = draw(values)
    if row.name in ("JR", "JALR"):
        gpr[fields["rs"]] = draw(_targets)
    if "base" in fields:
        gpr[fields["base"]] = (draw(addresses) - sext16(fields["offset"])) & MASK64
    gpr[0] = 0
    program = [row.encode(*(fields[name] for name in names))]
    if row.kind is Kind.JUMP:
        program.append(draw(_slots))
    if row.name in ("SC", "SCD"):
        linked = draw(registers.filter(lambda register: register != fields["base"]))
        load = BY_NAME["LL" if row.name == "SC" else "LLD"]
        program.insert(0, load.encode(fields["base"], linked, fields["offset"]))
    return Start(
        model=model,
        words=tuple(program),
        pc=draw(_segments) | CODE_PHYSICAL,
        gpr=tuple(gpr),
        hi=draw(values),
        lo=draw(values),
        pattern=draw(st.binary(min_size=16, max_size=16)),
        count=2 if row.name in ("SC", "SCD") else 1,
    )
