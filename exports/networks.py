"""The network of a level: its items with their hosts, and its pairs with every measure of `cooccurrence`."""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa

from cohabit.exports.columns import by_columns
from cohabit.exports.masking import masked_names
from cohabit.graph.incidence import read_models
from cohabit.graph.store import GraphStore
from cohabit.privacy import Masker
from cohabit.queries.cooccurrence import COLUMNS
from cohabit.queries.dtypes import dtype_of
from cohabit.queries.network import item_network, published
from cohabit.queries.protection import Protection
from cohabit.queries.scope import Scope

# What an item says of itself where it is one thing only: a line has one lab.
_FACTS = {"model": ("family", "line", "lab"), "line": ("lab",)}


def network_tables(
    store: GraphStore, level: str, scope: Scope, min_hosts: int, masker: Masker, protected: Protection | None = None
) -> tuple[pa.Table, pa.Table, int]:
    """Return items, pairs and the hosts that shares are of; texts go through the masker.

    `lab_country` of an item is the country of the labs behind most of its deployments. Pairs keep a < b by code point
    of the names that they have in the graph; measures that are not defined are null.
    With `protected` they are for everybody: `min_hosts` is one of what is published, columns without a rule are null.
    """
    network = item_network(store, level, scope)
    if protected:
        network = published(network, protected)
    shown = masked_names(network.items, masker)
    facts = _facts(store, level, masker)
    items = [
        {
            "item": shown[name],
            "hosts": hosts,
            "share": hosts / network.base,
            "base": network.base,
            **facts.get(name, {}),
            **({} if level == "lab-country" else {"lab_country": network.lab_countries.get(name)}),
        }
        for name, hosts in network.items.items()
    ]
    pairs = [
        {c: shown[row[c]] if c in ("a", "b") else _defined(row.get(c)) for c in COLUMNS}
        for row in network.pairs.rows
        if (row["hosts"] or 0) >= min_hosts
    ]
    return (
        by_columns(pa.Table.from_pylist(items, _item_schema(level)), ["item"]),
        by_columns(pa.Table.from_pylist(pairs, _PAIRS), ["a", "b"]),
        network.base,
    )


def _facts(store: GraphStore, level: str, masker: Masker) -> dict[str, dict[str, str | None]]:
    if level not in _FACTS:
        return {}
    models = read_models(store)
    columns = {
        name: [None if value is None else masker.text(value) for value in models.items[name]] for name in _FACTS[level]
    }
    rows = zip(models.items[level], *columns.values(), strict=True)
    return {str(item): dict(zip(columns, values, strict=True)) for item, *values in rows}


def _item_schema(level: str) -> pa.Schema:
    texts = [*_FACTS.get(level, ()), *([] if level == "lab-country" else ["lab_country"])]
    numbers = [("hosts", pa.int64()), ("share", pa.float64()), ("base", pa.int64())]
    return pa.schema([("item", pa.string()), *numbers, *((name, pa.string()) for name in texts)])


_TYPES = {"str": pa.string(), "Int64": pa.int64(), "float64": pa.float64()}
# A pair without hosts has no values that could tell: the names do, as in frames.
_PAIRS = pa.schema([(c, _TYPES[dtype_of(c, ())]) for c in COLUMNS])


def _defined(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
