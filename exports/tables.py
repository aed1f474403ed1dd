"""Formats of tables: a folder of CSV files, a folder of Parquet files, one Excel workbook."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from cohabit.errors import DataError
from cohabit.exports.columns import BETWEEN, changed, column_rows, joined
from cohabit.exports.data import ExportData
from cohabit.text import defused

_MOST_ROWS = 1_048_576
_MOST_CHARACTERS = 32_767
_WIDEST = 40
# A workbook says when it was made; two of the same graph are to be the same bytes.
_NO_TIME = datetime(2000, 1, 1)


def write_csv(data: ExportData, folder: Path) -> None:
    """Write one file a table, made for spreadsheets too: no formulas, nothing invisible, lists joined by `; `."""
    from pyarrow import csv

    for name, table in _marked(data).items():
        columns = {c: joined(changed(table.column(c), defused), BETWEEN) for c in table.column_names}
        # What begins the joined text is defused already, as it was one of the members.
        csv.write_csv(pa.table(columns), folder / f"{name}.csv", csv.WriteOptions(quoting_style="needed"))


def write_parquet(data: ExportData, folder: Path) -> None:
    """Write one file a table, with types, lists, values and the schema's metadata as they are."""
    import pyarrow.parquet as pq

    for name, table in _marked(data).items():
        pq.write_table(table, folder / f"{name}.parquet")


def write_xlsx(data: ExportData, path: Path) -> None:
    """Write a workbook with a sheet a table and one that says what it is; every text is a text, never a formula.

    DataError where a table has more rows than a sheet, or a text more characters than a cell.
    """
    import xlsxwriter

    for name, table in data.tables.items():
        if table.num_rows >= _MOST_ROWS:
            raise DataError(
                f"{name}: {table.num_rows:,} rows, and a sheet of Excel holds {_MOST_ROWS - 1:,}; choose hosts by a "
                "filter (--country, --has …), or another format (csv, parquet)"
            )
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"created": _NO_TIME})
        bold = book.add_format({"bold": True})
        about = book.add_worksheet("about")
        about.set_column(0, 1, _WIDEST)
        for line, pair in enumerate(data.about.items()):
            for column, value in enumerate(pair):
                _put(about, line, column, value)
        for name, table in data.tables.items():
            _fill(book.add_worksheet(name), name, table, bold)


def _fill(sheet: Any, name: str, table: pa.Table, bold: Any) -> None:
    for column, heading in enumerate(table.column_names):
        sheet.set_column(column, column, min(_WIDEST, max(12, len(heading) + 2)))
        sheet.write_string(0, column, heading, bold)
    sheet.freeze_panes(1, 0)
    if table.num_rows:
        sheet.autofilter(0, 0, table.num_rows, table.num_columns - 1)
    for line, row in enumerate(column_rows(table), 1):
        for column, value in enumerate(row.values()):
            if isinstance(value, list):
                value = BETWEEN.join("" if member is None else str(member) for member in value)
            if isinstance(value, str) and len(value) > _MOST_CHARACTERS:
                where = f"row {line:,}, column {table.column_names[column]}"
                raise DataError(
                    f"{name}: a text of {len(value):,} characters in {where}, and a cell of Excel holds "
                    f"{_MOST_CHARACTERS:,}; choose another format (csv, parquet)"
                )
            _put(sheet, line, column, value)


def _put(sheet: Any, line: int, column: int, value: Any) -> None:
    if isinstance(value, bool):
        sheet.write_boolean(line, column, value)
    elif isinstance(value, str):
        sheet.write_string(line, column, value)
    elif value is not None:
        # Excel keeps 15 digits; a larger whole number would become another one.
        exact = isinstance(value, float) or abs(value) < 10**15
        (sheet.write_number if exact else sheet.write_string)(line, column, value if exact else str(value))


def _marked(data: ExportData) -> dict[str, pa.Table]:
    """Rows that leave the program say of themselves that they are simulated."""
    if not data.about["simulated"]:
        return data.tables
    marked = {}
    for name, table in data.tables.items():
        marked[name] = table.append_column("simulated", pa.repeat(pa.scalar(True), table.num_rows))
    return marked
