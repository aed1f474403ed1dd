"""What a problem is in: items and digests that users name, and the deployments that each reaches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from cohabit.errors import UsageError
from cohabit.graph.incidence import Incidence, Integers
from cohabit.graph.store import GraphStore
from cohabit.queries.digest_names import named_digest, only_digest, parse_digest, require_digest
from cohabit.queries.digests import Digests
from cohabit.queries.items import Item, readings, require_at, resolve_item, split_level
from cohabit.queries.listed import Mask
from cohabit.text import visible

DERIVED = "derived"
DIGEST = "digest"
_BASES = ("line", "lab")


@dataclass(frozen=True)
class Target:
    """One thing that was named.

    `label` is as the graph has it, `matched_by` how deployments are matched (`name` for a model), `models` the models
    it means (one value a model), or `digests` the positions of its digests. `mixed` are derived lines that derive from
    other lines too, by the rest of the name, of which the graph does not keep which.
    """

    label: str
    matched_by: str
    models: Mask | None = None
    digests: tuple[int, ...] = ()
    mixed: tuple[str, ...] = ()


def resolve(
    store: GraphStore,
    incidence: Incidence,
    digests: Digests,
    names: Sequence[str],
    listed: Iterable[str],
    *,
    include_derived: bool,
) -> list[Target]:
    """Find what `names` (`NAME`, `LEVEL:NAME`, `digest:…`) and the `listed` digests mean, in their order.

    UsageError for a name that the graph does not have or that means several things. A digest of no host is a target
    without deployments: that nobody runs it is an answer.
    """
    lineage = _Lineage(store) if include_derived else None
    read = [_named(incidence, name, lineage) for name in names]
    items = list(dict.fromkeys(one for one in read if isinstance(one, Item)))
    targets = [_item_target(incidence, item) for item in items]
    if lineage is not None:
        bases = [item for item in items if item.level in _BASES]
        if not bases:
            raise UsageError(
                "--include-derived needs a line or a lab among the names: what derives from what is known of lines"
            )
        targets += [_derived_target(incidence, lineage, item) for item in bases]
    targets += [_digest_target(digests, digest) for digest in (*(one for one in read if isinstance(one, str)), *listed)]
    # A digest in full and the short form of it are one.
    return list({target.label: target for target in targets}.values())


def _named(incidence: Incidence, name: str, lineage: _Lineage | None) -> Item | str:
    """Read one name: an item, or digits of a digest. With a lineage also a line that nobody runs: it is a base."""
    digits = named_digest(name)
    if digits is not None:
        return require_digest(digits)
    level, bare = split_level(name)
    if level == "line" and lineage and bare in lineage.children:
        return Item("line", bare)
    if level is not None:
        return Item(level, require_at(incidence.models, level, bare, prefixed=True))
    digest = parse_digest(name)
    if digest is None:
        return resolve_item(incidence.models, name)
    if found := readings(incidence.models, name):
        choices = ", ".join(f"{item.level}:{visible(item.label, 80)}" for item in found)
        shown = visible(name, 80)
        raise UsageError(f"{shown!r} can mean several things here; write one of: {choices}, digest:{digest}")
    return digest


def _item_target(incidence: Incidence, item: Item) -> Target:
    models = np.array([label == item.label for label in incidence.models.items[item.level]], bool)
    matched_by = "name" if item.level == "model" else item.level
    return Target(f"{item.level}:{item.label}", matched_by, models)


def _digest_target(digests: Digests, digest: str) -> Target:
    found = digests.beginning(digest)
    label = only_digest(digest, [digests.texts[i] for i in found]) or digest
    return Target(f"{DIGEST}:{label}", DIGEST, digests=tuple(found))


class _Lineage:
    """Lines with their labs, and which lines derive from which."""

    def __init__(self, store: GraphStore) -> None:
        rows = store.table("MATCH (l:Line)-[:DERIVED_FROM]->(b:Line) RETURN l.name AS line, b.name AS base").to_pylist()
        self.children: dict[str, set[str]] = defaultdict(set)
        self.parents: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            self.children[row["base"]].add(row["line"])
            self.parents[row["line"]].add(row["base"])
        labs = store.table("MATCH (l:Line)-[:PUBLISHED_BY]->(b:Lab) RETURN l.name AS line, b.name AS lab").to_pylist()
        self.lines_of_lab: dict[str, set[str]] = defaultdict(set)
        for row in labs:
            self.lines_of_lab[row["lab"]].add(row["line"])

    def descendants(self, bases: set[str]) -> set[str]:
        """Lines that derive from these, directly or not, without these themselves."""
        found: set[str] = set()
        left = list(bases)
        while left:
            for line in self.children.get(left.pop(), set()) - found:
                found.add(line)
                left.append(line)
        return found - bases


def _derived_target(incidence: Incidence, lineage: _Lineage, item: Item) -> Target:
    bases = {item.label} if item.level == "line" else lineage.lines_of_lab[item.label]
    lines = lineage.descendants(bases)
    models = np.array([line in lines for line in incidence.models.items["line"]], bool)
    mixed = sorted(line for line in lines if lineage.parents[line] - lines - bases)
    return Target(f"{DERIVED}:{item.level}:{item.label}", DERIVED, models, mixed=tuple(mixed))


def chosen(positions: Sequence[int] | Integers, size: int) -> Mask:
    """A mask of that size that is true at these positions."""
    mask = np.zeros(size, bool)
    mask[np.asarray(positions, np.int64)] = True
    return mask
