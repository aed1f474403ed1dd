"""Every saved query on every store, and every one that draws on the server, against plain Python."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

import neo4j
import pytest

from cohabit.graph import schema
from cohabit.loaders.catalogue import Catalogue
from cohabit.queries.saved import drawing_queries, saved_queries
from cohabit.session import Graph
from tests.conformance.conftest import Place
from tests.conformance.plain import NAMES, Plain, vote
from tests.conformance.population import LINES, Record
from tests.conformance.test_queries import expected_pairs

MODEL, BESIDE, LINE, SINCE = "llama3.2:latest", "deepseek-r1:7b", "deepseek-r1", "2025-05-01"
MOST_NODES = 300
Answers = dict[str, tuple[dict[str, Any], Any]]
Lists = dict[str, set[str]]
Edges = set[tuple[str, str, str]]


def counted(items: Lists) -> Counter[str]:
    return Counter(item for own in items.values() for item in own)


def of(hosts: Iterable[str], items: Lists) -> Lists:
    return {a: items[a] for a in hosts}


def saved_answers(plain: Plain) -> Answers:
    """For every saved query: parameters, and rows as a set of tuples computed in plain Python."""
    lists = plain.lists(plain.hosts)
    return {**of_models(plain, lists), **of_hosts(plain, lists), **together(plain, lists), **over_time(plain, lists)}


def of_models(plain: Plain, lists: Lists) -> Answers:
    hosts, lines = counted(lists), plain.items(lists, "line")
    facts = {line[0]: line for line in LINES.values() if line}
    can = {m: plain.capabilities[m] or set() for m in plain.models}
    quantized: dict[str, set[str]] = defaultdict(set)
    for m in plain.models:
        quantized[vote(e["quantization"] for (_, model), e in plain.edges.items() if model == m)].add(m)
    digests = Counter(d for (_, m), e in plain.edges.items() if m == MODEL for d in e["digests"] or [])
    of_meta: dict[str, set[str]] = defaultdict(set)
    for m in plain.models:
        if plain.item(m, "lab") == "Meta":
            of_meta[str(plain.item(m, "line"))].add(m)
    found = [Catalogue.load().lookup(name) for name in LINES]
    return {
        "models-by-hosts": ({"min_hosts": 20}, {(m, n) for m, n in hosts.items() if n >= 20}),
        "model-search": (
            {"part": "ll"},
            {(m, plain.family[m], plain.item(m, "line")) for m in plain.models if "ll" in m},
        ),
        "family-hosts": ({}, set(counted(plain.items(lists, "family")).items())),
        "line-lab": ({}, {(line, *facts[line][1:], n) for line, n in counted(lines).items()}),
        "quantizations": (
            {},
            {(q, len(ms), sum(hosts[m] for m in ms)) for q, ms in quantized.items()},
        ),
        "capabilities": ({}, set(Counter(c for own in can.values() for c in own).items())),
        "capability-hosts": (
            {"capability": "tools"},
            {(sum(any("tools" in can[m] for m in own) for own in lists.values()),)},
        ),
        "model-digests": ({"model": MODEL}, set(digests.items())),
        "lines-of-lab": (
            {"lab": "Meta"},
            {(line, len(ms), sum(bool(own & ms) for own in lists.values())) for line, ms in of_meta.items()},
        ),
        "derived-lines": ({}, {(e.line, e.derived_from) for e in found if e and e.derived_from in facts}),
        "unknown-models": ({}, {(m, n) for m, n in hosts.items() if LINES[m] is None}),
    }


def of_hosts(plain: Plain, lists: Lists) -> Answers:
    country = {a: {h["country"]} for a, h in plain.hosts.items() if h["country"]}
    german = [a for a, own in country.items() if own == {"DE"}]
    on = {a: {(software, run["version"]) for (software, _), run in h["runs"].items()} for a, h in plain.hosts.items()}
    networks = counted({a: {h["asn"]} for a, h in plain.hosts.items() if h["asn"]})
    decoys = [plain.hosts[a]["asn"] for a in plain.decoys]
    one = max(plain.of_host, key=lambda a: len(plain.of_host[a]))
    families, labs = (plain.items(of(german, lists), level) for level in ("family", "lab-country"))
    with_line = {a for a, own in plain.items(lists, "line").items() if LINE in own}
    late = {(a, m): e for (a, m), e in plain.edges.items() if m == MODEL and e["last_seen"] >= SINCE}
    return {
        "models-per-host": ({}, set(Counter(len(own) for own in lists.values() if own).items())),
        "multi-model-hosts": ({}, {(sum(len(m) >= 2 for m in lists.values()),)}),
        "largest-hosts": (
            {"min_models": 5},
            {(a, len(own), plain.hosts[a]["last_seen"]) for a, own in lists.items() if len(own) >= 5},
        ),
        "hosts-of-model": (
            {"model": MODEL, "since": SINCE},
            {(a, plain.hosts[a]["country"], e["last_seen"]) for (a, _), e in late.items()},
        ),
        "new-hosts": (
            {"since": SINCE},
            {(a, h["first_seen"], h["last_seen"]) for a, h in plain.hosts.items() if h["first_seen"] >= SINCE},
        ),
        "host-models": (
            {"host": one},
            {(m, e["first_seen"], e["last_seen"], e["observations"]) for m, e in plain.of_host[one].items()},
        ),
        "software-versions": (
            {},
            {(*run, n) for run, n in Counter(run for own in on.values() for run in own).items()},
        ),
        "decoy-groups": ({}, {(len(decoys), len(set(decoys) - {None}))}),
        "hosts-by-country": ({}, {(c, NAMES[c], n) for c, n in counted(country).items()}),
        "hosts-by-network": ({}, {(asn, plain.provider(int(asn)), n) for asn, n in networks.items()}),
        "families-in-country": ({"country": "DE"}, set(counted(families).items())),
        "lab-countries-in-country": ({"country": "DE"}, set(counted(labs).items())),
        "networks-of-line": (
            {"line": LINE},
            set(Counter(plain.hosts[a]["asn"] for a in with_line if plain.hosts[a]["asn"]).items()),
        ),
        "countries-of-model": (
            {"model": MODEL},
            set(counted({a: own for a, own in country.items() if MODEL in lists[a]}).items()),
        ),
        "scans": ({}, None),
    }


def together(plain: Plain, lists: Lists) -> Answers:
    families, lines = plain.items(lists, "family"), plain.items(lists, "line")
    pairs = expected_pairs(plain, lists, "family")
    german = [a for a, h in plain.hosts.items() if h["country"] == "DE"]
    beside = counted({a: own - {MODEL} for a, own in lists.items() if MODEL in own})
    trio = sum({"llama", "qwen2", "gemma2"} <= own for own in families.values())
    alone = sum({"llama", "qwen2"} == own for own in families.values())
    assert trio
    assert alone
    return {
        "family-cooccurrence": ({"min_hosts": 3}, {(r["a"], r["b"], r["hosts"]) for r in pairs if r["hosts"] >= 3}),
        "family-pair": ({"a": "llama", "b": "qwen2"}, {(sum({"llama", "qwen2"} <= own for own in families.values()),)}),
        "families-together": ({"families": ["llama", "qwen2", "gemma2"]}, {(trio,)}),
        "families-exactly": ({"families": ["llama", "qwen2"]}, {(alone,)}),
        "models-beside": ({"model": MODEL, "min_hosts": 2}, {(m, n) for m, n in beside.items() if n >= 2}),
        "families-beside": (
            {"family": "gemma2"},
            set(counted({a: own - {"gemma2"} for a, own in families.items() if "gemma2" in own}).items()),
        ),
        "lines-beside": (
            {"line": LINE},
            set(counted({a: own - {LINE} for a, own in lines.items() if LINE in own}).items()),
        ),
        "family-pairs-in-country": (
            {"country": "DE"},
            {(r["a"], r["b"], r["hosts"]) for r in expected_pairs(plain, of(german, lists), "family")},
        ),
        # Without `analyse`; with it they are in test_analyse.py.
        "co-deployed": ({"min_hosts": 1}, set()),
        "communities": ({}, set()),
    }


def over_time(plain: Plain, lists: Lists) -> Answers:
    weeks = [202510, 202511, 202512]
    in_weeks = plain.items(plain.lists(plain.hosts, set(weeks)), "family")
    first = {m: min(e["first_seen"] for (_, model), e in plain.edges.items() if model == m) for m in plain.models}
    day = sorted(first.values())[len(first) // 2]
    gone = Counter(h["country"] for h in plain.hosts.values() if h["country"] and h["last_seen"] < "2025-04-01")
    return {
        "family-hosts-in-weeks": ({"weeks": weeks}, set(counted(in_weeks).items())),
        "hosts-by-week": ({}, set(Counter(w for h in plain.hosts.values() for w in h["weeks"]).items())),
        "model-by-week": (
            {"model": MODEL},
            set(Counter(w for (_, m), e in plain.edges.items() if m == MODEL for w in e["weeks"]).items()),
        ),
        "new-models": (
            {"since": day},
            {(m, at, counted(lists)[m]) for m, at in first.items() if at >= day},
        ),
        "hosts-not-seen-since": ({"day": "2025-04-01"}, set(gone.items())),
    }


def test_every_saved_query(place: Place, records: list[Record], plain: Plain) -> None:
    place.load(records)
    answers = saved_answers(plain)
    assert set(answers) == set(saved_queries())
    with Graph(place.data, place.uri, show_addresses=True) as graph:
        for name, (parameters, expected) in answers.items():
            rows = [tuple(r) for r in graph.query(name=name, parameters=parameters).itertuples(index=False)]
            if name == "decoy-groups":
                rows = [row[1:] for row in rows]
            if expected is not None:
                assert {tuple(None if v != v else v for v in row) for row in rows} == expected, name
                assert len(rows) == len(expected), name
        assert graph.query(name="scans")["records"].tolist() == [len(records)]
        nodes_and_paths(place, graph)


def nodes_and_paths(place: Place, graph: Graph) -> None:
    """Queries of one's own return what has no order of its own in Python: nodes, paths, lists with gaps."""
    folder = place.data / "queries"
    folder.mkdir()
    node = "MATCH (l:Line) RETURN l"
    path = "MATCH p = (:Line)-[:PUBLISHED_BY]->(:Lab) RETURN p"
    gaps = "MATCH (l:Line) RETURN [l.name, NULL] AS own"
    lines = sorted({line[0] for line in LINES.values() if line})
    falling = f"{node}, l.name AS name ORDER BY name DESC"
    for cypher in (node, path, gaps, falling):
        (folder / "mine.cypher").write_text(f"// title: Mine\n{cypher}")
        column = graph.query(name="mine").columns[0]
        values = graph.query(name="mine")[column].to_list()
        assert len(values) == len(lines)
        if cypher.startswith(node):
            assert [value["name"] for value in values] == (lines[::-1] if cypher == falling else lines)
        elif cypher == gaps:
            assert [value[0] for value in values] == lines


