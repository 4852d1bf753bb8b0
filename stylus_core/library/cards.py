"""Which card counts: the user's edits over a model's card over the one made from the metadata."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import NamedTuple

from stylus_core.types import Card, in_proportion

#: Who wrote a card, the most trusted first; "metadata" is the fallback that every adapter has.
SOURCES = ("vlm", "llm", "import", "metadata")


class Edits(NamedTuple):
    """What the user edited by hand; None means not edited."""

    weight: float | None = None
    description: str | None = None
    kind: str | None = None


def effective(cards: Mapping[str, Card], edits: Edits) -> Card:
    """The card that counts, from the cards by source and the user's edits.

    What a model left empty comes from the metadata's card, and so does a weight that the user set in another tool.
    """
    base = cards.get("metadata", Card())
    card = next((cards[source] for source in SOURCES if source in cards), base)
    if card is not base:
        if not card.trigger_words:
            card = dataclasses.replace(
                card, trigger_words=base.trigger_words, trigger_alternatives=base.trigger_alternatives
            )
        if not card.description:
            card = dataclasses.replace(card, description=base.description, source=base.source)
        if base.weight_source == "user":
            card = dataclasses.replace(
                card,
                weight=base.weight,
                weight_low=base.weight_low,
                weight_high=base.weight_high,
                weight_source="user",
                clip_weight=base.clip_weight,
            )
    if edits.weight is not None:
        clip = in_proportion(card.clip_weight, edits.weight, card.weight)
        card = dataclasses.replace(card, weight=edits.weight, weight_source="user", clip_weight=clip)
    if edits.kind is not None:
        card = dataclasses.replace(card, kind=edits.kind)
    if edits.description is not None:
        card = dataclasses.replace(card, description=edits.description, source="user")
    return card
