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

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stylus_core.retriever.bm25 import BM25
from stylus_core.retriever.documents import UNIT_TYPES
from stylus_core.retriever.postings import Mask
from stylus_core.retriever.segment import Segment
from stylus_core.retriever.tokens import term

Scores = NDArray[np.float32]

_NEIGHBOURS = 200  # example prompts that have a say
_SHARPNESS = 4  # the nearest counts most: with 1 every prompt with "1girl" votes


class Signals:
    """Lexical and statistical signals over segments, their statistics taken over all living adapters together."""

    def __init__(self, segments: Sequence[Segment], alive: Sequence[Mask]) -> None:
        self._segments = list(segments)
        self._first = np.concatenate([[0], np.cumsum([len(s) for s in segments])]).astype(np.int64)
        self.size = int(self._first[-1])
        self.alive = np.concatenate(alive) if segments else np.zeros(0, np.bool_)
        self.everything = BM25([s.everything for s in segments], alive)
        self.about = BM25([s.about for s in segments], alive)
        examples_alive = [a[s.example_owner] for s, a in zip(segments, alive, strict=True)]
        self._examples = BM25([s.examples for s in segments], examples_alive)
        self._example_alive = np.concatenate(examples_alive) if segments else np.zeros(0, np.bool_)
        self._unit_mass = [self._masses(s) for s in segments]
        self._link_uses()
        self.downloads = np.log1p(self._joined("downloads").astype(np.float32))
        self.kinds = self._joined("kinds")
        self.architectures = self._joined("architectures")
        self.ids = self._joined("ids")

    def _joined(self, field: str) -> NDArray[np.generic]:
        return np.concatenate([getattr(s, field) for s in self._segments]) if self._segments else np.zeros(0, np.int64)

    def rarity(self, name: int) -> float:
        """How much a word says about an adapter: log of one in how many adapters has it, never below zero."""
        i = int(np.searchsorted(self.about.terms, np.uint64(name)))
        known = i < len(self.about.terms) and int(self.about.terms[i]) == name
        df = int(self.about.df[i]) if known else 0
        return max(0.0, float(np.log((self.about.living + 1) / (df + 0.5))))

    def _masses(self, segment: Segment) -> NDArray[np.float32]:
        """(u,): the rarity of all words of each unit together."""
        i = np.searchsorted(self.about.terms, segment.units.terms)
        i = np.minimum(i, max(len(self.about.terms) - 1, 0))
        known = self.about.terms[i] == segment.units.terms if len(self.about.terms) else np.zeros(len(i), np.bool_)
        df = np.where(known, self.about.df[i], 0) if len(self.about.df) else np.zeros(len(i))
        rarity = np.maximum(0, np.log((self.about.living + 1) / (df + 0.5))).astype(np.float32)
        each = np.repeat(rarity, np.diff(segment.units.start))
        return np.bincount(segment.units.docs, weights=each, minlength=len(segment.units.lengths)).astype(np.float32)

    def _link_uses(self) -> None:
        """Finds the adapters that the tags in example prompts name, in any segment."""
        names = self._joined_offset("name", None)
        owners = self._joined_offset("name_owner", self._first)
        keep = self.alive[owners] if len(owners) else np.zeros(0, np.bool_)
        names, owners = names[keep], owners[keep]
        order = np.argsort(names, kind="stable")
        names, owners = names[order], owners[order]
        first_example = np.concatenate([[0], np.cumsum([len(s.example_owner) for s in self._segments])]).astype(
            np.int64
        )
        self._example_owner = self._joined_offset("example_owner", self._first)
        used = self._joined_offset("use_name", None)
        example = self._joined_offset("use_example", first_example)
        i = np.searchsorted(names, used)
        found = i < len(names)
        found[found] = names[i[found]] == used[found]
        if len(example):
            found &= self._example_alive[example]
        example, row = example[found], owners[i[found]]
        others = row != self._example_owner[example]
        self.used = np.log1p(np.bincount(row[others], minlength=self.size)).astype(np.float32)
        # an example always speaks for the adapter that it belongs to, whatever its tag calls it (files get renamed)
        self._use_example = np.concatenate([example[others], np.flatnonzero(self._example_alive)])
        self._use_row = np.concatenate([row[others], self._example_owner[self._example_alive]])

    def _joined_offset(self, field: str, first: NDArray[np.int64] | None) -> NDArray[np.int64]:
        parts = [getattr(s, field) for s in self._segments]
        if first is not None:
            parts = [p.astype(np.int64) + first[i] for i, p in enumerate(parts)]
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)

    def named(self, tokens: Sequence[str]) -> dict[str, Scores]:
        """For each type of unit (n,): the rarity of the best-covered unit's words, times its covered share squared.

        "saber" alone covers half of the trigger "saber lily" and so counts a quarter; a rare name counts more than a
        common word. In units of a word that only one adapter of the library has.
        """
        out = {t: np.zeros(self.size, np.float32) for t in UNIT_TYPES}
        rarest = np.float32(max(1e-6, np.log((self.about.living + 1) / 1.5)))
        names = {n: self.rarity(n) for n in {term(t) for t in tokens}}
        for segment, mass, first in zip(self._segments, self._unit_mass, self._first, strict=False):
            hit = np.zeros(len(mass), np.float32)
            for name, rarity in names.items():
                hit[segment.units.docs[segment.units.find(name)]] += rarity
            touched = np.flatnonzero(hit)
            value = hit[touched] / rarest * (hit[touched] / np.maximum(mass[touched], 1e-6)) ** 2
            owner = segment.unit_owner[touched] + first
            for i, t in enumerate(UNIT_TYPES):
                of_type = segment.unit_type[touched] == i
                np.maximum.at(out[t], owner[of_type], value[of_type])
        return out

    def together(self, tokens: Sequence[str]) -> Scores:
        """(n,): the votes of the nearest example prompts for the adapters that they were made with.

        A vote is at most 1, and that only from a prompt that has all of this one's words: in a small library the
        nearest may be far away.
        """
        out = np.zeros(self.size, np.float32)
        if not len(self._use_row):
            return out
        near = self._examples.scores(tokens) * self._example_alive
        best = float(near.max(initial=0.0))
        if best <= 0:
            return out
        if len(near) > _NEIGHBOURS:
            near[near < np.partition(near, -_NEIGHBOURS)[-_NEIGHBOURS]] = 0
        ideal = self._examples.ideal(tokens)
        vote = (near / best) ** _SHARPNESS * min(1.0, best / ideal)
        np.add.at(out, self._use_row, vote[self._use_example].astype(np.float32))
        return out

    def lexical(self, tokens: Sequence[str]) -> dict[str, Scores]:
        """All signals that need no encoder, each (n,)."""
        return {
            "bm25": self.everything.scores(tokens).astype(np.float32),
            "about": self.about.scores(tokens).astype(np.float32),
            **self.named(tokens),
            "together": self.together(tokens),
            "used": self.used,
            "downloads": self.downloads,
        }
