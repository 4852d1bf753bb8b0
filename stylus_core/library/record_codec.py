"""`Metadata` and `Card` to compact JSON and back: only what differs from the defaults is written."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from stylus_core.types import Card, Example, Metadata

_METADATA = [(f.name, getattr(Metadata(), f.name)) for f in dataclasses.fields(Metadata)]
_CARD = [(f.name, getattr(Card(), f.name)) for f in dataclasses.fields(Card)]
_TUPLES = ("tags", "trigger_words", "training_concepts")
_CARD_TUPLES = ("trigger_words", "edited")


def _changed(value: Any, defaults: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: found for name, default in defaults if (found := getattr(value, name)) != default}


class GarbledError(ValueError):
    """A stored value is none that was written."""


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def dumps(value: Any) -> str:
    """Compact JSON that can be stored: "?" stands for what is no Unicode."""
    text = _ENCODER.encode(value)
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def loads(text: str) -> Any:
    """What `dumps` wrote. Raises `GarbledError` for anything else."""
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError) as error:
        raise GarbledError(f"a stored value is none that was written: {error}") from None


def encode_metadata(metadata: Metadata) -> str:
    """Compact JSON."""
    out = _changed(metadata, _METADATA)
    if "examples" in out:
        out["examples"] = [[e.prompt, e.negative_prompt, e.weight, e.image] for e in metadata.examples]
    return dumps(out)


def decode_metadata(text: str) -> Metadata:
    """What `encode_metadata` wrote. Raises `GarbledError` for anything else."""
    values = loads(text)
    try:
        for name in _TUPLES:
            if name in values:
                values[name] = tuple(values[name])
        if "examples" in values:
            values["examples"] = tuple([Example(*e) for e in values["examples"]])
        if "training_tags" in values:
            values["training_tags"] = tuple([(tag, n) for tag, n in values["training_tags"]])
        return Metadata(**values)
    except (TypeError, ValueError) as error:
        raise GarbledError(f"stored metadata are none that were written: {error}") from None


def encode_card(card: Card) -> str:
    """Compact JSON."""
    return dumps(_changed(card, _CARD))


def decode_card(text: str) -> Card:
    """What `encode_card` wrote. Raises `GarbledError` for anything else."""
    values = loads(text)
    try:
        for name in _CARD_TUPLES:
            if name in values:
                values[name] = tuple(values[name])
        return Card(**values)
    except TypeError as error:
        raise GarbledError(f"a stored card is none that was written: {error}") from None
