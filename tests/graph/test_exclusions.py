"""Exclusions: the list in the data folder, and what projection makes of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import cohabit
from cohabit.commands import archive_hosts
from cohabit.errors import DataError, UsageError
from cohabit.graph.archive import Archive
from cohabit.graph.assets import parse_asset
from cohabit.graph.exclusions import Exclusions, exclude, exclusions_in_use, include
from cohabit.graph.locks import write_lock
from cohabit.graph.projection import project
from cohabit.graph.sync import load
from cohabit.loaders.catalogue import Catalogue
from cohabit.privacy import Masker
from cohabit.queries import exclusions as question
from cohabit.queries.scope import Scope

MASKER = Masker(b"k" * 32, names=lambda: ["gpu.example.net"])


def seen(ip: str, time: str, model: str, asn: int, family: str | None = None) -> dict[str, Any]:
    listed = {"name": model, "details": {"family": family}}
    return {"ip": ip, "port": 1, "timestamp": f"2025-0{time}T12:00:00Z", "asn": asn, "models": [listed]}


# The first host is in network 64496 by its newest record; it alone makes `odd` a llama.
RECORDS = [
    seen("192.0.2.1", "1-05", "odd:1b", 64497, "llama"),
    seen("192.0.2.1", "2-05", "llama3:8b", 64496),
    seen("192.0.2.2", "1-05", "llama3:8b", 64497),
    seen("192.0.2.2", "2-05", "odd:1b", 64497),
    seen("192.0.2.3", "2-05", "odd:1b", 64496, "qwen2"),
    seen("gpu.example.net", "2-05", "mistral:7b", 64498),
]


def archive(folder: Path, records: list[dict[str, Any]]) -> Archive:
    folder.mkdir(exist_ok=True)
    scan = folder / "scan.ndjson"
    scan.write_text("".join(json.dumps(record) + "\n" for record in records))
    assert [r.error for r in load(folder / "data", [str(scan)])] == [None]
    return Archive(folder / "data")


@pytest.mark.parametrize(
    ("listed", "out"),
    [
        (["AS64496"], {"192.0.2.1", "192.0.2.3"}),
        (["AS64497"], {"192.0.2.2"}),
        (["192.0.2.0/31", "GPU.example.net"], {"192.0.2.1", "gpu.example.net"}),
        (["2001:db8::/32", "example.net"], set()),
    ],
)
def test_a_graph_as_if_no_scan_had_seen_them(tmp_path: Path, listed: list[str], out: set[str]) -> None:
    made = archive(tmp_path / "all", RECORDS)
    exclude(made.data, map(parse_asset, listed), "because")
    tables = project(made, Catalogue.load(), exclusions=exclusions_in_use(made.data))
    other = archive(tmp_path / "some", [record for record in RECORDS if record["ip"] not in out])
    assert tables.digest() == project(other, Catalogue.load()).digest()
    assert tables.excluded == len(out)


def test_everybody(tmp_path: Path) -> None:
    made = archive(tmp_path, RECORDS)
    exclude(made.data, map(parse_asset, ["0.0.0.0/0", "*.net"]), "all of them")
    tables = project(made, Catalogue.load(), exclusions=exclusions_in_use(made.data))
    assert tables.digest() == project(Archive(tmp_path / "empty"), Catalogue.load()).digest()
    assert tables.excluded == 4
    assert tables.nodes["Scan"].num_rows == 1


def test_the_list(tmp_path: Path) -> None:
    assert exclusions_in_use(tmp_path) == Exclusions()
    assert exclusions_in_use(tmp_path).digest == ""
    assert exclude(tmp_path, map(parse_asset, ["::ffff:192.0.2.0/120", "64496"]), "one") == 2
    one = exclusions_in_use(tmp_path)
    assert exclude(tmp_path, map(parse_asset, ["AS64496", "gpu.example.net"]), "two") == 1
    two = exclusions_in_use(tmp_path)
    assert [(x.asset, x.reason) for x in two.listed] == [
        ("192.0.2.0/24", "one"),
        ("AS64496", "two"),
        ("gpu.example.net", "two"),
    ]
    include(tmp_path, ["gpu.example.net"])
    # What a graph depends on is what is excluded, not why.
    assert exclusions_in_use(tmp_path).digest == one.digest != two.digest
    (tmp_path / "exclusions.json").write_text('[{"asset": "192.0.2.7/24", "reason": "", "added": ""}]')
    with pytest.raises(DataError, match=r"exclusions\.json: damaged \(has bits behind.*; put it right"):
        exclusions_in_use(tmp_path)
    include_all = tmp_path / "exclusions.json"
    include_all.write_text("{")
    with pytest.raises(DataError, match=r"exclusions\.json: damaged"):
        exclude(tmp_path, [64497], "three")
    assert include_all.read_text() == "{"


def test_another_writer_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cohabit.graph.exclusions.write_lock", lambda data: write_lock(data, 0.01))
    with write_lock(tmp_path), pytest.raises(DataError, match="another cohabit is writing there"):
        exclude(tmp_path, [64496], "x")
    assert exclusions_in_use(tmp_path) == Exclusions()


def test_what_is_shown_of_them(tmp_path: Path) -> None:
    listed = ["192.0.2.0/24", "192.0.2.7", "*.example.net", "gpu.example.net", "AS64496"]
    exclude(tmp_path, map(parse_asset, listed), "at 192.0.2.7, by gpu.example.net")
    rows = question.exclusions(exclusions_in_use(tmp_path), MASKER).rows
    host, name = MASKER.pseudonym("192.0.2.7"), MASKER.pseudonym("gpu.example.net")
    assert [row["excluded"] for row in rows] == [
        f"{MASKER.pseudonym('192.0.2.0')}/24",
        host,
        f"*.{MASKER.pseudonym('example.net')}",
        name,
        "AS64496",
    ]
    assert {row["reason"] for row in rows} == {f"at {host}, by {name}"}
    shown = question.exclusions(exclusions_in_use(tmp_path), Masker(b"k" * 32, show=True)).rows
    assert [row["excluded"] for row in shown] == listed


def test_files_and_pseudonyms_are_looked_up_in_one_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = archive(tmp_path / "all", RECORDS).folder.parent
    masker = archive_hosts.masker_of(data, show=False)
    passes = []
    hosts = archive_hosts.hosts_of_archive
    monkeypatch.setattr(archive_hosts, "hosts_of_archive", lambda *arguments: passes.append(1) or hosts(*arguments))
    own = tmp_path / "own.txt"
    own.write_text(f"{masker.pseudonym('192.0.2.2')}  # theirs\nAS64496\n{masker.pseudonym('192.0.2.1')}\n")
    names = (str(own), "example.net", masker.pseudonym("gpu.example.net"), "2001:db8::/32")
    said = cohabit.exclude(*names, reason="x", data=data, no_sync=True)
    assert said.startswith("6 excluded;")
    listed = ["192.0.2.2", "AS64496", "192.0.2.1", "example.net", "gpu.example.net", "2001:db8::/32"]
    assert [one.asset for one in exclusions_in_use(data).listed] == listed
    assert len(passes) == 1
    for name, problem in (
        ("own.txt", "'own.txt': there is no such file$"),
        (str(tmp_path / "x"), "x': there is no such file, and it is not an address or a prefix"),
    ):
        with pytest.raises(UsageError, match=problem):
            cohabit.exclude(name, reason="x", data=data, no_sync=True)
    gone = (masker.pseudonym("192.0.2.2"), "AS64496", "example.net")
    assert cohabit.include(*gone, data=data, no_sync=True).startswith("3 exclusions removed")
    assert [one.asset for one in exclusions_in_use(data).listed] == ["192.0.2.1", "gpu.example.net", "2001:db8::/32"]


def test_a_caption_does_not_name_the_file() -> None:
    scope = Scope(in_file=("of-192.0.2.7.csv",), not_in_file=("x",), prefix=("192.0.2.0/24",), country=("DE",))
    hidden = ("--prefix (not shown)", "--in (not shown)", "--not-in (not shown)")
    assert scope.description() == ("--country DE", *hidden)
