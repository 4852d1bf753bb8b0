"""The example workflows are what the nodes of today make, and each of their links leads where it says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from samples.workflows import FOLDER, WORKFLOWS
from stylus_comfyui import NODE_CLASS_MAPPINGS


@pytest.mark.parametrize("name", sorted(WORKFLOWS))
def test_the_file_is_up_to_date(name: str) -> None:
    text = (FOLDER / f"{name}.json").read_text(encoding="utf-8")
    assert text == WORKFLOWS[name]().dump(), "run `python -m samples.workflows`"


def test_there_is_no_other_file() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {f"{name}.json" for name in WORKFLOWS}


@pytest.mark.parametrize("name", sorted(WORKFLOWS))
def test_links_join_sockets_of_one_type(name: str) -> None:
    workflow = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    nodes: dict[int, Any] = {node["id"]: node for node in workflow["nodes"]}
    for number, source, output, target, slot, kind in workflow["links"]:
        given, taken = nodes[source]["outputs"][output], nodes[target]["inputs"][slot]
        assert given["type"] == taken["type"] == kind
        assert number in given["links"] and taken["link"] == number
    joined = {socket["link"] for node in nodes.values() for socket in node["inputs"]} - {None}
    assert joined == {link[0] for link in workflow["links"]}


@pytest.mark.parametrize("name", sorted(WORKFLOWS))
def test_widgets_of_our_nodes_take_what_is_saved(name: str) -> None:
    ours = [n for n in json.loads(WORKFLOWS[name]().dump())["nodes"] if n["type"] in NODE_CLASS_MAPPINGS]
    assert ours
    for node in ours:
        types: Any = NODE_CLASS_MAPPINGS[node["type"]].INPUT_TYPES()
        inputs = {**types.get("required", {}), **types.get("optional", {})}
        widgets = [
            spec for spec in inputs.values() if isinstance(spec[0], list) or spec[0] in ("INT", "FLOAT", "STRING")
        ]
        assert len(node["widgets_values"]) == len(widgets)
        for value, (kind, about) in zip(node["widgets_values"], widgets, strict=True):
            if isinstance(kind, list):
                assert value in kind
            elif kind == "STRING":
                assert isinstance(value, str)
            else:
                assert about["min"] <= value <= about["max"]
