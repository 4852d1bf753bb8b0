"""How far raters agree beyond chance."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Literal, NamedTuple

import numpy as np


class Agreement(NamedTuple):
    """Kappa between raters: 1 is full agreement, 0 what chance gives; None where it is not defined.

    `items` are those with at least two ratings, which alone say something of agreement.
    """

    name: Literal["cohen", "fleiss"]
    kappa: float | None
    items: int


def agreement(ratings: Sequence[Sequence[Hashable | None]]) -> Agreement:
    """Cohen's kappa for two raters, Fleiss' for any other number.

    Args:
        ratings: one row an item and one column a rater; None is a rating that is missing.

    Returns:
        The kappa, which it is, and how many items it is of.
    """
    raters = max(map(len, ratings), default=0)
    if raters == 2:
        pairs = [row for row in ratings if len(row) == 2]
        return cohen_kappa([a for a, _ in pairs], [b for _, b in pairs])
    return fleiss_kappa(ratings)


def cohen_kappa(first: Sequence[Hashable | None], second: Sequence[Hashable | None]) -> Agreement:
    """Kappa of two raters over the items that both rated (Cohen 1960); None is a missing rating.

    It is not defined where both used one and the same category throughout.
    """
    both = [(a, b) for a, b in zip(first, second, strict=True) if a is not None and b is not None]
    if len({category for pair in both for category in pair}) < 2:
        return Agreement("cohen", None, len(both))
    from sklearn.metrics import cohen_kappa_score

    return Agreement("cohen", float(cohen_kappa_score(*zip(*both, strict=True))), len(both))


def fleiss_kappa(ratings: Sequence[Sequence[Hashable | None]]) -> Agreement:
    """Kappa of many raters (Fleiss 1971); None is a missing rating.

    Items may have different numbers of ratings (Gwet 2014, 2.4): those with one say how often a category is used, and
    nothing of agreement. With complete data it is Fleiss' own formula, the only one that statsmodels has.
    """
    rated = [[r for r in row if r is not None] for row in ratings]
    rated = [row for row in rated if row]
    places = {c: n for n, c in enumerate(dict.fromkeys(c for row in rated for c in row))}
    counts = np.zeros((len(rated), len(places)))
    for n, row in enumerate(rated):
        for category in row:
            counts[n, places[category]] += 1
    totals = counts.sum(axis=1)
    several = totals >= 2
    items = int(several.sum())
    if not items:
        return Agreement("fleiss", None, 0)
    most, sizes = counts[several], totals[several]
    observed = float(((most * (most - 1)).sum(axis=1) / (sizes * (sizes - 1))).mean())
    chance = float(((counts / totals[:, None]).mean(axis=0) ** 2).sum())
    kappa = None if chance >= 1 - 1e-12 else (observed - chance) / (1 - chance)
    return Agreement("fleiss", kappa, items)
