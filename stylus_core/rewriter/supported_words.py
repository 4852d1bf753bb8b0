"""Which words of an adapter's phrases the rest of its record supports.

Trigger words come from strangers and go into the user's prompt. The code that wakes an adapter stands nowhere else, so
nobody can check it. Whatever else such a list says is of the picture, and then the rest of the record says it too: the
names, the site's tags, what it was trained on, the description, the example prompts. So one code of an adapter is
taken on trust, and a phrase loses the words that nothing supports. Of 3,950 phrases of 4,849 adapters a twentieth does.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cached_property
from pathlib import Path

from stylus_core.composer.word_classes import ATTRIBUTES
from stylus_core.prompt import ParsedPrompt
from stylus_core.prompt.english import is_word
from stylus_core.refiner.compound_words import apart
from stylus_core.refiner.members import alike
from stylus_core.retriever.tokenizer import NOISE, STOP_WORDS, split_names, tokens
from stylus_core.types import KINDS, Adapter
from stylus_core.word_lists import read_words

_WORDS = re.compile(r"[^\W_]+")
_INFLECTED = re.compile(r"(?:s|es|ed|ing|er|ers|ly)$")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_LISTS = read_words(Path(__file__).parent / "words" / "supported_words.txt")
#: What says what sort of picture or file it is, and nothing that is seen in it.
_SAYING_NOTHING = NOISE | STOP_WORDS | {*KINDS, *_LISTS["saying nothing"]}
#: Looks that anybody may have: they bring nothing into a picture of somebody that is not there.
_LOOKS = ATTRIBUTES.union(_LISTS["looks"])
_LONGEST_CODE = 32  # characters
_MODELS = ("vlm", "llm")  # sources of a card
_TEXT, _EXAMPLE = 4000, 1000  # characters of a text and of an example prompt that are looked at


class SupportedWords:
    """An adapter's record and a prompt, held against the adapter's phrases.

    Args:
        adapter: whose phrases they are.
        prompt: where they go; what it says needs no other support.
    """

    def __init__(self, adapter: Adapter, prompt: ParsedPrompt) -> None:
        self._adapter = adapter
        self._prompt = prompt

    def supported_part(self, phrase: str) -> str:
        """The phrase as it is where everything is supported, else what is left of it; "" if that says nothing.

        What the user set himself is his.
        """
        if "trigger_words" in self._adapter.card.edited:
            return phrase
        rest: list[str] = []
        whole = True
        for chunk in phrase.split():
            words = _WORDS.findall(chunk)
            doubtful = [w for w in words if not self._is_supported(w.casefold())]
            codes = [w for w in doubtful if not _says_something(w.casefold())]
            out = doubtful if not self._is_code(codes) else [w for w in doubtful if w not in codes]
            whole = whole and not out
            rest += [w for w in words if w not in out]
        if not any(map(_tells, map(str.casefold, rest))):
            return ""
        return phrase if whole else " ".join(rest) if any(map(_may_be_code, map(str.casefold, rest))) else ""

    def _is_code(self, codes: list[str]) -> bool:
        """Whether these are the adapter's code, or made as it is for another set: "nell7" and "nell7swim"."""
        code = "_".join(codes).casefold()
        return not code or (len(code) <= _LONGEST_CODE and bool(self._code) and alike(self._code, code))

    @cached_property
    def _code(self) -> str:
        """The first thing in the list that is made of no words, plain or run together, be it supported or not."""
        for entry in self._adapter.card.trigger_words:
            for chunk in entry.replace("\\", "").replace(",", " ").split():
                words = map(str.casefold, _WORDS.findall(chunk))
                codes = "_".join(w for w in words if _may_be_code(w) and not _says_something(w))
                if codes:
                    return codes
        return ""

    def _is_supported(self, word: str) -> bool:
        if (len(word) == 1 and not _UNSPACED.search(word)) or word.isdigit() or word in _SAYING_NOTHING:
            return True
        found = tokens(word)
        if self._adapter.card.kind in ("character", "person") and _LOOKS.issuperset(found):
            return True
        return all(t in self._said for t in found) or word in self._said or self._is_told(word, found)

    @cached_property
    def _said(self) -> frozenset[str]:
        """What the prompt, the names, the tags and the training say, as tokens."""
        m, card = self._adapter.metadata, self._adapter.card
        names = [m.title, m.site_title, m.alias, m.version, self._adapter.stem, card.title]
        names += [card.subject if card.source not in _MODELS else ""]  # what a model wrote is nobody's evidence
        names += [*m.tags, *m.training_concepts, *(t for t, _ in m.training_tags)]
        return frozenset(tokens(" ".join([self._prompt.asked, *names, *map(split_names, names)])))

    @cached_property
    def _told(self) -> str:
        m = self._adapter.metadata
        texts = [m.description[:_TEXT], m.notes[:_TEXT], *(e.prompt[:_EXAMPLE] for e in m.examples)]
        return unicodedata.normalize("NFKC", "\n".join(texts)).casefold()

    def _is_told(self, word: str, found: list[str]) -> bool:
        """Whether a text or an example prompt says the word, in singular or plural."""
        if _UNSPACED.search(word):
            return word in self._told
        form = re.escape(found[0] if len(found) == 1 else word)
        return re.search(rf"(?<![^\W_]){form}(?:e?s)?(?![^\W_])", self._told) is not None


def _tells(word: str) -> bool:
    return not ((len(word) == 1 and word.isascii()) or word.isdigit() or word in STOP_WORDS)


def _may_be_code(word: str) -> bool:
    return len(word) > 1 and _tells(word) and not is_word(word)


def _says_something(word: str) -> bool:
    """Whether a word is no code: an English one, inflected or with a number behind it too, or several run together."""
    plain = word.rstrip("0123456789")
    stem = _INFLECTED.sub("", plain)
    forms = {plain, *tokens(plain), stem, f"{stem}e"} if len(stem) > 2 else {plain}
    return any(map(is_word, forms)) or bool(apart(plain))
