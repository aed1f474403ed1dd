"""A result as people read it: a table as wide as the screen, or in Markdown, with the sentences that belong to it."""

from __future__ import annotations

import itertools
import operator
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from cohabit.cells import cell, folded, heading, is_numeric, laid_out, with_short_digests
from cohabit.queries.result import Result, Row
from cohabit.text import visible

if TYPE_CHECKING:
    from rich.console import Console

# Beside Markdown's own characters what GitHub makes a link of: `http://…`, `www.…`, `a@b`.
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+!|~&$@]|(?<=:)/(?=/)|(?<=www)\.)", re.IGNORECASE)


def markdown(result: Result, *, quiet: bool = False) -> str:
    """All rows as a table in Markdown, in which nothing but the table is markup."""
    columns = (*_columns(result), *([result.remark] if result.remark else []))
    rows = result.rows
    lines = [f"{_escaped(result.headline)}\n"] if result.headline else []
    if result.single and rows:
        pairs = [(c, cell(c, rows[0][c])) for c in result.columns]
        lines += ["| | |", "|---|---|", *(f"| {_escaped(a)} | {_escaped(b)} |" for a, b in pairs)]
    else:
        lines.append("| " + " | ".join(_escaped(heading(c)) for c in columns) + " |")
        lines.append("|" + "|".join("---:" if is_numeric(rows, c) else "---" for c in columns) + "|")
        lines += [
            "| " + " | ".join(_escaped(cell(c, row[c], result.in_points)) for c in columns) + " |" for row in rows
        ]
    lines += [f"\n{_escaped(note)}" for note in _notes(result, rows, quiet)]
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", visible(text))


def draw(result: Result, console: Console, *, limit: int, quiet: bool = False) -> None:
    """Print headline, table and notes: the columns that there is room for, and `limit` rows, of a series the newest."""
    from rich.table import Table
    from rich.text import Text

    result, left = _without_unshown(result)
    shown = _limited(result, limit)
    rows = shown if result.single or result.own_columns else with_short_digests(shown)
    if result.headline:
        console.print(Text(visible(result.headline)), soft_wrap=True)
    table = Table(box=None, padding=(0, 1, 0, 0), show_header=not result.single, header_style="bold")
    if result.single and rows:
        table.add_column(style="bold", no_wrap=True)
        table.add_column(overflow="fold")
        for c in result.columns:
            table.add_row(Text(heading(c)), Text(cell(c, rows[0][c])))
        console.print(table)
    elif not rows and (result.own_columns or not result.headline):
        console.print("No rows.")
    elif rows:
        columns = _columns(result)
        fit = laid_out(columns, rows, console.width, result.in_points)
        for c, width in fit.items():
            right = is_numeric(result.rows, c)
            shown_as = folded("", heading(c), width)
            table.add_column(Text(shown_as), justify="right" if right else "left", width=width, no_wrap=True)
        for row in rows:
            table.add_row(*(Text(folded(c, cell(c, row[c], result.in_points), width)) for c, width in fit.items()))
        console.print(table)
        if left_out := columns[len(fit) :]:
            names = ", ".join(heading(c) for c in left_out)
            console.print(Text(f"no room for: {names} (another --format has all columns)"), soft_wrap=True)
    for line in (*_remarks(result, rows), *left, *_notes(result, shown, quiet)):
        console.print(Text(visible(line)), soft_wrap=True)


def _without_unshown(result: Result) -> tuple[Result, list[str]]:
    """The rows for people, and how many there are beside these."""
    unshown = result.unshown
    if unshown is None:
        return result, []
    rows = [row for row in result.rows if not unshown.holds(row)]
    number = len(result.rows) - len(rows)
    said = [f"{number:,} {unshown.one if number == 1 else unshown.many} left out (another --format has all rows)"]
    return replace(result, rows=rows), said if number else []


def _columns(result: Result) -> tuple[str, ...]:
    return result.table_columns or result.columns


def _remarks(result: Result, rows: list[Row]) -> list[str]:
    """Sentences on rows, each with the name of its row: in a column of their own they would be a word wide."""
    name, remark = result.columns[0], result.remark
    said = [f"{cell(name, row[name])}: {row[remark]}" for row in rows if row[remark]] if remark else []
    return list(dict.fromkeys(said))  # rows that differ in a later column only, once


def _limited(result: Result, limit: int) -> list[Row]:
    """The first rows, but of a series the newest."""
    if result.series is None:
        return result.rows[:limit]
    shown: list[Row] = []
    for own in _series(result):
        if len(shown) < limit:
            shown += own[len(shown) - limit :]
    return shown


def _series(result: Result) -> list[list[Row]]:
    """The rows, series by series."""
    of = operator.itemgetter(*result.series) if result.series else lambda row: None
    return [list(rows) for _, rows in itertools.groupby(result.rows, key=of)]


def _notes(result: Result, rows: list[Row], quiet: bool) -> list[str]:
    """What stands below a table; in silence only what is left out of it, and that it is no real one."""
    cut = len(rows) < len(result.rows)
    shown = [f"{len(rows):,} of {len(result.rows):,} shown{_cut(result, rows)}"] if cut else []
    caveats = result.caveats[: int(result.simulated)] if quiet else result.caveats
    return [*shown, *(f"note: {c}" for c in caveats)]


def _cut(result: Result, rows: list[Row]) -> str:
    """Of which series among the rows only the newest are there, and from when on."""
    there = {id(row) for row in rows}
    for own in _series(result) if result.series is not None else ():
        shown = [row for row in own if id(row) in there]
        if 0 < len(shown) < len(own):
            name = " in ".join(cell(c, own[0][c]) for c in reversed(result.series or ()))
            since = cell(result.columns[0], shown[0][result.columns[0]])
            return f"; {f'of {name} ' if name else ''}only the newest, from {since} on"
    return ""
