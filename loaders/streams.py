"""The bytes of a source on their way in: hashed and decompressed, in chunks, so that no file fills the memory."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from cohabit.errors import DataError
from cohabit.loaders.reading import Source, readable
from cohabit.loaders.zips import ZIP, is_document
from cohabit.zstandard import zstd

CHUNK = 1 << 20
HEAD = 1 << 20  # bytes looked at to recognise a format

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"


class _Reads(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Stored(io.RawIOBase):
    """The bytes as stored, hashed and counted as they pass."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        count = self._file.readinto(buffer)
        self.sha256.update(buffer[:count])
        self.count += count
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


class Stream:
    """The decoded bytes of a source: gzip or zstd undone (by content, not by name), a UTF-8 BOM dropped.

    `head` is the beginning, for recognising the format, and `complete` says whether it is everything; `read`
    starts from the beginning all the same. Damaged or truncated compression raises DataError where it shows.
    """

    def __init__(self, source: Source) -> None:
        file = source.open()
        self.bytes_total = source.size(file)
        self._stored = _Stored(file)
        self._buffered = io.BufferedReader(self._stored, CHUNK)
        try:
            with readable():
                magic = self._buffered.peek(4)
            self._decoded: _Reads = self._buffered
            if magic.startswith(GZIP):
                self._decoded = gzip.GzipFile(fileobj=self._buffered)
            elif magic.startswith(ZSTD):
                self._decoded = zstd.ZstdFile(self._buffered)
            self.head, self.complete = self._first()
            if self.head.startswith(ZIP) and not is_document(self.head):
                raise DataError("a zip archive that is not a file of its own is not opened; unpack it first")
        except BaseException:
            self.close()
            raise
        self._ahead = io.BytesIO(self.head)

    @property
    def bytes_read(self) -> int:
        """Stored bytes read so far."""
        return self._stored.count

    @property
    def sha256(self) -> str:
        """The SHA-256, in hex, of the stored bytes read so far."""
        return self._stored.sha256.hexdigest()

    def read(self, size: int) -> bytes:
        """Return up to `size` decoded bytes; none at the end. Raises DataError."""
        return self._ahead.read(size) or self._read(size)

    @contextmanager
    def as_file(self) -> Iterator[Path]:
        """Give the decoded bytes as a file, for formats that are not read from front to back. Raises DataError."""
        with readable(), tempfile.TemporaryDirectory(prefix="cohabit-") as folder:
            path = Path(folder, "copy")
            with path.open("wb") as copy:
                while chunk := self.read(CHUNK):
                    copy.write(chunk)
            yield path

    def close(self) -> None:
        """Close the file."""
        self._buffered.close()

    def _first(self) -> tuple[bytes, bool]:
        head = b""
        while len(head) < HEAD:
            chunk = self._read(HEAD - len(head))
            if not chunk:
                return head.removeprefix(codecs.BOM_UTF8), True
            head += chunk
        return head.removeprefix(codecs.BOM_UTF8), False

    def _read(self, size: int) -> bytes:
        with readable():
            try:
                return self._decoded.read(size)
            except EOFError:
                raise DataError("the compressed data is truncated, so nothing of it is loaded") from None
            except (gzip.BadGzipFile, zlib.error, zstd.ZstdError) as error:
                raise DataError(f"the compressed data cannot be unpacked ({error}); nothing of it is loaded") from None
