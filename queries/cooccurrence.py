"""Co-occurrence: which items live together on a host, and how much more often than by chance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from cohabit.choices import among
from cohabit.errors import UsageError
from cohabit.graph.incidence import Incidence, Integers, ItemMatrix
from cohabit.graph.store import GraphStore
from cohabit.queries import bootstrap as boot
from cohabit.queries import measures
from cohabit.queries.chance import GATE, compared
from cohabit.queries.item_sets import item_sets
from cohabit.queries.items import require_at
from cohabit.queries.null_models import NullModel, check_null, null_model
from cohabit.queries.pair_series import pair_series
from cohabit.queries.pairs import Pairs, all_pairs
from cohabit.queries.result import Result, Row, result
from cohabit.queries.scope import Scope, read_incidence
from cohabit.queries.words import count, percent, unknown_caveat
from cohabit.text import visible

COLUMNS = (
    "a",
    "b",
    "hosts",
    "hosts_a",
    "hosts_b",
    "share_of_a",
    "share_of_a_low",
    "share_of_a_high",
    "share_of_b",
    "share_of_b_low",
    "share_of_b_high",
    "share_of_multi_model_hosts",
    "low",
    "high",
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
PAIR_COLUMNS = (*TABLE_COLUMNS[:-2], "expected", *TABLE_COLUMNS[-2:])
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

_PROFILED = 3
_LINES = 3
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
) -> Result:
    """Pairs of items by the hosts that list both; of three or more names, the hosts that list them all.

    Without names: every pair with at least `min_hosts` hosts, a < b by code point. With one name: its pairs, the name
    in column a. With two: that pair, even when no host lists both; with `every` (week or month) over time: see
    `pair_series`. With more: see `item_sets`.

    `other_labs` leaves out pairs of lines or models of one lab, after the tests, as `min_hosts` does; an unknown lab is
    like no other.

    `low` and `high` are the Wilson 95 % interval of `share_of_multi_model_hosts`, and likewise for the shares of a and
    of b; `base` is the n of lift, npmi and the odds ratio. `expected` is the number of hosts with both that the null
    model expects (`null`: bicm or hypergeometric), `p_value` the probability of so many hosts or more under it,
    `p_fewer` that of so many or fewer, `q_value` the p-value of Benjamini and Hochberg over all pairs of the level with
    at least one host in scope, whichever are shown. With `bootstrap` > 0 intervals of the share of multi-model hosts
    and of lift are added, from so many draws of networks (`seed`, default 0).
    """
    if every is not None:
        if (sort, null, bootstrap, min_hosts, other_labs) != ("hosts", "bicm", 0, 1, False):
            options = "--sort, --null, --bootstrap, --min-hosts and --other-labs"
            raise UsageError(f"--every follows one pair: leave {options} out")
        return pair_series(store, names, level=level, every=every, scope=scope)
    if sort not in SORTS:
        raise UsageError(f"--sort {sort!r}: not a column to sort by; {among(sort, SORTS)}")
    check_null(null, len(names))
    boot.check(bootstrap, seed)
    if other_labs:
        _check_labs(level, names)
    incidence = read_incidence(store, scope or Scope())
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
    caveats += _name_caveats(incidence, matrix, named)
    caveats += [_OTHER_LABS] if other_labs else []
    extra = boot.COLUMNS if drawn else ()
    return result(
        (*COLUMNS, *extra),
        rows,
        headline=_headline(incidence, matrix, rows, named)
        + (compared(matrix, model, _items(shown), shown.together, shown.q[0]) if len(named) == 2 else ""),
        caveats=caveats,
        table_columns=(*_shown_columns(named, extra), *extra),
    )


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
    """The bootstrap's interval is that of the share of multi-model hosts, so this is shown beside it."""
    if len(named) != 1:
        return PAIR_COLUMNS if named else TABLE_COLUMNS
    return (*PROFILE_COLUMNS, "share_of_multi_model_hosts") if extra else PROFILE_COLUMNS


