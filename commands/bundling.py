"""What `bundle` puts into its file: tables, maps, report, and all that it takes to check and to make them again."""

from __future__ import annotations

import hashlib
import inspect
import io
import json
import platform
import shlex
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any, cast

from cohabit import __version__
from cohabit.errors import UsageError
from cohabit.graph.store import GraphStore, Parameters, Progress
from cohabit.output import as_text
from cohabit.queries.protection import protection
from cohabit.queries.words import count
from cohabit.questions import scope
from cohabit.session import Graph
from cohabit.text import visible

FORMATS = ("csv", "json")
_LIBRARIES = (
    "duckdb",
    "ladybug",
    "neo4j",
    "networkx",
    "numpy",
    "pandas",
    "pyarrow",
    "pyvis",
    "scikit-network",
    "scipy",
)
# The earliest time that a zip file can say: the same content gives the same bytes, whenever it is made.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_WORDS = """# What the figures mean

A **host** is an IP address, or a DNS name where the source gives none; it counts once, however often it was seen. An
**observation** is one answer of one host and port in one second. A **model** is a model reference with its tag, its
**family** the architecture that most hosts report for it, its **line** the product line by its name, its **lab** who
published the line. **Co-deployed** is what one host lists within the time window, not necessarily at the same moment.
A **network** carries a host, a **provider** runs the network; neither is the host's owner.

Each table as the program describes it:
"""


@dataclass(frozen=True)
class Table:
    """One question and its options, under the names of the command line."""

    file: str
    question: str
    options: Mapping[str, str] = field(default_factory=dict)
    filtered: bool = True
    seeded: bool = False
    over_time: bool = False


TABLES = (
    Table("info", "info", filtered=False),
    *(Table(f"rank-{level}", "rank", {"level": level}) for level in ("family", "line", "lab", "lab-country", "model")),
    *(
        Table(f"rank-by-{place}", "rank", {"by": place})
        for place in ("country", "network", "provider", "provider-kind", "software")
    ),
    Table("rank-family-by-country", "rank", {"level": "family", "by": "country"}),
    Table("cooccurrence-family", "cooccurrence", {"level": "family"}),
    Table("combinations-family", "combinations", {"level": "family"}),
    Table("centrality-family", "centrality", {"level": "family"}),
    Table("clusters-family", "clusters", {"level": "family"}, seeded=True),
    Table("clusters-by-country", "clusters", {"level": "family", "by": "country"}, seeded=True),
    Table("concentration-family", "concentration", {"level": "family"}),
    Table("concentration-family-by-country", "concentration", {"level": "family", "by": "country"}),
    Table("trends-family", "trends", {"level": "family"}, over_time=True),
    Table("lifetimes-survival", "lifetimes", {"view": "survival"}, over_time=True),
    Table("lifetimes-churn", "lifetimes", {"view": "churn"}, over_time=True),
    Table("risks", "risks"),
    Table("quality", "quality"),
    Table("study", "study"),
)
MAPS = ("families", "lines", "labs", "lab-countries", "models", "time", "countries", "providers", "networks")
"""Not that of hosts: what is handed on shows no single one."""
_MAPS_OVER_TIME = frozenset({"time"})


class _Recorder:
    """A store that writes down which statements it is asked."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def table(self, cypher: str, parameters: Parameters | None = None) -> Any:
        """Run a statement, and keep it."""
        self.asked.append(cypher)
        return self._store.table(cypher, parameters)

    def taken(self) -> list[str]:
        """The distinct statements since the last call, in order."""
        asked, self.asked = list(dict.fromkeys(self.asked)), []
        return asked


@dataclass(frozen=True)
class Bundle:
    """The options of a bundle: filters as keyword arguments, the K of `--publish`, the seed."""

    filters: Mapping[str, Any]
    publish: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.filters.get("prefix"):
            raise UsageError(
                "bundle: --prefix is part of an address, and a bundle is handed on; choose hosts otherwise"
            )
        protection(self.publish)

    @property
    def _shared(self) -> list[str]:
        return [] if self.publish is None else ["--publish", str(self.publish)]

    @property
    def filter_arguments(self) -> list[str]:
        """The filters as the command line takes them."""
        found: list[str] = []
        for name, value in self.filters.items():
            option = f"--{name.replace('_', '-')}"
            for one in value if isinstance(value, list | tuple) else [value]:
                found += [option] if one is True else [option, str(one)]
        return found

    def command(self, *words: str, filtered: bool = True, seeded: bool = False) -> list[str]:
        """The arguments of one call of the program."""
        filters = self.filter_arguments if filtered else []
        seed = ["--seed", str(self.seed)] if seeded else []
        return [*words, *filters, *self._shared, *seed]

    def table(self, table: Table) -> list[str]:
        """The call that makes a table."""
        options = [word for name, value in table.options.items() for word in (f"--{name}", value)]
        return self.command(table.question, *options, filtered=table.filtered, seeded=table.seeded)

    def steps(self) -> Iterator[tuple[str, list[str], Table | None]]:
        """The file, the call, and the table (None: a page) of everything that a bundle holds."""
        one_moment = "at" in self.filters
        for table in TABLES:
            if not (one_moment and table.over_time):
                yield f"tables/{table.file}", self.table(table), table
        for kind in MAPS:
            if not (one_moment and kind in _MAPS_OVER_TIME):
                yield f"maps/{kind}.html", self.command("map", kind, seeded=True), None
        yield "report.html", self.command("report", seeded=True), None


