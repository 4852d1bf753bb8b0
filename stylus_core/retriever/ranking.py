"""Signals as one ranking: their ranges over a library, the total of rows, and the best of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from stylus_core.retriever.fusion import PAIRS, WEIGHTS, Scores, biases

Rows = NDArray[np.int64]

_PAIRED = frozenset(name for pair in PAIRS for name in pair)


@dataclass(frozen=True, slots=True)
class Ranking:
    """One prompt's signals, each scaled to [0, 1] over the rows that may be picked, and weighted: see `ranking`.

    Attributes:
        signals: name -> (n,).
        kinds: (n,) `kind_code`s.
        bias: (kind codes,) what each kind's adapters get on top.
        weights: signal -> its weight for this prompt.
        pairs: two signals -> the weight of their product for this prompt.
        ranges: signal -> its lowest value, and how far the highest is above it.
    """

    signals: Mapping[str, Scores]
    kinds: NDArray[np.int8]
    bias: Scores
    weights: Mapping[str, float]
    pairs: Mapping[tuple[str, str], float]
    ranges: Mapping[str, tuple[float, float]]

    def narrowed(self, rows: Rows, better: Mapping[str, Scores]) -> Ranking:
        """Some rows alone, with better values for some signals, whose ranges are theirs; other ranges stay.

        Args:
            rows: the places of those that stay.
            better: name -> (rows,) new values.
        """
        return replace(
            self,
            signals={name: better[name] if name in better else s[rows] for name, s in self.signals.items()},
            kinds=self.kinds[rows],
            ranges={**self.ranges, **{n: _range(better[n]) for n in better if n in self.ranges}},
        )

    def totals(self) -> Scores:
        """(n,): the ranking's score of each row."""
        total = self.sums()
        scaled: dict[str, Scores] = {}
        for name in {n for pair in self.pairs for n in pair}:
            low, span = self.ranges[name]
            scaled[name] = (self.signals[name] - np.float32(low)) / np.float32(span)
        for (one, two), weight in self.pairs.items():
            total += scaled[one] * scaled[two] * np.float32(weight)
        return total

    def sums(self) -> Scores:
        """(n,): the scores without what signals count together: near the truth, in a third of the time."""
        lows = sum(w * self.ranges[name][0] / self.ranges[name][1] for name, w in self.weights.items())
        total: Scores = (self.bias - np.float32(lows)).take(self.kinds)
        product = np.empty_like(total)
        for name, weight in self.weights.items():
            total += np.multiply(self.signals[name], np.float32(weight / self.ranges[name][1]), out=product)
        return total

    def strongest(self, row: int) -> str:
        """The signal that adds most to a row's score; empty if none adds anything."""
        shares = {n: w * (float(self.signals[n][row]) - self.ranges[n][0]) / self.ranges[n][1]
                  for n, w in self.weights.items() if w > 0}  # fmt: skip
        best = max(shares, key=lambda n: shares[n], default="")
        return best if best and shares[best] > 0 else ""


def ranking(
    signals: Mapping[str, Scores],
    kinds: NDArray[np.int8],
    mask: NDArray[np.bool_],
    sentence: float,
    outside: Mapping[str, tuple[float, float]] | None = None,
) -> Ranking:
    """The signals of one prompt, ready to be added up.

    Args:
        signals: name -> (n,); those that are missing (no encoder) simply do not count.
        kinds: (n,) `kind_code`s.
        mask: (n,) what may be picked; at least one.
        sentence: 0 for a list of tags, 1 for a sentence.
        outside: signal -> lowest and highest value of what may be picked and is no row, see `IndexView.outside`.
    """
    weights: dict[str, float] = {}
    ranges: dict[str, tuple[float, float]] = {}
    for name, scores in signals.items():
        tags, caption = WEIGHTS[name]
        weight = tags * (1 - sentence) + caption * sentence
        if weight:
            weights[name] = weight
        if weight or (sentence < 1 and name in _PAIRED):
            ranges[name] = _range(scores, mask, (outside or {}).get(name))
    pairs = {
        (one, two): weight * (1 - sentence)
        for (one, two), weight in PAIRS.items()
        if sentence < 1 and one in ranges and two in ranges
    }
    return Ranking(dict(signals), kinds, biases(sentence), weights, pairs, ranges)


def _range(
    values: Scores, mask: NDArray[np.bool_] | None = None, outside: tuple[float, float] | None = None
) -> tuple[float, float]:
    """Lowest value, and how far the highest is above it, of what may be picked."""
    ends = [values.argmin(), values.argmax()]
    if mask is not None and not mask[ends].all():
        values = values[mask]
        ends = [values.argmin(), values.argmax()]
    low, high = values[ends].tolist()
    if outside is not None:
        low, high = min(low, outside[0]), max(high, outside[1])
    return low, max(high - low, 1e-6)


def largest(values: Scores, k: int) -> Rows:
    """Where about the `k` largest stand, in no order: a sample tells from which value on.

    Many times faster than finding the very `k`; every one that is left out is smaller than every one that is there.
    """
    if k >= len(values):
        return np.arange(len(values))
    sample = values[:: min(max(1, k // 4), 128)]
    at = max(1, round(k * len(sample) / len(values)))
    return np.flatnonzero(values >= np.partition(sample, len(sample) - at)[len(sample) - at])


def best(total: Scores, rows: Rows, k: int) -> Rows:
    """Which of the totals are the `k` best, best first; ties in the order of `rows`, so that rankings repeat."""
    some = np.arange(len(total))
    if k < len(total):
        some = np.argpartition(total, len(total) - k)[len(total) - k :] if k else some[:0]
    return some[np.lexsort((rows[some], -total[some]))]
