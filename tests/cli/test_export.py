"""The export command: what it prints, and one line for every mistake."""

from __future__ import annotations

import json

from tests.cli.conftest import Program
from tests.cli.records import IPV4_HOST, IPV6_HOST, NAMED_HOST


def test_it_prints_the_path_and_masks(loaded_copy: Program) -> None:
    calls = [
        "export json-graph -o masked.json",
        "export json-graph -o shown.json --show-addresses --quiet",
        "export json-graph -o families.json --level family --min-hosts 2",
        "export json-graph -o bipartite.json --bipartite",
        "export neo4j-browser -o browser",
    ]
    done = loaded_copy.each(calls)
    assert [d.code for d in done] == [0] * 5, [d.err for d in done]
    assert [d.text for d in done] == ["masked.json\n", "", "families.json\n", "bipartite.json\n", "browser\n"]
    assert [d.err for d in done] == [""] * 5
    texts = {n: (loaded_copy.folder / f"{n}.json").read_text("ascii") for n in ("masked", "shown", "bipartite")}
    for address in (IPV4_HOST, IPV6_HOST, NAMED_HOST):
        assert f'"host:{address}"' in texts["shown"]
        assert address not in texts["masked"]
    assert texts["masked"] == texts["bipartite"]
    network = json.loads((loaded_copy.folder / "families.json").read_text())
    assert {node["name"] for node in network["nodes"]} == {"llama", "qwen2", "gemma2"}
    assert [(e["source"], e["target"], e["weight"]) for e in network["edges"]] == [("llama", "qwen2", 2)]
    assert network["graph"]["content"] == "family network"


def test_mistakes_are_one_line(loaded_copy: Program) -> None:
    (loaded_copy.folder / "full").mkdir()
    (loaded_copy.folder / "full" / "file").touch()
    mistakes = {
        "export": (2, "Missing argument 'format'"),
        "export gexf": (2, "Missing option '--output'"),
        "export dot -o x": (2, "no format is called 'dot'; choose from graphml, gexf,"),
        "export gexf -o x.json": (2, "x.json: a file name that ends in .gexf, please"),
        "export csv -o full": (1, "full: this folder is not empty; name a new one, or remove it first"),
        "export csv -o full/file": (1, "full/file: this is no folder"),
        "export gexf -o no/x.gexf": (1, "no/x.gexf: there is no folder no; make it first"),
        "export gexf -o x.gexf --level vendor": (2, "not a level"),
        "export gexf -o x.gexf --min-hosts 2": (2, "give --level too"),
        "export gexf -o x.gexf --level family --bipartite": (2, "exclude each other"),
        "export gexf -o x.gexf --country SE --has nothing": (2, "'nothing' is no model"),
        "export neo4j-admin -o x --level family": (2, "neo4j-admin takes the whole graph: leave out --level"),
        "export neo4j-browser -o x --country DE": (2, "neo4j-browser writes no data"),
        "export neo4j-browser -o full": (1, "full: this folder is not empty"),
        "export gexf -o x.gexf --data nowhere": (1, "no graph here yet"),
    }
    for call, done in zip(mistakes, loaded_copy.each(list(mistakes)), strict=True):
        code, words = mistakes[call]
        assert done.code == code, (call, done.err)
        assert words in done.err, call
        assert len(done.err.splitlines()) == 1
        assert done.err.startswith("cohabit: ")
        assert not done.out
    assert sorted(p.name for p in loaded_copy.folder.iterdir()) == ["cohabit-data", "full"]


def test_queries_of_ones_own(loaded_copy: Program) -> None:
    folder = loaded_copy.folder / "cohabit-data" / "queries"
    folder.mkdir()
    (folder / "by-port.cypher").write_text(
        "// title: Hosts with a port, by country\n// caveat: Ever seen.\n"
        "// parameter port (integer, default 11434): port\n"
        "MATCH (h:Host) WHERE $port IN h.ports RETURN h.address AS host, size(h.ports) AS ports"
    )
    (folder / "turned.cypher").write_text("// title: Turned\nMATCH (m:Model)-[:DEPLOYS]->(h:Host) RETURN m.name AS m")
    ran, listed, shown, exported = loaded_copy.each(
        [
            "query --name by-port --format json",
            "query --list --format json",
            "query --show --name by-port",
            "export neo4j-browser -o browser",
        ]
    )
    assert (ran.code, ran.err) == (0, "note: Ever seen.\n")
    assert len(ran.json) == 25
    assert all(row["host"].startswith("host-") for row in ran.json)
    own = {"name": "by-port", "source": "own", "title": "Hosts with a port, by country", "parameters": ["port"]}
    assert own in listed.json
    assert shown.text.startswith("// title: Hosts with a port")
    # It is packed, as somebody may have attached such relationships to a server; but nobody is left to wonder.
    assert (exported.code, exported.err.count("\n")) == (0, 1)
    assert "turned.cypher:2:16: DEPLOYS goes from Host to Model, never from Model to Host; write (h" in exported.err
    assert exported.err.endswith("; as it stands the query finds nothing\n")
    assert "Hosts with a port, by country" in (loaded_copy.folder / "browser" / "guide.html").read_text("utf-8")