def test_headers() -> None:
    queries = [*saved_queries().values(), *drawing_queries().values()]
    assert len(queries) >= 40
    titles = [(query.folder, query.title) for query in queries]
    assert len(set(titles)) == len(titles)
    assert {q.folder for q in drawing_queries().values()} == {"Draw"}
    for query in queries:
        assert not query.title.endswith("."), query.name
        assert query.shows.endswith("."), query.name
        for parameter in query.parameters:
            kind = {"text": str, "integer": int, "texts": list, "integers": list}[parameter.type]
            assert isinstance(parameter.value, kind), query.name
            assert f"${parameter.name}" in query.cypher, query.name
    assert all("LIMIT" in query.cypher for query in drawing_queries().values())
    assert f'"{schema.MODEL_SEARCH}"' in drawing_queries()["find-models"].cypher


# --- those that draw ------------------------------------------------------------------------------------------------


def allowed(plain: Plain) -> Edges:
    """Every relationship that there is, by type and the keys of its ends."""
    edges: Edges = {("DEPLOYS", a, m) for a, m in plain.edges}
    for address, h in plain.hosts.items():
        edges |= {("IN_COUNTRY", address, h["country"])} if h["country"] else set()
        if h["asn"]:
            edges |= {("IN_NETWORK", address, str(h["asn"]))}
            if provider := plain.provider(h["asn"]):
                edges |= {("OPERATED_BY", str(h["asn"]), provider)}
        edges |= {("RUNS", address, software) for software, _ in h["runs"]}
    for m in plain.models:
        if family := plain.family[m]:
            edges |= {("IN_FAMILY", m, family)}
        if line := LINES[m]:
            edges |= {("VARIANT_OF", m, line[0]), ("PUBLISHED_BY", line[0], line[1]), ("BASED_IN", line[1], line[2])}
    return edges


