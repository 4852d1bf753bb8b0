"""Nothing that fails in the nodes fails the prompt, and nothing that is hostile gets through them."""

from __future__ import annotations

import json

import pytest

from stylus_core import LibraryError, OptionError
from tests.comfyui.graphs import add_lora, collection, given, pick, picture, state, workflow

KITE, FOX = "a/kite.safetensors", "a/fox.safetensors"


def shown(run, node="1"):
    return run.shown(node)["stylus"][0]


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "null",
        "7",
        '"kite"',
        "[" * 90_000,
        '{"frozen": {"name": "a"}}',
        '{"frozen": [{"name": "a/kite.safetensors"}]}',
        '{"frozen": [{"name": "a/kite.safetensors", "weight": 1e999}], "only_frozen": true}',
        '{"frozen": [{"name": "a/kite.safetensors", "weight": "heavy"}]}',
        '{"removed": [1]}',
        '{"weights": {"a/kite.safetensors": {"weight": 101}}}',
        '{"pinned": 5}',
        '{"only_frozen": "yes"}',
        '{"prompt": "' + "x" * 500_000 + '", "banned": ["a/kite.safetensors"]}',
    ],
)
def test_a_state_that_is_broken_is_none(told, text):
    run = told.post(pick("a kite", picks_state=text))
    assert run.failed is None
    assert run.outputs["1"][1] == [(KITE, 0.8, 0.8)]


def test_a_frozen_name_of_any_kind_is_told_and_left_out(told):
    names = ["../../etc/passwd", "/etc/hostname", "\ud800", "a\0b", "x" * 10_000, "", "a"]
    kept = state(frozen=[{"name": name, "weight": 1} for name in names], only_frozen=True)
    run = told.post(pick("a kite", picks_state=kept))
    assert run.failed is None and run.outputs["1"][1] == []
    assert len(shown(run)["notes"]) == len(names)


@pytest.mark.parametrize(
    ("option", "value"), [("max_adapters", 99), ("strength", "strong"), ("include_folders", "../x"), ("nsfw", "very")]
)
def test_a_broken_option_is_named_and_the_prompt_goes_on(told, option, value):
    """From a node of another pack: ComfyUI has not checked it."""
    told.given["options"] = {option: value}
    run = told.post({**pick("a kite", options=["2", 0]), "2": given("options")})
    assert run.failed is None
    assert run.outputs["1"][:2] == ["a kite", []]
    assert option in shown(run)["notes"][0] and shown(run)["decided"] is False


@pytest.mark.parametrize("options", [None, 7, [], {"nobody": 1}, {3: 4}, {"max_adapters": None}])
def test_options_that_say_nothing_are_none(told, options):
    told.given["options"] = options
    run = told.post({**pick("a kite", options=["2", 0]), "2": given("options")})
    assert run.outputs["1"][1] == [(KITE, 0.8, 0.8)]


@pytest.mark.parametrize(
    "error", [LibraryError("it is locked"), OptionError("no"), ValueError("odd"), RecursionError(), MemoryError()]
)
def test_a_core_that_raises_leaves_the_prompt_as_typed(told, error):
    told.core.answers.append(error)
    run = told.post(picture("a kite <lora:fox:0.5>"), workflow())
    assert run.failed is None
    assert run.outputs["1"][:2] == ["a kite", [(FOX, 0.5, 0.5)]]
    assert "The prompt is used as typed." in shown(run)["notes"][-1]
    assert run.pictures[0]["image"]["text"] == "a kite"


def test_folders_that_cannot_be_read_fail_nothing(told, monkeypatch):
    def broken(*given):
        raise OSError("the share is gone")

    monkeypatch.setattr(told.folder_paths, "get_full_path", broken)
    kept = state(frozen=[{"name": KITE, "weight": 1}])
    run = told.post(pick("a kite <lora:fox:0.5>", picks_state=kept))
    assert run.failed is None and run.outputs["1"][1] == []
    assert "the share is gone" in shown(run)["notes"][0]


@pytest.mark.parametrize("seed", [None, "x", float("nan"), [1]])
def test_a_seed_that_is_none_is_the_first(told, seed):
    told.given["seed"] = seed
    run = told.post({**pick("a kite", variant_seed=["2", 0]), "2": given("seed")})
    assert run.failed is None and run.outputs["1"][1] == [(KITE, 0.8, 0.8)]


@pytest.mark.parametrize("prompt", [None, 7, ""])
def test_a_prompt_that_is_no_text_is_taken_as_one(told, prompt):
    told.given["text"] = prompt
    run = told.post({**pick(["2", 0]), "2": given("text")})
    assert run.failed is None and run.outputs["1"][0] == str(prompt or "")


