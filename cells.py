"""How headings and values look in tables for people, and which columns a screen has room for."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

from cohabit.queries.result import Row
from cohabit.queries.words import short_digest
from cohabit.text import visible
from cohabit.timeline import week_name

_SHARES = frozenset({"share", "low", "high", "share_of_multi_model_hosts", "share_with_all", "boot_low", "boot_high"})
_SHARES |= {f"share_of_{which}{bound}" for which in "ab" for bound in ("", "_low", "_high")}
_SHARES |= {"share_overall", "top_share", "top_3_share", "top_10_share"}
_SHARES |= {"share_of_deployments", "share_of_affected", "goal"}
# Of claims: numbers are whole, so what is not is a share.
_SHARES |= {"published", "computed"}
_SHARES |= {"share_before", "share_after", "share_a", "share_b"}
_SHARES |= {"first_share", "last_share", "peak_share", "error", "error_no_change", "survival", "share_stayed"}
_SHARES |= {"share_of_observations", "coverage", "share_elsewhere"}
_SHARES |= {"share_open", "open_low", "open_high", "share_gone", "gone_low", "gone_high"}
# Changes of a share: percentage points.
_POINTS = frozenset({"effect", "difference", "difference_without_top", "slope", "slope_low", "slope_high"})
_POINTS |= {"difference_low", "difference_high"}
_HEADINGS = {
    "share_of_multi_model_hosts": "of multi-model",
    "multi_model_hosts": "multi-model hosts",
    "low": "95 % low",
    "high": "high",
}
_HEADINGS |= {"slope_low": "95 % low", "slope_high": "high", "error_no_change": "of no change"}
_HEADINGS |= {"difference_without_top": "without top"}
_HEADINGS |= {"share_elsewhere": "elsewhere", "difference_low": "95 % low", "difference_high": "high"}
_HEADINGS |= {"gone_low": "95 % low", "gone_high": "high"}
_HEADINGS |= {"share_of_a_low": "95 % low", "share_of_a_high": "high", "q_value": "q"}
# Below this a float has lost digits, and soon is 0.
_LEAST_CHANCE = 1e-300
NOTHING = "–"
_BLOCKS = "▁▂▃▄▅▆▇█"
# A column of short texts is kept whole (a pseudonym broken in two cannot be copied); longer ones are folded.
_SHORT = 24
_LEAST = 12
# As long as words are kept whole before a column gives way.
_WORD = 30
# Where a long word is broken, behind the mark.
_PIECES = re.compile(r"[^-:/@._]*[-:/@._]+|[^-:/@._]+")
# The lower end of an interval in the name of a column.
_LOW = re.compile(r"(?<![a-z])low(?![a-z])")
# Paths of files, which say most at their end.
_PATHS = frozenset({"file"})
_LEFT_OUT = "…/"
# Hashes of files and graphs: nothing takes their beginning for them.
_WHOLE_HASHES = frozenset({"sha256", "digest"})


def heading(column: str) -> str:
    """Heading of a column, safe to show."""
    return _HEADINGS.get(column, visible(column.replace("_", " ")))


def cell(column: str, value: Any, in_points: Sequence[str] = ()) -> str:
    """One value, rounded as people read it, safe to show; `in_points` are columns of differences of shares, too."""
    if value is None or (column == "geo" and not value) or (isinstance(value, float) and not math.isfinite(value)):
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if (column in _POINTS or column in in_points) and isinstance(value, float):
        return f"{value * 100:+.2f} pp"
    if is_share(column, in_points) and isinstance(value, float):
        return f"{value:.1%}".replace("%", " %")
    if column in ("p_value", "q_value") and isinstance(value, float) and value < _LEAST_CHANCE:
        return "< 1e-300"
    if isinstance(value, float):
        return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, int):
        if column in ("week", "first_week", "last_week") and 1 <= value % 100 <= 53 and 1000 <= value // 100 <= 9999:
            return week_name(value)
        return str(value) if column in ("asn", "port") else f"{value:,}"
    if isinstance(value, list):
        return _course(value) if column == "course" else _short_list(value)
    return visible(str(value))


def is_share(column: str, in_points: Sequence[str] = ()) -> bool:
    """Whether the fractions of a column are shares, shown in percent."""
    return column in _SHARES and column not in in_points


def _short_list(values: list[Any]) -> str:
    shown = ", ".join(NOTHING if v is None else visible(str(v), 60) for v in values[:6])
    return f"{shown} … ({len(values)})" if len(values) > 6 else shown


def _course(shares: list[float | None]) -> str:
    """A series drawn in one line, from its own least to its own greatest value; a dot where there is none."""
    known = [share for share in shares if share is not None]
    least, most = min(known, default=0.0), max(known, default=0.0)
    steps = len(_BLOCKS) - 1
    height = steps / (most - least) if most > least else 0.0
    return "".join("·" if share is None else _BLOCKS[round((share - least) * height)] for share in shares)


def with_short_digests(rows: Sequence[Row]) -> list[Row]:
    """Rows with the first 12 digits of digests, which commands take too; in full where two of the rows begin alike."""
    whole: dict[str, set[str]] = {}
    for value in (value for row in rows for value in row.values()):
        for one in value if isinstance(value, list) else (value,):
            if isinstance(one, str) and (short := short_digest(one)) != one:
                whole.setdefault(_digits(short), set()).add(_digits(one))

    def shortened(value: Any) -> Any:
        if isinstance(value, list):
            return [shortened(one) for one in value]
        if not isinstance(value, str):
            return value
        short = short_digest(value)
        return short if len(whole.get(_digits(short), ())) == 1 else value

    if not whole:
        return list(rows)
    return [{c: value if c in _WHOLE_HASHES else shortened(value) for c, value in row.items()} for row in rows]


def _digits(label: str) -> str:
    return label.removeprefix("digest:")


def is_numeric(rows: Sequence[Row], column: str) -> bool:
    """Whether a column holds numbers only."""
    values = [row[column] for row in rows if row[column] is not None]
    return bool(values) and all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)


def is_rigid(rows: Sequence[Row], column: str) -> bool:
    """Whether a column must not be folded: a number or a hash cut in two is another one."""
    return column in _WHOLE_HASHES or is_numeric(rows, column) or _width(rows, column) <= _SHORT


def laid_out(columns: Sequence[str], rows: Sequence[Row], width: int, in_points: Sequence[str] = ()) -> dict[str, int]:
    """The columns, from the left, that a line of `width` characters has room for, each with its width; at least two.
    Of an interval both ends are kept, or none.

    Headings are of one line, unless there is room for more columns with several.
    """
    kept = _with_room(columns, rows, width, in_points, fold_headings=False)
    if len(kept) < len(columns):
        narrow = _with_room(columns, rows, width, in_points, fold_headings=True)
        kept = narrow if len(narrow) > len(kept) else kept
    return kept


def _with_room(
    columns: Sequence[str], rows: Sequence[Row], width: int, in_points: Sequence[str], *, fold_headings: bool
) -> dict[str, int]:
    room = width
    kept: dict[str, int] = {}
    wanted: dict[str, int] = {}
    for column in columns:
        texts = [cell(column, row[column], in_points) for row in rows]
        head = _longest(heading(column).split()) if fold_headings else _longest([heading(column)])
        most = max(head, _longest(texts))
        least = most
        if not is_rigid(rows, column):
            words = [_name(column, word) for text in texts for word in text.split()]
            least = min(most, max(head, _LEAST, min(_longest(words), _WORD)))
        if room - least - 1 < 0 and len(kept) > 1:
            last = next(reversed(kept))
            if len(kept) > 2 and column == _LOW.sub("high", last):
                room += kept.pop(last) + 1
            break
        room -= least + 1
        kept[column], wanted[column] = least, most - least
    texts_kept = [column for column in kept if not is_numeric(rows, column)]
    while room < 0 and any(kept[column] > 1 for column in texts_kept):  # not even two: what is text is folded
        kept[max(texts_kept, key=kept.__getitem__)] -= 1
        room += 1
    # What is left goes to who wants least, so that as many as can be are whole.
    for left, column in enumerate(sorted(kept, key=wanted.__getitem__)):
        more = min(wanted[column], max(room, 0) // (len(kept) - left))
        kept[column] += more
        room -= more
    return kept


def _longest(texts: Iterable[str]) -> int:
    from rich.cells import cell_len

    return max(map(cell_len, texts), default=0)


def _name(column: str, word: str) -> str:
    """What must be kept of a word: of the path of a file its name."""
    return f"{_LEFT_OUT}{word.rpartition('/')[2]}" if column in _PATHS and "/" in word else word


def folded(column: str, text: str, width: int) -> str:
    """A text in lines of `width`: broken between words, a longer word behind a mark in it, else where it must be.

    Of the path of a file the folders at its beginning are left out instead.
    """
    from rich.cells import cell_len

    if cell_len(text) <= width:
        return text
    if column in _PATHS and "/" in text:
        parts = text.split("/")
        ends = (f"{_LEFT_OUT}{'/'.join(parts[i:])}" for i in range(1, len(parts)))
        text = next((end for end in ends if cell_len(end) <= width), parts[-1])
    lines = [""]
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if cell_len(joined) <= width:
            lines[-1] = joined
            continue
        lines += _broken(word, width)
    return "\n".join(line for line in lines if line)


def _broken(word: str, width: int) -> list[str]:
    """A word in lines of `width`."""
    from rich.cells import cell_len, chop_cells

    lines = [""]
    for piece in _PIECES.findall(word):
        if cell_len(lines[-1] + piece) <= width:
            lines[-1] += piece
        else:
            lines += chop_cells(piece, width)
    return lines


def _width(rows: Sequence[Row], column: str, in_points: Sequence[str] = ()) -> int:
    return max(_longest([heading(column)]), _longest(cell(column, row[column], in_points) for row in rows))
