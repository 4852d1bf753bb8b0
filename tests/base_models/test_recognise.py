"""The tensors decide; where they leave it open, the most trusted statement does."""

from __future__ import annotations

import pytest

from stylus_core.base_models import ARCHITECTURES, BASE_MODELS
from stylus_core.base_models.families import family_of
from stylus_core.base_models.recognise import adapter_base, checkpoint_base, stated_architecture
from stylus_core.library.adapter_algorithm import algorithm_of
from tests.base_models.modules import KOHYA, LOKR, PEFT, Shapes, adapter

DOWN = "lora_unet_down_blocks_{}_attentions_0_transformer_blocks_{}_attn{}_to_k.lora_down.weight"


@pytest.mark.parametrize(
    ("stated", "architecture"),
    [
        ("SD 1.5", "sd1"), ("SD 1.4", "sd1"), ("SD 1.5 LCM", "sd1"), ("sd_v1", "sd1"), ("SD1", "sd1"),
        ("sd_1.5", "sd1"),
        ("stable-diffusion-v1/lora", "sd1"), ("v1-5-pruned.ckpt", "sd1"),
        ("SD 2.1 768", "sd2"), ("SD 2.0", "sd2"), ("sd_v2_v", "sd2"), ("stable-diffusion-v2-512/lora", "sd2"),
        ("SDXL 1.0", "sdxl"), ("SDXL Turbo", "sdxl"), ("sdxl_base_v1-0", "sdxl"), ("Pony", "sdxl"),
        ("Illustrious", "sdxl"), ("NoobAI", "sdxl"), ("stable-diffusion-xl-v1-base/lora", "sdxl"),
        ("ponyDiffusionV6XL.safetensors", "sdxl"), ("Pony V7", "auraflow"), ("Aura Flow", "auraflow"),
        ("SD 3", "sd3"), ("SD 3.5 Large", "sd3"), ("sd3_m", "sd3"), ("stable-diffusion-3-medium/lora", "sd3"),
        ("Flux.1 D", "flux"), ("Flux", "flux"), ("flux1", "flux"), ("flux-1-dev/lora", "flux"),
        ("Flux .1 Krea", "flux"),
        ("Flux.2 D", "flux2"), ("flux_2_dev", "flux2"), ("Flux.2-klein-4b/lora", "flux2"), ("Flux 3 Video", "other"),
        ("Chroma", "chroma"), ("Chroma1/lora", "chroma"), ("Krea 2", "krea-2"), ("krea2", "krea-2"),
        ("Qwen", "qwen-image"), ("Qwen-Image-Edit-Plus", "qwen-image"), ("qwen_image", "qwen-image"),
        ("Qwen 2", "other"), ("Qwen Image 2.1", "other"), ("Qwen-Image-Edit-Plus 2.0", "other"),
        ("Qwen/Qwen-Image-2.1", "other"), ("QwenImage21", "other"), ("Qwen-Image v3", "other"),
        ("Qwen/Qwen-Image", "qwen-image"), ("Qwen-Image-2512", "qwen-image"), ("Qwen Edit 2509", "qwen-image"),
        ("Qwen-Image 20B", "qwen-image"), ("Qwen Image 8 steps", "qwen-image"), ("Qwen Image 1.5", "qwen-image"),
        ("Z-Image 2", "other"), ("Chroma 2.0", "other"), ("Anima 2", "other"), ("Anima 2B", "anima"),
        ("AnimaPreview2", "anima"),
        ("Kolors 2.0", "other"), ("HiDream-I2", "other"), ("HiDream-I1", "hidream"), ("Ernie Image 2", "other"),
        ("Lumina-Image 2.0", "lumina2"), ("Lumina Image 3", "other"), ("AuraFlow 0.3", "auraflow"),
        ("AuraFlow 2", "other"), ("PixArt 2", "other"), ("PixArt-alpha/PixArt-Sigma-XL-2-1024-MS", "pixart"),
        ("Wan 3.0", "other"), ("LTX 3", "other"), ("LTXV 13B", "ltx"), ("Hunyuan Video 2", "other"),
        ("HunyuanVideo 1.5", "hunyuan-video"), ("HunyuanImage 3.0", "other"), ("HunyuanImage 4", "other"),
        ("Mochi 2", "other"), ("CogVideoX 2", "other"), ("CogVideoX-2B", "cogvideo"), ("CogVideoX1.5-5B", "cogvideo"),
        ("ZImageTurbo", "z-image"), ("Z-Image/lora", "z-image"), ("zimage", "z-image"), ("Anima", "anima"),
        ("Wan Video 2.2 I2V-A14B", "wan"), ("wan2.1-t2v-14B/lora", "wan"), ("Wan Video 14B i2v 480p", "wan"),
        ("Wan Video 2.5 T2V", "other"), ("swanson_mix", "other"), ("Hunyuan Video", "hunyuan-video"),
        ("framepack", "hunyuan-video"), ("Hunyuan 1", "hunyuan-dit"), ("hunyuan-image-2.1", "hunyuan-image"),
        ("LTXV 2.3", "ltx"), ("ltx-video", "ltx"), ("HiDream", "hidream"), ("HiDream-O1", "other"),
        ("Lumina", "lumina2"),
        ("PixArt E", "pixart"), ("PixArt Σ", "pixart"), ("Kolors", "kolors"), ("CogVideoX", "cogvideo"),
        ("Stable Cascade", "cascade"), ("Mochi", "mochi"), ("Ernie Turbo", "ernie-image"), ("SVD XT", "other"),
        ("Playground v2", "other"), ("A Base of Next Year", "other"), ("Other", ""), ("Unknown", ""), ("", ""),
    ],
)  # fmt: skip
def test_statements(stated: str, architecture: str) -> None:
    assert stated_architecture(stated) == architecture
    assert not architecture or architecture in ARCHITECTURES


