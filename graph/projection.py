"""Projection: from the archive's raw values to the graph's tables, in one Ibis expression run by DuckDB.

The expression is a function of the archive alone: no row order, no file order and no clock enters it. Wherever two
values could be «the newest», the value that sorts last among those of the newest second is taken; wherever hosts vote,
ties go to the value that sorts first.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cohabit.graph import schema
from cohabit.graph.archive import PART_SCHEMA, Archive
from cohabit.graph.decoys import with_decoy_groups
from cohabit.graph.exclusions import Exclusions
from cohabit.graph.names import NameTables, country_table, name_tables
from cohabit.graph.places import KINDS, kind_of, named_networks, with_places
from cohabit.graph.tables import GraphTables, node_schema, relationship_schema
from cohabit.loaders.catalogue import Catalogue
from cohabit.loaders.geo import Geo

if TYPE_CHECKING:
    import ibis
    from ibis.expr.types import Table, Value

# DuckDB spills what is over it: laptops have other things to do.
_MEMORY_LIMIT = "600MB"
# Seconds since 1970 have ten digits from 2001 to 2286, so their text sorts like the number and cuts at a fixed place.
_TIME_DIGITS = 10
_SEPARATOR = "\x1f"


def project(
    archive: Archive, catalogue: Catalogue, geo: Geo | None = None, exclusions: Exclusions | None = None
) -> GraphTables:
    """Project all parts of the archive; an archive without parts gives empty tables.

    `geo` adds what databases of places and networks say of addresses; hosts of `exclusions` are left out, as if no scan
    had seen them.
    """
    import ibis

    scans = _scan_table(archive)
    parts = archive.parts()
    if not parts:
        return _empty(scans)
    with tempfile.TemporaryDirectory(prefix="cohabit-") as folder:
        connection = ibis.duckdb.connect(temp_directory=folder)
        try:
            # Weeks and days are UTC's wherever the program runs.
            connection.raw_sql(f"SET TimeZone = 'UTC'; SET memory_limit = '{_MEMORY_LIMIT}'")
            connection.raw_sql("SET preserve_insertion_order = false")
            raw = _with_all_columns(connection.read_parquet([str(p) for p in parts], union_by_name=True))
            names = name_tables(_distinct(raw.models.unnest()["name"]), catalogue)
            countries = country_table(_distinct_pairs(raw, "country_code", "country"))
            stages = _Expression(raw, names, countries, geo or Geo(), Path(folder), connection)
            return stages.tables(scans, exclusions or Exclusions())
        finally:
            connection.disconnect()


def _with_all_columns(raw: Table) -> Table:
    """Add the columns that were not thought of when the parts were written."""
    import ibis

    missing = [name for name in PART_SCHEMA.names if name not in raw.columns]
    return raw.mutate(**{name: ibis.null("string") for name in missing}) if missing else raw


def _distinct(column: Value) -> list[str]:
    table = column.name("value").as_table().distinct().to_pyarrow()
    return sorted(v for v in table.column("value").to_pylist() if v is not None)


def _distinct_pairs(table: Table, a: str, b: str) -> list[tuple[str | None, str | None]]:
    rows = table.select(a, b).distinct().to_pyarrow()
    return list(zip(rows.column(a).to_pylist(), rows.column(b).to_pylist(), strict=True))


def _newest(table: Table, value: Value, where: Value | None = None) -> Value:
    """The value of the newest second that has one (an aggregate); of several, the one that sorts last."""
    key = table.seen_at.cast("string") + value
    return (key.max() if where is None else key.max(where=where)).substr(_TIME_DIGITS)


def _time(seconds: Value) -> Value:
    return seconds.as_timestamp("s").strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(value: Value) -> Value:
    """Null where the source says nothing."""
    return value.strip().nullif("")


def _observation(table: Table) -> Value:
    """What identifies an observation of a host: 65,536 ports leave one integer for (second, port)."""
    return table.seen_at * 65_536 + table.port


def _week(seconds: Value) -> Value:
    time = seconds.as_timestamp("s")
    return (time.iso_year() * 100 + time.week_of_year()).cast("int64")


@dataclass
class _Expression:
    """The expression's stages; each stage that several others read is run once, into a Parquet file."""

    raw: Table
    names: NameTables
    countries: pa.Table
    geo: Geo
    folder: Path
    connection: ibis.backends.duckdb.Backend

    def tables(self, scans: pa.Table, exclusions: Exclusions) -> GraphTables:
        hosts = self._with_places(self._staged("hosts", self._hosts()))
        hosts, excluded = self._without_excluded(hosts, exclusions)
        listings = self._listings()
        deployments = self._staged("deployments", self._deployments(listings))
        models = self._models(deployments)
        networks = self._networks(hosts)
        runs = self._runs().to_pyarrow()

        lines = self.names.lines_of(models.column("name").to_pylist())
        deployment_rows = deployments.to_pyarrow()
        host_rows = with_decoy_groups(hosts.to_pyarrow(), deployment_rows)
        countries = {c for c in host_rows.column("country").to_pylist() if c} | set(lines.lab_countries.values())
        nodes = {
            "Country": _country_nodes(countries),
            "Lab": _column("Lab", lines.labs.values()),
            "Line": _column("Line", lines.names),
            "Family": _column("Family", (f for f in models.column("family").to_pylist() if f)),
            "Software": _column("Software", runs.column("target").to_pylist()),
            "Provider": self._providers(hosts, networks),
            "Network": _column("Network", networks.column("asn").to_pylist()),
            "Model": models,
            "Host": host_rows,
            "Scan": scans,
        }
        relationships = {
            "BASED_IN": _pairs(lines.lab_countries.items()),
            "PUBLISHED_BY": _pairs(lines.labs.items()),
            "DERIVED_FROM": _pairs(lines.derived_from),
            "VARIANT_OF": _ends(models, "name", "line"),
            "IN_FAMILY": _ends(models, "name", "family"),
            "OPERATED_BY": _ends(networks, "asn", "provider"),
            "IN_COUNTRY": _ends(host_rows, "address", "country"),
            "IN_NETWORK": _ends(host_rows, "address", "asn"),
            "RUNS": runs,
            "DEPLOYS": deployment_rows,
        }
        return replace(_shaped(nodes, relationships), excluded=excluded)

    def _with_places(self, hosts: Table) -> Table:
        if not self.geo.files:
            return hosts
        import pyarrow.parquet as pq

        path = self.folder / "hosts-with-places.parquet"
        pq.write_table(with_places(hosts.to_pyarrow(), self.geo), path)
        return self.connection.read_parquet(str(path))

    def _without_excluded(self, hosts: Table, exclusions: Exclusions) -> tuple[Table, int]:
        """The hosts that are not excluded, and how many are; of the others nothing is looked at any more.

        It takes the finished hosts: which network a host is in is not said by each of its records.
        """
        if not exclusions.listed:
            return hosts, 0
        import ibis

        known = hosts.select("address", "asn").to_pyarrow()
        excluded = exclusions.among(known.column("address").to_pylist(), known.column("asn").to_pylist())
        gone = ibis.memtable(pa.table({"excluded": pa.array(excluded, pa.string())}))
        self.raw = self.raw.anti_join(gone, self.raw.host == gone.excluded)
        return hosts.anti_join(gone, hosts.address == gone.excluded), len(excluded)

    def _staged(self, name: str, expression: Table) -> Table:
        path = self.folder / f"{name}.parquet"
        expression.to_parquet(path)
        return self.connection.read_parquet(str(path))

    def _hosts(self) -> Table:
        import ibis

        countries = ibis.memtable(self.countries)
        raw = self.raw.left_join(
            countries,
            [
                self.raw.country_code.fill_null("") == countries.raw_code,
                self.raw.country.fill_null("") == countries.raw_name,
            ],
        )
        raw = raw.mutate(
            week=_week(raw.seen_at),
            place=raw.seen_at.cast("string") + raw.code,
            provider=ibis.coalesce(_text(raw.as_name), _text(raw.org)),
            kind=_text(raw.provider_kind).lower().replace("-", " "),
        )
        # Of what separates them a kind has none; the name, which may hold anything, comes last.
        kind = ibis.ifelse(raw.kind.isin(KINDS), raw.kind, "").fill_null("")
        grouped = raw.group_by("host").aggregate(
            first=raw.seen_at.min(),
            last=raw.seen_at.max(),
            observations=_observation(raw).nunique(),
            days=(raw.seen_at // 86_400).nunique(),
            weeks=raw.week.collect(distinct=True).sort(),
            listed_weeks=raw.week.collect(where=raw.models.notnull(), distinct=True).sort(),
            ports=raw.port.cast("int64").collect(distinct=True).sort(),
            country=_newest(raw, raw.code),
            network=_newest(raw, raw.asn.cast("string") + _SEPARATOR + kind + _SEPARATOR + raw.provider.fill_null("")),
        )
        network = grouped.network.split(_SEPARATOR)
        return grouped.select(
            address=grouped.host,
            first_seen=_time(grouped["first"]),
            last_seen=_time(grouped["last"]),
            observations=grouped.observations,
            days=grouped.days,
            weeks=grouped.weeks,
            listed_weeks=ibis.coalesce(grouped.listed_weeks, ibis.literal([], type="array<int64>")),
            ports=grouped.ports,
            country=grouped.country,
            asn=network[0].cast("int64"),
            provider=network[2].nullif(""),
            provider_kind=network[1].nullif(""),
        )

    def _listings(self) -> Table:
        """One row an entry of a list: host, canonical model, second, (second, port), week, and the entry itself."""
        import ibis

        rows = self.raw.select("host", "port", "seen_at", listed=self.raw.models.unnest())
        names = ibis.memtable(self.names.canonical)
        rows = rows.mutate(raw_name=rows.listed["name"])
        rows = rows.inner_join(names, rows.raw_name == names.raw)
        return rows.select(
            "host", "seen_at", "listed", model=rows.canonical, at=_observation(rows), week=_week(rows.seen_at)
        )

    def _reports(self, listings: Table) -> Table:
        """One row for each different thing that a host said of a model, with when it last and first said it.

        Most hosts say the same every time, so the texts are taken apart here, on a fraction of the listings.
        """
        import ibis

        t = listings.group_by("host", "model", "listed").aggregate(
            seen_at=listings.seen_at.max(), week=listings.week.min()
        )
        listed = t.listed
        capabilities = listed["capabilities"].map(lambda c: c.strip().lower()).unique().sort().join(_SEPARATOR)
        return t.select(
            "host",
            "model",
            "seen_at",
            "week",
            digest=_text(listed["digest"]),
            family=_text(listed["family"]).lower(),
            parameter_size=_text(listed["parameter_size"]),
            quantization=_text(listed["quantization"]).nullif("unknown").upper(),
            format=_text(listed["format"]).lower(),
            # A remote entry's few hundred bytes are not the size of the weights.
            size=ibis.ifelse(listed["remote"], ibis.null("string"), listed["size_bytes"].cast("string")),
            capabilities=capabilities,
            remote=ibis.ifelse(listed["remote"], "1", "0"),
        )

    def _deployments(self, listings: Table) -> Table:
        seen = listings.group_by("host", "model").aggregate(
            first=listings.seen_at.min(),
            last=listings.seen_at.max(),
            observations=listings.at.nunique(),
            weeks=listings.week.collect(distinct=True).sort(),
        )
        reports = self._staged("reports", self._reports(listings))
        newest = reports.group_by("host", "model").aggregate(
            **{
                name: _newest(reports, reports[name])
                for name in ("capabilities", "family", "remote", "parameter_size", "quantization", "format", "size")
            }
        )
        both = seen.inner_join(newest, ["host", "model"])
        g = both.left_join(self._digests(reports), ["host", "model"])
        return g.select(
            "parameter_size",
            "quantization",
            "format",
            "size",
            source=g.host,
            target=g.model,
            first_seen=_time(g["first"]),
            last_seen=_time(g["last"]),
            observations=g.observations,
            weeks=g.weeks,
            digests=g.digests,
            digest_weeks=g.digest_weeks,
            capabilities=_split(g.capabilities),
            capability_text=g.capabilities,
            reported_family=g.family,
            remote=g.remote == "1",
        )

    def _digests(self, reports: Table) -> Table:
        """Two parallel lists for each deployment: its digests by first week, then digest, and those weeks."""
        t = reports.filter(reports.digest.notnull())
        weeks = t.group_by("host", "model", "digest").aggregate(week=t.week.min())
        return weeks.group_by("host", "model").aggregate(
            digests=weeks.digest.collect(order_by=[weeks.week, weeks.digest]),
            digest_weeks=weeks.week.collect(order_by=[weeks.week, weeks.digest]),
        )

    def _models(self, deployments: Table) -> pa.Table:
        """Every model with what most hosts report for it, else what the catalogue says."""
        d = deployments
        models = d.select(name=d.target).distinct()
        reported = {
            "family": d.reported_family,
            "parameter_size": d.parameter_size,
            "quantization": d.quantization,
            "format": d.format,
            "size": d["size"],
            # An empty report says nothing of a model that can be asked something.
            "capabilities": d.capability_text.nullif(""),
        }
        for name, value in reported.items():
            models = models.left_join(self._vote(d, d.target, value, name), "name").drop("name_right")
        return self.names.complete(models.to_pyarrow())

    def _vote(self, table: Table, by: Value, value: Value, name: str) -> Table:
        import ibis

        votes = table.select(name=by, value=value)
        votes = votes.filter(votes["value"].notnull())
        counts = votes.group_by("name", "value").aggregate(hosts=votes.count())
        window = ibis.window(group_by="name", order_by=[counts.hosts.desc(), counts.value])
        ranked = counts.mutate(place=ibis.row_number().over(window))
        return ranked.filter(ranked.place == 0).select("name", ranked.value.name(name))

    def _networks(self, hosts: Table) -> pa.Table:
        """Each network with its organisation: the known one, else the one most of its hosts' newest records name."""
        named = hosts.filter(hosts.asn.notnull())
        vote = self._vote(named, named.asn.cast("string"), named.provider, "provider")
        asns = named.select(name=named.asn.cast("string")).distinct()
        joined = asns.left_join(vote, "name")
        return named_networks(joined.select(asn=joined["name"].cast("int64"), provider=joined.provider).to_pyarrow())

    def _providers(self, hosts: Table, networks: pa.Table) -> pa.Table:
        """The organisations with their kinds; where their names do not tell, what most of their hosts' records tell."""
        import ibis

        organisations = ibis.memtable(networks.rename_columns(["asn", "organisation"]))
        hosts = hosts.select("asn", "provider_kind").inner_join(organisations, "asn")
        hosts = hosts.filter(hosts.organisation.notnull())
        vote = self._vote(hosts, hosts.organisation, hosts.provider_kind, "kind").to_pyarrow()
        told = dict(zip(vote.column("name").to_pylist(), vote.column("kind").to_pylist(), strict=True))
        providers = _column("Provider", (p for p in networks.column("provider").to_pylist() if p))
        kinds = [kind_of(name, told.get(name)) for name in providers.column("name").to_pylist()]
        return providers.append_column("kind", pa.array(kinds, pa.string()))

    def _runs(self) -> Table:
        raw = self.raw
        raw = raw.mutate(target=_text(raw.software).lower())
        raw = raw.filter(raw.target.notnull())
        grouped = raw.group_by("host", "target", "port").aggregate(
            version=_newest(raw, _text(raw.version)), first=raw.seen_at.min(), last=raw.seen_at.max()
        )
        return grouped.select(
            source=grouped.host,
            target=grouped.target,
            port=grouped.port.cast("int64"),
            version=grouped.version,
            first_seen=_time(grouped["first"]),
            last_seen=_time(grouped["last"]),
        )


def _split(text: Value) -> Value:
    import ibis

    empty = ibis.literal([], type="array<string>")
    return ibis.ifelse(text == "", empty, text.split(_SEPARATOR))


def _scan_table(archive: Archive) -> pa.Table:
    from cohabit.timeline import iso

    rows = []
    for f in archive.scans():
        rows.append(
            {
                **{name: getattr(f, name) for name in ("sha256", "file_name", "loader", "loaded_at", "simulated")},
                **{name: getattr(f, name) for name in ("records", "rejected", "partial")},
                "first_seen": None if f.first_seen is None else iso(f.first_seen),
                "last_seen": None if f.last_seen is None else iso(f.last_seen),
            }
        )
    return pa.Table.from_pylist(rows, schema=node_schema(schema.SCAN))


def _empty(scans: pa.Table) -> GraphTables:
    nodes = {n.label: node_schema(n).empty_table() for n in schema.NODES}
    nodes["Scan"] = scans
    return GraphTables(nodes, {r.type: relationship_schema(r).empty_table() for r in schema.RELATIONSHIPS})


def _shaped(nodes: dict[str, pa.Table], relationships: dict[str, pa.Table]) -> GraphTables:
    """Give every table exactly the columns and types of its schema."""
    return GraphTables(
        {n.label: _cast(nodes[n.label], node_schema(n)) for n in schema.NODES},
        {r.type: _cast(relationships[r.type], relationship_schema(r)) for r in schema.RELATIONSHIPS},
    )


def _cast(table: pa.Table, target: pa.Schema) -> pa.Table:
    return table.select(target.names).cast(target)


def _column(label: str, values: Iterable[Any]) -> pa.Table:
    key = schema.node(label).key.name
    return pa.table({key: pa.array(sorted(set(values)), node_schema(schema.node(label)).field(key).type)})


def _country_nodes(codes: Iterable[str]) -> pa.Table:
    from cohabit.graph.names import country_name

    codes = sorted(set(codes))
    return pa.table(
        {"code": pa.array(codes, pa.string()), "name": pa.array([country_name(c) for c in codes], pa.string())}
    )


def _pairs(pairs: Iterable[tuple[str, str]]) -> pa.Table:
    rows = sorted(pairs)
    return pa.table(
        {"source": pa.array([a for a, _ in rows], pa.string()), "target": pa.array([b for _, b in rows], pa.string())}
    )


def _ends(table: pa.Table, source: str, target: str) -> pa.Table:
    rows = table.filter(table.column(target).is_valid())
    return pa.table({"source": rows.column(source), "target": rows.column(target)})
