"""Ways to fail. In each the host gets a usable `p`, and the user one clear sentence."""

from __future__ import annotations

import json
import sqlite3
import sys
import threading

import pytest

from stylus_core.errors import ComposerError, LibraryError, ModelError
from stylus_core.types import Selection
from tests.clock import HANG


@pytest.fixture
def zoo(host):
    host.adapter("fox", word="fox")
    host.adapter("snow", word="snow")
    return host.start()


def usable(p, processed):
    """What every failure leaves: prompts of the right number and type, and pictures."""
    assert len(p.all_prompts) == len(p.all_seeds) == len(processed.images)
    assert all(isinstance(x, str) for x in p.all_prompts) and isinstance(p.main_prompt, str)
    json.loads(processed.js())


def said(p):
    (sentence,) = p.comments
    assert sentence.startswith("Stylus: ") and sentence[-1] in ".!" and "Traceback" not in sentence
    return sentence


def as_typed(host, prompt="a fox", **more):
    """The sentence of a job whose prompt stays as it is."""
    p, processed = host.generate(prompt, **more)
    usable(p, processed)
    assert p.all_prompts == [prompt] * len(p.all_prompts)
    assert host.errors.reported == []
    return said(p)


# -- the index ---------------------------------------------------------------------------------------------------------


def test_no_index_yet(host):
    host.adapter("fox", word="fox")
    host.core.hold = threading.Event()
    host.start(wait=False)
    assert "used as typed" in as_typed(host)
    host.core.hold.set()
    assert host.service.wait(HANG)
    p, _ = host.generate("a fox")
    assert p.all_prompts == ["a fox <lora:fox:0.8>"]


def test_changes_that_take_long_cost_no_picture_its_picks(zoo):
    zoo.core.hold = threading.Event()
    zoo.service.refresh()
    p, processed = zoo.generate("a fox")
    usable(p, processed)
    assert p.all_prompts == ["a fox <lora:fox:0.8>"]
    assert "Taking in what changed" in zoo.service.state.sentence()
    zoo.core.hold.set()
    assert zoo.service.wait(HANG)


def test_vectors_that_cannot_be_made_leave_picks_on_words(host):
    host.adapter("fox", word="fox")
    host.core.embedded = 0
    host.core.embedding = [ModelError("the disk is full.")]
    host.start()
    assert host.generate("a fox")[0].all_prompts == ["a fox <lora:fox:0.8>"]
    assert "the disk is full" in host.service.state.sentence()


def test_an_empty_folder(host):
    host.start()
    host.core.answers = [Selection("a fox", "a fox", notes=("There are no usable adapters in /loras.",))]
    assert "no usable adapters" in as_typed(host)


def test_no_folder_at_all(host):
    host.loras.rmdir()
    vars(host.shared.cmd_opts)["lora_dir"] = str(host.folder / "gone")
    host.networks.list_available_networks = lambda: None
    host.start(wait=True)
    assert "no LoRA folder" in as_typed(host)


def test_the_folder_goes_away_later(zoo):
    zoo.core.indexing = [LibraryError("the folder /loras is gone; put it back or choose another.")]
    zoo.service.refresh()
    assert zoo.service.wait(HANG)
    p, processed = zoo.generate("a fox")  # what is known still answers, and what is gone is not written
    usable(p, processed)
    assert "is gone" in zoo.service.state.sentence()


def test_a_broken_database(host):
    host.core.indexing = [LibraryError("library.sqlite is damaged; it was moved aside, rescan to rebuild it.")]
    host.start()
    assert "damaged" in as_typed(host)
    host.service.refresh()  # and the next rescan gets over it
    assert host.service.wait(HANG) and host.service.state.status == "ready"


def test_a_broken_cache_of_picks(host):
    (host.folder / "picks.sqlite").write_bytes(b"this is no database" * 100)
    host.adapter("fox", word="fox")
    host.start()
    assert host.generate("a fox")[0].all_prompts == ["a fox <lora:fox:0.8>"]
    assert list(host.folder.glob("picks.sqlite.broken-*"))


def test_a_cache_that_cannot_be_written(host):
    from stylus_webui.cache import Cache

    (host.folder / "file").write_text("")
    cache = Cache(host.folder / "file" / "picks.sqlite")
    cache.put("picks", "x", {"a": 1})
    assert cache.get("picks", "x") == {"a": 1}


def test_nonsense_in_the_cache(zoo):
    zoo.generate("a fox")
    with sqlite3.connect(zoo.folder / "picks.sqlite") as file:
        file.execute("UPDATE entries SET value = 'null'")
    file.close()
    zoo.cache._memory.clear()
    assert zoo.generate("a fox")[0].all_prompts == ["a fox <lora:fox:0.8>"]


