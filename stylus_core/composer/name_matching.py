"""By which words a prompt calls an adapter, and which words say nothing of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from stylus_core.composer.mentions import FOR, NOTHING, SURELY, Mentions
from stylus_core.composer.word_classes import ANYBODYS_LOOKS, ATTRIBUTES, GENERIC
from stylus_core.prompt.english import is_being, is_common, is_word
from stylus_core.prompt.keywords import is_quality
from stylus_core.refiner.describe import COMMON
from stylus_core.refiner.members import CHARS, Member, sets, told_members
from stylus_core.refiner.members import members as listed_members
from stylus_core.refiner.series import is_series
from stylus_core.retriever.documents import own_phrases
from stylus_core.retriever.tokenizer import split_names, tokens, without_markup
from stylus_core.types import Adapter

#: Kinds that apply only to whom the prompt names.
NAMED_ONLY = ("character", "person")

_NAME = 4  # letters of a name that may stand alone
_WHOLE = 3  # ordinary words that are somebody's name and series: "amber (outrider tale)"


class _NameForms(NamedTuple):
    """The forms of an adapter's names, as words: read once for all prompts."""

    own: frozenset[str]  # of what it is for, without its series
    name: tuple[str, ...]  # the same in their order, those that say nothing too
    series: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]  # each of them alone calls it
    sets: tuple[frozenset[str], ...]  # of what stands first in each, where its trigger words are several sets
    members: tuple[frozenset[str], ...]  # of the names of those whom it draws, where they are several
    looks: tuple[tuple[str, ...], ...]  # of the phrases behind the name in its trigger words


@lru_cache(maxsize=20_000)
def _name_forms(
    subject: str,
    kind: str,
    trigger_words: tuple[str, ...],
    title: str,
    site_title: str,
    stem: str,
    description: str,
) -> _NameForms:
    name, _, series = subject.partition("(")
    several = listed_members(trigger_words, subject, kind)
    if not several and kind in NAMED_ONLY:
        several = told_members(description)
    own = frozenset(_informative_words(name))
    of_series = _informative_words(series)
    members = [m for m in (_called(one, of_series) for one in several) if m]
    # a title that is no name, but that of a pack: "Two friends"
    nobodys = (
        bool(members) and all(map(is_word, own)) and all(own.isdisjoint(_informative_words(m.name)) for m in several)
    )
    # of an entry that lists an outfit as well, what stands first is the name
    units = [_informative_words(first) for t in trigger_words for first in (t, t.partition(",")[0])]
    heads = [_informative_words(m.name) for m in sets(trigger_words)]
    letters = "".join(tokens(split_names(subject)))
    names = [
        () if nobodys else tuple(dict.fromkeys(_informative_words(name))),
        *_titles(title),
        *_titles(site_title),
        *(u for u in (*units, _informative_words(stem)) if _calls(u, frozenset() if nobodys else own, letters)),
        *(u for u in (*units[:2], *heads) if _invented(u, of_series)),
        *map(tuple, members),
        *(h for h in heads if len(h) == 1 and heads.count(h) == 1 and h[0] not in of_series and _own_name(h[0])),
    ]
    return _NameForms(
        own=own,
        name=_words_of(name),
        series=of_series,
        names=tuple(filter(None, dict.fromkeys(names))),
        sets=tuple(map(frozenset, heads)),
        members=tuple(members),
        looks=tuple(_looks(trigger_words, own)),
    )


def _looks(trigger_words: Sequence[str], own: Collection[str]) -> Iterator[tuple[str, ...]]:
    """What the trigger words say beside the name: clothes and things, no hair and eyes, which anybody has."""
    for n, entry in enumerate(trigger_words):
        for phrase in entry.split(",")[int(n == 0) :]:
            plain = phrase.strip().lower().replace(" ", "_")
            unit = _words_of(phrase)
            if unit and unit[-1] not in ANYBODYS_LOOKS and plain not in COMMON and not is_quality(phrase):
                if not any(w in own for w in unit):
                    yield unit


def _called(member: Member, series: Collection[str]) -> frozenset[str]:
    """The words that call one of several: the name, and of ordinary words only with where they come from."""
    name, whole = (frozenset(_informative_words(text)) for text in (member.name, f"{member.name} {member.series}"))
    if any(w not in series and not is_word(w) for w in name):
        return name if len(name) > 1 or all(map(_own_name, name)) else frozenset()
    return whole if len(whole) >= _WHOLE or not all(w in series or is_word(w) for w in whole) else frozenset()


def _informative_words(text: str) -> tuple[str, ...]:
    return tuple(w for w in _words_of(text) if w not in GENERIC)


def _words_of(text: str) -> tuple[str, ...]:
    return tuple(tokens(split_names(without_markup(text))))


def _forms_of(adapter: Adapter) -> _NameForms:
    m, card = adapter.metadata, adapter.card
    description = m.description[:CHARS] if card.kind in NAMED_ONLY else ""  # whose members it tells
    titles = adapter.given_title, m.site_title
    return _name_forms(card.subject, card.kind, card.trigger_words, *titles, adapter.stem, description)


