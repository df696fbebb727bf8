"""A console: the registers of a 16550 UART, without the wire.

What the program transmits leaves at once, so the transmitter is always empty and the FIFOs make no
difference but to what IIR shows. Source: the data sheet of the PC16550D, chapters 6 to 8.
"""

import enum
from collections import deque
from collections.abc import Callable
from copy import deepcopy

REGISTERS = 8
"""Number of byte registers, one byte apart."""
FIFO_SIZE = 16
"""Bytes that the receiver holds in loop-back; the next one is an overrun."""


class Register(enum.IntEnum):
    """The register numbers; several serve two registers, chosen by direction or by LCR.DLAB."""

    DATA = 0
    """Read RBR, write THR; with DLAB the divisor's low byte."""
    INTERRUPT_ENABLE = 1
    """IER; with DLAB the divisor's high byte."""
    INTERRUPT_IDENT = 2
    """Read IIR, write FCR."""
    LINE_CONTROL = 3
    MODEM_CONTROL = 4
    LINE_STATUS = 5
    MODEM_STATUS = 6
    SCRATCH = 7


IER_RECEIVED = 0x01
IER_TRANSMITTER_EMPTY = 0x02
IER_WRITABLE = 0x0F
IIR_NONE = 0x01
IIR_TRANSMITTER_EMPTY = 0x02
IIR_RECEIVED = 0x04
IIR_FIFOS = 0xC0
FCR_ENABLE = 0x01
FCR_CLEAR_RECEIVER = 0x02
LCR_DLAB = 0x80
MCR_WRITABLE = 0x1F
MCR_LOOP = 0x10
LSR_DATA_READY = 0x01
LSR_OVERRUN = 0x02
LSR_TRANSMITTER_EMPTY = 0x60
"""THRE and TEMT."""
MSR_CONNECTED = 0xB0
"""DCD, DSR and CTS: something listens."""


class Console:
    """The UART's state; `send` gets every byte that the program transmits."""

    def __init__(self, send: Callable[[int], None]) -> None:
        self._send = send
        self._received: deque[int] = deque()
        self._overrun = False
        self._transmitter_interrupt = True
        """The transmitter has become empty since IIR reported it."""
        self._divisor = [0, 0]
        self._interrupt_enable = 0
        self._fifos = False
        self._line_control = 0
        self._modem_control = 0
        self._scratch = 0

    def receive(self, data: bytes) -> None:
        """Let `data` arrive for the program to read."""
        self._received.extend(data)

    def save(self) -> dict[str, object]:
        """Give a copy of the state, for `restore`."""
        return deepcopy({name: value for name, value in vars(self).items() if name != "_send"})

    def restore(self, saved: dict[str, object]) -> None:
        """Return to a state that `save` gave."""
        vars(self).update(deepcopy(saved))

    @property
    def interrupt(self) -> bool:
        """Whether the interrupt line is raised."""
        return self._interrupt_ident() != IIR_NONE

    def read(self, number: int) -> int:
        """Read register `number`, with the effects that reading has."""
        match number:
            case Register.DATA | Register.INTERRUPT_ENABLE if self._line_control & LCR_DLAB:
                return self._divisor[number]
            case Register.DATA:
                return self._received.popleft() if self._received else 0
            case Register.INTERRUPT_ENABLE:
                return self._interrupt_enable
            case Register.INTERRUPT_IDENT:
                ident = self._interrupt_ident()
                if ident == IIR_TRANSMITTER_EMPTY:
                    self._transmitter_interrupt = False
                return ident | (IIR_FIFOS if self._fifos else 0)
            case Register.LINE_CONTROL:
                return self._line_control
            case Register.MODEM_CONTROL:
                return self._modem_control
            case Register.LINE_STATUS:
                return self._read_line_status()
            case Register.MODEM_STATUS:
                return self._modem_status()
            case _:
                return self._scratch

    def write(self, number: int, value: int) -> None:
        """Write the byte `value` to register `number`; status registers ignore it."""
        match number:
            case Register.DATA | Register.INTERRUPT_ENABLE if self._line_control & LCR_DLAB:
                self._divisor[number] = value
            case Register.DATA:
                self._transmit(value)
            case Register.INTERRUPT_ENABLE:
                if value & ~self._interrupt_enable & IER_TRANSMITTER_EMPTY:
                    self._transmitter_interrupt = True
                self._interrupt_enable = value & IER_WRITABLE
            case Register.INTERRUPT_IDENT:
                self._fifos = value & FCR_ENABLE != 0
                if value & FCR_CLEAR_RECEIVER:
                    self._received.clear()
            case Register.LINE_CONTROL:
                self._line_control = value
            case Register.MODEM_CONTROL:
                self._modem_control = value & MCR_WRITABLE
            case Register.SCRATCH:
                self._scratch = value

    def _transmit(self, value: int) -> None:
        self._transmitter_interrupt = True
        if self._modem_control & MCR_LOOP == 0:
            self._send(value)
        elif len(self._received) < FIFO_SIZE:
            self._received.append(value)
        else:
            self._overrun = True

    def _read_line_status(self) -> int:
        status = LSR_TRANSMITTER_EMPTY
        if self._received:
            status |= LSR_DATA_READY
        if self._overrun:
            status |= LSR_OVERRUN
            self._overrun = False
        return status

    def _interrupt_ident(self) -> int:
        """Give the highest pending interrupt as IIR shows it."""
        if self._interrupt_enable & IER_RECEIVED and self._received:
            return IIR_RECEIVED
        if self._interrupt_enable & IER_TRANSMITTER_EMPTY and self._transmitter_interrupt:
            return IIR_TRANSMITTER_EMPTY
        return IIR_NONE

    def _modem_status(self) -> int:
        """Give MSR; in loop-back the four outputs of MCR come back as its inputs."""
        if self._modem_control & MCR_LOOP == 0:
            return MSR_CONNECTED
        outputs = self._modem_control
        cts, dsr = outputs >> 1 & 1, outputs & 1
        return cts << 4 | dsr << 5 | (outputs >> 2 & 3) << 6
