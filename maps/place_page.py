"""The page of a map of places: one measure at a time, which places are alike, families side by side, a table."""

from __future__ import annotations

from typing import Any

from cohabit.maps import scale
from cohabit.maps.charts import Drawing
from cohabit.maps.data import Frame
from cohabit.maps.page import Tab, document, escaped, joined, plural, save_buttons, significant, static
from cohabit.maps.place_data import Cluster, PlaceFigures, Shares
from cohabit.maps.place_figures import cluster_class, hatch, multiples, profiles, world_map
from cohabit.maps.svg import coloured, light_colours, tag
from cohabit.queries.places import FEW
from cohabit.text import visible

_SCRIPTS = ("shell.js", "search.js", "table.js", "drawings.js", "places.js")
_NAME_LIMIT = 60
# Sizes of the drawings, in pixels.
_WIDTH, _PROFILED, _COLUMNS, _PANELS, _PANEL_ROWS = 1150.0, 40, 14, 8, 12
_LEVELS = {"family": "Families", "lab-country": "Countries of labs", "lab": "Labs"}
_NOT_CLUSTERED = "none: few hosts"
_TABLE = '<div class="scroll" id="places-table" tabindex="0" role="region" aria-label="All places"></div>'


def render(frame: Frame, figures: PlaceFigures) -> str:
    """Return the whole HTML document; `frame` says what the figures hold for, its items and pairs are not looked at."""
    if not figures.places:
        return document(
            frame, payload=_empty(frame), tabs=[_nothing(figures)], scripts=[joined("shell.js", "search.js")]
        )
    worldly = figures.by == "country"
    tabs = [
        Tab("map", "Map" if worldly else "Ranking", _map_panel(frame, figures)),
        Tab("alike", "Who is alike", _alike_panel(frame, figures)),
        Tab("multiples", "Side by side", _multiples_panel(frame, figures)),
        Tab(
            "table", "Table", '<div class="scroll" id="places-table" tabindex="0" role="region" aria-label="All"></div>'
        ),
    ]
    styles = [static(name) for name in ("shades.css", "figures.css", "places.css")]
    payload = _payload(frame, figures)
    return document(frame, payload=payload, tabs=tabs, scripts=[joined(*_SCRIPTS)], styles=styles)


def _shown(name: str, limit: int | None = None) -> str:
    return visible(name, limit) if name.strip() else f'"{visible(name)}"'


def _empty(frame: Frame) -> dict[str, Any]:
    nothing: list[Any] = []
    items = {"name": nothing, "hosts": nothing, "share": nothing, "group": nothing}
    return {"unit": frame.unit, "units": plural(frame.unit), "base": 0, "items": items}


def _nothing(figures: PlaceFigures) -> Tab:
    return Tab(
        "map",
        "Map",
        f'<p class="empty">{escaped(figures.none_shown)} Scans that say where hosts are, or a database of places given '
        "with --geo when loading, would fill this map.</p>",
    )


def _payload(frame: Frame, figures: PlaceFigures) -> dict[str, Any]:
    hosts = figures.measures[0]
    bases: list[list[int]] = []
    measures = []
    for shares in figures.shares:
        if shares.measure.bases not in bases:
            bases.append(shares.measure.bases)
        measures.append(_measure(shares, bases.index(shares.measure.bases)))
    clusters = [place.cluster for place in figures.places]
    said = [_NOT_CLUSTERED if cluster is None else f"cluster {cluster}" for cluster in clusters]
    texts = sorted(set(said))
    return {
        "unit": frame.unit,
        "units": plural(frame.unit),
        "base": frame.base,
        "few": FEW,
        "nothing": figures.nothing,
        "least": figures.least,
        "file": f"cohabit-{plural(frame.unit)}",
        "style": coloured(static("figures.css"), light_colours()),
        "items": {
            "name": [_shown(place.name) for place in figures.places],
            "hosts": hosts.counts,
            "share": [significant(k / n if n else None) for k, n in zip(hosts.counts, hosts.bases, strict=True)],
            "groupText": [texts.index(text) for text in said],
        },
        "groupTexts": texts,
        "bases": bases,
        "measures": measures,
        "clusterClass": ["few" if cluster is None else cluster_class(cluster) for cluster in clusters],
    }


def _measure(shares: Shares, base: int) -> dict[str, Any]:
    measure = shares.measure
    return {
        "level": measure.level,
        "title": _shown(shares.title, _NAME_LIMIT),
        "of": shares.base_text,
        "counts": measure.counts,
        "base": base,
        "overall": [measure.overall, measure.overall_base],
        "cuts": list(shares.cuts),
        "shades": list(scale.shades(shares.cuts)),
        "legend": [list(entry) for entry in shares.legend],
    }


def _choices(figures: PlaceFigures) -> str:
    """Options of the list of measures, in groups; values are numbers of measures."""
    groups: dict[str, list[str]] = {}
    for number, shares in enumerate(figures.shares):
        name = escaped(_shown(shares.title, _NAME_LIMIT))
        groups.setdefault(_LEVELS.get(shares.measure.level, ""), []).append(f'<option value="{number}">{name}</option>')
    return "".join(
        f'<optgroup label="{group}">{"".join(options)}</optgroup>' if group else "".join(options)
        for group, options in groups.items()
    )


