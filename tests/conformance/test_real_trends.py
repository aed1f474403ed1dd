"""Forecast and lifetimes on the real server list, against loops over its JSON."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from cohabit.graph.store import opened
from cohabit.graph.sync import load, sync
from cohabit.loaders.catalogue import Catalogue
from cohabit.session import Graph
from tests.conformance.test_real_list import canonical
from tests.queries.test_forecast import backtest

Weeks = dict[str, dict[int, set[str]]]


@pytest.fixture(scope="module")
def weekly(test_data: Path) -> Path:
    return test_data / "ollama-servers-weekly"


@pytest.fixture(scope="module")
def graph(weekly: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graph]:
    data = tmp_path_factory.mktemp("real")
    load(data, [str(weekly)])
    with opened(data, "embedded", write=True) as store:
        sync(data, store)
    with Graph(data, "embedded") as graph:
        yield graph


@pytest.fixture(scope="module")
def seen(weekly: Path) -> Weeks:
    """Host: week: its models."""
    found: Weeks = {}
    for path in sorted(weekly.glob("*.json.gz")):
        for record in json.loads(gzip.decompress(path.read_bytes())):
            when = datetime.fromisoformat(record["lastUpdate"])
            week = when.isocalendar()[0] * 100 + when.isocalendar()[1]
            models = {canonical(m) for m in record["models"]}
            found.setdefault(str(urlsplit(record["server"]).hostname), {}).setdefault(week, set()).update(models)
    return found


def month(week: int) -> str:
    return date.fromisocalendar(week // 100, week % 100, 4).isoformat()[:7]


def per_month(seen: Weeks, country: str) -> tuple[list[str], list[int], list[int]]:
    """Months, hosts with a model of that lab country, and hosts."""
    catalogue = Catalogue.load()
    of = {m: e.lab_country for own in seen.values() for s in own.values() for m in s if (e := catalogue.lookup(m))}
    hosts: dict[str, set[str]] = {}
    holders: dict[str, set[str]] = {}
    for host, weeks in seen.items():
        for week, models in weeks.items():
            hosts.setdefault(month(week), set()).add(host)
            if any(of.get(m) == country for m in models):
                holders.setdefault(month(week), set()).add(host)
    months = sorted(hosts)
    return months, [len(holders.get(m, ())) for m in months], [len(hosts[m]) for m in months]


@pytest.mark.parametrize("country", ["CN", "US", "FR"])
def test_the_forecast_says_how_good_it_is(graph: Graph, seen: Weeks, country: str) -> None:
    months, counts, bases = per_month(seen, country)
    frame = graph.trends(level="lab-country", item=country, forecast=18)
    observed = frame[frame["kind"] == "observed"]
    assert observed["period"].tolist() == months
    assert observed["hosts"].astype(int).tolist() == counts
    assert observed["base"].astype(int).tolist() == bases
    assert (frame["kind"] == "forecast").sum() == 18
    assert frame["period"].iloc[-1] == "2027-03"
    tests = backtest(counts, bases, 18)
    ours, no_change = (100 * sum(t[i] for t in tests) / len(tests) for i in (1, 2))
    print(f"{country}: forecast off by {ours:.2f} points, «no change» by {no_change:.2f}, {len(tests)} tests")
    said = next(c for c in frame.attrs["caveats"] if c.startswith(f"{country}: "))
    assert f"in {len(tests)} tests" in said
    assert f"was off by {ours:.2f} points on average, «no change» by {no_change:.2f} points" in said
    assert said.endswith("Nothing is tested beyond 4 months.")
    beats = ours < 0.95 * no_change
    assert ("make no claim" in said) == (not beats)
    assert ("; forecast for " in frame.attrs["headline"]) == beats
    assert ("Nothing to claim" in frame.attrs["headline"]) == (not beats)


def test_lifetimes_and_concentration(graph: Graph, seen: Weeks, weekly: Path) -> None:
    scanned = sorted({w for weeks in seen.values() for w in weeks})
    number = {w: date.fromisocalendar(w // 100, w % 100, 1).toordinal() // 7 for w in scanned}
    end = number[scanned[-5]]
    lives = []
    for weeks in seen.values():
        first, last = number[min(weeks)], number[max(weeks)]
        if min(weeks) != scanned[0] and first <= end:
            lives.append((min(last, end) - first + 1, last <= end))
    survival, expected = 1.0, {}
    for age in sorted({out for out, _ in lives}):
        risk = sum(out >= age for out, _ in lives)
        survival *= 1 - sum(out == age and ended for out, ended in lives) / risk
        expected[age] = (risk, survival)
    frame = graph.lifetimes()
    assert dict(zip(frame["weeks"], zip(frame["at_risk"], frame["survival"], strict=True), strict=True)) == {
        age: (risk, pytest.approx(s)) for age, (risk, s) in expected.items()
    }
    median = next(age for age, (_, s) in expected.items() if s <= 0.5)
    counts = observations(weekly)
    total, top = sum(counts), counts[: math.ceil(0.13 * len(counts))]
    once = sum(c == 1 for c in counts)
    before = sum(min(weeks) == scanned[0] for weeks in seen.values())
    said = f"Half of {len(lives):,} hosts ({before:,} more left out) are gone after {median} weeks"
    assert said in frame.attrs["headline"]
    assert f"Of 8,181 hosts {100 * once / len(counts):.0f} % were seen once" in frame.attrs["headline"]
    assert f"the busiest 13 % give {100 * sum(top) / total:.0f} % of them" in frame.attrs["headline"]


def observations(weekly: Path) -> list[int]:
    """Observations (port, second) of every host, most first."""
    found: dict[Any, set[Any]] = {}
    for path in sorted(weekly.glob("*.json.gz")):
        for record in json.loads(gzip.decompress(path.read_bytes())):
            url = urlsplit(record["server"])
            port = url.port or {"http": 80, "https": 443}[url.scheme]
            second = int(datetime.fromisoformat(record["lastUpdate"]).timestamp())
            found.setdefault(url.hostname, set()).add((port, second))
    return sorted(map(len, found.values()), reverse=True)
