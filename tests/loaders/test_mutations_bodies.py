"""Answers that stand alone and tables, damaged in every way: accepted or rejected with a reason, and nothing else."""

from __future__ import annotations

import copy
import csv
import io
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohabit.errors import DataError
from cohabit.loaders.headings import HEADINGS
from cohabit.loaders.reading import expand
from cohabit.loaders.records import Observation, Rejected
from cohabit.loaders.registry import Unrecognised, open_reading

SAMPLES = Path(__file__).parent / "samples"
SAID: dict[str, Any] = {"host": ("192.0.2.7", 11434), "seen_at": 1_791_195_072}
OTHERS = (None, 7, -1.5, True, [], ["x"], {}, {"x": 1}, "", " ", "\x00\ud800", "x" * 1_000_000)
GOOD: dict[str, Any] = {"ip": "192.0.2.1", "port": 80, "models": "a:1", "time": "2026-10-05T10:11:12Z"}
ROW = GOOD | {key: "1" for key in HEADINGS if key not in ("address", "url", "port", "model", "seen_at")}


def read(file: Path, data: bytes, loader: str | None = None, **said: Any) -> int:
    """Read to the end and return the number of records; what comes out can be stored, and every rejection says why."""
    file.write_bytes(data)
    (source,) = expand([str(file)])
    with open_reading(source, loader=loader, **said) as reading:
        for item in reading:
            if isinstance(item, Rejected):
                assert item.reason
                assert len(item.raw) <= 2_000
            else:
                assert isinstance(item, Observation)
                texts = (item.host, item.software, item.version, item.country, item.org, item.as_name)
                assert all(len(text or "") <= 1_024 for text in texts)
            assert msgspec.json.encode(item)
        assert reading.read == reading.accepted + reading.rejected
        return reading.read


def mutated(value: Any) -> Iterator[Any]:
    """Yield copies of a JSON value with each of its parts replaced by something else in turn."""
    yield from OTHERS
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        for other in mutated(value[key]):
            changed = copy.copy(value)
            changed[key] = other
            yield changed


def test_an_answer_cut_at_every_byte(tmp_path: Path) -> None:
    data = (SAMPLES / "answers.json").read_bytes()
    for end in range(len(data.rstrip()) - 1, 0, -1):
        assert read(tmp_path / "cut", data[:end], "answers", **SAID) == 1


def test_every_field_of_an_answer_replaced(tmp_path: Path) -> None:
    answer = json.loads((SAMPLES / "answers.json").read_text())
    count = 0
    for number, changed in enumerate(mutated(answer)):
        text = json.dumps(changed)
        if len(text) > 1_000_000 and number % 7:
            continue
        assert read(tmp_path / "changed", text.encode(), "answers", **SAID) == 1
        count += 1
    assert count > 300


def test_a_table_cut_at_every_byte(tmp_path: Path) -> None:
    data = (SAMPLES / "table.csv").read_bytes()
    before = 0
    for end in range(data.index(b"\n"), len(data)):
        count = read(tmp_path / "cut", data[:end], "table")
        assert count >= before - 2  # a cell that breaks off takes the lines after its quote into it
        before = count
    assert before == 17
    for end in range(1, data.index(b"\n")):
        try:
            assert read(tmp_path / "cut", data[:end], "table") == 0
        except Unrecognised as error:
            assert "say which is which" in str(error)  # noqa: PT017


@pytest.mark.parametrize("name", ROW)
def test_every_cell_of_a_table_replaced(name: str, tmp_path: Path) -> None:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(ROW)
    odd = ("", " ", "null", "-1", "1e999", "9" * 5_000, "a,b", "\x00", "x" * 1_000_000, "[]", "[[", "{", "\udcff")
    for other in odd:
        writer.writerow([other if key == name else value for key, value in ROW.items()])
    assert read(tmp_path / "changed", out.getvalue().encode("utf-8", "surrogateescape"), "table") == len(odd)


@pytest.mark.parametrize(
    "column",
    [
        pa.array([0, 2**31 - 1], pa.date32()),
        pa.array([[0], [2**62]], pa.list_(pa.timestamp("ms"))),
        pa.array([[0], [1]], pa.list_(pa.timestamp("ms", "Nowhere/At-All"))),
    ],
)
def test_times_that_nobody_can_name_are_one_clear_line(column: pa.Array, tmp_path: Path) -> None:
    pq.write_table(pa.table({"ip": ["192.0.2.1"] * 2, "port": [80, 80], "models": column}), tmp_path / "x")
    with pytest.raises(DataError, match=r"a column of type .* cannot be read"):
        read(tmp_path / "changed", (tmp_path / "x").read_bytes(), **SAID)


@pytest.mark.parametrize("name", ROW)
def test_every_column_of_a_parquet_file_replaced(name: str, tmp_path: Path) -> None:
    others: list[pa.Array] = [
        pa.nulls(2),
        pa.array([True, False]),
        pa.array([-1, 2**63 - 1]),
        pa.array([float("nan"), float("-inf")]),
        pa.array([b"\xff\x00", b""]),
        pa.array([["x"], []]),
        pa.array([[["x"]], None]),
        pa.array([{"x": 1}, None]),
        pa.array([0, 2**62], pa.timestamp("ms")),
        pa.array([0, 1], pa.timestamp("us", "Nowhere/At-All")),
        pa.array([0, 1], pa.date32()),
        pa.array([0, 1], pa.time64("ns")),
        pa.array([0, 1], pa.duration("s")),
        pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int64())),
        pa.array(["x" * 1_000_000, ""]),
        pa.array(["a", "b"]).dictionary_encode(),
    ]
    for other in others:
        columns = {key: other if key == name else pa.array([value] * 2) for key, value in ROW.items()}
        pq.write_table(pa.table(columns), tmp_path / "x")
        assert read(tmp_path / "changed", (tmp_path / "x").read_bytes()) == 2


def test_every_value_of_a_database_replaced(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "x")
    connection.execute(f"CREATE TABLE t ({', '.join(ROW)})")
    values: list[dict[str, Any]] = []
    for other in (None, -1, 2**63 - 1, float("inf"), b"\xff", "", "\x00", "x" * 1_000_000):
        values += [{**ROW, name: other} for name in ROW]
    connection.executemany(f"INSERT INTO t VALUES ({', '.join(f':{name}' for name in ROW)})", values)
    connection.commit()
    connection.close()
    assert read(tmp_path / "changed", (tmp_path / "x").read_bytes()) == len(values)


CELLS = st.sampled_from(
    ["192.0.2.1", "80", "a:1", "[]", "['a']", '{"models":[]}', "2026-10-05", "null", "1.0", '"', "\n"]
)
LINES = st.lists(st.lists(CELLS | st.text(max_size=5), max_size=6), max_size=4)
NAMES = st.lists(
    st.sampled_from([names[0] for names in HEADINGS.values()]) | st.text(max_size=3), min_size=1, max_size=6
)


@given(NAMES, LINES, st.sampled_from([",", ";", "\t"]), st.booleans())
def test_whatever_the_cells_are(
    tmp_path_factory: pytest.TempPathFactory, header: list[str], lines: list[list[str]], mark: str, quoted: bool
) -> None:
    text = io.StringIO()
    if quoted:
        csv.writer(text, delimiter=mark).writerows([header, *lines])
    else:
        text.write("\n".join(mark.join(line) for line in [header, *lines]))
    data = text.getvalue().encode("utf-8", "surrogatepass")
    try:
        read(tmp_path_factory.getbasetemp() / "cells", data, "table", seen_at=1_791_195_072)
    except DataError as error:
        assert "\n" not in str(error)  # noqa: PT017
