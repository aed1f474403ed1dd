"""Impact: if a model, a line, a lab, a family or a digest has a problem, which hosts run it, where, and beside what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cohabit.choices import among
from cohabit.errors import UsageError
from cohabit.graph.incidence import LEVELS, Incidence, Integers, distinct
from cohabit.graph.store import GraphStore
from cohabit.queries import targets as named
from cohabit.queries.digest_names import require_digest
from cohabit.queries.digests import Digests, read_digests, reported
from cohabit.queries.listed import Mask, hosts_of, quantisations, read_listed, shares, sizes
from cohabit.queries.places import PLACES, UNKNOWN, memberships
from cohabit.queries.result import Result, Row, result
from cohabit.queries.scope import Scope, last_week
from cohabit.queries.targets import DIGEST, Target
from cohabit.queries.words import count, percent, short_digest
from cohabit.text import visible
from cohabit.timeline import week_name

COLUMNS = ("scope", "item", "hosts", "share", "low", "high", "base", "share_of_affected", "matched_by")
TABLE_COLUMNS = ("scope", "item", "hosts", "share", "low", "high", "share_of_affected", "matched_by")
SCOPES = (
    "total",
    "target",
    "model",
    "size",
    "quantisation",
    "digest",
    "other-name",
    "other-digest",
    *PLACES,
    "beside",
    "alone",
)
_EVERYTHING = "everything named"
# So many rows of every scope come first, so that a short table shows them all.
_FIRST = 2


@dataclass(frozen=True)
class _Matched:
    """The deployments that are matched (`edges`), and the hosts that have one; also by each way of matching."""

    incidence: Incidence
    edges: Mask
    by: Mapping[str, Mask]

    @cached_property
    def hosts(self) -> Mask:
        """The affected hosts."""
        return hosts_of(self.incidence, self.edges)

    @cached_property
    def affected(self) -> int:
        """How many there are."""
        return int(np.count_nonzero(self.hosts))

    def rows(self, scope: str, labels: Sequence[str], edges: Integers, items: Integers) -> list[Row]:
        """One row an item, from pairs of an edge and an item; a host counts once an item."""
        hosts = self.incidence.host_index[edges]
        counts = _tally(hosts, items, len(labels))
        ways = {way: _tally(hosts[mask[edges]], items[mask[edges]], len(labels)) for way, mask in self.by.items()}
        found = np.flatnonzero(counts).tolist()
        matched_by = [[way for way, own in ways.items() if own[i]] for i in found]
        return self.counted(scope, [labels[i] for i in found], counts[found].tolist(), matched_by)

    def places(self, store: GraphStore, place: str) -> list[Row]:
        """The affected hosts by place."""
        membership = memberships(store, place, self.incidence.hosts)
        edges = np.flatnonzero(self.edges)
        source, places = membership.join(self.incidence.host_index[edges])
        return self.rows(place, membership.labels, edges[source], places)

    def of_models(self, scope: str, labels: Sequence[str], of_model: Integers) -> list[Row]:
        """What the matched models are, where that is one of `labels`, else `unknown`."""
        edges = np.flatnonzero(self.edges)
        found = of_model[self.incidence.model_index[edges]]
        return self.rows(scope, [*labels, UNKNOWN], edges, np.where(found < 0, len(labels), found))

    def counted(
        self,
        scope: str,
        items: Sequence[str],
        hosts: Sequence[int],
        ways: Sequence[Iterable[str]],
        *,
        inside: bool = True,
    ) -> list[Row]:
        """Rows from their numbers of hosts; `inside` says that these are affected hosts."""
        affected = self.affected if inside else 0
        rows = zip(items, shares(hosts, len(self.incidence.hosts)), ways, strict=True)
        return [
            {
                "scope": scope,
                "item": item,
                **share,
                "share_of_affected": share["hosts"] / affected if affected else None,
                "matched_by": ", ".join(sorted(way)),
            }
            for item, share, way in rows
        ]


def impact(
    store: GraphStore,
    names: Sequence[str] = (),
    *,
    digests: Iterable[str] = (),
    include_derived: bool = False,
    level: str = "family",
    scopes: Sequence[str] = (),
    scope: Scope | None = None,
) -> Result:
    """Count the hosts in scope that run something named, and split them.

    Names are `NAME` where it means one thing, else `model:`, `line:`, `lab:`, `family:` or `digest:` and the name; a
    digest is written by its first 8 to 64 hexadecimal digits. `include_derived` adds the models whose line derives from
    a named line, or from a line of a named lab. Shares are of the hosts in scope whose list was seen (`base`), with
    Wilson 95 % intervals; `share_of_affected` is of the hosts of the row `total`. `matched_by` says what the hosts of a
    row were matched by: name (of the model), line, lab, family, lab-country, derived or digest.

    Scopes: `total`; `target` (each thing named); `model`, `size` (parameters) and `quantisation` (both of the model,
    not of each deployment) and `digest` (what was matched); the places; `beside` (items
    of `level` among the other models of the affected hosts) and `alone` (hosts without other models). Not in the total
    are `other-name` (models of other names with one of these digests) and `other-digest` (models of the same names,
    where a digest was named, that report another digest, or none). `scopes` chooses the rows of some of them.
    """
    _check_scopes(scopes)
    if level not in LEVELS:
        raise UsageError(f"--level {level!r}: not a level; {among(level, LEVELS)}")
    listed = [require_digest(text) for text in digests]
    if not names and not listed:
        raise UsageError(
            "impact of what? Name an item (model:…, line:…, lab:…, family:…, digest:…), or give --digests FILE"
        )
    scope = scope or Scope()
    until = last_week(scope)
    incidence = read_listed(store, scope)
    known = read_digests(store, incidence, until)
    found = named.resolve(store, incidence, known, names, listed, include_derived=include_derived)
    if not len(incidence.hosts):
        return result(COLUMNS, [], headline="No host in scope whose list was seen: there is nothing to count.")
    matched, per_target = _match(incidence, known, found)
    rows = matched.counted("total", [_EVERYTHING], [matched.affected], [_ways(matched)])
    rows += matched.counted("target", [t.label for t in found], per_target, [[t.matched_by] for t in found])
    edges = np.flatnonzero(matched.edges)
    rows += matched.rows("model", incidence.models.names, edges, incidence.model_index[edges])
    for what, read in (("size", sizes), ("quantisation", quantisations)):
        rows += matched.of_models(what, *read(store, incidence))
    rows += _digest_rows(matched, known)
    outside = [*_other_names(matched, known, found), *_other_digests(matched)]
    rows += outside
    for place in PLACES:
        rows += matched.places(store, place)
    rows += _beside(matched, level)
    shown = [row for row in rows if row["scope"] in scopes] if scopes else rows
    return result(
        COLUMNS,
        _ordered(shown, mixed=not scopes),
        headline=_headline(rows, len(incidence.hosts), level, until),
        caveats=(*_caveats(found, shown, include_derived, until), *_unknown(shown)),
        table_columns=TABLE_COLUMNS,
    )


def _check_scopes(scopes: Sequence[str]) -> None:
    for scope in scopes:
        if scope.lower() in ("host", "hosts"):
            raise UsageError(
                f"--scope {scope!r}: impact counts hosts; `cohabit hosts` with --model, --line, --lab or --digest "
                "lists them"
            )
        if scope not in SCOPES:
            raise UsageError(f"--scope {scope!r}: not a scope; {among(scope, SCOPES)}")


def _match(incidence: Incidence, known: Digests, found: Sequence[Target]) -> tuple[_Matched, list[int]]:
    """The matched deployments, and the hosts of each target. Digests can be many: they are counted all at once."""
    width = len(known.texts)
    hosts_of_digest = _tally(incidence.host_index[known.edges], known.digests, width)
    wanted = named.chosen([i for t in found for i in t.digests], width)
    by: dict[str, Mask] = {}
    per_target = []
    for target in found:
        if target.models is None:
            per_target.append(int(sum(hosts_of_digest[i] for i in target.digests)))
            if DIGEST not in by:
                by[DIGEST] = known.having(wanted, len(incidence.host_index))
        else:
            edges = target.models[incidence.model_index]
            per_target.append(int(np.count_nonzero(hosts_of(incidence, edges))))
            by[target.matched_by] = by[target.matched_by] | edges if target.matched_by in by else edges
    return _Matched(incidence, np.logical_or.reduce(list(by.values())), by), per_target


def _tally(hosts: Integers, items: Integers, width: int) -> Integers:
    """Distinct hosts of every item, from pairs that may repeat."""
    pairs = distinct(hosts * max(width, 1) + items)
    return np.bincount(pairs % max(width, 1), minlength=width).astype(np.int64)


def _ways(matched: _Matched) -> list[str]:
    return [way for way, edges in matched.by.items() if edges.any()]


def _digest_rows(matched: _Matched, known: Digests) -> list[Row]:
    """The digests of the matched deployments; `unknown` are hosts with one that reports none."""
    silent = matched.edges.copy()
    silent[known.edges] = False
    without = np.flatnonzero(silent)
    inside = matched.edges[known.edges]
    edges = np.concatenate([known.edges[inside], without])
    items = np.concatenate([known.digests[inside], np.full(len(without), len(known.texts))])
    return matched.rows("digest", [*known.texts, UNKNOWN], edges, items)


def _other_names(matched: _Matched, known: Digests, found: Sequence[Target]) -> list[Row]:
    """Deployments under other names with a digest of those that were matched by a name of some kind, or of a target."""
    by_name = np.logical_or.reduce(
        [edges for way, edges in matched.by.items() if way != DIGEST] or [matched.edges & False]
    )
    same = named.chosen([i for t in found for i in t.digests], len(known.texts))
    same[known.digests[by_name[known.edges]]] = True
    return _outside(matched, known.having(same, len(matched.edges)) & ~matched.edges, "other-name", DIGEST)


def _other_digests(matched: _Matched) -> list[Row]:
    """Deployments of models that a digest was found under, without that digest."""
    if DIGEST not in matched.by:
        return []
    model_index = matched.incidence.model_index
    models = named.chosen(model_index[matched.by[DIGEST]], len(matched.incidence.models.names))
    return _outside(matched, models[model_index] & ~matched.edges, "other-digest", "name")


def _outside(matched: _Matched, edges: Mask, scope: str, way: str) -> list[Row]:
    names = matched.incidence.models.names
    counts = _tally(matched.incidence.host_index[edges], matched.incidence.model_index[edges], len(names))
    found = np.flatnonzero(counts).tolist()
    items = [names[i] for i in found]
    return matched.counted(scope, items, counts[found].tolist(), [[way]] * len(found), inside=False)


def _beside(matched: _Matched, level: str) -> list[Row]:
    """What else the affected hosts run, and how many run nothing else."""
    incidence = matched.incidence
    others = matched.hosts[incidence.host_index] & ~matched.edges
    alone = matched.hosts & ~hosts_of(incidence, others)
    labels = incidence.models.labels(level)
    position: dict[str | None, int] = {label: i for i, label in enumerate(labels)}
    of_model = np.array([position.get(item, len(labels)) for item in incidence.models.items[level]], np.int64)
    edges = np.flatnonzero(others)
    # The edges are those beside, so how their hosts were matched is a question of the hosts.
    hosts_by = {way: hosts_of(incidence, mask)[incidence.host_index] for way, mask in matched.by.items()}
    beside = _Matched(incidence, matched.edges, hosts_by)
    rows = beside.rows("beside", [*labels, UNKNOWN], edges, of_model[incidence.model_index[edges]])
    ways = [way for way, mask in matched.by.items() if (hosts_of(incidence, mask) & alone).any()]
    return [*rows, *matched.counted("alone", ["no other model"], [int(np.count_nonzero(alone))], [ways])]


def _ordered(rows: list[Row], *, mixed: bool) -> list[Row]:
    """Rows scope by scope, most hosts first, `unknown` last; `mixed`: the first known ones of each, then the rest."""
    ranked: list[tuple[tuple[object, ...], Row]] = []
    for place, scope in enumerate(SCOPES):
        own = [row for row in rows if row["scope"] == scope]
        own.sort(key=lambda r: (r["item"] == UNKNOWN, -r["hosts"], r["item"]))
        for rank, row in enumerate(own):
            later = mixed and (rank >= _FIRST or row["item"] == UNKNOWN)
            ranked.append(((later, place, rank), row))
    return [row for _, row in sorted(ranked, key=lambda pair: pair[0])]


def _unknown(rows: list[Row]) -> Iterator[str]:
    """The rows `unknown` come last, where a short table does not show them: say how large they are."""
    found = [f"{row['scope']} {percent(row['share_of_affected'])}" for row in rows if row["item"] == UNKNOWN]
    if found:
        yield f"Not known, of the affected hosts: {', '.join(found)}; these rows come last."


def _headline(rows: list[Row], base: int, level: str, until: int | None) -> str:
    total = rows[0]
    targets = [row["item"] for row in rows if row["scope"] == "target"]
    shown = ", ".join(visible(short_digest(label), 60) for label in targets[:3])
    what = shown if len(targets) <= 3 else f"{shown} and {len(targets) - 3:,} more"
    if not total["hosts"]:
        return f"None of {count(base, 'host')} whose list was seen lists {what}."
    said = f"list {what}"
    if all(label.startswith("digest:") for label in targets):
        # A digest is in the graph for good: the host can have another one now.
        said = f"have ever reported {what}" if until is None else f"had reported {what} by {week_name(until)}"
    sentence = f"{count(total['hosts'], 'host')} of {base:,} ({percent(total['share'])}) {said}"
    beside = f"most often beside the {level.replace('-', ' ')}"
    for scope, words in (("country", "most in"), ("network", "most in"), ("beside", beside)):
        own = [row for row in rows if row["scope"] == scope and row["item"] != UNKNOWN]
        if own:
            top = min(own, key=lambda r: (-r["hosts"], r["item"]))
            sentence += f"; {words} {visible(top['item'], 60)} ({percent(top['share_of_affected'])})"
    return f"{sentence}."


def _caveats(found: Sequence[Target], rows: list[Row], include_derived: bool, until: int | None) -> tuple[str, ...]:
    ways = {target.matched_by for target in found}
    scopes = {row["scope"] for row in rows}
    notes = []
    if ways - {DIGEST}:
        notes.append(
            "Matched by name (line, lab and family follow from names and reports): anybody can give a name to anything."
        )
    if "other-name" in scopes:
        notes.append(
            "other-name: the same digests under other names; not in the total. Name these digests too to count them."
        )
    if "other-digest" in scopes:
        notes.append("other-digest: the same names with another digest, or none reported; not in the total.")
    if DIGEST in ways or "digest" in scopes:
        notes.append(reported(until))
    if include_derived:
        notes.append("derived: all models of lines that derive from the named ones, as the catalogue has it.")
    if mixed := sorted({line for target in found for line in target.mixed}):
        notes.append(f"All models of {', '.join(mixed)} count, though only some of them derive from what is named.")
    missing = sum(target.models is None and not target.digests for target in found)
    if missing:
        notes.append(f"{count(missing, 'digest')} named that no host of this graph reports.")
    return tuple(notes)
