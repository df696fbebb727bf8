"""Any word in any state: a step never fails, keeps every register within its width, and repeats."""

import attrs
from hypothesis import given
from hypothesis import strategies as st

from disco.mips.build import build_processor
from disco.mips.cp0 import COUNTERS, REGISTERS, Mode, Register, mode
from disco.mips.delivery import jump_to
from disco.mips.inputs import Event, Inputs
from disco.mips.model import MODELS, R10000, Model
from disco.mips.processor import Processor
from disco.mips.step import step
from disco.mips.table import TABLE
from disco.mips.tlb import ENTRY_GLOBAL
from tests.mips.machine import CODE_PHYSICAL, DATA, DATA_PHYSICAL, Ram, Recorded, map_page, run

M1 = 0xFFFF_FFFF_FFFF_FFFF
CU0 = 1 << 28

words = st.one_of(
    st.builds(
        lambda row, fields: row.match | fields & ~row.fixed,
        st.sampled_from(TABLE),
        st.integers(0, 0xFFFF_FFFF),
    ),
    st.integers(0, 0xFFFF_FFFF),
)
numbers = st.one_of(
    st.sampled_from([0, 1, M1, DATA, DATA_PHYSICAL, CODE_PHYSICAL, 1 << 62, 0x9000 << 48]),
    st.integers(0, M1),
)


@attrs.frozen
class Answers(Inputs):
    """Inputs that answer everything with what was drawn, within no bounds at all."""

    answer: int = 0

    def random(self, wired: int, last: int) -> int:
        return self.answer

    def store_conditional(self) -> bool:
        return self.answer % 2 == 0

    def unpredictable(self, what: object, default: int) -> int:
        return self.answer

    def cache_error(self) -> int:
        return self.answer & 0xFFFF_FFFF

    def cache_tag(self, operation: int, paddr: int) -> tuple[int, int, int]:
        return (self.answer, self.answer, self.answer)


@attrs.frozen
class Case:
    """A processor's state, as far as it is drawn, and the inputs of a step."""

    model: Model
    word: int
    registers: list[int]
    cp0: dict[str, int]
    status: int
    slot: bool
    virtual: bool
    inputs: Inputs

    def build(self) -> Processor:
        """Build the processor: `virtual` code is fetched through the TLB, other code from KSEG0."""
        cpu = build_processor(self.model, Ram())
        for number in range(32):
            cpu.gpr[number] = self.registers[number % len(self.registers)] if number else 0
            cpu.fpr[number] = self.registers[-1 - number % len(self.registers)]
        cpu.hi, cpu.lo = self.registers[0], self.registers[-1]
        for row in _rows(self.model):
            if row.attribute in self.cp0:
                setattr(cpu.cp0, row.attribute, self.cp0[row.attribute] & row.writable)
        cpu.cp0.status = self.status & 0xF67D_FFFF
        for index, page in enumerate(range(0, 0x8000, 0x2000)):
            map_page(cpu, page, page, index=index)
        jump_to(cpu, CODE_PHYSICAL | (0 if self.virtual else 0xFFFF_FFFF_8000_0000))
        cpu.memory.write(CODE_PHYSICAL, 4, self.word)
        cpu.delay_slot = self.slot
        return cpu


def _rows(model: Model) -> list[Register]:
    rows = [row for row in REGISTERS[model.name] if row.attribute]
    if model is R10000:
        rows += [row for pair in COUNTERS for row in pair]
    return rows


cases = st.builds(
    Case,
    model=st.sampled_from(list(MODELS.values())),
    word=words,
    registers=st.lists(numbers, min_size=3, max_size=6),
    cp0=st.dictionaries(
        st.sampled_from(sorted({row.attribute for row in _rows(R10000)} - {"status"})), numbers
    ),
    status=st.integers(0, 0xFFFF_FFFF),
    slot=st.booleans(),
    virtual=st.booleans(),
    inputs=st.builds(
        Answers,
        ticks=st.sampled_from([0, 1, 0xFFFF_FFFF]),
        interrupt_lines=st.integers(0, 31),
        event=st.sampled_from([Event.NONE] * 8 + list(Event)),
        counter_events=st.tuples(st.integers(0, 3), st.integers(0, 3)),
        answer=st.integers(-(1 << 70), 1 << 70) | st.integers(0, 63),
    ),
)


