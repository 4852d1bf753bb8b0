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

#: What 998 of 1,000 adapters of two libraries (4,159 and 690) keep: of names those that share no word, in all and of
#: ordinary words alone, and the ordinary words in all of them; of tags and trigger words the same.
_NAMES, _LISTS = (9, 3, 8), (30, 20, 50)


def claim_discount(units: Iterable[tuple[int, Sequence[str]]]) -> float:
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
    return (_share(names, _NAMES) * _share(lists, _LISTS)) ** 2


def _share(names: Sequence[frozenset[str]], usual: tuple[int, int, int]) -> float:
    claimed = _apart(names), _apart(filter(_is_ordinary, names)), _ordinary_words(names)
    return min(1.0, *(most / number for number, most in zip(claimed, usual, strict=True) if number > most), 1.0)


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
