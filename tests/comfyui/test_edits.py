"""What the user did to the picks of a node: frozen, pinned, removed, weighed, banned; and the variants of a batch."""

from __future__ import annotations

import pytest

from stylus_core import LibraryError
from stylus_core.types import Selection
from tests.comfyui.graphs import collection, pick, picture, state
from tests.host.fake import safetensors

KITE, INK, FOX = "a/kite.safetensors", "a/ink.safetensors", "a/fox.safetensors"


def shown(run, node="1"):
    return run.shown(node)["stylus"][0]


def names(run, node="1"):
    return [p["name"] for p in shown(run, node)["picks"]]


def frozen(**more):
    return {"name": INK, "weight": 0.6, "keyword": "ink drawing", "trigger_words": ["ink"], "title": "Ink", **more}


def test_frozen_picks_alone_need_no_library(comfy):
    collection(comfy.loras)  # and nothing is read
    entry = {"name": "orla_fenwick.safetensors", "weight": 0.5, "clip_weight": 0.2, "trigger_words": ["grey shawl"]}
    run = comfy.post(picture("orla by the sea", picks_state=state(frozen=[entry], only_frozen=True)))
    assert run.outputs["1"][0] == "orla by the sea, grey shawl"
    assert run.outputs["1"][1] == [("orla_fenwick.safetensors", 0.5, 0.2)]
    assert shown(run)["frozen"] is True and shown(run)["picture"] is False and shown(run)["decided"] is True
    assert shown(run)["picks"][0]["frozen"] is True and shown(run)["notes"] == []
    assert comfy.asked == [] and comfy.service.state.status == "waiting"


def test_frozen_picks_alone_are_not_run_again_by_the_library(told):
    graph = pick("a kite", picks_state=state(frozen=[frozen()], only_frozen=True))
    assert names(told.post(graph)) == [INK]
    told.core.edits.append(lambda: None)
    assert told.post(graph).ran == []
    assert told.core.asked == []


def test_a_frozen_pick_stays_and_others_are_chosen_beside_it(told):
    run = told.post(pick("a kite", picks_state=state(frozen=[frozen()])))
    assert names(run) == [INK, KITE]
    assert [p["frozen"] for p in shown(run)["picks"]] == [True, False]
    assert run.outputs["1"][1][0] == (INK, 0.6, 0.6)


def test_a_frozen_pick_is_not_doubled(comfy):
    collection(comfy.loras)
    comfy.ready()
    kite = {"name": "objects/paper_kite_v2.safetensors", "weight": 0.3}
    run = comfy.post(pick("a paper kite", picks_state=state(frozen=[kite])))
    assert run.outputs["1"][1] == [("objects/paper_kite_v2.safetensors", 0.3, 0.3)]
    tagged = comfy.post(pick("a kite <lora:paper_kite_v2:0.9>", picks_state=state(frozen=[kite], only_frozen=True)))
    assert tagged.outputs["1"][1] == [("objects/paper_kite_v2.safetensors", 0.9, 0.9)]


def test_a_frozen_pick_that_is_gone_is_told(told):
    run = told.post(pick("a kite", picks_state=state(frozen=[frozen(name="a/gone.safetensors")], only_frozen=True)))
    assert names(run) == [] and "'Ink' is left out" in shown(run)["notes"][0]


def test_a_pictures_picks_hold_for_its_prompt_alone(told):
    kept = state(frozen=[frozen()], only_frozen=True, picture=True, prompt="a kite, at dawn")
    same = told.post(pick("a kite,  at dawn", picks_state=kept))
    assert names(same) == [INK] and shown(same)["picture"] is True and told.core.asked == []
    other = told.post(pick("a fox", picks_state=kept))
    assert names(other) == [FOX] and shown(other)["picture"] is shown(other)["frozen"] is False
    assert "not the picture's any more" in shown(other)["notes"][0] and shown(same)["notes"] == []


@pytest.mark.parametrize("prompt", ["a kite, at dawn", "a fox with a kite"])
def test_what_was_removed_stays_out_while_its_words_stand(told, prompt):
    run = told.post(pick(prompt, picks_state=state(prompt="a kite, at dawn", removed={KITE: ["kite"]})))
    assert KITE not in names(run) and [p["name"] for p in shown(run)["left_out"]] == [KITE]


def test_what_was_removed_for_other_words_comes_back(told):
    kept = state(prompt="a paper dragon", removed={KITE: ["paper dragon"]}, weights={KITE: {"weight": 0.1}})
    run = told.post(pick("a kite", picks_state=kept))
    assert run.outputs["1"][1] == [(KITE, 0.8, 0.8)]


