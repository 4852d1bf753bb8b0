"""LoRAs are called as ComfyUI calls them: by their path below the first root that has it, extension included."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.comfyui.graphs import add_lora, given, pick, picture


def names(run, node="1"):
    return [p["name"] for p in run.shown(node)["stylus"][0]["picks"]]


def test_picks_go_through_the_stack_to_the_loader(comfy):
    add_lora(comfy.loras / "objects" / "paper_kite_v2.safetensors", "Paper Kite", "paper kite")
    add_lora(comfy.more_loras / "orla_fenwick.sft", "Orla Fenwick", "orla fenwick, grey shawl", "character")
    comfy.ready()
    run = comfy.post(picture("orla fenwick flies a paper kite"))
    stack = run.outputs["1"][1]
    assert {name for name, _, _ in stack} == {"objects/paper_kite_v2.safetensors", "orla_fenwick.sft"}
    assert all(type(entry) is tuple and len(entry) == 3 for entry in stack)
    (saved,) = run.pictures
    applied = tuple((name, model) for name, model, _ in stack)
    assert saved["image"]["loras"] == [applied, applied] and applied
    assert saved["image"]["text"] == run.outputs["1"][0]
    assert "grey shawl" in saved["image"]["text"] and "<lora" not in saved["image"]["text"]


def test_of_one_path_below_two_roots_the_first_counts(comfy):
    add_lora(comfy.loras / "shared.safetensors", "Paper Kite", "paper kite")
    add_lora(comfy.more_loras / "shared.safetensors", "Salt Marsh", "salt marsh", "background")
    comfy.ready()
    assert names(comfy.post(pick("a paper kite"))) == ["shared.safetensors"]
    assert names(comfy.post(pick("a salt marsh"))) == []


def test_equal_stems_in_two_folders_are_two(comfy):
    add_lora(comfy.loras / "a" / "twin.safetensors", "Paper Kite", "paper kite")
    add_lora(comfy.loras / "b" / "twin.safetensors", "Salt Marsh", "salt marsh", "background")
    comfy.ready()
    found = names(comfy.post(pick("a paper kite over the salt marsh")))
    assert sorted(found) == ["a/twin.safetensors", "b/twin.safetensors"]


def test_a_name_that_means_another_file_now_is_left_out(comfy):
    """The library was read, and then another root got a file of this path that ComfyUI prefers."""
    add_lora(comfy.more_loras / "kite.safetensors", "Paper Kite", "paper kite")
    comfy.ready()
    comfy.service.revision = lambda: 1  # nobody looks
    add_lora(comfy.loras / "kite.safetensors", "Salt Marsh", "salt marsh", "background")
    run = comfy.post(pick("a paper kite"))
    assert names(run) == [] and run.outputs["1"][1] == []
    (note,) = run.shown("1")["stylus"][0]["notes"]
    assert "'Paper Kite' is left out" in note and str(comfy.folder) not in note


def test_a_linked_prompt_is_taken_as_a_typed_one(told):
    typed = told.post(pick("a kite"))
    told.given["text"] = "a kite"
    linked = told.post({**pick(["2", 0]), "2": given("text")})
    assert names(linked) == names(typed) == ["a/kite.safetensors"]
    assert linked.outputs["1"] == typed.outputs["1"]


@pytest.mark.parametrize(
    ("tag", "entry"),
    [
        ("<lora:a/kite:0.5>", ("a/kite.safetensors", 0.5, 0.5)),
        ("<lora:kite:0.5:0.9>", ("a/kite.safetensors", 0.5, 0.9)),  # the model's first
        ("<lora:a\\kite.safetensors:0.4>", ("a/kite.safetensors", 0.4, 0.4)),
        ("<lora:/a/../a/kite.safetensors:0.4>", ("a/kite.safetensors", 0.4, 0.4)),
        ("<lora:kite>", ("a/kite.safetensors", 1.0, 1.0)),
        ("<lyco:kite:-0.5>", ("a/kite.safetensors", -0.5, -0.5)),
    ],
)
def test_a_tag_in_the_prompt_goes_into_the_stack(told, tag, entry):
    run = told.post(pick(f"night sky {tag}, stars"))
    assert run.outputs["1"][0] == "night sky, stars"
    assert run.outputs["1"][1] == [entry]
    assert names(run) == []


def test_a_tag_is_not_picked_again_however_it_was_written(comfy):
    add_lora(comfy.loras / "objects" / "kite.safetensors", "Paper Kite", "paper kite")
    comfy.ready()
    for tag in ("kite", "objects/kite", "/objects/kite.safetensors", "objects\\kite.safetensors"):
        run = comfy.post(pick(f"a paper kite <lora:{tag}:0.4> <lora:kite:0.9>"))
        assert run.outputs["1"][1] == [("objects/kite.safetensors", 0.4, 0.4)]


def test_a_tag_that_names_nothing_is_told_and_taken_out(told):
    run = told.post(pick("night sky <lora:nothing:0.5>"))
    assert run.outputs["1"][:2] == ["night sky", []]
    assert "'nothing'" in run.shown("1")["stylus"][0]["notes"][0]
    assert "'nothing'" in run.outputs["1"][4]


def test_an_incoming_stack_is_kept_counted_and_not_doubled(comfy):
    kite = add_lora(comfy.loras / "objects" / "kite.safetensors", "Paper Kite", "paper kite")
    add_lora(comfy.loras / "orla.safetensors", "Orla Fenwick", "orla fenwick", "character")
    comfy.ready()
    name = str(kite.relative_to(comfy.loras))
    comfy.given["stack"] = [(name, 0.3, 0.2)]
    graph = {**pick("orla fenwick flies a paper kite", lora_stack=["2", 0]), "2": given("stack")}
    run = comfy.post(graph)
    assert run.outputs["1"][1][0] == (name, 0.3, 0.2)
    assert names(run) == ["orla.safetensors"]
    assert [e[0] for e in run.outputs["1"][1]] == [name, "orla.safetensors"]
    assert comfy.given["stack"] == [(name, 0.3, 0.2)]  # a copy was extended
    comfy.given["heavy"] = [(name, 1.9, 1.9)]  # of a budget of 2
    loaded = comfy.post({**pick("orla fenwick flies a paper kite", lora_stack=["2", 0]), "2": given("heavy")})
    assert sum(e[1] for e in loaded.outputs["1"][1]) <= 2.0


def test_stacks_of_other_packs_are_read(comfy):
    add_lora(comfy.loras / "kite.safetensors", "Paper Kite", "paper kite")
    add_lora(comfy.loras / "orla.safetensors", "Orla Fenwick", "orla fenwick", "character")
    comfy.ready()
    entries = [
        ("kite.safetensors", 0.3, 0.2, "block weights", None),
        {"lora_name": "orla.safetensors", "strength_model": 0.4, "strength_clip": 0.1},
        {"name": "off.safetensors", "strength": 1.0, "active": False},
        ("None", 1.0, 1.0),
        ("kite.safetensors", "much", None),
        7,
    ]
    comfy.given["stack"] = entries
    graph = {**picture("orla fenwick flies a paper kite", lora_stack=["2", 0]), "2": given("stack")}
    run = comfy.post(graph)
    assert run.outputs["1"][1] == entries
    assert names(run) == []
    assert run.pictures[0]["image"]["loras"] == [
        (("kite.safetensors", 0.3), ("orla.safetensors", 0.4)),
        (("kite.safetensors", 0.2), ("orla.safetensors", 0.1)),
    ]
    assert run.outputs["1"][2] == "<lora:kite:0.3:0.2> <lora:orla:0.4:0.1>"


@pytest.mark.parametrize("stack", [None, [], "kite.safetensors", {"a": 1}])
def test_a_stack_that_is_none_is_empty(told, stack):
    told.given["stack"] = stack
    run = told.post({**pick("a kite", lora_stack=["2", 0]), "2": given("stack")})
    assert run.failed is None
    assert run.outputs["1"][1] == [("a/kite.safetensors", 0.8, 0.8)]


def test_a_stem_that_no_tag_can_hold_is_in_the_stack_alone(comfy):
    add_lora(comfy.loras / "kite=v2.safetensors", "Paper Kite", "paper kite")
    comfy.ready()
    run = comfy.post(pick("a paper kite"))
    assert [Path(e[0]).name for e in run.outputs["1"][1]] == ["kite=v2.safetensors"]
    assert run.outputs["1"][2] == ""


def test_comfyui_is_asked_for_its_list_once_however_many_tags_call_nothing(told, monkeypatch):
    asked = []
    listed = told.folder_paths.get_filename_list
    monkeypatch.setattr(told.folder_paths, "get_filename_list", lambda kind: asked.append(kind) or listed(kind))
    tags = " ".join(f"<lora:nothing{n}:1>" for n in range(50))
    run = told.post(pick(f"a kite {tags} <lora:fox:0.5>"))
    assert [name for name, *_ in run.outputs["1"][1]] == ["a/fox.safetensors", "a/kite.safetensors"]
    assert asked == ["loras"]
