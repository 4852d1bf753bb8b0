"""How likely it is that a careful person would want an adapter for a prompt, by all evidence.

Two ensembles of decision trees, mixed: gradient boosting (Friedman 2001) and extremely randomized trees (Geurts et al.
2006), then a monotone curve that turns the mixture into a chance (isotonic regression; Zadrozny and Elkan 2002). They
were fitted by `benchmarks/fit_judge.py` to pairs of a prompt and an adapter that were read and judged one by one; what
that reached on prompts that resemble none it was fitted to stands in `docs/composer.md`. Here they are arrays, and
numpy walks down all trees at once: nothing is trained at the user's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: The parameters: arrays, no code.
PARAMETERS = Path(__file__).with_name("judge.npz")

Floats = NDArray[np.float32]

#: Below this chance by the first ensemble the second is not asked: it would not be picked, whatever that one says.
_HOPELESS = 0.005


@dataclass(frozen=True, slots=True)
class Forest:
    """Decision trees side by side; a leaf is its own child.

    A row goes to `left` where its feature is at most `threshold`, else to the node behind that.
    """

    feature: NDArray[np.int16]  # (nodes,)
    threshold: Floats  # (nodes,)
    left: NDArray[np.int32]  # (nodes,): a node's own number marks a leaf
    value: Floats  # (nodes,)
    roots: NDArray[np.int32]  # (trees,)
    depth: int

    def __call__(self, rows: Floats) -> Floats:
        """(n,): the sum of all trees' values for each of `rows` (n, features)."""
        n = len(rows)
        if not n:
            return np.zeros(0, np.float32)
        flat = np.ascontiguousarray(rows).reshape(-1)
        first = np.repeat(np.arange(n, dtype=np.int64) * rows.shape[1], len(self.roots))
        at = np.tile(self.roots, n)
        going = np.arange(len(at))
        for _ in range(self.depth):
            here = at[going]
            left = self.left[here]
            moves = left != here
            if not moves.all():
                going, here, left = going[moves], here[moves], left[moves]
            if not len(going):
                break
            right = flat[first[going] + self.feature[here]] > self.threshold[here]
            at[going] = left + right
        return np.asarray(self.value[at].reshape(n, -1).sum(axis=1), np.float32)

    @classmethod
    def read(cls, arrays: Mapping[str, NDArray[Any]], name: str) -> Forest:
        """The forest `name` of a file of parameters."""
        size = arrays[f"{name}.size"]  # nodes of each tree
        roots = np.concatenate([[0], np.cumsum(size)[:-1]]).astype(np.int32)
        jump = arrays[f"{name}.jump"].astype(np.int32)  # from a node to its left child, 0 for a leaf
        return cls(
            arrays[f"{name}.feature"].astype(np.int16),
            arrays[f"{name}.threshold"].astype(np.float32),
            np.arange(len(jump), dtype=np.int32) + jump,
            arrays[f"{name}.value"].astype(np.float32),
            roots,
            int(arrays[f"{name}.depth"]),
        )


@dataclass(frozen=True, slots=True)
class Judge:
    """One set of parameters: with the cosines of an encoder, or by words alone."""

    boosted: Forest
    bias: float  # of the boosted trees, in log odds
    randomized: Forest
    share: float  # of the randomized trees in the mixture
    calibration: Floats  # (2, knots): mixture -> chance, both rising

    def chances(self, features: Floats) -> Floats:
        """(n,): for each row (n, features) of evidence the chance that the adapter is wanted, 0 to 1."""
        odds = np.clip(self.boosted(features) + self.bias, -30, 30)
        mixed = 1 / (1 + np.exp(-odds))
        likely = np.flatnonzero(mixed >= _HOPELESS)
        other = self.randomized(features[likely]) / len(self.randomized.roots)
        mixed[likely] += self.share * (other - mixed[likely])
        return np.asarray(np.interp(mixed, *self.calibration), np.float32)


@lru_cache(maxsize=2)
def judge(dense: bool) -> Judge:
    """The judge for evidence with (`dense`) or without the cosines of an encoder."""
    name = "dense" if dense else "words"
    with np.load(PARAMETERS, allow_pickle=False) as arrays:
        return Judge(
            boosted=Forest.read(arrays, f"{name}.boosted"),
            bias=float(arrays[f"{name}.bias"]),
            randomized=Forest.read(arrays, f"{name}.randomized"),
            share=float(arrays[f"{name}.share"]),
            calibration=arrays[f"{name}.calibration"].astype(np.float32),
        )
