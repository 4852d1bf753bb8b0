"""What a topic tried and what went wrong, in the same words for all of them."""

from __future__ import annotations

import re
import resource
from collections import defaultdict
from pathlib import Path
from typing import Any

#: What may go wrong: work or a selection is gone; nothing came in time; what an attacker wanted came; a secret shows.
KINDS = ("lost", "hung", "hostile", "keys")
_SHOWN = 5  # failures of a kind that are told in full


class Tally:
    """Counts of one topic.

    Args:
        name: of the topic.
        wanted: how many tries the topic is to have at least.
    """

    def __init__(self, name: str, wanted: int) -> None:
        self.name, self.wanted, self.tried = name, wanted, 0
        self.failures: dict[str, list[str]] = defaultdict(list)
        self.notes: list[str] = []
        self._start = _peak()

    def fail(self, kind: str, sentence: str) -> None:
        """Counts a failure, one of `KINDS`."""
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is none of {KINDS}")
        self.failures[kind].append(sentence)

    @property
    def grown(self) -> float:
        """MB of memory at the peak, over what the process had when the tally began."""
        return max(0.0, _peak() - self._start)

    def told(self) -> dict[str, Any]:
        """All of it, as JSON takes it."""
        return {
            "topic": self.name,
            "tried": self.tried,
            "wanted": self.wanted,
            "grown": self.grown,
            "failed": {kind: len(self.failures[kind]) for kind in KINDS},
            "shown": [f"{kind}: {s}" for kind in KINDS for s in self.failures[kind][:_SHOWN]],
            "notes": self.notes,
        }


def _peak() -> float:
    status = Path("/proc/self/status")  # ru_maxrss starts with the parent's peak on Linux
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) / 1024  # type: ignore[index]
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
