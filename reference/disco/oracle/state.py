"""A processor's state before one step, as JSON: what a counterexample or a test case travels as.

Numbers are hexadecimal strings; whatever is zero, absent or false may be left out:

    {"model": "R10000", "pc": "0x1000", "gpr": {"4": "0x7"}, "cp0": {"status": "0x10"},
     "tlb": {"0": {"vpn2": "0x0", "asid": "0x1", "lo0": "0x46"}}, "memory": {"0x1000": "0x..."},
     "word": "0x00851021", "answers": [["NOT_A_WORD", "0x1"]]}

`memory` gives doublewords by physical address and `silent` the doublewords where nothing answers.
Without `next_pc` the next instruction is the one behind `pc`. `word` is the instruction to execute,
past boundary and fetch; without it a whole step is run. `exception` names one to take instead, with
its `failing` address and coprocessor `unit`. `access`, one of FETCH, LOAD and STORE, translates
`vaddr` for such a reference, and that is all. The inputs of the step are `ticks`,
`interrupt_lines`, `event`, `counter_events`, and what it asks for, in order, in `answers`.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TypeVar

import attrs

from disco.bits import MASK32, MASK64
from disco.machine.sparse import SparseMemory
from disco.mips.address import Access, find_segment
from disco.mips.cp0 import COUNTERS, REGISTERS, Cp0
from disco.mips.exceptions import EXCEPTIONS, MipsException, Vector
from disco.mips.inputs import Event, Inputs
from disco.mips.model import MODELS, Model
from disco.mips.processor import Processor
from disco.mips.table import decoder
from disco.mips.tlb import TlbEntry
from disco.mips.tlb_array import TlbArray
from disco.mips.unpredictable import Unpredictable

T = TypeVar("T")
Json = Mapping[str, object]

NUMBERS = {
    "pc": MASK64, "next_pc": MASK64, "hi": MASK64, "lo": MASK64, "fcr31": MASK32,
    "link_address": MASK64,
}  # fmt: skip
"""The numbers that stand at the top, and the largest value of each."""
FLAGS = ("delay_slot", "link", "watch_pending", "timer_pending")
_KEYS = {*NUMBERS, *FLAGS, "model", "gpr", "fpr", "cp0", "tlb", "memory", "silent", "word"}
INPUT_KEYS = {"ticks", "interrupt_lines", "event", "counter_events", "answers"}
"""The keys that give the inputs of a step."""
STEP_KEYS = {"word", "exception", "failing", "unit", "access", "vaddr", *INPUT_KEYS}
"""The keys that say what step is taken, not from where."""
_KEYS |= STEP_KEYS
_NONZERO_WITHOUT = ("word", "next_pc")
"""Keys whose absence does not mean zero."""
_EXCEPTIONS = {kind.name: kind for kind in EXCEPTIONS}
_CP0_WIDTHS = {
    row.attribute: row.width
    for table in (*REGISTERS.values(), *COUNTERS)
    for row in table
    if row.attribute
}
ANSWER_WIDTHS = {
    "random": 6, "store_conditional": 1, "cache_error": 32, "tag_lo": 32, "tag_hi": 32, "ecc": 32,
    **{what.name: 64 for what in Unpredictable},
}  # fmt: skip
_NUMBER = re.compile(r"0[xX][0-9a-fA-F_]{1,40}|[0-9_]{1,40}")


class StateError(ValueError):
    """A state that cannot be read; the text is one clear line."""


class RecordedInputs(Inputs):
    """Inputs that give recorded answers in order, then the defaults."""

    def __init__(
        self,
        answers: Iterable[tuple[str, int]] = (),
        ticks: int = 0,
        interrupt_lines: int = 0,
        event: Event = Event.NONE,
        counter_events: tuple[int, int] = (0, 0),
    ) -> None:
        super().__init__(ticks, interrupt_lines, event, counter_events)
        self.answers = list(answers)
        """Those that were not asked for yet."""

    def _next(self, name: str, default: int) -> int:
        if self.answers and self.answers[0][0] == name:
            _, value = self.answers.pop(0)
            return value
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
    memory: SparseMemory
    """The processor's."""
    inputs: RecordedInputs
    word: int | None = None
    """The instruction to execute instead of the one at `pc`."""
    exception: MipsException | None = None
    """The exception to take instead of executing anything."""
    reference: tuple[int, Access] | None = None
    """The address to translate instead, and for what."""


def read_state(text: str) -> State:
    """Read a state. Raises StateError, with the place, on anything else."""
    return build_state(read_json(text))


def read_json(text: str) -> object:
    """Read JSON. Raises StateError on anything else, and where an object has a key twice."""
    try:
        document: object = json.loads(text, object_pairs_hook=_without_duplicates)
    except StateError:
        raise
    except (ValueError, RecursionError) as error:
        raise StateError(f"not JSON: {error}") from None
    return document


