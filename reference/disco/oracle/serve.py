"""Oracles for programs in any language: requests and answers, each a line of JSON.

A request is an object with one of these keys, and with what belongs to it:

    {"load": STATE}   makes an oracle, or starts it again from STATE; the answer is {"pc": "0x0"}
    {"step": STEP}    takes a step; the answer is {"step": LINE, "pc": "0x4"}
    {"read": {}}      the answer is {"read": STATE}
    {"drop": {}}      forgets an oracle; the answer is {}

A STATE is one of `disco.oracle.state` without what belongs to a step, and that is what a STEP may
give: the `word` to execute past boundary and fetch, and the inputs `ticks`, `interrupt_lines`,
`event`, `counter_events` and `answers`; besides, `memory`, doublewords that have changed since the
last step. Whatever is not given is zero, so that Count stands still. A LINE is one of
`disco.oracle.trace_line.TraceLine`; `pc` is where the next step would be.

A request may name one of several oracles, as `"oracle": "left"`, and have an `id`, a string or a
number, which its answer has too. To anything that is no request, or cannot be done, the answer is
{"error": TEXT}, and nothing has changed.
"""

import json
from collections.abc import Callable, Mapping

from disco.machine.sparse import SparseMemory
from disco.oracle.oracle import Oracle
from disco.oracle.state import INPUT_KEYS, StateError, build_state, read_json, read_object

LONGEST_REQUEST = 1 << 24
"""Bytes of a line."""
MOST_ORACLES = 1000
_STEP_KEYS = {"word", "memory", *INPUT_KEYS}
_LONGEST_NAME = 200


class RequestError(ValueError):
    """A request that cannot be done; the text is one clear line."""


class Server:
    """Answers requests. It touches nothing but its oracles."""

    def __init__(self) -> None:
        self._oracles: dict[str, Oracle] = {}
        self._commands: dict[str, Callable[[str, Mapping[str, object]], str]] = {
            "load": self._load,
            "step": self._step,
            "read": self._read,
            "drop": self._drop,
        }

    def answer(self, line: bytes) -> str:
        """Give the answer to a request, without its end of line. Raises nothing."""
        ident = ""
        try:
            request = read_object("request", read_json(_text(line)))
            ident = _ident(request)
            items = self._perform(request)
        except (RequestError, StateError) as error:
            items = f'"error": {json.dumps(str(error))}'
        return "{" + ", ".join(filter(None, (ident, items))) + "}"

    def _perform(self, request: Mapping[str, object]) -> str:
        commands = ", ".join(self._commands)
        if unknown := sorted(set(request) - {"id", "oracle", *self._commands}):
            raise RequestError(f"unknown key {unknown[0]!r}: a request has one of {commands}")
        found = [command for command in self._commands if command in request]
        if len(found) != 1:
            raise RequestError(f"{len(found)} commands: a request has one of {commands}")
        name = request.get("oracle", "")
        if not isinstance(name, str) or len(name) > _LONGEST_NAME:
            raise RequestError(f"oracle: a name of up to {_LONGEST_NAME} characters is needed")
        return self._commands[found[0]](name, read_object(found[0], request[found[0]]))

    def _load(self, name: str, state: Mapping[str, object]) -> str:
        if name not in self._oracles and len(self._oracles) == MOST_ORACLES:
            raise RequestError(f"{MOST_ORACLES} oracles are the most: drop one")
        oracle = self._oracles[name] = Oracle(state)
        return f'"pc": "{oracle.cpu.pc:#x}"'

    def _step(self, name: str, given: Mapping[str, object]) -> str:
        oracle = self._named(name)
        if unknown := sorted(set(given) - _STEP_KEYS):
            raise RequestError(f"step: unknown key {unknown[0]!r}")
        asked = build_state({"model": oracle.cpu.model.name, **given})
        assert isinstance(oracle.memory, SparseMemory), "every oracle here has its own"
        oracle.memory.doublewords.update(asked.memory.doublewords)
        oracle.step(asked.inputs, asked.word)
        return f'"step": {oracle.happened().to_json()}, "pc": "{oracle.cpu.pc:#x}"'

    def _read(self, name: str, given: Mapping[str, object]) -> str:
        oracle = self._named(name)
        _expect_nothing("read", given)
        return f'"read": {oracle.state()}'

    def _drop(self, name: str, given: Mapping[str, object]) -> str:
        self._named(name)
        _expect_nothing("drop", given)
        del self._oracles[name]
        return ""

    def _named(self, name: str) -> Oracle:
        oracle = self._oracles.get(name)
        if oracle is None:
            raise RequestError(f"oracle {json.dumps(name)} is not loaded")
        return oracle


def _text(line: bytes) -> str:
    if len(line) > LONGEST_REQUEST:
        raise RequestError(f"longer than {LONGEST_REQUEST} bytes")
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise RequestError("not a text in UTF-8") from None


def _ident(request: Mapping[str, object]) -> str:
    if "id" not in request:
        return ""
    ident = request["id"]
    if not isinstance(ident, str) and type(ident) is not int:
        raise RequestError("id: a string or a whole number is needed")
    return f'"id": {json.dumps(ident)}'


def _expect_nothing(command: str, given: Mapping[str, object]) -> None:
    if given:
        raise RequestError(f"{command}: {{}} is needed")
