"""Quality checks of records and scans: families, names, clocks, hosts seen once, simulated scans, unseen hosts."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cohabit.graph.archive import RejectedRecord
from cohabit.graph.incidence import Integers, host_keys, list_lengths_and_values
from cohabit.graph.store import GraphStore
from cohabit.loaders.values import IMPOSSIBLE_TIMES
from cohabit.queries.quality_data import Evidence, Mask
from cohabit.queries.quality_lists import UNCHECKED, Finding
from cohabit.queries.unseen import unseen_at_least
from cohabit.queries.windows import TimeWindow
from cohabit.queries.words import count, percent
from cohabit.text import visible

_NAMED = 3


def family_conflicts(evidence: Evidence) -> Finding:
    """Hosts that report another family for a model than the one it counts for, which most hosts report."""
    deployed = evidence.deployed
    names = np.array([*evidence.family_names, ""], object)
    counted = np.array([family or "" for family in evidence.models.items["family"]], object)
    reported = names[evidence.families]
    inside = evidence.scope[deployed.hosts]
    if not (reported[inside] != "").any():
        note = f"{UNCHECKED}: no server reported a family, so each model counts for the catalogue's."
        return Finding("family conflicts", None, None, "models", note)
    differs = (reported != "") & (reported != counted[deployed.models]) & inside
    note = "These hosts report another family for a model than most do; the model counts for what most report."
    models, worst = _most_hosts(evidence, differs)
    if models:
        note += f" Look at {worst}: different weights may share the name."
    return Finding("family conflicts", evidence.hosts(deployed.hosts[differs]), models, "models", note)


def unknown_names(evidence: Evidence) -> Finding:
    """Hosts with a model whose name the catalogue gives no line."""
    deployed = evidence.deployed
    unknown = np.array([line is None for line in evidence.models.items["line"]], bool)
    edges = unknown[deployed.models] & evidence.scope[deployed.hosts]
    note = "Models that no line of the catalogue fits: they are missing from levels line, lab and lab-country."
    models, worst = _most_hosts(evidence, edges)
    if models:
        note += f" Most hosts: {worst}. A catalogue of your own can name them (`cohabit sync --catalogue FILE`)."
    return Finding("unknown names", evidence.hosts(deployed.hosts[edges]), models, "models", note)


def _most_hosts(evidence: Evidence, edges: Mask) -> tuple[int, str]:
    """How many models these edges have, and in words those with the most hosts."""
    hosts = np.bincount(evidence.deployed.models[edges], minlength=len(evidence.models.names))
    order = sorted(np.flatnonzero(hosts).tolist(), key=lambda m: (-hosts[m], evidence.models.names[m]))
    named = [f"{visible(evidence.models.names[m], 60)} ({count(int(hosts[m]), 'host')})" for m in order[:_NAMED]]
    return len(order), ", ".join(named)


def clock_trouble(store: GraphStore, evidence: Evidence, rejected: Iterable[RejectedRecord] | None) -> Finding:
    """Hosts whose times contradict each other or the loading of the scans; records rejected for impossible times.

    `rejected` is None where the archive is not at hand.
    """
    keys = np.concatenate([host_keys(store, where) for where in _CONTRADICTIONS])
    loaded = store.table("MATCH (s:Scan) RETURN max(s.loaded_at) AS loaded").column("loaded")[0].as_py()
    if loaded is not None:
        keys = np.concatenate([keys, host_keys(store, " WHERE h.last_seen > $loaded", {"loaded": loaded})])
    hosts = evidence.hosts_by_key(keys)
    note = "Hosts last seen before they were first seen, or after the newest scan was loaded."
    if hosts.any():
        note += " A clock is wrong, or the store was changed by hand: find the scan with `cohabit info --scans`."
    if rejected is None:
        note += " Rejected records cannot be looked at: the archive of this graph is not here."
        return Finding("clock trouble", hosts, None, _REJECTED, note)
    impossible = sum(record.reason.endswith(IMPOSSIBLE_TIMES) for record in rejected)
    if impossible:
        note += f" {count(impossible, 'record')} of impossible times left out: `cohabit rejected` lists them."
    return Finding("clock trouble", hosts, impossible, _REJECTED, note)


_REJECTED = "rejected records"
_CONTRADICTIONS = (
    " WHERE h.first_seen > h.last_seen",
    "-[d:DEPLOYS]->(:Model) WHERE d.first_seen > d.last_seen OR d.first_seen < h.first_seen "
    "OR d.last_seen > h.last_seen",
    "-[r:RUNS]->(:Software) WHERE r.first_seen > r.last_seen OR r.first_seen < h.first_seen "
    "OR r.last_seen > h.last_seen",
)


def seen_once(evidence: Evidence) -> Finding:
    """Hosts with one observation."""
    hosts = (evidence.observations == 1) & evidence.scope
    total = int(evidence.observations[evidence.scope].sum())
    once = int(np.count_nonzero(hosts))
    note = f"They give {percent(once / total)} of {count(total, 'observation')}."
    if once:
        note += " For figures of lasting hosts leave them out with --min-weeks 2."
    return Finding("seen once", hosts, once, "observations", note)


def simulated_scans(store: GraphStore, evidence: Evidence) -> Finding:
    """Whether made-up scans are in the graph, and beside real ones."""
    values = store.table("MATCH (s:Scan) RETURN s.simulated AS simulated").column("simulated").to_pylist()
    simulated = sum(value is True for value in values)
    check, unit = "simulated scans", "scans"
    if not simulated:
        return Finding(check, np.zeros_like(evidence.scope), 0, unit, "All scans are real.")
    if simulated == len(values):
        return Finding(check, evidence.scope, simulated, unit, "Everything here is simulated: quote no number of it.")
    note = (
        f"{simulated} of {count(len(values), 'scan')} are simulated; a graph does not keep which host is from which "
        "scan. No number means anything: `cohabit forget` the one or the other."
    )
    return Finding(check, None, simulated, unit, note)


def unseen_hosts(evidence: Evidence, window: TimeWindow) -> Finding:
    """Chao's lower bound of the hosts never seen, from the weeks (of the window) in which hosts were."""
    check, unit = "unseen hosts", "hosts, at least"
    lengths, weeks = list_lengths_and_values(evidence.weeks)
    owners = np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)
    if window.weeks is not None:
        inside = np.isin(weeks, np.array(window.weeks))
        weeks, owners = weeks[inside], owners[inside]
    occasions = len(np.unique(weeks))
    if occasions < 2:
        return Finding(check, None, None, unit, "Cannot be said from one week of observations.")
    seen: Integers = np.bincount(owners, minlength=len(lengths))[evidence.scope]
    once, twice = int(np.count_nonzero(seen == 1)), int(np.count_nonzero(seen == 2))
    note = (
        f"Chao's lower bound from {count(once, 'host')} seen in one and {twice:,} in two of {occasions} weeks. A "
        "bound, not a check: it supposes a steady population, and changing addresses make it too high."
    )
    return Finding(check, None, unseen_at_least(once, twice, occasions), unit, note)
