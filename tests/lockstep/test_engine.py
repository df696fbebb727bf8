"""The comparison engine, with a peer that is made here."""

from collections.abc import Iterator

import attrs
import pytest

from disco.machine.board import Board, Reason
from disco.machine.image import Image, ImageSegment
from disco.mips.assembler import assemble
from disco.oracle.gdb_peer import read_registers
from disco.oracle.lockstep import DivergenceError, Lockstep, Observation, PeerError
from disco.oracle.lockstep_inputs import INPUTS
from tests.oracle.commands import GUESTS, disco

_SOURCE = """
_start: li    $2, 3
        mfc0  $3, $9
        li    $4, 0x123456789abcdef0
        addu  $5, $4, $2
        mult  $2, $2
loop:   bnez  $2, loop
        addiu $2, $2, -1
        syscall
""".replace("li    $4", "dli   $4")


def _board() -> Board:
    made = assemble(_SOURCE)
    board = Board()
    parts = tuple(ImageSegment(s.address, s.data, len(s.data)) for s in made.sections)
    vector = ImageSegment(0xFFFF_FFFF_BFC0_0380, bytes.fromhex("1000ffff00000000"), 8)
    board.load(Image(made.entry, (*parts, vector)))
    return board


def _states(changes: dict[int, dict[str, object]]) -> Iterator[Observation]:
    """Give the states of the reference itself, with changes by their number."""
    board, number = _board(), 0
    cpu = board.cpu
    while True:
        cp0 = cpu.cp0
        state = Observation(
            pc=cpu.pc, gpr=[cpu.gpr[i] for i in range(32)], hi=cpu.hi, lo=cpu.lo,
            status=cp0.status, cause=cp0.cause, epc=cp0.epc,
        )  # fmt: skip
        for name, value in changes.get(number, {}).items():
            setattr(state, name, value)
        yield state
        board.run(1)
        number += 1


def _run(changes: dict[int, dict[str, object]]) -> Lockstep:
    board = _board()
    lockstep = Lockstep(board, _states(changes), INPUTS)
    assert board.run(200, lockstep.step).reason is Reason.ENDED
    return lockstep


def test_equal_states_need_no_difference() -> None:
    """But for Count, which stands still in the reference and advances in the peer."""
    assert _run({}).used == {"Count": 1}


@pytest.mark.parametrize(
    ("number", "change"),
    [
        (1, {"pc": 0x1234}),
        (8, {"lo": 10}),
        (9, {"status": 0}),
        (9, {"cause": 1 << 8}),
        (9, {"epc": 4}),
        (9, {"bad_vaddr": 4}),
        (12, {"gpr": [7] * 32}),
    ],
)
def test_the_first_difference_ends_the_run(number: int, change: dict[str, object]) -> None:
    with pytest.raises(DivergenceError) as caught:
        _run({number: change})
    assert caught.value.steps == number
    (name,) = change
    assert any(differing.startswith(name) for differing in caught.value.differing)
    assert "reference" in str(caught.value)


def test_what_the_architecture_leaves_open_is_taken_from_the_peer() -> None:
    """ADDU of a register that is no word: any word may come out."""
    states = list(_take(_states({}), 30))
    number = next(i for i, state in enumerate(states) if state.gpr[5] != 0)
    board = _board()

    def other() -> Iterator[Observation]:
        for i, state in enumerate(states):
            gpr = [*state.gpr[:5], 77, *state.gpr[6:]]
            yield state if i < number else attrs.evolve(state, gpr=gpr)

    lockstep = Lockstep(board, other(), INPUTS)
    board.run(25, lockstep.step)
    assert lockstep.used["open: NOT_A_WORD"] == 1
    assert board.cpu.gpr[5] == 77


def _take(states: Iterator[Observation], count: int) -> Iterator[Observation]:
    for _ in range(count):
        yield next(states)


def test_a_peer_that_ends() -> None:
    board = _board()
    lockstep = Lockstep(board, _take(_states({}), 4), INPUTS)
    with pytest.raises(PeerError, match="ended after 3 steps"):
        board.run(200, lockstep.step)


def test_a_peer_that_stands_elsewhere() -> None:
    with pytest.raises(PeerError, match="the peer stands at 0x1234"):
        Lockstep(_board(), _states({0: {"pc": 0x1234}}), INPUTS)


@pytest.mark.parametrize("answer", ["", "E01", "00" * 100, "x" * 608])
def test_nonsense_from_a_stub(answer: str) -> None:
    with pytest.raises(PeerError, match="registers of 64 bits are due"):
        read_registers(answer)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("nowhere", "no address"),
        ("127.0.0.1:0", "no address"),
        ("127.0.0.1:1", "cannot be reached"),
    ],
)
def test_a_stub_that_is_not_there(address: str, message: str) -> None:
    done = disco("lockstep", "gdb", address, GUESTS / "bin" / "sort-mips3-32")
    assert done.status == 2
    assert message in done.errors
    assert done.errors.count("\n") == 1
