"""An implementation that answers what is open otherwise each time, for tests of the masks."""

import random

from disco.bits import MASK32, MASK64, sext32
from disco.mips.inputs import Inputs
from disco.mips.step import step
from disco.mips.unpredictable import Unpredictable
from disco.oracle.single_step import describe_state
from disco.oracle.state import State, read_state, write_state


class AnyAnswers(Inputs):
    """The inputs of a state, and any answers."""

    def __init__(self, state: State, choose: random.Random) -> None:
        given = state.inputs
        super().__init__(given.ticks, given.interrupt_lines, given.event, given.counter_events)
        self._choose = choose

    def random(self, wired: int, last: int) -> int:
        return self._choose.randint(wired, last)

    def store_conditional(self) -> bool:
        return self._choose.random() < 0.5

    def unpredictable(self, what: Unpredictable, default: int) -> int:
        if what is Unpredictable.NOT_A_WORD and self._choose.random() < 0.5:
            return sext32(self._choose.getrandbits(32))
        return self._choose.choice((0, 1, MASK64, default, self._choose.getrandbits(64)))

    def cache_error(self) -> int:
        return self._choose.getrandbits(32)

    def cache_tag(self, operation: int, paddr: int) -> tuple[int, int, int]:
        tags = [self._choose.getrandbits(32) & MASK32 for _ in range(3)]
        return tags[0], tags[1], tags[2]


def with_any_answers(initial: str, choose: random.Random) -> str:
    """Take a step with any answers."""
    state = read_state(initial)
    step(state.cpu, AnyAnswers(state, choose))
    return write_state(describe_state(state))
