"""The processor as a library."""

import json
from collections.abc import Mapping

import pytest

from disco.machine.sparse import SparseMemory
from disco.mips.exceptions import Exceptions
from disco.mips.inputs import Event, Inputs
from disco.mips.unpredictable import Unpredictable
from disco.oracle import Oracle
from disco.oracle.state import StateError
from disco.oracle.trace_line import Hex64, MemoryWrite, Word

CODE = 0xFFFF_FFFF_8000_1000
STORE = {
    "pc": CODE,
    "gpr": {2: 0x77, 4: 0xFFFF_FFFF_8000_2000},
    "memory": {0x1000: 0xFC82_0008_2402_0005},
}
"""SD $2, 8($4) and LI $2, 5."""


def test_two_steps() -> None:
    oracle = Oracle(STORE)
    assert oracle.step() is None
    line = oracle.happened()
    assert (line.step, line.pc, line.word) == (1, CODE, Word(0xFC82_0008))
    assert line.memory == (MemoryWrite(Hex64(0x2008), 8, Hex64(0x77)),)
    assert oracle.memory.read(0x2008, 8) == 0x77
    assert oracle.step() is None
    assert oracle.happened().gpr == {2: 5}
    assert (oracle.cpu.gpr[2], oracle.cpu.pc) == (5, CODE + 8)


def test_time_stands_still_unless_the_caller_moves_it() -> None:
    oracle = Oracle({"pc": CODE})
    oracle.step()
    assert oracle.cpu.cp0.count == 0
    oracle.step(Inputs(ticks=3))
    assert (oracle.cpu.cp0.count, oracle.happened().ticks) == (3, 3)


def test_the_caller_interrupts() -> None:
    """IP2, enabled by Status.IM and IE, before the instruction is fetched."""
    oracle = Oracle({"pc": CODE, "cp0": {"status": 0x401}})
    taken = oracle.step(Inputs(interrupt_lines=1))
    assert taken is not None
    assert taken.kind is Exceptions.INTERRUPT
    assert (oracle.cpu.cp0.epc, oracle.happened().word) == (CODE, None)
    assert oracle.step(Inputs(event=Event.NMI)) is not None


def test_the_caller_answers() -> None:
    class Fifty(Inputs):
        def unpredictable(self, what: Unpredictable, default: int) -> int:
            return 0x50

    oracle = Oracle({"gpr": {4: 1 << 32}})
    assert oracle.step(Fifty(), word=0x2482_0001) is None
    assert oracle.cpu.gpr[2] == 0x51
    assert oracle.happened().answers == (("NOT_A_WORD", Hex64(0x50)),)


def test_a_word_may_raise() -> None:
    """A load from an odd address, at address 0, which is not fetched."""
    oracle = Oracle({"gpr": {4: 1}, "cp0": {"status": 0x10}})
    taken = oracle.step(word=0x8C82_0000)
    assert taken is not None
    assert taken.kind is Exceptions.ADDRESS_ERROR_LOAD
    shown = oracle.happened().exception
    assert shown is not None
    assert shown.name == "Address error (load)"
    assert (oracle.cpu.cp0.bad_vaddr, oracle.cpu.cp0.epc) == (1, 0)


def test_the_caller_changes_the_state_between_steps() -> None:
    oracle = Oracle(STORE)
    oracle.cpu.gpr[2] = 0x99
    oracle.step()
    assert oracle.memory.read(0x2008, 8) == 0x99
    assert oracle.happened().gpr == {}


def test_many_side_by_side_share_nothing() -> None:
    oracles = [Oracle(STORE) for _ in range(3)]
    oracles[0].cpu.gpr[2] = 1
    for oracle in oracles[:2]:
        oracle.step()
    assert [oracle.memory.read(0x2008, 8) for oracle in oracles] == [1, 0x77, 0]


def test_the_caller_owns_the_memory() -> None:
    """Two processors on one memory, one R10000 and one R4000."""
    memory = SparseMemory({0x1000 >> 3: 0xFC82_0008_2402_0005})
    registers = {key: value for key, value in STORE.items() if key != "memory"}
    first = Oracle(registers, memory)
    second = Oracle(registers | {"model": "R4000"}, memory)
    second.cpu.gpr[2] = 0x66
    first.step()
    second.step()
    assert memory.read(0x2008, 8) == 0x66
    assert "memory" not in json.loads(first.state())
    with pytest.raises(StateError, match="memory: this oracle has a memory of its own"):
        Oracle(STORE, memory)


def test_a_state_goes_on_elsewhere() -> None:
    first = Oracle(STORE)
    first.step()
    second = Oracle(first.state())
    for oracle in (first, second):
        oracle.step()
    assert json.loads(first.state()) == json.loads(second.state())
    assert json.loads(first.state())["memory"]["0x2008"] == "0x77"


def test_a_bad_state_changes_nothing() -> None:
    oracle = Oracle(STORE)
    before = oracle.state()
    bad: str | Mapping[str, object]
    for bad, message in (
        ('{"word": "0x0"}', "word: belongs to a step, not to the state before it"),
        ({"ticks": 1}, "ticks: belongs to a step, not to the state before it"),
        ("[]", "state: an object is needed, not a list"),
        ({"gpr": {0: 1}}, "gpr[0]: register 0 is always zero"),
    ):
        with pytest.raises(StateError) as caught:
            oracle.load(bad)
        assert str(caught.value) == message
    assert oracle.state() == before


def test_without_recording_the_same_is_done() -> None:
    fast, recording = Oracle(STORE, recording=False), Oracle(STORE)
    for oracle in (fast, recording):
        oracle.step(Inputs(ticks=1))
        oracle.step(word=0x0000_000C)
    assert fast.state() == recording.state()
    with pytest.raises(RuntimeError, match="not recording"):
        fast.happened()
