"""Whether a confidence means what it says: a reliability table, and the expected calibration error."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from stylus_study.evaluation.statistics import DRAWS, Estimate, cluster_draws, cluster_ids, normal_interval

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """The picks whose confidence lies between `low` and `high`."""

    low: float
    high: float
    number: int
    confidence: float  # mean
    wanted: float  # share


def reliability(confidence: ArrayLike, wanted: ArrayLike) -> list[Bin]:
    """The bins that hold a pick, of `BINS` of one width; a confidence between two is of the upper one.

    scikit-learn's `calibration_curve` puts it into the lower one, and does not count.

    Args:
        confidence: from 0 to 1, shape (n,).
        wanted: whether each was wanted, shape (n,).
    """
    sure, right = np.asarray(confidence, np.float64), np.asarray(wanted, np.float64)
    at = np.minimum((sure * BINS).astype(np.intp), BINS - 1)
    return [
        Bin(b / BINS, (b + 1) / BINS, int((at == b).sum()), float(sure[at == b].mean()), float(right[at == b].mean()))
        for b in np.unique(at).tolist()
    ]


def calibration_error(
    confidence: ArrayLike, wanted: ArrayLike, clusters: Sequence[Hashable], *, draws: int = DRAWS, seed: int = 0
) -> Estimate | None:
    """How far the bins' mean confidence lies from the share that was wanted, weighted by their numbers of picks.

    This is the expected calibration error of Guo et al. 2017. Its interval draws clusters; since a sample lies further
    from the diagonal than the data do, it is made of the samples' spread alone. None without picks; without an interval
    where there is one cluster only.
    """
    sure, right = np.asarray(confidence, np.float64), np.asarray(wanted, np.float64)
    if not sure.size:
        return None
    groups, count = cluster_ids(clusters, sure.size)
    at = np.minimum((sure * BINS).astype(np.intp), BINS - 1)
    gap, number = np.zeros((count, BINS)), np.zeros((count, BINS))
    np.add.at(gap, (groups, at), sure - right)
    np.add.at(number, (groups, at), 1.0)
    value = float(np.abs(gap.sum(axis=0)).sum() / sure.size)
    if count < 2:
        return Estimate(value)
    drawn = cluster_draws(count, draws=draws, seed=seed)
    errors = np.abs(drawn @ gap).sum(axis=1) / (drawn @ number).sum(axis=1)
    found = normal_interval(value, errors)
    return Estimate(value, max(0.0, found.low or 0.0), found.high)
