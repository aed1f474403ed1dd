"""Digests on every store: those of a model period by period, and hosts by a digest; by hand, and by plain loops."""

from __future__ import annotations

import io
from collections import Counter, defaultdict
from typing import Any

import pytest
from rich.console import Console

from cohabit.errors import UsageError
from cohabit.graph.incidence import addresses_of
from cohabit.graph.store import GraphStore
from cohabit.queries.impact import impact
from cohabit.queries.scope import Scope, read_incidence
from cohabit.queries.selected import Items, select
from cohabit.queries.trends import trends
from cohabit.tables import draw
from cohabit.timeline import month_name, week_name
from tests.conformance.conftest import Place
from tests.conformance.plain import Plain
from tests.conformance.population import Record
from tests.conformance.test_diff import HOSTS, entry, planted


def test_by_hand(place: Place) -> None:
    place.load(planted())
    store = place.open()
    digests_of_a_model(store)
    hosts_of_a_digest(store)
    store.close()


def digests_of_a_model(store: GraphStore) -> None:
    """Who lists llama3.2:3b in a month, and the digest that each reported last until its end."""
    found = trends(store, view="digests", item=("Llama3.2:3B",))
    assert [tuple(r[c] for c in ("period", "reported_digest", "hosts", "base", "first_week")) for r in found.rows] == [
        ("2025-02", "a" * 64, 2, 2, 202509),
        ("2025-02", "c" * 64, 0, 2, 202513),
        ("2025-03", "a" * 64, 4, 5, 202509),
        ("2025-03", "c" * 64, 1, 5, 202513),
        ("2025-04", "a" * 64, 1, 2, 202509),
        ("2025-04", "c" * 64, 1, 2, 202513),
        ("2025-05", "a" * 64, 1, 1, 202509),
        ("2025-05", "c" * 64, 0, 1, 202513),
    ]
    assert found.headline == (
        "Of the 1 host with llama3.2:3b in 2025-05 0.0 % are on cccccccccccc, the newest of 2 digests (first reported "
        "in 2025-W13)."
    )
    # Hosts 1 and 12 reported both.
    assert "one that went back to an earlier digest looks as if it had stayed" in found.caveats[-1]
    # When a digest first came does not hang on the time that is looked at: host 12 reported it in week 13.
    late = trends(store, view="digests", item=("llama3.2:3b",), scope=Scope(since="2025-03-31"))
    assert {(r["reported_digest"], r["first_week"]) for r in late.rows} == {("a" * 64, 202509), ("c" * 64, 202513)}
    # A short table has the newest periods, with all their digests.
    file = io.StringIO()
    draw(found, Console(file=file, width=200), limit=4)
    table = file.getvalue()
    assert [line.split()[0] for line in table.splitlines()[2:6]] == ["2025-04", "2025-04", "2025-05", "2025-05"]
    assert "4 of 8 shown; of llama3.2:3b only the newest, from 2025-04 on" in table
    # Two digests in one week: which came first is not known.
    mistral = trends(store, view="digests", item=("mistral:7b",))
    assert [(r["period"], r["reported_digest"], r["hosts"]) for r in mistral.rows] == [
        ("2025-03", "d" * 64, 1),
        ("2025-03", "unknown", 0),
        ("2025-04", "d" * 64, 0),
        ("2025-04", "unknown", 1),
    ]
    silent = trends(store, view="digests", item=("gemma2:2b",), every="week")
    assert {(r["reported_digest"], r["share"]) for r in silent.rows} == {("unknown", 1.0)}
    assert silent.headline == "None of the 3 hosts with gemma2:2b in 2025-W14 reports a digest."
    nobody = trends(store, view="digests", item=("mistral:7b",), scope=Scope(country=("FR",)))
    assert (nobody.rows, nobody.headline) == ([], "No host in scope lists mistral:7b in this time.")
    for options, says in (
        ({}, "--view digests of which model"),
        (
            {"item": ("llama",)},
            "'llama' here; it is a family, and digests are of .*: `cohabit impact family:llama --scope model` lists",
        ),
        ({"item": ("mistral:7b",), "level": "line"}, "--view digests is about models; leave out --level line"),
        ({"item": ("mistral:7b",), "by": "country"}, "--view digests is about items; leave out --by country"),
    ):
        with pytest.raises(UsageError, match=says):
            trends(store, view="digests", **options)


