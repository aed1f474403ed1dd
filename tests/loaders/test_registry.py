"""Recognising, opening and reading sources, for every registered loader."""

from __future__ import annotations

import hashlib
import json
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from cohabit.errors import DataError, UsageError
from cohabit.loaders import registry
from cohabit.loaders.carrier import Columns
from cohabit.loaders.reading import expand
from cohabit.loaders.records import Observation, Rejected
from cohabit.loaders.registry import Loader, Unrecognised, built_in, get, open_reading
from tests.loaders.packing import gzipped

SAMPLES = Path(__file__).parent / "samples"
NAMES = [loader.name for loader in built_in()]
# What a sample cannot say itself: an answer that stands alone names no host and no time,
# FOFA's rows do not say which fields they hold.
FOFA_FIELDS = ("ip", "port", "host", "country", "as_number", "as_organization", "lastupdatetime", "banner")
SAID: dict[str, dict[str, Any]] = {
    "answers": {"host": ("192.0.2.7", 11434), "seen_at": 1_791_195_072},
    "fofa": {"columns": Columns(order=FOFA_FIELDS)},
}
LINE = b'{"ip":"192.0.2.7","port":11434,"timestamp":"2026-10-05T10:11:12Z","models":["a:1"]}\n'


def sample(name: str) -> Path:
    """Return the one sample of a loader; a loader without one fails here."""
    files = [file for file in SAMPLES.glob(f"{name}.*") if not file.name.endswith(".expected.json")]
    assert len(files) == 1, f"the loader {name} needs one sample in {SAMPLES}"
    return files[0]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("pack", [bytes, gzipped, zstd.compress], ids=["plain", "gzip", "zstd"])
def test_sample_gives_the_expected_result(name, pack, read_bytes):
    data = sample(name).read_bytes()
    expected = json.loads((SAMPLES / f"{name}.expected.json").read_text())

    reading, items = read_bytes(pack(data), **SAID.get(name, {}))

    found = []
    for item in items:
        fields = json.loads(msgspec.json.encode(item))
        if isinstance(item, Rejected):
            assert fields.pop("raw")
        found.append(fields)
    assert found == expected
    assert reading.loader == name
    assert reading.sha256 == hashlib.sha256(pack(data)).hexdigest()
    assert reading.rejected == sum("reason" in item for item in expected)
    assert reading.partial == sum("dropped" in item for item in expected)
    assert reading.read == reading.accepted + reading.rejected
    assert reading.bytes_read == reading.bytes_total == len(pack(data))


def test_no_sample_is_left_over():
    used = {sample(name).name for name in NAMES} | {f"{name}.expected.json" for name in NAMES}
    assert {file.name for file in SAMPLES.iterdir()} == used


def test_loader_by_name():
    assert get("server-list").name == "server-list"
    with pytest.raises(
        UsageError, match=r"no loader nessus; choose one of: .*observations, ollama-hunter, server-list"
    ):
        get("nessus")


def test_named_loader_is_used_whatever_the_content_looks_like(read_bytes):
    reading, items = read_bytes(b'[{"server":"http://192.0.2.1","models":[]}]', loader="observations")
    assert reading.loader == "observations"
    assert [item.reason for item in items] == ["an array, not a JSON object"]
    with pytest.raises(DataError, match="not a JSON array"):
        read_bytes(LINE, loader="server-list")


def test_empty_array_is_an_empty_reading(read_bytes):
    for data in (b"[]", b" [\n ]\n", b"\xef\xbb\xbf[]"):
        reading, items = read_bytes(data)
        assert (reading.loader, reading.read, items) == ("server-list", 0, [])


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b" \n\n", gzipped(b"")])
def test_nothing_is_an_error(data, read_bytes):
    with pytest.raises(DataError, match=r"export\.bin: the file is empty"):
        read_bytes(data)


def test_byte_order_mark_and_windows_line_ends(read_bytes):
    _, items = read_bytes(b"\xef\xbb\xbf" + LINE.replace(b"\n", b"\r\n") + b"\r\n" + LINE.strip())
    assert [item.host for item in items] == ["192.0.2.7", "192.0.2.7"]


