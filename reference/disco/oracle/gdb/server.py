"""The connection to a debugger: bytes in and out, acknowledgements, Ctrl-C."""

import select
import socket
from collections import deque

from disco.oracle.gdb.debuggee import Debuggee
from disco.oracle.gdb.packets import PacketReader, Signal, frame
from disco.oracle.gdb.session import Session

_CHUNK = 1 << 16


class Connection:
    """Packets over a stream socket. A connection that breaks is one that was closed."""

    def __init__(self, stream: socket.socket) -> None:
        self._stream = stream
        self._reader = PacketReader()
        self._arrived: deque[bytes | Signal] = deque()
        self._last_sent = b""
        self.acknowledging = True
        """Every packet is acknowledged; until the debugger waives it."""
        self.closed = False

    def receive(self) -> bytes | None:
        """Wait for the next packet; None when the connection is closed."""
        while True:
            while self._arrived:
                arrived = self._arrived.popleft()
                if isinstance(arrived, bytes):
                    self._acknowledge(b"+")
                    return arrived
                if arrived is Signal.DAMAGED:
                    self._acknowledge(b"-")
                elif arrived is Signal.REFUSED:
                    self._write(self._last_sent)
            if self.closed:
                return None
            self._read()

    def send(self, content: bytes) -> None:
        """Send a packet."""
        self._last_sent = frame(content)
        self._write(self._last_sent)

    def interrupted(self) -> bool:
        """Tell, without waiting, whether the debugger interrupts or has gone."""
        while not self.closed and select.select([self._stream], [], [], 0)[0]:
            self._read()
        if Signal.INTERRUPT in self._arrived:
            self._arrived.remove(Signal.INTERRUPT)
            return True
        return self.closed

    def _acknowledge(self, sign: bytes) -> None:
        if self.acknowledging:
            self._write(sign)

    def _read(self) -> None:
        try:
            data = self._stream.recv(_CHUNK)
        except OSError:
            data = b""
        if not data:
            self.closed = True
        self._arrived.extend(self._reader.feed(data))

    def _write(self, data: bytes) -> None:
        try:
            self._stream.sendall(data)
        except OSError:
            self.closed = True


def serve(stream: socket.socket, debuggee: Debuggee, address_bits: int) -> None:
    """Serve one debugger until it leaves."""
    connection = Connection(stream)
    session = Session(
        debuggee, address_bits=address_bits,
        notify=connection.send, interrupted=connection.interrupted,
    )  # fmt: skip
    while not session.ended and (packet := connection.receive()) is not None:
        if packet == b"QStartNoAckMode":
            connection.send(b"OK")
            connection.acknowledging = False
            continue
        answer = session.answer(packet)
        if answer is not None:
            connection.send(answer)
