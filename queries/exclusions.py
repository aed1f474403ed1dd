"""What a data folder keeps out of its graphs, and why."""

from __future__ import annotations

from cohabit.graph.assets import asset_text, parse_asset
from cohabit.graph.exclusions import Exclusions
from cohabit.graph.prefixes import Prefix
from cohabit.privacy import Masker
from cohabit.queries.result import Result, result
from cohabit.queries.words import count

COLUMNS = ("excluded", "reason", "added")


def exclusions(listed: Exclusions, masker: Masker) -> Result:
    """List the exclusions in the order in which they were added; `exclude remove` takes them as they are shown."""
    rows = [
        {"excluded": shown(masker, one.asset), "reason": masker.text(one.reason), "added": one.added}
        for one in listed.listed
    ]
    return result(COLUMNS, rows, headline=f"{count(len(rows), 'exclusion')}.")


def shown(masker: Masker, asset: str) -> str:
    """An excluded asset as it may be shown: hosts, names and the addresses of prefixes are other people's."""
    parsed = parse_asset(asset)
    if isinstance(parsed, int):
        return asset
    if isinstance(parsed, Prefix) and not parsed.is_address:
        return f"{masker.address(parsed.address)}/{parsed.length}"
    if isinstance(parsed, str) and parsed.startswith("*."):
        return f"*.{masker.address(parsed[2:])}"
    return masker.address(asset_text(parsed))
