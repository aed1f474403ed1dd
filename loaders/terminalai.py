"""The loader of TerminalAI's list of endpoints (CSV).

Recognised: a header with `api_type`, `scheme` and `api_host`.
Read: `ip`, `port`, the newest of `last_check_date`, `verification_date` and `scan_date` that is there, `api_type` as
the software where the endpoint was verified, `isp` as the name of the network, `org`, `country`. Ollama's models are
not in it.
Ignored: all other columns, `available_models` among them (they are those of image generators).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from cohabit.loaders.carrier import Context, Loader, Record, missing, observation
from cohabit.loaders.head import Head
from cohabit.loaders.records import Observation
from cohabit.loaders.streams import Stream
from cohabit.loaders.tables import rows
from cohabit.loaders.values import RecordError, host, port


class _Row(msgspec.Struct):
    ip: str = ""
    port: str = ""
    scan_date: str = ""
    verification_date: str = ""
    last_check_date: str = ""
    verified: str = ""
    api_type: str = ""
    org: str = ""
    isp: str = ""
    country: str = ""


def _sniff(head: Head) -> bool:
    return {"api_type", "scheme", "api_host"} <= set(head.columns)


def _parse(row: _Row, context: Context) -> Sequence[Observation]:
    if missing(row.ip):
        raise RecordError('no address: "ip" is missing')
    seen = observation(
        None,
        host=host(row.ip),
        port=port(row.port),
        seen_at=context.second(row.last_check_date or row.verification_date or row.scan_date, "last_check_date"),
        software=row.api_type if row.verified == "1" else None,
        country=row.country,
        as_name=row.isp,
        org=row.org,
    )
    return (seen,)


def _read(stream: Stream, context: Context) -> Iterator[Record]:
    return rows(stream, context, _Row, _parse)


LOADER = Loader(name="terminalai", title="TerminalAI's list of endpoints (CSV)", sniff=_sniff, read=_read)
