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
        "affinity": (1.37, 2.00),
        "covers_name": (0.44, 0.28),
        "covers_keyword": (-0.47, 0.74),
        "exact": (1.01, -0.45),
        "head": (-0.76, -0.07),
        "whole_label": (-0.03, 0.23),
        "whole_account": (-0.02, 1.36),
        "trigger": (0.69, -0.36),
        "tag": (-0.55, 0.51),
        "gap": (1.94, 2.35),
        "together": (1.62, 0.52),
        "rare_name": (0.67, 1.05),
        "rare_trigger": (0.19, 1.13),
    },
    bias={
        "character": (-3.56, -5.57),
        "person": (-3.71, -4.08),
        "style": (-3.96, -4.56),
        "quality": (-2.71, -4.02),
        "concept": (-4.71, -3.88),
        "pose": (-4.67, -3.75),
        "clothing": (-4.14, -4.44),
        "object": (-4.47, -3.58),
        "animal": (-4.87, -3.61),
        "vehicle": (-3.56, -4.18),
        "building": (-4.20, -4.24),
        "background": (-4.48, -4.06),
    },
)

#: By words alone, where there is no encoder.
WORDS = Coefficients(
    features={
        "affinity": (0.00, 0.00),
        "covers_name": (0.56, 0.21),
        "covers_keyword": (-0.31, 0.73),
        "exact": (0.88, -0.34),
        "head": (-0.83, 0.06),
        "whole_label": (0.00, 0.00),
        "whole_account": (0.00, 0.00),
        "trigger": (0.63, -0.27),
        "tag": (-0.42, 0.69),
        "gap": (2.08, 2.56),
        "together": (1.47, 0.54),
        "rare_name": (0.75, 1.45),
        "rare_trigger": (0.20, 1.08),
    },
    bias={
        "character": (-2.84, -4.34),
        "person": (-3.04, -3.09),
        "style": (-3.26, -3.30),
        "quality": (-2.19, -3.07),
        "concept": (-4.01, -2.82),
        "pose": (-3.55, -2.88),
        "clothing": (-3.31, -3.18),
        "object": (-3.50, -2.44),
        "animal": (-3.68, -2.44),
        "vehicle": (-2.77, -3.07),
        "building": (-3.28, -3.11),
        "background": (-3.66, -3.00),
    },
)
