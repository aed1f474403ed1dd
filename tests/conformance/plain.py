"""The graph and its queries once more, in plain Python over dictionaries: what every store is held against.

Nothing of the project is used here, and nothing clever: lists, sets and loops.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from tests.conformance.population import LINES, Record

CODES = {"DE": "DE", "US": "US", "Germany": "DE", "United States": "US"}
NAMES = {"DE": "Germany", "US": "United States", "CN": "China", "FR": "France"}


def canonical(name: str) -> str:
    """The rule of the words list, for the spellings of the population."""
    name = name.lower()
    for prefix in ("registry.ollama.ai/", "library/"):
        name = name.removeprefix(prefix)
    return name if ":" in name.rsplit("/", 1)[-1] else name + ":latest"


def seconds(record: Record) -> int:
    """Time of a record."""
    return int(datetime.strptime(record["timestamp"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())


def week(at: int) -> int:
    """ISO week of a time."""
    year, number, _ = datetime.fromtimestamp(at, UTC).isocalendar()
    return year * 100 + number


def text(at: int) -> str:
    """A time as the graph has it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def newest(values: Iterable[tuple[int, Any]]) -> Any:
    """Value of the greatest time; of several, the one that sorts last; None without any."""
    known = [(at, value) for at, value in values if value is not None]
    return max(known)[1] if known else None


def vote(values: Iterable[Any]) -> Any:
    """The most frequent value; of several, the one that sorts first."""
    counts = Counter(v for v in values if v is not None)
    return min(counts, key=lambda v: (-counts[v], v)) if counts else None


