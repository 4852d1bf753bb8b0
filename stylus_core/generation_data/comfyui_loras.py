"""The LoRAs of a graph of ComfyUI, told by the inputs that loaders have.

| inputs | nodes |
| --- | --- |
| lora_name, strength_model, strength_clip | LoraLoader, LoraLoaderModelOnly and their relatives |
| lora_1 {on, lora, strength, strengthTwo} | Power Lora Loader (rgthree) |
| lora_01, strength_01 | Lora Loader Stack (rgthree) |
| lora_name_1, switch_1, model_weight_1, clip_weight_1 | CR LoRA Stack |
| lora_name_1, lora_wt_1, model_str_1, clip_str_1, lora_count | Efficiency's LoRA Stacker |
| lora_1_name, lora_1_strength, lora_1_model_strength, num_loras, toggle | Easy-Use's stack |
| loras [{name, strength, clipStrength, active}] | LoRA Manager |
| `<lora:name:model:clip>` in any text but a plain CLIPTextEncode's | loaders by text |
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from stylus_core.generation_data import values
from stylus_core.generation_data.comfyui_graph import PromptGraph
from stylus_core.generation_data.types import AdapterUse
from stylus_core.prompt.tags import adapter_tags

_NAME = re.compile(r"(?:lora|lora_name)_?(\d{0,3})(?:(?<=\d)_name)?\Z", re.IGNORECASE)
_MODEL = ("strength_model{}", "model_strength{}", "model_weight{}", "model_str{}", "lora{}_model_strength")
_ONE = (
    *("lora_wt{}", "strength{}", "lora_strength{}", "weight{}", "lora_weight{}", "lora_model_strength{}"),
    "lora{}_strength",
)
_CLIP = (
    *("strength_clip{}", "clip_strength{}", "clip_weight{}", "clip_str{}", "lora_clip_strength{}"),
    "lora{}_clip_strength",
)
_SWITCHES = ("switch{}", "enabled{}", "on{}", "toggle{}")
_OFF = frozenset(("off", "false", "no", "disable", "disabled"))


def uses(graph: PromptGraph) -> list[AdapterUse | None]:
    """Finds the LoRAs that the picture was made with.

    Args:
        graph: that made it.

    Returns:
        They, those nearest to the checkpoint first.
    """
    out: list[AdapterUse | None] = []
    for name in reversed(graph.used):
        out += islice(_of_node(graph, name), 4 * values.MOST_ADAPTERS)
        if len(out) > 4 * values.MOST_ADAPTERS:
            break
    return out


def _of_node(graph: PromptGraph, name: str) -> Iterator[AdapterUse | None]:
    inputs = graph.inputs(name)
    listed = inputs.get("loras")
    if isinstance(listed, dict):
        listed = listed.get("__value__")
    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, dict) and _on(entry.get("active", True)):
            yield values.use(entry.get("name"), entry.get("strength", 1.0), entry.get("clipStrength"))
    count = graph.plain(inputs.get("lora_count", inputs.get("num_loras")))
    for key, value in inputs.items():
        match = _NAME.match(key)
        if match and isinstance(value, dict):
            if _on(value.get("on", True)):
                yield values.use(value.get("lora"), value.get("strength", 1.0), value.get("strengthTwo"))
        elif match and (not match[1] or not isinstance(count, int) or int(match[1]) <= count):
            yield _named(graph, inputs, graph.plain(value), match[1])
        elif isinstance(value, str) and "<l" in value and not isinstance(listed, list):
            if not graph.kind(name).startswith("CLIPTextEncode"):
                # Read as a WebUI's, the first of two strengths is the text encoder's; here it is the model's.
                yield from (values.use(t.name, t.te, t.weight) for t in adapter_tags(value))


def _named(graph: PromptGraph, inputs: Mapping[str, Any], lora: Any, number: str) -> AdapterUse | None:
    if not isinstance(lora, str):
        return None
    ends = (f"_{number}", number) if number else ("",)

    def first(names: tuple[str, ...]) -> Any:
        found = (graph.plain(inputs.get(n.format(end))) for n in names for end in ends)
        return next((v for v in found if values.number(v) is not None), None)

    if not all(_on(inputs.get(n.format(end), True)) for n in _SWITCHES for end in {*ends, ""}):
        return None
    simple = graph.plain(inputs.get("input_mode", inputs.get("mode"))) == "simple"
    model = first((*_ONE, *_MODEL) if simple else (*_MODEL, *_ONE))
    clip = None if simple else first(_CLIP)
    if not number and clip is not None and values.number(clip) == 0 and "clip" not in inputs:
        clip = None  # a loader that has no text encoder to change
    return values.use(lora, 1.0 if model is None else model, clip)


def _on(value: Any) -> bool:
    return value.lower() not in _OFF if isinstance(value, str) else value is not False
