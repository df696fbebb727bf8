"""Breakpoints, watchpoints, and the way back."""

from hypothesis import given
from hypothesis import strategies as st

from disco.mips.cp0 import STATUS_RE
from disco.mips.model import R10000
from disco.mips.references import load
from disco.mips.tlb import TlbEntry
from disco.oracle.gdb.debuggee import (
    Cause,
    Debuggee,
    Halt,
    Watch,
    Watchpoint,
    physical_parts,
)
from disco.oracle.gdb.history import History
from disco.oracle.gdb.registers import registers
from tests.oracle.gdb.boards import (
    BEFORE,
    COUNTER,
    DATA,
    LOOP,
    ROUND,
    START,
    STORE,
    debug,
    make_board,
    number_of,
    observe,
)

STEPPED, BEGIN = Halt(Cause.STEPPED), Halt(Cause.BEGIN)


def never() -> bool:
    return False


def run(debuggee: Debuggee, limit: int | None = None) -> Halt:
    return debuggee.forward(limit, never)


def back(debuggee: Debuggee, limit: int | None = None) -> Halt:
    return debuggee.backward(limit, never)


def counted(debuggee: Debuggee) -> int:
    return int.from_bytes(debuggee.read(DATA, 4))


def test_steps() -> None:
    debuggee = debug(COUNTER)
    assert run(debuggee, BEFORE) == STEPPED
    assert (debuggee.cpu.pc, debuggee.position) == (LOOP, BEFORE)
    assert run(debuggee, 0) == STEPPED
    assert debuggee.position == BEFORE


def test_a_breakpoint_stops_before_its_instruction_each_time_around() -> None:
    debuggee = debug(COUNTER)
    debuggee.breakpoints.add(STORE)
    for rounds in range(3):
        assert run(debuggee) == Halt(Cause.BREAKPOINT)
        assert debuggee.cpu.pc == STORE
        assert counted(debuggee) == rounds
    for rounds in (1, 0):
        assert back(debuggee) == Halt(Cause.BREAKPOINT)
        assert debuggee.cpu.pc == STORE
        assert counted(debuggee) == rounds
    assert back(debuggee) == BEGIN
    assert debuggee.position == 0
    assert back(debuggee, 1) == BEGIN


def test_a_breakpoint_at_the_first_instruction() -> None:
    debuggee = debug(COUNTER)
    debuggee.breakpoints.add(START)
    run(debuggee, 20)
    assert back(debuggee) == Halt(Cause.BREAKPOINT)
    assert debuggee.position == 0


def test_a_write_watchpoint_stops_before_the_store_and_behind_it_on_the_way_back() -> None:
    debuggee = debug(COUNTER)
    watchpoint = Watchpoint(Watch.WRITE, DATA + 3, 1)
    debuggee.set_watchpoint(watchpoint)
    for rounds in range(2):
        assert run(debuggee) == Halt(Cause.WATCHPOINT, watchpoint)
        assert (debuggee.cpu.pc, counted(debuggee)) == (STORE, rounds)
        run(debuggee, 1)
        assert counted(debuggee) == rounds + 1
    run(debuggee, 3)
    for rounds in (2, 1):
        assert back(debuggee) == Halt(Cause.WATCHPOINT, watchpoint)
        assert (debuggee.cpu.pc, counted(debuggee)) == (STORE + 4, rounds)
    debuggee.clear_watchpoint(watchpoint)
    assert back(debuggee) == BEGIN
    assert run(debuggee, 100) == STEPPED


def test_read_and_access_watchpoints() -> None:
    for kind, places in ((Watch.READ, [LOOP, LOOP]), (Watch.ACCESS, [LOOP, STORE])):
        debuggee = debug(COUNTER)
        debuggee.set_watchpoint(Watchpoint(kind, DATA, 4))
        found = []
        for _ in places:
            assert run(debuggee).cause is Cause.WATCHPOINT
            found.append(debuggee.cpu.pc)
        assert found == places


