"""InvokeAI: "invokeai_metadata" (since 3), "sd-metadata" (2) and "Dream" (1 and 2).

| keyword | what it gives |
| --- | --- |
| invokeai_metadata | positive_prompt, negative_prompt, model, loras [{model or lora, weight}] |
| sd-metadata | image.prompt (a text, or [{prompt, weight}]), model_weights |
| dream | the prompt in quotes, then options; "withLora(name,weight)" in it |

InvokeAI's own hashes are BLAKE3, which nothing else has: they are not kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from stylus_core.generation_data import values
from stylus_core.generation_data.source import Texts
from stylus_core.generation_data.types import AdapterUse, GenerationData

_WITH = re.compile(r"\bwithLora\(([^(),]{1,300})(?:,\s*([\d.\-]{1,10}))?\)")
_NEGATIVE = re.compile(r"\[([^\[\]]{1,4000})\]")


def read(texts: Texts, _stem: str = "") -> GenerationData | None:
    """Reads what InvokeAI wrote.

    Args:
        texts: of a picture.

    Returns:
        What it says; None if it is of another program.
    """
    if "invokeai_metadata" in texts:
        data = values.parsed_json(texts["invokeai_metadata"])
        if isinstance(data, dict):
            return GenerationData(
                tool="invokeai",
                prompt=values.clean_text(data.get("positive_prompt")),
                negative_prompt=values.clean_text(data.get("negative_prompt")),
                adapters=values.once(_uses(data)),
                checkpoint=values.model_name(_name(data.get("model"))),
            )
    if "sd-metadata" in texts:
        data = values.parsed_json(texts["sd-metadata"])
        image = data.get("image") if isinstance(data, dict) else None
        if isinstance(image, dict):
            return _old(_old_prompt(image.get("prompt")), data.get("model_weights"))
    dream = re.match(r'"((?:[^"\\]|\\.){1,20000})"', texts.get("dream", ""))
    return _old(dream[1], "") if dream else None


def _old_prompt(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(values.clean_text(v.get("prompt")) for v in value[:100] if isinstance(v, dict))
    return values.clean_text(value)


def _old(text: str, model: Any) -> GenerationData:
    negative = ", ".join(_NEGATIVE.findall(text))
    return GenerationData(
        tool="invokeai",
        prompt=values.clean_text(_NEGATIVE.sub("", text)),
        negative_prompt=values.clean_text(negative),
        adapters=values.once(values.use(name, weight or 0.75) for name, weight in _WITH.findall(text)),
        checkpoint=values.model_name(model),
    )


def _uses(data: Mapping[str, Any]) -> Iterator[AdapterUse | None]:
    listed = data.get("loras")
    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, dict):
            yield values.use(_name(entry.get("model") or entry.get("lora")), entry.get("weight", 0.75))


def _name(model: Any) -> Any:
    if isinstance(model, dict):
        return model.get("name") or model.get("model_name")
    return model
