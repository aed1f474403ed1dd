"""Make text written by strangers safe to show: what would act on a terminal or reorder a line is spelled out."""

from __future__ import annotations

import unicodedata

# Control, format (bidi marks, zero-width), lone surrogates, private use, unassigned, line and paragraph separators.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

# What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def visible(text: str, limit: int | None = None) -> str:
    r"""Return `text` with every invisible or reordering character written as an escape such as ``\u202e``.

    `limit` cuts the result to that many characters, the last of them an ellipsis.
    """
    if text.isascii() and text.isprintable():
        shown = text
    else:
        shown = "".join(_escape(c) if unicodedata.category(c) in _HIDDEN else c for c in text)
    if limit is not None and len(shown) > limit:
        return shown[: limit - 1] + "…"
    return shown


def defused(text: str) -> str:
    """Return `text` as it may stand in a cell of a CSV file: visible, and no formula when a spreadsheet opens it."""
    shown = visible(text)
    return "'" + shown if shown.startswith(_FORMULA) else shown


def _escape(character: str) -> str:
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