#: Base -> (a module's path, its inputs, its outputs), as the trainers for that base name them.
MODULES: dict[str, list[tuple[str, int, int]]] = {
    "sd1": [("down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_v", 768, 640)],
    "sd2": [("up_blocks.1.attentions.2.transformer_blocks.0.attn2.to_k", 1024, 1280)],
    "sdxl": [("up_blocks.0.attentions.1.transformer_blocks.8.attn1.to_out.0", 1280, 1280)],
    "sd3": [("joint_blocks.3.context_block.mlp.fc1", 2432, 9728)],
    "flux": [("single_blocks.30.linear1", 3072, 21504)],
    "flux2": [("single_blocks.11.linear1", 4096, 36864)],
    "chroma":
        [("distilled_guidance_layer.layers.2.in_layer", 5120, 5120), ("double_blocks.1.txt_attn.qkv", 3072, 9216)],
    "hunyuan-image": [("double_blocks.7.txt_attn.qkv", 3584, 10752)],
    "auraflow": [("joint_transformer_blocks.2.attn.to_v", 3072, 3072)],
    "qwen-image": [("transformer_blocks.41.txt_mlp.net.0.proj", 3072, 12288)],
    "z-image": [("noise_refiner.1.attention.to_q", 3840, 3840)],
    "lumina2": [("layers.20.feed_forward.w1", 2304, 9216)],
    "ernie-image": [("layers.5.self_attention.to_v", 4096, 4096)],
    "hidream": [("single_stream_blocks.9.block.attn1.to_v", 2560, 2560)],
    "anima": [("blocks.17.self_attn.v_proj", 2048, 2048)],
    "krea-2": [("blocks.6.attn.wv", 6144, 1536)],
    "pixart": [("transformer_blocks.4.attn1.to_v", 1152, 1152)],
    "cascade": [("down_blocks.1.5.kv_mapper.1", 2048, 1280)],
    "hunyuan-dit": [("blocks.3.attn1.Wqkv", 1408, 4224)],
    "hunyuan-video": [("double_blocks.4.txt_mlp.fc1", 3072, 12288)],
    "wan": [("blocks.22.cross_attn.o", 5120, 5120), ("blocks.22.ffn.0", 5120, 13824)],
    "ltx": [("transformer_blocks.3.attn2.to_q", 2048, 2048)],
    "mochi": [("transformer_blocks.3.attn1.add_q_proj", 1536, 3072)],
    "cogvideo": [("transformer_blocks.3.attn1.to_v", 1920, 1920)],
}  # fmt: skip


