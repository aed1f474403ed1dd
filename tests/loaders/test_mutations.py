"""The samples of all formats, damaged in every way: accepted or rejected with a reason, and nothing else."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cohabit.errors import DataError
from cohabit.loaders.carrier import Columns
from cohabit.loaders.reading import expand
from cohabit.loaders.records import Observation, Rejected
from cohabit.loaders.registry import open_reading

SAMPLES = Path(__file__).parent / "samples"
LINES = ["censys.ndjson", "httpx.ndjson", "leakix.ndjson", "masscan.json", "nuclei.json", "observations.ndjson"]
LINES += ["shodan.ndjson", "uncover.ndjson", "zgrab2.ndjson"]
# One object that holds many records, or is one by itself.
DOCUMENTS = ["answers.json", "fofa.json", "hunter.json", "zoomeye.json"]
ARRAYS = ["ollama-hunter.json", "server-list.json"]
TABLES = ["censys-flat.csv", "shodan-csv.csv", "terminalai.csv", "zmap.csv"]
FILES = [*LINES, *DOCUMENTS, *ARRAYS, *TABLES, "nmap.xml"]
# What these do not say themselves; without it the whole file is refused.
TOLD: dict[str, dict[str, Any]] = {
    "answers": {"host": ("192.0.2.1", 80)},
    "fofa": {"columns": Columns(order=("host", "ip", "port"))},
}
OTHERS = (None, 7, -1.5, True, [], ["x"], {}, {"x": 1}, "", " ", "\x00\ud800", "x" * 1_000_000)


def read(file: Path, data: bytes, loader: str | None) -> int:
    """Read to the end and return the number of records; what comes out can be stored, and every rejection says why."""
    file.write_bytes(data)
    (source,) = expand([str(file)])
    with open_reading(source, loader=loader, **TOLD.get(loader or "", {})) as reading:
        for item in reading:
            if isinstance(item, Rejected):
                assert item.reason
                assert len(item.raw) <= 2_000
            else:
                assert isinstance(item, Observation)
                assert all(len(text) <= 1_024 for text in (item.host, item.software or "", item.version or ""))
            assert msgspec.json.encode(item)
        assert reading.read == reading.accepted + reading.rejected
        return reading.read


def test_every_sample_is_here():
    # Tables have damage of their own kind: see their own tests.
    assert {*FILES, "table.csv"} == {
        file.name for file in SAMPLES.iterdir() if not file.name.endswith(".expected.json")
    }


@pytest.mark.parametrize("name", FILES)
def test_cut_at_every_byte(name, tmp_path):
    data, loader = (SAMPLES / name).read_bytes(), name.partition(".")[0]
    before = 0
    if name in DOCUMENTS:  # records that are wrapped show only when their page is whole
        for end in range(1, len(data.rstrip()), 3):
            assert read(tmp_path / "cut", data[:end], loader) == 1
        return
    # A header that breaks off has other columns, a mark of the end that breaks off looks like a record.
    start = data.index(b"\n") if name.endswith(".csv") else 1
    for end in range(start, data.find(b"{finished") if b"{finished" in data else len(data)):
        try:
            count = read(tmp_path / "cut", data[:end], loader)
        except DataError as error:
            # An array that breaks off and XML without a root are damage to the file, not to a record.
            assert "breaks off" in str(error)  # noqa: PT017
            continue
        assert count >= before
        before = count


@pytest.mark.parametrize("name", FILES)
def test_a_beginning_is_recognised_or_refused(name, tmp_path):
    data = (SAMPLES / name).read_bytes()
    recognised = 0
    for end in range(1, min(len(data), 3_000), 7):
        try:
            read(tmp_path / "cut", data[:end], None)
        except DataError as error:
            assert "\n" not in str(error)  # noqa: PT017
        else:
            recognised += 1
    assert recognised or data.startswith(b"[")


def mutated(value: Any) -> Iterator[Any]:
    """Yield copies of a JSON value with each of its parts replaced by something else in turn."""
    yield from OTHERS
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        for other in mutated(value[key]):
            changed = copy.copy(value)
            changed[key] = other
            yield changed


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_field_of_a_page_replaced(name, tmp_path):
    page = json.loads((SAMPLES / name).read_text())
    changed = [json.dumps(one) for one in mutated(page)]
    assert len(changed) > 50
    # Two at a time: a page that stands alone is read another way than one of many lines.
    read(tmp_path / "changed", "\n".join(one for one in changed if len(one) < 100_000).encode(), name.partition(".")[0])
    for one in changed[::7]:
        read(tmp_path / "changed", one.encode(), name.partition(".")[0])


@pytest.mark.parametrize("name", [*LINES, *ARRAYS])
def test_every_field_replaced(name, tmp_path):
    text = (SAMPLES / name).read_text()
    records = json.loads(text) if name in ARRAYS else []
    for line in text.splitlines() if not records else ():
        try:
            record = json.loads(line.strip(" ,"))
        except ValueError:
            continue
        if isinstance(record, dict):
            records.append(record)
    for number, record in enumerate(records[:3]):
        changed = [json.dumps(one) for one in mutated(record)]
        # Megabytes apart from the rest, so that the others stay one quick file.
        short = [one for one in changed if len(one) < 100_000]
        assert len(short) > 50
        for part in (short, [one for one in changed if len(one) >= 100_000][:: 1 + number]):
            array = name.startswith("nuclei") or name in ARRAYS
            data = f"[{','.join(part)}]" if array else "\n".join(part)
            blank = part.count("[]") if name == "masscan.json" else 0  # no more than an array's brackets
            assert read(tmp_path / "changed", data.encode(), name.partition(".")[0]) == len(part) - blank


@pytest.mark.parametrize(("name", "column"), [("zmap", i) for i in range(7)] + [("terminalai", i) for i in range(21)])
def test_every_cell_replaced(name, column, tmp_path):
    header, row = (SAMPLES / f"{name}.csv").read_text().replace('"Paris, France"', "Paris").splitlines()[:2]
    rows = [header]
    for other in ("", " ", "null", "-1", "1e999", "9" * 5_000, '"a,b"', "\x00", "x" * 1_000_000, "[]", "\udcff"):
        cells = row.split(",")
        cells[column] = other
        rows.append(",".join(cells))
    data = "\n".join(rows).encode("utf-8", "surrogateescape")
    assert read(tmp_path / "changed", data, name) == len(rows) - 1


def test_every_attribute_replaced(tmp_path):
    import re

    text = (SAMPLES / "nmap.xml").read_text()
    complete = text[: text.rindex("</host>") + 7] + "</nmaprun>"
    values = list(re.finditer(r'="([^"]*)"', complete[complete.index("<nmaprun") :]))
    offset = complete.index("<nmaprun")
    hosts = complete.count("</host>")
    assert len(values) > 100
    for match in values:
        for other in ("", "-1", "9" * 5_000, "&#x10FFFF;", "x" * 100_000):
            start, end = (place + offset for place in match.span(1))
            assert read(tmp_path / "changed", (complete[:start] + other + complete[end:]).encode(), "nmap") == hosts
