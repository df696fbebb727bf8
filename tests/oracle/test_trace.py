"""What a trace says of each step."""

import hashlib
import json

import attrs
import msgspec
import pytest

from disco.machine.board import Board, BoardInputs, Stop
from disco.mips.inputs import Event
from disco.mips.model import R4000, R10000, Model
from disco.oracle.trace import Recorder, end, header
from disco.oracle.trace_line import DeviceRead, Hex64, TakenException, TraceLine, Word
from tests.machine.programs import LIMIT, START, board_with

MASK64 = (1 << 64) - 1


def record(source: str, model: Model = R10000) -> tuple[Board, Stop, list[TraceLine]]:
    board, lines = board_with(source, model), list[TraceLine]()
    recorder = Recorder(board, lines.append)
    return board, board.run(LIMIT, recorder.step), lines


def test_the_header() -> None:
    expected = {
        "format": "disco-trace", "version": 2, "model": "R10000", "memory": "0x100000",
        "ticks": "0x1",
    }  # fmt: skip
    assert json.loads(header(board_with("nop")).to_json()) == expected
    document = json.loads(header(board_with("nop"), b"program").to_json())
    assert document == expected | {"program": hashlib.sha256(b"program").hexdigest()}


def test_the_end() -> None:
    board = board_with("nop; 1: b 1b; nop")
    assert json.loads(end(board.run(2)).to_json()) == {
        "end": "limit", "steps": 2, "pc": hex(START + 8),
    }  # fmt: skip


def test_what_devices_answer() -> None:
    _, _, lines = record("la $t0, 0xffffffffbfd003f8; lbu $t1, 5($t0); lw $t1, 0($zero)")
    (load,) = (line for line in lines if line.text.startswith("lbu"))
    assert load.device_reads == (DeviceRead(Hex64(0x1FD0_03FD), 1, Hex64(0x60)),)
    assert json.loads(load.to_json())["device_reads"] == [["0x1fd003fd", 1, "0x60"]]


def test_a_line_for_each_step() -> None:
    _, stop, lines = record("li $t0, 3; 1: bnez $t0, 1b; addiu $t0, $t0, -1; 2: b 2b; nop")
    assert [line.step for line in lines] == list(range(1, stop.instructions + 1))
    assert [line.pc - START for line in lines[:9]] == [0, 4, 8, 4, 8, 4, 8, 4, 8]
    assert [line.delay_slot for line in lines[:5]] == [False, False, True, False, True]
    assert lines[0] == TraceLine(
        step=1, pc=Hex64(START), word=Word(0x240C0003), text="li $12, 3", gpr={12: Hex64(3)}
    )  # fmt: skip
    assert lines[2].gpr == {12: 2}
    assert lines[1].text == "bnez $12, 0xffffffff80001004"


def test_registers() -> None:
    source = """
        li    $t0, -1
        addu  $zero, $t0, $t0
        mult  $t0, $t0
        li    $t0, -1
        multu $t0, $t0
        lui   $t1, 0x2000
        mtc0  $t1, $12          # Status: CU1
        mtc1  $t0, $f2
        ctc1  $zero, $31
    1:  b     1b
        nop
    """
    _, _, lines = record(source)
    assert lines[0].gpr == {12: MASK64}
    assert lines[1].gpr == {}, "register 0 is never written"
    assert (lines[2].hi, lines[2].lo) == (None, 1), "HI was 0 and is 0"
    assert lines[3].gpr == {12: MASK64}, "written with the value it had"
    assert (lines[4].hi, lines[4].lo) == (MASK64 - 1, None)
    assert lines[6].cp0 == {"status": 0x2000_0000}
    assert lines[7].fpr == {2: 0xFFFF_FFFF}
    assert lines[8].fcr31 is None, "it was 0 and is 0"


def test_fcr31() -> None:
    _, _, lines = record("lui $t0, 0x2000; mtc0 $t0, $12; li $t1, 3; ctc1 $t1, $31; 1: b 1b; nop")
    assert lines[3].fcr31 == 3


def test_memory_written() -> None:
    source = """
        la    $t0, 0xffffffff80002000
        li    $t1, 0x1234
        sb    $t1, 1($t0)
        sd    $t1, 8($t0)
        swl   $t1, 17($t0)
        swr   $t1, 26($t0)
        sdr   $t1, 32($t0)
        la    $t2, 0xffffffffbfd003f8
        sb    $t1, 0($t2)
    1:  b     1b
        nop
    """
    board, _, lines = record(source)
    written = [msgspec.structs.astuple(write) for line in lines for write in line.memory]
    assert written == [
        (0x2001, 1, 0x34),
        (0x2008, 8, 0x1234),
        (0x2011, 3, 0x12),
        (0x2018, 3, 0x1234),
        (0x2020, 1, 0x34),
        (0x1FD0_03F8, 1, 0x34),
    ]
    rebuilt = bytearray(0x40)
    for paddr, size, value in written[:-1]:
        rebuilt[paddr - 0x2000 : paddr - 0x2000 + size] = value.to_bytes(size, "big")
    assert board.memory.ram[0x2000:0x2040] == rebuilt


