"""One pair place by place: on how many hosts of each country, network, provider … two items are together."""

from __future__ import annotations

from typing import Any

import numpy as np

from cohabit.choices import among
from cohabit.errors import UsageError
from cohabit.graph.incidence import Integers, ItemMatrix
from cohabit.graph.store import GraphStore
from cohabit.queries import measures
from cohabit.queries.chance import GATE
from cohabit.queries.items import require_at
from cohabit.queries.measures import Floats
from cohabit.queries.null_models import Alike, NullModel, benjamini_hochberg, check_null, fit_configuration_model
from cohabit.queries.pair_words import ever_seen, of_names
from cohabit.queries.pairs import SHARE_COLUMNS, shares_of
from cohabit.queries.places import UNKNOWN, Membership, untold
from cohabit.queries.profiles import listed_hosts, place_membership
from cohabit.queries.protection import Protection
from cohabit.queries.result import Result, Row, result
from cohabit.queries.scope import Scope, check_min_hosts, read_incidence
from cohabit.queries.two_samples import independent
from cohabit.queries.words import count, percent, points, unknown_caveat

COLUMNS = (
    "place",
    "a",
    "b",
    *SHARE_COLUMNS,
    "hosts_elsewhere",
    "base_elsewhere",
    "share_elsewhere",
    "difference",
    "difference_low",
    "difference_high",
    "lift",
    "jaccard",
    "expected",
    "p_value",
    "log10_p",
    "q_value",
    "base",
)
TABLE_COLUMNS = (
    *("place", "hosts", "share_of_multi_model_hosts", "low", "high", "multi_model_hosts"),
    *("share_elsewhere", "difference", "difference_low", "difference_high", "lift", "q_value"),
    *("hosts_a", "hosts_b", "expected", "jaccard", "base"),
)
SORTS = ("hosts", "lift", "jaccard", "share_of_multi_model_hosts", "share_of_a", "share_of_b", "difference")
_NOTE = (
    "Each place has its own base, frequencies and sizes of hosts. With few hosts a lift is an accident: look at the "
    "interval, or give --min-hosts."
)
# Of columns that are not published.
_TESTED = (
    "q is over the places with a host that lists both. Elsewhere are the multi-model hosts of all other known places; "
    "of twenty places that are like the others, one has an interval of the difference without 0 by accident."
)
# The extreme one of many small places is an accident; no first line is made of it.
_FEWEST = 30


def pair_places(
    store: GraphStore,
    names: tuple[str, ...],
    *,
    by: str,
    level: str = "family",
    min_hosts: int = 1,
    sort: str = "hosts",
    null: str = "bicm",
    scope: Scope | None = None,
    protected: Protection | None = None,
) -> Result:
    """Two items in each place: one row a place, as `cooccurrence` counts the pair among the hosts of the place alone.

    `hosts` list both; `multi_model_hosts` are those of the place with two or more models, and the share of these has
    its Wilson 95 % interval; `base` (n of `lift`) are those with a known item of the level. `expected` and `p_value`
    are those of the null model of the place; `q_value` is the p-value of Benjamini and Hochberg over the places with at
    least one host with both, whichever are shown. Hosts without a known place are in the last row, which is no place
    and has no p. With software a host can be in several places. `share_elsewhere` is `hosts_elsewhere` of
    `base_elsewhere`, the multi-model hosts with a known place that are not in this one; `difference` is the share of
    multi-model hosts here minus that, with its 95 % interval (two independent samples, see `two_samples`). Every place
    with such a `base` has its row, or (`min_hosts` above 1) those with so many hosts with both.
    """
    if len(names) != 2:
        raise UsageError("--by counts one pair place by place: name two items")
    if sort not in SORTS:
        raise UsageError(f"--sort {sort!r}: not a column to sort places by; {among(sort, SORTS)}")
    check_null(null, 2)
    check_min_hosts(min_hosts)
    incidence = read_incidence(store, scope or Scope())
    place = place_membership(store, by, incidence.hosts)
    matrix = incidence.at(level)
    named = [matrix.labels.index(require_at(incidence.models, level, name)) for name in names]
    if named[0] == named[1]:
        raise UsageError(f"{matrix.labels[named[0]]!r} is named twice; name different items")
    of_a, of_b = (matrix.hosts_of(item) for item in named)

    def per_place(hosts: Integers) -> Integers:
        return np.bincount(place.join(hosts)[1], minlength=len(place.labels)).astype(np.int64)

    def elsewhere(hosts: Integers) -> Integers:
        """Those with a known place outside of each; of what is no place none."""
        source, places = place.join(hosts)
        known = len(np.unique(source[places < len(place.labels) - 1]))
        return np.append(known - per_place(hosts)[:-1], 0)

    both, multi = np.intersect1d(of_a, of_b), np.flatnonzero(incidence.models_per_host >= 2)
    counts = {
        "hosts": per_place(both),
        "hosts_a": per_place(of_a),
        "hosts_b": per_place(of_b),
        "multi_model_hosts": per_place(multi),
        "hosts_elsewhere": elsewhere(both),
        "base_elsewhere": elsewhere(multi),
        "base": per_place(listed_hosts(matrix)),
    }
    expected, log_p = _chances(matrix, place, named, counts["hosts"], null)
    rows = _rows(place.labels, [matrix.labels[item] for item in named], counts, expected, log_p)
    shown = [row for row in rows if row["base"] and (min_hosts == 1 or row["hosts"] >= min_hosts)]
    shown.sort(key=lambda row: (-row["hosts"], -row["multi_model_hosts"], row["place"]))
    # Undefined is last, and what is no place behind all.
    shown.sort(key=lambda row: (row["place"] == UNKNOWN, row[sort] != row[sort], -row[sort]))
    return result(
        COLUMNS,
        shown,
        headline=untold(place, by) or _headline(rows, shown, [matrix.labels[item] for item in named], by),
        caveats=(
            _NOTE,
            *(() if protected else (_TESTED,)),
            *unknown_caveat(incidence, matrix),
            *of_names(incidence, matrix, named, protected),
            *ever_seen(store, scope or Scope(), named),
        ),
        table_columns=TABLE_COLUMNS,
    )


