"""The one-mode network of a level: its items with their hosts and its pairs, as maps need them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from cohabit.graph.incidence import Incidence
from cohabit.graph.store import GraphStore
from cohabit.queries import cooccurrence as pairs_of
from cohabit.queries.info import figures
from cohabit.queries.protection import Protection
from cohabit.queries.publishing import published as published_answer
from cohabit.queries.publishing_rules import PAIRS
from cohabit.queries.result import Result
from cohabit.queries.scope import Scope, read_incidence


@dataclass(frozen=True)
class ItemNetwork:
    """`items` maps each known item to its hosts; `lab_countries` to the country of the labs behind most of its
    deployments (None: unknown). `pairs` is the co-occurrence of all of them; `base`, `hosts` and `multi_model_hosts`
    count hosts in scope (published, 0 is fewer than K). `first_seen`, `last_seen` and `scans` describe the whole graph.
    """

    items: dict[str, int]
    lab_countries: dict[str, str | None]
    pairs: Result
    base: int
    hosts: int
    multi_model_hosts: int
    first_seen: str
    last_seen: str
    scans: int


def item_network(store: GraphStore, level: str, scope: Scope) -> ItemNetwork:
    """Read the network of a level for the hosts in scope."""
    incidence = read_incidence(store, scope)
    matrix = incidence.at(level)
    about = figures(store)
    counts = zip(matrix.labels, matrix.hosts_per_item.tolist(), strict=True)
    items = {label: hosts for label, hosts in counts if hosts}
    return ItemNetwork(
        items=items,
        lab_countries=_lab_countries(incidence, level),
        pairs=pairs_of.cooccurrence(store, level=level, scope=scope),
        base=matrix.base,
        hosts=len(incidence.hosts),
        multi_model_hosts=incidence.multi_model_hosts,
        first_seen=about["first_seen"] or "",
        last_seen=about["last_seen"] or "",
        scans=about["scans"],
    )


def published(network: ItemNetwork, protected: Protection) -> ItemNetwork:
    """The network that may be published: items and pairs of K hosts or more, without the row of what is folded."""
    items = {name: hosts for name, exact in network.items.items() if (hosts := protected.count(exact))}
    pairs = published_answer(network.pairs, PAIRS, protected)
    return replace(
        network,
        items=items,
        lab_countries={name: country for name, country in network.lab_countries.items() if name in items},
        pairs=replace(pairs, rows=[row for row in pairs.rows if row["a"] in items]),
        base=protected.count(network.base) or 0,
        hosts=protected.count(network.hosts) or 0,
        multi_model_hosts=protected.count(network.multi_model_hosts) or 0,
    )


def _lab_countries(incidence: Incidence, level: str) -> dict[str, str | None]:
    """Vote over deployments; ties go to the country that sorts first."""
    items, countries = incidence.models.items[level], incidence.models.items["lab-country"]
    votes: dict[str, Counter[str]] = {}
    for model in incidence.model_index.tolist():
        item, country = items[model], countries[model]
        if item is not None:
            votes.setdefault(item, Counter())
            if country is not None:
                votes[item][country] += 1
    return {item: min(found, key=_order(found)) if found else None for item, found in votes.items()}


def _order(votes: Counter[str]) -> Callable[[str], tuple[int, str]]:
    return lambda country: (-votes[country], country)
