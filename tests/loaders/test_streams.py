"""Decompression by content, errors on damage, and memory that does not grow with the file."""

from __future__ import annotations

import gzip
import hashlib
import io
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest
from backports import zstd

from cohabit.errors import DataError
from cohabit.loaders.reading import Source
from cohabit.loaders.records import Rejected
from cohabit.loaders.registry import open_reading
from cohabit.loaders.streams import CHUNK, HEAD, Stream
from tests.loaders.packing import gzipped

LINE = b'{"ip":"192.0.2.7","port":11434,"timestamp":"2026-10-05T10:11:12Z","models":["a:1"]}\n'
NOISE = b"".join(hashlib.sha256(b"%d" % number).digest() for number in range(100_000))  # does not compress


def stream(folder: Path, data: bytes) -> Stream:
    file = folder / "file"
    file.write_bytes(data)
    return Stream(Source(file, "file"))


def everything(opened: Stream) -> bytes:
    chunks = []
    while chunk := opened.read(CHUNK):
        assert len(chunk) <= CHUNK
        chunks.append(chunk)
    opened.close()
    return b"".join(chunks)


@pytest.mark.parametrize("pack", [bytes, gzipped, zstd.compress], ids=["plain", "gzip", "zstd"])
@pytest.mark.parametrize("data", [b"", b"x", NOISE[:HEAD], NOISE], ids=len)
def test_bytes_come_out_as_they_went_in(pack, data, tmp_path):
    opened = stream(tmp_path, pack(data))
    assert opened.head == data[:HEAD]
    assert opened.complete == (len(data) < HEAD)
    assert everything(opened) == data
    assert opened.sha256 == hashlib.sha256(pack(data)).hexdigest()
    assert opened.bytes_read == opened.bytes_total == len(pack(data))


@pytest.mark.parametrize("pack", [gzipped, zstd.compress], ids=["gzip", "zstd"])
def test_several_members_are_one_text(pack, tmp_path):
    assert everything(stream(tmp_path, pack(b"one ") + pack(b"") + pack(b"two"))) == b"one two"


def test_byte_order_mark_is_dropped_once(tmp_path):
    mark = b"\xef\xbb\xbf"
    assert everything(stream(tmp_path, mark + mark + b"x")) == mark + b"x"
    assert everything(stream(tmp_path, gzipped(mark + b"x"))) == b"x"


@pytest.mark.parametrize("pack", [gzipped, zstd.compress], ids=["gzip", "zstd"])
def test_every_truncation_is_an_error(pack, tmp_path):
    packed = pack(LINE * 20)
    for length in range(4, len(packed)):
        with pytest.raises(DataError, match="truncated"):
            everything(stream(tmp_path, packed[:length]))


@pytest.mark.parametrize("pack", [gzipped, zstd.compress], ids=["gzip", "zstd"])
def test_garbage_after_the_compressed_data_is_an_error(pack, tmp_path):
    with pytest.raises(DataError, match="cannot be unpacked"):
        everything(stream(tmp_path, pack(LINE) + b"garbage garbage"))


def peak(folder: Path, data: bytes) -> tuple[int, list[str], int]:
    """Return how many records there are, why some were rejected, and the highest memory in use meanwhile."""
    file = folder / "file"
    file.write_bytes(data)
    with open_reading(Source(file, "file")) as reading:
        tracemalloc.start()
        reasons = [item.reason for item in reading if isinstance(item, Rejected)]
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return reading.read, reasons, highest


def test_memory_does_not_grow_with_the_lines(tmp_path):
    records, _, highest = peak(tmp_path, gzipped(LINE * 60_000, 1))  # 5 MB
    assert records == 60_000
    assert highest < 8 << 20


def test_memory_does_not_grow_with_the_array(tmp_path):
    server = b'{"server":"http://192.0.2.1","models":["a:1"],"lastUpdate":"2026-10-05T10:11:12Z"}'
    records, _, highest = peak(tmp_path, gzipped(b"[" + b",\n".join([server] * 60_000) + b"]", 1))
    assert records == 60_000
    assert highest < 24 << 20  # a chunk, and several numbers for each of its marks


def repeated(open_packed: Callable[..., IO[bytes]], *parts: tuple[bytes, int]) -> bytes:
    packed = io.BytesIO()
    with open_packed(packed, "wb") as file:
        for part, times in parts:
            for _ in range(times):
                file.write(part)
    return packed.getvalue()


@pytest.mark.parametrize("pack", [gzip.open, zstd.open], ids=["gzip", "zstd"])
def test_a_line_that_never_ends_does_not_fill_the_memory(pack, tmp_path):
    bomb = repeated(pack, (LINE, 1), (b"A" * CHUNK, 100), (b"\n" + LINE, 1))
    records, reasons, highest = peak(tmp_path, bomb)
    assert (records, reasons) == (3, ["longer than 16 MiB"])
    assert highest < 60 << 20


def test_an_element_that_never_ends_does_not_fill_the_memory(tmp_path):
    server = b'{"server":"http://192.0.2.1","models":["a:1"],"lastUpdate":"2026-10-05T10:11:12Z"}'
    bomb = repeated(gzip.open, (b"[" + server + b',"', 1), (b"A" * CHUNK, 100), (b'",' + server + b"]", 1))
    records, reasons, highest = peak(tmp_path, bomb)
    assert (records, reasons) == (3, ["longer than 16 MiB"])
    assert highest < 60 << 20
