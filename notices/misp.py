"""MISP events, one a recipient, made offline: an `ip-port` object an endpoint, a `vulnerability` object an advisory."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from cohabit.notices.libraries import library
from cohabit.notices.recipients import Notice
from cohabit.notices.record import FEED, SIMULATED, SUBJECT, Common, identifier, ip_version, occurring
from cohabit.queries.advisories import Advisory
from cohabit.queries.endpoints import Endpoint

_OWN_ORGANISATION, _COMPLETE = 0, 2
"""Distribution and analysis of the events: whoever imports one widens who may see it."""
_THREAT_LEVELS = {"critical": 1, "high": 1, "medium": 2, "low": 3}
"""MISP's words are high, medium and low."""
_AFFECTED = "affected-by"


def misp_file(notice: Notice, common: Common) -> bytes:
    """The event of one recipient, as MISP exports and imports it; the same graph gives the same UUIDs in every run.

    Its threat level is that of the worst endpoint. An organisation is named, without a UUID: MISP knows it by its name.

    MISP leaves an object out whose UUID it knows from another event, so those of other events are other ones. No
    attribute is for intrusion detection (`to_ids`): these are hosts to protect, none to block.
    """
    pymisp = library("misp")
    event = pymisp.MISPEvent()
    event.info = f"{SUBJECT}: {notice.shown}"
    event.date = common.newest[:10]
    event.distribution, event.analysis = _OWN_ORGANISATION, _COMPLETE
    event.threat_level_id = min(_THREAT_LEVELS[e.worry.severity] for e in notice.endpoints)
    if common.author is not None:
        event.Orgc = pymisp.MISPOrganisation()
        event.Orgc.from_dict(name=common.author)
    event.published = False
    event.add_tag(FEED)
    event.add_tag(f"tlp:{common.tlp.name}")
    if common.simulated:
        event.add_tag(SIMULATED)
    weak = {(a.software, a.id): _vulnerability(pymisp, a, notice, common) for a in occurring(notice.endpoints)}
    made = [thing.uuid for thing in weak.values()]
    for endpoint in notice.endpoints:
        thing = _ip_port(pymisp, endpoint, notice, common)
        made.append(thing.uuid)
        for name in endpoint.worry.advisories:
            target = weak[endpoint.software or "", name].uuid
            thing.add_reference(target, _AFFECTED, uuid=str(identifier("reference", thing.uuid, target)))
        event.add_object(thing)
    for thing in weak.values():
        event.add_object(thing)
    event.uuid = str(identifier("event", notice.stem, notice.shown, common.newest, *made))
    content = {"Event": json.loads(event.to_json())}
    return (json.dumps(content, indent=1, sort_keys=True) + "\n").encode()


def _ip_port(pymisp: Any, endpoint: Endpoint, notice: Notice, common: Common) -> Any:
    e = endpoint
    said = common.facts(e)
    values: list[tuple[str, str | int | None]] = [
        ("hostname" if ip_version(e.host) is None else "ip-dst", e.host),
        ("dst-port", e.port),
        ("protocol", "tcp"),
        ("AS", e.asn),
        ("country-code", e.country),
        ("first-seen", e.first_seen),
        ("last-seen", e.last_seen),
        ("text", "\n".join(said)),
    ]
    known = [(relation, value) for relation, value in values if value is not None]
    return _object(pymisp, "ip-port", known, notice, common)


def _vulnerability(pymisp: Any, advisory: Advisory, notice: Notice, common: Common) -> Any:
    ranges = " or ".join(advisory.affected)
    values: list[tuple[str, str | int]] = [
        ("id", advisory.id),
        ("summary", f"{advisory.software} {ranges}; {advisory.severity}: {advisory.summary}"),
        ("references", advisory.source),
    ]
    return _object(pymisp, "vulnerability", values, notice, common)


def _object(pymisp: Any, template: str, known: Sequence[tuple[str, str | int]], notice: Notice, common: Common) -> Any:
    parts = [notice.shown, common.newest, common.author or "", *(text for pair in known for text in map(str, pair))]
    thing = pymisp.MISPObject(template, strict=True)
    thing.uuid = str(identifier("object", *parts))
    for relation, value in known:
        thing.add_attribute(relation, value=value, to_ids=False, uuid=str(identifier("attribute", relation, *parts)))
    return thing
