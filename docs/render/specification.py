"""The specification's chapters as pages of the site."""

import re

from spec.ledger import ROOT

_LINES = re.compile(r"^(Source|Code|Evidence|Deviations): *((?:.+\n?)+?)(?=^\w+: |\n|\Z)", re.M)


def pages() -> dict[str, str]:
    """Give the pages by their path in the site: the README, then the chapters it lists."""
    folder = ROOT / "spec"
    readme = (folder / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(\w+)\.md`", readme, re.MULTILINE)
    return {"specification/index.md": readme} | {
        f"specification/{name}.md": chapter((folder / f"{name}.md").read_text(encoding="utf-8"))
        for name in listed
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