def build_state(document: object) -> State:
    """Make the state that `document`, read from JSON, describes. Raises StateError as well."""
    state = read_object("state", document)
    if unknown := sorted(set(state) - _KEYS):
        raise StateError(f"unknown key {unknown[0]!r}: the keys are {', '.join(sorted(_KEYS))}")
    model = _choice("model", state.get("model", "R10000"), MODELS)
    memory = SparseMemory(_memory(state), _silent(state))
    cpu = Processor(
        model=model,
        memory=memory,
        tlb=TlbArray(model),
        decode=decoder(model),
        gpr=_words(state, "gpr"),
        fpr=_words(state, "fpr"),
        cp0=_cp0(state),
    )
    for name, largest in NUMBERS.items():
        setattr(cpu, name, _number(name, state.get(name, 0), largest))
    for name in FLAGS:
        setattr(cpu, name, _flag(name, state.get(name, False)))
    if "next_pc" not in state:
        cpu.next_pc = (cpu.pc + 4) & MASK64
    read_entry = partial(_entry, model)
    for index, entry in _table(state, "tlb", model.tlb_entries, read_entry).items():
        cpu.tlb[index] = entry
    word = _number("word", state["word"], MASK32) if "word" in state else None
    exception, reference = _exception(state), _reference(state)
    if [word, exception, reference].count(None) < 2:
        raise StateError("word, exception and access: only one of them can be given")
    if exception is not None:
        _check_deliverable(cpu, exception)
    return State(cpu, memory, _inputs(state), word, exception, reference)


def describe(cpu: Processor) -> dict[str, object]:
    """Give everything in a processor but its memory, for `write_state`."""
    entries = {index: attrs.asdict(cpu.tlb[index]) for index in range(cpu.tlb.size)}
    return {
        "model": cpu.model.name,
        **{name: getattr(cpu, name) for name in (*NUMBERS, *FLAGS)},
        "gpr": {i: cpu.gpr[i] for i in range(32)},
        "fpr": {i: cpu.fpr[i] for i in range(32)},
        "cp0": attrs.asdict(cpu.cp0),
        "tlb": {index: entry for index, entry in entries.items() if entry.pop("present")},
    }


def write_state(state: Json) -> str:
    """Write a state as JSON on one line, numbers in hexadecimal, without what is zero.

    The entries of `tlb` are all present ones.
    """
    shown = {key: _shown(item) for key, item in state.items()}
    for key in _NONZERO_WITHOUT:
        if shown.get(key) == "":
            shown[key] = "0x0"
    entries = state.get("tlb")
    if isinstance(entries, Mapping):
        shown["tlb"] = {_key(index): _shown(entry) for index, entry in entries.items()}
    return json.dumps({key: value for key, value in shown.items() if value})


def _shown(item: object) -> object:
    """Show an item; something false if it may be left out."""
    if isinstance(item, bool | str):
        return item
    if isinstance(item, int):
        return hex(item) if item else ""
    if isinstance(item, Mapping):
        return {_key(key): value for key, each in item.items() if (value := _shown(each))}
    if isinstance(item, list | tuple):
        return [hex(each) if type(each) is int else _shown(each) for each in item]
    raise TypeError(f"a state holds no {type(item).__name__}")


def _key(key: object) -> str:
    return hex(key) if isinstance(key, int) and key > 63 else str(key)


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    items = dict(pairs)
    if len(items) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise StateError(f"key {twice!r} is given twice")
    return items


def _named(value: object) -> str:
    """Name a value in an error message."""
    if isinstance(value, dict):
        return "an object"
    return "a list" if isinstance(value, list) else json.dumps(value)[:40]


def read_object(place: str, value: object) -> Json:
    """Read an object. Raises StateError, naming it `place`, on anything else."""
    if not isinstance(value, dict):
        raise StateError(f"{place}: an object is needed, not {_named(value)}")
    return value


def _choice(place: str, value: object, choices: Mapping[str, T]) -> T:
    if not isinstance(value, str) or value not in choices:
        raise StateError(f"{place}: {_named(value)} is not one of {', '.join(choices)}")
    return choices[value]


def _number(place: str, value: object, largest: int = MASK64) -> int:
    number = _read_number(value)
    if number is None:
        raise StateError(f'{place}: a number is needed, as "0x1f", not {_named(value)}')
    if not 0 <= number <= largest:
        raise StateError(f"{place}: {number:#x} is not between 0 and {largest:#x}")
    return number


def _read_number(value: object) -> int | None:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        try:
            return int(value, 0)
        except ValueError:  # underscores or zeros out of place
            return None
    return value if type(value) is int else None


