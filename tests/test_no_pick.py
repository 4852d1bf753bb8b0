"""Where nothing is picked, the one reason that is true is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stylus_core import Stylus
from tests.library.build import safetensors, sidecar

PROMPT = "a tin lantern on a pier"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("tin", "brass", "paper"):
        path = safetensors(tmp_path / "loras" / f"{name}_lantern.safetensors", {"ss_output_name": name})
        model = {"name": f"{name.title()} Lantern", "tags": ["objects"]}
        sidecar(path, ".civitai.info", {"baseModel": "SD 1.5", "trainedWords": [f"{name} lantern"], "model": model})
    return tmp_path / "loras"


@pytest.mark.parametrize(
    ("prompt", "options", "told"),
    [
        (PROMPT, {"architecture": "flux"}, "none of the 3 adapters is made for Flux.1"),
        (PROMPT, {"architecture": "flux2-klein-9b"}, "none of the 3 adapters is made for Flux.2 klein-9b"),
        (
            PROMPT,
            {"architecture": "other"},
            "none of the 3 adapters is known to fit the checkpoint, which is of a base model that Stylus does not know",
        ),
        (PROMPT, {"kinds": ["vehicle"]}, "none of the 3 adapters is of the allowed kinds (vehicle)"),
        (
            PROMPT,
            {"architecture": "sd1", "kinds": ["vehicle", "pose"]},
            "none of the 3 adapters for Stable Diffusion 1 is of the allowed kinds (pose, vehicle)",
        ),
        (
            PROMPT,
            {"architecture": "sd1", "include_folders": ["ink"]},
            "none of the 3 adapters for Stable Diffusion 1 is left by include_folders",
        ),
        (
            PROMPT,
            {"banned": ["tin_lantern", "brass_lantern", "paper_lantern"]},
            "none of the 3 adapters is free to be picked: they are banned or in the prompt already",
        ),
        (PROMPT, {"max_adapters": 0}, "nothing is picked, as at most 0 adapters are asked for"),
        (
            f"{PROMPT} <lora:brass_lantern:0.5>",
            {"max_adapters": 1},
            "nothing is picked, as the prompt has 1 of at most 1 adapters already",
        ),
        (
            f"{PROMPT} <lora:own:1.8>",
            {},
            "left out, as the adapters in the prompt weigh 1.8, which leaves too little of the total weight of 2: "
            "tin_lantern",
        ),
        ("a mountain at dawn", {}, "no adapter fits this prompt well enough"),
    ],
)
def test_the_reason_that_is_true(root: Path, prompt: str, options: dict[str, Any], told: str):
    with Stylus(root, home=root.parent / "home", encoder="none") as stylus:
        found = stylus.select(prompt, options)
    assert (found.picks, found.notes) == ((), (told,))


def test_it_is_told_beside_what_else_there_is_to_say(root: Path):
    with Stylus(root, home=root.parent / "home", encoder=str(root / "no-model")) as stylus:
        found = stylus.select("a mountain at dawn")
    assert len(found.notes) == 2 and "no adapter fits this prompt well enough" in found.notes
