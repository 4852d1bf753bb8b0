"""BM25 over one or more pieces of an index, with the scores of `rank_bm25`'s BM25Okapi on the same tokens.

Robertson and Zaragoza 2009, in the Okapi form of rank_bm25: terms in more than half of the texts would weigh below zero
and get a quarter of the mean weight instead. Only the query's terms are touched, so a query costs what its terms' texts
cost and not what the library costs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stylus_core.retriever.postings import Mask, Postings, document_frequencies
from stylus_core.retriever.tokens import term

K1, B, EPSILON = 1.5, 0.75, 0.25  # rank_bm25's defaults


class BM25:
    """Scores texts. Statistics are those of all living texts of all pieces together."""

    def __init__(self, pieces: Sequence[Postings], alive: Sequence[Mask]) -> None:
        self._pieces = list(pieces)
        self.size = sum(len(p.lengths) for p in pieces)
        living = sum(int(a.sum()) for a in alive)
        tokens = sum(int(p.lengths[a].sum(dtype=np.int64)) for p, a in zip(pieces, alive, strict=True))
        mean = tokens / living if living and tokens else 1.0
        # in float64: the scores have to equal the reference's within 1e-6
        self._norms = [K1 * (1 - B + B * p.lengths / mean) for p in pieces]
        self.terms, self.df = _all_frequencies(pieces, alive)
        present = self.df > 0
        idf = np.log((living - self.df + 0.5) / (self.df + 0.5))
        floor = EPSILON * float(idf[present].mean()) if present.any() else 0.0
        self._idf = np.where(present, np.where(idf < 0, floor, idf), 0.0)
        self.living = living

    def idf(self, term_name: int) -> float:
        i = int(np.searchsorted(self.terms, np.uint64(term_name)))
        return float(self._idf[i]) if i < len(self.terms) and int(self.terms[i]) == term_name else 0.0

    def scores(self, tokens: Sequence[str]) -> NDArray[np.float64]:
        """(number of texts of all pieces,): the score of each, 0 where no token occurs."""
        out = np.zeros(self.size)
        counted = Counter(map(term, tokens))
        first = 0
        for piece, norms in zip(self._pieces, self._norms, strict=True):
            part = out[first : first + len(piece.lengths)]
            for name, times in counted.items():
                where = piece.find(name)
                if where.start == where.stop:
                    continue
                docs = piece.docs[where]
                count = piece.counts[where].astype(np.float64)
                part[docs] += times * self.idf(name) * (K1 + 1) * count / (count + norms[docs])
            first += len(piece.lengths)
        return out

    def ideal(self, tokens: Sequence[str]) -> float:
        """The score of a text of mean length that has each of these tokens once: what a score can be measured by."""
        return max(1e-9, sum(times * self.idf(name) for name, times in Counter(map(term, tokens)).items()))


def _all_frequencies(pieces: Sequence[Postings], alive: Sequence[Mask]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    if len(pieces) == 1:
        return pieces[0].terms, document_frequencies(pieces[0], alive[0])
    names = np.concatenate([p.terms for p in pieces]) if pieces else np.zeros(0, np.uint64)
    each = [document_frequencies(p, a) for p, a in zip(pieces, alive, strict=True)]
    terms, place = np.unique(names, return_inverse=True)
    df = np.zeros(len(terms), np.int64)
    np.add.at(df, place, np.concatenate(each) if each else np.zeros(0, np.int64))
    return terms, df
