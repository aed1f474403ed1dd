"""`load`: what it reads, how it counts, and that the same again changes nothing."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
from backports import zstd

from tests.cli.conftest import Done, Program, contents
from tests.cli.records import IPV4_HOST, IPV6_HOST, NAMED_HOST, REJECTED, ndjson, records, seen
from tests.parts import ROOT


def load(program: Program, *arguments: str, stdin: bytes = b"") -> list[dict[str, Any]]:
    done = program("load", "--format", "json", *arguments, stdin=stdin)
    assert done.code == 0, done.err
    rows: list[dict[str, Any]] = done.json
    return rows


def test_counts_and_status(load_result: tuple[Program, Done]) -> None:
    _, done = load_result
    (row,) = done.json
    assert row["file"] == "scan.ndjson"
    assert row["loader"] == "observations"
    assert row["status"] == "loaded"
    assert row["accepted"] == len(records())
    assert row["rejected"] == len(REJECTED)
    assert row["read"] == row["accepted"] + row["rejected"]
    assert row["partial"] == 1
    assert row["observations"] == len(records())
    assert row["hosts"] == len({r["ip"] for r in records()})
    assert row["seconds"] > 0
    assert row["error"] is None
    assert len(row["sha256"]) == 64


def test_the_same_file_again_changes_nothing(loaded_copy: Program) -> None:
    before = loaded_copy("info", "--format", "json").json
    (loaded_copy.folder / "under another name.txt").write_bytes(ndjson(records() + REJECTED))
    files = contents(loaded_copy.folder / "cohabit-data")
    (row,) = load(loaded_copy, "under another name.txt")
    assert row["status"] == "already loaded"
    assert (row["read"], row["accepted"], row["rejected"]) == (len(records()) + 2, len(records()), 2)
    assert loaded_copy("info", "--format", "json").json == before
    assert contents(loaded_copy.folder / "cohabit-data") == files


def test_every_way_to_name_and_pack_a_file(program: Program) -> None:
    scans = {f"{i}.x": ndjson([seen(f"198.51.100.{i}", "llama3")]) for i in range(1, 6)}
    folder = program.folder / "scans"
    (folder / "inner").mkdir(parents=True)
    (folder / "one.ndjson").write_bytes(scans["1.x"])
    (folder / "inner" / "two.ndjson.gz").write_bytes(gzip.compress(scans["2.x"]))
    (folder / "inner" / "notes.txt").write_text("not a scan\n")
    (program.folder / "three.zst").write_bytes(zstd.compress(scans["3.x"]))
    (program.folder / "glob-4.ndjson").write_bytes(scans["4.x"])
    rows = load(program, "scans", "three.zst", "glob-*.ndjson", "-", stdin=scans["5.x"])
    assert [(Path(r["file"]).name, r["status"]) for r in rows] == [
        ("notes.txt", "skipped"),
        ("two.ndjson.gz", "loaded"),
        ("one.ndjson", "loaded"),
        ("three.zst", "loaded"),
        ("glob-4.ndjson", "loaded"),
        ("-", "loaded"),
    ]
    assert program("info", "--format", "json").json["hosts"] == 5


def test_a_folder_of_answers_beside_other_files(program: Program) -> None:
    tags = b'{"models": [{"name": "llama3.2:3b", "modified_at": "2025-01-02T03:04:05Z", "size": 2019393189}]}'
    vllm = b'{"object": "list", "data": [{"id": "org/chat", "object": "model", "created": 1, "owned_by": "vllm"}]}'
    files = {
        "192.0.2.7_11434.json": tags,
        "192.0.2.8/api_tags.json": b'{"models": []}',
        "[2001:db8::9]_9000_v1_models.json": vllm,
        "192.0.2.10.txt": b"Ollama is running",
        "photo.jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00",
        # Not a table, for all its commas; and what is known is said once for all.
        "README.md": b"# Answers, as they came\n\nOne file for each host, as it answered, and more.\n",
        "scan.ndjson": ndjson([seen("192.0.2.11", "qwen2.5:7b", version=None)]),
    }
    for name, content in files.items():
        (program.folder / "answers" / name).parent.mkdir(parents=True, exist_ok=True)
        (program.folder / "answers" / name).write_bytes(content)
    with zipfile.ZipFile(program.folder / "answers" / "more.zip", "w") as archive:
        archive.writestr("192.0.2.12.json", tags.replace(b"llama3.2:3b", b"llama3"))
        archive.writestr("notes/todo.txt", "rescan")

    done = program("load", "answers", "--seen-at", "2025-02-20T12:28:00Z", "--show-addresses", "--format", "json")
    assert done.code == 0, done.err
    rows = {row["file"].removeprefix("answers/"): row for row in done.json}
    assert {name: row["status"] for name, row in rows.items()} == {
        **dict.fromkeys(files, "loaded"),
        "photo.jpg": "skipped",
        "README.md": "skipped",
        "more.zip/192.0.2.12.json": "loaded",
        "more.zip/notes/todo.txt": "skipped",
    }
    assert {row["loader"] for row in rows.values()} == {"answers", "observations", None}
    for name, row in rows.items():
        told = f"skipped: answers/{name}: this is " in done.err
        assert told == (row["status"] == "skipped")
    assert "README.md: this is text that begins with “# Answers, as they came”\n" in done.err
    assert done.err.count("answers, censys") == 1
    assert "6 records read, 0 rejected, 6 observations." in program("load", "answers").text
    assert program("info", "--format", "json").json["hosts"] == 6
    hosts = program("hosts", "--format", "json", "--show-addresses").json
    assert {row["host"]: (row["port"], row["software"], row["models"]) for row in hosts} == {
        "192.0.2.7": ([11434], ["ollama"], ["llama3.2:3b"]),
        "192.0.2.8": ([11434], [], []),
        "2001:db8::9": ([9000], ["vllm"], ["org/chat:latest"]),
        "192.0.2.10": ([11434], ["ollama"], []),
        "192.0.2.11": ([11434], [], ["qwen2.5:7b"]),
        "192.0.2.12": ([11434], ["ollama"], ["llama3:latest"]),
    }


def test_csv_of_shodan_says_what_it_leaves_out(program: Program) -> None:
    heading = "data,hostnames,ip,ip_str,port,timestamp,product,html"
    (program.folder / "bare.csv").write_text(f"{heading}\nx,,,192.0.2.7,11434,2025-02-20T12:28:00,Ollama,\n")
    done = program("load", "bare.csv")
    assert done.code == 0
    note = "no model list was seen, as Shodan's CSV leaves the answers out; load the download itself (.json.gz) instead"
    assert f"bare.csv: {note}" in done.text
    assert note not in program("load", "bare.csv").text  # already loaded

    full = '{""models"":[{""name"":""llama3:latest"",""modified_at"":""2025-01-01T00:00:00Z""}]}'
    (program.folder / "full.csv").write_text(f'{heading}\nx,,,192.0.2.8,80,2025-02-20T12:28:00,,"{full}"\n')
    assert note not in program("load", "full.csv").text


def test_section_and_answer_of_one_moment_are_one_observation(program: Program) -> None:
    model = {"name": "llama3.2:3b", "digest": "ab" * 32, "details": {"family": "llama", "quantization_level": "Q4_K_M"}}
    endpoint = {
        "http": {"uri": "http://192.0.2.7:11434/api/tags", "body": json.dumps({"models": [model]})},
        "ollama": {"version": "0.12.6", "models": [{"name": "llama3.2:3b", "family": "llama"}]},
    }
    service = {"port": 11434, "scan_time": "2025-02-20T12:28:00Z", "endpoints": [endpoint]}
    (program.folder / "host.json").write_text(json.dumps({"ip": "192.0.2.7", "services": [service]}))
    load(program, "host.json")
    assert program("info", "--format", "json").json["observations"] == 1
    (row,) = program("hosts", "--format", "json", "--show-addresses").json
    assert (row["models"], row["version"]) == (["llama3.2:3b"], ["0.12.6"])
    (row,) = program("hosts", "--digest", "ab" * 32, "--format", "json", "--show-addresses").json
    assert row["host"] == "192.0.2.7"


def test_a_table_of_ones_own(program: Program) -> None:
    (program.folder / "own.csv").write_text("box,n,llm,cc\n192.0.2.7,80,llama3;qwen2.5:7b,DE\n192.0.2.8,81,llama3,FR\n")
    done = program("load", "own.csv", "--seen-at", "2025-02-20T12:28:00Z")
    assert done.code == 1
    told = "cohabit: own.csv: this is a table; its columns are box, n, llm, cc; say which is which: --columns address="
    assert done.err.startswith(told)
    assert done.err.count("\n") == 1

    (program.folder / "own.toml").write_text('address = "box"\nport = "n"\nmodel = "llm"\ncountry_code = "cc"\n')
    said = ("--seen-at", "2025-02-20T12:28:00Z", "--columns", "own.toml")
    (row,) = load(program, "own.csv", *said)
    assert (row["loader"], row["accepted"], row["hosts"]) == ("table", 2, 2)
    found = {row["host"]: row for row in program("hosts", "--format", "json", "--show-addresses").json}
    assert found["192.0.2.7"]["models"] == ["llama3:latest", "qwen2.5:7b"]
    assert (found["192.0.2.8"]["port"], found["192.0.2.8"]["country"]) == ([81], "FR")

    (program.folder / "order.toml").write_text('order = ["address", "port", "model", "-"]\n')
    (program.folder / "bare.csv").write_text("192.0.2.9,82,llama3,x\n")
    (row,) = load(program, "bare.csv", *said[:-1], "order.toml")
    assert (row["accepted"], row["rejected"]) == (1, 0)
    (row,) = load(program, "own.csv", *said[:-1], "address=box,port=n,model=llm")
    assert row["status"] == "already loaded"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "the file cannot be read: No such file or directory"),
        (b"address = ", "not valid TOML: "),
        (b"\xff", "not valid TOML: "),
        (b"", 'write lines KEY = "COLUMN", or order = ["NAME", "NAME"] alone'),
        (b"address = 5", "write lines KEY"),
        (b"[table]\naddress = 'ip'", "write lines KEY"),
        (b"order = []", "write lines KEY"),
        (b"order = ['a', 5]", "write lines KEY"),
        (b"order = ['a']\nport = 'b'", "write lines KEY"),
    ],
)
def test_a_file_of_columns_that_is_none(program: Program, content: bytes | None, says: str) -> None:
    if content is not None:
        (program.folder / "map.toml").write_bytes(content)
    (program.folder / "scan.ndjson").write_bytes(ndjson(records()))
    done = program("load", "scan.ndjson", "--columns", "map.toml")
    assert done.code == 2
    assert done.err.startswith(f"cohabit: --columns map.toml: {says}")
    assert done.err.count("\n") == 1
    assert not (program.folder / "cohabit-data").exists()


def test_rejected_lists_line_reason_and_raw_with_addresses_masked(loaded: Program) -> None:
    done = loaded("rejected", "--format", "json")
    rows = done.json
    assert [(r["file"], r["line"]) for r in rows] == [
        ("scan.ndjson", len(records()) + 1),
        ("scan.ndjson", len(records()) + 2),
    ]
    assert "70000 is not between 1 and 65535" in rows[0]["reason"]
    assert "timestamp" in rows[1]["reason"]
    for hidden in (IPV4_HOST, IPV6_HOST, NAMED_HOST, "192.0.2.40"):
        assert hidden not in done.text
    assert rows[0]["raw"].count("host-") == 3
    shown = loaded("rejected", "--format", "json", "--show-addresses").json
    assert f"see {NAMED_HOST} and {IPV4_HOST}" in shown[0]["raw"]


def test_options_fill_what_records_do_not_say(program: Program) -> None:
    (program.folder / "bare.ndjson").write_bytes(ndjson([{"port": 11434, "models": ["llama3"]}]))
    said = ("--loader", "observations", "--host", "[2001:db8::9]:80", "--seen-at", "2025-04-01T10:00:00Z")
    (row,) = load(program, "bare.ndjson", *said)
    assert (row["accepted"], row["rejected"]) == (1, 0)
    found = program("host", "2001:DB8::9", "--format", "json", "--show-addresses").json
    assert (found["host"], found["port"], found["last_seen"]) == ("2001:db8::9", [11434], "2025-04-01T10:00:00Z")


def test_an_empty_list_is_loaded_with_a_warning(program: Program) -> None:
    (program.folder / "empty.json").write_text("[]")
    done = program("load", "empty.json", "--format", "json")
    assert (done.code, done.json[0]["status"], done.json[0]["read"]) == (0, "loaded", 0)
    assert "empty.json: loaded, but it holds no records" in done.err


def test_no_sync_and_sync_and_forget(loaded_copy: Program) -> None:
    (loaded_copy.folder / "more.ndjson").write_bytes(ndjson([seen("203.0.113.9", "llama3")]))
    hosts = loaded_copy("info", "--format", "json").json["hosts"]
    load(loaded_copy, "more.ndjson", "--no-sync")
    assert loaded_copy("info", "--format", "json").json["hosts"] == hosts
    assert loaded_copy("sync").code == 0
    assert loaded_copy("info", "--format", "json").json["hosts"] == hosts + 1
    forgotten = loaded_copy("forget", "more.ndjson")
    assert forgotten.code == 0
    assert "forgot more.ndjson" in forgotten.text
    assert loaded_copy("info", "--format", "json").json["hosts"] == hosts
    # Of hosts it says where they can still be.
    (loaded_copy.folder / "asked.txt").write_text("203.0.113.9\n")
    done = loaded_copy("forget", "--hosts", "asked.txt", "--no-sync")
    said = "scan files exports maps reports bundles notices notified.json queries backups Neo4j"
    assert done.err.startswith("note: not searched")
    assert [word for word in said.split() if word not in done.err] == []
    assert loaded_copy("forget", "--hosts", "asked.txt", "--no-sync", "--quiet").err == ""


def test_forgetting_hosts_by_name_says_from_which_files(loaded_copy: Program) -> None:
    lines = [
        seen("203.0.113.9", "llama3"),
        seen("203.0.113.9", "llama3", timestamp="2025-03-05T00:00:00Z"),
        seen("gpu.example.net", "llama3"),
    ]
    more = ndjson([*lines, {"ip": "203.0.113.9"}, {"ip": "203.0.113.10"}])
    (loaded_copy.folder / "more.ndjson").write_bytes(more)
    load(loaded_copy, "more.ndjson", "--no-sync")
    part = f"archive/{hashlib.sha256(more).hexdigest()}.parquet"
    # A file of that name is no address.
    (loaded_copy.folder / "203.0.113.9").write_text("gpu.example.net\n")
    done = loaded_copy("forget", "--hosts", "203.0.113.9", "--no-sync", "--quiet")
    assert done.text.splitlines() == [
        "forgot 1 host: 2 observations, 1 rejected record, 0 exclusions removed; the graph too, until `cohabit sync` "
        "builds it again",
        f"more.ndjson ({part}): 2 observations, 1 rejected record",
    ]
    done = loaded_copy("forget", "--hosts", "gpu.example.net", "--hosts", "2001:db8:ffff::/48", "--no-sync", "--quiet")
    assert done.text.splitlines()[1:] == [f"more.ndjson ({part}): 1 observation"]
    again = loaded_copy("forget", "--hosts", "203.0.113.9", "--no-sync", "--quiet")
    assert again.text.startswith("forgot 0 hosts")
    assert len(again.text.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "binary"),
        ("other.ndjson", b'{"colour": "red"}\n', "one JSON object with"),
        ("empty.ndjson", b"", "the file is empty"),
        ("half.ndjson.gz", gzip.compress(ndjson(records()) * 50)[:300], "truncated"),
        ("nothing.ndjson", ndjson([REJECTED[0]]), "none of its 1 records can be used; the first, line 1:"),
    ],
)
def test_a_file_that_cannot_be_used(loaded_copy: Program, name: str, content: bytes, says: str) -> None:
    (loaded_copy.folder / name).write_bytes(content)
    before = contents(loaded_copy.folder / "cohabit-data")
    done = loaded_copy("load", name)
    assert done.code == 1
    assert done.out == b""
    assert done.err.count("\n") == 1
    assert done.err.startswith(f"cohabit: {name}: ")
    assert says in done.err
    assert IPV6_HOST not in done.err
    assert contents(loaded_copy.folder / "cohabit-data") == before


def test_good_files_stay_loaded_beside_a_bad_one(program: Program) -> None:
    (program.folder / "good.ndjson").write_bytes(ndjson(records()))
    (program.folder / "bad.ndjson").write_bytes(b"")
    done = program("load", "bad.ndjson", "good.ndjson", "--format", "json")
    assert done.code == 1
    assert [row["status"] for row in done.json] == ["failed", "loaded"]
    assert done.err == "cohabit: bad.ndjson: the file is empty\n"
    assert program("info", "--format", "json").json["scans"] == 1


def test_port_and_time_of_the_caller_for_a_list_of_addresses(program: Program) -> None:
    (program.folder / "found.txt").write_text("192.0.2.1\n2001:db8::2\n")
    done = program("load", "found.txt", "--format", "json")
    assert done.code == 1
    assert 'no port: "sport" is missing; --host :PORT gives it' in done.err
    (row,) = load(program, "found.txt", "--host", ":11434", "--seen-at", "2025-04-01T10:00:00Z")
    assert (row["loader"], row["accepted"], row["hosts"]) == ("zmap", 2, 2)
    hosts = program("hosts", "--show-addresses", "--format", "json").json
    assert sorted(h["host"] for h in hosts) == ["192.0.2.1", "2001:db8::2"]


def test_host_without_address_or_port_is_refused(program: Program) -> None:
    (program.folder / "found.txt").write_text("192.0.2.1\n")
    for wrong in (":0", ":", "", ":x"):
        done = program("load", "found.txt", "--host", wrong)
        assert (done.code, done.err.count("\n")) == (2, 1)
        assert "--host: " in done.err


def test_a_loader_from_outside_that_cannot_be_imported_is_one_line(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "site" / "acme-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.4\nName: acme\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[cohabit.loaders]\nacme = acme_not_there:LOADER\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    done = program("load", "--list")
    assert done.code == 1
    assert "the loader acme_not_there:LOADER of acme cannot be used: ModuleNotFoundError: " in done.err
    assert done.err.count("\n") == 1


SAMPLES = ROOT / "tests" / "loaders" / "samples"


def test_a_folder_of_every_format_and_what_is_none(program: Program) -> None:
    folder = program.folder / "exports"
    folder.mkdir()
    # What a file of rows without keys and an answer without an address need is said for each: see their own tests.
    samples = {f.stem: f for f in SAMPLES.iterdir() if not f.name.endswith(".expected.json")}
    for name, file in samples.items():
        if name not in ("fofa", "answers"):
            shutil.copy(file, folder / f"export-of-{name}")
    shutil.copy(samples["answers"], folder / "192.0.2.7_11434.json")
    (folder / "picture.jpg").write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)))
    (folder / "README.md").write_text("# Our scans\n\nKeep them private.\n")
    done = program("load", "exports", "--seen-at", "2026-03-01T00:00:00Z", "--format", "json", "--show-addresses")
    assert done.code == 0, done.err
    status = {Path(row["file"]).name: (row["loader"], row["status"]) for row in done.json}
    assert status.pop("picture.jpg") == status.pop("README.md") == (None, "skipped")
    assert status.pop("192.0.2.7_11434.json") == ("answers", "loaded")
    assert status == {f"export-of-{name}": (name, "loaded") for name in samples.keys() - {"fofa", "answers"}}
    assert "picture.jpg: this is binary data" in done.err
    assert "README.md: this is text that begins with “# Our scans”" in done.err
    summary = program("load", "exports").text.splitlines()[0]
    read, rejected = (sum(row[key] for row in done.json) for key in ("read", "rejected"))
    assert summary.startswith(f"{read} records read, {rejected} rejected, ")
    assert all(row["read"] == row["accepted"] + row["rejected"] for row in done.json)
