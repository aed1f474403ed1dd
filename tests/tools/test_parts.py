"""A missing part is skipped with a reason, or fails where it is required; a misspelt one is refused."""

from __future__ import annotations

import sys

import pytest

from tests.parts import load_tool, require, required_parts


def test_a_part_that_is_there_is_neither_skipped_nor_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COHABIT_REQUIRE", "neo4j,browser")
    try:
        require("neo4j", True, "not needed")
    except (pytest.skip.Exception, pytest.fail.Exception) as raised:
        pytest.fail(f"raised {raised!r}")


@pytest.mark.parametrize("required", ["", "browser", "browser, data"])
def test_a_missing_part_is_skipped_with_what_to_do(monkeypatch: pytest.MonkeyPatch, required: str) -> None:
    monkeypatch.setenv("COHABIT_REQUIRE", required)
    with pytest.raises(pytest.skip.Exception, match=r"^neo4j is missing: install it$"):
        require("neo4j", False, "install it")


@pytest.mark.parametrize("required", ["neo4j", "browser,neo4j", " neo4j , data "])
def test_a_missing_part_that_is_required_fails(monkeypatch: pytest.MonkeyPatch, required: str) -> None:
    monkeypatch.setenv("COHABIT_REQUIRE", required)
    with pytest.raises(pytest.fail.Exception, match=r"^neo4j is required .+: install it$"):
        require("neo4j", False, "install it")


def test_a_misspelt_part_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COHABIT_REQUIRE", "neo4,browser")
    with pytest.raises(
        pytest.UsageError, match=r"^COHABIT_REQUIRE names neo4; the parts are browser, data, neo4j, spark$"
    ):
        required_parts()
    with pytest.raises(ValueError, match="no part 'chromium'"):
        require("chromium", True, "")


def test_loading_a_tool_leaves_the_import_path_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    first = load_tool("neo4j_server")
    assert load_tool("neo4j_server") is first
    monkeypatch.delitem(sys.modules, first.__name__)
    before = list(sys.path)
    again = load_tool("neo4j_server")
    assert again is not first
    assert again.RELEASES.keys() == {"5", "2026"}
    assert sys.path == before
