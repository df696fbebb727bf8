"""The theorems: every module of this package that is named after one, t<number>_<subject>."""

import pkgutil
import re

import proofs


def modules() -> list[str]:
    """Return the names of the theorems' modules, in the order of their numbers."""
    names = (module.name for module in pkgutil.iter_modules(proofs.__path__))
    found = filter(None, (re.fullmatch(r"t(\d+)_\w+", name) for name in names))
    return [f"proofs.{match[0]}" for match in sorted(found, key=lambda match: int(match[1]))]
