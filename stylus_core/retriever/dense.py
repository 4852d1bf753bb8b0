"""Similarity in meaning: cosines of adapters' texts with the prompt and with its parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from stylus_core.retriever.embedding_rows import known_rows
from stylus_core.retriever.encoder import Encoder
from stylus_core.retriever.quantized_vectors import VIEWS, Matrix, QuantizedVectors, Rows
from stylus_core.retriever.similarity import Part, Similarity
from stylus_core.retriever.vectors import VectorStore

#: Names of the signals: with the whole prompt, with the nearest of its parts.
SIGNALS = frozenset(f"{what}_{view}" for what in ("whole", "part") for view in VIEWS)


#: Which of the known values of a signal stands for those that are not known yet. An adapter that its words bring up is
#: as a rule among the nearest in meaning too: with a middling value it loses to what happens to be embedded. Measured
#: by `benchmarks/partial_vectors.py`: with few vectors no worse than words alone, and better the more there are.
_LIKELY = 0.95


class Dense:
    """The vectors of all segments together, row by row as in the index.

    Attributes:
        store: in front of the encoder.
        known: (n,) the rows that have vectors. For the others `signals` has a likely value, and cosines are zero.
    """

    def __init__(self, store: VectorStore, parts: Sequence[QuantizedVectors]) -> None:
        self.store = store
        self._parts = list(parts)
        self.known = known_rows(parts)
        self._is_whole = bool(self.known.all())
        self._first = np.concatenate([[0], np.cumsum([len(p) for p in parts])]).astype(np.int64)

    @property
    def encoder(self) -> Encoder:
        """What embedded the vectors."""
        return self.store.encoder

    @property
    def is_exact(self) -> bool:
        """Whether `signals` are cosines, or only near them."""
        return not any(p.is_sketched for p in self._parts)

    def query(self, texts: Sequence[str]) -> tuple[Matrix, int]:
        """Embeds a prompt and its parts.

        Args:
            texts: short ones.

        Returns:
            (len(texts), dim), and how many of them had to be embedded.
        """
        return self.store.short(texts)

    def cosines(self, view: str, rows: Rows, queries: Matrix) -> Matrix:
        """Compares some rows with vectors.

        Args:
            view: which text of an adapter, one of `quantized_vectors.VIEWS`.
            rows: (r,) where they stand.
            queries: (q, dim) unit vectors.

        Returns:
            (q, r) cosines; zeros for rows without a vector.
        """
        if len(self._parts) == 1:
            return self._parts[0].cosines(view, rows, queries)
        out = np.zeros((len(queries), len(rows)), np.float32)
        for i, part in enumerate(self._parts):
            inside = np.flatnonzero((rows >= self._first[i]) & (rows < self._first[i + 1]))
            out[:, inside] = part.cosines(view, rows[inside] - self._first[i], queries)
        return out

    def signals(self, whole: Matrix, parts: Matrix, rows: Rows | None = None) -> dict[str, NDArray[np.float32]]:
        """Cosine with the whole prompt where it is given, and with the nearest of its parts.

        Each (n,) of all rows, which are near the truth where a segment is large; or exact and (len(rows),) of some.

        Args:
            whole: (0 or 1, dim).
            parts: (parts, dim).
            rows: the rows to look at.

        Returns:
            Signals by name.
        """
        return {name: found for task in self.tasks(whole, parts, rows) for name, found in task().items()}

    def tasks(
        self, whole: Matrix, parts: Matrix, rows: Rows | None = None
    ) -> list[Callable[[], dict[str, NDArray[np.float32]]]]:
        """Does what `signals` does in pieces of work that any thread may do: those of each view.

        Args:
            whole: as for `signals`.
            parts: as for `signals`.
            rows: as for `signals`.

        Returns:
            Functions that give signals by name.
        """
        return [partial(self._of_view, view, whole, parts, rows) for view in VIEWS]

    def _of_view(self, view: str, whole: Matrix, parts: Matrix, rows: Rows | None) -> dict[str, NDArray[np.float32]]:
        names = ([f"whole_{view}"] if len(whole) else []) + ([f"part_{view}"] if len(parts) else [])
        if rows is None:
            each = [p.nearest(view, whole, parts) for p in self._parts]
            found = [np.concatenate(e) if len(e) > 1 else e[0] for e in zip(*each, strict=True)]
        else:
            cosines = self.cosines(view, rows, np.concatenate([whole, parts]))
            found = [c.max(axis=0) for c in (cosines[: len(whole)], cosines[len(whole) :]) if len(c)]
        if not self._is_whole:
            known = self.known if rows is None else self.known[rows]
            found = [_with_likely(values, known) for values in found]
        out = dict(zip(names, found, strict=True))
        if not len(parts):
            out[f"part_{view}"] = out[f"whole_{view}"]
        return out

    def similarity(self, rows: Rows, whole: Matrix, parts: Matrix, phrases: Sequence[Part]) -> Similarity:
        """The cosines of some rows with the whole prompt and with each of its parts.

        Args:
            rows: the rows to look at.
            whole: (1, dim) vector of the prompt.
            parts: (parts, dim) vectors of its parts.
            phrases: the parts, and whose they are.

        Returns:
            One column for each of the rows.
        """
        queries = np.concatenate([whole, parts])
        title, description = (np.asarray(self.cosines(view, rows, queries), np.float32) for view in VIEWS)
        return Similarity(tuple(phrases), title, description)


def _with_likely(values: NDArray[np.float32], known: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The values, with a likely one for what is not known; zeros where nothing is."""
    some = values[known]
    return np.where(known, values, np.quantile(some, _LIKELY) if len(some) else 0).astype(np.float32)
