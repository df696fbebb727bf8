"""Trace files: compressed by their names, read line by line however long they are."""

import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NoReturn, TextIO, cast

import msgspec
import zstandard

from disco.oracle.trace_line import (
    FORMAT,
    VERSION,
    TraceEnd,
    TraceHeader,
    TraceLine,
    read_end,
    read_header,
    read_line,
)

LONGEST_LINE = 1 << 20
"""Bytes; no step needs a hundredth of it."""

_UNREADABLE = (EOFError, gzip.BadGzipFile, zlib.error, zstandard.ZstdError)
_END_KEY = b'"end"'


class TraceError(ValueError):
    """A trace that cannot be used; the text is one clear line."""


class _Beginning(msgspec.Struct):
    """What tells a trace's header from anything else, in every version."""

    format: str
    version: int


_read_beginning = msgspec.json.Decoder(_Beginning).decode


def open_written(file: Path) -> TextIO:
    """Open a file for writing text: compressed if its name ends in .gz or .zst."""
    if file.suffix == ".gz":
        return cast(TextIO, gzip.open(file, "wt"))
    if file.suffix == ".zst":
        return cast(TextIO, zstandard.open(file, "wt"))
    return file.open("w")


@contextmanager
def open_read(name: str) -> Iterator[BinaryIO]:
    """Open a trace for reading: a file, compressed if its name says so, or - standard input."""
    if name == "-":
        yield sys.stdin.buffer
        return
    with open(name, "rb") as raw:
        if name.endswith(".gz"):
            yield cast(BinaryIO, gzip.GzipFile(fileobj=raw))
        elif name.endswith(".zst"):
            unpacked = zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True)
            yield io.BufferedReader(cast(io.RawIOBase, unpacked))
        else:
            yield raw


class TraceReader:
    """Reads a trace once, one line at a time, and holds none of them.

    `header` is there at once; iterating gives the steps; `end` is there after the last of them.
    All of it raises TraceError, with the number of the line, on what is no trace.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.line = 0
        """The number of the line read last."""
        self.end: TraceEnd | None = None
        self.header = self._read_header()

    def __iter__(self) -> Iterator[TraceLine]:
        """Give the steps, which are numbered from 1 without a gap."""
        expected = 1
        while True:
            raw = self._read()
            if raw is None:
                raise TraceError(f"cut off: no end line after {self.line} lines")
            if _END_KEY in raw:
                break
            line = self._decoded(raw)
            if line.step != expected:
                self._fail(f"step {line.step} where step {expected} belongs: lines out of order")
            expected += 1
            yield line
        self.end = self._read_end(raw, expected - 1)

    def _read_header(self) -> TraceHeader:
        raw = self._read()
        if raw is None:
            raise TraceError("empty: a trace begins with a header")
        try:
            beginning = _read_beginning(raw)
        except (ValueError, RecursionError):
            beginning = None
        if beginning is None or beginning.format != FORMAT:
            self._fail(f"no header of a {FORMAT}")
        elif beginning.version != VERSION:
            self._fail(f"version {beginning.version}; version {VERSION} is needed: record it again")
        try:
            return read_header(raw)
        except ValueError as error:
            self._fail(str(error))

    def _decoded(self, raw: bytes) -> TraceLine:
        try:
            return read_line(raw)
        except (ValueError, RecursionError) as error:
            self._fail_on(raw, error)

    def _read_end(self, raw: bytes, steps: int) -> TraceEnd:
        try:
            end = read_end(raw)
        except (ValueError, RecursionError) as error:
            self._fail_on(raw, error)
        if end.steps != steps:
            self._fail(f"the end of {end.steps} steps, after {steps}")
        if self._read() is not None:
            self._fail("something follows the end")
        return end

    def _read(self) -> bytes | None:
        """Read a line; None at the end of the file."""
        try:
            raw = self._stream.readline(LONGEST_LINE)
        except _UNREADABLE as error:
            raise TraceError(
                f"damaged or cut off behind line {self.line}: {_on_one_line(error)}"
            ) from None
        if not raw:
            return None
        self.line += 1
        if len(raw) == LONGEST_LINE and not raw.endswith(b"\n"):
            self._fail(f"longer than {LONGEST_LINE} bytes")
        return raw

    def _fail_on(self, raw: bytes, error: Exception) -> NoReturn:
        if not raw.endswith(b"\n"):
            self._fail("cut off")
        self._fail(_on_one_line(error))

    def _fail(self, what: str) -> NoReturn:
        raise TraceError(f"line {self.line}: {what}")


def _on_one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