def test_an_exception_and_count() -> None:
    source = """
        .org  0xffffffff80000180
    1:  b     1b
        nop
        .org  0xffffffff80001000
    _start:
        mtc0  $zero, $12
        li    $t1, 100
        mtc0  $t1, $9
        b     3f
        lw    $t0, 1($zero)
    3:  nop
    """
    _, _, lines = record(source)
    assert lines[2].cp0 == {"count": 100}
    fault = lines[4]
    assert fault.text == "lw $12, 1($0)"
    vector = Hex64(0xFFFF_FFFF_8000_0180)
    assert fault.exception == TakenException("Address error (load)", 4, vector)
    assert fault.gpr == {}
    changed = {"bad_vaddr": 1, "epc": START + 12, "cause": 1 << 31 | 4 << 2, "status": 2}
    assert fault.cp0 == changed


def test_a_failed_fetch_has_no_word() -> None:
    source = """
        .org  0xffffffff80000180
    1:  b     1b
        nop
        .org  0xffffffff80001000
    _start:
        mtc0  $zero, $12
        li    $t0, 2
        jr    $t0
        nop
    """
    _, _, lines = record(source)
    assert (lines[4].pc, lines[4].word, lines[4].text) == (2, None, "")
    assert "word" not in json.loads(lines[4].to_json())


TLB = """
        li    $t0, 0x1f
        mtc0  $t0, $2
        mtc0  $t0, $3
        li    $t0, 5
        mtc0  $t0, $0
        tlbwi
        tlbwr
        mfc0  $t1, $1
    1:  b     1b
        nop
"""


@pytest.mark.parametrize("model", [R10000, R4000], ids=lambda model: model.name)
def test_the_tlb_and_random(model: Model) -> None:
    board, _, lines = record(TLB, model)
    last = model.tlb_entries - 1
    by_text = {line.text: line for line in lines}
    assert list(by_text["tlbwi"].tlb) == [5]
    entry = by_text["tlbwi"].tlb[5]
    assert (entry.present, entry.glob, entry.lo0) == (True, True, 0x1E)
    killed = {5} if model.tlb_write_invalidates else set()
    assert set(by_text["tlbwr"].tlb) == {last} | killed
    assert by_text["tlbwr"].answers == (("random", last),)
    assert lines[7].answers == (("random", last - 1),)
    for index, written in by_text["tlbwr"].tlb.items():
        assert msgspec.structs.asdict(written) == attrs.asdict(board.cpu.tlb[index])
    document = json.loads(by_text["tlbwi"].to_json())
    assert document["tlb"]["5"]["lo0"] == "0x1e"
    assert document["tlb"]["5"]["present"] is True


def test_answers() -> None:
    source = """
        la    $t0, 0xffffffff80002000
        ll    $t1, 0($t0)
        sc    $t1, 0($t0)
        dsll32 $t2, $t0, 0
        addu  $t2, $t2, $t2
        cache 5, 0($t0)
    1:  b     1b
        nop
    """
    _, _, lines = record(source)
    asked = {line.text.split()[0]: line.answers for line in lines if line.answers}
    assert asked["sc"] == (("store_conditional", 1),)
    assert [name for name, _ in asked["addu"]] == ["NOT_A_WORD"] * 2
    assert [name for name, _ in asked["cache"]] == ["tag_lo", "tag_hi", "ecc"]


def test_interrupt_lines() -> None:
    source = "la $t0, 0xffffffffbfd003f8; li $t1, 2; sb $t1, 1($t0); nop; 1: b 1b; nop"
    _, _, lines = record(source)
    place = next(i for i, line in enumerate(lines) if line.text.startswith("sb"))
    assert [line.interrupt_lines for line in lines[place : place + 2]] == [None, 1]
    assert json.loads(lines[place + 1].to_json())["interrupt_lines"] == "0x1"
    assert lines[place + 1].cp0 == {"cause": 0x400}


def test_the_json_of_a_line() -> None:
    source = """
        .org  0xffffffff80000180
    1:  b     1b
        nop
        .org  0xffffffff80001000
    _start:
        li    $t0, -1
        sd    $t0, 0x2000($gp)
        mtc0  $zero, $12
        mult  $t0, $t0
        syscall
    """
    board, lines = board_with(source), list[TraceLine]()
    board.cpu.gpr[28] = 0xFFFF_FFFF_8000_0000
    board.run(LIMIT, Recorder(board, lines.append).step)
    documents = [json.loads(line.to_json()) for line in lines]
    assert documents[0]["gpr"] == {"12": "0xffffffffffffffff"}
    assert documents[1] == {
        "step": 2, "pc": "0xffffffff80001004", "word": "0xff8c2000",
        "text": "sd $12, 8192($28)", "memory": [["0x2000", 8, "0xffffffffffffffff"]],
    }  # fmt: skip
    assert documents[2]["cp0"] == {"status": "0x0"}
    assert documents[3]["lo"] == "0x1"
    assert "hi" not in documents[3]
    assert documents[4]["exception"] == {
        "name": "System call", "code": 8, "vector": "0xffffffff80000180",
    }  # fmt: skip
    assert documents[5].get("delay_slot") is None
    assert documents[6]["delay_slot"] is True


def test_a_cache_error_and_what_it_reports() -> None:
    class Failing(BoardInputs):
        def cache_error(self) -> int:
            return 0x1234

    board, lines = board_with("nop"), list[TraceLine]()
    board.inputs = Failing(event=Event.CACHE_ERROR)
    board.run(1, Recorder(board, lines.append).step)
    assert board.cpu.cp0.cache_err == 0x1234
    assert lines[0].answers == (("cache_error", 0x1234),)
