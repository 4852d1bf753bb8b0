"""The base models that adapters are made for: one entry each, from which everything else that names them follows."""

from __future__ import annotations

from stylus_core.base_models import image, unet, video
from stylus_core.base_models.entry import BaseModel, Size

#: In the order in which the entries stand, which is the one for people.
BASE_MODELS: tuple[BaseModel, ...] = tuple(
    base for module in (unet, image, video) for base in vars(module).values() if isinstance(base, BaseModel)
)
BY_NAME = {base.name: base for base in BASE_MODELS}
#: In the order in which they are tried, what is more special first.
BY_RANK = tuple(sorted(BASE_MODELS, key=lambda base: base.rank))

#: Known to be none of these. Such an adapter is never picked under a known checkpoint.
OTHER = "other"
#: Nothing tells. Such an adapter may be picked under every checkpoint that is known.
UNKNOWN = "unknown"

#: What `Metadata.architecture` can be.
ARCHITECTURES = (*BY_NAME, OTHER, UNKNOWN)

_SIZED = {f"{base.name}-{size.name}": base.name for base in BASE_MODELS for size in base.sizes}

#: What a checkpoint can be: the bases, each followed by its sizes, and `other` for one that is none of them.
CHECKPOINTS = (
    *(n for b in BASE_MODELS for n in (b.name, *(f"{b.name}-{s.name}" for s in b.sizes))),
    OTHER,
)


def label(architecture: str, size: str = "") -> str:
    """Says what an adapter is made for in one word: "sdxl", "flux2-klein-9b", "other", "unknown".

    Args:
        architecture: one of `ARCHITECTURES`.
        size: the name of one of the base's sizes; "" where none is known or the base has none.

    Returns:
        Both with a hyphen between them; one of `CHECKPOINTS` or `UNKNOWN`.
    """
    return f"{architecture}-{size}" if size else architecture


def for_people(checkpoint: str) -> str:
    """Says in the words of people what a checkpoint is.

    Args:
        checkpoint: one of `CHECKPOINTS`.

    Returns:
        "Flux.1", "Flux.2 klein-9b"; for `OTHER` what is known of it.
    """
    name = _SIZED.get(checkpoint, checkpoint)
    if name not in BY_NAME:
        return "a base model that Stylus does not know"
    return f"{BY_NAME[name].label.partition(' (')[0]}{checkpoint.removeprefix(name).replace('-', ' ', 1)}"


def fits(made_for: str, wanted: str) -> bool:
    """Whether an adapter may be picked.

    Args:
        made_for: its `label`.
        wanted: the checkpoint's, or "any". A checkpoint of which only the base is known takes all sizes, and an adapter
            of which only the base is known goes with all; one of which nothing is known goes with every known base.

    Returns:
        False too for every adapter under a checkpoint that is `OTHER`: nothing is proved to fit it.
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
    "BY_RANK",
    "CHECKPOINTS",
    "OTHER",
    "UNKNOWN",
    "BaseModel",
    "Size",
    "fits",
    "for_people",
    "label",
]
