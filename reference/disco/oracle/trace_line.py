"""The trace format: JSON lines, first a header, then one line for each step, at last an end line.

Numbers are hexadecimal strings, because 64 bits do not fit JSON's numbers everywhere. What did not
happen in a step is left out of its line. What these classes refuse is no trace.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, ClassVar, Literal, TypeVar

import attrs
import msgspec
from msgspec import Meta, Struct

from disco.mips.cp0 import Cp0
from disco.mips.exceptions import EXCEPTIONS
from disco.mips.inputs import Event
from disco.oracle.state import ANSWER_WIDTHS

FORMAT: Literal["disco-trace"] = "disco-trace"
VERSION: Literal[2] = 2

T = TypeVar("T")


class Hex64(int):
    """An unsigned number of at most 64 bits, in JSON a hexadecimal string as `"0x1f"`."""

    BITS: ClassVar = 64
    FORM: ClassVar = "#x"


class Hex32(Hex64):
    """An unsigned number of at most 32 bits."""

    BITS = 32


class Word(Hex32):
    """An instruction, in JSON with all of its eight digits."""

    FORM = "#010x"


class Pins(Hex64):
    """The levels of the five interrupt pins."""

    BITS = 5


_DIGITS = re.compile(r"0[xX][0-9a-fA-F]{1,16}")


def _one_of(names: Iterable[str]) -> Meta:
    escaped = (re.sub(r"([()])", r"\\\1", name) for name in names)
    return Meta(pattern=f"^({'|'.join(escaped)})$")


Register = Annotated[int, Meta(ge=0, le=31)]
Cp0Name = Annotated[str, _one_of(field.name for field in attrs.fields(Cp0))]
AnswerName = Annotated[str, _one_of(ANSWER_WIDTHS)]
ExceptionName = Annotated[str, _one_of(kind.name for kind in EXCEPTIONS)]
EventName = Annotated[str, _one_of(Event.__members__)]
Size = Annotated[int, Meta(ge=1, le=8)]
Count = Annotated[int, Meta(ge=0)]
Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class _Line(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A line of a trace."""

    def to_json(self) -> str:
        """Write the line."""
        return _ENCODER.encode(self).decode()


class TraceHeader(_Line, frozen=True, kw_only=True):
    """The first line: what was run."""

    format: Literal["disco-trace"]
    """Always `disco-trace`."""
    version: Literal[2]
    """Always 2."""
    model: str
    """The processor, as `R10000`."""
    memory: Hex64
    """Bytes of RAM."""
    ticks: Hex32
    """By how much Count advances before a step whose line does not say it."""
    program: Digest | None = None
    """SHA-256 of the program's file."""


class MemoryWrite(Struct, frozen=True, array_like=True):
    """Bytes that a store wrote."""

    paddr: Hex64
    size: Size
    """1 to 8 bytes; any number of them for SWL, SWR, SDL and SDR."""
    value: Hex64
    """The bytes as a big-endian number."""


class DeviceRead(Struct, frozen=True, array_like=True):
    """What a device answered to a load or fetch."""

    paddr: Hex64
    size: Size
    value: Hex64
    """The bytes as a big-endian number."""


class WrittenTlbEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """The fields of `disco.mips.tlb.TlbEntry`."""

    present: bool
    mask: Hex64
    vpn2: Hex64
    asid: Hex64
    glob: bool
    lo0: Hex64
    lo1: Hex64


class TakenException(Struct, frozen=True, forbid_unknown_fields=True):
    """The exception that was taken in place of the instruction."""

    name: ExceptionName
    """As in the table `disco.mips.exceptions.EXCEPTIONS`."""
    code: Register | None
    """Cause.ExcCode, None for a reset, an NMI or a cache error."""
    vector: Hex64
    """Address of the handler."""


