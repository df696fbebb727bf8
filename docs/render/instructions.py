"""The instruction reference, one page per chapter, from the instruction table."""

import ast
import inspect
import textwrap

from disco.mips.instruction import Guard, Instruction, Kind
from disco.mips.model import MODELS
from disco.mips.syntax import aliases, forms
from disco.mips.table import CHAPTERS
from docs.render.markdown import code, table


def pages() -> dict[str, str]:
    """Give the pages by their path in the site."""
    return {f"reference/instructions/{slug(c.title)}.md": _page(c.title, c.rows) for c in CHAPTERS}


def slug(title: str) -> str:
    """Make a file name of a title."""
    return title.lower().replace(" ", "-")


def _page(title: str, rows: list[Instruction]) -> str:
    if all(row.kind is Kind.FLOAT_ARITHMETIC for row in rows):
        text = f"{rows[0].description}\n\n{_brief(rows)}"
    else:
        text = "\n".join(_entry(row) for row in rows)
    return f"# {title}\n\n{text}"


def _brief(rows: list[Instruction]) -> str:
    """Write instructions that all do the same, a line for each."""
    return table(
        ["instruction", "written", "encoding", "since"],
        [[row.name, code(_written(row)), code(row.pattern), _since(row)] for row in rows],
    )


def _entry(row: Instruction) -> str:
    facts = [("Written", code(_written(row)))]
    others = sorted({form.mnemonic for model in MODELS.values() for form in aliases(row, model)})
    if others:
        facts.append(("Aliases", ", ".join(code(name) for name in others)))
    facts += [("Encoding", code(row.pattern)), ("Since", _since(row)), ("Kind", row.kind.value)]
    if row.guard is not None:
        facts.append(("Available", _available(row.guard)))
    return (
        f"## {row.name}\n\n{inspect.cleandoc(row.description)}\n\n"
        f"{table(['', ''], [[f'**{name}**', text] for name, text in facts])}\n"
        f'??? quote "Semantics"\n\n'
        f"{textwrap.indent(_fenced(source_body(row)), '    ')}\n"
    )


def _written(row: Instruction) -> str:
    """Write the longest form: mnemonic and every operand, optional ones in brackets."""
    return f"{forms(row)[0].mnemonic} {row.syntax}".rstrip()


def _since(row: Instruction) -> str:
    if row.models is not None:
        return f"{', '.join(sorted(row.models))} only"
    return f"MIPS {row.level.name}"


def _available(guard: Guard) -> str:
    return inspect.cleandoc(guard.__doc__ or "").splitlines()[0]


def source_body(row: Instruction) -> str:
    """Give the body of the instruction's function, without its docstring."""
    source = textwrap.dedent(inspect.getsource(row.operation))
    (function,) = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    first = function.body[1] if len(function.body) > 1 else function.body[0]
    if ast.get_docstring(function) and len(function.body) == 1:
        return "pass\n"
    lines = source.splitlines()[first.lineno - 1 : function.end_lineno]
    return textwrap.dedent("\n".join(lines)) + "\n"


def _fenced(text: str) -> str:
    return f"```python\n{text}```\n"
