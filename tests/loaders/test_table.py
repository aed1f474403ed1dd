"""Tables of any kind: which column is taken for what, what cells mean, and what is said where nobody can know."""

from __future__ import annotations

import datetime as dt
import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cohabit.errors import DataError, UsageError
from cohabit.loaders.carrier import Columns
from cohabit.loaders.headings import HEADINGS, guessed
from cohabit.loaders.reading import expand
from cohabit.loaders.records import ListedModel
from cohabit.loaders.registry import Unrecognised, open_reading
from tests.loaders.conftest import Outcome, ReadBytes

NOON = 1_791_195_072  # 2026-10-05T10:11:12Z
TIME = "2026-10-05T10:11:12Z"


def of(**columns: str) -> Columns:
    return Columns(of=columns)


def named(outcome: Outcome) -> list[tuple[str, int, list[str] | None]]:
    """Host, port and names of models of every observation; all were seen at noon."""
    assert {item.seen_at for item in outcome.observations} <= {NOON}
    return [
        (item.host, item.port, None if item.models is None else [model.name for model in item.models])
        for item in outcome.observations
    ]


def database(file: Path, *statements: str) -> bytes:
    file.unlink(missing_ok=True)
    connection = sqlite3.connect(file)
    connection.executescript(";".join(statements))
    connection.close()
    return file.read_bytes()


def parquet(file: Path, **columns: Any) -> bytes:
    pq.write_table(pa.table(columns), file)
    return file.read_bytes()


# Headings


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        (["ip", "port", "timestamp"], {"address": "ip", "port": "port", "seen_at": "timestamp"}),
        (["Host", "IP", "Models"], {"address": "IP", "model": "Models"}),
        (["llm", "Country Code", "country"], {"model": "llm", "country_code": "Country Code", "country": "country"}),
        (["URL", "model_name", "lastSeen"], {"url": "URL", "model": "model_name", "seen_at": "lastSeen"}),
        (["server", "name", "status"], {}),
        (["date", "scan_date", "last seen"], {"seen_at": "scan_date"}),
        (["ip", "IP"], {"address": "ip"}),
        ([], {}),
    ],
)
def test_usual_headings(columns: list[str], found: dict[str, str]) -> None:
    assert guessed(columns) == found


def test_no_heading_means_two_things_and_every_key_means_itself() -> None:
    headings = [heading for names in HEADINGS.values() for heading in names]
    assert len(headings) == len(set(headings))
    for key in HEADINGS:
        assert guessed([key]) == {key: key}


# CSV and TSV


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_separators_quotes_and_line_ends(mark: str, read_bytes: ReadBytes) -> None:
    rows = [["ip", "port", "models", "seen_at"], ["192.0.2.1", "80", '"a:1|b:1"', TIME], ["192.0.2.2", "81", "c", TIME]]
    data = "\r\n".join(mark.join(row) for row in rows).encode()
    assert named(read_bytes(b"\xef\xbb\xbf" + data)) == [("192.0.2.1", 80, ["a:1", "b:1"]), ("192.0.2.2", 81, ["c"])]


def test_lines_of_records_with_line_breaks_in_cells(read_bytes: ReadBytes) -> None:
    data = f'ip,port,models,time\n192.0.2.1,80,"a:1\nb:1\n",{TIME}\n\n192.0.2.2,x,c,{TIME}\n192.0.2.3,80,d,{TIME}\n'
    outcome = read_bytes(data.encode())
    assert named(outcome) == [("192.0.2.1", 80, ["a:1", "b:1"]), ("192.0.2.3", 80, ["d"])]
    assert [(item.line, item.reason) for item in outcome.items if item not in outcome.observations] == [  # type: ignore[union-attr]
        (6, 'port "x" is not a whole number')
    ]


@pytest.mark.parametrize(
    ("cell", "models"),
    [
        ("llama3.2:3b", ["llama3.2:3b"]),
        (" a ; b:2 ;; ", ["a", "b:2"]),
        ('["a", "b"]', ["a", "b"]),
        ("['a', 'b:1']", ["a", "b:1"]),
        ("['a' 'b']", ["a", "b"]),
        ("[]", []),
        ('[{"name": "a:1"}]', ["a:1"]),
        ('{"name": "a:1"}', ["a:1"]),
        ('{"models": []}', []),
        ('{"object": "list", "data": null}', []),
        ("", None),
        (" NULL ", None),
        ("NaN", None),
        ("\\N", None),
        (";", []),
    ],
)
def test_models_of_a_cell(cell: str, models: list[str] | None, read_bytes: ReadBytes) -> None:
    quoted = '"' + cell.replace('"', '""') + '"'
    outcome = read_bytes(f"ip,port,models,time\n192.0.2.1,80,{quoted},{TIME}\n".encode())
    assert named(outcome) == [("192.0.2.1", 80, models)]


