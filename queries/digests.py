"""Digests that hosts report: which deployment has which, and how users write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from cohabit.errors import DataError, UsageError
from cohabit.graph.incidence import Incidence, Integers
from cohabit.graph.store import GraphStore
from cohabit.queries.listed import Mask, edge_values
from cohabit.text import visible

_DIGEST = re.compile(r"(?:sha256[:-])?([0-9a-f]{64}|[0-9a-f]{12})", re.IGNORECASE)
SHORT = 12
"""Digits of the short form in which `ollama list` shows a digest."""


@dataclass(frozen=True)
class Digests:
    """Digests of the deployments in scope, whenever they were reported.

    `texts` are all digests of the graph, sorted; `edges` and `digests` are parallel: positions of an edge and of one of
    its digests.
    """

    texts: list[str]
    edges: Integers
    digests: Integers

    @cached_property
    def of_form(self) -> dict[str, list[int]]:
        """Positions of the digests that a form stands for: full, or short, which can stand for several."""
        found: dict[str, list[int]] = {}
        for i, text in enumerate(self.texts):
            for form in {text, text[:SHORT]}:
                found.setdefault(form, []).append(i)
        return found

    def having(self, chosen: Mask, edges: int) -> Mask:
        """Which of so many edges have one of the chosen digests (one value a digest)."""
        found = np.zeros(edges, bool)
        found[self.edges[chosen[self.digests]]] = True
        return found


@dataclass(frozen=True)
class Reported:
    """Digests of edges laid end to end: `edges` is the edge of each, `weeks` its first week, `codes` its text."""

    edges: Integers
    weeks: Integers
    codes: Integers
    texts: list[str]

    def until(self, week: int, size: int) -> Integers:
        """The code of each edge's digest that appeared last until a week; −1: none, −2: several in one week."""
        seen = self.weeks <= week
        edges, weeks, codes = self.edges[seen], self.weeks[seen], self.codes[seen]
        newest = np.zeros(size, np.int64)
        np.maximum.at(newest, edges, weeks)
        last = weeks == newest[edges]
        found = np.full(size, -1, np.int64)
        found[edges[last]] = codes[last]
        found[np.bincount(edges[last], minlength=size) > 1] = -2
        return found


def read_digests(store: GraphStore, incidence: Incidence) -> Digests:
    """Read the digests of the deployments in scope."""
    rows, row_of_edge = edge_values(store, incidence, "digests")
    lists: list[list[str]] = [row["digests"] or [] for row in rows]
    texts = sorted({text for one in lists for text in one})
    position = {text: i for i, text in enumerate(texts)}
    flat = np.array([position[text] for one in lists for text in one], np.int64)
    lengths = np.array([len(one) for one in lists], np.int64)
    starts = (np.cumsum(lengths) - lengths)[row_of_edge]
    own = lengths[row_of_edge]
    edges = np.repeat(np.arange(len(own), dtype=np.int64), own)
    offsets = np.arange(len(edges)) - np.repeat(np.cumsum(own) - own, own)
    return Digests(texts, edges, flat[np.repeat(starts, own) + offsets])


def parse_digest(text: str) -> str | None:
    """Read a digest of 64 or of 12 hexadecimal digits, with or without `sha256:` before it; None when it is none."""
    match = _DIGEST.fullmatch(text.strip())
    return match[1].lower() if match else None


def require_digest(text: str) -> str:
    """Read a digest, or raise UsageError."""
    digest = parse_digest(text)
    if digest is None:
        raise UsageError(
            f"{visible(text, 80)!r} is not a digest; it has 64 hexadecimal digits, or the first 12 of them"
        )
    return digest


def only_digest(digest: str, found: Sequence[str]) -> str:
    """The one digest of the graph that a form of it stands for, itself where there is none; UsageError for several."""
    if len(found) > 1:
        full = ", ".join(found[:3])
        raise UsageError(f"the short digest {digest} can mean several things here; write one in full: {full}")
    return found[0] if found else digest


def read_digest_file(path: Path) -> tuple[str, ...]:
    """Read digests, one a line; blank lines and what follows a `#` do not count. DataError says what is wrong where."""
    where = visible(str(path))
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except OSError as error:
        raise DataError(f"{where}: the digests cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{where}: this is not a text file; write one digest a line") from error
    found = []
    for number, line in enumerate(lines, 1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        digest = parse_digest(text)
        if digest is None:
            # The line is not shown: in a scan that was named by mistake it holds addresses.
            raise DataError(
                f"{where}, line {number}: this is not a digest; it has 64 hexadecimal digits, or the first 12 of them"
            )
        found.append(digest)
    if not found:
        raise DataError(f"{where}: there are no digests in it; write one a line")
    return tuple(dict.fromkeys(found))
