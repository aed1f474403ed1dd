"""STIX 2.1 bundles: a Grouping for each recipient, with an Observed Data an endpoint, a Vulnerability an advisory."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cohabit.notices.libraries import library
from cohabit.notices.recipients import Notice
from cohabit.notices.record import FEED, SUBJECT, Common, identifier, ip_version, is_domain_name, occurring
from cohabit.notices.tlp import Tlp
from cohabit.queries.advisories import Advisory
from cohabit.queries.endpoints import Endpoint

if TYPE_CHECKING:
    from types import ModuleType

_AUTHOR_SINCE = "2025-01-01T00:00:00Z"
_TLP_2, _TLP_2_SINCE = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d", "2022-10-01T00:00:00.000Z"
"""The extension by which OASIS has TLP 2.0 in STIX 2.1, whose own markings are those of TLP 1, and since when."""


def stix_file(notice: Notice, common: Common) -> bytes:
    """The bundle of one recipient; the same graph gives the same identifiers in every run.

    Addresses, ports, software and networks are observables, whose identifiers the library makes of what they hold.
    Models have no observable in STIX: a Note on the Observed Data names them. A Relationship says which Vulnerability a
    software of that version has. All but the author and the vulnerabilities, which are public, are marked with the TLP
    level, whose definition is in the bundle: readers need not know the extension.
    """
    stix2 = library("stix")
    times = {"created": common.newest, "modified": common.newest}
    author = _author(stix2, common)
    marking = _marking(stix2, common.tlp)
    marked = {"object_marking_refs": [marking.id]}
    written = {**times, **marked, "created_by_ref": author.id, "labels": ["simulated"] if common.simulated else None}
    observables: dict[str, Any] = {}
    found = []
    for endpoint in notice.endpoints:
        found += _observed(stix2, endpoint, common, written, observables)
    weak = {(a.software, a.id): _vulnerability(stix2, a, author) for a in occurring(notice.endpoints)}
    seen = {(e.software, e.version, e.worry.advisories) for e in notice.endpoints if e.software and e.worry.advisories}
    for software, version, names in sorted(seen):
        source = stix2.Software(name=software, version=version).id
        found += [_has(stix2, source, weak[software, name].id, common, written) for name in names]
    refs = sorted([*observables, *(one.id for one in (*found, *weak.values()))])
    grouping = stix2.Grouping(
        id=_id("grouping", notice.stem, notice.shown, common.tlp.name, *refs),
        **written,
        name=f"{SUBJECT}: {notice.shown}",
        context="unspecified",
        object_refs=refs,
    )
    objects = [author, marking, grouping, *found, *weak.values(), *(observables[ref] for ref in sorted(observables))]
    bundle = stix2.Bundle(id=_id("bundle", grouping.id), objects=objects)
    # Written by the standard library, so that no character of a name acts on a terminal.
    return (json.dumps(json.loads(bundle.serialize()), indent=1, sort_keys=True) + "\n").encode()


def _author(stix2: ModuleType, common: Common) -> Any:
    """Who made the objects: the sender, else the program; one object in all bundles, so it says the same in all."""
    named = {"name": FEED, "identity_class": "system"}
    parts = [FEED]
    if common.author is not None:
        named = {"name": common.author, "identity_class": "organization"}
        parts.append(common.author)
    return stix2.Identity(id=_id("identity", *parts), created=_AUTHOR_SINCE, modified=_AUTHOR_SINCE, **named)


def _vulnerability(stix2: ModuleType, advisory: Advisory, author: Any) -> Any:
    """What an advisory is about: one object in all bundles of an author, with an identifier of all that it says."""
    a = advisory
    # The checker wants a hash beside each URL of a reference, so the source stands in the text.
    said = f"{a.software} {' or '.join(a.affected)}; {a.severity}: {a.summary} ({a.source})"
    kind = "cve" if a.id.startswith("CVE-") else "advisory"
    return stix2.Vulnerability(
        id=_id("vulnerability", author.id, a.id, said),
        created=_AUTHOR_SINCE,
        modified=_AUTHOR_SINCE,
        created_by_ref=author.id,
        name=a.id,
        description=said,
        external_references=[stix2.ExternalReference(source_name=kind, external_id=a.id)],
    )


def _has(stix2: ModuleType, software: str, vulnerability: str, common: Common, written: dict[str, Any]) -> Any:
    """That a software has a vulnerability; the references are identifiers."""
    parts = (software, vulnerability, common.newest, common.tlp.name)
    return stix2.Relationship(
        id=_id("relationship", *parts),
        **written,
        relationship_type="related-to",
        source_ref=software,
        target_ref=vulnerability,
    )


def _marking(stix2: ModuleType, tlp: Tlp) -> Any:
    """The marking definition of a level, as it is published."""
    extension = {"extension_type": "property-extension", "tlp_2_0": tlp.name}
    return stix2.MarkingDefinition(
        id=f"marking-definition--{tlp.marking}",
        created=_TLP_2_SINCE,
        name=tlp.label,
        extensions={_TLP_2: extension},
    )


def _id(kind: str, *parts: str) -> str:
    return f"{kind}--{identifier(kind, *parts)}"


def _observed(
    stix2: ModuleType, endpoint: Endpoint, common: Common, written: dict[str, Any], observables: dict[str, Any]
) -> list[Any]:
    """The Observed Data of an endpoint and the Note on it; its observables go to those of the bundle, by identifier."""
    e = endpoint

    def observable(kind: Any, **values: Any) -> str:
        known = {name: value for name, value in values.items() if value is not None}
        made = kind(**known, object_marking_refs=written["object_marking_refs"])
        return str(observables.setdefault(made.id, made).id)

    version = ip_version(e.host)
    if version is None and not is_domain_name(e.host):
        # No name that STIX lets through; a URL may hold it.
        refs = [observable(stix2.URL, value=f"http://{e.host}:{e.port}/")]
    else:
        kind = {None: stix2.DomainName, 4: stix2.IPv4Address, 6: stix2.IPv6Address}[version]
        address = observable(kind, value=e.host)
        protocols = [*([] if version is None else [f"ipv{version}"]), "tcp", "http"]
        refs = [address, observable(stix2.NetworkTraffic, dst_ref=address, dst_port=e.port, protocols=protocols)]
    if e.asn is not None:
        refs.append(observable(stix2.AutonomousSystem, number=e.asn, name=e.provider))
    if e.software:
        refs.append(observable(stix2.Software, name=e.software, version=e.version))
    said = common.facts(e)
    sender = common.author or ""
    parts = (e.host, str(e.port), e.first_seen, e.last_seen, *said, common.newest, common.tlp.name, sender)
    labels = [*(written["labels"] or ()), *common.labels_of(e)]
    observed = stix2.ObservedData(
        id=_id("observed-data", *parts),
        **{**written, "labels": labels or None},
        first_observed=e.first_seen,
        last_observed=e.last_seen,
        number_observed=1,
        object_refs=refs,
    )
    note = stix2.Note(
        id=_id("note", *parts),
        **written,
        abstract="What the server tells of itself",
        content="\n".join(said),
        object_refs=[observed.id],
    )
    return [observed, note]
