"""The newest and the first list of every host, entry by entry, from the deployments of a graph.

A graph keeps weeks, not lists. The newest list of a host is what it listed in its newest week in which a list was seen,
each model with the digest that appeared last; the first list is what it listed in the first such week, each model with
the digest that appeared first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cohabit.graph.incidence import Integers, list_lengths_and_values, without_nulls

if TYPE_CHECKING:
    import pyarrow as pa

NO_DIGEST = -1
"""Stands for the digest of an entry whose source gives none."""


@dataclass(frozen=True)
class Lists:
    """One list a host: parallel arrays of entries, in no order.

    `hosts` are positions among all hosts, `models` and `digests` positions in `names` and `digest_texts`
    (`NO_DIGEST`: none).
    """

    hosts: Integers
    models: Integers
    digests: Integers
    names: Sequence[str]
    digest_texts: Sequence[str]

    def alike(self, codes: Integers, hosts: Integers) -> list[list[int]]:
        """Group these hosts (positions, ascending) by the set of their entries' codes (one an entry of the lists).

        Groups come in the order of their first hosts.
        """
        sizes = np.bincount(self.hosts, minlength=int(hosts.max(initial=-1)) + 1)
        bounds = np.concatenate([[0], np.cumsum(sizes)])
        codes = codes[np.lexsort((codes, self.hosts))]
        groups: dict[bytes, list[int]] = {}
        for host in hosts.tolist():
            groups.setdefault(codes[bounds[host] : bounds[host + 1]].tobytes(), []).append(host)
        return list(groups.values())


@dataclass(frozen=True)
class Deployed:
    """All deployments of a graph, edge by edge.

    `hosts` and `models` are positions among all hosts and in `names`; `weeks` and `digests` are the lists of the edges
    (Arrow, of integers and of strings), `listed_weeks` those of the hosts.
    """

    hosts: Integers
    models: Integers
    names: Sequence[str]
    weeks: pa.ListArray
    digests: pa.ListArray
    listed_weeks: pa.ListArray

    def newest(self) -> Lists:
        """The newest list of every host."""
        return self._lists(last=True)

    def first(self) -> Lists:
        """The first list of every host."""
        return self._lists(last=False)

    def _lists(self, *, last: bool) -> Lists:
        at = _ends(*list_lengths_and_values(self.weeks), last=last)
        host_at = _ends(*list_lengths_and_values(self.listed_weeks), last=last)
        kept = (at >= 0) & (at == host_at[self.hosts])
        lengths, codes, texts = self._digests
        return Lists(self.hosts[kept], self.models[kept], _ends(lengths, codes, last=last)[kept], self.names, texts)

    @property
    def with_digest(self) -> npt.NDArray[np.bool_]:
        """Which edges have a digest."""
        return self._digests[0] > 0

    @cached_property
    def _digests(self) -> tuple[Integers, Integers, list[str]]:
        """Digests of every edge: how many, their codes laid end to end, and the texts of the codes."""
        import pyarrow.compute as pc

        encoded = self.digests.flatten().dictionary_encode()
        lengths = without_nulls(pc.fill_null(pc.list_value_length(self.digests), 0))
        return lengths, without_nulls(encoded.indices), encoded.dictionary.to_pylist()


def _ends(lengths: Integers, values: Integers, *, last: bool) -> Integers:
    """First or last value of every list; −1 of an empty one."""
    stops = np.cumsum(lengths)
    positions = stops - 1 if last else stops - lengths
    found = np.full(len(lengths), -1, np.int64)
    filled = lengths > 0
    found[filled] = values[positions[filled]]
    return found