@pytest.mark.parametrize(
    ("data", "seen"),
    [
        ('{"ip":1}'.encode("utf-16"), "UTF-16"),
        ('{"ip":1}'.encode("utf-16-le"), "UTF-16"),
        ('{"ip":1}'.encode("utf-32"), "UTF-32"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "binary data"),
        (b"abc\x00def", "binary data"),
        ("Zürich".encode("latin-1"), "not UTF-8"),
        (b"<!DOCTYPE html>\n<html></html>", "an HTML page"),
        (b"<?xml version='1.0'?><scan/>", "XML"),
        (gzipped(gzipped(LINE)), "compressed twice"),
        (b'{"modules":[]}', "one JSON object with the keys modules"),
        (b'{\n "modules": [\n {\n "name": "a"\n }\n ]\n}', "one JSON object over several lines with the keys modules"),
        (b'{"a":1}\n{"b":2}\n', "JSON, one object a line, with the keys a"),
        (b'[{"a":1,"b":2}]', "a JSON array of objects with the keys a, b"),
        (b"[1, 2]", "a JSON array that begins with a number"),
        (b"[" * 100_000, "begins like a JSON array, but is none"),
        (b"{" * 100_000, "text that begins with"),
        (b"ip,port\n", "text that begins with “ip,port”"),
        (b"\x1b[31mred", r"text that begins with “\x1b[31mred”"),
        (b"[] []", "begins like a JSON array, but is none"),
    ],
)
def test_unrecognised_says_what_was_seen_and_what_is_known(data, seen, read_bytes):
    with pytest.raises(Unrecognised) as caught:
        read_bytes(data)
    message = str(caught.value)
    assert seen in message
    assert message.count("\n") == 0
    assert all(name in message for name in NAMES)


@pytest.mark.parametrize(
    "record",
    [
        {"ip_str": "192.0.2.1", "port": 11434, "timestamp": "2026-10-05T10:11:12.1", "data": "HTTP/1.1", "_shodan": {}},
        {"event_type": "service", "event_source": "HttpPlugin", "ip": "192.0.2.1", "port": "11434", "time": "2026"},
        {"ip": "192.0.2.1", "services": []},
    ],
)
def test_records_of_other_scanners_are_not_taken_for_observations(record, read_bytes):
    with suppress(Unrecognised):
        assert read_bytes(json.dumps(record).encode() + b"\n").reading.loader != "observations"


def test_damaged_first_records_do_not_hide_the_format(read_bytes):
    reading, items = read_bytes(b'{"ip":"192.0\n' + b"[" * 100_000 + b"\n" + LINE)
    assert reading.loader == "observations"
    assert [type(item) for item in items] == [Rejected, Rejected, Observation]
    assert items[1].reason == "nested too deeply"
    assert len(items[1].raw) == 2_000

    server = b'{"server":"http://192.0.2.1","models":[],"lastUpdate":"2026-10-05T10:11:12Z"}'
    reading, items = read_bytes(b"[null, {bad}, " + b"[" * 9_999 + b"]" * 9_999 + b"," + server + b"]")
    assert reading.loader == "server-list"
    assert [type(item) for item in items] == [Rejected, Rejected, Rejected, Observation]
    assert items[2].line == 3


def test_first_record_larger_than_what_is_looked_at(read_bytes):
    models = json.dumps([f"demo{number}:7b" for number in range(120_000)]).encode()
    head = b'{"ip":"192.0.2.7","port":11434,"timestamp":"2026-10-05T10:11:12Z","models":'
    outcome = read_bytes(head + models + b"}\n" + LINE)
    assert [len(item.models) for item in outcome.observations] == [120_000, 1]
    head = b'[{"server":"http://192.0.2.7","lastUpdate":"2026-10-05T10:11:12Z","models":'
    outcome = read_bytes(head + models + b"}]")
    assert [len(item.models) for item in outcome.observations] == [120_000]


def test_time_and_host_of_the_caller_fill_in_only_where_the_record_has_none(read_bytes):
    lines = [
        b'{"ip":"192.0.2.7","port":1,"timestamp":"2026-10-05T10:11:12Z","models":[]}',
        b'{"ip":"192.0.2.7","port":1,"timestamp":"  ","models":[]}',
        b'{"ip":"192.0.2.7","port":1,"timestamp":"soon","models":[]}',
        b'{"port":1,"models":[]}',
        b'{"models":[]}',
    ]
    outcome = read_bytes(b"\n".join(lines), seen_at=1_700_000_000, host=("2001:DB8::1", 8080))
    assert [(item.host, item.port, item.seen_at) for item in outcome.observations] == [
        ("192.0.2.7", 1, 1_791_195_072),
        ("192.0.2.7", 1, 1_700_000_000),
        ("2001:db8::1", 1, 1_700_000_000),
        ("2001:db8::1", 8080, 1_700_000_000),
    ]
    assert outcome.reasons == ['time "soon" is neither ISO 8601 nor seconds since 1970']


