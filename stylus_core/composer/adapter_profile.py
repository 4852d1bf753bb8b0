"""What of an adapter names it: read once for an adapter, held against every prompt."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from stylus_core.composer.name_matching import members, own_words, users_names, variants
from stylus_core.composer.overclaiming import claim_discount
from stylus_core.composer.word_classes import DRAWS_FEMALE, DRAWS_MALE, GENERIC, PACK
from stylus_core.refiner.members import CHARS
from stylus_core.retriever.documents import NAME, TAG, TRIGGER, units
from stylus_core.retriever.tokenizer import split_names, tokens
from stylus_core.types import Adapter

_KEPT = 20_000  # profiles
_SETS = 12  # more trigger words say no more


@dataclass(frozen=True, slots=True)
class AdapterProfile:
    """The names of an adapter as words, generic words out, and a few facts that tell what sort of file it is."""

    units: tuple[tuple[int, tuple[str, ...]], ...]  # (type as in `documents.UNIT_TYPES`, words) of each name
    words: frozenset[str]  # of all its names
    called: frozenset[str]  # of all its names but its tags
    own: frozenset[str]  # of what it is for, its series left out
    sets: tuple[frozenset[str], ...]  # of what several sets of trigger words begin with, and of the user's names
    members: tuple[frozenset[str], ...]  # of the names of those whom it draws, where they are several
    series: tuple[str, ...]
    noun: str  # the last word of what it is for, which in English says what it is; "" if there is none
    tags: frozenset[str]
    female: bool
    male: bool
    slider: bool
    pack: bool
    title_words: int
    trigger_sets: int
    claim_discount: float  # share of its chance that is left to it for all that it claims, see `overclaiming`


def profile(adapter: Adapter) -> AdapterProfile:
    """The profile of an adapter, kept for the next prompt."""
    m = adapter.metadata
    titles = (m.title, m.site_title, m.alias)
    texts = (m.tags, m.trigger_words, m.training_concepts, m.own_words, m.description[:CHARS])
    key = (adapter.id, adapter.stem, titles, texts, adapter.card)
    with _lock:
        known = _profiles.get(key)
        if known is not None:
            _profiles.move_to_end(key)
            return known
    made = _read(adapter)
    with _lock:
        _profiles[key] = made
        if len(_profiles) > _KEPT:
            _profiles.popitem(last=False)
    return made


_profiles: OrderedDict[object, AdapterProfile] = OrderedDict()
_lock = threading.Lock()


def _read(adapter: Adapter) -> AdapterProfile:
    told = [(kind, tuple(w for w in unit if w not in GENERIC)) for kind, unit in units(adapter)]
    of_user = users_names(adapter)
    of_strangers = [(kind, unit) for kind, unit in told if unit not in of_user]
    several = members(adapter)
    told += [(TRIGGER, tuple(sorted(name))) for name in several]
    told += [(NAME, name) for name in of_user]
    names = tuple(dict.fromkeys((kind, unit) for kind, unit in told if unit))
    subject, _, series = (adapter.card.subject or adapter.title).partition("(")
    own = [w for w in tokens(split_names(subject)) if w not in GENERIC]
    title = tokens(split_names(adapter.title))
    tags = frozenset(w for t in adapter.metadata.tags for w in tokens(t))
    said = tags.union(title)
    return AdapterProfile(
        units=names,
        words=frozenset(w for _, unit in names for w in unit),
        called=frozenset(w for kind, unit in names if kind != TAG for w in unit),
        own=own_words(adapter),
        sets=(*variants(adapter), *map(frozenset, of_user)),
        members=several,
        series=tuple(w for w in tokens(split_names(series)) if w not in GENERIC),
        noun=own[-1] if own else "",
        tags=tags,
        female=not said.isdisjoint(DRAWS_FEMALE),
        male=not said.isdisjoint(DRAWS_MALE),
        slider="slider" in said,
        pack=not said.isdisjoint(PACK),
        title_words=len(title),
        trigger_sets=min(len(adapter.card.trigger_words), _SETS),
        claim_discount=claim_discount(of_strangers),
    )
