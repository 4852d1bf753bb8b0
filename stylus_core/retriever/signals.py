"""The evidence that each adapter belongs to a prompt, one array a signal, over all segments of an index.

- `bm25`: all its texts, example prompts included, against the whole prompt.
- `about`: its name, tags, trigger words and description alone.
- `trigger`, `name`, `tag`: how completely the prompt calls it by one of its names.
- `cooccurrence`: what the example prompts nearest to this one were made with, see `cooccurrence.py`.
- `usage_count`, `downloads`: how many examples of other adapters use it, how often it was fetched. A weak prior.

Those of `dense.py` come to them: cosines of its title and of its description with the prompt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from stylus_core.retriever import name_codes
from stylus_core.retriever.bm25 import BM25
from stylus_core.retriever.buffer_pool import BufferPool
from stylus_core.retriever.cooccurrence import Cooccurrence
from stylus_core.retriever.documents import UNIT_TYPES
from stylus_core.retriever.fusion import Scores, kind_code
from stylus_core.retriever.library_statistics import LibraryStatistics
from stylus_core.retriever.live_segment import LiveSegment, concatenated, field_bm25
from stylus_core.retriever.postings import Mask, in_parts


class Signals:
    """Lexical and statistical signals over segments, their statistics taken over all living adapters together.

    Args:
        segments: n rows in all, numbered through in their order.
        library: statistics of the whole library, where these are only some of its adapters.
    """

    def __init__(self, segments: Sequence[LiveSegment], library: LibraryStatistics | None = None) -> None:
        self._segments = list(segments)
        self._first = np.concatenate([[0], np.cumsum([len(s) for s in segments])]).astype(np.int64)
        self.size = int(self._first[-1])
        self.alive: Mask = concatenated([s.alive for s in segments], np.bool_)
        terms = library.terms if library else {}
        self.everything = field_bm25(segments, "everything", terms.get("everything"))
        self.about = field_bm25(segments, "about", terms.get("about"))
        self.examples = Cooccurrence(segments, terms.get("examples"))
        self._buffers = BufferPool(self.size, np.float64)
        self._unit_buffers = [BufferPool(len(s.segment.units.lengths), np.float32) for s in segments]
        self._unit_mass = [self._masses(i) for i in range(len(segments))]
        self.usage_count = np.log1p(library.usage if library else self.examples.usage).astype(np.float32)
        arrays = [s.segment for s in segments]
        self.downloads = np.log1p(concatenated([s.downloads for s in arrays], np.int64).astype(np.float32))
        codes = [np.array([kind_code(label) for label in s.kind_names.tolist()], np.int8) for s in arrays]
        self.kinds = concatenated([code[s.kinds] for code, s in zip(codes, arrays, strict=True)], np.int8)
        self.architectures, names = name_codes.joined(
            [s.architectures for s in arrays], [s.architecture_names for s in arrays]
        )
        self.architecture_names: list[str] = names.tolist()
        self.ids = concatenated([s.ids for s in arrays], np.int64)

    def rarity(self, df: NDArray[np.int32]) -> NDArray[np.float32]:
        """How much words say about an adapter: log of one in how many adapters has them, never below zero.

        Args:
            df: (n,) in how many adapters each word stands.
        """
        return np.maximum(0, np.log((self.about.living + 1) / (df + 0.5))).astype(np.float32)

    def _masses(self, i: int) -> NDArray[np.float32]:
        """(u,): the rarity of all words of each unit of a segment together."""
        live = self._segments[i]
        units = live.segment.units
        place, found = live.about_of_units
        own = np.zeros(len(units.terms), np.int32)
        own[found] = live.df["about"][place[found]]
        rarity = self.rarity(self.about.frequencies(units.terms, (i, own)))
        out = np.zeros(len(units.lengths), np.float32)
        for terms, where in in_parts(units):
            np.add.at(
                out, units.docs[where], np.repeat(rarity[terms], np.diff(units.start[terms.start : terms.stop + 1]))
            )
        return out

    def row(self, adapter: int) -> int:
        """Where the adapter of this id stands; -1 for one that is not in it."""
        rows = np.flatnonzero((self.ids == adapter) & self.alive)
        return int(rows[0]) if len(rows) else -1

    def called(self, name: str) -> list[int]:
        """Ids of the living adapters whose stem, alias or title this is, in any case."""
        return self.examples.called(name)

    def observed_weights(self, row: int) -> dict[int, float]:
        """Id of another adapter that uses this row's in its example prompts -> the median of the weights there."""
        return self.examples.observed_weights(row)

    def named(self, tokens: Sequence[str]) -> dict[str, Scores]:
        """For each type of unit (n,): the rarity of the best-covered unit's words, times its covered share squared.

        "saber" alone covers half of the trigger "saber lily" and so counts a quarter; a rare name counts more than a
        common word. In units of a word that only one adapter of the library has.
        """
        out = np.zeros((self.size, len(UNIT_TYPES)), np.float32)
        rarest = np.float32(max(1e-6, np.log((self.about.living + 1) / 1.5)))
        terms, _ = self.about.counted(tokens)
        weights = self.rarity(self.about.frequencies(terms))
        for i, (live, mass, first) in enumerate(zip(self._segments, self._unit_mass, self._first, strict=False)):
            touched, hit = self._summed(i, terms, weights)
            if not len(touched):
                continue
            share = hit / np.maximum(mass[touched], 1e-6)
            value = hit / rarest * (share * share)
            # an adapter's units lie side by side, those of one type together
            place = live.segment.unit_place[touched]
            begins = np.concatenate([[0], np.flatnonzero(place[1:] != place[:-1]) + 1])
            part = out[first : first + len(live)].reshape(-1)
            part[place[begins]] = np.maximum.reduceat(value, begins)
        return {t: np.ascontiguousarray(out[:, i]) for i, t in enumerate(UNIT_TYPES)}

    def _summed(
        self, i: int, terms: NDArray[np.uint64], weights: NDArray[np.float32]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The units of a segment that have any of the terms, ascending, and the weights of those that each has."""
        units = self._segments[i].segment.units
        with self._unit_buffers[i].lent() as total:  # all zeros between two queries
            for where, weight in zip(units.find_each(terms), weights, strict=True):
                np.add.at(total, units.docs[where], weight)
            touched = np.flatnonzero(total > 0)
            found = total[touched]
            total[touched] = 0
        return touched, found

    def _bm25_of(self, field: BM25, tokens: Sequence[str]) -> Scores:
        with self._buffers.lent() as buffer:
            return field.scores(tokens, buffer).astype(np.float32)

    def lexical(
        self, tokens: Sequence[str], called: Sequence[str], sentence: bool = True
    ) -> list[Callable[[], dict[str, Scores]]]:
        """The signals that need no encoder, in pieces of work that any thread may do, the longest first.

        Args:
            tokens: of the prompt.
            called: the tokens by which adapters may be called.
            sentence: whether the prompt is one. `about` has a say in sentences only, and is left out of other prompts.

        Returns:
            Functions, each of which gives some signals by name, (n,) each.
        """
        tasks: list[Callable[[], dict[str, Scores]]] = [
            lambda: {
                "cooccurrence": self.examples.votes(tokens),
                "usage_count": self.usage_count,
                "downloads": self.downloads,
            },
            lambda: self.named(called),
            lambda: {"bm25": self._bm25_of(self.everything, tokens)},
        ]
        return [*tasks, lambda: {"about": self._bm25_of(self.about, tokens)}] if sentence else tasks
