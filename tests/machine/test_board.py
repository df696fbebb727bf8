"""The boot contract, loading, stopping, and boards that do not know of each other."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from disco.bits import MASK32, MASK64
from disco.machine.board import Board, Reason
from disco.machine.image import Image, ImageError, ImageSegment
from disco.machine.memory import BOOT_BASE
from disco.mips.cp0 import REGISTERS, Cp0
from disco.mips.model import MODELS, R4000, R10000, Model
from disco.mips.table import TABLE
from tests.machine.programs import BOOT_VECTOR, LIMIT, START, board_with, image, run

XKPHYS = 0x9800_0000_0000_1000
BEV, KX = 1 << 22, 1 << 7
both_models = pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)


@both_models
@pytest.mark.parametrize(("entry", "status"), [(START, BEV), (XKPHYS, BEV | KX)])
def test_the_state_at_the_start(model: Model, entry: int, status: int) -> None:
    board = Board(model)
    board.load(Image(entry, (ImageSegment(entry, bytes(4), 4),)))
    cpu = board.cpu
    assert (cpu.pc, cpu.next_pc, cpu.delay_slot) == (entry, entry + 4, False)
    assert [cpu.gpr[i] for i in range(32)] == [0] * 32
    assert [cpu.fpr[i] for i in range(32)] == [0] * 32
    assert (cpu.hi, cpu.lo, cpu.fcr31, cpu.link) == (0, 0, 0, False)
    assert not any(cpu.tlb[i].present for i in range(cpu.tlb.size))
    resets = {row.attribute: row.reset or 0 for row in REGISTERS[model.name] if row.attribute}
    assert attrs.asdict(cpu.cp0) == attrs.asdict(Cp0()) | resets | {"status": status}


@pytest.mark.parametrize(
    ("address", "physical"),
    [
        (0xFFFF_FFFF_8000_4000, 0x4000),
        (0xFFFF_FFFF_A000_4000, 0x4000),
        (0x9800_0000_0000_4000, 0x4000),
        (0x9000_0000_0000_4000, 0x4000),
        (0x4000, 0x4000),
    ],
)
def test_where_segments_go(address: int, physical: int) -> None:
    board = board_with("1: b 1b; nop")
    board.memory.ram[physical + 4 : physical + 8] = b"rest"
    extra = ImageSegment(address, b"data", 8)
    program = image("1: b 1b; nop")
    board.load(Image(program.entry, (*program.segments, extra)))
    assert board.memory.ram[physical : physical + 8] == b"data\0\0\0\0"


def test_a_program_in_boot_memory() -> None:
    board = Board()
    board.load(image("li $s0, 7; 1: b 1b; nop", origin=0xFFFF_FFFF_BFC0_0000))
    assert board.memory.boot[:4] == bytes.fromhex("24100007")
    assert board.run(LIMIT).reason is Reason.ENDED
    assert board.cpu.gpr[16] == 7


OK = ImageSegment(START, bytes(16), 16)
MISFITS = [
    (START, (OK, ImageSegment(0x4000_0000_0000_0000, b"", 4)), "lies outside RAM"),
    (START, (OK, ImageSegment(0x10_0000 - 4, b"", 8)), "lies outside RAM"),
    (START, (OK, ImageSegment(BOOT_BASE + 0xFFFC, b"", 8)), "lies outside RAM"),
    (START, (OK, ImageSegment(0xFFFF_FFFF_C000_0000, b"", 8)), "lies outside RAM"),
    (START, (OK, ImageSegment(0x100F, b"", 1)), "segments overlap: physical 0x1000 to 0x100f"),
    (START + 16, (OK,), "lies in no segment"),
    (START, (), "lies in no segment"),
    (START + 2, (OK,), "is no aligned address in KSEG0, KSEG1 or XKPHYS"),
    (0x1000, (OK,), "is no aligned address in KSEG0, KSEG1 or XKPHYS"),
    (0xFFFF_FFFF_E000_1000, (OK,), "is no aligned address in KSEG0, KSEG1 or XKPHYS"),
    (0x9C00_0000_0000_1000, (OK,), "is no aligned address in KSEG0, KSEG1 or XKPHYS"),
]


@pytest.mark.parametrize(("entry", "segments", "message"), MISFITS)
def test_programs_that_do_not_fit(
    entry: int, segments: tuple[ImageSegment, ...], message: str
) -> None:
    board = board_with("1: b 1b; nop")
    before, cpu = bytes(board.memory.ram), board.cpu
    with pytest.raises(ImageError, match=message) as error:
        board.load(Image(entry, segments))
    assert "\n" not in str(error.value)
    assert bytes(board.memory.ram) == before
    assert board.cpu is cpu


def test_the_limit() -> None:
    board = board_with("li $t0, 1; li $t1, 2; li $t2, 3; 1: b 1b; nop")
    stop = board.run(2)
    assert (stop.reason, stop.instructions, stop.pc) == (Reason.LIMIT, 2, START + 8)
    assert [board.cpu.gpr[i] for i in (12, 13, 14)] == [1, 2, 0]
    assert board.run(0).instructions == 0
    assert board.run(1).pc == START + 12
    assert board.cpu.cp0.count == 3
    assert board.run().reason is Reason.ENDED


def test_an_interrupted_run_can_go_on() -> None:
    board = board_with("li $t0, 1; 1: b 1b; nop")
    board.interrupt()
    stop = board.run()
    assert (stop.reason, stop.instructions) == (Reason.INTERRUPTED, 0)
    assert board.run().reason is Reason.ENDED


def test_no_handler_in_boot_memory() -> None:
    board, stop = run("syscall; nop")
    assert stop.reason is Reason.UNDELIVERABLE
    assert stop.instructions == 1
    assert stop.pc == 0xFFFF_FFFF_BFC0_0380
    assert stop.detail == (
        "System call exception (EPC 0xffffffff80001000, BadVAddr 0x0) goes to its vector at "
        "0xffffffffbfc00380, where nothing is loaded"
    )
    assert board.cpu.cp0.epc == START


def test_a_program_that_begins_at_a_vector() -> None:
    """Its first exception leads back to it once, with EXL = 1 the next one leads on."""
    boot = 0xFFFF_FFFF_BFC0_0200
    board = Board()
    board.load(image(f"lw $t0, 0($zero); .org {boot + 0x180}; 1: b 1b; nop", origin=boot))
    stop = board.run(LIMIT)
    assert (stop.reason, stop.pc) == (Reason.ENDED, boot + 0x180)


def test_a_handler_in_boot_memory() -> None:
    board = Board()
    handler = image("li $s0, 7; 1: b 1b; nop", origin=0xFFFF_FFFF_A000_0000 + BOOT_VECTOR)
    program = image("syscall; nop")
    board.load(Image(program.entry, program.segments + handler.segments))
    assert board.run(LIMIT).reason is Reason.ENDED
    assert board.cpu.gpr[16] == 7


def test_a_handler_that_faults_at_once() -> None:
    source = """
        .org  0xffffffff80000180
        lw    $t0, 1($zero)
        .org  0xffffffff80001000
    _start:
        mtc0  $zero, $12
        break
    """
    _, stop = run(source)
    assert stop.reason is Reason.UNDELIVERABLE
    assert stop.pc == 0xFFFF_FFFF_8000_0180
    assert "the first instruction of the handler raises it again" in stop.detail
    assert stop.instructions < 10


def test_a_handler_that_runs_with_exl_only() -> None:
    """The program runs at the vector in user mode, faults there, and in kernel mode it works."""
    source = """
        .org  0xffffffff80000180
        mfc0  $t0, $12
        li    $s0, 7
    1:  b     1b
        nop
        .org  0xffffffff80001000
    _start:
        li    $t0, 0x10
        la    $t1, 0xffffffff80000180
        mtc0  $t1, $14
        li    $t0, 0x12
        mtc0  $t0, $12
        eret
    """
    board, stop = run(source)
    assert stop.reason is Reason.ENDED
    assert board.cpu.gpr[16] == 7


def test_random_goes_down_from_the_last_entry_to_wired() -> None:
    source = "li $t0, 61; mtc0 $t0, $6;" + "".join(
        f"mfc0 ${register}, $1;" for register in range(16, 23)
    )
    board, _ = run(source + "1: b 1b; nop")
    assert [board.cpu.gpr[i] for i in range(16, 23)] == [63, 62, 61, 63, 62, 61, 63]


def test_the_console_interrupts_at_ip2() -> None:
    source = """
        .org  0xffffffff80000180
        mfc0  $s0, $13
        lbu   $s1, 0($t1)
        mfc0  $s2, $13
    1:  b     1b
        nop
        .org  0xffffffff80001000
    _start:
        la    $t1, 0xffffffffbfd003f8
        li    $t0, 1
        sb    $t0, 1($t1)
        li    $t0, 0x0401
        mtc0  $t0, $12
    2:  b     2b
        nop
    """
    board = board_with(source)
    assert board.run(LIMIT).reason is Reason.ENDED, "nothing has arrived: nothing can leave"
    board.receive(b"x")
    assert board.run(LIMIT).reason is Reason.ENDED
    assert board.cpu.gpr[16] & 0xFF7C == 0x0400
    assert board.cpu.gpr[17] == ord("x")
    assert board.cpu.gpr[18] & 0xFF00 == 0


HELLO = """
        la    $t0, 0xffffffffbfd003f8
        la    $t1, text
    1:  lbu   $t2, 0($t1)
        beqz  $t2, 2f
        addiu $t1, $t1, 1
        b     1b
        sb    $t2, 0($t0)
    2:  b     2b
        nop
    text: .asciiz "{}"
