"""Adapters and assignments to rewrite with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from stylus_core.options import Options
from stylus_core.prompt import parse
from stylus_core.rewriter import Rewrite, rewrite
from stylus_core.types import Adapter, Assignment, Candidate, Card, Keyword, Metadata


def adapter(
    stem: str,
    number: int | None = None,
    *,
    weight: float = 0.8,
    clip: float | None = None,
    words: Iterable[str] = (),
    alternatives: bool = False,
    alias: str = "",
    title: str = "",
) -> Adapter:
    card = Card("", "style", trigger_words=tuple(words), trigger_alternatives=alternatives, weight=weight)
    card = replace(card, clip_weight=clip)
    known = Metadata(title=title, alias=alias, preview=f"/loras/{stem}.png")
    number = abs(hash(stem)) if number is None else number
    return Adapter(number, f"/loras/{stem}.safetensors", stem, metadata=known, card=card)


def trained(card: Card) -> Adapter:
    """An adapter that was trained on what its trigger words say, as the header of its file tells."""
    phrases = [p.strip() for entry in card.trigger_words for p in entry.split(",")]
    return Adapter(
        1, "/loras/a.safetensors", "a", metadata=Metadata(training_tags=tuple((p, 9) for p in phrases)), card=card
    )


def assigned(*adapters: Adapter, keyword: str = "lighthouse") -> list[Assignment]:
    return [Assignment(Candidate(a, 1.0), Keyword(keyword, 2, 12), f"{a.stem} is for it", 0.9) for a in adapters]


def rewritten(prompt: str, *adapters: Adapter, pinned: Iterable[Adapter] = (), **options: Any) -> Rewrite:
    return rewrite(parse(prompt), assigned(*adapters), Options.of(options), [Candidate(a, 1.0) for a in pinned])
