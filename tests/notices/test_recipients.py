"""Who gets what: files of contacts, and file names made of names that may hold anything."""

from __future__ import annotations

import ipaddress
import random
from dataclasses import replace
from pathlib import Path

import pytest

from cohabit.errors import DataError
from cohabit.notices.contacts import read_contacts
from cohabit.notices.names import file_stems
from cohabit.notices.recipients import share_out
from tests.notices.samples import HOSTILE, PLAIN

CONTACTS = """\
asn or prefix,recipient
# Everybody else in this network
AS64496,net@example.net
64497 , "Team, the second"

192.0.2.0/24,wide@example.net
192.0.2.128/25,narrow@example.net
192.0.2.200,one@example.net
2001:db8::/32,six@example.net
2001:db8:1::/48,"wide@example.net"
"""


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "contacts.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_the_longest_prefix_wins_and_a_prefix_beats_a_network(tmp_path: Path) -> None:
    for text in (CONTACTS, "\ufeff" + CONTACTS, CONTACTS.replace("\n", "\r\n")):
        contacts = read_contacts(written(tmp_path, text))
        for address, asn, expected in (
            ("192.0.2.1", 64496, "wide@example.net"),
            ("192.0.2.129", None, "narrow@example.net"),
            ("192.0.2.200", 64497, "one@example.net"),
            ("198.51.100.1", 64496, "net@example.net"),
            ("198.51.100.1", 64497, "Team, the second"),
            ("198.51.100.1", 64499, None),
            ("198.51.100.1", None, None),
            ("2001:db8::1", 64496, "six@example.net"),
            ("2001:db8:1::1", None, "wide@example.net"),
            ("2001:db9::1", None, None),
            ("gpu.example.net", 64496, "net@example.net"),
            ("gpu.example.net", None, None),
        ):
            assert contacts.recipient(address, asn) == expected, address


