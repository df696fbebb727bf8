"""What the server answers to a packet: the commands of the remote protocol (GDB manual E.2)."""

import re
from collections.abc import Callable

from disco.bits import MASK64, sext32
from disco.oracle.gdb.debuggee import Cause, Debuggee, Halt, Watch, Watchpoint
from disco.oracle.gdb.monitor import Monitor
from disco.oracle.gdb.packets import PACKET_SIZE
from disco.oracle.gdb.registers import DebugRegister, registers, target_description

_BAD_PACKET = b"E01"
_BAD_ADDRESS = b"E0e"
_OK = b"OK"
_UNKNOWN = b""
_FEATURES = (
    f"PacketSize={PACKET_SIZE:x};QStartNoAckMode+;qXfer:features:read+;"
    "ReverseStep+;ReverseContinue+"
).encode()
_TRAP = 5
_SIGNALS = {Cause.INTERRUPTED: 2, Cause.ENDED: 15, Cause.UNDELIVERABLE: 6}
"""What a stop looks like to the debugger: SIGINT, SIGTERM, SIGABRT; SIGTRAP for all others."""
_WATCHES = {b"2": Watch.WRITE, b"3": Watch.READ, b"4": Watch.ACCESS}
_BREAKPOINTS = (b"0", b"1")
_HEXADECIMAL = re.compile(rb"[0-9a-fA-F]{1,16}")


class _BadPacket(Exception):  # noqa: N818 - answered, never seen
    """A packet that cannot be read."""