def test_the_model_is_missing(zoo):
    note = "Words alone decide: no embedding model is installed."
    zoo.core.answers = [Selection("a fox", "a fox", (zoo.core.pick(zoo.core.known[0], "a fox"),), notes=(note,))]
    p, processed = zoo.generate("a fox")
    usable(p, processed)
    assert p.all_prompts == ["a fox <lora:fox:0.8>"] and note in said(p)


# -- each stage raises -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error",
    [
        LibraryError("the library cannot be read; run a rescan."),
        ModelError("the model is broken; install it again"),
        ComposerError("the composer is lost."),
        ValueError("boom"),
        KeyError("x"),
        MemoryError(),
        RecursionError("deep"),
        UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates"),
    ],
    ids=lambda e: type(e).__name__,
)
def test_a_stage_raises(zoo, error):
    zoo.core.answers = [error]
    sentence = as_typed(zoo)
    assert "used as typed" in sentence
    assert zoo.generate("a fox")[0].all_prompts == ["a fox <lora:fox:0.8>"]  # and it is not remembered


def test_the_context_cannot_be_made(zoo, monkeypatch):
    from stylus_webui import runtime

    monkeypatch.setattr(runtime.Runtime, "context", lambda self: 1 / 0)
    assert "did nothing" in as_typed(zoo)


def test_writing_fails_and_p_is_whole(zoo, monkeypatch):
    from stylus_webui import tags

    monkeypatch.setattr(tags, "write", lambda *a, **k: 1 / 0)
    assert "did nothing" in as_typed(zoo, n_iter=2, enable_hr=True)


# -- the host ----------------------------------------------------------------------------------------------------------


class Refuses(dict):
    """Parameters that take nothing."""

    def update(self, *args, **named):
        raise RuntimeError("no more parameters")


class TakesOneParameter(Refuses):
    """Parameters that take the first thing only."""

    def update(self, values):
        for name, value in values.items():
            self[name] = value
            raise RuntimeError("no more parameters")


def refuse(p, name):
    """Makes an attribute of a host's object one that cannot be set."""
    value = getattr(p, name)
    p.__class__ = type("Refusing", (type(p),), {name: property(lambda self: value)})


@pytest.mark.parametrize(
    "fault",
    [
        lambda p: setattr(p, "extra_generation_params", None),
        lambda p: setattr(p, "extra_generation_params", []),
        lambda p: setattr(p, "extra_generation_params", Refuses(Steps=2)),
        lambda p: setattr(p, "extra_generation_params", TakesOneParameter(Steps=2)),
        lambda p: refuse(p, "all_prompts"),
        lambda p: refuse(p, "main_prompt"),
        lambda p: refuse(p, "all_hr_prompts"),
        lambda p: setattr(p, "all_prompts", ["a fox", None]),
        lambda p: setattr(p, "all_prompts", [b"a fox"]),
        lambda p: setattr(p, "all_prompts", "a fox"),
        lambda p: setattr(p, "batch_size", "x"),
    ],
    ids=range(11),
)
def test_all_of_a_job_is_changed_or_nothing(zoo, fault):
    """Whatever of the host's object cannot be changed as is meant: then no other part of it is."""
    from stylus_webui import generation_hook, infotext, runtime

    p = zoo.job("a fox", enable_hr=True, batch_size=2)
    p.setup_prompts()
    p.all_seeds = [1, 2]
    fault(p)
    names = ("all_prompts", "main_prompt", "all_hr_prompts", "extra_generation_params")

    def now():
        found = {name: getattr(p, name) for name in names}
        return {
            name: list(x) if isinstance(x, list) else dict(x or {}) if name == names[3] else x
            for name, x in found.items()
        }

    before = now()
    outcome = generation_hook.run(p, (True,), lambda: runtime.get().context())
    after, told = now(), infotext.quoted(outcome.notes[0])
    if isinstance(p.extra_generation_params, dict):  # which the answer tells
        assert after["extra_generation_params"].pop(infotext.NOTE) == told
    assert after == before
    assert len(outcome.notes) == 1 and outcome.notes[0].startswith("Stylus did nothing: ")


