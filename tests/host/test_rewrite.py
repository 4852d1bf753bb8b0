"""The rewrite in `process`: which prompts change, and what the host makes of them."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from stylus_core.types import Selection
from stylus_webui.job_seed import job_seed
from stylus_webui.options import from_args
from tests.host.fake import safetensors


def loaded(processed):
    """Stems and weights of the adapters of every picture."""
    return [
        [(path.rsplit("/", 1)[1].split(".")[0], weight) for path, weight in image["loaded"]]
        for image in processed.images
    ]


@pytest.fixture
def zoo(host):
    host.adapter("fox_v2", word="fox")
    host.adapter("snow", word="snow", weight=0.5)
    return host.start()


def test_picks_reach_the_picture_and_its_infotext(zoo):
    p, processed = zoo.generate("a red fox in the snow")
    assert loaded(processed) == [[("fox_v2", 0.8), ("snow", 0.5)]]
    assert processed.infotexts[0].startswith("a red fox in the snow <lora:fox_v2:0.8> <lora:snow:0.5>\n")
    assert p.main_prompt == p.all_prompts[0]
    assert zoo.errors.reported == []


def test_off_by_default_and_untouched_when_off(zoo):
    from modules import processing

    p = processing.StableDiffusionProcessingTxt2Img(prompt="a fox", seed=1)
    p.scripts, p.script_args = zoo.parts["txt2img"]["runner"], tuple(zoo.api.defaults["txt2img"])
    processed = processing.run(p)
    assert loaded(processed) == [[]] and "Stylus" not in processed.info
    assert zoo.core.asked == []


def test_both_tabs(zoo):
    _, processed = zoo.generate("a fox", tab="img2img")
    assert loaded(processed) == [[("fox_v2", 0.8)]]


def test_styles_are_resolved_before_and_their_words_count(zoo):
    zoo.shared.prompt_styles.styles["winter"] = "{prompt}, deep snow"
    _, processed = zoo.generate("a bear", styles=["winter"])
    assert loaded(processed) == [[("snow", 0.5)]]
    assert zoo.core.asked[0][0] == "a bear, deep snow"


def test_wildcards_each_batch_gets_the_adapters_of_its_own_prompt(zoo):
    from modules import processing

    p = zoo.job("__animal__", n_iter=2)
    runner = zoo.parts["txt2img"]["runner"]

    class Wildcards(zoo.scripts.Script):
        args_from = args_to = 0

        def process(self, p):
            p.all_prompts = ["a fox", "much snow"]

    runner.alwayson_scripts.insert(0, Wildcards())
    processed = processing.run(p)
    assert loaded(processed) == [[("fox_v2", 0.8)], [("snow", 0.5)]]
    assert '"a fox"' in processed.infotexts[0] and '"much snow"' in processed.infotexts[1]
    assert [prompt for prompt, _ in zoo.core.asked] == ["a fox", "much snow"]


def test_two_prompts_in_one_batch_share_the_set_of_the_first(zoo):
    """Only the tags of a batch's first prompt count for the host."""
    p, processed = zoo.generate(["a fox", "much snow"], batch_size=2)
    assert p.all_prompts == ["a fox <lora:fox_v2:0.8>", "much snow <lora:fox_v2:0.8>"]
    assert loaded(processed) == [[("fox_v2", 0.8)]] * 2


def test_trigger_words_that_another_prompt_of_the_batch_has_are_not_repeated(zoo):
    """With their brackets as they are there, which a tag's words have escaped."""
    words = (r"red fox \(dune tales\)",)
    pick = replace(zoo.core.pick(zoo.core.find("fox_v2")[0], "a fox"), trigger_words=words)
    zoo.core.answers.append(Selection("a fox", "a fox", (pick,), composer="local"))
    p, _ = zoo.generate(["a fox", "Red Fox (Dune Tales) at night", "a cat"], batch_size=3)
    assert p.all_prompts == [
        r"a fox, red fox \(dune tales\) <lora:fox_v2:0.8>",
        "Red Fox (Dune Tales) at night <lora:fox_v2:0.8>",
        r"a cat, red fox \(dune tales\) <lora:fox_v2:0.8>",
    ]


