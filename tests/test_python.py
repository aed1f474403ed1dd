"""The Python interface on one small simulated graph: its examples, the dtypes of its frames, and the notebook."""

from __future__ import annotations

import ast
import doctest
import importlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import cohabit
from cohabit.maps.notebook import HtmlPage
from cohabit.queries.dtypes import dtype_of
from cohabit.zstandard import zstd
from tests.parts import ROOT

MODULES = ("cohabit", "cohabit.questions", "cohabit.session", "cohabit.keeping")


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[cohabit.Graph]:
    """The graph that the examples speak of, and a current folder in which they may write."""
    folder = tmp_path_factory.mktemp("python")
    cohabit.load(cohabit.simulate(hosts=500, output=folder).path, data=folder / "cohabit-data")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("COHABIT_DATA", raising=False)
        patch.delenv("COHABIT_STORE", raising=False)
        with cohabit.open() as opened:
            yield opened


def examples(module: str) -> list[doctest.DocTest]:
    found = doctest.DocTestFinder(exclude_empty=True).find(importlib.import_module(module))
    return [test for test in found if test.examples]


@pytest.mark.parametrize("module", MODULES)
def test_examples_say_what_comes_out(graph: cohabit.Graph, module: str) -> None:
    assert examples(module)
    for test in examples(module):
        said: list[str] = []
        test.globs |= {"graph": graph, "cohabit": cohabit}
        doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test, out=said.append)
        assert not said, "".join(said)


def test_a_graph_says_in_one_line_what_it_is(graph: cohabit.Graph) -> None:
    """Store, hosts, models and days; no address of a host, and nothing is opened again to say so of a closed one."""
    hosts = graph.hosts()
    models = {model for own in hosts["models"] for model in own}
    days = f"{min(hosts['first_seen'])[:10]} to {max(hosts['last_seen'])[:10]}"
    store = Path("cohabit-data") / "graph"
    assert repr(graph) == f"<cohabit.Graph {store}: 500 hosts, {len(models)} models, seen {days}>"
    closed = cohabit.open()
    closed.close()
    assert repr(closed) == f"<cohabit.Graph {store}, closed>"


def test_the_notebook_goes_from_a_scan_to_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its cells run in order; the finding is recounted from the scan, without the graph."""
    notebook = json.loads((ROOT / "docs" / "notebook.ipynb").read_text("utf-8"))
    assert notebook["nbformat"] == 4
    code = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(not cell["outputs"] for cell in notebook["cells"] if cell["cell_type"] == "code")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    shown = [shown_by(source, names) for source in code]
    families: dict[str, set[str]] = {}
    models: dict[str, set[str]] = {}
    with zstd.open(names["scan"].path, "rt", encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            families.setdefault(record["ip"], set()).update(m["details"]["family"] for m in record["models"])
            models.setdefault(record["ip"], set()).update(m["name"] for m in record["models"])
    # What its words say.
    assert names["pair"]["hosts"] == sum({"llama", "qwen2"} <= run for run in families.values())
    assert names["pair"]["lift"] == pytest.approx(1, abs=0.05)
    finding = names["finding"]
    assert (finding["a"], finding["b"]) == ("codellama", "qwen2.5-coder")
    a, b = (
        {host for host, run in models.items() if any(m.startswith(n + ":") for m in run)} for n in finding[["a", "b"]]
    )
    assert (finding["hosts"], finding["hosts_a"], finding["hosts_b"]) == (len(a & b), len(a), len(b))
    assert finding["lift"] == pytest.approx(len(a & b) * finding["base"] / (len(a) * len(b)))
    assert finding["q_value"] < 0.01
    assert names["again"]["hosts"] == finding["hosts"]
    (page,) = (value for value in shown if isinstance(value, HtmlPage))
    assert page.startswith("<!DOCTYPE html>")


def shown_by(source: str, names: dict[str, Any]) -> Any:
    """Run one cell and return what a notebook would show: the value of its last line, if that is an expression."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names) if last else None


