"""What a user's own pictures and corrections say of an adapter, in a few words for the user alone."""

from __future__ import annotations

import time

from stylus_core.history.corrected_prompts import Verdict
from stylus_core.history.own_pictures import LikePrompts
from stylus_core.history.records import OwnUse
from stylus_core.own_evidence import OwnWeight

_TOGETHER = 2  # names of others that are told


def own_note(use: OwnUse | None, like: LikePrompts | None, verdict: Verdict | None, weight: OwnWeight | None) -> str:
    """Says how the user used an adapter.

    Args:
        use: over all own pictures; None: never.
        like: in prompts like the one at hand.
        verdict: of corrections.
        weight: at which weight the user takes it.

    Returns:
        One sentence without a full stop; "" where there is nothing to say of this adapter.
    """
    parts: list[str] = []
    if use is not None and use.pictures:
        parts.append(f"in {_pictures(use.pictures)} of yours")
        if like is not None and like.pictures:
            parts[0] += f", {like.pictures} with prompts like this"
        parts.append(f"last on {time.strftime('%Y-%m-%d', time.localtime(use.last_at))}")
        if use.weights is not None:
            low, _, high = use.weights
            parts.append(f"at {low:g}" if low == high else f"at {low:g} to {high:g}")
        if use.together:
            parts.append(f"often with {' and '.join(name for name, _ in use.together[:_TOGETHER])}")
    if weight is not None and weight.corrected is not None:
        parts.append(f"you set its weight to {weight.corrected:g} for prompts like this")
    elif weight is not None and weight.median is not None:
        parts.append(f"its weight is drawn to your {weight.median:.2g}")
    if verdict is not None and verdict.removals:
        parts.append(f"you removed it for {_prompts(verdict.removals)} like this")
    elif verdict is not None and verdict.wanted:
        parts.append("you wanted it for prompts like this")
    return ", ".join(parts)


def _pictures(number: int) -> str:
    return "1 picture" if number == 1 else f"{number:,} pictures"


def _prompts(number: int) -> str:
    return "a prompt" if number == 1 else f"{number} prompts"
