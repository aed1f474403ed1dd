"""What every format says of an endpoint, and what all files of a folder have in common."""

from __future__ import annotations

import ipaddress
import re
import socket
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cohabit.notices.tlp import DEFAULT, LEVELS, Tlp
from cohabit.queries.advisories import SEVERITIES, Advisory, bundled
from cohabit.queries.endpoints import Endpoint

# A name of this project alone, so that its identifiers can meet nobody else's.
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_OID, "cohabit notices")
SIMULATED = "simulated"
DECOY = "suspected-decoy"
SUBJECT = "Open AI model servers"
FEED = "cohabit"

_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_DOMAIN_NAME = re.compile(rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)+{_LABEL}", re.ASCII)


@dataclass(frozen=True)
class Common:
    """What the files of one folder share: the newest observation of the graph, whether its scans are simulated, with
    whom the files may be shared, who sends them (None: nobody said), and the labels of own assets by host.
    """

    newest: str
    simulated: bool
    tlp: Tlp = LEVELS[DEFAULT]
    author: str | None = None
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def labels_of(self, endpoint: Endpoint) -> tuple[str, ...]:
        """What the lists of own assets call it, the most specific asset first."""
        return self.labels.get(endpoint.host, ())

    def facts(self, endpoint: Endpoint) -> list[str]:
        """What is known of the server and the models, in lines for people."""
        worry = endpoint.worry
        named = {
            "severity": worry.severity,
            "labels": ", ".join(self.labels_of(endpoint)),
            "advisories": ", ".join(worry.advisories),
            "fixed in": worry.fixed_in or "",
            "software": " ".join(filter(None, (endpoint.software, endpoint.version))),
            "models": ", ".join(endpoint.models),
            "digests": ", ".join(endpoint.digests),
            "capabilities": ", ".join(endpoint.capabilities),
        }
        return [f"{name}: {text}" for name, text in named.items() if text]

    def tags(self, endpoint: Endpoint) -> list[str]:
        """Words about an endpoint, for filters."""
        tags = ["ai-server"]
        if endpoint.software:
            tags.append(endpoint.software)
        if endpoint.decoy_group:
            tags.append(DECOY)
        if self.simulated:
            tags.append(SIMULATED)
        return tags


def occurring(endpoints: Iterable[Endpoint]) -> list[Advisory]:
    """The advisories that the rows of these endpoints name, each once, worst first."""
    named = {(e.software, name) for e in endpoints for name in e.worry.advisories}
    found = [advisory for advisory in bundled() if (advisory.software, advisory.id) in named]
    return sorted(found, key=lambda a: (SEVERITIES.index(a.severity), a.id, a.software))


def identifier(*parts: str) -> uuid.UUID:
    """A version-5 UUID that says the same thing for the same parts, whatever they hold."""
    return uuid.uuid5(NAMESPACE, "".join(f"{len(part)}:{part}" for part in parts))


def ip_version(host: str) -> int | None:
    """4 or 6; None for a DNS name."""
    try:
        socket.inet_pton(socket.AF_INET, host)  # what most hosts are, and ten times as quick as what follows
        return 4
    except OSError:
        pass
    try:
        return ipaddress.ip_address(host).version
    except ValueError:
        return None


def is_domain_name(host: str) -> bool:
    """Whether other programs take a host's name for one: they do not with an underscore, or a single label."""
    return _DOMAIN_NAME.fullmatch(host) is not None
