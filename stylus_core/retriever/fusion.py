"""One ranking out of many signals.

Every signal is scaled to [0, 1] within its query and weighted; a prompt that is a sentence weighs them otherwise than
one that is a list of tags, and most prompts are clearly one or the other. The weights are those of a softmax over the
whole library that makes the adapters which people chose most likely (listwise, Cao et al. 2007), fitted by
`benchmarks/fit_fusion.py` on the development queries, with the quality of held-out folds reported there. They are fixed
here: nothing is trained at the user's.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stylus_core.prompt import ParsedPrompt
from stylus_core.retriever.tokens import STOP_WORDS
from stylus_core.types import KINDS

Scores = NDArray[np.float32]

SIGNALS = (
    "bm25", "about", "trigger", "name", "tag", "together", "used", "downloads",
    "whole_label", "part_label", "whole_account", "part_account",
)  # fmt: skip

#: signal -> (weight in a list of tags, weight in a sentence)
WEIGHTS: dict[str, tuple[float, float]] = {
    "bm25": (1.62, 1.40),
    "about": (0.05, 1.25),
    "trigger": (1.56, 0.46),
    "name": (1.94, 0.20),
    "tag": (0.00, 0.44),
    "together": (4.57, 0.82),
    "used": (3.71, 0.24),
    "downloads": (2.27, 1.01),
    "whole_label": (0.00, 3.42),
    "part_label": (2.90, 1.98),
    "whole_account": (0.00, 3.35),
    "part_account": (2.11, 2.03),
}

#: Two signals -> the weight of their product, in a list of tags: where the one says what the other has said already (an
#: adapter whose own example prompt is near has its words too), and where it counts more together with the other. Fitted
#: on top of the sums. Sentences gain nothing by it.
PAIRS: dict[tuple[str, str], float] = {
    ("bm25", "together"): -4.90,
    ("together", "together"): 2.69,
    ("together", "used"): 2.38,
    ("bm25", "bm25"): 1.82,
    ("tag", "part_account"): -1.62,
    ("trigger", "together"): -1.57,
    ("tag", "tag"): 1.43,
    ("name", "together"): -1.41,
    ("tag", "together"): -1.25,
    ("used", "downloads"): -0.85,
    ("used", "used"): -0.60,
    ("about", "together"): 0.58,
    ("bm25", "trigger"): 0.54,
    ("bm25", "part_account"): 0.42,
}

#: kind -> (bias in a list of tags, bias in a sentence): captions seldom mean a character that they do not name
BIAS: dict[str, tuple[float, float]] = {
    "character": (0.37, -2.74),
    "person": (0.40, -0.55),
    "style": (0.53, -0.40),
    "quality": (0.87, 0.82),
    "concept": (-0.84, 0.26),
    "pose": (-0.97, 1.20),
    "clothing": (-0.07, -0.61),
    "object": (0.16, 0.92),
    "animal": (-0.78, 0.31),
    "vehicle": (0.05, -0.56),
    "building": (0.26, 1.02),
    "background": (0.02, 0.34),
}


def sentence_likeness(prompt: ParsedPrompt) -> float:
    """0 for a list of tags, 1 for a sentence: long parts with function words in them. Few prompts are in between."""
    words = prompt.plain.split()
    if not words or not prompt.parts:
        return 0.0
    functional = sum(w.lower() in STOP_WORDS for w in words) / len(words)
    per_part = len(words) / len(prompt.parts)
    odds = 1 / (1 + np.exp(-((per_part - 4) + (functional - 0.15) * 5)))
    return float(np.clip((odds - 0.2) / 0.6, 0, 1))


def scaled(scores: Scores, alive: NDArray[np.bool_]) -> Scores:
    """To [0, 1] over the living adapters."""
    if not alive.any():
        return np.zeros_like(scores)
    values = scores[alive]
    low, high = float(values.min()), float(values.max())
    return np.asarray((scores - low) / max(high - low, 1e-6), np.float32)


def biases(sentence: float) -> Scores:
    """(kinds,): what each kind's adapters get on top."""
    return np.array([BIAS[k][0] * (1 - sentence) + BIAS[k][1] * sentence for k in KINDS], np.float32)
