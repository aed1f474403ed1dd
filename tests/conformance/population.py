"""A made-up population with every case the stores must agree on, as observation records (one dict a line)."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

Record = dict[str, Any]

# Canonical name → (line, lab, lab country) as the bundled catalogue has it; None: unknown to it.
LINES: dict[str, tuple[str, str, str] | None] = {
    "llama3.2:latest": ("llama3.2", "Meta", "US"),
    "llama3.1:8b": ("llama3.1", "Meta", "US"),
    "qwen2.5:7b": ("qwen2.5", "Alibaba", "CN"),
    "qwen2:0.5b": ("qwen2", "Alibaba", "CN"),
    "deepseek-r1:7b": ("deepseek-r1", "DeepSeek", "CN"),
    "gemma2:2b": ("gemma2", "Google", "US"),
    "mistral:latest": ("mistral", "Mistral AI", "FR"),
    "nomic-embed-text:latest": ("nomic-embed-text", "Nomic AI", "US"),
    "house-model:v1": None,
    "house-model:v2": None,
    "</script><script>alert(1)</script>:latest": None,
    "match (n) detach delete n //`'\"\\:latest": None,
    "__proto__:latest": None,
    "\u202eevil\x1b[31m:latest": None,
    "😀-astral:latest": None,
    "\uff21-fullwidth:latest".lower(): None,
}

# What servers report as family, by canonical name: usual first; some hosts report the second.
FAMILIES = {
    "llama3.2:latest": ("llama", "mllama"),
    "llama3.1:8b": ("llama", "LLAMA"),
    "qwen2.5:7b": ("qwen2", "qwen2"),
    "qwen2:0.5b": ("qwen2", "qwen"),
    "deepseek-r1:7b": ("qwen2", "llama"),
    "gemma2:2b": ("gemma2", "gemma2"),
    "mistral:latest": ("llama", "mistral3"),
    "nomic-embed-text:latest": ("nomic-bert", "nomic-bert"),
    "house-model:v1": ("aardvark", "zebra"),
    "house-model:v2": (None, None),
    "</script><script>alert(1)</script>:latest": ("<b>href</b>", "<b>href</b>"),
}

# Other ways to write some of the names.
SPELLINGS = {
    "llama3.2:latest": ["llama3.2", "Llama3.2:latest", "library/llama3.2", "registry.ollama.ai/library/llama3.2"],
    "deepseek-r1:7b": ["deepseek-R1:7B", "deepseek-r1:7b"],
    "😀-astral:latest": ["😀-astral"],
}


def population(hosts: int = 150, seed: int = 7) -> list[Record]:
    """Hosts with one to four observations from January to June 2025, some of them twice in the data."""
    rng = random.Random(seed)
    start = datetime(2024, 12, 28, 22, 0, tzinfo=UTC)
    records: list[Record] = []
    names = list(LINES)
    for i in range(hosts):
        address = _address(i)
        ports = [11434] if rng.random() < 0.8 else [11434, 80]
        country = rng.choice(
            [("DE", None), ("US", "United States"), (None, "Germany"), (None, "Atlantis"), (None, None)]
        )
        asn = rng.choice([64496, 64497, 64498, None])
        org = rng.choice(["Example Net", "Sample Hosting", "Example Net", None])
        liked = rng.sample(names, rng.choice([0, 1, 1, 2, 3, 5]))
        for _ in range(rng.randint(1, 4)):
            seen = start + timedelta(days=rng.randint(0, 170), seconds=rng.randint(0, 90_000))
            records.append(
                {
                    "ip": address,
                    "port": rng.choice(ports),
                    "timestamp": seen.strftime("%Y-%m-%dT%H:%M:%SZ"),
                    "country_code": country[0],
                    "country": country[1],
                    "asn": asn if rng.random() < 0.9 else 64499,
                    "as_name": org,
                    "version": rng.choice(["0.5.7", "v0.6.2", "0.7.0-rc1", "0.7", "0.0.0", "b4567", None]),
                    "software": rng.choice(["ollama", "Ollama", "vllm", None]),
                    "models": _listed(rng, liked),
                }
            )
    records += [dict(r) for r in rng.sample(records, 10)]
    # The same host, port and second twice with different lists: one observation, lists unite.
    twin = dict(records[0], models=[{"name": "house-model:v1", "details": {"family": "zebra"}}])
    other_port = dict(records[1], port=9999, models=[{"name": "mistral", "details": {"family": "mistral3"}}])
    return [*records, twin, other_port, *_decoys()]


def _decoys() -> list[Record]:
    """100 hosts in 10 networks that list the same six models with the same digests, and two that nearly do."""
    names = ["llama3.2", "llama3.1:8b", "qwen2.5:7b", "deepseek-r1:7b", "gemma2:2b", "house-model:v1"]
    listed = [{"name": n, "digest": f"{i:x}" * 64} for i, n in enumerate(names)]
    records: list[Record] = []
    for i in range(102):
        models: list[Any] = list(reversed(listed)) if i % 2 else list(listed)
        if i == 100:
            models[0] = {"name": models[0]["name"], "digest": "f" * 64}
        if i == 101:
            models.append("mistral")
        record = {
            "ip": f"192.0.2.{i}",
            "port": 11434,
            "timestamp": f"2025-04-{1 + i % 28:02}T12:00:00Z",
            "country_code": "US",
            "country": None,
            "asn": 64600 + i % 10,
            "as_name": None,
            "version": "0.6.2",
            "software": "ollama",
            "models": models,
        }
        records.append(record)
        if i % 7 == 0:
            # What an earlier list held does not count, nor does a later answer without one.
            records.append(dict(record, timestamp="2025-03-01T12:00:00Z", models=["mistral", *models[:2]]))
            records.append(dict(record, timestamp="2025-05-30T12:00:00Z", models=None))
    return records


def _address(i: int) -> str:
    if i % 29 == 3:
        return f"2001:db8::{i:x}"
    if i % 31 == 5:
        return f"gpu-{i}.example.net"
    return f"198.51.100.{i}" if i < 250 else f"203.0.113.{i - 250}"


def _listed(rng: random.Random, liked: list[str]) -> list[Any] | None:
    if rng.random() < 0.08:
        return None
    entries: list[Any] = []
    for name in liked:
        if rng.random() < 0.15:
            continue
        written = rng.choice(SPELLINGS.get(name, [name]))
        if rng.random() < 0.2:
            entries.append(written)
            continue
        usual, other = FAMILIES.get(name, (None, None))
        entry: Record = {"name": written, "digest": rng.choice("abc") * 64, "size": rng.choice([100, 200, 300])}
        entry["details"] = {
            "family": usual if rng.random() < 0.6 else other,
            "parameter_size": rng.choice(["7.6B", "8.0B", None]),
            "quantization_level": rng.choice(["Q4_K_M", "q8_0", None]),
            "format": "gguf",
        }
        if rng.random() < 0.5:
            entry["capabilities"] = rng.choice([["tools", "completion"], ["completion"], []])
        if rng.random() < 0.1:
            entry["remote_host"] = "https://example.com"
        entries.append(entry)
    return entries
