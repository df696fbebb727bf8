"""A theorem with a quick obligation and one that does not end in time."""

import time

from proofs.obligations import Case, Obligation, Theorem


def quick(case: Case) -> None:
    case.claim("nothing", True)


def slow(case: Case) -> None:
    time.sleep(600)


THEOREM = Theorem("T3", "slow", lambda: [Obligation("quick", quick), Obligation("slow", slow)])
