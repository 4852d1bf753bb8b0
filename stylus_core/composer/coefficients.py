"""The numbers of the local composer: how much each piece of evidence counts.

Logistic regression of "was picked by the user, or by the published system" on the first 30 candidates of the
development queries and of 200 prompts that nothing fits; `benchmarks/fit_composer.py` makes them again and says how
good they are on held-out queries.
"""

from __future__ import annotations

from dataclasses import dataclass

Pair = tuple[float, float]  # in a list of tags, in a sentence


@dataclass(frozen=True, slots=True)
class Coefficients:
    """Of each feature, and a bias of each kind."""

    features: dict[str, Pair]
    bias: dict[str, Pair]


#: With cosines of an encoder.
DENSE = Coefficients(
    features={
        "affinity": (2.42, 1.60),
        "covers_name": (0.43, 0.22),
        "covers_keyword": (-0.25, 1.24),
        "exact": (0.71, -0.25),
        "head": (-0.64, -0.05),
        "whole_label": (0.23, 1.17),
        "whole_account": (0.15, 1.85),
        "trigger": (0.69, -0.57),
        "tag": (-0.45, 0.82),
        "gap": (3.18, 1.87),
        "together": (1.65, 0.35),
        "rare_name": (0.43, 1.44),
        "rare_trigger": (0.07, 1.32),
    },
    bias={
        "character": (-3.64, -7.45),
        "person": (-4.39, -4.93),
        "style": (-4.08, -6.30),
        "quality": (-2.41, -5.46),
        "concept": (-4.89, -5.73),
        "pose": (-5.17, -4.78),
        "clothing": (-4.28, -5.79),
        "object": (-4.88, -5.11),
        "animal": (-5.36, -4.82),
        "vehicle": (-4.66, -5.39),
        "building": (-4.56, -5.79),
        "background": (-4.75, -5.57),
    },
)

#: By words alone, where there is no encoder.
WORDS = Coefficients(
    features={
        "affinity": (0.00, 0.00),
        "covers_name": (0.49, 0.33),
        "covers_keyword": (-0.22, 1.31),
        "exact": (0.69, -0.17),
        "head": (-0.62, 0.04),
        "whole_label": (0.00, 0.00),
        "whole_account": (0.00, 0.00),
        "trigger": (0.60, -0.57),
        "tag": (-0.28, 0.97),
        "gap": (3.19, 2.28),
        "together": (1.44, 0.29),
        "rare_name": (0.70, 1.71),
        "rare_trigger": (0.10, 1.26),
    },
    bias={
        "character": (-2.61, -6.05),
        "person": (-3.13, -3.67),
        "style": (-2.87, -4.80),
        "quality": (-1.53, -4.21),
        "concept": (-3.53, -4.45),
        "pose": (-3.88, -3.63),
        "clothing": (-2.93, -4.28),
        "object": (-3.63, -3.85),
        "animal": (-4.08, -3.45),
        "vehicle": (-3.41, -4.04),
        "building": (-3.29, -4.39),
        "background": (-3.34, -4.18),
    },
)
