"""Centrality: which items hold the network of a level together."""

from __future__ import annotations

from typing import Any

import numpy as np

from cohabit.choices import among
from cohabit.errors import UsageError
from cohabit.graph.store import GraphStore, Progress
from cohabit.queries import bootstrap as boot
from cohabit.queries import nodes, onemode
from cohabit.queries.backbone import USUAL_MINIMUM
from cohabit.queries.gds import check_engine, projected
from cohabit.queries.measures import Floats
from cohabit.queries.null_models import check_null
from cohabit.queries.onemode import OneMode, nothing_significant, one_mode
from cohabit.queries.protection import Protection
from cohabit.queries.result import Result, Row, result
from cohabit.queries.scope import Scope, check_min_hosts, read_incidence
from cohabit.queries.stability import projections
from cohabit.queries.words import count, unknown_caveat

MEASURES = ("degree", "strength", "pagerank", "eigenvector", "betweenness", "closeness", "core")
COLUMNS = ("item", "hosts", *MEASURES)
_ENDS = tuple(enumerate(("low", "high")))
RANKS = tuple(f"{measure}_rank_{end}" for measure in MEASURES for _, end in _ENDS)
SORTS = ("hosts", *MEASURES)
_TOP = 5


def centrality(
    store: GraphStore,
    *,
    level: str = "family",
    weight: str = "hosts",
    scope: Scope | None = None,
    min_hosts: int = 1,
    sort: str = "pagerank",
    exact: bool = False,
    null: str = "bicm",
    bootstrap: int = 0,
    seed: int | None = None,
    engine: str = "local",
    protected: Protection | None = None,
    progress: Progress | None = None,
) -> Result:
    """Centrality of the items of a level in their one-mode projection, weighted by `weight` (hosts, jaccard, lift).

    Betweenness and closeness take 1/weight as distance; those of models are computed on the backbone unless `exact`,
    whose pairs are tested under a null model (`null`: bicm or hypergeometric). An item that shares no host with another
    has 0 everywhere, except its part of PageRank's random jumps. Items on fewer than `min_hosts` hosts are left out of
    the rows, as pairs are in `cooccurrence`; the network and so the measures are the same with any minimum. With
    `bootstrap`, each measure has the 95 % interval of the item's rank (1 is the largest) over that many draws of
    networks. With `engine` gds the server computes PageRank and betweenness. `protected` is the network that may be
    published: items and pairs of few hosts are not in it, and its backbone is that of the counts alone.
    """
    _check(sort, min_hosts)
    boot.check(bootstrap, seed)
    check_null(null, 2)
    check_engine(engine, store)
    if engine != "local" and bootstrap:
        raise UsageError("--bootstrap needs the local engine: leave out --engine")
    incidence = read_incidence(store, scope or Scope())
    matrix = incidence.at(level)
    on_backbone = level == "model" and not exact
    network = one_mode(matrix, null if on_backbone and not protected else None, progress)
    if protected:
        network = onemode.published(network, protected)
    server = store if engine == "gds" and network.labels else None
    values = measured(network, weight, on_backbone=on_backbone, server=server, progress=progress)
    columns: dict[str, list[Any]] = {"item": network.labels, "hosts": network.hosts.tolist()}
    columns |= {measure: found.tolist() for measure, found in values.items()}
    drawn = boot.resamples(store, incidence, matrix, bootstrap, seed) if bootstrap else None
    if drawn:
        ranks = []
        for done, sample in enumerate(projections(matrix, network, drawn), 1):
            ranks.append(_ranks(network, sample, weight, on_backbone))
            if progress:
                progress("resampling networks", done, bootstrap)
        columns |= dict.fromkeys(RANKS, [None] * len(network.labels))
        if ranks:
            ends = np.quantile(np.array(ranks), [0.025, 0.975], axis=0, method="inverted_cdf").astype(np.int64)
            columns |= {f"{m}_rank_{end}": ends[e, i].tolist() for i, m in enumerate(MEASURES) for e, end in _ENDS}
    rows: list[Row] = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    rows.sort(key=lambda r: (-_noiseless(r[sort]), -r["hosts"], r["item"]))
    all_items = len(rows)
    rows = [row for row in rows if row["hosts"] >= min_hosts]
    caveats = [*_few(rows, sort), *_fewer(all_items - len(rows), min_hosts)]
    caveats += [*_caveats(network, rows, weight, null if on_backbone else None), *unknown_caveat(incidence, matrix)]
    if server is not None:
        caveats.append("PageRank and betweenness are from the server's Graph Data Science, the rest is computed here.")
    if drawn and rows:
        caveats.append(drawn.caveat())
    return result(
        (*COLUMNS, *(RANKS if bootstrap else ())),
        rows,
        headline=_headline(network, rows, level, sort, len(incidence.hosts), min_hosts)
        + _place(rows, sort)
        + _others_first(rows, sort),
        caveats=caveats,
        table_columns=_shown_columns(sort) if bootstrap and sort != "hosts" else COLUMNS,
    )


def _shown_columns(sort: str) -> tuple[str, ...]:
    """The measure that was asked for with the places it can have, where a narrow terminal has room for them."""
    asked = ("item", "hosts", sort, f"{sort}_rank_low", f"{sort}_rank_high")
    return (*asked, *(column for column in COLUMNS if column not in asked))


def _check(sort: str, min_hosts: int) -> None:
    if sort not in SORTS:
        raise UsageError(f"--sort {sort!r}: not a column to sort by; {among(sort, SORTS)}")
    check_min_hosts(min_hosts)