@pytest.mark.parametrize("cell", ["[a, b]", "['a', b]", "[", "['a'", "{", "['a', 'b'] and more", "['a'x", "{'a'}"])
def test_models_that_nobody_can_read_reject_the_row(cell: str, read_bytes: ReadBytes) -> None:
    outcome = read_bytes(f'ip,port,models,time\n192.0.2.1,80,"{cell}",{TIME}\n'.encode())
    assert outcome.reasons == ["the models are neither names nor a list"]


@pytest.mark.parametrize(
    "cell", ["['" * 300_000, '["' * 300_000, "[" * 600_000, "['\"" * 200_000, "[" + "'\\" * 300_000]
)
def test_a_hostile_cell_costs_no_time(cell: str, read_bytes: ReadBytes) -> None:
    quoted = '"' + cell.replace('"', '""') + '"'
    assert read_bytes(f"ip,port,models,time\n192.0.2.1,80,{quoted},{TIME}\n".encode()).reasons


@pytest.mark.parametrize(
    ("address", "url", "port", "found"),
    [
        ("192.0.2.1", "", "80", ("192.0.2.1", 80)),
        ("192.0.2.1:81", "", "", ("192.0.2.1", 81)),
        ("192.0.2.1:81", "", "80", ("192.0.2.1", 80)),
        ("[2001:db8::1]:81", "", "", ("2001:db8::1", 81)),
        ("2001:db8::1", "", "81", ("2001:db8::1", 81)),
        ("http://192.0.2.1/v1", "", "", ("192.0.2.1", 80)),
        ("", "https://gpu.example.net", "", ("gpu.example.net", 443)),
        ("192.0.2.1", "https://gpu.example.net:8443/x", "", ("192.0.2.1", 8443)),
        (" 192.0.2.1 ", "", " 80 ", ("192.0.2.1", 80)),
        ("192.0.2.1", "", "80.0", ("192.0.2.1", 80)),
        ("192.0.2.1", "", "80.5", 'port "80.5" is not a whole number'),
        ("192.0.2.1:99999", "", "", 'port "99999" is not between 1 and 65535'),
        ("", "", "80", "no address: the cell is empty"),
        ("192.0.2.1", "", "", "no port: --host :PORT gives it"),
    ],
)
def test_host_and_port(address: str, url: str, port: str, found: tuple[str, int] | str, read_bytes: ReadBytes) -> None:
    outcome = read_bytes(f"ip,url,port,model,time\n{address},{url},{port},a,{TIME}\n".encode())
    assert (outcome.reasons or named(outcome)) == ([found] if isinstance(found, str) else [(*found, ["a"])])


def test_what_rows_do_not_say_comes_from_the_caller(read_bytes: ReadBytes) -> None:
    data = b"ip,model\n192.0.2.1,a\n192.0.2.2:80,b\n"
    outcome = read_bytes(data, seen_at=NOON, host=(None, 11434))
    assert named(outcome) == [("192.0.2.1", 11434, ["a"]), ("192.0.2.2", 80, ["b"])]
    assert read_bytes(data).reasons == ["no port: --host :PORT gives it", "no time: give --seen-at TIME"]
    outcome = read_bytes(b"model,size\na,1\n", loader="table", seen_at=NOON, host=("192.0.2.9", 80))
    assert named(outcome) == [("192.0.2.9", 80, ["a"])]


def test_details_of_one_model_are_no_mark_of_its_server(read_bytes: ReadBytes) -> None:
    head = "ip,port,time,model,digest,size,family,params,quant,format\n192.0.2.1,80," + TIME
    digest = "0f" * 32
    (one,) = read_bytes(f"{head},a:1,sha256:{digest},12.0,llama,8B,Q4_0,gguf\n".encode()).observations
    details = {"family": "llama", "parameter_size": "8B", "quantization": "Q4_0", "format": "gguf"}
    assert one.models == (ListedModel(name="a:1", digest=digest, size_bytes=12, **details),)  # type: ignore[arg-type]
    assert one.software is None
    (two,) = read_bytes(f"{head},a:1;b:1,{digest},5,llama,8B,Q4_0,gguf\n".encode()).observations
    assert two.models == (ListedModel(name="a:1"), ListedModel(name="b:1"))
    (three,) = read_bytes(f"{head},a:1,,4.7 GB,,,,\n".encode()).observations
    assert three.models == (ListedModel(name="a:1"),)


