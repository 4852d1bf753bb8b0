"""The base of the loaded MODEL is the filter: what is made for another is not picked."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from stylus_comfyui import host
from stylus_core.base_models import CHECKPOINTS
from tests.comfyui.fakes import PatchedObject
from tests.comfyui.graphs import add_lora, given, pick, picture

#: Every class of ComfyUI 0.3.64's `supported_models`, and those of later ones that the note on ComfyUI names.
CLASSES = {
    "sd1": "SD15 SD15_instructpix2pix Stable_Zero123",
    "sd2": "SD20 SD21UnclipL SD21UnclipH LotusD SD_X4Upscaler",
    "sdxl": "SDXL SDXL_instructpix2pix SSD1B Segmind_Vega KOALA_700M KOALA_1B",
    "sd3": "SD3",
    "flux": "Flux FluxInpaint FluxSchnell",
    "pixart": "PixArtAlpha PixArtSigma",
    "hunyuan-dit": "HunyuanDiT HunyuanDiT1",
    "cascade": "Stable_Cascade_C Stable_Cascade_B",
    "auraflow": "AuraFlow",
    "mochi": "GenmoMochi",
    "ltx": "LTXV LTXAV",
    "hunyuan-video": "HunyuanVideo HunyuanVideoI2V HunyuanVideoSkyreelsI2V",
    "hunyuan-image": "HunyuanImage21 HunyuanImage21Refiner",
    "lumina2": "Lumina2",
    "wan": "WAN21_T2V WAN21_I2V WAN21_FunControl2V WAN21_Vace WAN21_Camera WAN21_HuMo "
    "WAN22_T2V WAN22_Camera WAN22_S2V WAN22_Animate",
    "hidream": "HiDream",
    "chroma": "Chroma ChromaRadiance",
    "qwen-image": "QwenImage",
    "flux2": "Flux2",
    "z-image": "ZImage",
    "anima": "Anima",
    "krea-2": "Krea2",
    "other": "SDXLRefiner SVD_img2vid SV3D_u SV3D_p StableAudio CosmosT2V CosmosI2V CosmosT2IPredict2 "
    "CosmosI2VPredict2 Hunyuan3Dv2 Hunyuan3Dv2_1 Hunyuan3Dv2mini ACEStep Omnigen2 NobodyKnowsIt",
}
#: Their classes inherit from these, as in ComfyUI: the more special name tells.
PARENTS = {
    "SD15_instructpix2pix": "SD15",
    "SSD1B": "SDXL",
    "Segmind_Vega": "SDXL",
    "KOALA_700M": "SDXL",
    "KOALA_1B": "SDXL",
    "SDXL_instructpix2pix": "SDXL",
    "LotusD": "SD20",
    "SD_X4Upscaler": "SD20",
    "SV3D_u": "SVD_img2vid",
    "PixArtSigma": "PixArtAlpha",
    "HunyuanImage21": "HunyuanVideo",
    "HunyuanImage21Refiner": "HunyuanVideo",
    "ChromaRadiance": "Chroma",
    "ZImage": "Lumina2",
    "CosmosT2IPredict2": "BASE",
}


def model(name, tensors=None):
    made = PatchedObject(name, tensors)
    if name in PARENTS:
        made.model.model_config = type(name, (type(PARENTS[name], (), {}),), {})()
    return made


@pytest.mark.parametrize(("base", "name"), [(b, n) for b, listed in CLASSES.items() for n in listed.split()])
def test_the_class_of_a_model_tells_its_base(base, name):
    assert host.architecture(model(name)) == base
    assert base in CHECKPOINTS


def wrapped(config):
    made = PatchedObject()
    made.model.model_config = config
    return made


@pytest.mark.parametrize("odd", [None, object(), 7, "SD15", wrapped(None), wrapped(7), wrapped({"SD15": 1})])
def test_what_is_no_model_tells_nothing(odd):
    assert host.architecture(odd) == "any"


def test_a_model_that_cannot_be_looked_into_still_tells_its_base():
    made = model("WAN21_T2V")
    del made.model.diffusion_model
    assert host.architecture(made) == "wan"


def test_an_object_that_raises_when_it_is_looked_into_tells_nothing(told):
    class OtherPacksModel:
        @property
        def model(self):
            raise RuntimeError("it is not loaded yet")

    told.given["model"] = OtherPacksModel()
    run = told.post({**pick("a kite", model=["2", 0]), "2": given("model")})
    assert run.failed is None and [name for name, *_ in run.outputs["1"][1]] == ["a/kite.safetensors"]


def test_a_model_that_nothing_can_be_kept_for_still_tells_its_base():
    made = model("Flux")
    made.model = SimpleNamespace(model_config=made.model.model_config)  # which cannot be hashed
    assert [host.architecture(made), host.architecture(made)] == ["flux", "flux"]


def test_a_size_is_told_by_the_tensors():
    tensors = {"patch_embedding.weight": (1536, 16, 1, 2, 2), "blocks.0.self_attn.q.weight": (1536, 1536)}
    assert host.architecture(model("WAN21_T2V", tensors)) == "wan-1.3b"


def test_what_is_made_for_another_base_is_not_picked(comfy):
    add_lora(comfy.loras / "kite.safetensors", "Paper Kite", "paper kite", base="SD 1.5")
    comfy.ready()
    comfy.models["xl.safetensors"] = PatchedObject("SDXL")
    comfy.models["odd.safetensors"] = PatchedObject("NobodyKnowsIt")
    found = {}
    for checkpoint in ("v1.safetensors", "xl.safetensors", "odd.safetensors"):
        graph = picture("a paper kite")
        graph["4"]["inputs"]["ckpt_name"] = checkpoint
        run = comfy.post(graph)
        found[checkpoint] = len(run.outputs["1"][1])
        assert run.failed is None
    assert found == {"v1.safetensors": 1, "xl.safetensors": 0, "odd.safetensors": 0}


def test_a_base_that_was_chosen_wins_over_the_models(told):
    graph = picture("a kite", options=["3", 0])
    graph["3"] = {"class_type": "StylusOptions", "inputs": {"architecture": "sdxl"}}
    told.post(graph)
    assert told.core.asked[-1][1].architecture == "sdxl"
    told.post(picture("a kite"))
    assert told.core.asked[-1][1].architecture == "sd1"


@pytest.mark.parametrize(
    ("checkpoint", "family"),
    [
        ("ponyDiffusionV6XL.safetensors", "pony"),
        ("sub\\Illustrious-XL-v1.0.safetensors", "illustrious"),
        ("x.sft", "any"),
    ],
)
def test_a_family_is_told_by_the_name_of_the_checkpoint(told, checkpoint, family):
    graph = picture("a kite")
    graph["4"]["inputs"]["ckpt_name"] = checkpoint
    graph["1"]["inputs"]["model"] = ["5", 0]
    graph["5"] = {  # any node between the two
        "class_type": "StylusApply",
        "inputs": {"model": ["4", 0], "lora_stack": ["8", 0]},
    }
    graph["8"] = {"class_type": "Given", "inputs": {"key": "none"}}
    told.given["none"] = None
    told.post(graph)
    assert told.core.asked[-1][1].family == family
