"""How long items stay on hosts: a population by hand, and loops over single lists."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from cohabit.errors import UsageError
from cohabit.graph.store import GraphStore
from cohabit.queries.lifetimes import lifetimes
from cohabit.queries.scope import Scope
from tests.queries.tools import record, store_of

START = date(2025, 3, 3)  # a Monday: week 0 below

# Host: its lists by week (None: seen without a list).
HOSTS: dict[int, dict[int, list[str] | None]] = {
    # llama was there before. qwen2 comes in week 1 and is missing in week 4: two weeks, over. phi3 comes in week 4 and
    # is there in week 5, after which no list is: censored in week 4, the last one that another list follows.
    1: {0: ["llama"], 1: ["llama", "qwen2"], 2: ["llama", "qwen2"], 4: ["llama", "phi3"], 5: ["llama", "phi3"]},
    # qwen2 comes in week 3, is away in week 4, and is there again in week 5: one life of three weeks, censored at two.
    2: {2: ["llama"], 3: ["qwen2"], 4: ["llama"], 5: ["qwen2"], 6: None},
    # Everything was there in the only list; without another one nothing is known.
    3: {3: ["qwen2", "phi3"]},
    # phi3 comes in the last list: too late.
    4: {2: ["bert"], 5: ["bert", "phi3"]},
    # Two models of one family: qwen2 stays when one of them goes.
    5: {0: ["bert"], 1: ["bert", "qwen2:1"], 2: ["bert", "qwen2:2"], 3: ["bert"], 6: ["bert"]},
}


def records_of(hosts: dict[int, dict[int, list[str] | None]]) -> list[dict[str, Any]]:
    found = []
    for host, weeks in hosts.items():
        for week, models in weeks.items():
            one = record(host, models or (), timestamp=f"{START + timedelta(weeks=week)}T10:00:00Z")
            found.append(one if models is not None else one | {"models": None, "version": "0.6.2"})
    return found


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphStore]:
    opened = store_of(tmp_path_factory.mktemp("stays"), records_of(HOSTS))
    yield opened
    opened.close()


def steps(answer: Any) -> list[tuple[int, int, int, int]]:
    return [(r["weeks"], r["at_risk"], r["ended"], r["censored"]) for r in answer.rows]


def test_by_hand(store: GraphStore) -> None:
    # Host 1: two weeks, over. Host 2: weeks 3 and 4, censored. Host 5: weeks 1 and 2, over.
    qwen2 = lifetimes(store, item=("qwen2",))
    assert steps(qwen2) == [(2, 3, 2, 1)]
    assert qwen2.rows[0]["survival"] == pytest.approx(1 / 3)
    assert qwen2.headline == (
        "Too few to quote a share: of 3 stays of qwen2 on 3 hosts (1 more left out), 3 are at risk at 2 weeks, and it "
        "takes 30."
    )
    # Of host 1: weeks 4 of 4 to 5. That of host 4 came too late, that of host 3 was there before.
    phi3 = lifetimes(store, level="family", item=("phi3",))
    assert steps(phi3) == [(1, 1, 0, 1)]
    assert any(c.startswith("Left out: 1 that the host's first list had already") for c in phi3.caveats)
    assert any(c.startswith("1 came too late to tell") for c in phi3.caveats)
    # llama of host 1 was there before, that of host 2 too, although it came back.
    assert lifetimes(store, item=("llama",)).rows == []
    whole = lifetimes(store, level="family")
    assert steps(whole) == [(1, 4, 0, 1), (2, 3, 2, 1)]
    assert any("Items of one host often come and go together" in c for c in whole.caveats)
    # The single models of host 5 stay for one week each.
    assert steps(lifetimes(store, level="model", item=("qwen2:1", "qwen2:2"))) == [(1, 2, 2, 0)]


def test_more_lists_without_it_are_asked_for(store: GraphStore) -> None:
    # Host 1: lists of weeks 4 and 5 follow week 2. Host 2: only week 3 has two more, so it is censored at one week.
    # Host 5: weeks 3 and 6 follow week 2.
    assert steps(lifetimes(store, item=("qwen2",), gone_after=2)) == [(1, 3, 0, 1), (2, 2, 2, 0)]


def test_from_a_date_on_lives_enter_at_their_age(store: GraphStore) -> None:
    # From week 2 on: qwen2 of hosts 1 and 5 is one week old then, and at risk at the age of two weeks only.
    since = lifetimes(store, item=("qwen2",), scope=Scope(since=str(START + timedelta(weeks=2))))
    assert steps(since) == [(2, 3, 2, 1)]
    assert any("2 that began before the span enter at the age they had then" in c for c in since.caveats)
    until = lifetimes(store, item=("qwen2",), scope=Scope(until=str(START + timedelta(weeks=1))))
    assert steps(until) == [(1, 2, 0, 2)]


def plain(hosts: dict[int, dict[int, list[str]]], gone_after: int, begin: int) -> dict[int, tuple[int, int, Fraction]]:
    """Age: at risk, ended and survival, list by list."""
    lives = []
    for lists in hosts.values():
        weeks = sorted(lists)
        for item in {item for listed in lists.values() for item in listed}:
            there = [week for week in weeks if item in lists[week]]
            if there[0] == weeks[0] or len(weeks) <= gone_after:
                continue
            end = weeks[-1 - gone_after]
            if there[0] > end or there[-1] < begin or end < begin:
                continue
            over = sum(week > there[-1] for week in weeks) >= gone_after
            lives.append((max(begin - there[0], 0), min(there[-1], end) - there[0] + 1, over))
    survival, found = Fraction(1), {}
    for age in sorted({out for _, out, _ in lives}):
        risk = sum(entry < age <= out for entry, out, _ in lives)
        ended = sum(out == age and over for _, out, over in lives)
        survival *= 1 - Fraction(ended, risk)
        found[age] = (risk, ended, survival)
    return found


def test_against_loops(tmp_path: Path) -> None:
    chance = random.Random(6)
    hosts: dict[int, dict[int, list[str]]] = defaultdict(dict)
    for host in range(60):
        for week in sorted(chance.sample(range(16), chance.randint(1, 12))):
            hosts[host][week] = chance.sample(["llama", "qwen2", "gemma2", "phi3"], chance.randint(0, 3))
    opened = store_of(tmp_path, records_of({h: dict(weeks) for h, weeks in hosts.items()}))
    first = min(week for lists in hosts.values() for week in lists)
    seen = Counter()
    for gone_after in (1, 3):
        for begin in (first, 6):
            scope = Scope() if begin == first else Scope(since=str(START + timedelta(weeks=begin)))
            answer = lifetimes(opened, level="family", gone_after=gone_after, scope=scope)
            found = {r["weeks"]: (r["at_risk"], r["ended"], r["survival"]) for r in answer.rows}
            expected = plain(hosts, gone_after, begin)
            assert found == {age: (n, d, pytest.approx(float(s))) for age, (n, d, s) in expected.items()}
            seen[gone_after] += sum(d for _, d, _ in expected.values())
    assert min(seen.values()) > 20
    opened.close()


def test_what_cannot_be_asked(store: GraphStore) -> None:
    with pytest.raises(UsageError, match="--level and --item go with --view survival, not churn; --has chooses hosts"):
        lifetimes(store, view="churn", item=("llama",))
    with pytest.raises(UsageError, match="--level 'host': not a level"):
        lifetimes(store, level="host")
    with pytest.raises(UsageError, match="no family is called 'nope' in this graph"):
        lifetimes(store, item=("nope",))
    nowhere = lifetimes(store, level="family", scope=Scope(country=("FR",)))
    assert nowhere.rows == []
    assert nowhere.headline == "Nowhere was a family seen to come, on a host whose list was seen before and after."
