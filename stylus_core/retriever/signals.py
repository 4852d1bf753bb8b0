"""The evidence that each adapter belongs to a prompt, one array a signal, over all segments of an index.

- `bm25`: all its texts, example prompts included, against the whole prompt.
- `about`: its name, tags, trigger words and description alone.
- `trigger`, `name`, `tag`: how completely the prompt calls it by one of its names.
- `together`: what the example prompts nearest to this one were made with. The files of a library carry thousands of
  prompts with the tags of the adapters that their authors used, several at a time: what people really combine.
- `used`, `downloads`: how many examples of other adapters use it, how often it was fetched. A weak prior.
- `dense`, `part`: cosine of its text with the whole prompt, and with the nearest part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stylus_core.retriever import name_codes
from stylus_core.retriever.bm25 import BM25, named
from stylus_core.retriever.buffer_pool import BufferPool
from stylus_core.retriever.documents import UNIT_TYPES, name_key
from stylus_core.retriever.fusion import kind_code
from stylus_core.retriever.live_segment import COUNTED, LiveSegment
from stylus_core.retriever.postings import Mask, find_all, in_parts
from stylus_core.retriever.tokenizer import term

Scores = NDArray[np.float32]

NEIGHBOURS = 200  # example prompts that have a say
SHARPNESS = 4  # the nearest counts most: with 1 every prompt with "1girl" votes
COMMON = 0.07  # a word that more of all example prompts have does not tell which are near ...
TELLING = 3  # ... if the prompt has so many others


class Signals:
    """Lexical and statistical signals over pieces, their statistics taken over all living adapters together."""

    def __init__(self, pieces: Sequence[LiveSegment]) -> None:
        self._pieces = list(pieces)
        self._first = np.concatenate([[0], np.cumsum([len(p) for p in pieces])]).astype(np.int64)
        self.size = int(self._first[-1])
        self.alive: Mask = _joined([p.alive for p in pieces], np.bool_)
        self.everything, self.about, self._examples = map(self._bm25, COUNTED)
        self._scratch, self._examples_scratch = (
            BufferPool(self.size, np.float64),
            BufferPool(self._examples.size, np.float64),
        )
        self._units_scratch = [BufferPool(len(p.segment.units.lengths), np.float32) for p in pieces]
        self._unit_mass = [self._masses(i) for i in range(len(pieces))]
        self._link_uses()
        segments = [p.segment for p in pieces]
        self.downloads = np.log1p(_joined([s.downloads for s in segments], np.int64).astype(np.float32))
        places = [np.array([kind_code(label) for label in s.kind_names.tolist()], np.int8) for s in segments]
        self.kinds = _joined([place[s.kinds] for place, s in zip(places, segments, strict=True)], np.int8)
        self.architectures, names = name_codes.joined(
            [s.architectures for s in segments], [s.architecture_names for s in segments]
        )
        self.architecture_names: list[str] = names.tolist()
        self.ids = _joined([s.ids for s in segments], np.int64)

    def _bm25(self, field: str) -> BM25:
        return BM25(
            [p.postings(field) for p in self._pieces],
            [p.texts_alive(field) for p in self._pieces],
            [p.df[field] for p in self._pieces],
        )

    def rarity(self, df: NDArray[np.int32]) -> NDArray[np.float32]:
        """How much a word says about an adapter: log of one in how many adapters has it, never below zero."""
        return np.maximum(0, np.log((self.about.living + 1) / (df + 0.5))).astype(np.float32)

    def _masses(self, i: int) -> NDArray[np.float32]:
        """(u,): the rarity of all words of each unit of a piece together."""
        piece = self._pieces[i]
        units = piece.segment.units
        place, found = piece.about_of_units
        df = self.about.frequencies(units.terms, skip=i)
        df[found] += piece.df["about"][place[found]]
        rarity = self.rarity(df)
        out = np.zeros(len(units.lengths), np.float32)
        for terms, where in in_parts(units):
            np.add.at(
                out, units.docs[where], np.repeat(rarity[terms], np.diff(units.start[terms.start : terms.stop + 1]))
            )
        return out

    def _link_uses(self) -> None:
        """Finds the adapters that the tags in example prompts name, in any piece."""
        segments = [p.segment for p in self._pieces]
        first_example = np.concatenate([[0], np.cumsum([len(s.example_owner) for s in segments])]).astype(np.int64)
        names = _joined([s.name for s in segments], np.uint64)
        owners = _joined([s.name_owner + n for s, n in zip(segments, self._first, strict=False)], np.int64)
        keep = self.alive[owners]
        if not keep.all():
            names, owners = names[keep], owners[keep]
        order = np.argsort(names, kind="stable")
        self._names, self._owners = names, owners = names[order], owners[order].astype(np.int32)
        self._example_owner = _joined(
            [s.example_owner + n for s, n in zip(segments, self._first, strict=False)], np.int32
        )
        self._example_alive: Mask = _joined([p.examples_alive for p in self._pieces], np.bool_)
        example = _joined([s.use_example + n for s, n in zip(segments, first_example, strict=False)], np.int32)
        place, found = find_all(_joined([s.use_name for s in segments], np.uint64), names)
        found &= self._example_alive[example]
        example, row = example[found], owners[place[found]].astype(np.int32)
        others = row != self._example_owner[example]
        # in the order of the examples, so that one example's adapters are a slice
        self._use_example, self._use_row = example[others], row[others]
        weight = _joined([s.use_weight for s in segments], np.float32)[found][others]
        known = np.flatnonzero(~np.isnan(weight))
        by_row = known[np.argsort(self._use_row[known], kind="stable")]
        self._weighed = self._example_owner[self._use_example[by_row]], weight[by_row]
        used, first = np.unique(self._use_row[by_row], return_index=True)
        self._weighed_at = dict(zip(used.tolist(), pairwise([*first.tolist(), len(by_row)]), strict=True))
        self.used = np.log1p(np.bincount(self._use_row, minlength=self.size)).astype(np.float32)

    def called(self, name: str) -> list[int]:
        """Ids of the living adapters whose stem, alias or title this is, in any case."""
        key = np.uint64(name_key(name))
        first, last = (int(np.searchsorted(self._names, key, side)) for side in ("left", "right"))
        return sorted({int(self.ids[row]) for row in self._owners[first:last]})

    def elsewhere(self, row: int) -> dict[int, float]:
        """Id of another adapter that uses this row's in its example prompts -> the median of the weights there."""
        owners, weights = self._weighed
        found: dict[int, list[float]] = {}
        for i in range(*self._weighed_at.get(row, (0, 0))):
            found.setdefault(int(self.ids[owners[i]]), []).append(round(float(weights[i]), 4))
        return {owner: median(each) for owner, each in found.items()}

    def row(self, adapter: int) -> int:
        """Where an adapter stands; -1 for one that is not in it."""
        rows = np.flatnonzero((self.ids == adapter) & self.alive)
        return int(rows[0]) if len(rows) else -1

    def named(self, tokens: Sequence[str]) -> dict[str, Scores]:
        """For each type of unit (n,): the rarity of the best-covered unit's words, times its covered share squared.

        "saber" alone covers half of the trigger "saber lily" and so counts a quarter; a rare name counts more than a
        common word. In units of a word that only one adapter of the library has.
        """
        out = np.zeros((self.size, len(UNIT_TYPES)), np.float32)
        rarest = np.float32(max(1e-6, np.log((self.about.living + 1) / 1.5)))
        terms, _ = named(tokens)
        weights = self.rarity(self.about.frequencies(terms))
        for i, (piece, mass, first) in enumerate(zip(self._pieces, self._unit_mass, self._first, strict=False)):
            touched, hit = self._summed(i, terms, weights)
            if not len(touched):
                continue
            share = hit / np.maximum(mass[touched], 1e-6)
            value = hit / rarest * (share * share)
            # an adapter's units lie side by side, those of one type together
            place = piece.segment.unit_place[touched]
            begins = np.concatenate([[0], np.flatnonzero(place[1:] != place[:-1]) + 1])
            part = out[first : first + len(piece)].reshape(-1)
            part[place[begins]] = np.maximum.reduceat(value, begins)
        return {t: np.ascontiguousarray(out[:, i]) for i, t in enumerate(UNIT_TYPES)}

    def together(self, tokens: Sequence[str]) -> Scores:
        """(n,): the votes of the nearest example prompts for the adapters that they were made with.

        A vote is at most 1, and that only from a prompt that has all of this one's words: in a small library the
        nearest may be far away. An example always speaks for the adapter that it belongs to, whatever its tag calls it
        (files get renamed).
        """
        out = np.zeros(self.size, np.float32)
        terms, _ = named(tokens)
        near_by = set(terms[telling(self._examples.frequencies(terms), self._examples.living)].tolist())
        tokens = [t for t in tokens if term(t) in near_by]
        with self._examples_scratch.lent() as scratch:
            examples, near = self._examples.best(tokens, NEIGHBOURS, self._example_alive, scratch)
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

    def _summed(
        self, i: int, terms: NDArray[np.uint64], weights: NDArray[np.float32]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The units of a piece that have any of the terms, ascending, and the weights of those that each has."""
        units = self._pieces[i].segment.units
        with self._units_scratch[i].lent() as total:  # all zeros between two queries
            for where, weight in zip(units.find_each(terms), weights, strict=True):
                np.add.at(total, units.docs[where], weight)
            touched = np.flatnonzero(total > 0)
            found = total[touched]
            total[touched] = 0
        return touched, found

    def _bm25_of(self, field: BM25, tokens: Sequence[str]) -> Scores:
        with self._scratch.lent() as scratch:
            return field.scores(tokens, scratch).astype(np.float32)

    def lexical(
        self, tokens: Sequence[str], called: Sequence[str], sentence: bool = True
    ) -> list[Callable[[], dict[str, Scores]]]:
        """The signals that need no encoder, each (n,), in pieces of work that any thread may do, the longest first.

        `called`: the tokens by which adapters may be called. `about` has a say in sentences only, and is left out of
        what is no `sentence`.
        """
        tasks: list[Callable[[], dict[str, Scores]]] = [
            lambda: {"together": self.together(tokens), "used": self.used, "downloads": self.downloads},
            lambda: self.named(called),
            lambda: {"bm25": self._bm25_of(self.everything, tokens)},
        ]
        return [*tasks, lambda: {"about": self._bm25_of(self.about, tokens)}] if sentence else tasks


def telling(df: NDArray[np.integer], living: int) -> Mask:
    """Which of a prompt's terms example prompts are compared by, given in how many of `living` ones each stands.

    "masterpiece" and "1girl" stand in half of them: most of what there is to add up, and the ranking is no better.
    """
    keep = df <= COMMON * living
    return keep if np.count_nonzero(keep) >= TELLING else np.ones_like(keep)


def _joined(parts: Sequence[NDArray[Any]], dtype: type[np.generic]) -> NDArray[Any]:
    if len(parts) == 1:
        return parts[0].astype(dtype, copy=False)
    return np.concatenate([np.zeros(0, dtype), *parts]).astype(dtype, copy=False)
