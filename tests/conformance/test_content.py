"""What a store holds after a load, against the plain projection."""

from __future__ import annotations

import random
from typing import Any

from cohabit.graph.store import STORES, read_tables
from cohabit.graph.sync import forget
from tests.conformance.conftest import ADDRESSES, Place
from tests.conformance.plain import NAMES, Plain
from tests.conformance.population import LINES, Record


def test_every_registered_store_is_in_the_set() -> None:
    assert set(STORES) == set(ADDRESSES)


def test_hosts_and_deployments(place: Place, records: list[Record], plain: Plain) -> None:
    place.load(records)
    store = place.open()
    tables = read_tables(store)
    store.close()

    hosts = {row.pop("address"): row for row in tables.nodes["Host"].to_pylist()}
    assert hosts.keys() == plain.hosts.keys()
    groups = {address: row.pop("decoy_group") for address, row in hosts.items()}
    for address, row in hosts.items():
        assert row == {k: plain.hosts[address][k] for k in row}, address

    decoys = plain.decoys
    assert len(decoys) == 100
    assert {a for a, group in groups.items() if group is not None} == decoys.keys()
    assert len({groups[a] for a in decoys}) == len(set(decoys.values())) == 1

    edges = {(row.pop("source"), row.pop("target")): row for row in tables.relationships["DEPLOYS"].to_pylist()}
    assert edges.keys() == plain.edges.keys()
    for key, row in edges.items():
        assert row == {k: plain.edges[key][k] for k in row}, key


def test_places_and_software(place: Place, records: list[Record], plain: Plain) -> None:
    place.load(records)
    store = place.open()
    tables = read_tables(store)
    store.close()

    def ends(relationship: str) -> dict[Any, Any]:
        table = tables.relationships[relationship]
        return dict(zip(table.column("source").to_pylist(), table.column("target").to_pylist(), strict=True))

    assert ends("IN_COUNTRY") == {a: h["country"] for a, h in plain.hosts.items() if h["country"]}
    assert ends("IN_NETWORK") == {a: h["asn"] for a, h in plain.hosts.items() if h["asn"]}
    networks = {h["asn"] for h in plain.hosts.values() if h["asn"]}
    assert ends("OPERATED_BY") == {asn: p for asn in networks if (p := plain.provider(asn))}
    countries = {h["country"] for h in plain.hosts.values() if h["country"]} | {"US", "CN", "FR"}
    assert {r["code"]: r["name"] for r in tables.nodes["Country"].to_pylist()} == {c: NAMES[c] for c in countries}

    runs = {(r.pop("source"), r.pop("target"), r.pop("port")): r for r in tables.relationships["RUNS"].to_pylist()}
    expected = {(a, name, port): run for a, h in plain.hosts.items() for (name, port), run in h["runs"].items()}
    assert runs == expected


def test_models_take_what_most_hosts_report(place: Place, records: list[Record], plain: Plain) -> None:
    place.load(records)
    store = place.open()
    tables = read_tables(store)
    store.close()

    def ends(relationship: str) -> dict[str, str]:
        table = tables.relationships[relationship]
        return dict(zip(table.column("source").to_pylist(), table.column("target").to_pylist(), strict=True))

    from tests.conformance.plain import vote

    assert ends("IN_FAMILY") == {m: f for m, f in plain.family.items() if f}
    assert ends("VARIANT_OF") == {m: line[0] for m in plain.models if (line := LINES[m])}
    labs = {line[0]: line[1] for m in plain.models if (line := LINES[m])}
    assert {k: v for k, v in ends("PUBLISHED_BY").items() if k in labs} == labs
    for row in tables.nodes["Model"].to_pylist():
        own = [e for (_, model), e in plain.edges.items() if model == row["name"]]
        quantization = vote(e["quantization"] for e in own)
        if quantization is not None:
            assert row["quantization"] == quantization
        size = vote(e["size"] for e in own)
        assert row["size_bytes"] == (None if size is None else int(size))
        reported = vote(e["parameter_size"] for e in own)
        if reported is not None:
            assert row["parameter_count"] == {"7.6B": 7_600_000_000, "8.0B": 8_000_000_000}[reported]
        capabilities = plain.capabilities[row["name"]]
        assert row["capabilities"] == (None if capabilities is None else sorted(capabilities))


def test_digest_depends_on_nothing_but_the_records(place: Place, records: list[Record]) -> None:
    place.load(records)
    store = place.open()
    whole = read_tables(store).digest()
    state = store.state()
    store.close()
    assert state is not None
    assert state.digest == whole
    assert state.complete

    shuffled = list(records)
    random.Random(3).shuffle(shuffled)
    half = len(shuffled) // 2
    first, second = (shuffled[:half], "first.ndjson"), (shuffled[half:], "second.ndjson")
    for loaded, forgotten in (
        # The halves beside the whole, the halves alone, and the halves in the other order.
        ([first, second], []),
        ([], ["scan.ndjson"]),
        ([second, first], ["first.ndjson", "second.ndjson"]),
    ):
        for name in forgotten:
            forget(place.data, name)
        for records_of, name in loaded:
            place.archive(records_of, name)
        place.sync()
        store = place.open()
        assert read_tables(store).digest() == whole
        store.close()


def test_forgetting_a_scan_is_never_having_loaded_it(place: Place, records: list[Record]) -> None:
    half = len(records) // 2
    place.load(records[:half], "first.ndjson")
    store = place.open()
    before = read_tables(store).digest()
    store.close()
    place.load(records[half:], "second.ndjson")
    store = place.open()
    assert read_tables(store).digest() != before
    store.close()
    forget(place.data, "second.ndjson")
    place.sync()
    store = place.open()
    assert read_tables(store).digest() == before
    assert [r["file_name"] for r in store.table("MATCH (s:Scan) RETURN s.file_name AS file_name").to_pylist()] == [
        "first.ndjson"
    ]
    store.close()


def test_a_catalogue_changed_and_changed_back(place: Place, records: list[Record], plain: Plain, tmp_path: Any) -> None:
    from cohabit.graph.sync import use_catalogue

    place.load(records)
    store = place.open()
    before = read_tables(store).digest()
    store.close()
    other = tmp_path / "mine.toml"
    other.write_text('[labs.me]\nname = "Me"\ncountry = "DE"\n[labs.me.lines.house-model]\nfamily = "bungalow"\n')
    use_catalogue(place.data, other)
    place.sync()
    store = place.open()
    changed = read_tables(store)
    store.close()
    assert changed.digest() != before
    # What lies below still holds: the file lies over the bundled catalogue.
    found = {row["source"]: row["target"] for row in changed.relationships["VARIANT_OF"].to_pylist()}
    bundled = {model: line[0] for model, line in LINES.items() if line and model in plain.models}
    assert found == {**bundled, "house-model:v1": "house-model", "house-model:v2": "house-model"}
    assert set(changed.nodes["Lab"].column("name").to_pylist()) > {"Me"}
    # Nobody reports a family for house-model:v2, so the catalogue's counts; for v1 the hosts' reports do.
    families = dict(
        zip(
            changed.relationships["IN_FAMILY"].column("source").to_pylist(),
            changed.relationships["IN_FAMILY"].column("target").to_pylist(),
            strict=True,
        )
    )
    assert families["house-model:v2"] == "bungalow"
    assert families["house-model:v1"] in {"aardvark", "zebra"}
    use_catalogue(place.data, None)
    place.sync()
    store = place.open()
    assert read_tables(store).digest() == before
    store.close()
