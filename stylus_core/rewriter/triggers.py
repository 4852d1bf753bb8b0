"""Which trigger words a prompt lacks for an adapter to work."""

from __future__ import annotations

import re

from stylus_core.prompt import parse
from stylus_core.types import Card

#: Authors list whole outfits; what makes an adapter work stands first.
_AT_MOST = 4

_LONGEST = 120  # characters of a phrase

_TAG = re.compile(r"<[^<>]*>")
_WEIGHT = re.compile(r":\s*[-+]?(?:\d+\.?\d*|\.\d+)(?=\s*\)|\s*$)")
_GRAMMAR = dict.fromkeys(map(ord, "[]{}\\|:<>#\n\r\t"), " ")
_OPERATOR = re.compile(r"\b(?:BREAK|AND)\b")
_WORDS = re.compile(r"\w+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")  # scripts that put no space between words


def lacking(card: Card, prompt: str, mode: str) -> list[str]:
    """The phrases to add, safe to stand in a prompt. `mode`: "needed", "always" or "never"."""
    if mode == "never" or not card.trigger_words:
        return []
    entries = [phrases for entry in card.trigger_words if (phrases := _phrases(entry))]
    if not entries:
        return []
    said = _folded(parse(prompt).plain)
    missing = [[p for p in phrases if not _has(said, p)] for phrases in entries]
    if card.trigger_alternatives:  # exactly one of them: the one that is there, or most of which is
        if not all(missing):
            return []
        shares = [len(m) / len(e) for m, e in zip(missing, entries, strict=True)]
        chosen = shares.index(min(shares))
        return [p for p in entries[chosen][:_AT_MOST] if p in missing[chosen]]
    if mode == "always":
        wanted = dict.fromkeys(p for phrases in entries for p in phrases)
        return [p for p in list(wanted)[:_AT_MOST] if not _has(said, p)]
    if any(not left and _variants(entries[0], phrases) for left, phrases in zip(missing, entries, strict=True)):
        return []
    return [p for p in entries[0][:_AT_MOST] if p in missing[0]]


def stands_in(prompt: str, phrase: str) -> bool:
    """Whether the prompt says this phrase, in any case and markup; brackets count neither escaped nor as they are."""
    return _has(_folded(parse(prompt).plain), phrase)


def _phrases(entry: str) -> list[str]:
    return list(dict.fromkeys(p for p in map(_safe, re.split(r"[,，、;；\n]", entry)) if p))


def _variants(first: list[str], other: list[str]) -> bool:
    """Whether `other` may stand for `first`: outfits and versions share a word with it.

    What shares none describes the picture ("long hair"): where people's prompts have such an entry, four of five have
    the first one as well.
    """
    return not set(_folded(" ".join(first)).split()).isdisjoint(_folded(" ".join(other)).split())


def _folded(text: str) -> str:
    """Words in one case, parted and surrounded by single spaces; an underscore is a space."""
    return f" {' '.join(_WORDS.findall(text.casefold().replace('_', ' ')))} "


def _has(said: str, phrase: str) -> bool:
    words = _folded(phrase)
    return words in said or (bool(_UNSPACED.search(words)) and words.strip() in said)


def _safe(phrase: str) -> str:
    """Without what would change the grammar of the prompt around it; brackets become the escaped ones of a name."""
    text = phrase.replace("\\(", "(").replace("\\)", ")")
    text = _WEIGHT.sub("", _TAG.sub(" ", text)).translate(_GRAMMAR)
    text = _OPERATOR.sub(lambda m: m[0].lower(), " ".join(text.split()))
    text = text[:_LONGEST].rstrip()
    attention = text.startswith("(") and not re.search(r"[()]", text.strip("() "))
    if attention or not _balanced(text):
        text = " ".join(text.replace("(", " ").replace(")", " ").split())
    return text.replace("(", r"\(").replace(")", r"\)") if _WORDS.search(text) else ""


def _balanced(text: str) -> bool:
    depth = 0
    for c in text:
        depth += (c == "(") - (c == ")")
        if depth < 0:
            return False
    return depth == 0