@pytest.mark.parametrize("name", ["prompt", "variants", "variant_seed"])
def test_an_input_that_raises_when_it_is_looked_at_fails_no_prompt(told, name):
    class Ambiguous:
        """As a tensor of several numbers is."""

        def __bool__(self):
            raise RuntimeError("the truth of several numbers is ambiguous")

    told.given["odd"] = Ambiguous()
    run = told.post({**pick(**{"prompt": "a kite", name: ["2", 0]}), "2": given("odd")})
    assert run.failed is None and "ambiguous" in shown(run)["notes"][0] and not shown(run)["decided"]


def test_a_picker_without_a_graph_or_an_id_works(told):
    """As packs call nodes from their own code."""
    answer = told.nodes.NODE_CLASS_MAPPINGS["StylusPick"]().pick(prompt="a kite")
    assert answer["result"][1] == [(KITE, 0.8, 0.8)]


def test_no_path_of_the_machine_is_told(told):
    secret = str(told.folder / "secret place" / "file.safetensors")
    told.core.answers.append(LibraryError(f"the file '{secret}' cannot be read"))
    told.nodes.broken.add(KITE)
    graph = {
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "x"}},
        "1": {
            "class_type": "StylusPickAndApply",
            "inputs": {"model": ["4", 0], "clip": ["4", 1], "prompt": "a kite <lora:kite:1>"},
        },
    }
    run = told.post(graph, workflow(kind="StylusPickAndApply"))
    texts = json.dumps([run.shown("1"), run.outputs["1"][2:], shown(run)])
    assert str(told.folder) not in texts and "secret place" not in texts
    assert any("'file.safetensors' cannot be read" in note for note in shown(run)["notes"])
    assert any("a/kite.safetensors' could not be applied" in note for note in shown(run)["notes"])


def test_a_library_that_cannot_be_opened_tells_no_path(told):
    told.core.indexing.append(LibraryError(f"the library at {told.folder}/home/x.sqlite is locked"))
    told.service._core = None
    told.service.refresh()
    told.settled()
    run = told.post(pick("a kite"))
    answer = json.loads(told.server.ask("/stylus/status").body)
    assert "x.sqlite is locked" in shown(run)["notes"][0]
    assert str(told.folder) not in json.dumps([run.shown("1"), run.outputs["1"], answer])


def test_keys_are_in_nothing_that_is_told(comfy, monkeypatch, caplog):
    monkeypatch.setenv("STYLUS_API_KEY", "sk-veryprivate")
    monkeypatch.setenv("STYLUS_BASE_URL", "http://user:sk-veryprivate@127.0.0.1:9/v1")
    monkeypatch.setenv("STYLUS_MODEL", "m")
    caplog.set_level("DEBUG")
    collection(comfy.loras)
    comfy.ready()
    run = comfy.post(picture("a paper kite", composer="llm"), workflow())
    assert run.failed is None and run.outputs["1"][1]
    assert shown(run)["notes"]  # that the model was not reached
    texts = json.dumps([run.shown("1"), run.outputs["1"], run.graph, run.pictures], default=str)
    status = comfy.server.ask("/stylus/status").body.decode()
    assert "veryprivate" not in texts + status + caplog.text


def test_hostile_texts_pass_as_text(comfy):
    title = '<img src=x onerror=alert(1)> Paper Kite {"a": 1} <lora:evil:9>'
    add_lora(comfy.loras / "kite.safetensors", title, "paper kite")
    comfy.ready()
    run = comfy.post(picture("a paper kite"), workflow())
    assert [e[0] for e in run.outputs["1"][1]] == ["kite.safetensors"]
    (found,) = shown(run)["picks"]
    assert "Paper Kite" in found["title"]
    assert run.outputs["1"][0].count("<") == 0 and "evil" not in run.outputs["1"][2]
    made = run.pictures[0]["workflow"]["nodes"][0]["properties"]["stylus_picture"]
    again = comfy.post(pick("a paper kite", picks_state=state(frozen=made["picks"], only_frozen=True)))
    assert shown(again)["picks"][0]["title"] == found["title"]


def test_the_payload_has_what_the_page_reads(told):
    payload = shown(told.post(pick("a kite", picks_state=state(removed={FOX: ["fox"]}))))
    assert set(payload) == {
        *("version", "prompt", "result", "lora_text", "picks", "nearly", "left_out", "notes"),
        *("frozen", "picture", "decided", "provisional", "status"),
    }
    assert set(payload["picks"][0]) == {
        *("name", "title", "kind", "weight", "clip_weight", "keyword", "reason", "score", "trigger_words"),
        *("frozen", "pinned", "stage", "belongs_to", "has_preview"),
    }
    assert payload["version"] == 1 and payload["prompt"] == payload["result"] == "a kite"
