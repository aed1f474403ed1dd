"""Capabilities, quantisation, versions, names and remote weights: how many hosts a condition holds for."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cohabit.choices import among
from cohabit.errors import UsageError
from cohabit.graph.incidence import Incidence, Integers
from cohabit.graph.store import GraphStore
from cohabit.queries import monoculture as monocultures
from cohabit.queries.advisories import SEVERITIES, Advisory, load_advisories, match
from cohabit.queries.listed import Mask, edge_values, hosts_of, quantisations, read_listed, shares
from cohabit.queries.result import ForAll, Result, Row, Unshown, result
from cohabit.queries.scope import Scope, days_seen
from cohabit.queries.words import count, percent

COLUMNS = (
    "condition",
    "kind",
    "basis",
    "hosts",
    "share",
    "low",
    "high",
    "base",
    "deployments",
    "share_of_deployments",
    "deployments_base",
    "note",
    "source",
)
TABLE_COLUMNS = ("condition", "basis", "hosts", "share", "low", "high", "deployments", "share_of_deployments")
KINDS = ("capability", "quantisation", "version", "name", "remote")

# The four conditions of versions that share the hosts.
VULNERABLE, VERSION_UNKNOWN, NO_ADVISORY, OTHER_SOFTWARE = (
    "known vulnerability",
    "version unknown",
    "no advisory applies",
    "no software of the advisories seen",
)

# What the published study counts, and embedding.
_LEADING = ("tools", "thinking", "vision", "embedding")
_TOGETHER = (("tools", "vision"), ("tools", "thinking"), ("tools", "thinking", "vision"))

_ABILITIES = {
    "tools": "a model may act, not only write",
    "thinking": "a model reasons before it answers",
    "vision": "a model reads images",
    "embedding": "a model makes vectors for search",
    "completion": "a model writes text",
    "insert": "a model fills gaps in text",
}

# Marks that people put into names of models whose refusals were taken away.
_MARKS = (
    "abliterated",
    "decensored",
    "heretic",
    "jailbreak",
    "jailbroken",
    "nsfw",
    "unaligned",
    "uncensored",
    "unfiltered",
    "unrestricted",
)

# Bits of a weight: Q4_K_M, IQ3_XXS, TQ1_0; MXFP4, FP8_E4M3; BF16.
_BITS = re.compile(r"(?:^|[^A-Z])(?:[IT]?Q|(?:MX|NV)?FP|BF|NF|F|INT)([1-9][0-9]?)(?![0-9])")


@dataclass(frozen=True)
class _Finding:
    """One row: the hosts (positions) and, where a condition is of deployments, the edges it holds for.

    `edges_base` says which edges the share of deployments is of (None: all), `source` where an advisory's range comes
    from. `leading` rows come first.
    """

    kind: str
    condition: str
    basis: str
    hosts: Mask
    edges: Mask | None = None
    edges_base: Mask | None = None
    note: str = ""
    source: str | None = None
    leading: bool = False

    def row(self) -> Row:
        """The row; the keys about deployments are None where the condition is of hosts."""
        found = base = None
        if self.edges is not None:
            found = int(np.count_nonzero(self.edges))
            base = len(self.edges) if self.edges_base is None else int(np.count_nonzero(self.edges_base))
        return {
            "condition": self.condition,
            "kind": self.kind,
            "basis": self.basis,
            **shares([int(np.count_nonzero(self.hosts))], len(self.hosts))[0],
            "deployments": found,
            "share_of_deployments": found / base if found is not None and base else None,
            "deployments_base": base,
            "note": self.note,
            "source": self.source,
        }


def risks(
    store: GraphStore,
    *,
    kind: str | None = None,
    advisories: str | os.PathLike[str] | None = None,
    monoculture: bool = False,
    cover: Sequence[str | int] = (),
    scope: Scope | None = None,
) -> Result:
    """Count the hosts that conditions hold for, of one kind or of all (`KINDS`).

    `base` are the hosts in scope whose list was seen, empty or not, in the time window; `share` is of them, with its
    Wilson 95 % interval. `deployments` counts the (host, model) pairs that make the condition hold, of
    `deployments_base` (None for versions, which are of hosts). `basis` says where the knowledge comes from: `reported`
    by the deployment's server, `catalogue` (of the model: what most hosts report, else the catalogue), `version`, or
    `name`. `advisories` is a TOML file of vulnerabilities beside the bundled ones. The rows that sum a kind up come
    first. `monoculture` asks another question (with the goals of `cover`), see there.
    """
    if cover and not monoculture:
        raise UsageError("--cover goes with --monoculture")
    if monoculture:
        if kind is not None or advisories is not None:
            raise UsageError("--monoculture goes without --kind and --advisories")
        return monocultures.monoculture(store, cover=cover, scope=scope)
    if kind is not None and kind not in KINDS:
        raise UsageError(f"--kind {kind!r}: not a kind of risk; {among(kind, KINDS)}")
    known = load_advisories(None if advisories is None else Path(advisories))
    incidence = read_listed(store, scope or Scope())
    if not len(incidence.hosts):
        return result(COLUMNS, [], headline="No host in scope whose list was seen: there is nothing to count.")
    found = condition_rows(store, incidence, KINDS if kind is None else (kind,), known)
    return result(
        COLUMNS,
        found,
        headline=_headline(found, len(incidence.hosts)),
        caveats=(*_caveats(kind), *_ever_seen(store, scope or Scope())),
        table_columns=TABLE_COLUMNS,
        remark="note",
        unshown=Unshown(_of_nobody, "advisory that is about no host", "advisories that are about no host"),
    )


def _of_nobody(row: Row) -> bool:
    """Whether it is an advisory without a host: the list of them is longer than any screen."""
    return row.get("source") is not None and row["hosts"] == 0


def condition_rows(
    store: GraphStore, incidence: Incidence, kinds: Sequence[str], advisories: Sequence[Advisory] = ()
) -> list[Row]:
    """The rows of some kinds of risk on hosts whose list was seen (at least one), those that sum a kind up first."""
    questions: dict[str, Callable[[], Iterator[_Finding]]] = {
        "capability": lambda: _capabilities(store, incidence),
        "quantisation": lambda: _quantisation(store, incidence),
        "version": lambda: _versions(store, incidence, list(advisories)),
        "name": lambda: _names(incidence),
        "remote": lambda: _remote(store, incidence),
    }
    rows: list[tuple[tuple[object, ...], Row]] = []
    for place, name in enumerate(kinds):
        for finding in questions[name]():
            row = finding.row()
            order = (not finding.leading, place, -row["hosts"], row["condition"], row["basis"])
            rows.append((order, row))
    rows.sort(key=lambda pair: pair[0])
    return [row for _, row in rows]


def _capabilities(store: GraphStore, incidence: Incidence) -> Iterator[_Finding]:
    rows, row_of_edge = edge_values(store, incidence, "capabilities")
    models = store.table("MATCH (m:Model) RETURN m.name AS name, m.capabilities AS capabilities").to_pylist()
    of_model = {row["name"]: frozenset(row["capabilities"] or ()) for row in models}
    readings = {
        "reported": ([frozenset(row["capabilities"] or ()) for row in rows], row_of_edge),
        "catalogue": ([of_model[name] for name in incidence.models.names], incidence.model_index),
    }
    for basis, (sets, set_of_edge) in readings.items():
        present = np.flatnonzero(np.bincount(set_of_edge, minlength=len(sets)))
        names = sorted({*_LEADING, *(name for i in present.tolist() for name in sets[i])})

        with_any = _of_edges([bool(one) for one in sets], set_of_edge)
        holds = {name: _of_edges([name in one for one in sets], set_of_edge) for name in names}
        for name, edges in holds.items():
            finding = _Finding("capability", name, basis, hosts_of(incidence, edges), edges)
            yield replace(finding, leading=name in _LEADING, note=_ABILITIES.get(name, ""))
        for together in _TOGETHER:
            hosts = np.logical_and.reduce([hosts_of(incidence, holds[name]) for name in together])
            note = "all of them on one host, not necessarily by one model"
            yield _Finding("capability", " + ".join(together), basis, hosts, note=note)
        silent = (incidence.models_per_host > 0) & ~hosts_of(incidence, with_any)
        condition = "no capability reported" if basis == "reported" else "no capability known"
        yield _Finding(
            "capability", condition, basis, silent, ~with_any, note="hosts with models and no such knowledge"
        )


def _of_edges(values: list[bool], of_edge: Integers) -> Mask:
    """The value of each edge, from the position of its value."""
    found: Mask = np.array(values, bool)[of_edge] if values else np.zeros(0, bool)
    return found


def _quantisation(store: GraphStore, incidence: Incidence) -> Iterator[_Finding]:
    labels, codes = quantisations(store, incidence)
    position = {label: i for i, label in enumerate(labels)}
    of_edge = codes[incidence.model_index] if len(codes) else incidence.model_index
    known = of_edge >= 0
    present = [labels[i] for i in np.flatnonzero(np.bincount(of_edge[known], minlength=len(labels))).tolist()]
    groups: dict[int, list[str]] = {4: []}
    for label in present:
        finding = _quantised(incidence, label, of_edge == position[label], known)
        if (bits := bits_of(label)) is None:
            yield finding
            continue
        yield replace(finding, note=f"in the row of {_bit_formats(bits)}")
        groups.setdefault(bits, []).append(label)
    for bits, formats in groups.items():
        edges = np.isin(of_edge, [position[label] for label in formats])
        note = f"any of: {', '.join(formats)}" if formats else "no model is of such a format"
        yield replace(_quantised(incidence, _bit_formats(bits), edges, known), leading=bits == 4, note=note)
    note = "neither reported by most hosts, nor in the catalogue"
    yield replace(_quantised(incidence, "quantisation unknown", ~known, known), edges_base=None, note=note)


def _bit_formats(bits: int) -> str:
    return f"{bits}-bit formats"


def _quantised(incidence: Incidence, condition: str, edges: Mask, known: Mask) -> _Finding:
    return _Finding("quantisation", condition, "catalogue", hosts_of(incidence, edges), edges, known)


def bits_of(quantisation: str) -> int | None:
    """Nominal bits of a weight in that format (`Q4_K_M` 4, `BF16` 16); None where its name does not say."""
    match = _BITS.search(quantisation)
    return int(match[1]) if match else None


def _versions(store: GraphStore, incidence: Incidence, advisories: list[Advisory]) -> Iterator[_Finding]:
    found = match(store, incidence.hosts, advisories)
    affected = found.any_of([True] * len(advisories))
    for severity in SEVERITIES:
        chosen = [a.severity == severity for a in advisories]
        note = f"any of {count(sum(chosen), 'advisory')} rated {severity}; a host can be in several such rows"
        yield _Finding("version", f"{VULNERABLE}: {severity}", "version", found.any_of(chosen), note=note)
    listed = ", ".join(sorted({a.software for a in advisories})) or "none"
    note = f"any of {count(len(advisories), 'advisory')}, about {listed}"
    yield _Finding("version", VULNERABLE, "version", affected, note=note, leading=True)
    unknown = found.unknown & ~affected
    note = "a server of that software tells no version, and no other of the host is affected"
    yield _Finding("version", VERSION_UNKNOWN, "version", unknown, note=note, leading=True)
    clean = found.assessed & ~affected & ~unknown
    note = "every server of that software tells a version, and no advisory is about it"
    yield _Finding("version", NO_ADVISORY, "version", clean, note=note)
    rest = ~(affected | unknown | clean)
    note = "other software, or none was recognised"
    yield _Finding("version", OTHER_SOFTWARE, "version", rest, note=note)
    for advisory, hosts in zip(advisories, found.affected, strict=True):
        ranges = " or ".join(advisory.affected)
        note = f"{advisory.software} {ranges}; {advisory.severity}: {advisory.summary}"
        yield _Finding("version", advisory.id, "version", hosts, note=note, source=advisory.source)


def _names(incidence: Incidence) -> Iterator[_Finding]:
    names = incidence.models.names
    total = np.zeros(len(incidence.host_index), bool)
    for mark in _MARKS:
        edges = _of_edges([mark in name for name in names], incidence.model_index)
        if edges.any():
            note = "the word is in a model's name"
            yield _Finding("name", f"name with {mark}", "name", hosts_of(incidence, edges), edges, note=note)
        total = total | edges
    note = f"any of: {', '.join(_MARKS)}"
    yield _Finding(
        "name",
        "name that says uncensored or the like",
        "name",
        hosts_of(incidence, total),
        total,
        note=note,
        leading=True,
    )


def _remote(store: GraphStore, incidence: Incidence) -> Iterator[_Finding]:
    rows, row_of_edge = edge_values(store, incidence, "remote")
    edges = _of_edges([row["remote"] is True for row in rows], row_of_edge)
    hosts = hosts_of(incidence, edges)
    note = "the server hands the question on, to a cloud or behind a proxy"
    yield _Finding("remote", "weights elsewhere", "reported", hosts, edges, note=note, leading=True)
    note = "of all its models"
    yield _Finding("remote", "weights elsewhere only", "reported", hosts & ~hosts_of(incidence, ~edges), note=note)


def _headline(rows: list[Row], base: int) -> str:
    said = {(row["condition"], row["basis"]): row for row in rows}
    # Of hosts that keep it to themselves the share may hold, too.
    unknown = {"catalogue": "quantisation unknown", "version": VERSION_UNKNOWN}
    phrases = []
    for condition, basis, words in (
        ("tools", "reported", "report a model that can call tools"),
        ("4-bit formats", "catalogue", "run a 4-bit format"),
        (VULNERABLE, "version", "run a server version with a known vulnerability"),
    ):
        row = said.get((condition, basis))
        if row is not None and condition == VULNERABLE and not versions_told(rows):
            phrases.append("no server told a version that the list of advisories is about")
        elif row is not None:
            silent = basis in unknown and said[unknown[basis], basis]["hosts"]
            phrases.append(f"{'at least ' if silent else ''}{percent(row['share'])} {words}")
    return f"Of {count(base, 'host')} whose list was seen{': ' + ', '.join(phrases) if phrases else ''}."


def versions_told(rows: Sequence[Row]) -> bool:
    """Whether, by the rows about versions, a server of the advisories' software told a version that can be compared."""
    return any(row["hosts"] for row in rows if row["condition"] in (VULNERABLE, NO_ADVISORY))


def _ever_seen(store: GraphStore, scope: Scope) -> Iterator[str]:
    """That without a time hosts count that may be gone."""
    if scope.active_within is None and (days := days_seen(store, scope)):
        first, last = days
        yield ForAll(f"Hosts ever seen, {first} to {last}: --active-within 21 leaves those of the last three weeks.")


def _caveats(kind: str | None) -> tuple[str, ...]:
    notes = {
        "capability": "Capabilities: older servers report none, so `reported` is a lower bound; `catalogue` is what "
        "most hosts report for models of that name, else the catalogue.",
        "quantisation": "Quantisation is that of the model, not of each deployment; share_of_deployments is of those "
        "whose quantisation is known.",
        "version": "A version says no more than that: a distribution can have mended it without a new number, and a "
        "proxy can hide another version. Advisories younger than a scan count too; that none applies is no all-clear.",
        "name": "By name: a name says no more than that.",
    }
    return tuple(note for name, note in notes.items() if kind in (None, name))
