"""What scoring needs to know of a whole library where segments hold only some of its adapters.

A search engine brings up a few hundred adapters of a library that this machine's memory does not hold. With these
numbers `Signals` gives each of them the score that it has among all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from stylus_core.retriever.postings import Frequencies, find_all
from stylus_core.retriever.tokenizer import term


@dataclass(frozen=True)
class TermStatistics:
    """Of one field: in how many texts each term stands, how many texts there are and how long they are.

    Attributes:
        terms: (t,), sorted.
        df: (t,) in how many living texts each of them stands.
        living: texts.
        mean_length: tokens of a text.
        term_of: the number by which a token goes in `terms` and in the segments that are scored by these statistics.
    """

    terms: NDArray[np.uint64]
    df: Frequencies
    living: int
    mean_length: float
    term_of: Callable[[str], int] = term

    @cached_property
    def mean_idf(self) -> float:
        """The mean inverse document frequency of all terms; 0 where there are none."""
        return float(log_odds(self.df, self.living).mean()) if len(self.df) else 0.0

    def frequencies(self, terms: NDArray[np.uint64]) -> Frequencies:
        """In how many texts each of these terms stands, 0 for one that is not known; (len(terms),)."""
        place, found = find_all(terms, self.terms)
        out = np.zeros(len(terms), np.int32)
        out[found] = self.df[place[found]]
        return out


def log_odds(df: NDArray[np.integer], living: int) -> NDArray[np.float64]:
    """The inverse document frequency of BM25 as Robertson and Sparck Jones have it: below zero for frequent terms.

    Args:
        df: (n,) in how many texts each of n terms stands.
        living: of how many.

    Returns:
        (n,).
    """
    return np.asarray(np.log((np.maximum(living, df) - df + 0.5) / (df + 0.5)))


@dataclass(frozen=True)
class LibraryStatistics:
    """Of a library, as `Signals` takes them.

    Attributes:
        terms: field of a segment (those of `live_segment.COUNTED`) -> its terms.
        usage: (n,) for each row that is scored, how many example prompts of other adapters use it.
    """

    terms: Mapping[str, TermStatistics]
    usage: NDArray[np.int64]
