"""A stand-in for a WebUI that paints small pictures which prompt, adapters, seed and CFG decide."""

from __future__ import annotations

import hashlib
import io
import re
from typing import Any

import numpy as np
from PIL import Image

from tests.batch.webui import StandIn

SIZE = 48
_TAG = re.compile(r"\s*<lora:([^:>]+):([\d.]+)>")


class PaintingWebUI(StandIn):
    """Without the extension, with the adapters `loras` (name -> path)."""

    def __init__(self, loras: dict[str, str] | None = None, *, extension: bool = False) -> None:
        super().__init__(extension=extension, loras=loras or {})
        self.breaking = ""  # a text that ends the painting of any prompt with it
        self.checkpoints.append({"title": "other.ckpt [def]", "model_name": "other", "filename": "/m/other.ckpt"})

    def _paint(self, body: dict[str, Any]) -> tuple[int, Any]:
        if self.breaking and self.breaking in body["prompt"]:
            self.asked.append(body)
            return 422, {"error": "NansException", "detail": "", "errors": "A tensor with NaNs was produced in Unet."}
        return super()._paint(body)

    def draw(self, text: str, body: dict[str, Any]) -> bytes:
        """Waves: the prompt gives the colours, the seed the place, adapters a pattern, CFG the contrast."""
        typed = _TAG.sub("", body["prompt"])
        colours = _random(typed).uniform(60, 200, (2, 3))
        place = _random(f"{typed} {body['seed']}").uniform(0, 6.28, 4)
        y, x = np.mgrid[0:SIZE, 0:SIZE] / SIZE * 6.28
        wave = 0.5 + 0.25 * (np.sin(x * (1 + place[0]) + place[1]) + np.sin(y * (1 + place[2]) + place[3]))
        picture = colours[0] * wave[..., None] + colours[1] * (1 - wave[..., None])
        for name, weight in _TAG.findall(body["prompt"]):
            pattern = _random(name).uniform(2, 9, 2)
            picture += 60 * float(weight) * np.sin(x * pattern[0] + y * pattern[1])[..., None]
        picture = 128 + (picture - 128) * (0.4 + 0.08 * float(body["cfg_scale"]))
        out = io.BytesIO()
        Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(out, "PNG")
        return out.getvalue()

    def requests(self) -> list[tuple[str, int, float, str]]:
        """(prompt, seed, CFG, checkpoint) of every picture that was asked for."""
        checkpoint = "sd_model_checkpoint"
        return [
            (b["prompt"], b["seed"], b["cfg_scale"], b.get("override_settings", {}).get(checkpoint, ""))
            for b in self.asked
        ]


def _random(seed: str) -> np.random.Generator:
    return np.random.default_rng(int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big"))
