"""Lists of models that many hosts name alike, whatever digest or network: who has one."""

from __future__ import annotations

import numpy as np

from cohabit.graph.incidence import Integers, ModelTable, distinct, list_lengths_and_values, positions, without_nulls
from cohabit.graph.lists import Deployed, Lists
from cohabit.graph.store import GraphStore

SHARED_HOSTS = 20
SHARED_MODELS = 5


def shared_groups(lists: Lists, size: int, hosts: int = SHARED_HOSTS, models: int = SHARED_MODELS) -> list[list[int]]:
    """Groups of `hosts` or more with the same `models` or more, as positions among the `size` hosts of the lists."""
    long = np.bincount(lists.hosts, minlength=size) >= models
    return [group for group in lists.alike(lists.models, np.flatnonzero(long)) if len(group) >= hosts]


def hosts_with_shared_lists(store: GraphStore, models: ModelTable) -> Integers:
    """Store keys of the hosts of the whole graph whose newest list is one of those, from the usual sizes on."""
    import pyarrow as pa

    integers = pa.list_(pa.int64())
    rows = store.table(f"MATCH (h:Host) RETURN {store.host_key} AS key, h.listed_weeks AS listed_weeks")
    edges = store.table(
        f"MATCH (h:Host)-[d:DEPLOYS]->(m:Model) RETURN m.name AS model, collect({store.host_key}) AS hosts, "
        "collect(d.weeks) AS weeks"
    )
    if not edges.num_rows:
        return np.empty(0, np.int64)
    keys = without_nulls(rows.column("key"))
    rows = rows.take(np.argsort(keys))
    keys = distinct(keys)
    position = {name: i for i, name in enumerate(models.names)}
    lengths, edge_keys = list_lengths_and_values(edges.column("hosts"))
    of_row = np.array([position[name] for name in edges.column("model").to_pylist()], np.int64)
    weeks = edges.column("weeks").combine_chunks().flatten().cast(integers)
    deployed = Deployed(
        hosts=positions(edge_keys, keys),
        models=np.repeat(of_row, lengths),
        names=models.names,
        weeks=weeks,
        # Which weights it is does not matter.
        digests=pa.nulls(len(weeks), pa.list_(pa.string())),
        listed_weeks=rows.column("listed_weeks").combine_chunks().cast(integers),
    )
    groups = shared_groups(deployed.newest(), len(keys))
    return keys[np.array(sorted(host for group in groups for host in group), np.int64)]
