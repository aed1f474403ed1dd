"""Periods of time (ISO weeks, or months made of them), and in which weeks every host was seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cohabit.choices import among
from cohabit.errors import UsageError
from cohabit.graph.incidence import Integers, distinct, list_lengths_and_values, positions, without_nulls
from cohabit.graph.store import GraphStore
from cohabit.queries.result import ForAll
from cohabit.queries.scope import Scope
from cohabit.queries.windows import TimeWindow
from cohabit.queries.words import count
from cohabit.timeline import monday_of, month_after, month_name, week_name, weeks_from, weeks_of_month

if TYPE_CHECKING:
    import pyarrow as pa

EVERY = ("week", "month")


@dataclass(frozen=True)
class HostWeeks:
    """When the hosts of a graph were seen, all of them, whatever the scope.

    `keys` are the store's host keys, ascending, `observations` their numbers of observations. `seen_hosts` (positions
    in `keys`) and `seen_weeks` are parallel, one entry a host and week; `listed_…` are those in which a list was seen.
    """

    keys: Integers
    observations: Integers
    seen_hosts: Integers
    seen_weeks: Integers
    listed_hosts: Integers
    listed_weeks: Integers


def read_host_weeks(store: GraphStore) -> HostWeeks:
    """Read the weeks of all hosts."""
    table = store.table(
        f"MATCH (h:Host) RETURN {store.host_key} AS key, h.observations AS observations, h.weeks AS weeks, "
        "h.listed_weeks AS listed_weeks"
    )
    if not table.num_rows:
        none = np.empty(0, np.int64)
        return HostWeeks(none, none, none, none, none, none)
    keys = without_nulls(table.column("key"))
    order = np.argsort(keys)
    position = np.argsort(order)
    observations = without_nulls(table.column("observations"))
    seen, listed = (_laid_out(table.column(name), position) for name in ("weeks", "listed_weeks"))
    return HostWeeks(keys[order], observations[order], *seen, *listed)


def _laid_out(column: pa.ChunkedArray, position: Integers) -> tuple[Integers, Integers]:
    """Host and week of every entry of a column of lists; `position` is that of the host of each row."""
    import pyarrow as pa

    # A server's empty lists do not say what they would hold.
    lengths, weeks = list_lengths_and_values(column.combine_chunks().cast(pa.list_(pa.int64())))
    return np.repeat(position, lengths), weeks


@dataclass(frozen=True)
class Periods:
    """The periods from the first to the last one with a scan, in order, those between without a scan included.

    `weeks` are all ISO weeks of the span, `of_week` the period of each, `scanned_weeks` whether anything was observed
    in it, of any host of the graph.
    """

    every: str
    labels: list[str]
    weeks: Integers
    of_week: Integers
    scanned_weeks: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.labels)

    def of(self, weeks: Integers) -> Integers:
        """Period of each of those weeks; −1 outside the span."""
        return np.append(self.of_week, -1)[positions(weeks, self.weeks)]

    @property
    def scans(self) -> Integers:
        """Number of weeks with a scan, of each period."""
        return np.bincount(self.of_week[self.scanned_weeks], minlength=len(self)).astype(np.int64)

    def after(self, months: int) -> list[str]:
        """Labels of the periods after the last one, up to the end of the month so many months later."""
        if not len(self):
            return []
        last = int(self.weeks[-1])
        later = [month_after(month_name(last), i) for i in range(months + 1)]
        if self.every == "month":
            return later[1:]
        return [week_name(week) for month in later for week in weeks_of_month(month) if week > last]

    def partly(self, period: int) -> str:
        """` (1 of its 5 weeks: 2026-W01)` of a month with scans in some of its weeks only, else nothing."""
        if self.every != "month":
            return ""
        scans, weeks = int(self.scans[period]), len(weeks_of_month(self.labels[period]))
        return f" ({scans} of its {weeks} weeks: {self._scanned(period)})" if scans < weeks else ""

    def _scanned(self, period: int) -> str:
        """The weeks with a scan of a period, in words."""
        scanned = np.flatnonzero((self.of_week == period) & self.scanned_weeks).tolist()
        return spans(scanned, [week_name(week) for week in self.weeks.tolist()])

    def _other_months(self, partly: Sequence[int]) -> list[str]:
        """Say which months with few scans have some in days of the one before: January can be all of December."""
        scanned = set(self.weeks[self.scanned_weeks].tolist())
        firsts = [(self.labels[i], weeks_of_month(self.labels[i])[0]) for i in partly]
        begun = [
            f"{label} begins on {monday_of(week)}"
            for label, week in firsts
            if week in scanned and monday_of(week).isoformat()[:7] != label
        ]
        rule = "A month is the ISO weeks (Monday to Sunday) whose Thursday lies in it"
        return [f"{rule}: {' and '.join(begun)}."] if begun else []

    def gaps(self) -> tuple[str, ...]:
        """Say which periods have no scan, and which months have one in some of their weeks only."""
        notes = []
        scans = self.scans
        if np.any(scans == 0):
            missing = spans([int(p) for p in np.flatnonzero(scans == 0)], self.labels)
            notes.append(
                f"No scan in {np.count_nonzero(scans == 0)} of {count(len(self), self.every)}: {missing}. There is "
                "nothing to count then; that is not zero."
            )
        if self.every == "month":
            weeks = [len(weeks_of_month(label)) for label in self.labels]
            partly = [i for i in range(len(self)) if 0 < scans[i] < weeks[i]]
            if partly:
                named = [f"{self.labels[i]} ({scans[i]} of {weeks[i]}: {self._scanned(i)})" for i in partly]
                notes.append(f"Months with a scan in some of their weeks only: {', '.join(named)}.")
            notes += self._other_months(partly)
        return tuple(map(ForAll, notes))


def spans(positions: Sequence[int], labels: Sequence[str]) -> str:
    """Positions in words, with neighbours drawn together: `2025-W10, 2025-W14 to 2025-W16`."""
    runs: list[list[int]] = []
    for position in positions:
        if runs and position == runs[-1][-1] + 1:
            runs[-1].append(position)
        else:
            runs.append([position])
    return ", ".join(labels[r[0]] if len(r) == 1 else f"{labels[r[0]]} to {labels[r[-1]]}" for r in runs)


def periods_of(host_weeks: HostWeeks, every: str, window: TimeWindow) -> Periods:
    """The periods of the span in which the graph has scans, cut to the time window."""
    check_every(every)
    scanned = distinct(host_weeks.seen_weeks)
    if window.weeks is not None:
        scanned = scanned[np.isin(scanned, np.array(window.weeks))]
    none = np.empty(0, np.int64)
    if not len(scanned):
        return Periods(every, [], none, none, np.empty(0, bool))
    weeks = weeks_from(int(scanned[0]), int(scanned[-1]))
    named = [week_name(week) if every == "week" else month_name(week) for week in weeks]
    labels = list(dict.fromkeys(named))
    position = {label: i for i, label in enumerate(labels)}
    of_week = np.array([position[name] for name in named], np.int64)
    return Periods(every, labels, np.array(weeks), of_week, np.isin(weeks, scanned))


def check_every(every: str) -> None:
    """Refuse a period that there is not."""
    if every not in EVERY:
        raise UsageError(f"--every {every!r}: {among(every, EVERY)}")


def check_span(scope: Scope) -> None:
    """Refuse `--at`, which looks at one moment, where a question is about a span of time."""
    if scope.at is not None or scope.within is not None:
        raise UsageError("--at and --within look at one moment; for a span of time give --since and --until")