# The caller's word


def test_columns_that_the_caller_names(read_bytes: ReadBytes) -> None:
    data = f"box,llm_name,n,when,date\n192.0.2.1,a,80,{TIME},2026-01-01\n".encode()
    said = of(address="box", model="LLM_Name", port="n", time="when")
    outcome = read_bytes(data, columns=said)
    assert outcome.reading.loader == "table"
    assert named(outcome) == [("192.0.2.1", 80, ["a"])]
    # Nothing is guessed beside what he says: the date is not taken for the time.
    outcome = read_bytes(data, columns=of(address="box", model="llm_name", port="n"))
    assert outcome.reasons == ["no time: give --seen-at TIME"]
    # Without models it is a table of open ports.
    assert named(read_bytes(data, columns=of(ip="box", port="n", seen_at="when"))) == [("192.0.2.1", 80, None)]


@pytest.mark.parametrize("header", [b"", b"IP,whatever,Number,Models,When\n"])
def test_columns_in_order_with_and_without_a_header(header: bytes, read_bytes: ReadBytes) -> None:
    data = header + f"192.0.2.1,x,80,a,{TIME}\n".encode()
    outcome = read_bytes(data, columns=Columns(order=("address", "-", "port", "model", "seen_at")))
    assert named(outcome) == [("192.0.2.1", 80, ["a"])]
    assert outcome.items[0] in outcome.observations
    outcome = read_bytes(data, columns=Columns(order=("address", "-", "port", "-", "seen_at")))
    assert named(outcome) == [("192.0.2.1", 80, None)]


def test_a_column_without_a_heading_is_nobodys(read_bytes: ReadBytes) -> None:
    (item,) = read_bytes(f",ip,port,model,time\n7,192.0.2.1,80,a,{TIME}\n".encode()).observations
    assert (item.software, item.version, item.country, item.org, item.asn) == (None, None, None, None, None)
    assert item.models == (ListedModel(name="a"),)


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        (of(address="ip", model="nowhere"), "there is no column nowhere; the columns are ip, Model, model"),
        (of(address="ip", model="MODEL"), "there is no column MODEL; the columns are ip, Model, model"),
        (of(address="ip", colour="model"), "there is no key colour; the keys are address, url, port, model, "),
        (of(model="model"), "its columns are ip, Model, model; say which is which: --columns address=ip,model=Model"),
        (Columns(order=("a", "b")), "its columns are a, b; say which is which: --columns address=COLUMN,model=COLUMN"),
    ],
)
def test_columns_that_cannot_be(columns: Columns, why: str, read_bytes: ReadBytes) -> None:
    with pytest.raises(Unrecognised) as caught:
        read_bytes(b"ip,Model,model\n192.0.2.1,a,b\n", columns=columns)
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_table_that_nobody_understands_says_what_it_has_and_what_to_do(read_bytes: ReadBytes) -> None:
    with pytest.raises(Unrecognised) as caught:
        read_bytes(b"ip,port,llm we\xe2\x80\x8b saw,b=c\n192.0.2.1,80,a,b\n", loader="table")
    assert (
        "export.bin: its columns are ip, port, llm we\\u200b saw, b=c; say which is which: "
        "--columns address=ip,model=COLUMN,port=port (other keys: url, seen_at, country_code, "
    ) in str(caught.value)
    with pytest.raises(Unrecognised, match="bin: this is a table; its columns are ip, port, llm_we_saw; say which is"):
        read_bytes(b"ip,port,llm_we_saw\n192.0.2.1,80,a\n")
    many = ",".join(f"c{number}" for number in range(300))
    with pytest.raises(Unrecognised, match="c18, c19 and 280 more; say which"):
        read_bytes(f"{many}\n{many}\n".encode(), loader="table")


@pytest.mark.parametrize(
    "prose", [b"Dear all,\nthis is a note, it says little.\n", b"a, b\n\n", b"<a>,b\n1,2\n", b"a,a\n1,2\n"]
)
def test_prose_is_read_as_no_table(prose: bytes, read_bytes: ReadBytes) -> None:
    with pytest.raises(Unrecognised):
        read_bytes(prose)


# Parquet