def test_a_list_as_prompt(zoo):
    """Prompt matrix makes the prompt a list."""
    _, processed = zoo.generate(["a fox", "a fox, snow"], n_iter=2)
    assert loaded(processed) == [[("fox_v2", 0.8)], [("fox_v2", 0.8), ("snow", 0.5)]]


def test_one_question_for_equal_prompts(zoo):
    zoo.generate("a fox", n_iter=4, batch_size=2)
    assert len(zoo.core.asked) == 1


# -- hires -------------------------------------------------------------------------------------------------------------


def test_hires_copy_of_the_prompt_keeps_its_adapters(zoo):
    p, processed = zoo.generate("a fox", enable_hr=True)
    assert p.all_hr_prompts == p.all_prompts
    assert processed.images[0]["hires"] == processed.images[0]["loaded"] != []
    assert "Hires prompt" not in processed.info


def test_explicit_hires_prompt_gets_the_adapters_too(zoo):
    p, processed = zoo.generate("a fox", enable_hr=True, hr_prompt="fur, sharp")
    assert p.all_hr_prompts == ["fur, sharp <lora:fox_v2:0.8>"]
    assert processed.images[0]["hires"] == processed.images[0]["loaded"]
    params, _, _ = zoo.paste(processed.info)
    assert params["Hires prompt"] == "fur, sharp"


def test_explicit_hires_prompt_with_tags_is_the_users(zoo):
    p, _ = zoo.generate("a fox", enable_hr=True, hr_prompt="fur <lora:snow:1>")
    assert p.all_hr_prompts == ["fur <lora:snow:1>"]


@pytest.mark.parametrize(
    ("given", "hires", "became"),
    [
        ("fur, sharp", True, "fur, sharp <lora:fox_v2:0.8>"),
        ("fur <lora:snow:1>", True, "fur <lora:snow:1>"),
        ("a fox", True, "a fox <lora:fox_v2:0.8>"),
        ("fur, sharp", False, "fur, sharp"),  # the second text encoder of the first pass reads it, tags and all
        ("", True, ""),
    ],
)
def test_the_hires_prompt_of_sdnext_gets_the_adapters_too(zoo, given, hires, became):
    from modules import processing

    p = zoo.job("a fox", enable_hr=hires)
    p.refiner_prompt = given
    processed = processing.run(p)
    assert p.refiner_prompt == became and p.all_prompts == ["a fox <lora:fox_v2:0.8>"]
    params, _, _ = zoo.paste(f'{processed.info}, Refiner prompt: "{became}"')
    assert params.get("Refiner prompt", "") == given


# -- comments ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prompt", ["a fox # in the snow", "# snow\na fox", "a fox\n# snow", "a #snow\nfox"])
def test_comments_do_not_count_and_do_not_swallow_tags(zoo, prompt):
    _, processed = zoo.generate(prompt)
    assert loaded(processed) == [[("fox_v2", 0.8)]]


def test_without_the_hosts_comments_a_hash_is_a_word(zoo):
    zoo.shared.opts.set("enable_prompt_comments", False)
    p, processed = zoo.generate("a fox, #1 in the snow")
    assert p.all_prompts[0].startswith("a fox, #1 in the snow")
    assert loaded(processed) == [[("fox_v2", 0.8), ("snow", 0.5)]]


def test_the_users_own_prompt_comes_back_with_its_comments(zoo):
    _, processed = zoo.generate("a fox # or a wolf?")
    assert zoo.paste(processed.info)[0]["Prompt"] == "a fox # or a wolf?"


# -- called again ------------------------------------------------------------------------------------------------------


def test_adetailer_adds_nothing_to_what_was_added(zoo):
    """It runs the scripts again on the rewritten prompt of each picture."""
    zoo.core.known[1] = zoo.core.known[1]
    p, _ = zoo.generate("a fox in the snow", options={"max_adapters": 1})
    asked = len(zoo.core.asked)
    again, processed = zoo.generate(p.all_prompts[0], tab="img2img", options={"max_adapters": 5})
    assert again.all_prompts == p.all_prompts
    assert len(zoo.core.asked) == asked
    assert '"a fox in the snow"' in processed.info


