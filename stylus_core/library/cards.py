"""Which card counts: the user's edits over a model's card over the one made from the metadata."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from stylus_core.library.fields import TABLE
from stylus_core.types import Card, in_proportion

#: Who wrote a card, the most trusted first; "metadata" is the fallback that every adapter has.
SOURCES = ("vlm", "llm", "import", "metadata")


def effective(cards: Mapping[str, Card], edits: Mapping[str, Any]) -> Card:
    """The card that counts, from the cards by source and the user's edits by field.

    What a model left empty comes from the metadata's card, and so do the words and the weight that the user gave it in
    another tool.
    """
    base = cards.get("metadata", Card())
    card = next((cards[source] for source in SOURCES if source in cards), base)
    if card is not base:
        if not card.trigger_words:
            card = dataclasses.replace(
                card, trigger_words=base.trigger_words, trigger_alternatives=base.trigger_alternatives
            )
        if not card.description or base.source == "user":
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
    for field in TABLE:
        if field.name in edits:
            clip = in_proportion(card.clip_weight, edits[field.name], card.weight) if field.name == "weight" else None
            card = dataclasses.replace(card, edited=(*card.edited, field.name), **field.put(edits[field.name]))
            if field.name == "weight":
                card = dataclasses.replace(card, clip_weight=clip)
    return card
