"""`disco run`: exit statuses, what goes where, and one clear line for bad input."""

import gzip
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
import zstandard
from click.testing import CliRunner, Result

from disco import __version__
from disco.machine.board import Board, Stop
from disco.mips.assembler import assemble
from disco.mips.model import R10000
from disco.oracle.cli import main
from disco.oracle.elf_writer import write_elf
from disco.oracle.state import read_state
from tests.oracle.commands import DISCO, disco, environment

HELLO = """
        la    $t0, 0xffffffffbfd003f8
        li    $t1, 0xff
        sb    $t1, 0($t0)
        sb    $zero, 0($t0)
        li    $t1, 0x0a
        sb    $t1, 0($t0)
    1:  b     1b
        nop
"""
ENDLESS = "1: addiu $t0, $t0, 1; b 1b; nop"
PRINTS_FOR_EVER = "la $t0, 0xffffffffbfd003f8; 1: b 1b; sb $t0, 0($t0)"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["run", *map(str, arguments)])


def build(folder: Path, source: str) -> Path:
    path = folder / "program"
    path.write_bytes(write_elf(assemble(source), R10000))
    return path


@pytest.fixture
def hello(tmp_path: Path) -> Path:
    return build(tmp_path, HELLO)


def test_the_end_of_a_program(hello: Path) -> None:
    result = run(hello)
    assert result.exit_code == 0
    assert result.stdout_bytes == b"\xff\x00\n"
    assert result.stderr == (
        "disco: the program ended in a branch to itself; "
        "pc 0xffffffff8000101c after 13 instructions\n"
    )


def test_the_limit(hello: Path) -> None:
    result = run(hello, "--max-instructions", 2)
    assert result.exit_code == 3
    assert result.stdout_bytes == b""
    assert result.stderr == (
        "disco: the limit of instructions is reached; pc 0xffffffff80001008 after 2 instructions\n"
    )


def test_no_handler(tmp_path: Path) -> None:
    result = run(build(tmp_path, "break; nop"))
    assert result.exit_code == 4
    assert result.stderr == (
        "disco: Breakpoint exception (EPC 0xffffffff80001000, BadVAddr 0x0) goes to its vector at "
        "0xffffffffbfc00380, where nothing is loaded; pc 0xffffffffbfc00380 after 1 instructions\n"
    )


def test_the_model(tmp_path: Path) -> None:
    """PRId says which processor it is."""
    program = build(tmp_path, "mfc0 $s0, $15; 1: b 1b; nop")
    for model, prid in (("R10000", "0x927"), ("R4000", "0x400")):
        assert run(program, "--model", model, "--dump", tmp_path / "state").exit_code == 0
        state = json.loads((tmp_path / "state").read_text())["state"]
        assert (state["model"], state["gpr"]["16"]) == (model, prid)


@pytest.mark.parametrize(
    ("size", "works"),
    [("16M", True), ("8K", True), ("0x2000", True), ("12288", True), ("4K", False)],
)
def test_the_memory_size(hello: Path, size: str, works: bool) -> None:
    result = run(hello, "--memory", size)
    assert result.exit_code == (0 if works else 2)
    if not works:
        assert "lies outside RAM (physical 0 to 0xfff)" in result.stderr


BAD_OPTIONS = [
    (["--memory", "3x"], "disco run: Invalid value for '--memory': '3x' is no size: write bytes, "),
    (["--memory", "-1"], "disco run: Invalid value for '--memory': '-1' is no size: write bytes, "),
    (["--memory", "016"], "disco run: Invalid value for '--memory': '016' is no size: write bytes"),
    (["--memory", "5000"], "disco: --memory: 5000 bytes of RAM: the size must be a multiple of "),
    (["--memory", "1G"], "disco: --memory: 1073741824 bytes of RAM: the size must be a multiple "),
    (["--model", "R8000"], "disco run: Invalid value for '--model': 'R8000' is not one of "),
    (["--max-instructions", "-1"], "disco run: Invalid value for '--max-instructions': -1 is not "),
    (["--max-instructions", "x"], "disco run: Invalid value for '--max-instructions': 'x' is not "),
    (["--fast"], "disco run: No such option"),
    (["another"], "disco run: Got unexpected extra argument (another)"),
    (["--trace", "/nowhere/t"], "disco: --trace /nowhere/t: No such file or directory"),
    (["--dump", "/nowhere/d"], "disco: --dump /nowhere/d: No such file or directory"),
    (["--dump", "x", "--trace", "x"], "disco run: --trace and --dump need different files"),
]


@pytest.mark.parametrize(("options", "message"), BAD_OPTIONS)
def test_bad_options(hello: Path, options: list[str], message: str) -> None:
    result = run(hello, *options)
    assert result.exit_code == 2
    assert result.stdout_bytes == b""
    assert result.stderr.startswith(message)
    assert result.stderr.count("\n") == 1


def test_bad_programs(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    for name, message in (
        ("text", "not an ELF file"),
        ("missing", "No such file or directory"),
        ("", "Is a directory"),
    ):
        result = run(tmp_path / name)
        assert result.exit_code == 2
        assert result.stderr == f"disco: {tmp_path / name}: {message}\n"


def test_no_program() -> None:
    result = run()
    assert result.exit_code == 2
    assert result.stderr == "disco run: Missing argument 'PROGRAM'.\n"


def test_an_unknown_command() -> None:
    result = CliRunner().invoke(main, ["rnu"])
    assert result.exit_code == 2
    assert result.stderr.startswith("disco: No such command 'rnu'.")
    assert result.stderr.count("\n") == 1


def test_version_and_help() -> None:
    version = CliRunner().invoke(main, ["--version"])
    assert (version.exit_code, version.stdout) == (0, f"disco, version {__version__}\n")
    text = run("--help").stdout
    for status in ("0  ", "1  ", "2  ", "3  ", "4  ", "130"):
        assert f"\n    {status}" in text


def test_a_trace_cut_by_the_limit(hello: Path, tmp_path: Path) -> None:
    file = tmp_path / "trace"
    assert run(hello, "--trace", file, "--max-instructions", 3).exit_code == 3
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line.get("step") for line in lines] == [None, 1, 2, 3, None]
    assert (lines[-1]["end"], lines[-1]["steps"]) == ("limit", 3)


