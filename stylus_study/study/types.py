"""What a study is made of, and what each of its steps leaves in the study's folder for the next.

plan.json           the resolved plan (`StudyPlan`), written when the study starts
pictures/, results.jsonl   as `stylus batch` writes them, one record a picture (`StudyPicture` is read from it)
metrics.json        `stylus study metrics`
judge.json          `stylus study judge`
votes.json          `stylus study vote`, summed up from votes.sqlite
report/index.html   `stylus study report`

An estimate is `{"value": x, "low": x, "high": x}`, the 95% interval, and `null` where there is none. In the files:

metrics.json: `{"models": {...}, "reference": {"folder", "count"}, "missing": n, "broken": [picture file], "rows": [{
    "system", "checkpoint", "cfg", "pictures": n, "clip": estimate, "fid": estimate, "kid": estimate,
    "diversity": estimate, "clip_difference": estimate, "fid_difference": estimate, ... to the base model}],
    "pictures": {file: {"clip": x}}}`
judge.json: `{"model", "asked", "inconsistent", "rows": [{"system", "against", "criterion", "wins", "losses", "ties",
    "inconsistent", "rate": estimate, "score": x, "score_against": x}]}`
votes.json: `{"raters": n, "votes": n, "rows": [{"system", "against", "wins", "losses", "ties", "rate": estimate}],
    "agreement": {"name": "cohen" or "fleiss", "kappa": x or null, "items": n}}`
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: The system that the others are compared with: the prompt as it is.
BASE = "base"

PLAN, METRICS, JUDGE, VOTES, REPORT = "plan.json", "metrics.json", "judge.json", "votes.json", "report"


@dataclass(frozen=True, slots=True)
class StudySystem:
    """One way to choose adapters. `label` is for people, `name` for files: letters, digits, `-` and `_`."""

    name: str
    label: str
    options: dict[str, Any] = field(default_factory=dict)  # of the selection; empty for the base model
    descriptions: str = "metadata"  # metadata, none, library (as it stands), or a name of the plan's descriptions
    append: str = ""  # text after the prompt; the paper's systems with adapters have "realistic, best quality" there


@dataclass(frozen=True, slots=True)
class StudyPlan:
    """A study with nothing left open. Every system gets the same prompts, CFG values, seeds and checkpoints."""

    name: str
    systems: tuple[StudySystem, ...]
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
class GridCell:
    """Where a picture belongs. Cells that differ in `system` alone are a pair: same prompt, CFG, seed, checkpoint."""

    system: str
    prompt: str  # id
    cfg: float
    seed: int
    checkpoint: str


@dataclass(frozen=True, slots=True)
class StudyPicture:
    """A picture that was made."""

    cell: GridCell
    path: Path  # may be gone or broken by the time it is read
    sha256: str
    used_prompt: str
    picks: tuple[dict[str, Any], ...] = ()  # name, weight, keyword, reason, title, kind
    notes: tuple[str, ...] = ()
    seconds: float = 0.0  # of the request
    timings: dict[str, float] = field(default_factory=dict)  # stage of the selection -> milliseconds
