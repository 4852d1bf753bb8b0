"""Prompts as ComfyUI's clients post them, the workflows beside them, and LoRAs on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.library.build import safetensors

Graph = dict[str, dict[str, Any]]


def pick(prompt: Any = "a paper kite", **inputs: Any) -> Graph:
    """The picker alone, as node 1."""
    return {"1": {"class_type": "StylusPick", "inputs": {"prompt": prompt, **inputs}}}


def picture(prompt: Any = "a paper kite", seed: int = 1, node: str = "1", **inputs: Any) -> Graph:
    """Checkpoint, picker, apply, sampler, a saved picture."""
    return {
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "v1.safetensors"}},
        node: {"class_type": "StylusPick", "inputs": {"prompt": prompt, "model": ["4", 0], **inputs}},
        "6": {
            "class_type": "StylusApply",
            "inputs": {"model": ["4", 0], "clip": ["4", 1], "lora_stack": [node, 1], "part": "whole"},
        },
        "7": {
            "class_type": "KSampler",
            "inputs": {"seed": seed, "positive": [node, 0], "model": ["6", 0], "clip": ["6", 1]},
        },
        "9": {"class_type": "SaveImage", "inputs": {"images": ["7", 0]}},
    }


def workflow(node: int | str = 1, kind: str = "StylusPick") -> dict[str, Any]:
    """As a page sends it: the canvas with the picker on it."""
    return {"nodes": [{"id": node, "type": kind, "properties": {"cnr_id": "stylus"}}, {"id": 9, "type": "SaveImage"}]}


def given(key: str) -> dict[str, Any]:
    """A node that hands on what `FakeComfyUI.given` has for this key."""
    return {"class_type": "Given", "inputs": {"key": key}}


def state(**values: Any) -> str:
    """The hidden widget of a picker."""
    return json.dumps(values)


def add_lora(path: Path, title: str, words: str, kind: str = "objects", weight: float = 0.7, **more: Any) -> Path:
    """Writes a LoRA with what Civitai says of it beside it."""
    safetensors(path, {"ss_output_name": path.stem, "ss_base_model_version": "sd_v1"}, more.pop("tensors", None))
    record = {
        "baseModel": more.pop("base", "SD 1.5"),
        "trainedWords": [words],
        "model": {"name": title, "description": f"<p>{title}.</p>", "tags": [kind]},
        "images": [{"meta": {"prompt": f"{words}, evening, <lora:{path.stem}:{weight}>"}}],
        **more,
    }
    path.with_suffix(".civitai.info").write_text(json.dumps(record), "utf-8")
    return path


def collection(root: Path) -> None:
    """A few LoRAs of which each serves words of its own."""
    add_lora(root / "objects" / "paper_kite_v2.safetensors", "Paper Kite", "paper kite")
    add_lora(root / "styles" / "gouache_v1.safetensors", "Gouache Style", "gouache style", "style")
    add_lora(root / "orla_fenwick.safetensors", "Orla Fenwick", "orla fenwick, grey shawl", "character", 0.9)
