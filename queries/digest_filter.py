"""Hosts by a digest of what they list, as `--has digest:…` names it, and the deployments that a digest stands for."""

from __future__ import annotations

import numpy as np

from cohabit.errors import UsageError
from cohabit.graph.incidence import (
    Deployments,
    Integers,
    ModelTable,
    distinct,
    list_lengths_and_values,
)
from cohabit.graph.store import GraphStore
from cohabit.queries.digest_names import digest_called
from cohabit.text import visible


def hosts_with_digest(
    store: GraphStore, models: ModelTable, edges: Deployments, text: str, until: int | None
) -> Integers:
    """Store keys of the hosts with one of those edges for which they reported the digest, as in `holders`.

    UsageError for what is no beginning of a digest, or of none or several of the graph.
    """
    digest = digest_called(store, text)
    if digest is None:
        raise UsageError(f"digest:{visible(text, 80)}: no host of this graph reported a digest that begins so")
    held = holders(store, models, digest, until)
    width = max(len(models.names), 1)
    there = np.isin(edges.hosts * width + edges.models, held.hosts * width + held.models)
    return distinct(edges.hosts[there])


def holders(store: GraphStore, models: ModelTable, digest: str, until: int | None = None) -> Deployments:
    """Deployments for which their hosts ever reported that digest; `until`: first in that week or before."""
    import pyarrow.compute as pc

    weeks = "" if until is None else ", collect(d.digests) AS digests, collect(d.digest_weeks) AS weeks"
    table = store.table(
        "MATCH (h:Host)-[d:DEPLOYS]->(m:Model) WHERE $digest IN d.digests "
        f"RETURN m.name AS model, collect({store.host_key}) AS hosts{weeks}",
        {"digest": digest},
    )
    if not table.num_rows:
        return Deployments(np.empty(0, np.int64), np.empty(0, np.int64))
    position = {name: i for i, name in enumerate(models.names)}
    lengths, hosts = list_lengths_and_values(table.column("hosts"))
    of_row = np.array([position[name] for name in table.column("model").to_pylist()], np.int64)
    found = Deployments(hosts, np.repeat(of_row, lengths))
    if until is None:
        return found
    of_edge, first_weeks = list_lengths_and_values(table.column("weeks").combine_chunks().flatten())
    texts = table.column("digests").combine_chunks().flatten().flatten()
    known = pc.equal(texts, digest).to_numpy(zero_copy_only=False) & (first_weeks <= until)
    kept = np.zeros(len(hosts), bool)
    kept[np.repeat(np.arange(len(hosts)), of_edge)[known]] = True
    return found.keep(kept)