@pytest.mark.parametrize("style", [KOHYA, PEFT, LOKR], ids=["kohya", "peft", "lokr"])
@pytest.mark.parametrize("architecture", MODULES)
def test_tensors_prove_the_base_in_every_style(architecture: str, style: str) -> None:
    found = adapter_base(adapter(style, MODULES[architecture]), [("header", "sd_v1"), (".json", "SD1")])
    assert found.architecture == architecture


def test_every_base_that_has_tensors_of_its_own_is_tried_above() -> None:
    assert {base.name for base in BASE_MODELS} - set(MODULES) == {"kolors"}  # which has the UNet of SDXL


@pytest.mark.parametrize(
    ("shapes", "architecture"),
    [
        ({DOWN.format(1, 0, 2): (16, 768)}, "sd1"),
        ({DOWN.format(1, 0, 2): (16, 1024)}, "sd2"),
        ({DOWN.format(1, 0, 2): (16, 2048)}, "sdxl"),
        ({DOWN.format(2, 7, 1): (16, 1280)}, "sdxl"),  # deep transformer blocks
        ({DOWN.format(0, 0, 1): (16, 320)}, "sd1"),  # the outermost level has no attention in SDXL
        ({"lora_te2_text_model_encoder_layers_0_mlp_fc1.lora_down.weight": (8, 1280)}, "sdxl"),
        ({"text_encoder_2.text_model.encoder.layers.3.mlp.fc1.lora_A.weight": (8, 1280)}, "sdxl"),
        ({"lora_te_text_model_encoder_layers_7_mlp_fc1.lora_down.weight": (8, 1024)}, "sd2"),
        ({"lora_unet_input_blocks_4_1_transformer_blocks_1_attn1_to_q.lora_down.weight": (8, 640)}, "sdxl"),
        ({"lora_unet_input_blocks_1_1_transformer_blocks_0_attn1_to_q.lora_down.weight": (8, 320)}, "sd1"),
        ({DOWN.format(1, 0, 2).replace("lora_down.weight", "hada_w1_b"): (8, 768)}, "sd1"),
        ({DOWN.format(1, 0, 2).replace("lora_down.weight", "diff"): (640, 2048)}, "sdxl"),
        ({"transformer.blocks.3.attn2.to_q.lora_A.weight": (8, 5120)}, "wan"),
        ({"transformer.transformer_blocks.3.attn2.to_q.lora_A.weight": (8, 4096)}, "ltx"),
        ({"double_blocks.2.processor.qkv_lora1.down.weight": (16, 3072)}, "flux"),
        ({"single_transformer_blocks.2.qkv_proj.lora_down": (3072, 16)}, "flux"),  # transposed
        ({"diffusion_model.double_blocks.2.img_mlp.0.lora_B.weight": (18432, 8)}, "flux2"),
        ({"transformer.double_blocks.2.img_attn_qkv.lora_A.weight": (8, 3072)}, "hunyuan-video"),
        ({"diffusion_model.layers.3.attention.qkv.lora_A.weight": (8, 5000)}, "z-image"),  # no base is so wide
        ({"diffusion_model.layers.3.attention.qkv.lora_A.weight": (8, 4608)}, "other"),  # another one is
        ({"lora_te1_text_model_encoder_layers_0_mlp_fc1.lora_down.weight": (8, 768)}, "unknown"),
        ({"lora_unet_mid_block_resnets_1_conv2.lora_down.weight": (8, 1280, 3, 3)}, "unknown"),
        ({}, "unknown"),
        ({"something": (3,)}, "unknown"),
    ],
)  # fmt: skip
def test_tensors_alone(shapes: Shapes, architecture: str) -> None:
    assert adapter_base(shapes, []).architecture == architecture


