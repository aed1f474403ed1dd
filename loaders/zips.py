"""Zip archives as folders: each member is a source of its own, read where it is and never unpacked to a path."""

from __future__ import annotations

import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO

from cohabit.errors import DataError

ZIP = b"PK\x03\x04"
EMPTY = b"PK\x05\x06"
_DOCUMENT_NAMES = ("[Content_Types].xml", "META-INF/manifest.xml")
_DOCUMENT_MARKS = (b"[Content_Types].xml", b"mimetypeapplication/vnd.oasis.opendocument")

MAX_MEMBERS = 10_000
# Text of scans shrinks to a tenth, at the utmost to a hundredth; bombs shrink to a thousandth and less.
MAX_RATIO = 200
UNSUSPICIOUS = 1 << 30  # bytes unpacked, whatever the ratio


@dataclass(frozen=True)
class Member:
    """A file in a zip archive: `name` as the archive has it (it may say anything), `size` in bytes when unpacked."""

    archive: Path
    info: zipfile.ZipInfo

    @property
    def name(self) -> str:
        """The name with its folders."""
        return self.info.filename

    @property
    def size(self) -> int:
        """Bytes when unpacked, as the archive says; more than that never come out."""
        return self.info.file_size

    def open(self) -> io.BufferedReader:
        """Open the member's bytes from the start. Raises DataError, also while they are read."""
        about = self.archive.stat()
        with _unpacking():
            file = _archive(self.archive, about.st_ino, about.st_mtime_ns, about.st_size).open(self.info)
        return io.BufferedReader(_Unpacked(file))


class _Unpacked(io.RawIOBase):
    """The bytes of a member; what is wrong with them is told as a DataError."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        with _unpacking():
            data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()


def is_zip(file: Path) -> bool:
    """Say whether a file begins like a zip archive; False for what cannot be read or is no regular file."""
    try:
        if not file.is_file():
            return False
        with file.open("rb") as stream:
            return stream.read(4) in (ZIP, EMPTY)
    except OSError:
        return False


def is_document(head: bytes) -> bool:
    """Say of the beginning of a zip archive whether it is an office document: nobody means the files inside of it."""
    return any(mark in head[:4096] for mark in _DOCUMENT_MARKS)


def members(file: Path) -> list[Member] | None:
    """Return the files in a zip archive by name, hidden ones left out; None for an office document.

    Raises DataError for an archive that is damaged, empty, has too many members or unpacks to too much.
    """
    with _unpacking(), zipfile.ZipFile(file) as archive:
        infos = archive.infolist()
    if any(info.filename in _DOCUMENT_NAMES for info in infos):
        return None
    found = [Member(file, info) for info in infos if not info.is_dir() and not _hidden(info.filename)]
    if not found:
        raise DataError("the zip archive has no files in it")
    if len(found) > MAX_MEMBERS:
        raise DataError(f"the zip archive has {len(found):,} files, more than {MAX_MEMBERS:,}; unpack it first")
    unpacked, stored = sum(member.size for member in found), file.stat().st_size
    if unpacked > max(UNSUSPICIOUS, MAX_RATIO * stored):
        raise DataError(f"the zip archive would unpack to {unpacked // stored:,} times its size, so it is left alone")
    return sorted(found, key=lambda member: member.name)


def _hidden(name: str) -> bool:
    parts = (part for part in name.split("/") if part not in (".", ".."))
    return any(part.startswith(".") or part == "__MACOSX" for part in parts)


@lru_cache(maxsize=1)
def _archive(file: Path, _inode: int, _changed: int, _size: int) -> zipfile.ZipFile:
    """Keep the archive open whose members are being read: its list of members is read once, not for each of them."""
    return zipfile.ZipFile(file)


@contextmanager
def _unpacking() -> Iterator[None]:
    try:
        yield
    except NotImplementedError:
        raise DataError("it is compressed in a way that cannot be read; unpack the zip archive first") from None
    except RuntimeError:  # what zipfile has for this
        raise DataError("it is encrypted; unpack the zip archive first") from None
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError) as error:
        raise DataError(f"the zip archive is damaged ({error}); nothing of it is loaded") from None
