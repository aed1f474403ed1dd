"""How the observations are spread over hosts: who was seen once, and how few hosts give most observations."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from cohabit.errors import UsageError
from cohabit.graph.incidence import Integers
from cohabit.queries.periods import HostWeeks
from cohabit.queries.result import Result, Row, result
from cohabit.queries.windows import TimeWindow
from cohabit.queries.words import count, percent

_COLUMNS = ("group", "hosts", "share", "observations", "share_of_observations", "base")

# Those of the published study (13 % of hosts give 76 % of observations), and round ones.
_BUSIEST = (0.01, 0.1, 0.13)
_GIVEN = (0.5, 0.76)


def effort(weeks: HostWeeks, chosen: npt.NDArray[np.bool_], window: TimeWindow) -> Result:
    """Groups of hosts with their share of hosts (`base`: all in scope) and of these hosts' observations.

    The busiest hosts are those with most observations, a fraction being rounded up to whole hosts; `76 % of
    observations` is the fewest hosts that together give at least so many.
    """
    if window.weeks is not None:
        raise UsageError("--view observations counts all of a host's observations; leave out --since and --until")
    observations = np.sort(weeks.observations[chosen])[::-1]
    if not len(observations):
        return result(_COLUMNS, [], headline="No host in scope: nothing was observed.")
    once = observations == 1
    one_week = weeks_per_host(weeks)[chosen] == 1
    rows = [
        _row("all", observations, observations),
        _row("seen once (one observation)", observations[once], observations),
        _row("seen in one week", weeks.observations[chosen][one_week], observations),
    ]
    rows += [
        _row(f"busiest {share:.0%} of hosts".replace("%", " %"), observations[:k], observations)
        for share in _BUSIEST
        if (k := busiest(len(observations), share))
    ]
    rows += [
        _row(f"fewest with {share:.0%} of observations".replace("%", " %"), observations[:k], observations)
        for share in _GIVEN
        if (k := fewest(observations, share))
    ]
    return result(_COLUMNS, rows, headline=effort_sentence(weeks, chosen), caveats=_CAVEATS)


_CAVEATS = (
    "How often a host is observed depends on how often it was scanned, on how many ports, and whether the source lists "
    "a server again that did not change.",
)


def weeks_per_host(weeks: HostWeeks) -> Integers:
    """Number of weeks in which each host was seen."""
    return np.bincount(weeks.seen_hosts, minlength=len(weeks.keys)).astype(np.int64)


def busiest(hosts: int, share: float) -> int:
    """So many hosts are that share of them, rounded up."""
    return math.ceil(round(hosts * share, 9))


def fewest(observations: Integers, share: float) -> int:
    """How many of the hosts (most observed first) it takes for that share of observations."""
    return int(np.searchsorted(np.cumsum(observations), share * observations.sum() * (1 - 1e-12))) + 1


def _row(group: str, own: Integers, everything: Integers) -> Row:
    return {
        "group": group,
        "hosts": len(own),
        "share": len(own) / len(everything),
        "observations": int(own.sum()),
        "share_of_observations": float(own.sum() / everything.sum()),
        "base": len(everything),
    }


def effort_sentence(weeks: HostWeeks, chosen: npt.NDArray[np.bool_]) -> str:
    """Seen once and the concentration in words; the chosen hosts are at least one."""
    observations = np.sort(weeks.observations[chosen])[::-1]
    total = int(observations.sum())
    hosts = len(observations)
    once = int(np.count_nonzero(observations == 1))
    top = int(observations[: busiest(hosts, 0.13)].sum())
    return (
        f"Of {count(hosts, 'host')} {percent(once / hosts)} were seen once ({percent(once / total)} of the "
        f"observations) and the busiest 13 % give {percent(top / total)} of them; 76 % come from the busiest "
        f"{percent(fewest(observations, 0.76) / hosts)}."
    )
