"""The real core behind the script, on the sample library: nothing between the two is made up here."""

from __future__ import annotations

import json
import shutil
import threading

import pytest

from samples.catalogue import PROMPTS
from samples.make_samples import build
from stylus_core import Stylus
from stylus_core.library import watch
from stylus_core.options import Options
from stylus_webui import panel_answers, runtime, settings, tags
from stylus_webui.edits import Edits
from tests.clock import HANG, until
from tests.host.fake import safetensors
from tests.library.test_watch import long_ago
from tests.test_words_first import PatientEncoder


@pytest.fixture
def real(host, tmp_path):
    """A host whose LoRA folder holds the samples and whose script has the real core. Words alone decide."""
    library, _ = build(tmp_path)
    shutil.rmtree(host.loras)
    shutil.copytree(library, host.loras)
    host.shared.opts.data["stylus_encoder"] = "none"
    host.core.open = lambda folders: runtime._open_core(folders)
    assert settings.encoder() == "none"
    return host.start()


def test_every_prompt_of_the_samples(real):
    assert real.service.state.status == "ready" and real.service.state.adapters > 30
    picked = 0
    for prompt in PROMPTS:
        p, processed = real.generate(prompt)
        loaded = [path for path, _ in processed.images[0]["loaded"]]
        picks = p.stylus_outcome.picks
        own = len(tags.names_in(prompt))
        assert loaded[own:] == [pick.path for pick in picks]
        assert p.all_prompts[0].startswith(prompt.rstrip())
        picked += len(picks)
        again, _ = real.generate(p.all_prompts[0], tab="img2img")
        assert again.all_prompts == p.all_prompts
    assert picked >= len(PROMPTS) // 2
    assert real.errors.reported == []


def test_what_the_core_writes_is_what_the_host_side_writes(real):
    for prompt in PROMPTS:
        selection = real.service.select(prompt, Options(architecture="sd1"))
        assert tags.write(prompt, selection.picks) == selection.rewritten


def test_a_removed_pick_takes_its_trigger_words_along(real):
    for prompt in PROMPTS:
        picks = real.generate(prompt)[0].stylus_outcome.picks
        if any(pick.trigger_words for pick in picks):
            break
    victim = next(pick for pick in picks if pick.trigger_words)
    state = Edits(prompt, removed=(victim.name,)).dump()
    p, _ = real.generate(prompt, options={"state": state})
    assert victim.name not in p.all_prompts[0]
    assert not any(w in p.all_prompts[0][len(prompt.rstrip()) :] for w in victim.trigger_words)


def test_a_new_file_is_picked_without_a_rescan(real):
    assert real.generate("a zorblat on a hill")[1].images[0]["loaded"] == []
    safetensors(real.loras / "zorblat.safetensors", ss_tag_frequency='{"10_zorblat": {"zorblat": 40, "1zorblat": 20}}')
    real.networks.list_available_networks()
    assert real.service.wait(HANG)
    _, processed = real.generate("a zorblat on a hill")
    assert [path for path, _ in processed.images[0]["loaded"]] == [str(real.loras / "zorblat.safetensors")]


def test_an_edit_in_place_is_noticed_by_the_next_picture_of_a_known_prompt(real):
    assert real.generate("a zorblat on a hill")[1].images[0]["loaded"] == []
    path = safetensors(real.loras / "blank.safetensors", ss_tag_frequency='{"10_blank": {"blank": 40}}')
    path.with_suffix(".json").write_text('{"description": "nothing yet"}')
    real.networks.list_available_networks()
    for _ in range(2):
        assert real.generate("a zorblat on a hill")[1].images[0]["loaded"] == []
    path.with_suffix(".json").write_text('{"activation text": "zorblat", "description": "A zorblat."}')
    _, processed = real.generate("a zorblat on a hill")
    assert [file for file, _ in processed.images[0]["loaded"]] == [str(path)]


def test_an_edit_in_place_is_noticed_however_lately_the_files_were_listed(real, monkeypatch):
    monkeypatch.setattr(watch, "STANDS", 3600.0)
    path = safetensors(real.loras / "blank.safetensors", ss_tag_frequency='{"10_blank": {"blank": 40}}')
    path.with_suffix(".json").write_text('{"description": "nothing yet"}')
    long_ago(real.loras)
    real.networks.list_available_networks()
    real.service.refresh()
    assert real.service.wait(HANG)
    assert real.generate("a zorblat on a hill")[1].images[0]["loaded"] == []
    path.with_suffix(".json").write_text('{"activation text": "zorblat", "description": "A zorblat."}')
    long_ago(real.loras)
    _, processed = real.generate("a zorblat on a hill")
    assert [file for file, _ in processed.images[0]["loaded"]] == [str(path)]


