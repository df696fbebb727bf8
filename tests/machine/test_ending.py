"""A run ends at a branch to itself exactly when nothing can leave it."""

import pytest

from disco.machine.board import Reason
from disco.mips.model import R4000, R10000, Model
from tests.machine.programs import board_with, reason, run

IM7, IM2, IE, EXL, ERL, KX = 0x8000, 0x0400, 0x1, 0x2, 0x4, 0x80

LOOPS = [
    "1: b 1b; nop",
    "1: j 1b; nop",
    "la $t0, 1f; 1: jr $t0; nop",
    "1: beq $t0, $t0, 1b; addu $t1, $t2, $t3",
    "1: beql $zero, $zero, 1b; li $t1, 5",
    "1: bgez $zero, 1b; mult $t0, $t1",
    "1: bal 1b; nop",
    "1: jal 1b; nop",
    "la $t0, 1f; 1: jalr $t1, $t0; nop",
    "1: b 1b; addiu $zero, $zero, 1",
    "li $t0, 3; 1: beqz $t0, 1b; srl $t0, $t0, 1; 2: b 2b; nop",
    "la $t0, 0xffffffff80002000; 1: b 1b; lw $t1, 0($t0)",
    "la $t0, 0xffffffff80002000; 1: b 1b; sw $t0, 0($t0)",
    "la $t0, 0xffffffff80002000; 1: b 1b; swr $t0, 2($t0)",
    "la $t0, 0xffffffff80002000; 1: b 1b; ll $t1, 0($t0)",
    "la $t0, 0xffffffff80002000; 1: b 1b; sc $t1, 0($t0)",
    "1: b 1b; sync",
]


@pytest.mark.parametrize("model", [R10000, R4000], ids=lambda model: model.name)
@pytest.mark.parametrize("source", LOOPS)
def test_ends(source: str, model: Model) -> None:
    board, stop = run(source, model)
    assert stop.reason is Reason.ENDED
    assert stop.instructions < 40
    assert stop.pc == board.cpu.pc
    assert not board.cpu.delay_slot


NO_ENDS = [
    "1: b 1b; addiu $t0, $t0, 1",
    "1: b 1b; daddiu $t0, $t0, 1",
    "1: b 2f; nop; 2: b 1b; nop",
    "1: nop; b 1b; nop",
    "1: b 1b; mfc0 $t0, $9",
    "1: b 1b; mfc0 $zero, $9",
    "1: b 1b; mtc0 $zero, $11",
    "1: b 1b; mfc0 $t0, $1",
    "1: b 1b; tlbwr",
    "la $t0, 0xffffffffbfd003f8; 1: b 1b; lbu $t1, 5($t0)",
    "la $t0, 0xffffffffbfd003f8; 1: b 1b; sb $t1, 7($t0)",
]


@pytest.mark.parametrize("source", NO_ENDS)
def test_goes_on(source: str) -> None:
    assert reason(source) is Reason.LIMIT


def test_polling_for_the_timer_leaves_the_loop() -> None:
    source = """
        mtc0  $zero, $9
        li    $t0, 500
        mtc0  $t0, $11
        li    $t1, 0x8000
    1:  beqz  $t2, 1b           # Cause.IP7, once Count has met Compare
        mfc0  $t2, $13
        li    $s0, 7
    2:  b     2b
        nop
    """
    board, stop = run(source)
    assert stop.reason is Reason.ENDED
    assert board.cpu.gpr[16] == 7
    assert stop.instructions > 500


def test_a_slot_that_rewrites_its_branch_leaves_the_loop() -> None:
    source = """
        la    $t0, 1f
        la    $t1, 4f
        lw    $t1, 0($t1)
    1:  b     1b
        sw    $t1, 0($t0)
        li    $s0, 7
    2:  b     2b
        nop
    4:  nop
    """
    board, stop = run(source)
    assert stop.reason is Reason.ENDED
    assert board.cpu.gpr[16] == 7


def test_a_slot_that_rewrites_itself_leaves_the_loop() -> None:
    source = """
        la    $t0, 1f
        la    $t1, 4f
        lw    $t1, 0($t1)
        li    $t2, 0
    1:  beqz  $t2, 1b
        sw    $t1, 4($t0)       # becomes the next word, which ends the loop in the second round
        li    $s0, 7
    2:  b     2b
        nop
    4:  addiu $t2, $t2, 1
    """
    board, stop = run(source)
    assert stop.reason is Reason.ENDED
    assert board.cpu.gpr[16] == 7


def _loop_with(status: int) -> str:
    return f"li $t0, {status:#x}; mtc0 $t0, $12; 1: b 1b; nop"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (KX | IE | IM7, Reason.LIMIT),
        (KX | IM7, Reason.ENDED),
        (KX | IE, Reason.ENDED),
        (KX | IE | IM2, Reason.ENDED),
        (KX | IE | IM7 | EXL, Reason.ENDED),
        (KX | IE | IM7 | ERL, Reason.ENDED),
    ],
)
def test_only_the_timer_can_leave(status: int, expected: Reason) -> None:
    assert reason(_loop_with(status)) is expected


def test_the_timer_does_leave() -> None:
    source = """
        .org  0xffffffff80000180
        li    $s0, 7
    1:  b     1b                # EXL = 1: the end
        nop
        .org  0xffffffff80001000
    _start:
        mtc0  $zero, $9
        li    $t0, 300
        mtc0  $t0, $11
        li    $t0, 0x8081
        mtc0  $t0, $12
    2:  b     2b
        nop
    """
    board = board_with(source)
    stop = board.run(2000)
    assert stop.reason is Reason.ENDED
    assert board.cpu.gpr[16] == 7
    assert 300 < stop.instructions < 400


def test_in_user_mode_with_the_loop_in_the_tlb() -> None:
    """EntryLo: frame 1, cacheable, valid, global: virtual 0x1000 is physical 0x1000."""
    source = """
        li    $t0, 0x5f
        mtc0  $t0, $3
        li    $t0, 0x1f
        mtc0  $t0, $2
        mtc0  $zero, $10
        mtc0  $zero, $0
        tlbwi
        la    $t0, 1f
        li    $t1, 0x1fff
        and   $t0, $t0, $t1
        mtc0  $t0, $14
        li    $t0, 0x12
        mtc0  $t0, $12
        eret
    1:  b     1b
        nop
    """
    _, stop = run(source)
    assert stop.reason is Reason.ENDED
    assert stop.pc < 0x2000


def test_a_loop_that_loses_its_translation() -> None:
    """Random goes 63, 62, 61: the third time around, the slot overwrites the loop's own entry."""
    source = """
        .org  0xffffffff80000900
    1:  b     1b
        tlbwr
        .org  0xffffffff80001000
    _start:
        li    $t0, 0x1f
        mtc0  $t0, $2
        mtc0  $t0, $3           # page pair 0 is physical page 0, twice
        mtc0  $zero, $10
        li    $t0, 61
        mtc0  $t0, $0
        tlbwi
        lui   $t0, 0x0040       # another page pair
        mtc0  $t0, $10
        li    $t0, 0x900
        jr    $t0
        nop
    """
    _, stop = run(source)
    assert stop.reason is Reason.UNDELIVERABLE
    assert stop.detail.startswith("TLB refill (fetch) exception (EPC 0x900, BadVAddr 0x900)")
