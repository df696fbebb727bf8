"""The commands and programs in the documentation: finding them, running them, comparing output.

A page's fenced blocks are taken in order, in one directory that holds a copy of the checkout:

- `console`: lines that begin with `$ ` are commands, the lines below each its output, in which
  `...` is anything;
- `python`: a program; a `text` block right below it is its output;
- any block below a line `<!-- file: NAME -->` is written to that file;
- a block below `<!-- not run: REASON -->` is left out.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(
    r"^(?:<!-- (?P<mark>file|not run): (?P<value>.+?) -->\n\n?)?"
    r"^(?P<indent> *)```(?P<language>\w*).*\n(?P<text>(?:.*\n)*?)(?P=indent)```$",
    re.MULTILINE,
)
_PARTS = ("reference", "spec", "proofs", "tests", "docs", "mkdocs.yml")
_SECONDS = 100
_SEPARATOR = "--- status "


@attrs.frozen
class Block:
    """A fenced block of a page."""

    language: str
    text: str
    line: int
    mark: str
    """`file`, `not run`, or empty."""
    value: str


def pages() -> list[Path]:
    """Give the README and every page of the site."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path) -> list[Block]:
    """Find the fenced blocks of a page."""
    return list(_blocks(page.read_text(encoding="utf-8")))


def _blocks(text: str) -> Iterator[Block]:
    for match in _BLOCK.finditer(text):
        lines = match["text"].splitlines(keepends=True)
        body = "".join(line.removeprefix(match["indent"]) for line in lines)
        line = text.count("\n", 0, match.start("language")) + 1
        yield Block(match["language"], body, line, match["mark"] or "", match["value"] or "")


def prepare(directory: Path) -> dict[str, str]:
    """Copy the checkout to `directory` and give the environment that commands run in."""
    ignored = shutil.ignore_patterns("__pycache__", "build")
    for name in _PARTS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, directory / name, ignore=ignored)
        else:
            shutil.copy(source, directory / name)
    programs = directory / ".programs"
    programs.mkdir()
    _write_program(programs / "python", f'exec "{sys.executable}" "$@"')
    start = "from disco.oracle.cli import main; main(prog_name='disco')"
    _write_program(programs / "disco", f'exec "{sys.executable}" -c "{start}" "$@"')
    return {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(directory / "reference"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
        "COLUMNS": "100",
    }


def _write_program(path: Path, command: str) -> None:
    path.write_text(f"#!/bin/sh\n{command}\n")
    path.chmod(0o755)


def run_page(page: Path, directory: Path) -> list[str]:
    """Run a page's blocks in `directory`; give a text for each that does not do as it says."""
    environment = prepare(directory)
    failures: list[str] = []
    found = blocks(page)
    for block, following in zip(found, [*found[1:], None], strict=True):
        if block.mark == "not run":
            continue
        if block.mark == "file":
            (directory / block.value).write_text(block.text)
        failure = ""
        if block.language == "console":
            failure = _run_console(block, directory, environment)
        elif block.language == "python":
            output = following.text if following and following.language == "text" else ""
            failure = _run_python(block, output, directory, environment)
        if failure:
            failures.append(f"line {block.line}: {failure}")
    return failures


def _run(
    command: list[str], text: str, directory: Path, environment: dict[str, str]
) -> tuple[int, str]:
    done = subprocess.run(
        command, input=text, cwd=directory, env=environment, timeout=_SECONDS, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    return done.returncode, done.stdout


def _run_python(block: Block, output: str, directory: Path, environment: dict[str, str]) -> str:
    status, found = _run([sys.executable, "-"], block.text, directory, environment)
    if status != 0:
        return f"exit status {status}:\n{found}"
    return "" if matches(output, found) else f"printed\n{found}"


def _run_console(block: Block, directory: Path, environment: dict[str, str]) -> str:
    """Run the commands one after the other in one shell, so that `echo $?` tells of the last."""
    commands = read_console(block.text)
    script = "".join(
        f"{command}\n__status=$?; echo; echo '{_SEPARATOR}'$__status; (exit $__status)\n"
        for command, _ in commands
    )
    (directory / ".script").write_text(script)
    _, printed = _run(["bash", ".script"], "", directory, environment)
    results = re.findall(rf"((?:.*\n)*?)\n{_SEPARATOR}(\d+)\n", printed)
    if len(results) != len(commands):
        return f"the shell ended early:\n{printed}"
    asked = [command == "echo $?" for command, _ in commands[1:]] + [False]
    for (command, output), (found, status), is_asked in zip(commands, results, asked, strict=True):
        if not matches(output, found):
            return f"{command}\nprinted\n{found}"
        if int(status) != 0 and not is_asked:
            return f"{command}\nended with status {status}"
    return ""


def read_console(text: str) -> list[tuple[str, str]]:
    """Divide a console block into commands and their output."""
    parts = re.split(r"^\$ (.*)\n", text, flags=re.MULTILINE)
    if parts[0].strip():
        raise ValueError(f"a console block begins with a command, not with {parts[0]!r}")
    return list(zip(parts[1::2], parts[2::2], strict=True))


def matches(expected: str, found: str) -> bool:
    """Compare output; `...` in what is expected stands for anything, over lines too."""
    pattern = ".*?".join(re.escape(part) for part in _stripped(expected).split("..."))
    return re.fullmatch(pattern, _stripped(found), re.DOTALL) is not None


def _stripped(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
