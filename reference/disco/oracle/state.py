"""A processor's state before one step, as JSON: what a counterexample or a test case travels as.

Numbers are hexadecimal strings; whatever is zero, absent or false may be left out:

    {"model": "R10000", "pc": "0x1000", "gpr": {"4": "0x7"}, "cp0": {"status": "0x10"},
     "tlb": {"0": {"vpn2": "0x0", "asid": "0x1", "lo0": "0x46"}}, "memory": {"0x1000": "0x..."},
     "word": "0x00851021", "answers": [["NOT_A_WORD", "0x1"]]}

`memory` gives doublewords by physical address and `silent` the addresses where nothing answers.
`word` is the instruction to execute; without it the one at `pc` is fetched. `exception` names one
to take instead, with its `failing` address and coprocessor `unit`. `answers` are what the step's
inputs answer, in order.
"""

import json
from collections.abc import Callable, Mapping
from typing import TypeVar

import attrs

from disco.bits import MASK64
from disco.machine.sparse import SparseMemory
from disco.mips.cp0 import Cp0
from disco.mips.exceptions import EXCEPTIONS, MipsException
from disco.mips.inputs import Inputs
from disco.mips.model import MODELS
from disco.mips.processor import Processor
from disco.mips.table import decoder
from disco.mips.tlb import TlbEntry
from disco.mips.tlb_array import TlbArray
from disco.mips.unpredictable import Unpredictable

T = TypeVar("T")
Json = Mapping[str, object]

_NUMBERS = ("pc", "next_pc", "hi", "lo", "fcr31", "link_address")
_FLAGS = ("delay_slot", "link", "watch_pending", "timer_pending")
_KEYS = {*_NUMBERS, *_FLAGS, "model", "gpr", "fpr", "cp0", "tlb", "memory", "silent", "word"}
_KEYS |= {"exception", "failing", "unit", "ticks", "interrupt_lines", "answers"}
_EXCEPTIONS = {kind.name: kind for kind in EXCEPTIONS}


class StateError(ValueError):
    """A state that cannot be read; the text is one clear line."""


class RecordedInputs(Inputs):
    """Inputs that give recorded answers in order, then the defaults."""

    def __init__(self, answers: list[tuple[str, int]], ticks: int, interrupt_lines: int) -> None:
        super().__init__(ticks=ticks, interrupt_lines=interrupt_lines)
        self.answers = answers

    def _next(self, name: str, default: int) -> int:
        if self.answers and self.answers[0][0] == name:
            return self.answers.pop(0)[1]
        return default

    def random(self, wired: int, last: int) -> int:
        """Give the recorded Random."""
        return self._next("random", last)

    def store_conditional(self) -> bool:
        """Give the recorded outcome."""
        return self._next("store_conditional", 1) != 0

    def unpredictable(self, what: Unpredictable, default: int) -> int:
        """Give the recorded choice."""
        return self._next(what.name, default)

    def cache_error(self) -> int:
        """Give the recorded CacheErr."""
        return self._next("cache_error", 0)

    def cache_tag(self, operation: int, paddr: int) -> tuple[int, int, int]:
        """Give the recorded tags."""
        return self._next("tag_lo", 0), self._next("tag_hi", 0), self._next("ecc", 0)


@attrs.frozen(eq=False)
class State:
    """A processor ready for one step."""

    cpu: Processor
    inputs: RecordedInputs
    word: int | None
    """The instruction to execute instead of the one at `pc`."""
    exception: MipsException | None
    """The exception to take instead of executing anything."""


def read_state(text: str) -> State:
    """Read a state. Raises StateError, with the place, on anything else."""
    try:
        document: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise StateError(f"not JSON: {error}") from None
    state = _mapping("state", document)
    if unknown := sorted(set(state) - _KEYS):
        raise StateError(f"unknown key {unknown[0]!r}: the keys are {', '.join(sorted(_KEYS))}")
    model = MODELS.get(str(state.get("model", "R10000")))
    if model is None:
        raise StateError(f"model: {state['model']!r} is not one of {', '.join(MODELS)}")
    cpu = Processor(
        model=model,
        memory=SparseMemory(_memory(state), _silent(state)),
        tlb=TlbArray(model),
        decode=decoder(model),
        gpr=_words(state, "gpr"),
        fpr=_words(state, "fpr"),
        cp0=_cp0(state),
    )
    for name in _NUMBERS:
        setattr(cpu, name, _number(name, state.get(name, 0)))
    for name in _FLAGS:
        setattr(cpu, name, _flag(name, state.get(name, False)))
    if "next_pc" not in state:
        cpu.next_pc = (cpu.pc + 4) & MASK64
    for index, entry in _table(state, "tlb", model.tlb_entries, _entry).items():
        cpu.tlb[index] = entry
    ticks = _number("ticks", state.get("ticks", 0), 0xFFFF_FFFF)
    lines = _number("interrupt_lines", state.get("interrupt_lines", 0), 31)
    word = _number("word", state["word"], 0xFFFF_FFFF) if "word" in state else None
    inputs = RecordedInputs(_answers(state), ticks, lines)
    return State(cpu, inputs, word, _exception(state))


