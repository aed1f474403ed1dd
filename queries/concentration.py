"""Concentration: how diverse a place is, and what dominates it; location quotients."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from cohabit.errors import UsageError
from cohabit.graph.incidence import Integers
from cohabit.graph.store import GraphStore
from cohabit.queries import measures
from cohabit.queries.backbone import USUAL_MINIMUM
from cohabit.queries.places import FEW, UNKNOWN, Membership, places_by_base, untold
from cohabit.queries.profiles import place_counts, place_membership, profiles
from cohabit.queries.protection import Protection
from cohabit.queries.result import Result, Row, result
from cohabit.queries.scope import Scope, read_incidence
from cohabit.queries.words import count, percent

COLUMNS = ("item", "hosts", "base", "deployments", "items", "hill_1", "hill_2", "hhi", "top", "top_share")
# What a narrow terminal has room for comes first.
TABLE_COLUMNS = ("item", "top", "top_share", "hill_1", "hill_2", "hhi", "base", "deployments", "items", "hosts")
QUOTIENT_COLUMNS = ("place", "item", "hosts", "share", "share_overall", "quotient", "base")
EVERYWHERE = "all"


def concentration(
    store: GraphStore,
    *,
    level: str | None = None,
    by: str | None = None,
    scope: Scope | None = None,
    protected: Protection | None = None,
) -> Result:
    """Diversity of the items of a level (families unless named) overall, or within every place.

    From the shares of deployments (host–model edges) with a known item: `hill_1` is the exponential of the Shannon
    entropy, `hill_2` the inverse of `hhi`, the sum of squared shares; `items` counts the items, `top` is the one with
    most deployments (ties: the first by name) and `top_share` its share. `hosts` are those in scope, `base` those of
    them with a known item. Without deployments the measures are None. `protected`: from the deployments of items on
    enough hosts of the place alone, as they are published.
    """
    incidence = read_incidence(store, scope or Scope())
    level = level or "family"
    matrix = incidence.at(level)
    if by is None:
        place = replace(Membership.everywhere(len(incidence.hosts)), labels=[EVERYWHERE])
    else:
        place = place_membership(store, by, incidence.hosts)
    position: dict[str | None, int] = {label: i for i, label in enumerate(matrix.labels)}
    of_model = np.array([position.get(item, -1) for item in incidence.models.items[level]], np.int64)
    of_edge = of_model[incidence.model_index] if len(of_model) else incidence.model_index
    known = of_edge >= 0
    deployed = place_counts(place, incidence.host_index[known], of_edge[known], len(matrix.labels))
    about = profiles(matrix, place)
    if protected:
        deployed = deployed.multiply(about.counts >= protected.k).tocsr()
        deployed.data = protected.counts(deployed.data)
        deployed.eliminate_zeros()
    rows = [
        {"item": label, "hosts": int(about.hosts[i]), "base": int(about.listed[i]), **_diversity(*found, matrix.labels)}
        for i, label in enumerate(place.labels)
        if about.hosts[i]
        for found in [_row(deployed, i)]
    ]
    rows.sort(key=lambda r: (r["item"] == UNKNOWN, -r["hosts"], r["item"]))
    unknown = int(np.count_nonzero(~known))
    caveats = []
    if by is not None:
        caveats += _unknown_place(rows, by, len(incidence.hosts))
    if unknown:
        caveats.append(
            f"{level.replace('-', ' ')} unknown: {count(unknown, 'deployment')}, {percent(unknown / len(known))} of "
            f"{len(known):,}; left out of the shares."
        )
    headline = (by and untold(place, by)) or _headline(rows, level, by, len(incidence.hosts))
    return result(COLUMNS, rows, headline=headline, caveats=caveats, table_columns=TABLE_COLUMNS)


def quotients(
    store: GraphStore,
    *,
    level: str | None = None,
    by: str | None = None,
    scope: Scope | None = None,
    protected: Protection | None = None,
) -> Result:
    """Location quotients: the share of hosts with an item in a place, over that share overall.

    `share` is of `base`, the hosts of the place with a known item. Every place and item with hosts is a row.
    `protected`: the share overall is that of the published counts.
    """
    if by is None:
        raise UsageError("--quotients compares places: give --by too")
    level = level or "family"
    incidence = read_incidence(store, scope or Scope())
    matrix = incidence.at(level)
    place = place_membership(store, by, incidence.hosts)
    about = profiles(matrix, place)
    entries = about.counts.tocoo()
    base = about.listed[entries.row]
    share = measures.ratio(entries.data, base)
    whole, total = matrix.hosts_per_item, matrix.base
    if protected:
        whole, total = protected.counts(whole), protected.count(total) or 0
    overall = measures.ratio(whole, total)[entries.col]
    columns: list[list[Any]] = [
        [about.places[i] for i in entries.row],
        [matrix.labels[i] for i in entries.col],
        *(values.tolist() for values in (entries.data, share, overall, measures.ratio(share, overall), base)),
    ]
    rows: list[Row] = [dict(zip(QUOTIENT_COLUMNS, cells, strict=True)) for cells in zip(*columns, strict=True)]
    order = places_by_base(rows)
    rows.sort(key=lambda r: (order[r["place"]], -r["quotient"], r["item"]))
    headline = untold(place, by) or (
        f"Location quotients of {count(len(set(columns[1])), 'item')} of level {level} within each {by}, "
        f"on {count(matrix.base, 'host')}: 1 is as common as overall.{_furthest(rows)}"
        if rows
        else f"No item of level {level} on {count(len(incidence.hosts), 'host')}."
    )
    caveats = ["A quotient from a few hosts says little: look at the columns hosts and base."] if rows else []
    return result(QUOTIENT_COLUMNS, rows, headline=headline, caveats=caveats)


def _furthest(rows: list[Row]) -> str:
    """The item that is furthest above its share overall, of those in places whose share says something."""
    told = [row for row in rows if row["base"] >= FEW and row["hosts"] >= USUAL_MINIMUM and row["place"] != UNKNOWN]
    if not told:
        return ""
    first = max(told, key=lambda row: row["quotient"])
    return (
        f" Of items on {USUAL_MINIMUM} hosts or more in places with {FEW} or more, {first['item']} in {first['place']} "
        f"is furthest above it: {percent(first['share'])} of {first['base']:,}, {first['quotient']:.2f} times as much."
    )


def _row(counts: Any, place: int) -> tuple[Integers, Integers]:
    """Counts of one place and the items they are of."""
    entries = slice(counts.indptr[place], counts.indptr[place + 1])
    return counts.data[entries], counts.indices[entries]


def _diversity(counts: Integers, items: Integers, labels: list[str]) -> Row:
    row: Row = {"deployments": int(counts.sum()), "items": len(counts)}
    if not len(counts):
        return row | dict.fromkeys(("hill_1", "hill_2", "hhi", "top", "top_share"))
    shares = counts / counts.sum()
    hhi = float((shares**2).sum())
    # Items are in the order of their names, so the first of equals is the first by name.
    top = int(np.argmax(counts))
    return row | {
        "hill_1": float(np.exp(-(shares * np.log(shares)).sum())),
        "hill_2": 1 / hhi,
        "hhi": hhi,
        "top": labels[items[top]],
        "top_share": float(shares[top]),
    }


def _unknown_place(rows: list[Row], by: str, hosts: int) -> list[str]:
    unknown = next((r["hosts"] for r in rows if r["item"] == UNKNOWN), 0)
    return [f"{by} unknown: {count(unknown, 'host')}, {percent(unknown / hosts)} of {hosts:,}."] if unknown else []


def _headline(rows: list[Row], level: str, by: str | None, hosts: int) -> str:
    total = count(hosts, "host")
    measured = [r for r in rows if r["hill_1"] is not None and r["item"] != UNKNOWN]
    if not measured:
        return f"No item of level {level} on {total}."
    if by is None:
        r = measured[0]
        return (
            f"{count(r['items'], 'item')} of level {level} on {total}, as diverse as {r['hill_1']:.3g} equally common "
            f"ones; {r['top']} has {percent(r['top_share'])} of {count(r['deployments'], 'deployment')}."
        )
    first = measured[0]
    return (
        f"{count(len(measured), 'place')} by {by}, on {total}; the largest, {first['item']}, is as diverse as "
        f"{first['hill_1']:.3g} equally common items of level {level}."
    )
