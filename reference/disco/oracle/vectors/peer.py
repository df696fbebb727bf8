"""Another implementation as a process: a state on one line in, the state after it on one line out.

Whatever the process does, it is gone in the end, with the processes that it has started.
"""

import os
import selectors
import shlex
import signal
import subprocess
import time
from contextlib import suppress
from types import TracebackType
from typing import Self

LONGEST_ANSWER = 1 << 20
"""Bytes; no state needs a tenth of it."""
_BLOCK = 1 << 16
_GRACE = 1.0
"""Seconds from the end of the output to the end of the process."""


class PeerError(RuntimeError):
    """A process that dies, hangs or talks nonsense; the text is one clear line."""


class Peer:
    """A running process that answers questions of one line each."""

    def __init__(self, command: str, timeout: float) -> None:
        """Start `command`, without a shell; an answer may take `timeout` seconds."""
        try:
            arguments = shlex.split(command)
        except ValueError as error:
            raise PeerError(f"{command!r} is no command: {error}") from None
        if not arguments:
            raise PeerError("the command is empty")
        self._name = arguments[0]
        self._timeout = timeout
        self._unread = b""
        try:
            self._process = subprocess.Popen(
                arguments, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise PeerError(f"{self._name} cannot be started: {error.strerror}") from None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._input, self._output = self._process.stdin, self._process.stdout
        os.set_blocking(self._input.fileno(), False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the process and all of its group."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._input.close()
        self._output.close()
        self._process.wait()

    def ask(self, question: str, *, last: bool = False) -> str:
        """Send a line and give the line that comes back. After the `last` the input ends.

        Raises PeerError.
        """
        deadline = time.monotonic() + self._timeout
        unsent = question.encode() + b"\n"
        with selectors.DefaultSelector() as ready:
            ready.register(self._output, selectors.EVENT_READ)
            ready.register(self._input, selectors.EVENT_WRITE)
            while b"\n" not in self._unread:
                events = ready.select(deadline - time.monotonic())
                if not events:
                    raise PeerError(f"{self._name}: no answer within {self._timeout:g} s")
                for key, _ in events:
                    if key.fileobj is self._output:
                        self._receive()
                    elif key.fileobj is self._input:
                        unsent = self._send(unsent)
                        if not unsent:
                            ready.unregister(self._input)
                            if last:
                                self._input.close()
        answer, _, self._unread = self._unread.partition(b"\n")
        if unsent:
            raise PeerError(f"{self._name}: answers before it is asked")
        return answer.decode(errors="replace")

    def _send(self, unsent: bytes) -> bytes:
        try:
            return unsent[os.write(self._input.fileno(), unsent) :]
        except BrokenPipeError:
            raise PeerError(self._end()) from None

    def _receive(self) -> None:
        block = os.read(self._output.fileno(), _BLOCK)
        if not block:
            raise PeerError(self._end())
        self._unread += block
        if len(self._unread) > LONGEST_ANSWER:
            raise PeerError(f"{self._name}: an answer of more than {LONGEST_ANSWER} bytes")

    def _end(self) -> str:
        """Tell how it ended."""
        # Not waited for, so that its number stays its own until its group is killed.
        deadline = time.monotonic() + _GRACE
        while time.monotonic() < deadline:
            ended = os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)
            if ended is not None:
                how = "ended with status" if ended.si_code == os.CLD_EXITED else "killed by signal"
                return f"{self._name}: {how} {ended.si_status} without an answer"
            time.sleep(_GRACE / 100)
        return f"{self._name}: closed its standard input or output"
