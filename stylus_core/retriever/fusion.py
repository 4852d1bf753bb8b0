"""One ranking out of many signals.

Every signal is scaled to [0, 1] within its query and weighted; a prompt that is a sentence weighs them otherwise than
one that is a list of tags, and most prompts are clearly one or the other. The weights are those of a softmax over the
whole library that makes the adapters which people chose most likely (listwise, Cao et al. 2007), fitted by
`benchmarks/fit_fusion.py` on the development queries, with the quality of held-out folds reported there. They are fixed
here: nothing is trained at the user's.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from stylus_core.prompt import ParsedPrompt
from stylus_core.retriever.tokenizer import STOP_WORDS
from stylus_core.types import KINDS

Scores = NDArray[np.float32]

SIGNALS = (
    "bm25", "about", "trigger", "name", "tag", "cooccurrence", "usage_count", "downloads",
    "whole_title", "part_title", "whole_description", "part_description",
)  # fmt: skip

#: signal -> (weight in a list of tags, weight in a sentence)
WEIGHTS: dict[str, tuple[float, float]] = {
    "bm25": (1.46, 1.41),
    "about": (0.00, 1.25),
    "trigger": (1.83, 0.46),
    "name": (2.13, 0.18),
    "tag": (0.00, 0.44),
    "cooccurrence": (4.53, 0.83),
    "usage_count": (3.73, 0.24),
    "downloads": (2.28, 1.01),
    "whole_title": (0.00, 3.42),
    "part_title": (2.76, 1.99),
    "whole_description": (0.00, 3.35),
    "part_description": (1.92, 2.03),
}

#: Two signals -> the weight of their product, in a list of tags: where the one says what the other has said already (an
#: adapter whose own example prompt is near has its words too), and where it counts more together with the other. Fitted
#: on top of the sums. Sentences gain nothing by it.
PAIRS: dict[tuple[str, str], float] = {
    ("bm25", "cooccurrence"): -5.53,
    ("cooccurrence", "cooccurrence"): 3.13,
    ("cooccurrence", "usage_count"): 2.65,
    ("bm25", "bm25"): 2.17,
    ("cooccurrence", "part_title"): -2.03,
    ("usage_count", "usage_count"): -1.13,
    ("usage_count", "downloads"): -1.06,
    ("usage_count", "part_description"): 0.98,
    ("downloads", "part_title"): -0.92,
    ("part_description", "part_description"): -0.59,
    ("cooccurrence", "downloads"): -0.54,
    ("downloads", "downloads"): 0.44,
    ("bm25", "part_description"): 0.33,
    ("trigger", "downloads"): 0.24,
    ("name", "usage_count"): 0.17,
    ("trigger", "part_title"): 0.14,
    ("cooccurrence", "part_description"): 0.08,
}

#: kind -> (bias in a list of tags, bias in a sentence): captions seldom mean a character that they do not name
BIAS: dict[str, tuple[float, float]] = {
    "character": (0.38, -2.74),
    "person": (0.41, -0.55),
    "style": (0.53, -0.40),
    "quality": (0.87, 0.82),
    "concept": (-0.83, 0.26),
    "pose": (-0.95, 1.20),
    "clothing": (-0.10, -0.60),
    "object": (0.09, 0.92),
    "animal": (-0.78, 0.31),
    "vehicle": (0.04, -0.57),
    "building": (0.28, 1.01),
    "background": (0.05, 0.34),
}

#: What comes on top where a kind is no more than a guess from a file's name and its training tags: half of those that
#: are taken for characters are none, and a quality adapter is told by its name if at all.
GUESSED: dict[str, tuple[float, float]] = {
    "character": (0.02, 2.28),
    "person": (0.14, -0.10),
    "style": (0.43, -0.62),
    "quality": (0.93, -0.45),
    "concept": (1.07, -0.77),
    "pose": (0.53, -0.29),
    "clothing": (0.47, -0.55),
    "object": (-0.05, 0.18),
    "animal": (-0.01, -0.52),
    "vehicle": (-0.04, -0.10),
    "building": (-0.17, -0.61),
    "background": (-0.49, -0.60),
}


def kind_label(kind: str, guessed: bool) -> str:
    """A kind as indexes store it: its name, with a question mark where it is guessed."""
    return f"{kind}?" if guessed else kind


def kind_labels(kinds: Collection[str]) -> list[str]:
    """The labels of these kinds, known and guessed."""
    return [kind_label(k, guessed) for guessed in (False, True) for k in KINDS if k in kinds]


def kind_code(label: str) -> int:
    """A label as the ranking takes it: the kind's place in `KINDS`, behind them all where it is guessed.

    A kind that is not in `KINDS` (a newer version knows more) counts as a concept, which is what is none of the others.
    """
    kind = label.removesuffix("?")
    return KINDS.index(kind if kind in KINDS else "concept") + len(KINDS) * (kind != label)


def caption_likeness(prompt: ParsedPrompt) -> float:
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
    """(2 * kinds,): what each kind's adapters get on top, by `kind_code`."""
    known = np.array([BIAS[k] for k in KINDS], np.float32)
    both = np.concatenate([known, known + np.array([GUESSED[k] for k in KINDS], np.float32)])
    return np.asarray(both @ np.array([1 - sentence, sentence], np.float32), np.float32)
