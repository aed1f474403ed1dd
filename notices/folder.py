"""The folder of notices: written whole or not at all, once, and read again for the follow-up."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import msgspec

from cohabit.errors import DataError
from cohabit.graph.archive import writing
from cohabit.queries.selected import Items
from cohabit.text import visible
from cohabit.timeline import thursday_of

RECORD = "notified.json"
VERSION = 2
WITHOUT_SERVERS = 1
"""The version of records that do not say what the servers were; they are read, too."""


class NotifiedServer(msgspec.Struct, frozen=True, kw_only=True):
    """The server on a port of a host, as its row said: software, version, and the identifiers of the advisories that
    the version fell under.
    """

    port: int
    software: str | None = None
    version: str | None = None
    advisories: tuple[str, ...] = ()


class NotifiedHost(msgspec.Struct, frozen=True, kw_only=True):
    """A host of a notice: the notified models that it listed in its newest list at that time, with all digests that it
    had ever reported for them; `listed` says whether a list had been seen. `servers` are those of its rows, by port.
    """

    host: str
    listed: bool
    models: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    servers: tuple[NotifiedServer, ...] = ()


class NotifiedRecipient(msgspec.Struct, frozen=True, kw_only=True):
    """A recipient (None: nobody known) with the hosts of its file."""

    recipient: str | None
    file: str
    hosts: tuple[NotifiedHost, ...]


class Notified(msgspec.Struct, frozen=True, kw_only=True):
    """What a folder of notices says, for machines.

    `version` is that of this form, `week` the newest ISO week of the graph at that time, `graph` the graph's digest;
    `items` are the names that were asked for, `filters` the filters in words, `tlp` the level of TLP 2.0 (None in
    records that are older than the option), `author` who sends the notices, where that was said.
    """

    version: int
    week: int
    graph: str
    by: str
    form: str
    simulated: bool
    filters: tuple[str, ...]
    items: Items
    recipients: tuple[NotifiedRecipient, ...]
    tlp: str | None = None
    author: str | None = None


def record_file(notified: Notified) -> bytes:
    """The content of the record."""
    return msgspec.json.format(msgspec.json.encode(notified), indent=1) + b"\n"


def check_folder(folder: Path) -> None:
    """Refuse a folder that holds anything: what was sent to whom is a record, and other files are not ours."""
    where = visible(str(folder))
    if folder.is_dir():
        try:
            first = min((path.name for path in folder.iterdir()), default=None)
        except OSError as error:
            raise DataError(f"{where}: the folder cannot be read: {error.strerror}") from error
        if first == RECORD or (folder / RECORD).exists():
            raise DataError(
                f"{where}: there are notices in it already, which `cohabit followup` needs; name a new folder"
            )
        if first is not None:
            raise DataError(f"{where}: the folder is not empty ({visible(first, 60)} is in it); name a new one")
    elif os.path.lexists(folder):
        raise DataError(f"{where}: this is a file; name a new folder")
    elif not folder.absolute().parent.is_dir():
        raise DataError(f"{where}: there is no folder {visible(str(folder.absolute().parent))}; make it first")


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the files into a new folder that only its owner can read; it appears when all of them are there."""
    check_folder(folder)
    target = folder.absolute()
    with writing(folder, "name another folder"):
        made = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
        try:
            for name, content in files.items():
                (made / name).write_bytes(content)
            if target.is_dir():
                target.rmdir()
            made.rename(target)
        finally:
            shutil.rmtree(made, ignore_errors=True)


def read_record(folder: Path) -> Notified:
    """Read what `notify` wrote into a folder; DataError says what is wrong with it."""
    path = folder / RECORD
    where = visible(str(path))
    if not path.is_file():
        raise DataError(
            f"{visible(str(folder))}: there is no {RECORD} in it; name a folder that `cohabit notify` wrote"
        )
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Notified)
        thursday_of(found.week)
    except OSError as error:
        raise DataError(f"{where}: cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, ValueError) as error:
        raise DataError(
            f"{where}: damaged ({visible(str(error), 120)}); without it nothing can be followed up"
        ) from error
    if found.version not in (WITHOUT_SERVERS, VERSION):
        raise DataError(
            f"{where}: written by another version of cohabit; this one reads versions {WITHOUT_SERVERS} to {VERSION}"
        )
    return found
