"""The loader of public server lists: a JSON array of Ollama servers, as monitoring sites publish it.

```
[{"server": "http://192.0.2.7:11434", "models": ["llama3.2:3b"], "tps": 17.4,
  "lastUpdate": "2026-10-05T10:11:12.502Z", "status": "success"}]
```

Recognised: an array with an object that has `server`, and `models` or `lastUpdate`; also an empty array.
Read: host and port of the URL in `server` (80 or 443 where it names none), `models`, and `lastUpdate`, which is when
the list's author last tested that server. The software is "ollama". A server whose test failed (`status` "error" or
"loading") and that has no models did not show an empty list: none was seen.
Ignored: `tps` and all other keys; a `status` of "fake" is the author's opinion, its models are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from cohabit.loaders.bodies import listed_models
from cohabit.loaders.carrier import Context, Loader, json_array, missing
from cohabit.loaders.decoding import object_decoder
from cohabit.loaders.head import Head, objects
from cohabit.loaders.records import Observation
from cohabit.loaders.values import RecordError, endpoint

_NO_ANSWER = ("error", "loading")


class _Server(msgspec.Struct):
    server: Any = None
    models: msgspec.Raw = msgspec.Raw()
    lastUpdate: Any = None  # noqa: N815 - the list's own key
    status: Any = None


_decode = object_decoder(_Server)


def _sniff(head: Head) -> bool:
    servers = objects(head.elements)
    return head.elements == [] or any("server" in one and ("models" in one or "lastUpdate" in one) for one in servers)


def _parse(raw: bytes, context: Context) -> Sequence[Observation]:
    server = _decode(raw)
    if missing(server.server):
        raise RecordError('no address: "server" is missing')
    host, port = endpoint(server.server)
    listing = listed_models(server.models)
    unanswered = not listing.models and not listing.dropped and server.status in _NO_ANSWER
    observation = Observation(
        host=host,
        port=port,
        seen_at=context.second(server.lastUpdate, "lastUpdate"),
        models=None if unanswered else listing.models,
        software="ollama",
        dropped=listing.dropped,
        replaced=listing.replaced,
    )
    return (observation,)


LOADER = Loader(
    name="server-list",
    title="a JSON array of objects with server, models and lastUpdate",
    sniff=_sniff,
    read=json_array(_parse),
)
