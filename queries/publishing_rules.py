"""What the columns of every question's answer are, for publication; a question without a rule cannot be published.

Where a sound rule would be intricate, the column is left out: expected hosts, p- and q-values, which hang on all counts
at once; bootstrap intervals; figures of a forecast; free text.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from cohabit.errors import UsageError
from cohabit.queries import measures
from cohabit.queries import published_words as words
from cohabit.queries.protection import Protection
from cohabit.queries.publishing import Compute, Rule, Share
from cohabit.queries.publishing_changes import compare_rule, diff_rule, lifetimes_rule, trends_rule
from cohabit.queries.publishing_parts import HOSTS, PARTITIONS, SHARE, Chooser, Options, Refused, additive, measured
from cohabit.queries.readings import BY_LINE
from cohabit.queries.result import Row
from cohabit.queries.words import percent

_N_OF_N = re.compile(r": ([\d,]+) of ([\d,]+)$")
_RANK_COUNTS = ("hosts", "base", "listings", "host_weeks", "networks", "countries")
_CYPHER = Refused("what a free or saved query counts is not known; ask with the commands that count hosts")


def _rank(options: Options) -> Rule:
    level, by = options.get("level"), options.get("by")
    keys = ("item",) if by is None else ("place", "item") if level else ("place",)
    within = (">place",) if level and by else ()
    order = (*within, f"?{keys[-1]}", "-hosts", keys[-1])
    adds = additive(by)
    headline = words.rank(level, by)
    return Rule(keys, adds=adds, counts=_RANK_COUNTS, shares=(SHARE,), order=order, headline=headline)


_FOUR = ("base", "hosts_a", "hosts_b", "hosts")
_MULTI = Share("share_of_multi_model_hosts", base="multi_model_hosts", low="low", high="high")


def _pair(row: Row) -> str:
    """One pair in a sentence that may be quoted; of the row of what is folded, that there is nothing to say."""
    if not row["hosts"] or not row["share_of_multi_model_hosts"]:
        return "too few hosts list both, or none"
    share = percent(row["share_of_multi_model_hosts"])
    interval = f"95 %: {percent(row['low'])} to {percent(row['high'])}"
    lift = "" if row["lift"] is None else f", {row['lift']:.2f} times as many as if the two were independent"
    return (
        f"{row['hosts']:,} hosts or more list both {row['a']} and {row['b']}, {share} of "
        f"{row['multi_model_hosts']:,} multi-model hosts ({interval}){lift}"
    )


PAIRS = Rule(
    ("a", "b"),
    counts=("hosts", "hosts_a", "hosts_b", "multi_model_hosts", "base"),
    shares=(
        Share("share_of_a", base="hosts_a", low="share_of_a_low", high="share_of_a_high"),
        Share("share_of_b", base="hosts_b", low="share_of_b_low", high="share_of_b_high"),
        _MULTI,
    ),
    computed={
        "lift": measured(measures.lift, *_FOUR),
        "jaccard": measured(measures.jaccard, "hosts_a", "hosts_b", "hosts"),
        "npmi": measured(measures.npmi, *_FOUR),
    },
    order=("-hosts", "a", "b"),
    said=_pair,
    headline=words.pairs,
)
_PAIR_SERIES = Rule(
    ("period", "a", "b"),
    counts=PAIRS.counts,
    shares=PAIRS.shares,
    computed={name: PAIRS.computed[name] for name in ("lift", "jaccard")},
    order=("period",),
)
_PAIR_PLACES = replace(
    _PAIR_SERIES, keys=("place",), plain=("a", "b"), order=("?place", "-hosts", "place"), headline=words.pair_places
)
_SETS = Rule(
    ("items",), counts=("hosts", "hosts_of_each", "multi_model_hosts", "base"), shares=(_MULTI,), plain=("left_out",)
)
_SORTS = frozenset({"lift", "jaccard", "npmi", "share_of_a", "share_of_b"})


def _cooccurrence(options: Options) -> Rule | Refused:
    if len(options.get("names", ())) > 2:
        return _SETS
    if options.get("every"):
        return _PAIR_SERIES
    sort = options.get("sort", "hosts")
    if options.get("by"):
        if sort == "difference":
            return Refused("the difference from the other places hangs on the exact counts of all; leave --sort out")
        return replace(_PAIR_PLACES, adds=additive(options["by"]), order=("?place", f"-{sort}", "-hosts", "place"))
    return replace(PAIRS, order=(f"-{sort}", *PAIRS.order)) if sort in _SORTS else PAIRS


COMBINATIONS = Rule(
    ("items",), adds=("items",), counts=("hosts", "base"), shares=(SHARE,), plain=("size",), order=("-hosts", "items")
)


def _combinations(options: Options) -> Rule:
    by = options.get("by")
    rule = replace(COMBINATIONS, headline=words.combinations(options.get("level") or "family", by))
    if by is None:
        return rule
    adds = (*additive(by), "items")
    return replace(rule, keys=("place", "items"), adds=adds, order=(">place", *COMBINATIONS.order))


_CENTRALITY = Rule(
    ("item",),
    plain=("degree", "strength", "pagerank", "eigenvector", "betweenness", "closeness", "core"),
    order=("-pagerank", "-hosts", "item"),
)


def _centrality(options: Options) -> Rule | Refused:
    if options.get("engine", "local") != "local":
        return Refused("what is published is computed here; leave --engine out")
    if options.get("bootstrap"):
        return Refused("intervals of ranks hang on the exact network; leave --bootstrap out")
    sort = options.get("sort", "pagerank")
    return replace(_CENTRALITY, order=(f"-{sort}", "-hosts", "item"), headline=words.centrality(sort))


def _clusters(options: Options) -> Rule:
    adds = ("item",) if options.get("by") in PARTITIONS else ()
    counts = ("hosts", "base") if options.get("by") else ("hosts",)
    return Rule(
        ("item",),
        adds=adds,
        counts=counts,
        plain=("cluster", "note"),
        order=("cluster", "-hosts", "item"),
        headline=words.clusters(options.get("by")),
    )


def _concentration(options: Options) -> Rule:
    adds = ("item",) if options.get("by") in PARTITIONS else ()
    plain = ("items", "hill_1", "hill_2", "hhi", "top", "top_share")
    return Rule(
        ("item",),
        adds=adds,
        counts=("hosts", "base", "deployments"),
        plain=plain,
        order=("?item", "-hosts", "item"),
        headline=words.concentration(options.get("level") or "family", options.get("by")),
    )


def _quotients(options: Options) -> Rule:
    return Rule(
        ("place", "item"),
        adds=additive(options.get("by")),
        counts=("hosts", "base"),
        shares=(Share("share"),),
        computed={"quotient": measured(measures.ratio, "share", "share_overall")},
        plain=("share_overall",),
        order=(">place", "-quotient", "item"),
        headline=words.quotients,
    )


_SPREAD = Rule(
    counts=("hosts", "base"),
    # Diversity of the places that are shown would be taken for that of all.
    plain=("item", "top", "top_share", "top_3_share", "top_10_share"),
    headline=words.spread,
)


def _figure(row: Row, protection: Protection) -> float | int | None:
    """A number of hosts, or a share of which the definition says the numbers; no other figure is said."""
    value = row["computed"]
    if isinstance(value, int):
        return protection.count(value)
    found = _N_OF_N.search(row["definition"])
    if not found:
        return None
    part, base = (protection.count(int(digits.replace(",", ""))) for digits in found.groups())
    return part / base if part and base else None


def _definition(row: Row, _protection: Protection) -> str:
    return _N_OF_N.sub("", row["definition"])


def _lines_of_claims(row: Row, _protection: Protection) -> str:
    """Which lines stand for the families is said by the claims, not by the data; all other notes have figures."""
    return str(row["note"]) if row["reading"] == BY_LINE else ""


_STUDY = Rule(
    counts=(),
    computed={"computed": _figure, "definition": _definition, "note": _lines_of_claims},
    plain=("claim", "reading", "published", "verdict"),
    headline=words.study,
)


def _info_counts() -> tuple[str, ...]:
    of_hosts = ("hosts", "hosts_with_models", "multi_model_hosts", "observations", "rejected")
    of_edges = ("deployments", "unknown_family", "unknown_line")
    return (*of_hosts, *of_edges, "models", "families", "lines", "labs", "countries", "networks", "providers")


def _risks(options: Options) -> Rule | Refused:
    if options.get("cover"):
        return Refused("goals one after the other measure the exact shares of labs; leave --cover out (50 % and 90 %)")
    if options.get("monoculture"):
        # The labs of a cover can be small ones, so only items that stand for themselves are named; and a cover of half
        # of the hosts has half of them, which rounding would turn into less.
        def of_reach(name: str, other: Any = None) -> Compute:
            return lambda row, _protection: row[name] if row["measure"] == "reach" else other

        return Rule(
            ("level", "goal"),
            counts=("hosts", "base"),
            shares=(SHARE,),
            computed={"items": of_reach("items", []), **{name: of_reach(name) for name in ("share", "low", "high")}},
            plain=("measure", "size", "size_at_least", "proven", "method"),
            headline=words.monoculture,
        )
    return Rule(
        ("condition", "basis"),
        counts=("hosts", "base", "deployments", "deployments_base"),
        shares=(SHARE, Share("share_of_deployments", "deployments", "deployments_base")),
        plain=("kind",),
        order=("~kind", "-hosts", "condition", "basis"),
        headline=words.risks,
    )


def _catalogue(options: Options) -> Rule | Refused:
    if options.get("unknown"):
        return Rule(
            ("item",),
            counts=("hosts", "base"),
            shares=(SHARE,),
            plain=("family",),
            order=("-hosts", "item"),
            headline=words.unknown_names,
        )
    return Refused("it says what a name means, not what hosts run; leave --publish out")


def _always(rule: Rule | Refused) -> Chooser:
    return lambda _options: rule


RULES: dict[str, Chooser] = {
    "info": _always(
        Rule(
            counts=_info_counts(),
            plain=("scans", "derived_facts"),
            dates=("first_seen", "last_seen"),
            headline=words.info,
        )
    ),
    "scans": _always(
        Rule(
            counts=("records", "rejected", "partial"),
            plain=("sha256", "loader", "simulated"),
            dates=("loaded_at", "first_seen", "last_seen"),
        )
    ),
    "rank": _rank,
    "cooccurrence": _cooccurrence,
    "combinations": _combinations,
    "centrality": _centrality,
    "clusters": _clusters,
    "concentration": _concentration,
    "quotients": _quotients,
    "spread": _always(_SPREAD),
    "diff": diff_rule,
    "compare": compare_rule,
    "study": _always(_STUDY),
    "quality": _always(Rule(("check",), counts=("hosts", "base"), shares=(Share("share"),), headline=words.quality)),
    "risks": _risks,
    "impact": _always(
        Rule(
            ("scope", "item"),
            adds=("item",),
            counts=("hosts", "base"),
            shares=(SHARE, Share("share_of_affected", "hosts", None)),
            order=("~scope", "?item", "-hosts", "item"),
            headline=words.impact,
        )
    ),
    "trends": trends_rule,
    "lifetimes": lifetimes_rule,
    "catalogue": _catalogue,
    "hosts": _always(HOSTS),
    "endpoints": _always(HOSTS),
    "match": _always(HOSTS),
    "exclusions": _always(HOSTS),
    "notify": _always(HOSTS),
    "followup": _always(Refused("its groups are recipients, often of a few hosts; it is for those who notify")),
    "host": _always(HOSTS),
    "query": _always(_CYPHER),
    "saved": _always(_CYPHER),
    "analyse": _always(Refused("it writes into the store and has no figures to publish")),
}
LEAST = frozenset({"cooccurrence", "combinations", "centrality", "compare"})
"""Questions whose `min_hosts` leaves out rows: of what is published it does so afterwards."""
INSIDE = frozenset({"cooccurrence", "centrality", "concentration", "quotients", "spread"})
"""Questions that measure something, or name something, on protected counts: they take the protection as an option."""


def rule_of(question: str, arguments: tuple[Any, ...], options: Options) -> Rule:
    """The rule of a question as it is asked; UsageError for one that is not published."""
    asked = {**options, "arguments": arguments, "names": arguments[0] if arguments else ()}
    chosen = RULES[question](asked) if question in RULES else None
    if chosen is None:
        raise UsageError(f"--publish: there is no rule yet for {question}; leave --publish out, and do not publish it")
    if isinstance(chosen, Refused):
        raise UsageError(f"--publish does not go with {question}: {chosen.reason}")
    return chosen


def refuse_hosts(protected: Protection | None, what: str, instead: str) -> None:
    """UsageError where something that shows single hosts (a map, a bipartite export) is asked for everybody."""
    if protected:
        raise UsageError(f"--publish does not go with {what}: it shows single hosts; {instead}")
