"""Lockstep: the reference beside another implementation, compared before every instruction.

The engine knows nothing of the other side but the `Observation`s that it gives: its state before
each instruction. Where they differ, a declared `Difference` explains it or the run ends. What is
explained is taken over from the peer, so that both go on from the same state.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

import attrs

from disco.machine.board import Board
from disco.mips.cp0 import CAUSE_BD, CAUSE_CE, CAUSE_EXC_CODE, STATUS_EXL
from disco.mips.delivery import jump_to
from disco.mips.disassembler import disassemble
from disco.mips.exceptions import MipsException
from disco.mips.inputs import Inputs
from disco.mips.instruction import Instruction
from disco.mips.processor import Processor
from disco.mips.step import step
from disco.mips.unpredictable import Unpredictable
from disco.oracle.lockstep_tlb import VECTORS, LockstepTlb

_WHOLE = (1 << 64) - 1
_CP0 = ("status", "cause", "epc", "bad_vaddr")


@attrs.define
class Observation:
    """A peer's state before its next instruction. None is what the peer cannot show."""

    pc: int = 0
    gpr: list[int] = attrs.field(factory=lambda: [0] * 32)
    hi: int = 0
    lo: int = 0
    status: int = 0
    cause: int = 0
    epc: int | None = None
    bad_vaddr: int | None = None
    """May be left out except after an exception."""


class PeerError(Exception):
    """The peer is missing, has died, hangs or answers nonsense; the text is one clear line."""


@attrs.define(kw_only=True)
class Moment:
    """Both sides after a step, for a declared difference to look at."""

    cpu: Processor
    """The reference, after the step."""
    tlb: LockstepTlb
    theirs: Observation
    pc: int
    """Where the step was."""
    delay_slot: bool
    """The step's instruction stood in a delay slot."""
    word: int | None
    """The instruction, None when its fetch raised an exception."""
    previous: int | None
    """The instruction before it."""
    row: Instruction | None
    fields: Mapping[str, int]
    """The operand fields of the instruction."""
    exception: MipsException | None
    asked: frozenset[Unpredictable]
    """What the architecture leaves open in this step."""
    bad_vaddr_before: int
    """The reference's BadVAddr before the step."""
    open_registers: set[int]
    """Numbers of the CP0 registers whose contents an earlier step left open."""


Differing = Mapping[str, tuple[int, int]]
"""Ours and theirs, by the name of the register: pc, gpr7, hi, lo, status, cause, epc, bad_vaddr."""


@attrs.frozen(kw_only=True, eq=False)
class Difference:
    """A difference that is explained: when it may be, and in which bits."""

    name: str
    models: frozenset[str]
    """The models of the reference that differ in this."""
    section: str
    """Where the manual says what the reference does, or that the matter is open."""
    reason: str
    when: str
    """The condition `excuses` tests, in words."""
    excuses: Callable[[Moment], Mapping[str, int]]
    """Gives the bits that may differ at this moment, by the name of the register."""
    settle: Callable[[Moment], None] | None = None
    """Brings hidden state of the reference in line when the difference has been used."""


class DivergenceError(Exception):
    """The first difference that nothing explains."""

    def __init__(self, moment: Moment, differing: Differing, steps: int) -> None:
        self.moment = moment
        self.differing = differing
        self.steps = steps
        super().__init__(self._describe())

    def _describe(self) -> str:
        moment = self.moment
        text = "fetch" if moment.word is None else f"{moment.word:08x} "
        if moment.word is not None:
            text += disassemble(moment.word, moment.pc, moment.cpu.model)
        taken = moment.exception
        lines = [
            f"step {self.steps} at {moment.pc:#x}{' in a delay slot' * moment.delay_slot}: {text}",
            f"the reference {'completes' if taken is None else 'takes ' + taken.kind.name}",
        ]
        width = max(map(len, self.differing))
        for name, (ours, theirs) in self.differing.items():
            lines.append(f"{name:{width}}  reference {ours:#018x}  peer {theirs:#018x}")
        return "\n".join(lines)


class _PeerInputs(Inputs):
    """Time stands still but for the peer; what is asked for is noted."""

    def __init__(self, tlb: LockstepTlb) -> None:
        super().__init__(ticks=0)
        self._tlb = tlb
        self.asked: set[Unpredictable] = set()
        self.succeeds: Callable[[], bool] = lambda: True

    def random(self, wired: int, last: int) -> int:
        return self._tlb.choose(wired, last)

    def store_conditional(self) -> bool:
        return self.succeeds()

    def unpredictable(self, what: Unpredictable, default: int) -> int:
        self.asked.add(what)
        return default


