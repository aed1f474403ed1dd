"""What paths stand for, and reading the bytes behind them."""

from __future__ import annotations

import hashlib
import io
import os
import sys
import threading
from pathlib import Path

import pytest

from cohabit.errors import DataError
from cohabit.loaders.reading import Source, expand, sha256_of
from cohabit.loaders.registry import open_reading

LINE = b'{"ip":"192.0.2.7","port":11434,"timestamp":"2026-10-05T10:11:12Z","models":["a:1"]}\n'


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder of files, go there, and return it."""
    for name in ["b.json", "a.json", "sub/deep/c.json", "sub/d.txt", ".hidden.json", ".git/config", "x[1].json"]:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(paths: list[str]) -> list[tuple[str, bool]]:
    return [(source.name, source.named) for source in expand(paths)]


def test_files_keep_their_order_and_come_once(tree):
    (tree / "link.json").symlink_to("a.json")
    assert names(["b.json", "a.json", "./b.json", str(tree / "a.json"), "link.json"]) == [
        ("b.json", True),
        ("a.json", True),
    ]


def test_folder_is_searched_by_name_without_hidden_files(tree):
    assert names(["."]) == [
        ("a.json", False),
        ("b.json", False),
        ("sub/d.txt", False),
        ("sub/deep/c.json", False),
        ("x[1].json", False),
    ]
    assert names([str(tree / "sub")]) == [(f"{tree}/sub/d.txt", False), (f"{tree}/sub/deep/c.json", False)]


def test_file_in_a_folder_that_is_also_named_counts_as_named(tree):
    expected = [("sub/d.txt", True), ("sub/deep/c.json", False)]
    assert names(["sub", "sub/d.txt"]) == expected
    assert names(["sub/d.txt", "sub"]) == expected


def test_patterns(tree):
    assert names(["*.json"]) == [("a.json", True), ("b.json", True), ("x[1].json", True)]
    assert names(["**/*.json"])[2:] == [("sub/deep/c.json", True), ("x[1].json", True)]
    assert names(["[es]*"]) == [("sub/d.txt", False), ("sub/deep/c.json", False)]
    assert names(["x[1].json"]) == [("x[1].json", True)]  # a name that exists is no pattern


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nowhere.json", "nowhere.json: there is no such file or folder"),
        ("", '"": there is no such file or folder'),
        ("empty", "empty: the folder has no files in it"),
        ("*.csv", "*.csv: the pattern matches no file"),
        ("e*", "e*: the pattern matches no file"),
        ("a\nb", r"a\x0ab: there is no such file or folder"),
        ("n" * 5_000, "n" * 5_000 + ": cannot be read: File name too long"),
    ],
)
def test_paths_that_stand_for_nothing(path, message, tree):
    with pytest.raises(DataError) as caught:
        expand(["a.json", path])
    assert str(caught.value) == message


def test_links_to_folders_are_not_followed(tree):
    (tree / "sub" / "loop").symlink_to(tree)
    assert names(["sub"]) == [("sub/d.txt", False), ("sub/deep/c.json", False)]


def test_hash_is_that_of_the_bytes_as_stored(tree):
    (source,) = expand(["a.json"])
    assert sha256_of(source) == hashlib.sha256(b"a.json").hexdigest()


def test_file_that_vanished_is_one_clear_line(tree):
    (source,) = expand(["a.json"])
    Path("a.json").unlink()
    for use in (sha256_of, open_reading):
        with pytest.raises(DataError, match=r"^a\.json: cannot be read: No such file or directory$"):
            use(source)


def test_standard_input_can_be_hashed_and_then_read(monkeypatch):
    class Input:
        buffer = io.BytesIO(LINE * 3)

    monkeypatch.setattr(sys, "stdin", Input)
    sources = expand(["-", "-"])
    assert [(source.path, source.name, source.named) for source in sources] == [(None, "-", True)]
    expected = hashlib.sha256(LINE * 3).hexdigest()
    assert sha256_of(sources[0]) == expected
    with open_reading(sources[0]) as reading:
        assert [item.host for item in reading] == ["192.0.2.7"] * 3
        assert reading.sha256 == expected
        assert reading.bytes_total == len(LINE) * 3


def test_pipe_can_be_hashed_and_then_read(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(LINE * 2,))
    writer.start()
    (source,) = expand([str(pipe)])
    assert sha256_of(source) == hashlib.sha256(LINE * 2).hexdigest()
    with open_reading(source) as reading:
        assert len(list(reading)) == 2
    writer.join()


def test_copy_of_standard_input_goes_with_its_source(monkeypatch):
    class Input:
        buffer = io.BytesIO(LINE)

    monkeypatch.setattr(sys, "stdin", Input)
    source = Source(None, "-")
    source.open().close()
    copy = source._copy
    del source
    assert copy is not None
    assert copy.closed