def some_hosts(plain: Plain, wanted: set[str], most: int) -> Any:
    """A check of a picture of hosts: so many of them at most, each with all it lists."""

    def check(edges: Edges, nodes: set[str]) -> None:
        hosts = nodes & plain.hosts.keys()
        assert hosts <= wanted
        assert 0 < len(hosts) <= most
        assert len(hosts) == min(most, len(wanted)) or len(edges) >= 100

    return check


def exactly(expected: Edges) -> Any:
    def check(edges: Edges, nodes: set[str]) -> None:
        assert expected
        assert edges == expected

    return check


def nothing(edges: Edges, nodes: set[str]) -> None:
    assert not edges


def drawn(plain: Plain) -> dict[str, tuple[dict[str, Any], Any]]:
    """For every query that draws: parameters, and a check of the relationships and keys of nodes it returns."""
    everything = allowed(plain)
    lists = plain.lists(plain.hosts)
    families = plain.items(lists, "family")
    meta = {m for m in plain.models if plain.item(m, "lab") == "Meta"}
    one = max(plain.of_host, key=lambda a: len(plain.of_host[a]))
    with_models = {a for a, own in lists.items() if own}
    german = {a for a, own in lists.items() if len(own) >= 2 and plain.hosts[a]["country"] == "DE"}
    network = {a for a, h in plain.hosts.items() if h["asn"] == 64496}

    def found(edges: Edges, nodes: set[str]) -> None:
        assert {m for m in plain.models if m.startswith("deepseek")} == nodes & plain.models

    def joined(edges: Edges, nodes: set[str]) -> None:
        assert {MODEL, BESIDE} <= nodes
        assert any({MODEL, BESIDE} <= lists[a] for a in nodes & plain.hosts.keys())

    return {
        "families-network": ({"min_hosts": 1}, nothing),
        "model-neighbours": ({"model": MODEL}, nothing),
        "model-community": ({"model": MODEL}, nothing),
        "schema": ({}, None),
        "model-hosts": ({"model": MODEL}, some_hosts(plain, {a for a, own in lists.items() if MODEL in own}, 40)),
        "two-families": (
            {"a": "llama", "b": "qwen2"},
            some_hosts(plain, {a for a, own in families.items() if {"llama", "qwen2"} <= own}, 15),
        ),
        "labs": ({}, exactly({e for e in everything if e[0] in ("PUBLISHED_BY", "BASED_IN")})),
        "lab-models": (
            {"lab": "Meta"},
            exactly(
                {
                    e
                    for e in everything
                    if (e[0] == "VARIANT_OF" and e[1] in meta) or (e[0] == "PUBLISHED_BY" and e[2] == "Meta")
                }
            ),
        ),
        "derived-lines": ({}, None),
        "host": ({"host": one}, exactly({e for e in everything if e[1] == one})),
        "country-hosts": ({"country": "DE"}, some_hosts(plain, german, 30)),
        "network-hosts": ({"asn": 64496}, some_hosts(plain, network, 40)),
        "decoy-group": ({}, some_hosts(plain, set(plain.decoys), 30)),
        "find-models": ({"words": "deepseek*"}, found),
        "path-between-models": ({"a": MODEL, "b": BESIDE}, joined),
        "new-hosts": ({}, some_hosts(plain, with_models, 40)),
        "provider-networks": (
            {"provider": "Example Net"},
            exactly({e for e in everything if e[0] == "OPERATED_BY" and e[2] == "Example Net"}),
        ),
    }