OURS = "a red fox <lora:fox_v2:0.8>"
#: What other extensions make of it: ADetailer's own prompt, one with its own adapter, a style, an emphasis, a region.
AROUND = [
    f"{OURS}, snow on its face",
    f"{OURS} <lora:detail:1> snow on its face",
    f"best quality, {OURS}, snow",
    f"best quality\n{OURS}\nsnow",
    f"({OURS}:1.2), snow",
    f"snow BREAK {OURS}",
]
#: Prompts of the user's own in which the same words and tags stand.
OF_ITS_OWN = [
    "an arctic fox <lora:fox_v2:0.8> in the snow",
    "not a red fox <lora:fox_v2:0.8>, snow",
    "a castle in deep snow, a red fox <lora:fox_v2:0.8>",
    "a red fox <lora:fox_v2:0.85>, snow",
    "a red fox in the snow <lora:fox_v2:0.8>",
    "snow, <lora:fox_v2:0.8>",
]


def restarted(zoo):
    """The process of before knows nothing any more; the file does."""
    from stylus_webui import runtime
    from stylus_webui.cache import Cache

    zoo.cache.close()
    runtime.get().cache = zoo.cache = Cache(zoo.folder / "picks.sqlite")


@pytest.mark.parametrize("prompt", AROUND)
def test_a_prompt_built_around_ours_is_left_alone_before_and_after_a_restart(zoo, prompt):
    assert zoo.generate("a red fox")[0].all_prompts == [OURS]
    assert zoo.generate(prompt, tab="img2img")[0].all_prompts == [prompt]
    restarted(zoo)
    again, processed = zoo.generate(prompt, tab="img2img")
    assert again.all_prompts == [prompt] and len(zoo.core.asked) == 1
    assert '"a red fox"' in processed.info


@pytest.mark.parametrize("prompt", AROUND)
def test_a_prompt_that_is_built_around_ours_after_a_restart_is_left_alone(zoo, prompt):
    zoo.generate("a red fox")
    restarted(zoo)
    assert zoo.generate(prompt)[0].all_prompts == [prompt] and len(zoo.core.asked) == 1


@pytest.mark.parametrize("prompt", OF_ITS_OWN)
def test_a_prompt_in_which_a_short_one_of_ours_stands_is_one_of_its_own(zoo, prompt):
    zoo.generate("a red fox")
    assert zoo.generate(prompt)[0].all_prompts[0].endswith("<lora:snow:0.5>")
    assert zoo.core.asked[-1][0] == prompt
    restarted(zoo)
    assert zoo.generate(prompt.replace("snow", "much snow"))[0].all_prompts[0].endswith("<lora:snow:0.5>")


def test_a_long_prompt_is_looked_through_in_few_parts(zoo):
    """Nothing is timed: what looked at every clause with every tag would not come to an end."""
    zoo.generate("a red fox")
    prompt = ", ".join(["snow <lora:own:0.01>"] * 5000)
    zoo.generate(prompt)
    assert zoo.core.asked[-1][0] == prompt


def test_hires_button_gives_the_same_adapters_without_asking(zoo):
    first, _ = zoo.generate("a fox in the snow", n_iter=2)
    again = zoo.job("a fox in the snow", enable_hr=True)
    again.txt2img_upscale = True
    from modules import processing

    processing.run(again)
    assert again.all_prompts == first.all_prompts[:1]
    assert len(zoo.core.asked) == 1


def test_recognised_after_a_restart(zoo, tmp_path):
    from stylus_webui.cache import Cache
    from stylus_webui.written_prompts import recognise

    p, _ = zoo.generate("a fox")
    zoo.cache.close()
    again = Cache(tmp_path / "picks.sqlite")
    found = recognise(p.all_prompts[0], again)
    again.close()
    assert found is not None and found.own == "a fox"


def test_the_users_own_adapters_stay(zoo):
    p, _ = zoo.generate("a fox <lora:snow:1.2:lbw=XYZ>")
    assert p.all_prompts == ["a fox <lora:snow:1.2:lbw=XYZ> <lora:fox_v2:0.8>"]


# -- the cache ---------------------------------------------------------------------------------------------------------


