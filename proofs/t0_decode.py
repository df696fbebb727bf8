"""T0, decode: the instruction table partitions all 2**32 words as the manual does (`spec.opcodes`).

One obligation per instruction: every word that selects it is found to be it, which also makes the
rows disjoint, and is what the manual's tables name. One per opcode for the words that select
nothing: the tables call them reserved, and they raise what the manual says.
"""

from collections.abc import Iterable
from functools import partial

from disco.mips.exceptions import Exceptions, MipsException
from disco.mips.instruction import Instruction
from disco.mips.model import MODELS, Model
from disco.mips.semantics.reserved import RESERVED
from disco.mips.step import execute
from disco.mips.table import BY_NAME, find_row, instructions
from proofs.machine import (
    announce,
    assume,
    build_machine,
    cp0_unchanged,
    named_for,
    unchanged,
    word_of,
)
from proofs.obligations import Case, Obligation, Theorem
from proofs.replay import Run
from proofs.seeds import fault, row_fault
from proofs.symbolic import concrete, eq, land
from spec.opcodes import named, reserved_outcome, shows_unimplemented


def _defined(case: Case, model: Model, row: Instruction) -> None:
    word = word_of(model, row)
    case.show(lambda state: f"the word: {concrete(word, state):08x}, see disco disasm")
    case.claim("the decoder finds the row", find_row(model, word) is row)
    case.claim("the manual names it", named(model, word) == row.name)
    plain = row.operands(word & ~row.zero)
    same = (eq(a, b) for a, b in zip(row.operands(word), plain, strict=True))
    case.claim("should-be-zero bits are ignored", land(*same))


def _reserved(case: Case, model: Model, opcode: int) -> None:
    machine = build_machine(model)
    cpu = machine.cpu
    word = word_of(model, RESERVED)
    assume(word >> 26 == opcode)
    announce(machine, RESERVED, word)
    run = Run(case, machine, lambda cpu, value: execute(cpu, value(word)), word=word)
    case.claim("the decoder finds no row", find_row(model, word) is RESERVED)
    case.claim("the manual calls it reserved", named(model, word) == "-")
    kind, unit = reserved_outcome(model, word, cpu.cp0.status)
    changed = {"fcr31"} if kind is Exceptions.FLOATING_POINT else set()
    try:
        execute(cpu, word)
    except MipsException as exception:
        run.raised = exception
        case.claim("the exception is the manual's", exception.kind is kind)
        case.claim("the coprocessor is the manual's", eq(exception.coprocessor, unit))
    else:
        changed = {"pc", "next_pc", "delay_slot"}
        case.claim("no exception is raised where the manual has none", kind is None)
    if kind is Exceptions.FLOATING_POINT:
        case.claim("it is Unimplemented Operation", shows_unimplemented(cpu.fcr31))
    case.claim("coprocessor 0 is unchanged", cp0_unchanged(machine))
    case.claim("nothing else is changed", unchanged(machine, changed))


def _fully_used(model: Model) -> set[int]:
    """Give the opcodes all of whose words select an instruction."""
    return {row.match >> 26 for row in instructions(model) if row.fixed == 0xFC00_0000}


def _obligations() -> Iterable[Obligation]:
    for model in MODELS.values():
        for row in instructions(model):
            run = partial(_defined, model=model, row=row)
            yield Obligation(named_for(model, row.name), run)
        for opcode in sorted(set(range(64)) - _fully_used(model)):
            reserved = partial(_reserved, model=model, opcode=opcode)
            yield Obligation(named_for(model, f"reserved {opcode:02x}"), reserved)


MUTANTS = (
    row_fault(
        "DADD also selects DADDU", "DADD", {"fixed": BY_NAME["DADD"].fixed & ~1}, "DADD", "DADDU"
    ),
    row_fault("BGEZ also selects BGEZL", "BGEZ", {"fixed": BY_NAME["BGEZ"].fixed & ~(1 << 17)}),
    row_fault("SDR is missing", "SDR", {"models": frozenset()}),
    row_fault("XOR is encoded as OR", "XOR", {"match": BY_NAME["OR"].match}),
    row_fault(
        "MOVZ exists on the R4000", "MOVZ", {"models": frozenset({"R4000", "R10000"})},
        "MOVZ@R4000",
    ),
    row_fault("SYNC takes a should-be-zero bit as fixed", "SYNC", {"fixed": 0xFC00_007F}),
    fault(
        "a reserved word of COP1 ignores CU1",
        "disco.mips.semantics.reserved:reserved_word",
        "        coprocessor1(cpu)\n", "",
        "reserved 11",
    ),
    fault(
        "a usable COP2 does nothing on the R10000",
        "disco.mips.semantics.reserved:reserved_word",
        "if not cpu.model.cop2_usable_is_reserved", "if cpu.model.cop2_usable_is_reserved",
        "reserved 12",
    ),
    fault(
        "a reserved word of COP1 does not show Unimplemented Operation",
        "disco.mips.semantics.reserved:reserved_word",
        "raise unimplemented(cpu)", "raise MipsException(Exceptions.FLOATING_POINT)",
        "reserved 11",
    ),
    fault(
        "a kernel without CU0 may not use coprocessor 0",
        "disco.mips.availability:coprocessor0",
        " and mode(status) is not KERNEL", "",
        "reserved 10",
    ),
    fault(
        "the decoder misses an opcode",
        "disco.mips.table:find_row", "if word >> 26 == opcode", "if (word >> 26) & 0x3E == opcode",
    ),
)  # fmt: skip

THEOREM = Theorem(
    "T0", "Decode: the table partitions all words as the manual does", _obligations, MUTANTS
)
