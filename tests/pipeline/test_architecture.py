"""The base model of a pipeline: by its class, and by its parts where the class leaves it or its size open."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from stylus_core.option_table import TABLE
from stylus_core.pipeline import architecture_of
from tests.pipeline.pipeline_classes import EXPECTED, VERSION

(CHOICES,) = (set(option.choices) for option in TABLE if option.name == "architecture")


def pipeline(name: str, **models: tuple[str, dict[str, Any]]) -> Any:
    """One of this class, with parts of these classes and configurations."""
    made = type(name, (), {})()
    for part, (model, config) in models.items():
        setattr(made, part, type(model, (), {"config": config})())
    return made


def transformer(name: str, heads: int, width: int, model: str = "", part: str = "transformer") -> Any:
    config = {"num_attention_heads": heads, "attention_head_dim": width}
    return pipeline(name, **{part: (model or f"{name.removesuffix('Pipeline')}Transformer", config)})


def unet(name: str, width: Any, blocks: tuple[int, ...] = (320, 640, 1280), **config: Any) -> Any:
    model = config.pop("model", "UNet2DConditionModel")
    return pipeline(name, unet=(model, {"cross_attention_dim": width, "block_out_channels": blocks, **config}))


@pytest.mark.parametrize("name", EXPECTED)
def test_every_pipeline_of_diffusers_is_known_by_its_class(name: str) -> None:
    assert architecture_of(pipeline(name)) == EXPECTED[name]
    assert EXPECTED[name] in CHOICES


def test_the_table_has_every_pipeline_of_its_version() -> None:
    diffusers = pytest.importorskip("diffusers", reason="diffusers is not installed")
    if diffusers.__version__ != VERSION:
        pytest.skip(f"the table is of diffusers {VERSION}")
    assert {name for name in dir(diffusers) if name.endswith("Pipeline")} == set(EXPECTED)


@pytest.mark.parametrize(
    ("pipe", "expected"),
    [
        (unet("StableDiffusionPipeline", 768), "sd1"),
        (unet("StableDiffusionPipeline", 1024), "sd2"),
        (unet("StableDiffusionControlNetPipeline", 1024), "sd2"),
        (unet("StableDiffusionPipeline", 16), "sd1"),  # a toy
        (unet("StableDiffusionXLPipeline", 2048), "sdxl"),
        (unet("StableDiffusionXLImg2ImgPipeline", 1280), "other"),  # the refiner
        (unet("StableDiffusionXLPipeline", 2048, encoder_hid_dim=4096), "kolors"),
        (unet("KolorsPipeline", 2048, encoder_hid_dim=4096), "kolors"),
        (unet("AnimateDiffPipeline", 768, model="UNetMotionModel"), "sd1"),
        # somebody's own class, or one that several bases have
        (unet("PaintersOwnPipeline", 768), "sd1"),
        (unet("DiffusionPipeline", 2048), "sdxl"),
        (unet("StableUnCLIPPipeline", 1024), "sd2"),
        (unet("PaintersOwnPipeline", [768, 1024]), "other"),
        # built of the same class, and of another base
        (unet("KandinskyV22Pipeline", 768, (384, 768, 1152), encoder_hid_dim_type="image_proj"), "other"),
        (unet("PaintersOwnPipeline", 768, encoder_hid_dim_type="image_proj"), "other"),
        (unet("PaintersOwnPipeline", 768, (128, 256, 512)), "other"),
        (unet("IFPipeline", 4096, (320, 640, 1280)), "other"),
        (unet("StableVideoDiffusionPipeline", 1024, model="UNetSpatioTemporalConditionModel"), "other"),
        (unet("StableDiffusionUpscalePipeline", 1024, (256, 512)), "other"),
    ],
)  # fmt: skip
def test_a_unet_tells_what_its_class_leaves_open(pipe: Any, expected: str) -> None:
    assert architecture_of(pipe) == expected and expected in CHOICES


@pytest.mark.parametrize(
    ("pipe", "expected"),
    [
        (transformer("FluxPipeline", 24, 128), "flux"),
        (transformer("Flux2KleinPipeline", 24, 128), "flux2-klein-4b"),
        (transformer("Flux2KleinPipeline", 32, 128), "flux2-klein-9b"),
        (transformer("Flux2Pipeline", 48, 128), "flux2-dev"),
        (transformer("Flux2Pipeline", 1, 1), "flux2"),
        (transformer("StableDiffusion3Pipeline", 24, 64), "sd3-medium"),
        (transformer("StableDiffusion3Pipeline", 38, 64), "sd3-large"),
        (transformer("WanPipeline", 12, 128), "wan-1.3b"),
        (transformer("WanPipeline", 24, 128), "wan-5b"),
        (transformer("WanPipeline", 40, 128), "wan-14b"),
        (transformer("SkyReelsV2Pipeline", 40, 128), "wan-14b"),
        (transformer("WanPipeline", 40, 128, part="transformer_2"), "wan-14b"),
        (pipeline("WanAnimate2ModularPipeline", transformer=("T", {"dim": 5120, "num_heads": 40})), "wan-14b"),
        (transformer("LTXPipeline", 32, 64), "ltx-2b"),
        (transformer("LTXConditionPipeline", 32, 128), "ltx-13b"),
        (transformer("LTX2Pipeline", 32, 128), "ltx-2"),
        (transformer("CogVideoXPipeline", 30, 64), "cogvideo-2b"),
        (transformer("CogVideoXPipeline", 48, 64), "cogvideo-5b"),
        (transformer("HunyuanVideoPipeline", 24, 128), "hunyuan-video"),
        (transformer("HunyuanVideo15Pipeline", 16, 128), "hunyuan-video-1.5"),
        (transformer("HunyuanImagePipeline", 28, 128), "hunyuan-image"),
        (transformer("HunyuanImagePipeline", 26, 128), "other"),  # its refiner's network
        # by the transformer's class
        (transformer("VisualClozePipeline", 24, 128, "FluxTransformer2DModel"), "flux"),
        (transformer("LucyEditPipeline", 24, 128, "WanTransformer3DModel"), "wan-5b"),
        (transformer("DiffusionPipeline", 38, 64, "SD3Transformer2DModel"), "sd3-large"),
        (transformer("PaintersOwnPipeline", 24, 128, "PaintersOwnTransformer"), "other"),
        (transformer("DiffusionPipeline", 24, 128, "PaintersOwnTransformer"), "other"),
    ],
)  # fmt: skip
def test_a_transformer_tells_the_size(pipe: Any, expected: str) -> None:
    assert architecture_of(pipe) == expected and expected in CHOICES


def test_what_says_nothing_narrows_nothing() -> None:
    assert architecture_of(pipeline("DiffusionPipeline")) == "any"
    assert architecture_of(pipeline("DiffusionPipeline", vae=("AutoencoderKL", {}))) == "any"


def test_a_class_that_is_built_on_one_of_diffusers_is_like_it() -> None:
    base = type("StableDiffusionXLPipeline", (), {"__module__": "diffusers.pipelines.some"})
    assert architecture_of(type("FluxOfIdeasPipeline", (base,), {})()) == "sdxl"


def test_a_part_without_a_configuration_says_nothing() -> None:
    assert architecture_of(SimpleNamespace(transformer=object(), unet=None)) == "other"
    made = pipeline("WanPipeline")
    made.transformer = object()
    assert architecture_of(made) == "wan"


def test_a_compiled_part_tells_what_it_was_made_of() -> None:
    made = unet("StableDiffusionPipeline", 1024)
    made.unet = type("OptimizedModule", (), {"_orig_mod": made.unet, "config": made.unet.config})()
    assert architecture_of(made) == "sd2"
