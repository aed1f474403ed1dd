"""One population in several formats is one graph: a new format is one more row of `FORMS`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cohabit.graph.archive import Archive
from cohabit.graph.projection import project
from cohabit.graph.sync import LoadOptions, load
from cohabit.graph.tables import GraphTables
from cohabit.loaders.catalogue import Catalogue
from cohabit.loaders.values import second

Seen = dict[str, Any]  # one answer: host, port, time, network, and `entries` as /api/tags has them
NETWORK = ("asn", "as_name")
MODELS = (
    ("llama3.2:3b", "llama", "3.2B", "Q4_K_M", 2_019_393_189),
    ("qwen2.5-coder:7b", "qwen2", "7.6B", "Q4_K_M", 4_683_087_561),
    ("deepseek-r1:14b", "qwen2", "14.8B", "Q4_K_M", 8_988_112_040),
    ("hf.co/example-org/Demo-GGUF:Q8_0", "gemma2", "9.2B", "Q8_0", 9_827_148_896),
    ("nomic-embed-text:latest", "nomic-bert", "137M", "F16", 274_302_450),
)


def population() -> list[Seen]:
    """Thirty hosts in three networks, seen in two weeks, with one to four models each."""
    answers = []
    for number in range(60):
        host = number % 30
        entries = [
            {
                "name": name,
                "model": name,
                "modified_at": "2026-01-02T03:04:05Z",
                "size": size,
                "digest": f"{index + 1:064x}",
                "details": {"family": family, "parameter_size": size_text, "quantization_level": level},
            }
            for index, (name, family, size_text, level, size) in enumerate(MODELS)
            if (host + index * (number // 30 + 1)) % 3 == 0 or index == host % len(MODELS)
        ]
        answers.append(
            {
                "ip": f"192.0.2.{host + 1}" if host % 7 else f"2001:db8::{host + 1:x}",
                "port": 11434 if host % 4 else 8080,
                "timestamp": f"2026-10-{5 + number // 30 * 7:02d}T10:11:{host:02d}Z",
                "asn": 64500 + host % 3,
                "as_name": f"EXAMPLE-{host % 3}",
                "entries": entries,
            }
        )
    return answers


def address(seen: Seen) -> str:
    return f"[{seen['ip']}]:{seen['port']}" if ":" in seen["ip"] else f"{seen['ip']}:{seen['port']}"


def body(seen: Seen) -> str:
    return json.dumps({"models": seen["entries"]})


def http(seen: Seen) -> str:
    return f"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n\r\n{body(seen)}"


def ndjson(records: Iterable[object]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def observations(answers: list[Seen], carried: tuple[str, ...], names_only: bool) -> bytes:
    """Write the population in cohabit's own format, with no more than another format carries."""
    keys = ("ip", "port", "timestamp", *carried)
    models = [[entry["name"] for entry in seen["entries"]] if names_only else seen["entries"] for seen in answers]
    return ndjson(
        {**{key: seen[key] for key in keys}, "models": listed, "software": "ollama"}
        for seen, listed in zip(answers, models, strict=True)
    )


def zgrab2(seen: Seen) -> Seen:
    request = {"url": {"scheme": "http", "host": address(seen), "path": "/api/tags"}}
    response = {"status_code": 200, "body": body(seen), "request": request}
    scan = {"status": "success", "protocol": "http", "port": seen["port"], "timestamp": seen["timestamp"]}
    return {"ip": seen["ip"], "data": {"http": {**scan, "result": {"response": response}}}}


def httpx(seen: Seen) -> Seen:
    url = f"http://{address(seen)}/api/tags"
    said = {"url": url, "input": address(seen), "host": seen["ip"], "port": str(seen["port"]), "path": "/api/tags"}
    network = {"as_number": f"AS{seen['asn']}", "as_name": seen["as_name"], "as_country": "NL"}
    return {**said, "timestamp": seen["timestamp"], "asn": network, "status_code": 200, "body": body(seen)}


def nuclei(seen: Seen) -> Seen:
    where = {"ip": seen["ip"], "port": str(seen["port"]), "matched-at": f"http://{address(seen)}/api/tags"}
    return {"template-id": "demo", **where, "timestamp": seen["timestamp"], "response": http(seen)}


def masscan(seen: Seen) -> Seen:
    port = {"port": seen["port"], "proto": "tcp", "service": {"name": "http", "banner": http(seen)}}
    return {"ip": seen["ip"], "timestamp": str(second(seen["timestamp"], 2**40)), "ports": [port]}


