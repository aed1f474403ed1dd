"""What the report says: the answers of several commands about the same hosts, cut to what fits a few pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from cohabit.graph.archive import RejectedRecord
from cohabit.graph.names import country_name
from cohabit.graph.store import GraphStore
from cohabit.maps import families
from cohabit.maps.charts import Dot, Drawing, Line
from cohabit.maps.data import span
from cohabit.maps.levels import map_data, network_of
from cohabit.maps.place_data import PlaceFigures
from cohabit.maps.place_kinds import shares_of
from cohabit.maps.places import figures_of
from cohabit.maps.report_vulnerabilities import Vulnerabilities, vulnerabilities
from cohabit.maps.request import Request
from cohabit.queries import quality as doubts
from cohabit.queries import study as claims
from cohabit.queries import trends as courses
from cohabit.queries.claims import load_claims
from cohabit.queries.countries import parse_countries
from cohabit.queries.lacking import reports_families
from cohabit.queries.measures import wilson_rounded
from cohabit.queries.network import ItemNetwork
from cohabit.queries.place_shares import PlaceShares
from cohabit.queries.publishing import published
from cohabit.queries.publishing_rules import rule_of
from cohabit.queries.rank import rank
from cohabit.queries.readings import AS_DEFINED
from cohabit.queries.result import Result, Row
from cohabit.queries.words import count, percent

RANKED, PAIRS, LINES = 10, 10, 6
UNKNOWN = "unknown"


@dataclass(frozen=True)
class ReportData:
    """Text in it is as anybody wrote it; `periods` and `lines` are empty where there is no course over time.

    `country` is the name of the one country that the report is about, empty where there are several: a report of one
    country is split by `networks` and `providers`, and not held against figures of the world (`study` is empty).
    `reading` says how to read the picture, `reported_families` whether any server of the graph reported one, `least`
    is the K of a report for everybody, `marking` with whom it may be shared, as a label and in words.
    """

    sentences: tuple[str, ...]
    families: tuple[Dot, ...]
    labs: tuple[Dot, ...]
    network: ItemNetwork
    picture: Drawing
    reading: str
    country: str
    places: PlaceFigures
    networks: tuple[Dot, ...]
    providers: tuple[Dot, ...]
    periods: tuple[str, ...]
    lines: tuple[Line, ...]
    trend: str
    study: tuple[Row, ...]
    readings: dict[str, tuple[Any, ...]]
    study_title: str
    study_headline: str
    quality: tuple[Row, ...]
    quality_headline: str
    caveats: tuple[str, ...]
    source: str
    dates: str
    filters: tuple[str, ...]
    simulated: bool
    reported_families: bool
    vulnerabilities: Vulnerabilities
    trend_notes: tuple[str, ...] = ()
    published: str = ""
    least: int = 1
    marking: tuple[str, str] | None = None
    author: str = ""


def report_data(store: GraphStore, request: Request, *, rejected: Iterable[RejectedRecord] | None = None) -> ReportData:
    """Ask everything that the report answers, of one scope."""
    scope = request.scope
    network = network_of(store, "family", request)
    picture, reading = families.figure(map_data(network, Result((), []), request, "family"), seed=request.seed)
    ranked, labs = (
        _answer("rank", rank(store, level=level, scope=scope), request, level=level) for level in ("family", "lab")
    )
    countries = shares_of(store, "country", request)
    country = _one_country(countries, request)
    vulnerable = vulnerabilities(store, scope, partial(_answer, request=request), request.name)
    networks, providers = (_carriers(store, by, request) if country else () for by in ("network", "provider"))
    periods, lines, trend, trend_notes = _course(store, request, ranked)
    study = Result((), []) if country else _answer("study", claims.study(store, scope=scope), request)
    beside, of_a_part = claims.beside_a_part([row for row in study.rows if row["reading"] == AS_DEFINED], scope)
    quality = _answer("quality", doubts.quality(store, rejected=rejected, scope=scope), request)
    return ReportData(
        sentences=tuple(_sentences(network, ranked, labs, countries, request, country, providers, vulnerable.sentence)),
        families=_dots(ranked),
        labs=_dots(labs),
        network=network,
        picture=picture,
        reading=reading,
        country=country,
        places=figures_of(countries),
        networks=networks,
        providers=providers,
        periods=periods,
        lines=lines,
        trend=trend,
        study=tuple(beside),
        readings=_other_readings(study.rows),
        study_title=load_claims(None).title,
        study_headline=of_a_part or study.headline or "",
        quality=tuple(quality.rows),
        quality_headline=quality.headline or "",
        caveats=(
            *request.notes,
            *request.published_notes,
            *dict.fromkeys(_caveats(ranked, network.pairs, countries.clusters, request)),
        ),
        source=request.source_of(network.scans),
        dates=scope.moment or span(network.first_seen[:10], network.last_seen[:10]),
        filters=scope.description(),
        simulated=request.simulated,
        reported_families=reports_families(store),
        vulnerabilities=vulnerable,
        trend_notes=trend_notes,
        published=request.published,
        least=request.least,
        marking=request.marking,
        author=request.author,
    )


def _answer(question: str, answer: Result, request: Request, **options: object) -> Result:
    """An answer as the request wants it: of what is for everybody only the rows that are shown, the rest None."""
    if request.protected is None:
        return answer
    said = published(answer, rule_of(question, (), options), request.protected)
    rows = [dict.fromkeys(answer.columns) | row for row in said.rows if request.protected.other not in row.values()]
    return replace(said, rows=rows, headline=None)


def _other_readings(rows: Sequence[Row]) -> dict[str, tuple[Any, ...]]:
    """Of each claim what it comes to under other definitions of the same data, from the least."""
    found: dict[str, list[Any]] = {}
    for row in rows:
        if row["reading"] != AS_DEFINED and row["computed"] is not None:
            found.setdefault(row["claim"], []).append(row["computed"])
    return {claim: tuple(sorted(values)) for claim, values in found.items()}


def _caveats(ranked: Result, pairs: Result, clusters: Result, request: Request) -> tuple[str, ...]:
    if request.protected:
        return ()
    return (*ranked.caveats, *pairs.caveats, *clusters.caveats[-1:])


def _one_country(countries: PlaceShares, request: Request) -> str:
    """Name of the country that was asked for, or that all hosts are in; empty where there are several."""
    named = [set(parse_countries(value)) for value in request.scope.country]
    asked = set.intersection(*named) if named else set()
    if not asked and request.protected is None and countries.known == countries.hosts:
        asked = set(countries.places)
    return country_name(asked.pop()) if len(asked) == 1 else ""


def _carriers(store: GraphStore, by: str, request: Request) -> tuple[Dot, ...]:
    """The networks or providers with most hosts."""
    answer = _answer("rank", rank(store, by=by, scope=request.scope), request, by=by)
    return _dots(answer, "place")


def _dots(ranked: Result, key: str = "item") -> tuple[Dot, ...]:
    rows = [row for row in ranked.rows if row[key] != UNKNOWN][:RANKED]
    return tuple(
        Dot(row[key], row["share"], row["low"], row["high"], f"{row['hosts']:,} of {row['base']:,}") for row in rows
    )


def _interval(low: float, high: float) -> str:
    return f"95 % interval {low * 100:.1f} % to {high * 100:.1f} %"


def _sentences(
    network: ItemNetwork,
    families: Result,
    labs: Result,
    countries: PlaceShares,
    request: Request,
    country: str,
    providers: tuple[Dot, ...],
    vulnerable: str,
) -> list[str]:
    """The headline, each figure with its interval and what it is of."""
    if not network.hosts:
        fewer = f"Fewer than {count(request.protected.k, 'host')} are" if request.protected else "No host is"
        return [f"{fewer} in scope: there is nothing to report."]
    several = next(m for m in countries.measures if m.level == "multi-model hosts")
    said = []
    where = f", all in {country}" if country else ""
    if several.overall_base:
        low, high = (float(bound) for bound in wilson_rounded(several.overall, several.overall_base, request.least))
        said.append(
            f"{count(network.hosts, 'host')} in scope{where}; {several.overall:,} of the {several.overall_base:,} with "
            f"models list two or more: {percent(several.overall / several.overall_base)} ({_interval(low, high)})."
        )
    # Whoever asks for one country has to act there.
    if country and vulnerable:
        said.append(vulnerable)
    pairs = network.pairs.rows
    if pairs:
        top = pairs[0]
        said.append(
            f"{top['a']} and {top['b']} live together on {count(top['hosts'], 'host')}: "
            f"{percent(top['share_of_multi_model_hosts'])} of multi-model hosts "
            f"({_interval(top['low'], top['high'])}), {top['lift']:.2f} times as many as if the two were independent."
        )
    for ranked, what in ((families, "family"), (labs, "lab")):
        row = next((row for row in ranked.rows if row["item"] != UNKNOWN), None)
        if row is not None:
            said.append(
                f"The most common {what} is {row['item']}, on {percent(row['share'])} of {row['base']:,} hosts with a "
                f"known {what} ({_interval(row['low'], row['high'])})."
            )
    said += _of_lab_countries(countries, request)
    hosts = countries.measures[0]
    if country and providers:
        top_provider = providers[0]
        said.append(
            f"{top_provider.label} carries the largest part of these hosts, {percent(top_provider.share)} "
            f"({_interval(top_provider.low, top_provider.high)})."
        )
    elif countries.places and not country:
        low, high = (float(bound) for bound in wilson_rounded(hosts.counts[0], hosts.overall_base, request.least))
        number = count(len(countries.places), "country")
        said.append(
            f"{country_name(countries.places[0])} has most hosts, {percent(hosts.counts[0] / hosts.overall_base)} "
            f"({_interval(low, high)}); "
            + ("countries with few hosts are not shown." if request.protected else f"hosts are in {number}.")
        )
    if vulnerable and not country:
        said.append(vulnerable)
    return said


def _of_lab_countries(countries: PlaceShares, request: Request) -> list[str]:
    """How many hosts list a model of a lab in the two countries of labs that come first."""
    told = [measure for measure in countries.measures if measure.level == "lab-country" and measure.overall][:2]
    if not told:
        return []
    base = told[0].overall_base
    overall = [measure.overall for measure in told]
    bounds = zip(*(bound.tolist() for bound in wilson_rounded(overall, [base] * len(told), request.least)), strict=True)
    shares = "; ".join(
        f"{country_name(measure.item)} {percent(measure.overall / base)} ({_interval(*interval)})"
        for measure, interval in zip(told, bounds, strict=True)
    )
    return [
        f"Of the {count(base, 'host')} with a known country of labs, so many list a model of a lab in: "
        f"{shares}. A model counts for who published it, whatever it was made from."
    ]


def _course(
    store: GraphStore, request: Request, families: Result
) -> tuple[tuple[str, ...], tuple[Line, ...], str, tuple[str, ...]]:
    """Periods, the shares of the most common families in them, the sentence that goes with it, and what `trends` warns
    of.
    """
    if request.scope.at is not None:
        return (), (), "The report is about one moment (--at): there is no course over time.", ()
    # Of families that few hosts have, a slope is chance; the sentence is about those that are drawn.
    names = [row["item"] for row in families.rows if row["item"] != UNKNOWN][:LINES]
    followed = courses.trends(store, item=names, scope=request.scope)
    answer = _answer("trends", followed, request)
    periods = tuple(sorted({row["period"] for row in answer.rows}))
    if len(periods) < 2 and request.protected:
        few = count(request.protected.k, "host")
        return (), (), f"Fewer than two months have a family on {few} or more: there is no course over time.", ()
    if len(periods) < 2:
        return (), (), "All observations are of one month: there is no course over time.", ()
    position = {period: i for i, period in enumerate(periods)}
    points: dict[str, list[tuple[int, float, float, float]]] = {name: [] for name in names}
    for row in answer.rows:
        if row["item"] in points:
            points[row["item"]].append((position[row["period"]], row["share"], row["low"], row["high"]))
    lines = tuple(Line(name, tuple(sorted(found))) for name, found in points.items() if found)
    # The first caveat of what is for everybody says how it was made so, as the report does for all its parts.
    warned = answer.caveats[1:] if request.protected else answer.caveats
    return periods, lines, answer.headline or "", tuple(warned)
