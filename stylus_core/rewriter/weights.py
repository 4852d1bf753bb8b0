"""How strong each adapter is when several share a prompt."""

from __future__ import annotations

from collections.abc import Sequence

#: Adapters in the prompt -> share of its recommended weight that each gets. What people write (mean weight of each
#: adapter over 3,000 prompts, `benchmarks/weight_budget.py`): 0.83 alone, 0.69 of two, 0.57 of three or four. The paper
#: takes 0.8 / number of adapters of a keyword, which starves them: 0.27 each of three.
SHARE = (1.0, 0.83, 0.68)

_LEAST = 0.05  # below it an adapter does nothing to be seen


def share(recommended: Sequence[float], present: Sequence[float], strength: float, budget: float) -> list[float]:
    """The weights to write for adapters with these recommended weights.

    `present`: weights of the adapters that the prompt has; they are left alone and count against the budget. The sum of
    all absolute weights stays within `budget` as far as what is present leaves room.
    """
    count = len(recommended) + len(present)
    factor = strength * SHARE[min(max(count, 1), len(SHARE)) - 1]
    weights = [w * factor for w in recommended]
    room = max(0.0, budget - sum(abs(w) for w in present))
    total = sum(abs(w) for w in weights)
    if total > room and total > 0:
        weights = [w * room / total for w in weights]
    # rounded towards zero, so that the rounded weights keep to the budget too
    return [int(w * 100 + (1e-6 if w > 0 else -1e-6)) / 100 if total > room else round(w, 2) for w in weights]


def is_written(weight: float) -> bool:
    """Whether a weight is large enough to be worth a tag."""
    return abs(weight) >= _LEAST


def written(weight: float) -> str:
    """At most two decimals, no trailing zeros, a point in every locale: "0.8", "1", "0.65"."""
    return f"{weight:.2f}".rstrip("0").rstrip(".")
