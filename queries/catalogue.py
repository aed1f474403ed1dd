"""What the catalogue makes of a model's name, and which names of the graph it does not know."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from cohabit.errors import UsageError
from cohabit.graph.store import GraphStore
from cohabit.loaders.catalogue import Catalogue, Decision, Entry
from cohabit.loaders.names import canonical_model, words
from cohabit.queries import measures
from cohabit.queries.result import Result, Row, result
from cohabit.queries.scope import Scope, read_incidence
from cohabit.queries.words import count, percent
from cohabit.text import visible

_NOT_SAID = "the catalogue does not say"


def ask(catalogue: Catalogue, store: GraphStore, name: str | None = None, *, unknown: bool = False) -> Result:
    """The models of the graph that are unknown, the reading of a name, or the lines."""
    if unknown:
        return unknown_models(store)
    return lines(catalogue) if name is None else explain(catalogue, name, store)


def lines(catalogue: Catalogue) -> Result:
    """Every product line: its lab and the lab's country, base line, capabilities, and the file that speaks of it."""
    countries = {lab.name: lab.country for lab in catalogue.labs()}
    rows = [
        {
            "line": line.name,
            "lab": line.lab,
            "lab_country": countries.get(line.lab) if line.lab else None,
            "derived_from": line.derived_from,
            "capabilities": line.capabilities and list(line.capabilities),
            "source": line.source,
        }
        for line in catalogue.lines()
    ]
    headline = f"{count(len(rows), 'line')} of {count(len(countries), 'lab')}."
    columns = ("line", "lab", "lab_country", "derived_from", "capabilities", "source")
    return result(columns, rows, headline=headline, table_columns=columns[:-1])


def explain(catalogue: Catalogue, name: str, store: GraphStore | None = None) -> Result:
    """Say step by step what a name means: its canonical form, the pattern that decides, and all that follows.

    With a store also what the graph has under that name. UsageError when the text names no model.
    """
    canonical = canonical_model(name)
    if canonical is None:
        raise UsageError(f"{visible(name, 80)!r} names no model")
    decision = catalogue.decide(canonical)
    entry, reference = decision.entry, decision.reference
    place = "registry and namespace" if reference.exact else "registry or folder"
    looked_up = "the last part" if reference.exact else "without folders, file endings, part numbers and quantisation"
    steps: list[tuple[str, Any, str]] = [
        ("canonical name", canonical, "lower case, tag always there, default registry dropped"),
        (place, reference.place or None, "not looked at: a copy is the same product"),
        ("name looked up", decision.name or None, looked_up),
        ("words of the name", list(words(decision.name)), "letters, numbers and sizes; patterns are runs of them"),
        ("words of the tag", list(words(reference.tag)), "only for what depends on the tag"),
    ]
    if entry is None:
        pattern = f"pattern «{decision.pattern}» of `unknown`, {decision.sources['line']}" if decision.pattern else None
        steps.append(("line", None, pattern or "no pattern matches: nothing is guessed"))
        headline = f"{visible(canonical, 80)}: the catalogue does not know this name."
    else:
        steps += _facts(decision, entry)
        lab = f", by {entry.lab}" if entry.lab else ""
        headline = f"{visible(canonical, 80)} is of the line {entry.line}{lab}."
    if store is not None:
        steps += _in_graph(store, canonical)
    rows = [{"step": step, "value": _text(value), "basis": basis} for step, value, basis in steps]
    return result(("step", "value", "basis"), rows, headline=headline)


def _facts(decision: Decision, entry: Entry) -> list[tuple[str, Any, str]]:
    """What the catalogue says of a name, each with the file it comes from."""

    def said(key: str, meaning: str) -> tuple[Any, str]:
        value = getattr(entry, key)
        return value, f"{meaning}; {decision.sources[key]}" if value else _NOT_SAID

    capabilities, basis = said("capabilities", "in a graph they hold only where no host reports any")
    return [
        ("line", entry.line, f"pattern «{entry.pattern}»; {decision.sources['line']}"),
        ("derived from", *said("derived_from", "the line whose weights it started from")),
        ("family", *said("family", "in a graph it holds only where no host reports one")),
        ("lab", *said("lab", "who published the line")),
        ("lab country", *said("lab_country", "country of the lab")),
        ("capabilities", list(capabilities or ()), basis),
        ("parameters", entry.parameter_count, "spelled out in the name" if entry.parameter_count else _NOT_SAID),
        ("quantisation", entry.quantization, "spelled out in the name" if entry.quantization else _NOT_SAID),
    ]


