"""How Sphinx builds the documentation site: `docs/*.md` as they are, into pages that ask nothing of other servers."""

from __future__ import annotations

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

from cohabit import __version__

project = "cohabit"
author = "The cohabit authors"
copyright = author  # noqa: A001 - the name is Sphinx's
version = release = __version__

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
root_doc = "index"
language = "en_GB"

# Links to headings are those of GitHub, so that a page reads the same there.
myst_heading_anchors = 4
# The lexer of Cypher does not know parameters and goes on without them.
suppress_warnings = ["misc.highlighting_failure"]

# Options are not prose: «--by» keeps its two hyphens.
smartquotes = False

html_theme = "sphinx_book_theme"
html_title = "cohabit"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_use_index = False
# Summaries are fetched page by page, which a browser refuses where the site is opened as files.
html_show_search_summary = False
html_theme_options = {
    "navbar_persistent": [],
    "use_download_button": False,
    "use_fullscreen_button": False,
    "show_toc_level": 2,
}


def setup(app: Sphinx) -> None:
    """Name the lexer of a language that Pygments does not have."""
    app.add_lexer("csv", TextLexer)
