"""Every format: what was put in comes out, masked and harmless, the same bytes each time."""

from __future__ import annotations

import math
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from defusedxml import ElementTree

from cohabit.exports.data import ExportData, Selection, read_data
from cohabit.exports.formats import formats
from cohabit.queries.scope import Scope
from cohabit.session import Graph
from tests.conformance.plain import Plain
from tests.conformance.test_queries import expected_pairs
from tests.exports.conftest import STRANGE
from tests.exports.readers import READERS, Rows

XML = ("graphml", "gexf")
TYPED = ("json-graph", "parquet")
# How names look where a format cannot carry them, or would act on them.
IN_XML = {"\u202eevil\x1b[31m:latest": "\u202eevil\\x1b[31m:latest"}
IN_CSV = {
    "\u202eevil\x1b[31m:latest": "\\u202eevil\\x1b[31m:latest",
    STRANGE[0]: f"'{STRANGE[0]}",
    STRANGE[3]: "two\\x0alines,\\x09one:latest",
    "=1+1": "'=1+1",
    "+Plus & Minus": "'+Plus & Minus",
}


@cache
def read(data: Path, show: bool, level: str | None, time: int) -> ExportData:
    """What is exported, read from the graph once for all formats; `time` tells one reading from another."""
    with Graph(data, "embedded", show_addresses=show) as graph:
        return read_data(graph.store, graph.masker, Selection(level, Scope(), 2 if level else 1))


def made(data: Path, folder: Path, name: str, *, show: bool = True, level: str | None = None, time: int = 0) -> Path:
    """An export of that format; of a network, the pairs with two hosts or more."""
    path = folder / f"export{(formats()[name].endings or ('',))[0]}"
    formats()[name].export(read(data, show, level, time), path)
    return path


def told(name: str, value: Any) -> Any:
    """A value as it comes out of a format."""
    if isinstance(value, list) and name not in TYPED:
        value = "; ".join(told(name, v) if isinstance(v, str) else str(v) for v in value)
    if isinstance(value, str):
        value = IN_XML.get(value, value) if name in XML else IN_CSV.get(value, value) if name == "csv" else value
    if name in ("csv", "neo4j-admin"):
        return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return value


def same(name: str, got: dict[str, Any], wanted: dict[str, Any]) -> None:
    for key, value in wanted.items():
        absent = "" if name in ("csv", "neo4j-admin") else None
        out = got.get(key, absent)
        if value in (None, []) and out in (None, "", []):
            continue
        assert out == told(name, value), (key, got)
        if name not in ("csv", "neo4j-admin", "xlsx"):
            assert type(out) is type(told(name, value)), key


def test_every_format_has_a_reader() -> None:
    assert set(READERS) == set(formats())


@pytest.mark.parametrize("name", READERS)
def test_hosts_models_and_deployments_come_back(name: str, data: Path, plain: Plain, tmp_path: Path) -> None:
    rows = READERS[name](made(data, tmp_path, name))
    hosts = {told(name, address): host for address, host in plain.hosts.items()}
    assert sorted(row["host"] for row in rows["hosts"]) == sorted(hosts)
    for row in rows["hosts"]:
        host = hosts[row["host"]]
        facts = ("country", "asn", "first_seen", "last_seen", "observations", "days", "weeks", "ports", "listed_weeks")
        same(name, row, {fact: host[fact] for fact in facts})
        if name != "neo4j-admin":
            runs = sorted(host["runs"], key=lambda run: (run[1], run[0]))
            lists = {"software": [s for s, _ in runs], "software_ports": [port for _, port in runs]}
            provider = plain.provider(host["asn"])
            same(name, row, {**lists, "provider": provider, "models": len(plain.of_host[addressed(plain, row)])})
    models = {told(name, model): model for model in plain.models}
    assert sorted(row["model"] for row in rows["models"]) == sorted(models)
    for row in rows["models"]:
        same(name, row, {"family": plain.family[models[row["model"]]]})
    edges = {(told(name, a), told(name, m)): edge for (a, m), edge in plain.edges.items()}
    assert len(rows["deployments"]) == len(edges)
    for row in rows["deployments"]:
        edge = edges[row["host"], row["model"]]
        facts = (
            "first_seen",
            "last_seen",
            "observations",
            "weeks",
            "digests",
            "digest_weeks",
            "capabilities",
            "remote",
        )
        same(name, row, {fact: edge[fact] for fact in facts})


def addressed(plain: Plain, row: dict[str, Any]) -> str:
    return next(a for a in plain.hosts if a == row["host"])


