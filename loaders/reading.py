"""Sources: what `load` was pointed at, as files and standard input that can be read more than once."""

from __future__ import annotations

import errno
import glob
import hashlib
import os
import shutil
import sys
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import IO

from cohabit.errors import DataError
from cohabit.loaders import zips
from cohabit.text import visible

STANDARD_INPUT = "-"


@dataclass(eq=False)
class Source:
    """One file, standard input (`path` is None), or a `member` of the zip archive at `path`.

    `name` is what the user calls it ("-" for standard input, "scans.zip/day.json" for a member); `named` is False for
    a file that was only found inside a folder or an archive; `refused` says why it must not be opened. What is not a
    regular file (standard input, a pipe) is copied to a temporary file when it is
    first opened, so hashing it and reading it see the same bytes; it is one source, so open it once at a time.
    """

    path: Path | None
    name: str
    named: bool = True
    member: zips.Member | None = None
    refused: str | None = None
    _copy: IO[bytes] | None = field(default=None, init=False, repr=False)

    def open(self) -> BufferedReader:
        """Open the bytes as stored (a member's as unpacked), from the start. Raises DataError."""
        if self.refused:
            raise DataError(self.refused)
        with readable():
            if self.member is not None:
                return self.member.open()
            if self.path is not None and self.path.is_file():
                return self.path.open("rb")
            if self._copy is None:
                copy = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the source
                weakref.finalize(self, copy.close)
                self._fill(copy)
                self._copy = copy
            self._copy.seek(0)
            return os.fdopen(os.dup(self._copy.fileno()), "rb")

    def size(self, file: BufferedReader) -> int:
        """Return how many bytes there are in `file`, which `open` gave."""
        return os.fstat(file.fileno()).st_size if self.member is None else self.member.size

    def _fill(self, copy: IO[bytes]) -> None:
        if self.path is None:
            shutil.copyfileobj(sys.stdin.buffer, copy)
        else:
            with self.path.open("rb") as stream:
                shutil.copyfileobj(stream, copy)


def expand(paths: Sequence[str]) -> list[Source]:
    """Return the sources that files, folders, glob patterns and "-" stand for, each file once, in the order given.

    Folders and zip archives are searched with their sub-folders, by name; hidden files and folders in them are left
    out, links to folders are not followed. A zip archive that cannot be used is one source that is `refused`. A name
    that exists is taken as it is, even when it looks like a pattern.
    Raises DataError for a path that does not exist, a folder without files and a pattern that matches nothing.
    """
    found: dict[str, Source] = {}
    for path in paths:
        for source in _expanded(path):
            key = STANDARD_INPUT if source.path is None else os.path.realpath(source.path)
            if source.member is not None:
                key += f"\0{source.member.info.header_offset}"
            known = found.setdefault(key, source)
            known.named = known.named or source.named
    return list(found.values())


def sha256_of(source: Source) -> str:
    """Return the SHA-256 of a source's bytes as stored, in hex, without parsing anything. Raises DataError."""
    with about(source), source.open() as stream, readable():
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _expanded(path: str) -> Iterable[Source]:
    if path == STANDARD_INPUT:
        return [Source(None, STANDARD_INPUT)]
    label = visible(path) or '""'
    with readable(label):
        if path and Path(path).exists():
            sources = _under(path)
            if not sources:
                raise DataError(f"{label}: the folder has no files in it")
        elif glob.has_magic(path):
            sources = [source for match in sorted(_matches(path)) for source in _under(match)]
            if not sources:
                raise DataError(f"{label}: the pattern matches no file")
        else:
            raise DataError(f"{label}: there is no such file or folder")
    return sources


def _matches(pattern: str) -> list[str]:
    return glob.glob(pattern, recursive=True)  # noqa: PTH207 - Path.glob refuses absolute patterns


def _under(path: str) -> list[Source]:
    if not Path(path).is_dir():
        return _sources(Path(path), path, named=True)
    return [source for file in sorted(_files(path)) for source in _sources(file, str(file), named=False)]


def _sources(file: Path, name: str, *, named: bool) -> list[Source]:
    """Return what a file stands for: itself, or its members where it is a zip archive."""
    try:
        members = zips.members(file) if zips.is_zip(file) else None
    except DataError as error:
        return [Source(file, name, named, refused=str(error))]
    if members is None:
        return [Source(file, name, named)]
    return [Source(file, f"{name}/{member.name}", named=False, member=member) for member in members]


def _files(folder: str) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise error

    for place, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            file = Path(place, name)
            if not name.startswith(".") and file.is_file():
                yield file


@contextmanager
def readable(label: str | None = None) -> Iterator[None]:
    """Turn what the system says about a file into a DataError of one line."""
    try:
        yield
    except OSError as error:
        why = f"cannot be read: {os.strerror(error.errno or errno.EIO)}"
        raise DataError(f"{label}: {why}" if label else why) from error


@contextmanager
def about(source: Source) -> Iterator[None]:
    """Put the source's name before the message of a DataError."""
    try:
        yield
    except DataError as error:
        raise type(error)(f"{visible(source.name)}: {error}") from error
