"""Print a result in the format asked for: table, json, csv, markdown or parquet, or an Excel workbook.

The answer goes to standard output or a file, everything else to standard error. Text from scans is made safe here,
where it is shown: control and bidi characters are spelled out, spreadsheet formulas are defused, Markdown is escaped.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cohabit.cells import is_share
from cohabit.choices import among
from cohabit.errors import DataError, UsageError
from cohabit.queries.result import Result, Row
from cohabit.tables import draw, markdown
from cohabit.text import defused, visible

if TYPE_CHECKING:
    from cohabit.exports.workbook import Sheet

FORMATS = ("table", "json", "csv", "markdown", "parquet")
WORKBOOK = "xlsx"
"""What is written only into a file whose name ends so."""
_ENDINGS = {".csv": "csv", ".json": "json", ".md": "markdown", ".parquet": "parquet", ".xlsx": WORKBOOK}

# Enough for every column of a wide table; a terminal's own width is used where there is one.
_FILE_WIDTH = 200
# Of a sheet among many: more makes a workbook slow to open, and a cell of Excel holds no longer text.
_MOST_ROWS, _MOST_CHARACTERS = 100_000, 32_767


@dataclass(frozen=True)
class Format:
    """How the user wants a result: format, file (None: standard output), how many rows a table shows, and silence."""

    name: str = "table"
    output: Path | None = None
    limit: int = 20
    quiet: bool = False

    def __post_init__(self) -> None:
        if self.name not in FORMATS and (self.name != WORKBOOK or self.output is None):
            raise UsageError(f"--format {self.name!r}: {among(self.name, FORMATS)}")
        if self.limit < 1:
            raise UsageError(f"--limit {self.limit}: it takes 1 or more")


def format_of(file: Path | None) -> str:
    """The format that a file's name ends in, `table` where that says nothing; UsageError for an old workbook."""
    ending = "" if file is None else file.suffix.lower()
    if ending == ".xls":
        raise UsageError(f"{file}: workbooks are written as .xlsx; name the file so")
    return _ENDINGS.get(ending, "table")


def show(result: Result, how: Format) -> None:
    """Write a result as the user wants it."""
    if how.name == "parquet":
        _write_parquet(_marked(result), how)
    elif how.name == WORKBOOK and how.output is not None:
        write_file(how.output, _workbook(result))
    elif how.name == "table" and how.output is None:
        _print_table(result, how)
    else:
        _write(_TEXT[how.name](result, how), how)
    if how.name in ("json", "csv", "parquet", WORKBOOK) and not how.quiet:
        tell(result.caveats)


def tell(notes: Iterable[str]) -> None:
    """Write notes to standard error."""
    for note in notes:
        print(f"note: {visible(note)}", file=sys.stderr)


def as_text(result: Result, name: str) -> str:
    """A result as `show` writes it into a file in one of the formats that are text."""
    return _TEXT[name](result, Format(name))


def _marked(result: Result) -> Result:
    """Rows that leave the program say of themselves that they are simulated."""
    if not result.simulated or result.own_columns or "simulated" in result.columns:
        return result
    rows = [{**row, "simulated": True} for row in result.rows]
    return Result((*result.columns, "simulated"), rows, single=result.single)


def _json(result: Result, how: Format) -> str:
    marked = _marked(result)
    encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, indent=2 if marked.single else None)
    encoded = [_encoded(row, encoder) for row in marked.rows]
    if marked.single:
        text = encoded[0] if encoded else "{}"
    else:
        text = "[\n  " + ",\n  ".join(encoded) + "\n]" if encoded else "[]"
    return _escaped(text) + "\n"


def _encoded(row: Row, encoder: json.JSONEncoder) -> str:
    try:
        return encoder.encode(row)
    except ValueError:  # a number that is none, which JSON does not know
        return encoder.encode(_number(row))


def _escaped(text: str) -> str:
    """JSON whose strings hold no character that acts on a terminal; the escapes are JSON's own."""
    hidden = {c for c in set(text) if c != "\n" and visible(c) != c}
    return text.translate({ord(c): json.dumps(c)[1:-1] if c != "\x7f" else "\\u007f" for c in hidden})