class TraceLine(_Line, frozen=True, kw_only=True):
    """One step: an instruction that completed, or an exception taken in its place."""

    step: Annotated[int, Meta(ge=1)]
    """The number of the step, from 1."""
    pc: Hex64
    """Address of the instruction."""
    word: Word | None = None
    """The instruction; left out when an exception came before it was fetched."""
    text: str = ""
    """The instruction disassembled, for people: nothing depends on it."""
    delay_slot: bool = False
    """The instruction stood in a delay slot."""
    gpr: Mapping[Annotated[int, Meta(ge=1, le=31)], Hex64] = {}
    """General registers changed, or written with the value they had; never register 0."""
    fpr: Mapping[Register, Hex64] = {}
    """Floating-point registers changed, or written with the value they had."""
    hi: Hex64 | None = None
    """HI, where it changed."""
    lo: Hex64 | None = None
    """LO, where it changed."""
    fcr31: Hex32 | None = None
    """FCR31, where it changed."""
    cp0: Mapping[Cp0Name, Hex64] = {}
    """CP0 registers changed, by their attribute of `Cp0`; Count by its ticks may be left out."""
    tlb: Mapping[Annotated[int, Meta(ge=0, le=63)], WrittenTlbEntry] = {}
    """TLB entries changed, by index."""
    memory: tuple[MemoryWrite, ...] = ()
    """What was written to RAM and devices, in order."""
    exception: TakenException | None = None
    """The exception that was taken."""
    ticks: Hex32 | None = None
    """By how much Count advanced before the step, where not as the header says."""
    interrupt_lines: Pins | None = None
    """Level of the hardware interrupt pins, bit 0 for IP2; left out when all are 0."""
    event: EventName = "NONE"
    """The external event at the boundary before the instruction."""
    counter_events: tuple[Hex32, Hex32] | None = None
    """Events for performance counters 0 and 1; left out when there are none."""
    device_reads: tuple[DeviceRead, ...] = ()
    """What devices answered, in order."""
    answers: tuple[tuple[AnswerName, Hex64], ...] = ()
    """What the step's inputs answered, in order, each with the name of what was asked."""


class TraceEnd(_Line, frozen=True, kw_only=True):
    """The last line; a trace without it was cut off."""

    end: str
    """Why the run stopped, as the `stop` of a dump."""
    steps: Count
    """How many steps there were."""
    pc: Hex64
    """Address of the instruction that would be next."""


def _encode(number: object) -> str:
    if isinstance(number, Hex64):
        return format(number, number.FORM)
    raise TypeError(f"a trace holds no {type(number).__name__}")


def _decode(kind: type[T], text: object) -> T:
    """Read a number of one of the classes above."""
    if not issubclass(kind, Hex64):
        raise TypeError(f"a trace holds no {kind.__name__}")
    if not isinstance(text, str) or not _DIGITS.fullmatch(text):
        raise ValueError('a number is needed, as "0x1f"')
    number = int(text, 16)
    if number >> kind.BITS:
        raise ValueError(f"{number:#x} has more than {kind.BITS} bits")
    return kind(number)


def _describe(kind: type) -> dict[str, object]:
    if not issubclass(kind, Hex64):
        raise TypeError(f"a trace holds no {kind.__name__}")
    return {"type": "string", "pattern": "^0[xX][0-9a-fA-F]{1,16}$", "description": kind.__doc__}


_ENCODER = msgspec.json.Encoder(enc_hook=_encode)
read_line = msgspec.json.Decoder(TraceLine, dec_hook=_decode).decode
"""Reads a step's line; raises msgspec.DecodeError on anything else."""
read_header = msgspec.json.Decoder(TraceHeader, dec_hook=_decode).decode
"""Reads the first line."""
read_end = msgspec.json.Decoder(TraceEnd, dec_hook=_decode).decode
"""Reads the last line."""


def schema() -> dict[str, object]:
    """Give the format as a JSON Schema for one line."""
    kinds = (TraceHeader, TraceLine, TraceEnd)
    references, definitions = msgspec.json.schema_components(kinds, schema_hook=_describe)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A line of {FORMAT}, version {VERSION}",
        "anyOf": list(references),
        "$defs": {name.lstrip("_"): definition for name, definition in definitions.items()},
    }
