"""What changed between two dates, host by host."""

from __future__ import annotations

from collections import Counter

import numpy as np

from cohabit.graph.incidence import Incidence
from cohabit.graph.store import GraphStore
from cohabit.privacy import Masker
from cohabit.queries.dates import MISSED, NEW, NO_LIST, NOT_SCANNED_BEFORE, NOT_SEEN_SINCE, Dates
from cohabit.queries.result import Result, Row, result
from cohabit.queries.words import count

COLUMNS = (
    "host",
    "status",
    "before",
    "after",
    "added",
    "removed",
    "kept",
    "not_rescanned",
    "not_scanned_before",
    "first_seen",
    "last_seen",
)
TABLE_COLUMNS = ("host", "status", "before", "after", "added", "removed", "kept", "last_seen")

_BEFORE = {NO_LIST: "no list", MISSED: "missed", NOT_SEEN_SINCE: "not seen since"}
_AFTER = {NEW: "new", NOT_SCANNED_BEFORE: "not scanned before"}
STATUSES = ("changed", "new", *_BEFORE.values(), _AFTER[NOT_SCANNED_BEFORE], "same")
"""In the order of the rows."""


def changes(store: GraphStore, masker: Masker, dates: Dates) -> Result:
    """One row a host with a list at either date; addresses go through the masker.

    `before` and `after` count its models; the columns from `added` to `not_scanned_before` list them, under the
    headings that `diff` counts hosts by: the models of a new host are `added`, those of a host without a list at the
    second date `not_rescanned`. `status` is one of `STATUSES`.
    """
    before, after = _models_of(dates.before), _models_of(dates.after)
    only_before = _statuses(dates.before, dates.states_before.tolist(), _BEFORE)
    only_after = _statuses(dates.after, dates.states_after.tolist(), _AFTER)
    wanted = set(dates.before.hosts.tolist()) | set(dates.after.hosts.tolist())
    known = store.table(
        f"MATCH (h:Host) RETURN {store.host_key} AS key, h.address AS address, h.first_seen AS first_seen, "
        "h.last_seen AS last_seen"
    )
    rows: list[Row] = []
    for key, address, first_seen, last_seen in zip(*(c.to_pylist() for c in known.itercolumns()), strict=True):
        if key not in wanted:
            continue
        own, now = before.get(key, []), after.get(key, [])
        row: Row = {
            "host": masker.address(address),
            "status": only_before.get(key) or only_after.get(key) or ("same" if own == now else "changed"),
            "before": len(own),
            "after": len(now),
            "added": [],
            "removed": [],
            "kept": [],
            "not_rescanned": [],
            "not_scanned_before": [],
            "first_seen": first_seen,
            "last_seen": last_seen,
        }
        if key in only_before:
            row["not_rescanned"] = own
        elif key in only_after:
            row["added" if row["status"] == _AFTER[NEW] else "not_scanned_before"] = now
        else:
            kept = set(own) & set(now)
            row["added"] = [model for model in now if model not in kept]
            row["removed"] = [model for model in own if model not in kept]
            row["kept"] = [model for model in own if model in kept]
        rows.append(row)
    rows.sort(key=lambda r: (STATUSES.index(r["status"]), -len(r["added"]) - len(r["removed"]), r["host"]))
    return result(
        COLUMNS,
        rows,
        headline=dates.nothing() or _headline(rows),
        caveats=dates.caveats(),
        table_columns=TABLE_COLUMNS,
    )


def _models_of(incidence: Incidence) -> dict[int, list[str]]:
    """Names of each host's models, in order, by the host's key; hosts without a model are left out."""
    order = np.lexsort((incidence.model_index, incidence.host_index))
    names = [incidence.models.names[model] for model in incidence.model_index[order].tolist()]
    bounds = np.concatenate([[0], np.cumsum(incidence.models_per_host)]).tolist()
    keys = incidence.hosts.tolist()
    return {keys[i]: names[bounds[i] : bounds[i + 1]] for i in range(len(keys)) if bounds[i] < bounds[i + 1]}


def _statuses(incidence: Incidence, states: list[int], words: dict[int, str]) -> dict[int, str]:
    """Status of the hosts that have a list at one date only."""
    return {key: words[s] for key, s in zip(incidence.hosts.tolist(), states, strict=True) if s in words}


def _headline(rows: list[Row]) -> str:
    of_status = Counter(r["status"] for r in rows)
    parts = [f"{of_status[status]:,} {status}" for status in STATUSES if of_status[status]]
    return f"{count(len(rows), 'host')}: {', '.join(parts)}."