@pytest.mark.parametrize(
    ("path", "width", "stated", "label"),
    [
        ("double_blocks.0.img_attn.proj", 4096, "", ("flux2", "klein-9b")),
        ("double_blocks.0.img_attn.proj", 6144, "", ("flux2", "dev")),
        ("double_blocks.0.img_attn.proj", 3072, "Flux.2 Klein 4B", ("flux2", "klein-4b")),
        ("blocks.0.self_attn.q", 1536, "Wan Video 14B t2v", ("wan", "1.3b")),  # the tensors know better
        ("blocks.0.self_attn.q", 5120, "", ("wan", "14b")),
        ("blocks.0.attn1.to_q", 3072, "Wan Video 2.2 TI2V-5B", ("wan", "5b")),
        ("joint_blocks.0.x_block.attn.qkv", 2432, "", ("sd3", "large")),
        ("transformer_blocks.0.attn.add_q_proj", 1536, "SD 3.5 Medium", ("sd3", "medium")),
        ("joint_blocks.0.x_block.attn.proj", 7, "SD 3.5 Large Turbo", ("sd3", "large")),
        ("double_blocks.0.img_attn.q", 2048, "", ("hunyuan-video", "1.5")),
        ("transformer_blocks.0.attn1.to_k", 3072, "CogVideoX", ("cogvideo", "5b")),
        ("transformer_blocks.0.attn1.to_k", 4096, "LTXV2", ("ltx", "2")),
        ("single_blocks.0.linear1", 3072, "Flux.1 D", ("flux", "")),
    ],
)
def test_sizes_of_a_base(path: str, width: int, stated: str, label: tuple[str, str]) -> None:
    found = adapter_base(adapter(PEFT, [(path, width, width)]), [("header", stated)])
    assert (found.architecture, found.size) == label


FLUX = adapter(KOHYA, [("double_blocks.0.img_attn.qkv", 3072, 9216)])
JOINT = adapter(PEFT, [("transformer_blocks.3.attn.to_q", 3072, 3072)])
XL = adapter(KOHYA, [("input_blocks.4.1.transformer_blocks.1.attn2.to_k", 2048, 640)])
MIDDLE: Shapes = {"lora_unet_mid_block_proj_in.lora_down.weight": (8, 1280)}
FIRST_TEXT: Shapes = {"lora_te1_text_model_encoder_layers_3_mlp_fc1.lora_down.weight": (8, 768)}


@pytest.mark.parametrize(
    ("shapes", "statements", "found"),
    [
        (XL, [(".json", "SD1")], ("sdxl", "tensors, against .json")),
        ({DOWN.format(0, 0, 1): (16, 320)}, [("site", "SDXL 1.0")], ("sd1", "tensors, against site")),
        ({DOWN.format(0, 0, 1): (16, 320)}, [("header", "sd_v2_v")], ("sd2", "header")),
        ({DOWN.format(1, 0, 2): (16, 768)}, [("header", "sd_v2_v")], ("sd1", "tensors, against header")),
        (MIDDLE, [("site", "Other"), ("header", "sdxl_base_v1-0"), (".json", "SD1")], ("sdxl", "header")),
        (MIDDLE, [("site", "Flux.1 D")], ("unknown", "")),  # no base of today has such a block
        (MIDDLE, [("site", "A Base of Next Year")], ("other", "site")),
        (FIRST_TEXT, [("site", "Pony")], ("sdxl", "site")),
        (FIRST_TEXT, [("header", "flux1")], ("flux", "header")),
        (FLUX, [("site", "Hunyuan Video")], ("hunyuan-video", "site")),
        (FLUX, [("site", "Chroma"), ("header", "flux1")], ("chroma", "site")),
        (FLUX, [("site", "Flux.1 D"), ("header", "chroma")], ("chroma", "header")),  # the more special is believed
        (FLUX, [("header", "sd_1.5")], ("flux", "tensors, against header")),
        (FLUX, [("site", "A Base of Next Year")], ("other", "site")),
        (FLUX, [("site", "Qwen")], ("flux", "tensors, against site")),
        (JOINT, [("site", "Qwen")], ("qwen-image", "tensors")),
        (adapter(PEFT, MODULES["qwen-image"]), [("site", "Qwen-Image-2512")], ("qwen-image", "tensors")),
        (adapter(PEFT, MODULES["qwen-image"]), [("site", "Qwen Image 2.1")], ("other", "site")),  # has their names too
        (JOINT, [("header", "flux1")], ("flux", "header")),
        (JOINT, [("header", "framepack/lora")], ("hunyuan-video", "header")),
        (XL, [("site", "Kolors")], ("kolors", "site")),
        (XL, [("site", "A Base of Next Year")], ("sdxl", "tensors, against site")),  # what has this UNet takes it
        ({"a.b.lora_A.weight": (8, 999)}, [("site", "A Base of Next Year")], ("other", "site")),
        ({}, [("header", "flux1"), (".json", "SD1")], ("flux", "header")),
    ],
)
def test_tensors_against_statements(shapes: Shapes, statements: list[tuple[str, str]], found: tuple[str, str]) -> None:
    base = adapter_base(shapes, statements)
    assert (base.architecture, base.source) == found


