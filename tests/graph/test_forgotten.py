"""Forgotten hosts: no byte of them stays in the data folder, the graph is one without them, they do not come back."""

from __future__ import annotations

import ipaddress
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from cohabit.errors import DataError
from cohabit.graph.archive import Archive
from cohabit.graph.assets import parse_asset
from cohabit.graph.clearing import Cleared, forget_hosts, still_named_in
from cohabit.graph.exclusions import exclude, exclusions_in_use
from cohabit.graph.locks import SharedLock
from cohabit.graph.projection import project
from cohabit.graph.store import open_store, read_tables
from cohabit.graph.sync import load, sync, use_catalogue
from cohabit.loaders.catalogue import Catalogue
from tests.parts import ROOT

V4, V6, NAME, INSIDE = "203.0.113.77", "2001:db8:0:77::5", "gpu-77.example.net", "198.51.100.129"
FORGOTTEN = [V4, V6, NAME, "198.51.100.128/25"]
# However one of them may be written; of the prefix one address inside.
SPELLINGS = [
    *(V4, "203.0.113.077", "::ffff:203.0.113.77", "::ffff:cb00:714d", str(int(ipaddress.ip_address(V4)))),
    *(V6, "2001:db8:0:77:0:0:0:5", "2001:0db8:0000:0077:0000:0000:0000:0005", NAME, INSIDE),
]
PACKED = ipaddress.ip_address(V6).packed


def seen(ip: str, *models: str, **more: Any) -> dict[str, Any]:
    return {"ip": ip, "port": 11434, "timestamp": "2025-06-01T12:00:00Z", "models": list(models), **more}


def first_scan() -> list[dict[str, Any]]:
    return [
        seen(V4, "llama3:8b", "only-there:1b", timestamp="2025-01-01T12:00:00Z"),
        seen("203.0.113.7", "llama3:8b", as_name=f"Net behind {V4}", asn=64496),
        seen("2001:DB8:0:77:0:0:0:5", "qwen2:7b"),
        seen("GPU-77.example.net.", "qwen2:7b", asn=64497),
        seen(INSIDE, "gemma2:2b"),
        seen("198.51.100.127", "gemma2:2b", f"hf.co/{NAME.upper()}/x:1b", f"proxy-[{SPELLINGS[7]}]:1b"),
        seen("example.net", "mistral:7b", version="0.6.2"),
    ]


# Rejected for their port; what they say of a forgotten host is said in another way each time.
REJECTED = [
    *(
        seen("198.51.100.1", port=0, note=note)
        for note in (f"at {V4}", f"http://[{SPELLINGS[7]}]:80/", f"x.{NAME}.json")
    ),
    *(seen(ip, port=0) for ip in (V4, "::FFFF:203.0.113.77", SPELLINGS[6].upper(), NAME, INSIDE)),
    {"ip": int(SPELLINGS[4]), "port": 0, "timestamp": "2025-06-01"},
    seen("198.51.100.1", port=0, note="of nobody"),
]


def second_scan() -> list[dict[str, Any]]:
    return [seen(V4, "phi3:3b"), seen(INSIDE), seen("203.0.113.8", "phi3:3b"), seen("198.51.100.200", "phi3:3b")]


def written(folder: Path, name: str, records: list[dict[str, Any]]) -> str:
    path = folder / name
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return str(path)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with two scans, a graph, exclusions, and what crashes left."""
    folder = tmp_path_factory.mktemp("made")
    data = folder / "data"
    files = [written(folder, f"{V4}.ndjson", [*first_scan(), *REJECTED]), written(folder, "b.ndjson", second_scan())]
    assert [r.error for r in load(data, files)] == [None, None]
    exclude(data, map(parse_asset, [V6, "198.51.100.192/26", "192.0.2.9"]), f"as {NAME} asked")
    level(data)
    (data / "rejected" / f"{'0' * 64}.ndjson").write_text(json.dumps({"raw": V4}))
    (data / "archive" / f".{'0' * 32}.part").write_bytes(V4.encode())
    (data / "graph" / "0123456789abcdef-01234567.lbug").write_bytes(V4.encode())
    return data


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "data")
    return tmp_path / "data"


def level(data: Path) -> str:
    """Bring the embedded graph level; its digest, read back."""
    store = open_store(data, "embedded", write=True)
    try:
        sync(data, store)
        return read_tables(store).digest()
    finally:
        store.close()


def without(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The records of all other hosts, with the mark where their text names a forgotten one."""
    prefix = ipaddress.ip_network(FORGOTTEN[3])

    def other(ip: str) -> bool:
        if ip.lower().rstrip(".") == NAME:
            return False
        if ip[0].isalpha():
            return True
        address = ipaddress.ip_address(ip)
        return address not in prefix and address not in map(ipaddress.ip_address, (V4, V6))

    kept = json.dumps([r for r in records if other(r["ip"])])
    for spelling in (V4, SPELLINGS[7], re.escape(NAME)):
        kept = re.sub(spelling, "forgotten", kept, flags=re.IGNORECASE)
    return list(json.loads(kept))


