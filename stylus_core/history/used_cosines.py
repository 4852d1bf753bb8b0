"""How near all adapters of an index are to each of those that were used: kept while a history grows by a picture."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stylus_core.retriever.dense import Dense
from stylus_core.retriever.index_view import IndexView

#: Rows whose vectors are unpacked at once: some 12 MB. And how many used adapters are kept, of each text.
_AT_ONCE, _KEPT = 8192, 128

Cosines = NDArray[np.float32]


class UsedCosines:
    """Of the index that was asked about last. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: tuple[object, object] | None = None  # signals and vectors
        self._known: dict[tuple[str, int], NDArray[np.float16]] = {}

    def near(self, index: IndexView, dense: Dense, view: str, used: Sequence[tuple[int, int]]) -> Cosines:
        """Compares all rows of an index with some of them.

        Args:
            index: whose rows.
            dense: their vectors.
            view: which text of an adapter, one of `quantized_vectors.VIEWS`.
            used: id and row of each adapter that the others are compared with.

        Returns:
            (used, n) cosines, 0 of each with itself.
        """
        with self._lock:
            if self._of is None or self._of[0] is not index.signals or self._of[1] is not dense:
                self._of, self._known = (index.signals, dense), {}
            missing = [(number, row) for number, row in used if (view, number) not in self._known]
            if len(self._known) + len(missing) > 2 * _KEPT:
                self._known, missing = {}, list(used)
            if missing:
                rows = np.array([row for _, row in missing], np.int64)
                vectors = _vectors(dense, view, rows)
                found = np.zeros((len(rows), len(index.ids)), np.float16)
                for first in range(0, found.shape[1], _AT_ONCE):
                    some = np.arange(first, min(first + _AT_ONCE, found.shape[1]))
                    found[:, some] = dense.cosines(view, some, vectors)
                found[np.arange(len(rows)), rows] = 0
                self._known |= {(view, number): cosines for (number, _), cosines in zip(missing, found, strict=True)}
            return np.stack([self._known[view, number] for number, _ in used]).astype(np.float32)


def _vectors(dense: Dense, view: str, rows: NDArray[np.int64]) -> Cosines:
    """(rows, dim): the vectors of some rows, as unit vectors; zeros where there is none."""
    found = np.asarray(dense.cosines(view, rows, np.eye(dense.encoder.dim, dtype=np.float32)), np.float32).T
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    return np.asarray(found / np.maximum(lengths, 1e-6), np.float32)
