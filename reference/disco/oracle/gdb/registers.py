"""The registers a debugger sees, and the target description that tells it of them.

The numbers up to 71 are those that GDB gives the registers of MIPS; the other CP0 registers of the
model follow. The single system control registers are written as MTC0 writes them, so bits that
cannot be written keep their value. Random is an input and no register here.
"""

from collections.abc import Callable, Iterator
from functools import cache, partial
from xml.etree import ElementTree

import attrs

from disco.bits import MASK64, sext32
from disco.mips.cp0 import COUNTERS, REGISTERS, Register
from disco.mips.delivery import jump_to
from disco.mips.model import Model
from disco.mips.processor import Processor
from disco.mips.registers import store_register

_CPU = "org.gnu.gdb.mips.cpu"
_CP0 = "org.gnu.gdb.mips.cp0"
_FPU = "org.gnu.gdb.mips.fpu"
_OTHER_CP0 = "org.disco.mips.cp0"
_STANDARD_CP0 = {"status": "status", "bad_vaddr": "badvaddr", "cause": "cause"}
"""The registers of the feature _CP0: ours and GDB's names."""


@attrs.frozen(kw_only=True)
class DebugRegister:
    """A register as a debugger reads and writes it."""

    name: str
    feature: str
    bits: int
    """As the debugger transfers it, 32 or 64; narrower registers are sign-extended."""
    kind: str = ""
    """GDB's type, where it is no integer."""
    read: Callable[[Processor], int]
    write: Callable[[Processor, int], None]

    @property
    def size(self) -> int:
        """Give the number of bytes."""
        return self.bits // 8


@cache
def registers(model: Model) -> tuple[DebugRegister, ...]:
    """Give the registers of a model; a register's number is its place."""
    standard = {
        row.attribute: _cp0_register(row, _CP0, 64)
        for row in _cp0_rows(model)
        if row.attribute in _STANDARD_CP0
    }
    return (
        *(_general(number) for number in range(32)),
        standard["status"],
        _single("lo", _CPU, 64),
        _single("hi", _CPU, 64),
        standard["bad_vaddr"],
        standard["cause"],
        DebugRegister(name="pc", feature=_CPU, bits=64, read=lambda cpu: cpu.pc, write=jump_to),
        *(_floating(number) for number in range(32)),
        _single("fcsr", _FPU, 64, "fcr31", model.fcr31_writable),
        DebugRegister(
            name="fir", feature=_FPU, bits=64, read=lambda cpu: cpu.model.fcr0,
            write=lambda cpu, value: None,
        ),
        *(
            _cp0_register(row, _OTHER_CP0, row.width)
            for row in _cp0_rows(model)
            if row.attribute not in _STANDARD_CP0
        ),
    )  # fmt: skip


def _cp0_rows(model: Model) -> Iterator[Register]:
    yield from (row for row in REGISTERS[model.name] if row.attribute)
    if model.has_performance_counters:
        for counter in COUNTERS:
            yield from counter


def _general(number: int) -> DebugRegister:
    def write(cpu: Processor, value: int) -> None:
        if number != 0:
            cpu.gpr[number] = value

    return DebugRegister(
        name=f"r{number}", feature=_CPU, bits=64, read=lambda cpu: cpu.gpr[number], write=write
    )


def _floating(number: int) -> DebugRegister:
    def write(cpu: Processor, value: int) -> None:
        cpu.fpr[number] = value

    return DebugRegister(
        name=f"f{number}", feature=_FPU, bits=64, kind="ieee_double",
        read=lambda cpu: cpu.fpr[number], write=write,
    )  # fmt: skip


def _single(
    name: str, feature: str, bits: int, attribute: str = "", writable: int = MASK64
) -> DebugRegister:
    """Make a register that is an attribute of the processor, under its own name without one."""
    attribute = attribute or name

    def read(cpu: Processor) -> int:
        value: int = getattr(cpu, attribute)
        return value

    def write(cpu: Processor, value: int) -> None:
        setattr(cpu, attribute, read(cpu) & ~writable | value & writable)

    return DebugRegister(name=name, feature=feature, bits=bits, read=read, write=write)


def _cp0_register(row: Register, feature: str, bits: int) -> DebugRegister:
    def read(cpu: Processor) -> int:
        value: int = getattr(cpu.cp0, row.attribute)
        return value if row.width == bits else sext32(value)

    return DebugRegister(
        name=_STANDARD_CP0.get(row.attribute, row.attribute), feature=feature, bits=bits,
        read=read, write=partial(_store, row),
    )  # fmt: skip


def _store(row: Register, cpu: Processor, value: int) -> None:
    store_register(cpu, row, value)


@cache
def target_description(model: Model) -> bytes:
    """Give the XML document that describes the registers of a model (GDB manual G)."""
    target = ElementTree.Element("target", version="1.0")
    ElementTree.SubElement(target, "architecture").text = "mips"  # which one, the ELF file says
    features: dict[str, ElementTree.Element] = {}
    for number, register in enumerate(registers(model)):
        if register.feature not in features:
            features[register.feature] = ElementTree.SubElement(
                target, "feature", name=register.feature
            )
        entry = ElementTree.SubElement(
            features[register.feature], "reg",
            name=register.name, bitsize=str(register.bits), regnum=str(number),
        )  # fmt: skip
        if register.kind:
            entry.set("type", register.kind)
    ElementTree.indent(target)
    heading = b'<?xml version="1.0"?>\n<!DOCTYPE target SYSTEM "gdb-target.dtd">\n'
    return heading + ElementTree.tostring(target) + b"\n"
