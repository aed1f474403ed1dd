"""Every query on every store, against the plain double loop; and what free Cypher gives."""

from __future__ import annotations

import ipaddress
import json
import math
from collections import Counter
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import combinations
from typing import Any

import pytest

from cohabit.errors import DataError, UsageError
from cohabit.graph.incidence import LEVELS
from cohabit.queries.combinations import combinations as exact_sets
from cohabit.queries.cooccurrence import cooccurrence
from cohabit.queries.info import figures
from cohabit.queries.rank import rank
from cohabit.queries.scope import Scope
from cohabit.session import Graph
from tests.conformance.conftest import Place
from tests.conformance.plain import Plain
from tests.conformance.population import Record

SCOPES: list[tuple[dict[str, Any], Any]] = [
    ({}, lambda p, a, h: True),
    ({"country": ("de",)}, lambda p, a, h: h["country"] == "DE"),
    (
        {"country": ("US,Germany",), "min_weeks": 2},
        lambda p, a, h: h["country"] in ("US", "DE") and len(h["weeks"]) > 1,
    ),
    ({"country": ("eu",)}, lambda p, a, h: h["country"] == "DE"),
    # Whose country is not known is not known to be another one.
    ({"not_country": ("European Union,CN",)}, lambda p, a, h: h["country"] == "US"),
    ({"country": ("G7",), "not_country": ("EU",)}, lambda p, a, h: h["country"] == "US"),
    ({"network": ("AS64496",)}, lambda p, a, h: h["asn"] == 64496),
    ({"network": ("64497",), "country": ("US",)}, lambda p, a, h: h["asn"] == 64497 and h["country"] == "US"),
    ({"provider": ("example net",)}, lambda p, a, h: p.provider(h["asn"]) == "Example Net"),
    ({"software": ("VLLM",)}, lambda p, a, h: any(name == "vllm" for name, _ in h["runs"])),
    (
        {"software": ("vllm", "ollama")},
        lambda p, a, h: {"vllm", "ollama"} <= {name for name, _ in h["runs"]},
    ),
    ({"prefix": ("198.51.100.0/26",)}, lambda p, a, h: inside(a, "198.51.100.0/26")),
    ({"prefix": ("2001:db8::/32",)}, lambda p, a, h: inside(a, "2001:db8::/32")),
    ({"min_weeks": 3}, lambda p, a, h: len(h["weeks"]) >= 3),
    ({"min_models": 2}, lambda p, a, h: len(p.of_host[a]) >= 2),
    ({"min_models": 0}, lambda p, a, h: True),
    ({"country": ("DE", "US")}, lambda p, a, h: False),
    ({"capability": (" Tools",)}, lambda p, a, h: any(p.can((a, m), "tools") for m in p.of_host[a])),
    (
        {"capability": ("tools", "completion"), "exclude_decoys": True},
        lambda p, a, h: (
            all(any(p.can((a, m), c) for m in p.of_host[a]) for c in ("tools", "completion")) and a not in p.decoys
        ),
    ),
    ({"capability": ("flying",)}, lambda p, a, h: False),
    ({"exclude_decoys": True}, lambda p, a, h: a not in p.decoys),
    ({"version": ("<0.7",)}, lambda p, a, h: runs(h, {1, 2, 3})),
    ({"version": ("<=0.7.0-rc1", ">=0.6.2")}, lambda p, a, h: runs(h, {2, 3})),
    ({"version": (">0.7.0-rc1",)}, lambda p, a, h: runs(h, {4})),
    ({"version": ("=0.7.0",), "software": ("ollama",)}, lambda p, a, h: runs(h, {4}, "ollama")),
    (
        {"version": ("<0.7",), "software": ("ollama", "vLLM")},
        lambda p, a, h: runs(h, {1, 2, 3}, "ollama") and runs(h, {1, 2, 3}, "vllm"),
    ),
    ({"advisory": (" cve-2026-7482",)}, lambda p, a, h: "CVE-2026-7482" in advisories_of(h)),
    (
        {"advisory": ("CVE-2025-32444", "CVE-2025-46570")},
        lambda p, a, h: {"CVE-2025-32444", "CVE-2025-46570"} <= advisories_of(h),
    ),
    ({"advisory": ("any",), "software": ("vllm",)}, lambda p, a, h: advisories_of(h) and runs(h, None, "vllm")),
    ({"advisory": ("CVE-2024-28224",)}, lambda p, a, h: False),
    *[
        ({"severity": level}, lambda p, a, h, worst=worst: severity_of(p, a, h) <= worst)
        for worst, level in enumerate(("critical", "High", "medium", "low"))
    ],
    ({"first_seen_since": "2025-02-03"}, lambda p, a, h: h["first_seen"] >= "2025-02-03T00:00:00Z"),
    ({"active_within": 30}, lambda p, a, h: age(p, h) <= timedelta(days=30)),
    ({"active_within": 1}, lambda p, a, h: age(p, h) <= timedelta(days=1)),
]

