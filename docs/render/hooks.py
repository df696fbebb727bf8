"""MkDocs hooks: the pages and tables that are made from the code enter the site here."""

from collections.abc import Sequence
from typing import TypeAlias

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from docs.render import instructions, specification
from docs.render.tables import expand

Entry: TypeAlias = "str | dict[str, Entry] | list[Entry]"
"""An entry of the navigation: a page, a page or a section with its title, a section's entries."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Enter the made pages into the navigation, where it has a section `made: NAME`."""
    config.nav = [_filled(entry) for entry in config.nav or []]
    return config


def _filled(entry: Entry) -> Entry:
    if isinstance(entry, dict):
        return {title: _filled(inner) for title, inner in entry.items()}
    if isinstance(entry, list):
        return [item for inner in entry for item in _expanded(inner)]
    return entry


def _expanded(entry: Entry) -> Sequence[Entry]:
    if entry == "made: specification":
        return list(specification.pages())
    if entry == "made: instructions":
        return list(instructions.pages())
    return [_filled(entry)]


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the made pages."""
    for path, text in (instructions.pages() | specification.pages()).items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put the tables where a page asks for them."""
    return expand(markdown)
