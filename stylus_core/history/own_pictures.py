"""The user's own pictures, ready to be asked: what was used, how lately, and with which prompts.

A use counts by what came after it: half as much for every ten different prompts since, and half as much for every
year. Adapters that Stylus picked count half, and only in pictures that are older than a day and still there: nobody has
looked at a picture that was made this minute, and what we picked must not prove us right.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from statistics import median
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stylus_core.generation_data import AdapterUse
from stylus_core.history.prompt_texts import PromptTexts, words_of
from stylus_core.history.records import OwnPrompt
from stylus_core.own_evidence import OwnWeight
from stylus_core.rewriter.weights import share_of

#: Different prompts, and seconds, after which a use counts half as much as at first.
HALF_PROMPTS, HALF_LIFE = 10.0, 365 * 86400.0
#: How much a use counts that Stylus picked, and how old the picture has to be, in seconds.
PICKED, KEPT_AFTER = 0.5, 86400.0
#: From here on a prompt is like another: half of what either says is said by the other too, "masterpiece" aside.
LIKE = 0.3
_SHARPNESS = 4  # of the votes: those of the nearest prompts count most
_LEAST_VOTE = 1e-3  # that is worth telling


class AdapterHabit(NamedTuple):
    """How an adapter was used, whatever the prompt.

    Attributes:
        pictures: that have it.
        prompts: different ones that have it.
        ever: 1 for one that was just used, half of it a year later.
        share: of the latest uses of all adapters, 0 to 1.
        recency: 1 for one of the last prompt, 1/2 for one of the prompt before it, and so on.
        weight: at which weight; None where nothing was written by the user.
    """

    pictures: int
    prompts: int
    ever: float
    share: float
    recency: float
    weight: float | None


class LikePrompts(NamedTuple):
    """What the prompts that are like a new one say of one adapter.

    Attributes:
        vote: its share of the votes of all prompts, the nearest having most of them.
        pictures: with prompts like the new one that have it.
        prompts: different ones of these.
        share: of all prompts like it, weighed by how like they are.
    """

    vote: float = 0.0
    pictures: int = 0
    prompts: int = 0
    share: float = 0.0


class OwnPictures:
    """Of one user.

    Args:
        prompts: in any order.
        ids: which adapters of the library a use means.
        recommended: weight of an adapter by its id, alone in a prompt, for whoever has no habits.
        now: seconds since 1970; None: the time.
    """

    def __init__(
        self,
        prompts: Sequence[OwnPrompt],
        ids: Callable[[AdapterUse], Collection[int]],
        recommended: Callable[[Sequence[int]], dict[int, float]] = lambda ids: {},
        now: float | None = None,
    ) -> None:
        now = time.time() if now is None else now
        self._prompts = sorted(prompts, key=lambda p: (p.last_at, p.id))
        self._texts = PromptTexts([words_of(p.prompt) for p in self._prompts])
        rows = [
            (n, i, factor, None if use.picked else use.weight / share_of(len(p.adapters)))
            for n, p in enumerate(self._prompts)
            for use in p.adapters
            if (factor := _factor(p, use, now))
            for i in sorted(ids(use))
        ]
        self.adapters, self._which = np.unique(np.array([r[1] for r in rows], np.int64), return_inverse=True)
        self._of = np.array([r[0] for r in rows], np.int64)
        self._factor = np.array([r[2] for r in rows], np.float32)
        self._pictures = np.array([p.pictures for p in self._prompts], np.int64)
        age = np.array([max(0.0, now - p.last_at) for p in self._prompts])
        self.habits = self._habits(age, [r[3] for r in rows])
        self.usual_weight = self._usual([(r[1], r[3]) for r in rows if r[3] is not None], recommended)

    def __len__(self) -> int:
        return len(self._prompts)

    def _habits(self, age: NDArray[np.float64], weights: Sequence[float | None]) -> dict[int, AdapterHabit]:
        n, m = len(self.adapters), len(self._prompts)
        ago = m - 1 - self._of
        fresh = 0.5 ** (ago / HALF_PROMPTS + age[self._of] / HALF_LIFE) * self._factor
        shares = np.bincount(self._which, fresh, n)
        share = shares / max(float(shares.sum()), 1e-9)
        last, lately = np.zeros(n), np.zeros(n)
        np.maximum.at(last, self._which, 0.5 ** (age[self._of] / HALF_LIFE) * self._factor)
        np.maximum.at(lately, self._which, self._factor / (1 + ago))
        pictures = np.bincount(self._which, self._pictures[self._of], n)
        prompts = np.bincount(self._which, minlength=n)
        written: dict[int, list[float]] = {}
        for which, weight in zip(self._which.tolist(), weights, strict=True):
            if weight is not None:
                written.setdefault(which, []).append(weight)
        return {
            int(number): AdapterHabit(
                int(pictures[i]),
                int(prompts[i]),
                float(last[i]),
                float(share[i]),
                float(lately[i]),
                median(written[i]) if i in written else None,
            )
            for i, number in enumerate(self.adapters.tolist())
        }

    @staticmethod
    def _usual(
        written: Sequence[tuple[int, float]], recommended: Callable[[Sequence[int]], dict[int, float]]
    ) -> OwnWeight:
        """How the user takes adapters in general."""
        if not written:
            return OwnWeight()
        known = recommended(sorted({number for number, _ in written}))
        ratios = [weight / known[number] for number, weight in written if known.get(number, 0) > 0 and weight > 0]
        return OwnWeight(
            usual=median(weight for _, weight in written),
            ratio=median(ratios) if ratios else 1.0,
            others=len(written),
        )

    def like(self, words: frozenset[str]) -> dict[int, LikePrompts]:
        """What the prompts that are like a new one say.

        Args:
            words: of the new prompt, see `words_of`.

        Returns:
            By adapter, for those that have any vote.
        """
        if not len(self.adapters):
            return {}
        likeness = self._texts.likeness(words)
        vote = likeness**_SHARPNESS
        near = np.where(likeness >= LIKE, likeness, 0)
        n = len(self.adapters)
        voted = np.bincount(self._which, vote[self._of] * self._factor, n)
        votes = voted / max(float(voted.sum()), 1e-9)
        shares = np.bincount(self._which, near[self._of] * self._factor, n) / max(float(near.sum()), 1e-9)
        there = near[self._of] > 0
        pictures = np.bincount(self._which[there], self._pictures[self._of[there]], n)
        prompts = np.bincount(self._which[there], minlength=n)
        return {
            int(self.adapters[i]): LikePrompts(float(votes[i]), int(pictures[i]), int(prompts[i]), float(shares[i]))
            for i in np.flatnonzero((votes > _LEAST_VOTE) | (prompts > 0)).tolist()
        }

    def weight(self, adapter: int) -> OwnWeight | None:
        """At which weight the user takes an adapter.

        Args:
            adapter: its id.

        Returns:
            None where the user never wrote any weight.
        """
        if not self.usual_weight.others:
            return None
        habit = self.habits.get(adapter)
        if habit is None or habit.weight is None:
            return self.usual_weight
        return self.usual_weight._replace(median=habit.weight, prompts=habit.prompts)


def _factor(prompt: OwnPrompt, use: AdapterUse, now: float) -> float:
    if not use.picked:
        return 1.0
    return PICKED if now - prompt.first_at >= KEPT_AFTER else 0.0
