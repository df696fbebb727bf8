"""Every outcome of a step that the architecture permits, by stepping with every answer.

Nothing here knows what an instruction does. The step is repeated with other answers to what it
asks of its inputs, and what then differs is what is open:

- Where the answers can be counted (Random, whether an SC stores) each is an outcome of its own.
- Where the answer is a value of which the bits are passed on (what a CACHE finds, Context after an
  address error), it is given once and once inverted: the bits that differ are open.
- Where it is a value that is computed with (NOT_A_WORD), many are tried and every place that
  depends on it is open as a whole.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import count

import attrs

from disco.bits import MASK32, MASK64
from disco.mips.inputs import Inputs
from disco.mips.step import step
from disco.mips.unpredictable import Unpredictable
from disco.oracle.state import State
from disco.oracle.vectors.places import Place, Places, places

_WORDS = (
    0, 1, 2, 3, 5, 0x1F, 0xFFFF, 0x1234_5678, 0x4000_0000, 0x5555_5555, 0x7FFF_FFFE, 0x7FFF_FFFF,
    0x8000_0000, 0x8000_0001, 0x9ABC_DEF0, 0xAAAA_AAAA, 0xC000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF,
)  # fmt: skip
"""What is tried for a word that is computed with."""
_WHOLLY_OPEN = (Unpredictable.INDEXED_REGION, Unpredictable.TLB_INDEX)
_RANDOM = "Random"
_STORES = "an SC stores"


class WhollyOpenError(Exception):
    """A step of which so much is open that nothing can be judged by it."""


@attrs.frozen(eq=False)
class Outcome:
    """A permitted end of a step."""

    takes: str | None
    """The exception that is taken."""
    state: State
    """The state after the step."""
    places: Places
    free: Places
    """The bits of it that may be anything."""


@attrs.frozen
class _Asked:
    what: Hashable
    """The name, for what can be counted; None where the answer is a value."""
    choices: int
    """How many answers there are."""
    chosen: int


class _TriedInputs(Inputs):
    """The inputs of a state, with the answers that a script chooses; then each time the first."""

    def __init__(self, given: Inputs, script: Sequence[int]) -> None:
        super().__init__(given.ticks, given.interrupt_lines, given.event, given.counter_events)
        self._script = script
        self.asked: list[_Asked] = []
        self.computed_with = False
        """An answer was computed with, so that what it changes is not known bit by bit."""

    def _choose(self, choices: int, what: Hashable = None) -> int:
        position = len(self.asked)
        chosen = self._script[position] if position < len(self._script) else 0
        self.asked.append(_Asked(what, choices, chosen))
        return chosen

    def random(self, wired: int, last: int) -> int:
        """Give each value that Random may have, the largest first."""
        return last - self._choose(last - wired + 1, _RANDOM)

    def store_conditional(self) -> bool:
        """Give both outcomes, success first."""
        return self._choose(2, _STORES) == 0

    def unpredictable(self, what: Unpredictable, default: int) -> int:
        """Give the default first, then others."""
        if what in _WHOLLY_OPEN:
            raise WhollyOpenError
        if what is Unpredictable.SC_ADDRESS:
            return self._choose(2, what)
        if what is Unpredictable.NOT_A_WORD:
            self.computed_with = True
            return (default, *_WORDS)[self._choose(1 + len(_WORDS))]
        return (default, ~default & MASK64)[self._choose(2)]

    def cache_error(self) -> int:
        """Give all bits zero, then all one."""
        return (0, MASK32)[self._choose(2)]

    def cache_tag(self, operation: int, paddr: int) -> tuple[int, int, int]:
        """Give all bits zero, then all one."""
        return ((0, 0, 0), (MASK32, MASK32, MASK32))[self._choose(2)]


@attrs.frozen(eq=False)
class _Run:
    asked: Sequence[_Asked]
    computed_with: bool
    takes: str | None
    state: State
    places: Places


def outcomes(begin: Callable[[], State]) -> list[Outcome]:
    """Give every permitted outcome of one step from the state that `begin` makes anew each time.

    The first is the one of the default answers. Raises WhollyOpenError.
    """
    groups: dict[Hashable, list[_Run]] = {}
    for run in _runs(begin):
        counted = tuple((each.what, each.chosen) for each in run.asked if each.what is not None)
        groups.setdefault((run.takes, counted), []).append(run)
    return _distinct([_joined(runs) for runs in groups.values()])


def _runs(begin: Callable[[], State]) -> Iterator[_Run]:
    """Step with every script of choices, each once."""
    scripts: list[tuple[int, ...]] = [()]
    while scripts:
        script = scripts.pop(0)
        run = _run(begin(), script)
        chosen = tuple(each.chosen for each in run.asked)
        for position, each in zip(count(len(script)), run.asked[len(script) :], strict=False):
            scripts += [(*chosen[:position], other) for other in range(1, each.choices)]
        yield run


def _run(state: State, script: Sequence[int]) -> _Run:
    inputs = _TriedInputs(state.inputs, script)
    exception = step(state.cpu, inputs)
    takes = None if exception is None else exception.kind.name
    return _Run(inputs.asked, inputs.computed_with, takes, state, places(state))


def _joined(runs: Sequence[_Run]) -> Outcome:
    """Make one outcome of those that only the bits of open values tell apart."""
    first, *others = runs
    free: Places = {}
    for other in others:
        for place in first.places | other.places:
            differs = first.places.get(place, 0) ^ other.places.get(place, 0)
            if differs != 0:
                free[place] = free.get(place, 0) | differs
    if any(run.computed_with for run in runs):
        free = {place: _whole(place) for place in free}
    return Outcome(first.takes, first.state, first.places, free)


def _whole(place: Place) -> int:
    return MASK32 if place == ("fcr31",) else MASK64


def _distinct(found: list[Outcome]) -> list[Outcome]:
    """Drop outcomes that are the same as an earlier one, as when no Random was looked at."""
    kept: dict[Hashable, Outcome] = {}
    for outcome in found:
        content = (outcome.takes, _content(outcome.places), _content(outcome.free))
        kept.setdefault(content, outcome)
    return list(kept.values())


def _content(found: Places) -> Hashable:
    return frozenset(found.items())
