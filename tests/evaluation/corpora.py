"""A small invented corpus with queries, as files."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

SUBJECTS = {
    "paper kite": "A kite of folded paper.",
    "tin robot": "A toy robot of tin, with a key in its back.",
    "glass teapot": "A teapot of clear glass.",
    "velvet curtain": "Heavy curtains of red velvet.",
    "copper lantern": "A hanging lantern of beaten copper.",
    "marble staircase": "A winding staircase of white marble.",
    "rope bridge": "A bridge of ropes over a gorge.",
    "clay oven": "A round oven of clay.",
}


def row(number: int, name: str, description: str) -> dict[str, Any]:
    """One adapter as a line of a corpus."""
    stem = name.replace(" ", "_")
    return {
        "model_id": number,
        "name": name.title(),
        "tags": ["object", *name.split()],
        "description": description,
        "base_model": "SD 1.5",
        "trained_words": [stem],
        "file": f"{stem}.safetensors",
        "stems": [stem],
        "downloads": 100 * number,
        "examples": [{"prompt": f"{name}, soft light <lora:{stem}:0.7>", "negative_prompt": ""}],
    }


def write_corpus(folder: Path) -> Path:
    """The adapters, gzipped; ids from 1 on."""
    path = folder / "corpus.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for number, (name, description) in enumerate(SUBJECTS.items(), start=1):
            file.write(json.dumps(row(number, name, description)) + "\n")
    return path


def write_queries(path: Path, *queries: dict[str, Any]) -> Path:
    """Queries as they are given."""
    path.write_text("".join(json.dumps(q) + "\n" for q in queries), encoding="utf-8")
    return path
