"""Zip archives: members as sources, what is refused, and that nothing of an archive is trusted."""

from __future__ import annotations

import gzip
import hashlib
import io
import sys
import zipfile
from pathlib import Path

import pytest

from cohabit.errors import DataError
from cohabit.loaders import zips
from cohabit.loaders.reading import expand, sha256_of
from cohabit.loaders.registry import Unrecognised, open_reading

LINE = b'{"ip":"192.0.2.7","port":11434,"timestamp":"2026-10-05T10:11:12Z","models":["a:1"]}\n'
TAGS = b'{"models":[{"name":"a:1","modified_at":"2026-01-02T03:04:05Z"}]}'
NOON = 1_791_195_072


def pack(file: Path, files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file


def hosts(file: Path) -> list[tuple[str, str]]:
    """Read every member; its name and the hosts in it."""
    found = []
    for source in expand([str(file)]):
        with open_reading(source, seen_at=NOON) as reading:
            found += [(source.name.removeprefix(f"{file}/"), item.host) for item in reading]
            assert reading.sha256 == sha256_of(source)
            assert reading.bytes_read == reading.bytes_total
    return found


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_members_are_sources_by_name(tmp_path, method):
    files = {
        "./z.ndjson": LINE,
        "inner/b.ndjson.gz": gzip.compress(LINE.replace(b"2.7", b"2.8")),
        "192.0.2.9_11434/tags.json": TAGS,
        "inner/": b"",
        ".hidden": LINE,
        "__MACOSX/z.ndjson": LINE,
        "inner/.git/x": LINE,
    }
    file = pack(tmp_path / "without the ending", files, method)
    assert [(source.named, source.name) for source in expand([str(file)])] == [
        (False, f"{file}/./z.ndjson"),
        (False, f"{file}/192.0.2.9_11434/tags.json"),
        (False, f"{file}/inner/b.ndjson.gz"),
    ]
    assert hosts(file) == [
        ("./z.ndjson", "192.0.2.7"),
        ("192.0.2.9_11434/tags.json", "192.0.2.9"),
        ("inner/b.ndjson.gz", "192.0.2.8"),
    ]


def test_a_member_is_the_same_scan_as_the_file_that_it_was(tmp_path):
    (source,) = expand([str(pack(tmp_path / "a.zip", {"day.ndjson": LINE}))])
    assert sha256_of(source) == hashlib.sha256(LINE).hexdigest()
    assert [item.host for item in open_reading(source)] == ["192.0.2.7"]


def test_archives_among_files_come_once(tmp_path):
    pack(tmp_path / "a.zip", {"x": LINE})
    pack(tmp_path / "b.zip", {"x": LINE, "y": LINE})
    (tmp_path / "c").write_bytes(LINE)
    names = [source.name for source in expand([str(tmp_path), str(tmp_path / "a.zip"), str(tmp_path / "c")])]
    assert [Path(name).relative_to(tmp_path).as_posix() for name in names] == ["a.zip/x", "b.zip/x", "b.zip/y", "c"]


def test_an_archive_that_was_written_again_is_read_again(tmp_path):
    file = pack(tmp_path / "a.zip", {"x": LINE})
    assert hosts(file) == [("x", "192.0.2.7")]
    pack(file, {"x": LINE.replace(b"2.7", b"2.88")})
    assert hosts(file) == [("x", "192.0.2.88")]


def test_names_that_would_leave_the_folder_lead_nowhere(tmp_path):
    file = pack(tmp_path / "a.zip", {"../../evil\x1b[31m.json": LINE, "/etc/passwd": b"root"})
    before = set(tmp_path.parent.rglob("*"))
    outside, absolute = expand([str(file)])
    assert [item.host for item in open_reading(outside)] == ["192.0.2.7"]
    with pytest.raises(Unrecognised) as caught:
        open_reading(absolute)
    assert str(caught.value).startswith(f"{file}//etc/passwd: this is text that begins with")
    pack(file, {"a\x1b[31m.json": b"hello"})
    with pytest.raises(Unrecognised, match=r"a\\x1b\[31m\.json: "):
        open_reading(expand([str(file)])[0])
    assert set(tmp_path.parent.rglob("*")) == before


def damaged(file: Path) -> None:
    data = bytearray(pack(file, {"x": LINE * 100}).read_bytes())
    data[60] ^= 255
    file.write_bytes(data)


def encrypted(file: Path) -> None:
    data = bytearray(pack(file, {"x": LINE}).read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + place] |= 1
    file.write_bytes(data)


def strange(file: Path) -> None:
    data = bytearray(pack(file, {"x": LINE}).read_bytes())
    for mark, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        data[data.index(mark) + place] = 97
    file.write_bytes(data)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda file: file.write_bytes(b"PK\x03\x04...."), "the zip archive is damaged (File is not a zip file)"),
        (lambda file: pack(file, {}), "the zip archive has no files in it"),
        (lambda file: pack(file, {".hidden": LINE, "folder/": b""}), "the zip archive has no files in it"),
        (damaged, "the zip archive is damaged ("),
        (encrypted, "it is encrypted; unpack the zip archive first"),
        (strange, "it is compressed in a way that cannot be read"),
        (lambda file: pack(file, {"x": pack(file.with_name("in"), {"y": LINE}).read_bytes()}), "unpack it first"),
        (lambda file: file.write_bytes(gzip.compress(pack(file, {"y": LINE}).read_bytes())), "unpack it first"),
    ],
)
def test_what_is_refused_is_one_clear_line_that_names_it(tmp_path, make, why):
    file = tmp_path / "a.zip"
    make(file)
    (source,) = expand([str(file)])
    with pytest.raises(DataError) as caught:  # noqa: PT012
        sha256_of(source)
        list(open_reading(source))
    assert why in str(caught.value)
    assert str(caught.value).startswith(str(file))
    assert "\n" not in str(caught.value)
    assert not isinstance(caught.value, Unrecognised)


