"""Trends and lifetimes on every store, against loops over the records."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from cohabit.errors import UsageError
from cohabit.graph.incidence import LEVELS
from cohabit.queries.cooccurrence import cooccurrence
from cohabit.queries.lifetimes import lifetimes
from cohabit.queries.scope import Scope
from cohabit.queries.trends import trends
from tests.conformance.conftest import Place
from tests.conformance.plain import Plain
from tests.conformance.population import Record
from tests.conformance.test_queries import SCOPES, iso_weeks, wilson

Label = Callable[[int], str]


def thursday(week: int) -> date:
    return date.fromisocalendar(week // 100, week % 100, 4)


LABELS: dict[str, Label] = {
    "week": lambda week: thursday(week).strftime("%G-W%V"),
    "month": lambda week: thursday(week).strftime("%Y-%m"),
}

PLACES: dict[str, Callable[[Plain, dict[str, Any]], Iterable[str | None]]] = {
    "country": lambda plain, h: [h["country"]],
    "network": lambda plain, h: [h["asn"] and f"AS{h['asn']}"],
    "software": lambda plain, h: {name for name, _ in h["runs"]} or [None],
}


def scopes(plain: Plain) -> list[tuple[dict[str, Any], list[str], set[int] | None]]:
    """Options, the hosts that they leave, and the weeks of the window."""
    cases = []
    for options, keep in SCOPES:
        cases.append((options, [a for a, h in plain.hosts.items() if keep(plain, a, h)], None))
    spring = {"since": "2025-02-12", "until": "2025-03-20"}
    cases.append((spring, list(plain.hosts), iso_weeks("2025-02-12", "2025-03-20")))
    german = [a for a, h in plain.hosts.items() if h["country"] == "DE"]
    cases.append(({"until": "2025-03-01", "country": ("DE",)}, german, iso_weeks("2024-01-01", "2025-03-01")))
    return cases


def listed(plain: Plain, host: str, weeks: set[int] | None, label: Label) -> set[str]:
    return {label(w) for w in plain.hosts[host]["listed_weeks"] if weeks is None or w in weeks}


def with_items(plain: Plain, host: str, level: str, weeks: set[int] | None, label: Label) -> set[tuple[str, str]]:
    """(item, period) pairs of a host."""
    return {
        (item, label(w))
        for model, edge in plain.of_host[host].items()
        if (item := plain.item(model, level)) is not None
        for w in edge["weeks"]
        if weeks is None or w in weeks
    }


def shares(
    plain: Plain, hosts: list[str], weeks: set[int] | None, level: str, by: str | None, label: Label
) -> dict[tuple[str, ...], tuple[int, int]]:
    """(period, place, item): hosts and base, wherever there is a base and the item is on some host of the place."""
    bases: dict[tuple[str, str], set[str]] = {}
    holders: dict[tuple[str, str, str], set[str]] = {}
    for host in hosts:
        places = PLACES[by](plain, plain.hosts[host]) if by else [""]
        for place in ("unknown" if p is None else p for p in places):
            for period in listed(plain, host, weeks, label):
                bases.setdefault((period, place), set()).add(host)
            for item, period in with_items(plain, host, level, weeks, label):
                holders.setdefault((period, place, item), set()).add(host)
    found = {}
    for place, item in {key[1:] for key in holders}:
        for (period, of), base in bases.items():
            if of == place:
                found[period, place, item] = (len(holders.get((period, place, item), ())), len(base))
    return found


def test_shares(place: Place, records: list[Record], plain: Plain) -> None:
    place.load(records)
    store = place.open()
    seen = 0
    for options, hosts, weeks in scopes(plain):
        for level in LEVELS if options in ({}, {"country": ("de",)}) else ("family",):
            for every, label in LABELS.items():
                result = trends(store, level=level, every=every, scope=Scope(**options))
                expected = shares(plain, hosts, weeks, level, None, label)
                found = {(r["period"], "", r["item"]): (r["hosts"], r["base"]) for r in result.rows}
                assert found == expected, (options, level, every)
                assert len(found) == len(result.rows)
                seen += len(found)
                for row in result.rows:
                    assert row["kind"] == "observed"
                    assert row["share"] == row["hosts"] / row["base"]
                    low, high = wilson(row["hosts"], row["base"])
                    assert (row["low"], row["high"]) == pytest.approx((max(low, 0), min(high, 1)), abs=1e-12)
    assert seen > 3000
    store.close()


def test_places_and_items_within_them(place: Place, records: list[Record], plain: Plain) -> None:
    place.load(records)
    store = place.open()
    for by in PLACES:
        within = trends(store, level="lab", by=by, every="month")
        expected = shares(plain, list(plain.hosts), None, "lab", by, LABELS["month"])
        assert {(r["period"], r["place"], r["item"]): (r["hosts"], r["base"]) for r in within.rows} == expected
        alone = trends(store, by=by, every="month")
        counted: dict[tuple[str, str], set[str]] = {}
        base: dict[str, set[str]] = {}
        for host, h in plain.hosts.items():
            for period in listed(plain, host, None, LABELS["month"]):
                base.setdefault(period, set()).add(host)
                for label in PLACES[by](plain, h):
                    counted.setdefault((period, label or "unknown"), set()).add(host)
        found = {(r["period"], r["place"]): (r["hosts"], r["base"]) for r in alone.rows if r["hosts"]}
        assert found == {key: (len(own), len(base[key[0]])) for key, own in counted.items()}
    store.close()


def test_one_pair(place: Place, records: list[Record], plain: Plain) -> None:
    """Period by period what `cooccurrence` counts, from the lists of the hosts in it."""
    place.load(records)
    store = place.open()
    seen = 0
    for options, hosts, weeks in scopes(plain):
        for (a, b), level in {("llama", "qwen2"): "family", ("Google", "Alibaba"): "lab"}.items():
            for every, label in LABELS.items():
                answer = cooccurrence(store, (b, a), level=level, every=every, scope=Scope(**options))
                items: dict[str, list[set[str]]] = {}
                models: dict[str, int] = {}
                for host in hosts:
                    for period in listed(plain, host, weeks, label):
                        known = with_items(plain, host, level, weeks, label)
                        items.setdefault(period, []).append({item for item, of in known if of == period})
                        several = {m for m, of in with_items(plain, host, "model", weeks, label) if of == period}
                        models[period] = models.get(period, 0) + (len(several) >= 2)
                expected = {
                    period: (
                        sum({a, b} <= own for own in lists),
                        sum(b in own for own in lists),
                        sum(a in own for own in lists),
                        models[period],
                        sum(bool(own) for own in lists),
                    )
                    for period, lists in items.items()
                }
                counts = ("hosts", "hosts_a", "hosts_b", "multi_model_hosts", "base")
                assert {r["period"]: tuple(r[name] for name in counts) for r in answer.rows} == expected, options
                assert [r["period"] for r in answer.rows] == sorted(expected)
                for r in answer.rows:
                    assert (r["a"], r["b"]) == (b, a)
                    if r["multi_model_hosts"]:
                        assert r["share_of_multi_model_hosts"] == r["hosts"] / r["multi_model_hosts"]
                        low, high = wilson(r["hosts"], r["multi_model_hosts"])
                        assert (r["low"], r["high"]) == pytest.approx((max(low, 0), min(high, 1)), abs=1e-12)
                    if r["hosts"]:
                        assert r["lift"] == pytest.approx(r["base"] * r["hosts"] / (r["hosts_a"] * r["hosts_b"]))
                        assert r["jaccard"] == r["hosts"] / (r["hosts_a"] + r["hosts_b"] - r["hosts"])
                        seen += 1
    assert seen > 100
    answer = cooccurrence(store, ("llama", "qwen2"), every="month")
    last = answer.rows[-1]
    said = f" % of {last['multi_model_hosts']} multi-model hosts in {last['period']}"
    assert re.match(rf"llama and qwen2: [\d.]+{said}", str(answer.headline))
    nobody = cooccurrence(store, ("llama", "qwen2"), every="month", scope=Scope(until="2001-01-01"))
    assert nobody.rows == []
    assert nobody.headline == "No multi-model host in scope showed a list: there is nothing to follow."
    for names, wrong, reason in (
        (("llama",), {}, "name two items"),
        (("llama", "llama"), {}, "is named twice"),
        (("llama", "qwen2"), {"sort": "lift"}, "leave --sort"),
        (("llama", "qwen2"), {"bootstrap": 10}, "leave --sort"),
    ):
        with pytest.raises(UsageError, match=reason):
            cooccurrence(store, names, every="month", **wrong)
    with pytest.raises(UsageError, match="--every 'day': choose from week, month"):
        cooccurrence(store, ("llama", "qwen2"), every="day")
    store.close()


def spans_of(plain: Plain, level: str, label: Label) -> dict[str, dict[str, set[str]]]:
    """Item: period: hosts."""
    found: dict[str, dict[str, set[str]]] = {}
    for host in plain.hosts:
        for item, period in with_items(plain, host, level, None, label):
            found.setdefault(item, {}).setdefault(period, set()).add(host)
    return found


def test_what_came_and_went(place: Place, records: list[Record], plain: Plain) -> None:
    """At level model there are items of few hosts, so that some come late and some go early."""
    early = [r for r in records if not r["timestamp"].startswith(("2025-05", "2025-06"))]
    late = [
        {**r, "models": [m for m in r["models"] or [] if "gemma2:2b" not in str(m)]}
        for r in records
        if r["timestamp"].startswith(("2025-05", "2025-06"))
    ]
    for r in early:
        if r["timestamp"] < "2025-03":
            r = r | {"models": [m for m in r["models"] or [] if "mistral" not in str(m)]}
        late.append(r)
    changed = Plain(late)
    place.load(late)
    store = place.open()
    for every, label in LABELS.items():
        spans = spans_of(changed, "model", label)
        periods = sorted({p for host in changed.hosts for p in listed(changed, host, None, label)})
        base = {p: {h for h in changed.hosts if p in listed(changed, h, None, label)} for p in periods}
        new = {item for item, own in spans.items() if min(own) > periods[0]}
        gone = {item for item, own in spans.items() if max(own) < periods[-1]}
        assert ("mistral:latest" in new) == ("gemma2:2b" in gone) is True
        for view, items in (("new", new), ("vanished", gone)):
            rows = trends(store, level="model", every=every, view=view).rows
            assert {r["item"] for r in rows} == items
            assert [-r["hosts"] for r in rows] == sorted(-r["hosts"] for r in rows)
            for row in rows:
                own = spans[row["item"]]
                assert (row["first_period"], row["last_period"], row["periods"]) == (min(own), max(own), len(own))
                assert row["hosts"] == len(set().union(*own.values()))
                assert row["peak_hosts"] == max(map(len, own.values())) == len(own[row["peak_period"]])
                assert row["peak_share"] == row["peak_hosts"] / len(base[row["peak_period"]])
        curves = trends(store, level="model", every=every, view="adoption").rows
        assert {r["item"] for r in curves} == new
        for row in curves:
            own = spans[row["item"]]
            so_far = [p for p in periods if min(own) <= p <= row["period"]]
            hosts = set().union(*(own.get(p, set()) for p in so_far))
            everyone = set().union(*(base[p] for p in so_far))
            assert (row["hosts"], row["base"]) == (len(hosts), len(everyone))
            assert row["share"] == len(hosts) / len(everyone)
    weeks: dict[str, list[int]] = {}
    for (_, model), edge in changed.edges.items():
        weeks.setdefault(model, []).extend(edge["weeks"])
    found = 0
    for since, until in (("2025-02-24", "2025-03-20"), ("2025-03-10", "2025-03-20"), ("2025-04-21", "2025-05-04")):
        window, scope = iso_weeks(since, until), Scope(since=since, until=until)
        for view, items, end in (("new", new, min), ("vanished", gone, max)):
            rows = trends(store, level="model", view=view, scope=scope).rows
            assert {r["item"] for r in rows} == {i for i in items if end(weeks[i]) in window}, (since, view)
            found += len(rows)
    assert found >= 2
    store.close()


def plain_survival(plain: Plain, hosts: list[str], gone_after: int, weeks: set[int] | None) -> dict[int, Any]:
    """Age in weeks: at risk, ended, censored."""

    def number(week: int) -> int:
        return (thursday(week).toordinal() - 4) // 7

    scanned = sorted({number(w) for h in plain.hosts.values() for w in h["weeks"]})
    inside = [s for s in scanned if weeks is None or s in {number(w) for w in weeks}]
    end = min(max(inside), scanned[-1 - gone_after])
    lives = []
    for host in hosts:
        first, last = (number(f(plain.hosts[host]["weeks"])) for f in (min, max))
        if first == scanned[0] or last < min(inside) or first > end:
            continue
        ended = last <= end
        lives.append((max(min(inside) - first, 0), (last if ended else end) - first + 1, ended))
    return {
        age: (
            sum(entry < age <= out for entry, out, _ in lives),
            sum(out == age and ended for _, out, ended in lives),
            sum(out == age and not ended for _, out, ended in lives),
        )
        for age in {out for _, out, _ in lives}
    }


def test_lifetimes(place: Place, records: list[Record], plain: Plain) -> None:
    place.load(records)
    store = place.open()
    cases: list[tuple[dict[str, Any], list[str], set[int] | None, int]] = [
        (options, hosts, None, gone) for options, hosts, weeks in scopes(plain) if weeks is None for gone in (2, 6)
    ]
    everyone = list(plain.hosts)
    cases.append(({"since": "2025-03-03"}, everyone, iso_weeks("2025-03-03", "2025-12-31"), 2))
    cases.append(({"since": "2025-02-03", "until": "2025-03-30"}, everyone, iso_weeks("2025-02-03", "2025-03-30"), 3))
    for options, hosts, weeks, gone in cases:
        result = lifetimes(store, gone_after=gone, scope=Scope(**options))
        expected = plain_survival(plain, hosts, gone, weeks)
        assert {r["weeks"]: (r["at_risk"], r["ended"], r["censored"]) for r in result.rows} == expected, options
        survival = 1.0
        for row in result.rows:
            survival *= 1 - row["ended"] / row["at_risk"]
            assert row["survival"] == pytest.approx(survival)
    store.close()


def test_churn(place: Place, records: list[Record], plain: Plain) -> None:
    place.load(records)
    store = place.open()
    scanned = sorted({w for h in plain.hosts.values() for w in h["weeks"]})
    for every, label in LABELS.items():
        for options, hosts, weeks in scopes(plain):
            rows = lifetimes(store, view="churn", every=every, gone_after=3, scope=Scope(**options)).rows
            seen = {h: {label(w) for w in plain.hosts[h]["weeks"]} for h in hosts}
            periods = sorted({label(w) for w in scanned})
            shown = {label(w) for w in scanned if weeks is None or w in weeks}
            steps = [(a, b) for a, b in pairwise(periods) if {a, b} <= shown] if hosts else []
            assert [(r["before"], r["period"]) for r in rows] == steps
            for row in rows:
                a, b = row["before"], row["period"]
                then, now = ({h for h in hosts if p in seen[h]} for p in (a, b))
                earlier = {h for h in hosts if min(seen[h]) < b}
                later = {h for h in hosts if max(seen[h]) > b}
                over = {h for h in hosts if sum(w > max(plain.hosts[h]["weeks"]) for w in scanned) >= 3}
                assert row["hosts"] == len(now) == row["arrived"] + row["returned"] + row["stayed"]
                assert row["hosts_before"] == len(then) == row["stayed"] + row["left"] + row["not_rescanned"]
                assert row["arrived"] == len(now - earlier)
                assert row["stayed"] == len(then & now)
                assert row["left"] == len((then - now - later) & over)
                around = earlier & later
                assert row["coverage"] == (len(around & now) / len(around) if around else None)
    store.close()


def test_observations(place: Place, records: list[Record], plain: Plain) -> None:
    place.load(records)
    store = place.open()
    for options, hosts, weeks in scopes(plain):
        if weeks is not None:
            continue
        rows = {r["group"]: r for r in lifetimes(store, view="observations", scope=Scope(**options)).rows}
        counts = sorted((plain.hosts[h]["observations"] for h in hosts), reverse=True)
        if not counts:
            assert rows == {}
            continue
        groups = {
            "all": counts,
            "seen once (one observation)": [c for c in counts if c == 1],
            "seen in one week": [plain.hosts[h]["observations"] for h in hosts if len(plain.hosts[h]["weeks"]) == 1],
            # Rounded up: 100·h hosts of which p % are meant, in whole numbers.
            **{f"busiest {p} % of hosts": counts[: -(-len(counts) * p // 100)] for p in (1, 10, 13)},
            **{f"fewest with {p} % of observations": counts[: fewest(counts, p)] for p in (50, 76)},
        }
        assert {g: (r["hosts"], r["observations"], r["base"]) for g, r in rows.items()} == {
            g: (len(own), sum(own), len(counts)) for g, own in groups.items()
        }
    store.close()


def fewest(counts: list[int], percent: int) -> int:
    return next(k for k in range(1, len(counts) + 1) if 100 * sum(counts[:k]) >= percent * sum(counts))
