"""`disco step`: a state, one step, and what it changes."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from disco.machine.board import Board
from disco.machine.image import Image, ImageSegment
from disco.oracle.cli import main
from disco.oracle.dump import dump
from disco.oracle.step_command import step_command

CODE = 0xFFFF_FFFF_8000_1000


def run(state: object, text: str | None = None) -> Result:
    argument = state if isinstance(state, str) else json.dumps(state)
    return CliRunner().invoke(step_command, [argument], input=text)


def lines(state: object) -> list[str]:
    result = run(state)
    assert result.exit_code == 0, result.output
    return result.output.splitlines()


def test_a_word_is_executed() -> None:
    """ADDU of two registers, where the state says so, without a fetch."""
    assert lines({"word": "0x00851021", "gpr": {"4": "0x5", "5": 6}, "pc": "0x100"}) == [
        "executes addu $2, $4, $5",
        "completes",
        "pc: 0x100 -> 0x104",
        "next_pc: 0x104 -> 0x108",
        "gpr[2]: 0x0 -> 0xb",
    ]


def test_the_instruction_at_pc_is_fetched() -> None:
    """SD to KSEG0; time passes by the given ticks."""
    state = {
        "pc": hex(CODE), "ticks": 2, "memory": {"0x1000": "0xfc820008_00000000"},
        "gpr": {"2": "0x77", "4": "0xffffffff80002000"},
    }  # fmt: skip
    assert lines(state) == [
        "executes sd $2, 8($4)",
        "completes",
        f"pc: {CODE:#x} -> {CODE + 4:#x}",
        f"next_pc: {CODE + 4:#x} -> {CODE + 8:#x}",
        "cp0[count]: 0x0 -> 0x2",
        "memory[0x2008]: absent -> 0x77",
    ]


def test_an_exception_is_taken() -> None:
    """A load from a page whose entry is not valid."""
    state = {
        "word": "0x8c820000", "gpr": {"4": "0x2000"}, "cp0": {"status": "0x10"},
        "tlb": {"3": {"vpn2": "0x2000", "asid": 0, "lo0": "0x4"}},
    }  # fmt: skip
    found = lines(state)
    assert found[:2] == ["executes lw $2, 0($4)", "takes TLB invalid (load)"]
    assert "cp0[bad_vaddr]: 0x0 -> 0x2000" in found
    assert "cp0[status]: 0x10 -> 0x12" in found
    assert "pc: 0x0 -> 0xffffffff80000180" in found


def test_an_exception_may_be_given() -> None:
    found = lines({"exception": "Coprocessor unusable", "unit": 1, "pc": "0x40"})
    assert found[0] == "takes Coprocessor unusable"
    assert f"cp0[cause]: 0x0 -> {1 << 28 | 11 << 2:#x}" in found
    assert "cp0[epc]: 0x0 -> 0x40" in found


def test_answers_are_given_to_the_inputs() -> None:
    """The word that an addition reads of a register that holds none."""
    state = {"word": "0x24820001", "gpr": {"4": "0x1_0000_0000"}}
    assert "gpr[2]: 0x0 -> 0x1" in lines(state)
    assert "gpr[2]: 0x0 -> 0x51" in lines(state | {"answers": [["NOT_A_WORD", "0x50"]]})


def test_tlb_entries_come_and_go() -> None:
    """On the R10000 a write invalidates the entry it conflicts with."""
    state = {"word": "0x42000002", "cp0": {"index": 5}, "tlb": {"3": {"asid": 0}}}
    found = lines(state)
    assert "tlb[5][vpn2]: absent -> 0x0" in found
    assert "tlb[3][vpn2]: 0x0 -> absent" in found


def test_a_dump_can_be_stepped() -> None:
    """From standard input."""
    board = Board()
    segment = ImageSegment(CODE, bytes.fromhex("24020007 24030008 1000ffff 00000000"), 16)
    board.load(Image(CODE, (segment,)))
    state = json.loads(dump(board, board.run(1)))["state"] | {"word": "0x24030008"}
    result = run("-", json.dumps(state))
    assert result.exit_code == 0
    assert "gpr[3]: 0x0 -> 0x8" in result.output


@pytest.mark.parametrize("state", ["{", "{]", '{"cpu": 1}', '{"pc": -1}', '{"tlb": {"64": {}}}'])
def test_a_bad_state_is_one_line(state: str) -> None:
    result = run(state)
    assert result.exit_code == 2
    assert "Error: STATE: " in result.output
    assert "Traceback" not in result.output


def test_a_whole_step_may_begin_with_an_event() -> None:
    """An NMI comes before the fetch, which would fail."""
    found = lines({"event": "NMI", "pc": "0x3", "cp0": {"count": "0x5"}, "ticks": 1})
    assert found[0] == "takes Nonmaskable interrupt"
    assert "cp0[error_epc]: 0x0 -> 0x3" in found
    assert "cp0[count]: 0x5 -> 0x6" in found


def test_the_word_zero_is_an_instruction() -> None:
    assert lines({"word": 0})[0] == "executes nop"


def test_the_state_after_can_be_stepped_again() -> None:
    """JSON in, JSON out: ADDIU executed twice."""
    state = json.dumps({"model": "R4000", "word": "0x24420001", "memory": {"0x8": 1}})
    first = CliRunner().invoke(step_command, ["--json", state])
    assert first.exit_code == 0
    after = json.loads(first.output)
    assert after == {
        "model": "R4000", "pc": "0x4", "next_pc": "0x8", "gpr": {"2": "0x1"},
        "memory": {"0x8": "0x1"},
    }  # fmt: skip
    assert "gpr[2]: 0x1 -> 0x2" in lines(after | {"word": "0x24420001"})


def test_a_state_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    file.write_text('\n {"word": "0x24420001"}\n')
    assert "gpr[2]: 0x0 -> 0x1" in lines(str(file))
    file.write_bytes(b"\xff")
    for name in (file, tmp_path / "none", tmp_path):
        result = run(str(name))
        assert (result.exit_code, "Traceback" in result.output) == (2, False)


def test_an_error_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["step", '{"gpr": {"0": 1}}'])
    assert ended.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "disco step: STATE: gpr[0]: register 0 is always zero\n"


def test_an_address_may_be_translated() -> None:
    state = {"cp0": {"status": "0x10"}, "tlb": {"0": {"lo1": "0x15a"}}, "vaddr": "0x1004"}
    assert lines({**state, "access": "LOAD"}) == [
        "translates 0x1004 for a load: 0x5004, cache attribute 3"
    ]
    assert lines({**state, "access": "STORE"}) == ["translates 0x1004 for a store: TLB modified"]
