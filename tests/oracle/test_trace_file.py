"""Reading traces: what is refused, with which line, and nothing but TraceError on any bytes."""

import gzip
import io
import json
import os
import resource
import sys
import threading
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from disco.oracle.trace import Recorder, end, header
from disco.oracle.trace_file import (
    LONGEST_LINE,
    TraceError,
    TraceReader,
    open_read,
    open_written,
)
from disco.oracle.trace_line import TraceLine, schema
from tests.machine.programs import board_with

SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "trace.schema.json"


def trace(source: str = "li $t0, 1; li $t1, 2; 1: b 1b; nop") -> list[str]:
    """Give the lines of a short trace."""
    board, lines = board_with(source), list[TraceLine]()
    stop = board.run(4, Recorder(board, lines.append).step)
    return [line.to_json() for line in (header(board), *lines, end(stop))]


def read(lines: list[str]) -> list[TraceLine]:
    return list(TraceReader(io.BytesIO("".join(f"{line}\n" for line in lines).encode())))


def refusal(lines: list[str]) -> str:
    with pytest.raises(TraceError) as caught:
        read(lines)
    message = str(caught.value)
    assert "\n" not in message
    return message


def changed(line: str, **fields: object) -> str:
    """Put other fields into a line."""
    return json.dumps(json.loads(line) | fields)


def test_what_is_written_is_read() -> None:
    lines = trace()
    reader = TraceReader(io.BytesIO("\n".join([*lines, ""]).encode()))
    assert reader.header.to_json() == lines[0]
    assert reader.end is None
    assert [line.to_json() for line in reader] == lines[1:-1]
    assert reader.end is not None
    assert reader.end.to_json() == lines[-1]


def test_numbers_may_be_in_upper_case_and_keys_in_any_order() -> None:
    lines = trace()
    document = json.loads(lines[1])
    document["pc"] = "0X" + document["pc"][2:].upper()
    lines[1] = json.dumps(dict(reversed(document.items())))
    assert read(lines) == read(trace())


HEADERS = [
    ("", "line 1: no header of a disco-trace"),
    ("hello", "line 1: no header of a disco-trace"),
    ("[1]", "line 1: no header of a disco-trace"),
    ("[" * 100_000, "line 1: no header of a disco-trace"),
    ('{"format":"disco-dump","version":1}', "line 1: no header of a disco-trace"),
    (
        '{"format":"disco-trace","version":1}',
        "line 1: version 1; version 2 is needed: record it again",
    ),
    ('{"format":"disco-trace","version":2}', "line 1: Object missing required field `model`"),
]


@pytest.mark.parametrize(("first", "message"), HEADERS)
def test_a_bad_header(first: str, message: str) -> None:
    assert refusal([first, *trace()[1:]]) == message


def test_an_empty_file() -> None:
    assert refusal([]) == "empty: a trace begins with a header"


BAD_FIELDS: list[tuple[dict[str, object], str]] = [
    ({"pc": 5}, 'a number is needed, as "0x1f" - at `$.pc`'),
    ({"pc": "5"}, 'a number is needed, as "0x1f" - at `$.pc`'),
    ({"pc": "0x_1"}, 'a number is needed, as "0x1f" - at `$.pc`'),
    ({"pc": "-0x1"}, 'a number is needed, as "0x1f" - at `$.pc`'),
    ({"pc": "0x" + "0" * 17}, 'a number is needed, as "0x1f" - at `$.pc`'),
    ({"word": "0x100000000"}, "0x100000000 has more than 32 bits - at `$.word`"),
    ({"interrupt_lines": "0x20"}, "0x20 has more than 5 bits - at `$.interrupt_lines`"),
    ({"gpr": {"0": "0x1"}}, "Expected `int` >= 1 - at `key` in `$.gpr`"),
    ({"gpr": {"32": "0x1"}}, "Expected `int` <= 31 - at `key` in `$.gpr`"),
    ({"gpr": [1]}, "Expected `object`, got `array` - at `$.gpr`"),
    ({"memory": [["0x0", 9, "0x1"]]}, "Expected `int` <= 8 - at `$.memory[0][1]`"),
    ({"registers": {}}, "Object contains unknown field `registers`"),
    ({"cp0": {"stats": "0x1"}}, "Expected `str` matching regex '^(index|"),
    ({"answers": [["dice", "0x1"]]}, "Expected `str` matching regex '^(random|"),
    ({"event": "cold reset"}, "Expected `str` matching regex '^(NONE|"),
    ({"exception": {"name": "Fun", "code": 1, "vector": "0x0"}}, "Expected `str` matching regex"),
    ({"tlb": {"1": {"present": True}}}, "Object missing required field `mask` - at `$.tlb[...]`"),
    ({"step": 0}, "Expected `int` >= 1 - at `$.step`"),
]


