"""How fast vectors are filled and consumed."""

import json
import time
from collections.abc import Iterator

from disco.mips.model import R10000
from disco.oracle.vectors.files import filled
from disco.oracle.vectors.judge import judge, reference
from disco.oracle.vectors.subjects import draw

_SUBJECTS = ("DADDU", "LW", "SW", "BEQ", "TLBWI", "references", "interrupts")
_COUNT = 100


def cases_per_second() -> Iterator[tuple[str, float]]:
    """Give what is done with vectors, and how many cases of it in a second.

    Raises RuntimeError if the reference does not pass its own vectors.
    """
    start = time.perf_counter()
    files = [filled(R10000, each, 0, draw(R10000, each, 0, _COUNT)) for each in _SUBJECTS]
    cases = [case for file in files for case in file.cases]
    yield "filled", len(cases) / (time.perf_counter() - start)

    start = time.perf_counter()
    answers = [reference(json.dumps(case.initial)) for case in cases]
    yield "answered", len(cases) / (time.perf_counter() - start)

    start = time.perf_counter()
    if any(judge(case, answer) for case, answer in zip(cases, answers, strict=True)):
        raise RuntimeError("the reference does not pass its own vectors")
    yield "judged", len(cases) / (time.perf_counter() - start)
