"""How well a keyword and a candidate fit: the numbers that the local composer decides by.

Everything here is a share or a cosine, so that it means the same in a folder of forty files and in one of forty
thousand; what depends on the library's size stays with the retriever, which only ranks.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stylus_core.prompt.english import is_word
from stylus_core.retriever.documents import UNIT_TYPES, units
from stylus_core.retriever.tokens import NOISE, called, split_names, tokens, without_markup
from stylus_core.types import Adapter, Candidate, Keyword

#: Words that say what kind of thing an adapter is, or how it was made, and nothing of what it adds.
_GENERIC = NOISE | frozenset(
    """lora loras locon lyco lycoris style styles model concept character anime manga girl woman man boy female male v
    v1 v2 v3 ver version sd sd15 sdxl xl pony trained training pack mix test beta final ai photorealistic
    photography photo realistic art artist drawing illustration pose poses clothing clothes outfit costume object
    objects background scenery generator the and from 1 2 3 4 5 6 7 8 9 0 world effect effects image images picture
    new update better""".split()
)

FEATURES = (
    "affinity", "covers_name", "covers_keyword", "exact", "head", "whole_label", "whole_account", "trigger", "tag",
    "gap", "together", "rare_name", "rare_trigger",
)  # fmt: skip
_OF_PAIR = FEATURES[:5]

#: Words that change how a thing looks and not what it is: a "brown horse" is a horse, a "fuse box" is no box.
_ATTRIBUTES = frozenset(
    """white black red green blue yellow orange purple pink brown grey gray gold golden silver colorful bright dark
    light long short tall big small large little huge tiny tall giant old new young cute beautiful pretty lovely
    fancy empty open wet dry wooden single lone wild happy sad smiling sitting standing flying walking running first
    second outdoor indoor cloudy cloudless sunny blurry messy clean dirty male female adult baby""".split()
)


@dataclass(frozen=True, slots=True)
class Match:
    """The keyword that a candidate serves best, and how well."""

    keyword: int  # index; -1 if there is none
    features: dict[str, float]  # name of FEATURES -> value


class Names:
    """The names of an adapter as sets of words, generic words out."""

    def __init__(self, adapter: Adapter) -> None:
        self.units = [(UNIT_TYPES[kind], [w for w in unit if w not in _GENERIC]) for kind, unit in units(adapter)]
        self.units = [(kind, unit) for kind, unit in self.units if unit]
        self.words = {w for _, unit in self.units for w in unit}
        self.called = {w for kind, unit in self.units if kind != "tag" for w in unit}


def match(candidate: Candidate, keywords: Sequence[Keyword], near: NDArray[np.float32] | None, best: float) -> Match:
    """The candidate's best keyword. `near`: (keywords,) cosines; `best`: the score of the first candidate."""
    names = Names(candidate.adapter)
    prompt_words = frozenset[str]().union(*(_words(k.text).called for k in keywords))
    rated = [_pair(names, k, float(near[i]) if near is not None else 0.0) for i, k in enumerate(keywords)]
    order = [p["affinity"] + 0.2 * p["covers_name"] + 0.3 * p["exact"] + 0.15 * p["covers_keyword"] for p in rated]
    i = int(np.argmax(order)) if order else -1
    s = candidate.scores
    features = {
        **(rated[i] if i >= 0 else dict.fromkeys(_OF_PAIR, 0.0)),
        "whole_label": s.get("whole_label", 0.0),
        "whole_account": s.get("whole_account", 0.0),
        "trigger": _covered(names, "trigger", prompt_words),
        "tag": _covered(names, "tag", prompt_words),
        "gap": min(0.0, (candidate.score - best) / 5.0),
        "together": min(2.0, s.get("together", 0.0)),
        "rare_name": min(2.0, s.get("name", 0.0)),
        "rare_trigger": min(2.0, s.get("trigger", 0.0)),
    }
    return Match(i, features)


class _Words(NamedTuple):
    """The words of a keyword; all candidates are held against the same."""

    called: frozenset[str]  # by which it may call an adapter
    names: frozenset[str]  # those that are not generic
    content: tuple[str, ...]  # what it is about
    last: str  # the noun, in English; empty if every word is generic


