"""What a map of places shows: places, what is measured of their hosts, and the clusters of places that run alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from cohabit.choices import among
from cohabit.errors import UsageError
from cohabit.graph.names import country_name
from cohabit.maps import scale
from cohabit.queries.place_shares import HOSTS, MULTI_MODEL, PlaceMeasure
from cohabit.queries.places import FEW
from cohabit.text import visible


@dataclass(frozen=True)
class Place:
    """One place: `name` as it is shown (never trusted), the country's code where it is one, its cluster from 1."""

    name: str
    code: str | None = None
    cluster: int | None = None


@dataclass(frozen=True)
class Cluster:
    """Places that run alike; `apart` says in words what they run more of than all (None: it is not to be said)."""

    name: str
    places: int
    hosts: int
    apart: str | None


@dataclass(frozen=True)
class Shares:
    """One measure over all places, with the classes that it is drawn in."""

    measure: PlaceMeasure

    def share(self, place: int) -> float | None:
        """Share of the hosts of a place; None without a base."""
        base = self.measure.bases[place]
        return self.measure.counts[place] / base if base else None

    def enough(self, place: int) -> bool:
        """Whether the base of a place is large enough for a share to say something."""
        return self.measure.bases[place] >= FEW

    @cached_property
    def cuts(self) -> tuple[float, ...]:
        """Limits of the classes."""
        shares = (self.share(place) for place in range(len(self.measure.bases)) if self.enough(place))
        return scale.cuts([share for share in shares if share is not None])

    def drawn(self, place: int) -> str:
        """How a place is drawn: a shade `q0` to `q4`, or `few`."""
        share = self.share(place)
        if share is None or not self.enough(place):
            return "few"
        return f"q{scale.shades(self.cuts)[scale.class_of(share, self.cuts)]}"

    @cached_property
    def legend(self) -> tuple[tuple[str, str], ...]:
        """How each class is drawn, and what it means."""
        shades = scale.shades(self.cuts)
        classes = zip(shades, scale.texts(self.cuts), strict=True)
        found = [(f"q{shade}", words) for shade, words in classes]
        if not all(self.enough(place) for place in range(len(self.measure.bases))):
            found.append(("few", f"fewer than {FEW} hosts"))
        return tuple(found)

    @cached_property
    def ranking(self) -> tuple[int, ...]:
        """Places with enough hosts, the largest share first."""
        enough = [place for place in range(len(self.measure.bases)) if self.enough(place)]
        return tuple(sorted(enough, key=lambda place: (-(self.share(place) or 0.0), place)))

    @property
    def title(self) -> str:
        """What is measured, in words; names of items as the source wrote them."""
        if self.measure.level == HOSTS:
            return "Hosts"
        if self.measure.level == MULTI_MODEL:
            return "Hosts with two or more models"
        if self.measure.level == "lab-country":
            return f"Labs in {country_name(self.measure.item)}"
        return self.measure.item

    @property
    def sentence(self) -> str:
        """What a picture of it shows, as its title says it."""
        level = self.measure.level
        if level == HOSTS:
            return "Share of all hosts"
        if level == MULTI_MODEL:
            return "Share of hosts with two or more models"
        if level == "lab-country":
            return f"Share of hosts with models of labs in {country_name(self.measure.item)}"
        return f"Share of hosts with models of the {level} {visible(self.measure.item, 60)}"

    @property
    def choice(self) -> str:
        """How to ask for it in one word."""
        level, item = self.measure.level, self.measure.item
        return item if level in ("family", HOSTS, MULTI_MODEL) else f"{level}:{item}"

    @property
    def names(self) -> frozenset[str]:
        """What it can be called, case-folded."""
        level, item = self.measure.level, self.measure.item
        called = {self.title, item, f"{level}:{item}"}
        if level == "lab-country":
            called |= {country_name(item), f"{level}:{country_name(item)}"}
        return frozenset(name.casefold() for name in called)

    @property
    def base_text(self) -> str:
        """What the share is of."""
        if self.measure.level == HOSTS:
            return "of all hosts in scope"
        if self.measure.level == MULTI_MODEL:
            return "of the place's hosts with a model"
        return f"of the place's hosts with a known {self.measure.level.replace('-', ' ')}"


@dataclass(frozen=True)
class PlaceFigures:
    """Everything a map of places draws; `measures` begins with the hosts themselves; `least` is the K of what
    is published; `nothing` says what a country is that is no place, `none_shown` why there is no place at all.

    Raises ValueError when counts and bases do not fit.
    """

    by: str
    places: tuple[Place, ...]
    measures: tuple[PlaceMeasure, ...]
    clusters: tuple[Cluster, ...]
    cluster_minimum: int
    left_out: int = 0
    least: int = 1
    nothing: str = "no host in this selection"
    none_shown: str = "No place of any host in scope is known."

    def __post_init__(self) -> None:
        problem = next(self._problems(), None)
        if problem is not None:
            raise ValueError(problem)

    def _problems(self) -> Iterator[str]:
        if not self.measures or self.measures[0].level != HOSTS:
            yield "the first measure is not that of the hosts"
        for measure in self.measures:
            if not len(measure.counts) == len(measure.bases) == len(self.places):
                yield f"{measure.item!r}: not one count and base for each place"
            elif any(not 0 <= k <= n for k, n in zip(measure.counts, measure.bases, strict=True)):
                yield f"{measure.item!r}: more hosts than the base"
        if any(p.cluster is not None and not 1 <= p.cluster <= len(self.clusters) for p in self.places):
            yield "a place is in a cluster that is not there"

    @cached_property
    def shares(self) -> tuple[Shares, ...]:
        """The measures with their classes."""
        return tuple(Shares(measure) for measure in self.measures)

    def chosen(self, name: str | None) -> Shares:
        """The measure of that name (None: the hosts), of that `LEVEL:NAME`, or, of a country of labs, by its English
        name; UsageError says which there are."""
        if name is None:
            return self.shares[0]
        wanted = name.strip().casefold()
        found = [shares for shares in self.shares if wanted in shares.names]
        if len(found) == 1:
            return found[0]
        said = visible(name, 80)
        if found:
            levels = ", ".join(f"{one.measure.level}:{visible(one.measure.item, 80)}" for one in found)
            raise UsageError(f"--share {said!r} can mean several things here; write one of: {levels}")
        choices = [visible(shares.choice, 60) for shares in self.shares]
        raise UsageError(f"--share {said!r}: not what this map can show; {among(name, choices)}")

    @cached_property
    def families(self) -> tuple[Shares, ...]:
        """The measures of families, the most common first."""
        return tuple(shares for shares in self.shares if shares.measure.level == "family")

    @cached_property
    def by_cluster(self) -> tuple[int, ...]:
        """Clustered places, cluster by cluster, the largest place first."""
        placed = [i for i, place in enumerate(self.places) if place.cluster is not None]
        return tuple(sorted(placed, key=lambda i: (self.places[i].cluster or 0, i)))
