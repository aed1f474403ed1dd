"""Hosts, ports, times, AS numbers and texts as sources write them."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohabit.loaders import values
from cohabit.loaders.values import RecordError, Texts, endpoint, host, port, second, stored

NOW = 1_791_195_072  # 2026-10-05T10:11:12Z


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("192.0.2.1", "192.0.2.1"),
        (" 10.0.0.1 ", "10.0.0.1"),
        ("255.255.255.255", "255.255.255.255"),
        ("0.0.0.0", "0.0.0.0"),
        ("2001:0DB8:0000:0000:0000:0000:0000:0001", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("::", "::"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::FFFF:c000:201", "192.0.2.1"),
        ("64:ff9b::192.0.2.1", "64:ff9b::c000:201"),
        ("LLM.Example.NET.", "llm.example.net"),
        ("localhost", "localhost"),
        ("my_host-1.example", "my_host-1.example"),
        ("1.2.3.4.example", "1.2.3.4.example"),
        ("7a", "7a"),
        ("a" * 63 + ".example", "a" * 63 + ".example"),
        (".".join(["a" * 49] * 5) + ".abc", ".".join(["a" * 49] * 5) + ".abc"),
    ],
)
def test_host(written, canonical):
    assert host(written) == canonical
    assert host(canonical) == canonical


@pytest.mark.parametrize(
    "written",
    [
        "",
        ".",
        "a..b",
        ".a",
        "-",
        "-a.example",
        "a-.example",
        "256.0.0.1",
        "192.0.2",
        "192.0.2.01",
        "3221225985",
        "0x7f000001",
        "192.0.2.1/24",
        "192.0.2.1:11434",
        "١٩٢.0.2.1",
        "[192.0.2.1]",
        "2001:db8:::1",
        "2001:db8::1%eth0",
        "fe80::1%\x1b[31m",
        "bücher.example",
        "\u212a.example",  # the Kelvin sign, which lower() makes a k
        "a b",
        "a\nb",
        "a\x00",
        "a" * 64 + ".example",
        ".".join(["a" * 49] * 5) + ".abcd",
        "<script>",
    ],
)
def test_what_is_no_host(written):
    with pytest.raises(RecordError):
        host(written)


@given(st.ip_addresses())
def test_every_address_is_a_host(address):
    mapped = getattr(address, "ipv4_mapped", None)
    if getattr(address, "scope_id", None) is None:
        assert host(str(address)) == str(mapped or address)
        assert host(address.exploded.upper()) == str(mapped or address)


@given(st.text())
def test_a_host_is_canonical_or_refused(text):
    try:
        found = host(text)
    except RecordError:
        return
    assert host(found) == found
    assert found.isascii()
    assert found == found.lower().strip()


@pytest.mark.parametrize("bad", [None, 5, ["192.0.2.1"], {}, True, 1.5])
def test_host_of_another_type(bad):
    with pytest.raises(RecordError, match="not a text"):
        host(bad)


@pytest.mark.parametrize(("written", "number"), [(1, 1), (65535, 65535), ("11434", 11434), ("00080", 80)])
def test_port(written, number):
    assert port(written) == number


@pytest.mark.parametrize("bad", [0, -1, 65536, "0", "65536", "9" * 5_000, pytest.param(10**5_000, id="huge")])
def test_port_out_of_range(bad):
    with pytest.raises(RecordError, match=r"^port .{1,70} is not between 1 and 65535$"):
        port(bad)


@pytest.mark.parametrize("bad", ["", "http", "80 ", "-1", "٨٠", "1e3", 80.0, True, None, [80]])
def test_port_that_is_no_number(bad):
    with pytest.raises(RecordError, match=r"is not a whole number$"):
        port(bad)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://192.0.2.1:11434", ("192.0.2.1", 11434)),
        ("http://192.0.2.1", ("192.0.2.1", 80)),
        ("https://192.0.2.1", ("192.0.2.1", 443)),
        ("HTTPS://Example.NET.:8443/api/tags?x=1#y", ("example.net", 8443)),
        ("http://[2001:DB8::1]:11434/", ("2001:db8::1", 11434)),
        ("https://[2001:db8::1]", ("2001:db8::1", 443)),
        ("http://user:pass@192.0.2.1:81/", ("192.0.2.1", 81)),
        ("http://192.0.2.1:/", ("192.0.2.1", 80)),
        (" http://192.0.2.1\n", ("192.0.2.1", 80)),
        ("http://192.0.2.1?q=http://a:99", ("192.0.2.1", 80)),
    ],
)
def test_endpoint(url, expected):
    assert endpoint(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "192.0.2.1:11434",
        "ftp://192.0.2.1",
        "//a",
        "http://",
        "http:///x",
        "http://2001:db8::1",
        "http://[2001:db8::1",
        "http://[192.0.2.1]",
        "http://a:b:1",
        "http://a:70000",
        "http://a:x",
        "http://a b",
        "http://a\\b",
        5,
        None,
    ],
)
def test_what_is_no_endpoint(url):
    with pytest.raises(RecordError):
        endpoint(url)


MOMENT = datetime(2025, 2, 20, 12, 28, 0, 123456, tzinfo=UTC)
EXPECTED = 1_740_054_480  # date -u -d 2025-02-20T12:28:00 +%s


@pytest.mark.parametrize(
    "written",
    [
        "2025-02-20T12:28:00Z",
        "2025-02-20T12:28:00.999999999Z",
        "2025-02-20t12:28:00z",
        "2025-02-20 12:28:00",
        "2025-02-20T12:28",
        "2025-02-20T13:28:00+01:00",
        "2025-02-20T07:58:00.5-04:30",
        "20250220T122800Z",
        " 2025-02-20T12:28:00Z ",
        1_740_054_480,
        1_740_054_480.9,
        1_740_054_480_999,
        1_740_054_480_999.9,
        "1740054480",
        "1740054480.75",
        "1740054480123",
    ],
)
def test_time(written):
    assert second(written, NOW) == EXPECTED


def test_time_of_a_date_is_its_midnight():
    assert second("2025-02-20", NOW) == second("20250220", NOW) == EXPECTED - 12 * 3600 - 28 * 60


@given(st.datetimes(datetime(2023, 1, 2), datetime(2026, 10, 4)), st.integers(-14 * 60, 14 * 60))
def test_time_in_any_zone(moment, minutes):
    zone = timezone(timedelta(minutes=minutes))
    expected = (moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() // 1
    assert second(moment.replace(tzinfo=UTC).astimezone(zone).isoformat(), NOW) == expected


@pytest.mark.parametrize("bad", ["soon", "", "2025-02-30", "2025-02-20T25:00:00Z", True, [1], {}, float("nan")])
def test_what_is_no_time(bad):
    with pytest.raises(RecordError, match="neither ISO 8601 nor seconds"):
        second(bad, NOW)


@pytest.mark.parametrize("early", ["2022-12-31T23:59:59Z", "0001-01-01T00:00:00Z", 1_672_531_199, 0, -5, "000000001"])
def test_time_before_2023(early):
    with pytest.raises(RecordError, match=r"is before 2023$"):
        second(early, NOW)


@pytest.mark.parametrize("late", ["9999-12-31T23:59:59-14:00", NOW + 86_401, 10**400, 1e300, "9" * 19])
def test_time_more_than_a_day_ahead(late):
    with pytest.raises(RecordError, match=r"is more than a day ahead$"):
        second(late, NOW)


def test_time_at_the_limits():
    assert second("2023-01-01T00:00:00Z", NOW) == 1_672_531_200
    assert second(NOW + 86_400, NOW) == NOW + 86_400


@pytest.mark.parametrize(("written", "number"), [(64500, 64500), ("AS64500", 64500), ("as64500", 64500)])
def test_asn(written, number):
    assert values.asn(written) == number
    assert values.asn("4294967295") == 2**32 - 1


@pytest.mark.parametrize("bad", [0, "0", -1, 2**32, "AS", "AS 1", "64500 X", "1" * 5_000, 1.0, True, None, []])
def test_what_is_no_asn(bad):
    assert values.asn(bad) is None


@given(st.text(st.characters(exclude_categories=[])))
def test_stored_text_can_be_stored(text):
    kept, replaced = stored(text)
    bad = [character for character in text if character == "\x00" or 0xD800 <= ord(character) <= 0xDFFF]
    assert replaced == len(bad)
    assert len(kept) == len(text)
    assert kept == "".join("\ufffd" if character in bad else character for character in text)


def test_texts_are_taken_as_they_came():
    texts = Texts()
    assert texts.take(" Zürich\u202e ") == " Zürich\u202e "
    assert texts.take("x" * 1024) == "x" * 1024
    assert texts.replaced == 0
    assert texts.take("\x00\ud800") == "\ufffd\ufffd"
    assert texts.take("a\x00") == "a\ufffd"
    assert texts.replaced == 3


@pytest.mark.parametrize("bad", [None, "", " \t\n", "x" * 1025, 5, ["x"], True])
def test_texts_beyond_use_are_absent(bad):
    assert Texts().take(bad) is None


def test_reasons_are_one_short_line():
    for bad in ["x" * 10**6, "a\nb\x1b[31m\u202e", "'\"", "http://" + "a:" * 10**5]:
        for check in (host, port, endpoint):
            with pytest.raises(RecordError) as caught:
                check(bad)
            assert len(str(caught.value)) < 150
            assert str(caught.value).isprintable()


def test_documentation_addresses_are_hosts_too():
    for network in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/126"):
        for address in ipaddress.ip_network(network):
            assert host(str(address)) == str(address)


def dotted(address: ipaddress.IPv6Address) -> str:
    """Spell an address with its last 32 bits as an IPv4 address."""
    groups = address.exploded.split(":")[:6]
    return ":".join([*groups, str(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))])


GROUPS = st.lists(st.sampled_from([0, 0, 0, 1, 0xDB8, 0xFFFF]), min_size=8, max_size=8)


@given(
    address=st.ip_addresses(v=6)
    | GROUPS.map(lambda groups: ipaddress.IPv6Address(":".join(map("{:x}".format, groups)))),
    spelled=st.sampled_from([str, lambda address: address.exploded.upper(), dotted]),
)
def test_ipv6_is_written_as_the_standard_library_does(address, spelled):
    assert host(spelled(address)) == str(address.ipv4_mapped or address)
