"""The loader of ZMap's output: who answered on one port, and nothing of what is there.

Recognised: the key or column `saddr`; or a file whose lines are addresses and nothing else, ZMap's default output.
Read: CSV or JSON (NDJSON or an array). The host is `saddr`, the port `sport`, the time `timestamp_ts` or
`timestamp_str`; no list of models was seen. A list of addresses has neither port nor time: `--host :11434` and
`--seen-at` give them. For CSV without a header, `--loader zmap --columns saddr,sport,timestamp_ts` names the columns.
Ignored: replies whose `classification` is not "synack" or whose `success` is 0, and repeated ones (`repeat`): these
are rejected; all other fields, the scanner's own address among them, are passed over.
Lenient: all of these fields but `saddr` may be missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from cohabit.loaders.carrier import Context, Loader, Record, json_records, missing, observation
from cohabit.loaders.decoding import object_decoder
from cohabit.loaders.head import Head
from cohabit.loaders.records import Observation
from cohabit.loaders.streams import Stream
from cohabit.loaders.tables import rows
from cohabit.loaders.values import RecordError, host, port, shown

_ADDRESS = re.compile(r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}|(?=[^\n]*:[^\n]*:)[0-9A-Fa-f:.]+")
_YES, _NO = ("1", 1, "true"), ("0", 0, "false")


class _Reply(msgspec.Struct):
    saddr: Any = None
    sport: Any = None
    classification: Any = None
    success: Any = None
    repeat: Any = None
    timestamp_ts: Any = None
    timestamp_str: Any = None


_decode = object_decoder(_Reply)


def _sniff(head: Head) -> bool:
    if any("saddr" in record for record in head.records) or "saddr" in head.columns:
        return True
    lines = [line.strip() for line in head.text.split("\n")[:1000]]
    if not head.complete or len(lines) == 1000:
        lines.pop()  # it may be cut
    lines = [line for line in lines if line]
    return bool(lines) and (lines[0] == "saddr" or all(map(_ADDRESS.fullmatch, lines)))


def _read(stream: Stream, context: Context) -> Iterator[Record]:
    head = Head(stream.head, stream.complete)
    if stream.head.lstrip()[:1] in (b"{", b"["):
        return json_records(lambda raw, known: _parse(_decode(raw), known))(stream, context)
    titled = "saddr" in head.columns or head.text.split("\n")[0].strip() == "saddr"
    return rows(stream, context, _Reply, _parse, () if titled else context.columns.order or ("saddr",))


def _parse(reply: _Reply, context: Context) -> Sequence[Observation]:
    if not missing(reply.classification) and reply.classification != "synack":
        raise RecordError(f"the reply is {shown(reply.classification)}: no open port")
    if reply.success in _NO:
        raise RecordError("the reply is no success: no open port")
    if reply.repeat in _YES:
        raise RecordError("the reply is a repeated one")
    if missing(reply.saddr):
        raise RecordError('no address: "saddr" is missing')
    number = context.port if missing(reply.sport) else reply.sport
    if number is None:
        raise RecordError('no port: "sport" is missing; --host :PORT gives it')
    moment = reply.timestamp_str if missing(reply.timestamp_ts) else reply.timestamp_ts
    seen_at = context.second(moment, "timestamp_ts")
    return (observation(None, host=host(reply.saddr), port=port(number), seen_at=seen_at),)


LOADER = Loader(
    name="zmap",
    title="ZMap replies (CSV, JSON), or a list of addresses, one a line",
    sniff=_sniff,
    read=_read,
)
