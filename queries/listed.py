"""Hosts whose list was seen, the base of every question about risk, and what the graph has of their deployments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from cohabit.graph.incidence import Incidence, Integers, host_keys, list_lengths_and_values, positions
from cohabit.graph.store import GraphStore
from cohabit.queries import measures
from cohabit.queries.result import Row
from cohabit.queries.scope import Scope, read_incidence, window_in

Mask = npt.NDArray[np.bool_]


def read_listed(store: GraphStore, scope: Scope) -> Incidence:
    """Read the hosts in scope that showed a list, empty or not, in the time window (ever, without one)."""
    return listed_of(store, read_incidence(store, scope), scope)


def listed_of(store: GraphStore, incidence: Incidence, scope: Scope) -> Incidence:
    """The same of hosts in scope that were read already."""
    window = window_in(store, scope)
    if window.newest_only:
        return incidence.without_details()  # hosts are in such a window by their newest list
    if window.weeks is None:
        listed = host_keys(store, " WHERE size(h.listed_weeks) > 0")
    else:
        parameters = {"weeks": list(window.weeks)}
        listed = host_keys(store, " WHERE any(w IN $weeks WHERE w IN h.listed_weeks)", parameters)
    return incidence.without_details().restricted(np.isin(incidence.hosts, listed))


def edge_values(store: GraphStore, incidence: Incidence, *properties: str) -> tuple[list[Row], Integers]:
    """What the graph has of the deployments in scope: rows of these properties of DEPLOYS, and the row of each edge.

    Rows are of the whole graph; a row may occur more than once.
    """
    columns = "".join(f", d.{name} AS {name}" for name in properties)
    table = store.table(
        f"MATCH (h:Host)-[d:DEPLOYS]->(m:Model) RETURN m.name AS model{columns}, collect({store.host_key}) AS hosts"
    )
    if not table.num_rows:
        return [], np.empty(0, np.int64)
    position = {name: i for i, name in enumerate(incidence.models.names)}
    width = len(position)
    lengths, keys = list_lengths_and_values(table.column("hosts"))
    models = np.array([position[name] for name in table.column("model").to_pylist()], np.int64)
    hosts = positions(keys, incidence.hosts)
    inside = hosts >= 0
    stored = hosts[inside] * width + np.repeat(models, lengths)[inside]
    rows = np.repeat(np.arange(len(models), dtype=np.int64), lengths)[inside]
    wanted = incidence.host_index * width + incidence.model_index
    # In one order both lists of edges can be laid beside each other, however few of the stored ones are asked for.
    order, asked = np.argsort(stored), np.argsort(wanted)
    found = np.empty(len(wanted), np.int64)
    found[asked] = rows[order[np.searchsorted(stored[order], wanted[asked])]]
    return table.select(list(properties)).to_pylist(), found


def quantisations(store: GraphStore, incidence: Incidence) -> tuple[list[str], Integers]:
    """The formats of weights that models have, and the position of that of each model; −1 where it is not known."""
    rows = store.table("MATCH (m:Model) RETURN m.name AS name, m.quantization AS quantization").to_pylist()
    return _labelled({row["name"]: row["quantization"] for row in rows}, incidence)


def sizes(store: GraphStore, incidence: Incidence) -> tuple[list[str], Integers]:
    """The numbers of parameters that models have, as servers write them (`7.6B`), and the position of each model's."""
    rows = store.table("MATCH (m:Model) RETURN m.name AS name, m.parameter_count AS count").to_pylist()
    return _labelled(
        {row["name"]: None if row["count"] is None else size_words(row["count"]) for row in rows}, incidence
    )


def size_words(parameters: int) -> str:
    """A number of parameters in three digits: billions, or millions below one."""
    billions = parameters >= 10**9
    digits = float(f"{parameters / 10 ** (9 if billions else 6):.3g}")
    return f"{digits:g}{'B' if billions else 'M'}"


def _labelled(of_name: Mapping[str, str | None], incidence: Incidence) -> tuple[list[str], Integers]:
    """The labels that models have, and the position of that of each model; −1 where it is not known."""
    labels = sorted({label for label in of_name.values() if label is not None})
    position: dict[str | None, int] = {label: i for i, label in enumerate(labels)}
    return labels, np.array([position.get(of_name[name], -1) for name in incidence.models.names], np.int64)


def hosts_of(incidence: Incidence, edges: Mask) -> Mask:
    """Which hosts in scope have one of those edges."""
    found = np.zeros(len(incidence.hosts), bool)
    found[incidence.host_index[edges]] = True
    return found


def shares(hosts: Sequence[int], base: int) -> list[Row]:
    """The keys `hosts`, `share`, its Wilson 95 % interval `low` to `high`, and `base`, which must not be 0."""
    low, high = (bound.tolist() for bound in measures.wilson(hosts, np.full(len(hosts), base)))
    return [
        {"hosts": found, "share": found / base, "low": low[i], "high": high[i], "base": base}
        for i, found in enumerate(hosts)
    ]
