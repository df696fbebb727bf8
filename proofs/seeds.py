"""The kinds of faults that the theorems seed into the reference."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from disco.mips import address, table
from proofs.mutants import Mutant, source_patch

Patch = Callable[[], AbstractContextManager[None]]


def _forget() -> None:
    """Forget what the reference has computed from the text that changes."""
    for cached in (table.instructions, table._by_opcode, table.decoder, address.segments):
        cached.cache_clear()


def fault(description: str, target: str, old: str, new: str, *obligations: str) -> Mutant:
    """Seed a fault into the text of one function; the obligations named suffice to catch it."""
    patch = source_patch(target, old, new)

    @contextmanager
    def forgetful() -> Iterator[None]:
        with patch():
            _forget()
            try:
                yield
            finally:
                _forget()

    return Mutant(description.replace(" ", "-"), description, forgetful, obligations)


def row_fault(description: str, name: str, change: dict[str, object], *obligations: str) -> Mutant:
    """Seed a fault into a row of the instruction table: other attributes than it should have."""

    @contextmanager
    def changed() -> Iterator[None]:
        row = table.BY_NAME[name]
        kept = {attribute: getattr(row, attribute) for attribute in change}
        _set(row, change)
        try:
            yield
        finally:
            _set(row, kept)

    return Mutant(description.replace(" ", "-"), description, changed, obligations)


def _set(row: object, attributes: dict[str, object]) -> None:
    for attribute, value in attributes.items():
        object.__setattr__(row, attribute, value)
    _forget()
