"""Seeded faults, which the theorems must catch.

A mutant changes the text of one function of the reference. The changed text is compiled and its
code put into the function object itself, so everything that refers to the function (other modules,
tables, closures) runs the fault and nothing has to be found and rebound.
"""

import __future__

import ast
import importlib
import inspect
import textwrap
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from types import CodeType, FunctionType

from proofs.exact import EngineError


@dataclass(frozen=True)
class Mutant:
    """A seeded fault."""

    name: str
    description: str
    patch: Callable[[], AbstractContextManager[None]]
    """Puts the fault in place for the duration of the context; see `source_patch`."""
    obligations: tuple[str, ...] = ()
    """The obligations to run, by name, if they are known to suffice; all of them if empty."""


def source_patch(target: str, old: str, new: str) -> Callable[[], AbstractContextManager[None]]:
    """Make a patch that replaces `old`, which must occur exactly once, in a function's text.

    `target` is "package.module:function" or "package.module:Class.method".
    """

    @contextmanager
    def patch() -> Iterator[None]:
        function = _find(target)
        original = function.__code__
        function.__code__ = _changed_code(function, target, old, new)
        try:
            yield
        finally:
            function.__code__ = original

    return patch


def _find(target: str) -> FunctionType:
    module, _, path = target.partition(":")
    found: object = importlib.import_module(module)
    for name in path.split("."):
        found = getattr(found, name, None)
    found = inspect.unwrap(found) if callable(found) else found
    if not isinstance(found, FunctionType):
        raise EngineError(f"{target} is not a Python function")
    return found


def _changed_code(function: FunctionType, target: str, old: str, new: str) -> CodeType:
    text = textwrap.dedent(inspect.getsource(function))
    if text.count(old) != 1:
        raise EngineError(f"{target}: {old!r} occurs {text.count(old)} times, not once")
    tree = ast.parse(text.replace(old, new))
    if ast.dump(tree) == ast.dump(ast.parse(text)):
        raise EngineError(f"{target}: the changed text is the same program")
    code = _compiled(tree, function)
    if code.co_freevars != function.__code__.co_freevars:
        raise EngineError(f"{target}: a function that refers to variables around it")
    return code


def _compiled(tree: ast.Module, function: FunctionType) -> CodeType:
    """Compile a function's text without its decorators, which did their work at the import."""
    (definition,) = tree.body
    if isinstance(definition, ast.FunctionDef):
        definition.decorator_list = []
    ast.increment_lineno(tree, function.__code__.co_firstlineno - 1)
    flags = __future__.annotations.compiler_flag
    module = compile(tree, function.__code__.co_filename, "exec", flags, dont_inherit=True)
    codes = (constant for constant in module.co_consts if isinstance(constant, CodeType))
    return next(code for code in codes if code.co_name == function.__name__)
