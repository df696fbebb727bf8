"""The registers of the 16550."""

import pytest

from disco.machine.console import Console

RBR = THR = DLL = 0
IER = DLM = 1
IIR = FCR = 2
LCR, MCR, LSR, MSR, SCR = range(3, 8)
DLAB = 0x80
LOOP = 0x10


@pytest.fixture
def sent() -> list[int]:
    return []


@pytest.fixture
def console(sent: list[int]) -> Console:
    return Console(sent.append)


def test_bytes_are_sent_in_order(console: Console, sent: list[int]) -> None:
    for byte in b"ok\n":
        console.write(THR, byte)
    assert bytes(sent) == b"ok\n"


def test_the_transmitter_is_always_empty(console: Console) -> None:
    assert console.read(LSR) == 0x60
    console.write(THR, 1)
    assert console.read(LSR) == 0x60


def test_received_bytes(console: Console) -> None:
    assert console.read(RBR) == 0
    console.receive(b"ab")
    assert console.read(LSR) == 0x61
    assert [console.read(RBR), console.read(RBR)] == [0x61, 0x62]
    assert console.read(LSR) == 0x60


def test_the_divisor_is_behind_dlab(console: Console, sent: list[int]) -> None:
    console.write(LCR, DLAB | 3)
    console.write(DLL, 12)
    console.write(DLM, 1)
    assert [console.read(DLL), console.read(DLM)] == [12, 1]
    console.write(LCR, 3)
    assert console.read(LCR) == 3
    assert console.read(IER) == 0
    assert sent == []


@pytest.mark.parametrize(("register", "stays"), [(IER, 0x0F), (MCR, 0x1F), (SCR, 0xFF)])
def test_writable_bits(console: Console, register: int, stays: int) -> None:
    console.write(register, 0xFF)
    assert console.read(register) == stays


def test_status_registers_ignore_writes(console: Console) -> None:
    for register in (LSR, MSR):
        before = console.read(register)
        console.write(register, ~before & 0xFF)
        assert console.read(register) == before


def test_iir_shows_the_fifos(console: Console) -> None:
    assert console.read(IIR) == 0x01
    console.write(FCR, 0x01)
    assert console.read(IIR) == 0xC1


def test_the_receiver_can_be_cleared(console: Console) -> None:
    console.receive(b"ab")
    console.write(FCR, 0x02)
    assert console.read(LSR) == 0x60


def test_the_receive_interrupt(console: Console) -> None:
    console.receive(b"a")
    assert not console.interrupt
    console.write(IER, 1)
    assert console.interrupt
    assert console.read(IIR) == 0x04
    assert console.interrupt, "reading IIR does not clear it"
    console.read(RBR)
    assert not console.interrupt


def test_the_transmitter_interrupt(console: Console) -> None:
    console.write(IER, 2)
    assert console.interrupt, "it is empty when the interrupt is enabled"
    assert console.read(IIR) == 0x02
    assert not console.interrupt, "reading IIR clears it"
    console.write(THR, 0)
    assert console.interrupt, "it has become empty again"
    console.write(IER, 0)
    assert not console.interrupt


def test_the_receiver_comes_first(console: Console) -> None:
    console.write(IER, 3)
    console.receive(b"a")
    assert console.read(IIR) == 0x04
    console.read(RBR)
    assert console.read(IIR) == 0x02


def test_loop_back(console: Console, sent: list[int]) -> None:
    console.write(MCR, LOOP)
    console.write(THR, 0x55)
    assert sent == []
    assert console.read(RBR) == 0x55


def test_loop_back_overruns(console: Console) -> None:
    console.write(MCR, LOOP)
    for byte in range(17):
        console.write(THR, byte)
    assert console.read(LSR) == 0x63
    assert console.read(LSR) == 0x61, "reading LSR clears the overrun"
    assert [console.read(RBR) for _ in range(17)] == [*range(16), 0]


@pytest.mark.parametrize(
    ("outputs", "inputs"), [(0x1, 0x20), (0x2, 0x10), (0x4, 0x40), (0x8, 0x80)]
)
def test_modem_lines(console: Console, outputs: int, inputs: int) -> None:
    assert console.read(MSR) == 0xB0
    console.write(MCR, LOOP | outputs)
    assert console.read(MSR) == inputs
