"""What is read of a graph: where keys stand, and that nothing is read twice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from cohabit.graph.incidence import positions
from cohabit.graph.remembering import remembering

# Keys close together are looked up in a table, keys far apart by binary search.
KEYS = st.one_of(st.integers(-5, 40), st.integers(0, 2**52))


@given(st.lists(KEYS, max_size=30), st.sets(KEYS, max_size=30))
def test_positions_are_those_of_a_dictionary(values: list[int], among: set[int]) -> None:
    place = {key: i for i, key in enumerate(sorted(among))}
    found = positions(np.array(values, np.int64), np.array(sorted(among), np.int64))
    assert found.tolist() == [place.get(value, -1) for value in values]


def test_a_remembering_store_asks_once_for_each_statement_and_its_parameters() -> None:
    asked: list[tuple[str, Any]] = []

    class Store:
        uri = "somewhere"

        def table(self, cypher: str, parameters: Any = None) -> pa.Table:
            asked.append((cypher, parameters))
            return pa.table({"n": [len(asked)]})

    store = remembering(Store())  # type: ignore[arg-type]
    answers = [
        store.table(cypher, parameters).column("n").to_pylist()
        for cypher, parameters in (("A", None), ("A", {}), ("A", {"x": [1]}), ("A", {"x": [1]}), ("A", {"x": [2]}))
    ]
    assert answers == [[1], [1], [2], [2], [3]]
    assert store.uri == "somewhere"
