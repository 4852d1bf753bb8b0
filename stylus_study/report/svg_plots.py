"""The drawings of the report: SVG whose colours come from the page, so that light and dark mode both fit."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

from stylus_study.evaluation.statistics import Estimate

COLOURS = 7  # classes s0 to s6 of the page
_WIDTH, _HEIGHT = 760, 460
_LEFT, _RIGHT, _TOP, _BOTTOM = 66, 22, 18, 52
#: Marker shapes round a centre, by system: colour is never the only sign.
_SHAPES = (
    "M-5-5H5V5H-5Z",
    "M0-6.5A6.5 6.5 0 1 0 .01-6.5Z",
    "M0-7L6.5 5H-6.5Z",
    "M0-7L6.5 0L0 7L-6.5 0Z",
    "M0 7L6.5-5H-6.5Z",
    "M-6-2H-2V-6H2V-2H6V2H2V6H-2V2H-6Z",
    "M0-7L6.7-2.2L4.1 5.7H-4.1L-6.7-2.2Z",
)
_DASHES = ("", "7 4", "2 4")


@dataclass(frozen=True, slots=True)
class PlotPoint:
    """A system at one CFG value; `x` is FID, `y` the CLIP score."""

    cfg: float
    x: Estimate
    y: Estimate


@dataclass(frozen=True, slots=True)
class PlotLine:
    """One system. `place` is its place in the plan, which decides about colour and shape."""

    label: str
    place: int
    points: Sequence[PlotPoint]


def _style(place: int) -> str:
    """The class of the colour. The first one, which is the base model's, comes once."""
    return f"s{place if place < COLOURS else 1 + (place - 1) % (COLOURS - 1)}"


def _shape(place: int) -> str:
    """Another one when the colours come round again."""
    return _SHAPES[(place + place // COLOURS * 3) % len(_SHAPES)]


def swatch(place: int) -> str:
    """A system's sign, for legends and tables."""
    return (
        f'<svg class="swatch" viewBox="0 0 26 14" width="26" height="14" aria-hidden="true">'
        f'<g class="{_style(place)}"><path class="line" d="M0 7H26"{_dash(place)}/>'
        f'<path class="mark" transform="translate(13 7)" d="{_shape(place)}"/></g></svg>'
    )


def pareto(lines: Sequence[PlotLine], identifier: str, title: str, description: str) -> str:
    """CLIP score against FID, one line a system through its CFG values. The better corner is the upper left."""
    points = [p for line in lines for p in line.points]
    across = _Axis([v for p in points for v in _spread(p.x)], _LEFT, _WIDTH - _RIGHT)
    up = _Axis([v for p in points for v in _spread(p.y)], _HEIGHT - _BOTTOM, _TOP)
    parts = [
        f'<svg class="plot" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
        f' aria-labelledby="{identifier}-t {identifier}-d">'
        f'<title id="{identifier}-t">{html.escape(title)}</title>'
        f'<desc id="{identifier}-d">{html.escape(description)}</desc>'
    ]
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    for tick in across.ticks:
        x = across(tick)
        parts.append(f'<path class="grid" d="M{x:.1f} {_TOP}V{bottom}"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{across.said(tick)}</text>')
    for tick in up.ticks:
        y = up(tick)
        parts.append(f'<path class="grid" d="M{_LEFT} {y:.1f}H{right}"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{up.said(tick)}</text>')
    middle = (_TOP + bottom) / 2
    parts.append(
        f'<text class="axis" x="{(_LEFT + right) / 2}" y="{_HEIGHT - 8}" text-anchor="middle">'
        "FID, less is better</text>"
        f'<text class="axis" transform="translate(16 {middle}) rotate(-90)" text-anchor="middle">'
        "CLIP score, more is better</text>"
        f'<text class="hint" x="{_LEFT + 10}" y="{_TOP + 18}">↖ better</text>'
    )
    named: list[tuple[float, float]] = []
    parts += [_line(line, across, up, named) for line in lines]
    return "".join(parts) + "</svg>"


def interval(rate: Estimate) -> str:
    """A win rate from 0 to 1 on a line with its interval and the even chance in the middle."""
    left, width = 4, 152

    def at(value: float) -> float:
        return left + width * min(1.0, max(0.0, value))

    low, high = (rate.value if bound is None else bound for bound in (rate.low, rate.high))
    side = "even" if low <= 0.5 <= high else "won" if rate.value > 0.5 else "lost"
    return (
        f'<svg class="interval {side}" viewBox="0 0 160 18" width="160" height="18" aria-hidden="true">'
        f'<path class="grid" d="M{left} 9H{left + width}"/><path class="half" d="M{at(0.5)} 1V17"/>'
        f'<path class="bar" d="M{at(low):.1f} 9H{at(high):.1f}"/>'
        f'<circle cx="{at(rate.value):.1f}" cy="9" r="4.5"/></svg>'
    )


def _line(line: PlotLine, across: _Axis, up: _Axis, named: list[tuple[float, float]]) -> str:
    """`named` collects where names of CFG values stand, so that none is written over another."""
    places = [(across(p.x.value), up(p.y.value)) for p in line.points]
    parts = [f'<g class="{_style(line.place)}">']
    for point, (x, y) in zip(line.points, places, strict=True):
        for whisker in (
            f"M{across(point.x.low):.1f} {y:.1f}H{across(point.x.high):.1f}"
            if point.x.low is not None and point.x.high is not None
            else "",
            f"M{x:.1f} {up(point.y.low):.1f}V{up(point.y.high):.1f}"
            if point.y.low is not None and point.y.high is not None
            else "",
        ):
            if whisker:
                parts.append(f'<path class="whisker" d="{whisker}"/>')
    way = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    parts.append(f'<path class="line" d="M{way}"{_dash(line.place)}/>')
    for number, (point, (x, y)) in enumerate(zip(line.points, places, strict=True)):
        said = f"{line.label}, CFG {point.cfg:g}: CLIP score {point.y.value:.2f}, FID {point.x.value:.2f}"
        parts.append(
            f'<path class="mark" transform="translate({x:.1f} {y:.1f})" d="{_shape(line.place)}">'
            f"<title>{html.escape(said)}</title></path>"
        )
        free = all(abs(x - other) > 52 or abs(y - height) > 13 for other, height in named)
        if number in (0, len(places) - 1) and free:
            named.append((x, y))
            end = x > _WIDTH - _RIGHT - 50
            parts.append(
                f'<text class="cfg" x="{x + (-9 if end else 9):.1f}" y="{y - 8:.1f}"'
                f"{' text-anchor=' + chr(34) + 'end' + chr(34) if end else ''}>CFG {point.cfg:g}</text>"
            )
    return "".join(parts) + "</g>"


def _dash(place: int) -> str:
    dash = _DASHES[place // COLOURS % len(_DASHES)]
    return f' stroke-dasharray="{dash}"' if dash else ""


def _spread(estimate: Estimate) -> list[float]:
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
        first = math.ceil(self._low / step)
        self.ticks = [n * step for n in range(first, math.floor(self._high / step) + 1)]

    def __call__(self, value: float) -> float:
        return self._start + (value - self._low) / (self._high - self._low) * (self._end - self._start)

    def said(self, tick: float) -> str:
        text = f"{tick:.{self._digits}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