def graph_of(folder: Path, *scans: list[dict[str, Any]]) -> str:
    """Digest of the graph of these scans alone."""
    data = folder / "other"
    load(data, [written(folder, f"other-{i}.ndjson", records) for i, records in enumerate(scans)])
    return project(Archive(data), Catalogue.load()).digest()


def traces(data: Path) -> set[str]:
    """The spellings that occur in file names, bytes and decoded values of a data folder."""
    found = set()
    for path in (p for p in data.rglob("*") if p.is_file()):
        content = path.read_bytes()
        texts = [path.name, content.decode("latin-1")]
        if path.suffix == ".parquet":
            texts += [repr(pq.read_table(path).to_pylist()), repr(pq.read_metadata(path).metadata)]
        text = "\n".join(texts).lower()
        found |= {s for s in SPELLINGS if re.search(rf"(?<![0-9a-z]){re.escape(s)}(?![0-9])", text)}
        found |= {"packed"} if PACKED in content else set()
    return found


def test_no_byte_stays_and_the_graph_is_one_without_them(data: Path, tmp_path: Path) -> None:
    assert traces(data) >= {V4, V6, NAME, INSIDE, SPELLINGS[4], SPELLINGS[6], SPELLINGS[7]}
    before = level(data)
    cleared = forget_hosts(data, map(parse_asset, FORGOTTEN))
    assert cleared.hosts == {V4, V6, NAME, INSIDE, "198.51.100.200"}
    assert (cleared.observations, cleared.rejected, cleared.exclusions) == (7, 9, 2)
    scans = {scan.file_name: scan for scan in cleared.scans}
    changed = {
        name: sum(record not in scan for record in without(scan))
        for name, scan in (("forgotten.ndjson", first_scan()), ("b.ndjson", second_scan()))
    }
    assert {name: (scan.observations, scan.renamed) for name, scan in scans.items()} == {
        "forgotten.ndjson": (4, changed["forgotten.ndjson"]),
        "b.ndjson": (3, changed["b.ndjson"]),
    }
    assert sum(scan.rejected for scan in cleared.scans) == 9
    assert sum(changed.values()) > 0
    assert all(scan.part.exists() for scan in cleared.scans)
    assert traces(data) == set()
    assert not (data / "graph" / "current").exists()
    expected = graph_of(tmp_path, without(first_scan()), without(second_scan()))
    assert level(data) == expected != before
    assert traces(data) == set()
    assert [(one.asset, one.reason) for one in exclusions_in_use(data).listed] == [("192.0.2.9", "as forgotten asked")]
    # The scans are still those, their counts are of what is left: read = accepted + rejected.
    facts = {f.file_name: f for f in Archive(data).scans()}
    first, second = facts["forgotten.ndjson"], facts["b.ndjson"]
    assert (first.records, first.accepted, first.rejected, first.forgotten) == (8, 7, 1, 4)
    assert (second.records, second.accepted, second.rejected, second.forgotten) == (4, 4, 0, 3)
    assert first.first_seen == first.last_seen
    (left,) = Archive(data).rejected()
    assert "of nobody" in left.raw
    # Once more changes nothing.
    assert forget_hosts(data, map(parse_asset, FORGOTTEN)) == Cleared()
    assert level(data) == expected


