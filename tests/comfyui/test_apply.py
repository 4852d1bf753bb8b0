"""`Stylus: apply` and `Stylus: pick and apply` go through ComfyUI's own loader."""

from __future__ import annotations

import pytest

from stylus_comfyui.nodes import StylusApply
from tests.comfyui.fakes import PatchedObject
from tests.comfyui.graphs import add_lora, given, pick, picture
from tests.host.fake import safetensors

KITE, INK, FOX = "a/kite.safetensors", "a/ink.safetensors", "a/fox.safetensors"


def applied(comfy, stack, clip=True, **inputs):
    key = str(len(comfy.given))  # the node that gives it is cached by that
    comfy.given[key] = stack
    graph = picture("night")
    del graph["1"]
    graph["2"] = given(key)
    graph["7"]["inputs"]["positive"] = "night"
    graph["6"]["inputs"] |= {"lora_stack": ["2", 0], **inputs}
    if not clip:
        del graph["6"]["inputs"]["clip"]
    run = comfy.post(graph)
    assert run.failed is None and not run.errors
    return run.outputs["6"]


def test_model_and_clip_have_strengths_of_their_own(told):
    model, clip = applied(told, [(KITE, 0.8, 0.3), (INK, -0.5, 0.0)])
    assert model.loras == ((KITE, 0.8), (INK, -0.5))
    assert clip.loras == ((KITE, 0.3), (INK, 0.0))


def test_without_a_clip_the_model_alone_is_changed(told):
    model, clip = applied(told, [(KITE, 0.8, 0.3)], clip=False)
    assert model.loras == ((KITE, 0.8),) and clip is None


def test_no_weight_is_nothing(told):
    model, _ = applied(told, [(KITE, 0, 0), (INK, 1, 1)])
    assert model.loras == ((INK, 1.0),)


def test_an_empty_stack_hands_on_what_came(told):
    model, clip = applied(told, [])
    assert model.loras == clip.loras == () and model is told.models["v1.safetensors"]


def test_a_file_that_fails_is_left_out_and_the_log_says_so(told, caplog):
    told.nodes.broken.add(KITE)
    model, clip = applied(told, [(KITE, 1, 1), ("gone.safetensors", 1, 1), (INK, 0.5, 0.5)])
    assert model.loras == clip.loras == ((INK, 0.5),)
    assert "kite.safetensors' could not be applied" in caplog.text
    assert "gone.safetensors' could not be applied" in caplog.text


def test_a_cancel_of_the_user_ends_it(told, monkeypatch):
    class InterruptProcessingException(Exception):
        pass

    def load_lora(*given):
        raise InterruptProcessingException

    monkeypatch.setattr(told.nodes.LoraLoader, "load_lora", load_lora)
    with pytest.raises(InterruptProcessingException):
        StylusApply().apply(told.models.get("v1"), [(KITE, 1, 1)])


def test_a_file_that_stays_is_not_read_again(told):
    applied(told, [(KITE, 1, 1), (INK, 1, 1)])
    applied(told, [(INK, 0.4, 0.4), (FOX, 1, 1), (KITE, 0.2, 0.2)])
    assert told.nodes.read == [KITE, INK, FOX]
    applied(told, [(FOX, 1, 1)])
    applied(told, [(KITE, 1, 1)])  # what is not in the stack is not kept in memory
    assert told.nodes.read == [KITE, INK, FOX, KITE]


@pytest.mark.parametrize(
    ("part", "names"),
    [("whole", ["high", "low", "fox"]), ("high noise", ["high", "fox"]), ("low noise", ["low", "fox"])],
)
def test_a_part_of_a_model_gets_its_own_file_of_a_pair(told, part, names):
    for name in ("high", "low"):
        told.core.add(f"{name}.safetensors", name, file=safetensors(told.loras / f"{name}.safetensors"))
    told.core.pair("high.safetensors", "low.safetensors")
    model, _ = applied(told, [("high.safetensors", 1, 1), ("low.safetensors", 1, 1), (FOX, 1, 1)], part=part)
    assert [name.rpartition("/")[2].partition(".")[0] for name, _ in model.loras] == names


def test_a_part_needs_no_library(told, installed):
    comfy = installed(told.core)  # nothing is read here
    model, _ = applied(comfy, [(FOX, 1, 1)], part="high noise")
    assert model.loras == ((FOX, 1.0),)


def test_pick_and_apply_does_both(told):
    told.nodes.broken.add(INK)
    node = told.nodes.NODE_CLASS_MAPPINGS["StylusPickAndApply"]()
    answer = node.pick_and_apply(PatchedObject(), PatchedObject(), prompt="a kite, ink drawing, a fox")
    model, clip, prompt, stack, text, *_ = answer["result"]
    assert model.loras == clip.loras == ((KITE, 0.8), (FOX, 0.8))
    assert prompt == "a kite, ink drawing, a fox" and len(stack) == 3 and text.count("<lora:") == 3
    assert "ink.safetensors' could not be applied" in answer["ui"]["stylus"][0]["notes"][0]


WAN = {
    "diffusion_model.blocks.0.cross_attn.k.lora_A.weight": (4, 512),
    "diffusion_model.blocks.0.cross_attn.k.lora_B.weight": (512, 4),
}


@pytest.fixture
def wan(comfy):
    """The two files of one LoRA, each for a part of the model."""
    for part in ("high", "low"):
        path = comfy.loras / "wan" / f"kite_{part}_noise.safetensors"
        add_lora(path, "Paper Kite", "paper kite", base="Wan 2.2", images=[], tensors=WAN)
    return comfy.ready()


@pytest.mark.parametrize("part", ["high", "low"])
def test_of_a_pair_that_was_picked_each_part_gets_its_own(wan, part):
    graph = pick("a paper kite above the dunes")
    stack = wan.post(graph).outputs["1"][1]
    assert [name for name, _, _ in stack] == [f"wan/kite_{p}_noise.safetensors" for p in ("high", "low")]
    model, _ = applied(wan, stack, part=f"{part} noise")
    assert [name for name, _ in model.loras] == [f"wan/kite_{part}_noise.safetensors"]


def test_pick_and_apply_has_one_model_so_no_pair_is_picked(wan):
    node = wan.nodes.NODE_CLASS_MAPPINGS["StylusPickAndApply"]()
    answer = node.pick_and_apply(PatchedObject("WAN22_T2V"), None, prompt="a paper kite above the dunes")
    assert answer["result"][3] == [] and answer["result"][0].loras == ()
    assert "'Stylus: apply' for each part" in " ".join(answer["ui"]["stylus"][0]["notes"])
