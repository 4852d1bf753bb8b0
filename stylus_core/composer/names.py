"""By which words a prompt calls an adapter, and which words say nothing of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from stylus_core.composer.classes import ATTRIBUTES
from stylus_core.composer.mentions import FOR, NOTHING, SURELY, Mentions
from stylus_core.prompt.english import is_being, is_common, is_word
from stylus_core.prompt.keywords import is_quality
from stylus_core.refiner.describe import COMMON
from stylus_core.refiner.members import Member, sets, told_members
from stylus_core.refiner.members import members as listed_members
from stylus_core.refiner.series import is_series
from stylus_core.retriever.documents import own_phrases
from stylus_core.retriever.tokens import NOISE, split_names, tokens, without_markup
from stylus_core.types import Adapter, Card

#: Words that say what kind of thing an adapter is, or how it was made, and nothing of what it adds.
GENERIC = NOISE | frozenset(
    """lora loras locon lyco lycoris style styles model concept character anime manga girl woman man boy female male v
    v1 v2 v3 ver version sd sd15 sdxl xl pony trained training pack mix test beta final ai photorealistic
    photography photo realistic art artist drawing illustration pose poses clothing clothes outfit costume object
    objects background scenery generator the and from 1 2 3 4 5 6 7 8 9 0 world effect effects image images picture
    new update better""".split()
)

#: Kinds that apply only to whom the prompt names.
NAMED_ONLY = ("character", "person")

#: What ends a phrase about somebody's looks that many share.
_ANYBODYS = frozenset("hair eye eyes skin bang ponytail braid twintail ear girl boy woman man male female".split())

_NAME = 4  # letters of a name that may stand alone
_WHOLE = 3  # ordinary words that are somebody's name and series: "amber (outrider tale)"


class _Ways(NamedTuple):
    """The ways to call an adapter, as words: read once for all prompts."""

    own: frozenset[str]  # of what it is for, without its series
    name: tuple[str, ...]  # the same in their order, those that say nothing too
    series: tuple[str, ...]
    titles: tuple[tuple[str, ...], ...]
    units: tuple[tuple[str, ...], ...]  # of its trigger words, the first of each entry too, and of its file
    sets: tuple[tuple[str, ...], ...]  # of what stands first in each, where its trigger words are several sets
    members: tuple[frozenset[str], ...]  # of the names of those whom it draws, where they are several
    nobody: bool  # whether what it is for is no name, but that of a pack: "Two friends"
    looks: tuple[tuple[str, ...], ...]  # of the phrases behind the name in its trigger words
    letters: str  # of what it is for


@lru_cache(maxsize=20_000)
def _ways(card: Card, title: str, site_title: str, stem: str, description: str) -> _Ways:
    subject, trigger_words = card.subject, card.trigger_words
    name, _, series = subject.partition("(")
    # of an entry that lists an outfit as well, what stands first is the name
    entries = [first for t in trigger_words for first in (t, t.partition(",")[0])]
    several = listed_members(trigger_words, subject, card.kind)
    if not several and card.kind in NAMED_ONLY:
        several = told_members(description)
    own = frozenset(w for w in tokens(split_names(name)) if w not in GENERIC)
    of_series = tuple(w for w in tokens(split_names(series)) if w not in GENERIC)
    named = [m for m in (_called(one, of_series) for one in several) if m]
    return _Ways(
        own=own,
        name=_unit(name),
        series=of_series,
        titles=tuple(map(tuple, (*_titles(title), *_titles(site_title)))),
        units=tuple(map(_unit, (*entries, stem))),
        sets=tuple(_unit(m.name) for m in sets(trigger_words)),
        members=tuple(named),
        nobody=bool(named) and all(map(is_word, own)) and all(own.isdisjoint(_telling(m.name)) for m in several),
        looks=tuple(_looks(trigger_words, own)),
        letters="".join(tokens(split_names(subject))),
    )


def _looks(trigger_words: Sequence[str], own: Collection[str]) -> Iterator[tuple[str, ...]]:
    """What the trigger words say beside the name: clothes and things, no hair and eyes, which anybody has."""
    for n, entry in enumerate(trigger_words):
        for phrase in entry.split(",")[int(n == 0) :]:
            plain = phrase.strip().lower().replace(" ", "_")
            unit = _unit(phrase)
            if unit and unit[-1] not in _ANYBODYS and plain not in COMMON and not is_quality(phrase):
                if not any(w in own for w in unit):
                    yield unit


def _called(member: Member, series: Collection[str]) -> frozenset[str]:
    """The words that call one of several: the name, and of ordinary words only with where they come from."""
    name, whole = (_telling(text) for text in (member.name, f"{member.name} {member.series}"))
    if any(w not in series and not is_word(w) for w in name):
        return name if len(name) > 1 or all(map(_own_name, name)) else frozenset()
    return whole if len(whole) >= _WHOLE or not all(w in series or is_word(w) for w in whole) else frozenset()


def _telling(text: str) -> frozenset[str]:
    return frozenset(w for w in _unit(text) if w not in GENERIC)


def _unit(text: str) -> tuple[str, ...]:
    return tuple(tokens(split_names(without_markup(text))))


def _ways_of(adapter: Adapter) -> _Ways:
    m = adapter.metadata
    return _ways(adapter.card, adapter.given_title, m.site_title, adapter.stem, m.description)


def own_words(adapter: Adapter) -> frozenset[str]:
    """The words of what an adapter is for, without its series and without words that say nothing."""
    return _ways_of(adapter).own


def members(adapter: Adapter) -> tuple[frozenset[str], ...]:
    """The names of those whom an adapter draws, where they are several: ordinary words only with their series."""
    return _ways_of(adapter).members


def users_names(adapter: Adapter) -> tuple[tuple[str, ...], ...]:
    """The names that the user calls an adapter by: the title that he set and his own words, beside the site's title.

    Of what he says of a character only what is nobody's word names it.
    """
    phrases, title = own_phrases(adapter), adapter.card.title
    return _users(phrases, title, adapter.card.kind, _ways_of(adapter).series) if phrases or title else ()


@lru_cache(maxsize=20_000)
def _users(phrases: tuple[str, ...], title: str, kind: str, series: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    out = dict.fromkeys([tuple(w for w in _unit(title) if w not in GENERIC)])
    for text in (title, *phrases):
        said = tuple(w for w in _unit(text) if w not in GENERIC)
        if kind in NAMED_ONLY:  # of "Captain Brusko" the one, for the rank is anybody's
            said = tuple(w for w in said if _own_name(w) and w not in series)
        out.setdefault(said)
    return tuple(filter(None, out))


def _own_name(word: str) -> bool:
    """Whether a word alone is somebody's name."""
    return len(word) >= _NAME and not is_word(word) and not is_series(word)


