"""How well a keyword and a candidate fit: the evidence that the judge of pairs decides by.

Nearly all of it is a share, a cosine or a fact of English, so that it means the same in a folder of forty files and in
one of forty thousand; the few signals of the retriever that depend on the library are held against its best candidate,
and the library's size is told.
Each kind of mistake that careful readers found has evidence of its own: a common word that is somebody's name
(`rarity` in English), the modifier instead of the thing ("hot spring", "hot dog"), a part of a name, another view or
outfit, a person where the prompt has none, a character without its series, an attribute that is another one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stylus_core.composer.adapter_profile import AdapterProfile, profile
from stylus_core.composer.contract import Request
from stylus_core.composer.name_matching import is_named, is_somebody
from stylus_core.composer.word_classes import ANIME, ATTRIBUTES, FEMALE, GENERIC, MALE, PERSON, PHOTO, QUALITY, STYLE
from stylus_core.prompt.english import rarity
from stylus_core.retriever.documents import TAG, UNIT_TYPES
from stylus_core.retriever.tokenizer import called, tokens
from stylus_core.types import KINDS, Candidate

_OF_UNITS = tuple(f"{t}_{what}" for t in UNIT_TYPES for what in ("covered", "words", "rarest", "rarity", "missing"))

#: What is looked at, in the order of a row. `docs/composer.md` says what each is.
FEATURES = (
    "affinity", "title_best", "description_best", "title_keyword", "description_keyword", "title_noun",
    "covers_name", "covers_keyword", "exact", "noun", "same_noun", "modifier_only", "other_attribute",
    "keyword_words", "keyword_rarity", "keyword_mean_rarity", "keyword_noun_rarity", "keyword_tags",
    "behind_best", "better_for_keyword", "ahead_of_second", "mean_affinity",
    "whole_title", "whole_description", "whole_less_keyword",
    *_OF_UNITS,
    "own_covered", "own_missing", "own_said", "own_words", "series_covered", "named", "noun_said",
    "library", "sentence", "keywords", "words", "person", "style_word", "photo_word", "anime_word", "quality_words",
    "other_sex", "slider", "pack", "title_words", "trigger_sets", "from_metadata",
    "cooccurrence", "bm25", "about", "name", "trigger", "tag",
    *(f"kind_{k}" for k in KINDS),
)  # fmt: skip

_MANY_KEYWORDS, _MANY_WORDS, _MANY_QUALITY = 30, 60, 4
_USUAL_LIBRARY = 3.0  # logarithm of its size, where nobody knows it


@dataclass(frozen=True, slots=True)
class PairEvidence:
    """For each candidate the keyword that it serves best, and what speaks for and against it."""

    features: NDArray[np.float32]  # (candidates, FEATURES)
    keyword: NDArray[np.int64]  # (candidates,): index, -1 where there is none
    member: NDArray[np.bool_]  # (candidates,): whether it draws several and the prompt calls one by the whole name
    somebody: NDArray[np.bool_]  # (candidates,): whether the prompt means somebody by an ordinary word that is the name


class _Words(NamedTuple):
    """The words of a keyword; all candidates are held against the same."""

    names: frozenset[str]  # by which it may call an adapter; those that are not generic
    content: tuple[str, ...]  # what it is about
    noun: str  # the last word, which in English says what it is
    attributes: frozenset[str]
    number: int
    rarest: float
    mean_rarity: float


@lru_cache(maxsize=4096)
def _words(keyword: str) -> _Words:
    every = tokens(keyword)
    words = [w for w in every if w not in GENERIC]
    content = [w for w in words if w not in ATTRIBUTES] or words
    rare = [rarity(w) for w in content]
    return _Words(
        names=frozenset(called(keyword)) - GENERIC,
        content=tuple(content),
        noun=words[-1] if words else (every[-1] if every else ""),
        attributes=frozenset(w for w in words if w in ATTRIBUTES),
        number=len(every),
        rarest=max(rare, default=0.0),
        mean_rarity=sum(rare) / len(rare) if rare else 0.0,
    )


class _Prompt:
    """What the evidence of every candidate of one prompt shares."""

    def __init__(self, request: Request) -> None:
        asked = request.prompt.asked
        self.said = request.mentions
        self.words = self.said.words
        own = frozenset(tokens(asked))
        self.keywords = [_words(k.text) for k in request.keywords]
        self.female, self.male = not own.isdisjoint(FEMALE), not own.isdisjoint(MALE)
        self.features: dict[str, float] = {
            "library": math.log10(request.library) if request.library else _USUAL_LIBRARY,
            "sentence": request.sentence,
            "keywords": min(len(self.keywords), _MANY_KEYWORDS),
            "words": min(len(own), _MANY_WORDS),
            "person": float(not own.isdisjoint(PERSON)),
            "style_word": float(not own.isdisjoint(STYLE)),
            "photo_word": float(not own.isdisjoint(PHOTO)),
            "anime_word": float(not own.isdisjoint(ANIME)),
            "quality_words": min(len(own & QUALITY), _MANY_QUALITY),
        }
        self.highest = {
            name: max((c.scores.get(name, 0.0) for c in request.candidates), default=0.0) for name in ("bm25", "about")
        }


class _Near:
    """The cosines of each keyword with each candidate: (keywords, candidates), zeros without an encoder."""

    def __init__(self, request: Request) -> None:
        shape = (len(request.keywords), len(request.candidates))
        zeros = np.zeros(shape, np.float32)
        self.whole_title = self.whole_description = np.zeros(shape[1], np.float32)
        self.title_best = self.description_best = self.title_keyword = self.description_keyword = self.title_noun = (
            zeros
        )
        near = request.similarity
        self.affinity = request.affinity if request.affinity is not None else zeros
        if near is None:
            return
        self.whole_title, self.whole_description = near.title[0], near.description[0]
        self.title_best, self.description_best = np.full(shape, -1, np.float32), np.full(shape, -1, np.float32)
        self.title_keyword, self.description_keyword = zeros.copy(), zeros.copy()
        self.title_noun = zeros.copy()
        shortest = [math.inf] * shape[0]
        for row, (text, i) in enumerate(near.parts, start=1):
            title, description = near.title[row], near.description[row]
            np.maximum(self.title_best[i], title, out=self.title_best[i])
            np.maximum(self.description_best[i], description, out=self.description_best[i])
            whole = request.keywords[i].text
            if text == whole:
                self.title_keyword[i], self.description_keyword[i] = title, description
            if whole.endswith(text) and len(text) < shortest[i]:
                shortest[i] = len(text)
                self.title_noun[i] = title


def gather(request: Request) -> PairEvidence:
    """The evidence of every candidate of a request, at the keyword that it serves best."""
    n = len(request.candidates)
    features = np.zeros((n, len(FEATURES)), np.float32)
    chosen = np.full(n, -1, np.int64)
    member, somebody = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    prompt, near = _Prompt(request), _Near(request)
    for i, candidate in enumerate(request.candidates):
        known = profile(candidate.adapter)
        chosen[i], found = _best_keyword(prompt, known, near.affinity[:, i])
        row = prompt.features | found
        row |= _of_cosines(near, int(chosen[i]), i)
        row |= _of_names(prompt, known)
        row |= _of_adapter(prompt, known, candidate)
        features[i] = [row.get(name, 0.0) for name in FEATURES]
        member[i] = any(name <= keyword.names for keyword in prompt.keywords for name in known.members)
        somebody[i] = is_somebody(candidate.adapter, prompt.said)
    return PairEvidence(features, chosen, member, somebody)


def _best_keyword(
    prompt: _Prompt, known: AdapterProfile, affinity: NDArray[np.float32]
) -> tuple[int, dict[str, float]]:
    best, order, found = -1, -math.inf, (0.0, 0.0, 0.0)
    for k, words in enumerate(prompt.keywords):
        pair = _pair(words, known)
        value = float(affinity[k]) + 0.2 * pair[0] + 0.3 * pair[2] + 0.15 * pair[1]
        if value > order:
            best, order, found = k, value, pair
    if best < 0:
        return best, {}
    words = prompt.keywords[best]
    said_of_name = not words.names.isdisjoint(known.called)
    foreign = words.attributes - known.words
    return best, {
        "covers_name": found[0],
        "covers_keyword": found[1],
        "exact": found[2],
        "noun": float(words.noun in known.called),
        "same_noun": float(bool(words.noun) and words.noun == known.noun),
        "modifier_only": float(said_of_name and words.noun not in known.called),
        "other_attribute": float(bool(foreign) and any(w in ATTRIBUTES and w not in prompt.words for w in known.own)),
        "keyword_words": float(words.number),
        "keyword_rarity": words.rarest,
        "keyword_mean_rarity": words.mean_rarity,
        "keyword_noun_rarity": rarity(words.noun) if words.noun else 0.0,
        "keyword_tags": _share(words.content, known.tags),
    }


_NOTHING = (0.0, 0.0, 0.0)


def _pair(words: _Words, known: AdapterProfile) -> tuple[float, float, float]:
    """(share of a name that the keyword says, share of the keyword that the names say, both ways for one name)."""
    if words.names.isdisjoint(known.words):  # most pairs
        return _NOTHING
    name = exact = 0.0
    for kind, unit in known.units:
        share = sum(w in words.names for w in unit) / len(unit)
        if not share:
            continue
        if kind != TAG:
            name = max(name, share)
        exact = max(exact, share * _share(words.content, unit))
    return name, _share(words.content, known.words), exact


def _share(words: Sequence[str], have: Sequence[str] | frozenset[str]) -> float:
    return sum(w in have for w in words) / len(words) if words else 0.0


def _of_cosines(near: _Near, k: int, i: int) -> dict[str, float]:
    out = {"whole_title": float(near.whole_title[i]), "whole_description": float(near.whole_description[i])}
    if k < 0:
        return out
    mine, others = float(near.affinity[k, i]), near.affinity[:, i]
    second = max((float(v) for j, v in enumerate(others) if j != k), default=0.0)
    row = near.affinity[k]
    return out | {
        "affinity": mine,
        "title_best": float(near.title_best[k, i]),
        "description_best": float(near.description_best[k, i]),
        "title_keyword": float(near.title_keyword[k, i]),
        "description_keyword": float(near.description_keyword[k, i]),
        "title_noun": float(near.title_noun[k, i]),
        "behind_best": mine - float(row.max()),
        "better_for_keyword": float((row > mine).sum()) / 10,
        "ahead_of_second": mine - second,
        "mean_affinity": float(others.mean()),
        "whole_less_keyword": out["whole_title"] - float(near.title_keyword[k, i]),
    }


def _of_names(prompt: _Prompt, known: AdapterProfile) -> dict[str, float]:
    """How completely the prompt as a whole says the best of the adapter's names of each type, and how rare they are."""
    out: dict[str, float] = {f"{t}_missing": 1.0 for t in UNIT_TYPES}
    best = [0.0] * len(UNIT_TYPES)
    for kind, unit in known.units:
        said = [w for w in unit if w in prompt.words]
        if not said:
            continue
        covered = len(said) / len(unit)
        rare = [rarity(w) for w in said]
        value = covered + 0.01 * len(said) + 0.005 * sum(rare)
        if value <= best[kind]:
            continue
        best[kind] = value
        name = UNIT_TYPES[kind]
        out[f"{name}_covered"], out[f"{name}_words"] = covered, float(len(unit))
        out[f"{name}_rarest"], out[f"{name}_rarity"] = max(rare), sum(rare)
        out[f"{name}_missing"] = max((rarity(w) for w in unit if w not in prompt.words), default=0.0)
    # the member of a pack that the prompt calls is what the pack is for here
    own = next((name for name in known.sets if name <= prompt.words), known.own)
    if own:
        missing = [w for w in own if w not in prompt.words]
        out["own_covered"] = 1 - len(missing) / len(own)
        out["own_missing"] = sum(map(rarity, missing))
        out["own_said"] = sum(rarity(w) for w in own if w in prompt.words)
        out["own_words"] = float(len(own))
    out["series_covered"] = _share(known.series, prompt.words) if known.series else -1.0
    out["noun_said"] = float(bool(known.noun) and known.noun in prompt.words)
    return out


def _of_adapter(prompt: _Prompt, known: AdapterProfile, candidate: Candidate) -> dict[str, float]:
    s, adapter = candidate.scores, candidate.adapter
    other_sex = (known.female and prompt.male and not prompt.female) or (
        known.male and not known.female and prompt.female and not prompt.male
    )
    return {
        "named": float(is_named(adapter, prompt.said)),
        "other_sex": float(other_sex),
        "slider": float(known.slider),
        "pack": float(known.pack),
        "title_words": float(known.title_words),
        "trigger_sets": float(known.trigger_sets),
        "from_metadata": float(adapter.card.source in ("metadata", "user")),
        "cooccurrence": min(2.0, s.get("cooccurrence", 0.0)),
        "bm25": s.get("bm25", 0.0) / max(prompt.highest["bm25"], 1e-6),
        "about": s.get("about", 0.0) / max(prompt.highest["about"], 1e-6),
        "name": min(2.0, s.get("name", 0.0)),
        "trigger": min(2.0, s.get("trigger", 0.0)),
        "tag": min(2.0, s.get("tag", 0.0)),
        f"kind_{adapter.card.kind}": 1.0,
    }
