"""What people combine: the example prompts of a library, and the adapters that these were made with.

The files of a library carry thousands of prompts with the tags of the adapters that their authors used, several at a
time. The prompts nearest to one that is asked vote for what they were made with.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

import numpy as np
from numpy.typing import NDArray

from stylus_core.retriever.bm25 import BM25
from stylus_core.retriever.buffer_pool import BufferPool
from stylus_core.retriever.documents import name_key
from stylus_core.retriever.library_statistics import TermStatistics
from stylus_core.retriever.live_segment import LiveSegment, concatenated, field_bm25
from stylus_core.retriever.postings import Mask, find_all

NEIGHBOURS = 200  # example prompts that have a say
SHARPNESS = 4  # the nearest counts most: with 1 every prompt with "1girl" votes


class Cooccurrence:
    """The example prompts of some segments, each with its owner and with the adapters that its tags name.

    Args:
        segments: their rows are numbered through, in order.
        statistics: of the example prompts of the whole library, where these are only some.
    """

    def __init__(self, segments: Sequence[LiveSegment], statistics: TermStatistics | None = None) -> None:
        self._examples: BM25 = field_bm25(segments, "examples", statistics)
        self._buffers = BufferPool(self._examples.size, np.float64)
        first_row = np.concatenate([[0], np.cumsum([len(s) for s in segments])]).astype(np.int64)
        arrays = [s.segment for s in segments]
        first_example = np.concatenate([[0], np.cumsum([len(s.example_owner) for s in arrays])]).astype(np.int64)
        self.size = int(first_row[-1])
        self._ids = concatenated([s.ids for s in arrays], np.int64)
        alive: Mask = concatenated([s.alive for s in segments], np.bool_)
        names = concatenated([s.name for s in arrays], np.uint64)
        owners = concatenated([s.name_owner + n for s, n in zip(arrays, first_row, strict=False)], np.int64)
        keep = alive[owners]
        if not keep.all():
            names, owners = names[keep], owners[keep]
        order = np.argsort(names, kind="stable")
        self._names, self._owners = names, owners = names[order], owners[order].astype(np.int32)
        self._example_owner = concatenated(
            [s.example_owner + n for s, n in zip(arrays, first_row, strict=False)], np.int32
        )
        self._example_alive: Mask = concatenated([s.examples_alive for s in segments], np.bool_)
        example = concatenated([s.use_example + n for s, n in zip(arrays, first_example, strict=False)], np.int32)
        place, found = find_all(concatenated([s.use_name for s in arrays], np.uint64), names)
        found &= self._example_alive[example]
        example, row = example[found], owners[place[found]].astype(np.int32)
        others = row != self._example_owner[example]
        # in the order of the examples, so that one example's adapters are a slice
        self._use_example, self._use_row = example[others], row[others]
        weight = concatenated([s.use_weight for s in arrays], np.float32)[found][others]
        known = np.flatnonzero(~np.isnan(weight))
        by_row = known[np.argsort(self._use_row[known], kind="stable")]
        self._weighed = self._example_owner[self._use_example[by_row]], weight[by_row]
        used, first = np.unique(self._use_row[by_row], return_index=True)
        self._weighed_at = dict(zip(used.tolist(), pairwise([*first.tolist(), len(by_row)]), strict=True))

    @property
    def usage(self) -> NDArray[np.int64]:
        """(n,): how many example prompts of other adapters use each adapter."""
        return np.bincount(self._use_row, minlength=self.size)

    def called(self, name: str) -> list[int]:
        """Ids of the living adapters whose stem, alias or title this is, in any case."""
        key = np.uint64(name_key(name))
        first, last = (int(np.searchsorted(self._names, key, side)) for side in ("left", "right"))
        return sorted({int(self._ids[row]) for row in self._owners[first:last]})

    def observed_weights(self, row: int) -> dict[int, float]:
        """Id of another adapter that uses this row's in its example prompts -> the median of the weights there."""
        owners, weights = self._weighed
        found: dict[int, list[float]] = {}
        for i in range(*self._weighed_at.get(row, (0, 0))):
            found.setdefault(int(self._ids[owners[i]]), []).append(round(float(weights[i]), 4))
        return {owner: median(each) for owner, each in found.items()}

    def votes(self, tokens: Sequence[str]) -> NDArray[np.float32]:
        """The votes of the nearest example prompts for the adapters that they were made with.

        A vote is at most 1, and that only from a prompt that has all of this one's words: in a small library the
        nearest may be far away. An example always speaks for the adapter that it belongs to, whatever its tag calls it
        (files get renamed).

        Args:
            tokens: of the prompt.

        Returns:
            (n,) for each adapter.
        """
        out = np.zeros(self.size, np.float32)
        tokens = self._examples.telling(tokens)
        with self._buffers.lent() as buffer:
            examples, near = self._examples.best(tokens, NEIGHBOURS, self._example_alive, buffer)
        if not len(examples):
            return out
        best = float(near.max())
        vote = ((near / best) ** SHARPNESS * min(1.0, best / self._examples.ideal(tokens))).astype(np.float32)
        np.add.at(out, self._example_owner[examples], vote)
        start, end = (np.searchsorted(self._use_example, examples, side) for side in ("left", "right"))
        each = np.repeat(np.arange(len(examples)), end - start)
        uses = np.arange(len(each)) - np.repeat(np.cumsum(end - start) - end, end - start)
        np.add.at(out, self._use_row[uses], vote[each])
        return out
