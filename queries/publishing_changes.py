"""How answers about change are published: diff, compare, trends, lifetimes."""

from __future__ import annotations

import math
import operator
from dataclasses import replace

from cohabit.queries import measures
from cohabit.queries import published_words as words
from cohabit.queries.protection import Protection
from cohabit.queries.publishing import Compute, Rule, Share
from cohabit.queries.publishing_parts import HOSTS, SHARE, Options, Refused, additive, measured
from cohabit.queries.result import Row
from cohabit.queries.scope import Scope, time_window


def _difference(one: str, other: str) -> Compute:
    return measured(operator.sub, one, other)


_DIFF = Rule(
    ("item",),
    sizes=("before", "after"),
    counts=(
        *("before", "after", "added", "new_hosts", "removed", "kept"),
        *("not_rescanned", "not_seen_since", "not_scanned_before", "base_before", "base_after"),
    ),
    shares=(Share("share_before", "before", "base_before"), Share("share_after", "after", "base_after")),
    parts=(("removed", "kept", "not_rescanned"), ("added", "kept", "not_scanned_before")),
    computed={"difference": _difference("share_after", "share_before")},
    order=("|difference", "-after", "item"),
)
_REPLACED = Rule(
    ("model", "from_digest", "to_digest"),
    counts=("hosts", "base"),
    shares=(SHARE,),
    order=("-hosts", "model"),
    headline=words.replaced,
)
_SUCCESSORS = Rule(
    ("outcome",),
    adds=("outcome",),
    counts=("hosts", "had_both", "base"),
    shares=(SHARE,),
    order=("~outcome",),
)


def diff_rule(options: Options) -> Rule | Refused:
    """Of items, hosts that moved on, or digests that were replaced; of single hosts there is no rule."""
    if options.get("level") == "host":
        return HOSTS
    if options.get("successor") is not None:
        return _SUCCESSORS
    if options.get("of_digests"):
        return _REPLACED
    return replace(_DIFF, headline=words.diff(options.get("level") or "family", options["arguments"]))


def _bounds(*, one_window: bool) -> dict[str, Compute]:
    """The 95 % interval of `difference`, such that it holds for all numbers that the published ones can stand for.

    Made as `two_samples` makes that of groups without common hosts, from the worst of the numbers. Hosts in both groups
    make the exact one narrower, if both are looked at in one window; else the bounds of the two shares are put together
    as they are, which holds for any correlation.
    """

    def compute(row: Row, protection: Protection, low: str, high: str) -> float | None:
        """How far the share of the group `low` can be below that of `high`: its least against the other's most."""
        if row["difference"] is None:
            return None
        more = protection.k - 1
        hosts, base = row[f"hosts_{low}"], row[f"base_{low}"] + more
        most = row[f"hosts_{high}"] + more
        whole = max(row[f"base_{high}"], most)
        share, other = hosts / base, most / whole
        below, above = share - measures.wilson(hosts, base)[0], measures.wilson(most, whole)[1] - other
        reach = math.hypot(below, above) if one_window else below + above
        return max(float(share - other - reach), -1.0)

    def upper(row: Row, protection: Protection) -> float | None:
        found = compute(row, protection, "b", "a")
        return None if found is None else -found

    return {"low": lambda row, protection: compute(row, protection, "a", "b"), "high": upper}


_COMPARE = Rule(
    ("item",),
    sizes=("hosts_a", "hosts_b"),
    counts=("hosts_a", "hosts_b", "base_a", "base_b"),
    shares=(Share("share_a", "hosts_a", "base_a"), Share("share_b", "hosts_b", "base_b")),
    computed={"difference": _difference("share_a", "share_b")},
    order=("|difference", "-hosts_a", "item"),
)


def compare_rule(options: Options) -> Rule:
    """Of two groups of hosts."""
    windows = {time_window(scope) for scope in (options.get("scope") or Scope(), *options["arguments"])}
    computed = {**_COMPARE.computed, **_bounds(one_window=len(windows) == 1)}
    return replace(_COMPARE, computed=computed, headline=words.compare(options.get("level") or "family"))


def trends_rule(options: Options) -> Rule | Refused:
    """Of shares over time, and of what came and went."""
    view, level, by = options.get("view", "shares"), options.get("level"), options.get("by")
    if view == "slopes" or options.get("forecast") is not None:
        return Refused("slopes and forecasts hang on the exact shares; the shares themselves can be published")
    if view == "adoption":
        return Rule(
            ("period", "item"),
            counts=("hosts", "base"),
            shares=(SHARE,),
            order=("item", "period"),
            headline=words.appeared(view),
        )
    if view in ("new", "vanished"):
        # The first and the last period are those of one host.
        return Rule(("item",), counts=("hosts",), order=("-hosts", "item"), headline=words.appeared(view))
    if view == "digests":
        # The first week is that of one host.
        return Rule(
            ("period", "model", "reported_digest"),
            adds=("reported_digest",),
            counts=("hosts", "base"),
            shares=(SHARE,),
            order=("model", "period", "-hosts", "reported_digest"),
            headline=words.digests,
        )
    keys = ("place",) if by and not level else ("place", "item") if by else ("item",)
    return Rule(
        ("period", *keys),
        adds=additive(by),
        counts=("hosts", "base"),
        shares=(SHARE,),
        plain=("kind",),
        order=(*((">place", "item") if by and level else keys), "period"),
        headline=words.trends,
    )


_LIFETIMES = {
    "survival": Rule(
        counts=("at_risk", "ended", "censored"),
        shares=(Share("survival", None, "at_risk"),),
        parts=(("ended", "censored"),),
        plain=("weeks",),
        headline=words.survival,
    ),
    "churn": Rule(
        counts=("hosts", "arrived", "returned", "stayed", "left", "not_rescanned", "hosts_before"),
        shares=(Share("share_stayed", "stayed", "hosts_before", "low", "high"),),
        parts=(("arrived", "returned", "stayed"), ("stayed", "left", "not_rescanned")),
        plain=("period", "before"),
        headline=words.churn,
    ),
    "observations": Rule(
        ("group",),
        counts=("hosts", "observations", "base"),
        shares=(Share("share"), Share("share_of_observations", "observations", None)),
        headline=words.observations,
    ),
}


def lifetimes_rule(options: Options) -> Rule | Refused:
    """Of how long hosts, or one item on them, were seen."""
    # One item is on a host once; of several, or of a whole level, one host can have any number.
    if (options.get("level") or options.get("item")) and len(options.get("item", ())) != 1:
        return Refused("it counts items on hosts, and one host can have many; name one --item")
    return _LIFETIMES[options.get("view", "survival")]
