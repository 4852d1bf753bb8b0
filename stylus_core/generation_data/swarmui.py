"""SwarmUI: "sui_image_params" with prompt, original_prompt, loras, loraweights; "sui_models" with AutoV3 hashes.

`<lora:name:weight>` in a prompt are taken out by SwarmUI and stand in the two lists as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stylus_core.generation_data import values
from stylus_core.generation_data.source import Texts
from stylus_core.generation_data.types import AdapterUse, GenerationData
from stylus_core.generation_data.webui import time_of
from stylus_core.prompt.tags import adapter_tags


def read(texts: Texts, _stem: str = "") -> GenerationData | None:
    """Reads what SwarmUI wrote.

    Args:
        texts: of a picture.

    Returns:
        What it says; None if it is of another program.
    """
    for key in ("parameters", "usercomment", "model", "imagedescription", "comment"):
        text = texts.get(key, "")
        if not text.startswith("{") or '"sui_image_params"' not in text:
            continue
        data = values.parsed_json(text)
        params = data.get("sui_image_params") if isinstance(data, dict) else None
        if isinstance(params, dict):
            extra = data.get("sui_extra_data")
            extra = extra if isinstance(extra, dict) else {}
            return GenerationData(
                tool="swarmui",
                prompt=_first(params, extra, "original_prompt", "originalprompt", "prompt"),
                negative_prompt=_first(
                    params, extra, "original_negativeprompt", "originalnegativeprompt", "negativeprompt"
                ),
                adapters=values.once(_uses(params, data.get("sui_models"))),
                checkpoint=values.model_name(params.get("model")),
                made_at=time_of(extra.get("date")) or time_of(params.get("date")),
            )
    return None


def _first(params: Mapping[str, Any], extra: Mapping[str, Any], *keys: str) -> str:
    found = (values.clean_text(part.get(key)) for key in keys for part in (params, extra))
    return next((text for text in found if text), "")


def _uses(params: Mapping[str, Any], models: Any) -> Iterator[AdapterUse | None]:
    hashes = {
        values.stem(values.clean_text(m.get("name"))): m.get("hash")
        for m in (models if isinstance(models, list) else ())
        if isinstance(m, dict) and m.get("param") == "loras"
    }
    names, weights = _listed(params.get("loras")), _listed(params.get("loraweights"))
    clip = _listed(params.get("loratencweights"))
    for index, name in enumerate(names):
        weight = weights[index] if index < len(weights) else 1.0
        te = clip[index] if index < len(clip) else None
        yield values.use(name, weight, te, hashes.get(values.stem(values.clean_text(name))))
    for tag in adapter_tags(values.clean_text(params.get("prompt"))):
        # here the second number is the text encoder's
        yield values.use(
            tag.name, tag.weight if tag.te is None else tag.te, tag.weight, hashes.get(values.stem(tag.name))
        )


def _listed(value: Any) -> list[Any]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",")]
    return value if isinstance(value, list) else []
