"""Packets of the GDB remote serial protocol: `$body#checksum` (GDB manual E.1)."""

import enum
from collections.abc import Iterator

PACKET_SIZE = 0x4000
"""The longest body in bytes that this side takes, and that it sends."""

_ESCAPE = ord("}")
_ESCAPED = b"}$#*"
"""The bytes that do not stand for themselves in a body."""


class Signal(enum.Enum):
    """What the other side says besides packets."""

    ACKNOWLEDGED = b"+"
    REFUSED = b"-"
    INTERRUPT = b"\x03"
    DAMAGED = b""
    """A packet whose checksum is wrong, or that is too long."""


_SIGNALS = {signal.value[0]: signal for signal in Signal if signal.value}


def checksum(body: bytes | bytearray) -> bytes:
    """Give the two digits behind the `#`: the sum of the bytes of the body modulo 256."""
    return b"%02x" % (sum(body) & 0xFF)


def frame(content: bytes) -> bytes:
    """Make the packet that carries `content`."""
    body = bytearray()
    for byte in content:
        body += bytes((_ESCAPE, byte ^ 0x20)) if byte in _ESCAPED else bytes((byte,))
    return b"$" + bytes(body) + b"#" + checksum(body)


class PacketReader:
    """Divides what arrives into packets and signals, however the bytes come in pieces."""

    def __init__(self) -> None:
        self._body: bytearray | None = None
        """Of the packet that is arriving; None between packets."""
        self._digits: bytearray | None = None
        """Of its checksum; None before the `#`."""
        self._too_long = False

    def feed(self, data: bytes) -> Iterator[bytes | Signal]:
        """Take `data`; give the contents of packets, and signals. Other bytes mean nothing."""
        for byte in data:
            if byte == ord("$") and self._digits is None:
                self._body, self._too_long = bytearray(), False
            elif self._body is None:
                if byte in _SIGNALS:
                    yield _SIGNALS[byte]
            elif self._digits is not None:
                self._digits.append(byte)
                if len(self._digits) == 2:
                    yield self._finish(self._body, bytes(self._digits))
            elif byte == ord("#"):
                self._digits = bytearray()
            elif len(self._body) < PACKET_SIZE:
                self._body.append(byte)
            else:
                self._too_long = True

    def _finish(self, body: bytearray, digits: bytes) -> bytes | Signal:
        self._body = self._digits = None
        if self._too_long or checksum(body) != digits.lower():
            return Signal.DAMAGED
        return _unescape(body)


def _unescape(body: bytearray) -> bytes:
    content = bytearray()
    escaped = False
    for byte in body:
        if escaped:
            content.append(byte ^ 0x20)
            escaped = False
        elif byte == _ESCAPE:
            escaped = True
        else:
            content.append(byte)
    return bytes(content)
