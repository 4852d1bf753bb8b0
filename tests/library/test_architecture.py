"""The tensors decide; where they leave it open, the most trusted statement does."""

from __future__ import annotations

import pytest
from stylus_core.library.architecture import (
    algorithm_of,
    checkpoint_architecture,
    decide_architecture,
    family_of,
    stated_architecture,
)

from stylus_core.types import ARCHITECTURES

DOWN = "lora_unet_down_blocks_{}_attentions_0_transformer_blocks_{}_attn{}_to_k.lora_down.weight"


@pytest.mark.parametrize(
    ("stated", "architecture"),
    [
        ("SD 1.5", "sd1"), ("SD 1.4", "sd1"), ("SD 1.5 LCM", "sd1"), ("sd_v1", "sd1"), ("SD1", "sd1"),
        ("stable-diffusion-v1/lora", "sd1"), ("v1-5-pruned.ckpt", "sd1"),
        ("SD 2.1 768", "sd2"), ("SD 2.0", "sd2"), ("sd_v2_v", "sd2"), ("stable-diffusion-v2-512/lora", "sd2"),
        ("SDXL 1.0", "sdxl"), ("SDXL Turbo", "sdxl"), ("sdxl_base_v1-0", "sdxl"), ("Pony", "sdxl"),
        ("Illustrious", "sdxl"), ("NoobAI", "sdxl"), ("stable-diffusion-xl-v1-base/lora", "sdxl"),
        ("ponyDiffusionV6XL.safetensors", "sdxl"),
        ("SD 3", "sd3"), ("SD 3.5 Large", "sd3"), ("sd3_m", "sd3"), ("stable-diffusion-3-medium/lora", "sd3"),
        ("Flux.1 D", "flux"), ("Flux", "flux"), ("flux1", "flux"), ("flux-1-dev/lora", "flux"),
        ("PixArt E", "pixart"), ("Hunyuan Video", "hunyuan"), ("Stable Cascade", "cascade"), ("AuraFlow", "other"),
        ("Wan Video 14B t2v", "other"), ("Other", ""), ("", ""), ("my own mix", ""),
    ],
)  # fmt: skip
def test_statements(stated: str, architecture: str) -> None:
    assert stated_architecture(stated) == architecture
    assert not architecture or architecture in ARCHITECTURES


@pytest.mark.parametrize(
    ("shapes", "architecture"),
    [
        ({DOWN.format(1, 0, 2): (16, 768)}, "sd1"),
        ({DOWN.format(1, 0, 2): (16, 1024)}, "sd2"),
        ({DOWN.format(1, 0, 2): (16, 2048)}, "sdxl"),
        ({DOWN.format(2, 7, 1): (16, 1280)}, "sdxl"),  # deep transformer blocks
        ({DOWN.format(0, 0, 1): (16, 320)}, "sd1"),  # the outermost level has no attention in SDXL
        ({"lora_te2_text_model_encoder_layers_0_mlp_fc1.lora_down.weight": (8, 1280)}, "sdxl"),
        ({"lora_te_text_model_encoder_layers_0_mlp_fc1.lora_down.weight": (8, 1024)}, "sd2"),
        ({"unet.down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_v.lora_A.weight": (8, 2048)}, "sdxl"),
        ({"lora_unet_input_blocks_4_1_transformer_blocks_1_attn1_to_q.lora_down.weight": (8, 640)}, "sdxl"),
        ({"lora_unet_input_blocks_1_1_transformer_blocks_0_attn1_to_q.lora_down.weight": (8, 320)}, "sd1"),
        ({"lora_unet_double_blocks_0_img_attn_qkv.lora_down.weight": (16, 3072)}, "flux"),
        ({"transformer.single_transformer_blocks.0.attn.to_q.lora_A.weight": (16, 3072)}, "flux"),
        ({"lora_unet_joint_blocks_0_context_block_attn_qkv.lora_down.weight": (16, 1536)}, "sd3"),
        ({DOWN.format(1, 0, 2).replace("lora_down.weight", "hada_w1_b"): (8, 768)}, "sd1"),
        ({}, "unknown"),
        ({"something": (3,)}, "unknown"),
    ],
)
def test_tensors_alone(shapes: dict[str, tuple[int, ...]], architecture: str) -> None:
    assert decide_architecture(shapes, [])[0] == architecture


