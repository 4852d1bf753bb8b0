"""What the sample library holds: invented adapters in every state in which files lie in people's folders.

They stand in `catalogue.json`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Sample:
    """One adapter. `sidecars` names the writers of `samples.sidecars`; none means the header is all there is."""

    path: str  # under the library, without extension
    title: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    triggers: tuple[str, ...] = ()
    sidecars: tuple[str, ...] = ()
    base: str = "SD 1.5"
    algorithm: str = "lora"
    weight: float | None = None  # what the user set, or the author's structured field says
    examples: tuple[str, ...] = ()
    training: tuple[tuple[str, int], ...] = ()  # tags of the pictures it was trained on, with their counts
    concept: str = ""  # name of the training folder
    stripped: bool = False  # nothing in the header but tensors
    extension: str = ".safetensors"
    broken: bool = False  # cut off inside the header


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


_CATALOGUE = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))

SAMPLES: tuple[Sample, ...] = tuple(
    Sample(**{name: _tuples(value) for name, value in fields.items()}) for fields in _CATALOGUE["samples"]
)
#: A character by name, a plain sentence, a comma list with weights, one that nothing fits, one that has a tag.
PROMPTS: tuple[str, ...] = tuple(_CATALOGUE["prompts"])
