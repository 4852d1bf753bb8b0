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
        "affinity": (2.46, 1.69),
        "covers_name": (0.43, 0.26),
        "covers_keyword": (-0.29, 1.25),
        "exact": (0.65, -0.29),
        "head": (-0.62, -0.02),
        "whole_label": (0.16, 1.17),
        "whole_account": (0.06, 1.89),
        "trigger": (0.56, -0.55),
        "tag": (-0.38, 0.82),
        "gap": (2.79, 1.85),
        "together": (1.68, 0.37),
        "rare_name": (0.52, 1.29),
        "rare_trigger": (0.15, 1.30),
    },
    bias={
        "character": (-3.73, -7.50),
        "person": (-4.52, -5.00),
        "style": (-4.19, -6.32),
        "quality": (-2.65, -5.50),
        "concept": (-4.90, -5.74),
        "pose": (-5.21, -4.82),
        "clothing": (-4.50, -5.81),
        "object": (-4.93, -5.16),
        "animal": (-5.43, -4.89),
        "vehicle": (-4.73, -5.43),
        "building": (-4.68, -5.83),
        "background": (-4.82, -5.60),
    },
)

#: By words alone, where there is no encoder.
WORDS = Coefficients(
    features={
        "affinity": (0.00, 0.00),
        "covers_name": (0.53, 0.32),
        "covers_keyword": (-0.21, 1.29),
        "exact": (0.64, -0.13),
        "head": (-0.59, 0.06),
        "whole_label": (0.00, 0.00),
        "whole_account": (0.00, 0.00),
        "trigger": (0.48, -0.55),
        "tag": (-0.26, 0.95),
        "gap": (3.00, 2.19),
        "together": (1.55, 0.30),
        "rare_name": (0.75, 1.68),
        "rare_trigger": (0.15, 1.24),
    },
    bias={
        "character": (-2.67, -6.02),
        "person": (-3.35, -3.74),
        "style": (-3.00, -4.84),
        "quality": (-1.81, -4.28),
        "concept": (-3.69, -4.47),
        "pose": (-3.95, -3.66),
        "clothing": (-3.28, -4.30),
        "object": (-3.73, -3.87),
        "animal": (-4.14, -3.46),
        "vehicle": (-3.53, -4.09),
        "building": (-3.47, -4.38),
        "background": (-3.51, -4.22),
    },
)
