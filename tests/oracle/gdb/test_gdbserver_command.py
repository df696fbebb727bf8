"""`disco gdbserver` as a process: with the real GDB, with a client of our own, and bad input."""

import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs
import pytest

from disco.mips.assembler import assemble
from disco.mips.model import R10000
from disco.oracle.elf_writer import write_elf
from disco.oracle.gdb.packets import PacketReader, Signal, frame
from tests.oracle.commands import DISCO, GUESTS, disco, environment
from tests.oracle.gdb.boards import COUNTER
from tests.requirements import require_tool

SECONDS = 60
PROGRAM = """
_start: la    $t0, total
        li    $t1, 3
again:  lw    $t2, 0($t0)
        addu  $t2, $t2, $t1
        sw    $t2, 0($t0)
        addiu $t1, $t1, -1
        bnez  $t1, again
        mtc0  $t1, $14
done:   b     done
        nop
        .align 3
total:  .word 0
"""


@attrs.frozen
class Server:
    port: int
    process: "subprocess.Popen[str]"

    def finish(self) -> tuple[int, str, str]:
        """Wait for the end; give status, output and the rest of the errors."""
        output, errors = self.process.communicate(timeout=SECONDS)
        return self.process.returncode, output, errors


@contextmanager
def serving(program: Path, *options: str) -> Iterator[Server]:
    process = subprocess.Popen(
        [*DISCO, "gdbserver", str(program), "--port", "0", *options],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="latin-1",
        env=environment(),
    )  # fmt: skip
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        match = re.fullmatch(r"disco: waiting for a debugger at 127\.0\.0\.1:(\d+)\n", line)
        assert match is not None, line
        yield Server(int(match[1]), process)
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program"
    path.write_bytes(write_elf(assemble(PROGRAM), R10000))
    return path


def gdb(server: Server, program: Path, *commands: str) -> str:
    """Let GDB run these commands and detach; give what it prints."""
    script = [f"target remote 127.0.0.1:{server.port}", *commands, "detach"]
    arguments = [part for command in script for part in ("-ex", command)]
    return run_gdb("-batch", "-ex", "set confirm off", *arguments, program)


