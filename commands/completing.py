"""What the shell offers for a value: names from the graph, and the words that an option takes."""

from __future__ import annotations

import contextlib
import io
import os
import re
from collections.abc import Callable, Iterator, Sequence

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
        return _starting(incomplete, _asked(ctx, [cypher])[0])

    return complete


def _asked(context: typer.Context, statements: Sequence[str]) -> list[list[str]]:
    """What each of the statements returns as `name`; nothing at all where the graph cannot be read."""
    from cohabit.errors import CohabitError
    from cohabit.graph.store import data_folder, opened

    given = context.params
    try:
        with opened(data_folder(given.get("data")), given.get("store")) as store:
            return [[str(name) for name in store.table(cypher).column("name").to_pylist()] for cypher in statements]
    except CohabitError:
        # There is no good place for a message between two keys; the command itself will say it.
        return [[] for _ in statements]


def _starting(begun: str, offered: Sequence[str]) -> list[str]:
    from cohabit.privacy import holds_address

    fitting = sorted({name for name in offered if name.startswith(begun) and _PLAIN.fullmatch(name)})
    # Nobody asked for an address that stands in a name.
    return [name for name in fitting if not holds_address(name)][:_MOST]


def _nodes(label: str, key: str = "name") -> str:
    return f"MATCH (n:{label}) RETURN n.{key} AS name"


_AT_LEVEL = {
    "model": _nodes("Model"),
    "family": _nodes("Family"),
    "line": _nodes("Line"),
    "lab": _nodes("Lab"),
    "lab-country": "MATCH (:Lab)-[:BASED_IN]->(c:Country) RETURN DISTINCT c.code AS name",
}
models, families, lines, labs = (names(_AT_LEVEL[level]) for level in ("model", "family", "line", "lab"))


def items(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete a name of the level that the command was given (family, without one), also after `LEVEL:`.

    What is asked about digests is about models.
    """
    of_digests = ctx.params.get("view") == "digests" or ctx.params.get("digests") is True
    level = "model" if of_digests else str(ctx.params.get("level") or "family")
    return _at_levels(ctx, incomplete, (level,) if level in _AT_LEVEL else ("family",))


def any_items(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete a name of any level, or `LEVEL:` and a name of that level."""
    return _at_levels(ctx, incomplete, tuple(_AT_LEVEL))


def countries(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete a code of a country in the graph, or a group of countries; behind a comma another one."""
    from cohabit.queries.countries import groups

    before, comma, begun = incomplete.rpartition(",")
    (found,) = _asked(ctx, [_nodes("Country", "code")])
    return [f"{before}{comma}{name}" for name in _starting(begun, [*found, *groups()])]


def _at_levels(context: typer.Context, begun: str, levels: Sequence[str]) -> list[str]:
    level, colon, _ = begun.partition(":")
    if colon and level in levels:
        (found,) = _asked(context, [_AT_LEVEL[level]])
        return _starting(begun, [f"{level}:{name}" for name in found])
    found_at = _asked(context, [_AT_LEVEL[level] for level in levels])
    return _starting(begun, [name for found in found_at for name in found])


def advisories(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete the identifier of an advisory, or `any`."""
    from cohabit.queries.advisories import ANY, bundled

    return words(ANY, *sorted({advisory.id for advisory in bundled()}))(ctx, incomplete)


def sorts(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete a column to sort by."""
    from cohabit.queries import centrality, cooccurrence

    return words(*(centrality.SORTS if ctx.info_name == "centrality" else cooccurrence.SORTS))(ctx, incomplete)


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
    "has": any_items,
    "without": any_items,
    "country": countries,
    "not_country": countries,
    "network": names(_nodes("Network", "asn")),
    "provider": names(_nodes("Provider")),
    "software": names(_nodes("Software")),
    "advisory": advisories,
    "severity": words("critical", "high", "medium", "low"),
    "every": words("month", "week"),
    "null": words("bicm", "hypergeometric"),
    "weight": words("hosts", "jaccard", "lift"),
    "engine": words("local", "gds"),
    "sort": sorts,
}
"""By the name of the parameter; of others each command says it itself."""


def kinds(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete a kind of map."""
    from cohabit.maps.kinds import KINDS

    return [kind for kind in KINDS if kind.startswith(incomplete)]


def saved(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete the name of a saved query, built in or one's own."""
    from cohabit.errors import CohabitError
    from cohabit.graph.store import data_folder
    from cohabit.queries.own_queries import known_queries
    from cohabit.queries.saved import saved_queries

    try:
        known = known_queries(data_folder(ctx.params.get("data")))
    except CohabitError:
        known = saved_queries()
    return _starting(incomplete, list(known))


@contextlib.contextmanager
def whole_words() -> Iterator[None]:
    """Let bash complete words that hold a colon, as names of models do.

    bash takes a colon for the end of a word (COMP_WORDBREAKS), unless the word is quoted: `qwen3:8` reaches its script
    as three words, and what is offered takes the place of the last. So the words are put together before they are
    read, and what stands up to the last colon is taken off what is offered.
    """
    if os.environ.get("_COHABIT_COMPLETE") != "complete_bash":
        yield
        return
    words, before = _joined(os.environ.get("COMP_WORDS", "").split("\n"), os.environ.get("COMP_CWORD", ""))
    if words is None:
        yield
        return
    os.environ.update(COMP_WORDS="\n".join(words), COMP_CWORD=str(len(words) - 1))
    offered = io.StringIO()
    try:
        with contextlib.redirect_stdout(offered):
            yield
    finally:
        for line in offered.getvalue().splitlines():
            print(line.removeprefix(before))


def _joined(cut: Sequence[str], current: str) -> tuple[list[str] | None, str]:
    """Words up to the current one as they were typed, and what of that one bash keeps; None: bash cut none of them."""
    if not current.isdecimal():
        return None, ""
    joined: list[str] = []
    before, after_colon, changed = "", False, False
    for word in cut[: int(current) + 1]:
        is_colon = bool(word) and not word.strip(":")
        if joined and (is_colon or (after_colon and word)):
            # After a colon comes what belongs to it, or an empty word: the next one, of which nothing is typed yet.
            joined[-1] += word
            before = joined[-1] if is_colon else joined[-1].removesuffix(word)
            changed = True
        else:
            joined.append(word)
            before = ""
        after_colon = is_colon
    return (joined if changed else None), before
