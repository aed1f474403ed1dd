"""The Python interface: `cohabit.open()` and what can be asked of the graph behind it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from cohabit.graph.archive import Archive, RejectedRecord
from cohabit.graph.store import GraphStore, data_folder, open_store
from cohabit.privacy import Masker, is_address, read_key
from cohabit.queries.result import Result
from cohabit.queries.scope import Scope

if TYPE_CHECKING:
    import pandas as pd

    from cohabit.loaders.catalogue import Catalogue

SIMULATED = "These data are simulated."
MIXED = (
    "Simulated and real scans are mixed in this graph: no number of it means anything; `cohabit forget` one of them."
)


class Graph:
    """A graph opened for reading; every method answers one question and mirrors the command of its name.

    Methods return a pandas DataFrame whose `attrs` carry the headline, the caveats and whether the data are simulated.
    Filters and time are keyword arguments with the names of the command-line options (see `Scope`); a single value may
    stand for a list. Errors are DataError and UsageError, one line each.
    """

    def __init__(
        self,
        data: str | os.PathLike[str] | None = None,
        store: str | None = None,
        *,
        show_addresses: bool = False,
    ) -> None:
        self.data = data_folder(data)
        self.store: GraphStore = open_store(self.data, store)
        key, self.lasting_key = read_key(self.data)
        self.masker = Masker(key, show=show_addresses, names=self._host_names)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the store."""
        self.store.close()

    def info(self) -> pd.DataFrame:
        """What is in the graph, one row."""
        return self.ask("info").to_pandas()

    def scans(self) -> pd.DataFrame:
        """The loaded scans."""
        return self.ask("scans").to_pandas()

    def rank(self, level: str | None = None, by: str | None = None, **filters: Any) -> pd.DataFrame:
        """Items, places, or items within places, by hosts."""
        return self.ask("rank", level=level, by=by, scope=scope(filters)).to_pandas()

    def cooccurrence(
        self,
        *names: str,
        level: str = "family",
        min_hosts: int = 1,
        sort: str = "hosts",
        null: str = "bicm",
        bootstrap: int = 0,
        seed: int | None = None,
        **filters: Any,
    ) -> pd.DataFrame:
        """Pairs of items by the hosts that run both; with three or more names, the hosts that run them all."""
        options = {"level": level, "min_hosts": min_hosts, "sort": sort, "null": null}
        drawn = {"bootstrap": bootstrap, "seed": seed}
        return self.ask("cooccurrence", names, **options, **drawn, scope=scope(filters)).to_pandas()

    def combinations(
        self, *, level: str = "family", min_size: int = 1, min_hosts: int = 1, **filters: Any
    ) -> pd.DataFrame:
        """The exact sets of items that hosts run."""
        options = {"level": level, "min_size": min_size, "min_hosts": min_hosts}
        return self.ask("combinations", **options, scope=scope(filters)).to_pandas()

    def hosts(
        self,
        *,
        model: str | Sequence[str] = (),
        family: str | Sequence[str] = (),
        line: str | Sequence[str] = (),
        lab: str | Sequence[str] = (),
        digest: str | Sequence[str] = (),
        **filters: Any,
    ) -> pd.DataFrame:
        """The hosts that run all of the given items."""
        items = {"model": model, "family": family, "line": line, "lab": lab, "digest": digest}
        return self.ask("hosts", **{k: _tuple(v) for k, v in items.items()}, scope=scope(filters)).to_pandas()

    def host(self, address: str) -> pd.DataFrame:
        """The history of one host, by address or pseudonym; one row."""
        return self.ask("host", address).to_pandas()

    def quality(
        self,
        *,
        decoy_hosts: int | None = None,
        decoy_networks: int | None = None,
        decoy_models: int | None = None,
        **filters: Any,
    ) -> pd.DataFrame:
        """What could be wrong with the data, one row a check; the thresholds try other groups of suspected decoys."""
        return self.ask(
            "quality",
            decoy_hosts=decoy_hosts,
            decoy_networks=decoy_networks,
            decoy_models=decoy_models,
            scope=scope(filters),
        ).to_pandas()

    def query(
        self,
        cypher: str | None = None,
        *,
        name: str | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Read-only Cypher, or a saved query by name."""
        if (cypher is None) == (name is None):
            raise TypeError("give either cypher or name")
        if name is not None:
            return self.ask("saved", name, dict(parameters or {})).to_pandas()
        return self.ask("query", cypher, dict(parameters or {})).to_pandas()

    def catalogue(self, name: str | None = None, *, unknown: bool = False) -> pd.DataFrame:
        """What the catalogue makes of a name, the names of the graph that it does not know, or all its lines."""
        return self.ask("catalogue", name, unknown=unknown).to_pandas()

    def map(self, kind: str = "families", **filters: Any) -> str:
        """An interactive map as one HTML document."""
        from cohabit.maps.kinds import make_map

        simulated, real = self._kinds_of_scans()
        notes = (MIXED,) if simulated and real else ()
        return make_map(self.store, kind, scope=scope(filters), simulated=simulated, notes=notes)

    def ask(self, question: str, *arguments: Any, **options: Any) -> Result:
        """Ask one question by name and say of the answer whether the data are simulated."""
        from cohabit.queries import catalogue, combinations, cooccurrence, explore, hosts, info, quality, rank

        store, masker = self.store, self.masker
        questions: dict[str, Any] = {
            "info": lambda: info.info(store),
            "scans": lambda: info.scans(store, masker),
            "rank": lambda: rank.rank(store, **options),
            "cooccurrence": lambda: cooccurrence.cooccurrence(store, *arguments, **options),
            "combinations": lambda: combinations.combinations(store, **options),
            "hosts": lambda: hosts.hosts(store, masker, **options),
            "host": lambda: hosts.host(store, masker, *arguments),
            "catalogue": lambda: catalogue.ask(self._catalogue(), store, *arguments, **options),
            "quality": lambda: quality.quality(store, rejected=self._rejected(), **options),
            "query": lambda: explore.explore(store, masker, *arguments),
            "saved": lambda: explore.run_saved(store, masker, *arguments),
        }
        answer: Result = questions[question]()
        simulated, real = self._kinds_of_scans()
        if not simulated:
            return answer
        return replace(answer, simulated=True, caveats=(MIXED if real else SIMULATED, *answer.caveats))

    def _catalogue(self) -> Catalogue:
        from cohabit.graph.sync import catalogue_in_use

        return catalogue_in_use(self.data)

    def _rejected(self) -> Iterator[RejectedRecord] | None:
        """The rejected records behind this graph; None where its archive is not in the data folder."""
        archive, state = Archive(self.data), self.store.state()
        known = state is not None and archive.exists and archive.id == state.archive
        return archive.rejected() if known else None

    def _kinds_of_scans(self) -> tuple[bool, bool]:
        kinds = self.store.table("MATCH (s:Scan) RETURN DISTINCT s.simulated AS simulated")
        values = kinds.column("simulated").to_pylist()
        return True in values, False in values

    def _host_names(self) -> list[str]:
        addresses = self.store.table("MATCH (h:Host) RETURN h.address AS address").column("address").to_pylist()
        return [a for a in addresses if not is_address(a)]


def scope(filters: Mapping[str, Any]) -> Scope:
    """Make a scope from keyword arguments; single values become lists where several are allowed."""
    values: dict[str, Any] = {}
    for name, value in filters.items():
        if name not in Scope.__dataclass_fields__:
            known = ", ".join(Scope.__dataclass_fields__)
            raise TypeError(f"unknown filter {name!r}; there are: {known}")
        several = isinstance(Scope.__dataclass_fields__[name].default, tuple)
        values[name] = _tuple(value) if several else value
    return Scope(**values)


def _tuple(value: Any) -> tuple[str, ...]:
    return (str(value),) if isinstance(value, str | int) else tuple(str(v) for v in value)


def open_graph(
    data: str | os.PathLike[str] | None = None, store: str | None = None, *, show_addresses: bool = False
) -> Graph:
    """Open a graph for reading.

    `data` is the data folder (else COHABIT_DATA, else ./cohabit-data), `store` a server's address (else COHABIT_STORE,
    else the embedded graph of the data folder). DataError when there is no complete graph there.
    """
    return Graph(data, store, show_addresses=show_addresses)
