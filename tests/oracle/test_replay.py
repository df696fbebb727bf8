"""Whatever a well-formed trace claims, it agrees, diverges or is refused, and can be reported."""

import functools
import io
import json

from hypothesis import given
from hypothesis import strategies as st

from disco.machine.board import Board
from disco.mips.inputs import Event
from disco.mips.model import MODELS, Model
from disco.oracle.check_command import report
from disco.oracle.replay import Divergence, Replay
from disco.oracle.state import ANSWER_WIDTHS
from disco.oracle.trace import CP0_NAMES, Recorder, end, header
from disco.oracle.trace_file import TraceError, TraceReader
from disco.oracle.trace_line import TraceLine
from tests.machine.programs import board_with

PROGRAM = """
        lui    $t0, 0x2000
        mtc0   $t0, $12
        la     $s0, 0xffffffff80002000
        la     $s1, 0xffffffffbfd003f8
        dsll32 $t1, $s0, 0
        addu   $t2, $t1, $zero
        div    $zero, $t2, $zero
        ll     $t0, 0($s0)
        sc     $t0, 8($s0)
        ll     $t0, 0($s0)
        sc     $t0, 0($s0)
        lwr    $t0, 1($s0)
        lbu    $t0, 5($s1)
        sb     $t0, 7($s1)
        tlbwr
        mfc0   $t0, $1
        li     $t1, 63
        mtc0   $t1, $0
        tlbwi
        tlbr
        mfc0   $t0, $31
        dmfc0  $t0, $12
        mtc1   $t0, $f1
        cache  5, 0($s0)
        lw     $t0, 1($zero)
1:      b      1b
        nop
"""

numbers = st.integers(0, (1 << 64) - 1).map(hex)
words = st.integers(0, (1 << 32) - 1).map(hex)
addresses = st.sampled_from(
    ["0x0", "0x2000", "0x1fc00000", "0x1fd003f8", "0x1fd003fd", "0x40000000"]
)
small = st.integers(0, 63).map(hex)
accesses = st.lists(st.tuples(addresses, st.integers(1, 8), numbers), max_size=2)
answers = st.tuples(st.sampled_from(sorted(ANSWER_WIDTHS)), st.one_of(small, words, numbers))
entries = st.fixed_dictionaries(
    dict.fromkeys(("mask", "vpn2", "asid", "lo0", "lo1"), numbers)
    | {"present": st.booleans(), "glob": st.booleans()}
)
claims = st.fixed_dictionaries(
    {},
    optional={
        "ticks": words,
        "interrupt_lines": st.integers(0, 31).map(hex),
        "event": st.sampled_from([event.name for event in Event]),
        "counter_events": st.tuples(words, words),
        "device_reads": accesses,
        "answers": st.lists(answers, max_size=3),
        "memory": accesses,
        "gpr": st.dictionaries(st.integers(1, 31).map(str), numbers, max_size=2),
        "cp0": st.dictionaries(st.sampled_from(CP0_NAMES), numbers, max_size=2),
        "tlb": st.dictionaries(st.integers(0, 63).map(str), entries, max_size=1),
        "pc": numbers,
        "word": words,
        "exception": st.just({"name": "Watch", "code": 23, "vector": "0x0"}),
    },
)


@functools.cache
def recorded(model: Model) -> tuple[str, ...]:
    board, lines = board_with(PROGRAM, model), list[TraceLine]()
    stop = board.run(60, Recorder(board, lines.append).step)
    return tuple(line.to_json() for line in (header(board), *lines, end(stop)))


def replayed(lines: list[str], model: Model) -> tuple[Divergence | None, Board]:
    board = board_with(PROGRAM, model)
    reader = TraceReader(io.BytesIO("".join(f"{line}\n" for line in lines).encode()))
    return Replay(reader, board).run(), board


@given(st.sampled_from(list(MODELS.values())), st.integers(1, 30), claims)
def test_any_claim(model: Model, place: int, claim: dict[str, object]) -> None:
    lines = list(recorded(model))
    lines[place] = json.dumps(json.loads(lines[place]) | claim)
    try:
        divergence, board = replayed(lines, model)
    except TraceError:
        return
    if divergence is not None:
        text = "\n".join(report(divergence, board))
        assert text.startswith(f"step {divergence.ours.step} (line {divergence.line}) differs: ")
        assert "\nclause " in text


def test_the_program_asks_for_much() -> None:
    """The claims above meet what they are about."""
    for model in MODELS.values():
        assert replayed(list(recorded(model)), model)[0] is None
        asked = {name for line in recorded(model)[1:-1]
                 for name, _ in json.loads(line).get("answers", [])}  # fmt: skip
        assert {"random", "store_conditional", "NOT_A_WORD", "DIVIDE_BY_ZERO", "CP0_NARROW"} < asked