def test_a_hint_names_a_base_and_never_an_unknown_one() -> None:
    assert adapter_base({}, [], [("header", "ponyDiffusionV6XL.safetensors")]).architecture == "sdxl"
    assert adapter_base({}, [], [("header", "my own mix.safetensors")]).architecture == "unknown"
    assert adapter_base({}, [("site", "SD 1.5")], [("header", "someXL.safetensors")]).architecture == "sd1"


def test_names_beyond_all_bounds_are_read_quickly_enough_to_count() -> None:
    shapes: Shapes = {f"lora_unet_strange{n}x.lora_down.weight": (4, 5) for n in range(60_000)}
    assert adapter_base(shapes, []).architecture == "unknown"


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
    ("shapes", "label"),
    [
        ({CROSSING.format("input_blocks.1", 0): (320, 768)}, "sd1"),
        ({CROSSING.format("input_blocks.1", 0): (320, 1024)}, "sd2"),
        ({CROSSING.format("input_blocks.4", 0): (640, 2048)}, "sdxl"),
        ({CROSSING.format("input_blocks.4", n): (768, 1280) for n in range(4)}, ""),  # SDXL's refiner takes no adapter
        ({"down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight": (320, 768)}, "sd1"),
        ({"model.diffusion_model.joint_blocks.0.x_block.attn.qkv.weight": (4608, 1536)}, "sd3-medium"),
        ({"double_blocks.0.img_attn.qkv.weight": (9216, 3072)}, "flux"),
        ({"double_blocks.0.img_attn.qkv.weight": (18432, 6144)}, "flux2-dev"),
        ({"model.diffusion_model.double_stream_modulation_img.lin.weight": (18432, 3072)}, "flux2"),
        (
            {
                "double_blocks.0.img_attn.qkv.weight": (9216, 3072),
                "distilled_guidance_layer.in_proj.weight": (5120, 64),
            },
            "chroma",
        ),
        ({"blocks.0.cross_attn.k.weight": (1536, 1536), "head.modulation": (1, 2, 1536)}, "wan-1.3b"),
        ({"txt_norm.weight": (3584,), "transformer_blocks.0.attn.add_k_proj.weight": (3072, 3072)}, "qwen-image"),
        ({"layers.0.attention.qkv.weight": (11520, 3840)}, "z-image"),
        ({"layers.0.attention.qkv.weight": (4608, 2304)}, "lumina2"),
        ({"net.blocks.0.mlp.layer1.weight": (8192, 2048), "net.llm_adapter.blocks.0.norm.weight": (1024,)}, "anima"),
        ({"txt_in.individual_token_refiner.blocks.0.norm1.weight": (3072,)}, "hunyuan-video"),
        ({"caption_projection.0.linear.weight": (2560, 4096)}, "hidream"),
        ({"first_stage_model.encoder.conv_in.weight": (128, 3, 3, 3), "model.attn2.to_k.weight": (4,)}, ""),
        ({}, ""),
    ],
)
def test_whole_models(shapes: Shapes, label: str) -> None:
    assert checkpoint_base(shapes) == label
