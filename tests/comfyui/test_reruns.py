"""A picker runs again when the library changed, and not otherwise; a queue never waits for the library."""

from __future__ import annotations

import json
import threading

import pytest

from tests.clock import until
from tests.comfyui.graphs import add_lora, collection, pick, picture, state


def names(run, node="1"):
    return [p["name"] for p in run.shown(node)["stylus"][0]["picks"]]


def test_nothing_is_asked_again_while_nothing_changed(comfy):
    collection(comfy.loras)
    comfy.ready()
    first = comfy.post(picture("a paper kite"))
    assert "1" in first.ran
    for seed in (2, 3):
        again = comfy.post(picture("a paper kite", seed))
        assert "1" not in again.ran and "7" in again.ran
        assert names(again) == names(first)  # of an output node the page is told all the same
    assert comfy.asked == ["a paper kite"]


def test_a_new_file_is_picked_at_the_next_queue(comfy):
    collection(comfy.loras)
    comfy.ready()
    assert names(comfy.post(pick("a salt marsh"))) == []
    add_lora(comfy.loras / "new" / "salt_marsh.safetensors", "Salt Marsh", "salt marsh", "background")
    assert names(comfy.post(pick("a salt marsh"))) == ["new/salt_marsh.safetensors"]
    comfy.settled()
    assert comfy.post(pick("a salt marsh")).ran == []  # what was made in the background changed nothing
    assert comfy.asked == ["a salt marsh"] * 2


def test_an_edited_sidecar_counts_at_the_next_queue(comfy):
    path = add_lora(comfy.loras / "kite.safetensors", "Paper Kite", "paper kite")
    comfy.ready()
    assert comfy.post(pick("a paper kite")).outputs["1"][1][0][1] != 0.35
    path.with_suffix(".json").write_text(json.dumps({"preferred weight": 0.35}), "utf-8")
    assert comfy.post(pick("a paper kite")).outputs["1"][1][0][1] == 0.35


def test_a_file_that_went_is_not_picked(comfy):
    collection(comfy.loras)
    comfy.ready()
    assert names(comfy.post(pick("a paper kite"))) == ["objects/paper_kite_v2.safetensors"]
    (comfy.loras / "objects" / "paper_kite_v2.safetensors").unlink()
    assert names(comfy.post(pick("a paper kite"))) == []


def test_while_vectors_are_made_it_runs_once_and_once_when_they_are_ready(told):
    told.core.hold_vectors = threading.Event()
    told.service.refresh()
    runs = ["1" in told.post(pick("a kite")).ran for _ in range(3)]
    assert runs == [True, False, False]
    told.core.hold_vectors.set()
    told.settled()
    assert ["1" in told.post(pick("a kite")).ran for _ in range(3)] == [True, False, False]
    assert len(told.core.asked) == 2


def test_each_change_counts_while_vectors_are_made(told):
    told.core.hold_vectors = threading.Event()
    told.service.refresh()
    assert names(told.post(pick("a kite"))) == ["a/kite.safetensors"]
    for name in ("fox", "ink"):
        word = {f"a/{name}.safetensors": "kite"}
        told.core.edits.append(lambda word=word: told.core.words.update(word))
        assert f"a/{name}.safetensors" in names(told.post(pick("a kite")))
    told.core.hold_vectors.set()


def test_a_change_on_disk_makes_vectors_in_the_background(told):
    told.post(pick("a kite"))
    indexed = told.core.indexed
    told.core.edits.append(lambda: told.core.words.update({"a/fox.safetensors": "kite"}))
    assert names(told.post(pick("a kite"))) == ["a/kite.safetensors", "a/fox.safetensors"]
    told.settled()
    assert told.core.indexed == indexed + 1


def test_a_queue_does_not_wait_for_the_first_reading(told, installed, monkeypatch):
    told.core.hold = threading.Event()
    comfy = installed(told.core)
    comfy.service.refresh()
    with monkeypatch.context() as patched:
        patched.setattr(comfy.service, "wait", lambda timeout: pytest.fail("it waits"))
        run = comfy.post(pick("a kite <lora:fox:0.4>"))
    assert run.failed is None
    assert run.outputs["1"][:2] == ["a kite", [("a/fox.safetensors", 0.4, 0.4)]]
    shown = run.shown("1")["stylus"][0]
    assert shown["picks"] == [] and shown["decided"] is False
    assert shown["notes"][-1].startswith("Indexing")
    assert "1" not in comfy.post(pick("a kite <lora:fox:0.4>")).ran  # nor is it asked again and again
    told.core.hold.set()
    comfy.settled()
    assert names(comfy.post(pick("a kite <lora:fox:0.4>"))) == ["a/kite.safetensors"]


