"""IntelMQ events as JSON lines, with the keys of its data format (release 3.5)."""

from __future__ import annotations

import json
from typing import Any

from cohabit.notices.recipients import Notice
from cohabit.notices.record import FEED, SUBJECT, Common, ip_version, is_domain_name
from cohabit.queries.endpoints import Endpoint

# Reserved numbers, which the format does not take.
_NO_ASN = frozenset({0, 65_535, 2**32 - 1})
_NOTHING = frozenset({"", "-", "N/A"})


def intelmq_file(notice: Notice, common: Common) -> bytes:
    """One event an endpoint. `feed.url`, `time.observation` and the like are the receiving collector's to say."""
    lines = (json.dumps(event(e, notice, common), sort_keys=True, allow_nan=False) for e in notice.endpoints)
    return "".join(f"{line}\n" for line in lines).encode()


def event(endpoint: Endpoint, notice: Notice, common: Common) -> dict[str, Any]:
    """The keys and values of one event; what is not known, or is nothing to IntelMQ (`-`), is left out."""
    e = endpoint
    asn = None if e.asn in _NO_ASN else e.asn
    # The classification of the RSIT taxonomy; «test» is its own word for what nobody should act on.
    kind = ("test", "test") if common.simulated else ("vulnerable", "potentially-unwanted-accessible")
    found: dict[str, Any] = {
        "classification.taxonomy": kind[0],
        "classification.type": kind[1],
        "classification.identifier": "accessible-ai-server",
        "event_description.text": SUBJECT,
        "extra.advisories": list(e.worry.advisories),
        "extra.capabilities": list(e.capabilities),
        "extra.digests": list(e.digests),
        "extra.first_seen": e.first_seen,
        "extra.fixed_in": e.worry.fixed_in,
        "extra.labels": list(common.labels_of(e)),
        "extra.last_seen": e.last_seen,
        "extra.models": list(e.models),
        "extra.provider": e.provider,
        "extra.provider_kind": e.provider_kind,
        "extra.seen_on": e.seen_on,
        "extra.software": e.software,
        "extra.tag": "; ".join(common.tags(e)),
        # The format has the words of TLP 1 only, none for amber+strict.
        "extra.tlp": common.tlp.label,
        "extra.version": e.version,
        "feed.name": FEED,
        "feed.provider": common.author,
        "product.name": None if e.software is None else e.software.lower(),
        "product.version": None if e.version is None else e.version.lower(),
        "protocol.application": "http",
        "protocol.transport": "tcp",
        "severity": e.worry.severity,
        "source.abuse_contact": None if notice.contact is None else notice.contact.lower(),
        "source.as_name": e.provider,
        "source.asn": asn,
        "source.geolocation.cc": e.country,
        "source.port": e.port,
        "time.source": e.last_seen.removesuffix("Z") + "+00:00",
        "tlp": common.tlp.intelmq,
        **_name(e.host),
    }
    return {key: value for key, value in found.items() if not _is_nothing(value)}


def _is_nothing(value: Any) -> bool:
    return value is None or value == [] or (isinstance(value, str) and value.strip() in _NOTHING)


def _name(host: str) -> dict[str, str]:
    if ip_version(host) is not None:
        return {"source.ip": host}
    return {"source.fqdn": host} if is_domain_name(host) else {"source.local_hostname": host}