def test_cache_survives_a_restart_and_knows_what_it_depends_on(zoo, tmp_path):
    from stylus_webui import runtime
    from stylus_webui.cache import Cache

    zoo.generate("a fox")
    zoo.cache.close()
    runtime.get().cache = zoo.cache = Cache(tmp_path / "picks.sqlite")
    zoo.generate("a fox")
    assert len(zoo.core.asked) == 1
    zoo.generate("a fox", options={"strength": 0.5})
    assert len(zoo.core.asked) == 2  # settings
    zoo.generate("a fox", checkpoint=zoo.sd_models.Checkpoint("sdxl"))
    assert len(zoo.core.asked) == 3  # the model
    zoo.core.revision += 1
    zoo.generate("a fox", checkpoint=zoo.sd_models.Checkpoint("sdxl"))
    assert len(zoo.core.asked) == 4  # the library


def test_a_fallbacks_answer_is_not_kept(zoo):
    from stylus_core.types import Selection

    note = "The language model did not answer; the local composer did."
    zoo.core.answers = [
        Selection("a fox", "a fox", (zoo.core.pick(zoo.core.known[0], "a fox"),), composer="local", notes=(note,))
    ]
    p, _ = zoo.generate("a fox", options={"composer": "llm"})
    assert p.comments == {f"Stylus: {note}": 1}
    assert note in p.extra_generation_params["Stylus note"]
    p, _ = zoo.generate("a fox", options={"composer": "llm"})
    assert len(zoo.core.asked) == 2 and not p.comments


# -- names and architecture --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("architecture", ["sd1", "sd2", "sdxl", "sd3"])
def test_architecture_is_the_loaded_checkpoints(zoo, architecture):
    zoo.sd_models.reload_model_weights(zoo.sd_models.Checkpoint("sd1" if architecture != "sd1" else "sdxl"))
    zoo.generate("a fox", checkpoint=zoo.sd_models.Checkpoint(architecture))
    assert zoo.core.asked[-1][1].architecture == architecture


def test_architecture_of_flux_on_forge(zoo):
    zoo.generate("a fox", checkpoint=zoo.sd_models.Flux())
    assert zoo.core.asked[-1][1].architecture == "flux"


CROSSING = "model.diffusion_model.input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight"


def choose_on_forge(zoo, path, loaded=False):
    """What Forge notes when a checkpoint is chosen on its page; it loads it with the next picture."""
    info = type("CheckpointInfo", (), {"filename": str(path), "__repr__": lambda self: str(path)})()
    data = zoo.sd_models.model_data
    data.forge_loading_parameters = {"checkpoint_info": info, "additional_modules": []}
    data.forge_hash = str(data.forge_loading_parameters) if loaded else ""


def shown_architecture(zoo):
    from stylus_webui import panel_answers

    assert "stylus-chip" in panel_answers.answer("a fox", [True], "a fox")
    assert zoo.sd_models.model_data.loads == 0
    return zoo.core.asked[-1][1].architecture


@pytest.mark.parametrize(("width", "architecture"), [(768, "sd1"), (1024, "sd2"), (2048, "sdxl"), (5, "other")])
def test_architecture_of_a_checkpoint_that_forge_has_not_loaded_yet(zoo, tmp_path, width, architecture):
    path = safetensors(tmp_path / "chosen.safetensors", shapes={CROSSING: [0, width]})
    zoo.sd_models.model_data.sd_model = object()  # what is there before the first picture
    choose_on_forge(zoo, path)
    assert shown_architecture(zoo) == architecture


def test_architecture_after_another_checkpoint_was_chosen_on_forge(zoo, tmp_path):
    path = safetensors(tmp_path / "chosen.safetensors", shapes={CROSSING: [0, 2048]})
    zoo.sd_models.model_data.sd_model = zoo.sd_models.Checkpoint("sd1")
    choose_on_forge(zoo, path)
    assert shown_architecture(zoo) == "sdxl"
    # Of a file that cannot be read before it is loaded nothing is known, and nothing of the old one is taken for it.
    path = tmp_path / "chosen.gguf"
    path.write_bytes(b"GGUF")
    choose_on_forge(zoo, path)
    assert shown_architecture(zoo) == "any"
    # Loaded, or to be loaded again with another text encoder: the model tells.
    zoo.sd_models.model_data.sd_model.filename = str(path)
    assert shown_architecture(zoo) == "sd1"
    choose_on_forge(zoo, tmp_path / "gone.safetensors", loaded=True)
    assert shown_architecture(zoo) == "sd1"


