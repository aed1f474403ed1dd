"""How long hosts are there, or items on them; who comes and goes from period to period, and who is seen how often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from cohabit.choices import among
from cohabit.errors import UsageError
from cohabit.graph.incidence import Integers, distinct
from cohabit.graph.store import GraphStore
from cohabit.queries.churn import churn
from cohabit.queries.effort import effort, effort_sentence
from cohabit.queries.lives import Lives, ends, lives_of, numbered
from cohabit.queries.periods import HostWeeks, check_every, check_span, read_host_weeks
from cohabit.queries.result import Result, result
from cohabit.queries.scope import Scope, read_incidence, time_window
from cohabit.queries.stays import stays
from cohabit.queries.survival import COLUMNS, kaplan_meier
from cohabit.queries.windows import TimeWindow
from cohabit.queries.words import count
from cohabit.timeline import week_name

VIEWS = ("survival", "churn", "observations")
GONE_AFTER = 4

_MOST_WEEKS = 1_000

_CAVEATS = (
    "A host is an address: a machine that moves to another one ends here and begins there, so machines live longer "
    "than this (`cohabit quality` looks for moves).",
    "Weeks are from the first sighting to the last, both included: what happened before, after and between scans was "
    "not seen.",
)


def lifetimes(
    store: GraphStore,
    *,
    view: str = "survival",
    every: str | None = None,
    gone_after: int | None = None,
    level: str | None = None,
    item: Sequence[str] = (),
    scope: Scope | None = None,
) -> Result:
    """How long hosts stay (`view` survival), who comes and goes (churn), or who is seen how often (observations).

    Survival: a life runs from the week of the first sighting to that of the last, both included. A host has ended when
    it is not seen in at least `gone_after` later weeks with a scan; what is too recent to tell is censored at the last
    week about which this is known. Hosts of the first week with a scan were there before, nobody knows how long, and
    are left out. With `since`, hosts first seen before enter at the age that they have then (left truncation).

    With a `level`, or an `item` of it (family unless named), survival is that of items on hosts (see `stays`).
    `gone_after` is 4 for hosts and 1 for items, unless given.
    """
    scope = scope or Scope()
    check_span(scope)
    _check(view, every, gone_after, of_items=bool(level or item))
    window = time_window(scope)
    if level or item:
        return stays(store, scope, window, level=level or "family", names=item, gone_after=gone_after)
    gone_after = GONE_AFTER if gone_after is None else gone_after
    # Filters choose hosts over all time: a window would cut lives before they are measured.
    hosts = read_incidence(store, replace(scope, since=None, until=None)).hosts
    weeks = read_host_weeks(store)
    scanned = distinct(weeks.seen_weeks)
    chosen = np.isin(weeks.keys, hosts)
    if view == "churn":
        return churn(weeks, chosen, every or "month", gone_after, window)
    if view == "observations":
        return effort(weeks, chosen, window)
    return _survival(weeks, chosen, scanned, gone_after, window)


def _check(view: str, every: str | None, gone_after: int | None, *, of_items: bool) -> None:
    if view not in VIEWS:
        raise UsageError(f"--view {view!r}: {among(view, VIEWS)}")
    if every is not None:
        check_every(every)
        if view != "churn":
            raise UsageError(f"--every goes with --view churn, not {view}")
    if of_items and view != "survival":
        raise UsageError(f"--level and --item go with --view survival, not {view}; --has chooses hosts")
    if gone_after is not None:
        check_gone_after(gone_after)


def check_gone_after(gone_after: int) -> None:
    """Refuse a number of weeks after which nobody, or everybody, would be gone."""
    if not 1 <= gone_after <= _MOST_WEEKS:
        raise UsageError(f"--gone-after {gone_after}: it takes 1 to {_MOST_WEEKS} weeks")


def _survival(
    weeks: HostWeeks, chosen: npt.NDArray[np.bool_], scanned: Integers, gone_after: int, window: TimeWindow
) -> Result:
    if not chosen.any():
        return result(COLUMNS, [], headline="No host in scope: there is no life to measure.")
    first, last = ends(weeks, chosen)
    lives = lives_of(first, last, numbered(scanned), gone_after, window)
    often = effort_sentence(weeks, chosen)
    if lives is None:
        headline = (
            f"Too few weeks with a scan to tell who is gone: it takes {gone_after} after those that are looked at "
            f"(--gone-after). {often}"
        )
        return result(COLUMNS, [], headline=headline)
    notes = [*_left_out(lives, int(scanned[0]), gone_after, window), *_CAVEATS]
    if not len(lives.exit):
        return result(COLUMNS, [], headline=f"No life began in this span. {often}", caveats=notes)
    curve = kaplan_meier(lives.entry, lives.exit, lives.ended)
    who = count(len(lives.exit), "host")
    said = curve.in_words(who, lives.left_out, over="are gone", on="are still there")
    return result(COLUMNS, curve.rows(), headline=f"{said} {often}", caveats=notes)


def _left_out(lives: Lives, first_scan: int, gone_after: int, window: TimeWindow) -> list[str]:
    notes = [
        f"Ended means not seen in {gone_after} or more later weeks with a scan (--gone-after); "
        f"{np.count_nonzero(~lives.ended):,} of {len(lives.ended):,} lives are censored, as they had not ended yet."
    ]
    if lives.left_out:
        notes.append(
            f"Left out: {count(lives.left_out, 'host')} of the first week, {week_name(first_scan)}; how old they were "
            "is not known."
        )
    if truncated := int(np.count_nonzero(lives.entry)):
        notes.append(f"{count(truncated, 'host')} first seen before the span enter at the age they had then.")
    if lives.too_recent and window.weeks is None:
        notes.append(f"{count(lives.too_recent, 'host')} came too late to tell whether they stay.")
    return notes
