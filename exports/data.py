"""What an export holds: the hosts and their models, or the network of the items of one level.

`read_data` is the only way to it, for every format and for the Python interface: what may leave the graph is decided
here, once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from cohabit.choices import among
from cohabit.errors import UsageError
from cohabit.exports.deployments import flat_tables
from cohabit.exports.masking import masked_graph
from cohabit.exports.networks import network_tables
from cohabit.exports.scoped import scoped_graph
from cohabit.graph.incidence import LEVELS, newest_sighting
from cohabit.graph.store import GraphStore
from cohabit.graph.tables import GraphTables
from cohabit.privacy import Masker
from cohabit.queries.protection import Protection
from cohabit.queries.publishing_rules import refuse_hosts
from cohabit.queries.scope import Scope, check_min_hosts

About = dict[str, str | int | bool]


@dataclass(frozen=True)
class Selection:
    """What to export: the bipartite graph (`level` None) or the network of a level, of the hosts of a scope.

    `min_hosts` leaves out pairs of a network with fewer hosts. With `protected` it is for everybody.
    """

    level: str | None = None
    scope: Scope = field(default_factory=Scope)
    min_hosts: int = 1
    protected: Protection | None = None

    def __post_init__(self) -> None:
        if self.level is not None and self.level not in LEVELS:
            raise UsageError(f"--level {self.level!r}: not a level; {among(self.level, LEVELS)}")
        check_min_hosts(self.min_hosts)
        if self.level is None and self.min_hosts > 1:
            raise UsageError("--min-hosts is about pairs: give --level too")
        if self.level is None:
            refuse_hosts(
                self.protected, "hosts and their models", "give --level for the network of what lives together"
            )


@dataclass(frozen=True)
class ExportData:
    """Tables sorted by their keys, addresses already masked.

    `nodes` has a table for each kind of node: `host` and `model`, or the level; its first column is the node's key.
    The first two columns of `edges` are keys of their ends (of a network a < b, of level `level`). `graph` is the
    whole bipartite graph with its places, labels and types; None for a network. `about` says what it is.
    """

    nodes: Mapping[str, pa.Table]
    edges: pa.Table
    about: About
    graph: GraphTables | None = None

    @property
    def bipartite(self) -> bool:
        """Whether hosts and models are the nodes."""
        return self.graph is not None

    @property
    def tables(self) -> dict[str, pa.Table]:
        """The tables by the names that they have in files; `about` is in their schemas' metadata, as JSON."""
        if self.bipartite:
            found = {"hosts": self.nodes["host"], "models": self.nodes["model"], "deployments": self.edges}
        else:
            (items,) = self.nodes.values()
            found = {"items": items, "pairs": self.edges}
        about = {"cohabit": json.dumps(self.about)}
        return {name: table.replace_schema_metadata(about) for name, table in found.items()}


def read_data(
    store: GraphStore, masker: Masker, selection: Selection, *, simulated: bool = False, notes: Sequence[str] = ()
) -> ExportData:
    """Read what is to be exported; the same graph, selection and masking key give the same data on every store.

    `about` has the filters, the date of the newest sighting, the digest of the graph (but for everybody, where nothing
    is said that hangs on single hosts), and the `notes` as its caveats.
    """
    content = "hosts and the models they list" if selection.level is None else f"{selection.level} network"
    date, state = (newest_sighting(store) or "")[:10], store.state()
    about: About = {
        "title": f"cohabit: {content}{f', seen until {date}' if date else ''}",
        "content": content,
        "filters": "; ".join(selection.scope.description()) or "none",
        "addresses": "shown" if masker.show else "masked",
        "simulated": simulated,
        **({"date": date} if date else {}),
        **({"published": selection.protected.words} if selection.protected else {}),
        **({"digest": state.digest} if state and not selection.protected else {}),
        **({"caveats": " ".join(notes)} if notes else {}),
    }
    if selection.level is None:
        graph = masked_graph(scoped_graph(store, selection.scope), masker)
        hosts, models, deployments = flat_tables(graph)
        about |= {"hosts": hosts.num_rows, "models": models.num_rows, "deployments": deployments.num_rows}
        return ExportData({"host": hosts, "model": models}, deployments, about, graph)
    chosen = selection.level, selection.scope, selection.min_hosts
    items, pairs, base = network_tables(store, *chosen, masker, selection.protected)
    about |= {"base": base, "items": items.num_rows, "pairs": pairs.num_rows}
    return ExportData({selection.level: items}, pairs, about)
