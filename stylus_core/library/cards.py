"""Which card counts: the user's edits over a model's card over the one made from the metadata."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from stylus_core.library.fields import TABLE
from stylus_core.library.refiner_protocol import Refiner
from stylus_core.types import Card, in_proportion

#: Who wrote a card, the most trusted first; "metadata" is the fallback that every adapter has.
SOURCES = ("vlm", "llm", "import", "metadata")


def effective_card(cards: Mapping[str, Card], edits: Mapping[str, Any], refiner: Refiner) -> Card:
    """Finds the card that counts after the user's edits.

    Args:
        cards: by who wrote them, one of `SOURCES`.
        edits: the values that the user set, by field of `fields.TABLE`.
        refiner: the library's; it makes a subject of a title.

    Returns:
        The card that every reader takes; `edited` names the fields that the user set.
    """
    card = most_trusted(cards)
    for field in TABLE:
        if field.name not in edits:
            continue
        value = edits[field.name]
        changed = field.put(value)
        if field.name == "title":  # it says what the adapter adds, too: versions and labels are out of that
            changed["subject"] = refiner.subject(value) or value
        if field.name == "weight":
            changed["clip_weight"] = in_proportion(card.clip_weight, value, card.weight)
        card = dataclasses.replace(card, edited=(*card.edited, field.name), **changed)
    return card


def most_trusted(cards: Mapping[str, Card]) -> Card:
    """Finds the card that counts before the user's edits.

    What a model left empty comes from the metadata's card, and so do the words and the weight that the user gave it in
    another tool.

    Args:
        cards: by who wrote them, one of `SOURCES`.

    Returns:
        A card; an empty one where there are none.
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
    return card