def test_compressed_traces(hello: Path, tmp_path: Path) -> None:
    for name in ("trace", "trace.gz", "trace.zst"):
        run(hello, "--trace", tmp_path / name)
    plain = (tmp_path / "trace").read_bytes()
    assert gzip.decompress((tmp_path / "trace.gz").read_bytes()) == plain
    compressed = (tmp_path / "trace.zst").read_bytes()
    assert zstandard.ZstdDecompressor().decompressobj().decompress(compressed) == plain


def test_a_trace_changes_nothing(hello: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    without = run(hello, "--dump", first)
    with_trace = run(hello, "--dump", second, "--trace", tmp_path / "trace")
    assert without.stderr == with_trace.stderr
    assert without.stdout_bytes == with_trace.stdout_bytes
    assert first.read_text() == second.read_text()


def test_the_dump(tmp_path: Path) -> None:
    source = """
        li    $t0, 0x1f
        mtc0  $t0, $2
        mtc0  $t0, $3
        li    $t0, 5
        mtc0  $t0, $0
        tlbwi
        li    $s0, -7
        li    $s1, 3
        mult  $s0, $s1
    1:  b     1b
        nop
    """
    file = tmp_path / "dump"
    run(build(tmp_path, source), "--dump", file)
    document = json.loads(file.read_text())
    assert (document["format"], document["version"]) == ("disco-dump", 1)
    assert (document["stop"], document["detail"]) == ("ended", "")
    assert document["instructions"] == 9 + 3 * 2, "three times around the last loop"
    state = read_state(json.dumps(document["state"]))
    cpu = state.cpu
    assert cpu.gpr[16] == (1 << 64) - 7
    assert (cpu.hi, cpu.lo) == ((1 << 64) - 1, (1 << 64) - 21)
    assert cpu.cp0.count == document["instructions"]
    assert (cpu.tlb[5].lo0, cpu.tlb[5].lo1, cpu.tlb[5].glob) == (0x1E, 0x1E, True)
    assert not cpu.tlb[4].present


full = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this system")


@full
@pytest.mark.parametrize("option", ["--trace", "--dump"])
def test_a_full_disk(hello: Path, option: str) -> None:
    result = run(hello, option, "/dev/full")
    assert result.exit_code == 1
    assert result.stderr == f"disco: {option} /dev/full: No space left on device\n"


@full
@pytest.mark.parametrize("name", ["t.gz", "t.zst"])
def test_a_compressed_trace_on_a_full_disk(hello: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).symlink_to("/dev/full")
    result = run(hello, "--trace", tmp_path / name)
    assert result.exit_code == 1
    assert result.stderr == f"disco: --trace {tmp_path / name}: No space left on device\n"


@full
def test_standard_output_on_a_full_disk(hello: Path) -> None:
    with open("/dev/full", "wb") as output:
        done = subprocess.run(
            [*DISCO, "run", hello], stdout=output, stderr=subprocess.PIPE, env=environment(),
            check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == b"disco: standard output: No space left on device\n"


def test_standard_output_closed_by_its_reader(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*DISCO, "run", build(tmp_path, PRINTS_FOR_EVER)], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=environment(),
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(3) == b"\xf8\xf8\xf8"
        process.stdout.close()
        assert process.wait(timeout=60) == 1
        assert process.stderr.read() == b"disco: standard output: Broken pipe\n"


def test_ctrl_c(tmp_path: Path) -> None:
    file = tmp_path / "trace"
    with subprocess.Popen(
        [*DISCO, "run", build(tmp_path, ENDLESS), "--trace", file], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=environment(),
    ) as process:  # fmt: skip
        while not file.exists() or file.stat().st_size == 0:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert output == b""
    assert errors.startswith(b"disco: interrupted; pc 0x")
    assert errors.count(b"\n") == 1
    _, *lines, end = [json.loads(line) for line in file.read_text().splitlines()]
    assert lines[-1]["step"] == len(lines)
    assert (end["end"], end["steps"]) == ("interrupted", len(lines))
    assert f" after {len(lines)} instructions" in errors.decode()


def test_ctrl_c_at_once(hello: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_board = Board.run

    def pressed(board: Board, limit: int | None) -> Stop:
        signal.raise_signal(signal.SIGINT)
        return run_board(board, limit)

    monkeypatch.setattr(Board, "run", pressed)
    before = signal.getsignal(signal.SIGINT)
    result = run(hello)
    assert result.exit_code == 130
    assert result.stderr.startswith("disco: interrupted; pc 0xffffffff80001000 after 0 ")
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_twice(hello: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pressed(board: Board, limit: int | None) -> Stop:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("the second one interrupts at once")

    monkeypatch.setattr(Board, "run", pressed)
    result = run(hello)
    assert (result.exit_code, result.stdout) == (130, "")
    assert result.stderr.endswith("disco: interrupted\n")


def test_as_a_process(hello: Path) -> None:
    done = disco("run", hello)
    assert (done.status, done.output) == (0, b"\xff\x00\n")
    assert done.errors.count("\n") == 1
