"""What a picture tells, and what pasting it brings back."""

from __future__ import annotations

import pytest

from stylus_core import option_table as core
from stylus_host.named_adapters import Named, format_picks, parse_picks
from stylus_webui import infotext
from stylus_webui.edits import Edits, parse_edits
from stylus_webui.options import CONTROLS, from_args


@pytest.fixture
def zoo(host):
    host.adapter("fox_v2", word="fox")
    host.adapter("snow, deep", word="snow", weight=0.55)
    return host.start()


def test_only_what_differs_from_the_defaults(zoo):
    _, processed = zoo.generate("a fox")
    params = zoo.paste(processed.info)[0]
    ours = {k for k in params if k.startswith("Stylus ") and k != "Stylus state"}
    assert ours == {"Stylus enabled", "Stylus prompt", "Stylus picks"}
    _, processed = zoo.generate("a fox", options={"strength": 0.75, "kinds": ["concept", "style"], "banned": "a, b\nc"})
    params = zoo.paste(processed.info)[0]
    assert params["Stylus strength"] == "0.75"
    assert params["Stylus kinds"] == '["style", "concept"]'
    assert params["Stylus banned"] == '["a, b", "c"]'


PROMPTS = [
    "a fox",
    ' "a fox"  ',
    'a "fox": it runs, far',
    "a fox\nBREAK\n  snow\n",
    "fox\\",
    "512x512",
    "fox, Steps: 20, Sampler: DDIM, Seed: 7",
    "fox <lora:snow, deep:0.3>",
    "ein Füchslein im Schnee 狐 🦊",
    "(fox:1.2) [a|b] {c}",
    "fox # comment",
]


@pytest.mark.parametrize("prompt", PROMPTS)
def test_pasting_restores_the_users_prompt_and_the_switch(zoo, prompt):
    zoo.adapter("size", word="512x512")
    _, processed = zoo.generate(prompt)
    params, _, ours = zoo.paste(processed.info)
    assert params["Prompt"] == prompt
    assert ours[0] is True


def test_pasting_repeats_without_asking(zoo):
    from modules import processing

    _, first = zoo.generate("a fox in the snow", options={"strength": 0.75, "composer": "llm"})
    zoo.cache.clear()
    zoo.core.revision += 1
    asked = len(zoo.core.asked)
    params, args, _ = zoo.paste(first.info)
    again = processing.StableDiffusionProcessingTxt2Img(prompt=params["Prompt"], seed=1)
    again.scripts, again.script_args = zoo.parts["txt2img"]["runner"], args
    second = processing.run(again)
    assert len(zoo.core.asked) == asked
    assert second.info == first.info and second.images == first.images


def test_both_weights_of_a_pick_come_back(zoo):
    zoo.adapter("ink", word="ink", clip_weight=0.5)
    _, first = zoo.generate("a drawing in ink")
    assert first.infotexts[0].startswith("a drawing in ink <lora:ink:0.5:0.8>\n")
    params, args, _ = zoo.paste(first.info)
    assert params["Stylus picks"] == "ink:0.5:0.8"
    from modules import processing

    again = processing.StableDiffusionProcessingTxt2Img(prompt=params["Prompt"], seed=1)
    again.scripts, again.script_args = zoo.parts["txt2img"]["runner"], args
    assert processing.run(again).info == first.info


def test_an_edit_of_the_weight_takes_the_text_encoder_along(zoo):
    from stylus_webui.panel_actions import TabValues, apply_action

    zoo.adapter("ink", word="ink", clip_weight=0.5)
    prompt, edit = "a drawing in ink", '{"do": "weight", "name": "ink", "value": "0.4"}'
    state = apply_action(edit, TabValues(prompt, (*[None] * len(CONTROLS), ""))).state
    _, processed = zoo.generate(prompt, options={"state": state})
    assert processed.infotexts[0].startswith("a drawing in ink <lora:ink:0.25:0.4>\n")