@lru_cache(maxsize=4096)
def _words(keyword: str) -> _Words:
    words = [w for w in tokens(keyword) if w not in _GENERIC]
    by = frozenset(called(keyword))
    content = [w for w in words if w not in _ATTRIBUTES] or words
    return _Words(by, by - _GENERIC, tuple(content), words[-1] if words else "")


def _pair(names: Names, keyword: Keyword, affinity: float) -> dict[str, float]:
    found = _words(keyword.text)
    have, content = found.names, found.content
    if have.isdisjoint(names.words):  # most pairs
        return dict.fromkeys(_OF_PAIR, 0.0) | {"affinity": affinity}
    name = exact = 0.0
    for kind, unit in names.units:
        inside = have.intersection(unit)
        share = len(inside) / len(unit)
        if kind != "tag":
            name = max(name, share)
        if content:  # both ways: nothing of the keyword is missing in the name, nothing of the name in the keyword
            exact = max(exact, share * sum(w in unit for w in content) / len(content))
    return {
        "affinity": affinity,
        "covers_name": name,
        "covers_keyword": sum(w in names.words for w in content) / len(content) if content else 0.0,
        "exact": exact,
        "head": float(found.last in names.called),
    }


def _covered(names: Names, kind: str, words: Collection[str]) -> float:
    return max((sum(w in words for w in u) / len(u) for k, u in names.units if k == kind), default=0.0)


def own_words(adapter: Adapter) -> frozenset[str]:
    """The words of what an adapter is for, without its series and without words that say nothing."""
    name, _, _ = adapter.card.subject.partition("(")
    return frozenset(w for w in tokens(split_names(name)) if w not in _GENERIC)


def is_named(adapter: Adapter, words: Collection[str]) -> bool:
    """Whether a prompt with these tokens calls the adapter by name.

    The series alone does not name a character, and neither does a trigger word that is made of common words
    ("chinese dress"): it has to be the whole name, part of the name together with the series, the title, or a trigger
    word or file name of its own.
    """
    _, _, series = adapter.card.subject.partition("(")
    own = own_words(adapter)
    of = [w for w in tokens(split_names(series)) if w not in _GENERIC]
    have = [w in words for w in own]
    if own and all(have):
        return True
    if any(have) and of and all(w in words for w in of):
        return True
    if any(said and all(w in words for w in said) for said in _titles(adapter.metadata.title)):
        return True
    # of an entry that lists an outfit as well, what stands first is the name
    entries = [first for t in adapter.card.trigger_words for first in (t, t.partition(",")[0])]
    letters = "".join(tokens(split_names(adapter.card.subject)))
    return any(_calls(tokens(split_names(without_markup(t))), own, letters, words) for t in (*entries, adapter.stem))


def _titles(title: str) -> list[list[str]]:
    """Words of a title that name an adapter: several of which one is no English word, or those of another script."""
    whole = [w for w in tokens(split_names(title)) if w not in _GENERIC]
    out = [whole] if len(whole) > 1 and not all(map(is_word, whole)) else []
    if not title.isascii():
        parts = (tokens(p) for p in re.split(r"[|/()\[\]{},:;【】（）「」『』]", title) if not p.isascii())
        out += [p for p in parts if len("".join(p)) > 1]
    return out


def _calls(unit: list[str], own: Collection[str], letters: str, words: Collection[str]) -> bool:
    said = [w for w in unit if w not in _GENERIC]
    if not said or not all(w in words for w in said):
        return False
    # one of the name's words has to be in it, or it is made of the name's letters as "artolanc" is, and not "cherry";
    # several words of which one is no English word are nobody else's name
    own_too = any(w in own for w in said) or (len(said) > 1 and not all(map(is_word, said)))
    return own_too or (len(unit) == 1 and _drawn_from(unit[0], letters))


def _drawn_from(word: str, letters: str) -> bool:
    """Whether the word's letters stand in `letters` in this order, others between them; in another script, always."""
    rest = iter(letters)
    return not word.isascii() or (len(word) > 3 and all(letter in rest for letter in word))
