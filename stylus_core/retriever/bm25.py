"""BM25 over one or more segments of an index, with the scores of `rank_bm25`'s BM25Okapi on the same tokens.

Robertson and Zaragoza 2009, in the Okapi form of rank_bm25: terms in more than half of the texts would weigh below zero
and get a quarter of the mean weight instead. Only the query's terms are touched, so a query costs what its terms' texts
cost and not what the library costs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stylus_core.retriever.library_statistics import TermStatistics, log_odds
from stylus_core.retriever.postings import Frequencies, Mask, Postings, document_frequencies, find_all
from stylus_core.retriever.tokenizer import term

K1, B, EPSILON = 1.5, 0.75, 0.25  # rank_bm25's defaults
COMMON = 0.07  # a word that more of all example prompts have does not tell which are near ...
TELLING = 3  # ... if the prompt has so many others


class BM25:
    """Scores texts. Statistics are those of all living texts of all postings together, or of a whole library.

    Args:
        postings: one for each segment; its texts are numbered on from those of the one before.
        alive: for each segment (n,), which of its texts count.
        frequencies: for each segment (t,), in how many living texts each term stands, if that is known.
        statistics: of the whole library, where these are only some of its texts. What stands here and is not in them
            came since, and counts as often as it stands here.
    """

    def __init__(
        self,
        postings: Sequence[Postings],
        alive: Sequence[Mask],
        frequencies: Sequence[Frequencies] | None = None,
        statistics: TermStatistics | None = None,
    ) -> None:
        self._postings, self._statistics = list(postings), statistics
        self._df = list(frequencies or map(document_frequencies, postings, alive))
        self.size = sum(len(p.lengths) for p in postings)
        self.living = sum(int(np.count_nonzero(a)) for a in alive)
        if statistics is None:
            tokens = sum(int(p.lengths[a].sum(dtype=np.int64)) for p, a in zip(postings, alive, strict=True))
            mean = tokens / self.living if self.living and tokens else 1.0
            every = np.bincount(_joined(self._postings, self._df))  # how many terms stand in so many texts
            present = np.flatnonzero(every[1:]) + 1
            idf = log_odds(present, self.living)
            mean_idf = float(np.average(idf, weights=every[present])) if len(present) else 0.0
        else:
            self.living, mean = max(self.living, statistics.living), statistics.mean_length
            mean_idf = statistics.mean_idf
        self._floor = EPSILON * mean_idf
        self._term_of = statistics.term_of if statistics else term
        # in float64: the scores have to equal the reference's within 1e-6
        self._norms = [K1 * (1 - B + B * p.lengths / mean) for p in postings]

    def counted(self, tokens: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """The different terms of a query.

        Args:
            tokens: of the query.

        Returns:
            (t,) the terms, sorted, and (t,) how often each stands in the query.
        """
        counted = sorted(Counter(map(self._term_of, tokens)).items())
        return np.array([t for t, _ in counted], np.uint64), np.array([n for _, n in counted], np.int64)

    def telling(self, tokens: Sequence[str]) -> list[str]:
        """Those tokens of a query that few texts have, if there are some; else all of them. See the function `telling`.

        Args:
            tokens: of the query.

        Returns:
            In their order, repeats included.
        """
        terms, _ = self.counted(tokens)
        kept = set(terms[telling(self.frequencies(terms), self.living)].tolist())
        return [t for t in tokens if self._term_of(t) in kept]

    def frequencies(self, terms: NDArray[np.uint64], known: tuple[int, Frequencies] | None = None) -> Frequencies:
        """In how many living texts each term stands.

        Args:
            terms: sorted.
            known: a segment's number and (len(terms),) its own counts of them, where these have been looked up before.

        Returns:
            (len(terms),).
        """
        out = np.zeros(len(terms), np.int32)
        for i, (postings, df) in enumerate(zip(self._postings, self._df, strict=True)):
            if known is None or i != known[0]:
                _add(out, terms, postings.terms, df)
        if known is not None:
            out += known[1]
        return out if self._statistics is None else np.maximum(out, self._statistics.frequencies(terms))

    def weight(self, df: Frequencies) -> NDArray[np.float64]:
        """How much terms weigh that stand in so many living texts, at least one each: the inverse document frequency.

        Args:
            df: (n,) in how many texts each stands.

        Returns:
            (n,), never below zero.
        """
        value = log_odds(df, self.living)
        return np.where(value >= 0, value, self._floor)

    def idf(self, terms: NDArray[np.uint64]) -> NDArray[np.float64]:
        """How much each term weighs.

        Args:
            terms: sorted.

        Returns:
            (len(terms),), 0 for a term that no living text has.
        """
        df = self.frequencies(terms)
        return np.where(df == 0, 0.0, self.weight(df))

    def scores(self, tokens: Sequence[str], out: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """The score of each text for a query.

        Args:
            tokens: those of the query.
            out: (number of texts,) where to put the scores; memory that was used before costs much less than new.

        Returns:
            (number of texts,), 0 where no token occurs.
        """
        out = np.empty(self.size) if out is None else out
        out.fill(0)
        terms, times = self.counted(tokens)
        weights = (times * self.idf(terms) * (K1 + 1)).tolist()
        first = 0
        for postings, norms in zip(self._postings, self._norms, strict=True):
            part = out[first : first + len(postings.lengths)]
            for where, weight in zip(postings.find_each(terms), weights, strict=True):
                if weight and where.start < where.stop:
                    docs, counts = postings.docs[where], postings.counts[where]
                    if not counts.all():  # postings that are shared with texts of which this is a part
                        some = np.flatnonzero(counts > 0)
                        docs, counts = docs[some], counts[some]
                    part_of_text = counts.astype(np.float64)
                    part_of_text /= norms.take(docs) + part_of_text
                    part_of_text *= weight
                    np.add.at(part, docs, part_of_text)
            first += len(postings.lengths)
        return out

    def best(
        self, tokens: Sequence[str], k: int, alive: Mask, buffer: NDArray[np.float64] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The living texts that score highest for a query.

        Args:
            tokens: those of the query.
            k: how many; those that tie with the last come on top.
            alive: (number of texts,) which may be found.
            buffer: (number of texts,) memory to work in; it is overwritten.

        Returns:
            The texts, ascending, and their scores; none that has no token of the query.
        """
        scores = self.scores(tokens, buffer)
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
        """The score of a text of mean length that has each token of a query once: what scores can be measured by.

        Args:
            tokens: those of the query.

        Returns:
            Above zero.
        """
        terms, times = self.counted(tokens)
        return max(1e-9, float((times * self.idf(terms)).sum()))