def test_half_an_archive_is_refused_wherever_it_is_cut(tmp_path):
    whole = pack(tmp_path / "a.zip", {"x": LINE, "y": LINE}).read_bytes()
    for end in range(4, len(whole)):
        (tmp_path / "a.zip").write_bytes(whole[:end])
        (source,) = expand([str(tmp_path / "a.zip")])
        with pytest.raises(DataError, match="damaged"):
            sha256_of(source)


def test_a_bomb_is_left_alone(tmp_path, monkeypatch):
    file = pack(tmp_path / "a.zip", {"x": bytes(3 << 20)})
    assert file.stat().st_size < (3 << 20) / 200
    expand([str(file)])
    assert expand([str(file)])[0].refused is None  # three megabytes hurt nobody
    monkeypatch.setattr(zips, "UNSUSPICIOUS", 2 << 20)
    (source,) = expand([str(file)])
    with pytest.raises(
        DataError, match=r"a\.zip: the zip archive would unpack to \d+ times its size, so it is left al"
    ):
        sha256_of(source)
    pack(file, {"x": bytes(range(256)) * (3 << 12)}, zipfile.ZIP_STORED)
    assert expand([str(file)])[0].refused is None  # large, but not for its size


def test_a_size_that_is_a_lie_is_damage(tmp_path):
    data = bytearray(pack(tmp_path / "a.zip", {"x": LINE * 1000}).read_bytes())
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = data.index(mark) + place
        data[start : start + 4] = (50).to_bytes(4, "little")
    (tmp_path / "a.zip").write_bytes(data)
    (source,) = expand([str(tmp_path / "a.zip")])
    with pytest.raises(DataError, match="damaged"):
        sha256_of(source)


def test_too_many_members_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(zips, "MAX_MEMBERS", 2)
    file = pack(tmp_path / "a.zip", {"x": LINE, "y": LINE})
    assert len(expand([str(file)])) == 2
    pack(file, {"x": LINE, "y": LINE, "z": LINE})
    assert expand([str(file)])[0].refused == "the zip archive has 3 files, more than 2; unpack it first"


@pytest.mark.parametrize("mark", ["[Content_Types].xml", "META-INF/manifest.xml"])
def test_an_office_document_is_one_file(tmp_path, mark):
    files = {mark: b"<x/>", "content.xml": b"<x/>"}
    if mark.startswith("META"):
        files = {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", **files}
    file = pack(tmp_path / "report", files, zipfile.ZIP_STORED)
    (source,) = expand([str(file)])
    assert (source.name, source.named) == (str(file), True)
    with pytest.raises(Unrecognised, match=r"report: this is an office document \(save what is in it as CSV\)"):
        open_reading(source)


def test_an_archive_on_standard_input_is_refused(tmp_path, monkeypatch):
    class Input:
        buffer = io.BytesIO(pack(tmp_path / "a.zip", {"x": LINE}).read_bytes())

    monkeypatch.setattr(sys, "stdin", Input)
    with pytest.raises(DataError, match="-: a zip archive that is not a file of its own is not opened; unpack it fir"):
        open_reading(expand(["-"])[0])