# The versions of the population, oldest first; the others are no release's number.
VERSIONS = {"0.5.7": 1, "v0.6.2": 2, "0.6.2": 2, "0.7.0-rc1": 3, "0.7": 4}


# What the bundled list has for them, worst first: all of Ollama before 0.17.1, and the ranges <0.8.0, <0.9.0 and
# >=0.6.5, <0.8.5 of vLLM, whose 0.14.1 no range holds.
_EVERY_VLLM = {"CVE-2025-29770": "medium", "CVE-2025-46570": "low"}
ADVISORIES = {
    **{("ollama", version): {"CVE-2026-7482": "critical"} for version in VERSIONS},
    **{("vllm", version): _EVERY_VLLM for version in ("0.5.7", "v0.6.2", "0.6.2")},
    **{("vllm", version): {"CVE-2025-32444": "critical", **_EVERY_VLLM} for version in ("0.7.0-rc1", "0.7")},
}
FIXED_IN = {"ollama": "0.17.1", "vllm": "0.14.1"}
SEVERITIES = ["critical", "high", "medium", "low"]


def seen_last(host: dict[str, Any], port: int) -> tuple[str | None, str | None]:
    """Software that was seen last on a port, and its version."""
    on_port = {name: run for (name, at), run in host["runs"].items() if at == port}
    if not on_port:
        return None, None
    name = max(on_port, key=lambda n: (on_port[n]["last_seen"], n))
    return name, on_port[name]["version"]


def advisories_of(host: dict[str, Any]) -> set[str]:
    return {name for port in host["ports"] for name in ADVISORIES.get(seen_last(host, port), ())}  # type: ignore[call-overload]


def severity_of(plain: Plain, address: str, host: dict[str, Any]) -> int:
    """How bad the worst server of a host is, as a position in SEVERITIES."""
    known = ["low", *(["medium"] if host["listed_weeks"] else [])]
    known += ["high"] if any(plain.can((address, m), "tools") for m in plain.of_host[address]) else []
    for port in host["ports"]:
        known += ADVISORIES.get(seen_last(host, port), {}).values()  # type: ignore[call-overload]
    return min(map(SEVERITIES.index, known))


def runs(host: dict[str, Any], versions: set[int] | None, software: str | None = None) -> bool:
    return any(
        (versions is None or VERSIONS.get(run["version"]) in versions) and software in (None, name)
        for (name, _), run in host["runs"].items()
    )


def age(plain: Plain, host: dict[str, Any]) -> timedelta:
    newest = max(h["last_seen"] for h in plain.hosts.values())
    return datetime.fromisoformat(newest) - datetime.fromisoformat(host["last_seen"])


