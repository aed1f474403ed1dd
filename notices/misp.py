"""MISP events, one a recipient, made offline: an `ip-port` object an endpoint."""

from __future__ import annotations

import json
from typing import Any

from cohabit.notices.libraries import library
from cohabit.notices.recipients import Notice
from cohabit.notices.record import FEED, SIMULATED, SUBJECT, Common, identifier, ip_version
from cohabit.queries.endpoints import Endpoint

_OWN_ORGANISATION, _LOW, _COMPLETE = 0, 3, 2
"""Distribution, threat level and analysis of the events: whoever imports one widens who may see it."""


def misp_file(notice: Notice, common: Common) -> bytes:
    """The event of one recipient, as MISP exports and imports it; the same graph gives the same UUIDs in every run.

    MISP leaves an object out whose UUID it knows from another event, so those of other events are other ones. No
    attribute is for intrusion detection (`to_ids`): these are hosts to protect, none to block.
    """
    pymisp = library("misp")
    event = pymisp.MISPEvent()
    event.info = f"{SUBJECT}: {notice.shown}"
    event.date = common.newest[:10]
    event.distribution, event.threat_level_id, event.analysis = _OWN_ORGANISATION, _LOW, _COMPLETE
    event.published = False
    event.add_tag(FEED)
    event.add_tag(f"tlp:{common.tlp.name}")
    if common.simulated:
        event.add_tag(SIMULATED)
    made = []
    for endpoint in notice.endpoints:
        thing = _ip_port(pymisp, endpoint, notice, common)
        made.append(thing.uuid)
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
    parts = [notice.shown, common.newest, *(text for pair in known for text in map(str, pair))]
    thing = pymisp.MISPObject("ip-port", strict=True)
    thing.uuid = str(identifier("object", *parts))
    for relation, value in known:
        thing.add_attribute(relation, value=value, to_ids=False, uuid=str(identifier("attribute", relation, *parts)))
    return thing
