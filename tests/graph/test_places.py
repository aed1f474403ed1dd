"""Places of hosts: databases in three layouts, precedence, the copies in the data folder, known organisations."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from cohabit.errors import DataError
from cohabit.graph.places import KINDS, geo_in_use, kind_of, organisations, use_geo
from cohabit.graph.store import open_store, read_tables
from cohabit.graph.sync import load, sync
from cohabit.loaders.geo import Facts, facts_of, read_geo_file
from cohabit.session import Graph
from tests.parts import ROOT, require

COUNTRY = {"country": {"iso_code": "NL", "names": {"en": "Netherlands"}}, "registered_country": {"iso_code": "BE"}}
ASN = {"autonomous_system_number": 64500, "autonomous_system_organization": "Example Cloud"}
FLAT = {"asn": "AS64501", "as_name": "Example Telecom", "country": "Germany", "country_code": "DE"}


def database(path: Path, kind: str, **networks: dict[str, Any]) -> Path:
    """Write a database: a keyword `a192_0_2_0_24` stands for 192.0.2.0/24."""
    writer = MMDBWriter(ip_version=6, database_type=kind, ipv4_compatible=True)
    for name, record in networks.items():
        *octets, bits = name[1:].split("_")
        writer.insert_network(IPSet([f"{'.'.join(octets)}/{bits}"]), record)
    writer.to_db_file(str(path))
    return path


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    folder = tmp_path / "databases"
    folder.mkdir()
    return {
        "country": database(folder / "country.mmdb", "GeoLite2-Country", a192_0_2_0_24=COUNTRY),
        "asn": database(folder / "asn.mmdb", "GeoLite2-ASN", a192_0_2_0_24=ASN),
        "flat": database(folder / "flat.mmdb", "ipinfo lite", a192_0_2_0_24=FLAT, a198_51_100_0_24=FLAT),
        "other": database(folder / "other.mmdb", "Anonymous-IP", a192_0_2_0_24={"is_tor_exit_node": True}),
    }


def seen(ip: str, **more: Any) -> dict[str, Any]:
    return {"ip": ip, "port": 11434, "timestamp": "2025-06-01T12:00:00Z", "models": ["llama3:8b"], **more}


RECORDS = [
    seen("192.0.2.1"),
    seen("192.0.2.2", country_code="FR", asn=64999, as_name="Own Net"),
    seen("192.0.2.3", asn=64500),
    seen("198.51.100.4"),
    seen("gpu.example.net"),
    seen("203.0.113.5"),
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    scan = tmp_path / "scan.ndjson"
    scan.write_text("".join(json.dumps(record) + "\n" for record in RECORDS))
    load(tmp_path / "data", [str(scan)])
    return tmp_path / "data"


def graph(data: Path) -> tuple[str, dict[str, tuple[str | None, int | None, str | None]]]:
    """Bring the graph level; its digest, and country, network and provider of each host."""
    store = open_store(data, "embedded", write=True)
    try:
        sync(data, store)
        digest = read_tables(store).digest()
        rows = store.table(
            "MATCH (h:Host) OPTIONAL MATCH (h)-[:IN_COUNTRY]->(c:Country) "
            "OPTIONAL MATCH (h)-[:IN_NETWORK]->(n:Network) OPTIONAL MATCH (n)-[:OPERATED_BY]->(p:Provider) "
            "RETURN h.address AS host, c.code AS country, n.asn AS asn, p.name AS provider"
        ).to_pylist()
    finally:
        store.close()
    return digest, {r["host"]: (r["country"], r["asn"], r["provider"]) for r in rows}


NOTHING = (None, None, None)


@pytest.mark.parametrize(
    ("record", "facts"),
    [
        (COUNTRY, Facts("NL", None, None)),
        (ASN, Facts(None, 64500, "Example Cloud")),
        (FLAT, Facts("DE", 64501, "Example Telecom")),
        # Older country_asn files of IPinfo have the code in `country`.
        ({"country": "de", "country_name": "Germany", "asn": "AS1"}, Facts("DE", 1, None)),
        ({"country": {"iso_code": 7}, "asn": "x", "as_name": ["y"]}, Facts()),
        (None, Facts()),
        ("x", Facts()),
    ],
)
def test_every_layout(record: object, facts: Facts) -> None:
    assert facts_of(record) == facts


def test_what_scans_say_wins(data: Path, files: dict[str, Path]) -> None:
    use_geo(data, [files["country"], files["asn"], files["flat"]])
    assert graph(data)[1] == {
        "192.0.2.1": ("NL", 64500, "Example Cloud"),
        "192.0.2.2": ("FR", 64999, "Own Net"),
        # The network is the scan's, its name the database's, which means the same network.
        "192.0.2.3": ("NL", 64500, "Example Cloud"),
        "198.51.100.4": ("DE", 64501, "Example Telecom"),
        "gpu.example.net": NOTHING,
        "203.0.113.5": NOTHING,
    }


def test_preferred_databases_win(data: Path, files: dict[str, Path]) -> None:
    use_geo(data, [files["flat"], files["country"]], prefer=True)
    found = graph(data)[1]
    assert found["192.0.2.2"] == ("DE", 64501, "Example Telecom")
    assert found["gpu.example.net"] == NOTHING


def test_there_and_back_is_the_same_graph(data: Path, files: dict[str, Path]) -> None:
    before, places = graph(data)
    use_geo(data, [files["flat"]])
    changed, _ = graph(data)
    files["flat"].unlink()  # the copy in the data folder is what counts
    assert graph(data)[0] == changed
    use_geo(data, [])
    assert graph(data) == (before, places)
    assert changed != before
    assert not list((data / "geo").glob("*.mmdb"))


def test_a_file_that_cannot_be_used(tmp_path: Path, files: dict[str, Path], data: Path) -> None:
    broken = tmp_path / "broken.mmdb"
    broken.write_bytes(files["asn"].read_bytes()[:200])
    text = tmp_path / "text.mmdb"
    text.write_text("192.0.2.0,192.0.2.255,NL\n")
    for path, says in (
        (broken, "no database in MaxMind's format"),
        (text, "no database in MaxMind's format"),
        (tmp_path / "nowhere.mmdb", "cannot be read"),
        (files["other"], "«Anonymous-IP» says neither country nor network"),
    ):
        with pytest.raises(DataError, match=says) as caught:
            read_geo_file(path)
        assert "\n" not in str(caught.value)
        with pytest.raises(DataError):
            use_geo(data, [files["asn"], path])
    assert geo_in_use(data).files == ()
    use_geo(data, [files["asn"]])
    (copy,) = (data / "geo").glob("*.mmdb")
    copy.unlink()
    with pytest.raises(DataError, match=r"the database asn\.mmdb is gone; give it again with --geo"):
        geo_in_use(data)


def test_facts_about_a_file(files: dict[str, Path]) -> None:
    about = read_geo_file(files["country"])
    assert (about.type, about.name, len(about.sha256), len(about.built)) == ("GeoLite2-Country", "country.mmdb", 64, 10)


def test_networks_of_one_organisation_are_one_provider(tmp_path: Path) -> None:
    """Two networks of one company, under whatever names scans give them; and a university by its name."""
    records = [
        seen("192.0.2.1", asn=16509, as_name="AMAZON-02"),
        seen("192.0.2.2", asn=14618, as_name="Amazon Data Services"),
        seen("192.0.2.3", asn=4134, as_name="CHINANET-BACKBONE"),
        seen("192.0.2.4", asn=64510, as_name="Universität Beispielstadt"),
        seen("192.0.2.5", asn=64511, as_name="Universal Hosting"),
    ]
    scan = tmp_path / "scan.ndjson"
    scan.write_text("".join(json.dumps(record) + "\n" for record in records))
    load(tmp_path / "data", [str(scan)])
    assert {provider for _, _, provider in graph(tmp_path / "data")[1].values()} == {
        "Amazon",
        "China Telecom",
        "Universität Beispielstadt",
        "Universal Hosting",
    }
    with Graph(tmp_path / "data", "embedded") as opened:
        kinds = opened.rank(by="provider-kind")
        assert dict(zip(kinds["place"], kinds["hosts"], strict=True)) == {
            "cloud": 2,
            "fixed access": 1,
            "university": 1,
            "unknown": 1,
        }
        assert list(opened.rank(level="model", provider_kind="Fixed-Access")["hosts"]) == [1]
        assert opened.hosts(provider="amazon").shape[0] == 2


def test_the_table_of_organisations_is_sound() -> None:
    document = tomllib.loads((ROOT / "graph" / "providers.toml").read_text("utf-8"))["organisations"]
    numbers = [number for one in document for number in one["networks"]]
    assert len(numbers) == len(set(numbers)) >= 200
    assert len({one["name"] for one in document}) == len(document) >= 150
    assert {one.get("kind") for one in document} <= {*KINDS, None}
    # Numbers for private use and documentation belong to nobody.
    assert not [n for n in numbers if 64_496 <= n <= 65_551 or n >= 4_200_000_000]
    assert organisations()[24940] == ("Hetzner", "hosting")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Hetzner", "hosting"),
        ("University of Example", "university"),
        ("Université d'Exemple", "university"),
        ("UNIVERSITAT EXEMPLE", "university"),
        ("Universal Telecom", None),
        ("Cloudy Telecom", None),
        ("China Mobile", None),
    ],
)
def test_kind_of_an_organisation(name: str, kind: str | None) -> None:
    assert kind_of(name) == kind


def test_the_reference_databases(test_data: Path, tmp_path: Path) -> None:
    formats = test_data.parent / "formats"
    require("data", formats.is_dir(), f"{formats} is no folder")
    names = ("sample-GeoLite2-Country.mmdb", "sample-GeoLite2-ASN.mmdb", "sample-ipinfo_lite.mmdb")
    (tmp_path / "data").mkdir()
    use_geo(tmp_path / "data", [formats / name for name in names])
    geo = geo_in_use(tmp_path / "data")
    assert [file.type.split()[0] for file, _ in geo.files] == ["GeoLite2-Country", "GeoLite2-ASN", "ipinfo"]
    assert geo.look_up(["192.0.2.1", "2001:db8::1", "198.51.100.1", "a.example"]) == [
        Facts("NL", 64500, "Example Cloud B.V."),
        Facts("DE", 64502, "Example University"),
        Facts(),
        Facts(),
    ]
