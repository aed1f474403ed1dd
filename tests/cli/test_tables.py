"""Tables on a narrow screen: which columns give way, and where texts are broken; every expectation is by hand."""

from __future__ import annotations

import io

import pytest

from cohabit.cells import laid_out
from cohabit.queries.result import Row, result
from cohabit.tables import draw

ROWS: list[Row] = [
    {"recipient": "abuse@hosting.example", "still_open": 25, "not_rescanned": 3, "models": ["qwen2.5:7b", "yi:34b"]},
    {"recipient": "six@isp.example", "still_open": 1, "not_rescanned": 0, "models": ["a" * 20 + "-" + "b" * 20]},
]


def drawn(rows: list[Row], width: int, columns: tuple[str, ...] = ()) -> list[str]:
    from rich.console import Console

    text = io.StringIO()
    draw(result(columns or tuple(rows[0]), rows), Console(file=text, width=width, color_system=None), limit=20)
    return [line.rstrip() for line in text.getvalue().splitlines()]


def test_a_wide_screen_folds_nothing() -> None:
    assert drawn(ROWS, 120) == [
        "recipient             still open not rescanned models",
        "abuse@hosting.example         25             3 qwen2.5:7b, yi:34b",
        "six@isp.example                1             0 aaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbbbbbb",
    ]


def test_headings_are_folded_before_a_column_gives_way_and_words_behind_a_mark() -> None:
    # 22 + 6 + 10 with folded headings (22 + 11 + 14 without), and 30 for the models, which are 41 wide.
    assert drawn(ROWS, 69) == [
        "                      still       not",
        "recipient              open rescanned models",
        "abuse@hosting.example    25         3 qwen2.5:7b, yi:34b",
        "six@isp.example           1         0 aaaaaaaaaaaaaaaaaaaa-",
        "                                      bbbbbbbbbbbbbbbbbbbb",
    ]
    # One less is not enough for them: what is there then has its headings in one line.
    assert drawn(ROWS, 68) == [
        "recipient             still open not rescanned",
        "abuse@hosting.example         25             3",
        "six@isp.example                1             0",
        "no room for: models (another --format has all columns)",
    ]


def test_of_an_interval_both_ends_give_way() -> None:
    rows: list[Row] = [{"item": "llama", "hosts": 25, "slope_low": 1.5, "slope_high": 2.5, "low": 3.5, "p_value": 0.5}]
    # 6 + 6 + 11 + 11, headings in one line; `95 % low` is no end of `slope low`.
    whole = ["item", "hosts", "slope_low", "slope_high", "low", "p_value"]
    for width, shown in ((80, 6), (34, 4), (33, 2), (23, 2)):
        fit = list(laid_out(whole, rows, width))
        assert fit == whole[:shown], width


def test_of_a_path_the_folders_give_way_and_a_hash_is_whole_or_not_there() -> None:
    rows: list[Row] = [
        {"file": "/home/somebody/scans/2025/one.ndjson", "status": "loaded", "sha256": "0" * 64},
        {"file": "two.ndjson", "status": "loaded", "sha256": "1" * 64},
    ]
    assert drawn(rows, 30)[:3] == [
        "file                   status",
        "…/2025/one.ndjson      loaded",
        "two.ndjson             loaded",
    ]
    assert drawn(rows, 30)[3].startswith("no room for: sha256")
    assert drawn(rows, 110)[1].split() == [rows[0]["file"], "loaded", "0" * 64]


@pytest.mark.parametrize("width", [14, 20, 30])
def test_a_screen_without_room_for_two_columns_still_shows_all_of_them(width: int) -> None:
    note = "one word after another"
    table = drawn([{"label": "z" * 31, "note": note}], width)
    assert max(map(len, table)) < width
    assert "".join(table).count("z") == 31
    assert sorted("".join(table).replace("z", "").replace(" ", "")) == sorted(f"labelnote{note}".replace(" ", ""))
