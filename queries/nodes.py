"""How central the nodes of an undirected weighted graph are. Definitions and values are those of networkx.

A graph is a symmetric sparse matrix of positive weights without a diagonal; a measure is one value a node. Arithmetic
on arrays, because networkx takes minutes for the pairs of a thousand models.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cohabit.graph.incidence import Integers
from cohabit.graph.store import Progress
from cohabit.queries.measures import Floats

if TYPE_CHECKING:
    import scipy.sparse as sp

    Graph = sp.csr_array[Any]

DAMPING = 0.85
# Up to this many nodes a dense matrix is quicker.
_DENSE = 400
_CHUNK = 64


def degrees(graph: Graph) -> Integers:
    """Number of neighbours of each node."""
    return np.diff(graph.indptr).astype(np.int64)


def strengths(graph: Graph) -> Floats:
    """Sum of the weights at each node (Barrat et al. 2004)."""
    return np.asarray(graph.sum(axis=1), np.float64).ravel()


def pagerank(graph: Graph) -> Floats:
    """PageRank (Brin & Page 1998) with α = 0.85 on the weights; the values sum to 1.

    A node without neighbours passes its rank on to all nodes alike, so its own is small but not 0.
    """
    size = graph.shape[0]
    if not size:
        return np.empty(0)
    out = strengths(graph)
    dangling = out == 0
    share = np.divide(1.0, out, out=np.zeros(size), where=~dangling)
    rank = np.full(size, 1 / size)
    # The error shrinks by α each time: 300 rounds are more than float64 can tell apart.
    for _ in range(300):
        before = rank
        rank = DAMPING * (graph @ (rank * share) + rank[dangling].sum() / size) + (1 - DAMPING) / size
        if np.abs(rank - before).sum() < 1e-15:
            break
    ranked: Floats = rank / rank.sum()
    return ranked


def eigenvector(graph: Graph) -> Floats:
    """Eigenvector centrality (Bonacich 1987) on the weights: unit length, none negative, 0 without neighbours.

    This is what the power iteration tends to from equal values: of several components only those with the largest
    eigenvalue keep a value, and several of these (equal to 1e-12) share it by the sums of their own vectors.
    """
    from scipy.sparse.csgraph import connected_components

    value = np.zeros(graph.shape[0])
    if not graph.nnz:
        return value
    _, component = connected_components(graph, directed=False)
    strength = strengths(graph)
    members = np.split(np.argsort(component, kind="stable"), np.cumsum(np.bincount(component))[:-1])
    # No eigenvalue is above the largest strength, so most small components need not be looked at.
    members.sort(key=lambda m: (-strength[m].max(), int(m[0])))
    largest = 0.0
    for nodes in members:
        if len(nodes) < 2 or strength[nodes].max() < largest * (1 - 1e-12):
            continue
        eigenvalue, vector = _perron(graph[nodes][:, nodes])
        if eigenvalue > largest * (1 + 1e-12):
            largest = eigenvalue
            value[:] = 0
        if eigenvalue >= largest * (1 - 1e-12):
            value[nodes] = vector.sum() * vector
    length = float(np.linalg.norm(value))
    return value / length


def _perron(graph: Graph) -> tuple[float, Floats]:
    """Largest eigenvalue of a connected graph and its eigenvector, of unit length and positive (Perron–Frobenius)."""
    if graph.shape[0] <= _DENSE:
        values, vectors = np.linalg.eigh(graph.toarray())
    else:
        from scipy.sparse.linalg import ArpackNoConvergence, eigsh

        try:
            values, vectors = eigsh(graph, k=1, which="LA", v0=np.ones(graph.shape[0]), tol=0)
        except ArpackNoConvergence:
            # Long chains: their largest eigenvalues lie too close together for it.
            values, vectors = np.linalg.eigh(graph.toarray())
    vector: Floats = np.abs(vectors[:, -1])
    return float(values[-1]), vector


def core_numbers(graph: Graph) -> Integers:
    """The largest k such that the node is in a subgraph where all have k neighbours or more (Seidman 1983)."""
    left = degrees(graph)
    gone = len(left) + int(left.max(initial=0)) + 1
    core = np.zeros(len(left), np.int64)
    k = 0
    for _ in range(len(left)):
        node = int(np.argmin(left))
        k = max(k, int(left[node]))
        core[node] = k
        left[graph.indices[graph.indptr[node] : graph.indptr[node + 1]]] -= 1
        left[node] = 2 * gone
    return core


def paths(graph: Graph, progress: Progress | None = None) -> tuple[Floats, Floats]:
    """Betweenness (Freeman 1977; normalised, ends not counted) and closeness (Wasserman & Faust 1994), from 1/weight.

    Brandes' algorithm (2001), one source after the other, on all edges at once. Closeness is
    (r − 1)/Σd · (r − 1)/(n − 1) with r nodes within reach, so that small components do not come first. Path lengths are
    equal when they are so as floating point numbers.
    """
    from scipy.sparse.csgraph import dijkstra

    size = graph.shape[0]
    between, close = np.zeros(size), np.zeros(size)
    lengths = graph.copy()
    lengths.data = 1 / lengths.data
    tails = np.repeat(np.arange(size), degrees(graph))
    heads = graph.indices.astype(np.int64)
    # A node without neighbours is on no path and near to nothing.
    sources = np.flatnonzero(degrees(graph))
    for start in range(0, len(sources), _CHUNK):
        chunk = sources[start : start + _CHUNK]
        distances = np.atleast_2d(dijkstra(lengths, indices=chunk))
        close[chunk] = _closeness(distances)
        for source, distance in zip(chunk.tolist(), distances, strict=True):
            reached = np.isfinite(distance)
            # Edges on shortest paths from the source, nearer end first.
            on = distance[tails] + lengths.data == distance[heads]
            on &= reached[tails] & (distance[tails] < distance[heads])
            between += _dependencies(tails[on], heads[on], source, size)
        if progress:
            progress("shortest paths", min(start + _CHUNK, len(sources)), len(sources))
    return between / max((size - 1) * (size - 2), 1), close


def closeness(graph: Graph) -> Floats:
    """Closeness alone, as `paths` has it."""
    from scipy.sparse.csgraph import dijkstra

    close = np.zeros(graph.shape[0])
    lengths = graph.copy()
    lengths.data = 1 / lengths.data
    sources = np.flatnonzero(degrees(graph))
    for start in range(0, len(sources), _CHUNK):
        chunk = sources[start : start + _CHUNK]
        close[chunk] = _closeness(np.atleast_2d(dijkstra(lengths, indices=chunk)))
    return close


def _closeness(distances: Floats) -> Floats:
    """Closeness of nodes with neighbours from their distances to all nodes: (nodes, all)."""
    reached = np.isfinite(distances)
    others = np.count_nonzero(reached, axis=1) - 1
    total = np.where(reached, distances, 0).sum(axis=1)
    found: Floats = others / total * others / (distances.shape[1] - 1)
    return found


def _dependencies(nearer: Integers, farther: Integers, source: int, size: int) -> Floats:
    """Sum over all targets of the share of shortest paths from the source that pass through each node."""
    numbers = np.zeros(size)
    numbers[source] = 1
    # One more edge a round, until nothing changes: as many rounds as the longest of the paths has edges.
    for _ in range(size):
        before, numbers = numbers, _summed(farther, numbers[nearer], size)
        numbers[source] = 1
        if np.array_equal(before, numbers):
            break
    share = numbers[nearer] / numbers[farther]
    dependency = np.zeros(size)
    for _ in range(size):
        before, dependency = dependency, _summed(nearer, share * (1 + dependency[farther]), size)
        if np.array_equal(before, dependency):
            break
    dependency[source] = 0
    return dependency


def _summed(ends: Integers, values: Floats, size: int) -> Floats:
    """Sum of the values at each node."""
    return np.asarray(np.bincount(ends, weights=values, minlength=size), np.float64)
