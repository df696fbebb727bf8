"""One step from a state, and the state after it."""

from disco.mips.delivery import deliver
from disco.mips.exceptions import MipsException
from disco.mips.inputs import Inputs
from disco.mips.processor import Processor
from disco.mips.step import execute, step
from disco.oracle.state import State, describe


def take(begin: State) -> MipsException | None:
    """Do what the state asks for; give the exception that was taken."""
    if begin.exception is not None:
        begin.cpu.inputs = begin.inputs
        deliver(begin.cpu, begin.exception)
        return begin.exception
    if begin.word is not None:
        return execute_word(begin.cpu, begin.inputs, begin.word)
    return step(begin.cpu, begin.inputs)


def execute_word(cpu: Processor, inputs: Inputs, word: int) -> MipsException | None:
    """Execute `word` at `pc`, past boundary and fetch; give the exception that was taken."""
    cpu.inputs = inputs
    try:
        execute(cpu, word)
    except MipsException as exception:
        deliver(cpu, exception)
        return exception
    return None


def describe_state(state: State) -> dict[str, object]:
    """Describe the state, memory included, as one to step from again."""
    memory = state.memory
    return {
        **describe(state.cpu),
        "memory": {hex(8 * i): memory.doublewords[i] for i in sorted(memory.doublewords)},
        "silent": [8 * index for index in sorted(memory.silent)],
    }
