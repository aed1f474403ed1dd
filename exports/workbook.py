"""Write an Excel workbook: every text is a text, never a formula or link, and numbers are numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from cohabit.errors import DataError
from cohabit.exports.columns import BETWEEN

_MOST_ROWS = 1_048_576
_MOST_CHARACTERS = 32_767
_WIDEST = 40
_LONGEST_NAME = 31
# A workbook says when it was made; two of the same content are to be the same bytes.
_NO_TIME = datetime(2000, 1, 1)


@dataclass(frozen=True)
class Sheet:
    """One sheet: headings and `length` rows of values; `shares` are columns that are shown in percent."""

    name: str
    columns: Sequence[str]
    length: int
    rows: Iterable[Sequence[Any]]
    shares: frozenset[str] = frozenset()


def write_workbook(
    target: Path | BytesIO, about: Iterable[Sequence[Any]], sheets: Sequence[Sheet], advice: str
) -> None:
    """Write the sheets behind one called `about`, whose lines are given.

    DataError, with `advice` what to do, where a sheet has more rows than Excel holds, or a text more characters than a
    cell.
    """
    import xlsxwriter

    for sheet in sheets:
        if sheet.length >= _MOST_ROWS:
            raise DataError(
                f"{sheet.name}: {sheet.length:,} rows, and a sheet of Excel holds {_MOST_ROWS - 1:,}; {advice}"
            )
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target if isinstance(target, BytesIO) else str(target), options) as book:
        book.set_properties({"created": _NO_TIME})
        formats = {"bold": book.add_format({"bold": True}), "share": book.add_format({"num_format": "0.0%"})}
        first = book.add_worksheet("about")
        first.set_column(0, 1, _WIDEST)
        for line, pair in enumerate(about):
            for column, value in enumerate(pair):
                _put(first, line, column, value)
        for sheet in sheets:
            _fill(book.add_worksheet(sheet.name), sheet, formats)


def sheet_names(names: Sequence[str], taken: str) -> list[str]:
    """Names as sheets can have them, none like another or `taken`: of 31 characters at most."""
    found: list[str] = []
    for name in names:
        short, number = name[:_LONGEST_NAME], 1
        while short.lower() in {taken, *(one.lower() for one in found)}:
            number += 1
            short = f"{name[: _LONGEST_NAME - 1 - len(str(number))]}~{number}"
        found.append(short)
    return found


def _fill(made: Any, sheet: Sheet, formats: Mapping[str, Any]) -> None:
    for column, heading in enumerate(sheet.columns):
        shown = formats["share"] if heading in sheet.shares else None
        made.set_column(column, column, min(_WIDEST, max(12, len(heading) + 2)), shown)
        made.write_string(0, column, heading, formats["bold"])
    made.freeze_panes(1, 0)
    if sheet.length:
        made.autofilter(0, 0, sheet.length, len(sheet.columns) - 1)
    for line, row in enumerate(sheet.rows, 1):
        for column, value in enumerate(row):
            if isinstance(value, list):
                value = BETWEEN.join("" if member is None else str(member) for member in value)
            if isinstance(value, str) and len(value) > _MOST_CHARACTERS:
                where = f"row {line:,}, column {sheet.columns[column]}"
                raise DataError(
                    f"{sheet.name}: a text of {len(value):,} characters in {where}, and a cell of Excel holds "
                    f"{_MOST_CHARACTERS:,}; choose another format (csv, parquet)"
                )
            _put(made, line, column, value)


def _put(sheet: Any, line: int, column: int, value: Any) -> None:
    if isinstance(value, bool):
        sheet.write_boolean(line, column, value)
    elif isinstance(value, str):
        sheet.write_string(line, column, value)
    elif value is not None:
        # Excel keeps 15 digits; a larger whole number would become another one.
        exact = isinstance(value, float) or abs(value) < 10**15
        (sheet.write_number if exact else sheet.write_string)(line, column, value if exact else str(value))