def _snapshot(cpu: Processor) -> dict[str, object]:
    assert isinstance(cpu.memory, Ram)
    return {
        "gpr": [cpu.gpr[number] for number in range(32)],
        "fpr": [cpu.fpr[number] for number in range(32)],
        "cp0": attrs.asdict(cpu.cp0),
        "tlb": [cpu.tlb[index] for index in range(cpu.tlb.size)],
        "memory": bytes(cpu.memory.data),
        "rest": (cpu.hi, cpu.lo, cpu.fcr31, cpu.pc, cpu.next_pc, cpu.delay_slot, cpu.link),
    }


@given(case=cases)
def test_registers_keep_their_widths(case: Case) -> None:
    """Whatever the word, the state and the answers: no Python error, no bit too many."""
    cpu = case.build()
    step(cpu, case.inputs)
    values = [cpu.gpr[n] for n in range(32)] + [cpu.fpr[n] for n in range(32)]
    values += [cpu.hi, cpu.lo, cpu.pc, cpu.next_pc]
    assert all(0 <= value <= M1 for value in values)
    assert cpu.gpr[0] == 0
    assert 0 <= cpu.fcr31 <= 0xFFFF_FFFF
    for row in _rows(case.model):
        assert 0 <= getattr(cpu.cp0, row.attribute) < 1 << row.width, row.name
    for index in range(cpu.tlb.size):
        entry = cpu.tlb[index]
        assert entry.mask & ~0x01FF_E000 == 0
        assert entry.vpn2 & ~case.model.pair_mask == 0
        assert (entry.lo0 | entry.lo1) & ENTRY_GLOBAL == 0
        assert 0 <= entry.asid <= 0xFF


@given(case=cases)
def test_the_same_state_and_inputs_give_the_same(case: Case) -> None:
    one, other = case.build(), case.build()
    step(one, case.inputs)
    step(other, case.inputs)
    assert _snapshot(one) == _snapshot(other)


@given(case=cases)
def test_an_exception_leaves_registers_and_memory(case: Case) -> None:
    """What did not complete wrote no general register, no memory and no TLB entry."""
    cpu = case.build()
    before = _snapshot(cpu)
    exception = step(cpu, case.inputs)
    if exception is not None:
        after = _snapshot(cpu)
        assert [after[name] for name in ("gpr", "fpr", "memory", "tlb")] == [
            before[name] for name in ("gpr", "fpr", "memory", "tlb")
        ]
        assert mode(cpu.cp0.status) is Mode.KERNEL
        assert (cpu.next_pc - cpu.pc, cpu.delay_slot) == (4, False)


@given(case=cases)
def test_a_user_changes_nothing_privileged(case: Case) -> None:
    """Without CU0, outside kernel mode, an instruction that completes leaves CP0 and the TLB."""
    cpu = case.build()
    cpu.cp0.status &= ~CU0
    if mode(cpu.cp0.status) is Mode.KERNEL:
        cpu.cp0.status = cpu.cp0.status & ~0x1E | 0x10
    before = _snapshot(cpu)
    if step(cpu, case.inputs) is None:
        after = _snapshot(cpu)
        assert after["tlb"] == before["tlb"]
        assert _privileged(after["cp0"], case.model) == _privileged(before["cp0"], case.model)


def _privileged(cp0: object, model: Model) -> dict[str, int]:
    """Leave out what time and pins change, and LLAddr where LL writes it (R4000)."""
    assert isinstance(cp0, dict)
    outside = ["count", "cause", "counter0", "counter1"]
    outside += ["lladdr"] if model.ll_writes_lladdr else []
    return {name: value for name, value in cp0.items() if name not in outside}


def test_the_default_inputs_are_quiet() -> None:
    """Nothing pending; Random is the last entry; an SC succeeds; what is open keeps the default."""
    inputs = Inputs()
    assert (inputs.interrupt_lines, inputs.event, inputs.counter_events) == (0, Event.NONE, (0, 0))
    assert inputs.random(8, 63) == 63
    assert inputs.store_conditional()
    assert inputs.cache_error() == 0
    assert inputs.cache_tag(4, 0) == (0, 0, 0)


def test_count_advances_before_the_instruction() -> None:
    cpu = Case(R10000, 0x4001_4800, [0, 0, 0], {"count": 5}, 0, False, False, Inputs()).build()
    run(cpu, inputs=Recorded(ticks=3))
    assert cpu.gpr[1] == 8
