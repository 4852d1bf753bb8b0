"""The weight at which an adapter works best: who says so, and what people who use it are likely to write."""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from stylus_core.own_evidence import OwnWeight
from stylus_core.prompt.own_tags import own_tags, versionless_name
from stylus_core.refiner.advice import HIGHEST, LOWEST, Stated
from stylus_core.refiner.description_text import plain
from stylus_core.refiner.weight_owner import WeightOwner
from stylus_core.refiner.weight_parser import MOST, StatedWeight, stated
from stylus_core.types import Adapter, Candidate, Card, Metadata, in_proportion

DEFAULT = 0.8

_NAME = re.compile(r"[^\W\d_]{3,}")
#: Words of a name that other adapters' names have as well.
_GENERIC = frozenset("lora lycoris locon style character concept the and for with model".split())


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
    doubt_habit: float = 3.0  # the same for how the user takes adapters in general,
    doubt_own: float = 1.0  # and for how the user takes this one


HABITS = Habits()


class Weight(NamedTuple):
    """A recommendation."""

    value: float
    low: float | None
    high: float | None
    source: str  # "user", "author", "examples", "default"
    clip: float | None = None  # for the text encoder, where that is another one


def weight(metadata: Metadata, stem: str = "") -> Weight:
    """The user's own > the author's (structured > in the text) > the median of its example prompts > 0.8.

    `low` and `high` are the author's range, or the lowest and highest of the examples. The text about this version
    counts before that about the model.

    Args:
        metadata: of the adapter.
        stem: the name of its file, by which texts and prompts may mean it.
    """
    said = _said(metadata, stem)
    found = _authors(metadata, said)
    before = value = round(found.value, 3)
    if metadata.user_weight is not None:
        found = Weight(metadata.user_weight, metadata.weight_low, metadata.weight_high, "user")
        value = round(metadata.user_weight, 3)
    clip = metadata.clip_strength
    if clip is None and said.clip:
        clip = said.clip.middle
    return found._replace(value=value, clip=in_proportion(clip, value, before))


def _authors(metadata: Metadata, said: StatedWeight) -> Weight:
    """Without the user."""
    low, high = metadata.weight_low, metadata.weight_high
    if metadata.author_weight is not None:
        return Weight(metadata.author_weight, low, high, "author")
    if low is not None and high is not None:
        return Weight(Stated(low, high).middle, low, high, "author")
    if said.weight:
        found = Weight(said.weight.middle, said.weight.low, said.weight.high, "author")
    elif used := example_weights(metadata):
        found = Weight(median(used), min(used), max(used), "examples")
    else:
        found = Weight(DEFAULT, None, None, "default")
    if not said.weight:  # else its limits say less than the weight itself
        low, high = (said.least if low is None else low), (said.most if high is None else high)
    value = max(found.value, low) if low is not None else found.value
    value = min(value, high) if high is not None else value
    if value == found.value and (low is None or said.weight):
        return found
    # all that the author says is where to stop
    return Weight(value, value if low is None else low, value if high is None else high, "author")


def _said(metadata: Metadata, stem: str) -> StatedWeight:
    """What the author's texts say, each part as the first text has it that says anything."""
    words = f"{metadata.title} {metadata.alias} {stem}".lower()
    owner = WeightOwner(metadata.version, metadata.base_model, frozenset(_NAME.findall(words)) - _GENERIC)
    out = shown = StatedWeight()
    for text in (metadata.own_words, metadata.version_description, metadata.description, metadata.notes):
        if not text:
            continue
        said = stated(plain(text), owner)
        # a text that only says the one for the text encoder belongs to the other text's weight
        out = StatedWeight(said.weight, out.clip or said.clip, out.least or said.least, out.most or said.most)
        if out.weight is not None:
            return out
        if shown.weight is None and "<" in text:
            shown = _shown(text, frozenset(versionless_name(n) for n in (stem, metadata.alias) if n) - {""})
    if shown.weight and not example_weights(metadata):
        return out._replace(weight=shown.weight, clip=out.clip or shown.clip)
    return out


def _shown(text: str, cores: frozenset[str]) -> StatedWeight:
    """The adapter's own tag, as the text shows how to write it."""
    for tag in own_tags(text[:MOST], cores):
        if tag.weight is not None and LOWEST <= abs(tag.weight) <= HIGHEST:
            clip = None if tag.te is None or tag.te == tag.weight else Stated(tag.te, tag.te)
            return StatedWeight(Stated(tag.weight, tag.weight), clip)
    return StatedWeight()


def example_weights(metadata: Metadata) -> list[float]:
    """The weights that its example prompts give it, as far as they are sane: comparisons show -1 or 4, too."""
    return [e.weight for e in metadata.examples if e.weight is not None and LOWEST <= e.weight <= HIGHEST]


def candidates_weight(candidate: Candidate) -> float:
    """Finds the weight to write for a candidate.

    Args:
        candidate: of the retriever, with its weights in other adapters' examples.

    Returns:
        The weight for a prompt with no other adapter in it.
    """
    own = candidate.own.weight if candidate.own else None
    return usual_weight(candidate.adapter, candidate.observed_weights, own=own)


def candidates_clip(candidate: Candidate, weight: float) -> float | None:
    """Finds the text encoder's weight where a weight is written for a candidate.

    What is shared or strengthened keeps the proportion of the two.

    Args:
        candidate: of the retriever.
        weight: that is written for the UNet.

    Returns:
        The text encoder's weight; None if it is the same.
    """
    return in_proportion(candidate.adapter.card.clip_weight, weight, candidates_weight(candidate))


def usual_weight(
    adapter: Adapter, others: Sequence[float] = (), habits: Habits = HABITS, own: OwnWeight | None = None
) -> float:
    """Finds the weight that people are likely to write for an adapter, from all evidence at once.

    Authors recommend and show more than people then use, and few examples say little: both are drawn towards what the
    adapter's kind usually takes. What the user set, or a sidecar's structured field holds, is never changed. Several
    adapters in one prompt weigh less each: that is the rewriter's.

    Args:
        adapter: with its card.
        others: its weights in the example prompts of other adapters, see `Candidate.observed_weights`.
        habits: for other users than those of 2023's model site.
        own: at which weight this user takes it; None: nobody knows.

    Returns:
        A weight of the UNet, with three decimals.
    """
    card, metadata = adapter.card, adapter.metadata
    precise = metadata.author_weight is not None or (card.weight_source == "author" and card.clip_weight is not None)
    if card.weight_source == "user":
        return card.weight
    if precise:
        return round(_of_the_user(card.weight, card, own, habits), 3)
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
    return round(_of_the_user(value, card, own, habits), 3)


def _of_the_user(value: float, card: Card, own: OwnWeight | None, habits: Habits) -> float:
    """Drawn to how this user takes adapters, and then to how this user takes this one, by how often that was.

    A habit leads out of no range that the author gives, and turns none around that works backwards.
    """
    if own is None:
        return value
    if own.corrected is not None:
        return own.corrected
    if own.others and value > 0:
        habit = (own.usual + value * own.ratio) / 2
        drawn = _between(value, habit, own.others / (own.others + habits.doubt_habit))
        ranged = card.weight_source == "author"
        low = min(value, card.weight_low) if ranged and card.weight_low is not None else LOWEST
        high = max(value, card.weight_high) if ranged and card.weight_high is not None else HIGHEST
        value = max(low, min(high, drawn))
    if own.median is not None:
        value = _between(value, own.median, own.prompts / (own.prompts + habits.doubt_own))
    return value


def _between(start: float, end: float, share: float) -> float:
    return start + share * (end - start)
