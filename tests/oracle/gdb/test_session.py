"""The answers to packets."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disco.mips.model import MODELS, R10000
from disco.oracle.gdb.packets import PACKET_SIZE, PacketReader, Signal, frame
from disco.oracle.gdb.registers import registers, target_description
from disco.oracle.gdb.session import Session
from disco.oracle.state import describe, read_state, write_state
from tests.oracle.gdb.boards import BEFORE, COUNTER, DATA, LOOP, START, STORE, debug, number_of


def session(source: str = COUNTER, address_bits: int = 64) -> Session:
    return Session(debug(source), address_bits=address_bits, interrupted=lambda: False)


def answers(*packets: str, address_bits: int = 64) -> list[str]:
    here = session(address_bits=address_bits)
    return [(here.answer(packet.encode("latin-1")) or b"").decode() for packet in packets]


def last(*packets: str) -> str:
    return answers(*packets)[-1]


PC = f"{number_of('pc'):x}"


def monitor(command: str) -> str:
    return f"qRcmd,{command.encode().hex()}"


def test_what_the_server_can() -> None:
    features = last("qSupported:multiprocess+;swbreak+").split(";")
    assert {"ReverseStep+", "ReverseContinue+", "qXfer:features:read+"} <= set(features)
    assert f"PacketSize={PACKET_SIZE:x}" in features


def test_the_description_comes_in_parts() -> None:
    document, offset, more = b"", 0, True
    here = session()
    while more:
        part = here.answer(b"qXfer:features:read:target.xml:%x,100" % offset) or b""
        more = part.startswith(b"m")
        document += part[1:]
        offset += len(part) - 1
    assert document == target_description(R10000)


def test_all_registers_and_one() -> None:
    everything = last("g")
    assert len(everything) == 2 * sum(register.size for register in registers(R10000))
    assert everything[16 * 37 : 16 * 38] == f"{START:016x}"
    assert last(f"p{PC}") == f"{START:016x}"
    assert answers("P2=00000000000000ff", "p2") == ["OK", "00000000000000ff"]
    changed = everything[:16] + "0123456789abcdef" + everything[32:]
    assert answers("G" + changed, "g") == ["OK", changed]


def test_memory() -> None:
    assert answers(f"M{DATA:x},2:abcd", f"m{DATA:x},3") == ["OK", "abcd00"]
    assert answers(f"X{DATA:x},2:$#", f"m{DATA:x},2") == ["OK", "2423"]
    assert last("m0,4") == "E0e"
    assert last(f"m{DATA:x},0") == ""
    assert last(f"X{DATA:x},0:") == "OK"
    assert len(last(f"m{START:x},ffffffff")) == PACKET_SIZE


def test_physical_memory() -> None:
    read = f"m{DATA & 0xFFFF:x},2"
    sent = answers(f"M{DATA:x},2:abcd", read, monitor("physical on"), read, monitor("physical off"))
    assert sent[1] == "E0e"
    assert sent[3] == "abcd"


def test_32_bit_addresses_are_sign_extended() -> None:
    place = f"{DATA & 0xFFFF_FFFF:x}"
    written = [f"M{place},2:abcd", f"m{place},2"]
    assert answers(*written, address_bits=32) == ["OK", "abcd"]
    assert answers(*written, address_bits=64) == ["E0e", "E0e"]
    stop = f"Z0,{STORE & 0xFFFF_FFFF:x},4"
    assert answers(stop, "c", f"p{PC}", address_bits=32)[2] == f"{STORE:016x}"


def test_breakpoints_and_steps() -> None:
    assert answers(f"Z0,{LOOP:x},4", "c", f"p{PC}")[1:] == ["T05", f"{LOOP:016x}"]
    assert answers("s", "s", "bs", f"p{PC}")[-1] == f"{START + 4:016x}"
    assert answers(f"s{START + 4:x}", f"p{PC}")[-1] == f"{START + 8:016x}"
    assert answers(f"S05;{START + 4:x}", f"p{PC}")[-1] == f"{START + 8:016x}"
    assert answers(f"Z1,{STORE:x},4", "C05", f"p{PC}")[-1] == f"{STORE:016x}"
    assert answers(f"Z0,{LOOP:x},4", f"z0,{LOOP:x},4", f"Z0,{STORE:x},4", "c", f"p{PC}")[-1] == (
        f"{STORE:016x}"
    )


@pytest.mark.parametrize(("kind", "name"), [("2", "watch"), ("3", "rwatch"), ("4", "awatch")])
def test_watchpoints(kind: str, name: str) -> None:
    expected = f"T05{name}:{DATA:x};"
    assert answers(f"Z{kind},{DATA:x},4", "c", "?")[1:] == [expected, expected]


def test_the_beginning() -> None:
    assert answers("s", "bc", "bs") == ["T05", "T05replaylog:begin;", "T05replaylog:begin;"]


def test_ends_are_told_in_words() -> None:
    notes: list[bytes] = []
    here = Session(debug("1: b 1b; nop"), notify=notes.append, interrupted=lambda: False)
    assert here.answer(b"c") == b"T0f"
    assert bytes.fromhex(notes[0][1:].decode()) == (
        b"disco: the program ended in a branch to itself\n"
    )
    assert Session(debug("syscall")).answer(b"c") == b"T06"


def test_an_interrupt() -> None:
    assert Session(debug(COUNTER), interrupted=lambda: True).answer(b"c") == b"T02"


def test_leaving() -> None:
    for packet, answer in ((b"D", b"OK"), (b"k", None)):
        here = session()
        assert here.answer(packet) == answer
        assert here.ended


@pytest.mark.parametrize(
    "packet",
    [
        "m", "m1", "m1,2,3", "mx,1", "m-1,4", "m1_0,4", "m11112222333344445,1", "M0,1", "M0,1:",
        "M0,1:0", "M0,1:zz", "M0,2:00", "X0,3:ab", "p", "pffff", "px", "P0", "P0=", "P0=00",
        "Pffff=00", "G", "G00", "Gzz", "c-", "cx", "s ", "S", "Sx", "C;", "Z0", "Z0,", "Z0,0",
        "Z0,x,4", "Z2,0,0", "Z2,0,ffffffff", "z2,0", "qXfer:features:read:target.xml:0",
        "qXfer:features:read:target.xml:x,1", "qRcmd,0", "qRcmd,ff", "m0,\xff",
    ],
)  # fmt: skip
def test_packets_that_cannot_be_read(packet: str) -> None:
    assert last(packet) == "E01"


@pytest.mark.parametrize("packet", ["", "vCont?", "vMustReplyEmpty", "Z5,0,4", "qFoo", "!", "~"])
def test_unknown_packets(packet: str) -> None:
    assert last(packet) == ""


def told(*commands: str) -> str:
    here = session()
    here.answer(f"Z0,{LOOP:x},4".encode())
    here.answer(b"c")
    texts = [here.answer(monitor(command).encode()) or b"" for command in commands]
    return bytes.fromhex(texts[-1].decode()).decode()


def test_monitor_commands() -> None:
    assert "translate ADDRESS" in told("help")
    assert told("") == told("help")
    assert told("where") == f"after {BEFORE} steps, in kernel mode\n"
    assert told("tlb") == "the TLB has no entry\n"
    assert told(f"translate {DATA:#x}").splitlines() == [
        f"{DATA:#x} in kseg0/ckseg0",
        "load: physical 0x2000, cache attribute 3",
        "store: physical 0x2000, cache attribute 3",
    ]
    assert "TLB refill" in told("translate 0x1000")
    assert "no segment" in told("translate 0x4000000000000000")
    assert told("translate x") == "x is no address of 64 bits\n"
    assert told("translate").startswith("translate takes 1 argument\n")
    assert told("tlb all").startswith("tlb takes 0 arguments\n")
    assert told("physical maybe") == "physical is on or off, not maybe\n"
    assert told("rm -rf").startswith("no such command: rm\n")


def test_the_tlb_after_a_write() -> None:
    here = session()
    for _ in range(9):
        here.answer(b"s")
    shown = bytes.fromhex((here.answer(monitor("tlb").encode()) or b"").decode()).decode()
    assert shown.startswith("63: vpn2 0x0 mask 0x0 asid 0x0 global 0")


_ADDRESSES = st.one_of(
    st.integers(0, (1 << 64) - 1),
    st.integers(START - 16, START + 64),
    st.integers(DATA - 16, DATA + 16),
    st.sampled_from([0, 0x8000_1000, 0xFFFF_FFFF_BFD0_03F8, 0xFFFF_FFFF_BFC0_FFFC, 0xFFF8]),
)
_HEX = _ADDRESSES.map(lambda number: b"%x" % number)
_SIZES = st.one_of(st.integers(0, 40), st.sampled_from([0x1000, 0x4000, 0xFFFF_FFFF]))
_BYTES = st.binary(max_size=40)


@st.composite
def _meant(draw: st.DrawFn) -> bytes:
    """Make a packet that is one, or nearly."""
    address, size, data = draw(_HEX), b"%x" % draw(_SIZES), draw(_BYTES)
    number = b"%x" % draw(st.integers(0, 110))
    packets = (
        b"g", b"c", b"s", b"bs", b"bc", b"?", b"k", b"D", b"c" + address, b"s" + address,
        b"p" + number, b"P" + number + b"=" + data.hex().encode(), b"P" + number + b"=" + b"ff" * 8,
        b"P" + number + b"=0000000a", b"G" + data.hex().encode(), b"m" + address + b"," + size,
        b"M" + address + b",%x:" % len(data) + data.hex().encode(),
        b"X" + address + b",%x:" % len(data) + data, b"qRcmd," + data.hex().encode(),
        *(b"%c%d," % (letter, kind) + address + b"," + size for letter in b"Zz"
          for kind in range(5)),
        *(b"qRcmd," + text.hex().encode() for text in
          (b"tlb", b"where", b"physical on", b"physical off", b"translate " + number)),
        b"qXfer:features:read:target.xml:" + address + b"," + size,
    )  # fmt: skip
    packet = draw(st.sampled_from(packets))
    if draw(st.integers(0, 3)) == 0 and packet:
        place = draw(st.integers(0, len(packet) - 1))
        packet = packet[:place] + draw(st.binary(max_size=2)) + packet[place + 1 :]
    return packet


_MESSAGES = st.lists(st.one_of(_meant(), _meant(), _meant(), st.binary()), min_size=20, max_size=40)


@given(_MESSAGES, st.sampled_from(sorted(MODELS)), st.sampled_from([32, 64]))
def test_whatever_arrives_is_answered(packets: list[bytes], model: str, bits: int) -> None:
    """The profile `long` sends at least 20 messages in each of 5000 examples: 100,000."""
    debuggee = debug(COUNTER, MODELS[model])
    here = Session(debuggee, address_bits=bits, interrupted=lambda: True)
    for packet in packets:
        answer = here.answer(packet)
        assert answer is None or len(answer) <= PACKET_SIZE + 1
        assert list(PacketReader().feed(frame(answer or b""))) == [answer or b""]
    size = 2 * sum(register.size for register in registers(MODELS[model]))
    assert len(here.answer(b"g") or b"") == size
    read_state(write_state(json.loads(json.dumps(describe(debuggee.cpu)))))


@given(st.lists(st.one_of(st.binary(), _meant().map(frame)), max_size=20), st.data())
def test_whatever_bytes_arrive(pieces: list[bytes], data: st.DataObject) -> None:
    here = Session(debug(COUNTER), interrupted=lambda: True)
    reader = PacketReader()
    for piece in pieces:
        for event in reader.feed(piece):
            if not isinstance(event, Signal):
                here.answer(event)
    assert b"g" in list(reader.feed(b"$#00$g#67"))
