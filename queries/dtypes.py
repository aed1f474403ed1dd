"""Which dtype a column of a DataFrame has: from its values, and where nothing is known from its name.

Whole numbers `Int64`, numbers with fractions `float64`, yes and no `boolean`, text `str`, all else (lists, objects,
mixtures) `object`. A filter that leaves no hosts must not change a column's dtype, so there the name decides; of the
few names that are a list in one answer and one value in another (`items`, `port` …) it cannot say which.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_FRACTIONS = frozenset(
    """betweenness median_days closeness computed coverage difference difference_without_top distance_to_centre
    effect eigenvector error error_no_change expected found goal hhi high hill_1 hill_2 jaccard lift log10_p
    log10_p_fewer low modularity npmi odds_ratio p_fewer p_value pagerank published q_value quotient silhouette
    slope stability strength survival top_share""".split()  # noqa: SIM905 - one a line would be a page
)
_COUNTS = frozenset(
    """notified still_open changed gone gone_before entries added after arrived asn at_risk base before censored
    cluster core countries days degree deployments deployments_base ended families first_week host_weeks hosts
    kept labs left lines listings networks new_hosts not_rescanned not_scanned_before observations partial
    periods places providers read records rejected removed returned scans size size_at_least stayed tests
    updated fixed weeks without_list""".split()  # noqa: SIM905 - one a line would be a page
)
_COUNTS_OF = ("base_", "hosts_", "unknown_", "not_seen_")
_LISTS = frozenset(
    """advisories apart capabilities course digests geo items labels listed_weeks model_first_seen model_last_seen
    model_observations models now parameters port quotients software version was""".split()  # noqa: SIM905 - one a line would be a page
)
_YES_OR_NO = frozenset({"derived_facts", "is_fixed", "is_updated", "proven", "simulated"})


def dtype_of(column: str, values: Iterable[Any], *, known: bool = True) -> str:
    """The dtype of a column with these values; `known` says that its name is one of the program's own."""
    kinds = {type(value) for value in values if value is not None}
    if not kinds:
        return _by_name(column) if known else "object"
    if kinds == {bool}:
        return "boolean"
    if kinds == {str}:
        return "str"
    if kinds <= {int, float}:
        return "float64" if float in kinds or (known and _by_name(column) == "float64") else "Int64"
    return "object"


def _by_name(column: str) -> str:
    if column in _FRACTIONS or column.startswith(("share", "boot_")) or column.endswith(("_share", "_low", "_high")):
        return "float64"
    if column in _COUNTS or column.startswith(_COUNTS_OF) or column.endswith("_hosts"):
        return "Int64"
    if column in _LISTS:
        return "object"
    return "boolean" if column in _YES_OR_NO else "str"
