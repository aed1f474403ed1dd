"""The Python interface to what is kept: load, sync, forget and rejected; and what needs no graph at all.

It stands beside the command line, not below it: both call the same work and hold the same options.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cohabit.commands import excluding, forgetting, loading, querying
from cohabit.errors import DataError
from cohabit.options import Where

if TYPE_CHECKING:
    import pandas as pd

    from cohabit.simulation import SimulationResult

AnyPath = str | os.PathLike[str]


def load(
    *paths: AnyPath,
    data: AnyPath | None = None,
    store: str | None = None,
    loader: str | None = None,
    host: str | None = None,
    seen_at: str | None = None,
    columns: str | None = None,
    catalogue: AnyPath | None = None,
    geo: AnyPath | Sequence[AnyPath] = (),
    prefer_geo: bool = False,
    no_sync: bool = False,
    show_addresses: bool = False,
) -> pd.DataFrame:
    """Load files, folders or globs into a data folder and bring the graph level; one row a file.

    A file that failed is a row with the status `failed` and its `error`. DataError when every file failed.

    >>> import cohabit
    >>> scan = cohabit.simulate(hosts=100, output="scans").path
    >>> cohabit.load(scan, data="other-data")[["status", "read", "hosts"]]
       status  read  hosts
    0  loaded   596    100
    >>> cohabit.load("scans/*", data="other-data")["status"].item()  # the same file twice changes nothing
    'already loaded'
    """
    databases = [os.fspath(file) for file in ([geo] if isinstance(geo, str | os.PathLike) else geo)]
    done, failed = loading.load(
        _where(data, store),
        [os.fspath(path) for path in paths],
        loader=loader,
        host=host,
        seen_at=seen_at,
        columns=columns,
        catalogue=None if catalogue is None else os.fspath(catalogue),
        geo=loading.geo_files(databases, prefer=prefer_geo),
        no_sync=no_sync,
        show_addresses=show_addresses,
        quiet=True,
    )
    if failed and len(failed) == len(done.rows):
        more = f" (and {len(failed) - 1} more files)" if len(failed) > 1 else ""
        raise DataError(failed[0].removeprefix("cohabit: ") + more)
    return done.to_pandas()


def sync(
    *,
    data: AnyPath | None = None,
    store: str | None = None,
    adopt: bool = False,
    catalogue: AnyPath | None = None,
    geo: AnyPath | Sequence[AnyPath] = (),
    prefer_geo: bool = False,
) -> str:
    """Bring the graph store level with the archive, or repair it; the sentence says what changed.

    >>> import cohabit
    >>> cohabit.sync().partition(": ")[2]
    'level with the archive; 500 hosts written, 0 removed'
    """
    databases = [os.fspath(file) for file in ([geo] if isinstance(geo, str | os.PathLike) else geo)]
    files = loading.geo_files(databases, prefer=prefer_geo)
    chosen = None if catalogue is None else os.fspath(catalogue)
    return loading.sync(_where(data, store), adopt=adopt, catalogue=chosen, geo=files, quiet=True)[0]


def forget(
    scan: str | None = None,
    *,
    hosts: AnyPath | Sequence[str] | None = None,
    data: AnyPath | None = None,
    store: str | None = None,
    no_sync: bool = False,
) -> str:
    """Remove one scan, by its file name or the beginning of its hash; or all there is of `hosts`: an address, prefix,
    DNS name or pseudonym, a file of them, or several of these.

    The sentence says what is gone, and what is left to do. Forgetting hosts cannot be taken back.

    >>> import cohabit
    >>> scan = cohabit.simulate(hosts=100, output="scans").path
    >>> loaded = cohabit.load(scan, data="forgetful-data", no_sync=True)
    >>> cohabit.forget(scan.name, data="forgetful-data", no_sync=True).partition(";")[0]
    'forgot simulated-100-0.ndjson.zst (0fdc8b58c0a1, 596 records)'
    """
    where = _where(data, store)
    if (scan is None) == (hosts is None):
        raise TypeError("give either scan or hosts")
    if scan is not None:
        return forgetting.forget(where, scan, no_sync=no_sync, quiet=True)
    named = [os.fspath(hosts)] if isinstance(hosts, str | os.PathLike) else list(hosts or ())
    said, notes = forgetting.forget_hosts(where, named, no_sync=no_sync, quiet=True)
    return "; ".join([*said, *notes])


def exclude(
    *names: str, reason: str, data: AnyPath | None = None, store: str | None = None, no_sync: bool = False
) -> str:
    """Keep hosts out of the graph until `include`: addresses, prefixes, AS numbers, DNS names, pseudonyms.

    `Graph.exclusions` lists what is kept out.

    >>> import cohabit
    >>> cohabit.exclude("192.0.2.0/24", reason="our own honeypots").partition(";")[0]
    '1 excluded'
    >>> cohabit.include("192.0.2.0/24").partition(";")[0]
    '1 exclusion removed'
    """
    return excluding.add(_where(data, store), list(names), reason, no_sync=no_sync, quiet=True)


def include(*names: str, data: AnyPath | None = None, store: str | None = None, no_sync: bool = False) -> str:
    """Take exclusions back, as `exclude remove` does; the graph is again what it was (see `exclude`)."""
    return excluding.remove(_where(data, store), list(names), no_sync=no_sync, quiet=True)


def rejected(*, data: AnyPath | None = None, store: str | None = None, show_addresses: bool = False) -> pd.DataFrame:
    """The records that were rejected, with file, line, reason and the bounded raw text.

    >>> import cohabit
    >>> cohabit.rejected().attrs["headline"]
    '0 records rejected.'
    """
    return loading.rejected(_where(data, store), show_addresses).to_pandas()


def bundle(
    output: AnyPath,
    *,
    data: AnyPath | None = None,
    store: str | None = None,
    level: str | Sequence[str] = "family",
    publish: int | None = None,
    seed: int = 0,
    source: str | None = None,
    bootstrap: int = 0,
    against: Mapping[str, Any] | None = None,
    compare: Mapping[str, Any] | None = None,
    query: AnyPath | Sequence[AnyPath] = (),
    **filters: Any,
) -> None:
    """Pack a study into a zip file: tables, maps, report, and what it takes to check them and make them again.

    `level` is that of pairs, combinations, centrality, clusters, concentration and trends, or several; `source` names
    the data set; `bootstrap` draws intervals of pairs and of ranks; `against` are the filters of a group to compare
    with, such as `{"country": "CN"}`, and `compare` those of the group that is compared, instead of all hosts of the
    bundle; `query` names saved queries or `.cypher` files, whose tables go with it.

    >>> import cohabit
    >>> cohabit.bundle("study.zip", publish=10)  # doctest: +SKIP
    """
    from cohabit.bundles.contents import Bundle, read_levels
    from cohabit.bundles.making import make
    from cohabit.bundles.own import read_queries
    from cohabit.graph.store import data_folder
    from cohabit.output import as_text, as_workbook, write_file
    from cohabit.session import Graph

    given = (query,) if isinstance(query, str | os.PathLike) else query
    queries = read_queries([os.fspath(one) for one in given], data_folder(data))
    levels = read_levels(level)
    wanted = Bundle(filters, publish, seed, levels, source, bootstrap, against or {}, queries, compare or {})
    with Graph(data, store) as graph:
        write_file(Path(output), make(graph, wanted, as_text, as_workbook))


def simulate(hosts: int = 2_000, seed: int = 0, output: AnyPath = ".") -> SimulationResult:
    """Make up a population of known structure, in a file that `load` reads; what it holds, and its `path`.

    >>> import cohabit
    >>> made = cohabit.simulate(hosts=100, output="scans")
    >>> made.path.name, made.hosts, made.multi_model_hosts, made.llama_and_qwen2_hosts
    ('simulated-100-0.ndjson.zst', 100, 45, 23)
    """
    from cohabit.simulation import simulate as make

    return make(hosts, seed, Path(output))


def known_loaders() -> pd.DataFrame:
    """The loaders with what each of them reads (`load --list`).

    >>> import cohabit
    >>> loaders = cohabit.known_loaders()
    >>> {"shodan", "censys", "nmap", "table"} <= set(loaders["loader"])
    True
    """
    return loading.loaders().to_pandas()


def saved_queries(*, data: AnyPath | None = None) -> pd.DataFrame:
    """The saved Cypher queries with their parameters and texts (`query --list`, `query --show`).

    A file of one's own that is not understood is left out, with a warning that says why.

    >>> import cohabit
    >>> saved = cohabit.saved_queries().set_index("name")
    >>> saved.loc["hosts-by-country", "parameters"]
    []
    """
    folder = _where(data, None).data
    saved, faults = querying.saved_list(folder)
    for fault in faults:
        warnings.warn(str(fault), stacklevel=2)
    rows = [{**row, "text": querying.saved_text(row["name"], folder)} for row in saved.rows]
    return replace(saved, columns=(*saved.columns, "text"), rows=rows).to_pandas()


def _where(data: AnyPath | None, store: str | None) -> Where:
    """Folder and store as the command line has them: what is not given comes from the environment."""
    chosen = data if data is not None else os.environ.get("COHABIT_DATA")
    return Where(None if chosen is None else Path(chosen), store or os.environ.get("COHABIT_STORE"))
