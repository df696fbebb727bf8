"""Running the engine along one model: what a symbolic program does in one state."""

import z3


def holds(condition: z3.BoolRef, model: z3.ModelRef) -> bool:
    """Evaluate a condition, which the model must decide."""
    value = model.eval(condition, model_completion=True)
    assert z3.is_true(value) or z3.is_false(value)
    return z3.is_true(value)


class InModel:
    """Decides by a model: the paths' choices must have been made before."""

    def __init__(self, model: z3.ModelRef) -> None:
        self._model = model

    def decide(self, condition: z3.BoolRef) -> bool:
        return holds(condition, self._model)

    def assume(self, fact: z3.BoolRef) -> None:
        assert holds(fact, self._model)

    def defer(self, fact: object) -> None:
        raise AssertionError("nothing is searched for after the end")

    def fresh_name(self, stem: str) -> str:
        raise AssertionError("nothing is drawn after the end")
