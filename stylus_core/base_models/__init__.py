"""The base models that adapters are made for: one entry each, from which everything else that names them follows."""

from __future__ import annotations

from stylus_core.base_models import image, video
from stylus_core.base_models.entry import BaseModel, Size

#: In the order in which they are tried, what is more special first.
BASE_MODELS: tuple[BaseModel, ...] = (
    *(image.HIDREAM, image.AURAFLOW, image.SD3, image.HUNYUAN_IMAGE, image.CHROMA, video.HUNYUAN_VIDEO, image.FLUX2),
    *(image.FLUX, image.KREA_2, image.ERNIE_IMAGE, image.ANIMA, image.LUMINA2, image.Z_IMAGE, video.LTX, image.PIXART),
    *(video.MOCHI, video.COGVIDEO, image.QWEN_IMAGE, image.HUNYUAN_DIT, video.WAN, image.CASCADE, image.KOLORS),
    *(image.SDXL, image.SD2, image.SD1),
)
BY_NAME = {base.name: base for base in BASE_MODELS}

#: Known to be none of these. Such an adapter is never picked under a known checkpoint.
OTHER = "other"
#: Nothing tells. Such an adapter may be picked under every checkpoint that is known.
UNKNOWN = "unknown"

#: What `Metadata.architecture` can be, the oldest first.
ARCHITECTURES = (*(base.name for base in reversed(BASE_MODELS)), OTHER, UNKNOWN)

_SIZED = {f"{base.name}-{size.name}": base.name for base in BASE_MODELS for size in base.sizes}

#: What a checkpoint can be: the bases, each followed by its sizes, and `other` for one that is none of them.
CHECKPOINTS = (
    *(n for b in reversed(BASE_MODELS) for n in (b.name, *(f"{b.name}-{s.name}" for s in b.sizes))),
    OTHER,
)


def label(architecture: str, size: str = "") -> str:
    """What an adapter is made for in one word: "sdxl", "flux2-klein-9b", "other", "unknown"."""
    return f"{architecture}-{size}" if size else architecture


def fits(made_for: str, wanted: str) -> bool:
    """Whether an adapter may be picked.

    Args:
        made_for: its `label`.
        wanted: the checkpoint's, or "any". A checkpoint of which only the base is known takes all sizes, and an adapter
            of which only the base is known goes with all; one of which nothing is known goes with every known base.
    """
    if wanted == "any":
        return True
    if wanted == OTHER:
        return False
    return made_for in (wanted, UNKNOWN, _SIZED.get(wanted)) or _SIZED.get(made_for) == wanted


__all__ = [
    "ARCHITECTURES",
    "BASE_MODELS",
    "BY_NAME",
    "CHECKPOINTS",
    "OTHER",
    "UNKNOWN",
    "BaseModel",
    "Size",
    "fits",
    "label",
]
