"""The map of hosts: the bipartite graph of the hosts that the filters choose and the models on them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cohabit.graph.incidence import Incidence, Integers, ItemMatrix, addresses_of
from cohabit.graph.store import GraphStore
from cohabit.maps.canvas import MOST_NODES, Dots, Graph, graph_page
from cohabit.maps.data import Frame
from cohabit.maps.graph_still import graph_still
from cohabit.maps.packing import GAP, Packed, Points, apart, pack
from cohabit.maps.request import Request, frame_of
from cohabit.queries.combinations import exact_sets
from cohabit.queries.leiden import leiden
from cohabit.queries.onemode import one_mode, symmetric
from cohabit.queries.publishing_rules import refuse_hosts
from cohabit.queries.scope import read_incidence
from cohabit.queries.words import count

# More lines than this are a smear, whatever the browser can draw; of sets of hosts fewer say more.
MOST_LINES = 8_000
MOST_LINES_OF_SETS = 2_500
_PARTNERS = 2
_MODEL, _HOST = 20.0, 2.2
_LARGEST_SET = 12.0
_GOLDEN = 2.399963


@dataclass(frozen=True)
class Unit:
    """A dot that stands for hosts: their number, name, and models (positions in the matrix's labels)."""

    name: str
    hosts: int
    models: tuple[int, ...]


def hosts(store: GraphStore, request: Request) -> str:
    """The map of the hosts in scope; addresses go through `request.show`."""
    return graph_page(_read(store, request))


def hosts_still(store: GraphStore, request: Request) -> str:
    """The same as an SVG file."""
    return graph_still(_read(store, request), request.width)


def _read(store: GraphStore, request: Request) -> Graph:
    refuse_hosts(request.protected, "map hosts", "map families or models instead")
    incidence = read_incidence(store, request.scope)
    matrix = incidence.at("model")
    units, rule = _units(store, request, incidence, matrix)
    frame = frame_of(
        store,
        request,
        incidence,
        title="Hosts and the models on them",
        unit="model",
        base=matrix.base,
        caveats=["Two hosts near each other run similar models; distance is not a measure."],
    )
    return graph_of(frame, matrix, units, rule, seed=request.seed, name=request.name)


def _units(store: GraphStore, request: Request, incidence: Incidence, matrix: ItemMatrix) -> tuple[list[Unit], str]:
    models = int(np.count_nonzero(matrix.hosts_per_item))
    if matrix.base + models <= MOST_NODES and len(matrix.rows) <= MOST_LINES:
        return _single(store, request, incidence, matrix), (
            f"Every one of the {matrix.base:,} hosts with a model is a dot, with a line to each of its models."
        )
    units = _sets(matrix)
    return units, (
        f"There are too many hosts to draw each: those with exactly the same models are one dot, its area follows "
        f"their number. {_left_out(matrix, units)} Narrow it with filters (--has, --country, --provider …) to see "
        "single hosts."
    )


def _single(store: GraphStore, request: Request, incidence: Incidence, matrix: ItemMatrix) -> list[Unit]:
    """One dot a host, in the order of what is shown of the addresses."""
    own = [request.show(address) for address in addresses_of(store, incidence.hosts)]
    bounds = np.searchsorted(matrix.rows, np.arange(matrix.host_count + 1))
    units = [
        Unit(own[host], 1, tuple(matrix.columns[bounds[host] : bounds[host + 1]].tolist()))
        for host in range(matrix.host_count)
        if bounds[host + 1] > bounds[host]
    ]
    return sorted(units, key=lambda unit: unit.name)


def _sets(matrix: ItemMatrix) -> list[Unit]:
    """One dot an exact set of models, most hosts first, as many as the limits of dots and lines allow."""
    sets, of_host = exact_sets(matrix)
    numbers = np.bincount(of_host[of_host >= 0], minlength=len(sets))
    order = np.lexsort((np.arange(len(sets)), -numbers)).tolist()
    units: list[Unit] = []
    models: set[int] = set()
    lines = 0
    for index in order:
        more = models | set(sets[index])
        lines += len(sets[index])
        if len(units) + 1 + len(more) > MOST_NODES or lines > MOST_LINES_OF_SETS:
            break
        models = more
        number = int(numbers[index])
        name = f"{count(number, 'host')} with exactly {count(len(sets[index]), 'model')} (set {len(units) + 1})"
        units.append(Unit(name, number, tuple(sets[index])))
    return units


def _left_out(matrix: ItemMatrix, units: list[Unit]) -> str:
    shown = sum(unit.hosts for unit in units)
    models = len({model for unit in units for model in unit.models})
    everything = int(np.count_nonzero(matrix.hosts_per_item))
    if shown == matrix.base:
        return f"All {matrix.base:,} hosts with a model are in it."
    return (
        f"Shown are {shown:,} of {matrix.base:,} hosts and {models:,} of {everything:,} models; left out are hosts "
        "whose set of models is rarest."
    )


def graph_of(
    frame: Frame,
    matrix: ItemMatrix,
    units: list[Unit],
    rule: str,
    *,
    seed: int = 0,
    name: Callable[[str], str] = str,
) -> Graph:
    """Lay the graph out; the same input and seed give the same places. `name` says how a model is shown."""
    used = sorted({model for unit in units for model in unit.models})
    totals = matrix.hosts_per_item
    order = sorted(used, key=lambda model: (-int(totals[model]), matrix.labels[model]))
    place = {model: index for index, model in enumerate(order)}
    first = len(order)
    lines = [(place[model], first + index) for index, unit in enumerate(units) for model in unit.models]
    names = [name(matrix.labels[model]) for model in order] + [unit.name for unit in units]
    numbers = [int(totals[model]) for model in order] + [unit.hosts for unit in units]
    found = _places(matrix, order, units, seed)
    legend: list[dict[str, str | int]] = [
        {"text": "models", "items": first, "colour": 1},
        {
            "text": "hosts" if all(unit.hosts == 1 for unit in units) else "hosts with the same models",
            "items": len(units),
            "colour": 0,
        },
    ]
    return Graph(
        frame,
        Dots(names, numbers, ["model"] * first + ["host"] * len(units), [0] * first + [1] * len(units), found),
        pairs={"a": [a for a, _ in lines], "b": [b for _, b in lines], "hosts": [numbers[b] for _, b in lines]},
        drawn=list(range(len(lines))),
        pairs_in_all=len(matrix.rows),
        legend=legend if units else [],
        rule=f"{rule} A host stands between its models, nearer to the rarer ones.",
        hosts_are_dots=True,
    )


def _places(matrix: ItemMatrix, order: list[int], units: list[Unit], seed: int) -> Packed:
    """Models by what they live with; each unit at the weighted mean of its models, then pushed apart."""
    if not order:
        return Packed((), (), (), None)
    totals = [int(matrix.hosts_per_item[model]) for model in order]
    edges = _partners(matrix, order)
    ends = (np.array([a for a, _, _ in edges], np.int64), np.array([b for _, b, _ in edges], np.int64))
    graph = symmetric(*ends, np.array([w for _, _, w in edges], np.float64), len(order))
    group = leiden(graph, seed=seed).tolist()
    linked = {end for a, b, _ in edges for end in (a, b)}
    # Models that are always alone make one community, or there would be thousands of one.
    group = [own if index in linked else len(order) for index, own in enumerate(group)]
    packed = pack(totals, group, edges, seed=seed, tray=False)
    top = max(totals)
    most = max((unit.hosts for unit in units), default=1)
    single = most == 1
    radius = np.array(
        [max(_HOST + 0.6, _MODEL * math.sqrt(n / top)) for n in totals]
        + [_HOST if single else max(_HOST - 0.6, _LARGEST_SET * math.sqrt(unit.hosts / most)) for unit in units]
    )
    anchors: Points = np.column_stack([packed.x, packed.y])
    # Room for the dots that come between the models.
    span = np.maximum(np.ptp(anchors, axis=0), 200.0)
    anchors *= max(1.0, math.sqrt(2.5 * float(np.sum((2 * radius + GAP) ** 2)) / float(span[0] * span[1])))
    place = {model: index for index, model in enumerate(order)}
    met: dict[tuple[int, ...], int] = {}
    spots = []
    for index, unit in enumerate(units):
        turn = met.get(unit.models, 0)
        met[unit.models] = turn + 1
        own = [place[model] for model in unit.models]
        # Rare models say more about a host than those that all have; else every host would stand in the middle.
        weights = np.array([1 / math.sqrt(totals[i]) for i in own])
        middle = np.average(anchors[own], axis=0, weights=weights)
        # Round its model, where there is only one; on a spiral, where others have the same.
        far = (radius[own[0]] + 6 if len(own) == 1 else 0.0) + 2.6 * _HOST * math.sqrt(turn)
        angle = _GOLDEN * (turn if len(own) == 1 or turn else index)
        spots.append(middle + far * np.array([math.cos(angle), math.sin(angle)]))
    points = np.vstack([anchors, np.array(spots).reshape(-1, 2)])
    points = np.round(apart(points, radius), 1)
    return Packed(tuple(points[:, 0].tolist()), tuple(points[:, 1].tolist()), tuple(np.round(radius, 1).tolist()), None)


def _partners(matrix: ItemMatrix, order: list[int]) -> list[tuple[int, int, float]]:
    """Edges between each model and the two that it shares most hosts with, by Jaccard: for the places only."""
    network = one_mode(matrix)
    position = {label: index for index, label in enumerate(matrix.labels)}
    place = {model: index for index, model in enumerate(order)}
    weights = network.weights("jaccard")
    own: Integers = np.array([place.get(position[label], -1) for label in network.labels], np.int64)
    taken = np.zeros(len(order), np.int64)
    edges = []
    for i in np.argsort(-weights, kind="stable").tolist():
        a, b = int(own[network.first[i]]), int(own[network.second[i]])
        if a >= 0 and b >= 0 and (taken[a] < _PARTNERS or taken[b] < _PARTNERS):
            taken[a] += 1
            taken[b] += 1
            edges.append((a, b, float(weights[i])))
    return edges