def _flag(place: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise StateError(f"{place}: true or false is needed, not {_named(value)}")
    return value


def _list(place: str, value: object) -> list[object]:
    if not isinstance(value, list):
        raise StateError(f"{place}: a list is needed, not {_named(value)}")
    return value


def _table(state: Json, name: str, size: int, read: Callable[[str, object], T]) -> dict[int, T]:
    table: dict[int, T] = {}
    for key, value in read_object(name, state.get(name, {})).items():
        index = _number(f"{name} index", key, size - 1)
        if index in table:
            raise StateError(f"{name}[{index}] is given twice")
        table[index] = read(f"{name}[{index}]", value)
    return table


def _words(state: Json, name: str) -> list[int]:
    words = [0] * 32
    for index, value in _table(state, name, 32, _number).items():
        words[index] = value
    if name == "gpr" and words[0] != 0:
        raise StateError("gpr[0]: register 0 is always zero")
    return words


def _cp0(state: Json) -> Cp0:
    cp0 = Cp0()
    for name, value in read_object("cp0", state.get("cp0", {})).items():
        width = _choice("cp0", name, _CP0_WIDTHS)
        setattr(cp0, name, _number(f"cp0.{name}", value, (1 << width) - 1))
    return cp0


def _entry(model: Model, place: str, value: object) -> TlbEntry:
    fields = dict(read_object(place, value))
    glob = _flag(f"{place}.glob", fields.pop("glob", False))
    held = {
        "mask": 0x01FF_E000, "vpn2": model.pair_mask, "asid": 0xFF,
        "lo0": model.entry_lo_mask, "lo1": model.entry_lo_mask,
    }  # fmt: skip
    if unknown := sorted(set(fields) - set(held)):
        raise StateError(f"{place}: unknown field {unknown[0]!r}")
    numbers = {name: _number(f"{place}.{name}", fields.get(name, 0)) for name in held}
    for name, mask in held.items():
        if excess := numbers[name] & ~mask:
            raise StateError(f"{place}.{name}: an entry does not hold the bits {excess:#x}")
    return TlbEntry(present=True, glob=glob, **numbers)


def _exception(state: Json) -> MipsException | None:
    failing = _number("failing", state.get("failing", 0))
    unit = _number("unit", state.get("unit", 0), 3)
    if "exception" not in state:
        return None
    return MipsException(_choice("exception", state["exception"], _EXCEPTIONS), failing, unit)


def _reference(state: Json) -> tuple[int, Access] | None:
    vaddr = _number("vaddr", state.get("vaddr", 0))
    if "access" not in state:
        return None
    return vaddr, _choice("access", state["access"], Access.__members__)


def _check_deliverable(cpu: Processor, exception: MipsException) -> None:
    failing = exception.bad_vaddr
    refill = exception.kind.vector is Vector.REFILL
    if refill and find_segment(cpu.model, cpu.cp0.status, failing) is None:
        raise StateError(f"failing: {failing:#x} is an address error and cannot miss in the TLB")


def _doubleword(place: str, address: object) -> int:
    number = _number(f"{place} address", address)
    if number % 8 != 0:
        raise StateError(f"{place} address: {number:#x} is not that of a doubleword")
    return number >> 3


def _memory(state: Json) -> dict[int, int]:
    memory: dict[int, int] = {}
    for key, value in read_object("memory", state.get("memory", {})).items():
        address = _doubleword("memory", key)
        if address in memory:
            raise StateError(f"memory[{8 * address:#x}] is given twice")
        memory[address] = _number(f"memory[{8 * address:#x}]", value)
    return memory


def _silent(state: Json) -> frozenset[int]:
    addresses = _list("silent", state.get("silent", []))
    return frozenset(_doubleword("silent", address) for address in addresses)


def _inputs(state: Json) -> RecordedInputs:
    counts = _list("counter_events", state.get("counter_events", [0, 0]))
    if len(counts) != 2:
        raise StateError(f"counter_events: two numbers are needed, not {len(counts)}")
    first, second = (_number("counter_events", count, MASK32) for count in counts)
    return RecordedInputs(
        _answers(state),
        _number("ticks", state.get("ticks", 0), MASK32),
        _number("interrupt_lines", state.get("interrupt_lines", 0), 31),
        _choice("event", state.get("event", Event.NONE.name), Event.__members__),
        (first, second),
    )


def _answers(state: Json) -> list[tuple[str, int]]:
    answers = []
    for answer in _list("answers", state.get("answers", [])):
        match answer:
            case [str(name), value]:
                width = _choice("answers", name, ANSWER_WIDTHS)
                answers.append((name, _number(f"answers {name}", value, (1 << width) - 1)))
            case _:
                raise StateError("answers: each is a pair of a name and a number")
    return answers
