"""The files of each format, read again by somebody else's reader, whatever names hold."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import uuid
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pandas as pd
import pymisp
import pytest
import stix2
import stix2validator

from cohabit.errors import UsageError
from cohabit.notices.intelmq import event as intelmq_event
from cohabit.notices.intelmq import intelmq_file
from cohabit.notices.letter import letter_file
from cohabit.notices.libraries import library
from cohabit.notices.misp import misp_file
from cohabit.notices.notify import COLUMNS as INDEX_COLUMNS
from cohabit.notices.record import occurring
from cohabit.notices.stix import stix_file
from cohabit.notices.table import COLUMNS, table_file
from cohabit.notices.tlp import parse_tlp
from cohabit.queries.endpoints import Endpoint
from cohabit.text import visible
from tests.notices.samples import BARE, COMMON, ENDPOINTS, HOSTILE, PLAIN, notice

SIMULATED = replace(COMMON, simulated=True)
# What every scan report of Shadowserver begins with, in this order, of what is known here.
SHADOWSERVER = ["timestamp", "severity", "ip", "protocol", "port", "hostname", "tag", "asn", "geo", "city", "sector"]

# Names of the event keys of IntelMQ 3.5, but those of destinations.
INTELMQ = """
classification.identifier classification.taxonomy classification.type comment constituency event_description.target
event_description.text event_description.url event_hash extra feed.accuracy feed.code feed.documentation feed.name
feed.provider feed.url malware.hash.md5 malware.hash.sha1 malware.hash.sha256 malware.name malware.version
misp.attribute_uuid misp.event_uuid output product.full_name product.name product.vendor product.version
product.vulnerabilities protocol.application protocol.transport raw rtir_id screenshot_url severity
source.abuse_contact source.account source.allocated source.as_name source.asn source.domain_suffix source.fqdn
source.geolocation.cc source.geolocation.city source.geolocation.country source.geolocation.cymru_cc
source.geolocation.geoip_cc source.geolocation.latitude source.geolocation.longitude source.geolocation.region
source.geolocation.state source.ip source.local_hostname source.local_ip source.network source.port source.registry
source.reverse_dns source.tor_node source.url source.urlpath status time.observation time.source tlp
"""


def in_csv(text: str) -> str:
    """A text as CSV files show it, said again: nothing hidden, and no formula."""
    shown = visible(text)
    return f"'{shown}" if shown[:1] in ("=", "+", "-", "@") else shown


def test_csv_is_read_alike_by_three_readers(tmp_path: Path) -> None:
    content = table_file(notice(), COMMON)
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    rows = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
    assert [c for c in COLUMNS if c in SHADOWSERVER] == SHADOWSERVER
    assert len(rows) == len(ENDPOINTS)
    by_pandas = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert list(by_pandas.columns) == list(COLUMNS)
    assert by_pandas.to_dict("records") == rows
    table = duckdb.read_csv(str(path), header=True, all_varchar=True, delimiter=",", quotechar='"')
    assert [dict(zip(COLUMNS, (v or "" for v in row), strict=True)) for row in table.fetchall()] == rows
    for row, e in zip(rows, ENDPOINTS, strict=True):
        address = re.fullmatch(r"[0-9a-f.:]+", e.host) is not None
        assert (row["ip"], row["hostname"]) == ((e.host, "") if address else ("", e.host))
        assert row["as_name"] == in_csv(e.provider or "")
        assert row["models"] == "; ".join(map(in_csv, e.models))
        assert row["software"] == in_csv(e.software or "")
        assert (row["port"], row["asn"], row["protocol"]) == (str(e.port), str(e.asn or ""), "tcp")
        assert (row["timestamp"], row["last_seen"]) == ("2025-03-05 08:00:00", "2025-03-05T08:00:00Z")
        assert not [value for value in row.values() if value.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_severity_is_the_worst_of_what_is_known() -> None:
    def severity(e: Endpoint) -> str:
        return e.worry.severity

    fixed = replace(PLAIN, version="99.0.0")
    assert severity(fixed) == "high"  # it can call tools
    assert severity(replace(fixed, capabilities=())) == "medium"  # anybody gets the list
    assert severity(replace(fixed, capabilities=(), listed=False)) == "low"
    # CVE-2026-7482, critical, is in every version of Ollama before 0.17.1; a build without a number tells nothing.
    assert severity(replace(PLAIN, version="0.17.0")) == "critical"
    # The bundled list: CVE-2026-7482 is of all versions before 0.17.1, the others of much older ones.
    assert replace(PLAIN, version="0.17.0").worry.advisories == ("CVE-2026-7482",)
    assert replace(PLAIN, version="0.17.1").worry.advisories == ()
    assert severity(replace(PLAIN, version="0.0.0")) == "high"
    assert severity(replace(PLAIN, software="other", version="0.17.0")) == "high"


def test_intelmq_keys_and_types() -> None:
    content = intelmq_file(notice(contact="Abuse@Example.net"), COMMON)
    assert content.isascii()
    events = [json.loads(line) for line in content.splitlines()]
    assert len(events) == len(ENDPOINTS)
    for found, e in zip(events, ENDPOINTS, strict=True):
        for key, value in found.items():
            assert key in INTELMQ.split() or key.startswith("extra."), key
            assert re.fullmatch(r"[a-z_][a-z_0-9]+(\.[a-z_0-9]+)*", key)
            assert value not in (None, "", "-", "N/A", [])
        assert found["classification.taxonomy"] == "vulnerable"
        assert found["classification.type"] == "potentially-unwanted-accessible"
        assert found["source.port"] == e.port
        assert found["time.source"] == "2025-03-05T08:00:00+00:00"
        assert found["source.abuse_contact"] == "abuse@example.net"
        assert found.get("extra.models", []) == list(e.models)
        assert sum(key in found for key in ("source.ip", "source.fqdn", "source.local_hostname")) == 1
    first = events[0]
    assert (first["source.ip"], first["source.asn"], first["source.geolocation.cc"]) == ("192.0.2.7", 64496, "DE")
    assert (first["product.name"], first["product.version"], first["severity"]) == ("ollama", "0.5.7", "critical")
    assert "source.asn" not in events[2]  # a number that is reserved
    assert events[3]["source.fqdn"] == "gpu-1.example.net"
    assert events[4]["source.local_hostname"] == "under_score.example.net"
    assert "source.abuse_contact" not in intelmq_event(PLAIN, notice(), COMMON)
    assert intelmq_event(PLAIN, notice(), SIMULATED)["classification.type"] == "test"


def test_stix_is_valid_and_comes_back(tmp_path: Path) -> None:
    content = stix_file(notice(), COMMON)
    assert content == stix_file(notice(), COMMON)
    assert content.isascii()
    bundle = stix2.parse(content.decode(), allow_custom=False)
    of_type: dict[str, list[Any]] = {}
    for one in bundle.objects:
        of_type.setdefault(one.type, []).append(one)
    assert len({one.id for one in bundle.objects}) == len(bundle.objects)
    own_ids = [one.id for one in bundle.objects if one.type != "marking-definition"]
    assert {uuid.UUID(one.partition("--")[2]).version for one in own_ids} == {5}
    (grouping,) = of_type["grouping"]
    (author,), (marking,) = of_type["identity"], of_type["marking-definition"]
    assert set(grouping.object_refs) == {o.id for o in bundle.objects} - {grouping.id, author.id, marking.id}
    assert len(of_type["observed-data"]) == len(of_type["note"]) == len(ENDPOINTS)
    # Of the endpoints only Ollama 0.5.7 falls under an advisory, and under one (the others end at 0.3.14, or begin at
    # 0.11.5-rc0).
    ((weak,), (link,)) = of_type["vulnerability"], of_type["relationship"]
    (reference,) = weak.external_references
    assert (weak.name, reference.source_name, reference.external_id) == ("CVE-2026-7482", "cve", "CVE-2026-7482")
    assert weak.description.startswith("ollama <0.17.1; critical: A crafted GGUF file")
    assert weak.description.endswith(" (https://www.cve.org/CVERecord?id=CVE-2026-7482)")
    assert (link.relationship_type, link.target_ref) == ("related-to", weak.id)
    (affected,) = (one for one in of_type["software"] if one.id == link.source_ref)
    assert (affected.name, affected.version) == ("ollama", "0.5.7")
    known = {one.id: one for one in bundle.objects}
    for observed, e in zip(of_type["observed-data"], ENDPOINTS, strict=True):
        own = {known[ref].type: known[ref] for ref in observed.object_refs}
        if "url" in own:
            assert own["url"].value == f"http://{e.host}:{e.port}/"
            assert e.host in ("under_score.example.net", "localhost")
        else:
            address = next(own[kind] for kind in ("ipv4-addr", "ipv6-addr", "domain-name") if kind in own)
            assert (address.value, own["network-traffic"].dst_port) == (e.host, e.port)
            assert own["network-traffic"].dst_ref == address.id
        assert (own["autonomous-system"].number if "autonomous-system" in own else None) == e.asn
        assert (own["software"].name if "software" in own else None) == e.software
        assert observed.last_observed.isoformat() == "2025-03-05T08:00:00+00:00"
    # What its checker only advises against: UUIDs that are not random, and traffic without a port on the far side.
    options = stix2validator.ValidationOptions(version="2.1", disabled=["103", "301"])
    done = stix2validator.validate_string(content.decode(), options)
    assert done.is_valid, done.as_dict()
    assert not done.warnings
    assert "simulated" not in content.decode()
    assert stix2.parse(stix_file(notice(PLAIN), SIMULATED).decode()).objects[2].labels == ["simulated"]


def test_misp_comes_back_and_blocks_nobody(tmp_path: Path) -> None:
    content = misp_file(notice(), COMMON)
    assert content == misp_file(notice(), COMMON)
    assert content.isascii()
    path = tmp_path / "event.json"
    path.write_bytes(content)
    found = pymisp.MISPEvent()
    found.load_file(path)
    assert found.info == "Open AI model servers: AS64496"
    assert (found.date.isoformat(), found.distribution, found.published) == ("2025-03-09", 0, False)
    assert [tag.name for tag in found.tags] == ["cohabit", "tlp:amber"]
    # The first three run a version with an advisory: a critical one, so the threat level is MISP's highest.
    assert found.threat_level_id == 1
    *things, weak = found.objects
    assert len(things) == len(ENDPOINTS)
    about = {a.object_relation: a.value for a in weak.attributes}
    assert (weak.name, about["id"]) == ("vulnerability", "CVE-2026-7482")
    assert about["references"] == "https://www.cve.org/CVERecord?id=CVE-2026-7482"
    assert about["summary"].startswith("ollama <0.17.1; critical: A crafted GGUF file")
    assert [a.type for a in weak.attributes if a.object_relation == "id"] == ["vulnerability"]
    links = [[(r.relationship_type, r.referenced_uuid) for r in o.ObjectReference] for o in things]
    assert links == [[("affected-by", weak.uuid)]] * 3 + [[]] * (len(ENDPOINTS) - 3)
    ids = [found.uuid, *(o.uuid for o in found.objects), *(a.uuid for o in found.objects for a in o.attributes)]
    ids += [r.uuid for o in found.objects for r in o.ObjectReference]
    assert len(set(ids)) == len(ids)
    assert {uuid.UUID(one).version for one in ids} == {5}
    for thing, e in zip(things, ENDPOINTS, strict=True):
        assert thing.name == "ip-port"
        assert not any(a.to_ids for a in thing.attributes)
        own = {a.object_relation: a.value for a in thing.attributes}
        assert own.get("ip-dst", own.get("hostname")) == e.host
        assert own["dst-port"] == str(e.port)
        assert own.get("AS") == (None if e.asn is None else str(e.asn))
        assert all(model in own["text"] for model in e.models)
    tags = json.loads(misp_file(notice(BARE), SIMULATED))["Event"]["Tag"]
    assert [tag["name"] for tag in tags] == ["cohabit", "tlp:amber", "simulated"]


def test_identifiers_tell_contents_apart() -> None:
    ids: Counter[str] = Counter()
    newer = replace(COMMON, newest="2025-03-16T10:00:00Z")
    authors = set()
    for e, common in (
        (PLAIN, COMMON),
        (replace(PLAIN, models=("llama3.2:3b",)), COMMON),
        (replace(PLAIN, last_seen="2025-03-06T08:00:00Z"), COMMON),
        (PLAIN, newer),
    ):
        author, _, grouping, observed, *_ = stix2.parse(stix_file(notice(e), common).decode()).objects
        event = json.loads(misp_file(notice(e), common))["Event"]
        authors.add(author.serialize())
        ids.update([grouping.id, observed.id, event["uuid"], event["Object"][0]["uuid"]])
    assert set(ids.values()) == {1}
    assert len(ids) == 16
    # What is in all bundles is the same in all of them.
    assert len(authors) == 1


def test_the_letter_is_filled_from_the_index() -> None:
    text = letter_file("contact", COMMON).decode()
    row = dict.fromkeys(INDEX_COLUMNS, "?") | {"recipient": HOSTILE[0], "hosts": "7", "file": "x.csv"}
    filled = text.format(**row)
    assert f"To: {HOSTILE[0]}\n" in filled
    assert "found 7 host(s) in networks or prefixes for which you are the contact.\n" in filled
    assert "is of\n2025-03-09T10:00:00Z" in filled
    assert "SIMULATED" not in filled
    assert letter_file("network", SIMULATED).decode().startswith("SIMULATED DATA")
    for word in ("carrier", "customers", "OLLAMA_HOST"):
        assert word in text
    assert max(map(len, text.splitlines())) <= 120


def test_the_letter_explains_the_advisories_that_occur_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    old, fixed = replace(PLAIN, version="0.3.14"), replace(PLAIN, version="99.0.0")
    found = occurring([PLAIN, old, old, fixed, BARE])
    assert [a.id for a in found] == list(old.worry.advisories)
    assert {"CVE-2026-7482"} < {a.id for a in found}
    assert occurring([fixed, BARE]) == []
    assert occurring([replace(PLAIN, software="vllm", version="0.17.0")]) == []
    hostile = msgspec.structs.replace(found[0], summary="{recipient} " * 30)
    monkeypatch.setattr("cohabit.notices.letter.occurring", lambda _: [hostile, *found[1:]])
    text = letter_file("network", COMMON, [old]).decode()
    assert max(map(len, text.splitlines())) <= 120
    filled = text.format(**dict.fromkeys(INDEX_COLUMNS, "?"))
    assert f" * {found[0].id} (critical): ollama <0.17.1. {{recipient}} {{recipient}}" in filled
    # 0.3.14 is out of the last of the ranges from 0.17.1 on.
    assert " * Versions that none of our advisories is about: ollama 0.17.1 (each line says its own).\n" in filled
    assert "\n    The least version to update to is what its line says as «fixed in».\n 4. " in filled
    said = " ".join(filled.split())
    for advisory in found[1:]:
        assert said.count(f"{advisory.id} ({advisory.severity}): ") == 1
        assert f"{' or '.join(advisory.affected)}. {advisory.summary}. {advisory.source}" in said
    monkeypatch.undo()
    for rows in ([], [fixed]):
        text = letter_file("network", COMMON, rows).decode()
        assert "Advisories that lines name" not in text
        assert "fixed in" not in text


# TLP 2.0 by FIRST; the marking definitions of STIX 2.1 as OASIS published them; the words that IntelMQ takes.
TLP = [
    ("clear", "94868c89-83c2-464b-929b-a1a8aa3c8487", "WHITE", "customers who use"),
    ("green", "bab4a63c-aed9-4cf5-a766-dfca5abac2bb", "GREEN", "customers who use"),
    ("amber", "55d920b0-5e8b-4f79-9ee9-91f868d9b421", "AMBER", "customers who use"),
    ("amber+strict", "939a9414-2ddd-4d32-a0cd-375ea402b003", "AMBER", "do not hand the lines on"),
    ("red", "e828b379-4e03-4974-9ac4-e53a884c97c1", "RED", "do not hand the lines on"),
]


@pytest.mark.parametrize(("name", "marking", "intelmq", "hand_on"), TLP)
def test_every_format_says_with_whom_it_may_be_shared(name: str, marking: str, intelmq: str, hand_on: str) -> None:
    label = f"TLP:{name.upper()}"
    common = replace(COMMON, tlp=parse_tlp(label))
    assert parse_tlp(f" {name.title()} ") == common.tlp
    (row,) = csv.DictReader(io.StringIO(table_file(notice(PLAIN), common).decode()))
    assert row["tlp"] == label
    found = intelmq_event(PLAIN, notice(), common)
    assert (found["tlp"], found["extra.tlp"]) == (intelmq, label)
    tags = json.loads(misp_file(notice(PLAIN), common))["Event"]["Tag"]
    assert f"tlp:{name}" in [tag["name"] for tag in tags]
    letter = letter_file("network", common).decode()
    assert f"Subject: [{label}] " in letter
    assert f"\n{label}, that is: for " in letter or name == "clear"
    assert hand_on in letter
    content = stix_file(notice(PLAIN), common).decode()
    author, definition, *others = json.loads(content)["objects"]
    assert definition == {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": f"marking-definition--{marking}",
        "created": "2022-10-01T00:00:00.000Z",
        "name": label,
        "extensions": {
            "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d": {
                "extension_type": "property-extension",
                "tlp_2_0": name,
            }
        },
    }
    assert "object_marking_refs" not in author
    public = [one for one in others if one["type"] == "vulnerability"]
    assert len(public) == 1
    assert "object_marking_refs" not in public[0]
    assert [one["object_marking_refs"] for one in others if one not in public] == [[definition["id"]]] * 8
    options = stix2validator.ValidationOptions(version="2.1", disabled=["103", "301"])
    done = stix2validator.validate_string(content, options)
    assert done.is_valid, done.as_dict()
    assert not done.warnings
    assert stix2.parse(content, allow_custom=False).objects[1].name == label


def test_what_is_no_level_of_tlp() -> None:
    assert COMMON.tlp.name == "amber"
    for text in ("white", "amber strict", "", "tlp"):
        with pytest.raises(UsageError, match=r"--tlp '.*': .*hoose from clear, green, amber, amber\+strict, red"):
            parse_tlp(text)
    with pytest.raises(UsageError, match=r"--tlp 'amber strict': did you mean amber\+strict\? Choose from"):
        parse_tlp("amber strict")


def test_labels_of_own_assets_are_in_every_format() -> None:
    labels = (*HOSTILE[:3], "Bonn lab", "Bonn")
    common = replace(COMMON, labels={PLAIN.host: labels})
    of_hosts = [row["labels"] for row in csv.DictReader(io.StringIO(table_file(notice(PLAIN, BARE), common).decode()))]
    assert of_hosts == ["; ".join(map(in_csv, labels)), ""]
    assert intelmq_event(PLAIN, notice(), common)["extra.labels"] == list(labels)
    assert "extra.labels" not in intelmq_event(BARE, notice(), common)
    for changed, before in ((common, []), (replace(common, simulated=True), ["simulated"])):
        objects = json.loads(stix_file(notice(PLAIN, BARE), changed))["objects"]
        own, other = (one for one in objects if one["type"] == "observed-data")
        assert own["labels"] == [*before, *labels]
        assert other.get("labels", []) == before
        assert [f"labels: {', '.join(labels)}" in one["content"] for one in objects if one["type"] == "note"] == [1, 0]
    (attribute,) = (
        a["value"]
        for a in json.loads(misp_file(notice(PLAIN), common))["Event"]["Object"][0]["Attribute"]
        if a["object_relation"] == "text"
    )
    assert f"labels: {', '.join(labels)}" in attribute
    assert "if anything: {labels}\n" in letter_file("network", common).decode()
    assert "{labels}" not in letter_file("network", COMMON).decode()


@pytest.mark.parametrize(("form", "name"), [("stix", "stix2"), ("misp", "pymisp")])
def test_a_library_that_is_missing(form: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UsageError, match=rf"--as {form} needs the library {name}: \S+ -m pip install {name}"):
        library(form)


@pytest.mark.parametrize(
    ("software", "version", "expected"),
    [
        # By the bundled ranges: all versions of Ollama before 0.17.1 are in one.
        ("ollama", "0.1.20", "0.17.1"),
        ("ollama", "0.17.0", "0.17.1"),
        ("ollama", "0.17.1-rc1", "0.17.1"),
        ("ollama", "0.17.1", None),
        # 0.8.5 and 0.9.0 end what 0.8.2 falls under, but 0.9.0 is within >=0.8.3, <0.14.1.
        ("vllm", "0.8.2", "0.14.1"),
        ("vllm", "0.14.0", "0.14.1"),
        # 1.34.42 ends the older range, and the newer one begins behind it.
        ("litellm", "1.30.0", "1.34.42"),
        ("litellm", "1.83.0", "1.83.7"),
        ("open-webui", "0.6.0", "0.9.5"),
        ("other", "0.1.20", None),
        ("ollama", "0.0.0", None),
    ],
)
def test_every_row_says_which_version_ends_it(software: str, version: str, expected: str | None) -> None:
    e = replace(PLAIN, software=software, version=version)
    (row,) = csv.DictReader(io.StringIO(table_file(notice(e), COMMON).decode()))
    assert row["fixed_in"] == (expected or "")
    assert intelmq_event(e, notice(), COMMON).get("extra.fixed_in") == expected
    said = f"\nfixed in: {expected}\n"
    (note,) = (one for one in json.loads(stix_file(notice(e), COMMON))["objects"] if one["type"] == "note")
    assert (said in note["content"]) is (expected is not None)
    event = json.loads(misp_file(notice(e), COMMON))["Event"]
    (text,) = (a["value"] for o in event["Object"] for a in o["Attribute"] if a["object_relation"] == "text")
    assert (said in text) is (expected is not None)


@pytest.mark.parametrize(("severity", "level"), [("critical", 1), ("high", 1), ("medium", 2), ("low", 3)])
def test_the_threat_level_is_that_of_the_worst_endpoint(severity: str, level: int) -> None:
    clean = replace(PLAIN, version="99.0.0")
    worst = {
        "critical": PLAIN,
        "high": clean,
        "medium": replace(clean, capabilities=()),
        "low": replace(clean, capabilities=(), listed=False),
    }
    rows = [e for name, e in worst.items() if list(worst).index(name) >= list(worst).index(severity)]
    assert rows[0].worry.severity == severity
    assert json.loads(misp_file(notice(*reversed(rows)), COMMON))["Event"]["threat_level_id"] == str(level)


def test_who_sends_it_is_in_every_format_that_has_a_place_for_it() -> None:
    name = "CERT {recipient} <b>"
    common = replace(COMMON, author=name)
    bundle = stix2.parse(stix_file(notice(PLAIN), common).decode())
    author = bundle.objects[0]
    assert (author.type, author.name, author.identity_class) == ("identity", name, "organization")
    made = [one for one in bundle.objects if "created_by_ref" in one]
    assert {one.created_by_ref for one in made} == {author.id}
    assert {one.type for one in made} == {"grouping", "note", "observed-data", "relationship", "vulnerability"}
    done = stix2validator.validate_string(
        bundle.serialize(), stix2validator.ValidationOptions(version="2.1", disabled=["103", "301"])
    )
    assert done.is_valid, done.as_dict()
    assert not done.warnings
    event = json.loads(misp_file(notice(PLAIN), common))["Event"]
    assert event["Orgc"] == {"name": name}
    loaded = pymisp.MISPEvent()
    loaded.from_dict(**event)
    assert loaded.Orgc.name == name
    found = intelmq_event(PLAIN, notice(), common)
    assert (found["feed.name"], found["feed.provider"]) == ("cohabit", name)
    letter = letter_file("network", common).decode().format(**dict.fromkeys(INDEX_COLUMNS, "?"))
    assert letter.endswith(f"With kind regards\n{name}\n[HOW TO REACH YOU, YOUR PGP KEY]\n")
    # Nobody said who sends it: the program made it, and the letter has a gap.
    plain = stix2.parse(stix_file(notice(PLAIN), COMMON).decode()).objects[0]
    assert (plain.name, plain.identity_class) == ("cohabit", "system")
    event_of_nobody = json.loads(misp_file(notice(PLAIN), COMMON))["Event"]
    assert "Orgc" not in event_of_nobody
    assert "feed.provider" not in intelmq_event(PLAIN, notice(), COMMON)
    assert "\n[YOUR NAME, YOUR TEAM, " in letter_file("network", COMMON).decode()
    # Objects of other senders are other objects.
    ids = {one["uuid"] for one in (event, *event["Object"])}
    assert not ids & {one["uuid"] for one in (event_of_nobody, *event_of_nobody["Object"])}
    others = {one["id"] for one in json.loads(stix_file(notice(PLAIN), COMMON))["objects"]}
    assert not {one.id for one in made} & others