def key(node: Any) -> str:
    (label,) = node.labels
    return str(node[schema.node(label).key.name]) if label != schema.STATE_LABEL else label


def picture(session: neo4j.Session, cypher: str, parameters: dict[str, Any]) -> tuple[Edges, set[str], int]:
    """Relationships and keys of nodes, as the Browser draws them, and how many nodes."""
    graph = session.run(cypher, parameters).graph()
    edges = {(r.type, key(r.start_node), key(r.end_node)) for r in graph.relationships}
    return edges, {key(n) for n in graph.nodes}, len(graph.nodes)


@pytest.mark.usefixtures("neo4j_store_uri")
def test_every_query_that_draws(neo4j_server: Any, tmp_path: Any, records: list[Record], plain: Plain) -> None:
    place = Place(tmp_path / "data", neo4j_server.bolt_uri)
    place.load(records)
    checks = drawn(plain)
    assert set(checks) == set(drawing_queries())
    everything = allowed(plain)
    access = {"default_access_mode": neo4j.READ_ACCESS}
    with (
        neo4j.GraphDatabase.driver(
            neo4j_server.bolt_uri,
            auth=(neo4j_server.username, neo4j_server.password),
            notifications_min_severity="OFF",
        ) as driver,
        driver.session(**access) as session,
    ):
        session.run("CALL db.awaitIndexes()").consume()
        for name, (parameters, check) in checks.items():
            query = drawing_queries()[name]
            if name == "schema":
                nodes, _ = session.run(query.cypher).single(strict=True)
                assert {n.label for n in schema.NODES} <= {label for node in nodes for label in node.labels}
                continue
            edges, keys, number = picture(session, query.cypher, parameters)
            assert number <= MOST_NODES, name
            if name == "derived-lines":
                assert all(kind == "DERIVED_FROM" for kind, _, _ in edges)
                continue
            assert edges <= everything, name
            check(edges, keys)
        with Graph(place.data, place.uri) as graph:
            graph.analyse(null="hypergeometric")
        for name in ("families-network", "model-neighbours", "model-community"):
            parameters, _ = checks[name]
            edges, keys, number = picture(session, drawing_queries()[name].cypher, parameters)
            assert {kind for kind, _, _ in edges} == {"CO_DEPLOYED"}, name
            assert MODEL in keys or name == "families-network"
            assert number <= MOST_NODES
