"""Paints with diffusers: `python examples/diffusers_pipeline.py CHECKPOINT LIBRARY PROMPT picture.png`."""

from __future__ import annotations

import sys

from diffusers import DiffusionPipeline

from stylus_core import Stylus
from stylus_core.pipeline import apply, architecture_of


def main(checkpoint: str, library: str, prompt: str, picture: str) -> None:
    """Selects for the checkpoint's base model, paints with what was picked, and says what that was."""
    pipe = DiffusionPipeline.from_pretrained(checkpoint)
    with Stylus(library) as stylus:
        stylus.index()
        selection = stylus.select(prompt, {"architecture": architecture_of(pipe)})
    with apply(pipe, selection) as applied:  # at its end the pipeline is as before
        pipe(applied.prompt).images[0].save(picture)
    for adapter in applied.adapters:
        print(f"{adapter.pick.name} at {adapter.pick.weight:g} for {adapter.pick.keyword!r}: {adapter.pick.reason}")
    for note in (*selection.notes, *applied.notes):
        print(note)


if __name__ == "__main__":
    main(*sys.argv[1:])
