"""A sparse term matrix on plain arrays, so that it maps from disk and a new piece can stand beside an old one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stylus_core.retriever.tokens import term

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Postings:
    """Which texts hold which terms: term `terms[i]` stands in `docs[start[i]:start[i+1]]`, `counts` times in each."""

    terms: NDArray[np.uint64]  # (t,), sorted
    start: NDArray[np.int64]  # (t + 1,)
    docs: NDArray[np.int32]  # (p,), ascending within a term
    counts: NDArray[np.uint16]  # (p,)
    lengths: NDArray[np.int32]  # (n,), tokens of each text

    def find(self, term_name: int) -> slice:
        """Where a term's texts stand in `docs`: an empty slice for a term that no text has."""
        i = int(np.searchsorted(self.terms, np.uint64(term_name)))
        if i == len(self.terms) or int(self.terms[i]) != term_name:
            return slice(0, 0)
        return slice(int(self.start[i]), int(self.start[i + 1]))


def build(texts: Iterable[Sequence[str]]) -> Postings:
    """Of each text's tokens."""
    lengths: list[int] = []
    names: list[int] = []
    for text in texts:
        lengths.append(len(text))
        names.extend(map(term, text))
    sizes = np.asarray(lengths, np.int32)
    owners = np.repeat(np.arange(len(lengths), dtype=np.int64), sizes)
    return _from_pairs(np.asarray(names, np.uint64), owners, np.ones(len(names), np.int64), sizes)


def merge(pieces: Sequence[Postings], keep: Sequence[Mask]) -> Postings:
    """One table of the texts that are kept, in their order."""
    names, owners, counts, lengths = [], [], [], []
    first = 0
    for piece, kept in zip(pieces, keep, strict=True):
        alive = kept[piece.docs]
        position = np.cumsum(kept) - 1 + first
        names.append(np.repeat(piece.terms, np.diff(piece.start))[alive])
        owners.append(position[piece.docs[alive]])
        counts.append(piece.counts[alive].astype(np.int64))
        lengths.append(piece.lengths[kept])
        first += int(kept.sum())
    return _from_pairs(np.concatenate(names), np.concatenate(owners), np.concatenate(counts), np.concatenate(lengths))


def _from_pairs(
    names: NDArray[np.uint64], owners: NDArray[np.int64], counts: NDArray[np.int64], lengths: NDArray[np.int32]
) -> Postings:
    terms, number = np.unique(names, return_inverse=True)
    n = max(len(lengths), 1)
    cell, place = np.unique(number.astype(np.int64) * n + owners, return_inverse=True)
    total = np.bincount(place, weights=counts, minlength=len(cell)) if len(cell) else np.zeros(0)
    start = np.zeros(len(terms) + 1, np.int64)
    np.cumsum(np.bincount(cell // n, minlength=len(terms)) if len(cell) else np.zeros(len(terms)), out=start[1:])
    return Postings(
        terms,
        start,
        (cell % n).astype(np.int32),
        np.minimum(total, np.iinfo(np.uint16).max).astype(np.uint16),
        np.asarray(lengths, np.int32),
    )


def document_frequencies(piece: Postings, alive: Mask) -> NDArray[np.int64]:
    """(t,): in how many living texts each term stands."""
    if not len(piece.docs):
        return np.zeros(len(piece.terms), np.int64)
    running = np.concatenate([[0], np.cumsum(alive[piece.docs])])
    return np.asarray(running[piece.start[1:]] - running[piece.start[:-1]], np.int64)
