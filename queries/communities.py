"""Communities: which items of a level live with each other more than with the rest."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt

from cohabit.errors import UsageError
from cohabit.graph.incidence import Integers
from cohabit.graph.store import GraphStore, Progress
from cohabit.queries import bootstrap as boot
from cohabit.queries.gds import check_engine, projected
from cohabit.queries.leiden import leiden, modularity
from cohabit.queries.null_models import check_null
from cohabit.queries.onemode import OneMode, nothing_significant, one_mode
from cohabit.queries.partitions import adjusted_rand
from cohabit.queries.result import Result, Row, result
from cohabit.queries.scope import Scope, read_incidence
from cohabit.queries.stability import check, drawn_units, projections, resamples, stability_in_words, with_stability
from cohabit.queries.words import count, unknown_caveat
from cohabit.text import visible

COLUMNS = ("item", "cluster", "name", "hosts", "distance_to_centre", "stability", "modularity", "note")
TABLE_COLUMNS = ("item", "cluster", "hosts", "distance_to_centre", "stability", "note")
OUTSIDE = "not in the backbone"
LEADING = 3
# A resample asks how much a community owes to chance, not for the last thousandth of modularity.
_RESAMPLE_STARTS = 2
_DEAR_PAIRS = 100_000


def communities(
    store: GraphStore,
    *,
    level: str = "family",
    null: str = "bicm",
    scope: Scope | None = None,
    bootstrap: int | None = None,
    seed: int = 0,
    engine: str = "local",
    progress: Progress | None = None,
) -> Result:
    """Communities of the items of a level: Leiden on the backbone, numbered by the hosts of their largest item.

    The backbone's pairs are tested under a null model (`null`: bicm or hypergeometric). `name` has the leading items of
    the community. `distance_to_centre` is 1 − κ/κmax, with κ the backbone weight between an item and its community and
    κmax the largest κ in it: 0 is the item the others hang on. `modularity` and `stability` (mean adjusted Rand index
    over resamples of networks; None without) are those of the whole partition. Items outside the backbone have no
    community, and their note says so. With `engine` gds it is the server's Leiden, one start; without resamples.
    """
    check(bootstrap, seed)
    check_null(null, 2)
    check_engine(engine, store)
    if engine != "local":
        if bootstrap:
            raise UsageError("--bootstrap needs the local engine: leave out --engine")
        bootstrap = 0
    incidence = read_incidence(store, scope or Scope())
    matrix = incidence.at(level)
    network = one_mode(matrix, null, progress)
    labels, inside = found_communities(network, seed, store if engine == "gds" else None)
    stability = None
    number = resamples(bootstrap, dear=len(network.both) > _DEAR_PAIRS)
    drawn = boot.resamples(store, incidence, matrix, number, seed) if number and inside.any() else None
    if drawn and drawn.networks > 1:
        found = []
        for done, sample in enumerate(projections(matrix, network, drawn), 1):
            found.append(adjusted_rand(labels[inside], _again(network, sample, seed)[inside]))
            if progress:
                progress("resampling networks", done, number)
        stability = float(np.mean(found))
    rows = _rows(network, labels, inside, stability)
    rows.sort(key=lambda r: (r["cluster"] is None, r["cluster"] or 0, -r["hosts"], r["item"]))
    caveats = [
        *_caveats(network, rows, null, seed, engine),
        *_stability(stability, drawn, number, bootstrap, seed, bool(inside.any())),
        *unknown_caveat(incidence, matrix),
    ]
    headline = with_stability(_headline(rows, level, network, len(incidence.hosts)), stability)
    return result(COLUMNS, rows, headline=headline, caveats=caveats, table_columns=TABLE_COLUMNS)


def found_communities(
    network: OneMode, seed: int, server: GraphStore | None = None
) -> tuple[Integers, npt.NDArray[np.bool_]]:
    """Community of each item, numbered from 0 by the hosts of the largest item, and which items are in the backbone.

    By the Graph Data Science of `server`, where one is given.
    """
    graph = network.backbone_graph()
    inside = np.diff(graph.indptr) > 0
    if server is None or not inside.any():
        labels = leiden(graph, seed=seed)
    else:
        with projected(server, graph) as there:
            labels = there.leiden(seed)
    return _by_hosts(labels, network, inside), inside


def _by_hosts(labels: Integers, network: OneMode, inside: npt.NDArray[np.bool_]) -> Integers:
    """Number the communities anew: that of the item with most hosts is 0; items outside the backbone come last."""
    order = np.lexsort((np.arange(len(labels)), -network.hosts, ~inside))
    numbers: dict[int, int] = {}
    for label in labels[order].tolist():
        numbers.setdefault(label, len(numbers))
    return np.array([numbers[label] for label in labels.tolist()], np.int64)


def _again(whole: OneMode, sample: OneMode, seed: int) -> Integers:
    """Communities of a resample, in the order of the whole's items; what is not in its backbone is by itself."""
    found = leiden(sample.backbone_graph(), seed=seed, starts=_RESAMPLE_STARTS)
    number = dict(zip(sample.labels, found.tolist(), strict=True))
    return np.array([number.get(label, len(found) + i) for i, label in enumerate(whole.labels)], np.int64)


