"""Tools that some tests need and that not every machine has."""

import os
import shutil

import pytest


def require_tool(name: str, package: str) -> str:
    """Give the path of the tool `name`; without it skip the test and name the Debian package.

    With DISCO_REQUIRE_TOOLS=1, as in continuous integration, the test fails instead.
    """
    path = shutil.which(name)
    if path is not None:
        return path
    message = f"{name} is not installed (Debian package {package})"
    if os.environ.get("DISCO_REQUIRE_TOOLS") == "1":
        pytest.fail(message)
    pytest.skip(message)
