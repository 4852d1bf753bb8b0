"""How common a word is in English, wherever it stands: what a name has to be told apart from.

In a library "Fern" may be as rare as "Artoria"; in English only one of them is a word. The list has 21,000 words in the
order of their frequency, names among them ("Alice"), which stand there with a capital. A second list has rarer words
for what can be seen ("onyx", "thistle"): they say only whether a name is also a thing; a third one which words mean
somebody ("zombie"). `benchmarks/make_english.py` makes them; what is WordNet's is under the license beside it.
"""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path

#: Words, the most frequent first.
WORDS = Path(__file__).with_name("english.txt")
#: Rarer words for things, in the order of the alphabet.
THINGS = Path(__file__).with_name("things.txt")
#: Those of the words that mean a person or another being, in the order of the alphabet.
BEINGS = Path(__file__).with_name("beings.txt")

_LISTED = 0.85  # rarity of the last word of the list: the step to a word that is not in it is a large one
_NUMBER = 0.2


def _words(path: Path) -> list[str]:
    """The words of a file, one a line, behind its head: `read_words` would take ten times as long."""
    text = path.read_text(encoding="ascii")
    while text.startswith("#"):
        text = text.partition("\n")[2]
    return text.split()


@lru_cache(maxsize=1)
def _ranks() -> dict[str, int]:
    return {word.lower(): rank for rank, word in enumerate(_words(WORDS))}


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    words = (*_words(WORDS), *_words(THINGS))
    return frozenset(word for word in words if word.islower())


@lru_cache(maxsize=1)
def _beings() -> frozenset[str]:
    return frozenset(_words(BEINGS))


@lru_cache(maxsize=100_000)
def rarity(word: str) -> float:
    """How rare a word is in English.

    Args:
        word: in lower case; its plural's "s" may be cut off, as `tokens` does.

    Returns:
        0 for the most common words, rising with the logarithm of the rank to 0.85 for the rarest that are listed; 1 for
        words that are not, and for every word in another script.
    """
    if not word.isascii():
        return 1.0
    if word.isdigit():
        return _NUMBER
    ranks = _ranks()
    rank = min(ranks.get(form, len(ranks)) for form in (word, f"{word}s", f"{word}es"))
    return 1.0 if rank == len(ranks) else _LISTED * math.log1p(rank) / math.log1p(len(ranks))


def is_word(word: str) -> bool:
    """Tells an English word from a name of somebody's own.

    Args:
        word: in lower case, singular or plural.

    Returns:
        True if the list of frequencies has it, or it is a number; names such as "alice" are listed too.
    """
    return rarity(word) < 1.0


@lru_cache(maxsize=100_000)
def is_common(word: str) -> bool:
    """Tells a word that means something from a mere name.

    Args:
        word: in lower case, singular or plural.

    Returns:
        True for "raven", False for "alice" and for words that no list has.
    """
    return not _common().isdisjoint((word, f"{word}s", f"{word}es"))


def is_being(word: str) -> bool:
    """Tells a word that means somebody.

    Args:
        word: in lower case, singular or plural.

    Returns:
        True if its first sense is a person or another being: "zombie", "doctor".
    """
    return not _beings().isdisjoint((word, f"{word}s", f"{word}es"))
