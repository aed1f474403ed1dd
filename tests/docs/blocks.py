"""The fenced blocks of a Markdown page, and console sessions in them.

A block that no test runs says so in a line above it, `<!-- not run: REASON -->`, which no reader sees.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^(?:<!-- not run: ([^\n]+) -->\n)?```([^\n`]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ANYTHING = "…"


@dataclass(frozen=True)
class Block:
    """One fenced block: the language after the fence, and the text; the reason where no test runs it."""

    language: str
    text: str
    not_run: str | None = None


@dataclass(frozen=True)
class Exchange:
    """One command of a console block and what it printed; `…` in the output stands for anything."""

    command: str
    output: str

    def agrees(self, printed: str) -> bool:
        """Whether that is what the page shows; the width of columns and spaces at line ends do not count."""
        parts = (re.escape(_spaced(part)) for part in self.output.split(_ANYTHING))
        return re.fullmatch(".*?".join(parts), _spaced(printed), re.DOTALL) is not None


def _spaced(text: str) -> str:
    return "\n".join(re.sub(r" +", " ", line).strip() for line in text.strip("\n").split("\n"))


def blocks(page: Path) -> list[Block]:
    """All fenced blocks of a page, in order."""
    found = _FENCE.findall(page.read_text("utf-8"))
    return [Block(language, text, reason or None) for reason, language, text in found]


def exchanges(block: Block) -> list[Exchange]:
    """The commands of a console block, each with what follows it up to the next one."""
    parts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]
    pairs = [part.partition("\n")[::2] for part in parts]
    return [Exchange(command, output) for command, output in pairs]