def run_gdb(*arguments: object) -> str:
    """Run GDB; give what it prints, errors included."""
    tool = require_tool("gdb-multiarch", "gdb-multiarch")
    done = subprocess.run(
        [tool, "-nx", "-q", *map(str, arguments)], check=False, text=True, timeout=SECONDS,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    return done.stdout


def printed(text: str) -> list[str]:
    """Give the values that GDB has printed."""
    return re.findall(r"^\$\d+ = (.*)$", text, re.MULTILINE)


def test_gdb_stops_steps_and_sees_registers(program: Path) -> None:
    with serving(program) as server:
        text = gdb(
            server, program, "break again", "continue", "p $t1", "continue", "p $t1",
            "p $pc == &again", "stepi", "p $t2", "p/x $prid", "p/x $status", "p $fcsr",
            "p/x $entry_hi", "set $t2 = -5", "stepi", "p $t2", "set $entry_hi = -1",
            "p/x $entry_hi", "delete", "continue",
        )  # fmt: skip
        assert server.finish()[0] == 0
    assert "warning" not in text
    assert "disco: the program ended in a branch to itself\n" in text
    assert "Program received signal SIGTERM" in text
    assert printed(text) == [
        "3", "2", "1", "3", "0x927", "0x400000", "0", "0x0", "-3", "0xc0000fffffffe0ff",
    ]  # fmt: skip


def test_gdb_watches(program: Path) -> None:
    with serving(program) as server:
        text = gdb(server, program, "watch *(int *) &total", "continue", "continue", "p $t1")
    assert "Hardware watchpoint 1" in text
    changes = re.findall(r"Old value = (\d+)\nNew value = (\d+)", text)
    assert changes == [("0", "3"), ("3", "5")]
    assert printed(text) == ["2"]


def test_gdb_watches_reads(program: Path) -> None:
    with serving(program) as server:
        text = gdb(server, program, "rwatch *(int *) &total", "continue", "p/x $pc - (long) &again")
    assert "Value = 0" in text
    assert printed(text) == ["0x4"]


def test_gdb_goes_back(program: Path) -> None:
    with serving(program) as server:
        text = gdb(
            server, program, "break done", "continue", "p *(int *) &total",
            "watch *(int *) &total", "reverse-continue", "p *(int *) &total", "reverse-continue",
            "p *(int *) &total", "delete", "reverse-stepi", "p $t2", "reverse-continue",
            "p $pc == &_start", "stepi", "reverse-stepi", "p $pc == &_start", "break done",
            "continue", "p *(int *) &total",
        )  # fmt: skip
    assert re.findall(r"Old value = (\d+)\nNew value = (\d+)", text) == [("6", "5"), ("5", "3")]
    assert "No more reverse-execution history" in text
    assert printed(text) == ["6", "5", "3", "3", "1", "1", "6"]


def test_gdb_and_memory(program: Path) -> None:
    with serving(program) as server:
        text = gdb(
            server, program, "set var *(int *) &total = 40", "break done", "continue",
            "p *(int *) &total", "p *(unsigned *) &_start == *(unsigned *) "
            "((long) &_start + 0x20000000)", "monitor physical on", "x/wx 0x1000",
            "monitor physical off", "x/wx 0x1000", "monitor where",
        )  # fmt: skip
    assert printed(text) == ["46", "1"]
    assert re.search(r"0x1000:\s+0x3c", text)
    assert "Cannot access memory at address 0x1000" in text
    assert "after 21 steps, in kernel mode" in text


@pytest.mark.parametrize("guest", ["sort-mips2-o32", "sort-mips3-32", "sort-mips4-64"])
def test_gdb_and_every_abi(guest: str) -> None:
    program = GUESTS / "bin" / guest
    with serving(program) as server:
        text = gdb(
            server, program, "break main", "continue", "p $pc == main", "set $v0 = -7", "p $v0",
            "p *(int *) $pc == *(int *) main", "delete", "reverse-continue", "p $pc == _start",
            "p $v0",
        )  # fmt: skip
        assert server.finish()[0] == 0
    assert "warning" not in text
    assert printed(text) == ["1", "-7", "1", "1", "0"]


class Client:
    """A debugger of a few lines."""

    def __init__(self, port: int) -> None:
        self._stream = socket.create_connection(("127.0.0.1", port), SECONDS)
        self._reader = PacketReader()
        self.signals: list[Signal] = []

    def send(self, data: bytes) -> None:
        self._stream.sendall(data)

    def ask(self, packet: bytes) -> bytes:
        self.send(frame(packet))
        return self.receive()

    def receive(self) -> bytes:
        while True:
            data = self._stream.recv(1 << 16)
            assert data, "the server has hung up"
            for event in self._reader.feed(data):
                if isinstance(event, bytes):
                    return event
                self.signals.append(event)

    def close(self) -> None:
        self._stream.close()


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    path = tmp_path / "endless"
    path.write_bytes(write_elf(assemble(COUNTER), R10000))
    return path


def test_ctrl_c_both_ways(endless: Path) -> None:
    with serving(endless) as server:
        client = Client(server.port)
        client.send(frame(b"c"))
        client.send(b"\x03")
        assert client.receive() == b"T02"
        client.send(frame(b"k"))
        status, output, errors = server.finish()
        client.close()
    assert status == 0
    assert output.startswith("\x01\x02\x03")
    assert errors.startswith("disco: the debugger has left; pc 0xffffffff8000")


def test_acknowledgements(endless: Path) -> None:
    with serving(endless) as server:
        client = Client(server.port)
        client.send(b"$g#00")
        features = client.ask(b"qSupported")
        assert client.signals == [Signal.REFUSED, Signal.ACKNOWLEDGED]
        client.send(b"-")
        assert client.receive() == features
        assert client.ask(b"QStartNoAckMode") == b"OK"
        client.signals.clear()
        client.send(b"+")
        assert client.ask(b"?") == b"T05"
        assert client.signals == []
        client.close()
        assert server.finish()[0] == 0


def test_a_debugger_that_goes_while_the_program_runs(endless: Path) -> None:
    with serving(endless) as server:
        client = Client(server.port)
        client.send(frame(b"c"))
        client.close()
        assert server.finish()[0] == 0


def test_noise_on_the_connection(endless: Path) -> None:
    with serving(endless) as server:
        client = Client(server.port)
        client.send(bytes(range(256)) * 300 + b"#00" + b"$m}")
        client.send(b"#00")
        assert client.ask(b"?") == b"T05"
        client.close()
        status, _, errors = server.finish()
    assert status == 0
    assert "Traceback" not in errors


def test_ctrl_c_at_the_terminal(endless: Path) -> None:
    with serving(endless) as server:
        server.process.send_signal(signal.SIGINT)
        assert server.finish() == (130, "", "disco: interrupted\n")


def test_a_busy_port(program: Path) -> None:
    with serving(program) as server:
        result = disco("gdbserver", program, "--port", server.port)
    assert result.status == 2
    assert result.errors == (
        f"disco: cannot wait at 127.0.0.1:{server.port}: Address already in use\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--port", "70000"], "Invalid value for '--port': 70000 is not in the range 0<=x<=65535."),
        (["--memory", "5"], "--memory: 5 bytes of RAM"),
        (["--host", "256.1.1.1"], "cannot wait at 256.1.1.1:1234"),
        (["--host", "a" * 70 + "."], "cannot wait at"),
        (["--host", "192.0.2.1"], "cannot wait at 192.0.2.1:1234: Cannot assign"),
    ],
)
def test_bad_options(program: Path, arguments: list[str], message: str) -> None:
    result = disco("gdbserver", program, *arguments)
    assert result.status == 2
    assert message in result.errors
    assert len(result.errors.splitlines()) == 1


def test_no_program(tmp_path: Path) -> None:
    result = disco("gdbserver", tmp_path / "none")
    assert result.status == 2
    assert result.errors == f"disco: {tmp_path / 'none'}: No such file or directory\n"


def test_lockstep_finds_the_server_equal_to_the_reference() -> None:
    program = GUESTS / "bin" / "sort-mips4-64"
    with serving(program) as server:
        address = f"127.0.0.1:{server.port}"
        result = disco("lockstep", "gdb", address, program, "--max-instructions", 500)
        assert server.finish()[0] == 0
    assert "equal for 500 steps" in result.errors + result.output.decode()
    assert result.status == 0
