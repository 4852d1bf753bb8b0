"""The curves of an evaluation as SVG files, drawn by matplotlib where it is installed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stylus_study.evaluation.evaluation_result import Evaluation
from stylus_study.evaluation.judged_metrics import Judged
from stylus_study.evaluation.ranking_report import CURVE

MISSING = "no plots were drawn: pip install matplotlib"

_MARKERS = "osv^D<>pX*"


def can_draw() -> bool:
    """Whether matplotlib is there."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        return False
    return True


def draw(found: Evaluation, folder: Path) -> list[Path]:
    """Recall over depth for each set, precision and recall of the local composer, picks by kind, reliability.

    Returns the files.
    """
    if not can_draw():
        return []
    from matplotlib.figure import Figure

    made = []

    def keep(figure: Any, name: str) -> None:
        path = folder / f"{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}.svg"
        figure.savefig(path, format="svg", bbox_inches="tight")
        made.append(path)

    for name, systems in found.ranked.items():
        figure = Figure(figsize=(7, 4.5))
        axes = figure.subplots()
        for n, (system, ranked) in enumerate(systems.items()):
            axes.plot(CURVE, ranked.curve, marker=_MARKERS[n % len(_MARKERS)], markersize=4, label=system)
        axes.set(xscale="log", xlabel="candidates", ylabel="recall", ylim=(0, 1), title=name)
        axes.set_xticks(CURVE, [str(k) for k in CURVE])
        axes.minorticks_off()
        axes.grid(alpha=0.3)
        axes.legend(fontsize=7, loc="upper left")
        keep(figure, f"recall-{name}")
    known = {name: points for name, points in found.curves.items() if any(p.hit for p in points)}
    if known:
        figure = Figure(figsize=(7, 4.5))
        axes = figure.subplots()
        for n, (name, points) in enumerate(known.items()):
            x, y = [p.hit for p in points], [p.precision for p in points]
            axes.plot(x, y, marker=_MARKERS[n % len(_MARKERS)], markersize=4, label=name)
        axes.set(xlabel="prompts with a right pick", ylabel="of the picks, right", xlim=(0, None), ylim=(0, None))
        axes.set_title("Local composer over its confidence")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=7)
        keep(figure, "composer")
    for name, composers in found.chosen.items():
        kinds = sorted({k for c in composers.values() for k in c.kinds})
        if not kinds:
            continue
        figure = Figure(figsize=(7, 4))
        axes = figure.subplots()
        width = 0.8 / len(composers)
        for n, (composer, c) in enumerate(composers.items()):
            shares = [good / number if number else 0.0 for number, good in (c.kinds.get(k, (0, 0)) for k in kinds)]
            axes.bar([i + n * width for i in range(len(kinds))], shares, width, label=composer)
        axes.set_xticks([i + 0.4 - width / 2 for i in range(len(kinds))], kinds, rotation=45, ha="right")
        axes.set(ylabel="of the picks, right", title=name)
        axes.legend(fontsize=7)
        keep(figure, f"kinds-{name}")
    if found.judged is not None and found.judged.reliable:
        keep(_reliability(found.judged.reliable), "reliability")
    return made


def _reliability(systems: Mapping[str, Judged]) -> Any:
    """What picks of one confidence are worth; a dot's area is its number of picks."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.5, 5.5))
    axes = figure.subplots()
    axes.plot((0, 1), (0, 1), color="grey", linewidth=1, linestyle="--")
    for n, (system, judged) in enumerate(systems.items()):
        bins = judged.bins
        x, y = [b.confidence for b in bins], [b.wanted for b in bins]
        largest = max(b.number for b in bins)
        (line,) = axes.plot(x, y, label=system)
        areas = [12 + 150 * b.number / largest for b in bins]
        axes.scatter(x, y, areas, color=line.get_color(), marker=_MARKERS[n % len(_MARKERS)], alpha=0.7)
    axes.set(xlabel="mean confidence", ylabel="wanted", xlim=(0, 1), ylim=(0, 1), title="Reliability of judged picks")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=7, loc="upper left")
    return figure
