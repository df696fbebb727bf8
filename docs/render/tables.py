"""The tables of the reference pages, each made from the table in the code that the processor uses.

A page asks for one by a line `<!-- table: NAME -->`.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable
from functools import partial

import attrs
import click
import msgspec

from disco.mips import cp0
from disco.mips.address import Mapping, Segment, segments
from disco.mips.cp0 import COUNTERS, REGISTERS, Mode, Register
from disco.mips.exceptions import EXCEPTIONS, ExceptionKind
from disco.mips.model import MODELS, R4000, R10000, Model
from disco.mips.unpredictable import Unpredictable
from disco.oracle.cli import main
from disco.oracle.lockstep_inputs import INPUTS
from disco.oracle.qemu_differences import QEMU
from disco.oracle.trace_line import TakenException, TraceEnd, TraceHeader, TraceLine
from disco.oracle.vectors.files import Case, Permitted, VectorFile
from docs.render.markdown import code, hexadecimal, table
from spec.ledger import clauses, render

_STATUS_BITS = {
    name.removeprefix("STATUS_"): value
    for name, value in vars(cp0).items()
    if name.startswith("STATUS_") and value.bit_count() == 1
}


def expand(markdown: str) -> str:
    """Replace every line that asks for a table by the table."""
    return re.sub(r"<!-- table: (.+?) -->", lambda match: TABLES[match[1]](), markdown)


def _status(segment: Segment) -> str:
    ones = [f"{n} = 1" for n, bit in _STATUS_BITS.items() if segment.status_one & bit]
    zeros = [f"{n} = 0" for n, bit in _STATUS_BITS.items() if segment.status_zero & bit]
    return ", ".join(ones + zeros)


def _refill_bit(segment: Segment) -> str:
    if segment.mapping in (Mapping.TLB, Mapping.TLB_UNLESS_ERL):
        return next(name for name, bit in _STATUS_BITS.items() if segment.space.value == bit)
    return ""


def address_map(model: Model) -> str:
    """Write the address map of every mode of `model`."""
    parts = []
    head = ["segment", "first address", "last address", "exists with", "mapped"]
    if model.refill_by_address:
        head.append("64-bit refill with")
    for mode in Mode:
        rows = sorted(segments(model, mode), key=lambda segment: segment.low)
        lines = [
            [
                segment.name, hexadecimal(segment.low, 64), hexadecimal(segment.high, 64),
                _status(segment), segment.mapping.value, _refill_bit(segment),
            ][: len(head)]
            for segment in rows
        ]  # fmt: skip
        parts.append(f"### {mode.name.capitalize()} mode\n\n{table(head, lines)}")
    return "\n".join(parts)


def registers(model: Model) -> str:
    """Write the system control registers of `model`."""
    rows: list[Register] = list(REGISTERS[model.name])
    if model.has_performance_counters:
        rows += [register for pair in COUNTERS for register in pair]
    return table(
        ["number", "name", "bits", "writable bits", "after a cold reset"],
        [
            [
                str(row.number), row.name, str(row.width), hexadecimal(row.writable, row.width),
                "undefined" if row.reset is None else hexadecimal(row.reset, row.width),
            ]
            for row in sorted(rows, key=lambda row: row.number)
        ],
    )  # fmt: skip


def _registers_written(kind: ExceptionKind) -> str:
    written = ["ErrorEPC"] if kind.uses_error_epc else ["EPC", "Cause"]
    if kind.bad_vaddr:
        written.append("BadVAddr")
    if kind.tlb_registers:
        written += ["Context", "XContext", "EntryHi"]
    return ", ".join(written)


def exceptions() -> str:
    """Write the exceptions in the order of priority."""
    return table(
        ["priority", "exception", "code", "arises", "vector", "writes", "undefined after",
         "manual"],
        [
            [
                str(kind.priority), kind.name, "" if kind.code is None else str(kind.code),
                kind.timing.value, kind.vector.value, _registers_written(kind),
                "Context, XContext, EntryHi" if kind.context_undefined else "", kind.section,
            ]
            for kind in EXCEPTIONS
        ],
    )  # fmt: skip


def unpredictable() -> str:
    """Write what the architecture leaves open, with the clauses that say what happens then."""
    every = clauses()
    return table(
        ["name", "what is open", "clause"],
        [
            [
                code(what.name), what.value,
                ", ".join(clause.name for clause in every if f"`{what.name}`" in clause.text),
            ]
            for what in Unpredictable
        ],
    )  # fmt: skip


def attribute_texts(cls: type) -> dict[str, str]:
    """Give the texts that stand below a class's attributes, by attribute."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    assert isinstance(definition, ast.ClassDef)
    found: dict[str, str] = {}
    attribute = ""
    for node in definition.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            attribute = node.target.id
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and attribute:
            found[attribute] = str(node.value.value)
            attribute = ""
        else:
            attribute = ""
    return found


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and value > 0xFF:
        return code(f"{value:#x}")
    if isinstance(value, tuple):
        return ", ".join(dict.fromkeys(_value(item) for item in value))
    return str(getattr(value, "name", value))


