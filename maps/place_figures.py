"""Pictures of places as SVG: the world in shades, a ranking with intervals, profiles by cluster, small multiples.

Each returns a drawing whose upper left corner is 0, 0; `data-place` is the number of a place, for the page's script.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cohabit.maps.charts import Dot, Drawing, dots
from cohabit.maps.place_data import PlaceFigures, Shares
from cohabit.maps.scale import percent
from cohabit.maps.svg import measured, tag, text
from cohabit.maps.world import world
from cohabit.queries.measures import wilson_rounded
from cohabit.queries.place_shares import HOSTS

_ROW = 22.0
_CLUSTER_COLOURS = 7
_NARROWEST_CELL = 44.0


def hatch() -> str:
    """The pattern of places with few hosts; once in every file."""
    ground = tag("rect", width=5, height=5, class_="hatched")
    stripe = tag("line", x1=0, y1=0, x2=0, y2=5, class_="stripe")
    turned = "rotate(45)"
    pattern = tag(
        "pattern", ground, stripe, id="hatch", width=5, height=5, patternUnits="userSpaceOnUse", patternTransform=turned
    )
    return tag("defs", pattern)


def cluster_class(cluster: int) -> str:
    """Colour of a cluster; those beyond the seventh share the grey of all the rest."""
    return f"f{min(cluster - 1, _CLUSTER_COLOURS)}"


def world_map(figures: PlaceFigures, drawn: Callable[[int], str], width: float) -> Drawing:
    """The world, each country in the class that `drawn` says for the place, land without hosts in grey."""
    outlines = world()
    scale = width / outlines.width
    number = {place.code: i for i, place in enumerate(figures.places) if place.code is not None}
    parts = [tag("path", d=outlines.without_code, class_="country none")]
    for code, path in outlines.paths.items():
        parts.append(_shape("path", number.get(code), drawn, "country", d=path))
    # Small countries over the others, those with most hosts over those with few; only where there is something to say.
    small = sorted((number[code] for code in outlines.points if code in number), reverse=True)
    for place in small:
        x, y = outlines.points[figures.places[place].code or ""]
        parts.append(_shape("circle", place, drawn, "small", cx=x, cy=y, r=4.5 / scale))
    group = tag("g", *parts, transform=f"scale({scale:.5g})")
    return Drawing(width, outlines.height * scale, group)


def _shape(name: str, place: int | None, drawn: Callable[[int], str], kind: str, **attributes: str | float) -> str:
    if place is None:
        return tag(name, class_=f"{kind} none", **attributes)
    return tag(name, class_=f"{kind} {drawn(place)}", data_place=str(place), **attributes)


def ranking(figures: PlaceFigures, shares: Shares, rows: int, width: float) -> Drawing:
    """The first places by share, each with its 95 % Wilson interval and n."""
    places = shares.ranking[:rows]
    counts = [shares.measure.counts[place] for place in places]
    bases = [shares.measure.bases[place] for place in places]
    lows, highs = (values.tolist() for values in wilson_rounded(counts, bases, figures.least))
    # Beside a share what it is of; where that is all hosts, how many they are.
    of_all = shares.measure.level == HOSTS
    notes = [f"{k:,} hosts" if of_all else f"n {n:,}" for k, n in zip(counts, bases, strict=True)]
    return dots(
        [
            Dot(figures.places[place].name, k / n, low, high, note)
            for place, k, n, low, high, note in zip(places, counts, bases, lows, highs, notes, strict=True)
        ],
        width,
    )


def profiles(figures: PlaceFigures, rows: int, columns: int, width: float) -> Drawing:
    """Places that run alike in rows side by side, the most common families in columns, shares as shades and figures."""
    places = _first_of_clusters(figures, rows)
    names, side, slant = min(220.0, width * 0.3), 26.0, 40.0
    # As many columns as have room for a figure.
    items = figures.families[: min(columns, int((width - names - side - slant) / _NARROWEST_CELL))]
    cell = min(68.0, (width - names - side - slant) / max(len(items), 1))
    head = min(110.0, max((measured(s.title, 12) for s in items), default=0.0) * 0.72 + 18)
    parts = []
    for column, shares in enumerate(items):
        x = side + names + cell * (column + 0.5)
        label = text(0, 0, shares.title, size=12, width=head / 0.72 - 14)
        parts.append(tag("g", label, transform=f"translate({x:.1f} {head - 6:.1f}) rotate(-45)"))
    y = head
    previous: int | None = None
    for place in places:
        cluster = figures.places[place].cluster or 0
        if cluster != previous:
            y += 6 if previous is not None else 0
            parts.append(text(0, y + 14, str(cluster), class_="h"))
            previous = cluster
        parts.append(tag("rect", x=16, y=y, width=5, height=_ROW - 2, class_=cluster_class(cluster)))
        parts.append(text(side + names - 8, y + 14, figures.places[place].name, width=names - 8, anchor="end"))
        for column, shares in enumerate(items):
            share = shares.share(place) or 0.0
            x = side + names + cell * column
            # One scale for all cells, so that colours can be compared down and across.
            shade = _shade(share)
            parts.append(tag("rect", x=x, y=y, width=cell - 1, height=_ROW - 2, class_=f"q{shade}"))
            parts.append(text(x + cell / 2, y + 14, percent(share), class_=f"on{shade}", anchor="middle"))
        y += _ROW
    return Drawing(side + names + cell * len(items) + slant, y, "".join(parts))


_CELL_CUTS = (0.03, 0.1, 0.2, 0.4)


def _shade(share: float) -> int:
    return sum(share >= cut for cut in _CELL_CUTS)


def _first_of_clusters(figures: PlaceFigures, rows: int) -> list[int]:
    """The largest places of every cluster, in proportion, at least one of each; at most `rows` where that is enough."""
    ordered = figures.by_cluster
    if len(ordered) <= rows:
        return list(ordered)
    largest = set(sorted(ordered)[:rows])
    first: dict[int | None, int] = {}
    for place in ordered:
        first.setdefault(figures.places[place].cluster, place)
    return [place for place in ordered if place in largest or place in first.values()]


def multiples(figures: PlaceFigures, panels: int, rows: int, width: float) -> Drawing:
    """One panel for each of the most common families: the same places in the same order, shares with intervals."""
    places = [i for i in range(len(figures.places)) if figures.families and figures.families[0].enough(i)][:rows]
    items = figures.families[:panels] if places else ()
    names, gap = 190.0, 18.0
    columns = max(1, min(len(items), 4))
    panel = (width - names - gap * (columns - 1)) / columns
    parts = []
    height = len(places) * 18 + 54.0
    for i, shares in enumerate(items):
        row, column = divmod(i, columns)
        parts.append(
            tag(
                "g",
                _panel(shares, places, panel, figures.least),
                transform=f"translate({names + column * (panel + gap):.1f} {row * height:.1f})",
            )
        )
        if column == 0:
            labels = [
                text(
                    names - 10,
                    row * height + 40 + n * 18,
                    figures.places[p].name,
                    size=12,
                    width=names - 12,
                    anchor="end",
                )
                for n, p in enumerate(places)
            ]
            parts += labels
    return Drawing(width, height * -(-len(items) // columns), "".join(parts))


def _panel(shares: Shares, places: Sequence[int], width: float, least: int) -> str:
    counts = [shares.measure.counts[place] for place in places]
    bases = [shares.measure.bases[place] for place in places]
    lows, highs = (values.tolist() for values in wilson_rounded(counts, bases, least))
    end = max(highs) or 1.0
    overall = shares.measure.overall / shares.measure.overall_base
    bottom = len(places) * 18 + 28.0
    parts = [
        text(0, 16, shares.title, class_="h", width=width),
        tag("line", x1=0, x2=width, y1=bottom, y2=bottom, class_="line"),
        text(0, bottom + 14, "0", class_="m"),
        text(width, bottom + 14, percent(end), class_="m", anchor="end"),
    ]
    if overall <= end:
        x = width * overall / end
        parts.append(tag("line", x1=x, x2=x, y1=24, y2=bottom, class_="line"))
    for i in range(len(places)):
        y = 36.0 + i * 18
        parts.append(tag("line", x1=width * lows[i] / end, x2=width * highs[i] / end, y1=y, y2=y, class_="interval"))
        parts.append(tag("circle", cx=width * counts[i] / bases[i] / end, cy=y, r=3.5, class_="mark"))
    return "".join(parts)