def _text(value: Any) -> str | None:
    """One type for all steps, so that every format can hold the column."""
    if isinstance(value, list):
        return ", ".join(value) or None
    return None if value is None else str(value)


def _in_graph(store: GraphStore, canonical: str) -> list[tuple[str, Any, str]]:
    """What the graph holds of that model: hosts, and for family and capabilities the votes and what came of them."""
    deployments = store.table(
        "MATCH (h:Host)-[d:DEPLOYS]->(m:Model {name: $name}) "
        "RETURN d.reported_family AS family, d.capabilities AS capabilities, count(h) AS hosts",
        {"name": canonical},
    ).to_pylist()
    model = store.table(
        "MATCH (m:Model {name: $name}) OPTIONAL MATCH (m)-[:IN_FAMILY]->(f:Family) "
        "RETURN f.name AS family, m.capabilities AS capabilities",
        {"name": canonical},
    ).to_pylist()
    chosen = model[0] if model else {"family": None, "capabilities": None}
    families: Counter[str] = Counter()
    capabilities: Counter[str] = Counter()
    for row in deployments:
        if row["family"] is not None:
            families[row["family"]] += row["hosts"]
        if row["capabilities"]:
            capabilities[" + ".join(row["capabilities"])] += row["hosts"]
    basis = "most hosts report it" if families else "by name: no host reports one"
    can = list(chosen["capabilities"] or ())
    can_basis = "most hosts report them" if capabilities else "by name: no host reports any"
    return [
        ("hosts in this graph", sum(row["hosts"] for row in deployments), "ever seen with this model"),
        ("families reported", _votes(families), "hosts by the family they report"),
        ("family in this graph", chosen["family"], basis if chosen["family"] else "nobody says"),
        ("capabilities reported", _votes(capabilities), "hosts by the capabilities they report"),
        ("capabilities in this graph", can, can_basis if can else "nobody says"),
    ]


def _votes(hosts: Counter[str]) -> list[str]:
    return [f"{name} ({count:,})" for name, count in sorted(hosts.items(), key=lambda pair: (-pair[1], pair[0]))]


def unknown_models(store: GraphStore) -> Result:
    """The models of the graph whose line the catalogue does not know, by hosts.

    `share` is of the hosts with a model, with its Wilson 95 % interval; `family` is what hosts report.
    """
    incidence = read_incidence(store, Scope())
    models = incidence.models
    hosts = np.bincount(incidence.model_index, minlength=len(models.names))
    base = incidence.hosts_with_models
    low, high = measures.wilson(hosts, np.full(len(hosts), base))
    rows: list[Row] = [
        {
            "item": models.names[i],
            "hosts": int(hosts[i]),
            "share": float(measures.ratio(hosts[i], base)),
            "low": float(low[i]),
            "high": float(high[i]),
            "base": base,
            "family": models.items["family"][i],
        }
        for i in np.flatnonzero(hosts).tolist()
        if models.items["line"][i] is None
    ]
    rows.sort(key=lambda r: (-r["hosts"], r["item"]))
    listed, names = int(hosts.sum()), int(np.count_nonzero(hosts))
    missed = sum(r["hosts"] for r in rows)
    headline = (
        f"{count(len(rows), 'model')} of {names:,} are of no known line: {percent(missed / listed)} of "
        f"{count(listed, 'deployment')}."
        if listed
        else "There are no models in this graph."
    )
    return result(("item", "hosts", "share", "low", "high", "base", "family"), rows, headline=headline)