def inside(address: str, prefix: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(prefix)
    except ValueError:
        return False


def iso_weeks(first: str, last: str) -> set[int]:
    day, end, weeks = date.fromisoformat(first), date.fromisoformat(last), set()
    while day <= end:
        weeks.add(day.isocalendar()[0] * 100 + day.isocalendar()[1])
        day += timedelta(days=1)
    return weeks


def scoped_lists(plain: Plain) -> list[tuple[Scope, dict[str, set[str]]]]:
    """Scopes and the model lists of the hosts in them."""
    cases = []
    for options, keep in SCOPES:
        hosts = [a for a, h in plain.hosts.items() if keep(plain, a, h)]
        cases.append((Scope(**options), plain.lists(hosts)))
    spring = iso_weeks("2025-02-12", "2025-03-20")
    cases.append((Scope(since="2025-02-12", until="2025-03-20"), plain.lists(plain.hosts, spring)))
    cases.append((Scope(until="2024-12-30"), plain.lists(plain.hosts, {202452, 202501})))
    for day, within in (("2025-04-02", 4), ("2025-03-05", 1), ("2025-06-20", 20)):
        first = (date.fromisoformat(day) - timedelta(weeks=within - 1)).isoformat()
        lists = plain.lists(plain.hosts, iso_weeks(first, day), newest_only=True)
        cases.append((Scope(at=day, within=within), lists))
    everything = plain.lists(plain.hosts)
    has = {
        a: m for a, m in everything.items() if "llama3.2:latest" in m and not any(plain.family[x] == "qwen2" for x in m)
    }
    labs = plain.items(everything, "lab-country")
    neither = {a: m for a, m in has.items() if not labs[a] & {"CN", "FR"}}
    assert 0 < len(neither) < len(has)
    cases.append((Scope(has=("line:llama3.2",), without=("family:QWEN2", "lab-country:FR,China")), neither))
    in_spring = plain.lists(plain.hosts, spring)
    has_then = {a: m for a, m in in_spring.items() if "gemma2:2b" in m}
    can_then = {a: m for a, m in in_spring.items() if any(plain.can((a, x), "tools") for x in m)}
    cases.append((Scope(since="2025-02-12", until="2025-03-20", capability=("tools",)), can_then))
    cases.append((Scope(since="2025-02-12", until="2025-03-20", has=("model:Gemma2:2b",)), has_then))
    # Distinct models in the window, not ever; and of one list.
    several_then = {a: m for a, m in in_spring.items() if len(m) >= 3}
    assert several_then != {a: m for a, m in in_spring.items() if len(everything[a]) >= 3}
    cases.append((Scope(since="2025-02-12", until="2025-03-20", min_models=3), several_then))
    newest = plain.lists(plain.hosts, iso_weeks("2025-03-12", "2025-04-02"), newest_only=True)
    cases.append((Scope(at="2025-04-02", min_models=2), {a: m for a, m in newest.items() if len(m) >= 2}))
    return cases


def wilson(k: int, n: int) -> tuple[float, float]:
    z = 1.959963984540054
    p = k / n
    d = 1 + z * z / n
    m = (p + z * z / (2 * n)) / d
    w = z / d * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return m - w, m + w


def expected_pairs(plain: Plain, lists: dict[str, set[str]], level: str) -> list[dict[str, Any]]:
    items = plain.items(lists, level)
    n = sum(bool(i) for i in items.values())
    multi = sum(len(models) >= 2 for models in lists.values())
    rows = []
    for a, b in combinations(sorted(set().union(*items.values()) if items else set()), 2):
        na = sum(a in i for i in items.values())
        nb = sum(b in i for i in items.values())
        ab = sum(a in i and b in i for i in items.values())
        if ab == 0:
            continue
        odds = (ab + 0.5) * (n - na - nb + ab + 0.5) / ((na - ab + 0.5) * (nb - ab + 0.5))
        spread = 1.959963984540054 * math.sqrt(
            1 / (ab + 0.5) + 1 / (na - ab + 0.5) + 1 / (nb - ab + 0.5) + 1 / (n - na - nb + ab + 0.5)
        )
        low, high = wilson(ab, multi)
        of_a, of_b = wilson(ab, na), wilson(ab, nb)
        ways = sum(math.comb(na, j) * math.comb(n - na, nb - j) for j in range(ab, min(na, nb) + 1) if nb - j <= n - na)
        p = float(Fraction(ways, math.comb(n, nb)))
        just = math.comb(na, ab) * math.comb(n - na, nb - ab)
        fewer = float(Fraction(math.comb(n, nb) - ways + just, math.comb(n, nb)))
        rows.append(
            {
                "a": a,
                "b": b,
                "hosts": ab,
                "hosts_a": na,
                "hosts_b": nb,
                "share_of_a": ab / na,
                "share_of_a_low": of_a[0],
                "share_of_a_high": min(of_a[1], 1.0),
                "share_of_b": ab / nb,
                "share_of_b_low": of_b[0],
                "share_of_b_high": min(of_b[1], 1.0),
                "share_of_multi_model_hosts": ab / multi,
                "low": max(low, 0.0),
                "high": min(high, 1.0),
                "multi_model_hosts": multi,
                "lift": n * ab / (na * nb),
                "jaccard": ab / (na + nb - ab),
                "npmi": math.log(n * ab / (na * nb)) / -math.log(ab / n) if ab < n else None,
                "odds_ratio": odds,
                "odds_low": odds * math.exp(-spread),
                "odds_high": odds * math.exp(spread),
                "expected": na * nb / n,
                "p_value": p,
                "log10_p": math.log10(p),
                "q_value": None,
                "p_fewer": fewer,
                "log10_p_fewer": math.log10(fewer),
                "base": n,
            }
        )
    # Benjamini and Hochberg by definition: the least of m·p / rank from the own p on; ties have the last rank.
    tested = sorted(r["p_value"] for r in rows)
    for row in rows:
        own = [(i, p) for i, p in enumerate(tested, 1) if p >= row["p_value"]]
        row["q_value"] = min(1.0, *(len(tested) * p / i for i, p in own))
    return sorted(rows, key=lambda r: (-r["hosts"], r["a"], r["b"]))


# P-values come from log-gamma functions and are added up; everything else is a few operations.
TOLERANCES = dict.fromkeys(("p_value", "log10_p", "q_value", "p_fewer", "log10_p_fewer"), 1e-9)


def assert_rows(rows: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    assert [list(r) for r in rows] == [list(e) for e in expected]
    for row, e in zip(rows, expected, strict=True):
        for key, value in e.items():
            if isinstance(value, float):
                assert row[key] == pytest.approx(value, rel=TOLERANCES.get(key, 1e-12), abs=1e-15), (key, row)
            elif value is None and isinstance(row[key], float):
                assert math.isnan(row[key]), (key, row)
            else:
                assert row[key] == value, (key, row)


def test_cooccurrence(place: Place, records: list[Record], plain: Plain) -> None:
    place.load(records)
    store = place.open()
    seen = 0
    for scope, lists in scoped_lists(plain):
        for level in LEVELS:
            expected = expected_pairs(plain, lists, level)
            seen += len(expected)
            assert_rows(cooccurrence(store, level=level, scope=scope, null="hypergeometric").rows, expected)
    assert seen > 1000
    store.close()


def test_named_pairs(place: Place, records: list[Record], plain: Plain) -> None:
    place.load(records)
    store = place.open()
    pairs = expected_pairs(plain, plain.lists(plain.hosts), "family")
    both = next(r for r in pairs if {r["a"], r["b"]} == {"llama", "qwen2"})
    row = cooccurrence(store, ("Qwen2", "LLAMA")).rows[0]
    assert (row["a"], row["b"], row["hosts"]) == ("qwen2", "llama", both["hosts"])
    assert (row["hosts_a"], row["hosts_b"]) == (both["hosts_b"], both["hosts_a"])
    assert (row["share_of_a"], row["share_of_b"]) == (both["share_of_b"], both["share_of_a"])
    named = cooccurrence(store, ("qwen2",)).rows
    assert {r["a"] for r in named} == {"qwen2"}
    assert {r["b"]: r["hosts"] for r in named} == {
        (r["a"] if r["b"] == "qwen2" else r["b"]): r["hosts"] for r in pairs if "qwen2" in (r["a"], r["b"])
    }
    store.close()


def test_a_pair_place_by_place(place: Place, records: list[Record], plain: Plain) -> None:
    """Counted in plain Python."""
    place.load(records)
    store = place.open()
    spring = iso_weeks("2025-02-12", "2025-03-20")
    places: dict[str, Any] = {
        "country": lambda h: [h["country"]],
        "network": lambda h: [h["asn"] and f"AS{h['asn']}"],
        "software": lambda h: {name for name, _ in h["runs"]} or [None],
    }
    tested = 0
    for scope, lists in (
        (Scope(), plain.lists(plain.hosts)),
        (Scope(since="2025-02-12", until="2025-03-20"), plain.lists(plain.hosts, spring)),
    ):
        families = plain.items(lists, "family")
        for by, of in places.items():
            expected: dict[str, Counter[str]] = {}
            for host, own in families.items():
                for label in of(plain.hosts[host]):
                    counts = expected.setdefault(label or "unknown", Counter())
                    counts["multi_model_hosts"] += len(lists[host]) > 1
                    counts["base"] += bool(own)
                    counts["hosts_a"] += "qwen2" in own
                    counts["hosts_b"] += "llama" in own
                    counts["hosts"] += {"qwen2", "llama"} <= own
            rows = cooccurrence(store, ("qwen2", "llama"), by=by, scope=scope).rows
            names = ("hosts", "hosts_a", "hosts_b", "multi_model_hosts", "base")
            found = {r["place"]: {name: r[name] for name in names} for r in rows}
            assert found == {label: {n: c[n] for n in names} for label, c in expected.items() if c["base"]}
            order = [(r["place"] == "unknown", -r["hosts"], -r["multi_model_hosts"], r["place"]) for r in rows]
            assert order == sorted(order)
            p = sorted(r["p_value"] for r in rows if r["p_value"] == r["p_value"])
            tested += len(p)
            assert len(p) == sum(bool(r["hosts"]) for r in rows if r["place"] != "unknown")
            for r in rows:
                if r["hosts"]:
                    low, high = wilson(r["hosts"], r["multi_model_hosts"])
                    assert (r["low"], r["high"]) == pytest.approx((max(low, 0), min(high, 1)), abs=1e-12)
                    assert r["lift"] == pytest.approx(r["base"] * r["hosts"] / (r["hosts_a"] * r["hosts_b"]))
                if r["place"] != "unknown" and r["hosts"]:
                    # Benjamini and Hochberg: the least m·p/rank of those that are no smaller.
                    wanted = min(len(p) * one / (rank_of + 1) for rank_of, one in enumerate(p) if one >= r["p_value"])
                    assert r["q_value"] == pytest.approx(min(wanted, 1))
    assert tested > 20
    lost = next(h for h, host in plain.hosts.items() if host["country"] is None and h.startswith("198.51."))
    nowhere = cooccurrence(store, ("qwen2", "llama"), by="country", scope=Scope(prefix=(f"{lost}/32",)))
    assert nowhere.headline == "No host in scope has a known country: this cannot be told."
    store.close()


def test_a_pair_in_a_place_is_the_pair_of_its_hosts(place: Place, records: list[Record]) -> None:
    place.load(records)
    store = place.open()
    pair = ("qwen2", "llama")
    for null in ("bicm", "hypergeometric"):
        rows = cooccurrence(store, pair, by="country", null=null, min_hosts=2).rows
        assert min(row["hosts"] for row in rows) >= 2
        known = [row for row in rows if row["place"] != "unknown"]
        assert len(known) > 1
        for row in known[:3]:
            (alone,) = cooccurrence(store, pair, null=null, scope=Scope(country=(row["place"],))).rows
            assert (row["a"], row["b"]) == (alone["a"], alone["b"])
            for name in set(row) & set(alone) - {"a", "b", "multi_model_hosts", "q_value"}:
                assert row[name] == pytest.approx(alone[name], rel=1e-9), name
    every = cooccurrence(store, pair, by="country", sort="difference")
    known = [row for row in every.rows if row["place"] != "unknown"]
    told = [row["difference"] for row in known if row["difference"] == row["difference"]]
    assert told == sorted(told, reverse=True)
    assert len(told) > 1
    apart = []
    for row in known:
        hosts, base = (sum(r[n] for r in known if r is not row) for n in ("hosts", "multi_model_hosts"))
        assert (row["hosts_elsewhere"], row["base_elsewhere"]) == (hosts, base)
        if row["multi_model_hosts"]:
            # Newcombe's method 10, written out.
            p, q = row["hosts"] / row["multi_model_hosts"], hosts / base
            (low, high), (q_low, q_high) = wilson(row["hosts"], row["multi_model_hosts"]), wilson(hosts, base)
            bounds = (p - q - math.hypot(p - low, q_high - q), p - q + math.hypot(high - p, q - q_low))
            assert (row["difference"], row["difference_low"], row["difference_high"]) == pytest.approx((p - q, *bounds))
            if row["multi_model_hosts"] >= 30 and not bounds[0] <= 0 <= bounds[1]:
                apart.append((-abs(p - q), f"Most unlike the others is {row['place']}: "))
    assert (min(apart)[1] if apart else "No place with 30 or more multi-model hosts differs") in str(every.headline)
    assert [r["place"] for r in every.rows][len(known) :] in (["unknown"], [])
    assert all(math.isnan(r["difference"]) for r in every.rows[len(known) :])
    top = cooccurrence(store, ("qwen2", "llama"), by="country")
    assert str(top.headline).startswith(f"qwen2 and llama are together most often in {top.rows[0]['place']}: ")
    nobody = cooccurrence(store, ("qwen2", "llama"), by="country", scope=Scope(until="2001-01-01"))
    assert (nobody.rows, nobody.headline) == ([], "No host with a known country lists both qwen2 and llama.")
    for given, wrong, reason in (
        (("llama",), {}, "--by counts one pair place by place: name two items"),
        (("llama", "LLAMA"), {}, "is named twice"),
        (("llama", "qwen2"), {"sort": "npmi"}, "--sort 'npmi': not a column to sort places by; choose from"),
        (("llama", "qwen2"), {"other_labs": True}, "--by follows one pair: leave --bootstrap"),
        (("llama", "qwen2"), {"every": "month"}, "--every follows one pair: leave --sort, .*; or ask with them"),
        (("llama", "qwen2"), {"min_hosts": 0}, "--min-hosts 0"),
        (("llama", "qwen2"), {"by": "planet"}, "--by 'planet': not a place"),
    ):
        with pytest.raises(UsageError, match=reason):
            cooccurrence(store, given, **({"by": "country"} | wrong))
    store.close()


def test_pairs_of_other_labs(place: Place, records: list[Record], plain: Plain) -> None:
    """The rows that are left are those without the option, figures and all; an unknown lab is like no other."""
    place.load(records)
    store = place.open()
    for level in ("line", "model"):
        lab = {plain.item(m, level): plain.item(m, "lab") for m in plain.models}
        every = cooccurrence(store, level=level, null="hypergeometric").rows
        found = cooccurrence(store, level=level, null="hypergeometric", other_labs=True)
        wanted = [r for r in every if lab[r["a"]] is None or lab[r["a"]] != lab[r["b"]]]
        assert repr(found.rows) == repr(wanted)  # as text: a number that is none does not equal itself
        assert 0 < len(wanted) < len(every)
        assert "Pairs of one lab are left out (--other-labs); bases, p and q are those of all pairs." in found.caveats
        assert level == "line" or any(lab[r["a"]] is lab[r["b"]] is None for r in wanted)
        (first, *_) = [r["a"] for r in every if lab[r["a"]] is not None and lab[r["a"]] == lab[r["b"]]]
        own = cooccurrence(store, (first,), level=level, null="hypergeometric", other_labs=True).rows
        assert own
        assert not [r for r in own if lab[r["b"]] == lab[first]]
    for options, names, message in (
        ({"level": "family"}, (), "--other-labs is about products, which have one lab: give --level line or model"),
        ({"level": "line"}, ("qwen2.5", "llama3.2"), "--other-labs chooses among pairs: give one name, or none"),
    ):
        with pytest.raises(UsageError, match=message):
            cooccurrence(store, names, other_labs=True, **options)
    store.close()


def test_items_together_and_exact_combinations(place: Place, records: list[Record], plain: Plain) -> None:
    """Sets of three and four items, and the exact set of every host, in every scope and at every level."""
    place.load(records)
    store = place.open()
    seen = 0
    for scope, lists in scoped_lists(plain):
        for level in LEVELS:
            items = plain.items(lists, level)
            base = sum(map(bool, items.values()))
            sets = Counter(tuple(sorted(own)) for own in items.values() if own)
            expected = [(list(own), len(own), n, n / base, base) for own, n in sets.items()]
            rows = exact_sets(store, level=level, scope=scope).rows
            found = [(r["items"], r["size"], r["hosts"], r["share"], r["base"]) for r in rows]
            assert found == sorted(expected, key=lambda r: (-r[2], r[0]))
            seen += len(found)
    lists = plain.lists(plain.hosts)
    families = plain.items(lists, "family")
    multi = sum(len(models) >= 2 for models in lists.values())
    names = sorted(set().union(*families.values()))
    for size in (3, 4):
        for wanted in list(combinations(names, size))[:12]:
            answer = cooccurrence(store, wanted).rows
            for row in answer:
                both = sum(set(row["items"]) <= own for own in families.values())
                each = [sum(item in own for own in families.values()) for item in row["items"]]
                assert (row["hosts"], row["hosts_of_each"]) == (both, each)
                assert row["share_of_multi_model_hosts"] == both / multi
            assert [r["left_out"] for r in answer] == [None, *reversed(wanted)]
    assert seen > 500
    store.close()


def test_rank_of_items(place: Place, records: list[Record], plain: Plain) -> None:
    place.load(records)
    store = place.open()
    for scope, lists in scoped_lists(plain):
        for level in LEVELS:
            result = rank(store, level=level, scope=scope)
            items = plain.items(lists, level)
            base = sum(bool(i) for i in items.values())
            with_models = sum(bool(m) for m in lists.values())
            known = sorted(set().union(*items.values())) if items else []
            rows = {r["item"]: r for r in result.rows}
            unknown = {a for a, models in lists.items() if any(plain.item(m, level) is None for m in models)}
            assert set(rows) == set(known) | ({"unknown"} if unknown else set())
            for item in rows:
                holders = unknown if item == "unknown" else {a for a, i in items.items() if item in i}
                n = with_models if item == "unknown" else base
                row = rows[item]
                assert (row["hosts"], row["base"]) == (len(holders), n)
                assert row["share"] == pytest.approx(len(holders) / n)
                for column, place_of in (("networks", "asn"), ("countries", "country")):
                    anywhere = {plain.hosts[a][place_of] for a in lists} - {None}
                    there = {plain.hosts[a][place_of] for a in holders} - {None}
                    assert row[column] == (len(there) if anywhere else None)
                mine = None if item == "unknown" else item
                edges = [e for (a, m), e in plain.edges.items() if a in lists and plain.item(m, level) == mine]
                timed = bool(scope.since or scope.until or scope.at)
                assert row["listings"] == (None if timed else sum(e["observations"] for e in edges))
                if not timed:
                    pairs = {
                        (a, w)
                        for (a, m), e in plain.edges.items()
                        if a in lists and plain.item(m, level) == mine
                        for w in e["weeks"]
                    }
                    assert row["host_weeks"] == len(pairs)
            order = [(r["item"] == "unknown", -r["hosts"], r["item"]) for r in result.rows]
            assert order == sorted(order)
    store.close()


def test_rank_of_places_and_items_within_them(place: Place, records: list[Record], plain: Plain) -> None:
    place.load(records)
    store = place.open()
    places: dict[str, Any] = {
        "country": lambda h: [h["country"]],
        "network": lambda h: [h["asn"] and f"AS{h['asn']}"],
        "provider": lambda h: [plain.provider(h["asn"])],
        "software": lambda h: {name for name, _ in h["runs"]} or [None],
    }
    lists = plain.lists(plain.hosts)
    families = plain.items(lists, "family")
    for by, of in places.items():
        members: dict[str, set[str]] = {}
        for a, h in plain.hosts.items():
            for label in of(h):
                members.setdefault(label or "unknown", set()).add(a)
        result = rank(store, by=by)
        assert {r["place"]: r["hosts"] for r in result.rows} == {p: len(m) for p, m in members.items()}
        assert {r["base"] for r in result.rows} == {len(plain.hosts)}
        for row in result.rows:
            edges = {(a, m): e for (a, m), e in plain.edges.items() if a in members[row["place"]]}
            assert row["listings"] == sum(e["observations"] for e in edges.values())
            assert row["host_weeks"] == len({(a, w) for (a, _), e in edges.items() for w in e["weeks"]})
        both = {(r["place"], r["item"]): (r["hosts"], r["base"]) for r in rank(store, by=by, level="family").rows}
        expected = {}
        for label, hosts in members.items():
            base = sum(bool(families[a]) for a in hosts)
            for family in set().union(*(families[a] for a in hosts)):
                expected[label, family] = (sum(family in families[a] for a in hosts), base)
        assert {k: v for k, v in both.items() if k[1] != "unknown"} == expected
        # The place with the largest base first, that of unknown places last, and so for exact sets.
        bases = {label: sum(bool(families[a]) for a in hosts) for label, hosts in members.items()}
        sets = Counter((p, tuple(sorted(families[a]))) for p, hosts in members.items() for a in hosts if families[a])
        of_sets = [(p, list(own), n, n / bases[p], bases[p], *wilson(n, bases[p])) for (p, own), n in sets.items()]
        of_sets.sort(key=lambda r: (r[0] == "unknown", -r[4], r[0], -r[2], r[1]))
        rows = exact_sets(store, by=by).rows
        found = [tuple(r[c] for c in ("place", "items", "hosts", "share", "base", "low", "high")) for r in rows]
        assert [r[:5] for r in found] == [r[:5] for r in of_sets]
        assert [r[5:] for r in found] == [pytest.approx(r[5:]) for r in of_sets]
        large = Counter(p for p, own, n, *_ in of_sets if len(own) > 1 and n > 1)
        assert Counter(r["place"] for r in exact_sets(store, by=by, min_size=2, min_hosts=2).rows) == large
        ranked = list(dict.fromkeys(r["place"] for r in rank(store, by=by, level="family").rows))
        largest = {
            p: max(r["base"] for r in rank(store, by=by, level="family").rows if r["place"] == p) for p in ranked
        }
        assert ranked == sorted(ranked, key=lambda p: (p == "unknown", -largest[p], p))
    store.close()


def test_info(place: Place, records: list[Record], plain: Plain) -> None:
    place.load(records)
    store = place.open()
    row = figures(store)
    store.close()
    lists = plain.lists(plain.hosts)
    assert row["hosts"] == len(plain.hosts)
    assert row["models"] == len(plain.models)
    assert row["families"] == len({f for f in plain.family.values() if f})
    assert row["deployments"] == len(plain.edges)
    assert row["multi_model_hosts"] == sum(len(m) >= 2 for m in lists.values())
    assert row["observations"] == sum(h["observations"] for h in plain.hosts.values())
    assert row["countries"] == len({h["country"] for h in plain.hosts.values()} - {None})
    assert row["networks"] == len({h["asn"] for h in plain.hosts.values()} - {None})
    assert (row["scans"], row["rejected"]) == (1, 0)
    assert row["first_seen"] == min(h["first_seen"] for h in plain.hosts.values())
    assert row["last_seen"] == max(h["last_seen"] for h in plain.hosts.values())
    assert row["unknown_line"] == sum(plain.item(m, "line") is None for _, m in plain.edges)


def test_cypher_matrix_and_loop_agree(place: Place, records: list[Record], plain: Plain) -> None:
    place.load(records)
    with Graph(place.data, place.uri) as graph:
        cypher = graph.query(name="family-cooccurrence")
        matrix = graph.cooccurrence()
        exactly = graph.combinations()
        for row in exactly.itertuples():
            saved = graph.query(name="families-exactly", parameters={"families": row.items})
            assert saved["hosts"].tolist() == [row.hosts]
    loop = {(r["a"], r["b"]): r["hosts"] for r in expected_pairs(plain, plain.lists(plain.hosts), "family")}
    assert {(r.a, r.b): r.hosts for r in cypher.itertuples()} == loop
    assert {(r.a, r.b): r.hosts for r in matrix.itertuples()} == loop


def test_hosts_and_host(place: Place, records: list[Record], plain: Plain) -> None:
    place.load(records)
    lists = plain.lists(plain.hosts)
    with Graph(place.data, place.uri, show_addresses=True) as graph:
        everything = graph.hosts()
        assert {r.host: r.models for r in everything.itertuples()} == {a: sorted(m) for a, m in lists.items()}
        suspected = everything[everything["decoy_group"].notna()]
        assert set(suspected["host"]) == plain.decoys.keys()
        assert suspected["decoy_group"].nunique() == 1
        seen = everything["last_seen"].tolist()
        assert seen == sorted(seen, reverse=True)
        holders = {
            a for a, m in lists.items() if "deepseek-r1:7b" in m and any(plain.item(x, "lab") == "Meta" for x in m)
        }
        assert set(graph.hosts(model="deepseek-R1:7B", lab="meta")["host"]) == holders
        digest = "b" * 64
        for form in (digest, digest[:12], f"sha256:{digest[:12].upper()}"):
            assert set(graph.hosts(digest=form)["host"]) == {
                a for (a, _), e in plain.edges.items() if digest in (e["digests"] or [])
            }
        address = next(a for a in plain.hosts if a.startswith("2001:db8"))
        one = graph.host(address.upper()).iloc[0]
        assert one["models"] == sorted(lists[address])
        assert one["weeks"] == plain.hosts[address]["weeks"]
        assert one["asn"] == plain.hosts[address]["asn"]
        assert one["model_observations"] == [plain.edges[address, m]["observations"] for m in one["models"]]
    with Graph(place.data, place.uri) as graph:
        masked = graph.hosts()
        assert masked["host"].str.fullmatch("host-[0-9a-f]{16}").all()
        assert masked["host"].nunique() == len(plain.hosts)
        again = graph.host(graph.masker.pseudonym(address)).iloc[0]
        assert again["host"] == graph.masker.pseudonym(address)
        assert again["models"] == one["models"]


def test_free_cypher_is_masked_and_reads_only(place: Place, records: list[Record]) -> None:

    place.load(records)
    with Graph(place.data, place.uri) as graph:
        rows = graph.query("MATCH (h:Host) RETURN 'at ' + h.address AS place ORDER BY place LIMIT 500;")
        assert rows["place"].str.fullmatch("at host-[0-9a-f]{16}").all()
        assert graph.query("RETURN $x + 1 AS y", parameters={"x": 41})["y"].tolist() == [42]
        for refused in (
            "CREATE (:Host {address: '192.0.2.1'})",
            "MATCH (h:Host) DETACH DELETE h",
            "MATCH (h:Host) SET h.days = 0",
            "LOAD CSV FROM 'file:///etc/passwd' AS l RETURN l",
            "RETURN 1 AS a; MATCH (n) DELETE n",
            "CALL db.labels()",
        ):
            with pytest.raises(UsageError, match="query refused"):
                graph.query(refused)
        with pytest.raises(DataError, match=r"the store refused the query: line 1, column 15: 'RETURN' cannot stand"):
            graph.query("MATCH (h:Host RETURN h")
        with pytest.raises(DataError, match=r"line 2, column 1: 'RETRUN' is not understood .* mean RETURN\?"):
            graph.query("MATCH (h:Host)\nRETRUN count(h) AS n")
        with pytest.raises(DataError, match=r"refused the query: .* the query ends here, .*; '\(' is not closed"):
            graph.query("MATCH (h:Host")
        for cypher, said in (
            ("MATCH (h:Hosts) RETURN count(h) AS n", "query, line 1, column 10: no label 'Hosts'; did you mean Host"),
            ("MATCH (h:Host) RETURN h.adress AS a", "column 25: no property 'adress' of Host; did you mean address"),
            ("MATCH ()-[d:DEPLOY]->() RETURN count(d) AS n", "no relationship type 'DEPLOY'; did you mean DEPLOYS"),
            ("MATCH (m:Model)-[d:DEPLOYS]->(h) RETURN 1 AS n", r"write \(h:Host\)-\[d:DEPLOYS\]->\(m:Model\)"),
            ("MATCH (h:Host) MATCH (h)--(:Family) RETURN 1 AS n", "no relationship goes between Host and Family"),
            ("MATCH (:Scan)-->() RETURN 1 AS n", "no relationship goes from Scan"),
        ):
            with pytest.raises(UsageError, match=said):
                graph.query(cypher)


def test_json_is_the_same_on_every_store(place: Place, records: list[Record], tmp_path: Any) -> None:
    """The plain answers above leave the last digit and the order of ties open; the first store's text fixes them."""
    from cohabit.output import Format, _json

    place.load(records)
    texts = {}
    with Graph(place.data, place.uri) as graph:
        (place.data / "key").write_bytes(b"0123456789abcdef0123456789abcdef")
    with Graph(place.data, place.uri) as graph:
        for name, arguments, options in (
            ("info", (), {}),
            ("rank", (), {"level": "model"}),
            ("rank", (), {"by": "provider", "level": "line"}),
            ("cooccurrence", (), {"level": "model", "sort": "lift"}),
            ("cooccurrence", (), {"bootstrap": 100}),
            ("cooccurrence", (("llama", "qwen2", "gemma2"),), {"bootstrap": 100, "seed": 3}),
            ("combinations", (), {"level": "model"}),
            ("trends", (), {"every": "week", "forecast": 3}),
            ("trends", (), {"view": "adoption", "level": "model"}),
            ("trends", (), {"view": "slopes", "by": "network"}),
            ("lifetimes", (), {"gone_after": 2}),
            ("lifetimes", (), {"view": "churn"}),
            ("hosts", (), {}),
            ("quality", (), {}),
            ("quality", (), {"decoy_hosts": 2, "decoy_networks": 1, "decoy_models": 1}),
            ("saved", ("line-lab", {}), {}),
        ):
            texts[f"{name} {arguments} {options}"] = _json(graph.ask(name, *arguments, **options), Format("json"))
        for level in (None, "line"):
            graph.export("json-graph", tmp_path / "graph.json", level=level)
            texts[f"export {level}"] = (tmp_path / "graph.json").read_text("ascii")
    remembered = _REMEMBERED.setdefault("texts", texts)
    assert json.dumps(texts) == json.dumps(remembered)


_REMEMBERED: dict[str, dict[str, str]] = {}