def own_words(adapter: Adapter) -> frozenset[str]:
    """The words of what an adapter is for, without its series and without words that say nothing."""
    return _forms_of(adapter).own


def members(adapter: Adapter) -> tuple[frozenset[str], ...]:
    """The names of those whom an adapter draws, where they are several: ordinary words only with their series."""
    return _forms_of(adapter).members


def users_names(adapter: Adapter) -> tuple[tuple[str, ...], ...]:
    """The names that the user calls an adapter by: the title that he set and his own words, beside the site's title.

    Of what he says of a character only what is nobody's word names it.
    """
    phrases, title = own_phrases(adapter), adapter.card.title
    return _users(phrases, title, adapter.card.kind, _forms_of(adapter).series) if phrases or title else ()


@lru_cache(maxsize=20_000)
def _users(phrases: tuple[str, ...], title: str, kind: str, series: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    out = dict.fromkeys([_informative_words(title)])
    for said in map(_informative_words, (title, *phrases)):
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
    forms = _forms_of(adapter)
    apart = (s for s in dict.fromkeys((*forms.sets, *forms.members)) if s.isdisjoint(forms.own))
    return tuple(s for s in apart if not all(w in forms.series or is_word(w) for w in s))


def is_named(adapter: Adapter, said: Mentions) -> bool:
    """Whether a prompt calls the adapter by name.

    The series alone does not name a character, and neither does a trigger word that is made of common words
    ("chinese dress"): it has to be the whole name, part of the name together with the series, the title, or a trigger
    word or file name of its own. Somebody whose name means something has to be meant by it (`mentions.py`).
    """
    forms, words = _forms_of(adapter), said.words
    if any(w in words for w in forms.own) and forms.series and all(w in words for w in forms.series):
        return True
    names = (name for name in (*forms.names, *users_names(adapter)) if all(w in words for w in name))
    return any(adapter.card.kind not in NAMED_ONLY or _is_meant(name, forms, said) for name in names)


def is_somebody(adapter: Adapter, said: Mentions) -> bool:
    """Whether a character or person is meant by the whole name although that means something: "1girl, raven"."""
    if adapter.card.kind not in NAMED_ONLY:
        return False
    forms = _forms_of(adapter)
    if not forms.own or not all(w in said.words for w in forms.own):
        return False
    name = [w for w in forms.name if w in forms.own]
    anybodys = (is_being(name[-1]) and not (forms.series or forms.looks)) or not ATTRIBUTES.isdisjoint(name)
    if anybodys or not all(map(is_common, name)):
        return False
    return said.speaks_of(name) == SURELY


def _is_meant(name: Sequence[str], forms: _NameForms, said: Mentions) -> bool:
    """Whether a name that the prompt says is somebody's there.

    Who has nothing but a name that is said of many ("Zombie") is none of them in particular.
    """
    if not all(map(is_common, name)) or said.words <= {*name, *forms.name}:
        return True
    if len(name) > 1 and "".join(name) in said.words:  # run together it means nothing else
        return True
    if is_being(name[-1]) and not (forms.series or forms.looks):
        return True
    whole = said.has(forms.name) and all(w in forms.name for w in name)
    if whole or said.has(name):
        how = said.speaks_of(forms.name if whole else name)
    else:
        how = min(said.speaks_of((w,)) for w in name)
    # of a rare word it is enough that nothing speaks against it
    return how >= FOR or (how == NOTHING and (not all(map(is_word, name)) or any(map(said.has, forms.looks))))


def _invented(unit: Sequence[str], series: Collection[str]) -> bool:
    """Whether it has several words of which one is no English word, and none of the series: nobody else's name.

    Only for the first trigger word, and for what stands first in each of several sets: what authors list behind are
    outfits and series.
    """
    return len(unit) > 1 and not all(w in series or is_word(w) for w in unit)


def _titles(title: str) -> list[tuple[str, ...]]:
    """Words of a title that name an adapter: several of which one is no English word, or those of another script."""
    whole = tuple(w for w in tokens(split_names(title)) if w not in GENERIC)
    out = [whole] if len(whole) > 1 and not all(map(is_word, whole)) else []
    if not title.isascii():
        parts = (tuple(tokens(p)) for p in re.split(r"[|/()\[\]{},:;【】（）「」『』]", title) if not p.isascii())
        out += [p for p in parts if len("".join(p)) > 1]
    return out


def _calls(unit: Sequence[str], own: Collection[str], letters: str) -> bool:
    """Whether a trigger word or a file's name has a word of the name in it, or is made of its letters.

    So is "artolanc", and not "cherry".
    """
    return any(w in own for w in unit) or (len(unit) == 1 and _drawn_from(unit[0], letters))


def _drawn_from(word: str, letters: str) -> bool:
    """Whether the word's letters stand in `letters` in this order, others between them; in another script, always."""
    rest = iter(letters)
    return not word.isascii() or (len(word) > 3 and all(letter in rest for letter in word))
