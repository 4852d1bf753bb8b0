"""Whom an adapter of several characters or persons can draw: the names that its entries, or its author's list, give.

An author of a pack lists a set of words for each member ("torvan, red beard"), or only the names: "ash_ketchum",
"brock_pkmn"; "Alice Hartwell, Brina Voss" as one entry. The same shapes hold what one character wears and where it
comes from, so lone names are members only where all of them are names and the title is no one's of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice, takewhile
from typing import NamedTuple

from stylus_core.prompt.english import is_common, is_word
from stylus_core.refiner.description_text import plain
from stylus_core.refiner.series import is_series

_WORD = re.compile(r"[^\W_]+")
#: "mirel (lantern street)": a name and where it comes from, as sites of tags write it; in single spaces, as what
#: parts names, for a run of thousands would be gone through from each of them.
_FROM = re.compile(r"(.+?) ?\\?\(([^()\\]+)\\?\)?")
#: What titles call an adapter that draws several, and what stands between two names.
_PACK = re.compile(
    r"(?i)(?<![a-z])(?:packs?|collection|characters|multi|bundle|cast|crew|duo|trio|pair|couple|friends|family|team|squad"
    r"|gang|sisters|brothers|twins|siblings|members)(?![a-z])|\d[\s-]?in[\s-]?1"
)
_JOINED = re.compile(r"(?i)\s(?:and|x)\s|[&+×]")
#: What an entry ends with that is no name, whatever stands before.
_WORN = re.compile(r"(?i)(?:outfit|uniform|dress|skirt|costume|suit|armou?r|bikini|swimsuit|kimono|jacket)s?\b")
#: A description's list of them: "Characters included: A, B and C", "It contains A and B".
_LIST = re.compile(
    r"(?i)\b(?:(?:characters|members|people|persons|girls|boys|heroes|heroines|cast|crew|sisters|brothers|friends|names)"
    r"\b[^:.!?\n]{0,40}:|(?:contains?|includes?|including|features?|featuring|draws?|consists of|made up of)\b)"
    r"[ \t]*(?P<here>[^\n]*)"
)
_POINT = re.compile(r"(?:(?:[-•·*–—]+|\d{1,2}[.)]) ?)?(?P<name>[^,;:()\n–—]{2,40}?) ?(?:$|[,;:(–—]| - )")
_SENTENCE = re.compile(r"[.!?](?:\s|$)")
_PARTS = re.compile(r" ?(?:[,;、]|/|\||&|\band\b) ?")
_PROPER = re.compile(r"[A-Z][\w'’.-]*")
CHARS = 4000  # of a description that are looked at
_MOST, _NAME_WORDS = 40, 4
_SHORT = 4  # letters: names as short begin alike by chance
#: Kind -> how many names make a pack. Where nothing says that it is for somebody, two names may be anything's.
_LEAST = {"character": 2, "person": 2, "concept": 3}


class Member(NamedTuple):
    """One of several whom an adapter draws."""

    name: str  # as it is written, without its series
    series: str = ""


@lru_cache(maxsize=20_000)
def sets(trigger_words: tuple[str, ...]) -> tuple[Member, ...]:
    """Finds what each of several sets of trigger words begins with: members of a pack, or outfits of one.

    Args:
        trigger_words: the adapter's entries; one with a comma is a set.

    Returns:
        One for each set; none where there are fewer than two.
    """
    found = [_member(entry.partition(",")[0]) for entry in trigger_words if "," in entry]
    return tuple(found) if len(found) > 1 else ()


@lru_cache(maxsize=20_000)
def members(trigger_words: tuple[str, ...], subject: str, kind: str) -> tuple[Member, ...]:
    """Whom the trigger words call by their names: with a set behind each, alone, or all in one entry.

    Args:
        trigger_words: a card's.
        subject: a card's.
        kind: a card's.

    Returns:
        Nobody where they are of one, where they are no names, and where nothing tells.
    """
    return _names(sets(trigger_words), subject, kind) or lone_members(trigger_words, subject, kind)


@lru_cache(maxsize=20_000)
def lone_members(trigger_words: tuple[str, ...], subject: str, kind: str) -> tuple[Member, ...]:
    """Finds those of `members` without a set of words behind their names.

    Args:
        trigger_words: the adapter's entries.
        subject: what it adds, from its card.
        kind: its kind, from its card.

    Returns:
        The members, in the order of their entries.
    """
    listed = trigger_words
    if len(trigger_words) == 1:
        listed = tuple(p.strip() for p in trigger_words[0].split(",") if p.strip())
        if not all(len(_words(p)) > 1 for p in listed):  # what else a list has, a single word may be
            return ()
    if any("," in p for p in listed):
        return ()
    return _names([_member(p) for p in listed if not is_series(p)], subject, kind)


def _names(listed: Sequence[Member], subject: str, kind: str) -> tuple[Member, ...]:
    """The listed ones, if all of them are names of somebody, and not all of one."""
    if len(listed) < _LEAST.get(kind, _MOST) or _of_one(listed):
        return ()
    title = subject.partition("(")[0]
    name, pack, joined = frozenset(_words(title)), bool(_PACK.search(title)), bool(_JOINED.search(title))
    for member in listed:
        words = _words(member.name)
        # a word alone may be a garment or a look that no list has
        told = pack or bool(member.series) or (joined and any(len(w) > 2 and w in words[0] for w in name))
        called = bool(member.series) or any(map(strange, words)) or (joined and name.issuperset(words))
        if not ((told or len(words) > 1) and called and len(words) <= _NAME_WORDS) or _WORN.search(member.name):
            return ()
    own = frozenset(filter(strange, name)) or name
    one = bool(own) and any(own <= frozenset(_words(m.name)) for m in listed)
    return () if one and not (pack or joined) else tuple(listed)


def told_members(description: str) -> tuple[Member, ...]:
    """Finds whom a description lists.

    Args:
        description: "Members: Alice Hartwell, Brina Voss and Cole Tandry", or one in each line below.

    Returns:
        The members in their order; none where there is no such list.
    """
    text = plain(description[:CHARS])
    for found in islice(_LIST.finditer(text), _MOST):
        here = " ".join(_SENTENCE.split(found["here"], maxsplit=1)[0].split())
        listed = [p for p in _PARTS.split(here) if p]
        if not listed:
            below = filter(str.strip, text[found.end() :].split("\n"))
            points = (_POINT.match(" ".join(line.split())) for line in islice(below, _MOST))
            listed = list(takewhile(_is_proper, (m["name"] if m else "" for m in points)))
        if len(listed) > 1 and all(map(_is_proper, listed)):
            return tuple(map(_member, listed[:_MOST]))
    return ()


def strange(word: str) -> bool:
    """Whether a word is nobody's: a name or a code.

    Args:
        word: in any case.

    Returns:
        False for a word of English.
    """
    return not (is_word(word) or is_common(word) or word.isdigit())


def _member(phrase: str) -> Member:
    text = " ".join(phrase.replace("_", " ").split())
    found = _FROM.fullmatch(text)
    return Member(found[1], found[2]) if found else Member(text)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold().replace("_", " "))


def _of_one(named: Sequence[Member]) -> bool:
    """Whether some are variants of others: "nell" and "nell swim", "nelldress" and "nellswim"."""
    words = [_words(m.name) for m in named]
    pairs = [(one, other) for i, one in enumerate(words) for other in words[:i]]
    if any(set(one) <= set(other) or set(other) <= set(one) for one, other in pairs):
        return True
    if any(strange(one[0]) and one[0] == other[0] for one, other in pairs):
        return True
    single = [w[0] for w in words if len(w) == 1 and len(w[0]) > _SHORT]
    return any(alike(one, other) for i, one in enumerate(single) for other in single[:i])


def alike(word: str, other: str) -> bool:
    """Whether two words are made alike, as trigger words are for variants.

    Args:
        word: of one adapter.
        other: of another one.

    Returns:
        True if the other begins or ends with the half of the first that stands there.
    """
    half = (len(word) + 1) // 2
    return other.startswith(word[:half]) or other.endswith(word[-half:])


def _is_proper(text: str) -> bool:
    """Whether it is a name as prose writes it, and not only one of words that begin a sentence."""
    words = text.split()
    return 0 < len(words) <= _NAME_WORDS and all(map(_PROPER.fullmatch, words)) and any(map(strange, _words(text)))
