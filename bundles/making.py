"""Making a bundle: each of its questions is asked, and all that was asked of the store is written down beside it."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, cast

from cohabit.bundles import papers
from cohabit.bundles.contents import Bundle, Page, Table, leading_pair, shown
from cohabit.errors import UsageError
from cohabit.graph.around import Around
from cohabit.graph.store import GraphStore, Parameters, Progress
from cohabit.queries.result import Result
from cohabit.questions import scope
from cohabit.session import Graph

FORMATS = ("csv", "json")
AsText = Callable[[Result, str], str]
"""An answer in one of these formats, as the command line writes it."""


class TableOfBundle(NamedTuple):
    """A table: its name, the command that makes it, and the answer."""

    name: str
    command: str
    answer: Result


AsWorkbook = Callable[[Sequence[str], Sequence[TableOfBundle]], bytes]
"""Lines about all of the tables, and the tables, as a workbook."""

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

    def explore(self, cypher: str, parameters: Parameters | None = None) -> Any:
        """Run a statement of the user, and keep it, without the room that its comments took."""
        self.asked.append(cypher.strip())
        return self._store.explore(cypher, parameters or {})

    def taken(self) -> list[str]:
        """The distinct statements since the last call, sorted: a question can ask several things side by side."""
        asked, self.asked = sorted(set(self.asked)), []
        return asked


def make(
    graph: Graph, bundle: Bundle, as_text: AsText, as_workbook: AsWorkbook, progress: Progress | None = None
) -> bytes:
    """The whole file; the same data, options and versions give the same bytes."""
    for query in bundle.queries:
        if query.text is not None and graph.masker.text(query.text) != query.text:
            raise UsageError(
                f"--query {query.name}: it names a host, and a bundle is handed on; choose hosts otherwise"
            )
    making = _Making(graph, bundle, as_text)
    steps = list(bundle.steps())
    for done, (file, call, what) in enumerate(steps):
        making.table(what) if isinstance(what, Table) else making.page(file, call, what)
        if progress:
            progress("making the bundle", done + 1, len(steps))
    files, entries = making.files, making.entries
    scans = papers.scans(graph, bundle)
    citation = papers.citation(scans, bundle)
    files |= {query.file: query.text.encode() for query in bundle.queries if query.text is not None}
    texts = {
        "make-again.sh": papers.script(making.calls, bundle),
        "manifest.json": _json(entries),
        "inputs.json": _json(scans),
        "versions.json": _json(papers.versions()),
        "definitions.md": papers.definitions(),
        "CITATION.txt": f"{citation}\n",
        "README.txt": papers.readme(citation, scans, entries, bundle),
    }
    files |= {name: text.encode() for name, text in texts.items()}
    files["tables.xlsx"] = as_workbook(papers.lines_about(citation, bundle), making.answers)
    files["SHA256SUMS"] = "".join(f"{_sha256(content)}  {name}\n" for name, content in sorted(files.items())).encode()
    return _zipped(files)


class _Making:
    """What has been made: `files` by name, their `entries` in the manifest, the `calls` that make them, `answers`."""

    def __init__(self, graph: Graph, bundle: Bundle, as_text: AsText) -> None:
        self.bundle, self._as_text, self._graph = bundle, as_text, graph
        self._recorder = Recorder(graph.store)
        graph.store = cast("GraphStore", self._recorder)
        self.files: dict[str, bytes] = {}
        self.entries: list[dict[str, Any]] = []
        self.calls: list[list[str]] = []
        self.answers: list[TableOfBundle] = []
        self._pairs: dict[Any, tuple[str, ...]] = {}

    def page(self, file: str, call: list[str], what: Page) -> None:
        """Make a map or the report."""
        bundle = self.bundle
        about: dict[str, Any] = {"seed": bundle.seed, "publish": bundle.publish, "source": bundle.source}
        page = self._graph.picture(what.kind, ".html", level=what.level, **about, **bundle.filters)
        self.files[file] = page
        self.calls.append([*call, "--quiet", "-o", file])
        entry = {"files": [file], "command": shown(call), "filters": bundle.described()}
        self.entries.append({**entry, "cypher": self._recorder.taken()})

    def table(self, table: Table) -> None:
        """Ask for a table; that of the leading pair is left out where none can be named."""
        level = table.options.get("level")
        if table.pair:
            if not self._pairs[level]:
                return
            table = replace(table, names=self._pairs[level])
        bundle, call = self.bundle, self.bundle.table(table)
        answer = self._ask(table)
        if table.command == "cooccurrence" and not table.pair:
            self._pairs[level] = leading_pair(answer)
        names = [f"tables/{table.file}.{ending}" for ending in FORMATS]
        self.files |= {name: self._as_text(answer, name.rpartition(".")[2]).encode() for name in names}
        self.calls += [[*call, "--format", n.rpartition(".")[2], "--quiet", "-o", n] for n in names]
        caveats = [*answer.caveats, *(table.query.notes if table.query else ())]
        entry: dict[str, Any] = {
            "files": names,
            "command": shown(call),
            "filters": list(scope(bundle.filters_of(table)).description()),
        }
        entry |= {"headline": answer.headline, "caveats": caveats, "cypher": self._recorder.taken()}
        self.entries.append(entry)
        self.answers.append(TableOfBundle(table.file, shown(call), replace(answer, caveats=tuple(caveats))))

    def _ask(self, table: Table) -> Result:
        bundle = self.bundle
        if table.query:
            question, arguments = table.query.asked
            return self._graph.ask(question, *arguments, publish=bundle.publish)
        options: dict[str, Any] = dict(table.options) | ({"seed": bundle.seed} if table.seeded else {})
        if "bootstrap" in options:
            options["bootstrap"] = bundle.bootstrap
        options |= {"scope": scope(bundle.filters_of(table))} if table.filtered else {}
        given: tuple[Any, ...] = (table.names,) if table.names else ()
        if options.pop("with", None):
            given = (scope(bundle.against),)
        return self._graph.ask(table.question or table.command, *given, **options, publish=bundle.publish)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _zipped(files: Mapping[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content_of_file in sorted(files.items()):
            about = zipfile.ZipInfo(name, _NO_TIME)
            about.create_system = 3  # what it is made on is not to be seen
            about.external_attr = (0o100755 if name.endswith(".sh") else 0o100644) << 16
            about.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(about, content_of_file)
    return content.getvalue()
