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

from stylus_core.prompt import ParsedPrompt
from stylus_core.prompt.english import is_word
from stylus_core.refiner.compounds import apart
from stylus_core.retriever.tokens import NOISE, STOP_WORDS, split_names, tokens
from stylus_core.types import KINDS, Adapter

_WORDS = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
#: What says what sort of picture or file it is, and nothing that is seen in it.
_SAYING_NOTHING = NOISE | STOP_WORDS | frozenset((*KINDS, *"lora style styles art picture photo image".split()))
_LONGEST_CODE = 32  # characters
_TEXT, _EXAMPLE = 4000, 1000  # characters of a text and of an example prompt that are looked at


class Supported:
    """An adapter's record and a prompt, held against the adapter's phrases.

    Args:
        adapter: whose phrases they are.
        prompt: where they go; what it says needs no other support.
    """

    def __init__(self, adapter: Adapter, prompt: ParsedPrompt) -> None:
        self._adapter = adapter
        self._prompt = prompt
        self._code = ""

    def held(self, phrase: str) -> str:
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
        if whole:
            return phrase
        return " ".join(rest) if not all(is_word(w) or w in STOP_WORDS for w in map(str.casefold, rest)) else ""

    def _is_code(self, codes: list[str]) -> bool:
        """Whether this is the adapter's code: the first thing that is made of no words, plain or run together."""
        code = "_".join(codes).casefold()
        if not code or len(code) > _LONGEST_CODE:
            return not code
        self._code = self._code or code
        return code == self._code

    def _is_supported(self, word: str) -> bool:
        if len(word) == 1 or word.isdigit() or word in _SAYING_NOTHING:
            return True
        found = tokens(word)
        return all(t in self._said for t in found) or word in self._said or self._is_told(word, found)

    @cached_property
    def _said(self) -> frozenset[str]:
        """What the prompt, the names, the tags and the training say, as tokens."""
        m, card = self._adapter.metadata, self._adapter.card
        names = [m.title, m.site_title, m.alias, m.version, self._adapter.stem, card.title, card.subject]
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


def _says_something(word: str) -> bool:
    """Whether a word is no code: an English one, with a number behind it too, or several that are run together."""
    plain = word.rstrip("0123456789")
    return is_word(plain) or bool(apart(plain))
