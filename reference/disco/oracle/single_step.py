"""One step from a state, and the state after it."""

from disco.mips.delivery import deliver
from disco.mips.exceptions import MipsException
from disco.mips.step import execute, step
from disco.oracle.state import State, describe


def take(begin: State) -> MipsException | None:
    """Do what the state asks for; give the exception that was taken."""
    cpu = begin.cpu
    if begin.word is None and begin.exception is None:
        return step(cpu, begin.inputs)
    cpu.inputs = begin.inputs
    try:
        if begin.exception is not None:
            raise begin.exception
        assert begin.word is not None
        execute(cpu, begin.word)
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
