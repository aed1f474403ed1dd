"""Formats of tables: a folder of CSV files, a folder of Parquet files, one Excel workbook."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from cohabit.exports.columns import BETWEEN, changed, column_rows, joined
from cohabit.exports.data import ExportData
from cohabit.exports.workbook import Sheet, write_workbook
from cohabit.text import defused

_ADVICE = "choose hosts by a filter (--country, --has …), or another format (csv, parquet)"


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
    sheets = [
        Sheet(name, table.column_names, table.num_rows, (list(row.values()) for row in column_rows(table)))
        for name, table in data.tables.items()
    ]
    write_workbook(path, data.about.items(), sheets, _ADVICE)


def _marked(data: ExportData) -> dict[str, pa.Table]:
    """Rows that leave the program say of themselves that they are simulated."""
    if not data.about["simulated"]:
        return data.tables
    marked = {}
    for name, table in data.tables.items():
        marked[name] = table.append_column("simulated", pa.repeat(pa.scalar(True), table.num_rows))
    return marked