def test_a_host_that_takes_no_notes_and_odd_parts_beside_the_prompts(zoo):
    from stylus_webui import generation_hook, runtime

    def fails(text):
        raise RuntimeError("no comments")

    for name, value in (
        ("comment", fails),
        ("main_prompt", 5),
        ("all_hr_prompts", [None, None]),
        ("all_hr_prompts", "a fox"),
        ("prompt", [object()]),
        ("all_seeds", ["x"]),
        ("all_seeds", 7),
    ):
        p = zoo.job("a fox", enable_hr=True)
        p.setup_prompts()
        p.all_seeds = [1]
        setattr(p, name, value)
        assert generation_hook.run(p, (True,), lambda: runtime.get().context()).picks
        assert p.all_prompts == ["a fox <lora:fox:0.8>"]
        assert getattr(p, name) == value
        p.comment = fails
        assert "unknown option" in generation_hook.run(p, ({"x": 1},), lambda: runtime.get().context()).notes[0]


def test_a_host_without_networks(zoo, monkeypatch):
    monkeypatch.delitem(sys.modules, "networks")
    assert "no LoRA support" in as_typed(zoo)


def test_a_pick_deleted_between_selecting_and_generating(zoo):
    zoo.generate("a fox in the snow")
    (zoo.loras / "fox.safetensors").unlink()
    p, processed = zoo.generate("a fox in the snow")
    usable(p, processed)
    assert p.all_prompts == ["a fox in the snow <lora:snow:0.8>"]
    assert "gone" in said(p)


def test_no_checkpoint_is_loaded_and_none_is_loaded_for_us(zoo):
    zoo.sd_models.model_data.__init__()
    from stylus_webui import panel_answers

    assert "stylus-chip" in panel_answers.answer("a fox", [True], "a fox")
    assert zoo.sd_models.model_data.loads == 0
    assert zoo.core.asked[-1][1].architecture == "any"


def test_a_p_that_lacks_what_we_read(zoo):
    from types import SimpleNamespace

    p = SimpleNamespace(prompt="a fox", all_prompts=["a fox"], extra_generation_params={})
    zoo.script().process(p, True)
    assert p.all_prompts == ["a fox <lora:fox:0.8>"]
    zoo.script().process(SimpleNamespace(), True)
    zoo.script().process(SimpleNamespace(all_prompts=None, extra_generation_params={}), True)


def test_the_host_cannot_list_its_folder(zoo, monkeypatch):
    monkeypatch.setattr(zoo.networks, "list_available_networks", lambda: 1 / 0)
    zoo.core.add("wolf", word="wolf")
    assert "not list" in as_typed(zoo, "a wolf")


# -- prompts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "prompt", ["", "   ", "\n", "# only a comment", "<lora:x", "<lora:>", "<<>>", "\ud83d", "\x00"]
)
def test_odd_prompts(zoo, prompt):
    p, processed = zoo.generate(prompt)
    usable(p, processed)
    assert zoo.errors.reported == []


@pytest.mark.parametrize("words", [75, 3000])
def test_long_prompts(zoo, words):
    prompt = ", ".join(["a fox", *["fur"] * words])
    p, processed = zoo.generate(prompt)
    usable(p, processed)
    assert p.all_prompts == [f"{prompt} <lora:fox:0.8>"]
    assert zoo.paste(processed.info)[0]["Prompt"] == prompt


def test_a_list_as_prompt_and_uneven_batches(zoo):
    p, processed = zoo.generate(["a fox", "much snow", "a fox"], batch_size=2, n_iter=2)
    usable(p, processed)
    assert p.all_prompts == ["a fox <lora:fox:0.8>", "much snow <lora:fox:0.8>", "a fox <lora:fox:0.8>"]


# -- requests ----------------------------------------------------------------------------------------------------------

WRONG = [
    ({"compositor": "local"}, "'compositor'"),
    ({"composer": "gpt"}, "'composer'"),
    ({"max_adapters": "many"}, "'max_adapters'"),
    ({"max_adapters": 2.5}, "'max_adapters'"),
    ({"strength": float("nan")}, "'strength'"),
    ({"kinds": ["style", "weather"]}, "'weather'"),
    ({"variants": "some"}, "'variants'"),
    ({"enabled": "yes"}, "'enabled'"),
    ({"picks": ["fox"]}, "'picks'"),
    ({"picks": 7}, "'picks'"),
    ({"pinned": [1]}, "'pinned'"),
    ({"include_folders": ["../.."]}, "'include_folders'"),
    ({"exclude_names": ["ink_["]}, "'exclude_names'"),
    ({"nsfw": 4}, "'nsfw'"),
    ({1: 2}, "1"),
]