class Lockstep:
    """Steps a board's processor beside a peer; pass `step` to `Board.run`.

    `used` counts how often each difference explained something.
    """

    def __init__(
        self,
        board: Board,
        peer: Iterator[Observation],
        differences: Sequence[Difference],
    ) -> None:
        """Take over the peer's first state as the one to start from.

        Raises PeerError when the peer does not stand at the program's entry.
        """
        cpu = self._cpu = board.cpu
        self._peer = peer
        model = board.model.name
        self.declared = tuple(row for row in differences if model in row.models)
        self.used: Counter[str] = Counter()
        self.steps = 0
        self._tlb = cpu.tlb = LockstepTlb(board.model, cpu.tlb)
        self._inputs = _PeerInputs(self._tlb)
        self._inputs.succeeds = self._store_succeeded
        self._decode = cpu.decode
        cpu.decode = self._note_word
        self._word: int | None = None
        self._previous: int | None = None
        self._open: set[int] = set()
        self._bad_vaddr = 0
        self._theirs = theirs = self._observe()
        if theirs.pc != cpu.pc:
            raise PeerError(f"the peer stands at {theirs.pc:#x}, the program begins at {cpu.pc:#x}")
        for name, (_, value) in self._differing(theirs).items():
            self._take_over(name, value, _WHOLE)
        self._bad_vaddr = cpu.cp0.bad_vaddr

    def _note_word(self, word: int) -> tuple[Instruction, tuple[int, ...]]:
        self._word = word
        self._tlb.chosen = -1
        return self._decode(word)

    def _observe(self) -> Observation:
        theirs = next(self._peer, None)
        if theirs is None:
            raise PeerError(f"the peer ended after {self.steps} steps")
        return theirs

    def _store_succeeded(self) -> bool:
        """Tell whether the SC of this step succeeded on the peer: it says so in rt."""
        assert self._word is not None
        return self._theirs.gpr[self._word >> 16 & 31] & 1 != 0

    def step(self, cpu: Processor, _: Inputs) -> MipsException | None:
        """Take one step on both sides and compare. Raises DivergenceError and PeerError."""
        self._theirs = self._tlb.theirs = theirs = self._observe()
        self.steps += 1
        pc, delay_slot = cpu.pc, cpu.delay_slot
        self._previous, self._word = self._word, None
        if theirs.pc & 0xFFF in _GENERAL_VECTORS and _interrupted_at(cpu, theirs) == pc:
            self._raise_interrupt(theirs)
        exception = step(cpu, self._inputs)
        cp0 = cpu.cp0
        if (
            theirs.pc != cpu.pc
            or theirs.gpr != cpu.gpr
            or theirs.hi != cpu.hi
            or theirs.lo != cpu.lo
            or theirs.status != cp0.status
            or theirs.cause != cp0.cause
            or theirs.epc != cp0.epc
            or theirs.bad_vaddr is not None
            or exception is not None
            or self._inputs.asked
            or self._open
        ):
            return self._settle(pc, delay_slot, exception)
        return exception

    def _raise_interrupt(self, theirs: Observation) -> None:
        """Let the interrupt that the peer has taken arrive before the coming step."""
        cpu = self._cpu
        moment = self._moment(cpu.pc, cpu.delay_slot, None)
        moment.theirs = attrs.evolve(
            self._before_entry(theirs), gpr=[cpu.gpr[i] for i in range(32)], hi=cpu.hi, lo=cpu.lo
        )
        self._explain(moment)

    def _before_entry(self, theirs: Observation) -> Observation:
        """Give the peer's state as it was before it took an interrupt."""
        cpu, cp0 = self._cpu, self._cpu.cp0
        cause = theirs.cause & ~_ENTRY | cp0.cause & _ENTRY
        return attrs.evolve(
            theirs, pc=cpu.pc, status=cp0.status, cause=cause, epc=None, bad_vaddr=None
        )

    def _settle(
        self, pc: int, delay_slot: bool, exception: MipsException | None
    ) -> MipsException | None:
        """Explain the differences after a step, or raise DivergenceError."""
        cpu, theirs = self._cpu, self._theirs
        moment = self._moment(pc, delay_slot, exception)
        if exception is None and self._left_for_handler(pc):
            # The instruction completed; then came an interrupt, or the next fetch raised.
            moment.theirs = self._before_entry(theirs)
            self._explain(moment)
            self.steps += 1
            pc, delay_slot = cpu.pc, cpu.delay_slot
            self._previous, self._word = self._word, None
            exception = step(cpu, self._inputs)
            moment = self._moment(pc, delay_slot, exception)
        self._explain(moment)
        self._note_open(moment)
        self._inputs.asked.clear()
        self._bad_vaddr = cpu.cp0.bad_vaddr
        return exception

    def _left_for_handler(self, pc: int) -> bool:
        """Tell whether the peer, after the instruction at `pc`, did not come to the next one.

        A peer may also be interrupted in the slot that a branch at `pc` has skipped.
        """
        cpu, theirs = self._cpu, self._theirs
        if _entered_at(cpu, theirs) == cpu.pc:
            return True
        return cpu.pc == pc + 8 and _interrupted_at(cpu, theirs) == pc + 4

    def _moment(self, pc: int, delay_slot: bool, exception: MipsException | None) -> Moment:
        row, fields = None, dict[str, int]()
        if self._word is not None:
            row, operands = self._decode(self._word)
            fields = {f.name: value for f, value in zip(row.fields, operands, strict=True)}
        return Moment(
            cpu=self._cpu, tlb=self._tlb, theirs=self._theirs, pc=pc, delay_slot=delay_slot,
            word=self._word, previous=self._previous, row=row, fields=fields, exception=exception,
            asked=frozenset(self._inputs.asked), bad_vaddr_before=self._bad_vaddr,
            open_registers=self._open,
        )  # fmt: skip

    def _explain(self, moment: Moment) -> None:
        differing = self._differing(moment.theirs)
        if not differing:
            return
        for row in self.declared:
            excused = row.excuses(moment)
            used = False
            for name, mask in excused.items():
                ours, theirs = differing.get(name, (0, 0))
                if (ours ^ theirs) & mask != 0:
                    self._take_over(name, theirs, mask)
                    used = True
            if used:
                self.used[row.name] += 1
                if row.settle is not None:
                    row.settle(moment)
                differing = self._differing(moment.theirs)
                if not differing:
                    return
        raise DivergenceError(moment, differing, self.steps)

    def _differing(self, theirs: Observation) -> dict[str, tuple[int, int]]:
        cpu = self._cpu
        pairs: list[tuple[str, int, int | None]] = [
            ("pc", cpu.pc, theirs.pc), ("hi", cpu.hi, theirs.hi), ("lo", cpu.lo, theirs.lo)
        ]  # fmt: skip
        pairs += ((f"gpr{i}", cpu.gpr[i], theirs.gpr[i]) for i in range(32))
        pairs += ((name, getattr(cpu.cp0, name), getattr(theirs, name)) for name in _CP0)
        return {name: (a, b) for name, a, b in pairs if b is not None and a != b}

    def _take_over(self, name: str, value: int, mask: int) -> None:
        """Put the bits `mask` of the peer's `value` into the register `name`."""
        cpu = self._cpu
        if name == "pc":
            jump_to(cpu, cpu.pc & ~mask | value & mask)
        elif name.startswith("gpr"):
            number = int(name[3:])
            cpu.gpr[number] = cpu.gpr[number] & ~mask | value & mask
        else:
            holder: object = cpu if name in ("hi", "lo") else cpu.cp0
            old: int = getattr(holder, name)
            setattr(holder, name, old & ~mask | value & mask)

    def _note_open(self, moment: Moment) -> None:
        """Keep track of the CP0 registers that an address error leaves undefined."""
        exception = moment.exception
        if exception is not None and exception.kind.tlb_registers:
            self._open.clear()
        elif Unpredictable.CONTEXT_AFTER_ADDRESS_ERROR in moment.asked:
            self._open.update(PAGE_REGISTERS)
        elif exception is None and moment.row is not None:
            name, register = moment.row.name, moment.fields.get("rd")
            if name == "TLBR" or (name in ("MTC0", "DMTC0") and register == _ENTRY_HI):
                self._open.discard(_ENTRY_HI)


_ENTRY_HI = 10
PAGE_REGISTERS = (4, _ENTRY_HI, 20)
"""Context, EntryHi, XContext."""
_ENTRY = CAUSE_EXC_CODE | CAUSE_BD | CAUSE_CE
"""The bits of Cause that the entry into a handler writes."""


_GENERAL_VECTORS = (0x180, 0x380)


def _interrupted_at(cpu: Processor, theirs: Observation) -> int | None:
    """Give the address of the instruction before which the peer took an interrupt, if it did."""
    return _entered_at(cpu, theirs) if theirs.cause & CAUSE_EXC_CODE == 0 else None


def _entered_at(cpu: Processor, theirs: Observation) -> int | None:
    """Give the address of the instruction that the peer left for a handler, if it did."""
    if theirs.pc & 0xFFF not in VECTORS:
        return None
    if theirs.status & ~cpu.cp0.status & STATUS_EXL == 0:
        return theirs.bad_vaddr
    if theirs.epc is None:
        return None
    return theirs.epc + 4 if theirs.cause & CAUSE_BD != 0 else theirs.epc
