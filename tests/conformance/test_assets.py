"""Own assets on every store: `match`, `--in`, what exclusions keep out, and what forgotten hosts leave behind."""

from __future__ import annotations

import ipaddress
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import cohabit
from cohabit.errors import UsageError
from cohabit.graph.archive import Archive
from cohabit.graph.assets import parse_asset
from cohabit.graph.clearing import forget_hosts
from cohabit.graph.exclusions import exclude, include
from cohabit.graph.projection import project
from cohabit.graph.server_connection import Connection
from cohabit.graph.store import read_tables
from cohabit.graph.sync import forget
from cohabit.loaders.catalogue import Catalogue
from cohabit.privacy import Masker
from cohabit.queries.info import info, scans
from cohabit.queries.match import match
from cohabit.queries.rank import rank
from cohabit.queries.scope import Scope
from tests.conformance.conftest import Place
from tests.conformance.population import Record

MASKER = Masker(b"k" * 32)
SHOWN = Masker(b"k" * 32, show=True)
OWN = """asset,label
198.51.100.0/24,all
198.51.100.0/25,half
198.51.100.64/26,quarter
198.51.100.70,one
2001:db8::/32,six
AS64496,network
gpu-5.example.net,named
*.example.net,below
203.0.113.0/24,silent
192.0.2.1,"at 192.0.2.1, one"
"""
PREFIXES = ("198.51.100.0/24", "198.51.100.0/25", "198.51.100.64/26", "198.51.100.70/32", "2001:db8::/32", None, None)
PREFIXES += (None, "203.0.113.0/24", "192.0.2.1/32")
EXCLUDED = ("198.51.100.64/26", "2001:db8::3", "*.example.net", "192.0.2.7", "AS64496", "203.0.113.0/24")
LABELS = ("all", "half", "quarter", "one", "six", "network", "named", "below", "silent", "at 192.0.2.1, one")


def newest_network(records: list[Record], host: str) -> int | None:
    """The network that the newest of a host's records names; of one second the one that sorts last as text."""
    told = [(r["timestamp"], str(r["asn"]) + chr(31) + chr(31) + (r["as_name"] or "")) for r in records]
    said = [t for t, r in zip(told, records, strict=True) if r["ip"] == host and r["asn"] is not None]
    return int(max(said)[1].partition(chr(31))[0]) if said else None


def means(position: int, host: str, network: int | None) -> int | None:
    """How specific an asset of `OWN` is for a host, by a plain look at it; None where it does not mean it."""
    if prefix := PREFIXES[position]:
        if host[0].isalpha():
            return None
        inside = ipaddress.ip_address(host) in ipaddress.ip_network(prefix)
        return 10 + ipaddress.ip_network(prefix).prefixlen if inside else None
    if position == 5:
        return 0 if network == 64496 else None
    if position == 6:
        return 100 if host == "gpu-5.example.net" else None
    return 50 if host.endswith(".example.net") else None


def expected(records: list[Record]) -> dict[str, list[int]]:
    """The assets of every host, the most specific first."""
    found = {}
    for host in {r["ip"] for r in records}:
        network = newest_network(records, host)
        ranks = [(-r, p) for p in range(len(LABELS)) if (r := means(p, host, network)) is not None]
        if ranks:
            found[host] = [p for _, p in sorted(ranks)]
    return found


@pytest.fixture
def own(tmp_path: Path) -> str:
    path = tmp_path / "own.csv"
    path.write_text(OWN)
    return str(path)


