"""`disco vectors`: files and processes, good and bad."""

import json
import os
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from disco.oracle.vectors.files import read_file, schema
from disco.oracle.vectors_command import vectors_command
from tests.oracle.commands import disco, environment

ROOT = Path(__file__).parents[3]
PEER = """
import os, sys, time
from disco.oracle.vectors.judge import reference
for number, line in enumerate(sys.stdin):
    {}
    print(reference(line), flush=True)
"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(vectors_command, [*map(str, arguments)])


@pytest.fixture(scope="session")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vectors")
    options = ("--out", folder, "--count", 4, "--seed", 7, "--model", "R10000")
    result = run("fill", *options, "--only", "ADDU", "--only", "SC")
    assert (result.exit_code, result.output) == (0, "8 cases in 2 files\n")
    return folder


@pytest.fixture
def peer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTHONPATH", environment()["PYTHONPATH"])
    return tmp_path / "peer.py"


def command(peer: Path, before_answer: str) -> str:
    peer.write_text(PEER.format(before_answer))
    return f"'{sys.executable}' '{peer}'"


def test_files_are_whole_and_say_what_they_are(vectors: Path) -> None:
    names = sorted(str(file.relative_to(vectors)) for file in vectors.rglob("*") if file.is_file())
    assert names == ["R10000/ADDU.json", "R10000/SC.json"]
    content = json.loads((vectors / names[0]).read_text())
    assert (content["model"], content["subject"], content["seed"]) == ("R10000", "ADDU", 7)
    assert len(content["cases"]) == 4
    assert read_file(vectors / names[0]).sha256 == content["sha256"]


def test_the_reference_is_judged_without_a_command(vectors: Path) -> None:
    result = run("consume", vectors)
    assert result.exit_code == 0
    assert result.output.startswith("8 cases, 8 permitted, 0 not; ")


@pytest.mark.parametrize("option", [[], ["--each"]])
def test_a_right_implementation(vectors: Path, peer: Path, option: list[str]) -> None:
    result = run("consume", vectors / "R10000/ADDU.json", "--cmd", command(peer, "pass"), *option)
    assert (result.exit_code, result.output.split(";")[0]) == (0, "4 cases, 4 permitted, 0 not")


def test_a_wrong_implementation(vectors: Path) -> None:
    """`cat` does nothing, so the pc is wrong."""
    result = run("consume", vectors / "R10000/ADDU.json", "--cmd", "cat", "--show", 1)
    assert result.exit_code == 1
    assert "ADDU-0: addu " in result.output
    assert "\n  pc: 0x" in result.output
    assert "ADDU-1" not in result.output
    assert "4 cases, 0 permitted, 4 not" in result.output


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ("sys.exit(3)", "ended with status 3 without an answer"),
        ("os.kill(os.getpid(), 9)", "killed by signal 9 without an answer"),
        ("number == 1 and time.sleep(60)", "no answer within 1 s"),
        ("os.close(1); time.sleep(60)", "closed its standard input or output"),
        ("print('hello', flush=True)", "the answer is no state: "),
        # In one write, so that both answers are there at once.
        ("os.write(1, (reference(line) + '\\n{}\\n').encode())", "answers before it is asked"),
        (
            "number and print('x' * 2000000, end='', flush=True)",
            "an answer of more than 1048576 bytes",
        ),
    ],
)
def test_an_implementation_that_fails(vectors: Path, peer: Path, action: str, message: str) -> None:
    wait = "1" if "within" in message else "20"
    options = ("--cmd", command(peer, action), "--timeout", wait)
    result = run("consume", vectors / "R10000/ADDU.json", *options)
    assert result.exit_code == 4
    assert message in result.output
    assert "case ADDU-" in result.output
    assert result.output.count("\n") == 1


@pytest.mark.parametrize("name", ["", "no-such-program", "/", "'"])
def test_a_command_that_cannot_be_started(vectors: Path, name: str) -> None:
    result = run("consume", vectors, "--cmd", name)
    assert (result.exit_code, result.output.count("\n")) == (4, 1)


def test_no_process_is_left(vectors: Path, peer: Path, tmp_path: Path) -> None:
    """Neither the command nor what it has started."""
    note = tmp_path / "note"
    action = (
        f"child = os.fork(); child or time.sleep(60); open({str(note)!r}, 'w').write(str(child))"
    )
    result = run(
        "consume", vectors, "--cmd", command(peer, f"{action}; time.sleep(60)"), "--timeout", 2
    )
    assert result.exit_code == 4
    child = int(note.read_text())
    for _ in range(100):
        if not _runs(child):
            break
        time.sleep(0.02)
    assert not _runs(child)


def _runs(process: int) -> bool:
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def _changed(vectors: Path, folder: Path, old: str, new: str) -> Path:
    text = (vectors / "R10000/ADDU.json").read_text()
    assert old in text
    file = folder / "changed.json"
    file.write_text(text.replace(old, new, 1))
    return file


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"version": 1', '"version": 2', "version 2; version 1 is needed"),
        ("disco-vectors", "other", "no disco-vectors"),
        ('"R10000"', '"R3000"', "model 'R3000' is not one of"),
        ('"ADDU-1"', '"ADDU-9"', "damaged or changed by hand"),
        ('"name"', '"nome"', "no disco-vectors: "),
        ('"seed": 7', '"seed": "7"', "no disco-vectors: "),
        ("]}\n", "]", "no disco-vectors: "),
    ],
)
def test_a_bad_file(vectors: Path, tmp_path: Path, old: str, new: str, message: str) -> None:
    result = run("consume", _changed(vectors, tmp_path, old, new))
    assert (result.exit_code, result.output.count("\n")) == (2, 1)
    assert message in result.output


def test_cases_out_of_order(vectors: Path, tmp_path: Path) -> None:
    content = json.loads((vectors / "R10000/ADDU.json").read_text())
    content["cases"].reverse()
    file = tmp_path / "reversed.json"
    file.write_text(json.dumps(content))
    assert "damaged or changed by hand" in run("consume", file).output


def test_a_file_cut_off_anywhere(vectors: Path, tmp_path: Path) -> None:
    raw = (vectors / "R10000/ADDU.json").read_bytes()
    file = tmp_path / "cut.json"
    for length in range(0, len(raw) - 2, 997):
        file.write_bytes(raw[:length])
        result = run("consume", file)
        assert (result.exit_code, result.output.count("\n")) == (2, 1)


def test_what_cannot_be_used(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        result = run("consume", path)
        assert (result.exit_code, result.output.count("\n")) == (2, 1)
    assert run("fill", "--out", tmp_path, "--only", "NONE").exit_code == 2
    occupied = tmp_path / "R10000"
    occupied.write_text("")
    result = run("fill", "--out", tmp_path, "--only", "ADDU")
    assert (result.exit_code, result.output.count("\n")) == (2, 1)


def test_a_process_of_its_own(vectors: Path) -> None:
    done = disco("vectors", "consume", vectors)
    assert (done.status, done.errors) == (0, "")


def test_the_published_schema_is_that_of_the_code() -> None:
    """Write it anew with `disco vectors --schema > docs/reference/vectors.schema.json`."""
    published = json.loads((ROOT / "docs/reference/vectors.schema.json").read_text())
    assert published == schema()
    assert json.loads(run("--schema").output) == schema()
    assert os.linesep in run("--help").output
