"""From a path's model to a run on ints: replays, and counterexamples that travel.

Every path that a theorem explores is run again on ints, in the state that the path's model stands
for, and must end in the state that the symbolic run ended in.
"""

import shlex
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar, cast

import attrs
import z3

from disco.machine.sparse import SparseMemory
from disco.mips.address import Access, translate
from disco.mips.cp0 import Cp0
from disco.mips.exceptions import MipsException
from disco.mips.inputs import Event
from disco.mips.processor import Processor, Words
from disco.mips.tlb import ENTRY_DIRTY, ENTRY_VALID, TlbEntry
from disco.oracle.state import State, read_state, write_state
from proofs.contracts import Translated, in_place_of_translate
from proofs.exact import Exact
from proofs.machine import FLAGS, NUMBERS, Machine, SymMemory, build_machine
from proofs.memo import remembered
from proofs.obligations import Case
from proofs.stores import SymWords
from proofs.symbolic import SymInt, as_int, concrete

T = TypeVar("T")

Evaluate = Callable[[int], int]
Call = Callable[[Processor, Evaluate], object]
"""Runs a function of the reference on a concrete processor; symbolic arguments go by `Evaluate`."""


class Run:
    """A symbolic run of one function, and how to repeat it on ints."""

    def __init__(
        self,
        case: Case,
        machine: Machine,
        call: Call,
        translated: Sequence[Translated] = (),
        **extra: int | str,
    ) -> None:
        """Prepare the run; call it before the function runs.

        `translated` will have the translations that are made by contract, `extra` goes into the
        state's JSON.
        """
        self.machine = machine
        self.call = call
        self.translated = translated
        self.extra = extra
        self._cp0 = attrs.evolve(machine.cpu.cp0)
        self._named = {name: getattr(machine.cpu, name) for name in (*NUMBERS, *FLAGS)}
        self.raised: MipsException | None = None
        """What the symbolic run raised."""
        case.show(self.render)
        case.replay(self.difference)

    def state(self, model: z3.ModelRef) -> dict[str, object]:
        """Give the state before the run as `disco step` reads it."""
        # The same names are the same unknowns: a new machine is in the state before the run.
        before = build_machine(self.machine.cpu.model, self.machine.prefix)
        inputs = self.machine.inputs
        events = [_value(count, model) for count in inputs.counter_events]
        indices, addresses = self._touched(model)
        return {
            "model": before.cpu.model.name,
            **_plain(before.cpu, model),
            **{name: _value(value, model) for name, value in self._named.items()},
            "cp0": _registers(self._cp0, model),
            **{name: _value(value, model) for name, value in self.extra.items()},
            "tlb": {i: e for i in indices if (e := _entry(before.tlb[i], model)) is not None},
            "memory": {8 * a: _value(before.memory.words[a], model) for a in addresses},
            "silent": [8 * a for a in addresses if _value(before.memory.answers[a], model) == 0],
            "ticks": _value(inputs.ticks, model),
            "interrupt_lines": _value(inputs.interrupt_lines, model),
            "event": "" if inputs.event is Event.NONE else inputs.event.name,
            "counter_events": events if any(events) else [],
            "answers": [[name, _value(v, model)] for name, v in inputs.answers],
        }

    def render(self, model: z3.ModelRef) -> str:
        """Show a counterexample: the command that runs it, with the state.

        Where translations were made by contract, the TLB is filled so that it gives the same.
        """
        state, tlb = self.state(model), _tlb_for(self.translated, self.machine, model)
        text = write_state({**state, "tlb": tlb} if tlb else state)
        cpu = read_state(text).cpu
        agrees = all(_agrees(cpu, translated, model) for translated in self.translated)
        note = "" if agrees else "\nbut in this state no TLB translates as the contract allows"
        return f"replay: disco step {shlex.quote(text)}{note}"

    def difference(self, model: z3.ModelRef) -> str | None:
        """Run on ints; say where that ends differently from the symbolic run, if it does."""
        state = read_state(write_state(self.state(model)))
        cpu = state.cpu
        cpu.inputs = state.inputs
        raised: MipsException | None = None
        try:
            self.call(cpu, lambda value: _value(value, model))
        except MipsException as exception:
            raised = exception
        symbolic = self._outcome(self.machine.cpu, self.raised, model)
        on_ints = self._outcome(cpu, raised, model)
        for (name, expected), (_, found) in zip(symbolic, on_ints, strict=True):
            if expected != found:
                return f"{name} is {found!r}, but symbolically {expected!r}"
        return self._excess(state, model)

    def _excess(self, state: State, model: z3.ModelRef) -> str | None:
        """Say what the run on ints did beyond the symbolic one, if it did."""
        indices, addresses = self._touched(model)
        tlb = state.cpu.tlb
        if any(tlb[i].present for i in range(tlb.size) if i not in indices):
            return "a TLB entry was written that was not symbolically"
        if not state.memory.doublewords.keys() <= set(addresses):
            return "a doubleword was written that was not symbolically"
        if state.inputs.answers:
            return f"{state.inputs.answers[0][0]} was not asked for, but symbolically"
        return None

    def _touched(self, model: z3.ModelRef) -> tuple[list[int], list[int]]:
        """Give the TLB entries and the doublewords of memory that the run looked at."""
        indices = {_value(index, model) for index in self.machine.tlb.records.mentioned}
        addresses = {_value(address, model) >> 3 for address in self.machine.memory.asked}
        return sorted(indices), sorted(addresses)

    def _outcome(
        self, cpu: Processor, raised: MipsException | None, model: z3.ModelRef
    ) -> Iterator[tuple[str, object]]:
        indices, addresses = self._touched(model)
        if raised is not None:
            yield "the exception", raised.kind.name
            yield "the failing address", _value(raised.bad_vaddr, model)
            yield "the coprocessor", _value(raised.coprocessor, model)
        else:
            yield from (("the exception", None), ("the failing address", None), ("it", None))
        yield from _plain(cpu, model).items()
        for index in indices:
            yield f"TLB entry {index}", _entry(cpu.tlb[index], model)
        for address in addresses:
            yield f"memory at {8 * address:#x}", _value(_doubleword(cpu, address), model)


