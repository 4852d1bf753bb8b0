"""What the templates of the page are given: texts and numbers, already worded, and no markup."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stylus_study.evaluation.statistics import Estimate
from stylus_study.report import phrasing
from stylus_study.report.plot_geometry import ParetoPlot, SystemStyle, WinRatePlot, system_style, win_rate_plot
from stylus_study.report.report_sources import Sources
from stylus_study.report.tables import Measure

_DASH = "–"  # of a cell that has no number


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table: a text or a plot.

    Attributes:
        text: what is read.
        value: the exact number behind a rounded `text`; None where there is none.
        note: said after the text.
        interval: the bounds of the confidence interval in brackets; empty where there is none.
        colour: class of the text's colour.
        mark: sign after a difference, such as ▲.
        mark_label: the sign in words.
        classes: of the cell.
        plot: shown instead of a text.
    """

    text: str = ""
    value: float | None = None
    note: str = ""
    interval: str = ""
    colour: str = ""
    mark: str = ""
    mark_label: str = ""
    classes: str = ""
    plot: WinRatePlot | None = None


@dataclass(frozen=True, slots=True)
class TableRow:
    """A system's line of a table, after its name and sign."""

    label: str
    style: SystemStyle
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class TableView:
    """A table; `heads` has one more than a row has cells, the first is that of the systems."""

    caption: str
    heads: Sequence[str]
    rows: Sequence[TableRow]


@dataclass(frozen=True, slots=True)
class TableSection:
    """A part of the page that is one table; `missing` says why there is none, commands in backquotes."""

    missing: str = ""
    intro: str = ""
    table: TableView | None = None


@dataclass(frozen=True, slots=True)
class CheckpointMeasures:
    """What was measured at one checkpoint.

    Attributes:
        heading: the checkpoint's name, empty where the study has only one.
        plot: CLIP score against FID; None where either is missing.
        table: the ablation table at the CFG value that stands for the study.
        other_tables: those at the other CFG values.
    """

    heading: str
    plot: ParetoPlot | None
    table: TableView
    other_tables: Sequence[TableView]


@dataclass(frozen=True, slots=True)
class MeasuredSection:
    """The part with what was measured; `missing` as in `TableSection`, `about` says on what and with what."""

    missing: str = ""
    about: str = ""
    checkpoints: Sequence[CheckpointMeasures] = ()


@dataclass(frozen=True, slots=True)
class GalleryFilter:
    """A choice over the pictures. `options` are its texts by their place; it is shown where there are several."""

    key: str
    label: str
    options: Sequence[str]
    selected: int = 0


@dataclass(frozen=True, slots=True)
class GallerySection:
    """The part with the pictures, which the page's script fills: its filters, and how many prompts were changed."""

    systems: Sequence[str]
    filters: Sequence[GalleryFilter]
    changed: int
    prompts: int


def system_row(sources: Sources, name: str, cells: Sequence[Cell]) -> TableRow:
    """A row of a system, by its name in the plan."""
    return TableRow(sources.label(name), system_style(sources.order(name)), cells)


def number_cell(value: float | None, worded: Callable[[float], str], note: str = "") -> Cell:
    """A number, a note after it; a dash for None."""
    return Cell(_DASH) if value is None else Cell(worded(value), value, note)


def estimate_cell(estimate: Estimate | None, worded: Callable[[float], str]) -> Cell:
    """A number with its interval; a dash for None."""
    if estimate is None:
        return Cell(_DASH)
    return Cell(worded(estimate.value), estimate.value, interval=_interval(estimate, worded))


def difference_cell(difference: Estimate | None, measure: Measure) -> Cell:
    """A difference to the base model with its interval, and whether that is clear and for the better."""
    if difference is None:
        return Cell(_DASH)
    mark, verdict = phrasing.verdict(difference, measure)

    def worded(value: float) -> str:
        return phrasing.signed(value, measure)

    return Cell(
        worded(difference.value),
        difference.value,
        interval=_interval(difference, worded),
        colour=verdict.replace(" ", "-"),
        mark=mark,
        mark_label=verdict,
    )


def win_rate_cell(rate: Estimate | None) -> Cell:
    """A win rate with its interval, coloured where that leaves out the even chance."""
    if rate is None:
        return Cell(_DASH)
    colour = ""
    if rate.low is not None and rate.high is not None and not rate.low <= 0.5 <= rate.high:
        colour = "better" if rate.value > 0.5 else "worse"
    return Cell(_percent(rate.value), rate.value, interval=_interval(rate, _percent), colour=colour)


def win_rate_plot_cell(rate: Estimate | None) -> Cell:
    """The same as a drawing; an empty cell for None."""
    return Cell(plot=win_rate_plot(rate) if rate else None)


def _percent(share: float) -> str:
    return f"{share:.0%}"


def _interval(estimate: Estimate, worded: Callable[[float], str]) -> str:
    if estimate.low is None or estimate.high is None:
        return ""
    return f"[{worded(estimate.low)}, {worded(estimate.high)}]"