@pytest.mark.parametrize(("fields", "message"), BAD_FIELDS)
def test_a_malformed_line(fields: dict[str, object], message: str) -> None:
    lines = trace()
    lines[2] = changed(lines[2], **fields)
    assert refusal(lines).startswith(f"line 3: {message}")


def test_lines_out_of_order() -> None:
    lines = trace()
    lines[2], lines[3] = lines[3], lines[2]
    message = "line 3: step 3 where step 2 belongs: lines out of order"
    assert refusal(lines) == message
    assert refusal([*trace()[:2], *trace()[3:]]) == message, "a line is missing"
    lines = trace()
    assert refusal([*lines[:3], *lines[2:]]).startswith("line 4: step 2 where step 3 belongs")


def test_the_end_tells_a_whole_trace_from_a_part() -> None:
    lines = trace()
    assert refusal(lines[:-1]) == "cut off: no end line after 5 lines"
    assert refusal([*lines[:-2], lines[-1]]) == "line 5: the end of 4 steps, after 3"
    assert refusal([*lines, lines[-2]]) == "line 7: something follows the end"
    assert refusal([*lines[:-1], '{"end":1}']).startswith("line 6: Expected `str`")


def test_a_trace_cut_off_anywhere_is_no_trace() -> None:
    content = "\n".join(trace()).encode()
    for length in range(len(content)):
        with pytest.raises(TraceError, match=r"cut off|empty|no header"):
            list(TraceReader(io.BytesIO(content[:length])))
    assert len(list(TraceReader(io.BytesIO(content)))) == 4


def test_a_line_without_end() -> None:
    assert refusal([trace()[0], "x" * LONGEST_LINE]) == f"line 2: longer than {LONGEST_LINE} bytes"


@given(st.binary(max_size=60), st.integers(0, 400), st.integers(0, 60))
def test_any_bytes(inserted: bytes, place: int, removed: int) -> None:
    """Whatever is put into a trace, it is read or refused."""
    content = "\n".join(trace()).encode()
    damaged = content[:place] + inserted + content[place + removed :]
    try:
        list(TraceReader(io.BytesIO(damaged)))
    except TraceError as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017 # not raised by most examples


@pytest.mark.parametrize("name", ["t", "t.gz", "t.zst"])
def test_compressed_by_name(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    with open_written(file) as stream:
        stream.writelines(f"{line}\n" for line in trace())
    with open_read(str(file)) as stream:
        assert [line.to_json() for line in TraceReader(stream)] == trace()[1:-1]
    magic = {"t": b"{", "t.gz": b"\x1f\x8b", "t.zst": b"\x28\xb5\x2f\xfd"}[name]
    assert file.read_bytes().startswith(magic)


def packed(name: str) -> bytes:
    plain = "".join(f"{line}\n" for line in trace()).encode()
    return gzip.compress(plain) if name == "gz" else zstandard.compress(plain)


@pytest.mark.parametrize("name", ["gz", "zst"])
def test_a_compressed_file_cut_off_or_damaged(name: str, tmp_path: Path) -> None:
    content = packed(name)
    file = tmp_path / f"t.{name}"
    for damaged in (content[:-10], content[:30], b"\0" + content[1:], b"", b"hello"):
        file.write_bytes(damaged)
        with open_read(str(file)) as stream, pytest.raises(TraceError, match=r"cut off|empty"):
            list(TraceReader(stream))


def test_memory_does_not_grow_with_the_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    """200,000 lines go through a pipe: together 25 times what is allowed."""
    first, line, *_ = trace()
    padded = changed(line, text="x" * 200)
    reading, writing = os.pipe()

    def feed() -> None:
        with open(writing, "w") as stream:
            stream.write(f"{first}\n")
            for step in range(1, 200_001):
                stream.write(padded.replace('"step": 1', f'"step": {step}') + "\n")
            stream.write('{"end":"limit","steps":200000,"pc":"0x0"}\n')

    feeder = threading.Thread(target=feed)
    feeder.start()
    with open(reading, "rb") as stream:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))
        with open_read("-") as opened:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            assert sum(1 for _ in TraceReader(opened)) == 200_000
            after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    feeder.join()
    assert after - before < 2000, "KiB"


def test_the_published_schema_is_that_of_the_code() -> None:
    """Write it anew with `disco check --schema > docs/reference/trace.schema.json`."""
    assert json.loads(SCHEMA.read_text()) == json.loads(json.dumps(schema()))
