"""Every command and program in README and documentation does what the page says."""

from pathlib import Path

import pytest

from tests.docs.snippets import ROOT, blocks, matches, pages, read_console, run_page
from tests.requirements import require_tool

LANGUAGES = {"console", "python", "text", "asm", "c", "json"}
NOT_RUN = {
    "README.md": {"make test", "make prove"},
    "docs/how-to/compare-with-qemu.md": {"disco lockstep"},
    "docs/how-to/debug-with-gdb.md": {"disco gdbserver", "gdb-multiarch -q"},
    "docs/how-to/write-a-guest.md": {"mips64-linux-gnuabi64-gcc", "disco run"},
}
"""Per page, the commands that are left out: they run the tests, take long, or need a tool."""

TOOLS = {"docs/how-to/use-from-another-language.md": ("gcc", "gcc")}
"""Per page, the tool that its commands need, and its Debian package."""


def relative(page: Path) -> str:
    return str(page.relative_to(ROOT))


PAGES = {relative(page): page for page in pages() if blocks(page)}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_does_what_it_says(name: str, tmp_path: Path) -> None:
    if name in TOOLS:
        require_tool(*TOOLS[name])
    assert run_page(PAGES[name], tmp_path) == []


def test_nothing_escapes() -> None:
    escaped = []
    for name, page in PAGES.items():
        for block in blocks(page):
            unwritten = block.language in ("asm", "c") and not block.mark
            if block.language not in LANGUAGES or unwritten:
                escaped.append(f"{name}:{block.line}")
        count = sum(line.lstrip().startswith("```") for line in page.read_text().splitlines())
        assert count == 2 * len(blocks(page)), f"{name}: a block that is not seen"
    assert escaped == []


def test_what_is_not_run_is_known() -> None:
    not_run: dict[str, set[str]] = {}
    for name, page in PAGES.items():
        for block in blocks(page):
            if block.mark == "not run":
                commands = {_start(command) for command, _ in read_console(block.text)}
                not_run.setdefault(name, set()).update(commands)
    assert not_run == NOT_RUN


def _start(command: str) -> str:
    """Give the program, and what follows for those that are divided into commands."""
    words = command.split()
    return words[0] if words[0].startswith("mips") else " ".join(words[:2])


@pytest.mark.parametrize(
    ("expected", "found", "same"),
    [
        ("a\nb\n", "a\nb", True),
        ("a\n...\nd\n", "a\nb\nc\nd\n", True),
        ("took ... s\n", "took 1.5 s\n", True),
        ("took ... s\n", "took 1.5 ms.\n", False),
        ("a\n", "a\nb\n", False),
        ("a\n", "", False),
    ],
)
def test_output_is_compared(expected: str, found: str, same: bool) -> None:
    assert matches(expected, found) is same


RIGHT = """
<!-- file: greeting.txt -->
```text
hello
```

```console
$ cat greeting.txt
hello
$ (exit 3)
$ echo $?
3
```

```python
print("a", "b")
```

```text
a b
```
"""


@pytest.mark.parametrize(
    ("old", "new", "failure"),
    [
        ("", "", None),
        ("hello\n$", "hi\n$", "line 7: cat greeting.txt\nprinted\nhello\n"),
        ("greeting.txt\nhello", "nothing\n...", "line 7: cat nothing\nended with status 1"),
        ("$ echo $?\n3\n", "", "line 7: (exit 3)\nended with status 3"),
        ("(exit 3)", "exit 3", "line 7: the shell ended early:\nhello\n\n--- status 0\n"),
        ("a b\n", "b a\n", "line 15: printed\na b\n"),
        ('("a"', '(c', "line 15: exit status 1:\nTraceback..."),
    ],
)  # fmt: skip
def test_what_a_page_says_wrong_is_found(
    old: str, new: str, failure: str | None, tmp_path: Path
) -> None:
    page = tmp_path / "page.md"
    page.write_text(RIGHT.replace(old, new))
    failures = run_page(page, tmp_path / "run")
    if failure is None:
        assert failures == []
    else:
        assert len(failures) == 1
        assert matches(failure, failures[0])
