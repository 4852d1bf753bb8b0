"""Recall by how near the nearest example prompt in the index is.

Where an adapter's examples hold the prompt itself in other words, or in the same, finding that adapter is remembering.
What a search is worth for a prompt that nobody has written yet shows where the nearest example is far.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stylus_core.types import Adapter
from stylus_study.evaluation.baselines import System
from stylus_study.evaluation.corpus import EvalQuery
from stylus_study.evaluation.jaccard import Overlap
from stylus_study.evaluation.ranking_report import Ranked, rank

#: Lower ends of the bins, nearest first: token Jaccard of a prompt with the nearest example.
BINS = (0.8, 0.6, 0.3, 0.0)


@dataclass(frozen=True, slots=True)
class NearnessBand:
    """One system on the prompts whose nearest example lies in one bin."""

    low: float
    high: float
    share: float  # of all prompts that have anything relevant
    prompts: int
    ranked: Ranked


def nearest(prompts: Sequence[str], adapters: Iterable[Adapter]) -> list[float]:
    """For each prompt the token Jaccard with the example that resembles it most, of any adapter; 0 without examples."""
    index = Overlap(e.prompt for a in adapters for e in a.metadata.examples)
    return [float(index.to(p).max()) if len(index) else 0.0 for p in prompts]


def by_nearness(system: System, queries: Sequence[EvalQuery], adapters: Iterable[Adapter]) -> list[NearnessBand]:
    """Ranks the queries that have anything relevant, apart for each bin of `BINS`; empty bins are left out."""
    known = [q for q in queries if q.relevant]
    near = nearest([q.query for q in known], adapters)
    out, high = [], 1.0
    for low in BINS:
        inside = [q for q, n in zip(known, near, strict=True) if low <= n and (n < high or high == 1.0)]
        if inside:
            out.append(NearnessBand(low, high, len(inside) / len(known), len(inside), rank(system, inside)))
        high = low
    return out


def band_label(near: NearnessBand) -> str:
    """The bin in words."""
    if near.low == 0:
        return f"below {near.high:g}"
    return f"{near.low:g} and above" if near.high == 1 else f"{near.low:g} to {near.high:g}"
