"""The drawings of a history's page, as SVG. Colours are classes of the page, so that light and dark mode both fit."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import NamedTuple

from stylus_core.history.time_columns import TimeColumns

#: Classes c1 to c6 of the page; c0 is that of all others.
COLOURS = 6
_WIDTH, _LEFT, _RIGHT, _TOP, _BOTTOM, _HEIGHT = 920, 46, 912, 12, 268, 300
_LABEL = 62  # width of a column's label
_SPARK_WIDTH, _SPARK_HEIGHT = 150, 26
_STRIP_WIDTH, _STRIP_HEIGHT = 150, 34
#: Weights beyond these are counted in the outermost bars.
_LOWEST, _HIGHEST = -1.0, 2.0
_BIN = 0.1


class PlotSeries(NamedTuple):
    """What is counted of one thing, a number for each column."""

    name: str
    colour: str  # class of the page
    counts: Sequence[int]


def text(value: str, most: int = 120) -> str:
    """A stranger's text for the page: escaped, bounded, without what no page may hold.

    Args:
        value: from anywhere.
        most: characters of it that are shown.

    Returns:
        HTML, for an element or for an attribute in double quotes.
    """
    shown = "".join(c if c.isprintable() else " " for c in value[: most + 1])
    shown = shown if len(shown) <= most else shown[: most - 1] + "…"
    return html.escape(shown)


def number(value: float) -> str:
    """A coordinate or a weight, with at most two digits behind the point."""
    shown = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown


def stacked_bars(time: TimeColumns, series: Sequence[PlotSeries], description: str) -> str:
    """Bars of what was counted in each column, the series one upon another.

    Args:
        time: the columns, at least one.
        series: the first lies lowest.
        description: says the drawing in words.

    Returns:
        The SVG element.
    """
    columns = len(time.labels)
    totals = [sum(one.counts[place] for one in series) for place in range(columns)]
    step = _tick_step(max(totals))
    top = step * math.ceil(max(totals) / step) or step
    each = (_RIGHT - _LEFT) / columns
    scale = (_BOTTOM - _TOP) / top
    parts = [f'<svg class="plot" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{text(description, 400)}">']
    for tick in range(0, top + 1, step):
        at = number(_BOTTOM - tick * scale)
        parts.append(f'<path class="grid" d="M{_LEFT} {at}H{_RIGHT}"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{at}" dy=".35em" text-anchor="end">{tick:,}</text>')
    gap = min(4.0, each * 0.18)
    for place, label in enumerate(time.labels):
        x, y = _LEFT + each * place, float(_BOTTOM)
        for one in series:
            if one.counts[place]:
                height = one.counts[place] * scale
                y -= height
                box = (
                    f'x="{number(x + gap / 2)}" y="{number(y)}" width="{number(each - gap)}" height="{number(height)}"'
                )
                said = f"{time.step} {label}: {text(one.name)}, {one.counts[place]:,}"
                parts.append(f'<rect class="bar {one.colour}" {box}><title>{said}</title></rect>')
    every = max(1, math.ceil(_LABEL / each))
    for place in range(0, columns, every):
        middle = number(_LEFT + each * (place + 0.5))
        parts.append(f'<text x="{middle}" y="{_BOTTOM + 18}" text-anchor="middle">{text(time.labels[place])}</text>')
    return "".join([*parts, "</svg>"])


def sparkline(time: TimeColumns, counts: Sequence[int], colour: str) -> str:
    """Small bars of one series, each against the series' own highest.

    Args:
        time: the columns.
        counts: one for each.
        colour: class of the page.

    Returns:
        The SVG element; nothing where there are no columns.
    """
    if not counts:
        return ""
    highest, each = max(*counts, 1), _SPARK_WIDTH / len(counts)
    bars = [
        f'<rect class="bar {colour}" x="{number(each * place)}" y="{number(_SPARK_HEIGHT - 1 - height)}" '
        f'width="{number(max(each - 1, each * 0.7))}" height="{number(height)}">'
        f"<title>{text(time.labels[place])}: {count:,}</title></rect>"
        for place, count in enumerate(counts)
        if count and (height := max(2.0, count / highest * (_SPARK_HEIGHT - 3)))
    ]
    return (
        f'<svg class="small-plot" viewBox="0 0 {_SPARK_WIDTH} {_SPARK_HEIGHT}" width="{_SPARK_WIDTH}" '
        f'height="{_SPARK_HEIGHT}" aria-hidden="true">'
        f'<path class="grid" d="M0 {_SPARK_HEIGHT - 0.5}H{_SPARK_WIDTH}"/>{"".join(bars)}</svg>'
    )


def weight_scale(weights: Sequence[float]) -> tuple[float, float]:
    """The lowest and the highest weight that strips show, alike for all of them: at least 0 to 1.2.

    Args:
        weights: all that are shown.
    """
    low, high = min([0.0, *weights]), max([1.2, *weights])
    return math.floor(max(low, _LOWEST) / _BIN) * _BIN, math.ceil(min(high, _HIGHEST) / _BIN) * _BIN


def weight_strip(weights: Sequence[tuple[float, int]], median: float, scale: tuple[float, float]) -> str:
    """A small histogram of weights, with a line at the median and ticks at 0 and 1.

    Args:
        weights: each with its number of pictures.
        median: of them.
        scale: as `weight_scale` gave it.

    Returns:
        The SVG element.
    """
    low, high = scale
    bins = max(1, round((high - low) / _BIN)) + 1
    counts = [0] * bins
    for weight, pictures in weights:
        counts[min(bins - 1, max(0, round((weight - low) / _BIN)))] += pictures
    each, base = _STRIP_WIDTH / bins, _STRIP_HEIGHT - 11
    highest = max(*counts, 1)

    def place(weight: float) -> float:
        return each * (min(max((weight - low) / _BIN, 0), bins - 1) + 0.5)

    bars = "".join(
        f'<rect class="bar c1" x="{number(each * n + 0.5)}" y="{number(base - height)}" width="{number(each - 1)}" '
        f'height="{number(height)}"><title>{number(low + n * _BIN)}: {count:,}</title></rect>'
        for n, count in enumerate(counts)
        if count and (height := max(2.0, count / highest * (base - 3)))
    )
    ticks = "".join(
        f'<text x="{number(place(at))}" y="{_STRIP_HEIGHT - 1}" text-anchor="middle">{at}</text>' for at in (0, 1)
    )
    return (
        f'<svg class="small-plot" viewBox="0 0 {_STRIP_WIDTH} {_STRIP_HEIGHT}" width="{_STRIP_WIDTH}" '
        f'height="{_STRIP_HEIGHT}" aria-hidden="true"><path class="grid" d="M0 {base}H{_STRIP_WIDTH}"/>{bars}'
        f'<path class="median" d="M{number(place(median))} 0V{base}"/>{ticks}</svg>'
    )


def _tick_step(highest: int) -> int:
    """A round step that gives some five ticks."""
    rough = max(1.0, highest / 5)
    unit = 10 ** math.floor(math.log10(rough))
    return int(next(unit * f for f in (1, 2, 5, 10) if unit * f >= rough))