def test_they_do_not_come_back(data: Path, tmp_path: Path) -> None:
    forget_hosts(data, map(parse_asset, FORGOTTEN))
    expected = level(data)
    again = written(tmp_path, "b.ndjson", second_scan())
    (result,) = load(data, [again])
    assert result.status == "already loaded"
    third = [seen(V4, "new:1b"), seen("198.51.100.250", "new:1b"), seen("::ffff:203.0.113.77", port=80)]
    third += [seen("GPU-77.EXAMPLE.NET"), seen("203.0.113.7", port=0, note=V6), seen("203.0.113.7", port=0)]
    (result,) = load(data, [written(tmp_path, "third.ndjson", third)])
    assert (result.status, result.read, result.rejected, result.observations) == ("loaded", 5, 1, 0)
    assert result.note == "observations of forgotten hosts that were left out: 4"
    assert level(data) == expected
    assert traces(data) == set()
    # A scan that is forgotten and loaded anew comes without them, too.
    for part in Archive(data).parts():
        Archive(data).remove(part.stem)
    load(data, [again, written(tmp_path, "a.ndjson", [*first_scan(), *REJECTED])])
    assert level(data) == expected
    assert traces(data) == set()


def test_another_key_is_noticed(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forget_hosts(data, [parse_asset(V4)])
    key = (data / "key").read_bytes()
    (data / "key").unlink()
    again = written(tmp_path, "c.ndjson", [seen(V4)])
    for attempt in (lambda: load(data, [again]), lambda: level(data), lambda: forget_hosts(data, [parse_asset(V6)])):
        with pytest.raises(DataError, match=r"forgotten\.json: made with another key; give that one"):
            attempt()
    (tmp_path / "key").write_bytes(key)
    monkeypatch.setenv("COHABIT_KEY_FILE", str(tmp_path / "key"))
    assert load(data, [again])[0].note == "observations of forgotten hosts that were left out: 1"
    (data / "forgotten.json").write_text("{")
    with pytest.raises(DataError, match=r"forgotten\.json: damaged"):
        load(data, [again])


def test_what_cannot_be_forgotten(data: Path) -> None:
    for text in ("AS64496", "*.example.net"):
        with pytest.raises(DataError, match="by address, prefix or DNS name, not by network"):
            forget_hosts(data, map(parse_asset, [V4, text]))
    assert not (data / "forgotten.json").exists()


def test_damaged_files_are_named(data: Path) -> None:
    (rejected,) = (p for p in (data / "rejected").glob("*.ndjson") if p.stat().st_size > 100)
    whole = rejected.read_bytes()
    rejected.write_bytes(whole[:-20])
    with pytest.raises(DataError, match=r"\.ndjson: damaged .*; remove it and do this again"):
        forget_hosts(data, [parse_asset(V4)])
    rejected.write_bytes(whole)
    part = Archive(data).part(rejected.stem)
    content = bytearray(part.read_bytes())
    content[4:400] = bytes(396)
    part.write_bytes(content)
    with pytest.raises(DataError, match=r"\.parquet: not a readable part of the archive"):
        forget_hosts(data, [parse_asset(V4)])


def test_what_only_the_user_can_change_is_named(data: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(f'# as seen at {V4}\n[lines]\nmistral.names = ["house-wind"]\n')
    use_catalogue(data, own)
    assert still_named_in(data) == []
    forget_hosts(data, [parse_asset(V6)])
    assert still_named_in(data) == []
    forget_hosts(data, [parse_asset(V4)])
    assert still_named_in(data) == [data / "catalogue.toml"]


@pytest.mark.skipif(sys.platform == "win32", reason="no lock tells who reads a file there")
def test_a_graph_that_is_being_read_goes_with_the_next_sync(data: Path) -> None:
    (graph,) = (p for p in (data / "graph").glob("*.lbug") if not p.name.startswith("0123456789"))
    with SharedLock(graph.with_name(f"{graph.name}.lock")):
        forget_hosts(data, map(parse_asset, FORGOTTEN))
        level(data)
        assert graph.exists()
    digest = level(data)
    assert not graph.exists()
    assert level(data) == digest
    assert traces(data) == set()


@pytest.mark.skipif(sys.platform != "linux", reason="forks")
def test_killed_at_any_moment_it_converges(made: Path, tmp_path: Path) -> None:
    """`kill -9` at moments from the first to the last; then any run that writes finds the way."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.graph.killed_forgetting", str(made), str(tmp_path / "work"), "6", *FORGOTTEN],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    outcomes = [json.loads(line) for line in done.stdout.splitlines()]
    assert [o["killed"] for o in outcomes] == [False] + [True] * 6
    expected = graph_of(tmp_path, without(first_scan()), without(second_scan()))
    assert {o["digest"] for o in outcomes} == {expected}
    assert [o["left"] for o in outcomes] == [[]] * 7
    # Killed before the list was written nothing is forgotten, and the same command does it; later a sync alone does.
    assert {o["listed"] for o in outcomes} == {True, False}
