"""Fooocus' JSON: "prompt", "negative_prompt", "loras" [[name, weight, hash]], "lora_combined_1" "name : weight".

Its other scheme is an infotext (`webui`). Old versions had "LoRA 1" or "LoRA [name] weight" in place of these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from stylus_core.generation_data import values
from stylus_core.generation_data.source import Texts
from stylus_core.generation_data.types import AdapterUse, GenerationData

_OLD = re.compile(r"lora \[(.{1,300})\] weight\Z", re.IGNORECASE)
_COMBINED = re.compile(r"lora(?:_combined_| )\d{1,3}\Z", re.IGNORECASE)


def read(texts: Texts, _stem: str = "") -> GenerationData | None:
    """Reads what Fooocus wrote.

    Args:
        texts: of a picture.

    Returns:
        What it says; None if it is of another program.
    """
    for key in ("parameters", "usercomment", "comment"):
        text = texts.get(key, "")
        if not text.startswith("{"):
            continue
        data = values.parsed_json(text)
        if not isinstance(data, dict):
            continue
        data = {str(k).lower(): v for k, v in data.items()}
        if "prompt" in data and ("base_model" in data or "base model" in data or "fooocus_scheme" in texts):
            model = data.get("base_model") or data.get("base model")
            return GenerationData(
                tool="fooocus",
                prompt=values.clean_text(data["prompt"]),
                negative_prompt=values.clean_text(data.get("negative_prompt") or data.get("negative prompt")),
                adapters=values.once(_uses(data)),
                checkpoint=values.model_name(model),
            )
    return None


def _uses(data: Mapping[str, Any]) -> Iterator[AdapterUse | None]:
    listed = data.get("loras")
    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, list) and len(entry) >= 2:
            yield values.use(entry[0], entry[1], None, entry[2] if len(entry) > 2 else "")
    for key, value in data.items():
        old = _OLD.match(key)
        if old:
            yield values.use(old[1], value)
        elif _COMBINED.match(key) and isinstance(value, str):
            name, _, weight = value.rpartition(" : ")
            yield values.use(name, weight)
