"""Which trigger words a prompt lacks for an adapter to work."""

from __future__ import annotations

import re

from stylus_core.prompt import parse
from stylus_core.types import Card

#: Authors list whole outfits; what makes an adapter work stands first.
_AT_MOST = 4

_MARKUP = re.compile(r"<[^>]*>|[<>#]")
_WEIGHT = re.compile(r":\s*-?\d*\.?\d+")
_WORDS = re.compile(r"\w+")


def lacking(card: Card, prompt: str, mode: str) -> list[str]:
    """The phrases to add, safe to stand in a prompt. `mode`: "needed", "always" or "never"."""
    if mode == "never" or not card.trigger_words:
        return []
    said = " ".join(_folded(parse(prompt).plain))
    entries = [[p for p in map(_safe, re.split(r"[,，、]", e)) if p] for e in card.trigger_words]
    entries = [e for e in entries if e]
    if not entries:
        return []
    if not card.trigger_alternatives:
        wanted = [p for e in entries[: 1 if mode == "needed" else _AT_MOST] for p in e]
        if mode == "needed" and any(all(_has(said, p) for p in e) for e in entries):
            return []  # one whole entry is there: authors list variants of an outfit as entries
    else:
        missing = [sum(not _has(said, p) for p in e) for e in entries]
        if min(missing) == 0:
            return []
        share = [m / len(e) for m, e in zip(missing, entries, strict=True)]
        wanted = entries[share.index(min(share))]
    return [p for p in dict.fromkeys(wanted[:_AT_MOST]) if not _has(said, p)]


def _folded(text: str) -> list[str]:
    return _WORDS.findall(text.casefold().replace("_", " "))


def _has(said: str, phrase: str) -> bool:
    words = " ".join(_folded(phrase))
    return not words or f" {words} " in f" {said} "


def _safe(phrase: str) -> str:
    """Without what would change the grammar of the prompt around it; brackets become the escaped ones of a name."""
    text = phrase.replace("\\(", "(").replace("\\)", ")")
    text = _WEIGHT.sub("", _MARKUP.sub(" ", text)).translate(str.maketrans("[]{}\\|:\n\r\t", "          "))
    if text.count("(") == text.count(")") and not re.fullmatch(r"\s*\(.*\)\s*", text):
        text = text.replace("(", "\\(").replace(")", "\\)")
    else:
        text = text.replace("(", " ").replace(")", " ")
    text = re.sub(r"\b(BREAK|AND)\b", lambda m: m[0].lower(), text)
    return " ".join(text.split())[:120].rstrip("\\ ")