def test_picks_are_read_as_they_are_written():
    given = (Named("snow, deep", 0.55), Named("ink", 0.8, 0.5), Named("fog", -1.0, 0.0))
    text = format_picks(given)
    assert text == "snow, deep:0.55, ink:0.5:0.8, fog:0:-1"
    assert parse_picks(text) == given
    edits = Edits("a", "b", given)
    assert parse_edits(edits.dump()) == edits
    assert parse_edits('{"picks": [["ink", 0.8]]}').picks == (Named("ink", 0.8),)  # of an older page


def test_a_changed_prompt_is_asked_anew(zoo):
    _, first = zoo.generate("a fox in the snow")
    _, args, _ = zoo.paste(first.info)
    asked = len(zoo.core.asked)
    p = zoo.job("a fox")
    p.script_args = args
    from modules import processing

    assert '"fox_v2:0.8"' in processing.run(p).info
    assert len(zoo.core.asked) == asked + 1


def test_pasting_a_picture_made_without_us_switches_off_and_keeps_the_rest(zoo):
    text = "a fox\nSteps: 20, Sampler: Euler, CFG scale: 7, Seed: 1, Size: 512x512"
    params, _, ours = zoo.paste(text)
    assert ours[0] is False and params["Prompt"] == "a fox"
    assert ours[len(CONTROLS)] == ""


def test_a_picture_without_picks_says_why_and_pasting_it_restores_nothing(zoo):
    from stylus_core.errors import LibraryError

    zoo.core.answers = [LibraryError('the "library" is locked, twice')]
    _, processed = zoo.generate("a fox", options={"strength": 0.75})
    assert "is locked, twice" in processed.info
    params, _, ours = zoo.paste(processed.info)
    assert params["Prompt"] == "a fox" and "is locked, twice" in params["Stylus note"]
    assert ours[0] is False and ours[-1] == ""  # as no picture without picks switches anything on
    assert from_args([True, *ours[1:]]) == from_args([True])


def test_a_picture_for_which_nothing_fits_says_why_and_is_repeated(zoo):
    _, processed = zoo.generate("a cat")
    params, args, ours = zoo.paste(processed.info)
    assert params["Stylus note"] == "No adapter fits this prompt." and ours[0] is True
    zoo.cache.clear()
    again = zoo.job("a cat")
    again.script_args = args
    from modules import processing

    assert processing.run(again).info.startswith("a cat\n") and len(zoo.core.asked) == 1


def test_each_picture_of_several_prompts_has_its_own_note(zoo):
    _, processed = zoo.generate(["a cat", "a fox", "a cat"], n_iter=3)
    notes = [zoo.paste(text)[0].get("Stylus note") for text in processed.infotexts]
    assert notes == ["No adapter fits this prompt.", None, "No adapter fits this prompt."]


def test_styles_are_taken_out_of_the_restored_prompt(zoo):
    zoo.shared.prompt_styles.styles["winter"] = "{prompt}, deep snow"
    _, processed = zoo.generate("a fox", styles=["winter"])
    params, args, _ = zoo.paste(processed.info)
    assert params["Prompt"] == "a fox" and params["Styles array"] == ["winter"]
    from modules import processing

    asked = len(zoo.core.asked)
    zoo.cache.clear()
    p = processing.StableDiffusionProcessingTxt2Img(prompt="a fox", styles=["winter"], seed=1)
    p.scripts, p.script_args = zoo.parts["txt2img"]["runner"], args
    again = processing.run(p)
    assert again.info == processed.info and len(zoo.core.asked) == asked


def test_an_alias_that_the_host_wrote_into_the_pasted_prompt_is_the_same_file(zoo):
    zoo.adapter("wolf_v3", word="wolf", header={"ss_output_name": "My Wolf"})
    _, processed = zoo.generate("a wolf")
    text = processed.info.replace("<lora:wolf_v3:", "<lora:My Wolf:")  # the host replaces names by hash
    _, args, _ = zoo.paste(text)
    zoo.cache.clear()
    p = zoo.job("a wolf")
    p.script_args = args
    from modules import processing

    processing.run(p)
    assert p.all_prompts == ["a wolf <lora:wolf_v3:0.8>"]