def test_match_and_in(place: Place, records: list[Record], own: str) -> None:
    place.load(records)
    plain = expected(records)
    missing = [p for p in range(len(LABELS)) if not any(p in held for held in plain.values())]
    assert LABELS[8] in [LABELS[p] for p in missing]
    store = place.open()
    try:
        best = match(store, SHOWN, own)
        assert [(r["label"], r["host"]) for r in best.rows] == [
            (LABELS[p], host) for p, host in sorted((held[0], host) for host, held in plain.items())
        ]
        assert len({r["label"] for r in best.rows}) > 5
        every = match(store, SHOWN, own, all_matches=True)
        assert [(r["label"], r["host"]) for r in every.rows] == [
            (LABELS[p], host) for p, host in sorted((p, host) for host, held in plain.items() for p in held)
        ]
        for row in best.rows:
            seen = [r for r in records if r["ip"] == row["host"]]
            assert row["port"] == sorted({r["port"] for r in seen})
            assert row["last_seen"] == max(r["timestamp"] for r in seen)
        by_model = rank(store, level="model", scope=Scope(in_file=(own,)))
        listed: dict[str, int] = {}
        for row in best.rows:
            for model in row["models"]:
                listed[model] = listed.get(model, 0) + 1
        assert {r["item"]: r["hosts"] for r in by_model.rows} == listed
        others = {r["ip"] for r in records} - set(plain)
        assert sum(r["hosts"] for r in rank(store, by="country", scope=Scope(not_in_file=(own,))).rows) == len(others)
        assert not rank(store, scope=Scope(in_file=(own,), not_in_file=(own,))).rows
        levels = Counter(r["severity"] for r in best.rows)
        said = ", ".join(f"{levels[level]} {level}" for level in ("critical", "high", "medium", "low") if levels[level])
        assert best.headline == f"{len(plain)} hosts in {len(LABELS) - len(missing)} of 10 assets: {said}."
        silent = match(store, SHOWN, own, unmatched=True)
        assert [(r["label"], r["line"]) for r in silent.rows] == [(LABELS[p], p + 2) for p in missing]
        part = match(store, SHOWN, own, scope=Scope(prefix=("198.51.100.64/27",)))
        inside = {h: held for h, held in plain.items() if h.startswith("198.51.100.") and 64 <= int(h[11:]) < 96}
        assert {r["host"] for r in part.rows} == set(inside)
        both = rank(store, level="family", scope=Scope(in_file=(own,), prefix=("198.51.100.64/27",)))
        alone = rank(store, level="family", scope=Scope(prefix=("198.51.100.64/27",)))
        assert both.rows == alone.rows
        _masked(match(store, MASKER, own, all_matches=True).rows)
        with pytest.raises(UsageError, match="--all is about matches: leave out --unmatched"):
            match(store, MASKER, own, all_matches=True, unmatched=True)
    finally:
        store.close()


def test_which_of_ones_own_is_urgent(place: Place, tmp_path: Path) -> None:
    at = "2025-06-02T12:00:00Z"
    later = "2025-06-03T12:00:00Z"
    llama2 = {"timestamp": at, "models": ["llama2:7b"]}
    bare = {"timestamp": at, "models": None}
    place.load(
        [
            # CVE-2026-7482 (critical) is of every Ollama before 0.17.1; of vLLM 0.99 the list has nothing.
            {"ip": "192.0.2.1", "port": 8000, "software": "vllm", "version": "0.99.0", **llama2},
            {"ip": "192.0.2.1", "port": 11434, "software": "ollama", "version": "0.17.0", **llama2},
            # A list of models that cannot act; the newest version counts.
            {"ip": "192.0.2.2", "port": 80, "software": "ollama", "version": "0.17.0", **llama2},
            {
                "ip": "192.0.2.2",
                "port": 80,
                "software": "ollama",
                "version": "0.17.1",
                **llama2,
                "timestamp": later,
            },
            {"ip": "192.0.2.3", "port": 443, **bare},
            {"ip": "198.51.100.1", "port": 443, **bare},
        ]
    )
    own = tmp_path / "own.txt"
    own.write_text("192.0.2.0/24\n")
    with cohabit.open(place.data, place.uri, show_addresses=True) as graph:
        answer = graph.ask("match", str(own))
        assert answer.headline == "3 hosts in 1 of 1 asset: 1 critical, 1 medium, 1 low."
        found = {row["host"]: row for row in answer.rows}
        columns = ("severity", "port", "software", "version", "advisories", "models")
        assert {host: [row[c] for c in columns] for host, row in found.items()} == {
            "192.0.2.1": [
                "critical",
                [8000, 11434],
                ["vllm", "ollama"],
                ["0.99.0", "0.17.0"],
                ["CVE-2026-7482"],
                ["llama2:7b"],
            ],
            "192.0.2.2": ["medium", [80], ["ollama"], ["0.17.1"], [], ["llama2:7b"]],
            "192.0.2.3": ["low", [443], [None], [None], [], []],
        }
        critical = graph.ask("match", str(own), scope=Scope(severity="critical"))
        assert [row["host"] for row in critical.rows] == ["192.0.2.1"]


