"""How sure a number is: bootstrap intervals that respect clusters, and intervals of win rates.

`scipy.stats.bootstrap` could draw clusters too; the draws here are those of `cluster_draws`, so that what is computed
from them for two systems is paired, and the intervals of one seed stay what they were.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from statistics import NormalDist
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

DRAWS = 2000
LEVEL = 0.95

_BLOCK = 4_000_000  # draws times clusters held at once: 32 MiB of counts

Method = Literal["bca", "percentile"]


class Estimate(NamedTuple):
    """A number and its interval; `low` and `high` are None where the data say nothing of the spread."""

    value: float
    low: float | None = None
    high: float | None = None

    def as_dict(self) -> dict[str, float | None]:
        """`{"value": x, "low": x, "high": x}`."""
        return self._asdict()


def as_dict(estimate: Estimate | None) -> dict[str, float | None] | None:
    """An estimate for programs.

    Args:
        estimate: the estimate, or None where there is none.

    Returns:
        `{"value": x, "low": x, "high": x}`; None stays None.
    """
    return estimate.as_dict() if estimate is not None else None


def bootstrap_mean(
    values: ArrayLike,
    clusters: Sequence[Hashable] | None = None,
    *,
    level: float = LEVEL,
    draws: int = DRAWS,
    seed: int = 0,
    method: Method = "bca",
) -> Estimate | None:
    """The mean with a bootstrap interval.

    Args:
        values: numbers, shape (n,).
        clusters: what each value belongs to, n of them; values of one cluster are drawn together, as they are not
            independent (Davison and Hinkley 1997, 3.8). None: each value is its own cluster.
        level: of the interval.
        draws: bootstrap samples.
        seed: of the draws; the same data and seed give the same interval.
        method: "bca", corrected for bias and skewness (Efron 1987), or "percentile" (Efron 1979).

    Returns:
        The mean, without an interval where there is a single cluster; None without values.

    Raises:
        ValueError: a value is not finite, or there are more or fewer clusters than values.
    """
    data = np.asarray(values, np.float64)
    if data.ndim != 1:
        raise ValueError(f"values have the shape {data.shape}, not one dimension")
    if not np.isfinite(data).all():
        raise ValueError("a value is not a finite number")
    if not data.size:
        return None
    groups, count = cluster_ids(clusters, data.size)
    sums, sizes = np.bincount(groups, data, count), np.bincount(groups, minlength=count).astype(np.float64)
    mean = float(sums.sum() / sizes.sum())
    if count < 2:
        return Estimate(mean)

    # A cluster's sum and size are drawn together: the mean of a sample is the ratio of the two totals.
    def means(counts: NDArray[np.float64]) -> NDArray[np.float64]:
        return (counts @ sums) / (counts @ sizes)

    drawn = np.concatenate([means(block) for block in _blocks(count, draws, seed)])
    tails = ((1 - level) / 2, (1 + level) / 2)
    if method == "bca":
        left_out = (sums.sum() - sums) / (sizes.sum() - sizes)
        tails = _corrected(tails, drawn, mean, left_out)
    low, high = np.quantile(drawn, tails)
    return Estimate(mean, float(low), float(high))


def bootstrap_difference(
    values: ArrayLike, baseline: ArrayLike, clusters: Sequence[Hashable] | None = None, **how: Any
) -> Estimate | None:
    """The mean of `values - baseline`, taken pair by pair, with a bootstrap interval.

    Args:
        values: numbers, shape (n,).
        baseline: what each is held against, shape (n,).
        clusters: as `bootstrap_mean` takes them.
        how: `level`, `draws`, `seed` and `method` of `bootstrap_mean`.

    Returns:
        The mean difference; None without values.

    Raises:
        ValueError: the two have different lengths, or as of `bootstrap_mean`.
    """
    left, right = np.asarray(values, np.float64), np.asarray(baseline, np.float64)
    if left.shape != right.shape:
        raise ValueError(f"{left.size} values cannot be paired with {right.size}")
    return bootstrap_mean(left - right, clusters, **how)


def cluster_draws(count: int, *, draws: int = DRAWS, seed: int = 0) -> NDArray[np.float64]:
    """How often each cluster is in each bootstrap sample, for statistics other than means.

    The same count and seed give the same draws, so what is computed from them for two systems over the same clusters is
    paired.

    Args:
        count: clusters.
        draws: bootstrap samples.
        seed: of the draws.

    Returns:
        Whole numbers as floats, shape (draws, count); each row adds up to `count`.
    """
    return np.concatenate(list(_blocks(count, draws, seed)))


def normal_interval(value: float, drawn: ArrayLike, level: float = LEVEL) -> Estimate:
    """A value plus and minus the normal quantile times the standard deviation of its bootstrap samples.

    For statistics that a bootstrap sample shifts, since it repeats items: a Fréchet distance grows, and the percentiles
    of the samples may not even hold the value. Their spread is right all the same.

    Args:
        value: of the data.
        drawn: the same of each bootstrap sample; those that are not finite are left out.
        level: of the interval.

    Returns:
        The value, without an interval where fewer than two samples are left.
    """
    samples = np.asarray(drawn, np.float64)
    samples = samples[np.isfinite(samples)]
    if samples.size < 2:
        return Estimate(value)
    half = float(samples.std(ddof=1)) * NormalDist().inv_cdf((1 + level) / 2)
    return Estimate(value, value - half, value + half)


def wilson(wins: float, count: float, level: float = LEVEL) -> Estimate | None:
    """The share of wins with its score interval (Wilson 1927).

    Args:
        wins: a tie may count as half a win, so it need not be whole.
        count: comparisons.
        level: of the interval.

    Returns:
        The share, 0 to 1; None for a count of 0.

    Raises:
        ValueError: `wins` is not between 0 and `count`.
    """
    if not 0 <= wins <= count:
        raise ValueError(f"{wins} wins of {count}")
    if not count:
        return None
    from statsmodels.stats.proportion import proportion_confint

    share = wins / count
    low, high = proportion_confint(wins, count, 1 - level, method="wilson")
    # Rounding must not leave the share outside of its own interval.
    return Estimate(share, max(0.0, min(share, low)), min(1.0, max(share, high)))


def cluster_ids(clusters: Sequence[Hashable] | None, count: int) -> tuple[NDArray[np.intp], int]:
    """Numbers the clusters in order of appearance.

    Args:
        clusters: what each item belongs to; None: each is its own cluster.
        count: items.

    Returns:
        The number of each item's cluster, shape (count,), and how many clusters there are.

    Raises:
        ValueError: there are more or fewer clusters than items.
    """
    if clusters is None:
        return np.arange(count), count
    if len(clusters) != count:
        raise ValueError(f"{len(clusters)} clusters for {count} values")
    places: dict[Hashable, int] = {}
    return np.array([places.setdefault(c, len(places)) for c in clusters], np.intp), len(places)


def _blocks(clusters: int, draws: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """How often each cluster is drawn, (some draws, clusters) at a time."""
    rng = np.random.default_rng(seed)
    step = max(1, _BLOCK // max(clusters, 1))
    even = np.full(clusters, 1 / max(clusters, 1))
    for start in range(0, draws, step):
        yield rng.multinomial(clusters, even, size=min(step, draws - start)).astype(np.float64)


def _corrected(
    tails: tuple[float, float], drawn: NDArray[np.float64], value: float, left_out: NDArray[np.float64]
) -> tuple[float, float]:
    """The quantiles of the BCa interval (Efron 1987), the acceleration by the jackknife."""
    # Samples equal to the value count half: with few clusters there are many.
    below = float((drawn < value).mean() + (drawn == value).mean() / 2)
    spread = left_out.mean() - left_out
    cubes, squares = float((spread**3).sum()), float((spread**2).sum())
    if not 0 < below < 1 or squares == 0:
        return tails
    normal = NormalDist()
    bias, acceleration = normal.inv_cdf(below), cubes / (6 * squares**1.5)

    def moved(tail: float) -> float:
        z = bias + normal.inv_cdf(tail)
        return normal.cdf(bias + z / (1 - acceleration * z))

    return moved(tails[0]), moved(tails[1])
