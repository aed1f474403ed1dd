"""Projection: from the archive's raw values to the graph's tables, in one Ibis expression run by DuckDB.

The expression is a function of the archive alone: no row order, no file order and no clock enters it. Wherever two
values could be «the newest», the value that sorts last among those of the newest second is taken; wherever hosts vote,
ties go to the value that sorts first.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from cohabit.graph.archive import PART_SCHEMA, Archive
from cohabit.graph.decoys import with_decoy_groups
from cohabit.graph.exclusions import Exclusions
from cohabit.graph.expressions import SEPARATOR, iso_time, iso_week, most_say, newest_of, observation, parts_of, said
from cohabit.graph.names import NameTables, country_table, name_tables
from cohabit.graph.places import KINDS, kind_of, named_networks, with_places
from cohabit.graph.shaping import country_rows, empty_tables, ends_of, keys, pair_rows, scan_table, shaped
from cohabit.graph.tables import GraphTables
from cohabit.loaders.catalogue import Catalogue
from cohabit.loaders.geo import Geo

if TYPE_CHECKING:
    import ibis
    from ibis.expr.types import Table, Value

# DuckDB spills what is over it: laptops have other things to do.
_MEMORY_LIMIT = "600MB"


def project(
    archive: Archive, catalogue: Catalogue, geo: Geo | None = None, exclusions: Exclusions | None = None
) -> GraphTables:
    """Project all parts of the archive; an archive without parts gives empty tables.

    `geo` adds what databases of places and networks say of addresses; hosts of `exclusions` are left out, as if no scan
    had seen them.
    """
    import ibis

    scans = scan_table(archive)
    parts = archive.parts()
    if not parts:
        return empty_tables(scans)
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
            "Country": country_rows(countries),
            "Lab": keys("Lab", lines.labs.values()),
            "Line": keys("Line", lines.names),
            "Family": keys("Family", (f for f in models.column("family").to_pylist() if f)),
            "Software": keys("Software", runs.column("target").to_pylist()),
            "Provider": self._providers(hosts, networks),
            "Network": keys("Network", networks.column("asn").to_pylist()),
            "Model": models,
            "Host": host_rows,
            "Scan": scans,
        }
        relationships = {
            "BASED_IN": pair_rows(lines.lab_countries.items()),
            "PUBLISHED_BY": pair_rows(lines.labs.items()),
            "DERIVED_FROM": pair_rows(lines.derived_from),
            "VARIANT_OF": ends_of(models, "name", "line"),
            "IN_FAMILY": ends_of(models, "name", "family"),
            "OPERATED_BY": ends_of(networks, "asn", "provider"),
            "IN_COUNTRY": ends_of(host_rows, "address", "country"),
            "IN_NETWORK": ends_of(host_rows, "address", "asn"),
            "RUNS": runs,
            "DEPLOYS": deployment_rows,
        }
        return replace(shaped(nodes, relationships), excluded=excluded)

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
            week=iso_week(raw.seen_at),
            place=raw.seen_at.cast("string") + raw.code,
            provider=ibis.coalesce(said(raw.as_name), said(raw.org)),
            kind=said(raw.provider_kind).lower().replace("-", " "),
        )
        # Of what separates them a kind has none; the name, which may hold anything, comes last.
        kind = ibis.ifelse(raw.kind.isin(KINDS), raw.kind, "").fill_null("")
        grouped = raw.group_by("host").aggregate(
            first=raw.seen_at.min(),
            last=raw.seen_at.max(),
            observations=observation(raw).nunique(),
            days=(raw.seen_at // 86_400).nunique(),
            weeks=raw.week.collect(distinct=True).sort(),
            listed_weeks=raw.week.collect(where=raw.models.notnull(), distinct=True).sort(),
            ports=raw.port.cast("int64").collect(distinct=True).sort(),
            country=newest_of(raw, raw.code),
            network=newest_of(raw, raw.asn.cast("string") + SEPARATOR + kind + SEPARATOR + raw.provider.fill_null("")),
        )
        network = grouped.network.split(SEPARATOR)
        return grouped.select(
            address=grouped.host,
            first_seen=iso_time(grouped["first"]),
            last_seen=iso_time(grouped["last"]),
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
            "host", "seen_at", "listed", model=rows.canonical, at=observation(rows), week=iso_week(rows.seen_at)
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
        capabilities = listed["capabilities"].map(lambda c: c.strip().lower()).unique().sort().join(SEPARATOR)
        return t.select(
            "host",
            "model",
            "seen_at",
            "week",
            digest=said(listed["digest"]),
            family=said(listed["family"]).lower(),
            parameter_size=said(listed["parameter_size"]),
            quantization=said(listed["quantization"]).nullif("unknown").upper(),
            format=said(listed["format"]).lower(),
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
                name: newest_of(reports, reports[name])
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
            first_seen=iso_time(g["first"]),
            last_seen=iso_time(g["last"]),
            observations=g.observations,
            weeks=g.weeks,
            digests=g.digests,
            digest_weeks=g.digest_weeks,
            capabilities=parts_of(g.capabilities),
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
            models = models.left_join(most_say(d, d.target, value, name), "name").drop("name_right")
        return self.names.complete(models.to_pyarrow())

    def _networks(self, hosts: Table) -> pa.Table:
        """Each network with its organisation: the known one, else the one most of its hosts' newest records name."""
        named = hosts.filter(hosts.asn.notnull())
        vote = most_say(named, named.asn.cast("string"), named.provider, "provider")
        asns = named.select(name=named.asn.cast("string")).distinct()
        joined = asns.left_join(vote, "name")
        return named_networks(joined.select(asn=joined["name"].cast("int64"), provider=joined.provider).to_pyarrow())

    def _providers(self, hosts: Table, networks: pa.Table) -> pa.Table:
        """The organisations with their kinds; where their names do not tell, what most of their hosts' records tell."""
        import ibis

        organisations = ibis.memtable(networks.rename_columns(["asn", "organisation"]))
        hosts = hosts.select("asn", "provider_kind").inner_join(organisations, "asn")
        hosts = hosts.filter(hosts.organisation.notnull())
        vote = most_say(hosts, hosts.organisation, hosts.provider_kind, "kind").to_pyarrow()
        told = dict(zip(vote.column("name").to_pylist(), vote.column("kind").to_pylist(), strict=True))
        providers = keys("Provider", (p for p in networks.column("provider").to_pylist() if p))
        kinds = [kind_of(name, told.get(name)) for name in providers.column("name").to_pylist()]
        return providers.append_column("kind", pa.array(kinds, pa.string()))

    def _runs(self) -> Table:
        raw = self.raw
        raw = raw.mutate(target=said(raw.software).lower())
        raw = raw.filter(raw.target.notnull())
        grouped = raw.group_by("host", "target", "port").aggregate(
            version=newest_of(raw, said(raw.version)), first=raw.seen_at.min(), last=raw.seen_at.max()
        )
        return grouped.select(
            source=grouped.host,
            target=grouped.target,
            port=grouped.port.cast("int64"),
            version=grouped.version,
            first_seen=iso_time(grouped["first"]),
            last_seen=iso_time(grouped["last"]),
        )
