"""The candidates that an engine brought up, as an index that `Retriever` searches.

They are a segment like those of this machine's index, and `Signals` scores it by the statistics of the whole library.
Signals are scaled over the whole library, so where not all of it was brought up, the statistics and a sample of the
vectors say how far values reach outside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from stylus_core.retriever.bm25 import BM25
from stylus_core.retriever.cooccurrence import Cooccurrence
from stylus_core.retriever.dense import Dense
from stylus_core.retriever.engine.published_statistics import PublishedStatistics
from stylus_core.retriever.engine.row_packing import PackedAdapter, PackedExample
from stylus_core.retriever.engine.row_segment import row_segment
from stylus_core.retriever.fusion import WEIGHTS, Scores
from stylus_core.retriever.library_statistics import LibraryStatistics
from stylus_core.retriever.live_segment import LiveSegment
from stylus_core.retriever.postings import Mask
from stylus_core.retriever.quantized_vectors import VIEWS, QuantizedVectors
from stylus_core.retriever.signals import Signals
from stylus_core.retriever.vectors import VectorStore


class NearestExamples:
    """The example prompts that an engine finds nearest to a prompt.

    Args:
        found: example prompts, and the keys of the adapters that they belong to.
        statistics: of the library.
    """

    def __init__(self, found: Sequence[tuple[str, PackedExample]], statistics: PublishedStatistics) -> None:
        self.found, self._statistics = found, statistics
        names = np.unique(np.concatenate([np.zeros(0, np.uint64), *(e.uses for _, e in found)]))
        #: name in the examples' tags -> key of the adapter that it calls
        self.called = statistics.called(names)
        #: of all adapters that the examples were made with
        self.keys = list(dict.fromkeys([*(owner for owner, _ in found), *self.called.values()]))

    def voted(self, tokens: Sequence[str]) -> list[str]:
        """The keys of the adapters that have votes by `Cooccurrence`, those with most first.

        Args:
            tokens: of the prompt.
        """
        live = LiveSegment(row_segment(dict.fromkeys(self.keys, 0), {}, self.found, self.called))
        votes = Cooccurrence([live], self._statistics.terms["examples"]).votes(tokens)
        order = np.argsort(-votes, kind="stable")
        return [self.keys[i] for i in order[votes[order] > 0].tolist()]


class CandidateIndex:
    """The candidates of one prompt; an `IndexView`. Behind them are rows of which only examples speak.

    Args:
        ids: key -> id of each candidate, in the order of the library, in which ties stand.
        rows: key -> what the engine has of it.
        nearest: the example prompts nearest to the prompt.
        statistics: of the library.
        groups: those of `statistics.groups` that may be picked.
        selectable: how many adapters may be picked.
        sample: vectors of some that may be picked; None without an encoder.

    Attributes:
        signals: of all rows.
        segments: the only one.
        selectable: (n,) which rows are candidates.
    """

    def __init__(
        self,
        ids: Mapping[str, int],
        rows: Mapping[str, PackedAdapter],
        nearest: NearestExamples,
        statistics: PublishedStatistics,
        groups: NDArray[np.int64],
        selectable: int,
        sample: Dense | None,
    ) -> None:
        self._groups, self._sample, self._library = groups, sample, statistics.terms["about"].living
        self._is_whole = len(ids) >= selectable
        others = [key for key in nearest.keys if key not in ids]
        every = {**ids, **{key: -1 - i for i, key in enumerate(others)}}
        self.segments = [LiveSegment(row_segment(every, rows, nearest.found, nearest.called))]
        self.signals = Signals(self.segments, LibraryStatistics(statistics.terms, statistics.usage_of(list(every))))
        self.selectable: Mask = np.arange(len(every)) < len(ids)
        self._rows, self._others = [rows[key] for key in ids], len(others)

    def __len__(self) -> int:
        return self._library

    @property
    def ids(self) -> NDArray[np.int64]:
        """(n,): the library's id of each row, below zero for one that is no candidate."""
        return self.signals.ids

    def dense(self, store: VectorStore) -> Dense:
        """The vectors of all rows; zeros for those that are no candidates. There has to be one.

        Args:
            store: in front of the encoder.
        """
        codes, scales = (np.stack([getattr(row, name) for row in self._rows], 1) for name in ("codes", "scales"))
        more = ((0, 0), (0, self._others))
        return Dense(store, [QuantizedVectors.of(np.pad(codes, (*more, (0, 0))), np.pad(scales, more))])

    def outside(self, whole: Scores | None, parts: Scores | None) -> Mapping[str, tuple[float, float]]:
        """See `IndexView.outside`. What was brought up has the highest of all signals that follow the prompt."""
        if self._is_whole:
            return {}
        out = dict.fromkeys(WEIGHTS, (0.0, 0.0))
        if len(self._groups):
            _, most_used, fewest, most = np.log1p(self._groups.astype(np.float32)).T
            out["usage_count"] = 0.0, float(most_used.max())
            out["downloads"] = float(fewest.min()), float(most.max())
        for name in (f"{what}_{view}" for what in ("whole", "part") for view in VIEWS):
            del out[name]
        if self._sample is not None and whole is not None and parts is not None:
            for name, values in self._sample.signals(whole, parts).items():
                if len(values):
                    out[name] = float(values.min()), float(values.min())
        return out


def query_weights(tokens: Sequence[str], statistics: PublishedStatistics) -> dict[str, dict[int, float]]:
    """The query's side of the inner products by which an engine brings up texts.

    Args:
        tokens: of the prompt.
        statistics: of the library.

    Returns:
        Field -> dimension -> weight; without the fields for which the prompt has no words.
    """
    out: dict[str, dict[int, float]] = {}
    for field, of_field in statistics.terms.items():
        words = BM25((), (), statistics=of_field)
        terms, times = words.counted(words.telling(tokens) if field == "examples" else tokens)
        # a word that no text had may be in one that came since
        weights = times * words.weight(np.maximum(words.frequencies(terms), 1))
        if found := {t: w for t, w in zip(terms.tolist(), weights.tolist(), strict=True) if w > 0}:
            out[field] = found
    return out