class Plain:
    """Everything the graph should hold, from the records."""

    def __init__(self, records: list[Record]) -> None:
        self.records = records
        by_host: dict[str, list[Record]] = defaultdict(list)
        for record in records:
            by_host[record["ip"]].append(record)
        self.hosts = {address: self._host(own) for address, own in by_host.items()}
        self.edges = self._edges()
        self.models = {model for _, model in self.edges}
        self.capabilities = {m: self._capabilities(m) for m in self.models}
        self.of_host: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        for (address, model), edge in self.edges.items():
            self.of_host[address][model] = edge
        self.family = {
            m: vote(e["reported_family"] for (_, model), e in self.edges.items() if model == m) for m in self.models
        }
        for m in self.models:
            # The catalogue's family counts only where no host reports one; in this population only for these.
            if self.family[m] is None and LINES.get(m) is not None:
                raise AssertionError(f"population too small: nobody reports a family for {m}")

    def _host(self, own: list[Record]) -> dict[str, Any]:
        times = [seconds(r) for r in own]
        country = newest((seconds(r), CODES.get(r["country_code"] or r["country"])) for r in own)
        network = newest((seconds(r), (r["asn"], r["as_name"] or "")) for r in own if r["asn"] is not None)
        runs: dict[tuple[str, int], list[Record]] = {}
        for r in own:
            if r["software"] or self._looks_like_ollama(r):
                key = ((r["software"] or "ollama").lower(), r["port"])
                runs.setdefault(key, []).append(r)
        return {
            "first_seen": text(min(times)),
            "last_seen": text(max(times)),
            "observations": len({(r["port"], seconds(r)) for r in own}),
            "days": len({seconds(r) // 86400 for r in own}),
            "weeks": sorted({week(t) for t in times}),
            "listed_weeks": sorted({week(seconds(r)) for r in own if r["models"] is not None}),
            "ports": sorted({r["port"] for r in own}),
            "country": country,
            "asn": network[0] if network else None,
            "as_name": (network[1] or None) if network else None,
            "runs": {
                key: {
                    "version": newest((seconds(r), r["version"]) for r in some),
                    "first_seen": text(min(map(seconds, some))),
                    "last_seen": text(max(map(seconds, some))),
                }
                for key, some in runs.items()
            },
        }

    @staticmethod
    def _looks_like_ollama(record: Record) -> bool:
        return any(isinstance(e, dict) and ("details" in e or "digest" in e) for e in record["models"] or [])

    def _edges(self) -> dict[tuple[str, str], dict[str, Any]]:
        listings: dict[tuple[str, str], list[tuple[int, int, Record]]] = defaultdict(list)
        for record in self.records:
            for entry in record["models"] or []:
                entry = {"name": entry} if isinstance(entry, str) else entry
                listings[record["ip"], canonical(entry["name"])].append((seconds(record), record["port"], entry))
        return {key: self._edge(some) for key, some in listings.items()}

    @staticmethod
    def _edge(some: list[tuple[int, int, Record]]) -> dict[str, Any]:
        times = [at for at, _, _ in some]
        first_week: dict[str, int] = {}
        for at, _, entry in some:
            if digest := entry.get("digest"):
                first_week[digest] = min(first_week.get(digest, 999999), week(at))
        digests = sorted(first_week, key=lambda d: (first_week[d], d))

        def details(name: str, change: Any = str) -> Any:
            found = ((at, (e.get("details") or {}).get(name)) for at, _, e in some)
            return newest((at, None if value is None else change(value)) for at, value in found)

        capabilities = newest((at, "\x1f".join(sorted(e["capabilities"]))) for at, _, e in some if "capabilities" in e)
        return {
            "first_seen": text(min(times)),
            "last_seen": text(max(times)),
            "observations": len({(at, port) for at, port, _ in some}),
            "weeks": sorted({week(t) for t in times}),
            "digests": digests or None,
            "digest_weeks": [first_week[d] for d in digests] or None,
            "capabilities": None if capabilities is None else [c for c in capabilities.split("\x1f") if c],
            "reported_family": details("family", str.lower),
            "remote": newest((at, "remote_host" in e) for at, _, e in some),
            "quantization": details("quantization_level", str.upper),
            "parameter_size": details("parameter_size"),
            "size": newest((at, None if "remote_host" in e else str(e["size"])) for at, _, e in some if "size" in e),
        }

    def _capabilities(self, model: str) -> set[str] | None:
        """What most hosts that report something say; the catalogue's count only where none does."""
        reports = [e["capabilities"] for (_, m), e in self.edges.items() if m == model]
        most = vote(tuple(r) if r else None for r in reports)
        if most is None and LINES.get(model) is not None:
            raise AssertionError(f"population too small: nobody reports capabilities for {model}")
        return None if most is None else set(most)

    def can(self, edge: tuple[str, str], capability: str) -> bool:
        """Whether a deployment has a capability: by its own report, else by its model's."""
        return capability in (self.edges[edge]["capabilities"] or self.capabilities[edge[1]] or ())

    @cached_property
    def decoys(self) -> dict[str, frozenset[tuple[str, str | None]]]:
        """Suspected decoys with the list that each shares: ≥ 100 hosts, ≥ 10 networks, ≥ 5 digests or ≥ 20 models."""
        lists: dict[frozenset[tuple[str, str | None]], list[str]] = defaultdict(list)
        for address, h in self.hosts.items():
            if h["listed_weeks"]:
                entries = frozenset(
                    (model, (edge["digests"] or [None])[-1])
                    for model, edge in self.of_host[address].items()
                    if h["listed_weeks"][-1] in edge["weeks"]
                )
                if len(entries) >= 20 or sum(d is not None for _, d in entries) >= 5:
                    lists[entries].append(address)
        found = {}
        for entries, members in lists.items():
            if len(members) >= 100 and len({self.hosts[a]["asn"] for a in members} - {None}) >= 10:
                found.update(dict.fromkeys(members, entries))
        return found

    # --- queries ----------------------------------------------------------------------------------------------

    def item(self, model: str, level: str) -> str | None:
        """Item of a model at a level."""
        line = LINES.get(model)
        return {
            "model": model,
            "family": self.family[model],
            "line": line and line[0],
            "lab": line and line[1],
            "lab-country": line and line[2],
        }[level]

    def provider(self, asn: int | None) -> str | None:
        """Organisation that most hosts of a network name."""
        return vote(h["as_name"] for h in self.hosts.values() if h["asn"] == asn) if asn is not None else None

    def lists(
        self, hosts: Iterable[str], weeks: set[int] | None = None, newest_only: bool = False
    ) -> dict[str, set[str]]:
        """Models of each host: ever, in some weeks, or in its newest listed week among them."""
        found: dict[str, set[str]] = {}
        for h in hosts:
            own = weeks
            if weeks is not None:
                if newest_only:
                    listed = weeks & set(self.hosts[h]["listed_weeks"])
                    if not listed:
                        continue
                    own = {max(listed)}
                elif not weeks & set(self.hosts[h]["weeks"]):
                    continue
            found[h] = {model for model, edge in self.of_host[h].items() if own is None or own & set(edge["weeks"])}
        return found

    def items(self, lists: dict[str, set[str]], level: str) -> dict[str, set[str]]:
        """Known items of each host."""
        return {h: {item for m in models if (item := self.item(m, level)) is not None} for h, models in lists.items()}
