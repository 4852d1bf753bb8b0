"""Which of an adapter's phrases may be added to a prompt that does not say them.

Authors list what their own pictures were made with: the adapter's name, an outfit, and also the season, the background
and "hot dog". An adapter's name changes nothing but the adapter; ordinary words change the picture for anybody.
"""

from __future__ import annotations

import re
from pathlib import Path

from stylus_core.prompt import ParsedPrompt
from stylus_core.prompt.english import is_word
from stylus_core.prompt.keywords import is_quality
from stylus_core.retriever.tokenizer import STOP_WORDS, called, split_names, tokens, without_markup
from stylus_core.rewriter.phrase_search import folded
from stylus_core.types import KINDS, Card
from stylus_core.word_lists import read_words

#: From this chance of being wanted on, an adapter may bring words of its own.
SURE = 0.5

#: Kinds whose looks belong to what they are for.
_WHO = ("character", "person")
_WORN = ("clothing",)
_HOW = ("style", "quality")

_FILE = Path(__file__).parent / "words" / "needed_words.txt"
_LISTS = {name: frozenset(words) for name, words in read_words(_FILE).items()}
_KIND_WORDS = _LISTS["kind"].union(KINDS)
#: What a picture shows around somebody, or how it is taken; and what somebody does.
_SCENE, _DOES = _LISTS["scene"], _LISTS["does"]
_COUNT = re.compile(
    r"(?:\d+\+?|multiple|several)[ _]?(?:girl|boy|other|man|men|woman|women|people|person)s?|solo|duo|trio|group"
    r"|(?:fe)?male focus|solo focus"
)
_BODY = re.compile(r"(?:full|upper|lower|half)[ _-]?body")
_WORDS = re.compile(r"[^\W_]+")


class NeededPhrases:
    """What a prompt says, held against the phrases of one adapter.

    Args:
        card: the adapter's.
        prompt: where the adapter goes.
        keyword: the words of the prompt that it serves; "" for one that was asked for by its own name.
        called_for: whether the phrases are the one of its sets that the prompt calls for.
    """

    def __init__(self, card: Card, prompt: ParsedPrompt, keyword: str, called_for: bool = False) -> None:
        name, _, series = card.subject.partition("(")
        own = _content(name)
        asked = frozenset(called(prompt.asked))
        self._refused = frozenset(tokens(prompt.plain)) - frozenset(tokens(prompt.asked))
        self._own = own | _content(series)
        # "hotdog" is no invented word where the adapter is for hot dogs; a style has no subject to bring in
        plain_name = "".join(_WORDS.findall(name.casefold()))
        ordinary = card.kind not in _HOW and all(map(is_word, own))
        self._run_together = {plain_name, f"{plain_name}s"} if ordinary else set()
        self._said = bool(own and own <= frozenset(called(keyword)))
        # whoever asks for an adapter by its name wants it whole; characters and people are only picked where named
        worn = card.kind in _WORN and bool(own and own <= asked)
        self._looks = not keyword or card.kind in _WHO or worn or called_for

    def may_add(self, phrase: str) -> bool:
        """Whether the phrase is the adapter's own, or describes what the prompt asked for."""
        bare = phrase.replace("\\", "").casefold()
        if is_quality(bare) or _COUNT.fullmatch(bare) or not self._refused.isdisjoint(tokens(bare)):
            return False
        words = _WORDS.findall(bare)
        if any(len(w) > 1 and not is_word(w) and w not in self._run_together for w in words):
            return True
        if not words or words[-1] in _SCENE or words[0] in _DOES or _BODY.fullmatch(bare):
            return False
        own = self._run_together | self._own
        return self._looks or (self._said and not own.isdisjoint({*words, *tokens(bare)}))


def name_words(card: Card) -> frozenset[str]:
    """The words of what an adapter is for, folded: without its series, and without what only says what kind it is."""
    words = folded(split_names(card.subject.partition("(")[0])).split()
    return frozenset(words) - STOP_WORDS - _KIND_WORDS


def _content(name: str) -> frozenset[str]:
    return frozenset(tokens(split_names(without_markup(name)))) - _KIND_WORDS
