"""What the `catalogue` command does between parsing and asking; without a graph it answers all the same."""

from __future__ import annotations

import os

from cohabit.graph.store import data_folder
from cohabit.options import Answer, Where
from cohabit.queries.result import Result


def catalogue(where: Where, name: str | None, output: Answer, *, unknown: bool) -> Result:
    """Lines of the catalogue, the reading of one name, or the names of the graph that it does not know."""
    from cohabit.graph.sync import catalogue_in_use
    from cohabit.queries import catalogue as question
    from cohabit.queries.protection import protection
    from cohabit.queries.publishing_rules import rule_of
    from cohabit.session import Graph

    if protection(output.publish):
        rule_of("catalogue", (), {"unknown": unknown})
    data = data_folder(where.data)
    there_is_a_graph = where.store or os.environ.get("COHABIT_STORE") or (data / "graph" / "current").exists()
    if unknown or (name is not None and there_is_a_graph):
        with Graph(where.data, where.store, show_addresses=output.show_addresses) as graph:
            return graph.ask("catalogue", name, unknown=unknown, publish=output.publish)
    in_use = catalogue_in_use(data)
    return question.lines(in_use) if name is None else question.explain(in_use, name)
