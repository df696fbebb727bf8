"""Watch: which references match, which raise at once, which wait (R10000 14.16, R4000 5.3)."""

import pytest

from disco.mips.model import MODELS, R4000, R10000, Model
from disco.mips.processor import Processor
from tests.mips.machine import (
    CODE,
    DATA,
    DATA_PHYSICAL,
    NOP,
    encode,
    exc_code,
    fault,
    machine,
    map_page,
    run,
)

EXL, ERL = 2, 4
READ, WRITE = 2, 1
CU1, FR = 1 << 29, 1 << 26
WATCH = 23
both_models = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)

LOADS = ["LB", "LHU", "LW", "LD", "LWL", "LWR", "LDL", "LDR", "LL", "LLD", "LWC1", "LDC1"]
STORES = ["SB", "SH", "SW", "SD", "SWL", "SWR", "SDL", "SDR", "SWC1", "SDC1"]
KINDS = [(name, READ) for name in LOADS] + [(name, WRITE) for name in STORES]


def _machine(
    *words: int, kind: int = READ | WRITE, model: Model = R10000, status: int = CU1 | FR
) -> Processor:
    cpu = machine(*words, model=model, status=status)
    cpu.gpr[1] = DATA
    cpu.cp0.watch_lo = DATA_PHYSICAL | kind
    return cpu


@both_models
@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_loads_and_stores(model: Model, name: str, kind: int) -> None:
    """R watches loads, W stores; the reference does not happen."""
    cpu = _machine(encode(name, base=1), kind=kind, model=model)
    cpu.memory.write(DATA_PHYSICAL, 8, 0x55)
    fault(cpu)
    assert (exc_code(cpu), cpu.cp0.epc) == (WATCH, CODE)
    assert cpu.memory.read(DATA_PHYSICAL, 8) == 0x55
    assert not cpu.watch_pending
    run(_machine(encode(name, base=1), kind=(READ | WRITE) ^ kind, model=model))


@both_models
def test_an_sc_that_succeeds_is_a_store(model: Model) -> None:
    cpu = _machine(encode("LL", base=1), encode("SC", base=1), kind=WRITE, model=model)
    run(cpu)
    fault(cpu)
    assert exc_code(cpu) == WATCH


@pytest.mark.parametrize("word", [encode("CACHE", base=1), encode("PREF", base=1), encode("SYNC")])
def test_what_is_not_watched(word: int) -> None:
    run(_machine(word))


def test_fetches_are_not_watched() -> None:
    cpu = _machine(NOP)
    cpu.cp0.watch_lo = 0x1000 | READ | WRITE
    run(cpu)


@pytest.mark.parametrize(("offset", "matches"), [(-1, False), (0, True), (7, True), (8, False)])
def test_a_doubleword_is_watched(offset: int, matches: bool) -> None:
    cpu = _machine(encode("LB", base=1, offset=offset & 0xFFFF))
    if matches:
        assert fault(cpu).kind.code == WATCH
    else:
        run(cpu)


@both_models
def test_the_whole_physical_address_counts(model: Model) -> None:
    """Each bit of WatchLo and WatchHi, through a mapped page; the virtual address does not."""
    bits = 40 if model is R10000 else 36
    for bit in range(3, bits):
        cpu = _machine(encode("LW", base=1), model=model)
        cpu.cp0.watch_lo ^= 1 << bit & 0xFFFF_FFFF
        cpu.cp0.watch_hi = 1 << bit >> 32
        run(cpu)
    cpu = machine(encode("LW", base=1), model=model)
    frame = (1 << bits) - 0x2000
    map_page(cpu, 0, frame)
    cpu.gpr[1] = 0x18
    cpu.cp0.watch_lo, cpu.cp0.watch_hi = frame & 0xFFFF_FFFF | 0x18 | READ, frame >> 32
    fault(cpu)
    assert exc_code(cpu) == WATCH


@both_models
@pytest.mark.parametrize("level", [EXL, ERL, EXL | ERL])
def test_it_waits_for_exl_and_erl(model: Model, level: int) -> None:
    """The access completes; the R4000 waits for EXL only."""
    cpu = _machine(encode("LW", base=1, rt=2), NOP, model=model, status=level)
    cpu.memory.write(DATA_PHYSICAL, 4, 0x77)
    if model is R4000 and level == ERL:
        fault(cpu)
        assert exc_code(cpu) == WATCH
        return
    run(cpu)
    assert cpu.gpr[2] == 0x77
    assert cpu.watch_pending
    run(cpu)
    assert cpu.watch_pending
    cpu.cp0.status = 0
    fault(cpu)
    assert (exc_code(cpu), cpu.cp0.epc) == (WATCH, CODE + 8)
    assert not cpu.watch_pending


@both_models
def test_a_store_completes_under_exl(model: Model) -> None:
    cpu = _machine(encode("SDL", base=1, rt=2), model=model, status=EXL)
    cpu.gpr[2] = 0x77
    run(cpu)
    assert cpu.memory.read(DATA_PHYSICAL, 8) == 0x77
    assert cpu.watch_pending


def test_eret_lets_it_happen_at_the_next_instruction() -> None:
    cpu = _machine(encode("LW", base=1, rt=2), encode("ERET"), status=EXL)
    cpu.cp0.epc = CODE + 0x40
    run(cpu, 2)
    fault(cpu)
    assert (exc_code(cpu), cpu.cp0.epc) == (WATCH, CODE + 0x40)


@both_models
def test_a_write_of_watch_lo_cancels_it(model: Model) -> None:
    cpu = _machine(
        encode("LW", base=1, rt=2), encode("MTC0", rt=3, rd=18), encode("MTC0", rt=0, rd=12), NOP,
        model=model, status=EXL,
    )  # fmt: skip
    run(cpu, 4)
    assert not cpu.watch_pending


def test_a_write_of_watch_hi_does_not() -> None:
    cpu = _machine(
        encode("LW", base=1, rt=2), encode("MTC0", rt=3, rd=19), encode("MTC0", rt=0, rd=12),
        status=EXL,
    )  # fmt: skip
    run(cpu, 3)
    fault(cpu)
    assert exc_code(cpu) == WATCH


def test_in_a_delay_slot() -> None:
    cpu = _machine(encode("BEQ"), encode("LW", base=1))
    run(cpu)
    fault(cpu)
    assert (exc_code(cpu), cpu.cp0.epc, cpu.cp0.cause >> 31) == (WATCH, CODE, 1)
