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

    def query(self, prompt: str, phrases: Sequence[str]) -> tuple[Matrix, int]:
        """(1 + len(phrases), dim), the whole prompt first; and how many texts had to be embedded."""
        return self.store.short([prompt, *phrases])

    def signals(self, vectors: Matrix) -> dict[str, NDArray[np.float32]]:
        """Each (n,): cosine with the whole prompt, and with the nearest of its parts."""
        out: dict[str, NDArray[np.float32]] = {}
        for view, matrix in self.views.items():
            cosines = matrix @ vectors.T
            out[f"whole_{view}"] = cosines[:, 0]
            out[f"part_{view}"] = cosines[:, 1:].max(axis=1) if len(vectors) > 1 else cosines[:, 0]
        return out

    def affinity(self, rows: NDArray[np.int64], vectors: Matrix) -> Matrix:
        """(len(vectors), len(rows)): the better of the two views' cosines."""
        return np.asarray(np.maximum(*(vectors @ self.views[v][rows].T for v in VIEWS)), np.float32)
