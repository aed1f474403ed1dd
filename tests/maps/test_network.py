from __future__ import annotations

import hashlib
from importlib.resources import files

import pytest

from cohabit.maps.network import VIS_NETWORK, SafeNetwork, vis_network_source


def test_elements_have_exactly_the_known_keys() -> None:
    network = SafeNetwork()
    network.add_node(0, "llama", x=1.5, y=2.5, size=30.0, group=2)
    network.add_node(1, "", x=3.0, y=4.0, size=5.0, group=0)
    network.add_edge(0, 1, edge_id=7, width=1.5)
    assert network.elements() == {
        "nodes": [
            {"id": 0, "label": "llama", "x": 1.5, "y": 2.5, "size": 30.0, "group": 2},
            {"id": 1, "label": "", "x": 3.0, "y": 4.0, "size": 5.0, "group": 0},
        ],
        "edges": [{"id": 7, "from": 0, "to": 1, "width": 1.5}],
    }


@pytest.mark.parametrize("bad", ["0", True, 1.0, None])
def test_only_integers_are_ids(bad: object) -> None:
    network = SafeNetwork()
    with pytest.raises(TypeError, match="integers"):
        network.add_node(bad, "x", x=0, y=0, size=1, group=0)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="integers"):
        network.add_node(0, "x", x=0, y=0, size=1, group=bad)  # type: ignore[arg-type]
    network.add_node(0, "x", x=0, y=0, size=1, group=0)
    with pytest.raises(TypeError, match="integers"):
        network.add_edge(0, 0, edge_id=bad, width=1)  # type: ignore[arg-type]


def test_extra_options_and_unknown_ends_are_refused() -> None:
    network = SafeNetwork()
    with pytest.raises(TypeError):
        network.add_node(0, "x", x=0, y=0, size=1, group=0, image="http://192.0.2.1/x")  # type: ignore[call-arg]
    network.add_node(0, "x", x=0, y=0, size=1, group=0)
    with pytest.raises(ValueError, match="not there"):
        network.add_edge(0, 1, edge_id=0, width=1)


@pytest.mark.parametrize(
    "method", ["generate_html", "write_html", "show", "save_graph", "set_options", "from_DOT", "from_nx", "add_nodes"]
)
def test_what_writes_or_configures_pages_is_shut(method: str) -> None:
    with pytest.raises(TypeError, match="neither offline nor safe"):
        getattr(SafeNetwork(), method)("x.html")


def test_the_drawing_library_is_the_reviewed_one() -> None:
    # Another build may inject styles or markup: look at it before changing this value.
    raw = files("pyvis").joinpath(VIS_NETWORK).read_bytes()
    assert hashlib.sha256(raw).hexdigest() == "1f20f0736f32cb9bedf8f6383b25cfea2f839e1abe80d6e8040b4d5bea378c69"


def test_source_keeps_its_licence_and_loses_its_source_map() -> None:
    source = vis_network_source()
    raw = files("pyvis").joinpath(VIS_NETWORK).read_text(encoding="utf-8")
    assert "sourceMappingURL" in raw
    assert "sourceMappingURL" not in source
    assert "@license" in source
    assert raw.startswith(source)
    assert len(raw) - len(source) < 60


@pytest.mark.parametrize(
    "call", ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "insertRule"]
)
def test_the_drawing_library_never_turns_text_into_markup(call: str) -> None:
    assert call not in vis_network_source()
