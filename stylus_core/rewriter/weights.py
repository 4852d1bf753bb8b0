"""How strong each adapter is when several share a prompt."""

from __future__ import annotations

import math
from collections.abc import Sequence

#: Adapters in the prompt -> share of its recommended weight that each gets. What people write (mean weight of each
#: adapter over 3,000 prompts, `benchmarks/weight_budget.py`): 0.83 alone, 0.69 of two, 0.57 of three or four, whether
#: they are of one kind or not. The paper takes 0.8 / number of adapters of a keyword: 0.27 each of three.
SHARE = (1.0, 0.83, 0.68)

#: In company a recommendation counts as no more than this: authors name up to 2 for the subtle ones. Against what
#: people write for two adapters, the error is 0.44 without this limit and 0.27 with it (on its own page 0.22 and 0.19).
_IN_COMPANY = 1.0

_LEAST = 0.05  # below it an adapter does nothing to be seen

#: Beside what the user wrote or pinned, adapters come with this part of their share or not at all: of the weights that
#: people write where there are several, 5% are below it in users' prompts and 2% on the adapters' own pages.
_LEAST_PART = 1 / 3


def share_of(count: int) -> float:
    """Which part of its weight an adapter gets among several.

    Args:
        count: adapters in the prompt, itself included.

    Returns:
        1 for one that is alone.
    """
    return SHARE[min(max(count, 1), len(SHARE)) - 1]


def share_budget(
    recommended: Sequence[float], present: Sequence[float], strength: float, budget: float, first: int = 0
) -> list[float]:
    """Shares a total weight among adapters.

    Args:
        recommended: weights as the cards have them, 1.0 being full strength.
        present: weights of the adapters that the prompt has; they are left alone and count against the budget.
        strength: multiplies every weight.
        budget: what the sum of all absolute weights stays within, as far as what is present leaves room.
        first: how many adapters in front get theirs before the others get any.

    Returns:
        The weights to write, in hundredths; 0.0 where too little is left.
    """
    count = len(recommended) + len(present)
    factor = strength * share_of(count)
    room = max(0.0, budget - sum(abs(w) for w in present))
    most = _IN_COMPANY if count > 1 else math.inf
    weights = [max(-most, min(most, w)) * factor for w in recommended]
    out, others = _fitted(weights[:first], room), weights[first:]
    left = max(0.0, room - sum(map(abs, out)))
    if (present or out) and sum(map(abs, others)) * _LEAST_PART > left + 1e-9:
        return out + [0.0] * len(others)
    return out + _fitted(others, left)


def _fitted(weights: list[float], room: float) -> list[float]:
    total = sum(abs(w) for w in weights)
    if total > room:
        weights = [w * room / total for w in weights]
    cents = [round(w * 100) for w in weights]
    most = int(room * 100 + 1e-6) if room < 1e6 else sum(map(abs, cents))
    if sum(map(abs, cents)) > most:  # towards zero then, so that what is written keeps to the budget too
        cents = [int(w * 100 + (1e-6 if w > 0 else -1e-6)) for w in weights]
    return [c / 100 if abs(c) >= _LEAST * 100 else 0.0 for c in cents]


def tag(name: str, weight: float, clip_weight: float | None = None) -> str:
    """Writes the tag that loads an adapter.

    Args:
        name: of the file, without its extension.
        weight: of the picture's model.
        clip_weight: of the text encoder, where that is another one.

    Returns:
        `<lora:name:weight>`, or `<lora:name:te:unet>` in the order of the host.
    """
    both = [format_weight(w) for w in (weight, clip_weight) if w is not None]
    return f"<lora:{name}:{':'.join(reversed(both[:1] if both[0] == both[-1] else both))}>"


def format_weight(weight: float) -> str:
    """Writes a weight as it stands in a tag.

    Args:
        weight: any number.

    Returns:
        At most two decimals, no trailing zeros, a point in every locale: "0.8", "1", "0.65".
    """
    return f"{weight:.2f}".rstrip("0").rstrip(".")
