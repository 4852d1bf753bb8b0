"""The layers of a pipeline that hold adapters, as peft makes them, and which adapters are ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

#: What the names of our adapters begin with; every other adapter is the user's.
OURS = "stylus_"


def is_ours(name: str) -> bool:
    """Whether an adapter of a pipeline was loaded by us.

    Args:
        name: as the pipeline lists it.

    Returns:
        False for the user's.
    """
    return name.startswith(OURS)


def adapter_layers(pipe: Any) -> Iterator[tuple[str, Any]]:
    """Goes through the layers into which adapters were put.

    Args:
        pipe: a pipeline of diffusers.

    Yields:
        The part of the pipeline ("unet", "text_encoder", ...) and the layer, one of peft's `BaseTunerLayer`.
    """
    from peft.tuners.tuners_utils import BaseTunerLayer

    for part in pipe.get_list_adapters():
        for layer in getattr(pipe, part).modules():
            if isinstance(layer, BaseTunerLayer):
                yield part, layer


def parts_of(pipe: Any, name: str) -> tuple[str, ...]:
    """Finds the parts of a pipeline that an adapter was loaded into.

    Args:
        pipe: a pipeline of diffusers.
        name: of the adapter in it.

    Returns:
        Their names in the pipeline's order; none where it is not loaded.
    """
    return tuple(part for part, names in pipe.get_list_adapters().items() if name in names)


def same_tensors(pipe: Any, name: str, other: str) -> bool:
    """Whether two adapters of a pipeline are one: in every layer they have the same numbers.

    Args:
        pipe: a pipeline of diffusers.
        name: of the one adapter in it.
        other: of the other one.

    Returns:
        False where either has a tensor that the other lacks, or is not there.
    """
    if not parts_of(pipe, name) or parts_of(pipe, name) != parts_of(pipe, other):
        return False
    import torch

    for _, layer in adapter_layers(pipe):
        mine, theirs = _tensors(layer, name), _tensors(layer, other)
        if mine.keys() != theirs.keys():
            return False
        if not all(torch.equal(mine[key], theirs[key].to(mine[key].device)) for key in mine):
            return False
    return True


def first_tensor(pipe: Any, name: str) -> Any:
    """Finds a tensor by which an adapter is known again, and told from another one that was given its name.

    Args:
        pipe: a pipeline of diffusers.
        name: of the adapter in it.

    Returns:
        One of its tensors, always the same; None where it has none.
    """
    return next((t for _, layer in adapter_layers(pipe) for t in _tensors(layer, name).values()), None)


def _tensors(layer: Any, adapter: str) -> dict[tuple[str, ...], Any]:
    """The tensors of one adapter in a layer by their names in it, which are as `lora_A.ADAPTER.weight`."""
    split = ((key.split("."), tensor) for key, tensor in layer.named_parameters())
    return {(key[0], *key[2:]): tensor for key, tensor in split if key[1:2] == [adapter]}
