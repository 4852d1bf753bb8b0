"""The words that wake an adapter, as its author meant them."""

from __future__ import annotations

import re

from stylus_core.prompt.keywords import is_quality
from stylus_core.types import Metadata

_TAG = re.compile(r"<[^>]*>")
_EMPHASIS = re.compile(r"(?<!\\)[()\[\]{}]|:\s*-?\d*\.?\d+")

_ENTRIES = 12
_CHARS = 300


def triggers(metadata: Metadata) -> tuple[tuple[str, ...], bool]:
    """(entries, whether they exclude each other). Tags, emphasis, quality words and repeats are out."""
    raw = list(metadata.trigger_words)
    exclusive = any("||" in r for r in raw)
    if exclusive:
        raw = [e for r in raw for e in r.split("||")]
    out: list[str] = []
    for entry in raw:
        text = _EMPHASIS.sub("", _TAG.sub(" ", entry[: 4 * _CHARS]))
        words = [w for w in (" ".join(p.split()) for p in re.split(r"[,，\n]", text)) if w and not is_quality(w)]
        cleaned = ", ".join(dict.fromkeys(words))[:_CHARS]
        if cleaned and cleaned.lower() not in {o.lower() for o in out}:
            out.append(cleaned)
    return tuple(out[:_ENTRIES]), exclusive and len(out) > 1
