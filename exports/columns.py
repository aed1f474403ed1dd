"""Columns of Arrow tables: look up, change and join their values without a loop over the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

Row = dict[str, Any]

_BATCH = 20_000
BETWEEN = "; "
"""Between the members of a list where a format has none."""


def looked_up(keys: Any, source: Any, target: Any) -> Any:
    """For each key the target beside the same source; null where there is none (a source occurs once at most)."""
    return pc.take(target, pc.index_in(keys, value_set=_array(source)))


def changed(column: Any, change: Callable[[str], str]) -> Any:
    """The column with every text, also those inside lists, changed; each distinct text is changed once."""
    array = _array(column)
    if pa.types.is_list(array.type):
        return _of_members(array, changed(pc.list_flatten(array), change))
    if not pa.types.is_string(array.type):
        return array
    encoded = array.dictionary_encode()
    return pa.array([change(v) for v in encoded.dictionary.to_pylist()], pa.string()).take(encoded.indices)


def joined(column: Any, between: str = BETWEEN) -> Any:
    """A column of lists as one of texts; an absent member is an empty text, an absent list stays absent."""
    array = _array(column)
    if not pa.types.is_list(array.type):
        return array
    members = pc.fill_null(pc.list_flatten(array).cast(pa.string()), "")
    return pc.binary_join(_of_members(array, members), between)


def column_rows(table: pa.Table) -> Iterator[Row]:
    """The rows as dictionaries, a batch of them in memory at a time."""
    for batch in table.to_batches(max_chunksize=_BATCH):
        yield from batch.to_pylist()


def by_columns(table: pa.Table, names: Iterable[str]) -> pa.Table:
    """The table in the order of these columns, texts by code point."""
    return table.sort_by([(name, "ascending") for name in names])


def _array(column: Any) -> Any:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _of_members(lists: Any, members: Any) -> Any:
    """Lists as long as those, of other members."""
    lengths = pc.fill_null(pc.list_value_length(lists), 0).cast(pa.int32())
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(lengths)])
    if lists.null_count:
        return pa.ListArray.from_arrays(offsets, members, mask=lists.is_null())
    return pa.ListArray.from_arrays(offsets, members)
