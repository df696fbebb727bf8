"""From a path's model to a run on ints: replays, and counterexamples that travel.

Every path that a theorem explores is run again on ints, in the state that the path's model stands
for, and must end in the state that the symbolic run ended in.
"""

import shlex
from collections.abc import Callable, Iterator

import attrs
import z3

from disco.machine.sparse import SparseMemory
from disco.mips.address import Access
from disco.mips.cp0 import Cp0
from disco.mips.exceptions import MipsException
from disco.mips.processor import Processor
from disco.mips.step import execute
from disco.mips.tlb import TlbEntry
from disco.oracle.state import read_state, write_state
from proofs.contracts import Translations, in_place_of_translate
from proofs.machine import FLAGS, NUMBERS, Machine, SymMemory, build_machine
from proofs.obligations import Case
from proofs.symbolic import concrete

Evaluate = Callable[[int], int]
Call = Callable[[Processor, Evaluate], object]
"""Runs a function of the reference on a concrete processor; symbolic arguments go by `Evaluate`."""


class Run:
    """A symbolic run of one function, and how to repeat it on ints."""

    def __init__(self, case: Case, machine: Machine, call: Call, **extra: int | str) -> None:
        """Prepare the run; call it before the function runs. `extra` goes into the state's JSON."""
        self.machine = machine
        self.call = call
        self.extra = extra
        self._cp0 = attrs.evolve(machine.cpu.cp0)
        self.raised: MipsException | None = None
        """What the symbolic run raised."""
        case.show(self.render)
        case.replay(self.difference)

    def state(self, model: z3.ModelRef) -> str:
        """Give the state before the run as the JSON that `disco step` reads."""
        # The same names are the same unknowns: a new machine is in the state before the run.
        before = build_machine(self.machine.cpu.model, self.machine.prefix)
        indices, addresses = self._touched(model)
        state: dict[str, object] = {
            "model": before.cpu.model.name,
            **_plain(before.cpu, model),
            "cp0": _registers(self._cp0, model),
            **{name: concrete(value, model) for name, value in self.extra.items()},
            "tlb": {i: e for i in indices if (e := _entry(before.tlb[i], model)) is not None},
            "memory": {8 * a: concrete(before.memory.words[a], model) for a in addresses},
            "silent": [8 * a for a in addresses if concrete(before.memory.answers[a], model) == 0],
            "ticks": concrete(before.inputs.ticks, model),
            "interrupt_lines": concrete(before.inputs.interrupt_lines, model),
            "answers": [[name, concrete(v, model)] for name, v in self.machine.inputs.answers],
        }
        return write_state(state)

    def render(self, model: z3.ModelRef) -> str:
        """Show a counterexample: the command that runs it, with the state."""
        return f"replay: disco step {shlex.quote(self.state(model))}"

    def difference(self, model: z3.ModelRef) -> str | None:
        """Run on ints; say where that ends differently from the symbolic run, if it does."""
        state = read_state(self.state(model))
        cpu = state.cpu
        cpu.inputs = state.inputs
        raised: MipsException | None = None
        try:
            self.call(cpu, lambda value: concrete(value, model))
        except MipsException as exception:
            raised = exception
        symbolic = self._outcome(self.machine.cpu, self.raised, model)
        on_ints = self._outcome(cpu, raised, model)
        for (name, expected), (_, found) in zip(symbolic, on_ints, strict=True):
            if expected != found:
                return f"{name} is {found!r}, but symbolically {expected!r}"
        return None

    def _touched(self, model: z3.ModelRef) -> tuple[list[int], list[int]]:
        """Give the TLB entries and the doublewords of memory that the run looked at."""
        indices = {concrete(index, model) for index in self.machine.tlb.records.mentioned}
        addresses = {concrete(address, model) >> 3 for address in self.machine.memory.asked}
        return sorted(indices), sorted(addresses)

    def _outcome(
        self, cpu: Processor, raised: MipsException | None, model: z3.ModelRef
    ) -> Iterator[tuple[str, object]]:
        indices, addresses = self._touched(model)
        if raised is not None:
            yield "the exception", raised.kind.name
            yield "the failing address", concrete(raised.bad_vaddr, model)
            yield "the coprocessor", concrete(raised.coprocessor, model)
        else:
            yield from (("the exception", None), ("the failing address", None), ("it", None))
        yield from _plain(cpu, model).items()
        for index in indices:
            yield f"TLB entry {index}", _entry(cpu.tlb[index], model)
        for address in addresses:
            yield f"memory at {8 * address:#x}", concrete(_doubleword(cpu, address), model)


def _doubleword(cpu: Processor, address: int) -> int:
    memory: object = cpu.memory
    if isinstance(memory, SymMemory):
        return memory.words[address]
    assert isinstance(memory, SparseMemory)
    return memory.doublewords.get(address, 0)


def _plain(cpu: Processor, model: z3.ModelRef) -> dict[str, object]:
    """Give everything but TLB and memory, evaluated."""
    return {
        **{name: concrete(getattr(cpu, name), model) for name in (*NUMBERS, *FLAGS)},
        "gpr": {i: concrete(cpu.gpr[i], model) for i in range(32)},
        "fpr": {i: concrete(cpu.fpr[i], model) for i in range(32)},
        "cp0": _registers(cpu.cp0, model),
    }


def _registers(cp0: Cp0, model: z3.ModelRef) -> dict[str, int]:
    return {name: concrete(value, model) for name, value in attrs.asdict(cp0).items()}


def _entry(entry: TlbEntry, model: z3.ModelRef) -> dict[str, int] | None:
    """Give the fields of an entry, evaluated; None if it is absent."""
    fields = {name: concrete(value, model) for name, value in attrs.asdict(entry).items()}
    return fields if fields.pop("present") else None


def by_contract(translations: Translations, word: int) -> Call:
    """Give the call that executes `word` with the translations that the symbolic run met."""

    def call(cpu: Processor, value: Evaluate) -> None:
        answers = iter(translations.answers)

        def translate(cpu: Processor, vaddr: int, access: Access) -> tuple[int, int]:
            answer = next(answers)
            if isinstance(answer, MipsException):
                raise MipsException(answer.kind, vaddr)
            return value(answer[0]), value(answer[1])

        with in_place_of_translate(translate):
            execute(cpu, value(word))

    return call
