"""Put an export where the user wants it: whole or not at all."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

from cohabit.errors import DataError
from cohabit.graph.archive import writing

Write = Callable[[Path], None]


def check_place(path: Path, *, folder: bool) -> None:
    """Refuse a path that will not do, before any work is done; DataError says what to do.

    A file takes the place of another one. A folder has to be new or empty: nothing that may be somebody else's is
    removed.
    """
    if not path.parent.is_dir():
        raise DataError(f"{path}: there is no folder {path.parent}; make it first")
    if not folder:
        if path.is_dir():
            raise DataError(f"{path}: this is a folder; name a file")
        if path.exists() and not path.is_file():
            raise DataError(f"{path}: this is no file; name one")
    elif path.exists() and not path.is_dir():
        raise DataError(f"{path}: this is no folder, and the format writes several files; name a new folder")
    elif path.is_dir():
        with writing(path, "name another folder"):
            empty = not any(path.iterdir())
        if not empty:
            raise DataError(f"{path}: this folder is not empty; name a new one, or remove it first")


def place(path: Path, write: Write, *, folder: bool) -> None:
    """Let `write` make a file, or fill a new folder, beside the place, and put it there when it is complete."""
    check_place(path, folder=folder)
    # A link to a file stays one.
    target = path.resolve()
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")
    try:
        with writing(path, f"name another {'folder' if folder else 'file'}"):
            if folder:
                temporary.mkdir()
            write(temporary)
            _flush(temporary)
            if folder and target.is_dir():
                target.rmdir()
            os.replace(temporary, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if temporary.is_file():
            temporary.unlink()


def _flush(path: Path) -> None:
    """Have the disk hold what was written, before it gets its name."""
    for file in path.rglob("*") if path.is_dir() else [path]:
        if file.is_file():
            with file.open("rb") as written:
                os.fsync(written.fileno())
