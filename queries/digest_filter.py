"""Hosts by a digest of what they list, as `--has digest:…` names it: by as many digits as make it the only one."""

from __future__ import annotations

import re

import numpy as np

from cohabit.errors import UsageError
from cohabit.graph.incidence import Deployments, Integers, ModelTable, distinct, read_deployments
from cohabit.graph.store import GraphStore
from cohabit.text import visible

_BEGINNING = re.compile(r"(?:sha256[:-])?([0-9a-f]{8,64})", re.IGNORECASE)
_SHOWN = 3


def named_digest(name: str) -> str | None:
    """What stands after `digest:`; None where a name does not begin so."""
    prefix, colon, rest = name.partition(":")
    return rest.strip() if colon and prefix.strip().lower() == "digest" else None


def hosts_with_digest(store: GraphStore, models: ModelTable, edges: Deployments, text: str) -> Integers:
    """Store keys of the hosts with one of those edges for which they ever reported the digest that begins so.

    UsageError for what is no beginning of a digest, or of none or several of the graph.
    """
    holders = read_deployments(store, models, digest=_the_one(store, text))
    width = max(len(models.names), 1)
    there = np.isin(edges.hosts * width + edges.models, holders.hosts * width + holders.models)
    return distinct(edges.hosts[there])


def _the_one(store: GraphStore, text: str) -> str:
    shown = f"digest:{visible(text, 80)}"
    match = _BEGINNING.fullmatch(text)
    if match is None:
        raise UsageError(f"{shown} is no digest; write its first 8 to 64 hexadecimal digits")
    beginning = match[1].lower()
    table = store.table(
        "MATCH (:Host)-[d:DEPLOYS]->(:Model) UNWIND d.digests AS digest "
        "WITH DISTINCT digest WHERE digest STARTS WITH $beginning RETURN digest AS digest",
        {"beginning": beginning},
    )
    found = sorted(table.column("digest").to_pylist())
    if not found:
        raise UsageError(f"{shown}: no host of this graph reported a digest that begins so")
    if len(found) > 1:
        some = ", ".join(found[:_SHOWN])
        raise UsageError(f"{shown}: {len(found)} digests of this graph begin so; write more digits of one: {some}")
    return str(found[0])
