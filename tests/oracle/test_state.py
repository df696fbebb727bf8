"""States as JSON: what is written reads back, and what is no state is one clear line."""

import json

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from disco.bits import MASK32, MASK64
from disco.mips.address import Access
from disco.mips.cp0 import COUNTERS, REGISTERS, Cp0
from disco.mips.exceptions import EXCEPTIONS, Vector
from disco.mips.inputs import Event
from disco.mips.model import MODELS, Model
from disco.mips.unpredictable import Unpredictable
from disco.oracle.state import RecordedInputs, State, StateError, describe, read_state, write_state

numbers = st.one_of(st.just(0), st.integers(0, 0xFF), st.integers(0, MASK64))
words = st.one_of(st.just(0), st.integers(0, MASK32))
WIDTHS = {
    row.attribute: row.width
    for table in (*REGISTERS.values(), *COUNTERS)
    for row in table
    if row.attribute
}
ANSWERS = {"random": 6, "store_conditional": 1, "cache_error": 32, "tag_lo": 32, "tag_hi": 32}
ANSWERS |= {"ecc": 32, **dict.fromkeys(Unpredictable.__members__, 64)}


def sparse(values: st.SearchStrategy[int], last: int) -> st.SearchStrategy[dict[int, int]]:
    return st.dictionaries(st.integers(0, last), values, max_size=5)


def entries(model: Model) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries(
        {
            "mask": st.integers(0, 0xFFF).map(lambda mask: mask << 13),
            "vpn2": numbers.map(lambda value: value & model.pair_mask),
            "asid": st.integers(0, 0xFF),
            "glob": st.booleans(),
            "lo0": numbers.map(lambda value: value & model.entry_lo_mask),
            "lo1": numbers.map(lambda value: value & model.entry_lo_mask),
        }
    )


def answer(name: str) -> st.SearchStrategy[list[object]]:
    value = st.integers(0, (1 << ANSWERS[name]) - 1)
    return st.tuples(st.just(name), value).map(list[object])


@st.composite
def states(draw: st.DrawFn) -> dict[str, object]:
    """Draw every part of a state, most of it zero."""
    model = draw(st.sampled_from(list(MODELS.values())))
    gpr, fpr = draw(sparse(numbers, 31)), draw(sparse(numbers, 31))
    memory = draw(sparse(numbers, MASK64 >> 3))
    cp0 = draw(st.dictionaries(st.sampled_from(sorted(WIDTHS)), numbers, max_size=5))
    state: dict[str, object] = {
        "model": model.name,
        **{name: draw(numbers) for name in ("pc", "next_pc", "hi", "lo", "link_address")},
        "fcr31": draw(words),
        **{
            name: draw(st.booleans())
            for name in ("delay_slot", "link", "watch_pending", "timer_pending")
        },
        "gpr": {i: gpr.get(i, 0) if i else 0 for i in range(32)},
        "fpr": {i: fpr.get(i, 0) for i in range(32)},
        "cp0": {name: cp0.get(name, 0) & ((1 << WIDTHS[name]) - 1) for name in attrs.asdict(Cp0())},
        "tlb": draw(
            st.dictionaries(st.integers(0, model.tlb_entries - 1), entries(model), max_size=3)
        ),
        "memory": {8 * i: value for i, value in memory.items() if value},
        "silent": [8 * i for i in draw(st.lists(st.integers(0, MASK64 >> 3), max_size=3))],
        "ticks": draw(words),
        "interrupt_lines": draw(st.integers(0, 31)),
        "event": draw(st.sampled_from(list(Event.__members__))),
        "counter_events": [draw(words), draw(words)],
        "answers": draw(st.lists(st.sampled_from(sorted(ANSWERS)).flatmap(answer), max_size=4)),
    }
    if draw(st.booleans()):
        state["word"] = draw(words)
    elif draw(st.booleans()):
        kinds = [kind for kind in EXCEPTIONS if kind.vector is not Vector.REFILL]
        state["exception"] = draw(st.sampled_from(kinds)).name
        state["failing"] = draw(numbers)
        state["unit"] = draw(st.integers(0, 3))
    elif draw(st.booleans()):
        state["access"] = draw(st.sampled_from(Access)).name
        state["vaddr"] = draw(numbers)
    return state


def everything(state: State) -> dict[str, object]:
    """Describe a state that was read as the one to be written."""
    inputs, memory = state.inputs, state.memory
    described: dict[str, object] = {
        **describe(state.cpu),
        "memory": {8 * address: value for address, value in memory.doublewords.items()},
        "silent": {8 * address for address in memory.silent},
        "ticks": inputs.ticks,
        "interrupt_lines": inputs.interrupt_lines,
        "event": inputs.event.name,
        "counter_events": list(inputs.counter_events),
        "answers": [list(each) for each in inputs.answers],
    }
    if state.word is not None:
        described["word"] = state.word
    if state.exception is not None:
        described["exception"] = state.exception.kind.name
        described["failing"] = state.exception.bad_vaddr
        described["unit"] = state.exception.coprocessor
    if state.reference is not None:
        vaddr, access = state.reference
        described |= {"access": access.name, "vaddr": vaddr}
    return described


@given(state=states())
def test_what_is_written_reads_back(state: dict[str, object]) -> None:
    silent = state["silent"]
    assert isinstance(silent, list)
    assert everything(read_state(write_state(state))) == {**state, "silent": set(silent)}