def nmap(answers: list[Seen]) -> bytes:
    """Write XML with the script that lists models; it has their names and nothing else of them."""
    hosts = (
        f'<host endtime="{second(seen["timestamp"], 2**40)}"><address addr="{seen["ip"]}" '
        f'addrtype="ipv{6 if ":" in seen["ip"] else 4}"/><ports><port protocol="tcp" portid="{seen["port"]}">'
        f'<state state="open"/><service name="llm-api" product="Ollama" method="probed"/><script id="llm-info">'
        f'<elem key="framework">Ollama</elem><table key="models ({len(seen["entries"])})">'
        + "".join(f"<elem>{entry['name']}</elem>" for entry in seen["entries"])
        + "</table></script></port></ports></host>"
        for seen in answers
    )
    return f"<?xml version='1.0'?>\n<nmaprun scanner='nmap'>{''.join(hosts)}</nmaprun>".encode()


def csv_rows(answers: list[Seen]) -> bytes:
    """Write a table with one model a row: what is together at one second is one answer again."""
    heads = ("ip", "port", "last_seen", "asn", "as_name", "software", "model", "digest", "size")
    details = ("family", "parameter_size", "quantization_level")
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow([*heads, *details])
    for seen in answers:
        where = [seen[key] for key in ("ip", "port", "timestamp", *NETWORK)]
        for entry in seen["entries"] or [{"name": "[]", "details": {}}]:
            said = [entry.get(key, "") for key in ("name", "digest", "size")]
            rows.writerow([*where, "ollama", *said, *(entry["details"].get(key, "") for key in details)])
    return out.getvalue().encode()


def parquet(answers: list[Seen]) -> bytes:
    """Write a table with one answer a row, its models as a list of structs."""
    columns = {key: [seen[key] for seen in answers] for key in ("ip", "port", *NETWORK)}
    times = pa.array([second(seen["timestamp"], 2**40) for seen in answers]).cast(pa.timestamp("s", "UTC"))
    table = pa.table({**columns, "time": times, "models": [seen["entries"] for seen in answers]})
    out = io.BytesIO()
    pq.write_table(table.append_column("software", pa.array(["ollama"] * len(answers))), out)
    return out.getvalue()


@dataclass(frozen=True)
class Form:
    """A format: the loader that reads it, how the population is written in it, and what of it the format carries."""

    loader: str
    write: Callable[[list[Seen]], bytes]
    carried: tuple[str, ...] = ()
    names_only: bool = False


def lines(record: Callable[[Seen], Seen]) -> Callable[[list[Seen]], bytes]:
    return lambda answers: ndjson(map(record, answers))


FORMS = [
    Form("zgrab2", lines(zgrab2)),
    Form("httpx", lines(httpx), NETWORK),
    Form("nuclei", lambda answers: json.dumps(list(map(nuclei, answers)), indent=1).encode()),
    Form("masscan", lines(masscan)),
    Form("nmap", nmap, names_only=True),
    Form("table", csv_rows, NETWORK),
    Form("table", parquet, NETWORK),
]


def graph(folder: Path, **files: bytes) -> tuple[GraphTables, list[str | None]]:
    """Load files into an archive of their own; the graph, and which loaders read them."""
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    results = load(folder / "data", [str(folder / name) for name in files], LoadOptions())
    assert [(result.status, result.rejected, result.partial) for result in results] == [("loaded", 0, 0)] * len(files)
    return project(Archive(folder / "data"), Catalogue.load()), [result.loader for result in results]


@pytest.mark.parametrize("form", FORMS, ids=[form.loader for form in FORMS])
def test_another_format_gives_the_same_graph(form: Form, tmp_path: Path) -> None:
    answers = population()
    own, _ = graph(tmp_path / "own", own=observations(answers, form.carried, form.names_only))
    other, loaders = graph(tmp_path / "other", other=form.write(answers))
    assert loaders == [form.loader]
    assert own.nodes["Host"].num_rows == 30
    assert own.relationships["DEPLOYS"].num_rows > 60
    for label, table in own.nodes.items():
        assert other.nodes[label].num_rows == table.num_rows or label == "Scan"
    assert other.digest() == own.digest()
    # The digest is of what was loaded, not of anything: one model less is another graph.
    fewer, _ = graph(tmp_path / "fewer", fewer=form.write([{**answers[0], "entries": []}, *answers[1:]]))
    assert fewer.digest() != own.digest()


def test_formats_mixed_in_one_archive_give_the_same_graph(tmp_path: Path) -> None:
    answers = population()
    forms = [form for form in FORMS if not form.names_only and not form.carried]
    assert len(forms) > 1
    own, _ = graph(tmp_path / "own", own=observations(answers, (), False))
    parts = {form.loader: form.write(answers[start :: len(forms)]) for start, form in enumerate(forms)}
    mixed, loaders = graph(tmp_path / "mixed", **parts)
    assert loaders == [form.loader for form in forms]
    assert mixed.digest() == own.digest()
    # An answer that two files have counts once.
    twice, _ = graph(tmp_path / "twice", **parts, again=observations(answers[:20], (), False))
    assert twice.digest() == own.digest()
