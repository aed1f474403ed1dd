"""The page of formats is made from the loaders: each is there, with what its docstring says."""

from __future__ import annotations

import sys

import pytest

from cohabit.loaders.registry import Loader, built_in
from tests.parts import ROOT, load_tool

DOCSTRING = """The loader of made-up lines.

```
acme: 1
```

Recognised: the word
acme.
Read: all
  of it:
and more.

* Ignored: nothing.
"""


def test_a_docstring_is_taken_apart() -> None:
    notes, points = load_tool("docs").described(DOCSTRING)
    assert notes == ["made-up lines.", "", "```", "acme: 1", "```", ""]
    assert points == {"Recognised": "the word acme.", "Read": "all of it: and more.", "Ignored": "nothing."}


def test_every_loader_is_on_the_page() -> None:
    page = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    for loader in built_in():
        assert f"| [`{loader.name}`](#{loader.name}) | {loader.title} |" in page
        section = page.partition(f"\n## {loader.name}\n")[2].partition("\n## ")[0]
        assert all(f"* **{label}:** " in section for label in ("Recognised", "Read", "Ignored"))


def test_a_loader_that_does_not_say_what_it_ignores_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    tool = load_tool("docs")
    mute = Loader("mute", "nothing", lambda head: False, lambda stream, context: iter(()))
    monkeypatch.setattr(tool, "built_in", lambda: (mute,))
    monkeypatch.setattr(sys.modules[__name__], "__doc__", DOCSTRING.replace("* Ignored", "Forgotten"))
    with pytest.raises(SystemExit, match="no line that begins with “Ignored:”"):
        tool.formats()
