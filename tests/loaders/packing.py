"""Compression that gives the same bytes whenever it is done."""

from __future__ import annotations

import gzip


def gzipped(data: bytes, level: int = 9) -> bytes:
    """Gzip without the time of day in its header: two calls agree, also over the turn of a second."""
    return gzip.compress(data, level, mtime=0)
