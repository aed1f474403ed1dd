"""The list of vulnerable versions: the bundled entries, a user's own, and every mistake in them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cohabit.errors import DataError
from cohabit.queries.advisories import SEVERITIES, Advisory, load_advisories

ENTRY = """
[[advisory]]
id = "X-1"
software = "ollama"
affected = ["<0.2"]
severity = "low"
summary = "made up"
source = "https://example.com/1"
"""

# First version that is not affected any more and last one that is, as the sources say.
KNOWN = {
    ("CVE-2024-28224", "ollama"): ("0.1.28", "0.1.29"),
    ("CVE-2024-37032", "ollama"): ("0.1.33", "0.1.34"),
    ("CVE-2024-39720", "ollama"): ("0.1.45", "0.1.46"),
    ("CVE-2024-45436", "ollama"): ("0.1.46", "0.1.47"),
    ("CVE-2024-39719", "ollama"): ("0.3.14", "0.4.0"),
    ("CVE-2026-7482", "ollama"): ("0.17.0", "0.17.1"),
    ("CVE-2025-32444", "vllm"): ("0.8.4", "0.8.5"),
    ("CVE-2026-42208", "litellm"): ("1.83.6", "1.83.7"),
    ("CVE-2025-64496", "open-webui"): ("0.6.34", "0.6.35"),
}


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "own.toml"
    path.write_text(text, "utf-8")
    return path


def test_every_bundled_entry_is_complete() -> None:
    found = load_advisories()
    assert len(found) >= 20
    for advisory in found:
        assert re.fullmatch(r"CVE-20\d\d-\d{4,6}", advisory.id)
        assert advisory.source.startswith("https://")
        assert advisory.severity in SEVERITIES
        assert advisory.affected
        assert not advisory.summary.endswith(".")
    assert len({(a.id, a.software) for a in found}) == len(found)


def test_edges_of_bundled_ranges() -> None:
    found = {(a.id, a.software): a for a in load_advisories()}
    for key, (last, mended) in KNOWN.items():
        assert found[key].affects(last), key
        assert not found[key].affects(mended), key
    # From 0.11.5-rc0 to 0.13.5, both included; pre-releases come before their release.
    image = found["CVE-2025-15514", "ollama"]
    affected = [
        v for v in ("0.11.4", "0.11.5-rc0", "v0.12.0", "0.13.5", "0.13.6", "0.0.0", "b5662") if image.affects(v)
    ]
    assert affected == ["0.11.5-rc0", "v0.12.0", "0.13.5"]


def test_any_range_counts_and_all_its_comparisons_must_hold() -> None:
    text = {"id": "X", "software": "x", "severity": "low", "summary": "s", "source": "s"}
    advisory = Advisory(affected=[">=1, <1.2", "=3"], **text)  # type: ignore[arg-type]
    assert [v for v in ("0.9", "1.0", "1.1.9", "1.2", "2", "3.0", "3.1") if advisory.affects(v)] == [
        "1.0",
        "1.1.9",
        "3.0",
    ]


def test_own_entries_come_beside_the_bundled_ones(tmp_path: Path) -> None:
    bundled = load_advisories()
    found = load_advisories(write(tmp_path, ENTRY))
    assert [a.id for a in found] == [*(a.id for a in bundled), "X-1"]


def test_own_entries_replace_those_of_the_same_id(tmp_path: Path) -> None:
    found = load_advisories(write(tmp_path, ENTRY.replace("X-1", "CVE-2024-37032")))
    assert len(found) == len(load_advisories())
    (changed,) = [a for a in found if a.id == "CVE-2024-37032"]
    assert (changed.summary, changed.affects("0.1.99")) == ("made up", True)


def test_the_bundled_ones_can_be_left_out(tmp_path: Path) -> None:
    assert [a.id for a in load_advisories(write(tmp_path, "bundled = false\n" + ENTRY))] == ["X-1"]
    assert load_advisories(write(tmp_path, "bundled = false\nadvisory = []")) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("advisory = [", r"not valid TOML"),
        ("", r"`advisory`"),
        (ENTRY.replace("low", "bad"), r"Invalid enum value 'bad'.*advisory\[0\]\.severity|severity"),
        (ENTRY + "colour = 1", r"unknown field `colour`"),
        (ENTRY.replace('"<0.2"', ""), r"advisory 1 \(X-1\): affected is empty"),
        (ENTRY.replace("<0.2", "before 0.2"), r"advisory 1 \(X-1\): affected 'before 0\.2' is no range; write it as"),
        (ENTRY.replace("<0.2", "<0.2, "), r"affected '<0\.2, ' is no range"),
        (ENTRY.replace("ollama", "Ollama"), r"software 'Ollama' is not in lower case"),
        (ENTRY.replace("made up", " "), r"its summary is blank"),
        (ENTRY + ENTRY, r"advisory 2 \(X-1\): it is there twice"),
        (ENTRY.replace("X-1", "\\u202eX\\n"), r"^[^\n\u202e]*$"),
    ],
)
def test_mistakes_are_one_line(tmp_path: Path, text: str, says: str) -> None:
    if says.startswith("^"):  # a hostile id, in an entry that has something else wrong
        text = text.replace("made up", " ")
    with pytest.raises(DataError, match=says) as raised:
        load_advisories(write(tmp_path, text))
    assert str(raised.value).startswith(str(tmp_path))
    assert "\n" not in str(raised.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.toml: the advisories cannot be read: No such file"):
        load_advisories(tmp_path / "nowhere.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match=r"not UTF-8 text \(byte 0\)"):
        load_advisories(tmp_path / "bytes.toml")
