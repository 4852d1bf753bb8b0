"""Requests made by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from stylus_core.composer.contract import Request
from stylus_core.options import Options
from stylus_core.prompt import parse
from stylus_core.prompt.keywords import keywords
from stylus_core.retriever.similarity import Similarity
from stylus_core.types import Adapter, Assignment, Candidate, Card, Keyword, Metadata


def candidate(number: int, kind: str, subject: str, about: str = "", words: tuple[str, ...] = ()) -> Candidate:
    card = Card(description=about or f"{kind}: {subject}.", kind=kind, subject=subject, trigger_words=words)
    stem = f"file{number}"
    adapter = Adapter(number, f"/l/{stem}.safetensors", stem, metadata=Metadata(title=subject), card=card)
    return Candidate(adapter, 1.0 - number / 1000)


def request(
    prompt: str, candidates: Sequence[Candidate], near: float | np.ndarray | None = None, **options: object
) -> Request:
    """`near`: the cosine of each keyword and candidate; None stands for no encoder."""
    parsed = parse(prompt)
    found = keywords(parsed)
    shape = (len(found), len(candidates))
    asked = Options.of({"composer": "llm", **options})
    if near is None:
        return Request(parsed, found, tuple(candidates), asked)
    affinity = np.broadcast_to(np.asarray(near, np.float32), shape)
    whole = affinity.mean(axis=0, keepdims=True) if len(found) else np.zeros((1, shape[1]), np.float32)
    cosines = np.concatenate([whole, affinity]).astype(np.float32)
    similarity = Similarity(tuple((k.text, i) for i, k in enumerate(found)), cosines, cosines)
    return Request(parsed, found, tuple(candidates), asked, affinity, similarity=similarity)


def judging(*chances: float, other: float = 0.5) -> Callable[[Request], list[Assignment]]:
    """A judge that gives the first candidates these chances and all others `other`, each at a word of its subject."""

    def judge(asked: Request) -> list[Assignment]:
        given = [*chances, *[other] * len(asked.candidates)]
        found = [
            Assignment(c, _nearest(c.adapter.card.subject, asked.keywords), f"it is for {c.name}", given[i])
            for i, c in enumerate(asked.candidates)
        ]
        return sorted(found, key=lambda a: -a.confidence)

    return judge


def _nearest(subject: str, keywords: Sequence[Keyword]) -> Keyword:
    words = set(subject.lower().split())
    return max(keywords, key=lambda k: len(words & set(k.text.lower().split())), default=Keyword("", 0, 0))


def verdicts(*given: Any) -> dict[str, Any]:
    """An answer of a model: its verdicts on the adapters of the message, in their order."""
    return {"verdicts": {str(i): verdict for i, verdict in enumerate(given)}}
