"""Embeds what has no vectors beside the selections, the nearest to being needed first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import islice

import numpy as np

from stylus_core.library import Library
from stylus_core.retriever.documents import document
from stylus_core.retriever.index_view import IndexView
from stylus_core.retriever.quantized_vectors import Matrix
from stylus_core.retriever.retriever import Filter
from stylus_core.retriever.vectors import VectorStore

_STEP = 64  # adapters that are embedded at a time, ...
_GPU_STEP = 1024  # ... and on a GPU
_TIMES = 64  # that vectors are handed over before all are there, at most

#: Takes the vectors of adapters: their ids, and view -> (ids, dim).
HandOver = Callable[[Sequence[int], Mapping[str, Matrix]], None]


def fitting(index: IndexView, architecture: str) -> list[int]:
    """Lists the adapters that fit a checkpoint, or may.

    Args:
        index: of the adapters.
        architecture: of the checkpoint; "any": it is not known.

    Returns:
        Their ids; none where all do.
    """
    return [int(i) for _, rows in Filter(architecture=architecture).steps(index) for i in index.ids[rows]]


class EmbeddingRun:
    """Of the adapters of one library that lack vectors.

    Args:
        library: whose adapters they are.
        ids: of those that lack vectors.
        store: in front of the encoder, of this thread alone.
    """

    def __init__(self, library: Library, ids: Collection[int], store: VectorStore) -> None:
        self._library, self._store = library, store
        self._left = dict.fromkeys(ids)
        self._step = _STEP if store.encoder.backend == "numpy" else _GPU_STEP
        # a large segment is looked through by a sketch of all its vectors, which is made anew each time
        self._at_once = max(self._step, len(ids) // _TIMES)

    @property
    def left(self) -> int:
        """How many adapters are still to be embedded."""
        return len(self._left)

    def put_first(self, ids: Collection[int]) -> None:
        """Has some of them embedded before the rest, in the order that they have among themselves.

        Args:
            ids: of adapters; those that are embedded already are no matter.
        """
        first = set(ids)
        self._left = {**dict.fromkeys(i for i in self._left if i in first), **self._left}

    def step(
        self,
        wanted: Collection[int],
        hand_over: HandOver,
        lock: AbstractContextManager[object],
        stop: Callable[[], bool],
    ) -> None:
        """Embeds some of them.

        Args:
            wanted: ids that come first.
            hand_over: gets the vectors of those that are now as they were when they were read.
            lock: held while it is called.
            stop: asked now and then whether to leave the rest for another time.
        """
        ids = [i for i in wanted if i in self._left] or list(islice(self._left, self._at_once))
        for i in ids:
            del self._left[i]
        before = self._library.state
        found = self._library.get(ids)
        texts = [t for d in map(document, found.values()) for t in (d.title, d.description)]
        step = 2 * self._step
        some = [self._store.many(texts[i : i + step]) for i in range(0, len(texts), step) if not (i and stop())]
        vectors = np.concatenate([np.zeros((0, self._store.encoder.dim), np.float32), *some])
        with lock:
            # what changed meanwhile may have other words in the index by now, to which these vectors do not belong
            if self._library.state.identity != before.identity:
                return
            changed = set[int]().union(*self._library.changes_since(before.revision))
            same = {i: k for k, i in enumerate(found) if i not in changed and 2 * k < len(vectors)}
            rows = 2 * np.fromiter(same.values(), np.int64)
            hand_over(list(same), {"title": vectors[rows], "description": vectors[rows + 1]})
