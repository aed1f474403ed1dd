"""Three or more items together: the hosts that list them all, and what each of them takes away or adds."""

from __future__ import annotations

import numpy as np

from cohabit.graph.incidence import Incidence, ItemMatrix
from cohabit.queries import bootstrap as boot
from cohabit.queries import measures
from cohabit.queries.null_models import null_model
from cohabit.queries.result import Result, Row, result
from cohabit.queries.words import count, percent, unknown_caveat

COLUMNS = (
    "items",
    "left_out",
    "hosts",
    "hosts_of_each",
    "share_with_all",
    "share_of_multi_model_hosts",
    "low",
    "high",
    "multi_model_hosts",
    "lift",
    "expected",
    "p_value",
    "log10_p",
    "p_fewer",
    "log10_p_fewer",
    "base",
)
TABLE_COLUMNS = ("items", "hosts", "share_with_all", "share_of_multi_model_hosts", "low", "high", "lift", "left_out")

_NO_Q = (
    "The sets were named, not searched, so p has no q beside it; with many hosts even slight tendencies are "
    "significant: judge by lift."
)


def item_sets(incidence: Incidence, matrix: ItemMatrix, named: list[int], drawn: boot.Resamples | None) -> Result:
    """The hosts with all of the named items (first row), then with all but one of them (`left_out`).

    `share_with_all` is the share of a row's hosts that have the left out item too. `lift` is n^(k−1)·x divided by the
    product of the hosts of each of the k items: how many times more hosts than if the items were independent.
    `expected` and the p-values are those of the configuration model; there are no q-values, for these sets were chosen
    and not searched.
    """
    sets = [tuple(named), *(tuple(named[:i] + named[i + 1 :]) for i in reversed(range(len(named))))]
    together = np.array([len(matrix.hosts_with_all(items)) for items in sets])
    multi, n = incidence.multi_model_hosts, matrix.base
    low, high = measures.wilson(together, np.full(len(sets), multi))
    independent = np.array([n * np.prod(matrix.hosts_per_item[list(items)] / max(n, 1)) for items in sets])
    model = null_model(matrix)
    # The first set has one item more than the others.
    parts = [(np.array(sets[rows]), together[rows]) for rows in (slice(1), slice(1, None))]
    log_more = np.concatenate([model.log_more(*part) for part in parts])
    log_fewer = np.concatenate([model.log_fewer(*part) for part in parts])
    arrays = {
        "hosts": together,
        "share_with_all": measures.ratio(np.full(len(sets), together[0]), together),
        "share_of_multi_model_hosts": measures.ratio(together, np.full(len(sets), multi)),
        "low": low,
        "high": high,
        "multi_model_hosts": np.full(len(sets), multi),
        "lift": measures.ratio(together, independent),
        "expected": np.concatenate([model.expected(items) for items, _ in parts]),
        "p_value": np.exp(log_more),
        "log10_p": log_more / np.log(10),
        "p_fewer": np.exp(log_fewer),
        "log10_p_fewer": log_fewer / np.log(10),
        "base": np.full(len(sets), n),
        **(drawn.sets(sets) if drawn else {}),
    }
    rows: list[Row] = [
        {
            "items": [matrix.labels[item] for item in items],
            "left_out": next((matrix.labels[item] for item in named if item not in items), None),
            "hosts_of_each": [int(matrix.hosts_per_item[item]) for item in items],
            **{name: values[i].item() for name, values in arrays.items()},
        }
        for i, items in enumerate(sets)
    ]
    caveats = [_NO_Q, *unknown_caveat(incidence, matrix), *([drawn.caveat()] if drawn else [])]
    extra = boot.COLUMNS if drawn else ()
    return result(
        (*COLUMNS, *extra),
        rows,
        headline=_headline(rows, multi),
        caveats=caveats,
        table_columns=(*TABLE_COLUMNS, *extra),
    )


def _headline(rows: list[Row], multi: int) -> str:
    everything = rows[0]
    *most, last = everything["items"]
    names = f"{', '.join(most)} and {last}"
    if not everything["hosts"]:
        return f"No host lists all of {names}."
    most_of = max(rows[1:], key=lambda r: r["share_with_all"])
    *but_one, second = most_of["items"]
    return (
        f"{count(everything['hosts'], 'host')} {'lists' if everything['hosts'] == 1 else 'list'} all of {names}: "
        f"{percent(everything['share_of_multi_model_hosts'])} of the {count(multi, 'multi-model host')}, and "
        f"{percent(most_of['share_with_all'])} of the {most_of['hosts']:,} with {', '.join(but_one)} and {second}."
    )
