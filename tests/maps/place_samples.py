"""Made-up places: every host is drawn at random, and every figure follows from counting them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence

from cohabit.maps.place_data import Cluster, Place, PlaceFigures
from cohabit.queries.place_shares import HOSTS, MULTI_MODEL, PlaceMeasure
from tests.maps.samples import HOSTILE

# Hosts of each country, and whether its hosts rather run what is called eastern below.
COUNTRIES = {
    "CN": (2900, 1),
    "US": (2100, 0),
    "DE": (900, 0),
    "KR": (500, 1),
    "FR": (420, 0),
    "JP": (360, 1),
    "SG": (310, 1),
    "IN": (280, 1),
    "GB": (240, 0),
    "HK": (220, 1),
    "CA": (180, 0),
    "BR": (150, 0),
    "NL": (130, 0),
    "TW": (110, 1),
    "AU": (90, 0),
    "LU": (70, 0),
    "KE": (66, 0),
    "MT": (40, 0),
    "LI": (12, 0),
    "NZ": (8, 0),
    "FJ": (1, 0),
}
ITEMS = ("llama", "qwen2", "gemma2", "qwen3", "nomic-bert", "gemma3", "bert", "phi3", "mllama")
EASTERN = {"qwen2", "qwen3", "bert"}

Population = Sequence[tuple[str, frozenset[str]]]


def population(
    places: Mapping[str, tuple[int, int]] = COUNTRIES, items: Sequence[str] = ITEMS, seed: int = 4
) -> Population:
    """Each host: its place, and what it runs (one in twenty nothing)."""
    chance = random.Random(seed)
    found = []
    for place, (hosts, east) in places.items():
        weights = [(1.6 if (item in EASTERN) == bool(east) else 0.7) / (rank + 1) for rank, item in enumerate(items)]
        for _ in range(hosts):
            own = chance.choices(items, weights, k=chance.randint(1, 4)) if chance.random() > 0.05 else ()
            found.append((place, frozenset(own)))
    return found


def figures(
    hosts: Population,
    *,
    by: str = "country",
    names: Mapping[str, str] | None = None,
    clusters: Mapping[str, int] | None = None,
    apart: str = "qwen2 ×1.60",
) -> PlaceFigures:
    """Count a population into what a map draws."""
    total = Counter(place for place, _ in hosts)
    places = sorted(total, key=lambda place: (-total[place], place))
    listed = Counter(place for place, own in hosts if own)
    several = Counter(place for place, own in hosts if len(own) > 1)
    having = Counter((place, item) for place, own in hosts for item in own)
    overall = Counter(item for _, own in hosts for item in own)
    bases = [listed[place] for place in places]
    measures = [
        PlaceMeasure(HOSTS, HOSTS, [total[p] for p in places], [len(hosts)] * len(places), len(hosts), len(hosts)),
        PlaceMeasure(MULTI_MODEL, MULTI_MODEL, [several[p] for p in places], bases, sum(several.values()), sum(bases)),
    ]
    for level, items in (("family", sorted(overall, key=lambda i: (-overall[i], i))), ("lab", sorted(overall)[:3])):
        measures += [
            PlaceMeasure(level, item, [having[p, item] for p in places], bases, overall[item], sum(bases))
            for item in items
        ]
    clusters = clusters or {}
    numbers = sorted(set(clusters.values()))
    members = {n: [p for p in places if clusters.get(p) == n] for n in numbers}
    return PlaceFigures(
        by=by,
        places=tuple(Place((names or {}).get(p, p), p if by == "country" else None, clusters.get(p)) for p in places),
        measures=tuple(measures),
        clusters=tuple(
            Cluster(", ".join(members[n][:3]), len(members[n]), sum(listed[p] for p in members[n]), apart)
            for n in numbers
        ),
        cluster_minimum=100,
    )


def countries() -> PlaceFigures:
    """Twenty-one countries, fourteen of them in two clusters, four with few hosts."""
    groups = {place: 1 if east else 2 for place, (hosts, east) in COUNTRIES.items() if hosts > 100}
    names = {"CN": "China", "US": "United States", "DE": "Deutschland", "TW": "臺灣", "HK": "香港", "KE": "كينيا"}
    return figures(population(), names=names, clusters=groups)


def providers() -> PlaceFigures:
    """Providers of the same sizes; some names are long, one is Chinese, one Arabic."""
    names = {
        "CN": "Gesellschaft für wissenschaftliche Datenverarbeitung mbH Göttingen",
        "US": "中国电信集团有限公司",
        "DE": "شركة الاتصالات السعودية",
    }
    groups = {place: 1 if east else 2 for place, (hosts, east) in COUNTRIES.items() if hosts > 100}
    return figures(population(), by="provider", names=names, clusters=groups)


def hostile(by: str = "provider") -> PlaceFigures:
    """Names of places, families and clusters that try to run, to load, to reorder, to break."""
    places = {name: (150 - 2 * number, number % 2) for number, name in enumerate(HOSTILE)}
    hosts = population(places, HOSTILE, seed=8)
    groups = {name: 1 + number % 9 for number, name in enumerate(HOSTILE)}
    found = figures(hosts, by="provider", clusters=groups, apart=" ".join(HOSTILE))
    if by == "provider":
        return found
    # Hostile names in real places: codes are the project's own, names are not trusted all the same.
    codes = list(COUNTRIES) * 2
    renamed = tuple(
        Place(place.name, codes[i] if i < len(COUNTRIES) else None, place.cluster)
        for i, place in enumerate(found.places)
    )
    return PlaceFigures("country", renamed, found.measures, found.clusters, found.cluster_minimum)
