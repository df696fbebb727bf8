"""The false theorem, in the place where the runner looks for one."""

from tests.proofs.toy_theorem import FALSE

THEOREM = FALSE