def make(graph: Graph, bundle: Bundle, progress: Progress | None = None) -> bytes:
    """The whole file; the same data, options and versions give the same bytes."""
    recorder = _Recorder(graph.store)
    graph.store = cast("GraphStore", recorder)
    files: dict[str, str] = {}
    entries: list[dict[str, Any]] = []
    calls: list[list[str]] = []
    steps = list(bundle.steps())
    for done, (file, call, table) in enumerate(steps):
        entry: dict[str, Any] = {"files": [file], "command": _shown(call), "filters": _filters(bundle)}
        if table is None:
            kind = "report" if file == "report.html" else call[1]
            page = graph.picture(kind, ".html", seed=bundle.seed, publish=bundle.publish, **bundle.filters)
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
            entry["filters"] = _filters(bundle) if table.filtered else []
        entries.append({**entry, "cypher": recorder.taken()})
        if progress:
            progress("making the bundle", done + 1, len(steps))
    scans = _scans(graph, bundle)
    citation = _citation(scans, bundle)
    files["make-again.sh"] = _script(calls, bundle)
    files["manifest.json"] = _json(entries)
    files["inputs.json"] = _json(scans)
    files["versions.json"] = _json(_versions())
    files["definitions.md"] = _definitions()
    files["CITATION.txt"] = f"{citation}\n"
    files["README.txt"] = _readme(citation, scans, entries, bundle)
    files["SHA256SUMS"] = "".join(f"{_sha256(text)}  {name}\n" for name, text in sorted(files.items()))
    return _zipped(files)


def _shown(call: list[str]) -> str:
    return shlex.join(["cohabit", *call])


def _filters(bundle: Bundle) -> list[str]:
    return list(scope(bundle.filters).description())


def _scans(graph: Graph, bundle: Bundle) -> list[dict[str, Any]]:
    """The scans by their hashes; neither names of files, which can be anybody's, nor when they were loaded."""
    rows = graph.ask("scans", publish=bundle.publish).rows
    columns = ("sha256", "loader", "records", "first_seen", "last_seen", "simulated")
    return sorted(({name: row[name] for name in columns} for row in rows), key=lambda row: str(row["sha256"]))


def _versions() -> dict[str, str]:
    found = {"cohabit": __version__, "python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _citation(scans: list[dict[str, Any]], bundle: Bundle) -> str:
    days = sorted(str(row[name])[:10] for row in scans for name in ("first_seen", "last_seen") if row[name])
    seen = f"seen {days[0]} to {days[-1]}" if days else "without a date"
    hashes = ", ".join(str(row["sha256"])[:12] for row in scans[:3]) + (", …" if len(scans) > 3 else "")
    filters = "; ".join(_filters(bundle)) or "no filters"
    protected = protection(bundle.publish)
    parts = [
        f"AI models on exposed hosts: {count(len(scans), 'scan')}, {seen} (SHA-256 {hashes}); {visible(filters)}",
        *([protected.words] if protected else []),
        f"seed {bundle.seed}",
        f"computed with cohabit {__version__}",
    ]
    simulated = "SIMULATED DATA. " if any(row["simulated"] for row in scans) else ""
    return f"{simulated}{'; '.join(parts)}."


def _definitions() -> str:
    """The words, and what each table's columns are: the descriptions of the functions that compute them."""
    from cohabit.queries import (
        centrality,
        clusters,
        combinations,
        concentration,
        cooccurrence,
        info,
        lifetimes,
        quality,
        rank,
        risks,
        study,
        trends,
    )

    modules = (info, rank, cooccurrence, combinations, centrality, clusters, concentration)
    functions = [
        getattr(m, m.__name__.rpartition(".")[2]) for m in (*modules, trends, lifetimes, risks, quality, study)
    ]
    parts = [f"## {function.__name__}\n\n{inspect.getdoc(function)}\n" for function in functions]
    return "\n".join([_WORDS, *parts])


def _readme(citation: str, scans: list[dict[str, Any]], entries: list[dict[str, Any]], bundle: Bundle) -> str:
    protected = protection(bundle.publish)
    lines = [citation, ""]
    if protected:
        lines += [
            f"For everybody: {protected.words}. What fewer than {protected.k:,} hosts have in common is not in these "
            f"files; all numbers are rounded down to multiples of {protected.k:,}.",
            "",
        ]
    else:
        lines += [
            "NOT for everybody: made without --publish, so groups of a few hosts are in these files, and free names as "
            "scans found them.",
            "",
        ]
    lines += [
        "manifest.json   of every file: the command, the filters, the notes, and the Cypher behind it",
        f"inputs.json     the {count(len(scans), 'scan')}, by SHA-256",
        "versions.json   of the program and its libraries",
        "definitions.md  what the figures mean",
        "make-again.sh   makes tables, maps and report again, from a data folder with these scans",
        "SHA256SUMS      `sha256sum -c SHA256SUMS` checks the files",
        "",
        *(f"{', '.join(entry['files'])}\n    {entry['command']}" for entry in entries),
    ]
    return "\n".join(lines) + "\n"


def _script(calls: list[list[str]], bundle: Bundle) -> str:
    whole = _shown([*bundle.command("bundle", seeded=True), "-o", "study.zip"])
    lines = [
        "#!/bin/sh",
        "# Makes the tables, maps and report of this bundle again, into the folder where it is run.",
        f"# It takes cohabit {__version__} and a graph of the scans in inputs.json: in COHABIT_DATA (else",
        "# ./cohabit-data), or on the server that COHABIT_STORE names. The whole bundle again:",
        f"#   {visible(whole)}",
        "set -eu",
        "mkdir -p tables maps",
        *(_shown(call) for call in calls),
    ]
    return "\n".join(lines) + "\n"


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