def test_changed_sidecars_cost_no_picture_its_picks(host, tmp_path):
    """As many as there are; the vectors for them never come while pictures are made."""
    library, _ = build(tmp_path)
    shutil.rmtree(host.loras)
    shutil.copytree(library, host.loras)
    encoder = PatientEncoder()
    host.core.open = lambda folders: Stylus(list(folders), home=tmp_path / "state", encoder=encoder)
    host.start(wait=False)
    until(lambda: host.service.state.status == "ready", "the index of words")
    on_words = [host.generate(prompt)[1].images[0]["loaded"] for prompt in PROMPTS]
    encoder.steps.release(10_000)
    assert host.service.wait(HANG)
    encoder.steps = threading.Semaphore(0)
    sidecars = [*host.loras.rglob("*.json"), *host.loras.rglob("*.civitai.info")]
    assert len(sidecars) > 20
    for path in sidecars:
        path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), "notes": "seen today"}), "utf-8")
    for prompt, loaded in zip(PROMPTS, on_words, strict=True):
        p, processed = host.generate(prompt)
        assert not any("used as typed" in comment for comment in p.comments)
        assert bool(processed.images[0]["loaded"]) == bool(loaded)
    assert not host.service.wait(0)
    encoder.steps.release(10_000)
    assert host.service.wait(HANG)


def test_show_picks_and_the_table_of_adapters(real):
    html = panel_answers.answer(PROMPTS[0], [True], PROMPTS[0])
    assert "stylus-chip" in html and "<mark>" in html


def test_own_pictures_are_learned_and_corrections_count(real, tmp_path):
    """From the button to the next selection, and until all of it is forgotten."""
    from PIL import Image, PngImagePlugin

    from stylus_webui import own_panel
    from tests.host.test_panel_actions import ClickedTab

    prompt = next(p for p in PROMPTS if len(real.generate(p)[0].stylus_outcome.picks) > 1)
    name = real.generate(prompt)[0].stylus_outcome.picks[0].name
    folder = tmp_path / "outputs"
    folder.mkdir()
    real.shared.opts.data["outdir_txt2img_samples"] = str(folder)
    state = list(real.service.home().iterdir())
    for number in range(4):
        text = PngImagePlugin.PngInfo()
        text.add_text("parameters", f"{prompt}, {number} <lora:{name}:0.55>\nSteps: 20, Sampler: Euler, Seed: {number}")
        Image.new("RGB", (8, 8)).save(folder / f"{number}.png", pnginfo=text)
    assert not any("history" in path.name for path in state)  # nothing is kept before somebody says so
    own_panel.start()
    assert runtime.get().own.wait(HANG)
    assert "4 pictures are learned from." in own_panel.status()
    tab = ClickedTab(real, prompt)
    assert "In 4 pictures of yours" in tab.shown() and "at 0.55" in tab.shown()
    tab.click("remove", name)
    (kept,) = real.service.history().corrections()
    assert (kept.action, kept.adapter, kept.by) == ("removed", name, "panel")
    assert name not in real.generate(prompt)[0].all_prompts[0]  # not on another page either
    tab.click("own-undo", str(kept.id))
    assert real.service.history().corrections() == []
    tab.click("own-forget")
    assert not real.service.history().on and "pictures of yours" not in tab.shown()
    assert settings.learns() is False and real.errors.reported == []


def test_each_saved_picture_is_learned_from(real, tmp_path):
    from PIL import Image, PngImagePlugin

    from stylus_webui import own_panel

    folder = tmp_path / "outputs"
    folder.mkdir()
    real.shared.opts.data["outdir_txt2img_samples"] = str(folder)
    own_panel.start()
    assert runtime.get().own.wait(HANG)
    text = PngImagePlugin.PngInfo()
    text.add_text("parameters", "a hill <lora:hill:0.5>\nSteps: 20, Sampler: Euler, Seed: 1")
    Image.new("RGB", (8, 8)).save(folder / "1.png", pnginfo=text)
    real.callbacks.call("image_saved", type("Saved", (), {"filename": str(folder / "1.png")}))
    assert runtime.get().own.wait(HANG)
    (learned,) = real.service.history().store.folders()
    assert (learned.pictures, learned.silent) == (1, 0)
