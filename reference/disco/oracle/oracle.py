"""The processor as a library: load a state, supply inputs, step once, see what happened."""

from collections.abc import Mapping
from functools import partial

from disco.mips.exceptions import MipsException
from disco.mips.inputs import Inputs
from disco.mips.processor import Memory, Processor
from disco.mips.step import step
from disco.oracle.single_step import describe_state, execute_word
from disco.oracle.state import STEP_KEYS, StateError, build_state, describe, read_json, write_state
from disco.oracle.trace import StepRecorder
from disco.oracle.trace_line import TraceLine

_NO_DEVICES = 1 << 64


class Oracle:
    """One processor. Its caller owns everything outside it: time, interrupts, memory.

    Any number of them can exist; they share nothing but the memories they were given.
    """

    cpu: Processor
    """The processor, to be read and changed between steps; `load` makes another one."""
    gpr: list[int]
    """Its general registers, as a list to be read and changed at once."""
    fpr: list[int]
    """Its floating-point registers."""
    memory: Memory
    """What the processor sees: a `SparseMemory`, or what the caller has given."""

    def __init__(
        self,
        state: str | Mapping[str, object] = "{}",
        memory: Memory | None = None,
        *,
        recording: bool = True,
    ) -> None:
        """Start from `state`, on `memory` in place of the one that the state describes.

        Not `recording`, it is twice as fast, and `happened` cannot tell. Raises StateError as
        `load` does.
        """
        self._given = memory
        self._recording = recording
        self._recorder: StepRecorder | None = None
        self.load(state)

    def load(self, state: str | Mapping[str, object]) -> None:
        """Start again from a state, given as `disco.oracle.state` describes, as text or objects.

        Raises StateError, and changes nothing, if it is not a state, or says more than a state:
        the inputs and the word belong to a step.
        """
        document = read_json(state) if isinstance(state, str) else state
        if isinstance(document, Mapping):
            if found := sorted(STEP_KEYS & set(document)):
                raise StateError(f"{found[0]}: belongs to a step, not to the state before it")
            if self._given is not None and (found := sorted({"memory", "silent"} & set(document))):
                raise StateError(f"{found[0]}: this oracle has a memory of its own")
        self._begin = build_state(document)
        self.cpu = self._begin.cpu
        if self._given is not None:
            self.cpu.memory = self._given
        self.memory = self.cpu.memory
        if self._recording:
            self._recorder = StepRecorder(self.cpu, ticks=0, ram_size=_NO_DEVICES)
        assert isinstance(self.cpu.gpr, list)
        assert isinstance(self.cpu.fpr, list)
        self.gpr, self.fpr = self.cpu.gpr, self.cpu.fpr

    def step(self, inputs: Inputs | None = None, word: int | None = None) -> MipsException | None:
        """Run one instruction, or take one exception in its place, and give the exception.

        Without `inputs` nothing comes from outside and Count stands still. `word` is executed, past
        boundary and fetch, in place of the instruction at `pc`.
        """
        if inputs is None:
            inputs = Inputs(ticks=0)
        take = step if word is None else partial(execute_word, word=word)
        if self._recorder is None:
            return take(self.cpu, inputs)
        return self._recorder.run(inputs, take)

    def happened(self) -> TraceLine:
        """Tell what the last step did, as a line of a trace whose header says 0 `ticks`.

        To be asked before anything else changes the processor. Raises RuntimeError if the oracle
        is not recording.
        """
        if self._recorder is None:
            raise RuntimeError("the oracle is not recording")
        return self._recorder.line()

    def state(self) -> str:
        """Write the state as `load` reads it, with its memory unless the caller has given that."""
        own = self._given is None
        return write_state(describe_state(self._begin) if own else describe(self.cpu))
