"""Loads and stores: values, sign extension, alignment, byte order, unaligned accesses, bus errors.

What is expected is computed here byte by byte, the other way round from the processor's words.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disco.mips.processor import Processor
from disco.mips.unpredictable import Unpredictable
from tests.mips.machine import (
    CODE,
    DATA,
    DATA_PHYSICAL,
    RAM_SIZE,
    USER_KSU,
    Ram,
    Recorded,
    encode,
    exc_code,
    fault,
    machine,
    run,
    user_machine,
)

M1 = 0xFFFF_FFFF_FFFF_FFFF
STATUS_RE, STATUS_UX = 1 << 25, 1 << 5
ALIGNED_LOADS = {
    "LB": (1, True), "LBU": (1, False), "LH": (2, True), "LHU": (2, False),
    "LW": (4, True), "LWU": (4, False), "LD": (8, False), "LL": (4, True), "LLD": (8, False),
}  # fmt: skip
"""For each its size and whether it extends the sign."""
ALIGNED_STORES = {"SB": 1, "SH": 2, "SW": 4, "SD": 8}

doublewords = st.integers(0, M1)
both_orders = st.booleans()


def _ram(cpu: Processor) -> bytearray:
    assert isinstance(cpu.memory, Ram)
    return cpu.memory.data


def _at(little: bool, address: int) -> int:
    """Where the byte at `address` stands in big-endian memory."""
    return address ^ 7 if little else address


def _machine(word: int, little: bool, pattern: bytes) -> Processor:
    """A user with one data page of a repeated `pattern`, whose data is little-endian or not."""
    cpu = user_machine(word, status=USER_KSU | STATUS_UX | (STATUS_RE if little else 0))
    cpu.gpr[1] = DATA_PHYSICAL
    _ram(cpu)[DATA_PHYSICAL : DATA_PHYSICAL + 64] = (pattern * 8)[:64]
    return cpu


@given(
    name=st.sampled_from(list(ALIGNED_LOADS)),
    little=both_orders,
    place=st.integers(0, 7),
    pattern=st.binary(min_size=8, max_size=24),
)
def test_aligned_loads(name: str, little: bool, place: int, pattern: bytes) -> None:
    size, signed = ALIGNED_LOADS[name]
    offset = place * size
    cpu = _machine(encode(name, base=1, rt=2, offset=offset), little, pattern)
    found = [_ram(cpu)[_at(little, DATA_PHYSICAL + offset + i)] for i in range(size)]
    run(cpu)
    expected = int.from_bytes(found, "little" if little else "big", signed=signed)
    assert cpu.gpr[2] == expected % 2**64


@given(
    name=st.sampled_from(list(ALIGNED_STORES)),
    little=both_orders,
    place=st.integers(0, 7),
    value=doublewords,
)
def test_aligned_stores(name: str, little: bool, place: int, value: int) -> None:
    size = ALIGNED_STORES[name]
    offset = place * size
    cpu = _machine(encode(name, base=1, rt=2, offset=offset), little, bytes(8))
    cpu.gpr[2] = value
    expected = bytearray(_ram(cpu))
    stored = value.to_bytes(8, "little")[:size]
    for i, byte in enumerate(stored if little else reversed(stored)):
        expected[_at(little, DATA_PHYSICAL + offset + i)] = byte
    run(cpu)
    assert _ram(cpu) == expected


def _left(address: int, size: int, little: bool) -> list[int]:
    """The addresses a left access reaches, from the register's most significant byte down."""
    start = address - address % size
    if little:
        return list(range(address, start - 1, -1))
    return list(range(address, start + size))


def _right(address: int, size: int, little: bool) -> list[int]:
    """The addresses a right access reaches, from the register's least significant byte up."""
    return _left(address, size, not little)


UNALIGNED = {
    "WL": (4, _left), "WR": (4, _right), "DL": (8, _left), "DR": (8, _right),
}  # fmt: skip


@given(
    kind=st.sampled_from(list(UNALIGNED)),
    little=both_orders,
    offset=st.integers(0, 31),
    old=st.integers(-(1 << 31), (1 << 31) - 1) | st.integers(-(1 << 63), (1 << 63) - 1),
    pattern=st.binary(min_size=8, max_size=24),
)
def test_unaligned_loads(kind: str, little: bool, offset: int, old: int, pattern: bytes) -> None:
    size, reach = UNALIGNED[kind]
    cpu = _machine(encode(f"L{kind}", base=1, rt=2, offset=offset), little, pattern)
    cpu.gpr[2] = old % 2**64
    register = bytearray((old % 2**64).to_bytes(8, "little")[:size])
    for i, address in enumerate(reach(DATA_PHYSICAL + offset, size, little)):
        place = size - 1 - i if reach is _left else i
        register[place] = _ram(cpu)[_at(little, address)]
    run(cpu)
    assert cpu.gpr[2] == int.from_bytes(register, "little", signed=True) % 2**64


@given(
    kind=st.sampled_from(list(UNALIGNED)),
    little=both_orders,
    offset=st.integers(0, 31),
    value=doublewords,
    pattern=st.binary(min_size=8, max_size=24),
)
def test_unaligned_stores(kind: str, little: bool, offset: int, value: int, pattern: bytes) -> None:
    size, reach = UNALIGNED[kind]
    cpu = _machine(encode(f"S{kind}", base=1, rt=2, offset=offset), little, pattern)
    cpu.gpr[2] = value
    register = value.to_bytes(8, "little")[:size]
    expected = bytearray(_ram(cpu))
    for i, address in enumerate(reach(DATA_PHYSICAL + offset, size, little)):
        place = size - 1 - i if reach is _left else i
        expected[_at(little, address)] = register[place]
    run(cpu)
    assert _ram(cpu) == expected


