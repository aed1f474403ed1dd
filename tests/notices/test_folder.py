"""The folder: written whole, once, for its owner's eyes, and refused where anything is in it already."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from cohabit.errors import DataError
from cohabit.notices.folder import (
    RECORD,
    VERSION,
    Notified,
    NotifiedHost,
    NotifiedRecipient,
    NotifiedServer,
    check_folder,
    read_record,
    record_file,
    write_folder,
)
from cohabit.queries.selected import Items
from tests.notices.samples import HOSTILE


def test_it_comes_whole_and_belongs_to_its_owner(tmp_path: Path) -> None:
    target = tmp_path / "notices"
    write_folder(target, {"a.csv": b"1", RECORD: b"{}"})
    assert {path.name: path.read_bytes() for path in target.iterdir()} == {"a.csv": b"1", RECORD: b"{}"}
    if sys.platform != "win32":
        assert stat.S_IMODE(target.stat().st_mode) == 0o700
    empty = tmp_path / "empty"
    empty.mkdir()
    write_folder(empty, {"a.csv": b"1"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "notices"]


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"new: .*"):
        write_folder(tmp_path / "new", {"a.csv": b"1", "x/y.csv": b"2"})
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / RECORD).write_bytes(b"{}")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / ".hidden").write_bytes(b"x")
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "broken").symlink_to("nowhere")
    for name, says in (
        ("old", r"old: there are notices in it already, which `cohabit followup` needs; name a new folder"),
        ("mine", r"mine: the folder is not empty \(\.hidden is in it\); name a new one"),
        ("file", r"file: this is a file; name a new folder"),
        ("broken", r"broken: this is a file"),
        ("no/where", r"where: there is no folder .*no; make it first"),
    ):
        with pytest.raises(DataError, match=says):
            check_folder(tmp_path / name)
        with pytest.raises(DataError, match=says):
            write_folder(tmp_path / name, {"a": b""})
    assert (tmp_path / "mine" / ".hidden").read_bytes() == b"x"


def test_the_record_comes_back(tmp_path: Path) -> None:
    hosts = tuple(
        NotifiedHost(
            host=f"192.0.2.{i}",
            listed=True,
            models=(t,),
            servers=(NotifiedServer(port=80, software=t, version=t, advisories=("CVE-2026-7482",)),),
        )
        for i, t in enumerate(HOSTILE)
    )
    record = Notified(
        version=VERSION,
        week=202510,
        graph="x",
        by="contact",
        form="csv",
        simulated=False,
        filters=("--country DE",),
        items=Items(model=("a:b",)),
        recipients=(
            NotifiedRecipient(recipient=None, file="unmatched.csv", hosts=hosts),
            NotifiedRecipient(recipient=HOSTILE[0], file="x.csv", hosts=()),
        ),
    )
    (tmp_path / RECORD).write_bytes(record_file(record))
    assert read_record(tmp_path) == record
    (tmp_path / RECORD).write_bytes(record_file(record).replace(b"202510", b"202599"))
    with pytest.raises(DataError, match="damaged"):
        read_record(tmp_path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{", r"notified\.json: damaged \(.*\); without it nothing can be followed up"),
        (b'{"version": 1}', r"damaged \(Object missing required field"),
        (b"\xff", r"damaged"),
        (None, r"there is no notified\.json in it; name a folder that `cohabit notify` wrote"),
    ],
)
def test_a_damaged_record(tmp_path: Path, content: bytes | None, says: str) -> None:
    if content is not None:
        (tmp_path / RECORD).write_bytes(content)
    with pytest.raises(DataError, match=says) as caught:
        read_record(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_record_of_another_version(tmp_path: Path) -> None:
    record = Notified(
        version=VERSION + 1,
        week=202510,
        graph="",
        by="network",
        form="csv",
        simulated=False,
        filters=(),
        items=Items(),
        recipients=(),
    )
    (tmp_path / RECORD).write_bytes(record_file(record))
    with pytest.raises(DataError, match="written by another version of cohabit"):
        read_record(tmp_path)