@pytest.mark.parametrize(
    ("info", "family"),
    [
        ({"filename": "/models/duskPonyXL_v3.safetensors"}, "pony"),
        ({"filename": "/models/dusk.safetensors", "title": "noob/dusk.safetensors [12ab]"}, "noobai"),
        (
            {"filename": "dusk.safetensors", "title": "dusk", "metadata": {"modelspec.title": "Dusk Illustrious"}},
            "illustrious",
        ),
        ({"filename": "dusk.safetensors", "title": "dusk", "metadata": {"modelspec.title": {}}}, "any"),
        ({"filename": None, "metadata": "pony"}, "any"),
    ],
)
def test_family_is_the_loaded_checkpoints(zoo, info, family):
    checkpoint = zoo.sd_models.Checkpoint("sdxl")
    checkpoint.sd_checkpoint_info = type("CheckpointInfo", (), info)()
    zoo.generate("a fox", checkpoint=checkpoint)
    assert zoo.core.asked[-1][1].family == family


def test_family_of_a_checkpoint_that_forge_has_not_loaded_yet(zoo, tmp_path):
    checkpoint = zoo.sd_models.Checkpoint("sdxl")
    checkpoint.sd_checkpoint_info = type("CheckpointInfo", (), {"filename": "duskPonyXL.safetensors"})()
    zoo.sd_models.model_data.sd_model = checkpoint
    choose_on_forge(zoo, tmp_path / "duskIllustriousXL.safetensors")
    shown_architecture(zoo)
    assert zoo.core.asked[-1][1].family == "illustrious"
    choose_on_forge(zoo, tmp_path / "duskIllustriousXL.safetensors", loaded=True)
    shown_architecture(zoo)
    assert zoo.core.asked[-1][1].family == "pony"


def test_an_asked_architecture_wins(zoo):
    zoo.generate("a fox", first={"architecture": "sd2"}, checkpoint=zoo.sd_models.Checkpoint("sdxl"))
    assert zoo.core.asked[-1][1].architecture == "sd2"


def test_an_asked_family_wins(zoo):
    checkpoint = zoo.sd_models.Checkpoint("sdxl")
    checkpoint.sd_checkpoint_info = type("CheckpointInfo", (), {"filename": "duskPonyXL.safetensors"})()
    zoo.generate("a fox", first={"family": "noobai"}, checkpoint=checkpoint)
    assert zoo.core.asked[-1][1].family == "noobai"


def test_a_pick_by_name_that_is_made_for_another_architecture_is_left_out(zoo):
    known = zoo.core.known
    at = next(i for i, a in enumerate(known) if a.stem == "snow")
    known[at] = replace(known[at], metadata=replace(known[at].metadata, architecture="sd2"))
    given = {"picks": ["snow:0.35", "fox_v2:1"]}
    p, _ = zoo.generate("a bear", first=given, checkpoint=zoo.sd_models.Checkpoint("sd1"))
    assert p.all_prompts == ["a bear <lora:fox_v2:1>"]  # on Forge tensors of other shapes fail the picture
    assert "'snow'" in p.extra_generation_params["Stylus note"]
    assert "made for sd2 and not for sd1" in p.extra_generation_params["Stylus note"]
    p, _ = zoo.generate("a bear", first=given, checkpoint=zoo.sd_models.Checkpoint("sd2"))
    assert p.all_prompts == ["a bear <lora:snow:0.35> <lora:fox_v2:1>"]


def test_a_tag_that_loads_another_file_is_not_written(zoo):
    mine = safetensors(zoo.loras / "a" / "wolf.safetensors")
    safetensors(zoo.loras / "b" / "wolf.safetensors")
    zoo.adapter("wolf", file=mine)
    p, processed = zoo.generate("a wolf")
    assert p.all_prompts == ["a wolf"] and loaded(processed) == [[]]
    (note,) = p.comments
    assert "'Wolf' is left out" in note and "b/wolf.safetensors" in note


