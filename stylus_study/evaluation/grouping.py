"""Folds for cross-validation that keep prompts that resemble each other together.

People vary a prompt and run it again. Where one variant is fitted on and another is measured on, the measurement says
how well the fit remembers, and not how well it does on a prompt that it has never seen.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from stylus_study.evaluation.jaccard import Overlap


def groups(prompts: Sequence[str], overlap: float = 0.5) -> list[int]:
    """The number of each prompt's group, in order of appearance.

    Two prompts are of one group if their token Jaccard is at least `overlap`, or if a chain of such pairs joins them.
    The same text is one group even where it has no tokens.
    """
    index, first = Overlap(prompts), dict[str, int]()
    pairs = [np.zeros((2, 0), np.intp)]
    for row, prompt in enumerate(prompts):
        alike = np.flatnonzero(index.to(prompt) >= overlap)
        others = np.append(alike[alike < row], first.setdefault(prompt, row))
        pairs.append(np.stack([np.full(len(others), row), others]))
    ends = np.concatenate(pairs, axis=1)
    alike_to = coo_array((np.ones(ends.shape[1]), ends), shape=(len(prompts), len(prompts)))
    return [int(number) for number in connected_components(alike_to, directed=False)[1]]


def grouped_folds(prompts: Sequence[str], folds: int, overlap: float = 0.5, seed: int = 0) -> list[int]:
    """The fold of each prompt, 0 to `folds` - 1, whole groups at a time (see `groups`).

    The largest group goes first and each into the emptiest fold, so folds are as even as the groups let them. That is
    scikit-learn's `GroupKFold`, which has no seed that keeps folds even.

    Args:
        prompts: of all sets that are fitted on together, or their variants would lie across the sets.
        folds: how many.
        overlap: token Jaccard from which on two prompts resemble each other.
        seed: of the order in which groups of one size are dealt out.

    Returns:
        The number of each prompt's fold.

    Raises:
        ValueError: there are fewer than two folds, or the overlap is not above 0 and at most 1.
    """
    if folds < 2:
        raise ValueError(f"{folds} folds hold nothing out")
    if not 0 < overlap <= 1:
        raise ValueError(f"an overlap of {overlap} is not above 0 and at most 1")
    group = np.array(groups(prompts, overlap), np.intp)
    sizes = np.bincount(group)
    shuffled = np.random.default_rng(seed).permutation(len(sizes))
    filled, fold = [0] * folds, np.zeros(len(sizes), np.intp)
    for number in shuffled[np.argsort(-sizes[shuffled], kind="stable")].tolist():
        emptiest = filled.index(min(filled))
        fold[number] = emptiest
        filled[emptiest] += int(sizes[number])
    return [int(fold[number]) for number in group]
