"""One thing that the doctor looked at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    level: str  # "ok", "note" or "broken": only what is broken keeps something from working
    subject: str
    message: str
    remedy: str = ""  # what to do
    details: tuple[str, ...] = ()  # one line a file
