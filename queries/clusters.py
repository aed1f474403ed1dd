"""Clusters of places: which countries, networks or providers run alike, and what sets each group apart."""

from __future__ import annotations

from typing import Any

import numpy as np

from cohabit.errors import UsageError
from cohabit.graph.incidence import Integers, ItemMatrix
from cohabit.graph.store import GraphStore, Progress
from cohabit.queries import partitions
from cohabit.queries.bootstrap import network_of_host
from cohabit.queries.communities import communities, named
from cohabit.queries.measures import Floats
from cohabit.queries.null_models import NULLS
from cohabit.queries.profiles import Profiles, place_membership, profiles
from cohabit.queries.result import Result, Row, result
from cohabit.queries.scope import Scope, read_incidence
from cohabit.queries.stability import PlaceSampler, check, drawn_units, resamples, stability_in_words, with_stability
from cohabit.queries.words import count, percent, unknown_caveat

COLUMNS = (
    "item",
    "cluster",
    "name",
    "hosts",
    "base",
    "distance_to_centre",
    "silhouette",
    "stability",
    "apart",
    "quotients",
    "note",
)
TABLE_COLUMNS = ("item", "cluster", "hosts", "base", "distance_to_centre", "stability", "apart", "note")
TOO_FEW = "too few hosts"
MIN_HOSTS = 50
_APART = 3
# What sets a cluster apart is on at least this share of its hosts, on so many of them, and so much more common there.
_APART_SHARE, _APART_HOSTS, _APART_QUOTIENT = 0.01, 10, 1.1
_TOLD = 8
_CLEAR = 0.25
# Places squared times items, above which ten resamples take longer than all the rest.
_DEAR_WORK = 20_000_000
_DRAW_HOSTS = ("network", "provider")


def clusters(
    store: GraphStore,
    *,
    level: str = "family",
    by: str | None = None,
    min_hosts: int | None = None,
    number: int | None = None,
    null: str | None = None,
    scope: Scope | None = None,
    bootstrap: int | None = None,
    seed: int = 0,
    engine: str = "local",
    progress: Progress | None = None,
) -> Result:
    """Who looks alike: places (`by`; see `place_clusters`), or else the items of the level (see `communities`)."""
    options: dict[str, Any] = {"level": level, "scope": scope, "bootstrap": bootstrap, "seed": seed}
    options["progress"] = progress
    if by is not None:
        if null is not None:
            raise UsageError("--null is about pairs of items: leave out --by")
        if engine != "local":
            raise UsageError("--engine is about communities of items: leave out --by")
        few = MIN_HOSTS if min_hosts is None else min_hosts
        return place_clusters(store, by=by, min_hosts=few, number=number, **options)
    if min_hosts is not None or number is not None:
        raise UsageError(f"{'--clusters' if min_hosts is None else '--min-hosts'} is about places: give --by too")
    return communities(store, null=null or NULLS[0], engine=engine, **options)


