"""A published study beside this graph: each claim with what the data give, under several definitions."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cohabit.graph.remembering import remembering
from cohabit.graph.store import GraphStore
from cohabit.queries import claim_measures
from cohabit.queries.claim_measures import Figure, by_base, by_label, by_line
from cohabit.queries.claims import Claim, Study, load_claims
from cohabit.queries.readings import AS_DEFINED, BASE_LINE, BY_LINE, WITHOUT_DECOYS, Reading, readings
from cohabit.queries.result import Result, Row, result
from cohabit.queries.scope import Scope
from cohabit.queries.words import count
from cohabit.text import visible

COLUMNS = ("claim", "reading", "published", "computed", "low", "high", "verdict", "definition", "note")
TABLE_COLUMNS = ("claim", "reading", "published", "computed", "low", "high", "verdict")
# What observations and forecasts say of one date is nothing.
_OVER_TIME = frozenset({"observations", "observations-of-busiest", "seen-once", "observations-of-seen-once", "outlook"})
_OF_ITEMS = frozenset({"hosts-with", "share-with", "share-of-multi-model"})


def study(store: GraphStore, *, claims: str | os.PathLike[str] | None = None, scope: Scope | None = None) -> Result:
    """Compute each claim of the bundled study, or of a user's file, and say whether this graph agrees.

    One row a claim and reading: as defined in the claim, without suspected decoys, at the last date of the data, and
    where the claim is about families or labs, by product line or by the lab of the base line. `computed` is a number of
    hosts or a share, `low` to `high` its Wilson 95 % interval (of `worst-rank` the span of the ranks, of `outlook` a
    prediction interval). `verdict`: agrees, higher, lower, differs, open, or not in this data; None without a published
    figure.
    """
    known = load_claims(None if claims is None else Path(claims))
    seen = list(readings(remembering(store), scope or Scope()))
    computed = _computed(known.claims, seen)
    rows = [
        _row(claim, name, figure)
        for claim, figures in zip(known.claims, computed, strict=True)
        for name, figure in _figures(claim, known, seen, figures)
    ]
    caveats = (*_CAVEATS, *_same_without_decoys(seen))
    return result(COLUMNS, rows, headline=_headline(known, rows), caveats=caveats, table_columns=TABLE_COLUMNS)


_CAVEATS = (
    "Published numbers are those of other scans: how many hosts there are depends on who looked, how often, and where.",
    "The rows of a claim after the first are the same figure under another definition: where they differ much, quote "
    "the definition with the number.",
)


def _same_without_decoys(seen: list[Reading]) -> Iterator[str]:
    """Say that a reading is no second opinion where it leaves no host out."""
    hosts = {reading.name: len(reading.incidence.hosts) for reading in seen}
    if hosts.get(WITHOUT_DECOYS) == hosts.get(AS_DEFINED):
        yield (
            f"«{WITHOUT_DECOYS}» leaves no host out: none is suspected here, or none could be; `quality` says which. "
            "It does not show that there are none."
        )


def _computed(claims: Sequence[Claim], seen: list[Reading]) -> list[tuple[Figure | None, ...]]:
    """The figures of each claim, one a reading; None of what a reading cannot say."""
    # Two readings at once: most of the work is the store's and NumPy's, which do not hold the interpreter.
    distinct = list({id(reading.incidence): reading for reading in reversed(seen)}.values())
    with ThreadPoolExecutor() as pool:
        figures = list(pool.map(lambda reading: [_figure(claim, reading) for claim in claims], distinct))
    # Readings of the same hosts and models have the same figures.
    of_reading = {id(reading.incidence): own for reading, own in zip(distinct, figures, strict=True)}
    return list(zip(*(of_reading[id(reading.incidence)] for reading in seen), strict=True))


def _figure(claim: Claim, reading: Reading) -> Figure | None:
    if not (reading.at_date and claim.measure in _OVER_TIME):
        return claim_measures.compute(claim, reading, by_label(claim))
    if reading.name == AS_DEFINED:
        return Figure(None, "not computed", note="it is about time; leave out --at")
    return None


def _figures(
    claim: Claim, known: Study, seen: list[Reading], figures: Sequence[Figure | None]
) -> Iterator[tuple[str, Figure]]:
    """The figures of a claim, by reading; one alone where the data do not allow any."""
    for reading, figure in zip(seen, figures, strict=True):
        if figure is not None:
            yield reading.name, figure
            if figure.value is None and reading.name == AS_DEFINED:
                return
    if claim.measure in _OF_ITEMS and seen:
        if claim.by_line:
            yield BY_LINE, claim_measures.compute(claim, seen[0], by_line(known.lines))
        if claim.level in ("lab", "lab-country"):
            yield BASE_LINE, claim_measures.compute(claim, seen[0], by_base(claim))


def _row(claim: Claim, reading: str, figure: Figure) -> Row:
    return {
        "claim": visible(claim.claim, 200),
        "reading": reading,
        "published": claim.published,
        "computed": figure.value,
        "low": figure.low,
        "high": figure.high,
        "verdict": verdict(claim, figure),
        "definition": visible(figure.definition, 300),
        "note": visible(figure.note, 500),
    }


def verdict(claim: Claim, figure: Figure) -> str | None:
    """Compare what was computed with what was published, within rounding and interval.

    A share agrees when its interval meets the published figure give or take its rounding.
    """
    if figure.value is None:
        return "not in this data"
    if claim.measure == "outlook":
        return "open" if figure.open else "agrees"
    if claim.measure == "order":
        return "agrees" if figure.value == len(claim.items) else "differs"
    if claim.published is None:
        return None
    if claim.measure == "worst-rank":
        return "agrees" if figure.low == figure.high == claim.published else "differs"
    low, high = (figure.value if bound is None else bound for bound in (figure.low, figure.high))
    if claim.below:
        return "agrees" if low < claim.published else "higher"
    if low > claim.published + claim.slack:
        return "higher"
    return "lower" if high < claim.published - claim.slack else "agrees"


def _headline(known: Study, rows: list[Row]) -> str:
    """How many of the claims agree, as they are defined."""
    own = [row for row in rows if row["reading"] == AS_DEFINED]
    judged = [row["verdict"] for row in own if row["verdict"] not in (None, "not in this data")]
    text = (
        f"{visible(known.title, 200)}: {judged.count('agrees')} of {count(len(judged), 'claim')} agree with this graph"
    )
    missing = [row["verdict"] for row in own].count("not in this data")
    return f"{text}; {missing} not in this data." if missing else f"{text}."