def test_prefixes_against_a_plain_search(tmp_path: Path) -> None:
    rng = random.Random(5)
    prefixes = {
        ipaddress.ip_network((0xC0000200 + rng.randrange(256), rng.randint(20, 32)), strict=False): f"r{i}"
        for i in range(60)
    }
    path = written(tmp_path, "".join(f"{prefix},{who}\n" for prefix, who in prefixes.items()))
    contacts = read_contacts(path)
    for last in range(256):
        address = ipaddress.ip_address(f"192.0.2.{last}")
        inside = [prefix for prefix in prefixes if address in prefix]
        expected = prefixes[max(inside, key=lambda p: p.prefixlen)] if inside else None
        assert contacts.recipient(str(address), None) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("AS64496,a\nAS64497\n", r"contacts\.csv, line 2: 1 column where two are wanted; write AS64496,abuse@"),
        ("AS64496,a,b\n", r"line 1: 3 columns where two are wanted"),
        ("AS64496,\n", r"line 1: there is no recipient"),
        ("AS64496,a\n\n# note\nAS64496,b\n", r"line 4: AS64496 has another recipient in line 1; leave one of the two"),
        ("192.0.2.0/24,a\n192.0.2.0/24,b\n", r"line 2: 192\.0\.2\.0/24 has another recipient in line 1"),
        ("192.0.2.1/24,a\n", r"line 1: 192\.0\.2\.1/24 has bits behind the prefix; write 192\.0\.2\.0/24 if that is"),
        ("192.0.2.0/33,a\n", r"line 1: '192\.0\.2\.0/33' is not a prefix; write it as 192\.0\.2\.0/24"),
        ("ASx,a\n", r"line 1: 'ASx' is neither an AS number nor a prefix"),
        ("\u202eAS1,a\n", r"line 1: '\\\\u202eAS1' is neither"),
        ("AS4294967296,a\n", r"line 1: 'AS4294967296' is neither"),
        (
            "ip,recipient\n192.0.2.7,a\n64496,b\n",
            r"line 3: '64496' is a bare number under 'ip'; write .* or AS64496 if",
        ),
        ("CIDR,email\n64496,a\n", r"line 2: '64496' is a bare number under 'cidr'"),
        ("prefix,country\n192.0.2.0/24,a\n", r"line 1: the second column is called 'country', .* call it `recipient`"),
        ("192.0.2.7,443\n", r"line 1: '443' is a number, and the second column says whom to write to"),
        ("192.0.2.7,AS64496\n", r"line 1: 'AS64496' is an AS number, and the second"),
        ("AS64496,192.0.2.0/24\n", r"line 1: '192\.0\.2\.0/24' is an address or a prefix, and the second"),
        ("AS64496,abuse@\n", r"line 1: 'abuse@' is no whole e-mail address, and the second"),
        ("AS64496,a@example.net b@example.net\n", r"is no whole e-mail address"),
        ("AS64496,-\n", r"line 1: '-' is no name, and the second"),
        ("AS1,Unmatched\n", r"line 1: 'unmatched' is the name of what has no recipient"),
        ('AS1,"a\n', r"line 1: not CSV"),
        ("", r"contacts\.csv: there are no contacts in it; write one a line"),
        ("asn,recipient\n", r"there are no contacts in it"),
        (b"AS1,\xff\n", r"contacts\.csv: this is not UTF-8 text"),
    ],
)
def test_wrong_lines_are_named(tmp_path: Path, text: str | bytes, says: str) -> None:
    with pytest.raises(DataError, match=says) as caught:
        read_contacts(written(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_the_same_line_twice_is_no_contradiction(tmp_path: Path) -> None:
    assert read_contacts(written(tmp_path, "AS1,a\nAS1,a\n")).recipient("192.0.2.1", 1) == "a"
    with pytest.raises(DataError, match=r"nowhere\.csv: the contacts cannot be read: No such file"):
        read_contacts(tmp_path / "nowhere.csv")


def test_file_names_are_safe_everywhere() -> None:
    names = [
        *HOSTILE,
        "Abuse@Example.net",
        "abuse@example.net",
        "AS1",
        "as1",
        "as2",
        "nul.txt",
        "COM1",
        "",
        ".",
        "..",
        "名",
    ]
    names += ["index", "y" * 60, "y" * 61, "ünïcode", "é", "é", "acme."]
    names = list(dict.fromkeys(names))
    stems = file_stems(names, ["index", "letter"])
    assert len({stem.casefold() for stem in stems}) == len(names)
    for stem in stems:
        assert stem.isascii()
        assert stem == stem.lower()
        assert 0 < len(stem) <= 80
        assert not set(stem) - set("abcdefghijklmnopqrstuvwxyz0123456789._@-")
        assert stem[0] not in ".-"
        assert stem[-1] not in ".-"
        assert stem.partition(".")[0] not in ("con", "nul", "com1", "index", "letter")
    of = dict(zip(names, stems, strict=True))
    assert (of["as2"], of["y" * 60]) == ("as2", "y" * 60)
    assert of["AS1"].startswith("as1-")
    assert of["as1"].startswith("as1-")
    # Whatever the order, a recipient's name stays.
    turned = names[::-1]
    assert dict(zip(turned, file_stems(turned, ["index", "letter"]), strict=True)) == of


def test_a_name_that_holds_the_hash_of_another() -> None:
    first, second = file_stems(["A", "a"])
    stems = file_stems(["A", "a", first])
    assert len(set(stems)) == 3
    assert stems[1] == second


def test_every_endpoint_goes_to_one_recipient(tmp_path: Path) -> None:
    contacts = read_contacts(written(tmp_path, CONTACTS))
    endpoints = [
        replace(PLAIN, host=host, asn=asn, provider=provider)
        for host, asn, provider in (
            ("192.0.2.1", 64496, "unknown"),
            ("192.0.2.2", 64496, None),
            ("198.51.100.1", 64497, "Unmatched"),
            ("198.51.100.2", None, None),
        )
    ]
    for by, expected in (
        ("network", [("AS64496", "as64496", 2), ("AS64497", "as64497", 1), (None, "unknown", 1)]),
        # An organisation of that name is not the file of those whose organisation nobody knows.
        ("provider", [("Unmatched", "unmatched", 1), ("unknown", "unknown-b23a6a84", 1), (None, "unknown", 2)]),
        (
            "contact",
            [
                ("wide@example.net", "wide@example.net", 2),
                ("Team, the second", "team-the-second", 1),
                (None, "unmatched", 1),
            ],
        ),
    ):
        found = share_out(endpoints, by, contacts, [])
        assert [(n.recipient, n.stem, n.hosts) for n in found] == expected
        assert sorted(e.host for n in found for e in n.endpoints) == sorted(e.host for e in endpoints)


def test_whom_one_can_write_to(tmp_path: Path) -> None:
    for who in ("abuse@example.net", "Abuse desk <abuse@example.net>", "BT", "1&1", "名", "team 7"):
        contacts = read_contacts(written(tmp_path, f'ip,Contact\n192.0.2.7,"{who}"\nAS64496,"{who}"\n'))
        assert contacts.recipient("192.0.2.7", None) == contacts.recipient("198.51.100.1", 64496) == who
    # Without headings, and under `asn`, a bare number is an AS number.
    for heading in ("", "asn,recipient\n"):
        assert read_contacts(written(tmp_path, f"{heading}64496,a\n")).recipient("192.0.2.7", 64496) == "a"
