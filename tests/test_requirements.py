"""Tests that need a tool skip without it, or fail where every tool must be there."""

import pytest

from tests.requirements import require_module, require_tool


def test_a_tool_that_is_there() -> None:
    assert require_tool("sh", "dash").endswith("/sh")


def test_without_the_tool_a_test_skips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISCO_REQUIRE_TOOLS", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"no-such-tool .*Debian package some-package"):
        require_tool("no-such-tool", "some-package")


def test_where_tools_are_required_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCO_REQUIRE_TOOLS", "1")
    with pytest.raises(pytest.fail.Exception, match=r"no-such-tool .*Debian package some-package"):
        require_tool("no-such-tool", "some-package")


def test_a_module_is_required_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    require_module("pytest", "test")
    monkeypatch.setenv("DISCO_REQUIRE_TOOLS", "1")
    with pytest.raises(pytest.fail.Exception, match=r"no_such_module .*extra 'docs'"):
        require_module("no_such_module", "docs")
