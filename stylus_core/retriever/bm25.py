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

from stylus_core.retriever.postings import Frequencies, Mask, Postings, document_frequencies, find_all
from stylus_core.retriever.tokenizer import term

K1, B, EPSILON = 1.5, 0.75, 0.25  # rank_bm25's defaults


class BM25:
    """Scores texts. Statistics are those of all living texts of all pieces together.

    Args:
        pieces: the postings.
        alive: for each piece (n,), which of its texts count.
        frequencies: for each piece (t,), in how many living texts each term stands, if that is known.
    """

    def __init__(
        self, pieces: Sequence[Postings], alive: Sequence[Mask], frequencies: Sequence[Frequencies] | None = None
    ) -> None:
        self._pieces = list(pieces)
        self._df = list(frequencies or map(document_frequencies, pieces, alive))
        self.size = sum(len(p.lengths) for p in pieces)
        self.living = sum(int(np.count_nonzero(a)) for a in alive)
        tokens = sum(int(p.lengths[a].sum(dtype=np.int64)) for p, a in zip(pieces, alive, strict=True))
        mean = tokens / self.living if self.living and tokens else 1.0
        # in float64: the scores have to equal the reference's within 1e-6
        self._norms = [K1 * (1 - B + B * p.lengths / mean) for p in pieces]
        every = np.bincount(_joined(self._pieces, self._df))  # how many terms stand in so many texts
        present = np.flatnonzero(every[1:]) + 1
        idf = np.log((self.living - present + 0.5) / (present + 0.5))
        self._floor = EPSILON * float(np.average(idf, weights=every[present])) if len(present) else 0.0

    def frequencies(self, terms: NDArray[np.uint64], skip: int = -1) -> Frequencies:
        """(len(terms),): in how many living texts each stands, the piece `skip` left out. Terms are sorted."""
        out = np.zeros(len(terms), np.int32)
        for i, (piece, df) in enumerate(zip(self._pieces, self._df, strict=True)):
            if i != skip:
                _add(out, terms, piece.terms, df)
        return out

    def idf(self, terms: NDArray[np.uint64]) -> NDArray[np.float64]:
        """(len(terms),): how much each weighs; 0 for one that no living text has."""
        df = self.frequencies(terms)
        value = np.log((self.living - df + 0.5) / (df + 0.5))
        return np.where(df == 0, 0.0, np.where(value >= 0, value, self._floor))

    def scores(self, tokens: Sequence[str], out: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """(number of texts of all pieces,): the score of each, 0 where no token occurs.

        Args:
            tokens: those of the query.
            out: where to put the scores; memory that was used before costs much less than new memory.
        """
        out = np.empty(self.size) if out is None else out
        out.fill(0)
        terms, times = named(tokens)
        weights = (times * self.idf(terms) * (K1 + 1)).tolist()
        first = 0
        for piece, norms in zip(self._pieces, self._norms, strict=True):
            part = out[first : first + len(piece.lengths)]
            for where, weight in zip(piece.find_each(terms), weights, strict=True):
                if weight and where.start < where.stop:
                    docs, counts = piece.docs[where], piece.counts[where]
                    if not counts.all():  # postings that are shared with texts of which this is a part
                        some = np.flatnonzero(counts > 0)
                        docs, counts = docs[some], counts[some]
                    part_of_text = counts.astype(np.float64)
                    part_of_text /= norms.take(docs) + part_of_text
                    part_of_text *= weight
                    np.add.at(part, docs, part_of_text)
            first += len(piece.lengths)
        return out

    def best(
        self, tokens: Sequence[str], k: int, alive: Mask, scratch: NDArray[np.float64] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The `k` living texts that score highest, those that tie with the last included, and their scores.

        `scratch` (number of texts,) is overwritten.
        """
        scores = self.scores(tokens, scratch)
        if not alive.all():
            scores *= alive
        top = float(scores.max(initial=0.0))
        if top <= 0:
            return np.zeros(0, np.int64), np.zeros(0)
        cut = top / 2
        found = np.flatnonzero(scores >= cut)
        while len(found) < k and cut > top / 1000:  # most texts score far below the best: partition the few
            cut /= 2
            found = np.flatnonzero(scores >= cut)
        if len(found) < k:
            found = np.flatnonzero(scores > 0)
        near = scores[found]
        if len(found) > k:
            keep = near >= np.partition(near, -k)[-k]
            found, near = found[keep], near[keep]
        return found, near

    def ideal(self, tokens: Sequence[str]) -> float:
        """The score of a text of mean length that has each of these tokens once: what a score can be measured by."""
        terms, times = named(tokens)
        return max(1e-9, float((times * self.idf(terms)).sum()))


def named(tokens: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The different terms of a query, sorted, and how often each stands in it."""
    counted = sorted(Counter(map(term, tokens)).items())
    return np.array([t for t, _ in counted], np.uint64), np.array([n for _, n in counted], np.int64)


def _add(out: Frequencies, terms: NDArray[np.uint64], other: NDArray[np.uint64], df: Frequencies) -> None:
    """Adds to `out` what `other` counts of `terms`; looks up the shorter list in the longer, both sorted."""
    if len(other) < len(terms):
        place, found = find_all(other, terms)
        out[place[found]] += df[found]
    else:
        place, found = find_all(terms, other)
        out[found] += df[place[found]]


def _joined(pieces: Sequence[Postings], df: Sequence[Frequencies]) -> Frequencies:
    """How often each different term occurs, in no order."""
    if len(pieces) == 1:
        return df[0]
    if not pieces:
        return np.zeros(0, np.int32)
    largest = max(range(len(pieces)), key=lambda i: len(pieces[i].terms))
    total, terms = df[largest].copy(), pieces[largest].terms
    rest = [i for i in range(len(pieces)) if i != largest]
    names = np.concatenate([pieces[i].terms for i in rest])
    each = np.concatenate([df[i] for i in rest])
    place, found = find_all(names, terms)
    np.add.at(total, place[found], each[found])
    _, number = np.unique(names[~found], return_inverse=True)
    return np.concatenate([total, np.bincount(number, weights=each[~found]).astype(np.int32)])
