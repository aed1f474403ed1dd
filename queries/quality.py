"""What could be wrong with the data: one row a check, with how far the headline moves without the hosts concerned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from cohabit.errors import UsageError
from cohabit.graph.archive import RejectedRecord
from cohabit.graph.decoys import Thresholds
from cohabit.graph.incidence import Incidence
from cohabit.graph.store import GraphStore
from cohabit.queries import quality_lists, quality_records
from cohabit.queries.quality_data import Mask, read_evidence
from cohabit.queries.result import Result, Row, result
from cohabit.queries.scope import Scope, read_incidence, time_window
from cohabit.queries.words import count, percent, points

COLUMNS = ("check", "hosts", "share", "base", "found", "unit", "effect", "note")
TABLE_COLUMNS = ("check", "hosts", "share", "effect", "found", "unit")

# The pair that the published study leads with; where no host has it, the most frequent pair stands in.
_LEADING_PAIR = ("llama", "qwen2")


def quality(
    store: GraphStore,
    *,
    rejected: Iterable[RejectedRecord] | None = None,
    decoy_hosts: int | None = None,
    decoy_networks: int | None = None,
    decoy_models: int | None = None,
    shared_hosts: int | None = None,
    shared_models: int | None = None,
    scope: Scope | None = None,
) -> Result:
    """Run all checks on the hosts in scope; each looks at the hosts' whole record, whatever the time window.

    `hosts` is None where a check cannot be made, or is not about hosts; `share` is of all hosts in scope (`base`).
    `found` is what the check counts, in `unit`. `effect` is the change of the headline's share (a fraction) when the
    hosts concerned are left out. `rejected` are the archive's rejected records (None: no archive at hand). With one of
    the `decoy_…` thresholds the groups of suspected decoys are formed anew; `shared_…` are
    those of shared lists.
    """
    scope = scope or Scope()
    decoys = _given("decoy", hosts=decoy_hosts, networks=decoy_networks, models=decoy_models)
    shared = _given("shared", hosts=shared_hosts, models=shared_models)
    # Without any the stored groups will do.
    thresholds = Thresholds(**decoys) if decoys else None
    incidence = read_incidence(store, scope)
    if not len(incidence.hosts):
        return result(COLUMNS, [], headline="No host in scope: there is nothing to check.")
    evidence = read_evidence(store, incidence)
    findings = (
        quality_lists.suspected_decoys(evidence, thresholds),
        quality_lists.shared_lists(evidence, **shared),
        quality_lists.impossible_collections(evidence),
        quality_lists.address_churn(evidence),
        quality_lists.duplicate_listings(evidence),
        quality_lists.remote_entries(evidence),
        quality_records.family_conflicts(evidence),
        quality_records.unknown_names(evidence),
        quality_records.clock_trouble(store, evidence, rejected),
        quality_records.seen_once(evidence),
        quality_records.simulated_scans(store, evidence),
        quality_records.unseen_hosts(evidence, time_window(scope)),
    )
    leading = _leading_pair(incidence)
    rows = [_row(finding, evidence.scope, leading) for finding in findings]
    return result(
        COLUMNS,
        rows,
        headline=_headline(leading, len(incidence.hosts)),
        caveats=(*_CAVEATS, *_unchecked(findings)),
        table_columns=TABLE_COLUMNS,
        remark="note",
    )


_CAVEATS = (
    "A check raises a suspicion, it proves nothing; hosts can be in several. `effect`: by how many percentage points "
    "the headline's share changes without the hosts concerned.",
)


def _unchecked(findings: Iterable[quality_lists.Finding]) -> Iterator[str]:
    """Say once more, for who has no notes, that no finding is not the same as nothing found."""
    checks = [finding.check for finding in findings if finding.note.startswith(quality_lists.UNCHECKED)]
    if checks:
        yield f"{quality_lists.UNCHECKED} on these data: {', '.join(checks)}."


def _given(check: str, **thresholds: int | None) -> dict[str, int]:
    """The thresholds asked for; UsageError for one that cannot be."""
    for name, value in thresholds.items():
        if value is not None and value < 1:
            raise UsageError(f"--{check}-{name} {value}: it takes 1 or more")
    return {name: value for name, value in thresholds.items() if value is not None}


@dataclass(frozen=True)
class _LeadingPair:
    """The headline's pair, and which hosts in scope (positions) list both and are multi-model hosts."""

    names: tuple[str, str]
    both: Mask
    multi: Mask

    def share(self, keep: Mask | None = None) -> float | None:
        """Share of multi-model hosts that list both, of all or of some hosts; None without multi-model hosts."""
        multi = self.multi if keep is None else self.multi & keep
        total = int(np.count_nonzero(multi))
        return np.count_nonzero(self.both & multi) / total if total else None


def _leading_pair(incidence: Incidence) -> _LeadingPair | None:
    matrix = incidence.at("family")
    counts = (matrix.matrix.T @ matrix.matrix).tocoo()
    upper = counts.row < counts.col
    pairs = list(zip(counts.data[upper].tolist(), counts.row[upper].tolist(), counts.col[upper].tolist(), strict=True))
    if not pairs:
        return None
    wanted = [p for p in pairs if (matrix.labels[p[1]], matrix.labels[p[2]]) == _LEADING_PAIR]
    # Labels are in order: of equally frequent pairs the one that sorts first is taken.
    _, a, b = min(wanted or pairs, key=lambda p: (-p[0], p[1], p[2]))
    with_both = matrix.hosts_with_all([a, b])
    both = np.zeros(len(incidence.hosts), bool)
    both[with_both] = True
    return _LeadingPair((matrix.labels[a], matrix.labels[b]), both, incidence.models_per_host >= 2)


def _row(finding: quality_lists.Finding, scope: Mask, leading: _LeadingPair | None) -> Row:
    base = int(np.count_nonzero(scope))
    row: Row = {
        "check": finding.check,
        "hosts": None,
        "share": None,
        "base": base,
        "found": finding.found,
        "unit": finding.unit,
        "effect": None,
        "note": finding.note,
    }
    if finding.hosts is not None:
        concerned = finding.hosts[scope]
        row["hosts"] = int(np.count_nonzero(concerned))
        row["share"] = row["hosts"] / base
        row["effect"] = _effect(leading, ~concerned)
    if finding.wider is not None:
        moved = _effect(leading, ~finding.wider[scope])
        said = "" if moved is None else f"; without them the headline's share moves by {points(moved)}"
        row["note"] += f" {finding.wider_note.format(said)}"
    return row


def _effect(leading: _LeadingPair | None, keep: Mask) -> float | None:
    if leading is None:
        return None
    before, after = leading.share(), leading.share(keep)
    return None if before is None or after is None else float(after - before)


def _headline(leading: _LeadingPair | None, hosts: int) -> str:
    if leading is None:
        return f"{count(hosts, 'host')} in scope; no two families live together, so the checks have no effect to show."
    a, b = leading.names
    both, multi = int(np.count_nonzero(leading.both)), int(np.count_nonzero(leading.multi))
    return (
        f"{a} and {b} live together on {count(both, 'host')}, {percent(leading.share() or 0.0)} of "
        f"{count(multi, 'multi-model host')}: what could move this share."
    )
