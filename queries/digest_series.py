"""Digests of a model's name, period by period: how fast one upload takes the place of another.

A deployment keeps each digest with the first week in which the host reported it. In a period a host's digest is the one
that appeared last until its end. A host that went back to an earlier digest looks as if it had stayed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from cohabit.errors import UsageError
from cohabit.graph.incidence import Integers, distinct
from cohabit.graph.store import GraphStore
from cohabit.queries.digests import Reported
from cohabit.queries.items import require_model
from cohabit.queries.listed import edge_values, shares
from cohabit.queries.places import UNKNOWN
from cohabit.queries.result import Result, Row, result
from cohabit.queries.scope import Scope
from cohabit.queries.series import Sightings, read_sightings
from cohabit.queries.words import count, percent, short_digest
from cohabit.timeline import week_name

COLUMNS = ("period", "model", "reported_digest", "hosts", "share", "low", "high", "base", "first_week")
TABLE_COLUMNS = ("period", "reported_digest", "hosts", "share", "low", "high", "base", "first_week")
OTHER = "other"
_MOST = 5

_CAVEAT = (
    "A host counts in a period with the digest it reported last until then; one that went back to an earlier digest "
    "looks as if it had stayed."
)

_SIDE_BY_SIDE = (
    "No host reported two digests of one name: these uploads stand side by side, none is seen to take another's place."
)


def digest_series(store: GraphStore, names: Sequence[str], *, level: str | None, every: str, scope: Scope) -> Result:
    """One row a period and digest: `hosts` that list the model in the period, by the digest that each reported last.

    `share` is of all hosts in scope that list the model in the period (`base`), with its Wilson 95 % interval, so the
    shares of a period add up to 1. Shown are the five digests on most hosts over all periods, and the newest: the one
    whose `first_week`, in which any host of the graph first reported it under that name, is the latest. `other` are the
    rest, `unknown` hosts that report none, or two that appeared in one week. UsageError without a model.
    """
    if level not in (None, "model"):
        raise UsageError(f"--view digests is about models; leave out --level {level}")
    if not names:
        raise UsageError(
            "--view digests of which model? Name it: --item NAME (`cohabit rank --level model` lists them)"
        )
    seen = read_sightings(store, scope, "model", every)
    models = sorted({require_model(seen.incidence.models, name) for name in names})
    first_weeks = _first_weeks(store, models)
    rows: list[Row] = []
    sentences: list[str] = []
    changed = False
    for model, reported, edges in _of_models(store, seen, models):
        changed |= reported.changed
        own, sentence = _series(seen, model, reported, edges, first_weeks)
        rows += own
        sentences.append(sentence)
    return result(
        COLUMNS,
        rows,
        headline=" ".join(sentences),
        caveats=(*seen.periods.gaps(), *([_CAVEAT if changed else _SIDE_BY_SIDE] if rows else [])),
        table_columns=TABLE_COLUMNS if len(models) == 1 else COLUMNS,
        # The digests of a period belong together: a table shows the newest periods, with all that are in them.
        series=("model",),
    )


def _first_weeks(store: GraphStore, models: Sequence[str]) -> dict[tuple[str, str], int]:
    """The first week in which any host reported each digest of each model: it must not hang on who is in scope."""
    table = store.table(
        "MATCH (:Host)-[d:DEPLOYS]->(m:Model) WHERE m.name IN $models AND size(d.digests) > 0 "
        "RETURN DISTINCT m.name AS model, d.digests AS digests, d.digest_weeks AS weeks",
        {"models": list(models)},
    )
    found: dict[tuple[str, str], int] = {}
    for row in table.to_pylist():
        for digest, week in zip(row["digests"], row["weeks"], strict=True):
            key = row["model"], digest
            found[key] = min(week, found.get(key, week))
    return found


def _of_models(store: GraphStore, seen: Sightings, models: Sequence[str]) -> Iterator[tuple[str, Reported, Integers]]:
    """Yield each model with the digests of its deployments in scope, and the number of each host's deployment.

    A host without one has −1.
    """
    incidence = seen.incidence
    found, row_of_edge = edge_values(store, incidence, "digests", "digest_weeks")
    for model in models:
        edges = np.flatnonzero(incidence.model_index == incidence.models.names.index(model))
        listed: list[tuple[int, int, str]] = []
        for i, row in enumerate(row_of_edge[edges].tolist()):
            pairs = zip(found[row]["digests"] or [], found[row]["digest_weeks"] or [], strict=True)
            listed += [(i, week, text) for text, week in pairs]
        texts = sorted({text for _, _, text in listed})
        position = {text: code for code, text in enumerate(texts)}
        columns = [(i, week, position[text]) for i, week, text in listed]
        of, weeks, codes = np.array(columns, np.int64).reshape(-1, 3).T
        of_host = np.full(len(incidence.hosts), -1, np.int64)
        of_host[incidence.host_index[edges]] = np.arange(len(edges))
        yield model, Reported(of, weeks, codes, texts), of_host


def _series(
    seen: Sightings, model: str, reported: Reported, of_host: Integers, first_weeks: Mapping[tuple[str, str], int]
) -> tuple[list[Row], str]:
    """The rows of one model, and its newest period in a sentence."""
    periods, texts = seen.periods, reported.texts
    own = seen.items == seen.labels.index(model)
    deployments, at = of_host[seen.item_hosts[own]], seen.item_periods[own]
    found = np.zeros((len(periods), len(texts) + 1), np.int64)
    for period in distinct(at).tolist():
        last = int(periods.weeks[periods.of_week == period].max())
        codes = reported.until(last, int(of_host.max()) + 1)[deployments[at == period]]
        found[period] = np.bincount(np.where(codes < 0, len(texts), codes), minlength=len(texts) + 1)
    first = np.array([first_weeks[model, text] for text in texts], np.int64)
    shown, newest = _shown(found[:, :-1].sum(axis=0), first)
    rest = np.setdiff1d(np.arange(len(texts)), shown)
    labels = [*(texts[i] for i in shown), OTHER, UNKNOWN]
    counts = np.column_stack([found[:, shown], found[:, rest].sum(axis=1), found[:, -1]])
    weeks = [*(int(first[i]) for i in shown), None, None]
    kept = [i for i in range(len(labels)) if i < len(shown) or counts[:, i].any()]
    rows = [
        {
            "period": periods.labels[period],
            "model": model,
            "reported_digest": labels[i],
            **share,
            "first_week": weeks[i],
        }
        for period in distinct(at).tolist()
        for i, share in zip(kept, shares(counts[period, kept].tolist(), int(counts[period].sum())), strict=True)
    ]
    number = int(np.count_nonzero(found[:, :-1].any(axis=0)))
    return rows, _sentence(model, rows, None if newest is None else texts[newest], number)


def _shown(hosts: Integers, first: Integers) -> tuple[list[int], int | None]:
    """The digests that have rows of their own, oldest first, and the newest; None without any."""
    there = np.flatnonzero(hosts).tolist()
    if not there:
        return [], None
    last = [i for i in there if first[i] == first[there].max()]
    newest = max(last, key=lambda i: (hosts[i], -i))
    most = sorted(there, key=lambda i: (-hosts[i], i))[:_MOST]
    return sorted({*most, newest}, key=lambda i: (first[i], i)), newest


def _sentence(model: str, rows: Sequence[Row], newest: str | None, digests: int) -> str:
    if not rows:
        return f"No host in scope lists {model} in this time."
    last = [row for row in rows if row["period"] == rows[-1]["period"]]
    base = f"the {count(last[0]['base'], 'host')} with {model} in {last[0]['period']}"
    if newest is None:
        return f"None of {base} reports a digest."
    row = next(row for row in last if row["reported_digest"] == newest)
    week = week_name(row["first_week"])
    on = f"Of {base} {percent(row['share'])} are on {short_digest(newest)}"
    if digests == 1:
        return f"{on}, the only digest."
    if sum(other["first_week"] == row["first_week"] for other in last) > 1:
        return (
            f"{on}; which of {count(digests, 'digest')} is the newest is not known: several were first seen in {week}."
        )
    return f"{on}, the newest of {count(digests, 'digest')} (first reported in {week})."
