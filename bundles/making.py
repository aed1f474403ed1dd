"""Making a bundle: each of its questions is asked, and all that was asked of the store is written down beside it."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from typing import Any, cast

from cohabit.bundles import papers
from cohabit.bundles.contents import Bundle, shown
from cohabit.graph.around import Around
from cohabit.graph.store import GraphStore, Parameters, Progress
from cohabit.queries.result import Result
from cohabit.questions import scope
from cohabit.session import Graph

FORMATS = ("csv", "json")
AsText = Callable[[Result, str], str]
"""An answer in one of these formats, as the command line writes it."""

# The earliest time that a zip file can say: the same content gives the same bytes, whenever it is made.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


class Recorder(Around):
    """A store that writes down which statements it is asked."""

    def __init__(self, store: GraphStore) -> None:
        super().__init__(store)
        self.asked: list[str] = []

    def table(self, cypher: str, parameters: Parameters | None = None) -> Any:
        """Run a statement, and keep it."""
        self.asked.append(cypher)
        return self._store.table(cypher, parameters)

    def taken(self) -> list[str]:
        """The distinct statements since the last call, sorted: a question can ask several things side by side."""
        asked, self.asked = sorted(set(self.asked)), []
        return asked


def make(graph: Graph, bundle: Bundle, as_text: AsText, progress: Progress | None = None) -> bytes:
    """The whole file; the same data, options and versions give the same bytes."""
    recorder = Recorder(graph.store)
    graph.store = cast("GraphStore", recorder)
    files: dict[str, str] = {}
    entries: list[dict[str, Any]] = []
    calls: list[list[str]] = []
    steps = list(bundle.steps())
    for done, (file, call, table) in enumerate(steps):
        entry: dict[str, Any] = {"files": [file], "command": shown(call), "filters": bundle.described()}
        if table is None:
            kind = "report" if file == "report.html" else call[1]
            about: dict[str, Any] = {"seed": bundle.seed, "publish": bundle.publish, "source": bundle.source}
            page = graph.picture(kind, ".html", **about, **bundle.filters)
            files[file] = page.decode()
            calls.append([*call, "--quiet", "-o", file])
        else:
            options: dict[str, Any] = dict(table.options) | ({"seed": bundle.seed} if table.seeded else {})
            options |= {"scope": scope(bundle.filters)} if table.filtered else {}
            answer = graph.ask(table.question, **options, publish=bundle.publish)
            names = [f"tables/{table.file}.{ending}" for ending in FORMATS]
            files |= {name: as_text(answer, name.rpartition(".")[2]) for name in names}
            calls += [[*call, "--format", n.rpartition(".")[2], "--quiet", "-o", n] for n in names]
            entry |= {"files": names, "headline": answer.headline, "caveats": list(answer.caveats)}
            entry["filters"] = bundle.described() if table.filtered else []
        entries.append({**entry, "cypher": recorder.taken()})
        if progress:
            progress("making the bundle", done + 1, len(steps))
    scans = papers.scans(graph, bundle)
    citation = papers.citation(scans, bundle)
    files["make-again.sh"] = papers.script(calls, bundle)
    files["manifest.json"] = _json(entries)
    files["inputs.json"] = _json(scans)
    files["versions.json"] = _json(papers.versions())
    files["definitions.md"] = papers.definitions()
    files["CITATION.txt"] = f"{citation}\n"
    files["README.txt"] = papers.readme(citation, scans, entries, bundle)
    files["SHA256SUMS"] = "".join(f"{_sha256(text)}  {name}\n" for name, text in sorted(files.items()))
    return _zipped(files)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _zipped(files: Mapping[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, text in sorted(files.items()):
            about = zipfile.ZipInfo(name, _NO_TIME)
            about.create_system = 3  # what it is made on is not to be seen
            about.external_attr = (0o100755 if name.endswith(".sh") else 0o100644) << 16
            about.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(about, text.encode())
    return content.getvalue()
