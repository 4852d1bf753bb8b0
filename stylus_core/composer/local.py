"""The composer that needs no model: a small logistic rule over keyword and candidate, then the rules of every composer.

For each candidate it finds the keyword that it serves best, and asks how likely a person or the published research
system would have picked it. The coefficients come from `benchmarks/fit_composer.py` on the development queries, with
captions and made-up prompts that nothing fits as counter-examples; they are fixed here.
"""

from __future__ import annotations

import math

from stylus_core.composer.contract import Request
from stylus_core.composer.evidence import FEATURES, Match, is_named, match
from stylus_core.composer.rules import NAMED_ONLY, keep
from stylus_core.retriever.tokens import tokens
from stylus_core.types import Assignment, Candidate, Composition, Keyword

#: The likeliest candidate has to reach the first, what joins it the second: nine of ten prompts that nothing fits stay
#: as they are, and a prompt that has found one adapter may have a use for another.
FIRST, FURTHER = 0.245, 0.122

#: feature -> (coefficient in a list of tags, in a sentence)
COEFFICIENTS: dict[str, tuple[float, float]] = {
    "affinity": (1.37, 2.00),
    "covers_name": (0.44, 0.28),
    "covers_keyword": (-0.47, 0.74),
    "exact": (1.01, -0.45),
    "head": (-0.76, -0.07),
    "whole_label": (-0.03, 0.23),
    "whole_account": (-0.02, 1.36),
    "trigger": (0.69, -0.36),
    "tag": (-0.55, 0.51),
    "gap": (1.94, 2.35),
    "together": (1.62, 0.52),
    "rare_name": (0.67, 1.05),
    "rare_trigger": (0.19, 1.13),
}

#: kind -> (bias in a list of tags, in a sentence)
BIAS: dict[str, tuple[float, float]] = {
    "character": (-3.56, -5.57),
    "person": (-3.71, -4.08),
    "style": (-3.96, -4.56),
    "quality": (-2.71, -4.02),
    "concept": (-4.71, -3.88),
    "pose": (-4.67, -3.75),
    "clothing": (-4.14, -4.44),
    "object": (-4.47, -3.58),
    "animal": (-4.87, -3.61),
    "vehicle": (-3.56, -4.18),
    "building": (-4.20, -4.24),
    "background": (-4.48, -4.06),
}

#: Below it a name is a word that happens to be one ("Eyes", "Green").
_NAMED = 0.1

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
        words = frozenset(tokens(request.prompt.plain))
        rated: list[Assignment] = []
        for i, candidate in enumerate(request.candidates):
            near = request.affinity[:, i] if request.affinity is not None else None
            found = match(candidate, request.keywords, near, best)
            if found.keyword < 0:
                continue
            kind = candidate.adapter.card.kind
            p = probability(found, kind, request.sentence)
            if p >= _NAMED and kind in NAMED_ONLY and is_named(candidate.adapter, words):
                p = 0.5 + p / 2  # the user says whom to draw: that is no guess
            keyword = request.keywords[found.keyword]
            rated.append(Assignment(candidate, keyword, _reason(candidate, keyword, found), p))
        rated.sort(key=lambda a: -a.confidence)
        floor = FURTHER if rated and rated[0].confidence >= FIRST else 1.0
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
