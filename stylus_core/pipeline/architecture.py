"""Which base model a pipeline of diffusers paints with, as the option `architecture` names it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from stylus_core.base_models import BY_NAME, OTHER, label
from stylus_core.base_models.recognise import class_base
from stylus_core.pipeline.kept_adapters import PAINTERS

#: Nothing is known of the model: the option's value for no filter.
ANY = "any"

#: Classes that load whatever they are told to.
_GENERIC = re.compile(r"^(?:Diffusion|Modular)Pipeline$|^AutoPipeline")
#: Pipelines that go with a base model and have another network than it.
_BESIDE = re.compile(r"Refiner|Upsampl|Upscale|SuperResolution|DiffusionDecode|TemporalRefine|Redux")
#: Widths of the text that a UNet of Stable Diffusion reads. SDXL's refiner reads 1280 and takes no adapters of SDXL.
_TEXT_WIDTHS = {768: "sd1", 1024: "sd2", 2048: "sdxl", 1280: OTHER}
_UNETS = ("UNet2DConditionModel", "UNetMotionModel")
#: Channels of the outermost level of every Stable Diffusion; other models are built of the same class.
_OUTERMOST = 320
#: Widths of a transformer that the entries of the base models do not tell a size by.
_MORE_WIDTHS = {("ltx", 4096): "13b"}


def architecture_of(pipe: Any) -> str:
    """Finds the base model of a pipeline.

    Args:
        pipe: a pipeline of diffusers.

    Returns:
        What the option `architecture` takes: one of `base_models.CHECKPOINTS`, with its size where the pipeline tells
        it; "other" for a model that Stylus does not know, "any" where the pipeline says nothing of its model.
    """
    name = _class_name(pipe)
    if _BESIDE.search(name):
        return OTHER
    model = next((m for m in (getattr(pipe, part, None) for part in PAINTERS) if m is not None), None)
    model = getattr(model, "_orig_mod", model)  # what torch.compile wraps
    config = getattr(model, "config", None)
    config = config if isinstance(config, Mapping) else {}
    base = class_base(name)
    unet = _of_unet(type(model).__name__, config, base)
    if unet:
        return unet
    base = base or ("" if model is None else class_base(type(model).__name__))
    if not base:
        return ANY if model is None and _GENERIC.search(name) else OTHER
    width = _width(config)
    if base == "hunyuan-image" and width not in (0, 3584):  # a refiner's, under whatever name
        return OTHER
    return label(base, _size(base, name, width))


def _class_name(pipe: Any) -> str:
    """The name of the class, or of that of diffusers' own which somebody built theirs on."""
    classes = type(pipe).__mro__
    return next((c.__name__ for c in classes if c.__module__.startswith("diffusers.")), classes[0].__name__)


def _of_unet(model: str, config: Mapping[str, Any], base: str) -> str:
    """The base by what a UNet reads: SD 1 and SD 2 share their classes. "" where it does not tell."""
    if model not in _UNETS or base not in ("", "sd1", "sd2", "sdxl"):
        return ""
    width = config.get("cross_attention_dim")
    found = _TEXT_WIDTHS.get(width, "") if isinstance(width, int) else ""
    if found == "sdxl" and config.get("encoder_hid_dim") == 4096:
        return "kolors"
    if base:
        return found
    blocks = config.get("block_out_channels") or (0,)
    plain_text = config.get("encoder_hid_dim_type") is None
    return found if blocks[0] == _OUTERMOST and plain_text else OTHER


def _width(config: Mapping[str, Any]) -> int:
    heads, head, whole = (config.get(key) for key in ("num_attention_heads", "attention_head_dim", "dim"))
    if isinstance(heads, int) and isinstance(head, int):
        return heads * head
    return whole if isinstance(whole, int) else 0


def _size(base: str, name: str, width: int) -> str:
    """The size of a base, by the pipeline's name or by the transformer's width; "" where neither tells."""
    sizes = BY_NAME[base].sizes
    said = next((size.name for size in sizes if size.is_said(name.lower())), "")
    told = (size.name for size in sizes if any(width in proof.widths for proof in size.proofs))
    return said or next(told, _MORE_WIDTHS.get((base, width), ""))
