"""Pages in a notebook: shown in a frame that runs them and nothing else."""

from __future__ import annotations

from pathlib import Path

from cohabit.maps.notebook import HtmlPage
from tests.maps.harness import READY_WITHIN, Chromium


def test_a_page_is_a_text() -> None:
    page = HtmlPage('<p title="a">é</p>')
    assert page == '<p title="a">é</p>'
    assert repr(page) == "<HTML page of 19 bytes>"
    assert 'srcdoc="&lt;p title=&quot;a&quot;&gt;é&lt;/p&gt;"' in page._repr_html_()


def test_it_runs_in_a_frame_that_cannot_see_the_notebook(
    chromium: Chromium, hostile_page: Path, tmp_path: Path
) -> None:
    shown = HtmlPage(hostile_page.read_text("utf-8"))._repr_html_()
    notebook = tmp_path / "notebook.html"
    notebook.write_text(f'<!DOCTYPE html><meta charset="utf-8"><title>secret</title>{shown}', encoding="utf-8")
    # The frame is the one element that the notebook was built with.
    with chromium.open(notebook, scripts=0, images=1, wait=False) as visit:
        frame = visit.page.frames[1]
        frame.wait_for_selector("#shown", timeout=READY_WITHIN)
        assert frame.evaluate("window.__ready") is True
        frame.click("#tab-table")
        assert frame.locator("#pairs-table tbody tr").count() > 10
        refused = frame.evaluate("() => { try { return parent.document.title; } catch { return 'refused'; } }")
        assert refused == "refused"
        assert frame.evaluate("window.__pwn") is None
        assert visit.problems() == []
