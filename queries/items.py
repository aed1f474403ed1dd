"""Names of items: what a user's word means at which level."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from cohabit.choices import among
from cohabit.errors import UsageError
from cohabit.graph.incidence import LEVELS, Deployments, Integers, ModelTable, distinct
from cohabit.loaders.names import canonical_model
from cohabit.privacy import holds_address
from cohabit.queries.countries import group_called, parse_countries, parts
from cohabit.text import visible


@dataclass(frozen=True)
class Item:
    """One item: its level and its label as the graph has it."""

    level: str
    label: str


def find_at(models: ModelTable, level: str, name: str) -> str | None:
    """Label of that name at one level; None: there is none.

    The case is of no matter, a country is also known by its English name, and `LEVEL:NAME` is read where it is that
    level and nothing is called so as it stands.
    """
    labels = models.labels(level)
    label = _label(labels, level, name)
    own, rest = split_level(name)
    return _label(labels, level, rest) if label is None and own == level else label


def split_level(name: str) -> tuple[str | None, str]:
    """Split `LEVEL:NAME`; the level is None where the name does not begin with one."""
    prefix, _, rest = name.partition(":")
    level = prefix.strip().lower()
    return (level, rest) if rest and level in LEVELS else (None, name)


def _label(labels: list[str], level: str, name: str) -> str | None:
    if level == "model":
        canonical = canonical_model(name)
        return canonical if canonical in set(labels) else None
    folded = name.strip().casefold()
    label = next((label for label in labels if label.casefold() == folded), None)
    if label is None and level == "lab-country":
        from cohabit.graph.names import country_code

        code = country_code(None, name)
        return code if code in labels else None
    return label


def require_at(models: ModelTable, level: str, name: str, *, prefixed: bool = False) -> str:
    """Label of that name at one level; UsageError says where else the name occurs, or what is close to it.

    `prefixed`: the level was written before the name, so another prefix is the way out.
    """
    if level not in LEVELS:
        raise UsageError(f"--level {level!r}: not a level; {among(level, LEVELS)}")
    label = find_at(models, level, name)
    if label is not None:
        return label
    shown = visible(name, 80)
    elsewhere = [item for item in readings(models, name) if item.level != level]
    if elsewhere:
        levels = [item.level for item in elsewhere]
        other = " or ".join(f"{item.level}:{visible(item.label, 60)}" for item in elsewhere)
        way = f"write {other}" if prefixed else f"use --level {' or '.join(levels)}"
        raise UsageError(f"no {level} is called {shown!r} here; it is a {' and a '.join(levels)}: {way}")
    own, rest = split_level(name)
    if own is not None and own != level:
        raise UsageError(f"{shown!r} names a {own}, and a {level} is asked for here: write {level}:NAME, or only NAME")
    close = ", ".join(visible(item.label, 60) for item in _close(models, (level,), rest))
    hint = f"; close: {close}" if close else ""
    raise UsageError(f"no {level} is called {shown!r} in this graph{hint} (`cohabit rank --level {level}` lists them)")


def require_model(models: ModelTable, name: str) -> str:
    """Label of a model, where digests are asked for, which only models have; UsageError says how to find these."""
    larger = [item for item in readings(models, name) if item.level != "model"]
    if larger and find_at(models, "model", name) is None:
        kinds = " and a ".join(item.level for item in larger)
        named = shlex.quote(f"{larger[0].level}:{visible(larger[0].label, 60)}")
        raise UsageError(
            f"no model is called {visible(name, 80)!r} here; it is a {kinds}, and digests are of single models: "
            f"`cohabit impact {named} --scope model` lists them"
        )
    return require_at(models, "model", name)


def _close(models: ModelTable, levels: Sequence[str], name: str) -> list[Item]:
    """What of these levels has the names closest to that one, at most three names; closest first."""
    named: dict[str, list[Item]] = {}
    for level in levels:
        for label in models.labels(level):
            named.setdefault(label.casefold(), []).append(Item(level, label))
    close = difflib.get_close_matches(name.casefold(), named, n=3, cutoff=0.6)
    # Nobody asked for an address that stands in a name.
    return [item for folded in close if not holds_address(folded) for item in named[folded]]


def readings(models: ModelTable, name: str) -> list[Item]:
    """Everything in the graph that the name can mean, level by level."""
    found = ((level, find_at(models, level, name)) for level in LEVELS)
    return [Item(level, label) for level, label in found if label is not None]


def resolve_item(models: ModelTable, name: str) -> Item:
    """Resolve `NAME` or `LEVEL:NAME`; an ambiguous or unknown name is refused with its readings."""
    level, rest = split_level(name)
    if level is not None:
        return Item(level, require_at(models, level, rest, prefixed=True))
    found = readings(models, name)
    if len(found) == 1:
        return found[0]
    shown = visible(name, 80)
    if found:
        choices = ", ".join(f"{item.level}:{visible(item.label, 80)}" for item in found)
        raise UsageError(f"{shown!r} can mean several things here; write one of: {choices}")
    raise UsageError(f"{shown!r} is no model, family, line, lab or lab country of this graph{_instead(models, name)}")


def _instead(models: ModelTable, name: str) -> str:
    """What may have been meant by a name that is none: another prefix, or names close to it."""
    prefix, colon, rest = name.partition(":")
    if colon and (readings(models, rest) or difflib.get_close_matches(prefix.lower(), LEVELS, n=1, cutoff=0.6)):
        return f"; {visible(prefix, 60)}: is no prefix, there are {', '.join(f'{level}:' for level in LEVELS)}"
    close = ", ".join(f"{item.level}:{visible(item.label, 60)}" for item in _close(models, LEVELS, name))
    return f"; close: {close}" if close else ""


def labs_in(name: str) -> list[str] | None:
    """The codes that `lab-country:FR,DE` or `lab-country:EU` means; None for any other name, one country's too."""
    level, rest = split_level(name)
    several = level == "lab-country" and (len(parts(rest)) > 1 or group_called(rest) is not None)
    return parse_countries(rest) if several else None


def hosts_with_any(level: str, labels: Collection[str], models: ModelTable, edges: Deployments) -> Integers:
    """Store keys of the hosts that have one of the items among those edges."""
    of_model = np.array([label in labels for label in models.items[level]], bool)
    return distinct(edges.hosts[of_model[edges.models]]) if len(of_model) else np.empty(0, np.int64)
