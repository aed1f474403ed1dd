"""Digests that hosts report: which deployment has which, and what must be said of them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cohabit.graph.incidence import Incidence, Integers
from cohabit.graph.store import GraphStore
from cohabit.queries.digest_names import named_digest
from cohabit.queries.listed import Mask, edge_values
from cohabit.queries.result import ForAll
from cohabit.queries.scope import Scope, last_week
from cohabit.timeline import week_name


@dataclass(frozen=True)
class Digests:
    """Digests of the deployments in scope, as far as they were reported until the week that was asked for.

    `texts` are all digests of the graph, sorted; `edges` and `digests` are parallel: positions of an edge and of one of
    its digests.
    """

    texts: list[str]
    edges: Integers
    digests: Integers

    def beginning(self, digits: str) -> range:
        """Positions of the digests that begin so; of hexadecimal digits none comes after f."""
        return range(bisect_left(self.texts, digits), bisect_left(self.texts, f"{digits}g"))

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

    @property
    def changed(self) -> bool:
        """Whether any edge has more than one: each of its digests is there once."""
        return bool(len(self.edges) > len(np.unique(self.edges)))

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


def read_digests(store: GraphStore, incidence: Incidence, until: int | None = None) -> Digests:
    """Read the digests of the deployments in scope; `until`: those that their hosts had reported by that week."""
    rows, row_of_edge = edge_values(store, incidence, "digests", *(("digest_weeks",) if until is not None else ()))
    lists: list[list[str]] = [row["digests"] or [] for row in rows]
    texts = sorted({text for one in lists for text in one})
    position = {text: i for i, text in enumerate(texts)}
    flat = np.array([position[text] for one in lists for text in one], np.int64)
    lengths = np.array([len(one) for one in lists], np.int64)
    starts = (np.cumsum(lengths) - lengths)[row_of_edge]
    own = lengths[row_of_edge]
    edges = np.repeat(np.arange(len(own), dtype=np.int64), own)
    offsets = np.arange(len(edges)) - np.repeat(np.cumsum(own) - own, own)
    places = np.repeat(starts, own) + offsets
    if until is not None:
        weeks = np.array([week for row in rows for week in row["digest_weeks"] or []], np.int64)
        known = weeks[places] <= until
        edges, places = edges[known], places[known]
    return Digests(texts, edges, flat[places])


def reported(until: int | None) -> ForAll:
    """What it means that a host reported a digest: the graph has the first week of each, not the last."""
    counts = "if the host ever reported it" if until is None else f"if the host had reported it by {week_name(until)}"
    return ForAll(
        f"A digest counts {counts} for the model, also before a newer one; servers that report none cannot match."
    )


def notes(scopes: Sequence[Scope], options: Mapping[str, Any]) -> list[str]:
    """That note where hosts are chosen by digest: by a filter, or by what a question is asked for."""
    named = bool(options.get("digest") or getattr(options.get("items"), "digest", ()))
    chosen = (s for s in scopes if named or any(named_digest(name) is not None for name in (*s.has, *s.without)))
    return list(dict.fromkeys(reported(last_week(scope)) for scope in chosen))
