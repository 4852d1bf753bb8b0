"""The weight at which an adapter works best: who says so, and what people who use it are likely to write."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from stylus_core.refiner.clean import plain
from stylus_core.refiner.stated import HIGHEST, LOWEST, stated
from stylus_core.types import Adapter, Candidate, Metadata

DEFAULT = 0.8


class Habits(NamedTuple):
    """What people do with adapters and their authors' advice, fitted on `queries_user` of the shared corpus.

    `benchmarks/weights.py` reports how well such constants do on adapters that they were not fitted on.
    """

    named: float = 0.8  # what is usual for characters and persons,
    quality: float = 0.5  # for what works on the whole picture,
    other: float = 0.65  # and for all else
    trust: float = 0.5  # share of an author's single number that stays; the rest goes to what is usual
    doubt: float = 4.0  # as many examples at the usual weight are added to an adapter's own
    doubt_elsewhere: float = 0.25  # the same for the pages of other adapters that use it


HABITS = Habits()


class Weight(NamedTuple):
    """A recommendation."""

    value: float
    low: float | None
    high: float | None
    source: str  # "user", "author", "examples", "default"


def weight(metadata: Metadata) -> Weight:
    """The user's own > the author's (structured > in the text) > the median of its example prompts > 0.8.

    `low` and `high` are the author's range, or the lowest and highest of the examples.
    """
    low, high = metadata.weight_low, metadata.weight_high
    if metadata.user_weight is not None:
        return Weight(_sane(metadata.user_weight), low, high, "user")
    if metadata.author_weight is not None:
        return Weight(_sane(metadata.author_weight), low, high, "author")
    if low is not None and high is not None:
        return Weight(_sane((low + high) / 2), low, high, "author")
    said = stated(plain(metadata.description))
    if said:
        return Weight(_sane((said.low + said.high) / 2), said.low, said.high, "author")
    used = example_weights(metadata)
    if used:
        return Weight(_sane(median(used)), min(used), max(used), "examples")
    return Weight(DEFAULT, None, None, "default")


def example_weights(metadata: Metadata) -> list[float]:
    """The weights that its example prompts give it, as far as they are sane: comparisons show -1 or 4, too."""
    return [e.weight for e in metadata.examples if e.weight is not None and LOWEST <= e.weight <= HIGHEST]


def candidates_weight(candidate: Candidate) -> float:
    """The weight to write for a candidate."""
    return usual_weight(candidate.adapter, candidate.elsewhere)


def usual_weight(adapter: Adapter, others: Sequence[float] = (), habits: Habits = HABITS) -> float:
    """The weight that people are likely to write for an adapter, from all evidence at once.

    Authors recommend and show more than people then use, and few examples say little: both are drawn towards what the
    adapter's kind usually takes. What the user set, or a sidecar's structured field holds, is never changed. Several
    adapters in one prompt weigh less each: that is the rewriter's.

    Args:
        adapter: with its card.
        others: its weights in the example prompts of other adapters, see `Candidate.elsewhere`.
        habits: for other users than those of 2023's model site.
    """
    card, metadata = adapter.card, adapter.metadata
    if card.weight_source == "user" or metadata.author_weight is not None:
        return card.weight
    usual = {"character": habits.named, "person": habits.named, "quality": habits.quality}.get(card.kind, habits.other)
    value = card.weight
    if card.weight_source == "author" and card.weight_low is not None and card.weight_high is not None:
        ranged = card.weight_low < card.weight_high
        value = max(card.weight_low, min(card.weight_high, usual)) if ranged else _between(usual, value, habits.trust)
    elif card.weight_source == "examples":
        count = len(example_weights(metadata))
        value = _between(usual, value, count / (count + habits.doubt))
    if others:
        value = _between(value, median(others), len(others) / (len(others) + habits.doubt_elsewhere))
    return _sane(value)


def _between(start: float, end: float, share: float) -> float:
    return start + share * (end - start)


def _sane(value: float) -> float:
    return round(max(-HIGHEST, min(HIGHEST, value)), 3)
