"""What several parts of the page say alike."""

from __future__ import annotations

from collections.abc import Iterable

from stylus_study.evaluation.statistics import Estimate
from stylus_study.report.tables import Measure

#: The guidance scale at which systems are compared in the first place, where a study has several.
_USUAL_CFG = 7.0


def shown_cfg(cfgs: Iterable[float]) -> float | None:
    """The CFG value that stands for a study: the one nearest to 7, whatever the results are."""
    return min(cfgs, key=lambda cfg: (abs(cfg - _USUAL_CFG), cfg), default=None)


def verdict(difference: Estimate, measure: Measure) -> tuple[str, str]:
    """A sign and words for a difference to the base model: it is clear if its interval leaves out 0."""
    if difference.low is None or difference.high is None:
        return "", "without an interval"
    if difference.low <= 0 <= difference.high:
        return "≈", "no clear difference"
    return ("▲", "better") if difference.value * measure.better > 0 else ("▼", "worse")


def signed(value: float, measure: Measure) -> str:
    """A difference with its sign."""
    rounded = round(value, measure.digits) + 0.0  # no minus before a zero
    return f"{rounded:+.{measure.digits}f}".replace("-", "−")


def checkpoint_label(name: str) -> str:
    """A checkpoint's name, for people."""
    return name or "the checkpoint that was loaded"


def plural(count: int, noun: str) -> str:
    """A count and its noun, e.g. `1,200 prompts`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
