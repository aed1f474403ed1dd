"""The questions of the Python interface: one method for each command that answers."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from cohabit.calls import check_value, checked_calls
from cohabit.choices import among
from cohabit.errors import UsageError
from cohabit.queries.result import Result
from cohabit.queries.scope import Scope
from cohabit.text import visible

if TYPE_CHECKING:
    import pandas as pd

SOURCE_LIMIT = 200


@checked_calls(tuple(Scope.__dataclass_fields__))
class Questions:
    """What can be asked; `cohabit.session.Graph` answers.

    In the examples, `graph` is the graph of `cohabit.simulate(hosts=500)`, loaded with `cohabit.load` and opened with
    `cohabit.open`. Nothing is read before a question asks for it.

    Methods return a pandas DataFrame whose `attrs` carry the headline, the caveats and whether the data are simulated.
    Filters and time are keyword arguments with the names of the command-line options (see `Scope`); a single value may
    stand for a list. `publish` is the K of figures for everybody: no group of fewer hosts is in the answer, nor a way
    back to one; what has no such answer is refused. Errors are DataError and UsageError, one line each.
    """

    def ask(self, question: str, *arguments: Any, **options: Any) -> Result:
        """Ask one question by name."""
        raise NotImplementedError

    def info(self, *, publish: int | None = None) -> pd.DataFrame:
        """What is in the graph, one row.

        >>> graph.info()[["hosts", "multi_model_hosts", "observations"]].values.tolist()
        [[500, 223, 2979]]
        """
        return self.ask("info", publish=publish).to_pandas()

    def scans(self, *, publish: int | None = None) -> pd.DataFrame:
        """The loaded scans.

        >>> graph.scans()["file_name"].to_list()
        ['simulated-500-0.ndjson.zst']
        """
        return self.ask("scans", publish=publish).to_pandas()

    def rank(
        self, level: str | None = None, by: str | None = None, *, publish: int | None = None, **filters: Any
    ) -> pd.DataFrame:
        """Items, places, or items within places, by hosts.

        >>> graph.rank(by="country").head(3)[["place", "hosts"]]
          place  hosts
        0    CN    150
        1    US    100
        2    DE     28
        """
        return self.ask("rank", level=level, by=by, scope=scope(filters), publish=publish).to_pandas()

    def cooccurrence(
        self,
        *names: str,
        level: str = "family",
        min_hosts: int = 1,
        other_labs: bool = False,
        sort: str = "hosts",
        null: str = "bicm",
        bootstrap: int = 0,
        seed: int | None = None,
        every: str | None = None,
        by: str | None = None,
        publish: int | None = None,
        **filters: Any,
    ) -> pd.DataFrame:
        """Pairs of items by the hosts that list both; with three or more names, the hosts that list them all; or one
        pair over time, a row a period (`every`: month or week), or place by place (`by`).

        >>> graph.cooccurrence("llama", "qwen2")[["hosts", "share_of_multi_model_hosts", "lift"]].round(2)
           hosts  share_of_multi_model_hosts  lift
        0    116                        0.52  0.98
        >>> graph.cooccurrence("llama", "qwen2", every="month")[["period", "hosts", "multi_model_hosts"]].head(2)
            period  hosts  multi_model_hosts
        0  2025-03      0                  4
        1  2025-04      4                 12
        """
        options: dict[str, Any] = {"level": level, "min_hosts": min_hosts, "sort": sort, "null": null}
        options["other_labs"] = other_labs
        drawn = {"bootstrap": bootstrap, "seed": seed, "every": every, "by": by}
        return self.ask("cooccurrence", names, **options, **drawn, scope=scope(filters), publish=publish).to_pandas()

    def combinations(
        self,
        *,
        level: str = "family",
        by: str | None = None,
        min_size: int = 1,
        min_hosts: int = 1,
        publish: int | None = None,
        **filters: Any,
    ) -> pd.DataFrame:
        """The exact sets of items that hosts run, overall or (`by`) place by place.

        >>> graph.combinations(min_size=2).head(1)[["items", "hosts"]]
                    items  hosts
        0  [llama, qwen2]     23
        """
        options = {"level": level, "by": by, "min_size": min_size, "min_hosts": min_hosts}
        return self.ask("combinations", **options, scope=scope(filters), publish=publish).to_pandas()

    def centrality(
        self,
        level: str = "family",
        weight: str = "hosts",
        *,
        min_hosts: int = 1,
        sort: str = "pagerank",
        exact: bool = False,
        null: str = "bicm",
        bootstrap: int = 0,
        seed: int | None = None,
        engine: str = "local",
        publish: int | None = None,
        **filters: Any,
    ) -> pd.DataFrame:
        """How central items are in the network of what lives together.

        >>> graph.centrality().head(3)[["item", "degree"]]
            item  degree
        0  llama      32
        1  qwen2      30
        2  qwen3      30
        """
        options: dict[str, Any] = {"level": level, "weight": weight, "min_hosts": min_hosts, "sort": sort}
        options |= {"exact": exact, "null": null}
        drawn = {"bootstrap": bootstrap, "seed": seed, "engine": engine}
        return self.ask("centrality", **options, **drawn, scope=scope(filters), publish=publish).to_pandas()

    def clusters(
        self,
        level: str = "family",
        by: str | None = None,
        *,
        min_hosts: int | None = None,
        clusters: int | None = None,
        null: str | None = None,
        bootstrap: int | None = None,
        seed: int = 0,
        engine: str = "local",
        publish: int | None = None,
        **filters: Any,
    ) -> pd.DataFrame:
        """Communities of items, or (`by`) clusters of places that run alike.

        >>> graph.clusters(by="country", min_hosts=20).head(2)[["item", "hosts"]]
          item  hosts
        0   CN    150
        1   US    100
        """
        options: dict[str, Any] = {"level": level, "by": by, "min_hosts": min_hosts, "number": clusters, "null": null}
        drawn = {"bootstrap": bootstrap, "seed": seed, "engine": engine}
        return self.ask("clusters", **options, **drawn, scope=scope(filters), publish=publish).to_pandas()

    def concentration(
        self,
        level: str | None = None,
        by: str | None = None,
        *,
        of: str | Sequence[str] = (),
        quotients: bool = False,
        publish: int | None = None,
        **filters: Any,
    ) -> pd.DataFrame:
        """How diverse the items of a level are, overall or by place; or the location quotients of places; or (`of`) how
        few countries, networks or providers hold the hosts themselves.

        >>> graph.concentration()[["items", "top", "top_share"]].round(2)
           items    top  top_share
        0     34  llama       0.35
        >>> graph.concentration(of=["country", "provider"])[["item", "places", "top", "top_share"]].round(2)
               item  places             top  top_share
        0   country      69              CN       0.30
        1  provider     358  ZUBLIAXO-NET-1       0.05
        """
        if of:
            if level or by or quotients:
                raise UsageError("of counts hosts by place, not items: leave level, by and quotients out")
            return self.ask("spread", of=_tuple(of), scope=scope(filters), publish=publish).to_pandas()
        question = "quotients" if quotients else "concentration"
        return self.ask(question, level=level, by=by, scope=scope(filters), publish=publish).to_pandas()

    def diff(
        self,
        date1: str | date,
        date2: str | date,
        *,
        level: str | None = None,
        item: str | Sequence[str] = (),
        successor: str | None = None,
        digests: bool = False,
        publish: int | None = None,
        **filters: Any,
    ) -> pd.DataFrame:
        """What changed between two dates, by item or (level `host`) by host; what became of the hosts of one item when
        its `successor` came; or the digests that were replaced.

        >>> graph.diff("2025-06-01", "2025-12-01").head(1)[["item", "before", "after"]]
            item  before  after
        0  qwen2      25     63
        """
        options: dict[str, Any] = {"level": level, "of_digests": digests, "item": _tuple(item)}
        options |= {"successor": successor, "scope": scope(filters), "publish": publish}
        return self.ask("diff", as_day(date1), as_day(date2), **options).to_pandas()

    def compare(
        self,
        against: Mapping[str, Any],
        *,
        level: str = "family",
        min_hosts: int = 1,
        without_top: int = 3,
        publish: int | None = None,
        **filters: Any,
    ) -> pd.DataFrame:
        """Two groups of hosts: A, chosen by the filters, and B, by those in `against`, such as `{"country": "CN"}`.

        >>> graph.compare({"country": "CN"}, country="US").head(1)[["item", "share_a", "share_b"]].round(2)
            item  share_a  share_b
        0  qwen2     0.27     0.59
        """
        options = {"level": level, "min_hosts": min_hosts, "without_top": without_top}
        return self.ask("compare", scope(against), **options, scope=scope(filters), publish=publish).to_pandas()

    def analyse(self, *, null: str = "bicm", remove: bool = False, publish: int | None = None) -> pd.DataFrame:
        """Write derived facts into the store, in the place of those that are there, or remove them.

        >>> written = graph.analyse(null="hypergeometric")
        >>> written.columns.to_list()[:2]
        ['label', 'fact']
        >>> removed = graph.analyse(remove=True)
        """
        return self.ask("analyse", null=null, remove=remove, publish=publish).to_pandas()

    def study(
        self, *, claims: str | os.PathLike[str] | None = None, publish: int | None = None, **filters: Any
    ) -> pd.DataFrame:
        """Published claims beside this graph: the bundled study's, or those of a TOML file.

        >>> graph.study().head(1)[["claim", "published", "computed", "verdict"]]
           claim  published  computed verdict
        0  Hosts   175108.0     500.0   lower
        """
        return self.ask("study", claims=claims, scope=scope(filters), publish=publish).to_pandas()

    def hosts(
        self,
        *,
        model: str | Sequence[str] = (),
        family: str | Sequence[str] = (),
        line: str | Sequence[str] = (),
        lab: str | Sequence[str] = (),
        digest: str | Sequence[str] = (),
        endpoints: bool = False,
        publish: int | None = None,
        **filters: Any,
    ) -> pd.DataFrame:
        """The hosts that run all of the given items, or (`endpoints`) one row a host and port of them.

        >>> found = graph.hosts(family=["llama", "qwen2"], country="DE")
        >>> len(found), found["provider"][0]
        (4, 'PLOMIBIQUA-NET-2')
        """
        items = {"model": model, "family": family, "line": line, "lab": lab, "digest": digest}
        chosen = {k: _tuple(v) for k, v in items.items()}
        question = "endpoints" if endpoints else "hosts"
        return self.ask(question, **chosen, scope=scope(filters), publish=publish).to_pandas()

    def notify(
        self,
        folder: str | os.PathLike[str],
        *,
        by: str = "network",
        form: str = "csv",
        contacts: str | os.PathLike[str] | None = None,
        tlp: str = "amber",
        author: str | None = None,
        no_notice: str | os.PathLike[str] | None = None,
        model: str | Sequence[str] = (),
        family: str | Sequence[str] = (),
        line: str | Sequence[str] = (),
        lab: str | Sequence[str] = (),
        digest: str | Sequence[str] = (),
        **filters: Any,
    ) -> pd.DataFrame:
        """Write the endpoints of these hosts into a new folder, a file a recipient (`form`: csv, intelmq, stix, misp).

        The rows are those of its index. It takes a graph that was opened with `show_addresses`. Nothing is sent. `tlp`
        is a level of TLP 2.0: clear, green, amber, amber+strict or red; `author` is the name of who sends them;
        hosts in the list of assets `no_notice` are counted, and nothing is written about them.

        >>> with cohabit.open(show_addresses=True) as shown:
        ...     index = shown.notify("notices", by="network", country="DE", line="llama3")
        >>> len(index)
        3
        """
        from cohabit.queries.selected import Items

        items = Items(_tuple(model), _tuple(family), _tuple(line), _tuple(lab), _tuple(digest))
        options = {"by": by, "form": form, "contacts": contacts, "tlp": tlp, "author": author, "items": items}
        options["no_notice"] = no_notice
        return self.ask("notify", folder, **options, scope=scope(filters)).to_pandas()

    def followup(self, folder: str | os.PathLike[str], *, gone_after: int = 4, hosts: bool = False) -> pd.DataFrame:
        """What became of the hosts of a folder that `notify` wrote: all of them, then by recipient; or each host.

        >>> with cohabit.open(show_addresses=True) as shown:
        ...     index = shown.notify("told", country="DE", line="llama3")
        >>> graph.followup("told").head(1)[["recipient", "notified", "gone_before"]]
                recipient  notified  gone_before
        0  all recipients         3            3
        """
        return self.ask("followup", folder, gone_after=gone_after, hosts=hosts).to_pandas()

    def host(self, address: str, *, publish: int | None = None) -> pd.DataFrame:
        """The history of one host, by address or pseudonym; one row.

        >>> one = graph.hosts(country="DE")["host"][0]
        >>> graph.host(one)["models"][0]
        ['qwen2.5-coder:7b']
        """
        return self.ask("host", address, publish=publish).to_pandas()

    def match(
        self,
        file: str | os.PathLike[str],
        *,
        all_matches: bool = False,
        unmatched: bool = False,
        **filters: Any,
    ) -> pd.DataFrame:
        """The hosts that a file of own assets means, each with the asset it matched; or the assets without a host.

        >>> from pathlib import Path
        >>> written = Path("own.csv").write_text("asset,label\\nAS4200000578,ours\\n")
        >>> graph.match("own.csv")["label"].to_list()
        ['ours', 'ours']
        """
        options = {"all_matches": all_matches, "unmatched": unmatched, "scope": scope(filters)}
        return self.ask("match", os.fspath(file), **options).to_pandas()

    def exclusions(self) -> pd.DataFrame:
        """What the data folder keeps out of its graphs, why, and since when.

        >>> len(graph.exclusions())
        0
        """
        return self.ask("exclusions").to_pandas()

    def quality(
        self,
        *,
        decoy_hosts: int | None = None,
        decoy_networks: int | None = None,
        decoy_models: int | None = None,
        shared_hosts: int | None = None,
        shared_models: int | None = None,
        publish: int | None = None,
        **filters: Any,
    ) -> pd.DataFrame:
        """What could be wrong with the data, one row a check; thresholds try other groups of decoys and lists.

        >>> graph.quality().head(1)[["check", "hosts", "base"]]
                      check  hosts  base
        0  suspected decoys      0   500
        """
        return self.ask(
            "quality",
            decoy_hosts=decoy_hosts,
            decoy_networks=decoy_networks,
            decoy_models=decoy_models,
            shared_hosts=shared_hosts,
            shared_models=shared_models,
            scope=scope(filters),
            publish=publish,
        ).to_pandas()

    def risks(
        self,
        *,
        kind: str | None = None,
        advisories: str | os.PathLike[str] | None = None,
        monoculture: bool = False,
        cover: int | str | Sequence[int] = (),
        publish: int | None = None,
        **filters: Any,
    ) -> pd.DataFrame:
        """Hosts by capabilities, quantisations, vulnerable versions, telling names and remote weights; or the reach of
        single items and the fewest labs behind most hosts (`monoculture`; `cover`: labs, lines and families behind so
        many percent).

        >>> graph.risks(kind="capability").head(2)[["condition", "basis", "hosts", "share"]]
          condition      basis  hosts  share
        0     tools  catalogue    243  0.486
        1     tools   reported    243  0.486
        """
        options: dict[str, Any] = {"kind": kind, "advisories": advisories, "monoculture": monoculture}
        options["cover"] = _tuple(cover)
        return self.ask("risks", **options, scope=scope(filters), publish=publish).to_pandas()

    def impact(
        self,
        *names: str,
        digests: str | Sequence[str] = (),
        include_derived: bool = False,
        level: str = "family",
        scopes: str | Sequence[str] = (),
        publish: int | None = None,
        **filters: Any,
    ) -> pd.DataFrame:
        """The hosts that run something named, where, run by whom, and with what of `level` beside it; `scopes`: only
        these rows.

        >>> graph.impact("line:llama3.2")[["scope", "hosts"]].head(1)
           scope  hosts
        0  total     40
        >>> graph.impact("line:llama3.2", scopes="quantisation")[["item", "hosts"]].head(2)
             item  hosts
        0  Q4_K_M     28
        1    Q8_0      7
        """
        options = {"digests": _tuple(digests), "include_derived": include_derived, "level": level}
        options["scopes"] = _tuple(scopes)
        return self.ask("impact", names, **options, scope=scope(filters), publish=publish).to_pandas()

    def trends(
        self,
        level: str | None = None,
        by: str | None = None,
        *,
        every: str = "month",
        item: str | Sequence[str] = (),
        forecast: int | None = None,
        view: str = "shares",
        publish: int | None = None,
        **filters: Any,
    ) -> pd.DataFrame:
        """Items, places, or items within places over time: shares, slopes, what came and went, or digests of a model.

        >>> graph.trends(item="llama").head(2)[["period", "hosts", "base"]]
            period  hosts  base
        0  2025-03      7    13
        1  2025-04     22    45
        """
        options = {"level": level, "by": by, "every": every, "forecast": forecast, "view": view}
        return self.ask("trends", **options, item=_tuple(item), scope=scope(filters), publish=publish).to_pandas()

    def lifetimes(
        self,
        *,
        view: str = "survival",
        every: str | None = None,
        gone_after: int | None = None,
        level: str | None = None,
        item: str | Sequence[str] = (),
        publish: int | None = None,
        **filters: Any,
    ) -> pd.DataFrame:
        """How long hosts stay (with `level` or `item`: items on hosts), who comes and goes, or how the observations
        are spread over hosts.

        >>> graph.lifetimes().head(2)[["weeks", "at_risk", "survival"]].round(2)
           weeks  at_risk  survival
        0      1      453      0.60
        1      2      263      0.51
        """
        options: dict[str, Any] = {"view": view, "every": every, "gone_after": gone_after}
        options |= {"level": level, "item": _tuple(item)}
        return self.ask("lifetimes", **options, scope=scope(filters), publish=publish).to_pandas()

    def query(
        self,
        cypher: str | None = None,
        *,
        name: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        publish: int | None = None,
    ) -> pd.DataFrame:
        """Read-only Cypher, or a saved query by name.

        >>> graph.query("MATCH (h:Host) RETURN count(h) AS hosts")
           hosts
        0    500
        >>> graph.query(name="hosts-by-country").head(1)
          country   name  hosts
        0      CN  China    150
        """
        if (cypher is None) == (name is None):
            raise UsageError("query takes either cypher or name")
        if name is not None:
            return self.ask("saved", name, dict(parameters or {}), publish=publish).to_pandas()
        return self.ask("query", cypher, dict(parameters or {}), publish=publish).to_pandas()

    def catalogue(self, name: str | None = None, *, unknown: bool = False, publish: int | None = None) -> pd.DataFrame:
        """What the catalogue makes of a name, the names of the graph that it does not know, or all its lines.

        >>> told = graph.catalogue("deepseek-r1:7b").set_index("step")["value"]
        >>> told["line"], told["lab"]
        ('deepseek-r1', 'DeepSeek')
        """
        return self.ask("catalogue", name, unknown=unknown, publish=publish).to_pandas()


def scope(filters: Mapping[str, Any]) -> Scope:
    """Make a scope from keyword arguments; single values become lists where several are allowed."""
    values: dict[str, Any] = {}
    for name, value in filters.items():
        if name not in Scope.__dataclass_fields__:
            raise UsageError(f"{visible(name, 40)!r} is no filter; {among(name, Scope.__dataclass_fields__)}")
        if value is None:
            continue
        field = Scope.__dataclass_fields__[name]
        value = int(value) if isinstance(value, np.integer) else as_day(value)
        check_value(name, str(field.type), value)
        values[name] = _tuple(value) if isinstance(field.default, tuple) else value
    return Scope(**values)


def as_day(value: Any) -> Any:
    """The day of a date or a time as the questions take it, also of those of pandas; anything else as it is."""
    return value.isoformat()[:10] if isinstance(value, date) else value


def source_name(text: str | None) -> str:
    """The name of a data set as it is shown; empty for None. UsageError where it is blank or too long for a line."""
    if text is None:
        return ""
    shown = visible(text.strip())
    if not shown:
        raise UsageError("--source is empty: give the name of the data set, or leave it out")
    if len(shown) > SOURCE_LIMIT:
        raise UsageError(f"--source has {len(shown):,} characters: the source line takes {SOURCE_LIMIT}")
    return shown


def _tuple(value: Any) -> tuple[str, ...]:
    return (str(value),) if isinstance(value, str | int | os.PathLike) else tuple(str(v) for v in value)
