"""How long each stage of a search takes."""

from __future__ import annotations

import time


class Clock:
    """Milliseconds a stage."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._at = time.perf_counter()

    def lap(self, name: str) -> None:
        """Ends a stage.

        Args:
            name: of the stage; what takes several turns is added up.
        """
        now = time.perf_counter()
        self.laps[name] = self.laps.get(name, 0.0) + (now - self._at) * 1000
        self._at = now