def measured(
    network: OneMode,
    weight: str,
    *,
    on_backbone: bool,
    server: GraphStore | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """All measures of a projection, one array each, parallel to its labels.

    PageRank and betweenness by the Graph Data Science of `server`, where one is given.
    """
    weights = network.weights(weight)
    graph = network.graph(weights)
    far = network.backbone_graph(weights) if on_backbone else graph
    if server is None:
        ranked = nodes.pagerank(graph)
        between, close = nodes.paths(far, progress)
    else:
        close = nodes.closeness(far)
        with projected(server, graph) as there:
            ranked = there.pagerank()
        with projected(server, far) as there:
            between = there.betweenness()
    return {
        "degree": nodes.degrees(graph),
        "strength": nodes.strengths(graph),
        "pagerank": ranked,
        "eigenvector": nodes.eigenvector(graph),
        "betweenness": between,
        "closeness": close,
        "core": nodes.core_numbers(graph),
    }


def _ranks(whole: OneMode, sample: OneMode, weight: str, on_backbone: bool) -> Any:
    """Rank of every item of the whole in a resample, measure by measure; what is not in it comes last."""
    found = measured(sample, weight, on_backbone=on_backbone)
    position = {label: i for i, label in enumerate(whole.labels)}
    there = np.array([position[label] for label in sample.labels], np.int64)
    values = np.full((len(MEASURES), len(whole.labels)), -1.0)
    for measure, of_item in zip(MEASURES, values, strict=True):
        of_item[there] = _noiseless(found[measure])
    return np.array([1 + len(v) - np.searchsorted(np.sort(v), v, side="right") for v in values])


def _noiseless(values: Any) -> Any:
    """Values of 0 to 1 to 12 decimals, larger ones to as many digits: ties must not be broken by rounding errors."""
    scale = np.maximum(1.0, 10.0 ** np.floor(np.log10(np.maximum(np.abs(values), 1.0))))
    rounded: Floats = np.round(values / scale, 12) * scale
    return rounded


def _headline(network: OneMode, rows: list[Row], level: str, sort: str, hosts: int, min_hosts: int) -> str:
    total = count(hosts, "host")
    if not rows and network.labels:
        return f"No item of level {level} on {min_hosts:,} hosts or more."
    if not rows:
        return f"No item of level {level} on {total}."
    if not len(network.both):
        return f"No two items of level {level} live together on {total}: nothing is linked."
    top = rows[0]
    large = isinstance(top[sort], int) or abs(top[sort]) >= 1000
    value = f"{top[sort]:,.0f}" if large else f"{top[sort]:.3g}"
    pairs = count(len(network.both), "pair")
    return f"{top['item']} comes first by {sort} ({value}); {count(len(rows), 'item')} of level {level}, {pairs}."


def _place(rows: list[Row], sort: str) -> str:
    """Whether the first would be first again, by the draws; nothing where there are none."""
    low, high = f"{sort}_rank_low", f"{sort}_rank_high"
    if not rows or rows[0].get(low) is None:
        return ""
    top = rows[0]
    if top[high] == 1:
        return " In 95 % of the draws it comes first."
    rivals = [row["item"] for row in rows[1:] if row[low] <= top[low]]
    named = ", ".join(rivals[:_TOP]) + (f" and {len(rivals) - _TOP:,} more" if len(rivals) > _TOP else "")
    text = f" In 95 % of the draws it has place {top[low]:,} to {top[high]:,}"
    return f"{text}; place {top[low]:,} is in reach of {named} too." if named else f"{text}."


def _others_first(rows: list[Row], sort: str) -> str:
    """By which measures another item comes first: «most central» says nothing without the measure."""
    firsts: dict[str, list[str]] = {}
    for measure in MEASURES if len(rows) > 1 else ():
        best = max(_noiseless(row[measure]) for row in rows)
        leading = [row["item"] for row in rows if _noiseless(row[measure]) == best]
        if measure != sort and rows[0]["item"] not in leading:
            firsts.setdefault(leading[0], []).append(measure)
    parts = [f"{' and '.join(of)} {item}" for item, of in firsts.items()]
    return f" By {'; by '.join(parts)} comes first." if parts else ""


def _few(rows: list[Row], sort: str) -> list[str]:
    """That chance has put the first rows first: of what few hosts run, one host decides what it lives with."""
    top = rows[:_TOP]
    few = sum(row["hosts"] < USUAL_MINIMUM for row in top)
    if sort == "hosts" or 2 * few <= len(top):
        return []
    return [
        f"{few} of the first {count(len(top), 'item')} are on fewer than {USUAL_MINIMUM} hosts: single hosts with long "
        f"lists bring such items to the front. --min-hosts {USUAL_MINIMUM} leaves them out."
    ]


def _fewer(left_out: int, min_hosts: int) -> list[str]:
    if not left_out:
        return []
    return [
        f"{count(left_out, 'item')} on fewer than {count(min_hosts, 'host')} left out of the table, not of the "
        "network: the measures are those of all items."
    ]


def _caveats(network: OneMode, rows: list[Row], weight: str, null: str | None) -> list[str]:
    if not rows:
        return []
    caveats = []
    if weight == "hosts":
        caveats.append(
            "Weight hosts: an item on many hosts shares many of them, so size alone brings it to the front; "
            "--weight jaccard and lift look past that."
        )
    if null is not None:
        empty = nothing_significant(network, null)
        which = "" if empty else f", {network.backbone_in_words}"
        caveats += [*empty, f"Betweenness and closeness are computed on the backbone{which}; --exact takes all pairs."]
    alone = sum(not r["degree"] for r in rows)
    if alone:
        caveats.append(
            f"{count(alone, 'item')} never on a host with another: 0 in every measure, except a part of PageRank's "
            "random jumps."
        )
    return caveats
