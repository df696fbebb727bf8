"""The connection: acknowledgements, interrupts, and an end at any place."""

import socket

from disco.oracle.gdb.packets import frame
from disco.oracle.gdb.server import serve
from tests.oracle.gdb.boards import COUNTER, debug


def talk(*sent: bytes) -> bytes:
    """Send all of it at once, hang up, and give what the server has said."""
    ours, its = socket.socketpair()
    with ours, its:
        ours.sendall(b"".join(sent))
        ours.shutdown(socket.SHUT_WR)
        serve(its, debug(COUNTER), 64)
        its.shutdown(socket.SHUT_WR)
        said = b""
        while data := ours.recv(1 << 16):
            said += data
        return said


STOPPED, INTERRUPTED = frame(b"T05"), frame(b"T02")


def test_packets_are_acknowledged() -> None:
    assert talk(frame(b"?"), b"+", frame(b"?")) == 2 * (b"+" + STOPPED)


def test_damaged_packets_are_refused() -> None:
    assert talk(b"$?#00", frame(b"?")) == b"-+" + STOPPED


def test_a_refused_answer_is_sent_again() -> None:
    assert talk(frame(b"?"), b"-") == b"+" + 2 * STOPPED


def test_acknowledgements_can_be_waived() -> None:
    assert talk(frame(b"QStartNoAckMode"), b"+$?#00", frame(b"?")) == (
        b"+" + frame(b"OK") + STOPPED
    )


def test_an_interrupt_while_the_program_runs() -> None:
    assert talk(frame(b"c"), b"\x03", frame(b"?")) == b"+" + INTERRUPTED + b"+" + INTERRUPTED


def test_an_interrupt_while_the_program_stands() -> None:
    assert talk(b"\x03", frame(b"?")) == b"+" + STOPPED


def test_hanging_up_stops_the_program() -> None:
    assert talk(frame(b"c")).startswith(b"+")
    assert talk(frame(b"m")[:-1]) == b""


def test_leaving() -> None:
    assert talk(frame(b"k"), frame(b"?")) == b"+"
    assert talk(frame(b"D"), frame(b"?")) == b"+" + frame(b"OK")


def test_a_client_that_does_not_listen() -> None:
    ours, its = socket.socketpair()
    with its:
        ours.sendall(100 * frame(b"g"))
        ours.close()
        serve(its, debug(COUNTER), 64)
