"""The specification's chapters as pages of the site."""

import re

from spec.ledger import ROOT

_LINES = re.compile(r"^(Source|Code|Evidence|Deviations): *((?:.+\n?)+?)(?=^\w+: |\n|\Z)", re.M)


def pages() -> dict[str, str]:
    """Give the pages by their path in the site."""
    paths = sorted((ROOT / "spec").glob("*.md"), key=lambda path: (path.stem != "README", path))
    return {
        f"specification/{'index' if path.stem == 'README' else path.stem}.md": chapter(
            path.read_text(encoding="utf-8")
        )
        for path in paths
    }


def chapter(text: str) -> str:
    """Set the closing lines of each clause as a list."""
    return _LINES.sub(lambda match: f"- *{match[1]}*: {_names(match[1], match[2])}\n", text)


def _names(kind: str, text: str) -> str:
    text = " ".join(text.split())
    if kind in ("Code", "Evidence"):
        items = re.split(r"[,\s]+", text.replace("`", ""))
        return ", ".join(f"`{item}`" for item in items if item)
    return text
