"""Endpoints: one row a host and port, with what is known of the server there and of the models of the host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from cohabit.graph.incidence import Incidence, Integers
from cohabit.graph.store import GraphStore
from cohabit.privacy import Masker
from cohabit.queries.hosts import place_of_hosts
from cohabit.queries.listed import Mask, edge_values
from cohabit.queries.result import Result, result
from cohabit.queries.scope import Scope, parse_asn
from cohabit.queries.selected import Items, Selection, select
from cohabit.queries.servers import of_hosts, servers_of
from cohabit.queries.severity import TOOLS, Worry, worry_of
from cohabit.queries.words import count

COLUMNS = (
    "host",
    "port",
    "country",
    "asn",
    "as_name",
    "provider",
    "software",
    "version",
    "models",
    "digests",
    "capabilities",
    "first_seen",
    "last_seen",
    "seen_on",
    "severity",
    "advisories",
    "fixed_in",
    "decoy_group",
)
TABLE_COLUMNS = (
    "host",
    "port",
    "asn",
    "software",
    "version",
    "severity",
    "fixed_in",
    "country",
    "models",
    "last_seen",
)
PORT, HOST = "port", "host"
"""What `seen_on` says: whether the times are of the port, or of the host on any of its ports."""


@dataclass(frozen=True)
class Endpoint:
    """A host and one of its ports.

    `software` and `version` are those seen last on the port. Lists are seen host by host, so `models` (the matched
    ones), `digests` (all that the host ever reported for them) and `capabilities` are the host's, whatever the port;
    `listed` says whether a list, possibly empty, was ever seen. Times are UTC; `seen_on` says of what.
    """

    host: str
    port: int
    country: str | None
    asn: int | None
    provider: str | None
    provider_kind: str | None
    software: str | None
    version: str | None
    models: tuple[str, ...]
    digests: tuple[str, ...]
    capabilities: tuple[str, ...]
    first_seen: str
    last_seen: str
    seen_on: str
    listed: bool
    decoy_group: str | None

    @property
    def worry(self) -> Worry:
        """How bad it is, by which advisories, and which version ends it."""
        return worry_of(self.software, self.version, self.listed, TOOLS in self.capabilities)


def endpoints(
    store: GraphStore,
    masker: Masker,
    *,
    model: Sequence[str] = (),
    family: Sequence[str] = (),
    line: Sequence[str] = (),
    lab: Sequence[str] = (),
    digest: Sequence[str] = (),
    scope: Scope | None = None,
) -> Result:
    """List the endpoints of the hosts in scope that run all of the given items, by host and port.

    `models` are those of the items (all, without items); see `Endpoint` for what is known of a port and what of its
    host only. `as_name` is the graph's one name of a network, that of the organisation that runs it, as `provider`.
    """
    items = Items(tuple(model), tuple(family), tuple(line), tuple(lab), tuple(digest))
    scope = scope or Scope()
    found = read_endpoints(store, select(store, items, scope))
    rows = [
        {
            **vars(e),
            "host": masker.address(e.host),
            "as_name": e.provider,
            "models": list(e.models),
            "digests": list(e.digests),
            "capabilities": list(e.capabilities),
            "severity": e.worry.severity,
            "advisories": list(e.worry.advisories),
            "fixed_in": e.worry.fixed_in,
        }
        for e in found
    ]
    rows.sort(key=lambda r: (r["host"], r["port"]))
    hosts = len({e.host for e in found})
    headline = f"{count(len(rows), 'endpoint')} of {count(hosts, 'host')}."
    return result(COLUMNS, rows, headline=headline, caveats=caveats(found, scope), table_columns=TABLE_COLUMNS)


def caveats(found: Sequence[Endpoint], scope: Scope) -> tuple[str, ...]:
    """What a reader must know before writing to somebody about these endpoints."""
    notes = []
    ports: dict[str, int] = {}
    for e in found:
        ports[e.host] = ports.get(e.host, 0) + 1
    several = sum(number > 1 for number in ports.values())
    if several:
        notes.append(
            f"Models, digests and capabilities are known host by host, not port by port: of {count(several, 'host')} "
            "with several ports each row says the same of them. Software and version are those seen last on the port."
        )
    if elsewhere := sum(e.seen_on == HOST for e in found):
        notes.append(
            f"{count(elsewhere, 'endpoint')} of hosts with several ports whose software was not recognised: first and "
            "last seen are of the host, on any port (seen_on)."
        )
    if found and not scope.timed and scope.active_within is None:
        notes.append(
            "These endpoints were seen at some time, perhaps long ago; --active-within DAYS or --at DATE leaves those "
            "of today."
        )
    if found and scope.at is not None:
        notes.append(
            f"--at chose hosts that showed a list in the {count(scope.weeks_back, 'week')} up to {scope.at}, with the "
            "models of it. Times, ports, software and places in the rows are the newest known."
        )
    if found:
        notes.append("The network carries the host and its provider runs the network; neither need own the host.")
    return tuple(notes)


def read_endpoints(store: GraphStore, selection: Selection) -> list[Endpoint]:
    """Read the endpoints of the selected hosts, by address (code points) and port."""
    incidence = selection.incidence
    keys = incidence.hosts
    hosts = _hosts(store, keys)
    servers = servers_of(store, keys)
    country, network, provider, kind = (
        place_of_hosts(store, place, keys) for place in ("country", "network", "provider", "provider-kind")
    )
    models, digests, capabilities = _listed(store, incidence, selection.matched)
    found = []
    for i, (address, ports, first, last, listed, decoy) in enumerate(hosts):
        for port in ports:
            server = servers.get((i, port))
            # All that was seen of a host with one port was seen on this port.
            known = server if server and len(ports) > 1 else None
            found.append(
                Endpoint(
                    host=address,
                    port=port,
                    country=country[i],
                    asn=None if (asn := network[i]) is None else parse_asn(asn),
                    provider=provider[i],
                    provider_kind=kind[i],
                    software=server.software if server else None,
                    version=server.version if server else None,
                    models=models[i],
                    digests=digests[i],
                    capabilities=capabilities[i],
                    first_seen=known.first_seen if known else first,
                    last_seen=known.last_seen if known else last,
                    seen_on=PORT if known or len(ports) == 1 else HOST,
                    listed=listed,
                    decoy_group=decoy,
                )
            )
    found.sort(key=lambda e: (e.host, e.port))
    return found


_Host = tuple[str, list[int], str, str, bool, str | None]


def _hosts(store: GraphStore, keys: Integers) -> list[_Host]:
    columns = of_hosts(
        keys,
        store.table(
            f"MATCH (h:Host) RETURN {store.host_key} AS key, h.address AS address, h.ports AS ports, "
            "h.first_seen AS first_seen, h.last_seen AS last_seen, size(h.listed_weeks) AS listed, "
            "h.decoy_group AS decoy_group"
        ),
    )
    names = ("address", "ports", "first_seen", "last_seen", "listed", "decoy_group")
    rows = zip(*(columns[name] for name in names), strict=True)
    return [(address, ports, first, last, bool(weeks), decoy) for address, ports, first, last, weeks, decoy in rows]


_Names = list[tuple[str, ...]]


def _listed(store: GraphStore, incidence: Incidence, matched: Mask) -> tuple[_Names, _Names, _Names]:
    """Models, digests and capabilities of each host's matched deployments, each sorted."""
    table = store.table("MATCH (m:Model) RETURN m.name AS model, m.capabilities AS capabilities")
    of_model = dict(zip(*(table.column(n).to_pylist() for n in ("model", "capabilities")), strict=True))
    rows, row_of_edge = edge_values(store, incidence, "digests", "capabilities")
    names = incidence.models.names
    edges, bounds = incidence.by_host(matched)
    model_of, row_of = incidence.model_index[edges].tolist(), row_of_edge[edges].tolist()
    models, digests, capabilities = [], [], []
    for start, end in pairwise(bounds):
        own = [(names[m], rows[r]) for m, r in zip(model_of[start:end], row_of[start:end], strict=True)]
        models.append(tuple(sorted(name for name, _ in own)))
        digests.append(tuple(sorted({d for _, row in own for d in row["digests"] or ()})))
        # What the newest report says; where it says nothing, what is known of the model.
        able = (row["capabilities"] or of_model[name] or () for name, row in own)
        capabilities.append(tuple(sorted({capability for one in able for capability in one})))
    return models, digests, capabilities