def test_a_file_outside_the_hosts_folders_is_not_written(zoo, tmp_path):
    zoo.adapter("wolf", file=safetensors(tmp_path / "elsewhere" / "wolf.safetensors"))
    p, _ = zoo.generate("a wolf")
    assert p.all_prompts == ["a wolf"]
    assert "not among the WebUI's LoRA folders" in next(iter(p.comments))


def test_a_name_that_breaks_the_grammar_is_not_written(zoo):
    zoo.adapter("wolf=1", word="wolf")
    p, _ = zoo.generate("a wolf")
    assert p.all_prompts == ["a wolf"] and "rename the file" in next(iter(p.comments))


def test_a_file_that_was_dropped_in_is_found_without_the_hosts_refresh(zoo):
    zoo.core.add("wolf", word="wolf")
    _, processed = zoo.generate("a wolf")
    assert loaded(processed) == [[("wolf", 0.8)]]


def test_an_alias_of_another_file_does_not_shadow_the_stem(zoo):
    zoo.adapter("wolf", word="wolf")
    zoo.adapter("zzz", header={"ss_output_name": "wolf"})
    p, processed = zoo.generate("a wolf")
    assert loaded(processed) in ([[("wolf", 0.8)]], [[]])
    assert (loaded(processed) == [[]]) == bool(p.comments)


# -- variants ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def forest(host):
    for name in ("fox", "snow", "moon"):
        host.adapter(name)
    host.adapter("fox2", word="fox")
    return host.start()


PROMPT = "a fox in the snow under the moon"


def variant(forest, strategy, seed=1, batches=4, size=1):
    _, processed = forest.generate(
        PROMPT, n_iter=batches, batch_size=size, seed=seed, options={"variants": strategy, "max_adapters": 9}
    )
    return [frozenset(name for name, _ in picture) for picture in loaded(processed)], processed


def test_all_uses_every_pick_in_every_batch(forest):
    sets, _ = variant(forest, "all")
    assert sets == [frozenset({"fox", "snow", "moon", "fox2"})] * 4


def test_one_hot_per_adapter_starts_with_each_adapter_alone(forest):
    sets, _ = variant(forest, "one-hot per adapter", batches=16)
    assert sorted(map(len, sets[:4])) == [1] * 4 and set().union(*sets[:4]) == {"fox", "snow", "moon", "fox2"}
    assert len(set(sets)) == 16 and sets[-1] == frozenset()


def test_one_hot_per_keyword_keeps_a_keywords_adapters_together(forest):
    sets, _ = variant(forest, "one-hot per keyword", batches=8)
    assert len(set(sets)) == 8
    assert all(("fox" in s) == ("fox2" in s) for s in sets)
    assert set(sets[:3]) == {frozenset({"fox", "fox2"}), frozenset({"snow"}), frozenset({"moon"})}


@pytest.mark.parametrize("strategy", ["one-hot per adapter", "one-hot per keyword"])
def test_the_seed_decides(forest, strategy):
    orders = {tuple(variant(forest, strategy, seed)[0]) for seed in range(8)}
    assert len(orders) > 1
    assert variant(forest, strategy, 3)[0] == variant(forest, strategy, 3)[0]


def test_one_set_within_a_batch_and_each_infotext_tells_its_own(forest):
    sets, processed = variant(forest, "one-hot per adapter", size=2)
    assert all(sets[i] == sets[i + 1] for i in range(0, 8, 2))
    for names, text in zip(sets, processed.infotexts, strict=True):
        params = forest.paste(text)[0]
        assert {n.split(":")[0] for n in params["Stylus picks"].split(", ")} == names
        assert params["Prompt"] == PROMPT


def test_variants_with_a_hires_pass_leave_no_hires_prompt_behind(forest):
    """The host compares with the hires prompt of the first batch, and writes that out."""
    options = {"variants": "one-hot per adapter", "max_adapters": 9}
    _, processed = forest.generate(PROMPT, n_iter=3, enable_hr=True, options=options)
    assert "Hires prompt" in processed.infotexts[1]
    for image, text in zip(processed.images, processed.infotexts, strict=True):
        assert image["hires"] == image["loaded"]
        assert forest.paste(text)[0]["Hires prompt"] == ""