@pytest.mark.parametrize("options", [{"seen_at": 1}, {"host": ("not a host", None)}, {"host": ("192.0.2.1", 0)}])
def test_impossible_time_or_host_of_the_caller_is_wrong_usage(options, read_bytes):
    with pytest.raises(UsageError):
        read_bytes(LINE, **options)


def test_a_day_ahead_is_the_limit(read_bytes, monkeypatch):
    monkeypatch.setattr(registry.time, "time", lambda: 1_791_195_072.9)
    line = b'{"ip":"192.0.2.7","port":1,"timestamp":%d,"models":[]}'
    outcome = read_bytes(line % (1_791_195_072 + 86_400) + b"\n" + line % (1_791_195_072 + 86_401))
    assert [item.seen_at for item in outcome.observations] == [1_791_281_472]
    assert outcome.reasons == ["time 1791281473 is more than a day ahead"]


def test_progress_and_counters_while_reading(tmp_path):
    file = tmp_path / "many"
    file.write_bytes((LINE + b"{}\n" + LINE.replace(b'"a:1"', b"null")) * 40_000)
    (source,) = expand([str(file)])
    with open_reading(source) as reading:
        assert reading.bytes_total == file.stat().st_size
        for number, _ in enumerate(reading, 1):
            assert number == reading.read == reading.accepted + reading.rejected
            if number == 1:
                assert 0 < reading.bytes_read < reading.bytes_total
                with pytest.raises(RuntimeError):
                    assert reading.sha256
        assert (reading.read, reading.accepted, reading.rejected, reading.partial) == (120_000, 80_000, 40_000, 40_000)
        assert reading.bytes_read == reading.bytes_total