def _rows(
    network: OneMode,
    labels: Integers,
    inside: npt.NDArray[np.bool_],
    stability: float | None,
) -> list[Row]:
    graph = network.backbone_graph()
    quality = modularity(graph, labels) if graph.nnz else None
    edges = graph.tocoo()
    own = labels[edges.row] == labels[edges.col]
    ties = np.bincount(edges.row[own], edges.data[own], len(labels))
    most = np.zeros(len(labels))
    np.maximum.at(most, labels, ties)
    leading: dict[int, list[str]] = {}
    for i in np.lexsort((np.arange(len(labels)), -network.hosts)).tolist():
        leading.setdefault(int(labels[i]), []).append(network.labels[i])
    rows: list[Row] = []
    for i, item in enumerate(network.labels):
        row: Row = {"item": item, "hosts": int(network.hosts[i])}
        if inside[i]:
            community = int(labels[i])
            row |= {
                "cluster": community + 1,
                "name": named(leading[community]),
                "distance_to_centre": float(1 - ties[i] / most[community]),
                "stability": stability,
                "modularity": quality,
                "note": None,
            }
        else:
            row |= dict.fromkeys(("cluster", "name", "distance_to_centre", "stability", "modularity"))
            row["note"] = OUTSIDE
        rows.append(row)
    return rows


def named(leading: list[str]) -> str:
    """A name from the leading members, largest first."""
    return ", ".join(visible(label, 60) for label in leading[:LEADING])


def _headline(rows: list[Row], level: str, network: OneMode, hosts: int) -> str:
    total = count(hosts, "host")
    if not rows:
        return f"No item of level {level} on {total}."
    sizes = Counter(r["cluster"] for r in rows if r["cluster"] is not None)
    if not len(network.both):
        return f"No two items of level {level} live together on {total}: no communities."
    if not sizes:
        return f"No pair of level {level} is in the backbone on {total}: no communities."
    names = {r["cluster"]: r["name"] for r in rows}
    listed = "; ".join(
        f"{number} ({count(size, 'item')}): {names[number]}" for number, size in sorted(sizes.items())[:8]
    )
    more = f"; and {len(sizes) - 8} more" if len(sizes) > 8 else ""
    noun = "community" if len(sizes) == 1 else "communities"
    return f"{len(sizes):,} {noun} at level {level} on {total}. {listed}{more}."


def _stability(
    stability: float | None, drawn: boot.Resamples | None, number: int, asked: int | None, seed: int, wanted: bool
) -> list[str]:
    if drawn and drawn.networks < 2:
        return [drawn.caveat()]
    units = drawn_units(known=drawn is None or drawn.alone < drawn.networks)
    return stability_in_words(stability, number, asked, units, seed) if wanted else []


def _caveats(network: OneMode, rows: list[Row], null: str, seed: int, engine: str) -> list[str]:
    outside = sum(r["cluster"] is None for r in rows)
    if outside == len(rows):
        return nothing_significant(network, null)
    quality = next(r["modularity"] for r in rows if r["cluster"])
    which = "Leiden of the server's Graph Data Science" if engine == "gds" else "Leiden"
    method = f"{which}, seed {seed}, on the backbone, {network.backbone_in_words}; modularity {quality:.2f}."
    caveats = [method]
    if outside:
        caveats.append(f"{count(outside, 'item')} without a pair in the backbone, so without a community.")
    return caveats