@pytest.mark.parametrize(("options", "named"), WRONG, ids=lambda x: str(x)[:30])
def test_wrong_options_are_refused_by_name(zoo, options, named):
    p, processed = zoo.generate("a fox", first=options, is_api=True)
    usable(p, processed)
    assert p.all_prompts == ["a fox"] and named in said(p)
    assert named in json.loads(processed.js())["extra_generation_params"]["Stylus error"]


@pytest.mark.parametrize("first", ["yes", 1, [], [True], "{}", 3.5])
def test_an_odd_first_argument(zoo, first):
    p, processed = zoo.generate("a fox", first=first)
    usable(p, processed)
    assert p.all_prompts == ["a fox"] and "'enabled'" in said(p)


@pytest.mark.parametrize(
    "state", ["{", "[]", "null", "7", '{"picks": 3}', '{"weights": {"fox": "x"}}', "[" * 10_000, {"a": 1}]
)
def test_nonsense_in_the_hidden_field(zoo, state):
    p, processed = zoo.generate("a fox", options={"state": state})
    usable(p, processed)
    assert p.all_prompts == ["a fox <lora:fox:0.8>"]


def test_no_arguments_at_all(zoo):
    from modules import processing

    p = processing.StableDiffusionProcessingTxt2Img(prompt="a fox", seed=1)
    zoo.script().process(p)
    assert p.all_prompts is None


# -- loading -----------------------------------------------------------------------------------------------------------


def test_the_core_cannot_be_imported(host, monkeypatch):
    """The script loads, its switch is disabled, and one sentence says what to do."""
    monkeypatch.setitem(sys.modules, "stylus_webui.callbacks", None)
    host.networks.list_available_networks()
    from tests.host.conftest import ROOT

    host.scripts.load_scripts([str(ROOT / "scripts" / "stylus.py")])
    demo, parts = host.ui.create_ui()
    runner = parts["txt2img"]["runner"]
    script = runner.script("Stylus")
    assert [c.interactive for c in runner.inputs[script.args_from : script.args_to]] == [False]
    texts = [str(b.value) for b in demo.blocks.values() if type(b).__name__ == "HTML" and b.value]
    assert any("Reinstall the extension and restart" in t for t in texts)
    from modules import processing

    p = processing.StableDiffusionProcessingTxt2Img(prompt="a fox", seed=1)
    p.scripts, p.script_args = runner, (0, True)
    assert processing.run(p).images and p.all_prompts == ["a fox"]
    assert host.errors.reported == []


def test_a_missing_package_disables_the_switch(host, monkeypatch):
    from stylus_webui import requirements

    monkeypatch.setattr(requirements, "NEEDED", ("numpy", "no_such_package"))
    host.start()
    switch = host.script().tab._panel.controls["enabled"]
    assert switch.interactive is False
    sentence = requirements.problem()
    assert "no_such_package" in sentence and "pip install" in sentence
    p, _ = host.generate("a fox")
    assert p.all_prompts == ["a fox"]


def test_callbacks_that_fail_leave_the_host_alone(zoo, monkeypatch):
    from stylus_webui import infotext

    monkeypatch.setattr(infotext, "_edits", lambda *a: 1 / 0)
    _, processed = zoo.generate("a fox")
    params, _, _ = zoo.paste(processed.info)
    assert params["Prompt"].startswith("a fox")
    assert zoo.errors.reported == []


def test_a_host_without_some_callbacks(host, monkeypatch):
    monkeypatch.delattr(host.callbacks, "on_infotext_pasted")
    host.adapter("fox", word="fox")
    host.start()
    assert host.generate("a fox")[0].all_prompts == ["a fox <lora:fox:0.8>"]
    assert host.errors.reported == []


def test_loading_is_quick(host):
    """Next to nothing of the WebUI's start: what comes beside gradio is our own and Python's, and little of that."""
    import subprocess

    from tests.host.conftest import ROOT, STANDIN

    code = f"""
import sys
sys.path.insert(0, {str(STANDIN)!r})
import gradio, fastapi
from modules import scripts
import networks
before = set(sys.modules)
scripts.load_scripts([{str(ROOT / "scripts" / "stylus.py")!r}])
assert scripts.scripts_data
print(*sorted(set(sys.modules) - before))
"""
    argv = [sys.executable, "-c", code]
    loaded = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()
    packages = {"stylus_core", "stylus_host", "stylus_webui"}
    ours = [name for name in loaded if name.partition(".")[0] in packages]
    others = {name.partition(".")[0] for name in loaded} - packages - {"stylus"}
    assert "stylus_webui" in ours and len(ours) < 120
    assert others <= sys.stdlib_module_names
