"""The composer that needs no model: a judge of pairs, then the rules of every composer.

For each candidate it finds the keyword that it serves best, gathers what speaks for and against it, and asks the judge
how likely a careful person would want it there. What is likely enough for the user's restraint is picked; most prompts
have nothing of the kind, and are left alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stylus_core.composer.adapter_profile import profile
from stylus_core.composer.composer_rules import apply_rules, missing_half_notes
from stylus_core.composer.contract import Request
from stylus_core.composer.family import prefer_family
from stylus_core.composer.judge import judge
from stylus_core.composer.own_history import refusal, with_own_evidence
from stylus_core.composer.pair_evidence import FEATURES, gather
from stylus_core.composer.settings import ComposerSettings
from stylus_core.types import Assignment, Candidate, Composition, Keyword

#: Option `restraint` -> how sure a pick has to be: the least chance that it is wanted, in a list of tags and in a
#: sentence. A list of tags offers many places for a wrong pick, a sentence few: with these the wrong picks a picture
#: are about as many. `docs/composer.md` says how often picks are wanted at each.
FLOORS = {"careful": (0.65, 0.5), "balanced": (0.45, 0.3), "generous": (0.28, 0.2)}

#: The least chance of an adapter for several that the prompt calls by the name of one, if it may be picked at all. Its
#: title says nothing of that one, so the judge, who looks at titles, doubts it.
_MEMBER = 0.7
#: The least chance of a character whose name is an ordinary word, where the prompt means somebody by it: how rare a
#: word is, which the judge goes by, then says nothing any more.
_SOMEBODY = 0.5

_NEARLY = 5  # how many of the rest are told
_WORTH_TELLING = 0.02  # chance below which nobody wonders why an adapter was not picked


def rated(request: Request, chances: NDArray[np.float32] | None = None) -> list[Assignment]:
    """Every candidate at the keyword that it serves best, the likeliest first.

    Args:
        request: what the composer is asked.
        chances: (candidates,) the chance of each that it is wanted; None: what the judge says.

    Returns:
        Assignments whose confidence is that chance.
    """
    evidence = gather(request)
    before = chances
    if chances is None:
        chances = judge(request.affinity is not None).chances(evidence.features)
        least = np.maximum(_MEMBER * evidence.member, _SOMEBODY * evidence.somebody).astype(np.float32)
        discounts = np.array([profile(c.adapter).claim_discount for c in request.candidates], np.float32)
        before = np.maximum(chances, least) * discounts
        chances = with_own_evidence(before, request.candidates)
    floor = confidence_threshold(request)
    out: list[Assignment] = []
    for i, candidate in enumerate(request.candidates):
        if evidence.keyword[i] < 0:
            continue
        keyword = request.keywords[int(evidence.keyword[i])]
        found = dict(zip(FEATURES, evidence.features[i].tolist(), strict=True))
        reason = _reason(candidate, keyword, found)
        if before is not None and before[i] < floor <= chances[i]:
            reason = "it suits prompts like this one"  # how often the user did so stands in `Pick.own_note` alone
        out.append(Assignment(candidate, keyword, reason, float(chances[i])))
    return sorted(out, key=lambda a: -a.confidence)


def picks_from_chances(
    request: Request, chances: NDArray[np.float32], floor: float
) -> tuple[list[Assignment], list[tuple[Assignment, str]]]:
    """What is picked with these chances, and what the rules refuse although it is sure enough."""
    sure = [a for a in rated(request, chances) if a.confidence >= floor]
    return apply_rules(prefer_family(sure, request), request)


def confidence_threshold(request: Request) -> float:
    """How sure a pick has to be for this prompt, by the options' restraint."""
    tags, sentence = FLOORS[request.options.restraint]
    return tags * (1 - request.sentence) + sentence * request.sentence


def sure_enough(rated: Iterable[Assignment], request: Request) -> list[Assignment]:
    """Those that are as sure as the options' restraint wants: all that any composer may pick on somebody's word."""
    floor = confidence_threshold(request)
    return [a for a in rated if a.confidence >= floor]


class LocalComposer:
    """Chooses in milliseconds, without a key, a network or a GPU.

    Args:
        floor: how sure a pick has to be, 0 to 1; None: as the options' restraint says.
    """

    name = "local"
    label = "Stylus, local composer"
    asks_model = False

    def __init__(self, floor: float | None = None) -> None:
        self._floor = floor

    @classmethod
    def from_settings(cls, settings: ComposerSettings, home: Path) -> LocalComposer:
        """Makes one; it needs none of the settings.

        Args:
            settings: not looked at.
            home: not looked at.

        Returns:
            A composer that goes by the options' restraint.
        """
        return cls()

    def compose(self, request: Request) -> Composition:
        """Picks what is likely enough and what the rules let pass.

        Args:
            request: the prompt and its candidates.

        Returns:
            Picks in the order of the prompt, and up to five that were left out, each with the reason.
        """
        floor = confidence_threshold(request) if self._floor is None else self._floor
        every = rated(request)
        sure = prefer_family([a for a in every if a.confidence >= floor], request)
        kept, refused = apply_rules(sure, request)
        nearly = [Assignment(a.candidate, a.keyword, f"left out: {why}", a.confidence) for a, why in refused]
        nearly += [
            Assignment(a.candidate, a.keyword, _doubt(a, request.options.restraint), a.confidence)
            for a in every
            if _WORTH_TELLING <= a.confidence < floor
        ]
        in_order = sorted(kept, key=lambda a: a.keyword.start)
        return Composition(tuple(in_order), self.name, missing_half_notes(refused), tuple(nearly[:_NEARLY]))


def _doubt(a: Assignment, restraint: str) -> str:
    if removed := refusal(a.candidate):
        return f"left out: {removed}"
    return f"left out: {a.confidence:.0%} sure that {a.keyword.text!r} asks for it, too little for {restraint!r}"


def _reason(candidate: Candidate, keyword: Keyword, found: dict[str, float]) -> str:
    card = candidate.adapter.card
    subject = card.subject or candidate.adapter.title
    if found["covers_name"] >= 1:
        return f"{keyword.text!r} names it: {card.kind} {subject!r}"
    if found["trigger_covered"] >= 1:
        return f"its trigger words are in the prompt, and it is for {subject!r}"
    if found["cooccurrence"] >= 0.8:
        return f"{subject!r} is what pictures with prompts like this one were made with"
    return f"its main purpose, {subject!r}, is what {keyword.text!r} asks for"
