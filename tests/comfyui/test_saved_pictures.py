"""A picture's workflow repeats its picks: they are written into what is saved, and never into the graph that runs."""

from __future__ import annotations

import copy
import json

import pytest

from stylus_comfyui import saved
from tests.comfyui.graphs import collection, given, pick, picture, state, workflow


def properties(texts, node="1"):
    (found,) = [n for n in texts["workflow"]["nodes"] if str(n["id"]) == node]
    return found.get("properties", {}).get("stylus_picture")


def test_a_pictures_workflow_has_the_picks(told):
    run = told.post(picture("a kite <lora:fox:0.5>"), workflow())
    (texts,) = run.pictures
    made = properties(texts)
    assert made["prompt"] == "a kite"
    assert [(p["name"], p["weight"], p["title"]) for p in made["picks"]] == [("a/kite.safetensors", 0.8, "Kite")]
    assert texts["stylus"] == {"1": made}
    assert texts["workflow"]["nodes"][0]["properties"]["cnr_id"] == "stylus"
    json.dumps(texts["workflow"], allow_nan=False)


def test_loaded_again_it_repeats_them_without_asking(told):
    first = told.post(picture("a kite"), workflow())
    made = properties(first.pictures[0])
    told.core.edits.append(lambda: told.core.words.update({"a/fox.safetensors": "kite"}))
    asked = len(told.core.asked)
    loaded = state(frozen=made["picks"], only_frozen=True, picture=True, prompt=made["prompt"])
    again = told.post(picture("a kite", picks_state=loaded), workflow())
    assert again.pictures[0]["image"] == first.pictures[0]["image"]
    assert properties(again.pictures[0]) == made
    assert len(told.core.asked) == asked


def test_a_cached_pickers_picks_are_saved_as_well(told):
    first = told.post(picture("a kite", 1), workflow())
    again = told.post(picture("a kite", 2), workflow())
    assert "1" not in again.ran
    assert properties(again.pictures[0]) == properties(first.pictures[0]) != None  # noqa: E711
    assert again.pictures[0]["stylus"] == first.pictures[0]["stylus"]


def test_four_queued_at_once_have_them_all(told):
    for seed in range(4):
        told.queue(picture("a kite", seed), workflow())
    runs = told.run()
    assert ["1" in run.ran for run in runs] == [True, False, False, False]
    made = [properties(run.pictures[0]) for run in runs]
    assert made[0] is not None and made.count(made[0]) == 4


def test_two_prompts_in_turn_have_each_its_own(told):
    for prompt in ("a kite", "a fox", "a kite", "a fox"):
        told.queue(picture(prompt, len(prompt)), workflow())
    made = [properties(run.pictures[0]) for run in told.run()]
    assert [p["picks"][0]["name"][2:5] for p in made] == ["kit", "fox", "kit", "fox"]


def test_a_node_that_leads_to_the_picker_may_get_another_id(told):
    """ComfyUI's cache does not go by it."""
    told.given["text"] = "a kite"
    for seed, other in ((1, "2"), (2, "12")):
        run = told.post({**picture([other, 0], seed), other: given("text")}, workflow())
        assert properties(run.pictures[0])["picks"][0]["name"] == "a/kite.safetensors"
    assert "1" not in run.ran


@pytest.mark.parametrize("keeps_all", [False, True])
def test_another_text_of_a_linked_node_is_another_prompt(told, keeps_all):
    told.given |= {"one": "a kite", "two": "a fox"}
    told.keeps_all = keeps_all
    made = []
    for seed, key in enumerate(("one", "two", "one")):
        run = told.post({**picture(["2", 0], seed), "2": given(key)}, workflow())
        made.append(properties(run.pictures[0])["picks"][0]["name"])
    assert ("1" in run.ran) is not keeps_all
    assert made == ["a/kite.safetensors", "a/fox.safetensors", "a/kite.safetensors"]


def test_a_picker_in_a_subgraph_has_them_in_its_definition(told):
    canvas = {
        "nodes": [{"id": 5, "type": "inner-uuid"}, {"id": 9, "type": "SaveImage"}],
        "definitions": {"subgraphs": [{"id": "inner-uuid", "nodes": [{"id": 3, "type": "StylusPick"}]}]},
    }
    for seed in (1, 2):  # the second is cached
        run = told.post(picture("a kite", seed, node="5:3"), canvas)
        inner = run.pictures[0]["workflow"]["definitions"]["subgraphs"][0]["nodes"][0]
        assert inner["properties"]["stylus_picture"]["picks"][0]["name"] == "a/kite.safetensors"
        assert "properties" not in run.pictures[0]["workflow"]["nodes"][0]


