"""A user's own prompts as texts that are compared with a new one, by the words that they share."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from stylus_core.prompt.english import rarity
from stylus_core.retriever.tokenizer import NOISE, tokens, without_markup

Floats = NDArray[np.float32]

#: Weight of a word: "masterpiece" tells next to nothing, a common word some, a name most. It is the same in every
#: history, so that one number says how like two prompts are, be there five of them or fifty thousand.
_NOISE, _COMMON, _RARE = 0.05, 0.3, 1.0


@lru_cache(maxsize=100_000)
def word_weight(word: str) -> float:
    """How much it says that two prompts share a word.

    Args:
        word: a token.

    Returns:
        Above 0, at most 1.
    """
    return _NOISE if word in NOISE else _COMMON + (_RARE - _COMMON) * rarity(word)


def words_of(prompt: str) -> frozenset[str]:
    """The words by which prompts are compared.

    Args:
        prompt: as typed, with tags and markup.

    Returns:
        Its tokens.
    """
    return frozenset(tokens(without_markup(prompt)))


class PromptTexts:
    """Texts that are compared with a prompt.

    Args:
        texts: (n,) the words of each.
    """

    def __init__(self, texts: Sequence[frozenset[str]]) -> None:
        sizes = np.fromiter(map(len, texts), np.int64, len(texts))
        every = list(chain.from_iterable(texts))
        self._number = {word: n for n, word in enumerate(dict.fromkeys(every))}
        word = np.fromiter((self._number[w] for w in every), np.int64, len(every))
        text = np.repeat(np.arange(len(texts)), sizes)
        weight = np.fromiter(map(word_weight, self._number), np.float32, len(self._number))
        self._mass = np.bincount(text, weights=weight[word], minlength=len(texts))
        order = np.argsort(word, kind="stable")
        self._texts = text[order]
        self._first = np.searchsorted(word[order], np.arange(len(self._number) + 1))

    def likeness(self, words: frozenset[str]) -> Floats:
        """How like each text is to a prompt: the weighted share of all words of both that both have (Jaccard).

        Args:
            words: of the prompt.

        Returns:
            (n,), 0 to 1.
        """
        mass = sum(map(word_weight, words))
        common = np.zeros(len(self._mass))
        for word in words:
            if (number := self._number.get(word)) is not None:
                common[self._texts[self._first[number] : self._first[number + 1]]] += word_weight(word)
        return np.asarray(common / np.maximum(mass + self._mass - common, 1e-6), np.float32)
