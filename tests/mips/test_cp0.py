"""The registers of coprocessor 0: what can be written, what a reset leaves, the moves.

The masks are the manuals' figures (R10000 chapter 14, R4000 chapters 4 and 5), as lists of fields.
"""

import attrs
import pytest

from disco.mips import cp0
from disco.mips.cp0 import COUNTERS, REGISTERS, Cp0, Mode, mode
from disco.mips.model import MODELS, R4000, R10000, Model
from disco.mips.unpredictable import Unpredictable
from tests.mips.machine import Recorded, encode, machine, run

M1 = 0xFFFF_FFFF_FFFF_FFFF
both_models = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)

Fields = list[tuple[int, int]]
_R10000: dict[int, Fields] = {
    0: [(31, 31), (5, 0)], 1: [], 2: [(63, 62), (33, 0)], 3: [(63, 62), (33, 0)], 4: [(63, 23)],
    5: [(24, 13)], 6: [(5, 0)], 8: [], 9: [(31, 0)], 10: [(63, 62), (43, 13), (7, 0)],
    11: [(31, 0)], 12: [(31, 28), (26, 25), (22, 18), (16, 0)], 13: [(9, 8)], 14: [(63, 0)],
    15: [], 16: [(2, 0)], 17: [(31, 0)], 18: [(31, 3), (1, 0)], 19: [(7, 0)], 20: [(63, 37)],
    21: [(15, 0)], 22: [], 26: [(9, 0)], 27: [], 28: [(31, 0)], 29: [(31, 0)], 30: [(63, 0)],
}  # fmt: skip
_R4000: dict[int, Fields] = {
    0: [(31, 31), (5, 0)], 1: [], 2: [(29, 0)], 3: [(29, 0)], 4: [(63, 23)],
    5: [(24, 13)], 6: [(5, 0)], 8: [], 9: [(31, 0)], 10: [(63, 62), (39, 13), (7, 0)],
    11: [(31, 0)], 12: [(31, 25), (22, 22), (20, 20), (18, 0)], 13: [(9, 8)], 14: [(63, 0)],
    15: [], 16: [(5, 0)], 17: [(31, 0)], 18: [(31, 3), (1, 0)], 19: [(3, 0)], 20: [(63, 33)],
    26: [(7, 0)], 27: [], 28: [(31, 0)], 29: [(31, 0)], 30: [(63, 0)],
}  # fmt: skip
FIELDS = {"R10000": _R10000, "R4000": _R4000}
WIDE = {2, 3, 4, 8, 10, 14, 20, 22, 30}
"""The registers of 64 bits."""
ATTRIBUTES = {
    0: "index", 2: "entry_lo0", 3: "entry_lo1", 4: "context", 5: "page_mask", 6: "wired",
    8: "bad_vaddr", 9: "count", 10: "entry_hi", 11: "compare", 12: "status", 13: "cause",
    14: "epc", 15: "prid", 16: "config", 17: "lladdr", 18: "watch_lo", 19: "watch_hi",
    20: "xcontext", 21: "frame_mask", 22: "diagnostic", 26: "ecc", 27: "cache_err",
    28: "tag_lo", 29: "tag_hi", 30: "error_epc",
}  # fmt: skip
CASES = [
    pytest.param(model, number, id=f"{name}-{number}")
    for name, model in MODELS.items()
    for number in FIELDS[name]
    if number != 1
]


def _mask(fields: Fields) -> int:
    return sum((1 << (high + 1)) - (1 << low) for high, low in fields)


@pytest.mark.parametrize(("model", "number"), CASES)
@pytest.mark.parametrize("old", [0, M1])
@pytest.mark.parametrize("new", [0, M1, 0x0123_4567_89AB_CDEF])
def test_writable_bits(model: Model, number: int, old: int, new: int) -> None:
    """DMTC0 writes the fields above and no other bit, of this register and of no other."""
    cpu = machine(encode("DMTC0", rt=1, rd=number), model=model, status=0)
    cpu.gpr[1] = new
    width = M1 if number in WIDE else 0xFFFF_FFFF
    before = 0 if number in (12, 13) else old & width
    setattr(cpu.cp0, ATTRIBUTES[number], before)
    expected = attrs.asdict(cpu.cp0)
    writable = _mask(FIELDS[model.name][number])
    expected[ATTRIBUTES[number]] = before & ~writable | new & writable
    run(cpu, inputs=Recorded(ticks=0))
    assert attrs.asdict(cpu.cp0) == expected