def write_state(state: Json) -> str:
    """Write a state as JSON on one line, numbers in hexadecimal, without what is zero."""
    return json.dumps({key: value for key, item in state.items() if (value := _shown(item))})


def _shown(item: object) -> object:
    if isinstance(item, bool | str):
        return item
    if isinstance(item, int):
        return hex(item) if item else ""
    if isinstance(item, Mapping):
        return {_key(key): value for key, each in item.items() if (value := _shown(each))}
    if isinstance(item, list):
        return [hex(each) if type(each) is int else _shown(each) for each in item]
    raise TypeError(f"a state holds no {type(item).__name__}")


def _key(key: object) -> str:
    return hex(key) if isinstance(key, int) and key > 63 else str(key)


def _mapping(place: str, value: object) -> Json:
    if not isinstance(value, dict):
        raise StateError(f"{place}: an object is needed, not {json.dumps(value)[:40]}")
    return value


def _number(place: str, value: object, largest: int = MASK64) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise StateError(f"{place}: a number is needed, not {json.dumps(value)[:40]}")
    try:
        number = int(value, 0) if isinstance(value, str) else value
    except ValueError:
        raise StateError(f"{place}: {str(value)[:40]!r} is not a number") from None
    if not 0 <= number <= largest:
        raise StateError(f"{place}: {number:#x} is not between 0 and {largest:#x}")
    return number


def _flag(place: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise StateError(f"{place}: true or false is needed, not {json.dumps(value)[:40]}")
    return value


def _table(state: Json, name: str, size: int, read: Callable[[str, object], T]) -> dict[int, T]:
    return {
        _number(f"{name} index", index, size - 1): read(f"{name}[{index}]", value)
        for index, value in _mapping(name, state.get(name, {})).items()
    }


def _words(state: Json, name: str) -> list[int]:
    words = [0] * 32
    for index, value in _table(state, name, 32, _number).items():
        words[index] = value
    if name == "gpr" and words[0] != 0:
        raise StateError("gpr[0]: register 0 is always zero")
    return words


def _cp0(state: Json) -> Cp0:
    cp0 = Cp0()
    names = attrs.asdict(cp0)
    for name, value in _mapping("cp0", state.get("cp0", {})).items():
        if name not in names:
            raise StateError(f"cp0: no register {name!r}: the registers are {', '.join(names)}")
        setattr(cp0, name, _number(f"cp0.{name}", value))
    return cp0


def _entry(place: str, value: object) -> TlbEntry:
    fields = dict(_mapping(place, value))
    names = ("mask", "vpn2", "asid", "lo0", "lo1")
    glob = _flag(f"{place}.glob", fields.pop("glob", False))
    if unknown := sorted(set(fields) - set(names)):
        raise StateError(f"{place}: unknown field {unknown[0]!r}")
    numbers = {name: _number(f"{place}.{name}", fields.get(name, 0)) for name in names}
    return TlbEntry(present=True, glob=glob, **numbers)


def _exception(state: Json) -> MipsException | None:
    if "exception" not in state:
        return None
    name = str(state["exception"])
    if name not in _EXCEPTIONS:
        raise StateError(f"exception: {name!r} is not one of {', '.join(_EXCEPTIONS)}")
    failing, unit = (
        _number("failing", state.get("failing", 0)),
        _number("unit", state.get("unit", 0), 3),
    )
    return MipsException(_EXCEPTIONS[name], failing, unit)


def _memory(state: Json) -> dict[int, int]:
    return {
        _number("memory address", address) >> 3: _number(f"memory[{address}]", value)
        for address, value in _mapping("memory", state.get("memory", {})).items()
    }


def _list(state: Json, name: str) -> list[object]:
    value = state.get(name, [])
    if not isinstance(value, list):
        raise StateError(f"{name}: a list is needed")
    return value


def _silent(state: Json) -> frozenset[int]:
    return frozenset(_number("silent", address) >> 3 for address in _list(state, "silent"))


def _answers(state: Json) -> list[tuple[str, int]]:
    answers = []
    for answer in _list(state, "answers"):
        match answer:
            case [str(name), value]:
                pass
            case _:
                raise StateError("answers: each is a pair of a name and a number")
        answers.append((name, _number(f"answers {name}", value)))
    return answers
