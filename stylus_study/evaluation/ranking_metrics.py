"""Figures of merit of a ranking."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class RankingQuality:
    """Means over queries; `recall` by depth."""

    recall: dict[int, float]
    mrr: float


def recall_at(ranked: Sequence[int], relevant: Collection[int], k: int) -> float:
    """Share of the relevant ids among the first k."""
    return len(set(ranked[:k]) & set(relevant)) / len(relevant)


def reciprocal_rank(ranked: Sequence[int], relevant: Collection[int]) -> float:
    """One over the rank of the first relevant id; 0 if there is none."""
    wanted = set(relevant)
    return next((1 / rank for rank, i in enumerate(ranked, start=1) if i in wanted), 0.0)


def ndcg(ranked: Sequence[int], relevant: Collection[int], k: int = 10) -> float:
    """Normalised discounted cumulative gain with binary relevance (Järvelin and Kekäläinen 2002).

    It is scikit-learn's `ndcg_score`, which would take a score for every adapter of the corpus in place of a ranking.
    """
    wanted = set(relevant)
    gain = sum(1 / np.log2(rank + 1) for rank, i in enumerate(ranked[:k], start=1) if i in wanted)
    ideal = sum(1 / np.log2(rank + 1) for rank in range(1, min(k, len(wanted)) + 1))
    return float(gain / ideal) if ideal else 0.0


def quality(
    rankings: Sequence[Sequence[int]], relevant: Sequence[Collection[int]], depths: Sequence[int] = (10, 30, 150)
) -> RankingQuality:
    """Of one ranking a query; queries without anything relevant are left out."""
    pairs = [(r, w) for r, w in zip(rankings, relevant, strict=True) if w]
    n = max(len(pairs), 1)
    return RankingQuality(
        {k: sum(recall_at(r, w, k) for r, w in pairs) / n for k in depths},
        sum(reciprocal_rank(r, w) for r, w in pairs) / n,
    )
