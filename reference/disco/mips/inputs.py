"""The inputs of a step: everything the architecture leaves open or takes from outside.

The same state and the same inputs give the same outcome. What every step reads is an attribute;
what only some instructions ask for is a method, so that a source can compute, record or replay it.
"""

import enum

import attrs

from disco.mips.unpredictable import Unpredictable


class Event(enum.Enum):
    """The external events that reach the processor at an instruction boundary."""

    NONE = "none"
    RESET = "cold reset"
    SOFT_RESET = "soft reset"
    NMI = "nonmaskable interrupt"
    CACHE_ERROR = "cache error"


@attrs.define
class Inputs:
    """One step's inputs; the defaults describe a quiet environment."""

    ticks: int = 1
    """By how much Count advances before the instruction, 0 to 2**32 - 1."""
    interrupt_lines: int = 0
    """Level of the five hardware interrupt pins, bit 0 for IP2 to bit 4 for IP6."""
    event: Event = Event.NONE
    counter_events: tuple[int, int] = (0, 0)
    """Events for performance counters 0 and 1 in this step (R10000 14.20)."""

    def random(self, wired: int, last: int) -> int:
        """Give the value of Random, at least `wired` and at most `last`."""
        return last

    def store_conditional(self) -> bool:
        """Tell whether an SC that may succeed does."""
        return True

    def unpredictable(self, what: Unpredictable, default: int) -> int:
        """Choose what the architecture leaves open under the name `what`."""
        return default

    def cache_error(self) -> int:
        """Give CacheErr at a cache error, 32 bits."""
        return 0

    def cache_tag(self, operation: int, paddr: int) -> tuple[int, int, int]:
        """Give TagLo, TagHi and ECC as a CACHE Index Load finds them, 32 bits each."""
        return (0, 0, 0)