@given(state=states())
def test_zero_is_left_out(state: dict[str, object]) -> None:
    text = write_state(state)
    assert "\n" not in text
    numbers = json.loads(text)
    assert "0x0" not in [*numbers.get("gpr", {}).values(), *numbers.get("cp0", {}).values()]
    assert (numbers.get("word") == "0x0") == (state.get("word") == 0)


def test_the_empty_state() -> None:
    """All zero, of an R10000 at address 0; the next instruction is the one behind it."""
    state = read_state("{}")
    assert (state.cpu.model.name, state.cpu.pc, state.cpu.next_pc) == ("R10000", 0, 4)
    assert (state.word, state.exception) == (None, None)
    assert not any(state.cpu.tlb[index].present for index in range(64))
    assert read_state('{"pc": "0xffffffffffffffff"}').cpu.next_pc == 3


def rejected(text: str) -> str:
    """Give the one line that says what is wrong with a state."""
    with pytest.raises(StateError) as caught:
        read_state(text)
    message = str(caught.value)
    assert message.isprintable(), message
    return message


@given(text=st.text())
@example("[" * 100_000)
@example("9" * 5000)
@example("NaN")
def test_no_text_fails_otherwise(text: str) -> None:
    rejected(text)


def _json(leaves: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    def deeper(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
        lists = st.lists(inner, max_size=3)
        return lists | st.dictionaries(st.text(max_size=4), inner, max_size=3)

    return st.recursive(leaves, deeper, max_leaves=6)


keys = st.sampled_from(
    [
        "model", "pc", "next_pc", "delay_slot", "gpr", "fpr", "cp0", "tlb", "memory", "silent",
        "word", "exception", "failing", "unit", "ticks", "interrupt_lines", "event",
        "counter_events", "answers", "access", "vaddr",
    ]
)  # fmt: skip
values = _json(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)
    | st.sampled_from(["0x10", "1_0", "_", "R4000", "NMI", "random", "Trap", "\ud800", "٣"])
)  # fmt: skip


@given(state=st.dictionaries(keys, values, max_size=3))
@example({"exception": "TLB refill (load)", "failing": "0x8000000000000000"})
def test_no_json_fails_otherwise(state: dict[str, object]) -> None:
    """JSON that is almost a state reads, or is one printable line."""
    text = json.dumps(state)
    try:
        read_state(text)
    except StateError:
        rejected(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "state: an object is needed, not a list"),
        ('{"pc": 1, "pc": 2}', "key 'pc' is given twice"),
        ('{"tlb": {"0x1": {}, "1": {}}}', "tlb[1] is given twice"),
        ('{"memory": {"8": 1, "0x8": 2}}', "memory[0x8] is given twice"),
        ('{"memory": {"4": 1}}', "memory address: 0x4 is not that of a doubleword"),
        ('{"model": "R5000"}', 'model: "R5000" is not one of R10000, R4000'),
        ('{"pc": "0x1ffffffffffffffff"}',
         "pc: 0x1ffffffffffffffff is not between 0 and 0xffffffffffffffff"),
        ('{"pc": 1.5}', 'pc: a number is needed, as "0x1f", not 1.5'),
        ('{"link": 1}', "link: true or false is needed, not 1"),
        ('{"gpr": {"32": 0}}', "gpr index: 0x20 is not between 0 and 0x1f"),
        ('{"gpr": {"0": 1}}', "gpr[0]: register 0 is always zero"),
        ('{"cp0": {"status": "0x100000000"}}',
         "cp0.status: 0x100000000 is not between 0 and 0xffffffff"),
        ('{"tlb": {"48": {}}, "model": "R4000"}', "tlb index: 0x30 is not between 0 and 0x2f"),
        ('{"tlb": {"0": {"lo0": 1}}}', "tlb[0].lo0: an entry does not hold the bits 0x1"),
        ('{"tlb": {"0": {"pfn": 1}}}', "tlb[0]: unknown field 'pfn'"),
        ('{"exception": "Trap", "word": 0}',
         "word, exception and access: only one of them can be given"),
        ('{"access": "JUMP"}', 'access: "JUMP" is not one of FETCH, LOAD, STORE'),
        ('{"exception": "TLB refill (load)", "failing": "0x8000000000000000"}',
         "failing: 0x8000000000000000 is an address error and cannot miss in the TLB"),
        ('{"counter_events": [1]}', "counter_events: two numbers are needed, not 1"),
        ('{"answers": [["random"]]}', "answers: each is a pair of a name and a number"),
        ('{"answers": [["random", 64]]}', "answers random: 0x40 is not between 0 and 0x3f"),
        ('{"silent": 8}', "silent: a list is needed, not 8"),
    ],
)  # fmt: skip
def test_errors_name_the_place(text: str, message: str) -> None:
    assert rejected(text) == message


def test_recorded_inputs_answer_in_order_then_by_default() -> None:
    inputs = RecordedInputs([("random", 3), ("NOT_A_WORD", 5), ("store_conditional", 0)])
    assert inputs.random(0, 63) == 3
    assert inputs.random(0, 63) == 63
    assert inputs.unpredictable(Unpredictable.TLB_INDEX, 7) == 7
    assert inputs.unpredictable(Unpredictable.NOT_A_WORD, 0) == 5
    assert not inputs.store_conditional()
    assert inputs.store_conditional()
    assert (inputs.cache_error(), inputs.cache_tag(0, 0)) == (0, (0, 0, 0))


def test_nothing_else_is_written() -> None:
    with pytest.raises(TypeError, match="a state holds no float"):
        write_state({"pc": 1.5})
