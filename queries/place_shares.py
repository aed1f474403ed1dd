"""Every place with the shares of its hosts that run what is common, as maps of places need them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cohabit.graph.incidence import Incidence, Integers, ItemMatrix
from cohabit.graph.store import GraphStore
from cohabit.queries.clusters import MIN_HOSTS, place_clusters
from cohabit.queries.info import figures
from cohabit.queries.places import UNKNOWN, Membership
from cohabit.queries.profiles import place_membership, profiles
from cohabit.queries.protection import Protection
from cohabit.queries.publishing import published as published_answer
from cohabit.queries.publishing_rules import rule_of
from cohabit.queries.result import Result
from cohabit.queries.scope import Scope, read_incidence

# How many items of each level are common enough to draw.
SHOWN_ITEMS = {"family": 20, "lab-country": 12, "lab": 12}
MOST_PLACES = 300
HOSTS, MULTI_MODEL = "hosts", "multi-model hosts"
# Places with few hosts look different by chance alone. The highest of these that leaves twelve places is taken.
_MINIMA = (1_000, 500, 200, 100, MIN_HOSTS)
_ENOUGH_PLACES = 12


@dataclass(frozen=True)
class PlaceMeasure:
    """Hosts of each place that something holds for: `counts` of `bases` (parallel to the places), and overall.

    `level` is one of SHOWN_ITEMS and `item` an item of it; or both are HOSTS (all hosts in scope are every place's
    base), or MULTI_MODEL (of hosts with a model).
    """

    level: str
    item: str
    counts: list[int]
    bases: list[int]
    overall: int
    overall_base: int


@dataclass(frozen=True)
class PlaceShares:
    """Places by hosts, most first; places beyond `MOST_PLACES` are left out and counted in `left_out`.

    `clusters` is the answer of `cohabit clusters --by …` at level family with `cluster_minimum` as `--min-hosts`.
    `hosts`, `multi_model_hosts`, `known` and `unknown` (with and without a known place) count hosts in scope; `least`
    is the K of shares for everybody (0 hosts are then fewer than that); the rest describes the whole graph.
    """

    by: str
    places: list[str]
    measures: list[PlaceMeasure]
    left_out: int
    clusters: Result
    cluster_minimum: int
    hosts: int
    multi_model_hosts: int
    known: int
    unknown: int
    first_seen: str
    last_seen: str
    scans: int
    least: int = 1


def place_shares(store: GraphStore, by: str, scope: Scope | None = None) -> PlaceShares:
    """Count the hosts of every place, and those of them with two or more models or with each common item."""
    scope = scope or Scope()
    incidence = read_incidence(store, scope)
    place = place_membership(store, by, incidence.hosts)
    everyone = np.bincount(place.places, minlength=len(place.labels))
    known = np.flatnonzero(everyone[:-1])
    ordered = sorted(known.tolist(), key=lambda i: (-everyone[i], place.labels[i]))
    chosen = np.array(ordered[:MOST_PLACES], np.int64)
    measures = [_hosts(everyone, chosen), _multi_model(incidence, place, chosen)]
    listed: Integers = np.zeros(0, np.int64)
    for level, most in SHOWN_ITEMS.items():
        matrix = incidence.at(level)
        about = profiles(matrix, place)
        if level == "family":
            listed = about.listed[known]
        measures += _items(matrix, about.counts[chosen].toarray(), about.listed[chosen], most)
    minimum = _minimum(listed)
    about_graph = figures(store)
    return PlaceShares(
        by=by,
        places=[place.labels[i] for i in chosen],
        measures=measures,
        left_out=len(ordered) - len(chosen),
        clusters=place_clusters(store, by=by, min_hosts=minimum, scope=scope),
        cluster_minimum=minimum,
        hosts=len(incidence.hosts),
        multi_model_hosts=incidence.multi_model_hosts,
        known=int(everyone[:-1].sum()),
        unknown=int(everyone[-1]),
        first_seen=about_graph["first_seen"] or "",
        last_seen=about_graph["last_seen"] or "",
        scans=about_graph["scans"],
    )


def _minimum(listed: Integers) -> int:
    return next((low for low in _MINIMA if np.count_nonzero(listed >= low) >= _ENOUGH_PLACES), MIN_HOSTS)


def _hosts(everyone: Integers, chosen: Integers) -> PlaceMeasure:
    total = int(everyone.sum())
    return PlaceMeasure(HOSTS, HOSTS, everyone[chosen].tolist(), [total] * len(chosen), total, total)


def _multi_model(incidence: Incidence, place: Membership, chosen: Integers) -> PlaceMeasure:
    def by_place(hosts: Integers) -> Integers:
        counts: Integers = np.bincount(place.join(hosts)[1], minlength=len(place.labels))
        return counts[chosen]

    with_models, several = (np.flatnonzero(incidence.models_per_host >= number) for number in (1, 2))
    counts, bases = by_place(several).tolist(), by_place(with_models).tolist()
    return PlaceMeasure(MULTI_MODEL, MULTI_MODEL, counts, bases, len(several), len(with_models))


def _items(matrix: ItemMatrix, counts: Integers, bases: Integers, most: int) -> list[PlaceMeasure]:
    common = sorted(range(len(matrix.labels)), key=lambda i: (-matrix.hosts_per_item[i], matrix.labels[i]))[:most]
    return [
        PlaceMeasure(
            matrix.level,
            matrix.labels[i],
            counts[:, i].tolist(),
            bases.tolist(),
            int(matrix.hosts_per_item[i]),
            matrix.base,
        )
        for i in common
        if matrix.hosts_per_item[i]
    ]


def published(shares: PlaceShares, protected: Protection) -> PlaceShares:
    """The shares that may be published: places of K hosts or more, and no figure of fewer (0 stands for it).

    How many places are folded is not said, nor what sets clusters apart: that is measured on exact shares.
    """
    sizes = dict(zip(shares.places, shares.measures[0].counts, strict=True))
    shown = protected.shown({**sizes, UNKNOWN: shares.unknown})
    kept = [i for i, place in enumerate(shares.places) if place in shown]
    clusters = published_answer(shares.clusters, rule_of("clusters", (), {"by": shares.by}), protected)
    places = {shares.places[i]: sizes[shares.places[i]] for i in kept}
    # What is folded as a cluster's member is a place of the map all the same: without a cluster.
    clustered = {row["item"]: row for row in clusters.rows}
    rows = [
        {"item": place, "base": 0, "cluster": None, **clustered.get(place, {}), "apart": None, "quotients": None}
        for place in places
    ]
    measures = (_published(measure, kept, protected) for measure in shares.measures)
    return replace(
        shares,
        places=list(places),
        measures=[measure for measure in measures if measure.overall or measure.level not in SHOWN_ITEMS],
        left_out=0,
        clusters=replace(clusters, rows=rows),
        hosts=protected.count(shares.hosts) or 0,
        multi_model_hosts=protected.count(shares.multi_model_hosts) or 0,
        known=protected.count(shares.known) or 0,
        unknown=protected.count(shares.unknown) or 0,
        least=protected.k,
    )


def _published(measure: PlaceMeasure, kept: list[int], protected: Protection) -> PlaceMeasure:
    """A measure of the places that are shown; an item's hosts in all places are parts of its hosts overall."""
    sizes = dict(enumerate(measure.counts))
    # The hosts without a known place, and those of places that are left out.
    shown = protected.shown({**sizes, -1: measure.overall - sum(measure.counts)}, set(sizes) - set(kept))
    counts, bases = (
        protected.counts(np.array([numbers[i] if i in said else 0 for i in kept], np.int64)).tolist()
        for numbers, said in ((measure.counts, shown), (measure.bases, set(kept)))
    )
    overall, base = (protected.count(number) or 0 for number in (measure.overall, measure.overall_base))
    return replace(measure, counts=counts, bases=bases, overall=overall, overall_base=base)
