"""Headlines of answers for everybody: made of the published rows alone, so they say nothing that those do not.

Each takes the rows as they are published, without that of what is folded, in their order; None where they have nothing
to say in a sentence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from cohabit.queries.places import FEW, UNKNOWN
from cohabit.queries.result import Row
from cohabit.queries.words import count, percent, plural, points, short_digest
from cohabit.text import visible

Headline = Callable[[Sequence[Row]], "str | None"]


def _of(row: Row) -> str:
    """`600 hosts, 30 % of 2,000`."""
    return f"{row['hosts']:,} hosts, {percent(row['share'])} of {row['base']:,}"


def _name(row: Row, key: str = "item") -> str:
    return visible(str(row[key]), 60)


def _first(rows: Sequence[Row], *columns: str) -> Row | None:
    """The first row in which these columns are said."""
    return next((row for row in rows if all(row[column] is not None for column in columns)), None)


def rank(level: str | None, by: str | None) -> Headline:
    """Who leads, overall or in the place with the largest base."""

    def said(rows: Sequence[Row]) -> str | None:
        top = rows[0]
        if by and top["place"] == UNKNOWN:
            return None
        if not (level and by):
            return f"{_name(top, 'place' if by else 'item')} leads with {_of(top)}"
        return f"items of level {level} within each {by}; in {_name(top, 'place')} {_name(top)} leads with {_of(top)}"

    return said


def combinations(level: str, by: str | None) -> Headline:
    """The most frequent set, overall or in the place with the largest base."""

    def said(rows: Sequence[Row]) -> str | None:
        top = rows[0]
        if by and top["place"] == UNKNOWN:
            return None
        items = [visible(item, 60) for item in top["items"]]
        named = f"{', '.join(items[:-1])} and {items[-1]}" if len(items) > 1 else f"only {items[0]}"
        where = f" in {_name(top, 'place')}" if by else ""
        return f"combinations at level {level}; most often{where} {named} ({_of(top)})"

    return said


def compare(level: str) -> Headline:
    """The largest difference, with the interval that holds for all numbers that the published ones can stand for."""

    def said(rows: Sequence[Row]) -> str | None:
        row = _first(rows, "difference")
        if row is None:
            return None
        return (
            f"largest difference of a {level.replace('-', ' ')}: {_name(row)}, {percent(row['share_a'])} of "
            f"{row['base_a']:,} in A and {percent(row['share_b'])} of {row['base_b']:,} in B "
            f"({points(row['difference'])}; 95 %: {points(row['low'])} to {points(row['high'])})"
        )

    return said


def diff(level: str, days: Sequence[str]) -> Headline:
    """The largest change between two days."""

    def said(rows: Sequence[Row]) -> str | None:
        row = _first(rows, "difference")
        if row is None:
            return None
        return (
            f"from {days[0]} to {days[1]} the largest change of a {level.replace('-', ' ')} is that of {_name(row)}, "
            f"from {percent(row['share_before'])} of {row['base_before']:,} hosts to {percent(row['share_after'])} of "
            f"{row['base_after']:,} ({points(row['difference'])})"
        )

    return said


def replaced(rows: Sequence[Row]) -> str | None:
    """The digest that most hosts replaced."""
    return f"most often a digest of {_name(rows[0], 'model')} was replaced ({_of(rows[0])})"


def trends(rows: Sequence[Row]) -> str | None:
    """The share of one item or place in the newest published period, after the first; of several, who leads then."""
    shared = [row for row in rows if row["share"] is not None]
    if not shared:
        return None
    keys = [key for key in ("item", "place") if key in shared[0]]
    if len(keys) == 2 and not (shared := [row for row in shared if row["base"] >= FEW]):
        return None
    newest = max(row["period"] for row in shared)
    last = max((row for row in shared if row["period"] == newest), key=lambda row: row["share"])
    name = " in ".join(_name(last, key) for key in keys)
    interval = f"95 %: {percent(last['low'])} to {percent(last['high'])}"
    figure = f"{percent(last['share'])} of {last['base']:,} hosts ({interval})"
    if len({tuple(row[key] for key in keys) for row in shared}) > 1:
        return f"in {newest} {name} leads with {figure}"
    first = min(shared, key=lambda row: row["period"])
    if first is last:
        return f"{name}: {figure} in {newest}"
    return f"{name}: {figure} in {newest}, after {percent(first['share'])} of {first['base']:,} in {first['period']}"


def digests(rows: Sequence[Row]) -> str | None:
    """The digest that leads in the newest published period."""
    shared = [row for row in rows if row["share"] is not None]
    if not shared:
        return None
    newest = max(row["period"] for row in shared)
    last = max((row for row in shared if row["period"] == newest), key=lambda row: row["share"])
    figure = f"{percent(last['share'])} of {last['base']:,} hosts with {_name(last, 'model')}"
    return f"in {newest} {short_digest(_name(last, 'reported_digest'))} leads with {figure}"


def appeared(view: str) -> Headline:
    """The item on most hosts of those that came or went."""

    def said(rows: Sequence[Row]) -> str | None:
        top = max(rows, key=lambda row: row["hosts"] or 0)
        words = "of what vanished" if view == "vanished" else "of what is new"
        return f"{words}, {_name(top)} is on most hosts ({top['hosts']:,})"

    return said


def concentration(level: str, by: str | None) -> Headline:
    """Diversity and the largest item, overall or in the place with most hosts."""

    def said(rows: Sequence[Row]) -> str | None:
        row = next((r for r in rows if r["hill_1"] is not None and r["item"] != UNKNOWN), None)
        if row is None or row["deployments"] is None:
            return None
        where = f"in {_name(row)} " if by else ""
        return (
            f"{where}{count(row['items'], 'item')} of level {level} on enough hosts, as diverse as "
            f"{row['hill_1']:.3g} equally common ones; {_name(row, 'top')} has {percent(row['top_share'])} of "
            f"{row['deployments']:,} deployments"
        )

    return said


def spread(rows: Sequence[Row]) -> str | None:
    """The largest place."""
    row = _first(rows, "top_share", "base")
    if row is None:
        return None
    return (
        f"{_name(row, 'top')} has {percent(row['top_share'])} of {row['base']:,} hosts with a known {_name(row)}, "
        f"the ten largest have {percent(row['top_10_share'])}"
    )


def pairs(rows: Sequence[Row]) -> str | None:
    """The pair that stands first, by what the rows are sorted by."""
    top = rows[0]
    if not top["hosts"] or top["share_of_multi_model_hosts"] is None:
        return None
    share = percent(top["share_of_multi_model_hosts"])
    return f"first: {_name(top, 'a')} and {_name(top, 'b')} on {top['hosts']:,} hosts, {share} of the multi-model hosts"


def pair_places(rows: Sequence[Row]) -> str | None:
    """Where most hosts list both, however the rows are sorted."""
    top = min(rows, key=lambda row: (row["place"] == UNKNOWN, -(row["hosts"] or 0)))
    if not top["hosts"] or top["share_of_multi_model_hosts"] is None or top["place"] == UNKNOWN:
        return None
    share = percent(top["share_of_multi_model_hosts"])
    return (
        f"{_name(top, 'a')} and {_name(top, 'b')} are together most often in {_name(top, 'place')}: "
        f"{top['hosts']:,} hosts, {share} of its {top['multi_model_hosts']:,} multi-model hosts"
    )


def quotients(rows: Sequence[Row]) -> str | None:
    """What is most over-represented in the place that stands first."""
    row = _first(rows, "quotient")
    if row is None:
        return None
    return (
        f"1 is as common as overall; in {_name(row, 'place')} {_name(row)} stands out, {row['quotient']:.3g} times "
        f"as common ({_of(row)})"
    )


def clusters(by: str | None) -> Headline:
    """How many clusters of how many published members."""

    def said(rows: Sequence[Row]) -> str | None:
        own = [row for row in rows if row["cluster"] is not None]
        if not own:
            return f"none of {count(len(rows), by or 'item')} is in a cluster"
        number = len({row["cluster"] for row in own})
        return f"{count(len(own), by or 'item')} in {count(number, 'cluster')}"

    return said


def centrality(sort: str) -> Headline:
    """Who comes first by the measure that was asked for."""
    return lambda rows: f"{_name(rows[0])} comes first by {sort.replace('_', ' ')}, on {rows[0]['hosts']:,} hosts"


def survival(rows: Sequence[Row]) -> str | None:
    """After how many weeks half are gone, or how many are left at the end."""
    known = [row for row in rows if row["survival"] is not None]
    if not known:
        return None
    half = next((row for row in known if row["survival"] <= 0.5), None)
    if half:
        return f"half are gone after {count(half['weeks'], 'week')}, of {known[0]['at_risk']:,} at the beginning"
    last = known[-1]
    return f"{percent(last['survival'])} are still there after {count(last['weeks'], 'week')}"


def churn(rows: Sequence[Row]) -> str | None:
    """The newest step with a share."""
    row = _first(rows[::-1], "share_stayed")
    if row is None:
        return None
    return (
        f"of {row['hosts_before']:,} hosts in {row['before']} {percent(row['share_stayed'])} stayed in {row['period']}"
    )


def observations(rows: Sequence[Row]) -> str | None:
    """How much of the observations the busiest hosts give."""
    said = [
        f"{row['group']}: {percent(row['share_of_observations'])} of the observations"
        for row in rows
        if row["group"].startswith("busiest") and row["share_of_observations"] is not None
    ]
    return "; ".join(said) or None


def risks(rows: Sequence[Row]) -> str | None:
    """The condition of most hosts, of each kind."""
    tops: dict[str, Row] = {}
    for row in rows:
        if row["share"] is not None:
            tops.setdefault(row["kind"], row)
    said = [f"{_name(row, 'condition')} {percent(row['share'])}" for row in tops.values()]
    return f"of {next(iter(tops.values()))['base']:,} hosts whose list was seen: {', '.join(said)}" if said else None


def monoculture(rows: Sequence[Row]) -> str | None:
    """How far single items reach."""
    reach = [row for row in rows if row["measure"] == "reach" and row["share"] is not None and row["items"]]
    if not reach:
        return None
    said = [f"{row['level']} {visible(row['items'][0], 60)} {percent(row['share'])}" for row in reach]
    return f"of {reach[0]['base']:,} hosts whose list was seen, one compromised item reaches: {', '.join(said)}"


def impact(rows: Sequence[Row]) -> str | None:
    """How many hosts list what is named, and where most of them are."""
    total = next((row for row in rows if row["scope"] == "total"), None)
    if total is None or not total["hosts"] or total["share"] is None:
        return None
    country = next((r for r in rows if r["scope"] == "country" and r["item"] != UNKNOWN), None)
    where = "" if country is None else f"; most in {_name(country)} ({country['hosts']:,})"
    return f"{_of(total)} whose list was seen list what is named{where}"


def study(rows: Sequence[Row]) -> str | None:
    """The verdicts, as far as there are some."""
    verdicts = Counter(row["verdict"] for row in rows if row["verdict"])
    return f"verdicts: {', '.join(f'{number} {visible(verdict, 40)}' for verdict, number in sorted(verdicts.items()))}"


def quality(rows: Sequence[Row]) -> str | None:
    """How many checks concern enough hosts, and which most."""
    top = max(rows, key=lambda row: row["hosts"] or 0)
    checks = f"1 check concerns {top['hosts']:,} hosts" if len(rows) == 1 else f"{len(rows)} {plural('check')}"
    return (
        f"{checks}; {_name(top, 'check')} concerns most hosts" if len(rows) > 1 else f"{checks}: {_name(top, 'check')}"
    )


def unknown_names(rows: Sequence[Row]) -> str | None:
    """The name that the catalogue does not know, on most hosts."""
    return f"of names that the catalogue does not know, {_name(rows[0])} is on most hosts ({_of(rows[0])})"


def info(rows: Sequence[Row]) -> str | None:
    """Size and span of the graph."""
    row = rows[0]
    if row["hosts"] is None or row["models"] is None:
        return None
    return f"{row['hosts']:,} hosts and {row['models']:,} models, {row['first_seen']} to {row['last_seen']}"
