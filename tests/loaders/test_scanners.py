"""Loaders of scanners: layouts of one format, and what the samples have no room for."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest

from cohabit.errors import DataError
from cohabit.loaders import nmap
from cohabit.loaders.carrier import Columns
from cohabit.loaders.http import answer_of, headers_of, path_of
from cohabit.loaders.records import ListedModel

AT = 1_791_195_072  # 2026-10-05T10:11:12Z
TIME = "2026-10-05T10:11:12Z"
TAGS = '{"models":[{"name":"a:1","modified_at":"2026-09-30T06:00:00Z"}]}'
LISTED = (ListedModel(name="a:1"),)


def lines(*records: object) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def places(outcome) -> list[tuple[str, int, int]]:
    return [(item.host, item.port, item.seen_at) for item in outcome.observations]


HTTP = f"HTTP/1.1 200 OK\r\n\r\n{TAGS}"
RECORDS: dict[str, Callable[[str], dict[str, object]]] = {
    "zgrab2": lambda ip: {
        "ip": ip,
        "data": {"tags": {"status": "success", "protocol": "http", "port": 8080, "timestamp": TIME,
                          "result": {"response": {"body": TAGS}}}},
    },
    "nuclei": lambda ip: {
        "template-id": "x", "matched-at": f"http://{ip}:8080/api/tags", "timestamp": TIME, "response": HTTP,
    },
    "httpx": lambda ip: {
        "url": f"http://{ip}:8080/api/tags", "input": "x", "timestamp": TIME, "status_code": 200, "body": TAGS,
    },
    "masscan": lambda ip: {
        "ip": ip,
        "timestamp": str(AT),
        "ports": [{"port": 8080, "proto": "tcp", "service": {"name": "http", "banner": HTTP}}],
    },
}  # fmt: skip


class TestLayouts:
    """The same records as lines, as an array on one line, as an array on many, and one after another on many lines."""

    @pytest.mark.parametrize("name", RECORDS)
    @pytest.mark.parametrize("layout", ["lines", "array", "pretty array", "pretty"])
    def test_layout(self, name, layout, read_bytes):
        records = [RECORDS[name](ip) for ip in ("192.0.2.1", "192.0.2.2")]
        data = {
            "lines": lines(*records),
            "array": json.dumps(records).encode(),
            "pretty array": json.dumps(records, indent=2).encode(),
            "pretty": "\n".join(json.dumps(record, indent=1) for record in records).encode(),
        }[layout]
        outcome = read_bytes(data)
        assert outcome.reading.loader == name
        assert places(outcome) == [("192.0.2.1", 8080, AT), ("192.0.2.2", 8080, AT)]
        assert [item.models for item in outcome.observations] == [LISTED, LISTED]
        assert outcome.reading.read == 2

    def test_zmap_as_lines_array_and_rows(self, read_bytes):
        replies = [{"saddr": f"192.0.2.{n}", "sport": 8080, "timestamp_ts": AT} for n in (1, 2)]
        rows = b"timestamp_ts\tsaddr\tsport\n%d\t192.0.2.1\t8080\n%d\t192.0.2.2\t8080\n" % (AT, AT)
        for data in (lines(*replies), json.dumps(replies).encode(), rows, rows.replace(b"\t", b";")):
            outcome = read_bytes(data)
            assert outcome.reading.loader == "zmap"
            assert places(outcome) == [("192.0.2.1", 8080, AT), ("192.0.2.2", 8080, AT)]


class TestZMap:
    ADDRESSES = b"192.0.2.1\r\n2001:DB8::2\n\n198.51.100.3\n"

    def test_list_of_addresses_needs_port_and_time(self, read_bytes):
        outcome = read_bytes(self.ADDRESSES)
        assert outcome.reading.loader == "zmap"
        assert outcome.reasons == ['no port: "sport" is missing; --host :PORT gives it'] * 3
        assert [item.line for item in outcome.items] == [1, 2, 4]
        assert read_bytes(self.ADDRESSES, host=(None, 11434)).reasons == ['no time: "timestamp_ts" is missing'] * 3
        outcome = read_bytes(self.ADDRESSES, host=(None, 11434), seen_at=AT)
        assert places(outcome) == [(host, 11434, AT) for host in ("192.0.2.1", "2001:db8::2", "198.51.100.3")]
        assert all(item.models is None for item in outcome.observations)

    def test_one_column_with_its_name(self, read_bytes):
        outcome = read_bytes(b"saddr\n" + self.ADDRESSES, host=(None, 80), seen_at=AT)
        assert (outcome.reading.loader, outcome.reading.read, outcome.reasons) == ("zmap", 3, [])

    def test_a_list_longer_than_what_is_looked_at(self, read_bytes):
        data = b"".join(b"192.0.%d.%d\n" % (n >> 8 & 255, n & 255) for n in range(120_000))
        outcome = read_bytes(data, host=(None, 80), seen_at=AT)
        assert (outcome.reading.loader, outcome.reading.accepted) == ("zmap", 120_000)

    @pytest.mark.parametrize("other", [b"192.0.2.1:\n  - llama3\n", b"a.example\n", b"192.0.2.0/24\n", b"12:30\n"])
    def test_other_lists_are_not_taken_for_addresses(self, other, read_bytes):
        with pytest.raises(DataError):
            read_bytes(b"192.0.2.1\n" + other)

    def test_columns_of_rows_without_a_header(self, read_bytes):
        columns = Columns(order=("saddr", "daddr", "sport", "timestamp_ts"))
        data = b"192.0.2.1,203.0.113.9,8080,%d\n192.0.2.2\n" % AT
        outcome = read_bytes(data, loader="zmap", columns=columns)
        assert places(outcome) == [("192.0.2.1", 8080, AT)]
        assert outcome.reasons == ['no port: "sport" is missing; --host :PORT gives it']

    def test_columns_with_other_names(self, read_bytes):
        columns = Columns(of={"sport": "port", "timestamp_ts": "when"})
        outcome = read_bytes(b"saddr,port,when\n192.0.2.1,8080,%d\n" % AT, columns=columns)
        assert places(outcome) == [("192.0.2.1", 8080, AT)]

    @pytest.mark.parametrize(
        ("fields", "reason"),
        [
            ({"classification": "rst"}, 'the reply is "rst": no open port'),
            ({"success": False}, "the reply is no success: no open port"),
            ({"success": 0}, "the reply is no success: no open port"),
            ({"repeat": True}, "the reply is a repeated one"),
            ({"repeat": 1}, "the reply is a repeated one"),
        ],
    )
    def test_what_is_no_open_port(self, fields, reason, read_bytes):
        reply = {"saddr": "192.0.2.1", "sport": 80, "timestamp_ts": AT, "daddr": "203.0.113.9"}
        assert read_bytes(lines(reply | fields)).reasons == [reason]
        assert places(read_bytes(lines(reply | {"success": 1, "repeat": 0}))) == [("192.0.2.1", 80, AT)]


class TestRows:
    """Rows of CSV, by the loader of httpx."""

    HEADER = b"timestamp,url,input,port,host,title,status_code\n"

    def test_quoted_line_breaks_and_line_numbers(self, read_bytes):
        data = self.HEADER + (
            b'2026-10-05T10:11:12Z,http://192.0.2.1,x,80,192.0.2.1,"a\nb, ""c""",200\n'
            b"soon,http://192.0.2.2,x,80,192.0.2.2,t,200\n"
            b'2026-10-05T10:11:12Z,http://192.0.2.3,x,80,192.0.2.3,"never ends,200\nx\n'
        )
        outcome = read_bytes(data)
        assert outcome.reading.loader == "httpx"
        assert places(outcome) == [("192.0.2.1", 80, AT), ("192.0.2.3", 80, AT)]
        assert [item.line for item in outcome.items if not hasattr(item, "host")] == [4]

    def test_a_cell_without_an_end_costs_a_bounded_part(self, read_bytes):
        good = b"2026-10-05T10:11:12Z,http://192.0.2.1,x,80,192.0.2.1,t,200\n"
        data = self.HEADER + good + b'2026-10-05T10:11:12Z,"' + b"x" * 99 + b"\n" + good * 40_000
        outcome = read_bytes(data)
        (rejected,) = [item for item in outcome.items if not hasattr(item, "host")]
        assert rejected.line == 3
        assert rejected.reason.startswith("not valid CSV: field larger than field limit")
        assert 15_000 < outcome.reading.accepted < 40_000
        assert len(rejected.raw) <= 2_000

    def test_a_line_beyond_all_measure(self, read_bytes):
        good = b"2026-10-05T10:11:12Z,http://192.0.2.1,x,80,192.0.2.1,t,200\n"
        outcome = read_bytes(self.HEADER + b"," * (17 << 20) + b"\n" + good)
        assert outcome.reasons == ["longer than 16 MiB"]
        assert places(outcome) == [("192.0.2.1", 80, AT)]

    def test_failed_rows(self, read_bytes):
        data = b"url,input,failed,error\nhttp://192.0.2.1,x,true,refused\n"
        assert read_bytes(data).reasons == ['the request failed: "refused"']


