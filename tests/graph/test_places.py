"""Places of hosts: databases in three layouts, precedence, the copies in the data folder, known organisations."""

from __future__ import annotations

import json
import random
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import maxminddb
import pyarrow.parquet as pq
import pytest
from backports import zstd
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from cohabit.errors import DataError
from cohabit.graph.places import KINDS, geo_in_use, kind_of, organisations, use_geo
from cohabit.graph.store import open_store, read_tables
from cohabit.graph.sync import load, sync
from cohabit.loaders.geo import Facts, Geo, facts_of, read_geo_file
from cohabit.session import Graph
from cohabit.simulation import simulate
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


def loaded(folder: Path, records: list[dict[str, Any]]) -> Path:
    """Load these records, one scan; the data folder."""
    scan = folder / "scan.ndjson"
    scan.write_text("".join(json.dumps(record) + "\n" for record in records))
    load(folder / "data", [str(scan)])
    return folder / "data"


def provider_kinds(data: Path) -> dict[str, str | None]:
    """Bring the graph level; kind by provider."""
    store = open_store(data, "embedded", write=True)
    try:
        sync(data, store)
        rows = store.table("MATCH (p:Provider) RETURN p.name AS name, p.kind AS kind").to_pylist()
    finally:
        store.close()
    return {row["name"]: row["kind"] for row in rows}


# Each host counts once, with the kind that its newest record tells together with the network.
TOLD = [
    seen("192.0.2.1", asn=64501, as_name="One Net", provider_kind="hosting"),
    seen("192.0.2.2", asn=64502, as_name="One Net", provider_kind="hosting"),
    seen("192.0.2.3", asn=64501, as_name="One Net", provider_kind="cloud"),
    # An older record of the same host does not count.
    seen("192.0.2.3", asn=64501, as_name="One Net", provider_kind="hosting") | {"timestamp": "2025-05-01T12:00:00Z"},
    seen("192.0.2.4", asn=64503, as_name="Even Net", provider_kind="mobile"),
    seen("192.0.2.5", asn=64503, as_name="Even Net", provider_kind="Fixed-Access "),
    seen("192.0.2.6", asn=64504, as_name="Odd Net", provider_kind="spaceship"),
    seen("192.0.2.7", asn=64505, as_name="Example University", provider_kind="hosting"),
    seen("192.0.2.8", asn=64506, as_name="Other University"),
    # Known organisations are of the kind that is known.
    seen("192.0.2.9", asn=24940, as_name="HETZNER-AS", provider_kind="mobile"),
    # A kind without a network belongs to nobody.
    seen("192.0.2.10", provider_kind="cloud"),
]


def test_kinds_that_records_tell(tmp_path: Path) -> None:
    assert provider_kinds(loaded(tmp_path, TOLD)) == {
        "One Net": "hosting",
        "Even Net": "fixed access",
        "Odd Net": None,
        "Example University": "hosting",
        "Other University": "university",
        "Hetzner": "hosting",
    }


def test_parts_written_before_kinds_were_told_still_read(tmp_path: Path) -> None:
    data = loaded(tmp_path, TOLD)
    (part,) = (data / "archive").glob("*.parquet")
    facts = pq.read_metadata(part).metadata[b"cohabit"]
    table = pq.read_table(part).drop_columns(["provider_kind"])
    with pq.ParquetWriter(part, table.schema) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({"cohabit": facts.decode()})
    untold = {"One Net": None, "Even Net": None, "Odd Net": None, "Example University": "university"}
    known = {"Other University": "university", "Hetzner": "hosting"}
    assert provider_kinds(data) == untold | known
    # Beside a part that has the column.
    more = tmp_path / "more.ndjson"
    more.write_text(json.dumps(seen("192.0.2.11", asn=64504, as_name="Odd Net", provider_kind="other")) + "\n")
    load(data, [str(more)])
    assert provider_kinds(data) == untold | known | {"Odd Net": "other"}


def test_simulated_providers_are_of_the_kinds_their_records_tell(tmp_path: Path) -> None:
    made = simulate(300, 0, tmp_path)
    lines = zstd.decompress(made.path.read_bytes()).decode().splitlines()
    told = {record["ip"]: record["provider_kind"] for record in map(json.loads, lines)}
    assert set(told.values()) <= set(KINDS)
    load(tmp_path / "data", [str(made.path)])
    assert None not in provider_kinds(tmp_path / "data").values()
    with Graph(tmp_path / "data", "embedded") as opened:
        ranked = opened.rank(by="provider-kind")
    assert dict(zip(ranked["place"], ranked["hosts"], strict=True)) == Counter(told.values())


