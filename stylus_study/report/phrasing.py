"""What several parts of the page say alike."""

from __future__ import annotations

import html
from collections.abc import Iterable

from stylus_study.evaluation.statistics import Estimate
from stylus_study.report.report_sources import Sources
from stylus_study.report.tables import Measure

#: The guidance scale at which systems are compared in the first place, where a study has several.
_USUAL_CFG = 7.0


def shown_cfg(cfgs: Iterable[float]) -> float | None:
    """The CFG value that stands for a study: the one nearest to 7, whatever the results are."""
    return min(cfgs, key=lambda cfg: (abs(cfg - _USUAL_CFG), cfg), default=None)


def verdict(found: Estimate, measure: Measure) -> tuple[str, str]:
    """A sign and words for a difference to the base model: it is clear if its interval leaves out 0."""
    if found.low is None or found.high is None:
        return "", "without an interval"
    if found.low <= 0 <= found.high:
        return "≈", "no clear difference"
    return ("▲", "better") if found.value * measure.better > 0 else ("▼", "worse")


def signed(value: float, measure: Measure) -> str:
    """A difference with its sign."""
    rounded = round(value, measure.digits) + 0.0  # no minus before a zero
    return f"{rounded:+.{measure.digits}f}".replace("-", "−")


def checkpoint(name: str) -> str:
    """A checkpoint's name, for people."""
    return name or "the checkpoint that was loaded"


def missing(sources: Sources, name: str, otherwise: str) -> str:
    """The sentence for a part whose file is not there; the command in it stands in backquotes."""
    said = html.escape(sources.problems.get(name, otherwise)).split("`")
    return f'<p class="missing">{"".join(f"<code>{s}</code>" if n % 2 else s for n, s in enumerate(said))}</p>'
