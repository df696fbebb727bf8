"""CACHE: privilege, address exceptions, and what Index Load leaves (R10000 chapter 10)."""

import pytest

from disco.mips.model import MODELS, R4000, R10000, Model
from tests.mips.machine import DATA, Recorded, encode, exc_code, fault, machine, map_page, run

TAG = Recorded(tag=(0x1_8765_4321, 0x1_0000_000F, 0x1_0000_03FF))
INDEX_LOAD_TAG, INDEX_LOAD_DATA, BARRIER = (0x04, 0x05, 0x07), (0x18, 0x19, 0x1B), 0x14
RESERVED = (0x02, 0x06, 0x0A, 0x0C, 0x0D, 0x0E, 0x0F, 0x12, 0x16, 0x1A, 0x1E)
both_models = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)


@both_models
@pytest.mark.parametrize("op", [op for op in range(32) if op not in RESERVED])
def test_what_is_left_in_the_tag_registers(model: Model, op: int) -> None:
    """Index Load Tag, and on the R10000 Index Load Data; every other operation leaves nothing."""
    cpu = machine(encode("CACHE", base=1, op=op), model=model)
    cpu.gpr[1] = DATA
    run(cpu, inputs=TAG)
    loads = op in INDEX_LOAD_TAG or (model is R10000 and op in INDEX_LOAD_DATA)
    seen = (cpu.cp0.tag_lo, cpu.cp0.tag_hi, cpu.cp0.ecc)
    ecc = 0x3FF if loads and (model is not R10000 or op in INDEX_LOAD_DATA) else 0
    assert seen == ((0x8765_4321, 0xF, ecc) if loads else (0, 0, 0))


@both_models
def test_refill_and_invalid_count_as_loads(model: Model) -> None:
    cpu = machine(encode("CACHE", base=1, op=0x11), model=model)
    cpu.gpr[1] = 0x0010_0000
    fault(cpu)
    assert (exc_code(cpu), cpu.cp0.bad_vaddr) == (2, 0x0010_0000)
    cpu = machine(encode("CACHE", base=1, op=0x11), model=model)
    map_page(cpu, 0x0010_0000, 0, flags=0x1C)
    cpu.gpr[1] = 0x0010_0000
    fault(cpu)
    assert exc_code(cpu) == 2


@both_models
def test_it_never_modifies(model: Model) -> None:
    cpu = machine(encode("CACHE", base=1, op=0x11), model=model)
    map_page(cpu, 0x0010_0000, 0, flags=0x1A)
    cpu.gpr[1] = 0x0010_0000
    run(cpu)


@both_models
def test_address_error(model: Model) -> None:
    cpu = machine(encode("CACHE", base=1, op=0x15), model=model)
    cpu.gpr[1] = 0x2000_0000_0000_0000
    fault(cpu)
    assert exc_code(cpu) == 4


@pytest.mark.parametrize(("model", "translates"), [(R10000, False), (R4000, True)])
def test_the_barrier_has_no_address(model: Model, translates: bool) -> None:
    cpu = machine(encode("CACHE", base=1, op=BARRIER), model=model)
    cpu.gpr[1] = 0x0010_0000
    if translates:
        fault(cpu)
        assert exc_code(cpu) == 2
    else:
        run(cpu)
