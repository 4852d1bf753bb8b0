"""What is to be made: one job a picture, with an id that stays the same from run to run."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stylus_core.options import Options
from stylus_study.batch.prompts import Prompt

WITHOUT, WITH = "without", "with"


@dataclass(frozen=True, slots=True)
class WantedPicture:
    """How a picture is made, the same for all that are compared. `checkpoint`: "" is the one that is loaded."""

    steps: int = 20
    width: int = 512
    height: int = 512
    cfg: float = 7.0
    negative: str = ""
    checkpoint: str = ""
    request: Mapping[str, Any] = field(default_factory=dict)  # further fields of txt2img: sampler_name, enable_hr, ...

    def settings(self) -> dict[str, Any]:
        """All of it as plain JSON values."""
        given = dataclasses.asdict(self)
        if not self.request:  # ids of before there was such a field stay what they were
            del given["request"]
        return given


@dataclass(frozen=True, slots=True)
class RenderJob:
    """One picture. `pair` is the id of the side without, so all sides of a comparison share it."""

    id: str
    pair: str
    prompt: Prompt
    side: str
    seed: int
    picture: WantedPicture


def pairs(
    prompts: Sequence[Prompt], seeds: Sequence[int], picture: WantedPicture, options: Options
) -> Iterator[list[RenderJob]]:
    """The jobs, those that are compared with each other together.

    The id comes from everything that decides about the picture: other settings make other pictures, and leave those
    that are there. The options of the selection decide about one side only.

    Args:
        prompts: in the order in which their pictures are made.
        seeds: for each prompt.
        picture: how all pictures are made.
        options: of the selection.

    Yields:
        The picture without adapters and the one with, of one prompt and seed.
    """
    settings = picture.settings()
    chosen = options.changed()
    for prompt in prompts:
        for seed in seeds:
            base = {"prompt": prompt.text, "name": prompt.name, "seed": seed, **settings}
            pair = picture_id({**base, "side": WITHOUT})
            yield [
                RenderJob(pair, pair, prompt, WITHOUT, seed, picture),
                RenderJob(picture_id({**base, "side": WITH, "options": chosen}), pair, prompt, WITH, seed, picture),
            ]


def picture_id(value: Mapping[str, Any]) -> str:
    """The id of a picture, the same one on every machine.

    Args:
        value: all that decides about the picture, plain JSON values; the order of keys does not matter.

    Returns:
        20 hexadecimal digits.
    """
    text = json.dumps(value, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:20]
