"""Folds for cross-validation that keep prompts that resemble each other together.

People vary a prompt and run it again. Where one variant is fitted on and another is measured on, the measurement says
how well the fit remembers, and not how well it does on a prompt that it has never seen.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stylus_study.evaluation.jaccard import Overlap


def groups(prompts: Sequence[str], overlap: float = 0.5) -> list[int]:
    """The number of each prompt's group, in order of appearance.

    Two prompts are of one group if their token Jaccard is at least `overlap`, or if a chain of such pairs joins them.
    The same text is one group even where it has no tokens.
    """
    parent = list(range(len(prompts)))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    index, first = Overlap(prompts), dict[str, int]()
    for row, prompt in enumerate(prompts):
        alike = np.flatnonzero(index.to(prompt) >= overlap)
        for other in [first.setdefault(prompt, row), *alike[alike < row].tolist()]:
            one, two = root(row), root(other)
            parent[max(one, two)] = min(one, two)
    numbers: dict[int, int] = {}
    return [numbers.setdefault(root(row), len(numbers)) for row in range(len(prompts))]


def grouped_folds(prompts: Sequence[str], folds: int, overlap: float = 0.5, seed: int = 0) -> list[int]:
    """The fold of each prompt, 0 to `folds` - 1, whole groups at a time (see `groups`).

    Args:
        prompts: of all sets that are fitted on together, or their variants would lie across the sets.
        folds: how many.
        overlap: token Jaccard from which on two prompts resemble each other.
        seed: of the order in which groups of one size are dealt out.

    The largest group goes first and each into the emptiest fold, so folds are as even as the groups let them. Raises
    `ValueError` for fewer than two folds, or an overlap that is not above 0 and at most 1.
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