# One frame of every kind; each is asked twice: of all hosts, and of a country that has none.
QUESTIONS: dict[str, Callable[..., pd.DataFrame]] = {
    "rank": lambda g, **f: g.rank(**f),
    "rank by": lambda g, **f: g.rank("line", "country", **f),
    "cooccurrence": lambda g, **f: g.cooccurrence(null="hypergeometric", **f),
    "pair": lambda g, **f: g.cooccurrence("llama", "qwen2", null="hypergeometric", bootstrap=100, **f),
    "combinations": lambda g, **f: g.combinations(**f),
    "centrality": lambda g, **f: g.centrality(null="hypergeometric", **f),
    "clusters": lambda g, **f: g.clusters(null="hypergeometric", **f),
    "concentration": lambda g, **f: g.concentration(by="country", **f),
    "spread": lambda g, **f: g.concentration(of=["country", "provider"], **f),
    "quotients": lambda g, **f: g.concentration(by="country", quotients=True, **f),
    "diff": lambda g, **f: g.diff("2025-06-01", "2025-12-01", **f),
    "digests": lambda g, **f: g.diff("2025-06-01", "2025-12-01", digests=True, **f),
    "study": lambda g, **f: g.study(**f),
    "hosts": lambda g, **f: g.hosts(**f),
    "endpoints": lambda g, **f: g.hosts(endpoints=True, **f),
    "quality": lambda g, **f: g.quality(**f),
    "risks": lambda g, **f: g.risks(**f),
    "monoculture": lambda g, **f: g.risks(monoculture=True, **f),
    "impact": lambda g, **f: g.impact("family:llama", **f),
    "trends": lambda g, **f: g.trends(**f),
    "slopes": lambda g, **f: g.trends(view="slopes", **f),
    "forecast": lambda g, **f: g.trends(item="llama", forecast=2, **f),
    "survival": lambda g, **f: g.lifetimes(**f),
    "observations": lambda g, **f: g.lifetimes(view="observations", **f),
}
# A list in one answer, one value in another.
OF_TWO_KINDS = {"items", "port", "software", "version"}
PYTHON = {"Int64": int, "float64": (int, float), "boolean": bool, "str": str}


def assert_typed(frame: pd.DataFrame) -> None:
    """Every value has the type that its column's dtype says; shares and measures are never whole numbers."""
    for column in frame.columns:
        known = [value for value in frame[column].tolist() if isinstance(value, list | dict) or not pd.isna(value)]
        dtype = str(frame[column].dtype)
        if dtype == "object":
            assert all(isinstance(value, list | dict | str) for value in known), column
        else:
            assert all(isinstance(value, PYTHON[dtype]) for value in known), (column, dtype)
        if column.startswith("share") or column in ("low", "high", "lift", "p_value"):
            assert dtype == "float64", (column, dtype)


@pytest.mark.parametrize("name", QUESTIONS)
def test_dtypes_do_not_depend_on_what_is_found(graph: cohabit.Graph, name: str) -> None:
    full = QUESTIONS[name](graph)
    assert_typed(full)
    empty = QUESTIONS[name](graph, country="AQ")
    assert_typed(empty)
    shared = [column for column in full.columns if column in empty.columns and column not in OF_TWO_KINDS]
    assert {c: str(empty[c].dtype) for c in shared} == {c: str(full[c].dtype) for c in shared}


@pytest.mark.parametrize(
    ("column", "values", "dtype"),
    [
        ("hosts", [1, None], "Int64"),
        ("share", [0.5, None], "float64"),
        ("computed", [1, 2], "float64"),  # of claims: whole numbers and shares in one column
        ("proven", [True, None], "boolean"),
        ("item", ["llama", None], "str"),
        ("models", [["llama"], None], "object"),
        ("anything", [1, "a"], "object"),
        ("hosts", [None], "Int64"),
        ("share_of_a", [], "float64"),
        ("hosts_before", [], "Int64"),
        ("models", [], "object"),
        ("item", [], "str"),
    ],
)
def test_the_rule_of_dtypes(column: str, values: list[Any], dtype: str) -> None:
    assert dtype_of(column, values) == dtype


def test_columns_of_a_free_query_have_no_names_of_ours(graph: cohabit.Graph) -> None:
    frame = graph.query("MATCH (h:Host) WHERE h.address = 'x' RETURN h.address AS hosts")
    assert str(frame["hosts"].dtype) == "object"
    assert str(graph.query("MATCH (h:Host) RETURN count(h) AS share")["share"].dtype) == "Int64"
    unused = graph.query("MATCH (h:Host {address: $host}) RETURN h.address AS a", parameters={"host": "x", "hosts": 1})
    said = "The query has no $hosts (did you mean $host?): what was given for it changes nothing."
    assert said in unused.attrs["caveats"]
