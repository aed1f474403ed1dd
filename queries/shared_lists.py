"""Lists of models that many hosts name alike, whatever digest or network: who has one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from cohabit.graph.incidence import Integers, ModelTable, distinct, list_lengths_and_values, positions, without_nulls
from cohabit.graph.lists import Deployed, Lists
from cohabit.graph.store import GraphStore

SHARED_HOSTS = 20
SHARED_MODELS = 5
WITHIN_MODELS = 3
"""So many models, all on one shared list, make a list that may be of the same making."""


def shared_groups(lists: Lists, size: int, hosts: int = SHARED_HOSTS, models: int = SHARED_MODELS) -> list[list[int]]:
    """Groups of `hosts` or more with the same `models` or more, as positions among the `size` hosts of the lists."""
    long = np.bincount(lists.hosts, minlength=size) >= models
    return [group for group in lists.alike(lists.models, np.flatnonzero(long)) if len(group) >= hosts]


def hosts_within(lists: Lists, size: int, groups: Sequence[Sequence[int]]) -> Integers:
    """Hosts (positions) that list WITHIN_MODELS models or more, all on the list of one group; also the groups' own."""
    shared_by: dict[int, set[int]] = defaultdict(set)
    for i, group in enumerate(groups):
        for model in lists.models[lists.hosts == group[0]].tolist():
            shared_by[model].add(i)
    known = np.isin(lists.models, list(shared_by))
    # Only hosts with nothing but models of shared lists; each distinct list is looked at once.
    whole = np.bincount(lists.hosts, minlength=size) == np.bincount(lists.hosts[known], minlength=size)
    enough = np.bincount(lists.hosts, minlength=size) >= WITHIN_MODELS
    bounds = np.concatenate([[0], np.cumsum(np.bincount(lists.hosts, minlength=size))])
    models = lists.models[np.argsort(lists.hosts, kind="stable")]
    found: list[int] = []
    for alike in lists.alike(lists.models, np.flatnonzero(whole & enough)):
        own = models[bounds[alike[0]] : bounds[alike[0] + 1]].tolist()
        if set.intersection(*sorted((shared_by[model] for model in own), key=len)):
            found += alike
    return np.array(sorted(found), np.int64)


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
