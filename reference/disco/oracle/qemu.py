"""QEMU as a peer: its log of every instruction, read through a pipe.

With -singlestep each instruction, a delay slot included, is a block of its own, and `-d cpu` logs
the state before each block, `-d int` the exceptions in between. With -icount time goes by
instructions, so that a run can be repeated exactly.
"""

import fcntl
import os
import select
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import attrs

from disco.machine.board import Board
from disco.mips.cp0 import STATUS_XX
from disco.mips.model import R4000, R10000, Level, Model
from disco.oracle.lockstep import Observation, PeerError

PROGRAM = "qemu-system-mips64"
INSTALL = "on Debian: apt install qemu-system-mips"
CPUS: dict[str, Model] = {
    "R4000": R4000,
    "VR5432": attrs.evolve(
        R10000,
        prid=0x5400,
        config=R4000.config,
        tlb_entries=R4000.tlb_entries,
        va_bits=R4000.va_bits,
        pa_bits=R4000.pa_bits,
        xkphys_zero_bits=R4000.xkphys_zero_bits,
    ),
}
"""QEMU's processors and what each is compared with: its MIPS IV model has the R4000's sizes."""

_SILENCE = 30.0
"""Seconds without a line of the log after which QEMU is taken to hang."""
_PIPE_SIZE = 1 << 20
_GPR_LINE = len("GPR00: r0 0000000000000000 at 0000000000000000 v0 0000000000000000 v1 ") + 17
_GPR_BLOCK = 8 * _GPR_LINE
_CP0_LINE = len("CP0 Status  0x00400004 Cause   0x00000000 EPC    0x0000000000000000\n")
_BRANCHES, _LIKELY = 0x80_3800, 0x1800
"""Of QEMU's hflags: what kind of branch the instruction is the slot of."""
_VALUES = tuple(slice(at, at + 16) for at in (10, 30, 50, 70))
"""Where the four values stand in a line of general registers."""


def command(cpu: str, board: str, ram: Path, boot: Path, size: int, entry: int) -> list[str]:
    """Give QEMU's command line but for the log: a stopped clock, no devices on the host."""
    if board == "none":
        machine = ["-M", "none"]
    else:
        machine = ["-M", "mipssim", "-bios", str(boot), "-serial", "null"]
    return [
        PROGRAM, *machine, "-cpu", cpu, "-m", f"{size}b", "-nodefaults", "-display", "none",
        "-device", f"loader,file={ram},addr=0,force-raw=on",
        "-device", f"loader,addr={entry:#x},cpu-num=0",
        "-icount", "shift=3,sleep=off", "-singlestep",
    ]  # fmt: skip


LOG = ("-d", "cpu,int,nochain", "-D")
"""The options before the log's name."""


@contextmanager
def qemu(loaded: Board, cpu: str, board: str) -> Iterator[Iterator[Observation]]:
    """Run what is `loaded` in QEMU on its processor `cpu` and its board, and give its states.

    Raises PeerError when QEMU is missing, ends or hangs. It has ended when the context is left.
    """
    cp0, model = loaded.cpu.cp0, loaded.model
    cp0.prid, cp0.config = model.prid, model.config
    with tempfile.TemporaryDirectory(prefix="disco-") as folder:
        ram, boot = Path(folder, "ram"), Path(folder, "boot")
        ram.write_bytes(loaded.memory.ram.rstrip(b"\0") or b"\0")
        boot.write_bytes(loaded.memory.boot)
        arguments = command(cpu, board, ram, boot, len(loaded.memory.ram), loaded.cpu.pc)
        with _pipe() as (reading, writing), Path(folder, "errors").open("w+b") as errors:
            log = [*LOG, f"/proc/self/fd/{writing}"]
            try:
                process = subprocess.Popen(
                    [*arguments, *log], stdin=subprocess.DEVNULL, stdout=errors, stderr=errors,
                    pass_fds=[writing],
                )  # fmt: skip
            except OSError as error:
                raise PeerError(f"{PROGRAM} cannot be run: {error.strerror}; {INSTALL}") from None
            os.close(writing)
            try:
                ones = STATUS_XX if model.level >= Level.IV else 0
                yield read_log(_reader(reading, errors.fileno()), ones)
            finally:
                process.kill()
                process.wait()


@contextmanager
def _pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, _PIPE_SIZE)
    try:
        yield reading, writing
    finally:
        os.close(reading)
        with suppress(OSError):
            os.close(writing)


def _reader(reading: int, errors: int) -> Callable[[], bytes]:
    def read() -> bytes:
        ready, _, _ = select.select([reading], [], [], _SILENCE)
        if not ready:
            raise PeerError(f"QEMU has logged nothing for {_SILENCE:.0f} seconds")
        data = os.read(reading, _PIPE_SIZE)
        if not data:
            said = os.pread(errors, 4096, 0).decode(errors="replace").strip()
            raise PeerError("QEMU has ended" + (f": {said.splitlines()[0]}" if said else ""))
        return data

    return read


def read_log(read: Callable[[], bytes], status_ones: int = 0) -> Iterator[Observation]:
    """Read the log's states; `read` gives its next bytes. Every time the same object is given.

    `status_ones` are bits of Status that QEMU does not have, but acts as if they were set.
    Raises PeerError when the log is not of the form known here.
    """
    state, gpr = Observation(), [0] * 32
    state.gpr = gpr
    block = cp0 = moved = b""
    text, at = b"", 0
    while True:
        begin = text.find(b"pc=0x", at)
        head = text.find(b"\n", begin) + 1 if begin >= 0 else 0
        if head <= 0 or len(text) < head + _GPR_BLOCK + _CP0_LINE:
            if len(text) - at > _PIPE_SIZE:
                raise PeerError("QEMU's log is not of the form known here (QEMU 7.2)")
            text, at = text[at:] + read(), 0
            continue
        end = head + _GPR_BLOCK + _CP0_LINE
        try:
            said, pc = text[at:begin], int(text[begin + 5 : begin + 21], 16)
            at = end
            if b"    S " in said:
                state.bad_vaddr = int(said[said.rindex(b" A ") + 3 :][:16], 16)
            elif pc != state.pc:
                state.bad_vaddr = None
            else:  # QEMU came back to a block before it executed it, and logged it again
                continue
            if text[head - 3 : head] == b" 0\n" and _is_nullified(text[begin:head]):
                continue
            state.pc = pc
            if text[begin + 27 : begin + 65] != moved:
                moved = text[begin + 27 : begin + 65]
                state.hi, state.lo = int(moved[:16], 16), int(moved[22:], 16)
            if text[head : head + _GPR_BLOCK] != block:
                old, block = block, text[head : head + _GPR_BLOCK]
                for number in range(8):
                    place = slice(number * _GPR_LINE, (number + 1) * _GPR_LINE)
                    line = block[place]
                    if line != old[place]:
                        gpr[4 * number : 4 * number + 4] = [int(line[v], 16) for v in _VALUES]
            if text[end - _CP0_LINE : end] != cp0:
                cp0 = text[end - _CP0_LINE : end]
                state.status = int(cp0[14:22], 16) | status_ones
                state.cause = int(cp0[33:41], 16)
                state.epc = int(cp0[51:67], 16)
        except ValueError:
            raise PeerError("QEMU's log is not of the form known here (QEMU 7.2)") from None
        yield state


def _is_nullified(line: bytes) -> bool:
    """Tell whether a block is a slot that its branch, a likely one, skips: it only moves on."""
    return int(line.split()[4], 16) & _BRANCHES == _LIKELY