@pytest.mark.parametrize(("model", "number"), CASES)
@pytest.mark.parametrize("new", [0x8765_4321, 0x1234_5678_7654_3210])
def test_mtc0_sign_extends(model: Model, number: int, new: int) -> None:
    cpu = machine(encode("MTC0", rt=1, rd=number), model=model, status=0)
    cpu.gpr[1] = new
    before = getattr(cpu.cp0, ATTRIBUTES[number])
    low = new & 0xFFFF_FFFF
    word = low | 0xFFFF_FFFF << 32 if low >> 31 else low
    run(cpu, inputs=Recorded(ticks=0))
    writable = _mask(FIELDS[model.name][number])
    assert getattr(cpu.cp0, ATTRIBUTES[number]) == before & ~writable | word & writable


@pytest.mark.parametrize(("model", "number"), CASES)
def test_reads(model: Model, number: int) -> None:
    """MFC0 sign-extends the low word; DMFC0 gives 64 bits, those above a 32-bit register open."""
    inputs = Recorded(ticks=0, answers={Unpredictable.CP0_NARROW: 0x1234_5678_0000_0000})
    cpu = machine(
        encode("MFC0", rt=1, rd=number), encode("DMFC0", rt=2, rd=number), model=model, status=0
    )
    wide = number in WIDE
    # Status and Cause are not to change what the instructions do.
    value = {12: 0x0040_0000, 13: 0x8000_0300}.get(number, 0xFEDC_BA98_8765_4321)
    setattr(cpu.cp0, ATTRIBUTES[number], value if wide else value & 0xFFFF_FFFF)
    run(cpu, 2, inputs=inputs)
    low = value & 0xFFFF_FFFF
    assert cpu.gpr[1] == (low | 0xFFFF_FFFF << 32 if low >> 31 else low)
    assert cpu.gpr[2] == (value if wide else 0x1234_5678 << 32 | low)
    assert inputs.asked == ([] if wide else [Unpredictable.CP0_NARROW])


@both_models
def test_random_is_an_input(model: Model) -> None:
    """Between Wired and the last entry; it cannot be written."""
    last = model.tlb_entries - 1
    for wired, told, seen in ((0, None, last), (3, 7, 7), (8, 7, last), (0, 64, last)):
        cpu = machine(encode("MTC0", rt=2, rd=1), encode("MFC0", rt=1, rd=1), model=model)
        cpu.cp0.wired = wired
        cpu.gpr[2] = 1
        run(cpu, 2, inputs=Recorded(random_value=told))
        assert cpu.gpr[1] == seen


def test_random_with_wired_beyond_the_last_entry() -> None:
    cpu = machine(encode("MFC0", rt=1, rd=1), model=R4000)
    cpu.cp0.wired = 60
    run(cpu, inputs=Recorded(random_value=50))
    assert cpu.gpr[1] == 47


RESERVED_NUMBERS = {"R10000": [7, 23, 24, 31], "R4000": [7, 21, 22, 23, 24, 25, 31]}


@both_models
def test_registers_that_do_not_exist(model: Model) -> None:
    """Reads are open, writes do nothing."""
    for number in RESERVED_NUMBERS[model.name]:
        inputs = Recorded(ticks=0, answers={Unpredictable.CP0_RESERVED: 0x55})
        cpu = machine(
            encode("MFC0", rt=1, rd=number), encode("DMFC0", rt=2, rd=number),
            encode("MTC0", rt=3, rd=number), encode("DMTC0", rt=3, rd=number), model=model,
        )  # fmt: skip
        cpu.gpr[3] = M1
        before = attrs.asdict(cpu.cp0)
        run(cpu, 4, inputs=inputs)
        assert (cpu.gpr[1], cpu.gpr[2]) == (0x55, 0x55)
        assert inputs.asked == [Unpredictable.CP0_RESERVED] * 2
        assert attrs.asdict(cpu.cp0) == before


