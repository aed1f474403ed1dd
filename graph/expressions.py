"""Values that the projection's stages have in common, among them what the newest and what most records say."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

SEPARATOR = "\x1f"
# Seconds since 1970 have ten digits from 2001 to 2286, so their text sorts like the number and cuts at a fixed place.
_TIME_DIGITS = 10


def newest_of(table: Table, value: Value, where: Value | None = None) -> Value:
    """The value of the newest second that has one (an aggregate); of several, the one that sorts last."""
    key = table.seen_at.cast("string") + value
    return (key.max() if where is None else key.max(where=where)).substr(_TIME_DIGITS)


def iso_time(seconds: Value) -> Value:
    """Seconds since 1970 as the graph writes them: 2025-03-05T12:00:00Z."""
    return seconds.as_timestamp("s").strftime("%Y-%m-%dT%H:%M:%SZ")


def said(value: Value) -> Value:
    """Null where the source says nothing."""
    return value.strip().nullif("")


def observation(table: Table) -> Value:
    """What identifies an observation of a host: 65,536 ports leave one integer for (second, port)."""
    return table.seen_at * 65_536 + table.port


def iso_week(seconds: Value) -> Value:
    """The ISO week of seconds since 1970 as one integer: 202510."""
    time = seconds.as_timestamp("s")
    return (time.iso_year() * 100 + time.week_of_year()).cast("int64")


def parts_of(text: Value) -> Value:
    """The parts of a text that the separator joined; none of an empty one."""
    import ibis

    empty = ibis.literal([], type="array<string>")
    return ibis.ifelse(text == "", empty, text.split(SEPARATOR))


def most_say(table: Table, by: Value, value: Value, name: str) -> Table:
    """For each value of `by` the one that most rows have, as `name`; ties go to the value that sorts first."""
    import ibis

    votes = table.select(name=by, value=value)
    votes = votes.filter(votes["value"].notnull())
    counts = votes.group_by("name", "value").aggregate(hosts=votes.count())
    window = ibis.window(group_by="name", order_by=[counts.hosts.desc(), counts.value])
    ranked = counts.mutate(place=ibis.row_number().over(window))
    return ranked.filter(ranked.place == 0).select("name", ranked.value.name(name))
