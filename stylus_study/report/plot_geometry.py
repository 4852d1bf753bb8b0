"""Where everything of the report's drawings lies, in units of their view box; the templates make SVG of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from stylus_study.evaluation.statistics import Estimate

COLOURS = 7  # classes s0 to s6 of the page
#: Marker shapes round a centre, by system: colour is never the only sign.
_MARKERS = (
    "M-5-5H5V5H-5Z",
    "M0-6.5A6.5 6.5 0 1 0 .01-6.5Z",
    "M0-7L6.5 5H-6.5Z",
    "M0-7L6.5 0L0 7L-6.5 0Z",
    "M0 7L6.5-5H-6.5Z",
    "M-6-2H-2V-6H2V-2H6V2H2V6H-2V2H-6Z",
    "M0-7L6.7-2.2L4.1 5.7H-4.1L-6.7-2.2Z",
)
_DASHES = ("", "7 4", "2 4")
#: Room that the name of a CFG value takes beside its marker, across and up.
_LABEL_WIDTH, _LABEL_HEIGHT = 52, 13


class PlotArea(NamedTuple):
    """A drawing's size, and the edges of what lies within its axes."""

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int


_PARETO_AREA = PlotArea(760, 460, left=66, right=738, top=18, bottom=408)
_WIN_RATE_AREA = PlotArea(160, 18, left=4, right=156, top=1, bottom=17)


@dataclass(frozen=True, slots=True)
class SystemStyle:
    """How a system is drawn, wherever it is: class of the colour, path of the marker, dashes of the line."""

    colour: str
    marker: str
    dashes: str


@dataclass(frozen=True, slots=True)
class PlotPoint:
    """A system at one CFG value; `x` is FID, `y` the CLIP score."""

    cfg: float
    x: Estimate
    y: Estimate


@dataclass(frozen=True, slots=True)
class PlotLine:
    """One system. `place` is its place in the plan, which decides about its style."""

    label: str
    place: int
    points: Sequence[PlotPoint]


class Tick(NamedTuple):
    """A round value on an axis."""

    position: float
    label: str


@dataclass(frozen=True, slots=True)
class PlotMarker:
    """A point of a curve. `name` is written beside it, to the left where `name_left` says so; it may be empty."""

    x: float
    y: float
    title: str
    name: str
    name_left: bool


@dataclass(frozen=True, slots=True)
class PlotCurve:
    """One system's curve: the path through its points, and the paths of their intervals."""

    label: str
    style: SystemStyle
    path: str
    whiskers: Sequence[str]
    markers: Sequence[PlotMarker]


@dataclass(frozen=True, slots=True)
class ParetoPlot:
    """CLIP score against FID. `identifier` is the drawing's on the page, `description` says it in words."""

    identifier: str
    description: str
    area: PlotArea
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]
    curves: Sequence[PlotCurve]


@dataclass(frozen=True, slots=True)
class WinRatePlot:
    """A win rate on a line from 0 to 1: places of the rate, its interval and the even chance; `side` is a class."""

    area: PlotArea
    side: str
    even: float
    low: float
    value: float
    high: float


def system_style(place: int) -> SystemStyle:
    """The style of the system at a place in the plan. The first colour, which is the base model's, comes once."""
    colour = place if place < COLOURS else 1 + (place - 1) % (COLOURS - 1)
    rounds = place // COLOURS  # another marker and other dashes when the colours come round again
    return SystemStyle(f"s{colour}", _MARKERS[(place + rounds * 3) % len(_MARKERS)], _DASHES[rounds % len(_DASHES)])


def pareto_plot(lines: Sequence[PlotLine], identifier: str, description: str) -> ParetoPlot:
    """One curve a system through its CFG values. The better corner is the upper left."""
    area = _PARETO_AREA
    points = [p for line in lines for p in line.points]
    across = _Axis([v for p in points for v in _bounds(p.x)], area.left, area.right)
    up = _Axis([v for p in points for v in _bounds(p.y)], area.bottom, area.top)
    named: list[tuple[float, float]] = []
    curves = [_curve(line, across, up, named) for line in lines]
    return ParetoPlot(identifier, description, area, across.ticks, up.ticks, curves)


def win_rate_plot(rate: Estimate) -> WinRatePlot:
    """A win rate with its interval; without one the bar has no length."""
    area = _WIN_RATE_AREA

    def place(value: float) -> float:
        return area.left + (area.right - area.left) * min(1.0, max(0.0, value))

    low, high = (rate.value if bound is None else bound for bound in (rate.low, rate.high))
    side = "even" if low <= 0.5 <= high else "won" if rate.value > 0.5 else "lost"
    return WinRatePlot(area, side, place(0.5), place(low), place(rate.value), place(high))


def _curve(line: PlotLine, across: _Axis, up: _Axis, named: list[tuple[float, float]]) -> PlotCurve:
    """`named` collects where names of CFG values stand, so that none is written over another."""
    places = [(across.place(p.x.value), up.place(p.y.value)) for p in line.points]
    whiskers = []
    for point, (x, y) in zip(line.points, places, strict=True):
        if point.x.low is not None and point.x.high is not None:
            whiskers.append(f"M{across.place(point.x.low):.1f} {y:.1f}H{across.place(point.x.high):.1f}")
        if point.y.low is not None and point.y.high is not None:
            whiskers.append(f"M{x:.1f} {up.place(point.y.low):.1f}V{up.place(point.y.high):.1f}")
    markers = []
    for number, (point, (x, y)) in enumerate(zip(line.points, places, strict=True)):
        free = all(abs(x - at[0]) > _LABEL_WIDTH or abs(y - at[1]) > _LABEL_HEIGHT for at in named)
        shown = free and number in (0, len(places) - 1)
        if shown:
            named.append((x, y))
        title = f"{line.label}, CFG {point.cfg:g}: CLIP score {point.y.value:.2f}, FID {point.x.value:.2f}"
        name = f"CFG {point.cfg:g}" if shown else ""
        markers.append(PlotMarker(x, y, title, name, x > _PARETO_AREA.right - 50))
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    return PlotCurve(line.label, system_style(line.place), path, whiskers, markers)


def _bounds(estimate: Estimate) -> list[float]:
    return [v for v in (estimate.value, estimate.low, estimate.high) if v is not None]


class _Axis:
    """Where a value lies between two edges of the drawing, with four to eight round ticks."""

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        low, high = min(values), max(values)
        room = (high - low) * 0.06 or max(abs(high) * 0.05, 0.5)
        self._low, self._high, self._start, self._end = low - room, high + room, start, end
        rough = (self._high - self._low) / 5
        unit = 10.0 ** math.floor(math.log10(rough))
        step = next((unit * f for f in (1, 2, 2.5, 5, 10) if unit * f >= rough), unit * 10)
        self._digits = max(0, min(6, 2 - math.floor(math.log10(step)))) if step < 10 else 0
        multiples = range(math.ceil(self._low / step), math.floor(self._high / step) + 1)
        self.ticks = [Tick(self.place(n * step), self._label(n * step)) for n in multiples]

    def place(self, value: float) -> float:
        return self._start + (value - self._low) / (self._high - self._low) * (self._end - self._start)

    def _label(self, value: float) -> str:
        text = f"{value:.{self._digits}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
