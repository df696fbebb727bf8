"""Packets of the remote protocol: framing, checksums, escapes."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disco.oracle.gdb.packets import PACKET_SIZE, PacketReader, Signal, frame


def read(pieces: Iterable[bytes]) -> list[bytes | Signal]:
    reader = PacketReader()
    return [event for piece in pieces for event in reader.feed(piece)]


@given(st.lists(st.binary(max_size=40), max_size=5), st.data())
def test_packets_come_through_in_any_pieces(contents: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(map(frame, contents))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    pieces = [stream[i:j] for i, j in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert read(pieces) == contents


@given(st.binary(max_size=40), st.data())
def test_a_changed_byte_is_noticed(content: bytes, data: st.DataObject) -> None:
    packet = bytearray(frame(content))
    place = data.draw(st.integers(1, len(packet) - 1))
    same = bytes(packet[place : place + 1]).swapcase() + bytes(packet[place : place + 1])
    packet[place] = data.draw(st.integers(0, 255).filter(lambda byte: byte not in same))
    assert content not in read([bytes(packet)])


def test_the_manual_s_frame() -> None:
    assert frame(b"OK") == b"$OK#9a"
    assert frame(b"a#b") == b"$a}\x03b#" + b"%02x" % (sum(b"a}\x03b") & 0xFF)


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"+-\x03", [Signal.ACKNOWLEDGED, Signal.REFUSED, Signal.INTERRUPT]),
        (b"noise+", [Signal.ACKNOWLEDGED]),
        (b"$a#00", [Signal.DAMAGED]),
        (b"$a#zz", [Signal.DAMAGED]),
        (b"$a\x03#64", [b"a\x03"]),
        (b"$lost$g#67", [b"g"]),
        (b"$#00", [b""]),
        (b"$g#67$g#67", [b"g", b"g"]),
        (b"$m}", []),
    ],
)
def test_streams(stream: bytes, events: list[bytes | Signal]) -> None:
    assert read([stream]) == events


def test_a_packet_that_is_too_long() -> None:
    assert read([frame(b"x" * PACKET_SIZE)]) == [b"x" * PACKET_SIZE]
    assert read([frame(b"x" * (PACKET_SIZE + 1)) + frame(b"g")]) == [Signal.DAMAGED, b"g"]
