"""Adapters that are made up, and an encoder that counts what it embeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stylus_core.types import Adapter, Card, Example, Metadata

SUBJECTS = "lighthouse kimono corgi dragon teapot meadow violin harbor lantern glacier orchard windmill".split()


class CountingEncoder:
    """An encoder that gives each word a direction, and counts what it is asked."""

    backend = "fake"

    def __init__(self, key: str = "one") -> None:
        self.key, self.dim = key, 16
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked += texts
        out = np.zeros((len(texts), self.dim), np.float32)
        for i, text in enumerate(texts):
            for word in text.lower().split():
                out[i, sum(map(ord, word)) % self.dim] += 1
            out[i] /= max(np.linalg.norm(out[i]), 1e-9)
        return out


def adapter(number: int, subject: str, **metadata: Any) -> Adapter:
    known = Metadata(
        title=f"{subject.title()} number {number}",
        tags=(subject, "concept"),
        trigger_words=(f"{subject}{number}",),
        examples=(Example(f"a {subject} at dusk, <lora:{subject}_{number}:0.7>"),),
        architecture=("sd1", "sdxl")[number % 2],
        **metadata,
    )
    return Adapter(
        number, f"/x/{subject}_{number}.safetensors", f"{subject}_{number}", metadata=known, card=Card(subject=subject)
    )
