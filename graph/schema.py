"""The graph's schema, said once: it makes DDL, constraints, writes, reads and documentation.

Nothing else in the project spells a property's type. `NODES` and `RELATIONSHIPS` are in
the order in which they are written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

SCHEMA_VERSION = 2


class Type(Enum):
    """A property's type; the value is its name in the embedded store's DDL."""

    STRING = "STRING"
    INTEGER = "INT64"
    FLOAT = "DOUBLE"
    BOOLEAN = "BOOL"
    STRINGS = "STRING[]"
    INTEGERS = "INT64[]"


@dataclass(frozen=True)
class Property:
    """One property: its name, type and meaning."""

    name: str
    type: Type
    meaning: str


@dataclass(frozen=True)
class Node:
    """A node label; the first property is the key. `derived` are those of `cohabit analyse`: no digest has them."""

    label: str
    meaning: str
    properties: tuple[Property, ...]
    in_digest: bool = True
    derived: tuple[Property, ...] = ()

    @property
    def key(self) -> Property:
        """The property that identifies a node of this label."""
        return self.properties[0]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all properties, the key first."""
        return tuple(p.name for p in self.properties)


@dataclass(frozen=True)
class Relationship:
    """A relationship type between two labels.

    `identity` names the properties that, with both ends, tell two relationships apart (a host can run one software
    on several ports).
    """

    type: str
    source: str
    target: str
    meaning: str
    properties: tuple[Property, ...] = ()
    identity: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all properties."""
        return tuple(p.name for p in self.properties)

    @property
    def others(self) -> tuple[str, ...]:
        """Names of the properties that are not part of the identity."""
        return tuple(n for n in self.names if n not in self.identity)


def _p(name: str, kind: Type, meaning: str) -> Property:
    return Property(name, kind, meaning)


_S, _I, _B, _SS, _II = Type.STRING, Type.INTEGER, Type.BOOLEAN, Type.STRINGS, Type.INTEGERS
_FIRST = _p("first_seen", _S, "time of the first observation, UTC")
_LAST = _p("last_seen", _S, "time of the last observation, UTC")

_DERIVED = (
    _p("pagerank", Type.FLOAT, "PageRank among the nodes of this label, pairs weighing the hosts with both"),
    _p("community", _I, "community in the backbone, by the hosts of its largest member; absent: in none"),
)

HOST = Node(
    "Host",
    "an IP address, or a DNS name where the source gives no address",
    (
        _p("address", _S, "canonical address or lower-case name"),
        _FIRST,
        _LAST,
        _p("observations", _I, "distinct (port, second) at which the host answered"),
        _p("days", _I, "distinct UTC days among them"),
        _p("weeks", _II, "ISO weeks in which the host answered, ascending, as 202546"),
        _p("listed_weeks", _II, "the weeks in which a model list, possibly empty, was seen"),
        _p("ports", _II, "ports it answered on, ascending"),
        _p("decoy_group", _S, "group of hosts with exactly this set of models; set where a decoy is suspected"),
    ),
)
MODEL = Node(
    "Model",
    "a model reference in canonical form",
    (
        _p("name", _S, "canonical name with tag"),
        _p("parameter_count", _I, "parameters: what most hosts report, else the catalogue"),
        _p("quantization", _S, "quantisation: what most hosts report, else the catalogue"),
        _p("format", _S, "file format most hosts report"),
        _p("size_bytes", _I, "size on disk most hosts report"),
        _p("capabilities", _SS, "capabilities: what most hosts report, else the catalogue; sorted"),
    ),
    derived=_DERIVED,
)
FAMILY = Node("Family", "an architecture as servers report it", (_p("name", _S, "lower-case name"),), derived=_DERIVED)
LINE = Node("Line", "a product line by name", (_p("name", _S, "line"),))
LAB = Node("Lab", "who published a line", (_p("name", _S, "lab"),))
COUNTRY = Node(
    "Country",
    "a country, of hosts or of labs",
    (_p("code", _S, "ISO 3166-1 alpha-2"), _p("name", _S, "English name")),
)
NETWORK = Node("Network", "an autonomous system", (_p("asn", _I, "autonomous system number"),))
PROVIDER = Node(
    "Provider",
    "the organisation that runs a network",
    (
        _p("name", _S, "of the known organisation, else as reported"),
        _p("kind", _S, "cloud, hosting, fixed access, mobile, university; absent: not known"),
    ),
)
SOFTWARE = Node("Software", "server software", (_p("name", _S, "lower-case name"),))
SCAN = Node(
    "Scan",
    "one loaded export file",
    (
        _p("sha256", _S, "SHA-256 of the file's bytes"),
        _p("file_name", _S, "name of the file when it was loaded"),
        _p("loader", _S, "loader that read it"),
        _p("loaded_at", _S, "when, UTC"),
        _p("records", _I, "records read"),
        _p("rejected", _I, "records rejected"),
        _p("partial", _I, "records accepted with entries dropped from their model list"),
        _FIRST,
        _LAST,
        _p("simulated", _B, "whether the records say that they are simulated"),
    ),
    in_digest=False,
)

NODES = (COUNTRY, LAB, LINE, FAMILY, SOFTWARE, PROVIDER, NETWORK, MODEL, HOST, SCAN)

BASED_IN = Relationship("BASED_IN", "Lab", "Country", "country of the lab")
PUBLISHED_BY = Relationship("PUBLISHED_BY", "Line", "Lab", "who published the line")
DERIVED_FROM = Relationship("DERIVED_FROM", "Line", "Line", "line it was distilled or fine-tuned from")
VARIANT_OF = Relationship("VARIANT_OF", "Model", "Line", "product line by name")
IN_FAMILY = Relationship("IN_FAMILY", "Model", "Family", "family most hosts report, else the catalogue's")
OPERATED_BY = Relationship("OPERATED_BY", "Network", "Provider", "organisation most hosts' records name")
IN_COUNTRY = Relationship("IN_COUNTRY", "Host", "Country", "newest observation that says one")
IN_NETWORK = Relationship("IN_NETWORK", "Host", "Network", "newest observation that says one")
RUNS = Relationship(
    "RUNS",
    "Host",
    "Software",
    "server software seen on a port",
    (_p("port", _I, "port"), _p("version", _S, "newest version reported"), _FIRST, _LAST),
    identity=("port",),
)
DEPLOYS = Relationship(
    "DEPLOYS",
    "Host",
    "Model",
    "the host listed the model",
    (
        _FIRST,
        _LAST,
        _p("observations", _I, "observations in which the host listed the model"),
        _p("weeks", _II, "ISO weeks in which it did, ascending"),
        _p("digests", _SS, "digests reported, by first week, then digest"),
        _p("digest_weeks", _II, "first week of each of them"),
        _p("capabilities", _SS, "newest capabilities reported, sorted"),
        _p("reported_family", _S, "newest family reported"),
        _p("remote", _B, "whether the newest report says the weights are elsewhere"),
    ),
)

RELATIONSHIPS = (
    BASED_IN,
    PUBLISHED_BY,
    DERIVED_FROM,
    VARIANT_OF,
    IN_FAMILY,
    OPERATED_BY,
    IN_COUNTRY,
    IN_NETWORK,
    RUNS,
    DEPLOYS,
)

_MEASURES = (
    _p("hosts", _I, "hosts with both"),
    _p("lift", Type.FLOAT, "times as many as if the two were independent"),
    _p("jaccard", Type.FLOAT, "hosts with both, of those with either"),
    _p("q_value", Type.FLOAT, "false discovery rate at which so many hosts are more than chance"),
)
DERIVED_RELATIONSHIPS = (
    Relationship("CO_DEPLOYED", "Family", "Family", "the same hosts list both; every pair, by name", _MEASURES),
    Relationship(
        "CO_DEPLOYED", "Model", "Model", "the same hosts list both; pairs of the backbone, by name", _MEASURES
    ),
)
DERIVED_NODES = tuple(n for n in NODES if n.derived)

HOST_RELATIONSHIPS = tuple(r for r in RELATIONSHIPS if r.source == "Host")
MODEL_RELATIONSHIPS = tuple(r for r in RELATIONSHIPS if r.source == "Model")

# Bookkeeping of the stores; on no side part of the graph proper.
STATE_LABEL = "CohabitState"

# The server's full-text index on the names of models.
MODEL_SEARCH = "cohabit_model_search"


NAMES: dict[str, frozenset[str]] = {
    "label": frozenset((STATE_LABEL, *(n.label for n in NODES))),
    "relationship type": frozenset(r.type for r in (*RELATIONSHIPS, *DERIVED_RELATIONSHIPS)),
    "property": frozenset(
        p.name
        for one in (*NODES, *RELATIONSHIPS, *DERIVED_RELATIONSHIPS)
        for p in (*one.properties, *(one.derived if isinstance(one, Node) else ()))
    ),
}
"""All that a statement can name, by what it is."""


def node(label: str) -> Node:
    """Return the node type of that label (KeyError when there is none)."""
    return _BY_LABEL[label]


_BY_LABEL = {n.label: n for n in NODES}


def embedded_ddl() -> Iterator[str]:
    """Yield the statements that create the tables of the embedded store."""
    for n in NODES:
        columns = ", ".join(f"{p.name} {p.type.value}" for p in (*n.properties, *n.derived))
        yield f"CREATE NODE TABLE {n.label}({columns}, PRIMARY KEY ({n.key.name}))"
    for r in RELATIONSHIPS:
        columns = "".join(f", {p.name} {p.type.value}" for p in r.properties)
        yield f"CREATE REL TABLE {r.type}(FROM {r.source} TO {r.target}{columns})"
    # One type between several pairs of labels is one table, so these are alike.
    ends = ", ".join(f"FROM {r.source} TO {r.target}" for r in DERIVED_RELATIONSHIPS)
    columns = "".join(f", {p.name} {p.type.value}" for p in _MEASURES)
    yield f"CREATE REL TABLE {DERIVED_RELATIONSHIPS[0].type}({ends}{columns})"


def server_constraints() -> Iterator[str]:
    """Yield the statements that create the server's uniqueness constraints (each is also the index on the key) and the
    full-text index on the names of models, for people who look for one by a part of its name.
    """
    for n in NODES:
        yield (
            f"CREATE CONSTRAINT cohabit_{n.label.lower()}_{n.key.name} IF NOT EXISTS "
            f"FOR (n:{n.label}) REQUIRE n.{n.key.name} IS UNIQUE"
        )
    yield f"CREATE FULLTEXT INDEX {MODEL_SEARCH} IF NOT EXISTS FOR (n:{MODEL.label}) ON EACH [n.{MODEL.key.name}]"
