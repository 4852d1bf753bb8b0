"""The vectors of one segment: in eight bits each, and for a large segment also a sketch of them.

A component of a unit vector is rounded to 1/127 of the vector's largest, which is off by 4e-4 in a cosine and takes a
quarter of the memory of single precision. The sketch holds every vector's coordinates along the directions that carry
most of all of them (their second moment's first eigenvectors: of all projections of that size the one that keeps inner
products best, Eckart and Young 1936). A search looks at the sketch of every row and at the vectors of the best few.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stylus_core.retriever.buffer_pool import BufferPool

Matrix = NDArray[np.float32]
Rows = NDArray[np.int64]

VIEWS = ("title", "description")
#: What the views are called in the files of an index and in the rows of an engine.
STORED_VIEWS = {"title": "label", "description": "account"}

#: Rows from which on a segment gets a sketch: below, looking at all of them costs less.
SKETCHED = 8192
_WIDTH = 36  # directions of a sketch, those that carry most first
_WORK = 480  # queries times directions: a prompt of many parts makes do with fewer directions
_NARROW = 24
_BLOCK = 256  # rows that lie together in a sketch
#: Multiplications up to which OpenBLAS works in the calling thread. Another thread does the words meanwhile, and
#: waiting for a third one on a busy machine took ten times as long as the product.
_SERIAL = 1 << 18
_BLOCKS = 32  # of them are done at a time: few enough for the cache, enough that threads seldom wait for each other
_QUERIES = 32  # the most that are done at a time
_PRODUCTS = BufferPool((_BLOCKS, _QUERIES, _BLOCK), np.float32)
_FEW = 512  # rows whose vectors are turned into floats at a time
_SAMPLE = 20_000  # rows that the directions are found from


class QuantizedVectors:
    """Two vectors for each of n rows: of its title with its tags, and of its whole description. Zeros: not embedded.

    Args:
        n: rows.
        dim: of the vectors; 0 without any.
    """

    def __init__(self, n: int, dim: int) -> None:
        self.dim = dim
        self.codes: dict[str, NDArray[np.int8]] = {v: np.zeros((n, dim), np.int8) for v in VIEWS}
        #: what a row's codes are to be multiplied with
        self.scales: dict[str, Matrix] = {v: np.zeros(n, np.float32) for v in VIEWS}
        self._basis: Matrix | None = None  # (dim, _WIDTH)
        self._sketches: dict[str, Matrix] = {}  # view -> (blocks, _WIDTH, _BLOCK)
        self._floats: dict[str, Matrix] = {}  # of a small segment, which is searched without a sketch

    def __len__(self) -> int:
        return len(self.scales[VIEWS[0]])

    @property
    def is_sketched(self) -> bool:
        """Whether there is a sketch, by which most rows are passed over."""
        return self._basis is not None

    def missing(self, alive: NDArray[np.bool_]) -> Rows:
        """Living rows that are not embedded."""
        return np.flatnonzero(alive & (self.scales[VIEWS[0]] == 0))

    def put(self, view: str, rows: Sequence[int], vectors: Matrix) -> None:
        """Sets the vectors of these rows; `finish` after the last."""
        if not self.codes[view].flags.writeable:  # mapped from disk
            self.codes[view], self.scales[view] = self.codes[view].copy(), self.scales[view].copy()
        scales = np.abs(vectors).max(axis=1) / 127
        self.codes[view][rows] = np.rint(vectors / np.maximum(scales, 1e-12)[:, None]).astype(np.int8)
        self.scales[view][rows] = scales

    def finish(self) -> None:
        """Makes what follows from the vectors, if there are enough of them."""
        self._floats, self._sketches, self._basis = {}, {}, None
        n = len(self)
        if n < SKETCHED or not self.dim:
            return
        some = np.arange(0, n, -(-n // _SAMPLE))
        moment = sum(self.rows(v, some).T @ self.rows(v, some) for v in VIEWS)
        basis = np.ascontiguousarray(np.linalg.eigh(moment)[1][:, ::-1][:, :_WIDTH], np.float32)
        for view in VIEWS:
            sketch = np.zeros((-(-n // _BLOCK), basis.shape[1], _BLOCK), np.float32)
            for i in range(len(sketch)):
                rows = np.arange(i * _BLOCK, min(n, (i + 1) * _BLOCK))
                sketch[i, :, : len(rows)] = (self.rows(view, rows) @ basis).T
            self._sketches[view] = sketch
        self._basis = basis

    # -- what a search asks

    def rows(self, view: str, rows: Rows) -> Matrix:
        """(len(rows), dim)."""
        return self.codes[view][rows].astype(np.float32) * self.scales[view][rows, None]

    def cosines(self, view: str, rows: Rows, queries: Matrix) -> Matrix:
        """(len(queries), len(rows))."""
        few = max(1, _SERIAL // (self.dim * len(queries)))
        found = np.empty((-(-len(rows) // few) * few, len(queries)), np.float32)
        turned = np.ascontiguousarray(queries.T)
        step = max(1, _FEW // few) * few
        for first in range(0, len(rows), step):
            some = rows[first : first + step]
            vectors = np.zeros((-(-len(some) // few) * few, self.dim), np.float32)
            vectors[: len(some)] = self.codes[view][some]
            out = found[first : first + len(vectors)].reshape(-1, few, len(queries))
            np.matmul(vectors.reshape(-1, few, self.dim), turned, out=out)
        return found[: len(rows)].T * self.scales[view][rows]

    def nearest(self, view: str, whole: Matrix, parts: Matrix) -> list[Matrix]:
        """Each (n,): cosines with `whole` (0 or 1, dim) if it is given, and the largest of those with `parts`.

        From the sketch if there is one, and then only near the truth.
        """
        both = np.concatenate([whole, parts])
        cut = [part for part in (slice(0, len(whole)), slice(len(whole), None)) if len(both[part])]
        if self._basis is None:
            cosines = both @ self._whole(view).T
            return [cosines[part].max(axis=0) for part in cut]
        sketch = self._sketches[view]
        width = min(_WIDTH, max(_NARROW, _WORK // len(both)))
        turned = _product(both, self._basis[:, :width])
        out = np.full((len(cut), len(sketch), _BLOCK), -np.inf, np.float32)
        group = max(1, _SERIAL // (_BLOCK * width))
        with _PRODUCTS.lent() as products:
            for start in range(0, len(both), _QUERIES):
                queries = turned[start : start + _QUERIES]
                for first in range(0, len(sketch), _BLOCKS):
                    some = sketch[first : first + _BLOCKS, :width]
                    found = products[: len(some), : len(queries)]
                    for i in range(0, len(queries), group):
                        np.matmul(queries[i : i + group], some, out=found[:, i : i + group])
                    for best, part in zip(out[:, first : first + len(some)], cut, strict=True):
                        of_it = found[:, max(0, part.start - start) : max(0, (part.stop or len(both)) - start)]
                        np.maximum(best, of_it.max(axis=1, initial=-np.inf), out=best)
        return [each.reshape(-1)[: len(self)] for each in out]

    def _whole(self, view: str) -> Matrix:
        if view not in self._floats:
            self._floats[view] = self.rows(view, np.arange(len(self)))
        return self._floats[view]

    @classmethod
    def of(cls, codes: NDArray[np.int8], scales: Matrix) -> QuantizedVectors:
        """Vectors that were rounded before; without a sketch.

        Args:
            codes: (2, n, dim) of each of `VIEWS`.
            scales: (2, n) what a row's codes are to be multiplied with.
        """
        out = cls(0, codes.shape[2])
        out.codes, out.scales = dict(zip(VIEWS, codes, strict=True)), dict(zip(VIEWS, scales, strict=True))
        return out

    # -- on disk

    def save(self, folder: Path, key: str) -> None:
        """Writes the arrays beside those of the segment; `key` is the model's."""
        arrays: dict[str, NDArray[Any]] = {"basis": self._basis} if self._basis is not None else {}
        for view in VIEWS:
            stored = STORED_VIEWS[view]
            arrays |= {f"{stored}.codes": self.codes[view], f"{stored}.scales": self.scales[view]}
            if view in self._sketches:
                arrays[f"{stored}.sketch"] = self._sketches[view]
        for name, array in arrays.items():
            np.save(folder / f"{name}-{key}.npy", array)

    @classmethod
    def load(cls, folder: Path, key: str, n: int, dim: int) -> QuantizedVectors:
        """Maps what was saved; without any vector if it was not, or not whole, whatever numpy says of it."""
        out = cls(0, dim)

        def mapped(name: str, shape: tuple[int, ...]) -> NDArray[Any]:
            array = np.asarray(np.load(folder / f"{name}-{key}.npy", mmap_mode="r", allow_pickle=False))
            if array.shape != shape:
                raise ValueError(f"{name} has another shape")
            return array

        try:
            for view, stored in STORED_VIEWS.items():
                out.codes[view] = mapped(f"{stored}.codes", (n, dim))
                out.scales[view] = mapped(f"{stored}.scales", (n,))
                if not np.isfinite(out.scales[view]).all():
                    raise ValueError(f"{stored}.scales are no numbers")
            if n >= SKETCHED:
                out._basis = mapped("basis", (dim, _WIDTH))
                shape = (-(-n // _BLOCK), _WIDTH, _BLOCK)
                out._sketches = {v: mapped(f"{stored}.sketch", shape) for v, stored in STORED_VIEWS.items()}
        except Exception:  # numpy and what it calls have many names for what is damaged
            return cls(n, dim)
        return out


def _product(left: Matrix, right: Matrix) -> Matrix:
    """Their product, so few rows at a time that it stays in this thread; a single one would be another routine's."""
    few = max(2, _SERIAL // right.size)
    rows = np.zeros((-(-len(left) // few) * few, left.shape[1]), np.float32)
    rows[: len(left)] = left
    found: Matrix = np.matmul(rows.reshape(-1, few, left.shape[1]), right)
    return found.reshape(-1, right.shape[1])[: len(left)]


def joined(parts: Sequence[QuantizedVectors], keep: Sequence[NDArray[np.bool_]]) -> QuantizedVectors:
    """One for the rows that are kept, in their order; rows of another model's are not embedded."""
    out = QuantizedVectors(sum(int(k.sum()) for k in keep), max((p.dim for p in parts), default=0))
    first = 0
    for part, kept in zip(parts, keep, strict=True):
        last = first + int(kept.sum())
        if part.dim == out.dim:
            for view in VIEWS:
                out.codes[view][first:last] = part.codes[view][kept]
                out.scales[view][first:last] = part.scales[view][kept]
        first = last
    out.finish()
    return out
