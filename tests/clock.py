"""Time as tests have it: a clock that stands still unless somebody sleeps, and waiting for what has no event."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

HANG = 300.0  # seconds after which a test that waits has failed; what works is far from it on a busy machine too
_TICK = 0.001


@dataclass
class FakeClock:
    """Reads a thousandth of a second later each time, and later by what was slept.

    Attributes:
        now: seconds.
        slept: the seconds of each sleep.
    """

    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        self.now += _TICK
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def until(reached: Callable[[], object], what: str = "it") -> None:
    """Returns once `reached` gives something true; fails where that hangs."""
    ends = time.monotonic() + HANG
    while not reached():
        assert time.monotonic() < ends, f"{what} never came"
        time.sleep(0.005)
