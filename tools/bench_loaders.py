"""How fast each loader reads its format, beside a parser that only parses the same bytes.

What is read is the loader's sample of the tests, without the records that are bad on purpose, repeated in the format's
own container. The parser is orjson for JSON, `csv.reader` for rows and ElementTree for XML.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from xml.etree import ElementTree

import orjson

from cohabit.errors import DataError
from cohabit.loaders.pieces import documents
from cohabit.loaders.reading import expand
from cohabit.loaders.records import Observation, Rejected
from cohabit.loaders.registry import Loader, built_in, open_reading

SAMPLES = Path(__file__).resolve().parent.parent / "tests" / "loaders" / "samples"
SIZE = 20_000_000  # bytes
AIM = 0.25  # of the parser's speed
SEEN_AT = 1_791_195_072  # for records without a time


@dataclass(frozen=True)
class Container:
    """How a file is put together: what comes first, between records and last, and how else it can be parsed."""

    records: Sequence[bytes]
    parser: str
    parse: Callable[[bytes], object]
    before: bytes = b""
    between: bytes = b"\n"
    after: bytes = b"\n"

    def file(self, records: Sequence[bytes], times: int = 1) -> bytes:
        """Put these records together, that many times over."""
        block = self.between.join(records)
        return self.before + self.between.join([block] * times) + self.after


def measure(folder: Path, rounds: int) -> str:
    """Measure every loader and return the Markdown table."""
    lines = [
        f"Good records of the tests' samples, repeated to {SIZE // 10**6} MB; best of {rounds} rounds, in turn with "
        f"the parser. Aim: {AIM} of the parser's speed.",
        "",
        "| loader | bytes/record | MB/s | records/s | parser | its MB/s | ratio | |",
        "|---|---:|---:|---:|---|---:|---:|---|",
        *(row(loader, folder, rounds) for loader in sorted(built_in(), key=lambda one: one.name)),
    ]
    return "\n".join(lines)


def row(loader: Loader, folder: Path, rounds: int) -> str:
    """Measure one loader and return its row."""
    sample = next(file for file in SAMPLES.glob(f"{loader.name}.*") if not file.name.endswith(".expected.json"))
    container = taken_apart(sample)
    target = folder / loader.name
    good = [one for one in container.records if container.parser and _is_good(container, one, target, loader)]
    if not good:
        return f"| {loader.name} | | | | | | | not measured: {sample.name} cannot be repeated |"
    data = container.file(good, SIZE // len(container.file(good)) + 1)
    target.write_bytes(data)
    own, other, read = [], [], 0
    for _ in range(rounds):
        started = perf_counter()
        read = sum(1 for _ in _items(target, loader))
        own.append(perf_counter() - started)
        started = perf_counter()
        container.parse(data)
        other.append(perf_counter() - started)
    target.unlink()
    size, ratio = len(data) / 1e6, min(other) / min(own)
    return (
        f"| {loader.name} | {len(data) / read:.0f} | {size / min(own):.0f} | {read / min(own):,.0f} "
        f"| {container.parser} | {size / min(other):.0f} | {ratio:.2f} | {'' if ratio >= AIM else 'below the aim'} |"
    )


def taken_apart(sample: Path) -> Container:
    """Return how a sample is put together, recognised by its content; without a parser when it cannot be repeated."""
    data = sample.read_bytes()
    start = data.lstrip()[:1]
    if start == b"<":
        hosts = re.findall(rb"<host\b.*?</host>", data, re.S)
        before = data[: data.index(b"<host")]
        return Container(hosts, "ElementTree", ElementTree.fromstring, before, b"\n", b"\n</nmaprun>\n")
    if start == b"[":
        records = [raw.strip(b", \r\n\t") for _, raw, _ in documents(io.BytesIO(data.lstrip()[1:]).read)]
        return Container(records, "orjson", orjson.loads, b"[\n", b",\n", b"\n]\n")
    if sample.suffix in {".csv", ".tsv"}:
        first, *others = data.splitlines()
        return Container(others, "csv.reader", _parse_rows, first + b"\n")
    if start != b"{":
        return Container([], "", len)
    lines = data.splitlines()
    if any(map(_is_json, lines)):
        return Container(lines, "orjson", _parse_lines)
    return Container([data], "orjson", _parse_documents)


def _is_good(container: Container, record: bytes, target: Path, loader: Loader) -> bool:
    """Say whether this is one record that the parser can parse, and that is accepted without loss."""
    data = container.file([record])
    target.write_bytes(data)
    try:
        container.parse(data)
        items = list(_items(target, loader))
    except (ValueError, SyntaxError, DataError):  # ParseError of ElementTree is a SyntaxError
        return False
    return bool(items) and not any(isinstance(item, Rejected) or item.dropped for item in items)


def _items(file: Path, loader: Loader) -> Iterator[Observation | Rejected]:
    (source,) = expand([str(file)])
    with open_reading(source, loader=loader.name, seen_at=SEEN_AT, host=("192.0.2.1", 11434)) as reading:
        yield from reading


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _parse_lines(data: bytes) -> None:
    for line in data.splitlines():
        orjson.loads(line)


def _parse_documents(data: bytes) -> None:
    for _, document, _ in documents(io.BytesIO(data).read):
        orjson.loads(document)


def _parse_rows(data: bytes) -> None:
    for _ in csv.reader(io.StringIO(data.decode())):
        pass
