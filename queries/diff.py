"""What changed between two dates, item by item."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cohabit.choices import among
from cohabit.errors import UsageError
from cohabit.graph.incidence import LEVELS, Integers
from cohabit.graph.store import GraphStore
from cohabit.privacy import Masker
from cohabit.queries import diff_hosts, replaced_digests
from cohabit.queries.dates import MISSED, NEW, NO_LIST, NOT_SCANNED_BEFORE, NOT_SEEN_SINCE, Dates, read_dates
from cohabit.queries.items import require_at
from cohabit.queries.result import Result, Row, result
from cohabit.queries.scope import Scope
from cohabit.queries.successors import successors
from cohabit.queries.two_samples import Sample, compared
from cohabit.queries.words import count, percent, points, unknown_caveat

COLUMNS = (
    "item",
    "before",
    "after",
    "added",
    "new_hosts",
    "removed",
    "kept",
    "not_rescanned",
    "not_seen_since",
    "not_scanned_before",
    "share_before",
    "share_after",
    "difference",
    "low",
    "high",
    "base_before",
    "base_after",
)
TABLE_COLUMNS = (
    "item",
    "before",
    "after",
    "share_before",
    "share_after",
    "difference",
    "low",
    "high",
    "added",
    "new_hosts",
    "removed",
    "kept",
    "not_rescanned",
)
HOST = "host"


def diff(
    store: GraphStore,
    masker: Masker,
    date1: str,
    date2: str,
    *,
    level: str | None = None,
    of_digests: bool = False,
    item: Sequence[str] = (),
    successor: str | None = None,
    scope: Scope | None = None,
) -> Result:
    """What changed between two dates; each is read as `at` of a scope, with its `within`.

    `before` hosts had the item at the first date: `kept` it, were rescanned without it (`removed`), or gave no list in
    the second span of weeks (`not_rescanned`, of which `not_seen_since` were not seen in that span or later). `after`
    hosts have it at the second date: `kept`, `added` (rescanned hosts that had it not, and `new_hosts`, first seen
    after the first span), or `not_scanned_before`. Shares are of the hosts with a list, `low` and `high` the 95 %
    interval of `difference`, `share_after` − `share_before` (see `two_samples`). Largest changes come first.

    `item` names items of the level; rows are of these only, also of one that no host has at either date. With a
    `successor` of one item the hosts of this item are counted by what they have then (see `successors`).

    Level `host` gives one row a host (see `diff_hosts`), `of_digests` the digests that were replaced (see
    `replaced_digests`).
    """
    if level not in (None, HOST, *LEVELS):
        raise UsageError(f"--level {level!r}: not a level; {among(level, (*LEVELS, HOST))}")
    if of_digests and level not in (None, "model"):
        raise UsageError(f"--digests is about models; leave out --level {level}")
    if item and level == HOST:
        raise UsageError("--item chooses rows of items; of hosts --has chooses those that run one")
    if successor is not None and (len(item) != 1 or of_digests or level == HOST):
        raise UsageError("--successor goes with one --item of a level: what became of the hosts that had it?")
    dates = read_dates(store, scope or Scope(), date1, date2)
    if of_digests:
        return replaced_digests.replaced(store, dates, item)
    if level == HOST:
        return diff_hosts.changes(store, masker, dates)
    level = level or "family"
    if successor is not None:
        return successors(dates, level, item[0], successor)
    matrices = dates.before.at(level), dates.after.at(level)
    before, after = (
        Sample.of(incidence.hosts, matrix)
        for incidence, matrix in zip((dates.before, dates.after), matrices, strict=True)
    )
    named = {require_at(dates.before.models, level, name) for name in item}
    rows = _rows(dates, matrices[0].labels, before, after, named)
    return result(
        COLUMNS,
        rows,
        headline=dates.nothing() or _headline(dates, rows, level, named=bool(named)),
        caveats=(*dates.caveats(), *unknown_caveat(dates.after, matrices[1])),
        table_columns=TABLE_COLUMNS,
        in_points=("low", "high"),
    )


def _rows(dates: Dates, labels: list[str], before: Sample, after: Sample, named: set[str]) -> list[Row]:
    counted = compared(after, before)
    low, high = counted.interval()

    def in_state(sample: Sample, states: Integers, *wanted: int) -> Integers:
        return sample.counts(np.flatnonzero(np.isin(states[sample.rows], wanted)))

    new_hosts = in_state(after, dates.states_after, NEW)
    columns = {
        "before": counted.second,
        "after": counted.first,
        "added": counted.first_only + new_hosts,
        "new_hosts": new_hosts,
        "removed": counted.second_only,
        "kept": counted.both,
        "not_rescanned": in_state(before, dates.states_before, NO_LIST, MISSED, NOT_SEEN_SINCE),
        "not_seen_since": in_state(before, dates.states_before, NOT_SEEN_SINCE),
        "not_scanned_before": in_state(after, dates.states_after, NOT_SCANNED_BEFORE),
        "share_before": counted.share_second,
        "share_after": counted.share_first,
        "difference": counted.difference,
        "low": low,
        "high": high,
    }
    values = {name: column.tolist() for name, column in columns.items()}
    bases = {"base_before": counted.second_base, "base_after": counted.first_base}
    present = np.flatnonzero(counted.first + counted.second).tolist()
    if named:
        present = [i for i, label in enumerate(labels) if label in named]
    rows: list[Row] = [{"item": labels[i], **{name: v[i] for name, v in values.items()}, **bases} for i in present]
    rows.sort(key=lambda r: r["item"])
    rows.sort(key=lambda r: -abs(r["difference"]) if r["difference"] == r["difference"] else 1)
    return rows


def _headline(dates: Dates, rows: list[Row], level: str, *, named: bool) -> str:
    """The largest change with the bases of its shares: they are mostly of different hosts, so those in both follow."""
    first, second = len(dates.before.hosts), len(dates.after.hosts)
    word = level.replace("-", " ")
    if not rows:
        return f"Neither of {count(first, 'host')} before nor of {second:,} after runs a known {word}."
    top = rows[0]
    alone = named and len(rows) == 1
    if not alone and not top["difference"]:
        return f"No {word} changed its share from {count(first, 'host')} before to {second:,} after."
    what = top["item"] if alone else f"Largest change of a {word}: {top['item']}"
    if first == second == dates.rescanned:
        rescanned = f"the same hosts: {top['added']:,} added it, {top['removed']:,} removed it"
    else:
        rescanned = _of_rescanned(top, dates.rescanned)
    change = (
        f"{what} from {percent(top['share_before'])} of {count(first, 'host')} to {percent(top['share_after'])} of "
        f"{second:,} ({points(top['difference'])})"
    )
    return f"{change}; {rescanned}."


def _of_rescanned(row: Row, rescanned: int) -> str:
    """How an item's share changed on the hosts with a list at both dates."""
    if not rescanned:
        return "no host has a list at both dates"
    before, after = row["kept"] + row["removed"], row["kept"] + row["added"] - row["new_hosts"]
    return (
        f"on the {count(rescanned, 'host')} with a list at both dates from {percent(before / rescanned)} to "
        f"{percent(after / rescanned)}: {row['added'] - row['new_hosts']:,} added it, {row['removed']:,} removed it"
    )