def test_typed_values_of_parquet(tmp_path: Path, read_bytes: ReadBytes) -> None:
    noon = dt.datetime(2026, 10, 5, 10, 11, 12, 999_999)
    east = dt.timezone(dt.timedelta(hours=2))
    data = parquet(
        tmp_path / "x",
        ip=["192.0.2.1", "192.0.2.2", None],
        port=pa.array([80.0, float("nan"), 80.0]),
        models=pa.array([["a:1", None], [], None]),
        seen_at=pa.array([noon, noon, noon], pa.timestamp("us")),
        asn=pa.array([Decimal("64500"), None, None], pa.decimal128(10, 2)),
        org=pa.array([b"Example", None, None]),
        unused=pa.array([1, 2, 3]),
    )
    outcome = read_bytes(data, host=(None, 81))
    assert outcome.reading.loader == "table"
    assert named(outcome) == [("192.0.2.1", 80, ["a:1"]), ("192.0.2.2", 81, [])]
    first = outcome.observations[0]
    assert (first.asn, first.org, first.dropped) == (64500, "Example", 1)
    assert outcome.reasons == ["no address: the cell is empty"]
    assert [item.line for item in outcome.items if item not in outcome.observations] == [3]  # type: ignore[union-attr]

    for kind, value in (
        (pa.timestamp("ns", "Europe/Berlin"), noon.replace(tzinfo=dt.UTC)),
        (pa.timestamp("ms", "+02:00"), noon.replace(tzinfo=dt.UTC).astimezone(east)),
        (pa.int64(), NOON),
        (pa.float64(), NOON + 0.5),
        (pa.string(), TIME),
    ):
        data = parquet(tmp_path / "x", ip=["192.0.2.1"], port=[80], model=["a"], time=pa.array([value], kind))
        assert named(read_bytes(data)) == [("192.0.2.1", 80, ["a"])]
    data = parquet(tmp_path / "x", ip=["192.0.2.1"], port=[80], model=["a"], date=[dt.date(2026, 10, 5)])
    assert [item.seen_at for item in read_bytes(data).observations] == [1_791_158_400]


def test_entries_of_parquet(tmp_path: Path, read_bytes: ReadBytes) -> None:
    entry = {"name": "a:1", "digest": "0f" * 32, "details": {"family": "llama"}}
    data = parquet(tmp_path / "x", host=["192.0.2.1"], port=["80"], models=[[entry]], time=[TIME])
    (item,) = read_bytes(data).observations
    assert item.models == (ListedModel(name="a:1", digest="0f" * 32, family="llama"),)
    assert item.software == "ollama"


def test_many_rows_of_parquet_in_order(tmp_path: Path, read_bytes: ReadBytes) -> None:
    count = 10_000
    data = parquet(
        tmp_path / "x",
        ip=["192.0.2.1"] * count,
        port=[1 + n for n in range(count)],
        model=["a"] * count,
        t=[NOON] * count,
    )
    outcome = read_bytes(data, columns=of(address="ip", port="port", model="model", seen_at="t"))
    assert [item.port for item in outcome.observations] == [1 + n for n in range(count)]


def test_a_parquet_file_that_nobody_understands_or_that_is_damaged(tmp_path: Path, read_bytes: ReadBytes) -> None:
    data = parquet(tmp_path / "x", a=["192.0.2.1"], b=["a"])
    with pytest.raises(Unrecognised, match="its columns are a, b; say which is which"):
        read_bytes(data)
    with pytest.raises(Unrecognised, match="its columns have names; write KEY=COLUMN"):
        read_bytes(data, columns=Columns(order=("address", "model")))
    for end in range(4, len(data)):
        with pytest.raises(DataError, match="the Parquet file is damaged"):
            read_bytes(data[:end], columns=of(address="a", model="b"))


# SQLite


SERVERS = "CREATE TABLE servers (id INTEGER, ip TEXT, port, models TEXT, last_seen, extra BLOB)"
ROWS = (
    f"INSERT INTO servers VALUES (1, '192.0.2.1', 80, 'a:1,b:1', '{TIME}', x'00'), "
    f"(2, '192.0.2.2', '81', NULL, {NOON}, 1)"
)


def test_the_table_of_a_database_that_fits(tmp_path: Path, read_bytes: ReadBytes) -> None:
    data = database(
        tmp_path / "x",
        SERVERS,
        ROWS,
        "CREATE TABLE notes (ip, text)",
        "CREATE TABLE other (model, size)",
        "CREATE VIEW view AS SELECT ip, models FROM servers",
    )
    outcome = read_bytes(data)
    assert outcome.reading.loader == "table"
    assert named(outcome) == [("192.0.2.1", 80, ["a:1", "b:1"]), ("192.0.2.2", 81, None)]