@pytest.mark.parametrize(("place", "open_"), [(0, True), (1, True), (2, True), (3, False)])
@pytest.mark.parametrize("upper", [0x1234_5678, 0])
def test_lwr_may_keep_the_upper_half(place: int, open_: bool, upper: int) -> None:
    """Bits 63:32 are open when bit 31 is not loaded and the register held no word."""
    inputs = Recorded(answers={Unpredictable.LWR_UPPER: upper << 32})
    cpu = machine(encode("LWR", base=1, rt=2, offset=place))
    cpu.gpr[1], cpu.gpr[2] = DATA, upper << 32 | 0x8877_6655
    _ram(cpu)[DATA_PHYSICAL : DATA_PHYSICAL + 4] = bytes((0x91, 0x92, 0x93, 0x94))
    run(cpu, inputs=inputs)
    low = (0x8877_6691, 0x8877_9192, 0x8891_9293, 0x9192_9394)[place]
    assert inputs.asked == ([Unpredictable.LWR_UPPER] if open_ else [])
    assert cpu.gpr[2] == (upper << 32 | low if open_ else 0xFFFF_FFFF << 32 | low)


@pytest.mark.parametrize(
    ("name", "size", "code"),
    [(name, size, 4) for name, (size, _) in ALIGNED_LOADS.items() if size > 1]
    + [(name, size, 5) for name, size in ALIGNED_STORES.items() if size > 1]
    + [("SC", 4, 5), ("SCD", 8, 5), ("LWC1", 4, 4), ("LDC1", 8, 4), ("SWC1", 4, 5)]
    + [("SDC1", 8, 5)],
)
def test_misaligned(name: str, size: int, code: int) -> None:
    """Every misalignment raises Address Error, and nothing is loaded or stored."""
    for offset in range(1, size):
        if offset & (size - 1) == 0:
            continue
        cpu = machine(encode(name, base=1, offset=offset) | 2 << 16)
        cpu.gpr[1], cpu.gpr[2], cpu.fpr[2] = DATA, 77, 88
        before = bytes(_ram(cpu))
        fault(cpu)
        assert exc_code(cpu) == code
        assert cpu.cp0.bad_vaddr == DATA + offset
        assert (cpu.gpr[2], cpu.fpr[2]) == (77, 88)
        assert _ram(cpu) == before


@pytest.mark.parametrize("offset", [0, 0x7FFF, 0x8000, 0xFFFF])
def test_offsets_are_signed_and_addresses_wrap(offset: int) -> None:
    signed = offset - 0x10000 if offset & 0x8000 else offset
    cpu = machine(encode("LBU", base=1, rt=2, offset=offset))
    cpu.gpr[1] = (DATA + 5 - signed) % 2**64
    _ram(cpu)[DATA_PHYSICAL + 5] = 0xAB
    run(cpu)
    assert cpu.gpr[2] == 0xAB


LOADS = [*ALIGNED_LOADS, "LWL", "LWR", "LDL", "LDR", "LWC1", "LDC1"]
STORES = [*ALIGNED_STORES, "SWL", "SWR", "SDL", "SDR", "SWC1", "SDC1"]


@pytest.mark.parametrize("name", LOADS + STORES)
def test_bus_error(name: str) -> None:
    """Where nothing answers: code 7, BadVAddr untouched."""
    cpu = machine(encode(name, base=1))
    cpu.gpr[1] = 0xFFFF_FFFF_8000_0000 + RAM_SIZE
    cpu.cp0.bad_vaddr = 0x1234
    fault(cpu)
    assert exc_code(cpu) == 7
    assert (cpu.cp0.epc, cpu.cp0.bad_vaddr) == (CODE, 0x1234)


def test_bus_error_of_an_sc() -> None:
    cpu = machine(encode("SC", base=1, rt=2))
    cpu.gpr[1] = 0xFFFF_FFFF_8000_0000 + RAM_SIZE
    cpu.link, cpu.link_address = True, RAM_SIZE
    fault(cpu)
    assert exc_code(cpu) == 7


def test_bus_error_on_fetch() -> None:
    cpu = machine(at=0xFFFF_FFFF_8000_0000 + RAM_SIZE)
    fault(cpu)
    assert exc_code(cpu) == 6
    assert cpu.cp0.epc == 0xFFFF_FFFF_8000_0000 + RAM_SIZE


@pytest.mark.parametrize("name", LOADS)
def test_loads_never_write(name: str) -> None:
    cpu = machine(encode(name, base=1))
    cpu.gpr[1] = DATA
    before = bytes(_ram(cpu))
    run(cpu)
    assert _ram(cpu) == before


@pytest.mark.parametrize("status", [0, 0x08, 0x12, 0x14])
def test_only_user_mode_reverses_the_order(status: int) -> None:
    """RE is without effect in kernel and supervisor mode (R10000 14.10)."""
    cpu = user_machine(encode("LBU", base=1, rt=2), status=status | STATUS_RE)
    cpu.gpr[1] = DATA_PHYSICAL
    _ram(cpu)[DATA_PHYSICAL : DATA_PHYSICAL + 8] = bytes(range(8))
    run(cpu)
    assert cpu.gpr[2] == 0


@pytest.mark.parametrize("name", ["PREF", "SYNC"])
def test_hints_do_nothing(name: str) -> None:
    """PREF drops every fault of its address."""
    word = encode("PREF", base=1, hint=31) if name == "PREF" else encode("SYNC")
    cpu = machine(word)
    cpu.gpr[1] = 0x4444_0000_0000_0003
    before = [cpu.gpr[i] for i in range(32)], bytes(_ram(cpu))
    run(cpu)
    assert ([cpu.gpr[i] for i in range(32)], bytes(_ram(cpu))) == before