def test_a_weight_of_the_users_own_is_taken_and_clip_goes_with_it(told):
    owl = safetensors(told.loras / "a" / "owl.safetensors")
    told.core.add("a/owl.safetensors", "owl", file=owl, clip_weight=0.4)
    weights = {KITE: {"weight": 0.25, "words": ["kite"]}, "a/owl.safetensors": {"weight": 0.4, "words": ["owl"]}}
    run = told.post(pick("an owl, a kite", picks_state=state(prompt="an owl, a kite", weights=weights)))
    assert run.outputs["1"][1] == [(KITE, 0.25, 0.25), ("a/owl.safetensors", 0.4, 0.2)]


def test_pinned_and_banned_reach_the_core(told):
    run = told.post(pick("a kite", picks_state=state(pinned=[FOX, INK], banned=[KITE, INK])))
    assert names(run) == [FOX]
    assert [p["pinned"] for p in shown(run)["picks"]] == [True]
    (_, options), *_ = told.core.asked
    assert options.pinned == (FOX,) and options.banned == (KITE, INK)


def test_pins_of_the_node_and_of_the_options_come_together(told):
    graph = pick("a kite", picks_state=state(pinned=[FOX]), options=["2", 0])
    graph["2"] = {"class_type": "StylusOptions", "inputs": {"pinned": f"{INK}\n\n {FOX} ", "banned": KITE}}
    assert sorted(names(told.post(graph))) == [FOX, INK]


def test_bans_and_pins_hold_by_path_in_the_real_core(comfy):
    collection(comfy.loras)
    comfy.ready()
    run = comfy.post(pick("a paper kite", picks_state=state(banned=["objects/paper_kite_v2.safetensors"])))
    assert names(run) == []
    pinned = comfy.post(pick("a paper kite", picks_state=state(pinned=["styles/gouache_v1.safetensors"])))
    assert sorted(names(pinned)) == ["objects/paper_kite_v2.safetensors", "styles/gouache_v1.safetensors"]


# -- variants ----------------------------------------------------------------------------------------------------------


def seeds(comfy, count=8, **inputs):
    prompt = inputs.pop("prompt", "a fox with a kite, ink drawing")
    runs = [comfy.post(pick(prompt, variant_seed=n, **inputs)) for n in range(count)]
    return [frozenset(e[0] for e in run.outputs["1"][1]) for run in runs]


def test_successive_seeds_go_through_all_subsets(told):
    found = seeds(told, 16, variants="one-hot per adapter")
    assert len(set(found[:8])) == 8 and found[:8] == found[8:]
    assert set(found) >= {frozenset(), frozenset([KITE]), frozenset([KITE, INK, FOX])}


def test_all_is_all_for_every_seed(told):
    assert set(seeds(told, 3)) == {frozenset([KITE, INK, FOX])}


def test_what_is_frozen_comes_with_each_variant(told):
    found = seeds(told, prompt="a kite, a fox", variants="one-hot per adapter", picks_state=state(frozen=[frozen()]))
    assert all(INK in names for names in found) and len(set(found)) == 4


def test_a_variants_picture_repeats_the_variant(told):
    """What came with a picture was a subset already."""
    graph = pick("a fox with a kite, ink drawing", variants="one-hot per adapter", variant_seed=5)
    kept = told.post(graph).outputs["1"][1]
    assert 0 < len(kept) < 3
    picks = [{"name": name, "weight": weight} for name, weight, _ in kept]
    again = state(frozen=picks, only_frozen=True, picture=True, prompt="a fox with a kite, ink drawing")
    for seed in range(4):
        graph["1"]["inputs"] |= {"picks_state": again, "variant_seed": seed}
        assert told.post(graph).outputs["1"][1] == kept


def test_a_failed_core_leaves_what_is_frozen(told):
    told.core.answers.append(LibraryError("the disk is full"))
    run = told.post(pick("a kite", picks_state=state(frozen=[frozen(), frozen(name="gone.safetensors", title="Gone")])))
    assert run.outputs["1"][:2] == ["a kite, ink", [(INK, 0.6, 0.6)]]
    assert shown(run)["picks"][0]["frozen"] is True and shown(run)["decided"] is False
    assert any("'Gone' is left out" in note for note in shown(run)["notes"])
    assert any("The disk is full." in note for note in shown(run)["notes"])


def test_what_the_user_froze_outlasts_the_prompt_of_a_picture(told):
    told.core.answers += [Selection("a fox", "a fox", with_trigger_words="a fox")]
    picked = [frozen(), {"name": KITE, "weight": 0.7, "keyword": "kite"}]
    came = state(frozen=picked, only_frozen=True, picture=True, kept=[INK], prompt="a kite, ink drawing")
    repeated = told.post(pick("a kite, ink drawing", picks_state=came))
    assert [e[0] for e in repeated.outputs["1"][1]] == [INK, KITE]
    another = told.post(pick("a fox", picks_state=came))
    assert [e[0] for e in another.outputs["1"][1]] == [INK]


def test_what_is_frozen_takes_nobodys_place(told):
    told.post(pick("a kite", max_adapters=1, picks_state=state(frozen=[frozen()])))
    assert told.core.asked[-1][1].max_adapters == 2