def test_an_adapter_that_is_gone_is_left_out_of_a_repeated_picture(zoo):
    _, processed = zoo.generate("a fox in the snow")
    _, args, _ = zoo.paste(processed.info)
    zoo.cache.clear()
    (zoo.loras / "fox_v2.safetensors").unlink()
    zoo.networks.list_available_networks()
    p = zoo.job("a fox in the snow")
    p.script_args = args
    from modules import processing

    processing.run(p)
    assert p.all_prompts == ["a fox in the snow <lora:snow, deep:0.55>"]
    assert "fox_v2" in next(iter(p.comments))


CHANGED = {
    "composer": "llm",
    "max_adapters": 5,
    "strength": 0.75,
    "weight_budget": 3.5,
    "trigger_words": "always",
    "kinds": ["style", "pose"],
    "existing": "skip",
    "architecture": "sdxl",
    "candidates": 50,
    "seed": 7,
    "pinned": "a\nb, c",
    "banned": "d",
    "restraint": "careful",
    "include_folders": "styles/ink\nof, two words",
    "exclude_folders": "people",
    "include_tags": "anime\nink, wash",
    "exclude_tags": "photo",
    "include_names": "ink_*",
    "exclude_names": "*_v[12]\n[draft] ?",
    "include_bases": "Pony*",
    "exclude_bases": "SD 1.5",
    "favourites": "only",
    "favourite_names": "e\nf, g",
    "nsfw": "pg13",
    "family": "pony",
    "own_pictures": "ignore",
    "variants": "one-hot per keyword",
}


def test_the_table_drives_panel_infotext_and_api_alike(zoo):
    """Every option has a control, goes into the infotext and comes back; a new one fails here until it does."""
    assert set(CHANGED) == {o.name for o in CONTROLS} - {"enabled"}
    assert [o.name for o in core.TABLE] == [o.name for o in CONTROLS][1:-1]
    args = [True, *CHANGED.values(), ""]
    settings = from_args(args)
    assert set(settings.changed()) == set(CHANGED)
    text = "x\nSteps: 1, Sampler: Euler, Seed: 1, " + ", ".join(
        f"{k}: {__import__('modules.infotext_utils', fromlist=['quote']).quote(v)}"
        for k, v in {**infotext.settings_params(settings), infotext.PROMPT: "x", infotext.PICKS: "none"}.items()
    )
    _, _, ours = zoo.paste(text)
    assert from_args([*ours[: len(CONTROLS)], ""]) == settings
    controls = zoo.script().tab._panel.controls
    assert list(controls) == [o.name for o in CONTROLS]


def test_no_secret_and_no_address_in_an_infotext(zoo, monkeypatch):
    monkeypatch.setenv("STYLUS_API_KEY", "sk-secret")
    monkeypatch.setenv("STYLUS_ENDPOINT", "http://user:pw@10.0.0.7/v1")
    _, processed = zoo.generate("a fox", options={"composer": "llm"})
    assert "sk-secret" not in processed.js() and "10.0.0.7" not in processed.js()


def test_the_docs_list_the_table():
    from stylus_webui.options import TABLE
    from tests.host.conftest import ROOT

    text = (ROOT / "docs" / "extension.md").read_text("utf-8")
    rows = {row.split("`")[1]: row for row in text.splitlines() if row.startswith("| `") and "/stylus/" not in row}
    assert list(rows) == [o.name for o in TABLE]
    for option in TABLE:
        assert option.help in rows[option.name]
        assert all(choice in rows[option.name] for choice in option.choices if option.type == "choice")


def test_the_docs_list_the_routes(zoo):
    from tests.host.conftest import ROOT

    text = (ROOT / "docs" / "extension.md").read_text("utf-8")
    routes = [r for r in zoo.app.routes if "/stylus/" in r.path]
    assert routes and all(f"`{next(iter(r.methods))} {r.path}" in text for r in routes)
