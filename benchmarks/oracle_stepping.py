"""How fast `Oracle` steps a program with its state read back, and `disco serve` by lines."""

import json
import subprocess
import sys
import time
from operator import attrgetter

import attrs

from benchmarks.native import load
from disco.mips.cp0 import Cp0
from disco.mips.inputs import Inputs
from disco.oracle import Oracle
from disco.oracle.state import describe

STEPS = 20_000
"""As many as Unicorn takes from the same program's beginning."""
REQUESTS = 3_000
_cp0_values = attrgetter(*(field.name for field in attrs.fields(Cp0)))


def instructions_per_second(guest: str, *, recording: bool) -> float:
    """Step through the beginning of the program, reading back all registers but the TLB."""
    board = load(guest)
    oracle, inputs = Oracle(describe(board.cpu), board.memory, recording=recording), Inputs(ticks=1)
    registers: list[int] = []
    start = time.perf_counter()
    for _ in range(STEPS):
        oracle.step(inputs)
        cpu = oracle.cpu
        registers = [*oracle.gpr, *oracle.fpr, cpu.pc, cpu.hi, cpu.lo, cpu.fcr31]
        registers += _cp0_values(cpu.cp0)
    seconds = time.perf_counter() - start

    expected = load(guest)
    expected.run(STEPS)
    if registers[:32] != [expected.cpu.gpr[i] for i in range(32)]:
        raise RuntimeError(f"{guest}: the oracle and the reference differ after {STEPS} steps")
    return STEPS / seconds


def requests_per_second() -> float:
    """Send steps to `disco serve`, one after each answer."""
    command = [sys.executable, "-m", "disco", "serve"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b'{"load": {"gpr": {"4": "0x5"}}}\n')
        process.stdin.flush()
        process.stdout.readline()
        answer = b"{}"
        start = time.perf_counter()
        for _ in range(REQUESTS):
            process.stdin.write(b'{"step": {"word": "0x24820001"}}\n')
            process.stdin.flush()
            answer = process.stdout.readline()
        seconds = time.perf_counter() - start
        process.stdin.close()
    if json.loads(answer)["step"]["step"] != REQUESTS:
        raise RuntimeError(f"disco serve answered {answer!r}")
    return REQUESTS / seconds
