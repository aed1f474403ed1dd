"""A forecast of shares that says how good it is: a random walk with drift on the log-odds, and its backtest.

The forecast carries the last value on, plus the mean change so far. «No change» carries the last value on. Both are
asked at every past period what came later (a rolling origin), and the forecast is worth something only where its errors
are clearly smaller.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cohabit.errors import UsageError
from cohabit.queries.measures import Floats, ratio
from cohabit.queries.result import Row
from cohabit.queries.series import Series
from cohabit.queries.words import count, percent

FEWEST = 6
"""Periods with the item below which there is no forecast."""

MOST_MONTHS = 60
_TRAINING = 3
_ROW = ("share", "low", "high", "tests", "error", "error_no_change")
_NAMED = 3
_NARROW = 0.95


@dataclass(frozen=True)
class Backtest:
    """Tests of one series: steps ahead, absolute errors of the forecast and of «no change», and hits of the interval.

    Parallel arrays, one entry a test; errors are in share. `origins` are the periods from which it was looked ahead.
    """

    steps: Floats
    error: Floats
    error_no_change: Floats
    covered: Floats
    origins: int

    @property
    def beats(self) -> bool:
        """Whether the forecast's mean error is smaller than that of «no change», and not narrowly."""
        return len(self.steps) > 0 and beats(float(self.error.mean()), float(self.error_no_change.mean()))

    @property
    def narrow(self) -> bool:
        """Whether the mean error is smaller, but by too little to count."""
        return len(self.steps) > 0 and not self.beats and float(self.error.mean()) < float(self.error_no_change.mean())


def beats(error: float, error_no_change: float) -> bool:
    """Whether an error is smaller than that of «no change» by more than a twentieth of it: a narrower win is none."""
    return error < _NARROW * error_no_change


@dataclass(frozen=True)
class Forecast:
    """Shares expected in later periods, with 95 % prediction intervals. `steps` are periods after the last observed."""

    periods: list[str]
    steps: Floats
    share: Floats
    low: Floats
    high: Floats
    backtest: Backtest

    def rows(self) -> Iterator[Row]:
        """One row a period, with the backtest's mean errors so many periods ahead."""
        test = self.backtest
        steps, tested = self.steps.astype(np.int64), test.steps.astype(np.int64)
        size = int(steps.max()) + 1
        tests = np.bincount(tested, minlength=size)[steps]
        errors, naive = (
            ratio(np.bincount(tested, values, size)[steps], tests) for values in (test.error, test.error_no_change)
        )
        columns = (self.share, self.low, self.high, tests, errors, naive)
        for period, *values in zip(self.periods, *(c.tolist() for c in columns), strict=True):
            yield {"period": period, "kind": "forecast", **dict(zip(_ROW, values, strict=True))}


def check_months(months: int) -> None:
    """Refuse a forecast of no time, or of an age."""
    if not 1 <= months <= MOST_MONTHS:
        raise UsageError(f"--forecast {months}: it takes 1 to {MOST_MONTHS} months")


def forecasts(series: Series, months: int) -> dict[int, Forecast]:
    """Forecast every series that has its item in at least 6 periods; keys are positions of series."""
    labels = [*series.periods.labels, *series.periods.after(months)]
    found = {}
    for group in range(len(series)):
        own = np.flatnonzero(series.observed[group])
        with_item = np.flatnonzero(series.counts[group])
        if len(with_item) < FEWEST:
            continue
        # What is new has no history before its first period: zeros would count as a leap.
        own = own[own >= with_item[0]]
        ahead = np.arange(own[-1] + 1, len(labels))
        found[group] = _forecast(own, series.counts[group][own], series.bases[group][own], ahead, labels)
    return found


def _forecast(own: np.ndarray, counts: np.ndarray, bases: np.ndarray, ahead: np.ndarray, labels: list[str]) -> Forecast:
    times = own.astype(np.float64)
    # With ½ added on both sides, none and all have log-odds too (Haldane 1956, Anscombe 1956).
    odds = np.log((counts + 0.5) / (bases - counts + 0.5))
    steps = ahead - times[-1]
    share, low, high = random_walk(times, odds, np.array([len(times) - 1]), steps)
    test = _backtest(times, odds, counts / bases, float(steps[-1]))
    return Forecast([labels[i] for i in ahead.tolist()], steps, share[0], low[0], high[0], test)


