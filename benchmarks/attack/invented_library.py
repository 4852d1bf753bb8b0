"""A small library of adapters that exist nowhere, and prompts for it."""

from __future__ import annotations

import random
from pathlib import Path

from tests.library.build import safetensors, sidecar

WORDS = (
    "corgi", "lighthouse", "spacesuit", "dragon", "teapot", "violin", "cactus", "submarine", "castle", "robot",
    "teacup", "windmill", "lantern", "compass", "glacier", "octopus", "telescope", "tractor", "waterfall", "zeppelin",
)  # fmt: skip
_LOOKS = ("drawn in ink", "made of clay", "seen at night", "in thick oil paint", "as a paper model")


def library(folder: Path, count: int) -> Path:
    """Writes `count` adapters, each made for one of `WORDS`, half of them with a file of their site beside them."""
    for number in range(count):
        word = WORDS[number % len(WORDS)]
        add(folder, f"{word}_{number:04d}", f"{word.title()} {number}", word, _LOOKS[number % len(_LOOKS)])
    return folder


def add(folder: Path, stem: str, title: str, word: str, look: str = "") -> Path:
    """Writes one adapter that was made for `word`."""
    path = safetensors(folder / f"{stem}.safetensors", {"ss_output_name": stem, "ss_base_model_version": "sd_v1"})
    about = {
        "name": "v1",
        "baseModel": "SD 1.5",
        "trainedWords": [word],
        "model": {"name": title, "type": "LORA", "description": f"<p>A {word} {look}.</p>", "tags": [word]},
    }
    sidecar(path, ".civitai.info", about)
    return path


def prompts(count: int, seed: int = 0) -> list[str]:
    """Prompts, each about one of `WORDS`."""
    rng = random.Random(seed)
    return [f"a {WORDS[n % len(WORDS)]} on a hill, number {n}, {rng.choice(_LOOKS)}" for n in range(count)]
