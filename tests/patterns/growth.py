"""How the work of a pattern grows with the text, and what it costs at most for each character of it."""

from __future__ import annotations

import re
from typing import NamedTuple

from tests.patterns.counting import CountedPattern
from tests.patterns.pumps import Pump, pumps

_TIMES = 8  # pieces of the shortest text
_BOUND = 3  # repetitions that are not without end are taken to be of so many at most, so that eight are many
_LITTLE = 4  # steps for each character: no further text is tried
_STEADY = 1.2  # as many pieces more may cost so many times what those before cost
_MANY = 8  # repetitions that may make a pattern dear
_CHARS, _TEXTS = 120, 60


class Growth(NamedTuple):
    """The text on which the work of a pattern grows fastest."""

    ratio: float  # of what the last third of it costs to what the second costs; 1 where it is linear
    pump: Pump

    @property
    def linear(self) -> bool:
        """Whether the work grows as the text does."""
        return self.ratio <= _STEADY


def growth(pattern: re.Pattern[str], *, everywhere: bool = True, whole: bool = False) -> Growth:
    """How the steps grow in the worst case that is found.

    Args:
        pattern: compiled.
        everywhere: whether it is looked for from each place of a text, as `sub` does, and not only at the beginning.
        whole: whether the match has to end with the text.
    """
    worst = Growth(1.0, Pump("", "", "", ""))
    made = pumps(pattern)
    if not made:
        return worst
    machine = CountedPattern(pattern, _BOUND, whole=whole)
    for pump in made:
        long = pump.text(3 * _TIMES)
        last = machine.steps(long, everywhere=everywhere)
        if last <= _LITTLE * len(long):
            continue
        first, second = (machine.steps(pump.text(n * _TIMES), everywhere=everywhere) for n in (1, 2))
        ratio = (last - second) / max(second - first, 1)
        if ratio > worst.ratio and last - second > second - first + _TIMES:
            worst = Growth(ratio, pump)
    return worst


def dearest(pattern: re.Pattern[str], chars: int = _CHARS, *, everywhere: bool = True, whole: bool = False) -> int:
    """Steps on a text of so many characters, in the worst case that is found."""
    made = pumps(pattern, _MANY)[:_TEXTS]
    if not made:
        return 0
    machine = CountedPattern(pattern, whole=whole)
    texts = (p.text(max(1, (chars - len(p.head + p.tail)) // len(p.piece + p.middle))) for p in made)
    return max(machine.steps(text, everywhere=everywhere) for text in texts)
