"""Co-occurrence: which items live together on a host, and how much more often than by chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cohabit.choices import among
from cohabit.errors import UsageError
from cohabit.graph.incidence import Incidence, Integers, ItemMatrix
from cohabit.graph.store import GraphStore
from cohabit.queries import bootstrap as boot
from cohabit.queries import measures
from cohabit.queries.chance import GATE, Chance, compared
from cohabit.queries.item_sets import item_sets
from cohabit.queries.items import require_at
from cohabit.queries.null_models import NullModel, check_null, null_model
from cohabit.queries.pair_places import pair_places
from cohabit.queries.pair_series import pair_series
from cohabit.queries.pair_words import NOT_AVOIDED, ever_seen, headline, of_names
from cohabit.queries.pairs import SHARE_COLUMNS, Pairs, all_pairs, shares_of
from cohabit.queries.protection import Protection
from cohabit.queries.result import Result, Row, result
from cohabit.queries.scope import Scope, read_incidence
from cohabit.queries.words import count, unknown_caveat

COLUMNS = (
    "a",
    "b",
    *SHARE_COLUMNS,
    "lift",
    "jaccard",
    "npmi",
    "odds_ratio",
    "odds_low",
    "odds_high",
    "expected",
    "p_value",
    "log10_p",
    "q_value",
    "p_fewer",
    "log10_p_fewer",
    "base",
)
TABLE_COLUMNS = (
    "a",
    "b",
    "hosts",
    "hosts_a",
    "hosts_b",
    "share_of_multi_model_hosts",
    "low",
    "high",
    "lift",
    "jaccard",
    "q_value",
)
# The gate comes where a narrow terminal has room.
PAIR_COLUMNS = (*TABLE_COLUMNS[:-2], "q_value", "expected", "jaccard")
PROFILE_COLUMNS = (
    "b",
    "hosts",
    "share_of_a",
    "share_of_a_low",
    "share_of_a_high",
    "hosts_b",
    "lift",
    "jaccard",
    "q_value",
)
SORTS = ("hosts", "lift", "jaccard", "npmi", "odds_ratio", "share_of_a", "share_of_b")

# The weeks of these two days and those between them are the period 2025-03.
_ONE_MONTH = (
    "; or ask with them about one month, by its first and last Thursday: --since 2025-03-06 --until 2025-03-27 "
    "--bootstrap 200"
)
_LAB_LEVELS = ("line", "model")
_OTHER_LABS = "Pairs of one lab are left out (--other-labs); bases, p and q are those of all pairs."


def cooccurrence(
    store: GraphStore,
    names: tuple[str, ...] = (),
    *,
    level: str = "family",
    scope: Scope | None = None,
    min_hosts: int = 1,
    other_labs: bool = False,
    sort: str = "hosts",
    null: str = "bicm",
    bootstrap: int = 0,
    seed: int | None = None,
    every: str | None = None,
    by: str | None = None,
    protected: Protection | None = None,
) -> Result:
    """Pairs of items by the hosts that list both; of three or more names, the hosts that list them all.

    Without names: every pair with at least `min_hosts` hosts, a < b by code point. With one name: its pairs, the name
    in column a. With two: that pair, even when no host lists both; with `every` (week or month) over time: see
    `pair_series`; with `by` place by place: see `pair_places`. With more: see `item_sets`.

    `other_labs` leaves out pairs of lines or models of one lab, after the tests, as `min_hosts` does; an unknown lab is
    like no other.

    `low` and `high` are the Wilson 95 % interval of `share_of_multi_model_hosts`, and likewise for the shares of a
    and of b; `multi_model_hosts` is the base of the first, of all rows alike; `base` is the n of lift, npmi and the
    odds ratio. `expected` is the number of hosts with both that the null model expects (`null`: bicm or
    hypergeometric), `p_value` the probability of so many hosts or more under it, `p_fewer` that of so many or
    fewer, `q_value` the p-value of Benjamini and Hochberg over all pairs of the level with at least one host in
    scope, whichever are shown. With `bootstrap` > 0 intervals of the share of multi-model hosts and of lift are
    added, from so many draws of networks (`seed`, default 0). `protected` is for the names in notes.
    """
    if every is not None:
        usual = (sort, null, bootstrap, min_hosts, other_labs, by) == ("hosts", "bicm", 0, 1, False, None)
        _check_usual("--every", usual, "--sort, --null, --bootstrap, --min-hosts, --by and --other-labs", _ONE_MONTH)
        return pair_series(store, names, level=level, every=every, scope=scope)
    if by is not None:
        usual = (bootstrap, seed, other_labs) == (0, None, False)
        _check_usual("--by", usual, "--bootstrap, --seed and --other-labs")
        about: dict[str, Any] = {"level": level, "min_hosts": min_hosts, "null": null, "protected": protected}
        return pair_places(store, names, by=by, sort=sort, scope=scope, **about)
    if sort not in SORTS:
        raise UsageError(f"--sort {sort!r}: not a column to sort by; {among(sort, SORTS)}")
    check_null(null, len(names))
    boot.check(bootstrap, seed)
    if other_labs:
        _check_labs(level, names)
    scope = scope or Scope()
    incidence = read_incidence(store, scope)
    matrix = incidence.at(level)
    named = [matrix.labels.index(require_at(incidence.models, level, name)) for name in names]
    if twice := [item for i, item in enumerate(named) if item in named[:i]]:
        raise UsageError(f"{matrix.labels[twice[0]]!r} is named twice; name different items")
    drawn = boot.resamples(store, incidence, matrix, bootstrap, seed) if bootstrap else None
    if len(named) > 2:
        return item_sets(incidence, matrix, named, drawn)
    model = null_model(matrix, null)
    pairs = all_pairs(matrix, model)
    shown = _chosen(matrix, pairs, named, min_hosts)
    if other_labs:
        shown = shown[~_of_one_lab(incidence, matrix, shown)]
    rows = _rows(matrix, incidence.multi_model_hosts, shown, model, drawn)
    rows.sort(key=lambda r: (_descending(r[sort]), -r["hosts"], r["a"], r["b"]))
    caveats = [*_gate_caveat(pairs), *unknown_caveat(incidence, matrix), *([drawn.caveat()] if drawn else [])]
    caveats += [*of_names(incidence, matrix, named, protected), *ever_seen(store, scope, named)]
    caveats += [_OTHER_LABS] if other_labs else []
    chance = compared(matrix, model, _items(shown), shown.together, shown.q[0]) if len(named) == 2 else Chance()
    caveats += [NOT_AVOIDED] if chance.fewer else []
    extra = boot.COLUMNS if drawn else ()
    return result(
        (*COLUMNS, *extra),
        rows,
        headline=headline(incidence, matrix, rows, named) + chance.sentence,
        caveats=caveats,
        table_columns=_shown_columns(named, extra),
    )


def _check_usual(option: str, usual: bool, others: str, instead: str = "") -> None:
    if not usual:
        raise UsageError(f"{option} follows one pair: leave {others} out{instead}")


def _check_labs(level: str, names: tuple[str, ...]) -> None:
    if level not in _LAB_LEVELS:
        raise UsageError(f"--other-labs is about products, which have one lab: give --level {' or '.join(_LAB_LEVELS)}")
    if len(names) > 1:
        raise UsageError("--other-labs chooses among pairs: give one name, or none")


def _of_one_lab(incidence: Incidence, matrix: ItemMatrix, pairs: Pairs) -> npt.NDArray[np.bool_]:
    """Which pairs are of two items of one known lab."""
    items = incidence.models.items
    lab = dict(zip(items[matrix.level], items["lab"], strict=True))
    labels = incidence.models.labels("lab")
    position: dict[str | None, int] = {label: i for i, label in enumerate(labels)}
    # An unknown lab has a number that no other item has.
    labs = np.array([position.get(lab[item], -1 - i) for i, item in enumerate(matrix.labels)], np.int64)
    one: npt.NDArray[np.bool_] = labs[pairs.first] == labs[pairs.second]
    return one


def _shown_columns(named: list[int], extra: tuple[str, ...]) -> tuple[str, ...]:
    """What was asked for comes where a narrow terminal has room: the bootstrap's intervals beside what they are of."""
    usual = PROFILE_COLUMNS if len(named) == 1 else PAIR_COLUMNS if named else TABLE_COLUMNS
    if not extra:
        return usual
    first = ("b",) if len(named) == 1 else ("a", "b")
    asked = (*first, "hosts", "share_of_multi_model_hosts", *extra[:2], "lift", *extra[2:])
    return (*asked, *(column for column in usual if column not in asked))