def _masked(rows: list[dict[str, Any]]) -> None:
    """One host is a pseudonym wherever it stands; what holds many is shown as it is."""
    text = repr(rows)
    assert "198.51.100.70" not in text
    assert "192.0.2.1," not in text
    assert "gpu-5" not in text
    assert "198.51.100.0/25" in text
    assert "*.example.net" in text
    one = next(r for r in rows if r["label"] == "one")
    assert one["prefix"] == one["host"] == MASKER.pseudonym("198.51.100.70")


def digest(place: Place) -> str:
    store = place.open()
    try:
        return read_tables(store).digest()
    finally:
        store.close()


def kept_out(place: Place) -> int:
    store = place.open()
    try:
        return int(info(store, MASKER).rows[0]["excluded_hosts"])
    finally:
        store.close()


def test_excluded_hosts_are_as_if_never_seen(place: Place, records: list[Record], tmp_path: Path) -> None:
    half = len(records) // 2
    place.load(records[:half], "first.ndjson")
    before, all_before = digest(place), read_all(place)
    assert exclude(place.data, map(parse_asset, EXCLUDED), "asked for") == len(EXCLUDED)
    assert exclude(place.data, [parse_asset("192.0.2.7")], "asked for twice") == 0
    # A later scan brings old and new hosts; networks are those of the newest records of all scans.
    place.load(records[half:], "second.ndjson")
    out = excluded_of(records)
    assert digest(place) == projected(tmp_path / "without", [r for r in records if r["ip"] not in out])
    assert kept_out(place) == len(out) > 30
    include(place.data, EXCLUDED)
    forget(place.data, "second.ndjson")
    place.sync()
    assert (digest(place), read_all(place), kept_out(place)) == (before, all_before, 0)
    assert not list(place.data.glob("exclusions*"))


def test_forgotten_hosts_leave_the_store(place: Place, records: list[Record], tmp_path: Path) -> None:
    place.load(records[:60], "first.ndjson")
    hosts = ["198.51.100.0/28", "2001:db8::20", "gpu-5.example.net"]
    attached = "198.51.100.1"
    if place.uri != "embedded":
        _attach_note(place, attached)
        # A graph of the same data folder, beside the server.
        Place(place.data, "embedded").sync()
    cleared = forget_hosts(place.data, map(parse_asset, hosts))
    gone = {r["ip"] for r in records[:60] if any(means_any(r["ip"], text) for text in hosts)}
    assert cleared.hosts == gone
    assert attached in gone
    assert not list((place.data / "graph").glob("*.lbug"))
    place.sync()
    assert digest(place) == projected(tmp_path / "left", [r for r in records[:60] if r["ip"] not in gone])
    if place.uri != "embedded":
        store = place.open()
        try:
            columns, rows = store.explore("MATCH (:Note)-[:ABOUT]->(n) RETURN labels(n) AS l, properties(n) AS p")
            assert (columns, rows) == (["l", "p"], [[[], {}]])
            _, rows = store.explore("MATCH (n) WHERE n.address IN $gone RETURN count(n) AS n", {"gone": sorted(gone)})
            assert rows == [[0]]
        finally:
            store.close()


def _attach_note(place: Place, address: str) -> None:
    """What a colleague would do in the Neo4j Browser."""
    cypher = "MATCH (h:Host {address: $address}) CREATE (:Note {text: 'ask'})-[:ABOUT]->(h)"
    connection = Connection(str(place.uri))
    connection.write(cypher, {"address": address})
    connection.close()


def means_any(host: str, text: str) -> bool:
    """Whether a prefix, an address or a name in that text means a host, by a plain look."""
    if host[0].isalpha():
        return host == text or (text.startswith("*.") and host.endswith(text[1:]))
    return not text[0].isalpha() and text[0] != "*" and ipaddress.ip_address(host) in ipaddress.ip_network(text)


def excluded_of(records: list[Record]) -> set[str]:
    """The hosts that the exclusions mean."""
    hosts = {r["ip"] for r in records}
    of_network = {host for host in hosts if newest_network(records, host) == 64496}
    return of_network | {host for host in hosts if any(means_any(host, text) for text in EXCLUDED)}


def projected(folder: Path, records: list[Record]) -> str:
    """Digest of a graph of these records alone."""
    folder.mkdir()
    other = Place(folder / "data", None)
    other.archive(records)
    return project(Archive(other.data), Catalogue.load()).digest()


def read_all(place: Place) -> list[dict[str, Any]]:
    """A look at the scans, which the digest does not cover."""
    store = place.open()
    try:
        return scans(store, MASKER).rows
    finally:
        store.close()
