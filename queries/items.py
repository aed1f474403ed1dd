"""Names of items: what a user's word means at which level."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

import numpy as np

from cohabit.errors import UsageError
from cohabit.graph.incidence import LEVELS, Deployments, Integers, ModelTable, distinct
from cohabit.loaders.names import canonical_model
from cohabit.privacy import holds_address
from cohabit.text import visible


@dataclass(frozen=True)
class Item:
    """One item: its level and its label as the graph has it."""

    level: str
    label: str


def find_at(models: ModelTable, level: str, name: str) -> str | None:
    """Label of that name at one level, whatever its case, a country also by its English name; None: there is none."""
    labels = models.labels(level)
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


def require_at(models: ModelTable, level: str, name: str) -> str:
    """Label of that name at one level; UsageError says where else the name occurs, or what is close to it."""
    if level not in LEVELS:
        raise UsageError(f"--level {level!r}: not a level; choose from {', '.join(LEVELS)}")
    label = find_at(models, level, name)
    if label is not None:
        return label
    shown = visible(name, 80)
    elsewhere = [item for item in readings(models, name) if item.level != level]
    if elsewhere:
        levels = [item.level for item in elsewhere]
        raise UsageError(
            f"no {level} is called {shown!r} here; it is a {' and a '.join(levels)}: use --level {' or '.join(levels)}"
        )
    close = difflib.get_close_matches(name.casefold(), models.labels(level), n=3, cutoff=0.6)
    # Nobody asked for an address that stands in a name.
    close = [label for label in close if not holds_address(label)]
    hint = f"; close: {', '.join(visible(c, 60) for c in close)}" if close else ""
    raise UsageError(f"no {level} is called {shown!r} in this graph{hint} (`cohabit rank --level {level}` lists them)")


def readings(models: ModelTable, name: str) -> list[Item]:
    """Everything in the graph that the name can mean, level by level."""
    found = ((level, find_at(models, level, name)) for level in LEVELS)
    return [Item(level, label) for level, label in found if label is not None]


def resolve_item(models: ModelTable, name: str) -> Item:
    """Resolve `NAME` or `LEVEL:NAME`; an ambiguous or unknown name is refused with its readings."""
    level, colon, rest = name.partition(":")
    if colon and level in LEVELS:
        return Item(level, require_at(models, level, rest))
    found = readings(models, name)
    if len(found) == 1:
        return found[0]
    shown = visible(name, 80)
    if found:
        choices = ", ".join(f"{item.level}:{visible(item.label, 80)}" for item in found)
        raise UsageError(f"{shown!r} can mean several things here; write one of: {choices}")
    raise UsageError(f"{shown!r} is no model, family, line, lab or lab country of this graph")


def hosts_with_item(item: Item, models: ModelTable, edges: Deployments) -> Integers:
    """Store keys of the hosts that have the item among those edges."""
    of_model = np.array([label == item.label for label in models.items[item.level]], bool)
    return distinct(edges.hosts[of_model[edges.models]]) if len(of_model) else np.empty(0, np.int64)