class TestMasscan:
    @pytest.mark.parametrize("end", [b"", b",\n", b",\n{finished: 1}\n", b"{finished: 1}\n]", b"]\n", b"\n,]\n", b"]]"])
    def test_every_way_to_end(self, end, read_bytes):
        record = b'{"ip":"192.0.2.1","timestamp":"%d","ports":[{"port":80,"proto":"tcp","status":"open"}]}\n' % AT
        for data in (b"[\n" + record + b",\n" + record + end, b" [" + record + record + end):
            outcome = read_bytes(data)
            assert (outcome.reading.loader, outcome.reasons) == ("masscan", [])
            assert places(outcome) == [("192.0.2.1", 80, AT)] * 2

    def test_a_damaged_line_costs_no_other(self, read_bytes):
        record = b'{"ip":"192.0.2.1","timestamp":"%d","rec_type":"status","port":80,"proto":"tcp"}\n' % AT
        outcome = read_bytes(record + b'{"ip":"192.0.2.2,"x":[{\n' + record)
        assert places(outcome) == [("192.0.2.1", 80, AT)] * 2
        assert [item.line for item in outcome.items if not hasattr(item, "host")] == [2]

    def test_a_record_that_breaks_off_is_rejected(self, read_bytes):
        record = b'{"ip":"192.0.2.1","timestamp":"%d","ports":[{"port":80,"proto":"tcp","status":"open"}]}\n' % AT
        outcome = read_bytes(b"[\n" + record + b",\n" + record[:50])
        assert places(outcome) == [("192.0.2.1", 80, AT)]
        assert [item.line for item in outcome.items if not hasattr(item, "host")] == [4]

    def test_escapes_of_bytes(self, read_bytes):
        name = '"caf\\xc3\\xa9 \\\\x41"'
        body = f'{{"models":[{{"name":{name},"modified_at":"2026"}}]}}'.replace('"', "\\x22")
        line = b'{"ip":"192.0.2.1","timestamp":"%d","port":80,"proto":"tcp","rec_type":"banner","data":{"banner":"%s"}}'
        outcome = read_bytes(line % (AT, b"HTTP/1.0 200 OK\\x0d\\x0a\\x0d\\x0a" + body.encode()))
        assert outcome.reasons == []
        assert outcome.observations[0].models == (ListedModel(name="café A"),)


