"""Nearness in meaning: cosines of adapters' texts with the prompt and with its parts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stylus_core.retriever.encoder import Encoder
from stylus_core.retriever.vectors import VectorStore

Matrix = NDArray[np.float32]
VIEWS = ("label", "account")


class Dense:
    """Two vectors an adapter: of its label (title and tags) and of its whole account."""

    def __init__(self, store: VectorStore, views: dict[str, Matrix]) -> None:
        self.store = store
        self.views = views  # view -> (n, dim)

    @property
    def encoder(self) -> Encoder:
        return self.store.encoder

    def query(self, texts: Sequence[str]) -> tuple[Matrix, int]:
        """(len(texts), dim) of a prompt and its parts, and how many of them had to be embedded."""
        return self.store.short(texts)

    def signals(self, whole: Matrix, parts: Matrix) -> dict[str, NDArray[np.float32]]:
        """Each (n,): cosine with the whole prompt where it is given, and with the nearest of its parts.

        Args:
            whole: (0 or 1, dim).
            parts: (parts, dim).
        """
        out: dict[str, NDArray[np.float32]] = {}
        both = np.concatenate([whole, parts])
        for view, matrix in self.views.items():
            cosines = matrix @ both.T
            if len(whole):
                out[f"whole_{view}"] = cosines[:, 0]
            out[f"part_{view}"] = cosines[:, len(whole) :].max(axis=1) if len(parts) else cosines[:, 0]
        return out

    def affinity(self, rows: NDArray[np.int64], vectors: Matrix) -> Matrix:
        """(len(vectors), len(rows)): the better of the two views' cosines."""
        return np.asarray(np.maximum(*(vectors @ self.views[v][rows].T for v in VIEWS)), np.float32)