def _chances(
    matrix: ItemMatrix, place: Membership, pair: list[int], together: Integers, null: str
) -> tuple[Floats, Floats]:
    """Hosts with both that the null model of each place expects, and ln p of so many or more; NaN where none has."""
    expected, log_p = np.full((2, len(place.labels)), np.nan)
    source, places = place.join(matrix.rows)
    order = np.argsort(places, kind="stable")
    bounds = np.searchsorted(places[order], np.arange(len(place.labels) + 1))
    # The last label is no place.
    for i in np.flatnonzero(together[:-1]).tolist():
        entries = source[order[bounds[i] : bounds[i + 1]]]
        degrees = np.unique(matrix.rows[entries], return_counts=True)[1].astype(np.int64)
        items, hosts = np.unique(matrix.columns[entries], return_counts=True)
        model: NullModel
        if null == "hypergeometric":
            model = Alike(len(degrees), hosts.astype(np.int64))
        else:
            model = fit_configuration_model(degrees, hosts.astype(np.int64))
        there = np.searchsorted(items, np.array([pair], np.int64))
        expected[i] = model.expected(there)[0]
        log_p[i] = model.log_more(there, together[i : i + 1])[0]
    return expected, log_p


def _rows(
    labels: list[str], pair: list[str], counts: dict[str, Integers], expected: Floats, log_p: Floats
) -> list[Row]:
    both, a, b, n = (counts[name] for name in ("hosts", "hosts_a", "hosts_b", "base"))
    p, q = np.exp(log_p), np.full(len(labels), np.nan)
    outside, base_outside = counts["hosts_elsewhere"], counts["base_elsewhere"]
    difference, low, high = independent(both, counts["multi_model_hosts"], outside, base_outside)
    tested = np.isfinite(p)
    q[tested] = benjamini_hochberg(p[tested])
    arrays = {
        **counts,
        **shares_of(both, a, b, counts["multi_model_hosts"]),
        "share_elsewhere": measures.ratio(outside, base_outside),
        "difference": difference,
        "difference_low": low,
        "difference_high": high,
        "lift": measures.lift(n, a, b, both),
        "jaccard": measures.jaccard(a, b, both),
        "expected": expected,
        "p_value": p,
        "log10_p": log_p / np.log(10),
        "q_value": q,
    }
    columns: dict[str, list[Any]] = {name: values.tolist() for name, values in arrays.items()}
    found = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    return [{"place": label, "a": pair[0], "b": pair[1], **row} for label, row in zip(labels, found, strict=True)]


def _headline(rows: list[Row], shown: list[Row], pair: list[str], by: str) -> str:
    names = f"{pair[0]} and {pair[1]}"
    known = [row for row in rows if row["hosts"] and row["place"] != UNKNOWN]
    if not known:
        return f"No host with a known {by} lists both {names}."
    top = min(known, key=lambda row: (-row["hosts"], -row["multi_model_hosts"], row["place"]))
    more = sum(row["q_value"] < GATE for row in known)
    return (
        f"{names} are together most often in {top['place']}: {count(top['hosts'], 'host')}, "
        f"{percent(top['share_of_multi_model_hosts'])} of its {count(top['multi_model_hosts'], 'multi-model host')}. "
        f"In {more:,} of {count(len(known), 'place')} with such hosts that is more than by chance (q < {GATE}). "
        f"{_differing(shown)}"
    )


def _differing(rows: list[Row]) -> str:
    """Which place differs most from the others, of those where the interval of the difference excludes 0."""
    large = [row for row in rows if row["multi_model_hosts"] >= _FEWEST]
    differing = [row for row in large if row["difference_low"] > 0 or row["difference_high"] < 0]
    if not differing:
        return (
            f"No place with {_FEWEST} or more multi-model hosts differs from the others: each 95 % interval of the "
            "difference holds 0."
        )
    most = min(differing, key=lambda row: (-abs(row["difference"]), row["place"]))
    low, high = (points(most[f"difference_{bound}"]) for bound in ("low", "high"))
    return (
        f"Most unlike the others is {most['place']}: {percent(most['share_of_multi_model_hosts'])} of its "
        f"{most['multi_model_hosts']:,} against {percent(most['share_elsewhere'])} of {most['base_elsewhere']:,} "
        f"elsewhere ({points(most['difference'])}; 95 %: {low.removesuffix(' points')} to {high})."
    )