def test_a_preferred_network_has_no_kind_of_another(tmp_path: Path, files: dict[str, Path]) -> None:
    data = loaded(tmp_path, [seen("192.0.2.1", asn=64999, as_name="Own Net", provider_kind="mobile")])
    use_geo(data, [files["asn"]])
    assert provider_kinds(data) == {"Own Net": "mobile"}
    use_geo(data, [files["asn"]], prefer=True)
    assert provider_kinds(data) == {"Example Cloud": None}


def test_what_is_no_country_is_none(tmp_path: Path) -> None:
    codes = {"a192_0_2_0_25": "EU", "a192_0_2_128_25": "XX", "a198_51_100_0_24": "NL"}
    path = database(
        tmp_path / "c.mmdb", "GeoLite2-Country", **{k: {"country": {"iso_code": c}} for k, c in codes.items()}
    )
    data = loaded(tmp_path, [seen("192.0.2.1"), seen("192.0.2.200", country_code="FR"), seen("198.51.100.1")])
    use_geo(data, [path], prefer=True)
    assert {host: country for host, (country, *_) in graph(data)[1].items()} == {
        "192.0.2.1": None,
        "192.0.2.200": "FR",
        "198.51.100.1": "NL",
    }


def test_a_copy_that_was_changed_is_not_used(data: Path, files: dict[str, Path]) -> None:
    use_geo(data, [files["asn"]])
    (copy,) = (data / "geo").glob("*.mmdb")
    copy.write_bytes(copy.read_bytes() + b"x")
    with pytest.raises(DataError, match=r"the database asn\.mmdb was changed; give it again with --geo"):
        graph(data)
    use_geo(data, [files["asn"], files["asn"]])
    assert [file.name for file, _ in geo_in_use(data).files] == ["asn.mmdb"]
    assert graph(data)[1]["192.0.2.1"] == (None, 64500, "Example Cloud")


def test_damaged_databases_are_refused_or_read_and_never_crash(tmp_path: Path, files: dict[str, Path]) -> None:
    """One byte changed, or the end cut off, wherever it hits: answers or one line, nothing else."""
    whole = files["flat"].read_bytes()
    rng = random.Random(11)
    path = tmp_path / "damaged.mmdb"
    outcomes: Counter[str] = Counter()
    for i in range(300):
        damaged = bytearray(whole)
        # Most of the file is the tree; what follows it, the records and facts about the file, is hit as often.
        place = rng.randrange(len(whole)) if i % 2 else len(whole) - 1 - rng.randrange(400)
        damaged[place] ^= 1 << rng.randrange(8)
        path.write_bytes(damaged[: rng.randrange(len(whole))] if i % 5 == 0 else damaged)
        try:
            found = Geo(((read_geo_file(path), path),)).look_up(["192.0.2.1", "198.51.100.7", "2001:db8::1"])
        except DataError as error:
            outcomes["one line" if "\n" not in str(error) else "lines"] += 1
        else:
            outcomes[f"read {len(found)}"] += 1
    assert set(outcomes) == {"one line", "read 3"}
    assert min(outcomes.values()) > 30


def test_look_ups_are_those_of_each_address_alone(tmp_path: Path) -> None:
    """By whole networks, in any order, with repetitions and names: the same as asking for each address."""
    rng = random.Random(5)
    networks = {f"a192_0_2_{i * 16}_28": {"country": {"iso_code": rng.choice(["NL", "DE"])}} for i in range(0, 16, 3)}
    path = database(tmp_path / "many.mmdb", "GeoLite2-Country", **networks, a203_0_113_7_32=COUNTRY)
    addresses = [f"192.0.2.{rng.randrange(256)}" for _ in range(300)] + ["203.0.113.6", "203.0.113.7", "203.0.113.8"]
    addresses += ["2001:db8::1", "::", "gpu.example.net", "255.255.255.255", "0.0.0.0", "192.0.2.1"]
    rng.shuffle(addresses)
    expected = []
    with maxminddb.open_database(path) as reader:
        for address in addresses:
            expected.append(Facts() if "gpu" in address else facts_of(reader.get(address)))
    assert {facts.country for facts in expected} == {"NL", "DE", None}
    assert Geo(((read_geo_file(path), path),)).look_up(addresses) == expected


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
