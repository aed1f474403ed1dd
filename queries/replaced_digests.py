"""Digests of one model name that replaced each other between two dates: what a name meant, and means now.

A deployment keeps each digest with the first week in which the host reported it. At a date a host's digest of a model
is the one that appeared last until then. A host that went back to an earlier digest looks as if it had stayed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cohabit.graph.incidence import Integers, list_lengths_and_values, without_nulls
from cohabit.graph.store import GraphStore
from cohabit.queries import measures
from cohabit.queries.dates import Dates
from cohabit.queries.digests import Reported
from cohabit.queries.items import require_model
from cohabit.queries.result import Result, Row, result
from cohabit.queries.words import count, percent
from cohabit.timeline import monday_after, monday_of

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = ("model", "from_digest", "to_digest", "hosts", "share", "low", "high", "base", "first_week")


def replaced(store: GraphStore, dates: Dates, named: Sequence[str] = ()) -> Result:
    """Models by name, with the digest that hosts reported at the first date and the other one at the second.

    `hosts` list the model at both dates and went from the one to the other; `share` is of the `base` hosts that list
    it at both dates with a digest known for each, with the Wilson interval `low` to `high`. `first_week` is the first
    in which one of those hosts reported the new digest. `named` models are looked at alone.
    """
    chosen = [require_model(dates.before.models, name) for name in named]
    keys, models, reported = _read(store, dates)
    kept = _kept(dates, keys, models)
    old = reported.until(dates.spans[0][-1], len(keys))
    new = reported.until(dates.spans[1][-1], len(keys))
    names = dates.before.models.names
    if chosen:
        kept &= np.isin(models, [names.index(name) for name in chosen])
    usable = kept & (old >= 0) & (new >= 0)
    moved = usable & (old != new)
    bases = np.bincount(models[usable], minlength=len(names))
    arrived = _first_week(reported, new, len(keys))
    moves = np.column_stack([models[moved], old[moved], new[moved]])
    kinds, of_kind, hosts = np.unique(moves, axis=0, return_inverse=True, return_counts=True)
    first_week = np.full(len(kinds), np.iinfo(np.int64).max)
    np.minimum.at(first_week, of_kind.ravel(), arrived[moved])
    base = bases[kinds[:, 0]]
    low, high = measures.wilson(hosts, base)
    rows: list[Row] = [
        {
            "model": names[model],
            "from_digest": reported.texts[a],
            "to_digest": reported.texts[b],
            "hosts": int(hosts[i]),
            "share": float(hosts[i] / base[i]),
            "low": float(low[i]),
            "high": float(high[i]),
            "base": int(base[i]),
            "first_week": int(first_week[i]),
        }
        for i, (model, a, b) in enumerate(kinds.tolist())
    ]
    rows.sort(key=lambda r: (-r["hosts"], r["model"], r["from_digest"], r["to_digest"]))
    unsure = int(np.count_nonzero(kept & ((old == -2) | (new == -2))))
    caveats = []
    if unsure:
        caveats.append(
            f"{count(unsure, 'deployment')} with two digests that appeared in one week left out: which came first is "
            "not known."
        )
    return result(
        COLUMNS,
        rows,
        headline=dates.nothing() or _headline(rows, int(np.count_nonzero(usable))),
        caveats=(*caveats, *dates.caveats()),
    )


def _read(store: GraphStore, dates: Dates) -> tuple[Integers, Integers, Reported]:
    """Deployments that report a digest and can be of both dates: their hosts' keys, their models, and the digests.

    Where there is but one digest, its text is of no interest; texts are most of what there is to read.
    """
    import pyarrow as pa

    position = {name: i for i, name in enumerate(dates.before.models.names)}
    span = {
        "until": monday_after(monday_of(dates.spans[0][-1])).isoformat(),
        "since": monday_of(dates.spans[1][0]).isoformat(),
    }
    one, several = (
        store.table(
            f"MATCH (h:Host)-[d:DEPLOYS]->(m:Model) WHERE size(d.digests) {sizes} AND d.first_seen < $until "
            f"AND d.last_seen >= $since RETURN m.name AS model, collect({store.host_key}) AS hosts, "
            f"collect(d.digest_weeks) AS weeks{texts}",
            span,
        )
        for sizes, texts in (("= 1", ""), ("> 1", ", collect(d.digests) AS digests"))
    )
    texts: list[str] = []
    parts = []
    for table in (one, several):
        if not table.num_rows:
            continue
        lengths, keys = list_lengths_and_values(table.column("hosts"))
        models = np.repeat(np.array([position[m] for m in table.column("model").to_pylist()], np.int64), lengths)
        of_edge, weeks = list_lengths_and_values(table.column("weeks").combine_chunks().flatten())
        codes = np.zeros(len(weeks), np.int64)
        if table is several:
            digests: pa.ListArray = table.column("digests").combine_chunks().flatten().cast(pa.list_(pa.string()))
            encoded = digests.flatten().dictionary_encode()
            codes, texts = without_nulls(encoded.indices), encoded.dictionary.to_pylist()
        parts.append((keys, models, of_edge, weeks, codes))
    columns = zip(*parts, [np.empty(0, np.int64)] * 5, strict=True)
    keys, models, of_edge, weeks, codes = (np.concatenate(column) for column in columns)
    edges = np.repeat(np.arange(len(keys), dtype=np.int64), of_edge)
    return keys, models, Reported(edges, weeks, codes, texts)


def _kept(dates: Dates, keys: Integers, models: Integers) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Which of those deployments were listed at both dates."""
    width = max(len(dates.before.models.names), 1)
    before, after = (i.hosts[i.host_index] * width + i.model_index for i in (dates.before, dates.after))
    at_both = np.intersect1d(before, after, assume_unique=True)
    return np.isin(keys * width + models, at_both)


def _first_week(reported: Reported, codes: Integers, size: int) -> Integers:
    """The first week of each edge's digest."""
    found = np.zeros(size, np.int64)
    own = reported.codes == codes[reported.edges]
    found[reported.edges[own]] = reported.weeks[own]
    return found


def _headline(rows: list[Row], deployments: int) -> str:
    if not deployments:
        return "No host reports digests of a model that it lists at both dates."
    moved = sum(r["hosts"] for r in rows)
    if not moved:
        return f"No digest was replaced in {count(deployments, 'deployment')} listed at both dates."
    top = rows[0]
    return (
        f"{moved:,} of {count(deployments, 'deployment')} listed at both dates "
        f"({percent(moved / deployments)}) have another digest under the same name; most often {top['model']}, on "
        f"{count(top['hosts'], 'host')}."
    )
