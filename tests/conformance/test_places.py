"""Kinds of providers on every store: ranked, filtered, and unknown where nobody knows."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from mmdb_writer import MMDBWriter
from netaddr import IPSet

from cohabit.graph.sync import change_geo
from cohabit.session import Graph
from tests.conformance.conftest import Place

# Network, its name in the scan, its kind by the public record.
NETWORKS = [
    (16509, "AMAZON-02", "cloud"),
    (14618, "AMAZON-AES", "cloud"),
    (24940, "HETZNER-AS", "hosting"),
    (4134, "Chinanet", "fixed access"),
    (64510, "Example University", "university"),
    (64511, "Example Net", None),
    (None, None, None),
]


def test_kinds_of_providers(place: Place) -> None:
    hosts = [(f"192.0.2.{i}", *NETWORKS[i % len(NETWORKS)]) for i in range(1, 60)]
    place.load(
        [
            {
                "ip": ip,
                "port": 1,
                "timestamp": "2025-06-01T12:00:00Z",
                "asn": asn,
                "as_name": name,
                "models": ["llama3:8b"],
            }
            for ip, asn, name, _ in hosts
        ]
    )
    expected = Counter(kind or "unknown" for *_, kind in hosts)
    with Graph(place.data, place.uri) as graph:
        ranked = graph.rank(by="provider-kind")
        assert dict(zip(ranked["place"], ranked["hosts"], strict=True)) == dict(expected)
        for kind, count in expected.items():
            if kind != "unknown":
                assert graph.rank(level="model", provider_kind=kind)["hosts"].tolist() == [count]
        both = graph.rank(level="model", provider_kind="cloud", network="AS14618")
        assert both["hosts"].tolist() == [sum(asn == 14618 for _, asn, *_ in hosts)]


def test_info_says_which_databases_were_used(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "192.0.2.9.mmdb"
    writer = MMDBWriter(database_type="GeoLite2-Country")
    writer.insert_network(IPSet(["192.0.2.0/24"]), {"country": {"iso_code": "NL"}})
    writer.to_db_file(str(path))
    place.load([{"ip": "192.0.2.1", "port": 1, "timestamp": "2025-06-01T12:00:00Z", "models": ["llama3:8b"]}])
    for paths, prefer, said in (
        ([path], False, r"\.mmdb"),
        ([path], True, r"\.mmdb, preferred to scans"),
        ([], False, None),
    ):
        change_geo(place.data, paths, prefer=prefer)
        place.sync()
        with Graph(place.data, place.uri) as graph:
            used = list(graph.info()["geo"][0])
        if said is None:
            assert used == []
            continue
        # The address in the name of the file is masked like any other.
        (one,) = used
        assert re.fullmatch(rf"GeoLite2-Country, built \d{{4}}-\d\d-\d\d, host-[0-9a-f]{{16}}{said}", one)
