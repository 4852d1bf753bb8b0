"""How sure a pick is where the user's own pictures and corrections have a say.

Pictures add to a chance, as a second witness does (noisy or): by how many of the prompts like this one were made with
the adapter, and less where these are few. They never take anything away, and who has to be named to be picked has to be
all the same. Corrections do both: what was removed for this very prompt, or for several like it, is not picked,
whatever else speaks for it; what the user put there is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stylus_core.own_evidence import OwnEvidence
from stylus_core.types import Candidate

#: How sure an adapter is by own pictures alone at most, if all prompts like this one were made with it, and the share
#: of them below which that says nothing: who uses it now and then uses it with prompts like this by chance.
_TRUST, _LEAST_SHARE, _LEAST_PROMPTS = 0.7, 0.3, 3
_LIFT = 1.0  # of the log odds, by many prompts like this one that it was used with, be there others or not
#: From here on corrections decide: see `OwnEvidence.removed`. Below it each point of it takes so much off the log odds.
_DECIDED, _PER_POINT = 1.0, 3.0
_PUT_THERE = 0.9  # how sure is what the user put there for this prompt


def with_own_evidence(chances: NDArray[np.float32], candidates: Sequence[Candidate]) -> NDArray[np.float32]:
    """The chances with what the user's history says.

    Args:
        chances: (candidates,) that each is wanted, whoever the user is.
        candidates: those of a request.

    Returns:
        (candidates,); the same array where nobody has a history.
    """
    if not any(c.own for c in candidates):
        return chances
    return np.array(
        [_chance(chance, c.own) for chance, c in zip(chances.tolist(), candidates, strict=True)], np.float32
    )


def refusal(candidate: Candidate) -> str:
    """Why a candidate is not picked whatever else speaks for it; the end of a sentence, empty if it may be.

    Args:
        candidate: of a request.
    """
    own = candidate.own
    if own is None or own.removed < _DECIDED:
        return ""
    # A reason may reach a model or a file: how often that was said stands in `Pick.own_note` alone.
    return "it is not wanted for prompts like this one"


def _chance(chance: float, own: OwnEvidence | None) -> float:
    if own is None:
        return chance
    if own.removed >= _DECIDED:
        return chance  # `refusal` leaves it out, and says so where it would have been picked
    if own.removed:
        return _odds(_log_odds(chance) - _PER_POINT * own.removed)
    if own.prompts_like:
        often = own.prompts_like / (own.prompts_like + 1)
        lifted = _odds(_log_odds(chance) + _LIFT * often)
        if own.prompts_like >= _LEAST_PROMPTS and own.share >= _LEAST_SHARE:
            chance = 1 - (1 - chance) * (1 - _TRUST * own.share * often)
        chance = max(chance, lifted)
    return max(chance, _PUT_THERE * min(1.0, own.wanted))


def _log_odds(chance: float) -> float:
    return math.log(max(chance, 1e-6) / max(1 - chance, 1e-6))


def _odds(log_odds: float) -> float:
    """The chance of these log odds."""
    return 1 / (1 + math.exp(-log_odds))
