"""CSV, with the columns that Shadowserver's scan reports begin with (Accessible HTTP Report, `scan_http`)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from cohabit.notices.recipients import Notice
from cohabit.notices.record import Common, ip_version
from cohabit.text import defused

COLUMNS = (
    "timestamp",
    "severity",
    "ip",
    "protocol",
    "port",
    "hostname",
    "tag",
    "asn",
    "as_name",
    "geo",
    "city",
    "sector",
    "software",
    "version",
    "advisories",
    "fixed_in",
    "models",
    "digests",
    "capabilities",
    "first_seen",
    "last_seen",
    "seen_on",
    "labels",
    "tlp",
)


def table_file(notice: Notice, common: Common) -> bytes:
    """The endpoints of a recipient, one a line. No source tells cities, so that column is empty."""
    rows = []
    for e in notice.endpoints:
        named = ip_version(e.host) is None
        rows.append(
            {
                "timestamp": e.last_seen.replace("T", " ").removesuffix("Z"),
                "severity": e.worry.severity,
                "ip": None if named else e.host,
                "protocol": "tcp",
                "port": e.port,
                "hostname": e.host if named else None,
                "tag": common.tags(e),
                "asn": e.asn,
                "as_name": e.provider,
                "geo": e.country,
                "city": None,
                "sector": e.provider_kind,
                "software": e.software,
                "version": e.version,
                "advisories": e.worry.advisories,
                "fixed_in": e.worry.fixed_in,
                "models": e.models,
                "digests": e.digests,
                "capabilities": e.capabilities,
                "first_seen": e.first_seen,
                "last_seen": e.last_seen,
                "seen_on": e.seen_on,
                "labels": common.labels_of(e),
                "tlp": common.tlp.label,
            }
        )
    return csv_bytes(COLUMNS, ([row[name] for name in COLUMNS] for row in rows))


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A CSV file as other commands write it: lists joined by `; `, nothing that a spreadsheet would run."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return defused(value)
    if value is None:
        return ""
    return "; ".join([_cell(one) for one in value]) if isinstance(value, list | tuple) else str(value)