def variants(adapter: Adapter) -> tuple[frozenset[str], ...]:
    """The names by which several sets of trigger words are called: of a pack, its members.

    What shares a word with the name of the adapter itself is another outfit of it, and no member.
    """
    ways = _ways_of(adapter)
    said = (*(frozenset(w for w in unit if w not in GENERIC) for unit in ways.sets), *ways.members)
    apart = (s for s in dict.fromkeys(said) if s.isdisjoint(ways.own))
    return tuple(s for s in apart if not all(w in ways.series or is_word(w) for w in s))


def is_named(adapter: Adapter, said: Mentions) -> bool:
    """Whether a prompt calls the adapter by name.

    The series alone does not name a character, and neither does a trigger word that is made of common words
    ("chinese dress"): it has to be the whole name, part of the name together with the series, the title, or a trigger
    word or file name of its own. Somebody whose name means something has to be meant by it (`mentions.py`).
    """
    ways, words = _ways_of(adapter), said.words
    if any(w in words for w in ways.own) and ways.series and all(w in words for w in ways.series):
        return True
    names = _names_said(adapter, words)
    if adapter.card.kind not in NAMED_ONLY:
        return any(True for _ in names)
    return any(_is_meant(name, ways, said) for name in names)


def is_somebody(adapter: Adapter, said: Mentions) -> bool:
    """Whether a character or person is meant by the whole name although that means something: "1girl, raven"."""
    ways = _ways_of(adapter)
    if adapter.card.kind not in NAMED_ONLY or not ways.own or not all(w in said.words for w in ways.own):
        return False
    name = [w for w in ways.name if w in ways.own]
    anybodys = (is_being(name[-1]) and not (ways.series or ways.looks)) or not ATTRIBUTES.isdisjoint(name)
    if anybodys or not all(map(is_common, name)):
        return False
    return said.speaks_of(name) == SURELY