def test_a_queue_does_not_wait_for_a_later_reading(told):
    told.core.hold = threading.Event()
    told.service.refresh()
    assert names(told.post(pick("a kite"))) == ["a/kite.safetensors"]
    told.core.hold.set()
    told.settled()


def test_a_start_reads_the_library(comfy):
    collection(comfy.loras)
    comfy.server.start()
    until(lambda: comfy.service.state.status == "ready", "the library")
    assert names(comfy.post(pick("a paper kite"))) == ["objects/paper_kite_v2.safetensors"]


def test_a_folder_that_comes_later_is_read_at_the_next_queue(comfy):
    comfy.loras.rmdir()
    comfy.more_loras.rmdir()
    comfy.ready()
    for _ in range(2):  # the second finds the first's answer, and looks again all the same
        run = comfy.post(pick("a paper kite"))
        (note,) = run.shown("1")["stylus"][0]["notes"]
        assert "ComfyUI has no LoRA folder" in note
        comfy.settled()
    collection(comfy.loras)
    comfy.post(pick("a paper kite"))
    comfy.settled()
    assert names(comfy.post(pick("a paper kite"))) == ["objects/paper_kite_v2.safetensors"]


def test_a_folder_that_comes_beside_others_is_read_and_one_that_comes_back_too(comfy):
    collection(comfy.loras)
    comfy.ready()
    late, away = comfy.folder / "late", comfy.folder / "away"
    add_lora(late / "salt_marsh.safetensors", "Salt Marsh", "salt marsh", "background")
    prompt = pick("a paper kite on a salt marsh")

    def picked():
        comfy.post(prompt)
        comfy.settled()
        return names(comfy.post(prompt))

    assert picked() == ["objects/paper_kite_v2.safetensors"]
    comfy.folder_paths.roots.append(str(late))
    assert picked() == ["objects/paper_kite_v2.safetensors", "salt_marsh.safetensors"]
    comfy.loras.rename(away)
    assert picked() == ["salt_marsh.safetensors"]
    away.rename(comfy.loras)
    assert picked() == ["objects/paper_kite_v2.safetensors", "salt_marsh.safetensors"]
    comfy.settled()
    assert comfy.post(prompt).ran == []  # what stands is not read again


def test_without_a_start_the_first_queue_begins_to_read(comfy):
    """A script that loads ComfyUI's nodes has no server that starts."""
    collection(comfy.loras)
    assert names(comfy.post(pick("a paper kite"))) == []
    comfy.settled()
    assert names(comfy.post(pick("a paper kite"))) == ["objects/paper_kite_v2.safetensors"]


def test_a_prompt_that_was_saved_with_its_answer_is_asked_again(told):
    """ComfyUI writes what `IS_CHANGED` said into the graph, and believes a graph that has it."""
    old = told.post(pick("a kite"))
    assert "is_changed" in old.graph["1"]
    told.core.edits.append(lambda: told.core.words.update({"a/fox.safetensors": "kite"}))
    again = told.post(old.graph)
    assert names(again) == ["a/kite.safetensors", "a/fox.safetensors"]
    assert again.graph["1"]["is_changed"] != old.graph["1"]["is_changed"]


def test_the_state_of_the_library_is_a_short_text(told):
    answer = told.nodes.NODE_CLASS_MAPPINGS["StylusPick"].IS_CHANGED(prompt=None, picks_state=None, unique_id="1")
    assert isinstance(answer, str) and 0 < len(answer) < 100
    frozen = state(frozen=[{"name": "a/kite.safetensors", "weight": 1}], only_frozen=True)
    kinds = {told.nodes.NODE_CLASS_MAPPINGS[n].IS_CHANGED(picks_state=frozen) for n in ("StylusPick",)}
    assert kinds == {"frozen"}