def _name_caveats(incidence: Incidence, matrix: ItemMatrix, named: list[int]) -> Iterator[str]:
    """What a name stands for: a family is no product, and a line often has the name of a family with many more."""
    families, lines = incidence.models.items["family"], incidence.models.items["line"]
    labels = [matrix.labels[i] for i in named]
    if matrix.level == "family" and named:
        yield (
            "A family is an architecture, whoever made the model; by product line (--level line) the figure is "
            "another, and can be far lower."
        )
        yield f"Lines here, by hosts: {'; '.join(_lines_of(incidence, label) for label in labels)}."
    if matrix.level == "line":
        for name in labels:
            others = {line for family, line in zip(families, lines, strict=True) if family == name and line} - {name}
            if others:
                yield (
                    f"The line {visible(name, 60)} is not the family {visible(name, 60)}, which has "
                    f"{count(len(others), 'more line')} here; `study` counts families by all their lines."
                )


def _lines_of(incidence: Incidence, family: str) -> str:
    """The lines of a family that most hosts in scope have, in words."""
    models = incidence.models
    own = np.array([item == family for item in models.items["family"]], bool)[incidence.model_index]
    of_line: dict[str, set[int]] = {}
    for host, model in zip(incidence.host_index[own].tolist(), incidence.model_index[own].tolist(), strict=True):
        of_line.setdefault(models.items["line"][model] or "unknown", set()).add(host)
    largest = sorted(of_line, key=lambda line: (line == "unknown", -len(of_line[line]), line))
    shown = ", ".join(visible(line, 60) for line in largest[:_LINES]) or "none"
    more = f" and {len(largest) - _LINES:,} more" if len(largest) > _LINES else ""
    return f"{visible(family, 60)} is {shown}{more}"


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
    shares: dict[str, measures.Floats] = {}
    for name, bounds, whole in (
        ("share_of_a", ("share_of_a_low", "share_of_a_high"), a),
        ("share_of_b", ("share_of_b_low", "share_of_b_high"), b),
        ("share_of_multi_model_hosts", ("low", "high"), np.full(len(ab), multi)),
    ):
        shares[name] = measures.ratio(ab, whole)
        shares |= zip(bounds, measures.wilson(ab, whole), strict=True)
    arrays = {
        "hosts": ab,
        "hosts_a": a,
        "hosts_b": b,
        **shares,
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


def _headline(incidence: Incidence, matrix: ItemMatrix, rows: list[Row], named: list[int]) -> str:
    multi = count(incidence.multi_model_hosts, "multi-model host")
    if len(named) == 2:
        return _pair_sentence(rows[0], multi)
    if named:
        return _profile_sentence(matrix, rows, named[0])
    if not rows:
        return f"No two items of level {matrix.level} live together on {count(len(incidence.hosts), 'host')}."
    top = rows[0]
    return (
        f"{count(len(rows), 'pair')} at level {matrix.level} on {multi}; first: "
        f"{top['a']} and {top['b']} on {count(top['hosts'], 'host')}."
    )


def _pair_sentence(r: Row, multi: str) -> str:
    if not r["hosts"]:
        return (
            f"No host lists both {r['a']} and {r['b']} ({count(r['hosts_a'], 'host')} with {r['a']}, "
            f"{count(r['hosts_b'], 'host')} with {r['b']})."
        )
    return (
        f"{count(r['hosts'], 'host')} {'lists' if r['hosts'] == 1 else 'list'} both: "
        f"{percent(r['share_of_multi_model_hosts'])} of the {multi}, {percent(r['share_of_a'])} of the "
        f"{r['hosts_a']:,} with {r['a']}, {percent(r['share_of_b'])} of the {r['hosts_b']:,} with {r['b']}."
    )


def _profile_sentence(matrix: ItemMatrix, rows: list[Row], item: int) -> str:
    """What else the hosts of one item run: the most frequent others, and how many list no other."""
    label, own = matrix.labels[item], matrix.hosts_of(item)
    if not len(own):
        return f"No host lists {label}."
    degrees = np.bincount(matrix.rows, minlength=matrix.host_count)
    alone = np.count_nonzero(degrees[own] == 1) / len(own)
    top = sorted(rows, key=lambda r: (-r["hosts"], r["b"]))[:_PROFILED]
    parts = [f"{percent(r['share_of_a'])} {'' if i else 'also list '}{r['b']}" for i, r in enumerate(top)]
    others = ", ".join(parts) + "; " if parts else ""
    level = matrix.level.replace("-", " ")
    return f"Of the {count(len(own), 'host')} with {label}, {others}{percent(alone)} list no other {level}."
