"""What a study is made of, and what each of its steps leaves in the study's folder for the next.

    plan.json           the resolved plan (`Plan`), written when the study starts
    pictures/, results.jsonl   as `stylus batch` writes them, one record a picture (`Picture` is read from it)
    metrics.json        `stylus study metrics`
    judge.json          `stylus study judge`
    votes.json          `stylus study vote`, summed up from votes.sqlite
    report/index.html   `stylus study report`
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: The system that the others are compared with: the prompt as it is.
BASE = "base"

PLAN, METRICS, JUDGE, VOTES, REPORT = "plan.json", "metrics.json", "judge.json", "votes.json", "report"


@dataclass(frozen=True, slots=True)
class System:
    """One way to choose adapters. `label` is for people, `name` for files: letters, digits, `-` and `_`."""

    name: str
    label: str
    options: dict[str, Any] = field(default_factory=dict)  # of the selection; empty for the base model
    descriptions: str = "metadata"  # metadata, none, or the name of a refiner's descriptions


@dataclass(frozen=True, slots=True)
class Plan:
    """A study with nothing left open. Every system gets the same prompts, CFG values, seeds and checkpoints."""

    name: str
    systems: tuple[System, ...]
    prompts: tuple[tuple[str, str], ...]  # (id, text)
    cfgs: tuple[float, ...]
    seeds: tuple[int, ...]
    checkpoints: tuple[str, ...]  # "" is the one that is loaded
    settings: dict[str, Any] = field(default_factory=dict)  # steps, width, height, negative, ...

    @property
    def size(self) -> int:
        """Pictures in the whole study."""
        return len(self.systems) * len(self.prompts) * len(self.cfgs) * len(self.seeds) * len(self.checkpoints)


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a picture belongs. Cells that differ in `system` alone are a pair: same prompt, CFG, seed, checkpoint."""

    system: str
    prompt: str  # id
    cfg: float
    seed: int
    checkpoint: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was made."""

    cell: Cell
    path: Path  # may be gone or broken by the time it is read
    sha256: str
    used_prompt: str
    picks: tuple[dict[str, Any], ...] = ()  # name, weight, keyword, reason, title, kind
    notes: tuple[str, ...] = ()
    seconds: float = 0.0  # of the request
    timings: dict[str, float] = field(default_factory=dict)  # stage of the selection -> milliseconds