class TestNmap:
    HOST = (
        '<host endtime="1791195072"><address addr="192.0.2.%d" addrtype="ipv4"/>'
        '<ports><port protocol="tcp" portid="80"><state state="open"/></port></ports></host>\n'
    )

    def xml(self, *hosts: str, end: str = "</nmaprun>") -> bytes:
        return ('<?xml version="1.0"?>\n<nmaprun scanner="nmap" start="1">' + "".join(hosts) + end).encode()

    def test_complete_hosts_of_an_aborted_scan_are_kept(self, read_bytes):
        data = self.xml(self.HOST % 1, self.HOST % 2, end="")
        for end in (b"", b"\n", b"<runstats><fin"):
            assert places(read_bytes(data + end)) == [("192.0.2.1", 80, AT), ("192.0.2.2", 80, AT)]
            assert read_bytes(data + end).reasons == []
        outcome = read_bytes(data + (self.HOST % 3)[:70].encode())
        assert places(outcome) == [("192.0.2.1", 80, AT), ("192.0.2.2", 80, AT)]
        assert [(item.line, item.reason) for item in outcome.items[2:]] == [(3, "the XML breaks off in this host")]

    def test_damage_in_the_middle_is_said(self, read_bytes):
        outcome = read_bytes(self.xml(self.HOST % 1, "<host><<", *[self.HOST % 2] * 1_000))
        assert places(outcome) == [("192.0.2.1", 80, AT)]
        assert outcome.reasons[0].startswith("not valid XML: not well-formed (invalid token)")
        assert outcome.reasons[0].endswith("; what follows is not read")

    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            (b'<!DOCTYPE nmaprun [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><nmaprun>&b;</nmaprun>', "declares entities"),
            (
                b'<!DOCTYPE nmaprun [<!ENTITY a SYSTEM "file:///etc/passwd">]><nmaprun>&a;</nmaprun>',
                "declares entities",
            ),
            (b'<?xml version="1.0" encoding="shift_jis"?><nmaprun></nmaprun>', "cannot be read"),
            (b"<nmaprun>" + b"<a>" * 100_000, "nested too deeply"),
            (b"<nmaprun><host>" + b"x" * (17 << 20), "longer than 16 MiB"),
            (b'<nmaprun scanner="nmap', "breaks off before its root"),
        ],
    )
    def test_hostile_xml_is_refused(self, data, reason, read_bytes):
        with pytest.raises(DataError, match=reason):
            read_bytes(data)

    def test_hosts_that_were_read_are_let_go(self, read_bytes, monkeypatch):
        kept = []
        parse = nmap._parse
        monkeypatch.setattr(
            nmap, "_parse", lambda element, root, context: (kept.append(len(root)), parse(element, root, context))[1]
        )
        outcome = read_bytes(self.xml(*["<taskprogress/>" + self.HOST % 1] * 100_000))
        assert (outcome.reading.accepted, outcome.reasons) == (100_000, [])
        assert outcome.reading.bytes_total > 16 << 20
        assert max(kept) < 1_000  # those of the chunk that the parser has taken

    def test_other_xml_is_not_taken(self, read_bytes):
        with pytest.raises(DataError, match="this is XML"):
            read_bytes(b"<?xml version='1.0'?><hosts/>")

    def test_texts_without_measure(self, read_bytes):
        script = '<script id="llm-info"><elem key="framework">%s</elem><elem key="version"/></script>' % ("x" * 9_999)
        outcome = read_bytes(self.xml((self.HOST % 1).replace("</port>", script + "</port>")))
        assert [(item.software, item.version, item.models) for item in outcome.observations] == [(None, None, None)]


