"""Turn an answer into one that may be published: what its columns are is declared, one function does the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cohabit.queries import measures
from cohabit.queries.places import UNKNOWN, places_by_base
from cohabit.queries.protection import Protection
from cohabit.queries.published_words import Headline
from cohabit.queries.result import ForAll, Result, Row

Compute = Callable[[Row, Protection], Any]
Count = Callable[[Any], Any]


@dataclass(frozen=True)
class Share:
    """A share with its interval: `count` of `base`, both columns.

    Tables do not always carry both: without a `base` it is what count and share say it is, and likewise the `count`.
    """

    column: str
    count: str | None = "hosts"
    base: str | None = "base"
    low: str | None = None
    high: str | None = None


@dataclass(frozen=True)
class Rule:
    """What the columns of an answer are. A column that is not named here is left out: nothing is said by mistake.

    `keys` name a group of hosts, and a row is shown when the largest of its `sizes` is K or more; without keys all rows
    are, and only their numbers are looked at. Along the keys in `adds` groups are parts of one total that can be known.
    `counts` are numbers, or lists of numbers, of hosts or of what they hold. `parts` are columns that make up another
    one. `computed` are made anew from the published row, in this order; `plain` says nothing of few hosts. `dates` are
    cut to the day. `order` sorts the rows as they are published, so that the order says nothing that the numbers do
    not (`-` for descending, `|` for descending whatever the sign, `~` for the order in which values come, `?` for
    `unknown` last, `>` for places by their largest base). `said` puts a published row that stands alone into
    a sentence, `headline` those that are shown, where there are any.
    """

    keys: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ("hosts",)
    adds: tuple[str, ...] = ()
    counts: tuple[str, ...] = ("hosts",)
    shares: tuple[Share, ...] = ()
    parts: tuple[tuple[str, ...], ...] = ()
    computed: Mapping[str, Compute] = field(default_factory=dict)
    plain: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    said: Callable[[Row], str] | None = None
    headline: Headline | None = None

    def columns(self) -> frozenset[str]:
        """All that may be said."""
        shares = (name for share in self.shares for name in (share.column, share.low, share.high) if name)
        return frozenset((*self.keys, *self.counts, *shares, *self.computed, *self.plain, *self.dates))


def published(answer: Result, rule: Rule, protection: Protection, *, least: int = 1) -> Result:
    """The answer without what singles out few hosts; `least` leaves out rows with fewer hosts, as they are published.

    Such a minimum on the exact counts would give them away: asked again and again with others, it is a measuring stick.
    """
    said = rule.columns()
    columns = tuple(column for column in answer.columns if column in said)
    shown = _shown(answer.rows, rule, protection)
    rows = [_row(row, rule, protection) for row, show in zip(answer.rows, shown, strict=True) if show]
    if rule.keys:
        rows = [row for row in rows if sum(row[name] or 0 for name in rule.sizes) >= least]
    _sort(rows, rule)
    shown_rows = list(rows)
    hidden = [row for row, show in zip(answer.rows, shown, strict=True) if not show and _size(row, rule)]
    if hidden:
        other = _other(hidden, columns, rule, protection)
        # Alone and without a number it would be a table of dashes; the headline says what it says.
        if shown_rows or rule.said or other[rule.sizes[0]] is not None:
            rows.append(other)
    left_out = [column for column in answer.columns if column not in said]
    return replace(
        answer,
        columns=columns,
        rows=[{column: row[column] for column in columns} for row in rows],
        headline=None if answer.headline is None else _headline(rows, shown_rows, rule, protection),
        caveats=(_caveat(rule, protection, left_out), *_kept(answer, hidden, rule)),
        table_columns=tuple(column for column in answer.table_columns if column in said),
        remark=answer.remark if answer.remark in said else None,
    )


def _nothing(rule: Rule, protection: Protection) -> str:
    return f"no group by {' and '.join(rule.keys)} can be shown: fewer than {protection.k:,} hosts in each, or none"


def _headline(rows: Sequence[Row], shown: Sequence[Row], rule: Rule, protection: Protection) -> str:
    words = f"{protection.words[0].upper()}{protection.words[1:]}"
    if rule.said is None or len(rows) > 1:
        if not shown and rule.keys:
            return f"{words}: {_nothing(rule, protection)}."
        sentence = rule.headline(shown) if rule.headline and shown else None
        return f"{words}, numbers rounded down: {sentence}." if sentence else f"{words}."
    return f"{words}: {rule.said(rows[0]) if rows else f'fewer than {protection.k:,} hosts, or none'}."


def _size(row: Row, rule: Rule) -> int:
    return max(int(row[name] or 0) for name in rule.sizes)


def _key(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _shown(rows: Sequence[Row], rule: Rule, protection: Protection) -> list[bool]:
    """Whether each row is shown."""
    if not rule.keys:
        return [True] * len(rows)
    sizes = [_size(row, rule) for row in rows]
    shown = [size >= protection.k for size in sizes]
    changed = True
    while changed:
        changed = False
        for line in _lines(rows, rule):
            # What the line across has hidden asks for company here as well.
            hidden = [i for i in line if not shown[i]]
            for i in {i for i in line if shown[i]} - protection.shown({i: sizes[i] for i in line}, hidden):
                shown[i], changed = False, True
    return shown


def _lines(rows: Sequence[Row], rule: Rule) -> Iterator[list[int]]:
    """Positions of the rows that are parts of one total."""
    for key in rule.adds:
        lines: dict[Any, list[int]] = {}
        for i, row in enumerate(rows):
            lines.setdefault(tuple(_key(row[other]) for other in rule.keys if other != key), []).append(i)
        yield from lines.values()


def _row(row: Row, rule: Rule, protection: Protection) -> Row:
    def count(value: Any) -> Any:
        if isinstance(value, list):
            return [count(one) for one in value]
        return None if value is None else protection.count(round(value))

    said = {**row, **{name: count(row[name]) for name in rule.counts if name in row}}
    for parts in rule.parts if protection.secondary else ():
        _accompany(said, row, parts)
    for share in rule.shares:
        if share.column in row:
            said |= _shared(share, row, said, count, protection)
    said |= {name: None if row[name] is None else str(row[name])[:10] for name in rule.dates}
    for name, compute in rule.computed.items():
        if name in row:
            said[name] = compute(said, protection)
    return said


def _accompany(said: Row, row: Row, parts: tuple[str, ...]) -> None:
    """One hidden part of a total follows from the others, so the smallest of those is hidden too."""
    there = [name for name in parts if row[name]]
    hidden = [name for name in there if said[name] is None]
    if len(hidden) == 1 and len(there) > 1:
        said[min((name for name in there if name not in hidden), key=lambda name: (row[name], name))] = None


def _shared(share: Share, row: Row, said: Row, count: Count, protection: Protection) -> Row:
    """The share of published numbers, and an interval that holds for all numbers that they can stand for."""
    exact, hosts, base = row[share.column], None, None
    if share.base is not None:
        base = said[share.base]
        hosts = count(exact * row[share.base]) if share.count is None else said[share.count]
    elif share.count is not None:
        hosts = said[share.count]
        base = count(row[share.count] / exact) if exact else None
    if not hosts or not base:
        return {name: None for name in (share.column, share.low, share.high) if name}
    low, high = measures.wilson_rounded(hosts, base, protection.k)
    values = {share.column: hosts / base, share.low: float(low), share.high: float(high)}
    return {name: value for name, value in values.items() if name}


def _sort(rows: list[Row], rule: Rule) -> None:
    for name in reversed(rule.order):
        column, down = name.lstrip("-|~?>"), name.startswith("-")
        if name.startswith(">"):
            place = places_by_base(rows)
            rows.sort(key=lambda row, c=column, p=place: p[row[c]])  # type: ignore[misc]
        elif name.startswith("|"):
            rows.sort(key=lambda row, c=column: (row[c] is None, -abs(row[c] or 0)))  # type: ignore[misc]
        elif name.startswith("?"):
            rows.sort(key=lambda row, c=column: row[c] == UNKNOWN)  # type: ignore[misc]
        elif name.startswith("~"):
            place = {value: i for i, value in enumerate(dict.fromkeys(row[column] for row in rows))}
            rows.sort(key=lambda row, c=column, p=place: p[row[c]])  # type: ignore[misc]
        else:
            rows.sort(key=lambda row, c=column, d=down: _sortable(row[c], d))  # type: ignore[misc]


def _sortable(value: Any, down: bool) -> Any:
    """Largest first or by code point; `unknown`, and what is not said, last."""
    if value is None or value == UNKNOWN:
        return (1, 0)
    return (0, -value if down else _key(value))


def _other(hidden: list[Row], columns: Sequence[str], rule: Rule, protection: Protection) -> Row:
    """The row of what is folded; its hosts only where they are what is left of a total."""
    row: Row = dict.fromkeys(columns)
    row |= {key: [protection.other] if isinstance(hidden[0][key], list) else protection.other for key in rule.keys}
    if rule.adds == rule.keys and len(rule.keys) == 1:
        row[rule.sizes[0]] = protection.count(sum(_size(one, rule) for one in hidden))
    return row


def _caveat(rule: Rule, protection: Protection, left_out: Sequence[str]) -> str:
    k = protection.k
    text = f"Published with K = {k:,}: "
    if rule.keys:
        text += f"groups by {' and '.join(rule.keys)} of fewer than {k:,} hosts are folded into «{protection.other}»"
        text += ", with a larger one where they could be had back; " if rule.adds else "; "
    numbers = ", ".join(rule.counts) or ", ".join(rule.computed)
    text += f"numbers ({numbers}) are rounded down to multiples of {k:,}, those under {k:,} are not said"
    text += "; shares and measures are computed from them." if rule.shares or rule.computed else "."
    return f"{text} Left out: {', '.join(left_out)}." if left_out else text


def _kept(answer: Result, hidden: Sequence[Row], rule: Rule) -> list[str]:
    """The caveats that are made for all, or say no number and none of the hidden names."""
    names = {str(name) for row in hidden for key in rule.keys for name in _listed(row[key])}

    def harmless(text: str) -> bool:
        return not any(letter.isdigit() for letter in text) and not any(name and name in text for name in names)

    return [text for text in answer.caveats if isinstance(text, ForAll) or harmless(text)]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