"""


def test_boards_do_not_know_of_each_other() -> None:
    boards = [board_with(HELLO.format(text), model)
              for text, model in (("first", R10000), ("second", R4000))]  # fmt: skip
    stops = [board.run(1) for _ in range(200) for board in boards]
    assert [bytes(board.output) for board in boards] == [b"first", b"second"]
    assert {stop.reason for stop in stops} == {Reason.LIMIT}


def test_runs_are_the_same_each_time() -> None:
    first, second = (run(HELLO.format("again")) for _ in range(2))
    assert first[1] == second[1]
    assert first[0].cpu.cp0 == second[0].cpu.cp0


ADDRESSES = [START, 0, 0xFFFF_FFFF_BFD0_03F8, 0x9800_0000_0000_2000, 0xFFFF_FFFF_BFC0_0000]
any_word = st.integers(0, MASK32)
any_instruction = st.builds(
    lambda row, rest: row.match | rest & ~row.fixed, st.sampled_from(TABLE), any_word
)
any_register = st.sampled_from(ADDRESSES) | st.integers(0, MASK64)


@both_models
@given(
    st.lists(any_instruction | any_word, min_size=16, max_size=64),
    st.lists(any_register, min_size=31, max_size=31),
    st.integers(0, MASK32),
)
def test_wild_programs_never_raise_a_python_error(
    model: Model, words: list[int], registers: list[int], status: int
) -> None:
    """Any instructions and words, also as handlers, with any registers and any Status."""
    code = b"".join(word.to_bytes(4, "big") for word in words)
    board = Board(model, 1 << 16)
    board.load(Image(START, (ImageSegment(0, code * (0x3000 // len(code)), 0x3000),)))
    for number, value in enumerate(registers, 1):
        board.cpu.gpr[number] = value
    board.cpu.cp0.status = status & ~BEV
    stop = board.run(300)
    assert stop.instructions <= 300
    assert 0 <= board.cpu.pc <= MASK64
    assert all(0 <= board.cpu.gpr[i] <= MASK64 for i in range(32))
    assert board.cpu.gpr[0] == 0
