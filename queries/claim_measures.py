"""What can be computed for a claim: one function a measure, each from one reading of the graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cohabit.graph.incidence import distinct
from cohabit.queries import measures
from cohabit.queries.agreement import kendall_tau_b, rank_biased_overlap
from cohabit.queries.claims import Claim
from cohabit.queries.effort import busiest
from cohabit.queries.forecast import beats
from cohabit.queries.listed import Mask
from cohabit.queries.readings import Reading
from cohabit.queries.result import Row
from cohabit.queries.words import percent

# The rows of `risks` that say of what it is not known, by kind and basis.
_SILENT = {
    ("capability", "reported"): "no capability reported",
    ("capability", "catalogue"): "no capability known",
    ("quantisation", "catalogue"): "quantisation unknown",
}
METRICS = ("hosts", "listings", "host_weeks", "networks", "countries")
"""What items are ranked by; `listings` are observations. What the data do not have (places, say) is left out."""


@dataclass(frozen=True)
class Figure:
    """What one reading gives for a claim. `value` is None where the data do not allow it, and `note` says why.

    `definition` is what was counted, in words. `lacking` says what of it the data do not tell, and `minority` that they
    tell less than half: such a value judges nothing. `open` is set for a forecast that proves nothing.
    """

    value: int | float | None
    definition: str
    low: int | float | None = None
    high: int | float | None = None
    note: str = ""
    lacking: str = ""
    minority: bool = False
    open: bool = False


Hosts = Callable[[Reading, str], Mask]


def by_label(claim: Claim) -> Hosts:
    """The hosts with an item, as its level has it."""
    return lambda reading, item: reading.with_any(claim.level, [item])


def by_base(claim: Claim) -> Hosts:
    """The hosts with an item, models counting for the lab of the line at the root of theirs."""
    return lambda reading, item: reading.with_any_base(claim.level, [item])


def by_line(lines: dict[str, list[str]]) -> Hosts:
    """The hosts with one of the product lines that stand for an item."""
    return lambda reading, item: reading.with_any("line", lines[item])


def compute(claim: Claim, reading: Reading, hosts_with: Hosts) -> Figure:
    """The figure of a claim in one reading."""
    return _MEASURES[claim.measure](claim, reading, hosts_with)


def _hosts(claim: Claim, reading: Reading, _: Hosts) -> Figure:
    return Figure(len(reading.incidence.hosts), "hosts in scope")


def _observations(claim: Claim, reading: Reading, _: Hosts) -> Figure:
    return Figure(int(reading.observations.sum()), "distinct (host, port, second) of the hosts in scope")


def _places(place: str) -> Callable[[Claim, Reading, Hosts], Figure]:
    def measure(claim: Claim, reading: Reading, _: Hosts) -> Figure:
        member = reading.membership(place)
        known = member.places[member.places < len(member.labels) - 1]
        definition = f"distinct known values of {place} of the hosts in scope"
        if not len(known):
            return Figure(None, definition, note=f"the {place} of no host is known")
        return Figure(len(set(known.tolist())), definition)

    return measure


def _with_all(claim: Claim, reading: Reading, hosts_with: Hosts) -> Mask:
    found: Mask = np.logical_and.reduce([hosts_with(reading, item) for item in claim.items])
    return found


def _names(claim: Claim) -> str:
    return f"{' and '.join(claim.items)} (level {claim.level})"


def _hosts_with(claim: Claim, reading: Reading, hosts_with: Hosts) -> Figure:
    return Figure(int(np.count_nonzero(_with_all(claim, reading, hosts_with))), f"hosts with {_names(claim)}")


def _share(part: Mask, whole: Mask, definition: str, nothing: str) -> Figure:
    base = int(np.count_nonzero(whole))
    if not base:
        return Figure(None, definition, note=nothing)
    return _ratio(int(np.count_nonzero(part & whole)), base, definition)


def _ratio(part: int, base: int, definition: str) -> Figure:
    low, high = measures.wilson([part], [base])
    return Figure(part / base, f"{definition}: {part:,} of {base:,}", float(low[0]), float(high[0]))


def _of_known(figure: Figure, known: int, total: int, things: str) -> Figure:
    """The figure, marked where what it needs is known of less than half of these things."""
    if figure.value is None or 2 * known >= total:
        return figure
    lacking = f"known only of {known:,} of {total:,} {things} ({percent(known / total)}), too few to judge by"
    return replace(figure, lacking=lacking, minority=True)


def _share_with(claim: Claim, reading: Reading, hosts_with: Hosts) -> Figure:
    definition = f"hosts with {_names(claim)}, of those with a known item of the level"
    found = _with_all(claim, reading, hosts_with)
    known = reading.known(claim.level) | found
    figure = _share(found, known, definition, "no host has a known item")
    with_models = reading.incidence.models_per_host > 0
    return _of_known(figure, int(np.count_nonzero(known)), int(np.count_nonzero(with_models)), "hosts with models")


def _share_of_multi_model(claim: Claim, reading: Reading, hosts_with: Hosts) -> Figure:
    definition = f"hosts with {_names(claim)}, of those with two or more models"
    several = reading.incidence.models_per_host >= 2
    found = _with_all(claim, reading, hosts_with)
    known = (reading.known(claim.level) | found) & several
    figure = _share(found, several, definition, "no host has two models")
    return _of_known(figure, int(np.count_nonzero(known)), int(np.count_nonzero(several)), "multi-model hosts")


def _order(claim: Claim, reading: Reading, _: Hosts) -> Figure:
    wanted = [item.casefold() for item in claim.items]
    found = [row["item"].casefold() for row in reading.ranked(claim.level)][: len(wanted)]
    leading = next(
        (i for i, (a, b) in enumerate(zip(wanted, found, strict=False)) if a != b), min(len(wanted), len(found))
    )
    definition = f"leading places as published, of {len(wanted)}: {', '.join(claim.items)}"
    if not found:
        return Figure(None, definition, note="no host has a known item")
    return Figure(leading, definition, note=f"here: {', '.join(found)}")


def _worst_rank(claim: Claim, reading: Reading, _: Hosts) -> Figure:
    rows = reading.ranked(claim.level)
    metrics = [m for m in METRICS if any(row[m] for row in rows)]
    definition = f"largest of the ranks of {claim.items[0]} by {', '.join(metrics or METRICS)}"
    item = claim.items[0].casefold()
    own = next((row for row in rows if row["item"].casefold() == item), None)
    if own is None:
        return Figure(None, definition, note="no host in scope has it")
    ranks = {m: 1 + sum(row[m] > own[m] for row in rows) for m in metrics}
    note = ", ".join(f"{m.replace('_', ' ')} {place}" for m, place in ranks.items())
    if others := metrics[1:]:
        tau = min(kendall_tau_b([r["hosts"] for r in rows], [r[m] for r in rows]) for m in others)
        overlap = min(rank_biased_overlap(_order_by(rows, "hosts"), _order_by(rows, m)) for m in others)
        note += f"; the ranking that differs most from that by hosts: τ-b {tau:.2f}, RBO {overlap:.2f}"
    missing = ", ".join(m.replace("_", " ") for m in METRICS if m not in metrics)
    lacking = f"by {len(metrics)} of {len(METRICS)} metrics, without {missing}" if missing else ""
    return Figure(max(ranks.values()), definition, min(ranks.values()), max(ranks.values()), note, lacking)


def _order_by(rows: Sequence[Row], metric: str) -> list[str]:
    return [row["item"] for row in sorted(rows, key=lambda row: (-row[metric], row["item"]))]


def _condition(claim: Claim, reading: Reading, _: Hosts) -> Figure:
    definition = f"hosts with {claim.condition} ({claim.basis}), of those whose list was seen"
    if not reading.listed:
        return Figure(None, definition, note="no host's list was seen")
    if claim.basis == "reported" and not reading.reporting:
        return Figure(None, definition, note="no server reports what its models can do")
    row = reading.conditions.get((claim.condition or "", claim.basis or ""))
    figure = _ratio(row["hosts"] if row else 0, reading.listed, definition)
    return _of_known(figure, *_known_of(claim, reading, hosts=True))


def _known_of(claim: Claim, reading: Reading, *, hosts: bool) -> tuple[int, int, str]:
    """Of how many hosts, or deployments, a condition is known, of how many; 0 of 0 where nothing tells.

    A host with a model of unknown quantisation can have others, so that of hosts goes by deployments too.
    """
    basis = claim.basis or ""
    row = reading.conditions.get((claim.condition or "", basis))
    kind = "capability" if row is None else row["kind"]
    silent = reading.conditions.get((_SILENT.get((kind, basis), ""), basis))
    if silent is None or silent is row:
        return 0, 0, ""
    if hosts and kind == "capability":
        return reading.listed - silent["hosts"], reading.listed, "hosts whose list was seen"
    total = silent["deployments_base"]
    return total - silent["deployments"], total, "deployments"


def _condition_of_deployments(claim: Claim, reading: Reading, _: Hosts) -> Figure:
    definition = f"deployments with {claim.condition} ({claim.basis}), of those where it is known"
    row = reading.conditions.get((claim.condition or "", claim.basis or ""))
    if row is None or not row["deployments_base"]:
        return Figure(None, definition, note="no deployment of which it is known")
    figure = _ratio(row["deployments"], row["deployments_base"], definition)
    return _of_known(figure, *_known_of(claim, reading, hosts=False))


def _observations_of_busiest(claim: Claim, reading: Reading, _: Hosts) -> Figure:
    own, share = reading.observations, claim.share or 1.0
    definition = f"observations of the {share:.0%} of hosts with most of them".replace("%", " %")
    return _of_observations(own[: busiest(len(own), share)], own, definition)


def _observations_of_seen_once(claim: Claim, reading: Reading, _: Hosts) -> Figure:
    own = reading.observations
    return _of_observations(own[own == 1], own, "observations of hosts with one observation")


def _of_observations(part: np.ndarray, whole: np.ndarray, definition: str) -> Figure:
    total = int(whole.sum())
    if not total:
        return Figure(None, definition, note="no host in scope")
    # Observations of one host are anything but independent: an interval would pretend otherwise.
    return Figure(int(part.sum()) / total, f"{definition}: {int(part.sum()):,} of {total:,}")


def _seen_once(claim: Claim, reading: Reading, _: Hosts) -> Figure:
    own = reading.observations
    if not len(own):
        return Figure(None, "hosts with one observation", note="no host in scope")
    return _ratio(int(np.count_nonzero(own == 1)), len(own), "hosts with one observation, of all hosts in scope")


def _place(claim: Claim, reading: Reading, _: Hosts) -> Figure:
    member = reading.membership(claim.by or "")
    wanted = (claim.place or "").casefold()
    definition = f"hosts in {claim.by} {claim.place}, of all hosts in scope"
    if not len(member.hosts):
        return Figure(None, definition, note="no host in scope")
    known = len(distinct(member.hosts[member.places < len(member.labels) - 1]))
    if not known:
        return Figure(None, definition, note=f"the {claim.by} of no host is known")
    chosen = [i for i, label in enumerate(member.labels[:-1]) if label.casefold() == wanted]
    hosts = len(distinct(member.hosts[np.isin(member.places, chosen)]))
    total = len(reading.incidence.hosts)
    return _of_known(_ratio(hosts, total, definition), known, total, "hosts")


def _outlook(claim: Claim, reading: Reading, _: Hosts) -> Figure:
    """The forecast of the last period that the backtest reaches; open where it does not beat «no change»."""
    item = claim.items[0]
    definition = f"share of hosts with {item} (level {claim.level}) {claim.months} months on, or as far as was tested"
    if not reading.with_any(claim.level, [item]).any():
        return Figure(None, definition, note="no host in scope has it")
    answer = reading.forecast(claim.level, item, claim.months or 1)
    expected = [row for row in answer.rows if row["kind"] == "forecast" and row["tests"]]
    note = answer.headline or ""
    if not expected:
        return Figure(None, definition, note=note)
    last = expected[-1]
    errors = (sum(row[name] * row["tests"] for row in expected) for name in ("error", "error_no_change"))
    now = [row["share"] for row in answer.rows if row["kind"] == "observed"][-1]
    surely = beats(*errors) and last["low"] > now
    return Figure(last["share"], definition, last["low"], last["high"], note, open=not surely)


def _none(claim: Claim, reading: Reading, _: Hosts) -> Figure:
    return Figure(None, "not computed", note=claim.reason or "")


_MEASURES: dict[str, Callable[[Claim, Reading, Hosts], Figure]] = {
    "hosts": _hosts,
    "observations": _observations,
    "countries": _places("country"),
    "networks": _places("network"),
    "hosts-with": _hosts_with,
    "share-with": _share_with,
    "share-of-multi-model": _share_of_multi_model,
    "order": _order,
    "worst-rank": _worst_rank,
    "condition": _condition,
    "condition-of-deployments": _condition_of_deployments,
    "observations-of-busiest": _observations_of_busiest,
    "seen-once": _seen_once,
    "observations-of-seen-once": _observations_of_seen_once,
    "place": _place,
    "outlook": _outlook,
    "none": _none,
}
