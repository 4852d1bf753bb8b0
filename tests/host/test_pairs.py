"""Two files of one adapter in each host: what is written, and what every part of the panel makes of it."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from stylus_core.types import Selection
from stylus_webui import pairs, panel_answers, settings
from stylus_webui.edits import Edits
from stylus_webui.panel_actions import TabValues, apply_action

BOTH = "<lora:kite_high_noise:0.8> <lora:kite_low_noise:0.8>"


def option(host, name, value):
    host.shared.opts.add_option(name, host.shared.OptionInfo(value, name))
    host.shared.opts.data[name] = value


@pytest.fixture
def zoo(host):
    """Every host at once that nothing is known of; the options below make it one that runs models of two parts."""
    host.adapter("kite_high_noise", word="kite", title="Paper Kite")
    host.adapter("kite_low_noise", word="kite-low", title="Paper Kite")
    host.adapter("fox", word="fox")
    host.core.pair("kite_high_noise", "kite_low_noise")
    return host.start()


@pytest.fixture
def sdnext(zoo):
    option(zoo, "model_wan_stage", "combined")
    return zoo


@pytest.fixture
def neo(zoo):
    option(zoo, "refiner_lora_replacement", "high_noise=low_noise\n-turbo\nboost+0.5")
    option(zoo, "show_refiner", True)
    return zoo


def answered(zoo, prompt, *more):
    """What the core answers next: the pair, and more of what it knows."""
    high, low, *others = (
        zoo.core.pick(zoo.core.find(n)[0], prompt) for n in ("kite_high_noise", "kite_low_noise", *more)
    )
    high = replace(high, stage="high")
    low = replace(high, name=low.name, path=low.path, stage="low", belongs_to=high.name)
    zoo.core.answers.append(Selection(prompt, prompt, (high, low, *others), composer="local"))


def made(zoo, prompt, *more, **job):
    """(prompts, comments) of a job for which the core answers with the pair."""
    answered(zoo, prompt, *more)
    refiner = job.pop("refiner", None)
    p = zoo.job(prompt, **job)
    if refiner:
        p.refiner_checkpoint, p.refiner_switch_at = refiner, 0.875
    from modules import processing

    processing.run(p)
    return p.all_prompts, " ".join(p.comments)


# -- hosts -------------------------------------------------------------------------------------------------------------


def test_on_sdnext_each_tag_names_its_part(sdnext):
    prompts, _ = made(sdnext, "a kite")
    assert prompts == ["a kite <lora:kite_high_noise:0.8:high> <lora:kite_low_noise:0.8:low>"]
    assert sdnext.core.applies[-1]("a_high", "a_low") == ""


@pytest.mark.parametrize("stage", ["low noise", "high noise"])
def test_on_sdnext_with_one_part_loaded_the_core_is_told(sdnext, stage):
    sdnext.shared.opts.data["model_wan_stage"] = stage
    made(sdnext, "a kite")
    assert "one of the model's two parts" in sdnext.core.applies[-1]("a_high", "a_low")


@pytest.mark.parametrize(("second", "applied"), [(object(), True), (None, False)])
def test_on_sdnext_the_loaded_model_tells_more_than_the_setting(sdnext, second, applied):
    sdnext.shared.opts.data["model_wan_stage"] = "low noise" if applied else "combined"
    sdnext.sd_models.model_data.sd_model = SimpleNamespace(transformer=object(), transformer_2=second)
    assert (pairs.applied()("a_high", "a_low") == "") is applied


def test_on_forge_neo_the_refiner_calls_the_second_by_the_first(neo):
    prompts, _ = made(neo, "a kite", "fox", refiner="low.safetensors")
    assert prompts == ["a kite <lora:kite_high_noise:0.8> <lora:fox:0.8>"]
    says = neo.core.applies[-1]
    assert says("kite_high_noise", "kite_low_noise") == ""
    assert "LoRA replacement" in says("kite_HIGH", "kite_LOW")
    assert "LoRA replacement" in says("turbo_high_noise", "turbo_low_noise")


def test_on_forge_neo_without_its_refiner_one_part_runs_alone(neo):
    made(neo, "a kite")
    assert "Refiner" in neo.core.applies[-1]("kite_high_noise", "kite_low_noise")


def test_before_a_job_forge_neos_refiner_counts_where_it_is_shown(neo):
    assert pairs.applied()("kite_high_noise", "kite_low_noise") == ""
    neo.shared.opts.data["show_refiner"] = False
    assert pairs.applied()("kite_high_noise", "kite_low_noise") != ""


def test_other_hosts_run_no_such_model(zoo):
    made(zoo, "a kite")
    assert "no model of two parts" in zoo.core.applies[-1]("kite_high_noise", "kite_low_noise")


def test_what_the_host_does_is_part_of_the_question(sdnext):
    made(sdnext, "a kite")
    made(sdnext, "a kite")
    assert len(sdnext.core.asked) == 1
    sdnext.shared.opts.data["model_wan_stage"] = "low noise"
    made(sdnext, "a kite")
    assert len(sdnext.core.asked) == 2


# -- what becomes of the two -------------------------------------------------------------------------------------------


def test_one_chip_for_both(sdnext):
    answered(sdnext, "a kite and a fox", "fox")
    html = panel_answers.answer("a kite and a fox", [True], "a kite and a fox")
    assert html.count('class="stylus-chip ') == 2
    assert "+ kite_low_noise (0.8)" in html


def test_what_is_removed_goes_with_its_other_half(sdnext):
    state = Edits("a kite and a fox", removed=("kite_high_noise",)).dump()
    prompts, told = made(sdnext, "a kite and a fox", "fox", options={"state": state})
    assert prompts == ["a kite and a fox <lora:fox:0.8>"]
    assert told == ""


def test_a_weight_of_the_panel_counts_for_both(sdnext):
    state = Edits("a kite", weights={"kite_high_noise": 0.4}).dump()
    prompts, _ = made(sdnext, "a kite", options={"state": state})
    assert prompts == ["a kite <lora:kite_high_noise:0.4:high> <lora:kite_low_noise:0.4:low>"]


def test_a_half_that_the_host_cannot_load_takes_the_other_along(sdnext):
    (sdnext.loras / "kite_low_noise.safetensors").unlink()
    prompts, told = made(sdnext, "a kite")
    assert prompts == ["a kite"]
    assert "the file of 'kite_low_noise' is gone" in told
    assert "its other half kite_low_noise is" in told


@pytest.mark.parametrize("strategy", ["one-hot per adapter", "one-hot per keyword"])
def test_variants_keep_them_together(sdnext, strategy):
    prompts, _ = made(sdnext, "a kite and a fox", "fox", n_iter=4, options={"variants": strategy})
    assert len(set(prompts)) == 4
    assert all(("kite_high" in p) == ("kite_low" in p) for p in prompts)


def test_a_pasted_picture_repeats_both(sdnext):
    from modules import processing

    answered(sdnext, "a kite")
    first, processed = sdnext.generate("a kite")
    params, args, _ = sdnext.paste(processed.info)
    assert params["Stylus picks"] == "kite_high_noise:0.8, kite_low_noise:0.8"
    again = sdnext.job(params["Prompt"])
    again.script_args = args
    processing.run(again)
    assert again.all_prompts == first.all_prompts
    (sdnext.loras / "kite_low_noise.safetensors").unlink()
    sdnext.networks.list_available_networks()
    again = sdnext.job(params["Prompt"])
    again.script_args = args
    processing.run(again)
    assert again.all_prompts == ["a kite"]
    assert "its other half is" in " ".join(again.comments)


def test_picks_of_a_request(sdnext):
    p, _ = sdnext.generate("a hill", first={"picks": ["kite_low_noise:0.5", "kite_high_noise:0.6"]})
    assert p.all_prompts == ["a hill <lora:kite_low_noise:0.5:low> <lora:kite_high_noise:0.6:high>"]
    p, _ = sdnext.generate("a hill", first={"picks": ["kite_low_noise:0.5"]})
    assert p.all_prompts == ["a hill <lora:kite_low_noise:0.5:low>"]
    assert "comes alone: kite_high_noise was not asked for" in " ".join(p.comments)
    sdnext.shared.opts.data["model_wan_stage"] = "low noise"
    p, _ = sdnext.generate("a hill", first={"picks": ["kite_low_noise:0.5", "kite_high_noise:0.6"]})
    assert p.all_prompts == ["a hill"]
    assert "belong together and are left out" in " ".join(p.comments)


def test_one_half_asked_for_on_forge_neo_has_its_own_tag(neo):
    p, _ = neo.generate("a hill", first={"picks": ["kite_low_noise:0.5"]})
    assert p.all_prompts == ["a hill <lora:kite_low_noise:0.5>"]


def test_a_ban_is_for_both(sdnext):
    action = json.dumps({"do": "ban", "name": "kite_high_noise"})
    apply_action(action, TabValues("a kite", sdnext.args()[sdnext.script().args_from : sdnext.script().args_to]))
    assert set(settings.banned()) == {"kite_high_noise", "kite_low_noise"}


def test_the_routes_tell_which_belong_together(sdnext):
    from fastapi.testclient import TestClient

    answered(sdnext, "a kite")
    found = TestClient(sdnext.app).post("/stylus/v1/select", json={"prompt": "a kite"}).json()
    assert found["rewritten"] == "a kite <lora:kite_high_noise:0.8:high> <lora:kite_low_noise:0.8:low>"
    assert [(p["name"], p["stage"], p["belongs_to"]) for p in found["picks"]] == [
        ("kite_high_noise", "high", ""),
        ("kite_low_noise", "low", "kite_high_noise"),
    ]
