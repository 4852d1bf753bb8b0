"""Selections made by hand."""

from __future__ import annotations

from pathlib import Path

from stylus_core.types import Pick, Selection


def pick(path: Path, weight: float = 1.0, clip_weight: float | None = None, stage: str = "") -> Pick:
    """A pick of this file."""
    return Pick(path.stem, str(path), weight, "a word", "a reason", clip_weight=clip_weight, stage=stage)


def selection(*picks: Pick, prompt: str = "a corgi") -> Selection:
    """A selection of these picks."""
    tags = "".join(f" <lora:{p.name}:{p.weight}>" for p in picks)
    return Selection(prompt, prompt + tags, picks, with_trigger_words=prompt)
