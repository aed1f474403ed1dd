"""Search engines and public lists: what samples cannot show, damaged and hostile sources, an independent reader."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from censys_platform.models import Host

from cohabit.errors import DataError
from cohabit.loaders.carrier import Columns, Unrecognised
from cohabit.loaders.values import RecordError, port, second

SAMPLES = Path(__file__).parent / "samples"
NOW = 2_000_000_000
DIGEST = "ab" * 32
TAGS = json.dumps(
    {"models": [{"name": "llama3.2:3b", "digest": DIGEST, "details": {"family": "llama", "parameter_size": "3.2B"}}]}
)
TIME = "2026-03-02T10:20:30"
SECOND = 1_772_446_830  # date --utc --date 2026-03-02T10:20:30Z +%s
SECRET = "correct horse battery"


def encoded(*records: object) -> bytes:
    return "\n".join(map(json.dumps, records)).encode()


def names(item: Any) -> list[str] | None:
    return None if item.models is None else [model.name for model in item.models]


class TestPrivate:
    EVENT = {  # noqa: RUF012 - nobody changes it
        "event_type": "leak",
        "event_source": "ConfigPlugin",
        "ip": "192.0.2.1",
        "port": "11434",
        "time": TIME,
        "summary": f"password={SECRET}",
        "service": {"credentials": {"username": "root", "password": SECRET}, "software": {"name": "Ollama"}},
        "leak": {"dataset": {"collections": [{"rows": SECRET}]}},
    }

    @pytest.mark.parametrize(
        "changed", [{"port": "0"}, {"port": None}, {"ip": "?", "host": ""}, {"time": "soon"}, {"Credentials": SECRET}]
    )
    def test_secrets_of_a_rejected_event_are_not_kept(self, changed, read_bytes):
        event = {**self.EVENT, "time": "soon", **changed}
        for data in (encoded(event), json.dumps([event]).encode(), json.dumps(event, indent=1).encode()):
            (item,) = read_bytes(data).items
            assert item.reason
            assert SECRET not in item.raw
            assert json.loads(item.raw)["event_type"] == "leak"

    def test_secrets_of_an_event_that_breaks_off_are_not_kept(self, read_bytes):
        whole = encoded(self.EVENT)
        start = whole.index(SECRET.encode()) + len(SECRET)
        for end in range(start, len(whole)):
            (item,) = read_bytes(whole[:end], loader="leakix").items
            assert item.reason.startswith("not valid JSON")
            assert SECRET not in item.raw

    def test_secrets_of_an_accepted_event_are_nowhere(self, read_bytes):
        (item,) = read_bytes(encoded(self.EVENT)).items
        assert (item.host, item.port, item.software) == ("192.0.2.1", 11434, "Ollama")
        assert SECRET not in repr(item)

    def test_address_of_the_scanner_is_nowhere(self, read_bytes):
        service = {"port": 0, "service_name": "HTTP", "observed_at": f"{TIME}Z", "source_ip": "198.51.100.250"}
        host = {"ip": "192.0.2.1", "services": [service]}
        good = {"ip": "192.0.2.1", "services": [{**service, "port": 80}]}
        rejected, accepted = read_bytes(encoded(host, good)).items
        assert rejected.reason == "port 0 is not between 1 and 65535"
        assert json.loads(rejected.raw)["services"][0]["port"] == 0
        assert "198.51.100.250" not in rejected.raw
        assert "198.51.100.250" not in repr(accepted)

    def test_nesting_that_cannot_be_looked_through_is_not_kept(self, read_bytes):
        # Deep enough that some decoder or walk gives up, whichever it is.
        for depth in (50, 900, 20_000):
            deep = '{"event_type":"leak","event_source":"x","ip":"?","leak":' + "[" * depth
            data = deep.encode() + f'"{SECRET}"'.encode() + b"]" * depth + b"}"
            (item,) = read_bytes(data, loader="leakix").items
            assert SECRET not in item.raw


class TestShodan:
    BANNER = {"ip_str": "192.0.2.1", "port": 11434, "timestamp": TIME, "_shodan": {}}  # noqa: RUF012

    def test_section_and_answer_are_both_read(self, read_bytes):
        http = {"html": TAGS, "location": "/api/tags"}
        banner = {**self.BANNER, "ollama": {"version": "0.12.6", "models": ["llama3.2:3b"]}, "http": http}
        section, answer = read_bytes(encoded(banner)).items
        assert (section.host, section.port, section.seen_at) == (answer.host, answer.port, answer.seen_at)
        assert (section.version, names(section), section.models[0].digest) == ("0.12.6", ["llama3.2:3b"], None)
        assert (answer.version, answer.models[0].digest, answer.models[0].family) == (None, DIGEST, "llama")

    def test_section_without_a_list_does_not_hide_the_answer(self, read_bytes):
        banner = {**self.BANNER, "ollama": {"version": "0.12.6"}, "http": {"html": TAGS}}
        assert [names(item) for item in read_bytes(encoded(banner)).items] == [None, ["llama3.2:3b"]]
        (only,) = read_bytes(encoded({**banner, "http": {"html": "Ollama is running"}})).items
        assert (only.software, only.version, only.models) == ("ollama", "0.12.6", None)

    def test_answers_of_a_search_and_of_a_look_up(self, read_bytes):
        other = {**self.BANNER, "port": 80, "data": None}
        for page in (
            {"matches": [self.BANNER, other, {}], "total": 3},
            {"ip_str": "192.0.2.1", "ports": [11434, 80], "data": [self.BANNER, other, {}]},
        ):
            one_a_line = json.dumps(page).replace("[{", "[\n{").replace("}, {", "},\n{").replace("}]", "}\n]")
            for data in (encoded(page), json.dumps(page, indent=2).encode(), one_a_line.encode()):
                reading, items = read_bytes(data)
                assert (reading.loader, reading.read, reading.rejected) == ("shodan", 3, 1)
                assert [item.port for item in items[:2]] == [11434, 80]
                assert (items[2].line, items[2].reason) == (3, 'no address: "ip_str" is missing')

    @staticmethod
    def table(*rows: dict[str, str]) -> bytes:
        heading = ["data", "hostnames", "ip", "ip_str", "port", "timestamp", "product", "html"]
        text = io.StringIO()
        writer = csv.DictWriter(text, heading, restval="")
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue().encode()

    def test_answer_after_the_headers_in_a_cell(self, read_bytes):
        row = {"ip_str": "192.0.2.1", "port": "11434", "timestamp": TIME, "product": "Ollama"}
        whole = {**row, "data": f"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n{TAGS}"}
        chunked = f"{len(TAGS):x}\r\n{TAGS}\r\n0\r\n\r\n"
        other = {**row, "port": "80", "data": f"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n{chunked}"}
        data = self.table(whole, other, {**row, "port": "0"})
        for changed in (data, data.replace(b"\r\n", b"\n"), data + b"\n\n \n"):
            outcome = read_bytes(changed)
            assert [(i.port, names(i)) for i in outcome.observations] == [
                (11434, ["llama3.2:3b"]),
                (80, ["llama3.2:3b"]),
            ]
            assert outcome.reasons == ['port "0" is not between 1 and 65535']
            assert outcome.reading.note == ""

    def test_note_where_no_list_was_seen(self, read_bytes):
        row = {"data": "HTTP/1.1 200 OK", "ip_str": "192.0.2.1", "port": "11434", "timestamp": TIME}
        outcome = read_bytes(self.table(row))
        assert outcome.observations[0].models is None
        assert ".json.gz" in outcome.reading.note
        assert read_bytes(self.table({**row, "port": "0"})).reading.note == ""  # nothing was accepted
        assert read_bytes(self.table({**row, "html": '{"models":[]}'})).reading.listed == 0  # whose it is nobody knows
        assert read_bytes(self.table(row, {**row, "html": TAGS})).reading.note == ""
        assert read_bytes(encoded(self.BANNER)).reading.note == ""  # downloads have answers, just not this one


class TestCensys:
    def test_section_and_answer_of_one_endpoint_are_both_read(self, read_bytes):
        endpoint = {
            "path": "/api/tags",
            "http": {"uri": "http://192.0.2.1:11434/api/tags", "body": TAGS},
            "ollama": {"version": "0.12.6", "models": [{"name": "llama3.2:3b", "family": "llama"}]},
        }
        service = {"port": 11434, "scan_time": f"{TIME}Z", "endpoints": [endpoint]}
        section, answer = read_bytes(encoded({"ip": "192.0.2.1", "services": [service]})).items
        assert (section.seen_at, section.version, section.models[0].parameter_size) == (SECOND, "0.12.6", None)
        assert (answer.seen_at, answer.models[0].digest, answer.models[0].parameter_size) == (SECOND, DIGEST, "3.2B")

    def test_ports_and_endpoints_are_observations_of_one_record(self, read_bytes):
        endpoints = [{"port": n, "scan_time": f"2026-03-02T10:20:{n}Z", "ollama": {"models": []}} for n in (31, 32)]
        services = [
            {"port": 31, "scan_time": f"{TIME}Z", "endpoints": endpoints},
            {"port": 22, "scan_time": f"{TIME}Z"},
        ]
        reading, items = read_bytes(encoded({"host": {"ip": "192.0.2.1", "services": services}}))
        assert (reading.read, reading.accepted) == (1, 1)
        assert [(i.port, i.seen_at - SECOND, names(i)) for i in items] == [(31, 1, []), (32, 2, []), (22, 0, None)]

    def test_lists_of_different_lengths_are_not_put_together(self, read_bytes):
        prefix = "host.services.endpoints.ollama.models."
        heading = ["host.ip", "services.port", "host.services.scan_time", f"{prefix}name", f"{prefix}digest"]
        heading.append(f"{prefix}size")
        text = io.StringIO()
        two, sizes = json.dumps(["a:1", "b:2"]), json.dumps([1_000_000, 2_000_000])
        csv.writer(text).writerows(
            [
                heading,
                ["192.0.2.1", 1, "2026-03-02 10:20:30 UTC", two, json.dumps([DIGEST]), sizes],
                ["192.0.2.1", 2, "2026-03-02 10:20:30 UTC", "c:3", DIGEST, "7000000"],
            ]
        )
        first, other = read_bytes(text.getvalue().encode()).items
        assert first.seen_at == SECOND
        assert [(m.name, m.digest, m.size_bytes) for m in first.models] == [
            ("a:1", None, 1_000_000),
            ("b:2", None, 2_000_000),
        ]
        assert [(m.name, m.digest, m.size_bytes) for m in other.models] == [("c:3", DIGEST, 7_000_000)]

    def test_the_same_as_the_vendors_own_reader(self, read_bytes):
        checked = 0
        for line in (SAMPLES / "censys.ndjson").read_text().splitlines():
            record = json.loads(line)
            if isinstance(record, dict):
                record = record.get("result", {}).get("resource", record)
            if not isinstance(record, dict) or any("service_name" in one for one in record.get("services", [])):
                continue  # the vendor's reader knows the Platform only
            found = read_bytes(line.encode(), loader="censys").observations
            assert {(i.host, i.port, i.seen_at, tuple(names(i) or ())) for i in found} == set(vendors(record))
            checked += len(found)
        assert checked == 4


def vendors(record: dict[str, Any]) -> list[tuple[str, int, int, tuple[str, ...]]]:
    """Read a host with the SDK of Censys: address, port, second and names for each endpoint, or each bare service."""
    host, found = Host.model_validate(record), []
    for service in host.services or []:
        for place in service.endpoints or [service]:
            number = place.port or service.port
            try:
                moment = second(place.scan_time or service.scan_time, NOW)
                port(number)
            except RecordError:
                continue
            section = getattr(place, "ollama", None)
            listed = tuple(model.name for model in (section.models if section else None) or () if model.name)
            if host.ip:
                found.append((host.ip, number, moment, listed))
    return found


class TestPages:
    @pytest.mark.parametrize(
        ("page", "loader"),
        [
            ({"matches": [], "total": 0}, "shodan"),
            ({"result": {"hits": [], "total_hits": 0}}, "censys"),
            ({"error": False, "mode": "extended", "query": "x", "results": []}, "fofa"),
            ({"code": 60000, "message": "success", "total": 0, "data": []}, "zoomeye"),
            ({"code": 200, "message": "success", "data": {"total": 0, "arr": None}}, "hunter"),
            ({"code": 200, "message": "success", "data": {"total": 0, "arr": []}}, "hunter"),
            ({"code": 0, "message": "Successful.", "data": [], "meta": {"pagination": {"total": 0}}}, "hunter"),
        ],
    )
    def test_search_that_found_nothing_is_empty(self, page, loader, read_bytes):
        for data in (encoded(page), json.dumps(page, indent=1).encode()):
            reading, items = read_bytes(data)
            assert (reading.loader, reading.read, items) == (loader, 0, [])

    @pytest.mark.parametrize(
        "page",
        [
            {"error": True, "errmsg": "[-700] no such account"},
            {"error": True, "errmsg": "[-700] no such account", "mode": "extended", "query": "", "results": []},
            {"error": True, "errmsg": "[-700] no such account", "mode": "extended", "query": "", "results": None},
        ],
    )
    def test_fofa_says_what_is_wrong(self, page, read_bytes):
        outcome = read_bytes(encoded(page))
        assert outcome.reading.loader == "fofa"
        assert outcome.reasons == ['FOFA answers with an error: "[-700] no such account"']

    def test_hunter_says_what_is_wrong(self, read_bytes):
        outcome = read_bytes(encoded({"code": 401, "message": "no points left", "data": {"arr": None}}))
        assert outcome.reasons == ['the page has no results: "no points left"']

    def test_rows_of_fofa_that_are_not_explained(self, read_bytes):
        page = {"mode": "extended", "query": "x", "results": [["192.0.2.1", "443"], ["192.0.2.2", "443"]]}
        with pytest.raises(Unrecognised, match=r"rows of 2 fields, .* such as --columns ip,port,host"):
            read_bytes(encoded(page), seen_at=SECOND)
        fitting = {**page, "results": [["https://192.0.2.1", "192.0.2.1", "443"]]}
        outcome = read_bytes(encoded(fitting) + b"\n" + encoded(page), seen_at=SECOND)
        assert (len(outcome.observations), [reason[:8] for reason in outcome.reasons]) == (1, ["2 fields"] * 2)

    def test_rows_of_fofa(self, read_bytes):
        page = {"mode": "extended", "query": "x", "results": [["https://192.0.2.1", "192.0.2.1", "443"], ["x"], None]}
        outcome = read_bytes(encoded(page), seen_at=SECOND)
        assert [(i.host, i.port, i.seen_at, i.models) for i in outcome.observations] == [
            ("192.0.2.1", 443, SECOND, None)
        ]
        assert [reason[:8] for reason in outcome.reasons] == ["1 fields", "1 fields"]
        page["results"] = [["2026-03-02 18:20:30", "[2001:DB8::1]:8000"], ["2026-03-02T10:20:30Z", "a.example"]]
        outcome = read_bytes(encoded(page), columns=Columns(order=("lastupdatetime", "host")))
        # 18:20:30 in China is 10:20:30 UTC; a zone that is written counts.
        assert [(i.host, i.port, i.seen_at) for i in outcome.observations] == [
            ("2001:db8::1", 8000, SECOND),
            ("a.example", 80, SECOND),
        ]
        page["results"] = ["192.0.2.1", "192.0.2.2"]
        outcome = read_bytes(encoded(page), columns=Columns(order=("ip",)), host=(None, 11434), seen_at=SECOND)
        assert [(i.host, i.port) for i in outcome.observations] == [("192.0.2.1", 11434), ("192.0.2.2", 11434)]

    def test_results_of_quake(self, read_bytes):
        results = [
            {
                "ip": "192.0.2.1",
                "port": 11434,
                "time": f"{TIME}.123Z",
                "asn": 64500,
                "org": "Sample Hosting",
                "location": {"country_code": "FR", "country_en": "France", "country_cn": "法国"},
                "components": [{"product_name_en": "Ollama", "version": "0.9.1"}],
                "service": {"name": "http", "response": f"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n{TAGS}"},
            },
            {"ip": "192.0.2.2", "port": 80, "time": TIME, "service": {"http": {"body": "Ollama is running"}}},
            {"ip": "", "hostname": "A.example.", "port": 443, "time": TIME, "location": [], "service": "?"},
            {"ip": "192.0.2.3", "time": TIME},
        ]
        page = {"code": 0, "message": "Successful.", "data": results, "meta": {"pagination": {"count": 4}}}
        outcome = read_bytes(encoded(page))
        first, second_one, third = outcome.observations
        assert (first.host, first.port, first.seen_at, names(first)) == ("192.0.2.1", 11434, SECOND, ["llama3.2:3b"])
        assert (first.software, first.version, first.country_code, first.country) == ("ollama", "0.9.1", "FR", "France")
        assert (first.asn, first.as_name, first.org) == (64500, "Sample Hosting", None)
        assert (second_one.software, second_one.models) == ("ollama", None)
        assert (third.host, third.software, third.country) == ("a.example", None, None)
        assert outcome.reasons == ['no port: "port" is missing']


def database(file: Path, hosts: list[tuple[Any, ...]], models: list[tuple[Any, ...]]) -> bytes:
    with sqlite3.connect(file) as connection:
        connection.executescript(
            "CREATE TABLE hosts (id INTEGER PRIMARY KEY, ip_address TEXT UNIQUE, country TEXT, last_seen TEXT,"
            " performance REAL, is_alive INTEGER);"
            "CREATE TABLE models (id INTEGER PRIMARY KEY, host_id INTEGER, name TEXT, modified_at TEXT,"
            " parameter_size REAL, quantization_level TEXT);"
        )
        connection.executemany("INSERT INTO hosts VALUES (?, ?, ?, ?, NULL, 1)", hosts)
        connection.executemany(
            "INSERT INTO models (host_id, name, parameter_size, quantization_level) VALUES (?, ?, ?, ?)", models
        )
    connection.close()
    return file.read_bytes()


class TestOllamaHunter:
    def test_database(self, read_bytes, tmp_path):
        data = database(
            tmp_path / "hosts.db",
            [(1, "192.0.2.1", "France", TIME), (2, "2001:DB8::2", None, TIME), (3, "300.1.1.1", None, TIME)],
            [(1, "llama3.2:3b", "3.2B", "Q4_K_M"), (1, "qwen3:8b", "8.2B", None), (9, "nobody:1", None, None)],
        )
        reading, items = read_bytes(data)
        assert (reading.loader, reading.read, reading.rejected) == ("ollama-hunter", 3, 1)
        assert [(i.host, i.port, i.seen_at, i.country) for i in items[:2]] == [
            ("192.0.2.1", 11434, SECOND, "France"),
            ("2001:db8::2", 11434, SECOND, None),
        ]
        assert [(m.name, m.parameter_size, m.quantization) for m in items[0].models] == [
            ("llama3.2:3b", "3.2B", "Q4_K_M"),
            ("qwen3:8b", "8.2B", None),
        ]
        assert names(items[1]) == []
        assert items[2].reason == '"300.1.1.1" is neither an IP address nor a DNS name'
        assert read_bytes(data, host=(None, 8080)).observations[0].port == 8080

    @pytest.mark.parametrize(
        ("bad", "expected"),
        [
            (b"\xff\x00", ["fine:1", "\ufffd\ufffd"]),  # a BLOB where a text should be
            ("\x00", ["fine:1", "\ufffd"]),
            (None, ["fine:1"]),
            (7, ["fine:1", "7"]),
            ("x" * 2_000, ["fine:1"]),
        ],
    )
    def test_bad_name_costs_no_more_than_itself(self, bad, expected, read_bytes, tmp_path):
        data = database(
            tmp_path / "hosts.db",
            [(1, "192.0.2.1", None, TIME), (2, "192.0.2.2", None, TIME)],
            [(1, "fine:1", None, None), (1, bad, None, None), (2, "other:1", None, None)],
        )
        outcome = read_bytes(data)
        first, other = outcome.observations
        assert (sorted(names(first) or ()), names(other)) == (sorted(expected), ["other:1"])
        assert first.dropped == 2 - len(expected)

    @pytest.mark.parametrize("bad", [float("inf"), float("-inf"), 1e308, b"\xff"])
    def test_bad_size_costs_no_model(self, bad, read_bytes, tmp_path):
        data = database(tmp_path / "hosts.db", [(1, "192.0.2.1", None, TIME)], [(1, "fine:1", bad, None)])
        assert [names(item) for item in read_bytes(data).observations] == [["fine:1"]]

    def test_text_that_is_no_utf8_costs_its_record(self, read_bytes, tmp_path):
        file = tmp_path / "hosts.db"
        database(file, [(1, "192.0.2.1", None, TIME), (2, "192.0.2.2", None, TIME)], [(1, "fine:1", None, None)])
        with sqlite3.connect(file) as connection:
            connection.execute("UPDATE hosts SET ip_address = CAST(x'ff41' AS TEXT) WHERE id = 2")
            connection.execute("UPDATE models SET name = CAST(x'ff41' AS TEXT)")
        connection.close()
        outcome = read_bytes(file.read_bytes())
        assert [names(item) for item in outcome.observations] == [["\ufffdA"]]
        assert len(outcome.reasons) == 1
        assert "neither an IP address nor a DNS name" in outcome.reasons[0]

    def test_damaged_database_is_refused_or_read(self, read_bytes, tmp_path):
        hosts = [(n, f"192.0.2.{n}", None, TIME) for n in range(1, 100)]
        data = database(tmp_path / "hosts.db", hosts, [(n, "a:1", None, None) for n in range(1, 100)])
        refused = 0
        for end in range(100, len(data), 509):
            try:
                reading, items = read_bytes(data[:end], loader="ollama-hunter")
            except DataError as error:
                assert "the SQLite database cannot be read" in str(error)  # noqa: PT017
                refused += 1
            else:
                assert reading.read == len(items)
        assert refused > 10
        for place in range(0, len(data), 211):
            damaged = data[:place] + b"\xff" * 8 + data[place + 8 :]
            try:
                reading, items = read_bytes(damaged, loader="ollama-hunter")
            except DataError:
                continue
            assert reading.read == len(items)

    def test_text(self, read_bytes):
        text = (
            "192.0.2.1:\n  - llama3.2:3b\n  - hf.co/a/B-GGUF:Q4\n\n2001:db8::2:\r\n  - qwen3:8b\r\n\n"
            "192.0.2.3:\n\n  - under 3\nno address\n  - nobody:1\n192.0.2.1:\n  - llama3.2:3b\n"
        )
        reading, items = read_bytes(text.encode(), seen_at=SECOND)
        assert reading.loader == "ollama-hunter"
        found = [
            (item.host, item.port, names(item)) if hasattr(item, "host") else (item.line, item.raw) for item in items
        ]
        assert found == [
            ("192.0.2.1", 11434, ["llama3.2:3b", "hf.co/a/B-GGUF:Q4"]),
            ("2001:db8::2", 11434, ["qwen3:8b"]),
            ("192.0.2.3", 11434, ["under 3"]),
            (11, "no address"),
            (12, "- nobody:1"),
            ("192.0.2.1", 11434, ["llama3.2:3b"]),
        ]
        assert {reason[:12] for reason in read_bytes(text.encode()).reasons} == {'no time: "la', "not valid JS"}


def test_no_list_where_a_source_knows_ports_only(read_bytes):
    uncover = {"timestamp": SECOND, "source": "x", "ip": "192.0.2.1", "port": 80, "host": "", "url": ""}
    zoomeye = {"code": 60000, "data": [{"ip": "192.0.2.1", "port": 80, "domain": "", "update_time": TIME}]}
    for record in (uncover, zoomeye):
        (item,) = read_bytes(encoded(record)).items
        assert (item.host, item.port, item.seen_at, item.models) == ("192.0.2.1", 80, SECOND, None)