def test_a_watchpoint_beside_the_reference_and_on_fetched_words() -> None:
    debuggee = debug(COUNTER)
    debuggee.set_watchpoint(Watchpoint(Watch.ACCESS, DATA + 4, 8))
    debuggee.set_watchpoint(Watchpoint(Watch.READ, START, 64))
    debuggee.set_watchpoint(Watchpoint(Watch.ACCESS, 0, 4))
    assert run(debuggee, 200) == STEPPED


def test_a_watchpoint_sees_other_addresses_of_the_same_memory() -> None:
    debuggee = debug(COUNTER)
    uncached = DATA + 0x2000_0000
    debuggee.set_watchpoint(Watchpoint(Watch.WRITE, uncached, 4))
    assert run(debuggee).cause is Cause.WATCHPOINT
    assert debuggee.cpu.pc == STORE


def test_watching_changes_nothing() -> None:
    plain, watched = debug(COUNTER), debug(COUNTER)
    watched.set_watchpoint(Watchpoint(Watch.ACCESS, DATA, 4))
    while watched.position < 300:
        run(watched, 300 - watched.position)
    run(plain, 300)
    assert observe(watched) == observe(plain)


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 4000)), min_size=1, max_size=8))
def test_every_way_to_a_moment_finds_the_same_board(moves: list[tuple[bool, int]]) -> None:
    debuggee = debug(COUNTER)
    for forwards, steps in moves:
        if forwards:
            assert run(debuggee, steps) == STEPPED
        else:
            assert back(debuggee, steps) in (STEPPED, BEGIN)
        straight = debug(COUNTER)
        run(straight, debuggee.position)
        assert observe(debuggee) == observe(straight)


