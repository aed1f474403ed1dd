"""Endpoints made up by hand, whose every field holds what a stranger could have written."""

from __future__ import annotations

from dataclasses import replace

from cohabit.notices.recipients import Notice
from cohabit.notices.record import Common
from cohabit.queries.endpoints import Endpoint

PLAIN = Endpoint(
    host="192.0.2.7",
    port=11434,
    country="DE",
    asn=64496,
    provider="Example Net",
    provider_kind="hosting",
    software="ollama",
    version="0.5.7",
    models=("llama3.2:3b", "qwen2.5:7b"),
    digests=("ab" * 32,),
    capabilities=("completion", "tools"),
    first_seen="2025-02-20T12:28:00Z",
    last_seen="2025-03-05T08:00:00Z",
    seen_on="port",
    listed=True,
    decoy_group=None,
)
HOSTILE = [
    '=HYPERLINK("http://example.com","x")',
    "@SUM(1)",
    "-1+1",
    "+1",
    "\t=1",
    "\r=1",
    "-",
    "N/A",
    "nan",
    "NULL",
    'a,b";\n\n"c',
    "; ",
    "a; =b",
    "'",
    "\u202eevil\x1b[31m\u2028",
    "\ufffd\x7f",
    "</script><script>alert(1)</script>",
    "{recipient} {0} %s $x",
    "../../etc/passwd",
    "CON",
    "x" * 1_024,
    "😀 ünïcödé",
    " ",
]
BARE = replace(
    PLAIN,
    host="gpu-1.example.net",
    country=None,
    asn=None,
    provider=None,
    provider_kind=None,
    software=None,
    version=None,
    models=(),
    digests=(),
    capabilities=(),
    listed=False,
    seen_on="host",
)
ENDPOINTS = (
    PLAIN,
    replace(PLAIN, port=80, decoy_group="7"),
    replace(PLAIN, host="2001:db8::7", asn=65_535),
    BARE,
    replace(BARE, host="under_score.example.net"),
    replace(BARE, host="localhost"),
    *(
        replace(
            PLAIN,
            host=f"198.51.100.{i}",
            provider=text,
            software=text,
            version=text,
            models=(text, "b"),
            digests=(text,),
            capabilities=(text,),
            provider_kind=text,
            decoy_group=text,
        )
        for i, text in enumerate(HOSTILE)
    ),
)
COMMON = Common("2025-03-09T10:00:00Z", False)


def notice(*endpoints: Endpoint, recipient: str | None = "AS64496", contact: str | None = None) -> Notice:
    return Notice(recipient, recipient or "unknown", "as64496", endpoints or ENDPOINTS, contact)