@both_models
def test_the_table_is_complete(model: Model) -> None:
    """Every register of the manual, none twice, widths and attributes as listed here."""
    rows = REGISTERS[model.name]
    assert [row.number for row in rows] == sorted(FIELDS[model.name])
    assert {row.number for row in rows if row.width == 64} == WIDE & FIELDS[model.name].keys()
    assert {row.number: row.attribute for row in rows if row.number != 1} == {
        number: ATTRIBUTES[number] for number in FIELDS[model.name] if number != 1
    }
    reachable = {row.attribute for rows in REGISTERS.values() for row in rows}
    reachable |= {row.attribute for pair in COUNTERS for row in pair}
    assert reachable - {""} == set(attrs.fields_dict(Cp0))


RESETS = {
    "R10000": {
        "wired": 0, "status": 0x0040_0004, "frame_mask": 0, "diagnostic": 0, "cache_err": 0,
    },
    "R4000": {"wired": 0, "status": 0x0040_0004},
}  # fmt: skip
"""Besides Config, PRId and Random what the manuals define: no other register (17.4, R4000 5.3)."""

CONFIG = {
    # IC, DC: 32 KB; SS: 1 MB; BE; SB: 32 words; EC: clock ratio; PM: 4 misses; K0: cached.
    "R10000": {29: 3, 26: 3, 16: 1, 15: 1, 13: 1, 9: 2, 7: 3, 0: 3},
    # SC: no secondary cache; BE; IC, DC: 8 KB; K0: uncached.
    "R4000": {17: 1, 15: 1, 9: 1, 6: 1, 0: 2},
}
"""Fields of Config by their lowest bits (R10000 14.14, R4000 4.2)."""


@both_models
def test_reset_values(model: Model) -> None:
    """PRId: implementation 9 or 4. WatchLo, say, is among what stays undefined."""
    resets = {row.attribute: row.reset for row in REGISTERS[model.name] if row.reset is not None}
    assert resets.pop("prid") >> 8 == (0x09 if model is R10000 else 0x04)
    assert resets.pop("config") == sum(value << bit for bit, value in CONFIG[model.name].items())
    assert resets == RESETS[model.name]


STATUS_FIELDS = {
    "XX": [(31, 31)], "CU2": [(30, 30)], "CU1": [(29, 29)], "CU0": [(28, 28)], "RP": [(27, 27)],
    "FR": [(26, 26)], "RE": [(25, 25)], "BEV": [(22, 22)], "TS": [(21, 21)], "SR": [(20, 20)],
    "NMI": [(19, 19)], "CH": [(18, 18)], "CE": [(17, 17)], "DE": [(16, 16)], "IM": [(15, 8)],
    "KX": [(7, 7)], "SX": [(6, 6)], "UX": [(5, 5)], "KSU": [(4, 3)], "ERL": [(2, 2)],
    "EXL": [(1, 1)], "IE": [(0, 0)],
}  # fmt: skip
"""Status, R10000 figure 14-11."""


def test_the_fields_of_status() -> None:
    named = {name: value for name, value in vars(cp0).items() if name.startswith("STATUS_")}
    assert named == {f"STATUS_{name}": _mask(fields) for name, fields in STATUS_FIELDS.items()}


MODES = [
    (ksu << 3 | level, Mode.KERNEL if level or ksu == 0 else expected)
    for ksu, expected in (
        (0, Mode.KERNEL), (1, Mode.SUPERVISOR), (2, Mode.USER), (3, Mode.USER),
    )
    for level in (0, 2, 4, 6)
]  # fmt: skip


@pytest.mark.parametrize(("status", "expected"), MODES)
def test_modes(status: int, expected: Mode) -> None:
    """EXL and ERL mean kernel mode whatever KSU says; KSU = 3 is taken as user mode."""
    assert mode(status) is expected
    assert mode(status | 0xFFFF_FFE1) is expected
