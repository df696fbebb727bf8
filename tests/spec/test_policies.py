"""What the reference does where the architecture leaves a choice to the implementation."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from disco.mips.assembler import assemble
from disco.mips.build import build_processor
from disco.mips.cp0 import STATUS_BEV, STATUS_CU1, STATUS_EXL, STATUS_KX
from disco.mips.inputs import Inputs
from disco.mips.model import MODELS, R4000, R10000, Model
from disco.mips.processor import Processor
from disco.mips.step import step
from disco.mips.unpredictable import Unpredictable
from tests.mips.machine import CODE, DATA, DATA_PHYSICAL, Ram, Recorded, machine, map_page, run

both_models = pytest.mark.parametrize("model", MODELS.values(), ids=list(MODELS))
CACHED, UNCACHED = 0x9800_0000_0000_0000, 0x9000_0000_0000_0000


def program(source: str, model: Model = R10000, status: int = STATUS_KX) -> Processor:
    """Build a processor about to execute `source` at CODE."""
    words = assemble(source, origin=CODE, model=model).words
    return machine(*words.values(), model=model, status=status)


@both_models
def test_a_tlb_write_acts_on_the_next_instruction(model: Model) -> None:
    """PRIV-HAZARD: no instruction has to lie between a TLB write and its use."""
    cpu = program("tlbwi\nld $v0, 0($a0)\n", model)
    cpu.cp0.entry_hi, cpu.cp0.entry_lo0, cpu.cp0.entry_lo1 = 0x4000, DATA_PHYSICAL >> 6 | 7, 1
    cpu.memory.write(DATA_PHYSICAL + 8, 8, 0x123)
    cpu.gpr[4] = 0x4008
    run(cpu, 2)
    assert cpu.gpr[2] == 0x123


@both_models
def test_a_cp0_write_acts_on_the_next_instruction(model: Model) -> None:
    """PRIV-HAZARD: MTC0 of Status makes the unit usable for the instruction after it."""
    cpu = program("mtc0 $a0, $12\nmfc1 $v0, $f0\nmfc0 $v1, $12\n", model)
    cpu.gpr[4] = STATUS_CU1 | STATUS_KX
    run(cpu, 3)
    assert cpu.gpr[3] == STATUS_CU1 | STATUS_KX


@both_models
def test_a_cp0_write_acts_on_the_next_fetch(model: Model) -> None:
    """PRIV-HAZARD: once kernel mode is left, the next instruction of KSEG0 is out of reach."""
    cpu = program("mtc0 $a0, $12\nnop\n", model)
    cpu.gpr[4] = STATUS_BEV | 2 << 3
    run(cpu)
    exception = step(cpu, Inputs())
    assert exception is not None
    assert (exception.kind.name, exception.bad_vaddr) == ("Address error (fetch)", CODE + 4)
    assert cpu.cp0.status == STATUS_BEV | 2 << 3 | STATUS_EXL


@both_models
def test_a_stored_instruction_is_fetched(model: Model) -> None:
    """PRIV-20: also when the word that stood there has been executed before."""
    (new,) = assemble("ori $v0, $zero, 2").words.values()
    cpu = program("again: ori $v0, $zero, 1\nsw $a1, 0($a0)\nb again\nnop\n", model)
    cpu.gpr[4], cpu.gpr[5] = CODE, new
    run(cpu, 1)
    assert cpu.gpr[2] == 1
    run(cpu, 4)
    assert cpu.gpr[2] == 2


@both_models
@pytest.mark.parametrize("mapped", [False, True])
def test_cached_and_uncached_references_see_one_memory(model: Model, mapped: bool) -> None:
    """PRIV-18, PRIV-21: by XKPHYS or by two mappings of one page, in any order."""
    cpu = program("sd $a2, 0($a0)\nld $v0, 0($a1)\nsd $a3, 0($a1)\nld $v1, 0($a0)\n", model)
    cpu.gpr[4], cpu.gpr[5] = CACHED + DATA_PHYSICAL, UNCACHED + DATA_PHYSICAL
    if mapped:
        map_page(cpu, 0x4000, DATA_PHYSICAL, flags=3 << 3 | 6)
        map_page(cpu, 0x8000, DATA_PHYSICAL, flags=2 << 3 | 6, index=1)
        cpu.gpr[4], cpu.gpr[5] = 0x4000, 0x8000
    cpu.gpr[6], cpu.gpr[7] = 0x66, 0x77
    run(cpu, 4)
    assert (cpu.gpr[2], cpu.gpr[3]) == (0x66, 0x77)


@pytest.mark.parametrize("attribute", range(8))
def test_cache_attributes_make_no_difference(attribute: int) -> None:
    """PRIV-18: reserved ones included."""
    cpu = program("ld $v0, 0($a0)\n")
    cpu.memory.write(DATA_PHYSICAL, 8, 0x99)
    cpu.gpr[4] = (16 + attribute) << 59 | DATA_PHYSICAL
    run(cpu)
    assert cpu.gpr[2] == 0x99


@both_models
def test_nothing_matches_in_a_new_tlb(model: Model) -> None:
    """TLB-12: not even the page of EntryHi as it is after a reset."""
    cpu = build_processor(model, Ram())
    assert all(cpu.tlb.find(page, 0) < 0 for page in range(0, 1 << 20, 0x2000))


def test_hi_and_lo_need_no_distance() -> None:
    """ISA-HAZARD: a multiplication right after the move, and a move right after it."""
    cpu = program("mtlo $a0\nmtlo $a1\nmflo $v0\nmult $a0, $a1\nmflo $v1\nmtlo $a0\nmfhi $t0\n")
    cpu.gpr[4], cpu.gpr[5] = 1 << 20, 1 << 20
    run(cpu, 7)
    assert (cpu.gpr[2], cpu.gpr[3], cpu.gpr[12]) == (1 << 20, 0, 1 << 8)


def test_an_open_value_is_what_the_inputs_say() -> None:
    """ISA-OPEN: asked for by its name, with the default where nothing else is said."""
    for answers, expected in (({}, 8), ({Unpredictable.NOT_A_WORD: 0x50}, 0x51)):
        cpu = program("addiu $v0, $a0, 1\n")
        cpu.gpr[4] = 0x1_0000_0007
        inputs = Recorded(answers=answers)
        run(cpu, inputs=inputs)
        assert (inputs.asked, cpu.gpr[2]) == ([Unpredictable.NOT_A_WORD], expected)


def snapshot(cpu: Processor) -> object:
    """Give everything a step may change."""
    assert isinstance(cpu.memory, Ram)
    names = [field.name for field in attrs.fields(Processor)]
    plain = {n: getattr(cpu, n) for n in names if n not in ("memory", "inputs", "decode", "tlb")}
    tlb = [cpu.tlb[index] for index in range(cpu.tlb.size)]
    return plain | {"cp0": attrs.asdict(cpu.cp0), "memory": bytes(cpu.memory.data), "tlb": tlb}


@given(
    word=st.integers(0, 2**32 - 1),
    registers=st.lists(st.integers(0, 2**64 - 1) | st.just(DATA), min_size=32, max_size=32),
    status=st.integers(0, 2**32 - 1),
    model=st.sampled_from([R10000, R4000]),
    ticks=st.integers(0, 3),
)
def test_a_step_is_a_function(
    word: int, registers: list[int], status: int, model: Model, ticks: int
) -> None:
    """EXC-1: any word in any state; the same state and inputs give the same outcome."""
    outcomes = []
    for _ in range(2):
        cpu = machine(word, model=model, status=status)
        cpu.gpr = [0, *registers[1:]]
        exception = step(cpu, Recorded(ticks=ticks))
        outcomes.append((exception and exception.kind.name, snapshot(cpu)))
    assert outcomes[0] == outcomes[1]