def _chosen(matrix: ItemMatrix, pairs: Pairs, named: list[int], min_hosts: int) -> Pairs:
    if len(named) == 2:
        found = pairs[(pairs.first == min(named)) & (pairs.second == max(named))].turned(named[0])
        if len(found.first):
            return found
        # No host has both, so it is none of the tested pairs; none or more there are for certain.
        none, log_p = np.zeros(1, np.int64), np.full(1, 0.0 if matrix.base else np.nan)
        return Pairs(none + named[0], none + named[1], none, log_p, np.full(1, np.nan))
    if named:
        pairs = pairs[(pairs.first == named[0]) | (pairs.second == named[0])].turned(named[0])
    return pairs[pairs.together >= min_hosts]


def _items(pairs: Pairs) -> Integers:
    return np.column_stack([pairs.first, pairs.second])


def _rows(matrix: ItemMatrix, multi: int, pairs: Pairs, model: NullModel, drawn: boot.Resamples | None) -> list[Row]:
    ab, n = pairs.together, matrix.base
    a, b = matrix.hosts_per_item[pairs.first], matrix.hosts_per_item[pairs.second]
    log_fewer = model.log_fewer(_items(pairs), ab)
    odds, odds_low, odds_high = measures.odds_ratio(n, a, b, ab)
    arrays = {
        "hosts": ab,
        "hosts_a": a,
        "hosts_b": b,
        **shares_of(ab, a, b, np.full(len(ab), multi)),
        "multi_model_hosts": np.full(len(ab), multi),
        "lift": measures.lift(n, a, b, ab),
        "jaccard": measures.jaccard(a, b, ab),
        "npmi": measures.npmi(n, a, b, ab),
        "odds_ratio": odds,
        "odds_low": odds_low,
        "odds_high": odds_high,
        "expected": model.expected(_items(pairs)),
        "p_value": np.exp(pairs.log_p),
        "log10_p": pairs.log_p / np.log(10),
        "q_value": pairs.q,
        "p_fewer": np.exp(log_fewer),
        "log10_p_fewer": log_fewer / np.log(10),
        "base": np.full(len(ab), n),
        **(drawn.pairs(pairs.first, pairs.second) if drawn else {}),
    }
    columns: dict[str, list[Any]] = {
        "a": [matrix.labels[i] for i in pairs.first],
        "b": [matrix.labels[i] for i in pairs.second],
        **{name: values.tolist() for name, values in arrays.items()},
    }
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _descending(value: float) -> tuple[bool, float]:
    """Largest first, undefined last."""
    return (True, 0.0) if value != value else (False, -value)


def _gate_caveat(pairs: Pairs) -> list[str]:
    if not len(pairs.q):
        return []
    passing = int(np.count_nonzero(pairs.q < GATE))
    return [
        f"q < {GATE} for {passing:,} of {count(len(pairs.q), 'pair')}. With many hosts even slight tendencies are "
        "significant: p and q are gates; rank by lift or Jaccard, with --min-hosts."
    ]
