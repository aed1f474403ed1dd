"""Locks between processes: one writer of a data folder, many readers of a graph file."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from filelock import FileLock, Timeout

from cohabit.errors import DataError

# Windows has no flock; there an open file cannot be removed anyway, which is all the reader's lock is for.
if sys.platform != "win32":
    import fcntl


@contextlib.contextmanager
def write_lock(data: Path, seconds: float = 5) -> Iterator[None]:
    """Hold the data folder for writing, or raise DataError when another process does."""
    from cohabit.graph.archive import writing

    with writing(data):
        data.mkdir(parents=True, exist_ok=True)
        lock = FileLock(data / ".lock")
        try:
            lock.acquire(timeout=seconds)
        except Timeout:
            raise DataError(f"{data}: another cohabit is writing there; wait for it to end and try again") from None
    try:
        yield
    finally:
        lock.release()


class SharedLock:
    """A reader's lock on one file; any number of readers hold it together."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[bytes] | None = None

    def acquire(self) -> None:
        """Take the lock; on a read-only disk or without `flock` there is nothing to take, and nothing is removed."""
        with contextlib.suppress(OSError):
            self._file = self.path.open("ab")
            if sys.platform != "win32":
                fcntl.flock(self._file, fcntl.LOCK_SH)

    def release(self) -> None:
        """Give the lock back."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *_: tuple[type[BaseException], BaseException, TracebackType]) -> None:
        self.release()

    @staticmethod
    def nobody_holds(path: Path) -> bool:
        """Whether no process holds that lock at this moment."""
        if sys.platform == "win32":
            return True
        try:
            with path.open("ab") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
        except OSError:
            return False
