"""The pages of the documentation: their blocks, links and headings, as GitHub and the site read them."""

from __future__ import annotations

import re
from pathlib import Path

from tests.docs.blocks import blocks
from tests.parts import ROOT

DOCS = ROOT / "docs"
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_NAMED = re.compile(r"^`([\w.-]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TREE = re.compile(r"^```\{toctree\}\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def pages() -> list[str]:
    """All pages, as paths from `docs/`."""
    return sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))


def navigation() -> list[str]:
    """The pages that the home page's tables of contents name, in their order."""
    trees = _TREE.findall((DOCS / "index.md").read_text("utf-8"))
    return [f"{line}.md" for tree in trees for line in tree.splitlines() if line and not line.startswith(":")]


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


def links(page: Path) -> list[str]:
    """The targets of a page's links that stay in the project."""
    return [target for target in _LINK.findall(prose(page)) if not re.match(r"[a-z]+:", target)]


def anchors(page: Path) -> set[str]:
    """What can stand behind the `#` of a link to a page: its headings, as GitHub spells them."""
    found: set[str] = set()
    for heading in re.findall(r"^#{1,4} (.+)$", prose(page), re.MULTILINE):
        plain = re.sub(r"[^\w\- ]", "", heading.strip().lower())
        slug = plain.replace(" ", "-")
        name, again = slug, 0
        while name in found:
            again += 1
            name = f"{slug}-{again}"
        found.add(name)
    return found


def named_files(page: Path) -> dict[str, str]:
    """The files that a page shows under their names, as `name` and a colon above a block."""
    return dict(_NAMED.findall(page.read_text("utf-8")))


def to_run(page: Path) -> set[str]:
    """The languages of a page's blocks that somebody must run: sessions, shell and Python that are not excused."""
    runnable = {"console", "sh", "python"}
    return {block.language for block in blocks(page) if block.not_run is None} & runnable
