"""What is said of pairs in sentences: what was found, what the names in it stand for, and of which time it is."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cohabit.graph.incidence import Incidence, ItemMatrix
from cohabit.graph.store import GraphStore
from cohabit.queries.protection import Protection
from cohabit.queries.result import ForAll, Row
from cohabit.queries.scope import Scope, days_seen
from cohabit.queries.words import count, percent
from cohabit.text import visible

NOT_AVOIDED = (
    "Fewer than independent is not yet avoidance: hosts with no known item are missing, and of two frequent items "
    "those with neither are few (docs/methods.md). Its p is `p_fewer` with --null hypergeometric."
)

_PROFILED = 3
_LINES = 3


def headline(incidence: Incidence, matrix: ItemMatrix, rows: list[Row], named: list[int]) -> str:
    """What was found, in a sentence: of a pair, of one item, or of all pairs."""
    multi = count(incidence.multi_model_hosts, "multi-model host")
    if len(named) == 2:
        return _pair_sentence(rows[0], multi)
    if named:
        return _profile_sentence(matrix, rows, named[0])
    if not rows:
        return f"No two items of level {matrix.level} live together on {count(len(incidence.hosts), 'host')}."
    top = rows[0]
    return (
        f"{count(len(rows), 'pair')} at level {matrix.level} on {multi}; first: "
        f"{top['a']} and {top['b']} on {count(top['hosts'], 'host')}."
    )


def _pair_sentence(r: Row, multi: str) -> str:
    if not r["hosts"]:
        return (
            f"No host lists both {r['a']} and {r['b']} ({count(r['hosts_a'], 'host')} with {r['a']}, "
            f"{count(r['hosts_b'], 'host')} with {r['b']})."
        )
    return (
        f"{count(r['hosts'], 'host')} {'lists' if r['hosts'] == 1 else 'list'} both: "
        f"{percent(r['share_of_multi_model_hosts'])} of the {multi}, {percent(r['share_of_a'])} of the "
        f"{r['hosts_a']:,} with {r['a']}, {percent(r['share_of_b'])} of the {r['hosts_b']:,} with {r['b']}."
    )


def _profile_sentence(matrix: ItemMatrix, rows: list[Row], item: int) -> str:
    """What else the hosts of one item run: the most frequent others, and how many list no other."""
    label, own = matrix.labels[item], matrix.hosts_of(item)
    if not len(own):
        return f"No host lists {label}."
    degrees = np.bincount(matrix.rows, minlength=matrix.host_count)
    alone = np.count_nonzero(degrees[own] == 1) / len(own)
    top = sorted(rows, key=lambda r: (-r["hosts"], r["b"]))[:_PROFILED]
    parts = [f"{percent(r['share_of_a'])} {'' if i else 'also list '}{r['b']}" for i, r in enumerate(top)]
    others = ", ".join(parts) + "; " if parts else ""
    level = matrix.level.replace("-", " ")
    return f"Of the {count(len(own), 'host')} with {label}, {others}{percent(alone)} list no other {level}."


def of_names(incidence: Incidence, matrix: ItemMatrix, named: list[int], protected: Protection | None) -> Iterator[str]:
    """What a name stands for: a family is no product, and a line often has the name of a family with many more."""
    families, lines = incidence.models.items["family"], incidence.models.items["line"]
    labels = [matrix.labels[i] for i in named]
    if matrix.level == "family" and named:
        yield (
            "A family is an architecture, whoever made the model; by product line (--level line, with names of "
            "lines) the figure is another, and can be far lower."
        )
        yield ForAll(f"Lines here, by hosts: {'; '.join(_lines_of(incidence, one, protected) for one in labels)}.")
    if matrix.level == "line":
        for name in labels:
            others = {line for family, line in zip(families, lines, strict=True) if family == name and line} - {name}
            if others:
                more = "more lines" if protected else count(len(others), "more line")
                yield ForAll(
                    f"The line {visible(name, 60)} is not the family {visible(name, 60)}, which has {more} here; "
                    "`study` counts families by all their lines."
                )


def _lines_of(incidence: Incidence, family: str, protected: Protection | None) -> str:
    """The lines of a family that most hosts in scope have, in words; of what is published those that it may name."""
    models = incidence.models
    own = np.array([item == family for item in models.items["family"]], bool)[incidence.model_index]
    of_line: dict[str, set[int]] = {}
    for host, model in zip(incidence.host_index[own].tolist(), incidence.model_index[own].tolist(), strict=True):
        of_line.setdefault(models.items["line"][model] or "unknown", set()).add(host)
    hosts = {line: len(own) for line, own in of_line.items()}
    if protected:
        hosts = {line: said for line, exact in hosts.items() if (said := protected.count(exact))}
    largest = sorted(hosts, key=lambda line: (line == "unknown", -hosts[line], line))
    shown = ", ".join(visible(line, 60) for line in largest[:_LINES]) or "none"
    more = f" and {len(largest) - _LINES:,} more" if len(largest) > _LINES else ""
    if protected:
        more = " and others" if len(of_line) > _LINES else ""
    return f"{visible(family, 60)} is {shown}{more}"


def ever_seen(store: GraphStore, scope: Scope, named: list[int]) -> Iterator[str]:
    """That without a time everything counts that was ever seen, and from when to when that is."""
    if named and (days := days_seen(store, scope)):
        first, last = days
        yield ForAll(
            f"Ever seen, {first} to {last}, the two not necessarily at once: --at {last} counts what was listed then, "
            "--every month how it went."
        )
