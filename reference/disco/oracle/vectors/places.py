"""A state as numbers by place, so that states can be compared bit by bit.

A place is the way to a number in the JSON of a state: `("gpr", "2")`, `("tlb", "3", "lo0")`. What
is zero has no place, as in the JSON. An entry that the TLB holds also has a place `present`.
"""

import attrs

from disco.mips.cp0 import Cp0
from disco.mips.processor import Processor
from disco.oracle.state import FLAGS, NUMBERS, State

Place = tuple[str, ...]
Places = dict[Place, int]

_CP0 = tuple(field.name for field in attrs.fields(Cp0))
_ENTRY = ("mask", "vpn2", "asid", "glob", "lo0", "lo1")


def places(state: State) -> Places:
    """Give every number of `state` that is not zero, but none of its inputs."""
    cpu = state.cpu
    found: Places = {(name,): int(getattr(cpu, name)) for name in (*NUMBERS, *FLAGS)}
    for name, words in (("gpr", cpu.gpr), ("fpr", cpu.fpr)):
        found |= {(name, str(index)): words[index] for index in range(32)}
    found |= {("cp0", name): getattr(cpu.cp0, name) for name in _CP0}
    found |= _entries(cpu)
    found |= {("memory", hex(8 * i)): value for i, value in state.memory.doublewords.items()}
    return {place: value for place, value in found.items() if value != 0}


def _entries(cpu: Processor) -> Places:
    found: Places = {}
    for index in range(cpu.tlb.size):
        entry = cpu.tlb[index]
        if entry.present:
            found["tlb", str(index), "present"] = 1
            for name in _ENTRY:
                found["tlb", str(index), name] = int(getattr(entry, name))
    return found


def as_tree(found: Places) -> dict[str, object]:
    """Nest numbers by place as the JSON of a state nests them, in hexadecimal."""
    tree: dict[str, object] = {}
    for place, value in found.items():
        branch = tree
        for key in place[:-1]:
            below = branch.setdefault(key, {})
            assert isinstance(below, dict)
            branch = below
        branch[place[-1]] = hex(value)
    return tree


def from_tree(tree: object, above: Place = ()) -> Places:
    """Read what `as_tree` wrote. Raises ValueError, naming the place, on anything else."""
    found: Places = {}
    match tree:
        case dict():
            for key, below in tree.items():
                found |= from_tree(below, (*above, str(key)))
        case str() if above:
            try:
                found[above] = int(tree, 16)
            except ValueError:
                raise ValueError(f"{written(above)}: {tree[:40]!r} is no mask") from None
        case _:
            raise ValueError(f"{written(above) or 'open'}: masks by place are needed")
    return found


def written(place: Place) -> str:
    """Write a place as `disco step` does: gpr[2], tlb[3][lo0]."""
    return "".join(key if i == 0 else f"[{key}]" for i, key in enumerate(place))


def difference(theirs: Places, ours: Places, free: Places) -> list[Place]:
    """List the places where two states differ beyond the bits that `free` leaves open."""
    return [
        place
        for place in ours | theirs
        if (theirs.get(place, 0) ^ ours.get(place, 0)) & ~free.get(place, 0) != 0
    ]
