"""A sparse term matrix on plain arrays, so that it maps from disk and new postings can stand beside old ones."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stylus_core.retriever.tokenizer import term

Mask = NDArray[np.bool_]
Frequencies = NDArray[np.int32]

_AT_ONCE = 1 << 18  # postings that are looked through in one go


@dataclass(frozen=True, slots=True)
class Postings:
    """Which texts hold which terms: term `terms[i]` stands in `docs[start[i]:start[i+1]]`, `counts` times in each."""

    terms: NDArray[np.uint64]  # (t,), sorted
    start: NDArray[np.int64]  # (t + 1,)
    docs: NDArray[np.int32]  # (p,), ascending within a term
    counts: NDArray[np.uint8]  # (p,), 255 at most; 0 in postings that share their texts with others
    lengths: NDArray[np.int32]  # (n,), tokens of each text

    def find_each(self, terms: NDArray[np.uint64]) -> list[slice]:
        """Where each term's texts stand in `docs`: an empty slice for a term that no text has."""
        place, found = find_all(terms, self.terms)
        first = np.where(found, self.start[place], 0).tolist() if len(self.terms) else [0] * len(terms)
        last = np.where(found, self.start[place + 1], 0).tolist() if len(self.terms) else first
        return list(map(slice, first, last))


def build(texts: Iterable[Sequence[str]]) -> Postings:
    """The postings of some texts.

    Args:
        texts: the tokens of each.

    Returns:
        With one text for each, in their order.
    """
    lengths: list[int] = []
    names = array("Q")
    for text in texts:
        lengths.append(len(text))
        names.extend(map(term, text))
    sizes = np.asarray(lengths, np.int32)
    owners = np.repeat(np.arange(len(lengths), dtype=np.int64), sizes)
    return _from_pairs(np.array(names, np.uint64), owners, sizes)


def merge(
    tables: Sequence[Postings], keep: Sequence[Mask], beside: Sequence[NDArray[np.uint8]] = ()
) -> tuple[Postings, NDArray[np.uint8]]:
    """One table of the texts that are kept, in their order.

    Nothing is sorted but the terms: all postings go straight to their places, so that merging takes little
    more memory than the result. `beside`: for each postings (p,) other counts, which go the same way.
    """
    df = [document_frequencies(p, k) for p, k in zip(tables, keep, strict=True)]
    terms = np.unique(np.concatenate([p.terms[d > 0] for p, d in zip(tables, df, strict=True)]))
    total = np.zeros(len(terms), np.int64)
    places = [np.searchsorted(terms, p.terms) for p in tables]
    for place, d in zip(places, df, strict=True):
        total[place[d > 0]] += d[d > 0]
    start = np.concatenate([[0], np.cumsum(total)])
    docs = np.empty(int(start[-1]), np.int32)
    counts = np.empty(len(docs), np.uint8)
    others = np.empty(len(docs) if beside else 0, np.uint8)
    free = start[:-1].copy()  # where the next text of each term goes
    first = 0
    for i, (postings, kept, d, place) in enumerate(zip(tables, keep, df, places, strict=True)):
        present = d > 0
        alive = slice(None) if kept.all() else kept[postings.docs]
        begins = np.cumsum(d) - d
        target = np.repeat(free[place[present]] - begins[present], d[present]) + np.arange(int(d.sum()))
        docs[target] = ((np.cumsum(kept) - 1 + first).astype(np.int32))[postings.docs[alive]]
        counts[target] = postings.counts[alive]
        if beside:
            others[target] = beside[i][alive]
        free[place[present]] += d[present]
        first += int(kept.sum())
    lengths = np.concatenate([p.lengths[k] for p, k in zip(tables, keep, strict=True)])
    return Postings(terms, start, docs, counts, lengths), others


def _from_pairs(names: NDArray[np.uint64], owners: NDArray[np.int64], lengths: NDArray[np.int32]) -> Postings:
    terms, number = np.unique(names, return_inverse=True)
    n = max(len(lengths), 1)
    cell, times = np.unique(number.astype(np.int64) * n + owners, return_counts=True)
    start = np.zeros(len(terms) + 1, np.int64)
    np.cumsum(np.bincount(cell // n, minlength=len(terms)), out=start[1:])
    return Postings(
        terms, start, (cell % n).astype(np.int32), np.minimum(times, 255).astype(np.uint8), np.asarray(lengths)
    )


def counts_among(some: Postings, all_of_them: Postings) -> NDArray[np.uint8]:
    """(p,) of `all_of_them`: how often each term stands in each text of `some`, which are all among them."""
    n = max(len(all_of_them.lengths), 1)

    def cells(postings: Postings, number: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.repeat(number, np.diff(postings.start)) * n + postings.docs

    out = np.zeros(len(all_of_them.docs), np.uint8)
    place, _ = find_all(some.terms, all_of_them.terms)
    every = cells(all_of_them, np.arange(len(all_of_them.terms)))
    out[np.searchsorted(every, cells(some, place))] = some.counts
    return out


def document_frequencies(postings: Postings, alive: Mask) -> Frequencies:
    """(t,): in how many living texts each term stands.

    Reads the postings, which may be most of an index, only if some text is dead, and then some at a time.
    """
    df = np.diff(postings.start).astype(np.int32)
    return df if alive.all() else without_dead(postings, df, ~alive)


def counted_frequencies(postings: Postings) -> Frequencies:
    """The same for postings that have counts of 0, while all texts are alive."""
    out = np.zeros(len(postings.terms), np.int32)
    for terms, where in in_parts(postings):
        out[terms] = np.add.reduceat(postings.counts[where] > 0, postings.start[terms] - where.start, dtype=np.int32)
    return out


def in_parts(postings: Postings) -> Iterator[tuple[slice, slice]]:
    """Runs of terms with their postings: what is made of all of them at once would take as much memory as they do."""
    first = 0
    while first < len(postings.terms):
        last = int(np.searchsorted(postings.start, postings.start[first] + _AT_ONCE, side="right")) - 1
        last = max(first + 1, last)
        yield slice(first, last), slice(int(postings.start[first]), int(postings.start[last]))
        first = last


def without_dead(postings: Postings, df: Frequencies, dead: Mask) -> Frequencies:
    """`df` less one for each of the `dead` texts in which a term stands."""
    df = df.copy()
    for first in range(0, len(postings.docs), _AT_ONCE):
        found = np.flatnonzero(dead[postings.docs[first : first + _AT_ONCE]]) + first
        found = found[postings.counts[found] > 0]
        if len(found):
            np.subtract.at(df, np.searchsorted(postings.start, found, side="right") - 1, 1)
    return df


def find_all(wanted: NDArray[np.uint64], terms: NDArray[np.uint64]) -> tuple[NDArray[np.int64], Mask]:
    """Each (len(wanted),): where a term stands among `terms`, which are sorted, and whether it does."""
    if not len(terms):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
    place = np.minimum(np.searchsorted(terms, wanted), len(terms) - 1)
    return place, terms[place] == wanted
