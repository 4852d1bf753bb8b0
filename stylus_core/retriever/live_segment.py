"""A segment in use: which of its rows are alive, and the counts that follow from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stylus_core.retriever.bm25 import BM25
from stylus_core.retriever.documents import document
from stylus_core.retriever.library_statistics import TermStatistics
from stylus_core.retriever.postings import Mask, Postings, counted_frequencies, find_all, without_dead
from stylus_core.retriever.segment import Segment, from_documents, merged
from stylus_core.types import Adapter

_AT_ONCE = 20_000  # adapters whose words are in memory at the same time

#: Fields of a segment whose statistics count, and whether their texts are examples rather than adapters.
COUNTED = {"everything": False, "about": False, "examples": True}


class LiveSegment:
    """Counts are brought up to date when rows die, at the cost of those rows, and not worked out anew."""

    def __init__(self, segment: Segment) -> None:
        self.segment = segment
        self.alive: Mask = np.ones(len(segment), np.bool_)
        self.examples_alive: Mask = np.ones(len(segment.example_owner), np.bool_)
        #: field -> (t,) in how many living texts each of its terms stands
        self.df = {
            "everything": np.diff(segment.everything.start).astype(np.int32),
            "about": counted_frequencies(segment.about),
            "examples": np.diff(segment.examples.start).astype(np.int32),
        }

    def __len__(self) -> int:
        return len(self.segment)

    def postings(self, field: str) -> Postings:
        """The postings of a field, dead rows included."""
        found: Postings = getattr(self.segment, field)
        return found

    def texts_alive(self, field: str) -> Mask:
        """(n,) of the field's texts."""
        return self.examples_alive if COUNTED[field] else self.alive

    def drop(self, rows: NDArray[np.int64]) -> None:
        """Takes living rows out. Raises IndexError for a row that is not there."""
        if not len(rows):
            return
        before = {field: self.texts_alive(field).copy() for field in COUNTED}
        self.alive[rows] = False
        self.examples_alive = self.alive[self.segment.example_owner]
        for field, was in before.items():
            self.df[field] = without_dead(self.postings(field), self.df[field], was & ~self.texts_alive(field))

    @cached_property
    def about_of_units(self) -> tuple[NDArray[np.int32], Mask]:
        """Each (terms of units,): where the term stands among the terms of `about`, and whether it does."""
        place, found = find_all(self.segment.units.terms, self.segment.about.terms)
        return place.astype(np.int32), found


def segments_of(adapters: Iterable[Adapter]) -> list[LiveSegment]:
    """Counts the words of adapters, not all of them in memory at the same time.

    Args:
        adapters: new or changed ones.

    Returns:
        Segments, for `Index.take_in`.
    """
    new, out = iter(adapters), []
    while some := list(islice(new, _AT_ONCE)):
        out.append(LiveSegment(from_documents(document(a) for a in some)))
    return out


def alive_of(segments: Sequence[LiveSegment]) -> LiveSegment:
    """Merges segments.

    Args:
        segments: in the order of their rows.

    Returns:
        One of those of their rows that are alive.
    """
    return LiveSegment(merged([live.segment for live in segments], [live.alive for live in segments]))


def field_bm25(segments: Sequence[LiveSegment], field: str, statistics: TermStatistics | None = None) -> BM25:
    """BM25 over one field of several segments.

    Args:
        segments: their texts are numbered through, in order.
        field: one of `COUNTED`.
        statistics: of the field in the whole library, where these segments hold only some of it.
    """
    return BM25(
        [s.postings(field) for s in segments],
        [s.texts_alive(field) for s in segments],
        [s.df[field] for s in segments],
        statistics,
    )


def concatenated(parts: Sequence[NDArray[Any]], dtype: type[np.generic]) -> NDArray[Any]:
    """One array of a segment's kind out of those of several; of a single one no copy."""
    if len(parts) == 1:
        return parts[0].astype(dtype, copy=False)
    return np.concatenate([np.zeros(0, dtype), *parts]).astype(dtype, copy=False)