@pytest.mark.parametrize("client", ["page", ""])
def test_a_client_that_sends_no_workflow_gets_the_chunk(told, client):
    for seed in (1, 2):
        run = told.post(picture("a kite", seed), client=client)
        assert run.pictures[0]["stylus"]["1"]["picks"][0]["name"] == "a/kite.safetensors"
        assert "workflow" not in run.pictures[0]


def test_pick_and_apply_has_them_too(told):
    graph = {
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "v1.safetensors"}},
        "2": {
            "class_type": "StylusPickAndApply",
            "inputs": {"model": ["4", 0], "clip": ["4", 1], "prompt": "a kite"},
        },
        "7": {"class_type": "KSampler", "inputs": {"seed": 1, "positive": ["2", 2], "model": ["2", 0]}},
        "9": {"class_type": "SaveImage", "inputs": {"images": ["7", 0]}},
    }
    for seed in (1, 2):
        graph["7"]["inputs"]["seed"] = seed
        run = told.post(graph, workflow(2, "StylusPickAndApply"))
        assert properties(run.pictures[0], "2")["picks"][0]["name"] == "a/kite.safetensors"


def test_the_graph_that_runs_is_never_changed(comfy):
    collection(comfy.loras)
    comfy.ready()
    graph = picture("orla fenwick flies a paper kite")
    before = copy.deepcopy(graph)
    for seed in (1, 2):
        graph["7"]["inputs"]["seed"] = before["7"]["inputs"]["seed"] = seed
        run = comfy.post(graph, workflow())
        plain = {n: {k: v for k, v in node.items() if k != "is_changed"} for n, node in run.graph.items()}
        assert plain == before
        assert run.pictures[0]["prompt"] == run.graph


def test_a_prompt_without_our_nodes_is_left_as_it_is(told):
    graph = picture()
    for node in ("1", "6"):
        del graph[node]
    graph["7"]["inputs"] = {"seed": 1, "positive": "a kite"}
    graph["7"]["is_changed"] = ["kept"]
    run = told.post(graph, client="")
    assert set(run.pictures[0]) == {"image", "prompt"}
    assert run.graph["7"]["is_changed"] == ["kept"]


@pytest.mark.parametrize(
    "canvas",
    [
        {},
        {"nodes": None},
        {"nodes": [{"id": 1, "properties": None}]},
        {"nodes": [{"id": 1, "properties": [1]}]},
        {"nodes": ["x", {"id": [1]}, None]},
        {"nodes": [], "definitions": {"subgraphs": [None, {"id": None}]}},
        [],
    ],
)
def test_a_workflow_of_any_shape_fails_nothing(told, canvas):
    for seed in (1, 2):
        run = told.post(picture("a kite", seed), canvas)
        assert run.failed is None
        assert run.pictures[0]["stylus"]["1"]["picks"]


@pytest.mark.parametrize(
    "body", [{"prompt": []}, {"prompt": {"1": None}}, {"prompt": {"1": []}}, {}, {"extra_data": 3}]
)
def test_a_body_of_any_shape_fails_nothing(body):
    assert saved.on_prompt(copy.deepcopy(body)) == body


@pytest.mark.parametrize("graph", [None, 7, {"1": {"inputs": {1: 2, "a": 3}}}, {"1": {"inputs": {"a": {1, 2}}}}])
def test_a_graph_of_any_shape_fails_no_picker(told, graph):
    """As packs call nodes from their own code."""
    node = told.nodes.NODE_CLASS_MAPPINGS["StylusPick"]()
    answer = node.pick(prompt="a kite", graph=graph, unique_id="1", extra_pnginfo={"stylus": 7, "workflow": []})
    assert answer["result"][1] == [("a/kite.safetensors", 0.8, 0.8)]


def test_a_key_for_a_long_line_of_nodes_is_made(told):
    graph = pick(["n0", 0])
    for n in range(3000):
        graph[f"n{n}"] = {"class_type": "Given", "inputs": {"key": [f"n{n + 1}", 0]}}
    assert saved._digest(graph, "1")
