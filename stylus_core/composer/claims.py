"""How far an adapter is believed that claims to be for many things.

Titles, tags and trigger words come from strangers, and whoever lists "girl, forest, castle, dragon, city" is called by
most prompts. An honest list says one thing from several sides; one that claims everything claims nothing. As many
claims as honest adapters make are believed. Of n times as many each counts 1 / n², so that whoever claims more wins
less, over all prompts together too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stylus_core.prompt.english import is_common
from stylus_core.retriever.documents import NAME

#: What 995 of 1,000 adapters of two libraries (4,159 and 690) keep. Of names those that share no word, in all and of
#: ordinary words alone, and the ordinary words in all of them; of tags and trigger words the same.
_NAMES, _ORDINARY_NAMES, _NAME_WORDS = 7, 3, 8
_ENTRIES, _ORDINARY_ENTRIES, _LIST_WORDS = 30, 16, 40


def believed(units: Iterable[tuple[int, Sequence[str]]]) -> float:
    """The share of its chance that is left to an adapter.

    Args:
        units: type (`documents.UNIT_TYPES`) and words of each name that strangers gave it.

    Returns:
        1 for what claims no more than usual, falling with the square of how many times as much it claims.
    """
    names: list[frozenset[str]] = []
    lists: list[frozenset[str]] = []
    for kind, words in units:
        (names if kind == NAME else lists).append(frozenset(words))
    claimed = (
        (_apart(names), _NAMES),
        (_apart(filter(_is_ordinary, names)), _ORDINARY_NAMES),
        (_ordinary_words(names), _NAME_WORDS),
        (_apart(lists), _ENTRIES),
        (_apart(filter(_is_ordinary, lists)), _ORDINARY_ENTRIES),
        (_ordinary_words(lists), _LIST_WORDS),
    )
    return min((usual / number for number, usual in claimed if number > usual), default=1.0) ** 2


def _apart(names: Iterable[frozenset[str]]) -> int:
    """How many of them say something else than all before, the shortest first."""
    heard: set[str] = set()
    number = 0
    for name in sorted(filter(None, names), key=len):
        if heard.isdisjoint(name):
            heard |= name
            number += 1
    return number


def _is_ordinary(name: Iterable[str]) -> bool:
    return all(map(is_common, name))


def _ordinary_words(names: Iterable[frozenset[str]]) -> int:
    return sum(map(is_common, frozenset[str]().union(*names)))
