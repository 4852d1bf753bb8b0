"""What the user did to picks, and what that decides for prompts that are like those."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from statistics import median
from typing import NamedTuple

from stylus_core.generation_data import AdapterUse
from stylus_core.history.prompt_texts import PromptTexts, words_of
from stylus_core.history.records import BANNED, KEPT, PINNED, REMOVED, WANTED, WEIGHED, Correction

#: How like a prompt has to be to one that was corrected, and from where on it counts as that one. Between them a
#: correction counts half of how like the two are; five that are hardly like it decide as one of the very prompt does.
_ALIKE, _SAME, _LEAST = 0.2, 0.7, 0.21


class Verdict(NamedTuple):
    """What corrections say of one adapter for one prompt.

    Attributes:
        removed: how surely it is not wanted; from 1 on it is not picked.
        removals: prompts like this one for which it was removed.
        wanted: how surely it is.
        weight: that the user set in prompts like this one; None: none was set.
    """

    removed: float = 0.0
    removals: int = 0
    wanted: float = 0.0
    weight: float | None = None


class CorrectedPrompts:
    """The corrections of one user, of which the last of each adapter in each prompt counts.

    Pins and bans are said for every prompt, and a ban comes before all else.

    Args:
        corrections: in any order.
        ids: which adapters of the library a use means.
    """

    def __init__(self, corrections: Sequence[Correction], ids: Callable[[AdapterUse], Collection[int]]) -> None:
        verdicts: dict[tuple[frozenset[str], int], tuple[Correction, int]] = {}
        weights: dict[tuple[frozenset[str], int], tuple[Correction, int]] = {}
        self._always: dict[int, str] = {}  # said for every prompt, be it like the one at hand or not
        for c in sorted(corrections, key=lambda c: (c.at, c.id)):
            words = words_of(c.prompt)
            for number in ids(AdapterUse(c.adapter, hash=c.hash)):
                if c.action in (PINNED, BANNED):
                    self._always[number] = c.action
                else:
                    (weights if c.action == WEIGHED else verdicts)[words, number] = c, number
        self._rows = [*verdicts.values(), *weights.values()]
        self._texts = PromptTexts([words for words, _ in (*verdicts, *weights)])

    def __len__(self) -> int:
        return len(self._rows) + len(self._always)

    def like(self, words: frozenset[str]) -> dict[int, Verdict]:
        """What is decided for a prompt.

        Args:
            words: of the prompt, see `prompt_texts.words_of`.

        Returns:
            By adapter, for those that were corrected in prompts like it, or for every prompt.
        """
        out = {number: Verdict(wanted=1.0) for number, said in self._always.items() if said == PINNED}
        if not self._rows:
            return out | self._banned()
        weights: dict[int, list[float]] = {}
        for (correction, number), like in zip(self._rows, self._texts.likeness(words).tolist(), strict=True):
            if like < _ALIKE:
                continue
            counts = 1.0 if like >= _SAME else max(_LEAST, like / 2)
            known = out.get(number, Verdict())
            if correction.action == WEIGHED:
                if correction.weight is not None and like >= _SAME:
                    weights.setdefault(number, []).append(correction.weight)
            elif correction.action == REMOVED:
                known = known._replace(removed=known.removed + counts, removals=known.removals + 1)
            elif correction.action in (KEPT, WANTED):
                known = known._replace(wanted=known.wanted + counts)
            out[number] = known
        for number, some in weights.items():
            out[number] = out[number]._replace(weight=median(some))
        # Who removed it in one prompt and put it into another like it wants neither for good.
        out = {
            n: v._replace(removed=max(0.0, v.removed - v.wanted), wanted=max(0.0, v.wanted - v.removed))
            for n, v in out.items()
        }
        return out | self._banned()

    def _banned(self) -> dict[int, Verdict]:
        return {n: Verdict(removed=1.0, removals=1) for n, said in self._always.items() if said == BANNED}
