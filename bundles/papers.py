"""The papers of a bundle: which scans, which versions, what the words mean, how to cite, how to make it again."""

from __future__ import annotations

import inspect
import platform
import shlex
from importlib import metadata
from typing import Any

from cohabit import __version__
from cohabit.bundles.contents import Bundle, shown
from cohabit.queries.protection import protection
from cohabit.queries.words import count
from cohabit.session import Graph
from cohabit.text import visible

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

# What the script makes, as the list of hashes has it.
_MADE = "grep -E ' (tables/|maps/|report)'"

_WORDS = """# What the figures mean

A **host** is an IP address, or a DNS name where the source gives none; it counts once, however often it was seen. An
**observation** is one answer of one host and port in one second. A **model** is a model reference with its tag, its
**family** the architecture that most hosts report for it, its **line** the product line by its name, its **lab** who
published the line. **Co-deployed** is what one host lists within the time window, not necessarily at the same moment.
A **network** carries a host, a **provider** runs the network; neither is the host's owner.

Each table as the program describes it:
"""


def scans(graph: Graph, bundle: Bundle) -> list[dict[str, Any]]:
    """The scans by their hashes; neither names of files, which can be anybody's, nor when they were loaded."""
    rows = graph.ask("scans", publish=bundle.publish).rows
    columns = ("sha256", "loader", "records", "first_seen", "last_seen", "simulated")
    return sorted(({name: row[name] for name in columns} for row in rows), key=lambda row: str(row["sha256"]))


def versions() -> dict[str, str]:
    """Those of the program, Python, and the libraries that are there."""
    found = {"cohabit": __version__, "python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def citation(scans: list[dict[str, Any]], bundle: Bundle) -> str:
    """One sentence to cite."""
    days = sorted(str(row[name])[:10] for row in scans for name in ("first_seen", "last_seen") if row[name])
    seen = f"seen {days[0]} to {days[-1]}" if days else "without a date"
    hashes = ", ".join(str(row["sha256"])[:12] for row in scans[:3]) + (", …" if len(scans) > 3 else "")
    filters = "; ".join(bundle.described()) or "no filters"
    protected = protection(bundle.publish)
    about = f"AI models on exposed hosts, {bundle.source}" if bundle.source else "AI models on exposed hosts"
    parts = [
        f"{about}: {count(len(scans), 'scan')}, {seen} (SHA-256 {hashes}); {visible(filters)}",
        *([protected.words] if protected else []),
        f"seed {bundle.seed}",
        f"computed with cohabit {__version__}",
    ]
    simulated = "SIMULATED DATA. " if any(row["simulated"] for row in scans) else ""
    return f"{simulated}{'; '.join(parts)}."


def definitions() -> str:
    """The words, and what each table's columns are: the descriptions of the functions that compute them."""
    from cohabit.queries import (
        centrality,
        clusters,
        combinations,
        compare,
        concentration,
        cooccurrence,
        info,
        lifetimes,
        monoculture,
        pair_places,
        pair_series,
        quality,
        rank,
        risks,
        spread,
        study,
        trends,
    )

    modules = (info, rank, cooccurrence, pair_series, pair_places, combinations, centrality, clusters)
    others = (concentration, spread, trends, lifetimes, risks, monoculture, quality, study, compare)
    functions = [getattr(m, m.__name__.rpartition(".")[2]) for m in (*modules, *others)]
    parts = [f"## {function.__name__}\n\n{inspect.getdoc(function)}\n" for function in functions]
    return "\n".join([_WORDS, *parts])


def lines_about(citation: str, bundle: Bundle) -> tuple[str, ...]:
    """What stands around all figures: how to cite them, and for whom they are."""
    protected = protection(bundle.publish)
    if protected:
        said = (
            f"For everybody: {protected.words}. What fewer than {protected.k:,} hosts have in common is not in these "
            f"files; all numbers are rounded down to multiples of {protected.k:,}."
        )
    else:
        said = (
            "NOT for everybody: made without --publish, so groups of a few hosts are in these files, and free names as "
            "scans found them."
        )
    return citation, said


def readme(citation: str, scans: list[dict[str, Any]], entries: list[dict[str, Any]], bundle: Bundle) -> str:
    """What each file is, and for whom all of it is."""
    lines = [line for part in lines_about(citation, bundle) for line in (part, "")]
    lines += [
        "All of it again, as a file with the same SHA-256, from a data folder with these scans (needs these versions):",
        f"    {visible(_whole(bundle))}",
        "",
        "manifest.json   of every file: the command, the filters, the notes, and the Cypher behind it",
        f"inputs.json     the {count(len(scans), 'scan')}, by SHA-256",
        "versions.json   of the program and its libraries",
        "definitions.md  what the figures mean",
        "tables.xlsx     the tables in one workbook, a sheet each; the first says which, with commands and notes",
        *(["queries/        the Cypher of queries of one's own"] if _own(bundle) else []),
        "make-again.sh   makes tables, maps and report one by one instead, which takes longer, and says what it is at",
        "SHA256SUMS      `sha256sum -c SHA256SUMS` checks the files; in a folder where make-again.sh ran, without",
        f"                manifest, workbook and papers: `{_MADE} SHA256SUMS | sha256sum -c`",
        "",
        *(f"{', '.join(entry['files'])}\n    {visible(entry['command'])}" for entry in entries),
    ]
    return "\n".join(lines) + "\n"


def _own(bundle: Bundle) -> bool:
    """Whether the bundle has queries in files."""
    return any(query.text is not None for query in bundle.queries)


def _whole(bundle: Bundle) -> str:
    """The command that makes the bundle again."""
    return shown([*bundle.itself(), "-o", "study.zip"])


def script(calls: list[list[str]], bundle: Bundle) -> str:
    """A shell script that makes the tables and pages again."""
    files = [call[-1] for call in calls]
    lines = [
        "#!/bin/sh",
        "# Makes the tables, maps and report of this bundle again, into the folder where it is run; some minutes.",
        f"# It takes cohabit {__version__} and a graph of the scans in inputs.json: in COHABIT_DATA (else",
        "# ./cohabit-data), or on the server that COHABIT_STORE names. Quicker, and the whole bundle again:",
        f"#   {visible(_whole(bundle))}",
        f"# To compare: {_MADE} /the/bundle/SHA256SUMS | sha256sum -c",
        "set -eu",
        "mkdir -p tables maps",
        *(['[ -d queries ] || cp -R "$(dirname "$0")/queries" .'] if _own(bundle) else []),
        *(
            f"{shlex.join(['echo', f'{number} of {len(calls)}: {file}'])} >&2\n{shown(call)}"
            for number, (file, call) in enumerate(zip(files, calls, strict=True), 1)
        ),
    ]
    return "\n".join(lines) + "\n"
