"""A server that failed again and again, or let its time pass once, rests, so that nobody waits for it in vain."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_AFTER = 3  # failures in a row
NEVER = 2**31  # for runs of many calls, which decide themselves when a server is given up
_FIRST, _LONGEST = 60.0, 600.0  # seconds of rest


class CircuitBreaker:
    """Counts failures in a row. After a rest one call may try; if it fails, the next rest is twice as long."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, after: int = _AFTER) -> None:
        self._clock = clock
        self._after = after
        self._lock = threading.Lock()
        self._failures = 0
        self._until = 0.0
        self._length = 0.0
        self._why = ""

    def resting(self) -> str:
        """Why no call may be made now and for how long, as one sentence; "" if one may."""
        with self._lock:
            left = self._until - self._clock()
            return f"{self._why}; it is left alone for another {left:.0f} s" if left > 0 else ""

    def failed(self, why: str, *, late: bool = False) -> None:
        """Counts a failure; from the third in a row on the server rests.

        Args:
            why: one sentence, with which `resting` begins.
            late: it cost the whole time of a call: the server rests after the first of these.
        """
        with self._lock:
            self._failures += 1
            self._why = why
            needed = 1 if late and self._after != NEVER else self._after
            if self._failures >= needed and self._clock() >= self._until:
                self._length = min(_LONGEST, self._length * 2 or _FIRST)
                self._until = self._clock() + self._length

    def answered(self) -> None:
        """Forgets all failures: the server is there."""
        with self._lock:
            self._failures, self._until, self._length, self._why = 0, 0.0, 0.0, ""
