from __future__ import annotations

import base64
import hashlib
import json
import re
from importlib.resources import files

import pytest

from cohabit.maps import page
from cohabit.maps.data import MapData
from cohabit.maps.families import render
from tests.maps.samples import HOSTILE

SCRIPTS = sorted(path.name for path in files("cohabit.maps").joinpath("static").iterdir() if path.name.endswith(".js"))


@pytest.mark.parametrize("text", HOSTILE)
def test_embedded_json_is_inert_and_loses_nothing(text: str) -> None:
    embedded = page.embedded_json([text])
    assert embedded.isascii()
    assert not set(embedded) & set("<>&\n\r")
    assert json.loads(embedded) == [text]


def test_embedded_json_by_hand() -> None:
    assert page.embedded_json({"a": "</script>&"}) == '{"a":"\\u003c/script\\u003e\\u0026"}'


def test_not_a_number_is_refused_not_written() -> None:
    with pytest.raises(ValueError, match="JSON"):
        page.embedded_json(float("nan"))


def test_significant_digits() -> None:
    values = [123456.789, 0.000123456789, 2.0, None, float("inf"), float("nan")]
    assert [page.significant(value) for value in values] == [123460.0, 0.00012346, 2.0, None, None, None]


def test_policy_hashes_are_those_a_browser_computes() -> None:
    policy = page.policy(["let ä = 1"], ["p {}", "q {}"])
    digest = base64.b64encode(hashlib.sha256("let ä = 1".encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in policy
    assert re.search(r"style-src 'sha256-[\w+/]{43}=' 'sha256-[\w+/]{43}=';", policy)
    assert policy.startswith("default-src 'none'; ")
    assert "require-trusted-types-for 'script'; trusted-types 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_escaped_text_shows_hidden_characters_and_hides_markup() -> None:
    assert page.escaped("<b>\u202e\"'&") == "&lt;b&gt;\\u202e&quot;&#x27;&amp;"
    assert page.escaped("a" * 20, 10) == "a" * 9 + "…"


def test_plurals() -> None:
    assert [page.plural(unit) for unit in ("family", "model", "lab-country")] == ["families", "models", "lab countries"]


@pytest.mark.parametrize("name", SCRIPTS)
def test_own_scripts_use_no_way_from_text_to_code_or_markup(name: str) -> None:
    # The one address that may stand there is no address but a name; nothing is fetched from it.
    source = page.static(name).replace('const SVG = "http://www.w3.org/2000/svg";', "")
    ways = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|Function\(|DOMParser|createContextualFragment"
    )
    assert not re.findall(ways, source)
    assert not re.findall(r"https?:|fetch\(|XMLHttp|import\(|localStorage|\.cookie|location|\.href|\.src\b", source)
    # Attribute names are constants.
    assert not re.findall(r"setAttribute\((?!\")", source)


def test_there_are_scripts_to_look_at() -> None:
    assert {"shell.js", "network.js", "tables.js"} <= set(SCRIPTS)


def test_colours_are_okabe_and_ito() -> None:
    # Okabe & Ito (2008), "Color Universal Design", without black; then a grey.
    published = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442"]
    found = dict(re.findall(r"--c(\d): (#\w{6});", page.static("page.css")))
    assert [found[str(index)] for index in range(7)] == published
    grey = found["7"]
    assert grey[1:3] == grey[3:5] == grey[5:7]


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_text_of_a_script_goes_over_lines(name: str) -> None:
    # `joined` takes indentation and comments away line by line.
    for line in page.static(name).splitlines():
        assert line.count("`") % 2 == 0, line
        assert not line.rstrip().endswith("\\"), line


def test_style_sheets_keep_their_rules_and_lose_their_comments(plain_data: MapData) -> None:
    html = render(plain_data)
    (sheet,) = re.findall(r"<style>(.*?)</style>", html, re.S)
    assert "/*" in page.static("page.css")
    assert "/*" not in sheet
    assert sheet.count("{") == page.static("page.css").count("{")
    assert "--c0: #0072b2;" in sheet


def test_joined_scripts_keep_their_code_and_lose_the_rest() -> None:
    whole = page.joined("shell.js", "search.js")
    assert "\n//" not in whole
    assert 'const data = JSON.parse(document.getElementById("data").textContent);' in whole
    assert whole.index("function openTab") < whole.index("function search()")
