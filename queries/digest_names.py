"""How users write a digest: by its 64 hexadecimal digits, or by as many of the first as make it the only one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from cohabit.errors import DataError, UsageError
from cohabit.graph.store import GraphStore
from cohabit.text import visible

_BEGINNING = re.compile(r"(?:sha256[:-])?([0-9a-f]{8,64})", re.IGNORECASE)
_SHOWN = 3


def named_digest(name: str) -> str | None:
    """What stands after `digest:`; None where a name does not begin so."""
    prefix, colon, rest = name.partition(":")
    return rest.strip() if colon and prefix.strip().lower() == "digest" else None


def parse_digest(text: str) -> str | None:
    """Read the first 8 to 64 hexadecimal digits, with or without `sha256:` before them; None when it is none."""
    match = _BEGINNING.fullmatch(text.strip())
    return match[1].lower() if match else None


def require_digest(text: str) -> str:
    """Read the first digits of a digest, or raise UsageError."""
    digits = parse_digest(text)
    if digits is None:
        raise UsageError(f"digest:{visible(text, 80)} is no digest; write its first 8 to 64 hexadecimal digits")
    return digits


def only_digest(digits: str, found: Sequence[str]) -> str | None:
    """The one digest of those found that begins so; None without any, UsageError for several."""
    if len(found) > 1:
        some = ", ".join(found[:_SHOWN])
        raise UsageError(
            f"digest:{digits}: {len(found)} digests of this graph begin so; write more digits of one: {some}"
        )
    return found[0] if found else None


def digest_called(store: GraphStore, text: str) -> str | None:
    """The digest of the graph that begins so; None where no host ever reported one that does.

    UsageError for what is no beginning of a digest, or of several of the graph.
    """
    digits = require_digest(text)
    table = store.table(
        "MATCH (:Host)-[d:DEPLOYS]->(:Model) UNWIND d.digests AS digest "
        "WITH DISTINCT digest WHERE digest STARTS WITH $beginning RETURN digest AS digest",
        {"beginning": digits},
    )
    return only_digest(digits, sorted(table.column("digest").to_pylist()))


def read_digest_file(path: Path) -> tuple[str, ...]:
    """Read digests, one a line; blank lines and what follows a `#` do not count. DataError says what is wrong where."""
    where = visible(str(path))
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except OSError as error:
        raise DataError(f"{where}: the digests cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{where}: this is not a text file; write one digest a line") from error
    found = []
    for number, line in enumerate(lines, 1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        digest = parse_digest(text)
        if digest is None:
            # The line is not shown: in a scan that was named by mistake it holds addresses.
            raise DataError(f"{where}, line {number}: this is not a digest; write its first 8 to 64 hexadecimal digits")
        found.append(digest)
    if not found:
        raise DataError(f"{where}: there are no digests in it; write one a line")
    return tuple(dict.fromkeys(found))
