"""Which trigger words a prompt lacks for an adapter to work."""

from __future__ import annotations

import re

from stylus_core.prompt import parse
from stylus_core.prompt.grammar import SEPARATORS
from stylus_core.rewriter.needed import SURE, Wanted
from stylus_core.rewriter.said import folded, has
from stylus_core.types import Card

#: Authors list whole outfits; what makes an adapter work stands first.
_AT_MOST = 4

_LONGEST = 120  # characters of a phrase

_TAG = re.compile(r"<[^<>]*>")
_WEIGHT = re.compile(r":\s*[-+]?(?:\d+\.?\d*|\.\d+)(?=\s*\)|\s*$)")
_GRAMMAR = dict.fromkeys(map(ord, "[]{}\\|:<>#\n\r\t"), " ")
_OPERATOR = re.compile(rf"\b(?:AND|{'|'.join(SEPARATORS)})\b")
_WORDS = re.compile(r"\w+")


def lacking(card: Card, prompt: str, mode: str, keyword: str = "", confidence: float = 1.0) -> list[str]:
    """The phrases to add, safe to stand in a prompt, at most four.

    Args:
        card: the adapter's.
        prompt: the prompt, and what was added to it for other adapters.
        mode: "needed": only for a pick that is sure enough, and nothing that brings another subject in; "always": all
            of its words, whatever they are; "never".
        keyword: the words of the prompt that the adapter serves; "" for one that was asked for by its own name.
        confidence: the chance that the adapter is wanted, 0 to 1.
    """
    if mode == "never" or not card.trigger_words or (mode == "needed" and confidence < SURE):
        return []
    entries = [phrases for entry in card.trigger_words if (phrases := _phrases(entry))]
    if not entries:
        return []
    parsed = parse(prompt)
    said = folded(parsed.plain)
    missing = [[p for p in phrases if not has(said, p)] for phrases in entries]
    if mode == "always" and not card.trigger_alternatives:
        wanted = dict.fromkeys(p for phrases in entries for p in phrases)
        return [p for p in list(wanted)[:_AT_MOST] if not has(said, p)]
    chosen = _named_entry(entries, missing, card.trigger_alternatives)
    if chosen is None:
        return []
    own = Wanted(card, parsed, keyword)
    wanted_ones = [p for p in entries[chosen] if mode == "always" or p not in missing[chosen] or own.may_add(p)]
    return [p for p in wanted_ones[:_AT_MOST] if p in missing[chosen]]


def _named_entry(entries: list[list[str]], missing: list[list[str]], exclusive: bool) -> int | None:
    """The entry that the prompt names, the first if it names none; None if one of them is wholly there.

    Where entries are alternatives, that is the one of which the largest share is there. Else those that are no variant
    of the first one describe the picture, and are out of the question.
    """
    if exclusive:
        if not all(missing):
            return None
        shares = [len(m) / len(e) for m, e in zip(missing, entries, strict=True)]
        return shares.index(min(shares))
    variants = [i for i, e in enumerate(entries) if i == 0 or _variants(entries[0], e)]
    if not all(missing[i] for i in variants):
        return None
    return max(variants, key=lambda i: (len(entries[i]) - len(missing[i]), -i))


def stands_in(prompt: str, phrase: str) -> bool:
    """Whether the prompt says this phrase, in any case and markup; brackets count neither escaped nor as they are."""
    return has(folded(parse(prompt).plain), phrase)


def _phrases(entry: str) -> list[str]:
    return list(dict.fromkeys(p for p in map(_safe, re.split(r"[,，、;；\n]", entry)) if p))


def _variants(first: list[str], other: list[str]) -> bool:
    """Whether `other` may stand for `first`: outfits and versions share a word with it.

    What shares none describes the picture ("long hair"): where people's prompts have such an entry, four of five have
    the first one as well.
    """
    return not set(folded(" ".join(first)).split()).isdisjoint(folded(" ".join(other)).split())


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
