"""The map of models: hundreds to ten thousand dots, communities in colours, the strongest pairs as lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from cohabit.graph.incidence import Integers
from cohabit.graph.store import GraphStore
from cohabit.maps.canvas import MOST_NODES, Dots, Graph, graph_page
from cohabit.maps.data import Frame
from cohabit.maps.graph_still import graph_still
from cohabit.maps.packing import pack
from cohabit.maps.page import significant
from cohabit.maps.poster import not_linked
from cohabit.maps.request import Request, frame_of
from cohabit.queries.backbone import STRONGEST_PER_ITEM, weight
from cohabit.queries.communities import LEADING, found_communities
from cohabit.queries.onemode import OneMode, one_mode, published
from cohabit.queries.scope import read_incidence
from cohabit.text import visible

MOST_PAIRS = 5_000
COLOURS = 7
_UNLINKED = "not linked here"


def models(store: GraphStore, request: Request) -> str:
    """The map of the models of the hosts in scope."""
    return graph_page(_read(store, request))


def models_still(store: GraphStore, request: Request) -> str:
    """The same as an SVG file."""
    return graph_still(_read(store, request), request.width)


def _read(store: GraphStore, request: Request) -> Graph:
    incidence = read_incidence(store, request.scope)
    network = one_mode(incidence.at("model"))
    if request.protected:
        network = published(network, request.protected)
    frame = frame_of(
        store,
        request,
        incidence,
        title="Models found together more often than if independent",
        unit="model",
        base=network.base,
        caveats=_caveats(network),
    )
    return graph_of(frame, network, seed=request.seed, name=request.name)


def graph_of(frame: Frame, network: OneMode, *, seed: int = 0, name: Callable[[str], str] = str) -> Graph:
    """Lay the network out; the same network and seed give the same places. `name` says how a model is shown."""
    labels, inside = found_communities(network, seed)
    order = np.lexsort((np.arange(len(network.labels)), -network.hosts))[:MOST_NODES]
    place = np.full(len(network.labels), -1, np.int64)
    place[order] = np.arange(len(order))
    kept = _kept(network, place)
    drawn = set(network.backbone.edges)
    lift = network.weights("lift")
    ends = [(int(place[network.first[i]]), int(place[network.second[i]])) for i in kept.tolist()]
    edges = [
        (a, b, float(w))
        for i, (a, b), w in zip(kept.tolist(), ends, weight(network.both[kept], lift[kept]), strict=True)
        if i in drawn
    ]
    names = [name(network.labels[i]) for i in order.tolist()]
    hosts = network.hosts[order].tolist()
    # Communities are numbered by the hosts of their largest item; those outside the backbone are none.
    communities = [int(labels[i]) if inside[i] else -1 for i in order.tolist()]
    found = pack(hosts, communities, edges, seed=seed)
    legend, colour = _legend(names, communities)
    said = _community_names(names, communities)
    dots = Dots(
        names=names,
        hosts=hosts,
        groups=[said.get(community, _UNLINKED) for community in communities],
        colour=colour,
        places=found,
    )
    return Graph(
        frame,
        dots,
        pairs={
            "a": [a for a, _ in ends],
            "b": [b for _, b in ends],
            "hosts": network.both[kept].tolist(),
            "lift": [significant(value, 4) for value in lift[kept].tolist()],
        },
        drawn=[index for index, i in enumerate(kept.tolist()) if i in drawn],
        pairs_in_all=len(network.both),
        legend=legend,
        rule=_rule(network, len(kept)),
        unlinked=_unlinked(network, name),
    )


def _kept(network: OneMode, place: Integers) -> Integers:
    """Pairs of the file, in the network's order: the backbone and then the strongest, of items that are in the file."""
    there = (place[network.first] >= 0) & (place[network.second] >= 0)
    strength = weight(network.both, network.weights("lift"))
    strength[network.both < network.backbone.min_hosts] = 0
    strength[list(network.backbone.edges)] += strength.max(initial=0.0) + 1
    candidates = np.flatnonzero(there & (strength > 0))
    strongest = candidates[np.argsort(-strength[candidates], kind="stable")][:MOST_PAIRS]
    return np.sort(strongest).astype(np.int64)


def _community_names(names: Sequence[str], communities: Sequence[int]) -> dict[int, str]:
    """Each community by its leading models, the largest first (names come by hosts)."""
    leading: dict[int, list[str]] = {}
    for name, community in zip(names, communities, strict=True):
        if community >= 0:
            leading.setdefault(community, []).append(visible(name, 40))
    return {community: ", ".join(found[:LEADING]) for community, found in leading.items()}


def _legend(names: Sequence[str], communities: Sequence[int]) -> tuple[list[dict[str, str | int]], list[int]]:
    """Legend entries (text, items, colour) and the entry of each item: seven communities, the rest, unlinked."""
    sizes = np.bincount([c for c in communities if c >= 0], minlength=1)
    largest = [int(c) for c in np.lexsort((np.arange(len(sizes)), -sizes)) if sizes[c]][:COLOURS]
    said = _community_names(names, communities)
    legend: list[dict[str, str | int]] = [
        {"text": said[community], "items": int(sizes[community]), "colour": index}
        for index, community in enumerate(largest)
    ]
    entry = {community: index for index, community in enumerate(largest)}
    for text, wanted in (("smaller communities", True), (_UNLINKED, False)):
        rest = [c for c in communities if (c >= 0) is wanted and c not in entry]
        if rest:
            entry |= dict.fromkeys(rest, len(legend))
            legend.append({"text": text, "items": len(rest), "colour": COLOURS})
    return legend, [entry[community] for community in communities]


def _rule(network: OneMode, kept: int) -> str:
    found = network.backbone
    left = len(network.labels) - MOST_NODES
    out = f" The {left:,} models on fewest hosts are left out." if left > 0 else ""
    return (
        f"Lines: {len(found.edges):,} of {len(network.both):,} pairs, with lift above 1 on at least "
        f"{found.min_hosts:,} hosts; of these the {STRONGEST_PER_ITEM} strongest of each model and a maximum spanning "
        f"tree (strength = log2 lift × ln(1 + hosts)). The file holds the {kept:,} strongest pairs; `cohabit "
        f"cooccurrence --level model` has all.{out} Communities: Leiden on the lines, named by their largest models; "
        "each is drawn as a disc of its own. Dot area follows hosts (the smallest dots are drawn larger). Distance is "
        "not a measure."
    )


def _unlinked(network: OneMode, name: Callable[[str], str]) -> str:
    """What is to be said of the pair on most hosts where it has no line; nothing where it has one."""
    if not len(network.both):
        return ""
    first = int(network.both.argmax())
    if first in network.backbone.edges:
        return ""
    a, b = (name(network.labels[int(ends[first])]) for ends in (network.first, network.second))
    return not_linked(a, b, int(network.both[first]), float(network.weights("lift")[first]))


def _caveats(network: OneMode) -> list[str]:
    if not network.backbone.edges:
        return ["No pair has lift above 1: nothing is linked."]
    return [
        "Lines are tendencies of these hosts, not tested one by one; `cohabit clusters --level model` gives "
        "communities of the significant pairs and how stable they are."
    ]
