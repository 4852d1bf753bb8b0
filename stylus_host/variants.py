"""Subsets of the picks for the batches of one job: the masks of the Stylus paper (Luo et al. 2024, section 3.3).

The sets of masks are those of the research code's `one_hot_loras` and `one_hot_concepts`, every on/off combination of
adapters or of keywords, in an order that serves a job of few batches: single ones first, nothing at all last.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from stylus_core.option_values import Option
from stylus_core.types import Pick

#: What pictures of one job can differ in.
VARIANTS = ("all", "one-hot per adapter", "one-hot per keyword")

#: The row of this for a host's table of options.
OPTION = Option(
    "variants",
    "choice",
    "all",
    "Variants",
    "What the batches of one job use: every pick, or other subsets of them in an order of the seed.",
    VARIANTS,
    hint="Which picks each batch of a job uses.",
)


def subsets(picks: Sequence[Pick], strategy: str, batches: int, seed: int) -> list[tuple[Pick, ...]]:
    """Divides the picks among batches.

    No two batches are equal until every subset was used; then the order starts anew.

    Args:
        picks: all of them.
        strategy: one of `VARIANTS`.
        batches: how many there are.
        seed: decides the order.

    Returns:
        The picks of each batch; equal arguments give equal answers.
    """
    everything = tuple(picks)
    if strategy == "all" or not picks:
        return [everything] * batches
    if strategy == "one-hot per keyword":
        groups = [tuple(p for p in picks if p.keyword == word) for word in dict.fromkeys(p.keyword for p in picks)]
    else:  # two files that belong together are one adapter
        firsts = dict.fromkeys(p.belongs_to or p.name for p in picks)
        groups = [tuple(p for p in picks if (p.belongs_to or p.name) == first) for first in firsts]
    order = _masks(len(groups), min(batches, 2 ** len(groups)), random.Random(f"{seed} {strategy}"))
    chosen = [{id(p) for i in mask for p in groups[i]} for mask in order]
    return [tuple(p for p in everything if id(p) in chosen[b % len(chosen)]) for b in range(batches)]


def _masks(groups: int, wanted: int, rng: random.Random) -> list[tuple[int, ...]]:
    """`wanted` different subsets of `range(groups)`: shuffled within each size, sizes ascending, the empty one last."""
    out: list[tuple[int, ...]] = []
    for size in range(1, groups + 1):
        available = math.comb(groups, size)
        needed = min(wanted - len(out), available)
        seen: dict[tuple[int, ...], None] = {}
        while len(seen) < needed:  # few groups (an option limits them), so repeats are soon over
            seen[tuple(sorted(rng.sample(range(groups), size)))] = None
        out += seen
        if len(out) >= wanted:
            return out
    return [*out, ()]