class Session:
    """A debugger's session with one program.

    Every packet has an answer and none has an effect beyond the board.
    """

    def __init__(
        self,
        debuggee: Debuggee,
        *,
        address_bits: int = 64,
        notify: Callable[[bytes], None] = lambda packet: None,
        interrupted: Callable[[], bool] = lambda: False,
    ) -> None:
        """Debug a program whose debugger writes addresses of `address_bits`.

        `notify` sends a packet while the program runs; `interrupted` tells, again and again,
        whether it shall stop.
        """
        self._debuggee = debuggee
        self._registers = registers(debuggee.board.model)
        self._narrow = address_bits == 32
        self._notify = notify
        self._interrupted = interrupted
        self._monitor = Monitor(debuggee)
        self._last_stop = _stop_reply(Halt(Cause.STEPPED))
        self.ended = False
        """The debugger has left."""

    def answer(self, packet: bytes) -> bytes | None:
        """Carry out a packet and give the answer; None where the protocol has none."""
        try:
            for prefix, command in _COMMANDS.items():
                if packet.startswith(prefix):
                    return command(self, packet[len(prefix) :])
        except _BadPacket:
            return _BAD_PACKET
        return _UNKNOWN

    def _tell_features(self, text: bytes) -> bytes:
        return _FEATURES

    def _describe_target(self, text: bytes) -> bytes:
        name, separator, place = text.rpartition(b":")
        offset, length = _numbers(place, 2)
        if name != b"target.xml" or not separator:
            return b"E00"
        document = target_description(self._debuggee.board.model)
        part = document[offset : offset + min(length, PACKET_SIZE // 2)]
        return (b"m" if offset + len(part) < len(document) else b"l") + part

    def _run_monitor_command(self, text: bytes) -> bytes:
        try:
            command = bytes.fromhex(text.decode("ascii")).decode("ascii")
        except ValueError:
            raise _BadPacket from None
        return self._monitor.run(command).encode().hex().encode()[: PACKET_SIZE // 2 * 2]

    def _tell_stop(self, text: bytes) -> bytes:
        return self._last_stop

    def _accept(self, text: bytes) -> bytes:
        return _OK

    def _attached(self, text: bytes) -> bytes:
        return b"1"

    def _detach(self, text: bytes) -> bytes:
        self.ended = True
        return _OK

    def _kill(self, text: bytes) -> None:
        self.ended = True

    def _read_registers(self, text: bytes) -> bytes:
        return b"".join(self._read(register) for register in self._registers)

    def _write_registers(self, text: bytes) -> bytes:
        data = _bytes(text)
        if len(data) != sum(register.size for register in self._registers):
            raise _BadPacket
        for register in self._registers:
            self._write(register, data[: register.size])
            data = data[register.size :]
        return _OK

    def _read_register(self, text: bytes) -> bytes:
        return self._read(self._register(text))

    def _write_register(self, text: bytes) -> bytes:
        number, separator, digits = text.partition(b"=")
        register, data = self._register(number), _bytes(digits)
        if not separator or len(data) != register.size:
            raise _BadPacket
        self._write(register, data)
        return _OK

    def _register(self, text: bytes) -> DebugRegister:
        number = _number(text)
        if number >= len(self._registers):
            raise _BadPacket
        return self._registers[number]

    def _read(self, register: DebugRegister) -> bytes:
        value = register.read(self._debuggee.cpu)
        return value.to_bytes(register.size).hex().encode()

    def _write(self, register: DebugRegister, data: bytes) -> None:
        self._debuggee.write_register(register, int.from_bytes(data))

    def _read_memory(self, text: bytes) -> bytes:
        address, size = _numbers(text, 2)
        found = self._debuggee.read(
            self._address(address), min(size, PACKET_SIZE // 2), physical=self._monitor.physical
        )
        return found.hex().encode() if found or size == 0 else _BAD_ADDRESS

    def _write_memory(self, text: bytes) -> bytes:
        place, separator, digits = text.partition(b":")
        return self._put(place, separator, _bytes(digits))

    def _write_binary(self, text: bytes) -> bytes:
        place, separator, data = text.partition(b":")
        return self._put(place, separator, data)

    def _put(self, place: bytes, separator: bytes, data: bytes) -> bytes:
        address, size = _numbers(place, 2)
        if not separator or size != len(data):
            raise _BadPacket
        written = self._debuggee.write(
            self._address(address), data, physical=self._monitor.physical
        )
        return _OK if written else _BAD_ADDRESS

    def _address(self, number: int) -> int:
        """Give the address that the debugger means; a physical one stays as it is."""
        return sext32(number) if self._narrow and not self._monitor.physical else number

    def _insert(self, text: bytes) -> bytes:
        return self._change_point(
            text, self._debuggee.breakpoints.add, self._debuggee.set_watchpoint
        )

    def _remove(self, text: bytes) -> bytes:
        return self._change_point(
            text, self._debuggee.breakpoints.discard, self._debuggee.clear_watchpoint
        )

    def _change_point(
        self,
        text: bytes,
        change_breakpoint: Callable[[int], None],
        change_watchpoint: Callable[[Watchpoint], None],
    ) -> bytes:
        kind, separator, place = text.partition(b",")
        if kind not in _BREAKPOINTS and kind not in _WATCHES:
            return _UNKNOWN
        number, size = _numbers(place, 2)
        if not separator:
            raise _BadPacket
        address = sext32(number) if self._narrow else number
        if kind in _BREAKPOINTS:
            change_breakpoint(address)
        elif 0 < size <= PACKET_SIZE:
            change_watchpoint(Watchpoint(_WATCHES[kind], address, size))
        else:
            raise _BadPacket
        return _OK

    def _continue(self, text: bytes) -> bytes:
        return self._forward(text, None)

    def _step(self, text: bytes) -> bytes:
        return self._forward(text, 1)

    def _continue_after_signal(self, text: bytes) -> bytes:
        return self._forward(_after_signal(text), None)

    def _step_after_signal(self, text: bytes) -> bytes:
        return self._forward(_after_signal(text), 1)

    def _forward(self, text: bytes, limit: int | None) -> bytes:
        """Run, from another address if `text` gives one. The board knows no signals."""
        if text:
            address = _number(text)
            pc = next(register for register in self._registers if register.name == "pc")
            self._debuggee.write_register(pc, sext32(address) if self._narrow else address)
        return self._stop(self._debuggee.forward(limit, self._interrupted))

    def _step_back(self, text: bytes) -> bytes:
        return self._stop(self._debuggee.backward(1, self._interrupted))

    def _continue_back(self, text: bytes) -> bytes:
        return self._stop(self._debuggee.backward(None, self._interrupted))

    def _stop(self, halt: Halt) -> bytes:
        if halt.detail:
            self._notify(b"O" + f"disco: {halt.detail}\n".encode().hex().encode())
        self._last_stop = _stop_reply(halt)
        return self._last_stop


_COMMANDS: dict[bytes, Callable[[Session, bytes], bytes | None]] = {
    b"qSupported": Session._tell_features,
    b"qXfer:features:read:": Session._describe_target,
    b"qRcmd,": Session._run_monitor_command,
    b"qAttached": Session._attached,
    b"?": Session._tell_stop,
    b"H": Session._accept,
    b"D": Session._detach,
    b"k": Session._kill,
    b"g": Session._read_registers,
    b"G": Session._write_registers,
    b"p": Session._read_register,
    b"P": Session._write_register,
    b"m": Session._read_memory,
    b"M": Session._write_memory,
    b"X": Session._write_binary,
    b"Z": Session._insert,
    b"z": Session._remove,
    b"c": Session._continue,
    b"C": Session._continue_after_signal,
    b"s": Session._step,
    b"S": Session._step_after_signal,
    b"bs": Session._step_back,
    b"bc": Session._continue_back,
}


def _stop_reply(halt: Halt) -> bytes:
    reply = b"T%02x" % _SIGNALS.get(halt.cause, _TRAP)
    if halt.watchpoint is not None:
        reply += f"{halt.watchpoint.kind.value}:{halt.watchpoint.address:x};".encode()
    if halt.cause is Cause.BEGIN:
        reply += b"replaylog:begin;"
    return reply


def _number(text: bytes) -> int:
    if _HEXADECIMAL.fullmatch(text) is None:
        raise _BadPacket
    return int(text, 16) & MASK64


def _numbers(text: bytes, count: int) -> tuple[int, ...]:
    parts = text.split(b",")
    if len(parts) != count:
        raise _BadPacket
    return tuple(_number(part) for part in parts)


def _bytes(text: bytes) -> bytes:
    try:
        return bytes.fromhex(text.decode("ascii"))
    except ValueError:
        raise _BadPacket from None


def _after_signal(text: bytes) -> bytes:
    """Give the address behind a signal number, `SIGNAL;ADDRESS`, if there is one."""
    signal, _, address = text.partition(b";")
    _number(signal)
    return address