@pytest.mark.parametrize("pack", [gzipped, zstd.compress], ids=["gzip", "zstd"])
def test_half_a_compressed_file_is_an_error_when_it_shows(pack, read_bytes, tmp_path):
    small = pack(LINE * 50)
    with pytest.raises(DataError, match=r"export\.bin: the compressed data is truncated, so nothing of it is loaded"):
        read_bytes(small[: len(small) // 2])
    lines = (LINE.replace(b"a:1", hashlib.sha256(b"%d" % number).hexdigest().encode()) for number in range(40_000))
    large = pack(b"".join(lines))
    file = tmp_path / "half"
    file.write_bytes(large[: len(large) * 3 // 4])
    (source,) = expand([str(file)])
    with open_reading(source) as reading:
        with pytest.raises(DataError, match="truncated"):
            list(reading)
        assert 0 < reading.read < 40_000
        with pytest.raises(RuntimeError):
            assert reading.sha256


def test_damage_after_the_records_is_found(read_bytes):
    packed = bytearray(gzipped(LINE))
    packed[-8] ^= 1  # the checksum
    with pytest.raises(DataError, match="cannot be unpacked"):
        read_bytes(bytes(packed))


@pytest.mark.parametrize(
    "cut", [b'[{"server":"http://192.0.2.1","models":[]}', b'[{"server":"http://192.0.2.1","models":[]},{"ser', b"["]
)
def test_half_an_array_is_an_error(cut, read_bytes):
    with pytest.raises(DataError, match=r"breaks off after [01] elements"):
        read_bytes(cut)


def test_a_loader_that_stops_early_hides_neither_damage_nor_the_hash(read_bytes, monkeypatch):
    early = Loader("early", "stops at once", lambda head: True, lambda stream, context: iter(()))
    monkeypatch.setattr(registry, "loaders", lambda: (early,))
    noise = b"".join(hashlib.sha256(b"%d" % number).digest() for number in range(100_000))
    reading, _ = read_bytes(noise)
    assert reading.sha256 == hashlib.sha256(noise).hexdigest()
    with pytest.raises(DataError, match="truncated"):
        read_bytes(gzipped(noise)[:-1])


def test_one_record_can_hold_several_observations(read_bytes, monkeypatch):
    def read(stream, context):
        yield [Observation(host="192.0.2.7", port=port, seen_at=0, dropped=1) for port in (1, 2)]
        yield Rejected(line=2, reason="made up", raw="")
        yield []

    several = Loader("several", "yields what it likes", lambda head: True, read)
    monkeypatch.setattr(registry, "loaders", lambda: (several,))
    reading, items = read_bytes(b"x")
    assert [getattr(item, "port", None) for item in items] == [1, 2, None]
    assert (reading.read, reading.accepted, reading.rejected, reading.partial) == (3, 2, 1, 1)


def test_a_closed_reading_yields_no_more(tmp_path):
    file = tmp_path / "lines"
    file.write_bytes(LINE * 3)
    (source,) = expand([str(file)])
    with open_reading(source) as reading:
        assert next(iter(reading)).host == "192.0.2.7"
    assert list(reading) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
NEAR = st.fixed_dictionaries(
    {},
    optional={
        "ip": st.sampled_from(["192.0.2.1", "2001:db8::1", "a.example"]) | JSON,
        "server": st.sampled_from(["http://192.0.2.1", "https://a.example:8080/"]) | JSON,
        "port": st.integers(0, 70_000) | JSON,
        "timestamp": st.sampled_from(["2026-10-05T10:11:12Z", 1_791_195_072]) | JSON,
        "lastUpdate": st.sampled_from(["2026-10-05T10:11:12Z", 1_791_195_072]) | JSON,
        "status": JSON,
        "software": JSON,
        "asn": JSON,
        "data": JSON
        | st.fixed_dictionaries(
            {},
            optional={
                "http": st.fixed_dictionaries(
                    {"protocol": st.just("http")}, optional={"port": JSON, "result": JSON, "timestamp": JSON}
                )
            },
        ),
        "ip_str": st.just("192.0.2.1") | JSON,
        "_shodan": st.just({}),
        "ollama": st.fixed_dictionaries({}, optional={"version": JSON, "models": JSON}) | JSON,
        "http": st.fixed_dictionaries({}, optional={"html": JSON, "body": JSON, "headers": JSON, "url": JSON}) | JSON,
        "location": st.fixed_dictionaries({}, optional={"country_code": JSON, "country": JSON}) | JSON,
        "services": st.lists(
            JSON
            | st.fixed_dictionaries(
                {"port": st.just(80) | JSON, "scan_time": st.just("2026-10-05T10:11:12Z") | JSON},
                optional={"endpoints": st.lists(JSON | st.dictionaries(st.sampled_from(["http", "ollama"]), JSON))},
            )
        )
        | JSON,
        "service": st.dictionaries(st.sampled_from(["software", "http", "response", "credentials"]), JSON) | JSON,
        "matches": st.lists(JSON),
        "results": st.lists(st.lists(st.text()) | JSON),
        "portinfo": st.dictionaries(st.sampled_from(["port", "app", "banner"]), JSON) | JSON,
        "components": JSON,
        "summary": JSON,
        "ip_address": st.just("192.0.2.1") | JSON,
        "last_seen": JSON,
        "template-id": JSON,
        "matched-at": st.just("http://192.0.2.1:8080/api/tags") | JSON,
        "response": st.just("HTTP/1.1 200 OK\r\n\r\n{}") | JSON,
        "url": st.just("http://192.0.2.1:8080/api/tags") | JSON,
        "host_ip": st.just("192.0.2.1") | JSON,
        "body": st.just('{"models":[{"name":"a"}]}') | JSON,
        "saddr": st.just("192.0.2.1") | JSON,
        "sport": JSON,
        "ports": st.lists(JSON | st.fixed_dictionaries({"port": st.just(80)}, optional={"service": JSON})) | JSON,
        "models": st.lists(
            JSON
            | st.fixed_dictionaries(
                {},
                optional={
                    "name": st.text() | JSON,
                    "digest": st.text("0123456789abcdef") | JSON,
                    "size": JSON,
                    "details": JSON | st.fixed_dictionaries({}, optional={"family": JSON, "format": JSON}),
                    "capabilities": JSON,
                    "remote_host": JSON,
                },
            )
        )
        | JSON,
    },
)


def as_bytes(values: list[object], array: bool) -> bytes:
    texts = [json.dumps(value).encode() for value in values]
    return b"[" + b",".join(texts) + b"]" if array else b"\n".join(texts)


CONTENT = st.binary() | st.builds(as_bytes, st.lists(NEAR | JSON, max_size=5), st.booleans())


@settings(max_examples=300)
@given(
    data=CONTENT,
    noise=st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 255)), max_size=3),
    loader=st.sampled_from([None, *NAMES]),
    pack=st.sampled_from([bytes, gzipped, zstd.compress]),
)
def test_whatever_the_bytes_are_reading_ends_with_records_or_a_data_error(data, noise, loader, pack):
    damaged = bytearray(pack(data))
    for place, value in noise:
        if place < len(damaged):
            damaged[place] = value
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(damaged)
        (source,) = expand([file.name])
        with suppress(DataError), open_reading(source, loader=loader) as reading:
            yielded = 0
            try:
                for item in reading:
                    yielded += 1
                    assert len(getattr(item, "raw", "")) <= 2_000
                    assert msgspec.json.encode(item)  # impossible with a lone surrogate
            finally:
                assert reading.read == reading.accepted + reading.rejected == yielded