def test_the_table_of_a_database_that_the_caller_names(tmp_path: Path, read_bytes: ReadBytes) -> None:
    again = SERVERS.replace("servers", '"the ""old"" one"')
    data = database(
        tmp_path / "x",
        SERVERS,
        ROWS,
        again,
        f"""INSERT INTO "the ""old"" one" VALUES (1,'192.0.2.3',82,'c','{TIME}',0)""",
    )
    with pytest.raises(
        Unrecognised, match=r'several of its tables could be meant: servers, the "old" one; name the col'
    ):
        read_bytes(data)
    old = {
        key: f'the "old" one.{column}'
        for key, column in (("address", "ip"), ("model", "models"), ("time", "last_seen"))
    }
    assert named(read_bytes(data, columns=of(**old, port="port"))) == [("192.0.2.3", 82, ["c"])]
    with pytest.raises(Unrecognised, match=r"servers, the \"old\" one have these columns; write them as TABLE.COLUMN"):
        read_bytes(data, columns=of(address="ip", model="models"))
    with pytest.raises(Unrecognised, match=r"no table has all these columns; there are servers.id, servers.ip, "):
        read_bytes(data, columns=of(address="ip", model="nowhere"))
    with pytest.raises(Unrecognised, match="there is no key colour"):
        read_bytes(data, columns=of(colour="ip"))


def test_a_database_that_nobody_understands_or_that_is_damaged(tmp_path: Path, read_bytes: ReadBytes) -> None:
    with pytest.raises(
        Unrecognised, match=r"its tables have the columns a\.x, a\.y; say which is which: --columns addr"
    ):
        read_bytes(database(tmp_path / "x", "CREATE TABLE a (x, y)"))
    data = database(tmp_path / "x", SERVERS, ROWS)
    for end in range(16, len(data), 37):
        with pytest.raises(DataError, match="the SQLite database is truncated; nothing of it is loaded"):
            read_bytes(data[:end])
    for place in (100, 4096):
        with pytest.raises(DataError, match="the SQLite database cannot be read"):
            read_bytes(data[:place] + b"\xff" * 1000 + data[place + 1000 :])


def test_a_database_runs_nothing_and_stays_as_it_is(tmp_path: Path, read_bytes: ReadBytes) -> None:
    # A view in the place of a table would run its author's query; a generated column his expression.
    data = database(
        tmp_path / "x",
        "CREATE TABLE real (x)",
        "CREATE VIEW servers AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
        "SELECT '192.0.2.1' AS ip, i AS models FROM n",
        "CREATE TABLE made (ip, models AS (upper(hex(zeroblob(9)))))",
        "INSERT INTO made (ip) VALUES ('192.0.2.1')",
        "PRAGMA writable_schema = 1",
        "INSERT INTO sqlite_master VALUES "
        "('table', 'found', 'found', 0, 'CREATE VIRTUAL TABLE found USING nowhere(ip, models)')",
    )
    with pytest.raises(Unrecognised, match=r"its tables have the columns made\.ip, real\.x; say") as caught:
        read_bytes(data)
    assert "found.ip" not in str(caught.value)
    with pytest.raises(Unrecognised, match="no table has all these columns"):
        read_bytes(data, columns=of(address="found.ip", model="found.models"))


def test_bytes_in_a_database_that_are_no_text(tmp_path: Path, read_bytes: ReadBytes) -> None:
    bad = f"INSERT INTO servers VALUES (1, '192.0.2.1', 80, CAST(x'61ff62' AS TEXT), '{TIME}', 0)"
    (item,) = read_bytes(database(tmp_path / "x", SERVERS, bad)).observations
    assert item.models == (ListedModel(name="a\ufffdb"),)
    assert item.replaced == 1


def test_a_table_in_a_compressed_file(tmp_path: Path) -> None:
    import gzip
    import zipfile

    files = {
        "servers.db.gz": gzip.compress(database(tmp_path / "x", SERVERS, ROWS)),
        "servers.parquet": parquet(tmp_path / "y", ip=["192.0.2.3"], port=[80], model=["a"], time=[TIME]),
    }
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    found = []
    for source in expand([str(tmp_path / "all.zip")]):
        with open_reading(source) as reading:
            found += [item.host for item in reading]
    assert found == ["192.0.2.1", "192.0.2.2", "192.0.2.3"]


def test_the_caller_cannot_say_an_impossible_host(read_bytes: ReadBytes) -> None:
    with pytest.raises(UsageError):
        read_bytes(b"ip,model\n192.0.2.1,a\n", host=("no host", None))
