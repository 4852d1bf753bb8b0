"""Selections in a pipeline of diffusers: what is picked is loaded, weighted, kept for the next prompt and taken off.

diffusers, peft and torch are imported only inside functions: they come with the extra `diffusers`.

>>> pipe = DiffusionPipeline.from_pretrained(checkpoint)
>>> options = {"architecture": architecture_of(pipe)}
>>> with apply(pipe, stylus.select(prompt, options, present=present_adapters(pipe))) as applied:
...     picture = pipe(applied.prompt).images[0]
"""

from __future__ import annotations

from stylus_core.pipeline.applying import apply, remove
from stylus_core.pipeline.architecture import architecture_of
from stylus_core.pipeline.outcome import AppliedAdapter, AppliedSelection
from stylus_core.pipeline.user_adapters import present_adapters

__all__ = ["AppliedAdapter", "AppliedSelection", "apply", "architecture_of", "present_adapters", "remove"]