def _names_said(adapter: Adapter, words: Collection[str]) -> Iterator[tuple[str, ...]]:
    """The names of which a prompt with these tokens has all words."""
    ways = _ways_of(adapter)
    own = frozenset() if ways.nobody else ways.own
    if own and all(w in words for w in own):
        yield tuple(w for w in ways.name if w in own)
    yield from (said for said in ways.titles if said and all(w in words for w in said))
    for unit in ways.units:
        if _calls(unit, own, ways.letters, words):
            yield tuple(w for w in unit if w not in GENERIC)
    yield from (unit for unit in (*ways.units[:2], *ways.sets) if _invented(unit, ways.series, words))
    yield from (tuple(name) for name in (*ways.members, *users_names(adapter)) if all(w in words for w in name))
    yield from _one_of_a_pack(ways, words)


def _is_meant(name: Sequence[str], ways: _Ways, said: Mentions) -> bool:
    """Whether a name that the prompt says is somebody's there.

    Who has nothing but a name that is said of many ("Zombie") is none of them in particular.
    """
    if not all(map(is_common, name)) or said.words <= {*name, *ways.name}:
        return True
    if len(name) > 1 and "".join(name) in said.words:  # run together it means nothing else
        return True
    if is_being(name[-1]) and not (ways.series or ways.looks):
        return True
    whole = said.has(ways.name) and all(w in ways.name for w in name)
    if whole or said.has(name):
        how = said.speaks_of(ways.name if whole else name)
    else:
        how = min(said.speaks_of((w,)) for w in name)
    # of a rare word it is enough that nothing speaks against it
    return how >= FOR or (how == NOTHING and (not all(map(is_word, name)) or any(map(said.has, ways.looks))))


def _invented(unit: Sequence[str], series: Collection[str], words: Collection[str]) -> bool:
    """Whether several words of which one is no English word, and none of the series, call it: nobody else's name.

    Only of its first trigger word, and of what stands first in each of several sets: what authors list behind are
    outfits and series.
    """
    said = [w for w in unit if w not in GENERIC]
    return len(said) > 1 and all(w in words for w in said) and not all(w in series or is_word(w) for w in said)


def _one_of_a_pack(ways: _Ways, words: Collection[str]) -> Iterator[tuple[str]]:
    """A single invented name that calls one of several sets ("torvan, red beard") and that no other set begins with."""
    names = [[w for w in unit if w not in GENERIC] for unit in ways.sets]
    single = [said[0] for said in names if len(said) == 1 and names.count(said) == 1]
    yield from ((name,) for name in single if name in words and name not in ways.series and _own_name(name))


def _titles(title: str) -> list[list[str]]:
    """Words of a title that name an adapter: several of which one is no English word, or those of another script."""
    whole = [w for w in tokens(split_names(title)) if w not in GENERIC]
    out = [whole] if len(whole) > 1 and not all(map(is_word, whole)) else []
    if not title.isascii():
        parts = (tokens(p) for p in re.split(r"[|/()\[\]{},:;【】（）「」『』]", title) if not p.isascii())
        out += [p for p in parts if len("".join(p)) > 1]
    return out


def _calls(unit: Sequence[str], own: Collection[str], letters: str, words: Collection[str]) -> bool:
    said = [w for w in unit if w not in GENERIC]
    if not said or not all(w in words for w in said):
        return False
    # one of the name's words has to be in it, or it is made of the name's letters as "artolanc" is, and not "cherry"
    return any(w in own for w in said) or (len(said) == 1 and _drawn_from(said[0], letters))


def _drawn_from(word: str, letters: str) -> bool:
    """Whether the word's letters stand in `letters` in this order, others between them; in another script, always."""
    rest = iter(letters)
    return not word.isascii() or (len(word) > 3 and all(letter in rest for letter in word))