def _inline(drawing: Drawing, label: str, id_: str) -> str:
    """A drawing in the page, in its own size; it scrolls where there is no room."""
    width, height = round(drawing.width), round(drawing.height + 4)
    view = f"0 0 {width} {height}"
    about = {"id": id_, "class_": "figure", "role": "img", "aria_label": label, "viewBox": view}
    drawn = tag("svg", drawing.body, width=width, height=height, **about)
    return f'<div class="wide" tabindex="0" role="region" aria-label="{escaped(label)}">{drawn}</div>'


def _map_panel(frame: Frame, figures: PlaceFigures) -> str:
    units = plural(frame.unit)
    patterns = tag("svg", hatch(), id="patterns", class_="patterns", aria_hidden="true")
    controls = (
        f'<div class="controls measure"><label for="measure">Show</label>'
        f'<select id="measure">{_choices(figures)}</select>'
        f'{save_buttons("map")}</div><p id="measured" role="status"></p>'
    )
    aside = '<aside id="details" aria-label="Details" aria-live="polite"></aside>'
    listed = f'<ol class="ranking" id="ranking" aria-label="Ranking of {units}"></ol><p class="how" id="ranked"></p>'
    left_out = (
        f" {figures.left_out:,} more {units} with fewer hosts than these are left out." if figures.left_out else ""
    )
    how = (
        f'<p class="how">Rates on fewer than {FEW} hosts are not drawn. A bar is the 95 % interval (Wilson): where '
        f"bars overlap widely, ranks mean little.{left_out} Escape clears; search and Enter choose.</p>"
    )
    if figures.by != "country":
        return f'{patterns}{controls}<div class="places alone"><div>{listed}</div>{aside}</div>{how}'
    hosts = figures.shares[0]
    drawing = world_map(figures, hosts.drawn, _WIDTH)
    width, height = round(drawing.width), round(drawing.height)
    drawn = tag(
        "svg",
        drawing.body,
        id="world",
        class_="figure",
        viewBox=f"0 0 {width} {height}",
        tabindex="0",
        role="application",
        aria_label="Map of the world. Arrow keys go through the ranking.",
    )
    return (
        f'{patterns}{controls}<div class="places"><div>{drawn}<ul class="key" id="key" aria-label="Legend"></ul>'
        f"{aside}</div><div>{listed}</div></div>{how}"
        '<p class="how">Outlines: Natural Earth, equal areas (Equal Earth); boundaries show who holds a territory, not '
        "whose it is. Dots are countries too small for an outline.</p>"
    )


def _swatch(class_: str) -> str:
    box = tag("rect", class_=f"swatch {class_}", x=0.5, y=0.5, width=14, height=14)
    return tag("svg", box, class_="figure key", width=15, height=15, aria_hidden="true")


def _entry(frame: Frame, number: int, cluster: Cluster) -> str:
    many = frame.unit if cluster.places == 1 else plural(frame.unit)
    apart = ""
    if cluster.apart is not None:
        words = escaped(cluster.apart, 200) or "nothing by much"
        apart = f" More common than overall: <bdi>{words}</bdi>"
    return (
        f"<li>{_swatch(cluster_class(number))}<span><strong>Cluster {number}</strong> "
        f"<bdi>{escaped(cluster.name, 200)}</bdi>: {cluster.places:,} {many}, {cluster.hosts:,} hosts.{apart}"
        "</span></li>"
    )


def _alike_panel(frame: Frame, figures: PlaceFigures) -> str:
    units = plural(frame.unit)
    if not figures.by_cluster or not figures.families:
        return f'<p class="empty">No {frame.unit} has the {figures.cluster_minimum} hosts that a profile takes.</p>'
    entries = "".join(_entry(frame, number, cluster) for number, cluster in enumerate(figures.clusters, 1))
    if figures.by == "country":
        entries += f"<li>{_swatch('few')}<span>hosts, but fewer than {figures.cluster_minimum:,}</span></li>"
        entries += f"<li>{_swatch('none')}<span>{figures.nothing}</span></li>"
    drawn = _inline(profiles(figures, _PROFILED, _COLUMNS, _WIDTH), f"Profiles of {units}", "profiles")
    world = '<div id="cluster-world"></div>' if figures.by == "country" else ""
    return (
        f"{save_buttons('alike')}<p>Clusters of {units} by the shares of families among their hosts; of "
        f"{figures.cluster_minimum:,} hosts or more, because few hosts differ by chance alone.</p>"
        f'<ul class="groups">{entries}</ul>{world}{drawn}'
        '<p class="how">Cells: share of the hosts with a known family. Jensen–Shannon distance, average linkage, as '
        "many clusters as give the best mean silhouette; how stable they are is said below.</p>"
    )


def _multiples_panel(frame: Frame, figures: PlaceFigures) -> str:
    units = plural(frame.unit)
    if not figures.families or not any(figures.families[0].enough(i) for i in range(len(figures.places))):
        return (
            f'<p class="empty">No {escaped(frame.unit)} has the {FEW} hosts with a known family that a share takes.</p>'
        )
    miniatures = '<div class="miniatures" id="miniatures"></div>' if figures.by == "country" else ""
    drawn = _inline(multiples(figures, _PANELS, _PANEL_ROWS, _WIDTH), "The most common families side by side", "panels")
    return (
        f"{save_buttons('multiples')}{miniatures}{drawn}"
        f'<p class="how">The same {units} in the same order in each panel, the largest first: share of the hosts with '
        "a known family, with its 95 % interval. The upright line is the share overall. Each panel has its own "
        "scale.</p>"
    )
