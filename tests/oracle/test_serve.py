"""`disco serve`: requests and answers, and what no request is."""

import io
import json
import subprocess
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disco.oracle.serve import LONGEST_REQUEST, MOST_ORACLES, Server
from disco.oracle.serve_command import _lines
from disco.oracle.state import INPUT_KEYS, STEP_KEYS, write_state
from disco.oracle.trace_line import read_line
from tests.oracle.commands import DISCO, Finished, environment
from tests.oracle.test_state import keys, states, values

CODE = "0xffffffff80001000"
MESSAGES = 20
"""Of each example, so that the profile `long` sends 100 000 at least."""


def ask(server: Server, request: object) -> dict[str, object]:
    """Send a request; give the answer, which must be an object on one line."""
    line = request if isinstance(request, bytes) else json.dumps(request).encode()
    text = server.answer(line)
    assert text.isascii()
    assert text.isprintable()
    answer = json.loads(text)
    assert isinstance(answer, dict)
    return answer


def test_load_step_read() -> None:
    server = Server()
    assert ask(server, {"load": {"gpr": {"4": "0x5"}}}) == {"pc": "0x0"}
    assert ask(server, {"step": {"word": "0x24820001"}, "id": 7}) == {
        "id": 7,
        "step": {
            "step": 1, "pc": "0x0", "word": "0x24820001", "text": "addiu $2, $4, 1",
            "gpr": {"2": "0x6"},
        },
        "pc": "0x4",
    }  # fmt: skip
    state = {"model": "R10000", "pc": "0x4", "next_pc": "0x8", "gpr": {"2": "0x6", "4": "0x5"}}
    assert ask(server, {"read": {}, "id": "x"}) == {"id": "x", "read": state}
    assert ask(server, {"load": state}) == {"pc": "0x4"}


def test_inputs_of_a_step() -> None:
    """Ticks, pins, and an answer to an instruction that asks."""
    server = Server()
    ask(server, {"load": {"cp0": {"status": "0x401"}, "gpr": {"4": "0x100000000"}}})
    step = {"word": "0x24820001", "answers": [["NOT_A_WORD", "0x50"]]}
    answer = ask(server, {"step": step})["step"]
    assert isinstance(answer, dict)
    assert (answer["gpr"], answer["answers"]) == ({"2": "0x51"}, [["NOT_A_WORD", "0x50"]])
    answer = ask(server, {"step": {"ticks": 2, "interrupt_lines": 1}})["step"]
    assert isinstance(answer, dict)
    assert answer["exception"]["name"] == "Interrupt"
    assert answer["ticks"] == "0x2"


def test_memory_may_change_between_steps() -> None:
    """LD $2, 0($4) reads what another master has put there."""
    server = Server()
    memory = {"0x1000": "0xdc82000000000000"}
    state = {"pc": CODE, "gpr": {"4": "0xffffffff80002000"}, "memory": memory}
    ask(server, {"load": state})
    answer = ask(server, {"step": {"memory": {"0x2000": "0x77"}}})["step"]
    assert isinstance(answer, dict)
    assert answer["gpr"] == {"2": "0x77"}


def test_oracles_by_name() -> None:
    server = Server()
    for name, value in (("left", "0x1"), ("right", "0x2")):
        ask(server, {"load": {"gpr": {"4": value}}, "oracle": name})
    for name in ("left", "right"):
        ask(server, {"step": {"word": "0x24820001"}, "oracle": name})
    read = ask(server, {"read": {}, "oracle": "left"})["read"]
    assert isinstance(read, dict)
    assert read["gpr"] == {"2": "0x2", "4": "0x1"}
    assert ask(server, {"drop": {}, "oracle": "left"}) == {}
    assert ask(server, {"step": {}, "oracle": "left"}) == {
        "error": 'oracle "left" is not loaded'
    }  # fmt: skip
    assert "read" in ask(server, {"read": {}, "oracle": "right"})


def test_as_many_as_are_allowed() -> None:
    server = Server()
    for number in range(MOST_ORACLES):
        server.answer(b'{"load": {}, "oracle": "%d"}' % number)
    assert ask(server, {"load": {}}) == {"error": "1000 oracles are the most: drop one"}
    assert ask(server, {"load": {}, "oracle": "3"}) == {"pc": "0x0"}
    ask(server, {"drop": {}, "oracle": "3"})
    assert ask(server, {"load": {}}) == {"pc": "0x0"}


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (b"x", "not JSON: Expecting value: line 1 column 1 (char 0)"),
        (b"\xff", "not a text in UTF-8"),
        (b"7", "request: an object is needed, not 7"),
        (b"{}", "0 commands: a request has one of load, step, read, drop"),
        (b'{"id": 1, "id": 2}', "key 'id' is given twice"),
        ({"load": {}, "read": {}}, "2 commands: a request has one of load, step, read, drop"),
        ({"lode": {}}, "unknown key 'lode': a request has one of load, step, read, drop"),
        ({"load": []}, "load: an object is needed, not a list"),
        ({"load": {"pc": -1}}, "pc: -0x1 is not between 0 and 0xffffffffffffffff"),
        ({"load": {"word": 0}}, "word: belongs to a step, not to the state before it"),
        ({"step": {"gpr": {}}}, "step: unknown key 'gpr'"),
        ({"step": {"exception": "Trap"}}, "step: unknown key 'exception'"),
        ({"step": {"ticks": "two"}}, 'ticks: a number is needed, as "0x1f", not "two"'),
        ({"step": {}, "oracle": "b"}, 'oracle "b" is not loaded'),
        ({"step": {}, "oracle": 1}, "oracle: a name of up to 200 characters is needed"),
        ({"read": {"pc": 1}}, "read: {} is needed"),
        ({"drop": {"pc": 1}}, "drop: {} is needed"),
        ({"read": {}, "id": 1.5}, "id: a string or a whole number is needed"),
        (b" " * (LONGEST_REQUEST + 1), "longer than 16777216 bytes"),
    ],
)  # fmt: skip
def test_what_is_no_request(request_: object, message: str) -> None:
    server = Server()
    ask(server, {"load": {"pc": CODE}})
    before = ask(server, {"read": {}})
    assert ask(server, request_) == {"error": message}
    assert ask(server, {"read": {}}) == before


