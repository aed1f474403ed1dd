"""Spread: over how few countries, networks, organisations the hosts themselves are, whatever they run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cohabit.errors import UsageError
from cohabit.graph.incidence import Integers
from cohabit.graph.store import GraphStore
from cohabit.queries.places import Membership
from cohabit.queries.profiles import place_membership
from cohabit.queries.protection import Protection
from cohabit.queries.result import ForAll, Result, Row, result
from cohabit.queries.scope import Scope, read_incidence
from cohabit.queries.words import count, percent

_SEVERAL = (3, 10)
COLUMNS = (
    *("item", "hosts", "base", "places", "hill_1", "hill_2", "hhi", "top", "top_share"),
    *(f"top_{number}_share" for number in _SEVERAL),
)
# What a narrow terminal has room for comes first.
TABLE_COLUMNS = (
    *("item", "top", "top_share", "top_3_share", "top_10_share", "base"),
    *("hhi", "hill_1", "hill_2", "places", "hosts"),
)


def spread(
    store: GraphStore, *, of: Sequence[str], scope: Scope | None = None, protected: Protection | None = None
) -> Result:
    """How the hosts in scope are spread over places: one row a kind of place (`of`: country, provider …).

    From the shares of hosts with a known place: `hill_1` is the exponential of the Shannon entropy, `hill_2` the
    inverse of `hhi`, the sum of squared shares; `places` counts the places, `top` is the largest (ties: the first by
    name) and `top_share` its share, `top_3_share` and `top_10_share` are those of the largest three and ten together.
    `hosts` are those in scope, `base` those with a known place. A host with several kinds of software counts in each.
    Without a known place the measures are None. `protected`: `top` and the shares from published numbers of hosts; the
    other measures are None, as they would be those of the large places alone.
    """
    if twice := [kind for i, kind in enumerate(of) if kind in of[:i]]:
        raise UsageError(f"--of {twice[0]} is given twice")
    hosts = read_incidence(store, scope or Scope()).hosts
    rows, caveats = [], []
    for kind in of:
        place = place_membership(store, kind, hosts, option="--of")
        sizes, total = _sizes(place, protected)
        rows.append(_row(kind, place, len(hosts), sizes, total, even=not protected))
        if protected and total:
            caveats.append(_rounded(kind, sizes, total, protected))
        if unknown := len(hosts) - _known(place, len(hosts)):
            share = percent(unknown / len(hosts))
            caveats.append(f"{kind} unknown: {count(unknown, 'host')}, {share} of {len(hosts):,}; not in the shares.")
    if {"network", "provider"} & set(of):
        caveats.append(
            "A network or provider carries hosts, it does not own them: one customer can have hosts with many, and one "
            "provider many customers."
        )
    return result(COLUMNS, rows, headline=_headline(rows, len(hosts)), caveats=caveats, table_columns=TABLE_COLUMNS)


def _known(place: Membership, hosts: int) -> int:
    return hosts - int(np.count_nonzero(place.places == len(place.labels) - 1))


def _sizes(place: Membership, protected: Protection | None) -> tuple[Integers, int]:
    """Hosts of each known place, and their sum; as they are published, where they are protected."""
    # The last label is that of hosts without a place.
    of_place: Integers = np.bincount(place.places, minlength=len(place.labels))[:-1].astype(np.int64)
    total = int(of_place.sum())
    return (protected.counts(of_place), protected.count(total) or 0) if protected else (of_place, total)


def _rounded(kind: str, of_place: Integers, total: int, protected: Protection) -> str:
    """Between which shares that of the largest places lies, each of whose numbers can be K − 1 hosts short."""
    short, largest = protected.k - 1, int(np.sort(of_place)[::-1][: max(_SEVERAL)].sum())
    low, high = largest / (total + short), min((largest + max(_SEVERAL) * short) / total, 1.0)
    return ForAll(
        "Rounded down, shares of several places err low by what each of them is short, and have no interval: that of "
        f"the ten largest by {kind}, {percent(min(largest / total, 1.0))}, can be {percent(low)} to {percent(high)}."
    )


def _row(kind: str, place: Membership, hosts: int, of_place: Integers, total: int, *, even: bool) -> Row:
    """One row; `even`: with the measures that take all places, small ones too."""
    there = np.flatnonzero(of_place)
    row: Row = {"item": kind, "hosts": hosts, "base": _known(place, hosts), "places": len(there)}
    if not len(there):
        return row | dict.fromkeys(COLUMNS[4:])
    shares = of_place[there] / total
    hhi = float((shares**2).sum())
    largest = np.sort(shares)[::-1]
    # Places are in the order of their names, so the first of equals is the first by name.
    top = int(there[int(np.argmax(shares))])
    row |= dict.fromkeys(("hill_1", "hill_2", "hhi"))
    if even:
        row |= {"hill_1": float(np.exp(-(shares * np.log(shares)).sum())), "hill_2": 1 / hhi, "hhi": hhi}
    return row | {
        "top": place.labels[top],
        "top_share": float(largest[0]),
        **{f"top_{number}_share": min(float(largest[:number].sum()), 1.0) for number in _SEVERAL},
    }


def _headline(rows: list[Row], hosts: int) -> str:
    known = [row for row in rows if row["places"]]
    if not known:
        return f"No {' or '.join(row['item'] for row in rows)} is known of {count(hosts, 'host')}."
    first = known[0]
    even = "" if first["hill_1"] is None else f", spread as over {first['hill_1']:.3g} equally large ones"
    places = f"{count(first['places'], _noun(first['item']))}{even}"
    return (
        f"{count(hosts, 'host')} in {places}; {first['top']} has {percent(first['top_share'])} of them, the ten "
        f"largest have {percent(first['top_10_share'])}."
    )


def _noun(kind: str) -> str:
    return {"provider-kind": "kind of provider", "software": "kind of software"}.get(kind, kind)
