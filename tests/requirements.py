"""Tools that some tests need and that not every machine has.

A test without its tool is skipped, and says what is missing; with DISCO_REQUIRE_TOOLS=1, as in
continuous integration, it fails instead.
"""

import importlib.util
import os
import shutil
from typing import NoReturn

import pytest


def require_tool(name: str, package: str) -> str:
    """Give the path of the tool `name`, which the Debian package `package` installs."""
    path = shutil.which(name)
    if path is None:
        _do_without(f"{name} is not installed (Debian package {package})")
    return path


def require_module(name: str, extra: str) -> None:
    """Need the Python module `name`, which the project's extra `extra` installs."""
    if importlib.util.find_spec(name) is None:
        _do_without(f"{name} is not installed (the extra {extra!r})")


def _do_without(message: str) -> NoReturn:
    if os.environ.get("DISCO_REQUIRE_TOOLS") == "1":
        pytest.fail(message)
    pytest.skip(message)
