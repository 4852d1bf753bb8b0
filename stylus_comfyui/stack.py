"""LORA_STACK, the list in which node packs hand LoRAs to each other, and `<lora:...>` as ComfyUI's packs write it.

An entry is (name below a LoRA root, strength for the model, strength for CLIP). Some packs give longer tuples or dicts.
In a tag the model's strength stands first, other than in a WebUI.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from stylus_core.prompt.tags import ADAPTER_KINDS, UNWRITABLE, find_tags
from stylus_core.rewriter import format_weight
from stylus_host.named_adapters import checked_weight

_NAMES = ("name", "lora_name", "lora")
_MODEL = ("model_strength", "strength_model", "strength", "weight")
_CLIP = ("clip_strength", "strength_clip", "clipStrength", "strengthTwo")


class StackEntry(NamedTuple):
    """One LoRA of a stack."""

    name: str
    model: float
    clip: float


def read_stack(stack: Any) -> list[StackEntry]:
    """Reads a stack, leniently.

    Args:
        stack: of any type, as another node gave it; None: empty.

    Returns:
        The entries that can be read, in their order; one that is switched off or names nothing is none.
    """
    found = stack if isinstance(stack, (list, tuple)) else ()
    return [entry for item in found if (entry := _entry(item)) is not None]


def _entry(item: Any) -> StackEntry | None:
    if isinstance(item, Mapping):
        if item.get("on", item.get("active", True)) is False:
            return None
        parts = [next((item[k] for k in keys if item.get(k) is not None), None) for keys in (_NAMES, _MODEL, _CLIP)]
    elif isinstance(item, (list, tuple)) and item:
        parts = [*item[:3], None, None][:3]
    else:
        return None
    name, model, clip = parts
    if not isinstance(name, str) or name.strip() in ("", "None"):
        return None
    try:
        strength = checked_weight(1.0 if model is None else model)
        return StackEntry(name, strength, strength if clip is None else checked_weight(clip))
    except (TypeError, ValueError):
        return None


def tag_name(name: str) -> str:
    """Writes a LoRA's name as it stands in a tag.

    Args:
        name: below a LoRA root.

    Returns:
        It without the extension, with "/" on every system.
    """
    return os.path.splitext(name)[0].replace(os.sep, "/")


def tags_of(entries: Iterable[StackEntry]) -> str:
    """Writes a stack as text.

    Args:
        entries: of a stack.

    Returns:
        `<lora:name:model>`, with `:clip` behind it where that is another strength; a name that no tag can hold is
        left out.
    """
    out = []
    for entry in entries:
        name, model, clip = tag_name(entry.name), format_weight(entry.model), format_weight(entry.clip)
        if UNWRITABLE.isdisjoint(name):
            out.append(f"<lora:{name}:{model}>" if clip == model else f"<lora:{name}:{model}:{clip}>")
    return " ".join(out)


def take_tags(prompt: str) -> tuple[str, list[StackEntry]]:
    """Takes the tags out of a prompt, which a text encoder of ComfyUI would read as words.

    Args:
        prompt: as it was typed.

    Returns:
        The prompt without them and without the space in front of each, and what they call, with the names as they are
        written there.
    """
    pieces: list[str] = []
    entries: list[StackEntry] = []
    last = 0
    for tag in find_tags(prompt):
        if tag.kind not in ADAPTER_KINDS:
            continue
        before = prompt[last : tag.start]
        pieces.append(before[:-1] if before.endswith(" ") else before)
        last = tag.end
        # Read as a WebUI's, the first of two strengths is the text encoder's; here it is the model's.
        model = 1.0 if tag.te is None else tag.te
        entries.append(StackEntry(tag.name, model, model if tag.weight is None else tag.weight))
    return "".join([*pieces, prompt[last:]]), entries
