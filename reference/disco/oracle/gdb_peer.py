"""A stub of GDB's remote protocol as a peer: step, then read the registers.

The registers are those of GDB for 64-bit MIPS: the general registers, Status, LO, HI, BadVAddr,
Cause, PC, each 64 bits. EPC is not among them.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from disco.bits import MASK32
from disco.oracle.lockstep import Observation, PeerError

TIMEOUT = 10.0
"""Seconds to wait for an answer."""
_REGISTERS = 38
_LONGEST = 1 << 16
_STATUS, _LO, _HI, _BAD_VADDR, _CAUSE, _PC = range(32, 38)


@contextmanager
def gdb_stub(address: str) -> Iterator[Iterator[Observation]]:
    """Connect to the stub at HOST:PORT and give its states, a step between two of them.

    Raises PeerError when it does not answer, or answers nonsense.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 1 << 16:
        raise PeerError(f"{address!r} is no address of the form HOST:PORT")
    try:
        connection = socket.create_connection((host, int(port)), TIMEOUT)
    except OSError as error:
        raise PeerError(f"{address} cannot be reached: {error.strerror or error}") from None
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield _states(_Stub(connection, address))


def _states(stub: "_Stub") -> Iterator[Observation]:
    stub.ask("?")
    while True:
        yield read_registers(stub.ask("g"))
        answer = stub.ask("s")
        if answer[:1] in ("W", "X"):
            return
        if answer[:1] not in ("S", "T"):
            raise PeerError(f"the stub answers {answer[:40]!r} to a step")


def read_registers(answer: str) -> Observation:
    """Read the answer to `g`. Raises PeerError when it is none."""
    try:
        values = [int(answer[at : at + 16], 16) for at in range(0, 16 * _REGISTERS, 16)]
    except ValueError:
        raise PeerError(
            f"the stub answers {answer[:40]!r} where {_REGISTERS} registers of 64 bits are due"
        ) from None
    return Observation(
        pc=values[_PC], gpr=values[:32], hi=values[_HI], lo=values[_LO],
        status=values[_STATUS] & MASK32, cause=values[_CAUSE] & MASK32,
        bad_vaddr=values[_BAD_VADDR],
    )  # fmt: skip


class _Stub:
    """The packets of the protocol."""

    def __init__(self, connection: socket.socket, address: str) -> None:
        self._connection = connection
        self._address = address
        self._data = b""

    def ask(self, question: str) -> str:
        """Send a packet and give the answer's text."""
        packet = question.encode()
        try:
            self._connection.sendall(b"$%b#%02x" % (packet, sum(packet) & 0xFF))
            return self._answer()
        except TimeoutError:
            raise PeerError(f"{self._address} has not answered for {TIMEOUT:.0f} s") from None
        except OSError as error:
            raise PeerError(f"{self._address}: {error.strerror or error}") from None

    def _answer(self) -> str:
        while True:
            begin = self._data.find(b"$")
            end = self._data.find(b"#", begin) if begin >= 0 else -1
            if end >= 0 and len(self._data) >= end + 3:
                break
            data = self._connection.recv(1 << 16)
            if not data:
                raise PeerError(f"{self._address} has closed the connection")
            self._data += data
            if len(self._data) > _LONGEST:
                raise PeerError(f"{self._address} answers with no packet of the protocol")
        body, check = self._data[begin + 1 : end], self._data[end + 1 : end + 3]
        self._data = self._data[end + 3 :]
        if b"%02x" % (sum(body) & 0xFF) != check.lower():
            raise PeerError(f"{self._address} answers with a wrong checksum")
        self._connection.sendall(b"+")
        return body.decode("latin-1")
