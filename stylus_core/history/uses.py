"""How the user used each adapter, counted over the prompts of the own pictures."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import permutations

from stylus_core.generation_data import AdapterUse
from stylus_core.history.records import OwnPrompt, OwnUse

_TOGETHER = 8  # names that are kept of those that were used with an adapter
#: A picture with more adapters than this says nothing of which go together, and its pairs would be thousands.
_COMBINED = 24


class UseCounter:
    """Counts the uses of one adapter, prompt by prompt.

    Attributes:
        pictures: that it is in.
        picked: those of them in which Stylus had picked it.
        last_at: when it was used last, seconds since 1970.
        weights: in how many pictures it has which weight.
        together: in how many pictures which other adapter, by id, is with it.
    """

    def __init__(self) -> None:
        self.pictures = self.picked = 0
        self.last_at = 0.0
        self.weights: Counter[float] = Counter()
        self.together: Counter[int] = Counter()
        self._prompts: set[str] = set()

    def count(self, prompt: OwnPrompt, found: Collection[AdapterUse]) -> None:
        """Adds a prompt of which some uses mean this adapter."""
        self.pictures += prompt.pictures
        self.last_at = max(self.last_at, prompt.last_at)
        self._prompts.add(" ".join(prompt.prompt.casefold().split()))
        if any(use.picked for use in found):
            self.picked += prompt.pictures
        for weight in {use.weight for use in found}:
            if math.isfinite(weight):
                self.weights[weight] += prompt.pictures

    def use(self, name: Callable[[int], str]) -> OwnUse:
        """What was counted so far, with the adapters that it was used with by name."""
        named = ((name(other), count) for other, count in self.together.items())
        often = sorted((pair for pair in named if pair[0]), key=lambda pair: (-pair[1], pair[0]))
        return OwnUse(
            pictures=self.pictures,
            prompts=len(self._prompts),
            last_at=self.last_at,
            weights=_spread(self.weights),
            together=tuple(often[:_TOGETHER]),
            picked=self.picked,
        )


def uses(
    prompts: Iterable[OwnPrompt], ids: Callable[[AdapterUse], Collection[int]], name: Callable[[int], str]
) -> dict[int, OwnUse]:
    """How the user used each adapter of a library.

    Args:
        prompts: of the user's own pictures.
        ids: which adapters of the library a picture's use means; it is asked once for each way of naming one.
        name: what the host calls an adapter, by its id; "" where the library has none of that id any more.

    Returns:
        The use of every adapter that is in a picture, by its id; the one used most comes first.
    """
    counted = count_uses(prompts, ids)
    ordered = sorted(counted, key=lambda id_: (-counted[id_].pictures, -counted[id_].last_at, id_))
    return {id_: counted[id_].use(name) for id_ in ordered}


def count_uses(prompts: Iterable[OwnPrompt], ids: Callable[[AdapterUse], Collection[int]]) -> dict[int, UseCounter]:
    """The same as `uses`, with everything that was counted."""
    counted: dict[int, UseCounter] = {}
    for prompt, found in meant(prompts, ids):
        for id_, mine in found.items():
            counted.setdefault(id_, UseCounter()).count(prompt, mine)
        for one, other in permutations(found, 2) if len(found) <= _COMBINED else ():
            if _apart(found[one], found[other]):
                counted[one].together[other] += prompt.pictures
    return counted


def meant(
    prompts: Iterable[OwnPrompt], ids: Callable[[AdapterUse], Collection[int]]
) -> Iterator[tuple[OwnPrompt, dict[int, list[AdapterUse]]]]:
    """Each prompt of which there are pictures, with its uses by the adapters of the library that they mean.

    Args:
        prompts: as `uses` takes them.
        ids: as `uses` takes it.

    Yields:
        The prompt, and its uses by adapter id.
    """
    known: dict[tuple[str, str, int | None], Collection[int]] = {}
    for prompt in prompts:
        if prompt.pictures < 1:
            continue
        found: dict[int, list[AdapterUse]] = {}
        for use in prompt.adapters:
            key = (use.name, use.hash, use.version_id)
            if key not in known:
                known[key] = frozenset(ids(use))
            for id_ in known[key]:
                found.setdefault(id_, []).append(use)
        yield prompt, found


def _apart(one: list[AdapterUse], other: list[AdapterUse]) -> bool:
    """Whether two adapters were used: two files that one use may mean were not used together."""
    if len(one) == len(other) == 1:
        return one[0] is not other[0]
    return len({(use.name, use.hash, use.version_id) for use in (*one, *other)}) > 1


def _spread(weights: Counter[float]) -> tuple[float, float, float] | None:
    """The lowest, the median and the highest of weights, each as often as there are pictures with it."""
    if not weights:
        return None
    ordered = sorted(weights)
    total, seen = weights.total(), 0
    middle: list[float] = []
    for weight in ordered:
        seen += weights[weight]
        if not middle and seen * 2 >= total:
            middle.append(weight)
        if seen * 2 > total:
            middle.append(weight)
            break
    return ordered[0], (middle[0] + middle[-1]) / 2, ordered[-1]
