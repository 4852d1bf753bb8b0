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
        "affinity": (2.17, 2.05),
        "covers_name": (0.53, 0.26),
        "covers_keyword": (-0.16, 1.28),
        "exact": (0.79, -0.33),
        "head": (-0.77, -0.05),
        "whole_label": (0.25, 1.37),
        "whole_account": (0.18, 2.11),
        "trigger": (0.76, -0.54),
        "tag": (-0.40, 0.78),
        "gap": (1.68, 1.75),
        "together": (1.71, 0.36),
        "rare_name": (0.61, 1.25),
        "rare_trigger": (0.17, 1.30),
    },
    bias={
        "character": (-4.37, -7.88),
        "person": (-5.03, -5.39),
        "style": (-4.82, -6.54),
        "quality": (-3.29, -5.71),
        "concept": (-5.48, -5.97),
        "pose": (-5.66, -5.06),
        "clothing": (-5.04, -6.12),
        "object": (-5.36, -5.41),
        "animal": (-5.86, -5.16),
        "vehicle": (-5.05, -5.75),
        "building": (-5.35, -6.09),
        "background": (-5.37, -5.82),
    },
)

#: By words alone, where there is no encoder.
WORDS = Coefficients(
    features={
        "affinity": (0.00, 0.00),
        "covers_name": (0.59, 0.31),
        "covers_keyword": (-0.04, 1.25),
        "exact": (0.72, -0.00),
        "head": (-0.69, 0.02),
        "whole_label": (0.00, 0.00),
        "whole_account": (0.00, 0.00),
        "trigger": (0.62, -0.50),
        "tag": (-0.29, 0.91),
        "gap": (1.94, 2.08),
        "together": (1.57, 0.29),
        "rare_name": (0.74, 1.79),
        "rare_trigger": (0.16, 1.18),
    },
    bias={
        "character": (-3.19, -6.01),
        "person": (-3.79, -3.97),
        "style": (-3.54, -4.90),
        "quality": (-2.44, -4.34),
        "concept": (-4.21, -4.52),
        "pose": (-4.22, -3.74),
        "clothing": (-3.81, -4.42),
        "object": (-4.05, -3.94),
        "animal": (-4.35, -3.49),
        "vehicle": (-3.75, -4.25),
        "building": (-3.98, -4.42),
        "background": (-4.00, -4.28),
    },
)
