"""What is in the graph, how fresh it is, and from which scans."""

from __future__ import annotations

from typing import Any

from cohabit.graph.incidence import newest_sighting
from cohabit.graph.store import GraphStore
from cohabit.privacy import Masker
from cohabit.queries import lacking
from cohabit.queries.result import Result, result
from cohabit.queries.saved import saved_queries
from cohabit.queries.scope import Scope, read_incidence
from cohabit.queries.words import count, percent
from cohabit.text import visible

SCAN_COLUMNS = (
    "sha256",
    "file_name",
    "loader",
    "loaded_at",
    "records",
    "rejected",
    "partial",
    "first_seen",
    "last_seen",
    "simulated",
)
TABLE_COLUMNS = ("file_name", "loader", "records", "rejected", "first_seen", "last_seen", "sha256")

# One figure a query: they stay readable, and both stores answer each from an index or a single pass.
_FIGURES = {
    "hosts": "MATCH (h:Host) RETURN count(h) AS value",
    "models": "MATCH (m:Model) RETURN count(m) AS value",
    "families": "MATCH (f:Family) RETURN count(f) AS value",
    "lines": "MATCH (:Model)-[:VARIANT_OF]->(l:Line) RETURN count(DISTINCT l.name) AS value",
    "labs": "MATCH (b:Lab) RETURN count(b) AS value",
    "deployments": "MATCH (:Host)-[d:DEPLOYS]->(:Model) RETURN count(d) AS value",
    "observations": "MATCH (h:Host) RETURN sum(h.observations) AS value",
    "countries": "MATCH (:Host)-[:IN_COUNTRY]->(c:Country) RETURN count(DISTINCT c.code) AS value",
    "networks": "MATCH (n:Network) RETURN count(n) AS value",
    "providers": "MATCH (p:Provider) RETURN count(p) AS value",
    "scans": "MATCH (s:Scan) RETURN count(s) AS value",
    "rejected": "MATCH (s:Scan) RETURN sum(s.rejected) AS value",
    "first_seen": "MATCH (h:Host) RETURN min(h.first_seen) AS value",
}


# Without one, 0 would be a finding that nobody made.
_PLACES = ("countries", "networks", "providers")


def figures(store: GraphStore) -> dict[str, Any]:
    """Count what the graph holds; None for places of a kind that is known of no host."""
    row: dict[str, Any] = {}
    for name, cypher in _FIGURES.items():
        value = store.table(cypher).column("value")[0].as_py()
        row[name] = value if name.endswith("_seen") else int(value or 0)
        if name in _PLACES and not row[name]:
            row[name] = None
        if name == "deployments":
            incidence = read_incidence(store, Scope())
            row["multi_model_hosts"] = incidence.multi_model_hosts
            row["hosts_with_models"] = incidence.hosts_with_models
            row["unknown_family"] = _unknown(incidence.models.items["family"], incidence.model_index)
            row["unknown_line"] = _unknown(incidence.models.items["line"], incidence.model_index)
    row["last_seen"] = newest_sighting(store)
    return row


def info(store: GraphStore, masker: Masker) -> Result:
    """Say what the graph holds and what it was made with; one row."""
    row = figures(store)
    state = store.state()
    row["digest"] = state.digest if state else None
    row["geo"] = [visible(masker.text(name)) for name in state.geo] if state else []
    row["excluded_hosts"] = state.excluded if state else 0
    row["derived_facts"] = state.derived if state else False
    headline = (
        f"{count(row['hosts'], 'host')} and {count(row['models'], 'model')} from {count(row['scans'], 'scan')}, "
        f"{row['first_seen'] or '–'} to {row['last_seen'] or '–'}."
    )
    caveats = []
    for what in ("family", "line"):
        if row[f"unknown_{what}"]:
            share = percent(row[f"unknown_{what}"] / row["deployments"])
            caveats.append(
                f"{count(row[f'unknown_{what}'], 'deployment')} ({share}) of models whose {what} is unknown."
            )
    if row["deployments"] and (said := lacking.no_reported_family(store)):
        caveats.append(said)
    if row["excluded_hosts"]:
        caveats.append(
            f"{count(row['excluded_hosts'], 'host')} of the archive kept out: `cohabit exclude list` says by what."
        )
    if row["derived_facts"]:
        caveats.append("With derived facts of `cohabit analyse`; a sync that changes the graph removes them.")
    else:
        caveats.append(
            "Without derived facts: none were written since the graph changed; `cohabit analyse` writes them."
        )
    return result(tuple(row), [row], headline=headline, caveats=caveats, single=True)


def _unknown(items: list[str | None], model_index: Any) -> int:
    import numpy as np

    unknown = np.array([item is None for item in items], bool)
    return int(np.count_nonzero(unknown[model_index])) if len(unknown) else 0


def scans(store: GraphStore, masker: Masker) -> Result:
    """List the loaded scans, by the time of their first observation."""
    rows = store.table(saved_queries()["scans"].cypher).to_pylist()
    rows.sort(key=lambda r: (r["first_seen"] or "", r["file_name"], r["sha256"]))
    for row in rows:
        row["file_name"] = masker.text(row["file_name"])
    headline = f"{count(len(rows), 'scan')} loaded."
    return result(SCAN_COLUMNS, rows, headline=headline, table_columns=TABLE_COLUMNS)