def place_clusters(
    store: GraphStore,
    *,
    by: str,
    level: str = "family",
    min_hosts: int = MIN_HOSTS,
    number: int | None = None,
    scope: Scope | None = None,
    bootstrap: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Result:
    """Cluster places by the shares of items among their hosts.

    Jensen–Shannon distance, average linkage; `number` clusters, or as many as give the best mean silhouette. `hosts`
    are those in scope, `base` those of them with a known item; places where `base` is under `min_hosts` are listed with
    the note `too few hosts`. `distance_to_centre` is the Jensen–Shannon distance to the mean profile of the cluster,
    `apart` and `quotients` the items with the largest location quotients of the cluster. `silhouette` and `stability`
    (mean adjusted Rand index over resamples; None without) are those of the whole.
    """
    check(bootstrap, seed)
    for option, value in (("--min-hosts", min_hosts), ("--clusters", number)):
        if value is not None and value < 1:
            raise UsageError(f"{option} {value}: it takes 1 or more")
    incidence = read_incidence(store, scope or Scope())
    matrix = incidence.at(level)
    place = place_membership(store, by, incidence.hosts)
    about = profiles(matrix, place)
    unknown = len(place.labels) - 1
    chosen = np.flatnonzero(about.listed[:unknown] >= min_hosts)
    if number is not None and number > max(len(chosen), 1):
        there, minimum = count(len(chosen), _noun(by)), count(min_hosts, "host")
        raise UsageError(f"--clusters {number}: only {there} with {minimum} or more (--min-hosts)")
    counts = about.counts[chosen].toarray()
    distances = partitions.distance_matrix(_shares(counts))
    labels = _by_hosts(_grouped(distances, number), about.listed[chosen])
    times = resamples(bootstrap, dear=len(chosen) ** 2 * len(matrix.labels) > _DEAR_WORK)
    stability = None
    # Places that are one network each, or part of one: drawing networks would change nothing.
    networks = None if by in _DRAW_HOSTS else network_of_host(store, incidence)
    if times and labels.max(initial=0):
        sampler = PlaceSampler.of(matrix, place, chosen, networks)
        stability = _stability(labels, sampler, times, seed, progress)
    width = partitions.silhouette(distances, labels) if labels.max(initial=0) else None
    groups = _groups(about, matrix, chosen, labels)
    rows = _rows(about, chosen, labels, _to_centre(counts, labels), groups)
    for row in rows:
        row |= (
            {"silhouette": width, "stability": stability} if row["cluster"] else {"silhouette": None, "stability": None}
        )
    rows.sort(key=lambda r: (r["cluster"] is None, r["cluster"] or 0, -r["base"], r["item"]))
    caveats = [*_apart(groups, by), *_left_out(about, by, min_hosts, rows)]
    if number is not None and 0 < len(groups) < number:
        caveats.append(f"Only {count(len(groups), 'cluster')}: the joins above are at the same distance.")
    if width is not None and width < _CLEAR:
        caveats.append(
            f"Mean silhouette {width:.2f}: under {_CLEAR} there are no clear groups (Kaufman and Rousseeuw); the "
            "clusters cut a continuum, or set single places apart."
        )
    if len(groups) > 1:
        units = "hosts" if networks is None else drawn_units(known=bool((networks >= 0).any()))
        caveats += stability_in_words(stability, times, bootstrap, f"{units} within each place", seed)
    headline = with_stability(_headline(groups, rows, by, level, len(incidence.hosts)), stability)
    caveats += unknown_caveat(incidence, matrix)
    return result(COLUMNS, rows, headline=headline, caveats=caveats, table_columns=TABLE_COLUMNS)


def _stability(labels: Integers, sampler: PlaceSampler, times: int, seed: int, progress: Progress | None) -> float:
    """Mean adjusted Rand index between these clusters and as many of each resample."""
    rng = np.random.default_rng(seed)
    found = []
    for done in range(times):
        again = partitions.distance_matrix(_shares(sampler.counts(rng)))
        found.append(partitions.adjusted_rand(labels, _grouped(again, int(labels.max()) + 1)))
        if progress:
            progress("resampling", done + 1, times)
    return float(np.mean(found))


def _noun(by: str) -> str:
    return "place" if by == "software" else by.replace("-", " ")


def _shares(counts: Any) -> Floats:
    """Profiles: the counts of each place as shares that sum to 1."""
    shares: Floats = counts / counts.sum(axis=1, keepdims=True)
    return shares


def _grouped(distances: Floats, number: int | None) -> Integers:
    if number is None:
        return partitions.best_cut(distances)
    if len(distances) < 2 or number == 1:
        return np.zeros(len(distances), np.int64)
    return partitions.cut(partitions.average_linkage(distances), number)


def _by_hosts(labels: Integers, hosts: Integers) -> Integers:
    """Number the clusters anew: by hosts, most first; equals by first member."""
    if not len(labels):
        return labels
    sums = np.bincount(labels, hosts)
    first = np.array(
        [np.flatnonzero(labels == label)[0] if (labels == label).any() else -1 for label in range(len(sums))]
    )
    place = np.empty(len(sums), np.int64)
    place[np.lexsort((first, -sums))] = np.arange(len(sums))
    return place[labels]


def _to_centre(counts: Any, labels: Integers) -> Floats:
    shares = _shares(counts)
    distances = np.zeros(len(labels))
    for label in range(int(labels.max(initial=-1)) + 1):
        members = labels == label
        distances[members] = partitions.jensen_shannon(shares[members], shares[members].mean(axis=0))
    return distances


def _groups(about: Profiles, matrix: ItemMatrix, chosen: Integers, labels: Integers) -> list[Row]:
    """Every cluster in numbers: name, places, hosts, and the items with the largest location quotients."""
    overall = matrix.hosts_per_item / max(matrix.base, 1)
    groups = []
    for label in range(int(labels.max(initial=-1)) + 1):
        places = chosen[labels == label]
        hosts = int(about.listed[places].sum())
        counts = np.asarray(about.counts[places].sum(axis=0)).ravel()
        shares = counts / hosts
        quotients = np.divide(shares, overall, out=np.zeros(len(shares)), where=overall > 0)
        common = (shares >= _APART_SHARE) & (counts >= _APART_HOSTS) & (quotients >= _APART_QUOTIENT)
        top = [i for i in np.argsort(-np.round(quotients, 12), kind="stable").tolist() if common[i]][:_APART]
        largest = sorted(places.tolist(), key=lambda p: (-about.listed[p], about.places[p]))
        groups.append(
            {
                "name": named([about.places[p] for p in largest]),
                "places": len(places),
                "hosts": hosts,
                "apart": [matrix.labels[i] for i in top],
                "quotients": [float(quotients[i]) for i in top],
                "shares": [(float(shares[i]), float(overall[i])) for i in top],
            }
        )
    return groups


def _rows(about: Profiles, chosen: Integers, labels: Integers, distances: Floats, groups: list[Row]) -> list[Row]:
    rows: list[Row] = []
    position = {place: i for i, place in enumerate(chosen.tolist())}
    for place, item in enumerate(about.places[:-1]):
        if not about.hosts[place]:
            continue
        row: Row = {"item": item, "hosts": int(about.hosts[place]), "base": int(about.listed[place])}
        if (i := position.get(place)) is None:
            row |= {"cluster": None, "name": None, "distance_to_centre": None, "note": TOO_FEW}
            row |= {"apart": [], "quotients": []}
        else:
            group = groups[labels[i]]
            row |= {"cluster": int(labels[i]) + 1, "distance_to_centre": float(distances[i]), "note": None}
            row |= {key: group[key] for key in ("name", "apart", "quotients")}
        rows.append(row)
    return rows


def _headline(groups: list[Row], rows: list[Row], by: str, level: str, hosts: int) -> str:
    total = count(hosts, "host")
    if not rows:
        return f"No {by} to cluster on {total}."
    placed = sum(group["places"] for group in groups)
    few = len(rows) - placed
    if not groups:
        return f"No {by} has hosts enough to cluster: {few:,} with too few, on {total}."
    clustered = f"{count(len(groups), 'cluster')} of {count(placed, _noun(by))} by their items of level {level}"
    return f"{clustered}, on {total}; {few:,} more with too few hosts."


def _apart(groups: list[Row], by: str) -> list[str]:
    """What sets each cluster apart, in words."""
    if len(groups) < 2:
        return []
    caveats = []
    for number, group in enumerate(groups[:_TOLD], 1):
        apart = ", ".join(
            f"{item} {quotient:.3g} times as common as overall ({percent(share)} against {percent(overall)})"
            for item, quotient, (share, overall) in zip(
                group["apart"], group["quotients"], group["shares"], strict=True
            )
        )
        who = f"{group['name']}; {count(group['places'], _noun(by))}, {count(group['hosts'], 'host')}"
        caveats.append(f"Cluster {number} ({who}): {apart or 'nothing is much more common than overall'}.")
    if len(groups) > _TOLD:
        caveats.append(f"{len(groups) - _TOLD} more clusters: the columns apart and quotients tell of them.")
    return caveats


def _left_out(about: Profiles, by: str, min_hosts: int, rows: list[Row]) -> list[str]:
    caveats, hosts = [], int(about.hosts.sum())
    if few := sum(r["cluster"] is None for r in rows):
        minimum = count(min_hosts, "host")
        caveats.append(f"{count(few, _noun(by))} with fewer than {minimum} that run a known item, unclustered.")
    if unknown := int(about.hosts[-1]):
        share = percent(unknown / hosts)
        caveats.append(f"{by} unknown: {count(unknown, 'host')}, {share} of {hosts:,}; in no cluster.")
    return caveats
