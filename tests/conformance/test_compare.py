"""Two groups of hosts, on every store: a small population by hand, and plain loops over a large one."""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction
from typing import Any

import pytest

from cohabit.cells import laid_out
from cohabit.errors import UsageError
from cohabit.graph.incidence import LEVELS
from cohabit.queries.compare import compare
from cohabit.queries.scope import Scope
from tests.conformance.conftest import Place
from tests.conformance.plain import Plain
from tests.conformance.population import Record
from tests.conformance.test_diff import newcombe
from tests.conformance.test_queries import iso_weeks, runs


def host(number: int, country: str, asn: int | None, *families: str, day: str = "2025-03-05") -> Record:
    models = [{"name": f"{family}-model:1b", "details": {"family": family}} for family in families]
    return {
        "ip": f"192.0.2.{number}",
        "port": 11434,
        "timestamp": f"{day}T12:00:00Z",
        "models": models,
        "country_code": country,
        "asn": asn,
    }


def planted() -> list[Record]:
    """DE: llama on 6 of 8, five of them in AS64501; qwen2 on 2; one lists nothing. FR: llama on 1 of 4, qwen2 on 3."""
    return [
        *(host(i, "DE", 64501, "llama") for i in range(5)),
        host(5, "DE", 64502, "llama", "qwen2"),
        host(6, "DE", None, "qwen2"),
        host(7, "DE", 64503, "gemma2"),
        host(8, "DE", 64502),
        host(9, "FR", 64601, "llama"),
        *(host(i, "FR", asn, "qwen2") for i, asn in ((10, 64601), (11, 64602), (12, None))),
    ]


def test_by_hand(place: Place) -> None:
    """Fisher: of 12 hosts 8 are in DE; llama on 7, 6 of them in DE: P(X >= 6) = (C(8,6)·4 + C(8,7)) / C(12,7)."""
    place.load(planted())
    store = place.open()
    found = compare(store, Scope(country=("FR",)), scope=Scope(country=("DE",)), without_top=1)
    rows = {r["item"]: r for r in found.rows}
    llama, qwen = rows["llama"], rows["qwen2"]
    assert [(r["item"], r["hosts_a"], r["hosts_b"]) for r in found.rows] == [
        ("llama", 6, 1),
        ("qwen2", 2, 3),
        ("gemma2", 1, 0),
    ]
    assert (llama["base_a"], llama["base_b"], llama["share_a"], llama["share_b"]) == (8, 4, 0.75, 0.25)
    assert (llama["difference"], qwen["difference"]) == (0.5, -0.5)
    assert llama["p_value"] == pytest.approx(2 * (28 * 4 + 8) / 792, rel=1e-12)
    # Without AS64501 (5 hosts) DE has 5, 6 and 7; without AS64601 (2 hosts) FR has 11 and 12.
    assert llama["difference_without_top"] == pytest.approx(1 / 3)
    assert qwen["difference_without_top"] == pytest.approx(2 / 3 - 1)
    tested = sorted(r["p_value"] for r in found.rows)
    assert [rows[i]["q_value"] for i in ("llama", "qwen2", "gemma2")] == pytest.approx(
        [min(tested[0] * 3, tested[1] * 3 / 2)] * 2 + [1.0]
    )
    assert found.headline == (
        "No difference beyond chance (q < 0.01 for none); the largest of a family: llama, 75 % of 8 in A and 25 % of 4 "
        f"in B (+50.0 points; 95 %: −{-llama['low'] * 100:.1f} to +{llama['high'] * 100:.1f} points)."
    )
    # A quoted share has its base beside it, however narrow the terminal is.
    assert {"base_a", "base_b", "low", "high"} <= set(laid_out(found.table_columns, found.rows, 80, found.in_points))
    assert found.caveats[:2] == (
        "A: --country DE. B: --country FR. The difference is share a − share b.",
        "No host is in both groups. p: Fisher's exact test, two-sided.",
    )
    assert "Without top: A loses AS64501, 62 % of its 8 hosts." in found.caveats
    assert "Without top: B loses AS64601, 50 % of its 4 hosts." in found.caveats
    few = compare(store, Scope(country=("FR",)), scope=Scope(country=("DE",)), min_hosts=2)
    assert [r["item"] for r in few.rows] == ["llama", "qwen2"]
    assert [r["q_value"] for r in few.rows] == [llama["q_value"], qwen["q_value"]]
    # With all networks left out, hosts without a known one remain: nobody with llama on either side.
    assert few.rows[0]["difference_without_top"] == 0
    assert few.rows[1]["difference_without_top"] == 0
    all_in = compare(store, Scope(country=("FR",)), scope=Scope(country=("DE",)), without_top=0)
    assert [r["difference_without_top"] for r in all_in.rows] == [r["difference"] for r in all_in.rows]
    assert not any("Without top" in c for c in all_in.caveats)
    store.close()


