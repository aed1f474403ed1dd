"""Derived facts: what co-occurrence, centrality and communities find, written into the graph to be explored there."""

from __future__ import annotations

from typing import Any

import numpy as np

from cohabit.errors import DataError, UsageError
from cohabit.graph import schema
from cohabit.graph.derived import DerivedFacts, Rows
from cohabit.graph.incidence import Integers
from cohabit.graph.store import GraphStore, Progress
from cohabit.queries.communities import found_communities
from cohabit.queries.nodes import pagerank
from cohabit.queries.null_models import NULLS, check_null
from cohabit.queries.onemode import OneMode, nothing_significant, one_mode
from cohabit.queries.result import Result, Row, result
from cohabit.queries.scope import Scope, read_incidence

COLUMNS = ("label", "fact", "written")
SEED = 0


def analyse(
    store: GraphStore, *, null: str = NULLS[0], remove: bool = False, progress: Progress | None = None
) -> Result:
    """Write derived facts of the whole graph into the store, in the place of those that are there.

    `pagerank` and `community` of families and models are those of `centrality` and `clusters`; CO_DEPLOYED joins a and
    b (a < b by code point): families wherever one host has both, models where the pair is in the backbone (whose pairs
    are tested under `null`, as all q-values here). With `remove`, the facts are removed.
    """
    check_null(null, 2)
    state = store.state()
    if state is None:
        raise DataError(f"{store.uri}: no graph here yet; `cohabit load FILE…` makes one")
    if remove:
        if null != NULLS[0]:
            raise UsageError("--null is about what is written: leave out --remove")
        if state.derived:
            store.write_derived(None, state)
        headline = "Derived facts removed." if state.derived else "There were no derived facts to remove."
        return result(COLUMNS, [], headline=headline)
    incidence = read_incidence(store, Scope())
    nodes: dict[str, Rows] = {}
    relationships: list[Rows] = []
    caveats: list[str] = []
    for r in schema.DERIVED_RELATIONSHIPS:
        level = r.source.lower()
        network = one_mode(incidence.at(level), null, progress)
        nodes[r.source] = _node_rows(network)
        chosen = np.array(network.backbone.edges, np.int64) if r.source == "Model" else np.arange(len(network.both))
        relationships.append(_pair_rows(network, chosen))
        caveats += [f"At level {level}: {said[0].lower()}{said[1:]}" for said in nothing_significant(network, null)]
    store.write_derived(DerivedFacts(nodes, tuple(relationships)), state)
    rows = _counted(nodes, relationships)
    written = sum(row["written"] for row in rows)
    caveats.append("A sync that changes the graph removes derived facts, and so does `cohabit analyse --remove`.")
    return result(COLUMNS, rows, headline=f"{written:,} derived facts written to the graph.", caveats=caveats)


def _node_rows(network: OneMode) -> Rows:
    rank = pagerank(network.graph(network.weights("hosts"))).tolist()
    labels, inside = found_communities(network, SEED)
    numbers = [n + 1 if own else None for n, own in zip(labels.tolist(), inside.tolist(), strict=True)]
    values = zip(network.labels, rank, numbers, strict=True)
    return [{"name": name, "pagerank": value, "community": number} for name, value, number in values]


def _pair_rows(network: OneMode, chosen: Integers) -> Rows:
    columns: dict[str, list[Any]] = {
        "source": [network.labels[i] for i in network.first[chosen]],
        "target": [network.labels[i] for i in network.second[chosen]],
        **{name: network.weights(name)[chosen].tolist() for name in ("lift", "jaccard")},
        "hosts": network.both[chosen].tolist(),
        "q_value": [] if network.q is None else network.q[chosen].tolist(),
    }
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _counted(nodes: dict[str, Rows], relationships: list[Rows]) -> list[Row]:
    rows: list[Row] = []
    for r, pairs in zip(schema.DERIVED_RELATIONSHIPS, relationships, strict=True):
        rows.append({"label": r.source, "fact": r.type, "written": len(pairs)})
        for p in schema.node(r.source).derived:
            given = sum(row[p.name] is not None for row in nodes[r.source])
            rows.append({"label": r.source, "fact": p.name, "written": given})
    return rows
