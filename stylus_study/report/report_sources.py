"""What the report is made from: the files of the steps before it, checked, since they may come from strangers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stylus_study.evaluation.statistics import Estimate
from stylus_study.study.finite_numbers import number, parse
from stylus_study.study.types import JUDGE, METRICS, VOTES, StudyPicture, StudyPlan

_MAX_BYTES = 2**28  # bytes of a file of results that are read
_STEPS = {METRICS: "metrics", JUDGE: "judge", VOTES: "vote"}


@dataclass(frozen=True, slots=True)
class Sources:
    """All that is known of a study. `metrics`, `judge` and `votes` are empty where their file cannot be had."""

    plan: StudyPlan
    pictures: Sequence[StudyPicture]
    metrics: Mapping[str, Any] = field(default_factory=dict)
    judge: Mapping[str, Any] = field(default_factory=dict)
    votes: Mapping[str, Any] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)  # file -> why it cannot be had, and the way out
    unusable: Mapping[str, int] = field(default_factory=dict)  # file -> how many of its numbers are left out

    def label(self, system: str) -> str:
        """What people call a system; its name if the plan has it not."""
        return next((s.label or s.name for s in self.plan.systems if s.name == system), system)

    def order(self, system: str) -> int:
        """A system's place in the plan; those that are not in it come last."""
        return next((n for n, s in enumerate(self.plan.systems) if s.name == system), len(self.plan.systems))


def read_sources(folder: Path, plan: StudyPlan, pictures: Sequence[StudyPicture]) -> Sources:
    """What the steps left in a study's folder. Never fails: what cannot be read becomes a problem with a way out."""
    found, problems, unusable = {}, {}, {}
    for name, step in _STEPS.items():
        path = folder / name
        command = f"stylus study {step} {folder.name or folder}"
        if not path.exists():
            problems[name] = f"`{command}` makes this part."
            continue
        numbers: list[str] = []
        value = _object(path, numbers)
        if value is None or not isinstance(value.get("rows"), list):
            problems[name] = f"{name} is not what this program wrote: delete it, then `{command}` makes it anew."
            continue
        found[name] = value
        if numbers:
            unusable[name] = len(numbers)
    return Sources(
        plan, pictures, found.get(METRICS, {}), found.get(JUDGE, {}), found.get(VOTES, {}), problems, unusable
    )


def rows(source: Mapping[str, Any], *named: str) -> list[Mapping[str, Any]]:
    """The rows of a file that say which system they are about, and what else must be `named`."""
    listed = source.get("rows")
    return [
        row
        for row in (listed if isinstance(listed, list) else ())
        if isinstance(row, Mapping) and all(isinstance(row.get(key), str) for key in ("system", *named))
    ]


def estimate(given: Any) -> Estimate | None:
    """The estimate that a file gives, or None where there is none or it is no number."""
    if not isinstance(given, Mapping):
        return None
    value, low, high = (number(given.get(key)) for key in ("value", "low", "high"))
    if value is None:
        return None
    return Estimate(value) if low is None or high is None else Estimate(value, low, high)


def count(value: Any) -> int:
    """A whole number from 0; 0 for anything else."""
    found = number(value)
    return int(found) if found is not None and found > 0 else 0


def _object(path: Path, unusable: list[str]) -> dict[str, Any] | None:
    try:
        with path.open("rb") as file:
            value = parse(file.read(_MAX_BYTES), unusable)
    except (OSError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
