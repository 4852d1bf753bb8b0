"""How often one system is preferred to another, and how sure that is when several answers belong to one prompt."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from stylus_study.evaluation.statistics import Estimate, cluster_ids, wilson


def win_rate(won: Sequence[bool], clusters: Sequence[Hashable]) -> Estimate | None:
    """The share that was won, with a 95% interval.

    It is Wilson's interval for as many independent comparisons as these are worth: the variance of the share is taken
    between clusters (Dean and Pagano 2015). Where all went the same way that variance says nothing, and a cluster
    counts as one comparison.

    Args:
        won: decided comparisons; ties are left out by the caller.
        clusters: the prompt of each. Comparisons of one prompt go the same way more often than others.

    Returns:
        The share, 0 to 1, without an interval where several comparisons are all of one prompt; None where nothing was
        decided.
    """
    if not won:
        return None
    wins = np.asarray(won, np.float64)
    groups, count = cluster_ids(clusters, wins.size)
    share = float(wins.mean())
    sizes = np.bincount(groups, minlength=count)
    if count < 2 and wins.size > 1:
        return Estimate(share)
    worth = float(wins.size if count == wins.size else count)
    if count < wins.size and 0 < share < 1:
        off = np.bincount(groups, wins, count) - share * sizes
        between = float((off**2).sum()) * count / (count - 1)
        worth = min(float(wins.size), wins.size**2 * share * (1 - share) / between) if between else float(wins.size)
    return wilson(share * worth, worth)
