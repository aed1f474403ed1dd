"""What no host of a graph has, because its scans do not say it: places, software, digests; and how to get it.

A question about what nobody told has an empty answer, which looks like the answer that there is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cohabit.choices import close_to
from cohabit.graph.store import GraphStore
from cohabit.queries.countries import group_notes, parse_countries, parts
from cohabit.queries.filters import asset_file
from cohabit.queries.items import labs_in, split_level
from cohabit.queries.scope import PLACE_FILTERS, Scope, option_of
from cohabit.text import visible


@dataclass(frozen=True)
class _Fact:
    """A fact about hosts: who has it (Cypher up to RETURN), its name with an article, and where it comes from."""

    cypher: str
    name: str
    comes: str


_DATABASE = "`cohabit sync --geo FILE.mmdb` adds {} from a database (docs/places.md)"
_RECORDS = "it is only in records of scans that tell it"
_FACTS: Mapping[str, _Fact] = {
    "country": _Fact("(:Host)-[:IN_COUNTRY]->(:Country)", "a country", _DATABASE.format("countries")),
    "network": _Fact("(:Host)-[:IN_NETWORK]->(:Network)", "a network (AS number)", _DATABASE.format("networks")),
    "provider": _Fact("(:Network)-[:OPERATED_BY]->(:Provider)", "a provider", _DATABASE.format("networks")),
    "provider_kind": _Fact(
        "(:Network)-[:OPERATED_BY]->(p:Provider) WHERE p.kind IS NOT NULL",
        "a provider of a known kind",
        "they are known of large organisations by their networks; " + _DATABASE.format("networks"),
    ),
    "software": _Fact("(:Host)-[:RUNS]->(:Software)", "a known server software", _RECORDS),
    "version": _Fact("(:Host)-[r:RUNS]->(:Software) WHERE r.version IS NOT NULL", "a known version", _RECORDS),
    "digest": _Fact(
        "(:Host)-[d:DEPLOYS]->(:Model) WHERE size(d.digests) > 0",
        "a digest of a model",
        "digests are only in scans that keep them, as Ollama's /api/tags has them",
    ),
}
_DEPLOYED = "(:Host)-[d:DEPLOYS]->(:Model)"
_CAPABLE = "$value IN d.capabilities OR $value IN m.capabilities"
# What a host has one of at most; countries are asked for in two ways, and several at once.
_ONE_EACH = {"network": "network", "provider": "provider", "provider_kind": "kind of provider"}
_COUNTRIES = ("country", "not_country")
# Where close names are offered, all there are.
_NAMES = {
    "software": "MATCH (s:Software) RETURN s.name AS name",
    "capability": "MATCH (m:Model) UNWIND m.capabilities AS name RETURN DISTINCT name AS name",
}
_PLURALS = {"country": "countries", "network": "networks"}
_FILTERS = ("country", "not_country", "network", "provider", "provider_kind", "software", "version", "advisory")
_ASKED = {"not_country": "country", "advisory": "version"}
"""Filters on a fact that has another name."""


def lacking(store: GraphStore, facts: Iterable[str]) -> list[str]:
    """Those of the facts that no host of the graph has; none in a graph without hosts."""
    asked = list(dict.fromkeys(facts))
    if not asked or not _any(store, "(:Host)"):
        return []
    return [name for name in asked if not _any(store, _FACTS[name].cypher)]


def _any(store: GraphStore, pattern: str, value: object = None) -> bool:
    parameters = None if value is None else {"value": value}
    return bool(store.table(f"MATCH {pattern} RETURN 1 AS one LIMIT 1", parameters).num_rows)


def notes(
    store: GraphStore, scopes: Sequence[Scope], options: Mapping[str, Any], *, published: bool = False
) -> list[str]:
    """One sentence for each fact that filters or a question's own options (`by`, digests) ask for and no host has.

    Also for values of filters that no host has, unless the answer is `published`.
    """
    asked: dict[str, str] = {}
    for scope in scopes:
        for name in _FILTERS:
            if getattr(scope, name):
                asked.setdefault(_ASKED.get(name, name), f"--{option_of(name)} leaves none")
        if any(asset_file(file)[1].networks for file in (*scope.in_file, *scope.not_in_file)):
            asked.setdefault("network", "no AS number of the list finds any")
    if isinstance(by := options.get("by"), str) and (fact := by.replace("-", "_")) in _FACTS:
        asked.setdefault(fact, "all are in one group, unknown")
    if options.get("view") == "digests" or any(options.get(name) for name in ("digest", "digests", "of_digests")):
        asked.setdefault("digest", "none is found by digest")
    missing = lacking(store, asked)
    said = [
        f"No host in this graph has {_FACTS[name].name}, so {asked[name]}: {_FACTS[name].comes}." for name in missing
    ]
    named = [value for scope in scopes for name in _COUNTRIES for value in getattr(scope, name)]
    items = (name for scope in scopes for name in (*scope.has, *scope.without))
    named += [split_level(name)[1] for name in items if labs_in(name)]
    said += group_notes(named)
    if published:  # where a few hosts are not told from none, nor may a note
        return said
    return [*said, *dict.fromkeys(note for scope in scopes for note in _without_hosts(store, scope, missing))]


def _without_hosts(store: GraphStore, scope: Scope, missing: Sequence[str]) -> Iterator[str]:
    """Say which values of filters no host has, and which values no host can have together."""
    if "country" not in missing:
        yield from _without_countries(store, scope)
    for name, (pattern, parse) in PLACE_FILTERS.items():
        values = getattr(scope, name)
        if name in missing or name in _COUNTRIES:
            continue
        if name in _ONE_EACH and len({parse(value) for value in values}) > 1:
            both = " and ".join(f"--{option_of(name)} {visible(value, 40)}" for value in values)
            yield f"{both} leave no host: filters must all hold, and a host has one {_ONE_EACH[name]} (ask one by one)."
        for value in values:
            if not _any(store, f"(h:Host){pattern}", parse(value)):
                yield _no_host(store, name, value)
    for value in scope.capability:
        if not _any(store, f"(:Host)-[d:DEPLOYS]->(m:Model) WHERE {_CAPABLE}", value.strip().lower()):
            yield _no_host(store, "capability", value)


def _without_countries(store: GraphStore, scope: Scope) -> Iterator[str]:
    """Say which countries have no host, one by one unless in a group, and which filters leave no country."""
    pattern, _ = PLACE_FILTERS["country"]
    left = [set(parse_countries(value)) for value in scope.country]
    if left and not set.intersection(*left) - {code for value in scope.not_country for code in parse_countries(value)}:
        given = [f"--{option_of(name)} {visible(value, 40)}" for name in _COUNTRIES for value in getattr(scope, name)]
        either = ",".join(scope.country)
        how = f" (hosts in either: --country {visible(either, 80)})" if len(scope.country) > 1 else ""
        yield f"{' and '.join(given)} leave no host: filters must all hold, and a host has one country{how}."
    for part in (part for value in scope.country for part in parts(value)):
        if not _any(store, f"(h:Host){pattern}", parse_countries(part)):
            yield _no_host(store, "country", part.strip())


def _no_host(store: GraphStore, name: str, value: str) -> str:
    close: list[str] = []
    if name in _NAMES:
        known = store.table(_NAMES[name]).column("name").to_pylist()
        close = close_to(value, known, 3)
    hint = f" (close: {', '.join(visible(one, 60) for one in close)})" if close else ""
    return f"--{option_of(name)} {visible(value, 60)} finds no host in this graph{hint}."


def reports_families(store: GraphStore) -> bool:
    """Whether any server of the graph reported the family of a model."""
    return _any(store, f"{_DEPLOYED} WHERE d.reported_family IS NOT NULL")


def no_reported_family(store: GraphStore) -> str | None:
    """Say that families are the catalogue's alone; None where a server reported one, or nobody has a model."""
    if not _any(store, _DEPLOYED) or reports_families(store):
        return None
    return "No server in this graph reported a family, so every family is the catalogue's, told by the model's name."


def after_loading(store: GraphStore) -> list[str]:
    """Say, when scans were loaded, which questions will find nothing, and what to do about it: a line at most.

    And in another one where families are from, if no server reported any.
    """
    families = no_reported_family(store)
    found = lacking(store, ("country", "network", "digest"))
    if "digest" in found and not _any(store, _DEPLOYED):
        found.remove("digest")
    return [*_finds_nothing(found), *([families] if families else [])]


def _finds_nothing(found: Sequence[str]) -> list[str]:
    if not found:
        return []
    names = [_FACTS[name].name for name in found]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
    decoys = ", and decoys are suspected over networks" if "network" in found else ""
    ways = []
    if places := [_PLURALS[name] for name in found if name in _PLURALS]:
        ways.append(_DATABASE.format(" and ".join(places)))
    if "digest" in found:
        ways.append(_FACTS["digest"].comes)
    how = "; ".join(ways)
    nothing = f"what is asked about that finds nothing{decoys}"
    return [f"No host in this graph has {listed}: {nothing}. {how[0].upper()}{how[1:]}."]
