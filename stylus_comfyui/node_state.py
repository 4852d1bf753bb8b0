"""What the user did to the picks of one node, as the hidden widget of the node holds it: a part of the workflow."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from stylus_core.types import Pick
from stylus_host.named_adapters import MOST_PICKS, checked_weight
from stylus_host.served_words import stand

#: Longest text that is read, and the longest of one value, in characters.
_LONGEST, _VALUE = 400_000, 2_000


@dataclass(frozen=True, slots=True)
class NodeState:
    """What was done to the picks of a node."""

    frozen: tuple[Pick, ...] = ()  # applied as they stand
    only_frozen: bool = False  # nothing else is chosen
    picture: bool = False  # they came with a picture, and hold for its prompt
    kept: tuple[str, ...] = ()  # those of the picture that the user himself had frozen, for every prompt
    prompt: str = ""  # to which all but the frozen ones belong
    removed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # name -> the words that it served
    weights: Mapping[str, tuple[float, tuple[str, ...]]] = field(default_factory=dict)  # name -> weight, words
    pinned: tuple[str, ...] = ()
    banned: tuple[str, ...] = ()

    def for_prompt(self, prompt: str) -> NodeState:
        """Takes what was done for a prompt.

        Args:
            prompt: without tags.

        Returns:
            What still holds for it: of removed and weighed picks those whose words stand there, and of what came with
            a picture of another prompt only what the user himself had frozen.
        """
        if _normal(prompt) == _normal(self.prompt):
            return self
        kept = self
        if self.picture:
            own = tuple(pick for pick in self.frozen if pick.name in self.kept)
            kept = replace(self, frozen=own, only_frozen=False, picture=False, kept=())
        return replace(
            kept,
            removed={n: words for n, words in self.removed.items() if stand(words, self.prompt, prompt)},
            weights={n: (w, words) for n, (w, words) in self.weights.items() if stand(words, self.prompt, prompt)},
        )

    @property
    def asks_nothing(self) -> bool:
        """Whether all is decided, whatever the library says; a picture's picks hold for its prompt alone."""
        return self.only_frozen and not self.picture


def parse_state(text: Any) -> NodeState:
    """Reads the hidden widget. What cannot be read is nothing: the widget is not the user's to fill.

    Args:
        text: JSON, or anything.

    Returns:
        The state; an empty one where the text is none of ours.
    """
    if not isinstance(text, str) or not text.strip() or len(text) > _LONGEST:
        return NodeState()
    try:
        given = json.loads(text)
        return NodeState(
            frozen=tuple(_frozen(entry) for entry in given.get("frozen", ())[:MOST_PICKS]),
            only_frozen=given.get("only_frozen") is True,
            picture=given.get("picture") is True,
            kept=_texts(given.get("kept", ())),
            prompt=str(given.get("prompt", "")),
            removed={_text(n): _texts(words) for n, words in given.get("removed", {}).items()},
            weights={
                _text(n): (checked_weight(entry["weight"]), _texts(entry.get("words", ())))
                for n, entry in given.get("weights", {}).items()
            },
            pinned=_texts(given.get("pinned", ())),
            banned=_texts(given.get("banned", ())),
        )
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError, OverflowError):
        return NodeState()


def frozen_entry(pick: Pick) -> dict[str, Any]:
    """Writes a pick as `parse_state` reads a frozen one.

    Args:
        pick: as it was applied.

    Returns:
        Plain values.
    """
    entry: dict[str, Any] = {
        "name": pick.name,
        "weight": pick.weight,
        "clip_weight": pick.clip_weight,
        "trigger_words": list(pick.trigger_words),
        "keyword": pick.keyword,
        "title": pick.title,
        "kind": pick.kind,
        "reason": pick.reason,
        "stage": pick.stage,
        "belongs_to": pick.belongs_to,
    }
    return {key: value for key, value in entry.items() if value not in (None, "", [])}


def _frozen(entry: Mapping[str, Any]) -> Pick:
    clip = entry.get("clip_weight")
    return Pick(
        name=_text(entry["name"]),
        path="",
        weight=checked_weight(entry["weight"]),
        keyword=_text(entry.get("keyword", "")),
        reason=_text(entry.get("reason", "")),
        title=_text(entry.get("title", "")),
        kind=_text(entry.get("kind", "")),
        trigger_words=_texts(entry.get("trigger_words", ())),
        stage=_text(entry.get("stage", "")),
        belongs_to=_text(entry.get("belongs_to", "")),
        clip_weight=None if clip is None else checked_weight(clip),
    )


def _text(value: Any) -> str:
    return str(value)[:_VALUE]


def _texts(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(_text(v) for v in list(values)[:MOST_PICKS])


def _normal(prompt: str) -> str:
    return " ".join(prompt.split())
