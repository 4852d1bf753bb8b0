"""Who says what of an adapter: each field that can be set, with whoever set it, and what it would be without that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stylus_core.library.cards import SOURCES, effective_card
from stylus_core.library.edits import Edit, values_of
from stylus_core.library.fields import TABLE
from stylus_core.library.refiner_protocol import Refiner
from stylus_core.types import Adapter, Card

#: For a weight's source, the fields of the metadata that it may stem from.
_WEIGHT_FROM = {
    "user": ("user_weight",),
    "author": ("author_weight", "weight_low", "own_words", "description", "notes"),
    "examples": ("examples",),
}


@dataclass(frozen=True, slots=True)
class FieldProvenance:
    """How one field stands.

    `by` is one of `edits.SETTERS` for what the user set. Else it is `otherwise_by`: a sidecar by what follows the
    file's stem (".civitai.info"), "header" (a trainer wrote it), "file name", "pictures", "vlm", "llm" or "import" (a
    description made or taken in), "metadata" (worked out from all that the files say), or "default".
    """

    field: str
    value: Any
    by: str
    at: str  # when the user set it, ISO 8601; "" where nobody did
    otherwise: Any  # the value without the user's word
    otherwise_by: str


def field_provenance(
    adapter: Adapter, edits: Mapping[str, Edit], cards: Mapping[str, Card], refiner: Refiner
) -> list[FieldProvenance]:
    """Every field of the table, in its order, out of the user's edits and the cards by source."""
    values = values_of(edits)
    now = _Account(adapter, cards, values, refiner)
    out = []
    for name in (field.name for field in TABLE):
        edit = edits.get(name)
        others = {field: value for field, value in values.items() if field != name}
        without = _Account(adapter, cards, others, refiner)
        otherwise, source = without.value(name), without.source(name)
        by, at = (edit.by, edit.at) if edit else (source, "")
        out.append(FieldProvenance(name, now.value(name), by, at, otherwise, source))
    return out


class _Account:
    """What counts of one adapter under some edits, and where it comes from."""

    def __init__(self, adapter: Adapter, cards: Mapping[str, Card], edits: Mapping[str, Any], refiner: Refiner) -> None:
        self._adapter, self._edits = adapter, edits
        self._base = cards.get("metadata", Card())
        self._card = effective_card(cards, edits, refiner)
        self._by = next((source for source in SOURCES if source in cards), "metadata")
        self._own = cards.get(self._by, self._base)

    def value(self, name: str) -> Any:
        card = self._card
        if name == "title":
            return card.title or self._adapter.metadata.title or self._adapter.stem
        if name == "excluded":
            return self._edits.get(name, self._adapter.metadata.excluded)
        if name == "trigger_words":
            return [" || ".join(card.trigger_words)] if card.trigger_alternatives else list(card.trigger_words)
        return getattr(card, name)

    def source(self, name: str) -> str:
        """Of a field that is not among the edits."""
        known = {
            "title": self._title,
            "description": self._description,
            "trigger_words": self._trigger_words,
            "weight": self._weight,
            "clip_weight": lambda: "default" if self._card.clip_weight is None else self._weight(),
            "kind": self._kind,
        }.get(name)
        return known() if known else self._file(name) or "default"

    def _title(self) -> str:
        return self._file("title") or "file name"

    def _description(self) -> str:
        if self._own.description and self._by != "metadata":
            return self._by
        made = {"training tags": "header", "file name": "file name"}
        return made.get(self._base.source) or self._file("description", "title", "tags") or "metadata"

    def _trigger_words(self) -> str:
        if self._base.trigger_words:
            return self._file("trigger_words") or "metadata"
        return self._by if self._own.trigger_words else "default"

    def _weight(self) -> str:
        source = self._card.weight_source
        return "default" if source == "default" else self._file(*_WEIGHT_FROM.get(source, ())) or self._by

    def _kind(self) -> str:
        guessed = self._by == "metadata" and self._base.source == "file name"
        return "file name" if guessed else self._by

    def _file(self, *names: str) -> str:
        """Where the first known of these fields of the metadata comes from."""
        provenance = self._adapter.metadata.provenance
        return next((provenance[name] for name in names if provenance.get(name)), "")
