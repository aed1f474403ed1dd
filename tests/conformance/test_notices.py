"""Endpoints, notices and follow-ups on every store: the large population by plain loops, and planted removals."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pytest

import cohabit
from cohabit.errors import DataError, UsageError
from cohabit.notices.folder import read_record
from cohabit.queries.endpoints import endpoints
from cohabit.queries.scope import Scope
from cohabit.session import Graph
from tests.conformance.conftest import Place
from tests.conformance.plain import Plain
from tests.conformance.population import Record
from tests.conformance.test_queries import ADVISORIES, FIXED_IN, SEVERITIES, inside, scoped_lists, seen_last


def plain_rows(plain: Plain, lists: dict[str, set[str]], wanted: Any = None) -> list[dict[str, Any]]:
    """One row a host and port, by loops over dictionaries; `wanted` chooses models, by host."""
    rows = []
    for address, listed in lists.items():
        h = plain.hosts[address]
        models = sorted(m for m in listed if wanted is None or wanted(address, m))
        for port in h["ports"]:
            runs = {name: run for (name, at), run in h["runs"].items() if at == port}
            newest, version = seen_last(h, port)
            able = {c for m in models for c in plain.edges[address, m]["capabilities"] or plain.capabilities[m] or ()}
            known = ADVISORIES.get((newest, version), {})  # type: ignore[call-overload]
            severities = ["low", *known.values(), *(["medium"] if h["listed_weeks"] else [])]
            severities += ["high"] if "tools" in able else []
            # Of a host with one port, every observation is of the port.
            of_port = bool(runs) or len(h["ports"]) == 1
            times = list(runs.values()) if runs and len(h["ports"]) > 1 else [h]
            rows.append(
                {
                    "host": address,
                    "port": port,
                    "country": h["country"],
                    "asn": h["asn"],
                    "as_name": plain.provider(h["asn"]),
                    "provider": plain.provider(h["asn"]),
                    "software": newest,
                    "version": version,
                    "models": models,
                    "digests": sorted({d for m in models for d in plain.edges[address, m]["digests"] or ()}),
                    "capabilities": sorted(able),
                    "first_seen": min(t["first_seen"] for t in times),
                    "last_seen": max(t["last_seen"] for t in times),
                    "seen_on": "port" if of_port else "host",
                    "severity": min(severities, key=SEVERITIES.index),
                    "advisories": list(known),
                    "fixed_in": FIXED_IN[newest] if newest and known else None,
                }
            )
    return sorted(rows, key=lambda r: (r["host"], r["port"]))


def without_decoys(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if k != "decoy_group"} for row in rows]


def test_endpoints_and_notices(place: Place, records: list[Record], plain: Plain, tmp_path: Path) -> None:
    place.load(records)
    with cohabit.open(place.data, place.uri, show_addresses=True) as graph:
        # Filters are tested with other questions; here a few of each kind, those of time at the end.
        for scope, lists in [*scoped_lists(plain)[:20:5], *scoped_lists(plain)[-8::2]]:
            found = endpoints(graph.store, graph.masker, scope=scope)
            assert without_decoys(found.rows) == plain_rows(plain, lists), scope
        everything = plain.lists(plain.hosts)
        decoys = {r["host"] for r in endpoints(graph.store, graph.masker).rows if r["decoy_group"]}
        assert decoys == set(plain.decoys)
        family = {a: m for a, m in everything.items() if any(plain.family[x] == "qwen2" for x in m)}
        asked = graph.ask("endpoints", family=["QWEN2"])
        assert without_decoys(asked.rows) == plain_rows(plain, family, lambda a, m: plain.family[m] == "qwen2")
        digest = "a" * 64
        holders = {
            a: m for a, m in everything.items() if any(digest in (plain.edges[a, x]["digests"] or ()) for x in m)
        }
        asked = graph.ask("endpoints", digest=[f"sha256:{digest}"], model=["mistral"])
        both = {a: m for a, m in holders.items() if "mistral:latest" in m}
        assert both
        assert without_decoys(asked.rows) == plain_rows(
            plain, both, lambda a, m: m == "mistral:latest" or digest in (plain.edges[a, m]["digests"] or ())
        )
        check_notices(graph, plain, tmp_path)


def check_notices(graph: Graph, plain: Plain, folder: Path) -> None:
    """The rows of all files are the endpoints, each once, with the right recipient; and the same bytes twice."""
    (folder / "contacts.csv").write_text("AS64497,second\n198.51.100.0/25,half\n2001:db8::/32,six\n", "utf-8")

    def contact(row: dict[str, Any]) -> str:
        if inside(row["host"], "198.51.100.0/25"):
            return "half"
        if inside(row["host"], "2001:db8::/32"):
            return "six"
        return "second" if row["asn"] == 64497 else "unmatched"

    rules: dict[str, Any] = {
        "network": lambda r: "unknown" if r["asn"] is None else f"AS{r['asn']}",
        "provider": lambda r: r["provider"] or "unknown",
        "contact": contact,
    }
    expected = plain_rows(plain, plain.lists(plain.hosts))
    for by, rule in rules.items():
        contacts = folder / "contacts.csv" if by == "contact" else None
        index = graph.notify(folder / by, by=by, contacts=contacts).to_dict("records")
        read = {
            r["file"]: list(csv.DictReader(io.StringIO((folder / by / r["file"]).read_text("utf-8")))) for r in index
        }
        got = [
            (r["recipient"], row["ip"] or row["hostname"], int(row["port"])) for r in index for row in read[r["file"]]
        ]
        assert sorted(got) == sorted((rule(row), row["host"], row["port"]) for row in expected)
        for r in index:
            own = [row for row in expected if rule(row) == r["recipient"]]
            assert (r["rows"], r["hosts"]) == (len(own), len({row["host"] for row in own}))
            assert r["asn"] == sorted({row["asn"] for row in own} - {None})
        again = graph.notify(folder / f"{by}-again", by=by, contacts=contacts)
        assert again.to_dict("records") == index
        names = sorted(path.name for path in (folder / by).iterdir())
        assert names == sorted([*read, "index.csv", "letter.txt", "notified.json"])
        assert all((folder / by / n).read_bytes() == (folder / f"{by}-again" / n).read_bytes() for n in names)
    # A host whose files were just written has not been scanned since.
    total = graph.followup(folder / "network").to_dict("records")[0]
    assert total["notified"] == len(plain.hosts)
    assert total["still_open"] == total["changed"] == 0


STATES = ("still_open", "changed", "without_list", "gone", "gone_before", "not_rescanned")
MONDAY = date(2025, 3, 3)
NOTICE = 6  # the week of the notices; weeks count from 1
LLAMA, QWEN = ("llama3.2:3b", "a" * 64), ("qwen2.5:7b", "b" * 64)
A, B = 64496, 64497

# Kind of fate → network, weeks in which a host is seen, what it lists up to the week of the notices, and after it.
Models = list[tuple[str, str]]
FATES: list[tuple[str, int, list[int], Models, Models | None]] = [
    *[("open", A, list(range(1, 15)), [LLAMA, QWEN], [QWEN, LLAMA])] * 5,
    ("open", B, [6, 14], [LLAMA], [LLAMA]),
    ("changed", A, list(range(2, 15)), [LLAMA], [LLAMA, QWEN]),
    ("changed", A, list(range(2, 15)), [LLAMA, QWEN], [QWEN]),
    ("changed", B, list(range(2, 15)), [LLAMA], [("llama3.2:3b", "c" * 64)]),
    ("changed", B, list(range(2, 15)), [LLAMA], []),
    # Removed after the notices: last seen in weeks 6, 6, 7, 9, 10; week 10 is followed by four weeks with a scan.
    ("gone", A, [2, 4, 6], [LLAMA], None),
    ("gone", A, [6], [LLAMA], None),
    ("gone", A, [5, 6, 7], [LLAMA], [LLAMA]),
    ("gone", B, [6, 8, 9], [LLAMA], [QWEN]),
    ("gone", B, [3, 6, 10], [LLAMA], [LLAMA]),
    # Not seen in the week of the notices; nobody knows whether the notice found it.
    ("gone", B, [4, 5], [LLAMA], None),
    # Away in the week of the notices, and seen again: nothing is known of them from it to then.
    ("gone", A, [5, 8], [LLAMA], [LLAMA]),
    *[("open", A, [4, 9, 14], [LLAMA], [LLAMA])] * 6,
    # Unseen in weeks 2 to 6, before anybody was told.
    ("gone_before", A, [1], [LLAMA], None),
    # Seen later, without a list.
    ("without_list", B, [5, 6, 13], [LLAMA], None),
    # Never showed a list, and still answers.
    ("open", B, [6, 12], [], None),
]


def planted(weeks: range) -> list[Record]:
    found = []
    for i, (kind, asn, seen, before, after) in enumerate(FATES):
        for week in (w for w in seen if w in weeks):
            models: Any = before if week <= NOTICE else after
            if kind == "open" and not before:
                models = None
            found.append(
                {
                    "ip": f"192.0.2.{i}",
                    "port": 11434,
                    "timestamp": f"{MONDAY + timedelta(weeks=week - 1)}T12:00:00Z",
                    "asn": asn,
                    "software": "ollama",
                    "version": "0.6.2",
                    "models": None if models is None else [{"name": n, "digest": d} for n, d in models],
                }
            )
    return found


def median_by_hand(lives: list[tuple[int, int, bool]]) -> int | None:
    """First age at which half are gone: (entry, exit, ended) in weeks; the product of what survives, week by week."""
    survival = 1.0
    for age in sorted({exit_ for _, exit_, ended in lives if ended}):
        at_risk = sum(entry < age <= exit_ for entry, exit_, _ in lives)
        survival *= 1 - sum(exit_ == age and ended for _, exit_, ended in lives) / at_risk
        if survival <= 0.5:
            return 7 * age
    return None


def expected_lives(asn: int | None) -> list[tuple[int, int, bool]]:
    """Lives since the notices, by hand: weeks 11 to 14 are too recent to tell who stays, so 10 is the last known."""
    lives = []
    for _, own, seen, _, _ in FATES:
        since = [w for w in seen if w >= NOTICE]
        if asn in (None, own) and since and since[0] <= 10:
            lives.append((since[0] - NOTICE, min(since[-1], 10) - NOTICE + 1, since[-1] <= 10))
    return lives


def test_what_became_of_planted_removals(place: Place, tmp_path: Path) -> None:
    place.load(planted(range(1, NOTICE + 1)), "first.ndjson")
    with cohabit.open(place.data, place.uri, show_addresses=True) as graph:
        graph.notify(tmp_path / "all")
        graph.notify(tmp_path / "qwen", model="qwen2.5:7b", form="intelmq")
        nothing = graph.ask("followup", tmp_path / "all")
        assert nothing.rows[0]["not_rescanned"] == len(FATES) - 1
        assert nothing.rows[0]["gone_before"] == 1
        assert str(nothing.headline).startswith("No scan is of a later week than the notices (2025-W15)")

    # Three weeks later nobody can be gone: that the host of weeks 4 and 5 was missed in week 6 does not count.
    place.load(planted(range(NOTICE + 1, 10)), "second.ndjson")
    with cohabit.open(place.data, place.uri) as graph:
        answer = graph.ask("followup", tmp_path / "all")
        early = answer.rows[0]
        assert answer.caveats[0].startswith("3 weeks with a scan since the notices")
        assert answer.caveats[0].endswith("; with fewer than that, nobody can be gone yet.")
    later = [any(NOTICE < w < 10 for w in seen) for _, _, seen, _, _ in FATES]
    assert (early["gone"], early["gone_before"]) == (0, 1)
    assert early["not_rescanned"] == later.count(False) - 1
    assert early["still_open"] + early["changed"] == later.count(True)
    assert early["without_list"] == 0

    place.load(planted(range(10, 15)), "third.ndjson")
    with cohabit.open(place.data, place.uri) as graph:
        answer = graph.ask("followup", tmp_path / "all")
        of = {row["recipient"]: row for row in answer.rows}
        assert list(of) == ["all recipients", "AS64496", "AS64497"]
        for name, asn in (("all recipients", None), ("AS64496", A), ("AS64497", B)):
            row = of[name]
            kinds = Counter(kind for kind, own, _, _, _ in FATES if asn in (None, own))
            got = {s: row[s] for s in STATES}
            assert got == {
                "still_open": kinds["open"],
                **{s: kinds[s] for s in STATES[1:]},
            }
            assert row["notified"] == sum(kinds.values())
            assert row["base"] == kinds["open"] + kinds["changed"] + kinds["gone"]
            assert row["share_gone"] == kinds["gone"] / row["base"]
            assert row["gone_low"] < row["share_gone"] < row["gone_high"]
            assert row["share_open"] == kinds["open"] / row["base"]
            assert row["median_days"] == median_by_hand(expected_lives(asn)), name
        assert "1 answered without a list" in str(answer.headline)
        assert any(c.startswith("Answered without a list: 1 server recognised.") for c in answer.caveats)
        assert not any(c.startswith("Not rescanned") for c in answer.caveats)
        assert any(c.startswith("Gone before:") for c in answer.caveats)
        # The hosts behind these numbers.
        listed = graph.ask("followup", tmp_path / "all", hosts=True)
        assert [row["state"] for row in listed.rows] == sorted(
            [{"open": "still_open"}.get(kind, kind) for kind, *_ in FATES],
            key=STATES.index,
        )
        assert (listed.headline, listed.caveats) == (answer.headline, answer.caveats)
        states = {row["host"]: row for row in listed.rows}
        assert len(states) == len(FATES)
        for i, (kind, asn, seen, *_) in enumerate(FATES):
            row = states[graph.masker.pseudonym(f"192.0.2.{i}")]
            assert (row["state"].removeprefix("still_"), row["recipient"]) == (kind, f"AS{asn}")
            assert row["reason"] == ("server recognised" if kind == "without_list" else None)
            assert row["last_seen"] == f"{MONDAY + timedelta(weeks=seen[-1] - 1)}T12:00:00Z"
            assert (row["port"], row["was"]) == ([11434], ["ollama 0.6.2"])
            assert row["now"] == (["ollama 0.6.2"] if seen[-1] > NOTICE else [None])
            assert row["advisories"] == ["CVE-2026-7482"]
            known = kind in ("open", "changed", "without_list")
            assert (row["is_updated"], row["is_fixed"]) == ((False, False) if known else (None, None))
        # Asked for qwen alone: three listed it then, and only what they list of it counts.
        qwen = graph.followup(tmp_path / "qwen").to_dict("records")
        assert (qwen[0]["notified"], qwen[0]["still_open"], qwen[0]["changed"]) == (6, 6, 0)
        # There are eight weeks since, so four hosts were missed in all of them, and nobody in more.
        for weeks, gone, unknown in ((8, 4, 0), (9, 0, 4)):
            patient = graph.followup(tmp_path / "all", gone_after=weeks).to_dict("records")[0]
            assert (patient["gone"], patient["gone_before"]) == (gone, 0)
            assert (patient["without_list"], patient["not_rescanned"]) == (1, unknown)
        with pytest.raises(UsageError, match="--gone-after 0: it takes 1 to"):
            graph.followup(tmp_path / "all", gone_after=0)


# Address → network, servers up to the week of the notices and after it (port → software and version), what it lists
# later, weeks after the notices in which it is seen, and what it is expected to be.
Ran = dict[int, tuple[str | None, str | None]]
LATER = (7, 9, 14)
UPDATES: list[tuple[int, Ran, Ran, Models | None, tuple[int, ...], str]] = [
    (A, {11434: ("ollama", "0.17.0")}, {11434: ("ollama", "0.17.1")}, [LLAMA], LATER, "still_open updated fixed"),
    (A, {11434: ("ollama", "0.17.0")}, {11434: ("ollama", "0.17.1")}, [QWEN], LATER, "changed updated fixed"),
    (A, {11434: ("ollama", "0.17.0")}, {11434: ("ollama", "0.17.0")}, [LLAMA], LATER, "still_open"),
    # CVE-2026-7482 is of every version before 0.17.1.
    (A, {11434: ("ollama", "0.5.0")}, {11434: ("ollama", "0.17.0")}, [LLAMA], LATER, "still_open updated"),
    (A, {11434: ("ollama", "0.17.1")}, {11434: ("ollama", "0.18.0")}, [LLAMA], LATER, "still_open updated"),
    (A, {11434: ("ollama", "0.17.0")}, {11434: ("ollama", None)}, [LLAMA], LATER, "still_open"),
    (A, {11434: ("ollama", "0.17.0")}, {8080: ("ollama", "0.17.1")}, [LLAMA], LATER, "still_open"),
    (B, {11434: ("ollama", "0.17.0")}, {11434: ("vllm", "0.19.0")}, [LLAMA], LATER, "still_open updated fixed"),
    (
        B,
        {11434: ("ollama", "0.17.0"), 8080: ("ollama", "0.17.0")},
        {11434: ("ollama", "0.17.1"), 8080: ("ollama", "0.17.0")},
        [LLAMA],
        LATER,
        "still_open updated",
    ),
    # Mended and then gone is not known; seen without a list, the version counts that was told since, and no older one.
    (B, {11434: ("ollama", "0.17.0")}, {11434: ("ollama", "0.17.1")}, [LLAMA], (7,), "gone"),
    (B, {11434: ("ollama", "0.17.0")}, {11434: ("ollama", "0.17.1")}, None, LATER, "without_list updated fixed"),
    (B, {11434: ("ollama", "0.17.0")}, {11434: ("ollama", None)}, None, LATER, "without_list"),
    (B, {11434: ("ollama", "0.17.0")}, {11434: (None, None)}, None, LATER, "without_list"),
]


def servers_planted(weeks: range) -> list[Record]:
    """Every host is seen in all weeks up to that of the notices, and one fills all weeks with scans."""
    hosts = [*UPDATES, (B, {1: ("other", "1")}, {1: ("other", "1")}, [LLAMA], tuple(range(7, 15)), "still_open")]
    return [
        {
            "ip": f"192.0.2.{i}",
            "port": port,
            "timestamp": f"{MONDAY + timedelta(weeks=week - 1)}T12:00:00Z",
            "asn": asn,
            "software": software,
            **({} if version is None else {"version": version}),
            "models": None if models is None else [{"name": n, "digest": d} for n, d in models],
        }
        for i, (asn, before, after, listed, later, _) in enumerate(hosts)
        for week in (*range(1, NOTICE + 1), *later)
        if week in weeks
        for models in ([LLAMA] if week <= NOTICE else listed,)
        for port, (software, version) in (before if week <= NOTICE else after).items()
    ]


def test_who_moved_to_a_version_that_is_mended(place: Place, tmp_path: Path) -> None:
    place.load(servers_planted(range(1, NOTICE + 1)), "first.ndjson")
    with cohabit.open(place.data, place.uri, show_addresses=True) as graph:
        graph.notify(tmp_path / "all")
    hosts = {h.host: h for r in read_record(tmp_path / "all").recipients for h in r.hosts}
    for i, (_, before, *_) in enumerate(UPDATES):
        assert {s.port: (s.software, s.version) for s in hosts[f"192.0.2.{i}"].servers} == before
    assert [s.advisories for s in hosts["192.0.2.0"].servers] == [("CVE-2026-7482",)]
    assert [s.advisories for s in hosts["192.0.2.4"].servers] == [()]
    letter = (tmp_path / "all" / "letter.txt").read_text("utf-8")
    assert letter.count("CVE-2026-7482 (critical): ollama <0.17.1.") == 1

    place.load(servers_planted(range(NOTICE + 1, 15)), "second.ndjson")
    with cohabit.open(place.data, place.uri) as graph:
        answer = graph.ask("followup", tmp_path / "all")
        for row, asn in zip(answer.rows, (None, A, B), strict=True):
            words = Counter(w for own, *_, kind in UPDATES if asn in (None, own) for w in kind.split())
            words["still_open"] += asn != A
            for name in (*STATES, "updated", "fixed"):
                assert row[name] == words[name], (row["recipient"], name)
        assert (
            "9 still open, 1 changed, 3 answered without a list, 1 gone, 0 gone before, 0 not rescanned. "
            "Of 13 seen again 7 updated, 4 no longer affected. Of 11 known," in str(answer.headline)
        )
        assert any("recognised without a list, 11 answered since with a known version" in c for c in answer.caveats)
        said = (
            "Answered without a list: 1 no server recognised, 2 server recognised; of them 1 with a version that no adv"
        )
        assert any(c.startswith(said) for c in answer.caveats)

        rows = graph.ask("followup", tmp_path / "all", hosts=True).rows
        found = {row["host"]: row for row in rows}
        for i, (_, before, after, _, _, kind) in enumerate(UPDATES):
            row = found[graph.masker.pseudonym(f"192.0.2.{i}")]
            state, *words = kind.split()
            is_known = state in ("still_open", "changed") or any(software for software, _ in after.values())
            is_known = is_known and state != "gone"
            assert row["state"] == state
            assert row["is_updated"] == ("updated" in words if is_known else None)
            assert row["is_fixed"] == ("fixed" in words if is_known else None)
            assert row["port"] == sorted(before)
            assert row["was"] == [" ".join(filter(None, before[port])) for port in row["port"]]
            # A port that tells no version keeps the one that it told.
            now = [after.get(port, (None, None)) for port in row["port"]]
            assert row["now"] == [software and f"{software} {version or '0.17.0'}" for software, version in now]
            recognised = any(software for software, _ in after.values())
            reason = "server recognised" if recognised else "no server recognised"
            assert row["reason"] == (reason if state == "without_list" else None)

        path = tmp_path / "all" / "notified.json"
        text = path.read_text("utf-8")
        path.write_text(text.replace("CVE-2026-7482", "CVE-1999-0001"), "utf-8")
        answer = graph.ask("followup", tmp_path / "all")
        assert (answer.rows[0]["updated"], answer.rows[0]["fixed"]) == (7, 0)
        assert any("an advisory that this cohabit does not list" in c for c in answer.caveats)
        # A record of the first version says nothing of servers.
        record = msgspec.json.decode(text)
        for recipient in record["recipients"]:
            for host in recipient["hosts"]:
                del host["servers"]
        path.write_bytes(msgspec.json.encode({**record, "version": 1}))
        answer = graph.ask("followup", tmp_path / "all")
        assert {(row["updated"], row["fixed"]) for row in answer.rows} == {(None, None)}
        assert set(answer.to_pandas()[["updated", "fixed"]].dtypes.astype(str)) == {"Int64"}
        assert "9 still open, 1 changed, 3 answered without a list, 1 gone" in str(answer.headline)
        assert any(c.startswith("Updated and fixed cannot be told") for c in answer.caveats)


def test_a_quicker_network_has_a_shorter_median(place: Place, tmp_path: Path) -> None:
    """Ten hosts, of which seven vanish in known weeks: half are gone in the third week, 21 days.

    Four more come back in the fourth week after the notices, and count from then on only: else it would be 28 days.
    """
    last = [6, 6, 7, 8, 8, 9, 9, 20, 20, 20]
    seen = [list(range(1, end + 1)) for end in last] + [[4, *range(9, 21)]] * 4
    records = [
        {
            "ip": f"192.0.2.{i}",
            "port": 11434,
            "timestamp": f"{MONDAY + timedelta(weeks=week - 1)}T12:00:00Z",
            "asn": A,
            "models": ["llama3.2:3b"],
        }
        for i, weeks in enumerate(seen)
        for week in weeks
    ]

    def up_to(week: int) -> list[Record]:
        limit = f"{MONDAY + timedelta(weeks=week)}"
        return [r for r in records if str(r["timestamp"]) < limit]

    place.load(up_to(NOTICE), "first.ndjson")
    with cohabit.open(place.data, place.uri, show_addresses=True) as graph:
        graph.notify(tmp_path / "all")
    place.load(records, "second.ndjson")
    with cohabit.open(place.data, place.uri) as graph:
        row = graph.followup(tmp_path / "all").to_dict("records")[0]
    # Survival: 8/10 after week 1, 7/10 after 2, 5/10 after 3.
    assert (row["gone"], row["still_open"], row["median_days"]) == (7, 7, 21)
    assert row["median_low"] <= 21
    assert pd.isna(row["median_high"]) or row["median_high"] >= 21


def test_notices_say_which_hosts_they_are_too_late_for(place: Place, tmp_path: Path) -> None:
    """Weekly scans: who was last seen in one of the three newest weeks is never gone before; 21 days never reach back
    further.
    """
    records = [
        {"ip": f"192.0.2.{week}", "port": 1, "timestamp": f"{MONDAY + timedelta(weeks=week - 1, days=day)}T12:00:00Z"}
        | {"asn": A, "models": ["llama3.2:3b"]}
        for week, day in ((1, 6), (2, 0), (3, 3), (4, 6), (5, 0), (5, 6), (6, 0), (7, 6), (8, 6))
    ]
    place.load(records)
    with cohabit.open(place.data, place.uri, show_addresses=True) as graph:
        for within, late in ((None, 4), (30, 1), (28, 1), (21, 0)):
            name = tmp_path / f"{within}"
            answer = graph.ask("notify", name, scope=Scope(active_within=within))
            notes = [text for text in answer.caveats if "gone before" in text]
            assert len(notes) == bool(late)
            assert all(text.startswith(f"{late} host") and "--active-within 21, or less," in text for text in notes)
            total = graph.followup(name, gone_after=4).to_dict("records")[0]
            assert total["gone_before"] == late
        answer = graph.ask("notify", tmp_path / "at", scope=Scope(at="2025-03-20", within=2))
        assert [row["hosts"] for row in answer.rows] == [2]  # of the second and the third week
        said = "--at chose hosts that showed a list in the 2 weeks up to 2025-03-20, with the models"
        assert any(text.startswith(said) for text in answer.caveats)
        assert any("followup` counts from 2025-W17, the newest week" in text for text in answer.caveats)


def test_rows_say_the_labels_of_own_assets(place: Place, tmp_path: Path) -> None:
    place.load(planted(range(1, NOTICE + 1)))
    own = tmp_path / "own.csv"
    own.write_text("asset,label\n192.0.2.0/28,Bonn\n192.0.2.8/29,Bonn lab\nAS64497,Berlin\n192.0.2.0/24,\n", "utf-8")
    (tmp_path / "plain.txt").write_text("192.0.2.0/24\n", "utf-8")
    with cohabit.open(place.data, place.uri, show_addresses=True) as graph:
        answer = graph.ask("notify", tmp_path / "own", tlp="red", scope=Scope(in_file=(str(own),)))
        expected = {}
        for i, (_, asn, *_) in enumerate(FATES):
            told = [*(["Bonn lab"] if 8 <= i < 16 else []), *(["Bonn"] if i < 16 else [])]
            expected[f"192.0.2.{i}"] = "; ".join([*told, *(["Berlin"] if asn == B else [])])
        found = {}
        for row in answer.rows:
            lines = list(csv.DictReader(io.StringIO((tmp_path / "own" / row["file"]).read_text("utf-8"))))
            found.update({line["ip"]: line["labels"] for line in lines})
            assert {line["tlp"] for line in lines} == {row["tlp"]} == {"TLP:RED"}
            assert set(row["labels"]) == {label for line in lines for label in line["labels"].split("; ")} - {""}
        assert found == expected
        assert read_record(tmp_path / "own").tlp == "red"
        assert "labels" in answer.table_columns
        answer = graph.ask("notify", tmp_path / "plain", scope=Scope(in_file=(str(tmp_path / "plain.txt"),)))
        assert [row["labels"] for row in answer.rows] == [[], []]
        assert "labels" not in answer.table_columns
        # The hosts without a contact are counted, and the note says what to do.
        (tmp_path / "contacts.csv").write_text("AS64497,b@example.net\n", "utf-8")
        answer = graph.ask("notify", tmp_path / "contact", by="contact", contacts=tmp_path / "contacts.csv")
        alone = sum(asn == A for _, asn, *_ in FATES)
        share = f"{100 * alone / len(FATES):.0f} %"
        (note,) = (text for text in answer.caveats if "no contact" in text)
        assert note.startswith(f"{alone} endpoints of {alone} hosts ({share}) that no contact matches are in a file")
        assert "--by network" in note
        assert [row["hosts"] for row in answer.rows if row["recipient"] == "unmatched"] == [alone]


def test_who_shall_not_be_written_to_is_counted_and_in_no_file(place: Place, tmp_path: Path) -> None:
    place.load(planted(range(1, NOTICE + 1)))
    never = tmp_path / "never.txt"
    quiet = {f"192.0.2.{i}" for i, (_, asn, *_) in enumerate(FATES) if asn == A and i % 3 == 0}
    own = Counter(asn for _, asn, *_ in FATES)
    with cohabit.open(place.data, place.uri, show_addresses=True) as graph:
        # Some hosts of one network, and the whole of the other.
        never.write_text("".join(f"{address}\n" for address in sorted(quiet)) + f"AS{B}\n", "utf-8")
        answer = graph.ask("notify", tmp_path / "some", no_notice=never, author=" CERT\n Example ")
        (row,) = answer.rows
        assert (row["recipient"], row["hosts"], row["withheld"]) == (f"AS{A}", own[A] - len(quiet), len(quiet))
        assert row["hosts"] + row["withheld"] == own[A]
        assert "withheld" in answer.table_columns
        text = (tmp_path / "some" / "withheld.csv").read_text("utf-8")
        assert text.splitlines() == [
            "recipient,asn,hosts,withheld",
            f"AS{B},{B},0,{own[B]}",
            f"AS{A},{A},{own[A] - len(quiet)},{len(quiet)}",
        ]
        lines = list(csv.DictReader(io.StringIO((tmp_path / "some" / row["file"]).read_text("utf-8"))))
        kept = {f"192.0.2.{i}" for i, (_, asn, *_) in enumerate(FATES) if asn == A} - quiet
        assert {line["ip"] for line in lines} == kept
        record = read_record(tmp_path / "some")
        assert {h.host for r in record.recipients for h in r.hosts} == kept
        assert record.author == "CERT Example"
        (note,) = (text for text in answer.caveats if "withheld" in text)
        assert note.startswith(f"{len(quiet) + own[B]} hosts of 2 recipients withheld (--no-notice)")
        assert not any("No host of this graph" in text for text in answer.caveats)
        # A line that means nobody of the graph is told; one that can mean nobody stops it before a file is written.
        never.write_text(f"# asked in May\n2001:db8:241::23\nAS{B}\n192.0.2.0\nAS4200000579\n", "utf-8")
        answer = graph.ask("notify", tmp_path / "lines", no_notice=never)
        assert (
            "No host of this graph is meant by 2 of 4 lines of --no-notice: line 2 (2001:db8:241::23), line 5 "
            "(AS4200000579). Is one misspelt?"
        ) in answer.caveats
        never.write_text(f"AS{B}\nAS42O0000579\nDE\n", "utf-8")
        with pytest.raises(DataError, match=r"line 2: 'as42o0000579' .* misspelt AS number\? .*AS64496 \(1 more"):
            graph.notify(tmp_path / "misspelt", no_notice=never)
        assert not (tmp_path / "misspelt").exists()
        # All of them, and none.
        never.write_text("192.0.2.0/24\n", "utf-8")
        answer = graph.ask("notify", tmp_path / "all", no_notice=never)
        assert f"All of {len(FATES)} hosts are in the list of --no-notice, and nothing was written." in str(
            answer.headline
        )
        assert not (tmp_path / "all").exists()
        never.write_text("198.51.100.0/24\n", "utf-8")
        answer = graph.ask("notify", tmp_path / "none", no_notice=never)
        assert "None of the chosen hosts is in the list of --no-notice." in answer.caveats
        said = (
            "No host of this graph is meant by 1 of 1 line of --no-notice: line 1 (198.51.100.0/24). Is one misspelt?"
        )
        assert said in answer.caveats
        assert sum(row["hosts"] for row in answer.rows) == len(FATES)
        for wrong, words in (("  ", "--author is empty"), ("x" * 201, "--author has 201 characters")):
            with pytest.raises(UsageError, match=words):
                graph.notify(tmp_path / "x", author=wrong)


def test_what_is_refused(place: Place, tmp_path: Path) -> None:
    place.load(planted(range(1, NOTICE + 1)))
    with cohabit.open(place.data, place.uri) as graph:
        with pytest.raises(UsageError, match=r"notices hold addresses.*--show-addresses"):
            graph.notify(tmp_path / "x")
        shown = graph.hosts(endpoints=True)
        assert shown["host"].str.fullmatch("host-[0-9a-f]{16}").all()
    with cohabit.open(place.data, place.uri, show_addresses=True) as graph:
        empty = graph.ask("notify", tmp_path / "x", scope=Scope(country=("FR",)))
        assert empty.rows == []
        assert "nothing was written" in str(empty.headline)
        assert not (tmp_path / "x").exists()
        graph.notify(tmp_path / "x")
        with pytest.raises(DataError, match="there are notices in it already"):
            graph.notify(tmp_path / "x")
        text = (tmp_path / "x" / "notified.json").read_text("utf-8")
        (tmp_path / "x" / "notified.json").write_text(text.replace('"192.0.2.1"', '"203.0.113.1"'), "utf-8")
        assert any("1 no longer in this graph" in c for c in graph.ask("followup", tmp_path / "x").caveats)
        (tmp_path / "x" / "notified.json").write_text(text.replace("192.0.2.", "203.0.113."), "utf-8")
        with pytest.raises(DataError, match="none of its hosts is in this graph"):
            graph.followup(tmp_path / "x")
