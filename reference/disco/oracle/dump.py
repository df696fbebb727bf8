"""The final state of a run as JSON; its `state` is one that `disco.oracle.state` reads.

Numbers are hexadecimal strings. The TLB has its present entries; memory is not part of it.
"""

import json

import attrs

from disco.machine.board import Board, Stop
from disco.mips.processor import Processor

FORMAT = "disco-dump"
VERSION = 1


def dump(board: Board, stop: Stop) -> str:
    """Write how the run ended and the state of the processor."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "stop": stop.reason.name.lower(),
        "detail": stop.detail,
        "instructions": stop.instructions,
        "state": {"model": board.model.name} | state_of(board.cpu),
    }
    return json.dumps(document, indent=1) + "\n"


def state_of(cpu: Processor) -> dict[str, object]:
    """Give the processor's state but its memory, in the form that `read_state` reads."""
    entries = {index: attrs.asdict(cpu.tlb[index]) for index in range(cpu.tlb.size)}
    return {
        "pc": hex(cpu.pc),
        "next_pc": hex(cpu.next_pc),
        "delay_slot": cpu.delay_slot,
        "gpr": {i: hex(cpu.gpr[i]) for i in range(32)},
        "hi": hex(cpu.hi),
        "lo": hex(cpu.lo),
        "fpr": {i: hex(cpu.fpr[i]) for i in range(32)},
        "fcr31": hex(cpu.fcr31),
        "cp0": {name: hex(value) for name, value in attrs.asdict(cpu.cp0).items()},
        "tlb": {
            index: {name: v if isinstance(v, bool) else hex(v) for name, v in entry.items()}
            for index, entry in entries.items()
            if entry.pop("present")
        },
        "link": cpu.link,
        "link_address": hex(cpu.link_address),
        "watch_pending": cpu.watch_pending,
        "timer_pending": cpu.timer_pending,
    }