def test_groups_that_leave_nothing(place: Place) -> None:
    place.load(planted())
    store = place.open()
    found = compare(store, Scope(country=("US",)))
    assert found.headline == "No host of group B runs a known family: nothing can be compared."
    assert found.caveats[0].startswith("A: all. B: --country US.")
    assert not any("both groups" in c for c in found.caveats)
    undefined = ("share_b", "difference", "low", "high", "p_value", "q_value", "difference_without_top")
    assert all(math.isnan(r[c]) for r in found.rows for c in undefined)
    assert {r["item"]: r["hosts_a"] for r in found.rows} == {"llama": 7, "qwen2": 5, "gemma2": 1}
    neither = compare(store, Scope(country=("US",)), scope=Scope(country=("CN",)))
    assert neither.rows == []
    one = compare(store, Scope(prefix=("192.0.2.0/32",)), scope=Scope(prefix=("192.0.2.6/32",)))
    assert [(r["item"], r["difference"], r["p_value"]) for r in one.rows] == [("llama", -1, 1), ("qwen2", 1, 1)]
    assert "192.0.2" not in " ".join(one.caveats)
    assert all(math.isnan(r["difference_without_top"]) for r in one.rows)
    store.close()


def test_hosts_in_both_groups_are_said(place: Place) -> None:
    later = [host(9, "FR", 64601, "llama", day="2025-06-05"), host(10, "FR", 64601, "llama", day="2025-06-05")]
    place.load([*planted(), *later])
    store = place.open()

    def caveats(against: Scope, scope: Scope | None = None) -> str:
        return " ".join(compare(store, against, scope=scope).caveats)

    part = caveats(Scope(country=("FR",)))
    assert "In both groups: 4 hosts, so one is part of the other." in part
    same = caveats(Scope(min_weeks=1))
    assert "In both groups: 12 hosts, all there are: no share differs." in same
    assert compare(store, Scope(min_weeks=1)).headline == "No family differs in its share."
    # With qwen2: 5, 6, 10, 11, 12; in the network: 9 and 10.
    some = caveats(Scope(network=("64601",)), Scope(has=("family:qwen2",)))
    assert "B is not filtered by --has family:qwen2, so the groups differ in that, too" in some
    assert "In both groups: 1 host, counted in both shares; the interval allows for that, and so does p" in some
    times = caveats(Scope(at="2025-06-05"), Scope(at="2025-03-05"))
    assert "In both groups: 2 hosts, counted in both shares" in times
    assert "different spans" not in times
    # What is the other of the two, or of both, or time, needs no note.
    opposite = caveats(Scope(without=("family:qwen2",), min_models=1), Scope(has=("family:qwen2",), min_models=1))
    assert not [text for text in (times, opposite, part, same) if "not filtered" in text]
    both = caveats(Scope(not_country=("DE",)), Scope(country=("DE",), min_models=2, exclude_decoys=True))
    assert "B is not filtered by --min-models 2 --exclude-decoys, so" in both
    assert "The groups are of different spans of time" in caveats(Scope(at="2025-06-05"))
    longer = caveats(Scope(at="2025-06-05", within=2), Scope(at="2025-03-05"))
    assert "The groups are of different spans of time" in longer
    store.close()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"level": "colour"}, "--level 'colour': not a level"),
        ({"min_hosts": 0}, "--min-hosts 0: it takes 1 or more"),
        ({"without_top": -1}, "--without-top -1: it takes 0 to 1,000 networks"),
        ({"scope": Scope(country=("DE",))}, "both groups are described by the same filters"),
    ],
)
def test_what_cannot_be_asked(options: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        compare(None, Scope(country=("DE",)), **options)  # type: ignore[arg-type]  # refused before anything is read


SPRING = iso_weeks("2025-02-12", "2025-03-20")
MARCH, JUNE = (iso_weeks(first, last) for first, last in (("2025-02-05", "2025-03-26"), ("2025-04-16", "2025-06-04")))


def groups(plain: Plain) -> list[tuple[Scope, Scope, dict[str, set[str]], dict[str, set[str]], bool]]:
    """Scopes of A and B, the model lists of their hosts, and whether both are of one window."""
    everything = plain.lists(plain.hosts)

    def of(keep: Any, lists: dict[str, set[str]] = everything) -> dict[str, set[str]]:
        return {a: models for a, models in lists.items() if keep(a, plain.hosts[a])}

    germans, americans = of(lambda a, h: h["country"] == "DE"), of(lambda a, h: h["country"] == "US")
    vllm = of(lambda a, h: runs(h, {1, 2, 3, 4, None}, "vllm"))
    spring, march, june = (
        plain.lists(plain.hosts, SPRING),
        plain.lists(plain.hosts, MARCH, newest_only=True),
        plain.lists(plain.hosts, JUNE, newest_only=True),
    )
    return [
        (Scope(country=("DE",)), Scope(country=("US",)), germans, americans, True),
        (Scope(), Scope(country=("de",)), everything, germans, True),
        (Scope(software=("vllm",)), Scope(country=("DE",)), vllm, germans, True),
        (Scope(exclude_decoys=True), Scope(), of(lambda a, h: a not in plain.decoys), everything, True),
        (Scope(at="2025-03-26", within=8), Scope(at="2025-06-04", within=8), march, june, False),
        (Scope(since="2025-02-12", until="2025-03-20"), Scope(), spring, everything, False),
        (
            Scope(at="2025-03-26", within=8, network=("64496",)),
            Scope(at="2025-03-26", within=8, country=("DE",)),
            of(lambda a, h: h["asn"] == 64496, march),
            of(lambda a, h: h["country"] == "DE", march),
            True,
        ),
    ]


def exact(a: int, n: int, b: int, m: int) -> float:
    ways = {k: math.comb(n, k) * math.comb(m, a + b - k) for k in range(max(0, a + b - m), min(n, a + b) + 1)}
    tails = (sum(w for k, w in ways.items() if k >= a), sum(w for k, w in ways.items() if k <= a))
    return float(min(Fraction(2 * min(tails), sum(ways.values())), Fraction(1)))


def test_against_plain_loops(place: Place, records: list[Record], plain: Plain) -> None:
    place.load(records)
    store = place.open()
    seen = 0
    for scope, against, lists_a, lists_b, same_window in groups(plain):
        for level in LEVELS:
            rows = compare(store, against, level=level, scope=scope, without_top=2).rows
            expected = expected_rows(plain, lists_a, lists_b, level, same_window)
            assert {r["item"] for r in rows} == set(expected)
            for row in rows:
                for key, value in expected[row["item"]].items():
                    assert row[key] == pytest.approx(value, rel=1e-8, abs=1e-12, nan_ok=True), (
                        scope,
                        against,
                        level,
                        key,
                        row,
                    )
            order = [(-abs(r["difference"]), r["item"]) for r in rows]
            assert order == sorted(order)
            seen += len(rows)
    assert seen > 200
    store.close()


def expected_rows(
    plain: Plain, lists_a: dict[str, set[str]], lists_b: dict[str, set[str]], level: str, same_window: bool
) -> dict[str, dict[str, Any]]:
    a, b = ({h: i for h, i in plain.items(lists, level).items() if i} for lists in (lists_a, lists_b))
    common = a.keys() & b.keys()
    nested = same_window and len(common) == min(len(a), len(b))
    rest_a, rest_b = without_top(plain, a), without_top(plain, b)
    found: dict[str, dict[str, Any]] = {}
    for item in set().union(*a.values(), *b.values()):
        k, j = sum(item in i for i in a.values()), sum(item in i for i in b.values())
        both = sum(item in a[h] and item in b[h] for h in common)
        only_a, only_b = (sum(item in one[h] and item not in two[h] for h in common) for one, two in ((a, b), (b, a)))
        row = {
            "hosts_a": k,
            "hosts_b": j,
            "base_a": len(a),
            "base_b": len(b),
            "difference": k / len(a) - j / len(b),
            "difference_without_top": share(item, rest_a) - share(item, rest_b),
        }
        cells = (both, only_a, only_b, len(common) - both - only_a - only_b)
        if not common or not same_window:
            row["low"], row["high"] = newcombe(k, len(a), j, len(b), cells)
        elif nested and len(a) > len(b):
            # The whole against a part: part and rest are independent, and so many times closer.
            low, high = newcombe(k - j, len(a) - len(b), j, len(b), (0, 0, 0, 0))
            row["low"], row["high"] = (x * (len(a) - len(b)) / len(a) for x in (low, high))
        if not common:
            row["p_value"] = exact(k, len(a), j, len(b))
        elif nested:
            inside, outside = (len(b), len(a) - len(b)) if len(a) > len(b) else (len(a), len(b) - len(a))
            row["p_value"] = exact(both, inside, max(k, j) - both, outside)
        else:
            p = (k + j) / (len(a) + len(b))
            n, m = len(a), len(b)
            variance = p * (1 - p) * (1 / n + 1 / m - 2 * len(common) / (n * m)) + (only_a + only_b) / (n * m)
            z = abs(row["difference"]) / math.sqrt(variance) if variance else 0.0
            row["p_value"] = math.erfc(z / math.sqrt(2))
        found[item] = row
    tested = sorted(r["p_value"] for r in found.values())
    for row in found.values():
        own = [(i, p) for i, p in enumerate(tested, 1) if p >= row["p_value"]]
        row["q_value"] = min(1.0, *(len(tested) * p / i for i, p in own))
    return found


def share(item: str, hosts: dict[str, set[str]]) -> float:
    return sum(item in own for own in hosts.values()) / len(hosts) if hosts else math.nan


def without_top(plain: Plain, hosts: dict[str, set[str]]) -> dict[str, set[str]]:
    """The hosts outside the two largest networks; those without a known network stay."""
    sizes = Counter(asn for h in hosts if (asn := plain.hosts[h]["asn"]) is not None)
    top = sorted(sizes, key=lambda asn: (-sizes[asn], asn))[:2]
    return {h: i for h, i in hosts.items() if plain.hosts[h]["asn"] not in top}
