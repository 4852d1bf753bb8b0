"""How good rankings are: means with intervals, and differences between systems on the same queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stylus_study.evaluation.baselines import System
from stylus_study.evaluation.corpus import EvalQuery
from stylus_study.evaluation.ranking_metrics import ndcg, recall_at, reciprocal_rank
from stylus_study.evaluation.statistics import Estimate, bootstrap_difference, bootstrap_mean

DEPTHS = (10, 30, 150)
#: Depths of the curve.
CURVE = (1, 2, 3, 5, 10, 20, 30, 50, 100, 150)
MEASURES = (*(f"R@{k}" for k in DEPTHS), "nDCG@10", "MRR")


@dataclass(frozen=True, slots=True)
class Ranked:
    """One system on one set of queries."""

    values: dict[str, list[float]]  # measure -> one number a query that has anything relevant
    curve: list[float]  # mean recall at each depth of CURVE

    def mean(self, measure: str) -> Estimate:
        """With its interval over queries."""
        return bootstrap_mean(self.values[measure]) or Estimate(float("nan"))

    def difference(self, other: Ranked, measure: str) -> Estimate:
        """How much better than `other`, query by query."""
        return bootstrap_difference(self.values[measure], other.values[measure]) or Estimate(float("nan"))


def rank(system: System, queries: Sequence[EvalQuery]) -> Ranked:
    """Asks the system for each query that has anything relevant."""
    values: dict[str, list[float]] = {m: [] for m in MEASURES}
    curves = []
    for query in queries:
        wanted = query.relevant
        if not wanted:
            continue
        found = system(query.query)
        for k in DEPTHS:
            values[f"R@{k}"].append(recall_at(found, wanted, k))
        values["nDCG@10"].append(ndcg(found, wanted))
        values["MRR"].append(reciprocal_rank(found, wanted))
        curves.append([recall_at(found, wanted, k) for k in CURVE])
    curve = np.mean(curves, axis=0).tolist() if curves else []
    return Ranked(values, curve)


def rank_all(systems: Mapping[str, System], sets: Mapping[str, Sequence[EvalQuery]]) -> dict[str, dict[str, Ranked]]:
    """Set -> system -> result; sets without anything relevant are left out."""
    return {
        name: {label: rank(system, queries) for label, system in systems.items()}
        for name, queries in sets.items()
        if any(q.relevant for q in queries)
    }