def test_one_picture_of_the_variants_can_be_repeated(forest):
    sets, processed = variant(forest, "one-hot per adapter")
    for names, text in zip(sets, processed.infotexts, strict=True):
        params, args, _ = forest.paste(text)
        from modules import processing

        p = processing.StableDiffusionProcessingTxt2Img(prompt=params["Prompt"], seed=int(params["Seed"]))
        p.scripts, p.script_args = forest.parts["txt2img"]["runner"], args
        again = processing.run(p)
        assert {name for name, _ in loaded(again)[0]} == names
        assert again.info.split("\n")[0] == text.split("\n")[0]


# -- a seed that is left open ------------------------------------------------------------------------------------------


def asked_seeds(zoo):
    return [options.seed for _, options in zoo.core.asked]


@pytest.mark.parametrize("given", [-1, "-1", "", None])
def test_a_seed_that_is_left_open_is_the_jobs_own(zoo, given):
    drawn = {"composer": "random", "seed": given}
    zoo.generate("a fox", first=drawn, seed=7)
    zoo.generate("a fox", first=drawn, seed=8)
    zoo.generate("a fox", first=drawn, seed=7)  # which is the same again
    p, processed = zoo.generate("a fox", first=drawn, seed=-1)
    assert asked_seeds(zoo) == [7, 8, p.all_seeds[0]] and zoo.errors.reported == []
    assert "Stylus seed: -1" in processed.info and "Stylus error" not in processed.info


def test_an_emptied_field_leaves_the_seed_open(zoo):
    zoo.generate("a fox", options={"composer": "random", "seed": None}, seed=7)
    zoo.generate("a fox", options={"composer": "random", "seed": -1}, seed=8)
    zoo.generate("a fox", options={"composer": "random", "seed": 3}, seed=9)
    assert asked_seeds(zoo) == [7, 8, 3]


def test_a_composer_that_draws_nothing_is_not_asked_again_for_another_seed(zoo):
    for seed in (7, 8):
        zoo.generate("a fox", first={"seed": -1}, seed=seed)
    assert len(zoo.core.asked) == 1


def test_a_pasted_picture_keeps_the_open_seed(zoo):
    _, processed = zoo.generate("a fox", options={"composer": "random", "seed": -1}, seed=7)
    assert from_args(zoo.paste(processed.info)[2]).options.seed == -1


def test_without_a_seed_of_the_job_one_is_drawn():
    jobs = [SimpleNamespace(seed=-1), SimpleNamespace(seed="", all_seeds=[]), SimpleNamespace(all_seeds=[-1]), None]
    assert len({job_seed(p) for p in jobs for _ in range(50)}) > 100
    assert job_seed(SimpleNamespace(seed=-1, all_seeds=[5, 6])) == 5 and job_seed(SimpleNamespace(seed="7")) == 7


# -- X/Y/Z plot --------------------------------------------------------------------------------------------------------


def plot(host, axis, values, **more):
    from modules import processing

    p = host.job("a fox in the snow", **more)
    runner = host.parts["txt2img"]["runner"]
    script = runner.script("X/Y/Z plot")
    args = list(p.script_args)
    args[0] = runner.selectable_scripts.index(script) + 1
    args[script.args_from : script.args_to] = [axis, values]
    p.script_args = tuple(args)
    return processing.run(p)


def test_axes_set_an_option_for_each_cell_alone(zoo):
    processed = plot(zoo, "[Stylus] Adapters at most", "0, 1, 2")
    assert [len(x) for x in loaded(processed)] == [0, 1, 2]
    assert "Stylus max adapters: 1" in processed.infotexts[1]
    assert "Stylus max adapters: 2" in processed.infotexts[2]
    assert [len(t) for t in loaded(zoo.generate("a fox in the snow")[1])] == [2]  # nothing is left behind


def test_axis_of_the_switch(zoo):
    processed = plot(zoo, "[Stylus] Enable", "False, True", first=False)
    assert [len(x) for x in loaded(processed)] == [0, 2]
    assert "Stylus" not in processed.infotexts[0]


def test_axes_are_added_once(zoo):
    zoo.callbacks.call("before_ui")
    module = next(d.module for d in zoo.scripts.scripts_data if d.module.__name__ == "xyz_grid.py")
    labels = [a.label for a in module.axis_options]
    assert len(labels) == len(set(labels))