def test_an_error_has_the_id_of_its_request() -> None:
    answer = ask(Server(), {"step": {}, "id": "\ud800"})
    assert answer == {"id": "\ud800", "error": 'oracle "" is not loaded'}


def part(state: dict[str, object], names: set[str]) -> object:
    """Give what a state has under these names, as JSON."""
    return json.loads(write_state({name: state[name] for name in names & set(state)}))


def requests(command: str, content: st.SearchStrategy[object]) -> st.SearchStrategy[bytes]:
    """Draw requests to one of two oracles."""
    oracles = st.sampled_from(list[dict[str, object]]([{}, {"oracle": "other"}, {"id": 1}]))
    return st.tuples(content, oracles).map(
        lambda drawn: json.dumps({command: drawn[0], **drawn[1]}).encode()
    )


steps = states().map(lambda state: part(state, INPUT_KEYS | {"word", "memory"}))
loads = states().map(lambda state: part(state, set(state) - STEP_KEYS))
almost = st.dictionaries(keys, values, max_size=2)
messages = st.one_of(
    requests("load", loads),
    requests("step", steps),
    requests("step", st.just({})),
    requests("load", almost),
    requests("step", almost),
    requests("read", st.just({}) | values),
    requests("drop", st.just({})),
    st.dictionaries(st.sampled_from(["load", "step", "id", "oracle"]) | st.text(), values).map(
        lambda request: json.dumps(request).encode()
    ),
    st.binary(max_size=40),
)


@given(sent=st.lists(messages, min_size=MESSAGES, max_size=MESSAGES))
def test_whatever_is_sent_is_answered(sent: list[bytes]) -> None:
    """Every message has one answer; an error changes nothing; every step has a line of a trace."""
    server = Server()
    for message in sent:
        before = server.answer(b'{"read": {}}'), server.answer(b'{"read": {}, "oracle": "other"}')
        answer = ask(server, message)
        kinds = {"step", "pc", "read", "error"} & set(answer)
        assert kinds in (set(), {"step", "pc"}, {"pc"}, {"read"}, {"error"})
        if "step" in answer:
            read_line(json.dumps(answer["step"]))
        if "error" in answer:
            after = (
                server.answer(b'{"read": {}}'),
                server.answer(b'{"read": {}, "oracle": "other"}'),
            )
            assert after == before


def test_a_line_that_is_too_long_is_one_request() -> None:
    long = b"x" * (2 * LONGEST_REQUEST + 7)
    found = list(_lines(io.BytesIO(b"a\n" + long + b"\nb\n" + long)))
    assert [len(line) for line in found] == [2, LONGEST_REQUEST + 1, 2, LONGEST_REQUEST + 1]


def serve(sent: bytes, output: int | BinaryIO = subprocess.PIPE) -> Finished:
    """Run the command on this input."""
    done = subprocess.run(
        [*DISCO, "serve"], input=sent, stdout=output, stderr=subprocess.PIPE, check=False,
        env=environment(),
    )  # fmt: skip
    return Finished(done.returncode, done.stdout, done.stderr.decode())


def test_the_command() -> None:
    """The last line needs no end; the end of the input is the end."""
    done = serve(b'{"load": {}}\n\n{"step": {"event": "NMI"}}')
    assert (done.status, done.errors) == (0, "")
    loaded, error, step = map(json.loads, done.output.splitlines())
    assert loaded == {"pc": "0x0"}
    assert error == {"error": "not JSON: Expecting value: line 2 column 1 (char 1)"}
    assert step["step"]["exception"]["name"] == "Nonmaskable interrupt"


def test_every_answer_comes_at_once() -> None:
    with subprocess.Popen(
        [*DISCO, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(3):
            process.stdin.write(b'{"load": {}}\n')
            process.stdin.flush()
            assert process.stdout.readline() == b'{"pc": "0x0"}\n'
        process.stdin.close()
        assert process.wait(10) == 0


def test_nobody_reads_the_answers() -> None:
    with Path("/dev/full").open("wb") as full:
        done = serve(b'{"load": {}}\n', output=full)
    assert done.status == 1
    assert done.errors == "disco: standard output: No space left on device\n"


@pytest.mark.parametrize("stdin", ["<&-", "0> file"])
def test_the_input_cannot_be_read(stdin: str, tmp_path: Path) -> None:
    """It is closed, or open for writing only."""
    done = subprocess.run(
        ["/bin/sh", "-c", f'"$@" {stdin}', "sh", *DISCO, "serve"],
        capture_output=True, check=False, env=environment(), cwd=tmp_path,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"disco: standard input: Bad file descriptor\n"
