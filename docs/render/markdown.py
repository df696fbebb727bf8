"""Writing Markdown."""

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table; cells may hold Markdown but no line breaks."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(_cell(cell) for cell in line) + " |\n" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def code(text: str) -> str:
    """Write `text` as code; nothing where it is empty."""
    return f"`{text}`" if text else ""


def hexadecimal(value: int, width: int) -> str:
    """Write a number of `width` bits in groups of four digits."""
    digits = f"{value:0{width // 4}x}"
    first = len(digits) % 4
    groups = [digits[:first]] if first else []
    groups += [digits[i : i + 4] for i in range(first, len(digits), 4)]
    return "`0x" + "_".join(groups) + "`"
