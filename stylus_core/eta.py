"""How long the rest takes, told while it is done."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

_WINDOW = 64  # the last so many count
_FIRST = 3  # so many before a guess is worth saying


class Eta:
    """Says how long the rest takes, from how long the last ones took by the clock, all workers together.

    Args:
        clock: seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._times: deque[float] = deque(maxlen=_WINDOW)
        self._left = 0

    def start(self, left: int) -> None:
        """Begins to measure.

        Args:
            left: how many there are to do.
        """
        with self._lock:
            self._left = left
            self._times.clear()
            self._times.append(self._clock())

    def step(self) -> None:
        """One was done."""
        with self._lock:
            self._left -= 1
            self._times.append(self._clock())

    def seconds(self) -> float | None:
        """Until the last one; None before there is anything to tell from."""
        with self._lock:
            done = len(self._times) - 1
            if done < _FIRST:
                return None
            return max(0, self._left) * (self._times[-1] - self._times[0]) / done

    def said(self, stage: str) -> str:
        """Adds the time that is left to the name of a stage.

        Args:
            stage: what is being done.

        Returns:
            "STAGE, about TIME left", and the stage alone where nothing is known yet.
        """
        left = self.seconds()
        return stage if left is None else f"{stage}, about {duration(left)} left"


def duration(seconds: float) -> str:
    """Says how long something takes, as exactly as an estimate is.

    Args:
        seconds: the estimate.

    Returns:
        In seconds below two minutes, in minutes below two hours, else in hours: "90 s", "15 min", "3.5 h".
    """
    minutes = seconds / 60
    return f"{seconds:.0f} s" if minutes < 2 else f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"