def _backtest(times: Floats, odds: Floats, shares: Floats, horizon: float) -> Backtest:
    """From every period of the second half on, look up to `horizon` ahead, no further than there are data."""
    origins = np.arange(max(_TRAINING, (len(times) + 1) // 2) - 1, len(times) - 1)
    steps = times[None, :] - times[origins, None]
    share, low, high = random_walk(times, odds, origins, steps)
    tested = (steps > 0) & (steps <= horizon)
    error = np.abs(share - shares[None, :])[tested]
    no_change = np.abs(shares[origins, None] - shares[None, :])[tested]
    covered = ((low <= shares[None, :]) & (shares[None, :] <= high))[tested]
    return Backtest(steps[tested], error, no_change, covered.astype(np.float64), int(tested.any(axis=1).sum()))


def random_walk(times: Floats, odds: Floats, origins: np.ndarray, steps: Floats) -> tuple[Floats, Floats, Floats]:
    """Shares `steps` after each origin (a position in `times`), with 95 % prediction intervals; (origins, steps).

    The drift is the mean change per unit of time up to the origin; changes over k units have k times the variance.
    After h units the variance is σ²·(h + h²/T), T the time from the first period to the origin: the walk's own and that
    of the drift (Hyndman and Athanasopoulos 2021, section 5.5, for k = 1). Quantiles are Student's, with one degree of
    freedom less than there are changes. Steps of 0 or less give numbers without meaning.
    """
    from scipy.special import stdtrit

    steps = np.broadcast_to(np.atleast_2d(steps), (len(origins), np.shape(steps)[-1]))
    change, length = np.diff(odds), np.diff(times)
    squares = np.concatenate([[0.0], np.cumsum(change**2 / length)])[origins]
    total = times[origins] - times[0]
    drift = (odds[origins] - odds[0]) / total
    variance = np.maximum(squares - drift**2 * total, 0.0) / (origins - 1)
    ahead = np.maximum(steps, 0.0)
    reach = stdtrit(origins - 1.0, 0.975)[:, None] * np.sqrt(variance[:, None] * (ahead + ahead**2 / total[:, None]))
    centre = odds[origins, None] + drift[:, None] * ahead
    return _share(centre), _share(centre - reach), _share(centre + reach)


def _share(odds: Floats) -> Floats:
    from scipy.special import expit

    share: Floats = expit(odds)
    return share


def verdict(series: Series, found: dict[int, Forecast]) -> tuple[str | None, tuple[str, ...]]:
    """A headline where one series has a forecast that may be quoted, and what the backtest says."""
    every = series.periods.every
    notes = []
    if short := len(series) - len(found):
        notes.append(
            f"No forecast for {short:,} of {count(len(series), 'item' if any(series.items) else 'place')}: it takes "
            f"{FEWEST} {every}s with a host, fewer are too few to learn from and to test on."
        )
    if not found:
        return None, tuple(notes)
    for group in list(found)[:_NAMED]:
        notes.append(_tested(series.name(group), found[group], every))
    good = [group for group, one in found.items() if one.backtest.beats]
    if len(found) > _NAMED:
        notes.append(
            f"Of {len(found):,} forecasts {len(good):,} beat «no change» in the backtest, by more than a twentieth of "
            f"its errors; of the others make no claim. `tests`, `error` and `error_no_change` stand in every row."
        )
    if len(found) == 1:
        group, one = next(iter(found.items()))
        return _claim(series, group, one), tuple(notes)
    return None, tuple(notes)


def _tested(name: str, one: Forecast, every: str) -> str:
    test = one.backtest
    if not len(test.steps):
        return f"{name}: the forecast could not be tested; make no claim from it."
    furthest = int(test.steps.max())
    steps = f"1 {every} ahead" if furthest == 1 else f"1 to {furthest} {every}s ahead"
    tests = f"{count(len(test.steps), 'test')} from {count(test.origins, every)}"
    text = (
        f"{name}: in {tests}, {steps}, the forecast was off by {_points(test.error)} on average, «no change» by "
        f"{_points(test.error_no_change)}; {int(test.covered.sum())} of {len(test.steps)} outcomes lay in the 95 % "
        "interval."
    )
    if test.narrow:
        text += " So narrow a win is none: make no claim from it."
    elif not test.beats:
        text += " It does not beat «no change»: make no claim from it."
    if furthest < one.steps[-1]:
        text += f" Nothing is tested beyond {count(furthest, every)}."
    return text


def _claim(series: Series, group: int, one: Forecast) -> str:
    """The forecast for the last period that was tested, where it beats «no change»."""
    test = one.backtest
    last = int(np.flatnonzero(series.observed[group])[-1])
    share, period = percent(float(series.shares[group, last])), series.periods.labels[last]
    text = f"{series.name(group)}: {share} in {period}{series.periods.partly(last)}"
    if not len(test.steps):
        return f"{text}. The forecast could not be tested: there is nothing to claim."
    if not test.beats:
        narrow = ", and so narrow a win is none" if test.narrow else ""
        return (
            f"{text}. Nothing to claim beyond it: in the backtest the forecast was off by {_points(test.error)} on "
            f"average, «no change» by {_points(test.error_no_change)}{narrow}."
        )
    i = int(np.flatnonzero(one.steps <= test.steps.max())[-1])
    share, low, high = (percent(float(values[i])) for values in (one.share, one.low, one.high))
    later = "; what comes later is untested" if i < len(one.steps) - 1 else ""
    return f"{text}; forecast for {one.periods[i]}: {share} (95 %: {low} to {high}){later}."


def _points(errors: Floats) -> str:
    return f"{float(errors.mean()) * 100:.2f} points"