def telling(df: NDArray[np.integer], living: int) -> Mask:
    """Which of a prompt's terms example prompts are compared by.

    "masterpiece" and "1girl" stand in half of them: most of what there is to add up, and the ranking is no better.

    Args:
        df: (terms,) in how many example prompts each stands.
        living: of how many.
    """
    keep = df <= COMMON * living
    return keep if np.count_nonzero(keep) >= TELLING else np.ones_like(keep)


def _add(out: Frequencies, terms: NDArray[np.uint64], other: NDArray[np.uint64], df: Frequencies) -> None:
    """Adds to `out` what `other` counts of `terms`; looks up the shorter list in the longer, both sorted."""
    if len(other) < len(terms):
        place, found = find_all(other, terms)
        out[place[found]] += df[found]
    else:
        place, found = find_all(terms, other)
        out[found] += df[place[found]]


def _joined(postings: Sequence[Postings], df: Sequence[Frequencies]) -> Frequencies:
    """How often each different term occurs, in no order."""
    if len(postings) == 1:
        return df[0]
    if not postings:
        return np.zeros(0, np.int32)
    largest = max(range(len(postings)), key=lambda i: len(postings[i].terms))
    total, terms = df[largest].copy(), postings[largest].terms
    rest = [i for i in range(len(postings)) if i != largest]
    names = np.concatenate([postings[i].terms for i in rest])
    each = np.concatenate([df[i] for i in rest])
    place, found = find_all(names, terms)
    np.add.at(total, place[found], each[found])
    _, number = np.unique(names[~found], return_inverse=True)
    return np.concatenate([total, np.bincount(number, weights=each[~found]).astype(np.int32)])
