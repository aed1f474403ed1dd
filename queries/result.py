"""What a query returns: rows of flat values, the sentence and caveats that go with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]


class ForAll(str):
    """A caveat whose figures may be published as they are: dates, weeks, names that many hosts have."""


@dataclass(frozen=True)
class Unshown:
    """Rows that say too little for a screen: which they are, and what one is called (`advisory without a host`)."""

    holds: Callable[[Row], bool]
    one: str
    many: str


@dataclass(frozen=True)
class Result:
    """Rows with the same keys in the same order.

    `headline` is one readable answer, `caveats` are sentences a reader needs before quoting a number, `single` says
    that the rows are one object (`info`, `host`), `simulated` that simulated scans are among the data,
    `table_columns` is the choice of columns a terminal has room for (empty: all), `remark` a column of sentences, which
    a table for people has below it, a line a row; `own_columns` says that the columns are the user's own (a free
    query), so that none may be added. `in_points` are columns that are bounds of a share in other answers and of a
    difference here, so that tables show percentage points. `series` are the columns that name a series of rows in the
    order of time, whose end no table may lack (none: the rows are one); None: rows of another kind. `unshown` are rows
    that a table for people leaves out and only counts, as it calls them.
    """

    columns: tuple[str, ...]
    rows: list[Row]
    headline: str | None = None
    caveats: tuple[str, ...] = ()
    single: bool = False
    simulated: bool = False
    table_columns: tuple[str, ...] = ()
    remark: str | None = None
    own_columns: bool = False
    in_points: tuple[str, ...] = ()
    series: tuple[str, ...] | None = None
    unshown: Unshown | None = None

    def to_pandas(self) -> pd.DataFrame:
        """The rows as a DataFrame; `attrs` carries headline, caveats and whether the data are simulated.

        Dtypes follow `cohabit.queries.dtypes`; what is not known is NA, NaN or (in a column of objects) None.
        """
        import pandas as pd

        from cohabit.queries.dtypes import dtype_of

        columns = {c: [row[c] for row in self.rows] for c in self.columns}
        dtypes = {c: dtype_of(c, values, known=not self.own_columns) for c, values in columns.items()}
        series = {c: pd.Series(values, dtype=dtypes[c]) for c, values in columns.items()}
        frame = pd.DataFrame(series, columns=list(self.columns))
        frame.attrs.update(headline=self.headline, caveats=list(self.caveats), simulated=self.simulated)
        return frame


def result(
    columns: Sequence[str],
    rows: list[Row],
    *,
    headline: str | None = None,
    caveats: Sequence[str] = (),
    single: bool = False,
    table_columns: Sequence[str] = (),
    remark: str | None = None,
    own_columns: bool = False,
    in_points: Sequence[str] = (),
    series: Sequence[str] | None = None,
    unshown: Unshown | None = None,
) -> Result:
    """Make a result whose rows have exactly these columns, in this order."""
    return Result(
        tuple(columns),
        [{c: row[c] for c in columns} for row in rows],
        headline,
        tuple(caveats),
        single,
        table_columns=tuple(table_columns),
        remark=remark,
        own_columns=own_columns,
        in_points=tuple(in_points),
        series=None if series is None else tuple(series),
        unshown=unshown,
    )