def models() -> str:
    """Write what distinguishes the models."""
    texts = attribute_texts(Model)
    names = [field.name for field in attrs.fields(Model)]
    return table(
        ["", *MODELS, "meaning"],
        [
            [code(name), *(_value(getattr(model, name)) for model in MODELS.values()),
             texts.get(name, "")]
            for name in names
        ],
    )  # fmt: skip


def command_help(name: str) -> str:
    """Write what a command says of itself with --help."""
    context = click.Context(main, info_name="disco")
    command: click.Command = main
    for part in name.split() if name != "disco" else ():
        assert isinstance(command, click.Group)
        command = command.commands[part]
        context = click.Context(command, info_name=part, parent=context)
    return f"```text\n{command.get_help(context)}\n```\n"


def trace_fields(kind: type[msgspec.Struct]) -> str:
    """Write the fields of a kind of object in a trace or a file of vectors."""
    texts = attribute_texts(kind)
    return table(
        ["field", "meaning"],
        [[code(name), texts.get(name, "")] for name in kind.__struct_fields__],
    )


def unicorn_deviations() -> str:
    """Write where Unicorn deviates, from the data of the tests that compare with it."""
    from tests.mips.unicorn_deviations import DEVIATIONS

    return table(
        ["what", "instructions", "how Unicorn differs", "manual"],
        [
            [row.name, ", ".join(row.instructions), row.explanation, row.section]
            for row in DEVIATIONS
        ],
    )


def assembly_deviations() -> str:
    """Write where Capstone and GNU's assembler deviate, from the data of the tests."""
    from tests.mips.deviations import CAPSTONE_DEVIATIONS, GNU_REFUSALS

    rows = [["Capstone", row.name, row.explanation] for row in CAPSTONE_DEVIATIONS]
    rows += [["GNU as refuses", row.name, row.explanation] for row in GNU_REFUSALS]
    return table(["tool", "what", "explanation"], rows)


def lockstep_differences() -> str:
    """Write what may differ in lockstep, from the data that the comparison uses."""
    rows = [("any", row) for row in INPUTS] + [("QEMU 7.2", row) for row in QEMU]
    return table(
        ["peer", "what", "models", "why", "exactly when: what may differ", "manual"],
        [
            [peer, row.name, ", ".join(sorted(row.models)), row.reason, row.when, row.section]
            for peer, row in rows
        ],
    )


def ledger() -> str:
    """Write the ledger of the specification."""
    return render(clauses())


_LOCKSTEP = ("qemu", "gdb")
_VECTORS = ("fill", "consume")
TABLES: dict[str, Callable[[], str]] = {
    "address map R10000": lambda: address_map(R10000),
    "address map R4000": lambda: address_map(R4000),
    "registers R10000": lambda: registers(R10000),
    "registers R4000": lambda: registers(R4000),
    "exceptions": exceptions,
    "unpredictable": unpredictable,
    "models": models,
    **{f"help {name}": partial(command_help, name) for name in ("disco", *main.commands)},
    **{f"help vectors {name}": partial(command_help, f"vectors {name}") for name in _VECTORS},
    "trace header": partial(trace_fields, TraceHeader),
    "trace line": partial(trace_fields, TraceLine),
    "trace exception": partial(trace_fields, TakenException),
    "trace end": partial(trace_fields, TraceEnd),
    "vector file": partial(trace_fields, VectorFile),
    "vector case": partial(trace_fields, Case),
    "vector permitted": partial(trace_fields, Permitted),
    **{f"help lockstep {name}": partial(command_help, f"lockstep {name}") for name in _LOCKSTEP},
    "lockstep differences": lockstep_differences,
    "unicorn deviations": unicorn_deviations,
    "assembly deviations": assembly_deviations,
    "ledger": ledger,
}
"""The tables that a page may ask for."""
