"""QEMU beside the reference: generated programs, the guests, and peers that misbehave."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given

from disco.machine.board import Board, Reason
from disco.oracle.lockstep import Lockstep
from disco.oracle.lockstep_inputs import INPUTS
from disco.oracle.qemu import CPUS, PROGRAM, qemu
from disco.oracle.qemu_differences import QEMU
from tests.lockstep.programs import Program, programs
from tests.oracle.commands import DISCO, GUESTS, Finished, disco, environment
from tests.requirements import require_tool

_GUEST = GUESTS / "bin" / "kernel-mips3-32"
_LONGEST = 300_000


@pytest.fixture(autouse=True, scope="module")
def _qemu() -> None:
    require_tool(PROGRAM, "qemu-system-mips")


def compare(program: Program, cpu: str) -> None:
    board = Board(CPUS[cpu])
    board.load(program.image)
    with qemu(board, cpu, "mipssim") as peer:
        lockstep = Lockstep(board, peer, (*INPUTS, *QEMU))
        stop = board.run(_LONGEST, lockstep.step)
    assert stop.reason in (Reason.ENDED, Reason.LIMIT), stop


@given(programs(CPUS["R4000"]))
def test_generated_programs_on_the_R4000(program: Program) -> None:
    compare(program, "R4000")


@given(programs(CPUS["VR5432"]))
def test_generated_programs_on_the_VR5432(program: Program) -> None:
    compare(program, "VR5432")


@pytest.mark.parametrize("cpu", CPUS)
def test_a_guest(cpu: str) -> None:
    done = disco("lockstep", "qemu", _GUEST, "--cpu", cpu, "--max-instructions", 250_000)
    assert done.status == 0, done
    assert b"equal for 250,0" in done.output
    assert b"Cause.CE" in done.output
    assert b"declared and not met: " in done.output


def test_the_board_without_devices(tmp_path: Path) -> None:
    source = tmp_path / "program.s"
    source.write_text("_start: li $2, 7\nloop: addiu $2, $2, -1\nbnez $2, loop\nnop\nb .\nnop\n")
    assert disco("asm", source, "-o", tmp_path / "program").status == 0
    done = disco("lockstep", "qemu", tmp_path / "program", "--board", "none")
    assert done.status == 0, done
    assert b"equal for" in done.output


def _with_path(folder: Path, *arguments: object) -> Finished:
    done = subprocess.run(
        [*DISCO, *map(str, arguments)], capture_output=True, check=False, timeout=60,
        env=environment() | {"PATH": str(folder)},
    )  # fmt: skip
    return Finished(done.returncode, done.stdout, done.stderr.decode())


def _pretend(folder: Path, script: str) -> None:
    fake = folder / PROGRAM
    fake.write_text(f"#!/bin/sh\nfor log; do :; done\n{script}\n")
    fake.chmod(0o755)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (None, f"{PROGRAM} cannot be run: No such file or directory; on Debian: apt install"),
        ("echo no such cpu >&2; exit 1", "QEMU has ended: no such cpu"),
        ('echo pc=0x >"$log"', "QEMU has ended"),
        ('while :; do echo "nonsense nonsense nonsense"; done >"$log"', "not of the form known"),
    ],
)
def test_a_peer_that_misbehaves(tmp_path: Path, script: str | None, message: str) -> None:
    if script is not None:
        _pretend(tmp_path, script)
    done = _with_path(tmp_path, "lockstep", "qemu", _GUEST)
    assert done.status == 2
    assert message in done.errors
    assert done.errors.count("\n") == 1


def test_gdb_stub(tmp_path: Path) -> None:
    """QEMU's own stub is a peer like any other."""
    program = GUESTS / "bin" / "sort-mips3-32"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    stub = subprocess.Popen(
        [PROGRAM, "-M", "mipssim", "-cpu", "R4000", "-kernel", program, "-display", "none",
         "-serial", "null", "-monitor", "none", "-S", "-gdb", f"tcp:127.0.0.1:{port}"],
    )  # fmt: skip
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        done = disco(
            "lockstep", "gdb", f"127.0.0.1:{port}", program, "--model", "R4000",
            "--max-instructions", 500,
        )  # fmt: skip
    finally:
        stub.kill()
        stub.wait()
    assert done.status == 0, done
    assert b"equal for 500 steps" in done.output


def test_no_process_is_left(tmp_path: Path) -> None:
    _pretend(tmp_path, f"echo $$ >{tmp_path}/pid; sleep 0.2; exec {shutil.which('sleep')} 100")
    run = subprocess.Popen(
        [*DISCO, "lockstep", "qemu", str(_GUEST)], stderr=subprocess.DEVNULL,
        env=environment() | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
    )  # fmt: skip
    while not (tmp_path / "pid").exists():
        time.sleep(0.05)
    run.send_signal(2)
    assert run.wait(10) == 130
    pid = int((tmp_path / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