def hosts_of_a_digest(store: GraphStore) -> None:
    """Digests of b and c, by the fewest digits; without them the other hosts."""
    names = {address: int(address.rpartition(".")[2]) for address in HOSTS}
    listed = [(names[address], m["digest"]) for address, seen in HOSTS.items() for _, ms in seen for m in ms or ()]
    of = {digit: {name for name, digest in listed if digest == digit * 64} for digit in "bc"}

    def hosts(**options: Any) -> set[int]:
        keys = read_incidence(store, Scope(**options)).hosts
        return {names[address] for address in addresses_of(store, keys)}

    assert hosts(has=(f"digest:{'b' * 8}",)) == of["b"] == {1, 3, 4, 7}
    assert hosts(has=(f"Digest: sha256:{'C' * 64}",)) == of["c"] == {1, 12}
    assert hosts(has=(f"digest:{'b' * 12}", f"digest:{'c' * 9}")) == {1}
    assert hosts(without=(f"digest:{'b' * 8}",)) == set(names.values()) - of["b"]
    # A digest counts where the host lists the model in the window, and had reported it by the end of that.
    assert hosts(has=(f"digest:{'c' * 8}",), until="2025-03-09") == set()
    assert hosts(has=(f"digest:{'c' * 8}",), until="2025-03-30") == {12}
    assert hosts(has=(f"digest:{'c' * 8}",), at="2025-04-02") == {1, 12}
    assert hosts(has=(f"digest:{'a' * 8}",), at="2025-04-02") == {1, 2, 9, 10, 12}
    assert hosts(without=(f"digest:{'c' * 8}",), at="2025-03-09", within=1) == {1, 3, 4, 5, 8, 11}
    then = select(store, Items(digest=("C" * 9,)), Scope(until="2025-03-30"))
    assert [names[a] for a in addresses_of(store, then.incidence.hosts)] == [12]
    assert int(then.matched.sum()) == 1
    late = impact(store, ["digest:cccccccc"], scope=Scope(until="2025-03-30"))
    assert late.headline == ("1 host of 10 (10 %) had reported digest:cccccccccccc by 2025-W13; most in DE (100 %).")
    assert late.caveats[-2] == (
        "A digest counts if the host had reported it by 2025-W13 for the model, also before a newer one; servers that "
        "report none cannot match."
    )
    assert impact(store, ["cccccccc"], scope=Scope(at="2025-03-09")).rows[0]["hosts"] == 0
    by_name = impact(store, ["llama3.2:3b"], scopes=["digest"], scope=Scope(at="2025-03-30", within=1))
    assert [(r["item"], r["hosts"]) for r in by_name.rows] == [("a" * 64, 3), ("c" * 64, 1)]
    assert hosts(has=(f"digest:{'b' * 8}",), since="2025-03-31") == {7}
    for text, says in (
        ("b" * 7, "no digest; write its first 8 to 64"),
        ("x" * 12, "no digest; write its first 8 to 64"),
        ("0" * 8, "no host of this graph reported a digest that begins so"),
    ):
        with pytest.raises(UsageError, match=f"^digest:{text}:? .*{says}"):
            hosts(has=(f"digest:{text}",))


def test_rare_digests_are_one_row(place: Place) -> None:
    """Eight digests, the later the rarer: five on most hosts, the newest, and the other two together."""
    uploads = [(digest, host) for i, digest in enumerate("01234567") for host in range(i, 9)]
    records = [
        {
            "ip": f"192.0.2.{10 * i + host}",
            "port": 11434,
            "timestamp": f"2025-03-{3 + i:02}T12:00:00Z",
            "models": [entry("llama3.2:3b", "llama", digest)],
        }
        for digest, host in uploads
        for i in [int(digest)]
    ]
    twin = {"name": "llava:7b", "digest": "7" * 8 + "0" * 56}
    other = {**records[0], "ip": "192.0.2.253", "models": [{**twin, "digest": "c" * 64}]}
    place.load([*records, other, {**records[0], "ip": "192.0.2.254", "models": [twin]}])
    store = place.open()
    found = trends(store, view="digests", item=("llama3.2:3b",), scope=Scope(since="2025-03-01"))
    rows = found.rows
    assert "these uploads stand side by side" in found.caveats[-1]
    assert {r["reported_digest"][:6]: r["hosts"] for r in rows} == {
        **{digest * 6: 9 - int(digest) for digest in "01234"},
        "7" * 6: 2,
        "other": 4 + 3,
    }
    assert sum(r["share"] for r in rows) == pytest.approx(1)
    headline = trends(store, view="digests", item=("llava:7b",)).headline
    assert headline == (
        "Of the 2 hosts with llava:7b in 2025-03 50 % are on 777777770000; which of 2 digests is the newest is not "
        "known: several were first seen in 2025-W10."
    )
    with pytest.raises(
        UsageError, match=r"2 digests of this graph begin so; write more digits of one: 7{8}0{56}, 7{64}"
    ):
        read_incidence(store, Scope(has=("digest:77777777",)))
    assert len(read_incidence(store, Scope(has=("digest:777777770",))).hosts) == 1
    store.close()


def test_digests_by_period_against_plain_loops(place: Place, records: list[Record], plain: Plain) -> None:
    place.load(records)
    store = place.open()
    counted = 0
    most = sorted({model for _, model in plain.edges}, key=lambda m: -sum(m == own for _, own in plain.edges))[:6]
    for every, name in (("week", week_name), ("month", month_name)):
        for options, keep in (({}, lambda h: True), ({"country": ("DE",)}, lambda h: h["country"] == "DE")):
            wanted: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
            for (a, model), edge in plain.edges.items():
                if model not in most or not keep(plain.hosts[a]):
                    continue
                reported = list(zip(edge["digests"] or [], edge["digest_weeks"] or [], strict=True))
                for period in {name(week) for week in edge["weeks"]}:
                    known = [(week, digest) for digest, week in reported if name(week) <= period]
                    last = [digest for week, digest in known if week == max(known)[0]]
                    wanted[period, model][last[0] if len(last) == 1 else "unknown"] += 1
            found = trends(store, view="digests", item=most, every=every, scope=Scope(**options))
            rows: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
            for r in found.rows:
                rows[r["period"], r["model"]][r["reported_digest"]] += r["hosts"]
                assert r["base"] == wanted[r["period"], r["model"]].total()
            assert set(rows) == set(wanted)
            for key, own in rows.items():
                shown = {digest for digest, _ in own.items()} - {"other"}
                assert {d: n for d, n in own.items() if d != "other" and n} == {
                    d: n for d, n in wanted[key].items() if d in shown
                }
                assert own.total() == wanted[key].total()
                counted += own.total()
    assert counted > 500
    store.close()