def _doubleword(cpu: Processor, address: int) -> int:
    memory: object = cpu.memory
    if isinstance(memory, SymMemory):
        return memory.words[address]
    assert isinstance(memory, SparseMemory)
    return memory.doublewords.get(address, 0)


def _value(value: T, model: z3.ModelRef) -> T:
    """Evaluate as `concrete` does; most values are asked for more than once."""
    return (
        cast(T, _number(value.exact, model))
        if isinstance(value, SymInt)
        else concrete(value, model)
    )


@remembered
def _number(number: Exact, model: z3.ModelRef) -> int:
    return concrete(as_int(SymInt(number)), model)


def _file(file: Words, model: z3.ModelRef) -> dict[int, int]:
    """Give the 32 registers of a file, evaluated."""
    if not isinstance(file, SymWords):
        return {number: file[number] for number in range(32)}
    values = {number: _value(value, model) for number, value in enumerate(file.unwritten())}
    for number, value in file.writes:
        values[_value(number, model)] = _value(value, model)
    return values


def _plain(cpu: Processor, model: z3.ModelRef) -> dict[str, object]:
    """Give everything but TLB and memory, evaluated."""
    return {
        **{name: _value(getattr(cpu, name), model) for name in (*NUMBERS, *FLAGS)},
        "gpr": _file(cpu.gpr, model),
        "fpr": _file(cpu.fpr, model),
        "cp0": _registers(cpu.cp0, model),
    }


def _registers(cp0: Cp0, model: z3.ModelRef) -> dict[str, int]:
    return {name: _value(value, model) for name, value in attrs.asdict(cp0).items()}


def _entry(entry: TlbEntry, model: z3.ModelRef) -> dict[str, int] | None:
    """Give the fields of an entry, evaluated; None if it is absent."""
    fields = {name: _value(value, model) for name, value in attrs.asdict(entry).items()}
    return fields if fields.pop("present") else None


def _tlb_for(
    translated: Sequence[Translated], machine: Machine, model: z3.ModelRef
) -> dict[int, dict[str, int]]:
    """Give TLB entries by which the reference translates as the contract did, where there are."""
    tlb = {}
    for index, each in enumerate(translated):
        vaddr, entry_hi = _value(each.vaddr, model), _value(each.entry_hi, model)
        if isinstance(each.outcome, MipsException):
            if each.outcome.kind in (each.access.address_error, each.access.refill):
                continue
            lo = 0 if each.outcome.kind is each.access.invalid else ENTRY_VALID
        else:
            paddr, attribute = (_value(part, model) for part in each.outcome)
            lo = paddr >> 12 << 6 | attribute << 3 | ENTRY_VALID | ENTRY_DIRTY
        pair = vaddr & machine.cpu.model.pair_mask
        tlb[index] = {"vpn2": pair, "asid": entry_hi & 0xFF, "lo0": lo, "lo1": lo}
    return tlb


def _agrees(cpu: Processor, translated: Translated, model: z3.ModelRef) -> bool:
    """Tell whether the reference translates as the contract did."""
    expected = translated.outcome
    try:
        outcome = translate(cpu, _value(translated.vaddr, model), translated.access)
    except MipsException as exception:
        return isinstance(expected, MipsException) and exception.kind is expected.kind
    if isinstance(expected, MipsException):
        return False
    return outcome == tuple(_value(part, model) for part in expected)


def by_contract(function: Call, translated: Sequence[Translated]) -> Call:
    """Give the call of `function` with the translations that the symbolic run met.

    It must ask for the same ones, all of them, in the same order.
    """

    def call(cpu: Processor, value: Evaluate) -> None:
        expected = list(translated)

        def translate(cpu: Processor, vaddr: int, access: Access) -> tuple[int, int]:
            met = expected.pop(0)
            assert (vaddr, access) == (value(met.vaddr), met.access), "another translation"
            if isinstance(met.outcome, MipsException):
                raise MipsException(met.outcome.kind, vaddr)
            return value(met.outcome[0]), value(met.outcome[1])

        with in_place_of_translate(translate):
            try:
                function(cpu, value)
            finally:
                assert not expected, "a translation was not asked for, but symbolically"

    return call
