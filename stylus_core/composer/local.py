"""The composer that needs no model: a small logistic rule over keyword and candidate, then the rules of every composer.

For each candidate it finds the keyword that it serves best, and asks how likely a person or the published research
system would have picked it (`coefficients.py`). What a prompt calls by a rare name is taken at its word.
"""

from __future__ import annotations

import math

from stylus_core.composer.coefficients import DENSE, WORDS, Coefficients, Pair
from stylus_core.composer.contract import Request
from stylus_core.composer.evidence import FEATURES, Match, is_named, match
from stylus_core.composer.rules import NAMED_ONLY, keep
from stylus_core.retriever.tokens import called
from stylus_core.types import Adapter, Assignment, Candidate, Composition, Keyword

#: How many right adapters the three likeliest candidates promise together, at least, if anything is to be chosen, and
#: how likely each that is chosen has to be: nine of ten prompts that nothing fits stay as they are, and a prompt that
#: has found one adapter may have a use for another.
PROMISED, EACH = 0.22, 0.05

#: From this rarity on a name is a name, and not a word that happens to be one ("Eyes", "Green"): in units of a word
#: that a single adapter of the library has.
_RARE_WHO, _RARE_WHAT = 0.8, 0.75
_NEAR = 0.5  # cosine of a keyword with an adapter that it names

_NEAR_ENOUGH = 0.3  # cosine of a keyword with an adapter that has none of its words

_NEARLY = 5  # how many of the rest are told


def probability(found: Match, kind: str, sentence: float, use: Coefficients = DENSE) -> float:
    """How likely this candidate is a right choice, 0 to 1, by the evidence alone."""
    total = _mix(use.bias[kind], sentence)
    for name in FEATURES:
        total += _mix(use.features[name], sentence) * found.features[name]
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def _mix(pair: Pair, sentence: float) -> float:
    return pair[0] * (1 - sentence) + pair[1] * sentence


def _by_name(p: float, found: Match, adapter: Adapter, words: frozenset[str], dense: bool) -> float:
    """What the user calls by its name is no guess, however seldom such adapters are picked."""
    f = found.features
    rarity = max(f["rare_name"], f["rare_trigger"])
    kind = adapter.card.kind
    if kind in NAMED_ONLY:
        return 0.5 + p / 2 if rarity >= _RARE_WHO and _may(adapter, words) else p
    exact = f["exact"] >= 0.99 and rarity >= _RARE_WHAT and (f["affinity"] >= _NEAR or not dense)
    return max(p, PROMISED) if exact else p


def _touches(found: Match) -> bool:
    """Whether it has anything to do with its keyword: an adapter that everybody uses is no answer to every word."""
    f = found.features
    return f["affinity"] >= _NEAR_ENOUGH or f["covers_name"] > 0 or f["covers_keyword"] > 0 or f["trigger"] > 0


def _may(adapter: Adapter, words: frozenset[str]) -> bool:
    return adapter.card.kind not in NAMED_ONLY or is_named(adapter, words)


class LocalComposer:
    """Chooses in a millisecond, without a key, a network or a GPU."""

    name = "local"

    def __init__(self, floor: float | None = None) -> None:
        self._floor = floor

    def compose(self, request: Request) -> Composition:
        best = request.candidates[0].score if request.candidates else 0.0
        words = frozenset(called(request.prompt.plain))
        dense = request.affinity is not None
        use = DENSE if dense else WORDS
        rated: list[Assignment] = []
        for i, candidate in enumerate(request.candidates):
            near = request.affinity[:, i] if request.affinity is not None else None
            found = match(candidate, request.keywords, near, best)
            if found.keyword < 0 or (dense and not _touches(found)):
                continue
            p = probability(found, candidate.adapter.card.kind, request.sentence, use)
            p = _by_name(p, found, candidate.adapter, words, dense)
            keyword = request.keywords[found.keyword]
            rated.append(Assignment(candidate, keyword, _reason(candidate, keyword, found), p))
        rated.sort(key=lambda a: -a.confidence)
        possible = [a for a in rated if _may(a.candidate.adapter, words)]
        floor = EACH if sum(a.confidence for a in possible[:3]) >= PROMISED else 1.0
        if self._floor is not None:
            floor = self._floor
        wanted = [a for a in rated if a.confidence >= floor]
        kept, refused = keep(wanted, request, already=len(request.prompt.tags))
        nearly = [Assignment(a.candidate, a.keyword, f"left out: {why}", a.confidence) for a, why in refused]
        nearly += [
            Assignment(
                a.candidate, a.keyword, f"left out: {a.keyword.text!r} is not clearly its main purpose", a.confidence
            )
            for a in rated
            if a.confidence < floor
        ]
        in_order = sorted(kept, key=lambda a: (a.keyword.start, -a.confidence))
        return Composition(tuple(in_order), self.name, nearly=tuple(nearly[:_NEARLY]))


def _reason(candidate: Candidate, keyword: Keyword, found: Match) -> str:
    card = candidate.adapter.card
    subject = card.subject or candidate.adapter.title
    f = found.features
    if f["covers_name"] >= 1:
        return f"{keyword.text!r} names it: {card.kind} {subject!r}"
    if f["trigger"] >= 1:
        return f"its trigger words are in the prompt, and it is for {subject!r}"
    if f["together"] >= 0.8:
        return f"{subject!r} is what pictures with prompts like this one were made with"
    return f"its main purpose, {subject!r}, is what {keyword.text!r} asks for"