@pytest.mark.parametrize("name", [name for name, one in formats().items() if one.networks])
@pytest.mark.parametrize("level", ["family", "model", "lab-country"])
def test_networks_come_back(name: str, level: str, data: Path, plain: Plain, tmp_path: Path) -> None:
    rows = READERS[name](made(data, tmp_path, name, level=level))
    lists = plain.lists(plain.hosts)
    items = plain.items(lists, level)
    counts = {i: sum(i in own for own in items.values()) for i in set().union(*items.values())}
    wanted = {told(name, item): hosts for item, hosts in counts.items()}
    assert {row["item"]: int(row["hosts"]) for row in rows["items"]} == wanted
    pairs = {
        (told(name, r["a"]), told(name, r["b"])): r for r in expected_pairs(plain, lists, level) if r["hosts"] >= 2
    }
    assert {(row["a"], row["b"]) for row in rows["pairs"]} == set(pairs)
    for row in rows["pairs"]:
        expected = pairs[row["a"], row["b"]]
        counts_of = ("hosts", "hosts_a", "hosts_b", "multi_model_hosts", "base")
        for column in (*counts_of, "share_of_a", "share_of_b", "lift", "jaccard"):
            assert math.isclose(float(row[column]), expected[column], rel_tol=1e-12), column
            if name not in ("csv", "xlsx"):
                assert type(row[column]) is type(expected[column]), column
            elif name == "csv" and column in counts_of:
                assert str(row[column]) == str(expected[column]), column
        if name in (*XML, "json-graph"):
            assert row["weight"] == row["hosts"]


@pytest.mark.parametrize("name", READERS)
def test_addresses_are_masked_and_bytes_are_the_same_each_time(
    name: str, data: Path, plain: Plain, tmp_path: Path
) -> None:
    one, other = (made(data, make(tmp_path / str(time)), name, show=False, time=time) for time in (1, 2))
    assert contents(one) == contents(other)
    everything = b"\n".join(unpacked(one)).decode()
    assert "near-host-" in everything
    for address in [*plain.hosts, "192.0.2.77"]:
        assert address not in everything
    with Graph(data, "embedded") as graph:
        assert all(graph.masker.pseudonym(address) in everything for address in plain.hosts)


def make(folder: Path) -> Path:
    folder.mkdir()
    return folder


def contents(path: Path) -> dict[str, bytes]:
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return {file.name: file.read_bytes() for file in files}


def unpacked(path: Path) -> list[bytes]:
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            return [book.read(name) for name in book.namelist()]
    if (path / "hosts.parquet").exists():
        return [str(READERS["parquet"](path)).encode()]
    return list(contents(path).values())


def test_gexf_is_what_its_schema_allows(data: Path, tmp_path: Path) -> None:
    """Order of elements, names of types, and references, by the published schema of GEXF 1.3."""
    for number, level in enumerate((None, "family")):
        path = made(data, make(tmp_path / str(number)), "gexf", level=level)
        root = ElementTree.parse(path).getroot()
        space = "{http://gexf.net/1.3}"
        assert root.tag == f"{space}gexf"
        assert root.get("version") == "1.3"
        assert [child.tag for child in root] == [f"{space}meta", f"{space}graph"]
        assert set(root.find(f"{space}meta").keys()) == {"lastmodifieddate"}
        assert [child.tag.removeprefix(space) for child in root.find(f"{space}meta")] == ["creator", "description"]
        graph = root.find(f"{space}graph")
        assert [child.tag.removeprefix(space) for child in graph] == ["attributes", "attributes", "nodes", "edges"]
        ids = [node.get("id") for node in graph.iter(f"{space}node")]
        assert len(ids) == len(set(ids))
        edges = [edge.get("id") for edge in graph.iter(f"{space}edge")]
        assert len(edges) == len(set(edges))
        for edge in graph.iter(f"{space}edge"):
            assert {edge.get("source"), edge.get("target")} <= set(ids)
            assert set(edge.keys()) <= {"id", "source", "target", "weight"}
        for parent in ("node", "edge"):
            (declared,) = (a for a in graph.iter(f"{space}attributes") if a.get("class") == parent)
            types = {a.get("id"): a.get("type") for a in declared}
            assert set(types.values()) <= {"string", "long", "double", "boolean"}
            for value in (v for e in graph.iter(f"{space}{parent}") for v in e.iter(f"{space}attvalue")):
                assert set(value.keys()) == {"for", "value"}
                assert value.get("for") in types
                if types[value.get("for")] == "long":
                    int(value.get("value"))


def test_ids_stay_apart_where_xml_makes_them_equal(tmp_path: Path) -> None:
    from cohabit.exports.xml import id_source

    written = id_source(["plain", "a\x1bb", "a\\x1bb"])
    assert written("plain") == "plain"
    assert {written("a\x1bb"), written("a\\x1bb")} == {"a\\x1bb", "a\\x1bb (2)"}


def test_the_check_of_values_can_fail() -> None:
    with pytest.raises(AssertionError):
        same("parquet", {"asn": "64496"}, {"asn": 64496})
    rows: Rows = {"hosts": []}
    assert rows != {"hosts": [{}]}
