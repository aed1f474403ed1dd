"""What the shell offers for a value: names from the graph, and the words that an option takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import typer

# A shell puts what it is offered on the command line as it is. Names were chosen by strangers, so only those are
# offered that no shell takes for anything but a word.
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:/@+-]*")
_MOST = 300

Complete = Callable[[typer.Context, str], list[str]]


def words(*offered: str) -> Complete:
    """Complete one of these words."""
    return lambda ctx, incomplete: [word for word in offered if word.startswith(incomplete)]


def names(cypher: str) -> Complete:
    """Complete what a statement returns as `name`: from the graph that the options or the environment give."""

    def complete(ctx: typer.Context, incomplete: str) -> list[str]:
        return _starting(incomplete, _asked(ctx, cypher))

    return complete


def _asked(context: typer.Context, cypher: str) -> list[str]:
    from cohabit.errors import CohabitError
    from cohabit.graph.store import data_folder, opened

    given = context.params
    try:
        with opened(data_folder(given.get("data")), given.get("store")) as store:
            return [str(name) for name in store.table(cypher).column("name").to_pylist()]
    except CohabitError:
        # There is no good place for a message between two keys; the command itself will say it.
        return []


def _starting(begun: str, offered: Sequence[str]) -> list[str]:
    return sorted({name for name in offered if _PLAIN.fullmatch(name) and name.startswith(begun)})[:_MOST]


def _nodes(label: str, key: str = "name") -> Complete:
    return names(f"MATCH (n:{label}) RETURN n.{key} AS name")


models, families, lines, labs = (_nodes(label) for label in ("Model", "Family", "Line", "Lab"))


def items(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete a name of the level that the command was given (family, without one)."""
    level = str(ctx.params.get("level") or "family")
    at = {"model": models, "line": lines, "lab": labs, "lab-country": _nodes("Country", "code")}
    return at.get(level, families)(ctx, incomplete)


COMPLETED: dict[str, Complete] = {
    "level": words("model", "family", "line", "lab", "lab-country"),
    "by": words("country", "network", "provider", "provider-kind", "software"),
    "format": words("table", "json", "csv", "markdown", "parquet"),
    "model": models,
    "family": families,
    "line": lines,
    "lab": labs,
    "items": items,
    "item": items,
    "has": families,
    "without": families,
    "country": _nodes("Country", "code"),
    "network": _nodes("Network", "asn"),
    "provider": _nodes("Provider"),
    "software": _nodes("Software"),
}
"""By the name of the parameter; of others each command says it itself."""


def kinds(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete a kind of map."""
    from cohabit.maps.kinds import KINDS

    return [kind for kind in KINDS if kind.startswith(incomplete)]


def saved(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete the name of a saved query."""
    from cohabit.queries.saved import saved_queries

    return [name for name in saved_queries() if name.startswith(incomplete)]
