"""Which hosts of the archive are named on the command line: by address, pseudonym, or a file of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cohabit.errors import UsageError
from cohabit.graph.archive import Archive
from cohabit.graph.assets import Asset, is_bare, not_a_host, parse_asset, read_assets, refuse_unknown_names
from cohabit.privacy import Masker, read_key
from cohabit.text import visible


def named_in_file(data: Path, found_by: Callable[[str], str | None], name: str) -> list[Asset]:
    """The assets of a file; DataError for a bare name that no host of the archive has."""
    listed = read_assets(Path(name), found_by)
    refuse_unknown_names(listed, visible(name), "archive", lambda: hosts_of_archive(data))
    return list(listed.assets)


def named_asset(data: Path, masker: Masker, found_by: Callable[[str], str | None], name: str) -> Asset:
    """What is named: an asset, or the host behind a pseudonym that another command printed (see `host_finder`).

    UsageError for neither, and for a bare name that no host of the archive has, which would pass for an exclusion and
    keep nobody out.
    """
    pseudonym = name.strip().lower()
    if masker.is_pseudonym(pseudonym):
        found = found_by(pseudonym)
        if found is None:
            raise UsageError(f"no host of this archive has the pseudonym {pseudonym}; name its address")
        name = found
    try:
        asset = parse_asset(name)
    except ValueError as error:
        raise UsageError(f"{visible(masker.text(name), 80)!r} {error}") from None
    if isinstance(asset, str) and is_bare(asset) and asset not in hosts_of_archive(data):
        raise UsageError(not_a_host(name.strip(), "archive"))
    return asset


def masker_of(data: Path, show: bool) -> Masker:
    """Masks the hosts of an archive, as the graph's are masked."""
    return Masker(
        read_key(data)[0], show=show, names=lambda: hosts_of_archive(data, r"NOT regexp_matches(host, ':|^[0-9.]+$')")
    )


def host_finder(data: Path, masker: Masker) -> Callable[[str], str | None]:
    """What gives the host of the archive that a pseudonym stands for; the archive is read when it is first asked."""
    found: dict[str, str] = {}

    def host_of(pseudonym: str) -> str | None:
        if not found:
            found.update((masker.pseudonym(host), host) for host in hosts_of_archive(data))
        return found.get(pseudonym)

    return host_of


def hosts_of_archive(data: Path, condition: str = "true") -> list[str]:
    """The hosts of the archive; the condition is SQL of ours."""
    import duckdb

    parts = [str(part) for part in Archive(data).parts()]
    if not parts:
        return []
    with duckdb.connect() as connection:
        query = f"SELECT DISTINCT host FROM read_parquet($1) WHERE {condition}"  # noqa: S608
        return [host for (host,) in connection.execute(query, [parts]).fetchall()]