def test_the_way_back_is_long() -> None:
    debuggee = debug(COUNTER)
    run(debuggee, 60_000)
    later = observe(debuggee)
    for position in (59_999, 59_998, 59_000, 31_234, 5, 0):
        assert back(debuggee, debuggee.position - position) == STEPPED
        assert debuggee.position == position
        assert counted(debuggee) == max(0, (position - BEFORE + ROUND - 3) // ROUND)
    run(debuggee, 60_000)
    assert observe(debuggee) == later


def test_what_was_sent_is_not_sent_again_on_the_way_back() -> None:
    sent: list[bool] = []
    debuggee = Debuggee(make_board(COUNTER, send=lambda byte: sent.append(debuggee.replaying)))
    run(debuggee, 100)
    assert sent
    assert not any(sent)
    sent.clear()
    back(debuggee, 10)
    assert sent
    assert all(sent)
    sent.clear()
    run(debuggee, 10)
    assert sent == [False]


def test_changes_are_undone_by_going_back() -> None:
    debuggee = debug(COUNTER)
    run(debuggee, 50)
    before = observe(debuggee)
    run(debuggee, 1)
    back(debuggee, 1)
    assert observe(debuggee) == before
    assert debuggee.write(DATA, bytes(4))
    debuggee.write_register(registers(R10000)[number_of("r2")], 77)
    run(debuggee, 50)
    changed = observe(debuggee)
    assert debuggee.cpu.gpr[2] == 77
    back(debuggee, 30)
    assert debuggee.cpu.gpr[2] == 77
    run(debuggee, 30)
    assert observe(debuggee) == changed
    back(debuggee, 51)
    assert debuggee.cpu.gpr[2] == 0
    run(debuggee, 1)
    assert observe(debuggee) == before


def test_an_interrupt_both_ways() -> None:
    debuggee = debug(COUNTER)
    assert debuggee.forward(None, lambda: True) == Halt(Cause.INTERRUPTED)
    assert debuggee.position > 0
    run(debuggee, 5000)
    debuggee.breakpoints.add(0)
    assert debuggee.backward(None, lambda: True) == Halt(Cause.INTERRUPTED)


def test_the_end_and_a_wild_program() -> None:
    debuggee = debug("1: b 1b; nop")
    assert run(debuggee).cause is Cause.ENDED
    assert run(debuggee).cause is Cause.ENDED
    debuggee = debug("syscall")
    halt = run(debuggee)
    assert halt.cause is Cause.UNDELIVERABLE
    assert "System call exception" in halt.detail
    assert back(debuggee, 1) == STEPPED
    assert debuggee.cpu.pc == START


def test_memory() -> None:
    debuggee = debug(COUNTER)
    assert debuggee.write(DATA - 2, b"abcd")
    assert debuggee.read(DATA - 2, 4) == b"abcd"
    assert debuggee.read(0x1FFE, 4, physical=True) == b"abcd"
    assert debuggee.write(0x2000, b"xy", physical=True)
    assert debuggee.read(DATA - 2, 4) == b"abxy"
    assert debuggee.read(0xFFFF_FFFF_8000_FFFE, 8) == bytes(2)
    assert debuggee.read(0, 8) == b"", "not in the TLB"
    assert not debuggee.write(0xFFFF_FFFF_8000_FFFE, b"abcd")
    assert debuggee.read(0xFFFF_FFFF_8000_FFFE, 2) == bytes(2)
    assert debuggee.read(0xFFFF_FFFF_BFC0_0000, 4) == bytes(4)


def test_devices_are_not_read() -> None:
    debuggee = debug(COUNTER)
    debuggee.board.receive(b"a")
    assert debuggee.read(0xFFFF_FFFF_BFD0_03F8, 1) == b""
    assert not debuggee.write(0xFFFF_FFFF_BFD0_03F8, b"a")
    assert debuggee.board.output == b""
    assert debuggee.board.console.read(0) == ord("a")


def test_checkpoints_are_few_and_the_first_ones_stay() -> None:
    board = debug(COUNTER).board
    history = History(board)
    for position in range(0, 5_000_000, 10_000):
        history.note(position)
    kept = {history.before(position).position for position in range(0, 5_000_000, 1000)}
    assert 10 < len(kept) <= 40
    assert history.begin == 0
    for position in range(1, 100):
        history.add(5_000_000 + position, edited=True)
    assert history.begin >= 5_000_000
    assert history.before(5_000_099).position == 5_000_099


def test_reversed_byte_order() -> None:
    debuggee = debug(COUNTER)
    cpu = debuggee.cpu
    debuggee.write(DATA, bytes(range(8)))
    cpu.tlb[0] = TlbEntry(present=True, mask=0, vpn2=0x2000, asid=0, glob=True, lo0=0x82, lo1=0)
    cpu.cp0.status |= STATUS_RE | 2 << 3
    assert debuggee.read(0x2000, 8) == bytes(range(7, -1, -1))
    assert debuggee.read(0x2002, 2) == b"\x05\x04"
    debuggee.set_watchpoint(Watchpoint(Watch.READ, 0x2002, 2))
    assert load(cpu, 0x2002, 2) == 0x0405
    assert list(physical_parts(cpu, 0x2002, 2)) == [(0x2005, 1), (0x2004, 1)]


def test_linked_loads_are_watched_without_breaking_the_link() -> None:
    debuggee = debug(f"la $t0, {DATA:#x}; ll $t1, 0($t0); sc $t2, 0($t0); nop")
    debuggee.set_watchpoint(Watchpoint(Watch.ACCESS, DATA, 4))
    assert run(debuggee).cause is Cause.WATCHPOINT
    assert run(debuggee).cause is Cause.WATCHPOINT
    assert debuggee.cpu.link
    assert run(debuggee, 1) == STEPPED
    assert debuggee.cpu.gpr[14] == 1  # $t2


def test_a_watchpoint_and_a_store_of_some_bytes_of_a_word() -> None:
    for offset, size, stops in ((1, 1, False), (2, 1, True), (3, 4, True), (4, 4, False)):
        debuggee = debug(f"la $t0, {DATA:#x}; swl $t0, 2($t0); 1: b 1b; nop")
        watchpoint = Watchpoint(Watch.WRITE, DATA + offset, size)
        debuggee.set_watchpoint(watchpoint)
        debuggee.set_watchpoint(watchpoint)
        assert (run(debuggee).cause is Cause.WATCHPOINT) is stops
        debuggee.clear_watchpoint(watchpoint)
        debuggee.clear_watchpoint(watchpoint)
        assert debuggee.watchpoints == ()
        assert run(debuggee).cause is Cause.ENDED