class TestZGrab2:
    def grab(self, **scan: object) -> dict[str, object]:
        request = {"url": {"scheme": "http", "host": "192.0.2.1:8080", "path": "/api/tags"}}
        base = {"protocol": "http", "status": "success", "timestamp": TIME,
                "result": {"response": {"body": TAGS, "request": request}}}  # fmt: skip
        return {"ip": "192.0.2.1", "data": {"http": base | scan}}

    def test_port_of_the_scan_wins_over_the_url(self, read_bytes):
        assert places(read_bytes(lines(self.grab()))) == [("192.0.2.1", 8080, AT)]
        assert places(read_bytes(lines(self.grab(port=11434)))) == [("192.0.2.1", 11434, AT)]

    def test_an_answer_without_time_takes_the_callers(self, read_bytes):
        assert read_bytes(lines(self.grab(timestamp=None))).reasons == ['no time: "timestamp" is missing']
        assert places(read_bytes(lines(self.grab(timestamp=None)), seen_at=AT)) == [("192.0.2.1", 8080, AT)]

    @pytest.mark.parametrize("result", [None, 5, [], {}, {"response": None}, {"response": "x"}])
    def test_no_answer_is_rejected_with_the_status(self, result, read_bytes):
        grab = self.grab(result=result, status="io-timeout")
        assert read_bytes(lines(grab)).reasons == ['no answer: "http" ended with "io-timeout"']

    @pytest.mark.parametrize("cut", [0, 1, 2, 3])
    def test_body_in_base64_that_was_cut(self, cut, read_bytes):
        body = base64.b64encode(TAGS.encode() + b" " * (12 - len(TAGS) % 3)).decode()
        grab = self.grab(result={"response": {"body": body[: len(body) - cut]}}, port=80)
        assert read_bytes(lines(grab)).observations[0].models == LISTED

    def test_after_redirects_of_unknown_origin_the_first_answer_counts(self, read_bytes):
        last = {"body": TAGS.replace("a:1", "b:1")}
        grab = self.grab(result={"response": last, "redirect_response_chain": [{"body": TAGS}, {}]}, port=80)
        outcome = read_bytes(lines(grab))
        assert places(outcome) == [("192.0.2.1", 80, AT)]
        assert outcome.observations[0].models == LISTED


def test_headers_in_every_spelling():
    unknown = [{"key": "x_litellm_version", "value": ["1", "2"]}, {"key": 5}, None, "x"]
    said = {"server": ["uvicorn", "x"], "content_type": "text/html", "date": [], "age": None, "unknown": unknown}
    assert headers_of(said) == {"server": "uvicorn", "content-type": "text/html", "x-litellm-version": "1"}
    assert headers_of(["server"]) == headers_of(None) == {}


def test_paths():
    assert path_of("HTTPS://a.example:1/v1/models?x=/y#z") == "/v1/models"
    assert path_of("http://a.example") == ""
    assert path_of("a.example/v1") is path_of(5) is None


@pytest.mark.parametrize("body", [None, "", 5, ["x"], "not base64!", "abcd", "YWJj" * 3, "x" * 1_000_001])
def test_bodies_that_say_nothing(body):
    assert answer_of(body, "/api/tags", {}) is None
    assert answer_of(body, 5, {}) is None
