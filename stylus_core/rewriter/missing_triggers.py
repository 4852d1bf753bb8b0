"""Which trigger words a prompt lacks for an adapter to work."""

from __future__ import annotations

import re
import unicodedata
from itertools import islice

from stylus_core.prompt import parse
from stylus_core.prompt.grammar import SEPARATORS
from stylus_core.refiner.members import lone_members
from stylus_core.rewriter.needed_words import SURE, NeededPhrases, name_words
from stylus_core.rewriter.phrase_search import folded, has
from stylus_core.rewriter.supported_words import SupportedWords
from stylus_core.rewriter.trigger_sets import TriggerSets, choose_member
from stylus_core.types import Adapter

#: Authors list whole outfits; what makes an adapter work stands first.
_AT_MOST = 4

_LONGEST = 120  # characters of a phrase

_TAG = re.compile(r"<[^<>]*>")
#: What the host would read as a weight, of what is in brackets or of the whole prompt; and colons before nothing.
_WEIGHTS = re.compile(r"(?::\s*(?:[-+]?(?:\d+(?:\.\d*)?|\.\d+)\s*)?)+")
_GRAMMAR = dict.fromkeys(map(ord, "[]{}\\|<>#\n\r\t"), " ")
#: What extensions of the host would put other words for: "__colors__", "$name".
_WILDCARD = re.compile(r"_{2,}|\$")
_OPERATOR = re.compile(rf"\b(?:AND|{'|'.join(SEPARATORS)})\b")
_WORDS = re.compile(r"\w+")
_UNSEEN = frozenset(("Cf", "Co", "Cn", "Cs"))


def missing_trigger_words(
    adapter: Adapter, prompt: str, mode: str, keyword: str = "", confidence: float = 1.0
) -> list[str]:
    """Finds the phrases to add.

    Args:
        adapter: whose they are.
        prompt: the prompt, and what was added to it for other adapters.
        mode: "needed": only for a pick that is sure enough, and nothing that brings another subject in or that the rest
            of the adapter's record does not support; "always": all of its words, whatever they are; "never".
        keyword: the words of the prompt that the adapter serves; "" for one that was asked for by its own name.
        confidence: the chance that the adapter is wanted, 0 to 1.

    Returns:
        At most four, in the author's order, safe to stand in a prompt.
    """
    card = adapter.card
    if mode == "never" or not card.trigger_words or (mode == "needed" and confidence < SURE):
        return []
    entries = [phrases for entry in card.trigger_words if (phrases := _phrases(entry))]
    if not entries:
        return []
    parsed = parse(prompt)
    said = folded(parsed.plain)
    always = mode == "always"
    people, name = card.kind in ("character", "person"), name_words(card)
    found = None
    if not always and lone_members(card.trigger_words, card.subject, card.kind):
        found = choose_member([phrase for phrases in entries for phrase in phrases], said, name)
    if found is None:
        found = TriggerSets(entries, said, name, people, card.trigger_alternatives).chosen(whole=always)
    own = NeededPhrases(card, parsed, keyword, found.named)
    record = SupportedWords(adapter, parsed)
    wanted: dict[str, None] = {}
    for phrase in found.phrases:
        if always or has(said, phrase):
            wanted.setdefault(phrase)
        elif own.may_add(phrase) and (held := record.supported_part(phrase)):
            if held != phrase:  # another text: "AND_x" holds an operator without its other half
                held = _safe(held)
            if own.may_add(held):
                wanted.setdefault(held)
    return [p for p in islice(wanted, _AT_MOST) if not has(said, p)]


def is_in_prompt(prompt: str, phrase: str) -> bool:
    """Tells whether the prompt says a phrase, in any case and markup; brackets count neither escaped nor as they are.

    Args:
        prompt: the whole one.
        phrase: a trigger word, which may be several words.

    Returns:
        Whether it stands there.
    """
    return has(folded(parse(prompt).plain), phrase)


def _phrases(entry: str) -> list[str]:
    return list(dict.fromkeys(p for p in map(_safe, re.split(r"[,，、;；\n]", entry)) if p))


def _safe(phrase: str) -> str:
    """Without what would change the grammar of the prompt around it; brackets become the escaped ones of a name."""
    # what is not seen hides words from whoever reads them, and from us
    text = "".join(c for c in phrase if unicodedata.category(c) not in _UNSEEN)
    text = text.replace("\\(", "(").replace("\\)", ")")
    text = _WILDCARD.sub(" ", _without_weights(_TAG.sub(" ", text)).translate(_GRAMMAR))
    text = _OPERATOR.sub(lambda m: m[0].lower(), " ".join(text.split()))[:_LONGEST]
    attention = text.startswith("(") and not re.search(r"[()]", text.strip("() "))
    if attention or not _balanced(text):
        text = " ".join(text.replace("(", " ").replace(")", " ").split())
    text = _without_weights(text).strip()
    return text.replace("(", r"\(").replace(")", r"\)") if _WORDS.search(text) else ""


def _without_weights(text: str) -> str:
    # a pattern that says itself what has to follow would go through a long run of them from each one
    return _WEIGHTS.sub(lambda run: "" if text[run.end() : run.end() + 1] in ("", ")") else run[0], text)


def _balanced(text: str) -> bool:
    depth = 0
    for c in text:
        depth += (c == "(") - (c == ")")
        if depth < 0:
            return False
    return depth == 0
