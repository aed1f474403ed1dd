"""The Python interface: `cohabit.open()` and what can be asked of the graph behind it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from cohabit.calls import checked_calls
from cohabit.errors import CohabitError, UsageError
from cohabit.graph.archive import Archive, RejectedRecord
from cohabit.graph.exclusions import exclusions_in_use
from cohabit.graph.incidence import read_models, sightings_span
from cohabit.graph.renaming import renaming
from cohabit.graph.store import GraphStore, data_folder, open_store
from cohabit.privacy import Masker, is_address, read_key
from cohabit.queries import digests, lacking
from cohabit.queries.protection import protection
from cohabit.queries.result import Result
from cohabit.queries.scope import Scope
from cohabit.queries.shared_lists import hosts_with_shared_lists
from cohabit.queries.words import count
from cohabit.questions import Questions, scope, source_name

if TYPE_CHECKING:
    import networkx as nx
    import pyarrow as pa

    from cohabit.exports.data import ExportData
    from cohabit.loaders.catalogue import Catalogue
    from cohabit.maps.notebook import HtmlPage
    from cohabit.queries.saved import SavedQuery

SIMULATED = "These data are simulated."
MIXED = (
    "Simulated and real scans are mixed in this graph: no number of it means anything; `cohabit forget` one of them."
)
NO_DECOYS = (
    "--exclude-decoys left no host out: none is suspected in this graph, or none could be (it takes networks and long "
    "lists; `cohabit quality` says)."
)
NO_SHARED_LISTS = (
    "--exclude-shared-lists left no host out: no list of five models or more is on 20 hosts or more alike."
)


@checked_calls(tuple(Scope.__dataclass_fields__))
class Graph(Questions):
    """A graph opened for reading; its methods answer as the commands of their names do."""

    def __init__(
        self,
        data: str | os.PathLike[str] | None = None,
        store: str | None = None,
        *,
        show_addresses: bool = False,
    ) -> None:
        self._closed = False
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

    def __repr__(self) -> str:
        """One line: the store, how many hosts and models are in it, and the days in which hosts were seen."""
        if self._closed:
            return f"<cohabit.Graph {self.store.uri}, closed>"
        try:
            hosts, models = (
                self.store.table(f"MATCH (n:{label}) RETURN count(n) AS nodes").column("nodes")[0].as_py()
                for label in ("Host", "Model")
            )
            span = sightings_span(self.store)
        except CohabitError:  # a server that went away: whoever looks at an object wants no error
            return f"<cohabit.Graph {self.store.uri}, which cannot be read>"
        seen = f", seen {span[0][:10]} to {span[1][:10]}" if span else ""
        return f"<cohabit.Graph {self.store.uri}: {count(hosts, 'host')}, {count(models, 'model')}{seen}>"

    def close(self) -> None:
        """Release the store."""
        self._closed = True
        self.store.close()

    def map(
        self,
        kind: str = "families",
        *,
        seed: int = 0,
        publish: int | None = None,
        source: str | None = None,
        level: str | None = None,
        **filters: Any,
    ) -> HtmlPage:
        """An interactive map as one HTML document; the same data and seed give the same bytes. Notebooks show it.

        >>> page = graph.map("countries", has="family:llama")
        >>> page.startswith("<!DOCTYPE html>")
        True
        """
        from cohabit.maps.notebook import HtmlPage

        about: dict[str, Any] = {"seed": seed, "publish": publish, "source": source, "level": level}
        return HtmlPage(self.picture(kind, ".html", **about, **filters).decode())

    def report(
        self,
        *,
        seed: int = 0,
        publish: int | None = None,
        source: str | None = None,
        tlp: str | None = None,
        author: str | None = None,
        **filters: Any,
    ) -> HtmlPage:
        """The report as one HTML document; the same data and seed give the same bytes. Notebooks show it.

        `tlp` marks it by TLP 2.0 (`amber`), `author` is who made it, by name.

        >>> "<script" in graph.report(country="DE")
        False
        """
        from cohabit.maps.notebook import HtmlPage

        about: dict[str, Any] = {"seed": seed, "publish": publish, "source": source, "tlp": tlp, "author": author}
        return HtmlPage(self.picture("report", ".html", **about, **filters).decode())

    def picture(
        self,
        kind: str,
        ending: str,
        *,
        seed: int = 0,
        share: str | None = None,
        publish: int | None = None,
        source: str | None = None,
        level: str | None = None,
        width: int | None = None,
        part: str | None = None,
        tlp: str | None = None,
        author: str | None = None,
        **filters: Any,
    ) -> bytes:
        """A map (`.html`, `.svg`, `.png`) or the kind `report` (`.html`, `.pdf`) as the content of a file.

        `share` is what a still map of countries, providers or networks shows: `hosts`, `multi-model hosts`, or one of
        the common families, labs and countries of labs. `source` is the name of the data set, for the source line,
        `level` what the map `time` follows: `family`, `line`, `lab` or `lab-country`, `width` that of a still picture,
        480 to 4,000 pixels (a `.png` has twice as many, to be sharp), `part` (`shares` or `network`) what one of `time`
        has alone. `tlp` and `author` are of the report: with whom it may be shared, and who made it.

        >>> graph.picture("families", ".svg")[:5]
        b'<?xml'
        """
        from cohabit.maps.kinds import make_file
        from cohabit.maps.request import Request
        from cohabit.notices.author import author_name
        from cohabit.notices.tlp import parse_tlp

        if kind != "report" and not (tlp is None and author is None):
            raise UsageError("--tlp and --author are of the report, not of a map")
        marked = None if tlp is None else parse_tlp(tlp)
        named = source_name(source)
        simulated, _ = self._kinds_of_scans
        notes = self.notes(kind, publish=publish, **filters)
        masker = self.masker
        request = Request(
            scope(filters),
            simulated,
            notes,
            seed,
            masker.address,
            protection(publish),
            share,
            masker.addresses,
            named,
            level,
            width,
            part,
            None if marked is None else (marked.label, marked.words),
            author_name(author) or "",
        )
        store = renaming(self.store, masker.addresses)
        return make_file(store, kind, ending, request, rejected=self._rejected())

    def notes(self, kind: str | None = None, *, publish: int | None = None, **filters: Any) -> tuple[str, ...]:
        """What whoever makes a map (of this kind) or an export with these filters must know; maps say it, too.

        >>> graph.notes("countries", exclude_decoys=True)[0][:37]
        '--exclude-decoys left no host out: no'
        """
        from cohabit.maps.kinds import KINDS

        by = KINDS[kind].by if kind in KINDS else None
        mixed = (MIXED,) if all(self._kinds_of_scans) else ()
        return (*mixed, *self._caveats([scope(filters)], {"by": by}, published=publish is not None))

    def _caveats(self, scopes: Sequence[Scope], options: Mapping[str, Any], *, published: bool = False) -> list[str]:
        """Say which filters and options can find nothing in this graph, or leave nothing out."""
        caveats = [*digests.notes(scopes, options), *lacking.notes(self.store, scopes, options, published=published)]
        if any(one.exclude_decoys for one in scopes) and not self._has_decoys():
            caveats.append(NO_DECOYS)
        if any(one.exclude_shared_lists for one in scopes) and not self._has_shared_lists():
            caveats.append(NO_SHARED_LISTS)
        return caveats

    def export(
        self,
        format: str,  # noqa: A002 - what the command calls it
        path: str | os.PathLike[str],
        *,
        level: str | None = None,
        min_hosts: int = 1,
        publish: int | None = None,
        **filters: Any,
    ) -> None:
        """Write hosts and their models, or the network of a level, to a file or a new folder, whole or not at all.

        `format` is graphml, gexf, json-graph, xlsx (files), csv, parquet or neo4j-admin (folders).
        """
        from cohabit.exports.formats import format_called

        chosen = format_called(format)
        chosen.check(Path(path), level)
        chosen.export(self._export_data(level, min_hosts, filters, publish), Path(path))

    def to_arrow(
        self, level: str | None = None, *, min_hosts: int = 1, publish: int | None = None, **filters: Any
    ) -> dict[str, pa.Table]:
        """The graph as Arrow tables: `hosts`, `models` and `deployments`, or `items` and `pairs` of a level.

        Texts are `string`, counts, weeks, AS numbers and sizes `int64`, shares and measures `double`, yes and no
        `bool`; lists are `list<string>` or `list<int64>`; what is not known is null. Times are texts, ISO 8601 in UTC.
        What they hold (filters, base, digest of the graph, caveats) is in their schemas' metadata, as JSON.

        >>> import cohabit
        >>> with cohabit.open() as g:
        ...     tables = g.to_arrow(country="DE")
        >>> sorted(tables)
        ['deployments', 'hosts', 'models']
        >>> tables["deployments"].schema.field("weeks").type
        ListType(list<item: int64>)
        >>> import json
        >>> json.loads(tables["hosts"].schema.metadata[b"cohabit"])["filters"]
        '--country DE'
        """
        return self._export_data(level, min_hosts, filters, publish).tables

    def to_networkx(
        self, level: str | None = None, *, min_hosts: int = 1, publish: int | None = None, **filters: Any
    ) -> nx.Graph[str]:
        """Hosts and their models, or the network of a level, as an undirected networkx graph.

        Nodes of the bipartite graph are `host:…` and `model:…` with `bipartite` 0 and 1; those of a network are its
        items, and an edge's `weight` is its hosts. Attributes are `str`, `int`, `float`, `bool` or a `list` of these,
        under the names of `to_arrow`'s columns; what is not known is not there.

        >>> import cohabit
        >>> with cohabit.open() as g:
        ...     network = g.to_networkx("family")
        >>> network.graph["content"]
        'family network'
        >>> all(edge["weight"] == edge["hosts"] for _, _, edge in network.edges(data=True))
        True
        """
        from cohabit.exports.networkx_graph import networkx_graph

        return networkx_graph(self._export_data(level, min_hosts, filters, publish))

    def _export_data(
        self, level: str | None, min_hosts: int, filters: Mapping[str, Any], publish: int | None = None
    ) -> ExportData:
        from cohabit.exports.data import Selection, read_data

        selection = Selection(level, scope(filters), min_hosts, protection(publish))
        notes = self.notes(publish=publish, **filters)
        return read_data(self.store, self.masker, selection, simulated=self._kinds_of_scans[0], notes=notes)

    def ask(self, question: str, *arguments: Any, **options: Any) -> Result:
        """Ask one question by name and say of the answer whether the data are simulated.

        The option `publish` is the K of an answer for everybody: no group of fewer hosts is in it.
        """
        from cohabit.notices import followup, notify
        from cohabit.queries import (
            analysis,
            catalogue,
            centrality,
            clusters,
            combinations,
            compare,
            concentration,
            cooccurrence,
            diff,
            endpoints,
            exclusions,
            explore,
            hosts,
            impact,
            info,
            lifetimes,
            masked,
            match,
            publishing,
            publishing_rules,
            quality,
            rank,
            risks,
            spread,
            study,
            trends,
        )

        store, masker = self.store, self.masker
        simulated, real = self._kinds_of_scans
        protected = protection(options.pop("publish", None))
        rule = publishing_rules.rule_of(question, arguments, options) if protected else None
        least = options.get("min_hosts") if protected and question in publishing_rules.LEAST else None
        if least is not None:
            options["min_hosts"] = 1
        if question in publishing_rules.INSIDE:
            options["protected"] = protected
        questions: dict[str, Any] = {
            "info": lambda: info.info(store, masker),
            "scans": lambda: info.scans(store, masker),
            "rank": lambda: rank.rank(store, **options),
            "cooccurrence": lambda: cooccurrence.cooccurrence(store, *arguments, **options),
            "combinations": lambda: combinations.combinations(store, **options),
            "analyse": lambda: analysis.analyse(store, **options),
            "centrality": lambda: centrality.centrality(store, **options),
            "clusters": lambda: clusters.clusters(store, **options),
            "concentration": lambda: concentration.concentration(store, **options),
            "spread": lambda: spread.spread(store, **options),
            "quotients": lambda: concentration.quotients(store, **options),
            "diff": lambda: diff.diff(store, masker, *arguments, **options),
            "compare": lambda: compare.compare(store, *arguments, **options),
            "study": lambda: study.study(store, **options),
            "hosts": lambda: hosts.hosts(store, masker, **options),
            "endpoints": lambda: endpoints.endpoints(store, masker, **options),
            "host": lambda: hosts.host(store, masker, *arguments),
            "exclusions": lambda: exclusions.exclusions(exclusions_in_use(self.data), masker),
            "match": lambda: match.match(store, masker, *arguments, **options),
            "catalogue": lambda: catalogue.ask(self._catalogue(), store, *arguments, **options),
            "quality": lambda: quality.quality(store, rejected=self._rejected(), **options),
            "risks": lambda: risks.risks(store, **options),
            "impact": lambda: impact.impact(store, *arguments, **options),
            "trends": lambda: trends.trends(store, **options),
            "lifetimes": lambda: lifetimes.lifetimes(store, **options),
            "notify": lambda: notify.notify(store, masker, *arguments, simulated=simulated, **options),
            "followup": lambda: followup.followup(store, masker, *arguments, **options),
            "query": lambda: explore.explore(store, masker, *arguments),
            "saved": lambda: explore.run_saved(store, masker, self._saved_query(arguments[0]), *arguments[1:]),
        }
        answer: Result = questions[question]()
        if protected and rule:
            answer = publishing.published(answer, rule, protected, least=least or 1)
        scopes = [one for one in (*arguments, options.get("scope")) if isinstance(one, Scope)]
        if question == "match":
            scopes.append(Scope(in_file=arguments))
        said = [] if protected is None or question == "compare" else [_filters_in_words(scope) for scope in scopes]
        # What is named twice, as in `compare`, is said once.
        said += dict.fromkeys(f"{scope.moment.capitalize()}." for scope in scopes if scope.moment)
        caveats = self._caveats(scopes, options, published=protected is not None)
        answer = replace(answer, caveats=tuple(dict.fromkeys((*answer.caveats, *filter(None, said), *caveats))))
        answer = masked.masked(answer, masker)
        if not simulated:
            return answer
        return replace(answer, simulated=True, caveats=(MIXED if real else SIMULATED, *answer.caveats))

    def _saved_query(self, name: str) -> SavedQuery:
        from cohabit.queries.own_queries import query_called

        return query_called(name, self.data)

    def _catalogue(self) -> Catalogue:
        from cohabit.graph.sync import catalogue_in_use

        return catalogue_in_use(self.data)

    def _rejected(self) -> Iterator[RejectedRecord] | None:
        """The rejected records behind this graph; None where its archive is not in the data folder."""
        archive, state = Archive(self.data), self.store.state()
        known = state is not None and archive.exists and archive.id == state.archive
        return archive.rejected() if known else None

    @cached_property
    def _kinds_of_scans(self) -> tuple[bool, bool]:
        """Whether there are simulated scans, and real ones."""
        kinds = self.store.table("MATCH (s:Scan) RETURN DISTINCT s.simulated AS simulated")
        values = kinds.column("simulated").to_pylist()
        return True in values, False in values

    def _has_decoys(self) -> bool:
        found = self.store.table("MATCH (h:Host) WHERE h.decoy_group IS NOT NULL RETURN count(h) AS hosts")
        return bool(found.column("hosts")[0].as_py())

    def _has_shared_lists(self) -> bool:
        return bool(len(hosts_with_shared_lists(self.store, read_models(self.store))))

    def _host_names(self) -> list[str]:
        addresses = self.store.table("MATCH (h:Host) RETURN h.address AS address").column("address").to_pylist()
        return [a for a in addresses if not is_address(a)]


def _filters_in_words(scope: Scope) -> str:
    """What was asked, for an answer that is handed on; empty where all hosts are in scope."""
    words = scope.description()
    return f"Filters: {'; '.join(words)}." if words else ""


def open_graph(
    data: str | os.PathLike[str] | None = None, store: str | None = None, *, show_addresses: bool = False
) -> Graph:
    """Open a graph for reading.

    `data` is the data folder (else COHABIT_DATA, else ./cohabit-data), `store` a server's address (else COHABIT_STORE,
    else the embedded graph of the data folder). DataError when there is no complete graph there.

    >>> import cohabit
    >>> with cohabit.open("cohabit-data") as graph:
    ...     graph.rank("lab").head(1)[["item", "hosts"]]
          item  hosts
    0  Alibaba    227
    """
    return Graph(data, store, show_addresses=show_addresses)
