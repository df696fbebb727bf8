"""Two trace lines of the same step held against each other.

A line lists what was written, so that a line which does not list a register says that it is as
before. A line may also list a register with the value it had.
"""

from collections.abc import Mapping

import attrs

from disco.bits import MASK32
from disco.mips.processor import Processor
from disco.oracle.trace import CP0_NAMES, written_entry
from disco.oracle.trace_line import Hex64, MemoryWrite, TraceLine

_SINGLE = ("hi", "lo", "fcr31")
_TABLES = ("gpr", "fpr", "cp0", "tlb")
_PLAIN = ("pc", "word", "delay_slot", "exception")


@attrs.frozen
class Difference:
    """A place in which two lines differ, as `gpr[4]`; None where there is nothing."""

    place: str
    theirs: object
    ours: object


class Registers:
    """All registers of a processor before a step, kept up to date from trace lines."""

    def __init__(self, cpu: Processor) -> None:
        self.single: dict[str, object] = {name: getattr(cpu, name) for name in _SINGLE}
        self.tables: dict[str, dict[object, object]] = {
            "gpr": {i: cpu.gpr[i] for i in range(32)},
            "fpr": {i: cpu.fpr[i] for i in range(32)},
            "cp0": {name: getattr(cpu.cp0, name) for name in CP0_NAMES},
            "tlb": {i: written_entry(cpu.tlb[i]) for i in range(cpu.tlb.size)},
        }

    def advance(self, ticks: int) -> None:
        """Let Count advance, as it does before every step without being listed."""
        cp0 = self.tables["cp0"]
        count = cp0["count"]
        assert isinstance(count, int)
        cp0["count"] = count + ticks & MASK32

    def apply(self, line: TraceLine) -> None:
        """Take over what a step has written."""
        for name in _SINGLE:
            if (value := getattr(line, name)) is not None:
                self.single[name] = value
        for name in _TABLES:
            self.tables[name].update(getattr(line, name))

    def after(self, line: TraceLine) -> dict[str, object]:
        """Give every register as it is after the step, by its place."""
        shown = {f"gpr[{i}]": v for i, v in (self.tables["gpr"] | dict(line.gpr)).items()}
        for name, value in self.single.items():
            written = getattr(line, name)
            shown[name] = value if written is None else written
        for name in _TABLES[1:]:
            table: dict[object, object] = self.tables[name] | dict(getattr(line, name))
            shown.update({f"{name}[{key}]": value for key, value in table.items()})
        return shown


def compare(before: Registers, theirs: TraceLine, ours: TraceLine) -> list[Difference]:
    """Find where the two differ; the texts and the inputs are not compared.

    `before` has the registers before the step, Count advanced. The bytes stored are compared,
    not how they were divided into stores.
    """
    if theirs == ours:
        return []
    found = [
        Difference(name, getattr(theirs, name), getattr(ours, name))
        for name in _PLAIN
        if getattr(theirs, name) != getattr(ours, name)
    ]
    for name in _SINGLE:
        old = before.single[name]
        found += _differences(name, {"": old}, _single(theirs, name), _single(ours, name))
    for name in _TABLES:
        found += _differences(name, before.tables[name], getattr(theirs, name), getattr(ours, name))
    if theirs.memory != ours.memory:
        found += _differences("memory", {}, _stored(theirs.memory), _stored(ours.memory))
    return found


def _single(line: TraceLine, name: str) -> Mapping[object, object]:
    value = getattr(line, name)
    return {} if value is None else {"": value}


def _differences(
    name: str,
    before: Mapping[object, object],
    theirs: Mapping[object, object],
    ours: Mapping[object, object],
) -> list[Difference]:
    if theirs == ours:
        return []
    found = []
    for key in {**theirs, **ours}:
        old = before.get(key)
        first, second = theirs.get(key, old), ours.get(key, old)
        if first != second:
            place = f"{name}[{key}]" if key != "" else name
            found.append(Difference(place, first, second))
    return found


def _stored(writes: tuple[MemoryWrite, ...]) -> dict[object, object]:
    """Give the bytes written, by their physical addresses."""
    stored: dict[object, object] = {}
    for write in writes:
        for offset in range(write.size):
            byte = write.value >> 8 * (write.size - 1 - offset) & 0xFF
            stored[f"{write.paddr + offset:#x}"] = Hex64(byte)
    return stored
