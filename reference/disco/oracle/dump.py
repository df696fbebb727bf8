"""The final state of a run as JSON; its `state` is one that `disco.oracle.state` reads.

Numbers are hexadecimal strings. The TLB has its present entries; memory is not part of it.
"""

import json
from collections.abc import Mapping

from disco.machine.board import Board, Stop
from disco.oracle.state import describe

FORMAT = "disco-dump"
VERSION = 1


def dump(board: Board, stop: Stop) -> str:
    """Write how the run ended and the state of the processor."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "stop": stop.reason.name.lower(),
        "detail": stop.detail,
        "instructions": stop.instructions,
        "state": _hexadecimal(describe(board.cpu)),
    }
    return json.dumps(document, indent=1) + "\n"


def _hexadecimal(item: object) -> object:
    if isinstance(item, Mapping):
        return {key: _hexadecimal(value) for key, value in item.items()}
    return hex(item) if type(item) is int else item
