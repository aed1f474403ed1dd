"""A published study beside this graph: each claim with what the data give, under several definitions."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from cohabit.errors import UsageError
from cohabit.graph.remembering import remembering
from cohabit.graph.store import GraphStore
from cohabit.queries import claim_measures
from cohabit.queries.claim_measures import Figure, by_base, by_label, by_line
from cohabit.queries.claims import Claim, Study, load_claims
from cohabit.queries.items import require_at
from cohabit.queries.lacking import lacking
from cohabit.queries.readings import AS_DEFINED, BASE_LINE, BY_LINE, WITHOUT_DECOYS, Reading, readings
from cohabit.queries.result import Result, Row, result
from cohabit.queries.scope import Scope
from cohabit.queries.words import count
from cohabit.text import visible

COLUMNS = ("claim", "reading", "published", "computed", "low", "high", "verdict", "definition", "note")
TABLE_COLUMNS = ("claim", "reading", "published", "computed", "low", "high", "verdict")
# What observations and forecasts say of one date is nothing.
_OVER_TIME = frozenset({"observations", "observations-of-busiest", "seen-once", "observations-of-seen-once", "outlook"})
# How large a scan is, is not what a claim stands or falls with.
_SIZES = frozenset({"hosts", "observations", "countries", "networks", "hosts-with"})
# What is a share of hosts, of their deployments or observations: what other hosts can be held against at all.
_SHARES = frozenset(
    {"share-with", "share-of-multi-model", "condition", "condition-of-deployments"}
    | {"observations-of-busiest", "seen-once", "observations-of-seen-once"}
)
MISSING, _IN_PART = "not in this data", "agrees in part"
_OF_ITEMS = frozenset({"hosts-with", "share-with", "share-of-multi-model"})


def study(store: GraphStore, *, claims: str | os.PathLike[str] | None = None, scope: Scope | None = None) -> Result:
    """Compute each claim of the bundled study, or of a user's file, and say whether this graph agrees.

    One row a claim and reading: as defined in the claim, without suspected decoys (where there are any), at the last
    date of the data, and where the claim is about families or labs, by product line or by the lab of the base line.
    `computed` is a number of hosts or a share, `low` to `high` its Wilson 95 % interval (of `worst-rank` the span of
    the ranks, of `outlook` a prediction interval). `verdict`: agrees, agrees in part, higher, lower, differs, open, or
    not in this data; None without a published figure.
    """
    known = load_claims(None if claims is None else Path(claims))
    store = remembering(store)
    seen, without = _telling(store, list(readings(store, scope or Scope())))
    computed = _computed(known.claims, seen)
    found = [
        (claim, name, figure)
        for claim, figures in zip(known.claims, computed, strict=True)
        for name, figure in _figures(claim, known, seen, figures)
    ]
    own = [(claim, figure) for claim, name, figure in found if name == AS_DEFINED]
    return result(
        COLUMNS,
        [_row(*one) for one in found],
        headline=f"{visible(known.title, 200)}: {_headline(own)}",
        caveats=(*_CAVEATS, *_of_a_part(scope or Scope()), *without, *_reasons(own)),
        table_columns=TABLE_COLUMNS,
    )


_CAVEATS = (
    "Published numbers are those of other scans: how many hosts there are depends on who looked, how often, and where.",
    "The rows of a claim after the first are the same figure under another definition: where they differ much, quote "
    "the definition with the number.",
    "What was counted, and why, is in the columns definition and note: --format csv or json.",
)


def beside_a_part(rows: Sequence[Row], scope: Scope) -> tuple[list[Row], str | None]:
    """Rows of the bundled claims that can stand beside the part of a graph that a scope leaves, and what to say of it.

    Claims are about all that a study saw, in all its time. A scope without a filter leaves all rows and says nothing.
    """
    measures = {visible(claim.claim, 200): claim.measure for claim in load_claims(None).claims}
    if scope.selective:
        kept = [row | {"verdict": None} for row in rows if measures[row["claim"]] in _SHARES]
        left_out = "claims about sizes, places, ranks and the future are left out"
        said = (
            "Here are only the hosts that the filters leave; the study's figures are of all that it saw. So there is "
            f"no verdict, and {left_out}."
        )
        if scope.at is not None:
            kept = [row for row in kept if measures[row["claim"]] not in _OVER_TIME]
        return kept, said
    if not scope.timed:
        return list(rows), None
    out = _SIZES | _OVER_TIME if scope.at is not None else _SIZES
    moment = " and those about a span of time" if scope.at is not None else ""
    said = (
        "Here is only the time that the filters leave; the study's figures are of all its time. Claims about the size "
        f"of its scans{moment} are left out."
    )
    return [row for row in rows if measures[row["claim"]] not in out], said


def _of_a_part(scope: Scope) -> Iterator[str]:
    """Say that filters leave a part of what claims are about."""
    if scope.selective or scope.timed:
        part = "hosts" if scope.selective else "time"
        yield (
            f"The claims are about all hosts that the study saw; here is only the {part} that the filters leave, so a "
            "verdict is no test of the study."
        )


def _reasons(own: list[tuple[Claim, Figure]]) -> Iterator[str]:
    """Why verdicts are no more than they are, one line a reason."""
    claims: dict[tuple[str, str], list[str]] = {}
    for claim, figure in own:
        said = verdict(claim, figure)
        if said in (MISSING, _IN_PART):
            claims.setdefault((said, figure.lacking or figure.note), []).append(visible(claim.claim, 200))
        elif said == "differs" and claim.measure == "order":
            reason = f"published {', '.join(claim.items)}; {figure.note}"
            claims.setdefault((said, reason), []).append(visible(claim.claim, 200))
    for (said, reason), names in claims.items():
        yield f"{said[0].upper()}{said[1:]}: {'; '.join(names)}: {visible(reason, 200).rstrip('.')}."


def _telling(store: GraphStore, seen: list[Reading]) -> tuple[list[Reading], tuple[str, ...]]:
    """The readings without the one that leaves no host out, and why: it would look like a second opinion."""
    hosts = {reading.name: len(reading.incidence.hosts) for reading in seen}
    if WITHOUT_DECOYS not in hosts or hosts[WITHOUT_DECOYS] < hosts[AS_DEFINED]:
        return seen, ()
    why = "no host is suspected"
    if lacking(store, ("network",)):
        why = "it cannot be checked, as no host has a known network; `quality` has «shared lists», which need none"
    told = [reading for reading in seen if reading.name != WITHOUT_DECOYS]
    return told, (f"No reading «{WITHOUT_DECOYS}»: {why}. That does not show that there are none.",)


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
        return _unknown(claim, reading) or claim_measures.compute(claim, reading, by_label(claim))
    if reading.name == AS_DEFINED:
        return Figure(None, "not computed", note="it is about time; leave out --at")
    return None


def _unknown(claim: Claim, reading: Reading) -> Figure | None:
    """That nothing in the graph is called as an item of the claim: 0 would be taken for a finding."""
    if claim.measure in _OF_ITEMS:
        for item in claim.items:
            try:
                require_at(reading.incidence.models, str(claim.level), item)
            except UsageError as error:
                return Figure(None, f"hosts with {' and '.join(claim.items)}", note=str(error))
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
            by_lines = claim_measures.compute(claim, seen[0], by_line(known.lines))
            stand_for = "; ".join(f"{item}: {', '.join(known.lines[item])}" for item in claim.items)
            yield BY_LINE, replace(by_lines, note=f"by these lines, {stand_for}")
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
        "note": visible("; ".join(filter(None, (figure.lacking, figure.note))), 500),
    }


def verdict(claim: Claim, figure: Figure) -> str | None:
    """Compare what was computed with what was published, within rounding and interval.

    A share agrees when its interval meets the published figure give or take its rounding. What is known of less than
    half is not judged.
    """
    if figure.value is None or figure.minority:
        return MISSING
    if claim.measure == "outlook":
        return "open" if figure.open else "agrees"
    if claim.measure == "order":
        return "agrees" if figure.value == len(claim.items) else "differs"
    if claim.published is None:
        return None
    if claim.measure == "worst-rank":
        if not figure.low == figure.high == claim.published:
            return "differs"
        return _IN_PART if figure.lacking else "agrees"
    low, high = (figure.value if bound is None else bound for bound in (figure.low, figure.high))
    if claim.below:
        return "agrees" if low < claim.published else "higher"
    if low > claim.published + claim.slack:
        return "higher"
    return "lower" if high < claim.published - claim.slack else "agrees"


def _headline(own: list[tuple[Claim, Figure]]) -> str:
    """How many of the claims agree, as they are defined, of those that can be judged; and what the others are."""
    said = [(claim.measure in _SIZES, verdict(claim, figure)) for claim, figure in own]
    judged = [one for size, one in said if not size and one not in (None, "open", MISSING)]
    agreeing, in_part = judged.count("agrees"), judged.count(_IN_PART)
    text = f"of {count(len(judged), 'claim')} that these data can judge, {agreeing} {_agree(agreeing)}"
    if in_part:
        text += f" and {in_part} {_agree(in_part)} in part"
    sizes = sum(size and one not in (None, MISSING) for size, one in said)
    verdicts = [one for _, one in said]
    others = (
        (sizes, f"{count(sizes, 'size')} of the scan"),
        (verdicts.count("open"), f"{verdicts.count('open')} open"),
        (verdicts.count(MISSING), f"{verdicts.count(MISSING)} {MISSING}"),
    )
    uncounted = ", ".join(words for number, words in others if number)
    return f"{text}; not counted: {uncounted}." if uncounted else f"{text}."


def _agree(number: int) -> str:
    return "agrees" if number == 1 else "agree"
