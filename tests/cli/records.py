"""Made-up scan records with every case the command line has to show."""

from __future__ import annotations

import json
from typing import Any

Record = dict[str, Any]

FAMILIES = {"llama3:latest": "llama", "llama3.2:3b": "llama", "qwen2.5:7b": "qwen2", "gemma2:2b": "gemma2"}
DIGEST = "ab" * 32
OLD_DIGEST, NEW_DIGEST = "01" * 32, "02" * 32
NAMED_HOST = "gpu-1.example.net"
IPV6_HOST = "2001:db8::7"
IPV4_HOST = "192.0.2.7"


def listed(name: str, **entry: Any) -> Record:
    """One entry of a model list, with the family a server would report."""
    return {"name": name, "details": {"family": FAMILIES.get(name)}, **entry}


def seen(host: str, *models: Any, **more: Any) -> Record:
    """One observation record."""
    return {
        "ip": host,
        "port": 11434,
        "timestamp": "2025-02-20T12:28:00Z",
        "country_code": "DE",
        "asn": 64496,
        "as_name": "Example Net",
        "version": "0.5.7",
        "models": list(models),
        **more,
    }


def records() -> list[Record]:
    """25 hosts: 22 with IPv4 addresses, one with IPv6, one with a name, one that lists nothing."""
    llama, tagged, qwen, gemma = (listed(name) for name in ("llama3:latest", "llama3.2:3b", "qwen2.5:7b", "gemma2:2b"))
    found = [
        seen(
            IPV4_HOST,
            {**llama, "digest": OLD_DIGEST},
            {**qwen, "digest": DIGEST},
            asn=64497,
            as_name="Sample Hosting",
        ),
        seen(
            IPV4_HOST,
            {**llama, "digest": NEW_DIGEST},
            timestamp="2025-03-05T08:00:00Z",
            asn=64497,
            as_name="Sample Hosting",
            version="0.6.2",
        ),
        seen(IPV6_HOST, tagged, qwen, gemma, country_code="US", asn=None, as_name=None),
        seen(NAMED_HOST, qwen, "house-model:v1", country_code=None, asn=64498, as_name=None),
        seen("192.0.2.200", country_code="FR"),
        seen("192.0.2.8", gemma, {"digest": "without a name"}),
    ]
    found += [seen(f"192.0.2.{i}", llama if i % 2 else qwen) for i in range(9, 29)]
    return found


REJECTED = [
    {"ip": IPV6_HOST, "port": 70_000, "models": [], "note": f"see {NAMED_HOST} and {IPV4_HOST}"},
    {"ip": "192.0.2.40", "port": 11434, "models": ["llama3"]},
]


def ndjson(lines: list[Record]) -> bytes:
    """The records, one a line."""
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)
