"""What is made from the code is complete, and says what the manuals' own tables say."""

import re

import pytest

from disco.mips.cp0 import REGISTERS
from disco.mips.exceptions import EXCEPTIONS
from disco.mips.table import TABLE
from disco.mips.unpredictable import Unpredictable
from docs.render import instructions, specification
from docs.render.instructions import source_body
from docs.render.markdown import hexadecimal, table
from docs.render.tables import TABLES, attribute_texts, expand
from spec.ledger import clauses
from tests.docs.snippets import ROOT


def rows(text: str) -> list[list[str]]:
    """Read the cells of a table's rows, without heads."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [row for row in cells if set(row[0]) != {"-"}]


def test_every_instruction_has_its_entry_once() -> None:
    names: list[str] = []
    for page in instructions.pages().values():
        names += re.findall(r"^## (\S+)$", page, re.MULTILINE)
        names += [row[0] for row in rows(page) if row[0] in {r.name for r in TABLE}]
    assert sorted(names) == sorted(row.name for row in TABLE)


def test_an_entry_shows_syntax_encoding_and_semantics() -> None:
    page = instructions.pages()["reference/instructions/arithmetic-and-logic.md"]
    entry = page.partition("## MOVZ\n")[2].partition("\n## ")[0]
    assert "Move rs to rd when rt is zero." in entry
    assert ["**Written**", "`movz rd, rs, rt`"] in rows(entry)
    assert ["**Encoding**", "`000000 rs rt rd ..... 001010`"] in rows(entry)
    assert ["**Since**", "MIPS IV"] in rows(entry)
    assert ["**Available**", "MIPS IV instructions need XX in user mode."] in rows(entry)
    assert "    if cpu.gpr[rt] == 0:\n        cpu.gpr[rd] = cpu.gpr[rs]\n" in entry


def test_every_entry_has_semantics() -> None:
    for row in TABLE:
        assert source_body(row).strip(), row.name


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (
            "R10000",
            ["xksseg", "`0x4000_0000_0000_0000`", "`0x4000_0fff_ffff_ffff`",
             "SX = 1, KX = 1", "by the TLB", "SX"],
        ),
        (
            "R4000",
            ["xksseg", "`0x4000_0000_0000_0000`", "`0x4000_00ff_ffff_ffff`",
             "KX = 1", "by the TLB"],
        ),
    ],
)  # fmt: skip
def test_the_address_map_says_what_a_segment_needs(model: str, expected: list[str]) -> None:
    assert expected in rows(TABLES[f"address map {model}"]())


def test_the_register_tables_are_complete() -> None:
    found = rows(TABLES["registers R10000"]())
    assert ["12", "Status", "32", "`0xf67d_ffff`", "`0x0040_0004`"] in found
    assert ["6", "Wired", "32", "`0x0000_003f`", "`0x0000_0000`"] in found
    assert len(found) == 1 + len(REGISTERS["R10000"]) + 4  # the four of the performance counters
    assert len(rows(TABLES["registers R4000"]())) == 1 + len(REGISTERS["R4000"])


def test_the_exception_table_is_complete() -> None:
    found = rows(TABLES["exceptions"]())
    assert len(found) == 1 + len(EXCEPTIONS)
    modified = next(row for row in found if row[1] == "TLB modified")
    assert modified[2] == "1"
    assert modified[5] == "EPC, Cause, BadVAddr, Context, XContext, EntryHi"
    load = next(row for row in found if row[1] == "Address error (load)")
    assert load[6] == "Context, XContext, EntryHi"


def test_every_open_value_has_its_clause() -> None:
    found = rows(TABLES["unpredictable"]())[1:]
    assert [row[0] for row in found] == [f"`{what.name}`" for what in Unpredictable]
    assert all(row[2] for row in found)


def test_models_are_explained() -> None:
    found = {row[0]: row for row in rows(TABLES["models"]())}
    assert found["`tlb_entries`"][1:3] == ["64", "48"]
    assert found["`refill_by_address`"][1:3] == ["yes", "no"]
    assert found["`va_bits`"][3] == "Implemented virtual address bits of a 64-bit segment."


def test_attribute_texts() -> None:
    class Example:
        first: int
        """One."""
        second: int
        third: int
        """Three."""

    assert attribute_texts(Example) == {"first": "One.", "third": "Three."}


def test_every_clause_is_on_a_page_of_the_site() -> None:
    text = "\n".join(specification.pages().values())
    assert [c.name for c in clauses() if f"### {c.name} {c.title}\n" not in text] == []


def test_the_closing_lines_of_a_clause_become_a_list() -> None:
    text = "Text.\n\nSource: Manual 1\nCode: a.b,\nc.d\nEvidence: tests/t.py::t\n"
    assert specification.chapter(text) == (
        "Text.\n\n- *Source*: Manual 1\n- *Code*: `a.b`, `c.d`\n- *Evidence*: `tests/t.py::t`\n"
    )


def test_every_table_is_asked_for_and_there() -> None:
    pages = "\n".join(page.read_text() for page in (ROOT / "docs").rglob("*.md"))
    assert set(re.findall("<!-- table: (.+?) -->", pages)) == set(TABLES)
    assert "<!-- table" not in expand(pages)


def test_markdown() -> None:
    assert table(["a"], [["b | c"], ["d\ne"]]) == "| a |\n| --- |\n| b \\| c |\n| d e |\n"
    assert hexadecimal(0x1FFF, 64) == "`0x0000_0000_0000_1fff`"
    assert hexadecimal(0x3F, 6 * 4) == "`0x00_003f`"
