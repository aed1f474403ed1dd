"""What became of the hosts of one item when another one came: who moved, has both, kept the old one, or has neither."""

from __future__ import annotations

import numpy as np

from cohabit.errors import UsageError
from cohabit.graph.incidence import Incidence, Integers, ItemMatrix
from cohabit.queries import measures
from cohabit.queries.dates import RESCANNED, Dates
from cohabit.queries.items import require_at
from cohabit.queries.result import Result, Row, result
from cohabit.queries.words import count, percent

COLUMNS = ("outcome", "hosts", "had_both", "share", "low", "high", "base")

_CAVEAT = (
    "moved: the successor without the item; both; kept: the item without the successor; left: neither. An item that "
    "came while another one went need not have taken its place: nobody says why."
)


def successors(dates: Dates, level: str, item: str, successor: str) -> Result:
    """The hosts with an item at the first date, by what they list at the second: a successor, the item, both, neither.

    `share` is of the `base` hosts that had the item and gave a list at both dates, with its Wilson 95 % interval; the
    row `not rescanned` counts those without a list at the second date and has none. `had_both` are the hosts of the row
    that had the successor at the first date already.
    """
    models = dates.before.models
    old, new = (require_at(models, level, name) for name in (item, successor))
    if old == new:
        raise UsageError(f"--successor {successor!r}: this is the item itself; name another one")
    before, after = dates.before.at(level), dates.after.at(level)
    had = _keys(dates.before, before, old)
    had_both = np.intersect1d(had, _keys(dates.before, before, new), assume_unique=True)
    seen = np.intersect1d(had, dates.before.hosts[dates.states_before == RESCANNED], assume_unique=True)
    has_old = np.isin(seen, _keys(dates.after, after, old))
    has_new = np.isin(seen, _keys(dates.after, after, new))
    outcomes = {
        "moved": seen[has_new & ~has_old],
        "both": seen[has_new & has_old],
        "kept": seen[has_old & ~has_new],
        "left": seen[~has_old & ~has_new],
        "not rescanned": np.setdiff1d(had, seen, assume_unique=True),
    }
    rows: list[Row] = [
        _row(outcome, hosts, had_both, None if outcome == "not rescanned" else len(seen))
        for outcome, hosts in outcomes.items()
    ]
    return result(
        COLUMNS,
        rows,
        headline=dates.nothing() or _headline(rows, old, new, dates.days),
        caveats=(_CAVEAT, *dates.caveats()),
    )


def _keys(incidence: Incidence, matrix: ItemMatrix, label: str) -> Integers:
    """Store keys of the hosts with that item."""
    keys: Integers = incidence.hosts[matrix.hosts_of(matrix.labels.index(label))]
    return keys


def _row(outcome: str, hosts: Integers, had_both: Integers, base: int | None) -> Row:
    share, low, high = None, None, None
    if base:
        share = len(hosts) / base
        low, high = (float(bound) for bound in measures.wilson(len(hosts), base))
    both = int(np.count_nonzero(np.isin(hosts, had_both)))
    figures = {"share": share, "low": low, "high": high, "base": base}
    return {"outcome": outcome, "hosts": len(hosts), "had_both": both, **figures}


def _headline(rows: list[Row], old: str, new: str, days: tuple[str, str]) -> str:
    moved, both, kept, left, lost = rows
    who = f"{count(lost['hosts'] + (moved['base'] or 0), 'host')} had {old} ({days[0]})"
    if not moved["base"]:
        return f"{who}; none of them gave a list at both dates."
    return (
        f"{who}; of the {moved['base']:,} with a list at both dates {percent(moved['share'])} moved to {new}, "
        f"{percent(both['share'])} have both, {percent(kept['share'])} kept {old} alone, {percent(left['share'])} have "
        "neither."
    )