def _number(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {str(k): _number(v) for k, v in value.items()}
    if isinstance(value, list):
        return [v if isinstance(v, str) else _number(v) for v in value]
    return value


def _csv(result: Result, how: Format) -> str:
    marked = _marked(result)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([_csv_cell(c) for c in marked.columns])
    for row in marked.rows:
        writer.writerow([_csv_cell(row[c]) for c in marked.columns])
    return text.getvalue()


def _csv_cell(value: Any) -> str:
    if isinstance(value, str):
        return defused(value)
    if isinstance(value, list):
        # Names are most of a long table, and a call for each takes longer than what it does.
        return "; ".join([defused(v) if isinstance(v, str) else _csv_cell(v) for v in value])
    value = _number(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value) if isinstance(value, dict) else str(value)


def _markdown(result: Result, how: Format) -> str:
    return markdown(result, quiet=how.quiet)


def _table(result: Result, how: Format) -> str:
    from rich.console import Console

    text = io.StringIO()
    console = Console(file=text, width=_width(how), color_system=None, highlight=False)
    draw(result, console, limit=how.limit, quiet=how.quiet)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def _width(how: Format) -> int:
    """Characters of a line that no terminal is asked for: in a pipe those of COLUMNS, where it is exported."""
    wanted = os.environ.get("COLUMNS", "") if how.output is None else ""
    return int(wanted) if wanted.isascii() and wanted.isdigit() and int(wanted) > 0 else _FILE_WIDTH


def _print_table(result: Result, how: Format) -> None:
    from rich.console import Console

    if not sys.stdout.isatty():
        _write(_table(result, how), how)
        return
    console = Console(highlight=False)
    with console.capture() as drawn:
        draw(result, console, limit=how.limit, quiet=how.quiet)
    text = drawn.get()
    if text.count("\n") < console.height:
        _print(text)
    else:
        _page(text)


def _page(text: str) -> None:
    """Show text page by page, through PAGER or less; whoever sets PAGER=cat has it as it was."""
    import pydoc

    # Bold headings as they are, and nothing is cleared at the end.
    os.environ.setdefault("LESS", "FRX")
    pydoc.pager(text)


_TEXT = {"json": _json, "csv": _csv, "markdown": _markdown, "table": _table}


def _write(text: str, how: Format) -> None:
    if how.output is None:
        _print(text)
    else:
        write_file(how.output, text.encode("utf-8"))


def _print(content: str | bytes) -> None:
    try:
        if isinstance(content, bytes):
            sys.stdout.buffer.write(content)
        else:
            sys.stdout.write(content)
        sys.stdout.flush()
    except OSError as error:
        # Closing standard output at the end must not complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        # A reader (head, less) that has what it wanted is no error.
        if not isinstance(error, BrokenPipeError):
            raise DataError(f"standard output: {error.strerror}") from error


def check_target(path: Path, endings: tuple[str, ...]) -> None:
    """Refuse a file name with another ending than these, before any work is done."""
    if path.suffix.lower() not in endings:
        *first, last = endings
        ended = f"{', '.join(first)} or {last}" if first else last
        raise UsageError(f"{path}: a file name that ends in {ended}, please")


def write_file(path: Path, content: bytes) -> None:
    """Write a file that the user named, whole or not at all; a link stays one, and so does a device or a pipe."""
    from cohabit.graph.archive import write_atomically, writing

    if path.is_dir():
        raise DataError(f"{path}: this is a folder; name a file")
    if not path.parent.is_dir():
        raise DataError(f"{path}: there is no folder {path.parent}; make it first")
    with writing(path, "name another file"):
        if path.exists() and not path.is_file():
            path.write_bytes(content)
        else:
            write_atomically(path.resolve(), content)


def _workbook(result: Result) -> bytes:
    """A workbook with the answer, and a sheet in front that says what stands around it."""
    from cohabit.exports.workbook import write_workbook

    notes = [("headline", result.headline), *(("note", note) for note in result.caveats)]
    content = io.BytesIO()
    advice = "choose hosts by a filter, or another format (csv, parquet)"
    write_workbook(content, notes, [_sheet("answer", result)], advice)
    return content.getvalue()


def as_workbook(about: Sequence[str], tables: Sequence[tuple[str, str, Result]]) -> bytes:
    """One workbook of many answers (name, command, answer), with the contents in front: lines about all, then each.

    What no sheet holds, or nobody scrolls through, is named there without one.
    """
    from cohabit.exports.workbook import sheet_names, write_workbook

    sheets, contents = [], []
    names = sheet_names([name for name, _, _ in tables], taken="about")
    for name, (table, command, answer) in zip(names, tables, strict=True):
        fits = len(answer.rows) <= _MOST_ROWS and _longest(answer) <= _MOST_CHARACTERS
        if fits:
            sheets.append(_sheet(name, answer))
        held = name if fits else f"too large for a sheet: tables/{table}.csv"
        said = " ".join(visible(note) for note in answer.caveats)
        contents.append((held, table, len(answer.rows), visible(answer.headline or ""), visible(command), said))
    heading = ("sheet", "table", "rows", "headline", "made by", "notes")
    content = io.BytesIO()
    write_workbook(content, [*((line,) for line in about), (), heading, *contents], sheets, "choose fewer hosts")
    return content.getvalue()


def _longest(result: Result) -> int:
    """Characters of the longest cell."""
    cells = (value for row in result.rows for value in row.values() if isinstance(value, str | list | dict))
    return max((len(cell) if isinstance(cell, str) else len(_csv_cell(cell)) for cell in cells), default=0)


def _sheet(name: str, result: Result) -> Sheet:
    from cohabit.exports.workbook import Sheet

    marked = _marked(result)
    rows = ([_workbook_value(row[c]) for c in marked.columns] for row in marked.rows)
    shares = frozenset(c for c in marked.columns if is_share(c, result.in_points))
    return Sheet(name, marked.columns, len(marked.rows), rows, shares)


def _workbook_value(value: Any) -> Any:
    value = _number(value)
    return json.dumps(value) if isinstance(value, dict) else value


def _write_parquet(result: Result, how: Format) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from cohabit.graph.archive import first_line

    columns = {c: [_number(row[c]) for row in result.rows] for c in result.columns}
    try:
        table = pa.table({c: pa.array(v) for c, v in columns.items()})
    except (pa.ArrowException, OverflowError) as error:
        raise UsageError(f"--format parquet: the columns are not uniform ({first_line(error)}); use json") from error
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    if how.output is not None:
        write_file(how.output, buffer.getvalue())
    elif sys.stdout.isatty():
        raise UsageError("--format parquet is binary: name a file with -o")
    else:
        _print(buffer.getvalue())