def test_tensors_overrule_a_lie_and_say_so() -> None:
    found = decide_architecture({DOWN.format(1, 0, 2): (16, 2048)}, [(".json", "SD1")])
    assert found == ("sdxl", "tensors, against .json")
    assert decide_architecture({DOWN.format(0, 0, 1): (16, 320)}, [(".civitai.info", "SDXL 1.0")]) == ("sd1", "tensors")


def test_statements_decide_what_tensors_leave_open() -> None:
    open_shapes = {"lora_unet_mid_block_proj_in.lora_down.weight": (8, 1280)}
    stated = [(".civitai.info", "Other"), ("header", "sdxl_base_v1-0"), (".json", "SD1")]
    assert decide_architecture(open_shapes, stated) == ("sdxl", "header")
    assert decide_architecture({DOWN.format(0, 0, 1): (16, 320)}, [("header", "sd_v2_v")]) == ("sd2", "header")
    flux_names = {"lora_unet_double_blocks_0_img_attn_qkv.lora_down.weight": (16, 3072)}
    assert decide_architecture(flux_names, [(".civitai.info", "Hunyuan Video")]) == ("hunyuan", ".civitai.info")


def test_flux_with_metadata_is_never_sd1() -> None:
    assert decide_architecture({}, [("header", "flux1"), (".json", "SD1")]) == ("flux", "header")


@pytest.mark.parametrize(
    ("texts", "family"),
    [
        (("Pony",), "pony"), (("Illustrious",), "illustrious"), (("NoobAI",), "noobai"),
        (("SDXL 1.0", "ponyDiffusionV6XL_v6.safetensors"), "pony"), (("SD 1.5", "animefull-final.ckpt"), "anime"),
        (("SD 1.5", "realisticVisionV20.safetensors"), "photo"), (("SD 1.5", ""), ""),
    ],
)  # fmt: skip
def test_families(texts: tuple[str, ...], family: str) -> None:
    assert family_of(*texts) == family


@pytest.mark.parametrize(
    ("names", "module", "args", "algorithm"),
    [
        (("a.lora_down.weight",), "networks.lora", "", "lora"),
        (("a.lora_down.weight", "a.dora_scale"), "lycoris.kohya", "", "dora"),
        (("a.hada_w1_a",), "", "", "loha"),
        (("a.lokr_w1",), "", "", "lokr"),
        (("a.diff",), "", "", "full"),
        ((), "lycoris.kohya", '{"conv_dim": "8", "algo": "lokr"}', "lokr"),
        ((), "lycoris.kohya", "", "locon"),
        ((), "", "", "lora"),
    ],
)
def test_algorithms(names: tuple[str, ...], module: str, args: str, algorithm: str) -> None:
    assert algorithm_of({n: (4, 4) for n in names}, module, args) == algorithm


def test_a_trained_kernel_is_locon() -> None:
    assert algorithm_of({"lora_unet_conv_in.lora_down.weight": (8, 4, 3, 3)}, "", "") == "locon"


CROSSING = "model.diffusion_model.{}.1.transformer_blocks.{}.attn2.to_k.weight"


@pytest.mark.parametrize(
    ("shapes", "architecture"),
    [
        ({CROSSING.format("input_blocks.1", 0): (320, 768)}, "sd1"),
        ({CROSSING.format("input_blocks.1", 0): (320, 1024)}, "sd2"),
        ({CROSSING.format("input_blocks.4", 0): (640, 2048)}, "sdxl"),
        # the refiner of SDXL, and a UNet as diffusers names it
        ({CROSSING.format("input_blocks.4", n): (768, 1280) for n in range(4)}, "sdxl"),
        ({"down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight": (320, 768)}, "sd1"),
        ({"model.diffusion_model.joint_blocks.0.x_block.attn.qkv.weight": (4608, 1536)}, "sd3"),
        ({"double_blocks.0.img_attn.qkv.weight": (9216, 3072)}, "flux"),
        # Chroma
        (
            {
                "double_blocks.0.img_attn.qkv.weight": (9216, 3072),
                "distilled_guidance_layer.in_proj.weight": (5120, 64),
            },
            "",
        ),
        ({"first_stage_model.encoder.conv_in.weight": (128, 3, 3, 3), "model.attn2.to_k.weight": (4,)}, ""),
        ({}, ""),
    ],
)
def test_whole_models(shapes: dict[str, tuple[int, ...]], architecture: str) -> None:
    assert checkpoint_architecture(shapes) == architecture
