"""What each program writes, read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stylus_core.generation_data import AdapterUse, GenerationData, read_generation_data
from tests.generation_data import writers
from tests.generation_data.test_containers import read


def texts(folder: Path, **given: Any) -> GenerationData:
    """Of a PNG with these texts."""
    found = read(
        folder,
        writers.png_texts({k: v if isinstance(v, str) else json.dumps(v) for k, v in given.items()}),
    )
    assert found is not None
    return found


def infotext(folder: Path, prompt: str, fields: str = "") -> GenerationData:
    return texts(folder, parameters=f"{prompt}\nNegative prompt: bad\nSteps: 20, Sampler: Euler, Seed: 1{fields}")


# -- infotexts ---------------------------------------------------------------------------------------------------------


def test_tags_of_all_kinds(tmp_path: Path) -> None:
    found = infotext(tmp_path, "a <lora:x:0.5> b <lyco:y:te=0.2:unet=0.9> <hypernet:z:1> <lora:off:0>\n\nthird line")
    assert found.tool == "webui"
    assert found.adapters == (AdapterUse("x", 0.5), AdapterUse("y", 0.9, 0.2))
    assert found.prompt.endswith("third line")


def test_a_name_with_commas_keeps_its_hash(tmp_path: Path) -> None:
    found = infotext(tmp_path, "a <lora:x, y:0.5>", ', Lora hashes: "q: 0011223344aa, x, y: AABBCCDDEEFF"')
    assert AdapterUse("x, y", 0.5, None, "aabbccddeeff") in found.adapters


def test_our_own_picks_and_the_prompt_before_them(tmp_path: Path) -> None:
    fields = ', Stylus enabled: True, Stylus prompt: "a fox, <lora:mine:0.4>", Stylus picks: "ours:0.7, gone:0.5:0.6"'
    found = infotext(tmp_path, "a red fox, <lora:mine:0.4>, <lora:ours:0.9>", fields)
    assert found.prompt == "a fox, <lora:mine:0.4>"
    assert found.adapters == (AdapterUse("mine", 0.4), AdapterUse("ours", 0.9, picked=True))


def test_hires_prompt_and_lines_behind_the_parameters(tmp_path: Path) -> None:
    found = infotext(tmp_path, "a <lora:x:0.5>", ', Hires prompt: "b, <lora:x:0.9> <lora:y:1>"\nTemplate: {a|b}, c: d')
    assert found.prompt == "a <lora:x:0.5>"
    assert found.adapters == (AdapterUse("x", 0.5), AdapterUse("y"))


def test_the_hashes_that_the_civitai_helper_writes(tmp_path: Path) -> None:
    found = infotext(tmp_path, "a <lora:x:0.5>", ', Hashes: {"model": "1122334455", "lora:x": "0123456789"}, Model: m')
    assert found.adapters == (AdapterUse("x", 0.5, None, "0123456789"),)
    assert found.checkpoint == "m"


def test_civitai(tmp_path: Path) -> None:
    resources = [
        {"type": "checkpoint", "modelVersionId": 1, "modelName": "Moor"},
        {"type": "lora", "weight": 0.8, "modelVersionId": 77, "modelName": "Ink, wash"},
    ]
    fields = f", Created Date: 2024-05-01T10:00:00.1234567Z, Civitai resources: {json.dumps(resources)}"
    found = infotext(tmp_path, "a mill", fields + ", Civitai metadata: {}")
    assert found.tool == "civitai"
    assert found.adapters == (AdapterUse("Ink, wash", 0.8, None, "", 77),)
    assert found.checkpoint == "Moor"
    assert found.made_at == 1714557600


def test_sdnext_names_its_networks(tmp_path: Path) -> None:
    found = infotext(tmp_path, "a mill", ', App: SD.Next, LoRA networks: "ink:0.7, wash"')
    assert found.adapters == (AdapterUse("ink", 0.7), AdapterUse("wash"))

    found = infotext(
        tmp_path, "a <lora:ink:0.7>", ', LoRA networks: "ink, b", LoRA hashes: "0123456789ab, aabbccddeeff"'
    )
    assert found.adapters == (AdapterUse("ink", 0.7, None, "0123456789ab"), AdapterUse("b", 1, None, "aabbccddeeff"))


@pytest.mark.parametrize("prompt", ["{cat|dog} by a lake", "[fox:owl:0.5] by a lake", "a: b, Steps: 3 of wood"])
def test_a_prompt_may_begin_with_anything(tmp_path: Path, prompt: str) -> None:
    assert infotext(tmp_path, prompt).prompt == prompt


def test_a_weight_beyond_sense_is_none(tmp_path: Path) -> None:
    assert infotext(tmp_path, "a <lora:x:5000> <lora:y:-1.5> <lora:z:nan>").adapters == (
        AdapterUse("y", -1.5),
        AdapterUse("z"),
    )


def test_additional_networks(tmp_path: Path) -> None:
    fields = ", AddNet Enabled: True, AddNet Module 1: LoRA, AddNet Model 1: ink(0a1b2c3d4e5f), AddNet Weight A 1: 0.6"
    assert infotext(tmp_path, "a mill", fields + ", AddNet Weight B 1: 0.5").adapters == (AdapterUse("ink", 0.6, 0.5),)


# -- the others --------------------------------------------------------------------------------------------------------


def test_fooocus_in_both_schemes(tmp_path: Path) -> None:
    data = {
        "prompt": "a fox",
        "negative_prompt": "bad",
        "full_prompt": ["a fox, cinematic"],
        "base_model": "moor",
        "loras": [["ink", 0.7, "a" * 64], ["None", 1, ""]],
        "lora_combined_1": "ink : 0.7",
    }
    found = texts(tmp_path, parameters=data, fooocus_scheme="fooocus")
    assert (found.tool, found.prompt, found.checkpoint) == ("fooocus", "a fox", "moor")
    assert found.adapters == (AdapterUse("ink", 0.7, None, "a" * 64),)
    fields = (
        ', Raw prompt: "a fox, b", Lora hashes: "ink: 0123456789", Lora weights: "ink: 0.7", Version: Fooocus v2.5.0'
    )
    found = infotext(tmp_path, "a fox, b, cinematic", fields)
    assert (found.tool, found.prompt) == ("fooocus", "a fox, b")
    assert found.adapters == (AdapterUse("ink", 0.7, None, "0123456789"),)


def test_fooocus_as_it_was(tmp_path: Path) -> None:
    data = {
        "Prompt": "a fox",
        "Base Model": "moor.safetensors",
        "LoRA [ink.safetensors] weight": 0.5,
        "LoRA 2": "b : 0.25",
    }
    assert texts(tmp_path, Comment=data).adapters == (AdapterUse("ink.safetensors", 0.5), AdapterUse("b", 0.25))


def test_invokeai_in_all_ages(tmp_path: Path) -> None:
    data = {
        "positive_prompt": "a fox",
        "negative_prompt": "bad",
        "model": {"name": "moor", "hash": "blake3:12"},
        "loras": [
            {"model": {"name": "ink", "hash": "blake3:ab"}, "weight": 0.7},
            {"lora": {"model_name": "b"}, "weight": -1},
        ],
    }
    found = texts(tmp_path, invokeai_metadata=data)
    assert (found.tool, found.prompt, found.negative_prompt, found.checkpoint) == ("invokeai", "a fox", "bad", "moor")
    assert found.adapters == (AdapterUse("ink", 0.7), AdapterUse("b", -1))
    old = {"model_weights": "moor", "image": {"prompt": [{"prompt": "a fox [bad] withLora(ink,0.6)", "weight": 1}]}}
    found = texts(tmp_path, **{"sd-metadata": old})
    assert found.adapters == (AdapterUse("ink", 0.6),)
    assert found.negative_prompt == "bad"
    assert texts(tmp_path, Dream='"a fox withLora(ink)" -s 50 -S 1').adapters == (AdapterUse("ink", 0.75),)


def test_swarmui(tmp_path: Path) -> None:
    data = {
        "sui_image_params": {
            "prompt": "a red fox",
            "original_prompt": "a <random:red,blue> fox",
            "negativeprompt": "bad",
            "model": "folder/moor.safetensors",
            "loras": ["styles/ink", "b"],
            "loraweights": ["0.7", "1"],
        },
        "sui_extra_data": {"date": "2024-05-01"},
        "sui_models": [{"name": "styles/ink.safetensors", "param": "loras", "hash": "0x" + "b" * 64}],
    }
    found = texts(tmp_path, parameters=data)
    assert (found.tool, found.prompt, found.checkpoint) == ("swarmui", "a <random:red,blue> fox", "moor")
    assert found.adapters == (AdapterUse("styles/ink", 0.7, None, "b" * 64), AdapterUse("b"))
    assert found.made_at is not None
    jpeg = writers.jpeg_exif(writers.comment(b"UNICODE\0" + json.dumps(data).encode("utf-16-le")))
    assert read(tmp_path, jpeg) == found


# -- ComfyUI -----------------------------------------------------------------------------------------------------------


def node(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs}


def graph(**more: Any) -> dict[str, Any]:
    """Checkpoint, texts, sampler, picture; more nodes come in between, or in place of them."""
    base = {
        "1": node("CheckpointLoaderSimple", ckpt_name="moor_v1.safetensors"),
        "2": node("CLIPTextEncode", text="a fox", clip=["1", 1]),
        "3": node("CLIPTextEncode", text="bad", clip=["1", 1]),
        "5": node("KSampler", model=["1", 0], positive=["2", 0], negative=["3", 0], latent_image=["4", 0], seed=1),
        "4": node("EmptyLatentImage", width=8, height=8),
        "6": node("VAEDecode", samples=["5", 0], vae=["1", 2]),
        "7": node("SaveImage", images=["6", 0], filename_prefix="pic"),
    }
    return base | {k.lstrip("n"): v for k, v in more.items()}


def sampler(model: str = "10", positive: str = "2", negative: str = "3") -> dict[str, Any]:
    return node("KSampler", model=[model, 0], positive=[positive, 0], negative=[negative, 0], latent_image=["4", 0])


ROW = {"name": "c", "strength": 0.5, "clipStrength": 0.3, "active": True}
LOADERS: dict[str, tuple[dict[str, Any], list[tuple[str, float, float | None]]]] = {
    "LoraLoader": (
        {"lora_name": "s/a.safetensors", "strength_model": 0.7, "strength_clip": 0.5},
        [("s/a.safetensors", 0.7, 0.5)],
    ),
    "LoraLoaderModelOnly": (
        {"lora_name": "a.safetensors", "strength_model": 0.7},
        [("a.safetensors", 0.7, None)],
    ),
    "Power Lora Loader (rgthree)": (
        {
            "lora_1": {"on": True, "lora": "a", "strength": 0.5, "strengthTwo": 0.2},
            "lora_2": {"on": False, "lora": "b", "strength": 1},
        },
        [("a", 0.5, 0.2)],
    ),
    "Lora Loader Stack (rgthree)": (
        {"lora_01": "a", "strength_01": 0.6, "lora_02": "None", "strength_02": 1},
        [("a", 0.6, None)],
    ),
    "CR LoRA Stack": (
        {"switch_1": "On", "lora_name_1": "a", "model_weight_1": 0.8, "clip_weight_1": 0.4}
        | {"switch_2": "Off", "lora_name_2": "b", "model_weight_2": 1, "clip_weight_2": 1},
        [("a", 0.8, 0.4)],
    ),
    "LoRA Stacker": (
        {"input_mode": "simple", "lora_count": 1, "lora_name_1": "a", "lora_wt_1": 0.9, "model_str_1": 1}
        | {"lora_name_2": "b", "lora_wt_2": 1},
        [("a", 0.9, None)],
    ),
    "easy loraStack": (
        {"toggle": True, "mode": "advanced", "num_loras": 1, "lora_1_name": "a", "lora_1_strength": 0.9}
        | {"lora_1_model_strength": 0.4, "lora_1_clip_strength": 0.2, "lora_2_name": "b", "lora_2_strength": 1},
        [("a", 0.4, 0.2)],
    ),
    "easy loraStack that is off": (
        {"toggle": False, "mode": "simple", "num_loras": 1, "lora_1_name": "a", "lora_1_strength": 0.9},
        [],
    ),
    "Lora Loader (LoraManager)": (
        {"text": "<lora:c:1>", "loras": {"__value__": [ROW, ROW | {"name": "d", "active": False}]}},
        [("c", 0.5, 0.3)],
    ),
    "LoRA Text Loader (LoraManager)": (
        {"lora_syntax": "<lora:a:0.75> <lora:b:0.5:0.25>"},
        [("a", 0.75, None), ("b", 0.5, 0.25)],  # the model first, other than in a WebUI
    ),
}


@pytest.mark.parametrize("kind", LOADERS)
def test_loras_on_the_way_count_and_no_others(tmp_path: Path, kind: str) -> None:
    inputs, wanted = LOADERS[kind]
    nodes = graph(
        n10=node(kind, model=["1", 0], **inputs),
        n5=sampler(),
        n11=node("LoraLoader", lora_name="unused", strength_model=1, strength_clip=1, model=["1", 0]),
    )
    found = texts(tmp_path, prompt=nodes)
    assert [(a.name, a.weight, a.clip_weight) for a in found.adapters] == wanted
    assert (found.tool, found.prompt, found.negative_prompt, found.checkpoint) == ("comfyui", "a fox", "bad", "moor_v1")


@pytest.mark.parametrize(
    ("more", "prompt"),
    [
        ({"n2": node("CLIPTextEncode", text=["20", 0]), "n20": node("PrimitiveString", value="an owl")}, "an owl"),
        (
            {
                "n2": node("CLIPTextEncode", text=["20", 0]),
                "n20": node("StringConcatenate", string_a=["21", 0], string_b="mist", delimiter=" in "),
                "n21": node("Text Multiline", text="a mill"),
            },
            "a mill in mist",
        ),
        ({"n2": node("CLIPTextEncodeFlux", clip_l="a fox", t5xxl="a fox", guidance=3.5)}, "a fox"),
        ({"n2": node("CLIPTextEncodeSDXL", text_g="a moor", text_l="fog", width=8)}, "a moor, fog"),
        (
            {
                "n5": sampler("1", "20"),
                "n20": node("ConditioningCombine", conditioning_1=["2", 0], conditioning_2=["21", 0]),
                "n21": node("CLIPTextEncode", text="at night"),
            },
            "a fox, at night",
        ),
        (
            {
                "n5": sampler("1", "20"),
                "n20": node("FluxGuidance", conditioning=["21", 0]),
                "n21": node("Reroute", **{"": ["2", 0]}),
            },
            "a fox",
        ),
        (
            {
                "n5": node("KSampler", model=["1", 0], positive=["20", 0], negative=["20", 1], latent_image=["4", 0]),
                "n20": node("ControlNetApplyAdvanced", positive=["2", 0], negative=["3", 0], control_net=["8", 0]),
            },
            "a fox",
        ),
        (
            {
                "n5": node("SamplerCustomAdvanced", guider=["20", 0], latent_image=["4", 0]),
                "n20": node("CFGGuider", model=["1", 0], positive=["2", 0], negative=["3", 0]),
            },
            "a fox",
        ),
        (
            {
                "n5": node("KSampler (Efficient)", model=["20", 0], positive=["20", 1], negative=["20", 2]),
                "n20": node("Efficient Loader", positive="a boat", negative="bad", ckpt_name="moor_v1.safetensors"),
            },
            "a boat",
        ),
        (
            {
                "n5": node("easy kSampler", pipe=["20", 0]),
                "n20": node("easy preSampling", pipe=["21", 0]),
                "n21": node("easy fullLoader", positive="a boat", negative="bad", ckpt_name="moor_v1.safetensors"),
            },
            "a boat",
        ),
        ({"n2": node("ImpactWildcardEncode", wildcard_text="{a|b} owl", populated_text="a owl")}, "a owl"),
    ],
)  # fmt: skip
def test_the_text_that_reaches_the_sampler(tmp_path: Path, more: dict[str, Any], prompt: str) -> None:
    found = texts(tmp_path, prompt=graph(**more))
    assert found.prompt == prompt
    assert found.negative_prompt == "bad"


def test_our_own_nodes_tell_their_picks_and_what_was_typed(tmp_path: Path) -> None:
    nodes = graph(
        n2=node("CLIPTextEncode", text=["10", 2]),
        n10=node("StylusPickAndApply", prompt="a fox <lora:mine:0.4>", model=["1", 0], clip=["1", 1]),
        n5=sampler(),
    )
    made = {
        "10": {"prompt": "a fox, ink", "picks": [{"name": "s/ours.safetensors", "weight": 0.66, "clip_weight": 0.5}]}
    }
    wanted = {AdapterUse("s/ours.safetensors", 0.66, 0.5, picked=True), AdapterUse("mine", 0.4)}
    found = texts(tmp_path, prompt=nodes, stylus=made)
    assert found.prompt == "a fox <lora:mine:0.4>"
    assert set(found.adapters) == wanted
    drawn = {"nodes": [{"id": 10, "type": "StylusPickAndApply", "properties": {"stylus_picture": made["10"]}}]}
    assert set(texts(tmp_path, prompt=nodes, workflow=drawn).adapters) == wanted


def test_what_is_not_a_number_in_a_graph_does_no_harm(tmp_path: Path) -> None:
    text = json.dumps(graph(n4=node("EmptyLatentImage", is_changed=[float("nan")], width=10**400)))
    assert texts(tmp_path, prompt=text).prompt == "a fox"


def test_which_of_two_savers_wrote_it(tmp_path: Path) -> None:
    nodes = graph(
        n12=node("CLIPTextEncode", text="an owl"),
        n15=sampler("1", "12"),
        n16=node("VAEDecode", samples=["15", 0]),
        n17=node("SaveImage", images=["16", 0], filename_prefix="night/owl"),
    )
    for name, prompt in (("pic_00001_.png", "a fox"), ("owl_00001_.png", "an owl")):
        (tmp_path / name).write_bytes(writers.png_texts({"prompt": json.dumps(nodes)}))
        found = read_generation_data(tmp_path / name)
        assert found is not None
        assert found.prompt == prompt


def test_webp_jpeg_and_animations(tmp_path: Path) -> None:
    text = json.dumps(graph())
    block = writers.exif({0x0110: b"prompt:" + text.encode() + b"\0", 0x010F: b"workflow:{}\0"})
    for data in (
        writers.webp(block),
        writers.jpeg_exif(block),
        writers.avif(block),
        writers.png(behind=(writers.chunk(b"comf", b"prompt\0" + text.encode()),)),
    ):
        found = read(tmp_path, data)
        assert found is not None
        assert found.prompt == "a fox"


def test_an_infotext_beside_the_graph_gives_the_hashes(tmp_path: Path) -> None:
    nodes = graph(
        n10=node("LoraLoader", lora_name="s/ink.safetensors", strength_model=0.7, model=["1", 0]), n5=sampler()
    )
    also = 'a fox <lora:ink:0.7>\nSteps: 1, Seed: 1, Size: 8x8, Lora hashes: "ink: 0123456789"'
    assert texts(tmp_path, prompt=nodes, parameters=also).adapters[0].hash == "0123456789"


def test_civitais_generator(tmp_path: Path) -> None:
    extra = {"prompt": "a heron", "negativePrompt": "bad", "resources": [{"modelVersionId": 5, "strength": 0.6}]}
    data = graph() | {"extra": {"airs": []}, "extraMetadata": json.dumps(extra)}
    found = read(tmp_path, writers.jpeg_exif(writers.comment(b"UNICODE\0" + json.dumps(data).encode("utf-16-be"))))
    assert found is not None
    assert (found.tool, found.prompt, found.adapters[0].version_id) == ("civitai", "a heron", 5)


def test_a_workflow_alone(tmp_path: Path) -> None:
    def drawn(number: int, kind: str, values: list[Any], mode: int = 0, **links: int) -> dict[str, Any]:
        types = {"model": "MODEL", "clip": "CLIP"}
        inputs = [{"name": k, "type": types.get(k, "*"), "link": v} for k, v in links.items()]
        return {"id": number, "type": kind, "mode": mode, "widgets_values": values, "inputs": inputs}

    workflow = {
        "nodes": [
            drawn(1, "CheckpointLoaderSimple", ["moor_v1.safetensors"]),
            drawn(2, "CLIPTextEncode", ["a fox"], clip=1),
            drawn(3, "CLIPTextEncode", ["bad"], clip=1),
            drawn(10, "LoraLoader", ["ink.safetensors", 0.7, 0.5], model=2, clip=1),
            drawn(11, "LoraLoader", ["bypassed.safetensors", 1, 1], 4, model=3),
            drawn(5, "KSampler", [1, "randomize", 20], model=4, positive=5, negative=6),
            drawn(7, "SaveImage", ["pic"], images=7),
        ],
        "links": [
            [1, 1, 1, 2, 0, "CLIP"], [2, 1, 0, 10, 0, "MODEL"], [3, 10, 0, 11, 0, "MODEL"], [4, 11, 0, 5, 0, "MODEL"],
            [5, 2, 0, 5, 1, "CONDITIONING"], [6, 3, 0, 5, 2, "CONDITIONING"], [7, 5, 0, 7, 0, "IMAGE"],
        ],
    }  # fmt: skip
    found = texts(tmp_path, workflow=workflow)
    assert (found.prompt, found.negative_prompt, found.checkpoint) == ("a fox", "bad", "moor_v1")
    assert found.adapters == (AdapterUse("ink.safetensors", 0.7, 0.5),)
