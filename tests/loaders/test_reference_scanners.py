"""The reference's examples of scanners' formats, recognised by their content alone; expected values by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.parts import require

CLOUD, SMALL, HUB, EMBED = (
    "gpt-oss:120b-cloud",
    "llama3.2:3b",
    "hf.co/example-org/Demo-7B-GGUF:Q5_K_M",
    "demo-team/notes-embed:latest",
)
TAGS = [CLOUD, SMALL, HUB, EMBED]

# For each record: host, port, second of 2026-10-05 UTC, software, version, names of models (None: no list was seen).
# Where `...` stands, the body decides, and what it says is a matter of the bodies' own tests.
EXPECTED = {
    "zgrab2.ndjson": [
        ("192.0.2.15", 11434, "10:05:00", "ollama", None, TAGS),
        ("198.51.100.16", 11434, "10:05:00", ..., None, ...),
        'no answer: "http" ended with "connection-timeout"',
        ("203.0.113.18", 11434, "10:05:00", ..., None, []),
    ],
    "zmap.csv": [
        ("192.0.2.15", 11434, "09:59:58", None, None, None),
        ("198.51.100.16", 11434, "09:59:59", None, None, None),
    ],
    "zmap.ndjson": [
        ("192.0.2.15", 11434, "09:59:58", None, None, None),
        ("198.51.100.16", 11434, "09:59:59", None, None, None),
    ],
    "httpx.ndjson": [
        ("192.0.2.15", 11434, "10:06:00", "ollama", None, TAGS),
        ("2001:db8::19", 8000, "10:06:01", ..., None, ...),
    ],
    "nuclei.ndjson": [
        ("192.0.2.15", 11434, "08:07:00", "ollama", None, None),
        ("198.51.100.16", 11434, "10:07:02", None, None, [SMALL, EMBED]),
    ],
    "nmap.xml": [
        ("192.0.2.5", 11434, "10:00:20", "Ollama", "0.12.6", [SMALL, EMBED]),
        ("2001:db8::6", 8000, "10:00:21", "Uvicorn", None, None),
    ],
    "masscan.json": [
        ("192.0.2.5", 11434, "10:00:00", None, None, None),
        ("192.0.2.5", 11434, "10:00:03", ..., None, None),
    ],
    "masscan.ndjson": [
        ("192.0.2.5", 11434, "10:00:00", None, None, None),
        ("192.0.2.5", 11434, "10:00:03", ..., None, None),
    ],
}
MIDNIGHT = 1_791_158_400


@pytest.fixture(scope="module")
def formats(test_data: Path) -> Path:
    """Return the folder with the reference's examples, beside the one with scan exports."""
    folder = test_data.parent / "formats"
    require("data", folder.is_dir(), f"{folder} is no folder")
    return folder


def second(clock: str) -> int:
    hours, minutes, seconds = map(int, clock.split(":"))
    return MIDNIGHT + 3600 * hours + 60 * minutes + seconds


@pytest.mark.parametrize("name", EXPECTED)
def test_example_of_the_reference(name, formats, read_bytes):
    outcome = read_bytes((formats / name).read_bytes())

    assert outcome.reading.loader == name.partition(".")[0]
    assert len(outcome.items) == len(EXPECTED[name])
    for item, expected in zip(outcome.items, EXPECTED[name], strict=True):
        if isinstance(expected, str):
            assert item.reason == expected
            continue
        host, port, clock, software, version, models = expected
        assert (item.host, item.port, item.seen_at) == (host, port, second(clock))
        assert item.version == version
        assert software is ... or item.software == software
        names = None if item.models is None else [model.name for model in item.models]
        assert models is ... or names == models


def test_details_and_networks(formats, read_bytes):
    for name in ("zgrab2.ndjson", "httpx.ndjson"):
        first = read_bytes((formats / name).read_bytes()).observations[0]
        cloud, small, hub, embed = first.models
        assert (cloud.remote, cloud.size_bytes, cloud.family) == (True, 384, "gptoss")
        assert small.digest == "3f0c" + "a1" * 30
        assert (small.parameter_size, small.quantization, small.format) == ("3.2B", "Q4_K_M", "gguf")
        assert small.capabilities == ("completion", "tools")
        assert (hub.family, hub.size_bytes) == ("qwen2", 5_131_409_000)
        assert (embed.family, embed.capabilities, embed.remote) == ("nomic-bert", None, False)
    first, second_one = read_bytes((formats / "httpx.ndjson").read_bytes()).observations
    assert (first.asn, first.as_name, first.country_code) == (64500, "EXAMPLE-AS", None)
    assert (second_one.asn, second_one.country_code) == (None, None)
