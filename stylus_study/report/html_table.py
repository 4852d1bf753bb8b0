"""The HTML of a table: its cells, with the exact number beside the rounded one."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Sequence

from stylus_study.evaluation.statistics import Estimate
from stylus_study.report import phrasing
from stylus_study.report.tables import Measure


def table(caption: str, heads: Sequence[str], lines: Iterable[tuple[str, Sequence[str]]]) -> str:
    """A table with a caption. `heads`, and every line's first part and cells, are HTML."""
    head = "".join(f'<th scope="col">{h}</th>' for h in heads)
    body = "".join(f'<tr><th scope="row">{first}</th>{"".join(cells)}</tr>\n' for first, cells in lines)
    return (
        f'<div class="wide"><table><caption>{html.escape(caption)}</caption><thead><tr>{head}</tr></thead>\n'
        f"<tbody>{body}</tbody></table></div>\n"
    )


def cell(inner: str, name: str = "") -> str:
    """`inner` is HTML."""
    return f'<td class="{name}">{inner}</td>' if name else f"<td>{inner}</td>"


def number(value: float | None, said: Callable[[float], str], more: str = "") -> str:
    """A number, `more` beside it; a dash for None."""
    return cell("–" if value is None else f'<data value="{value!r}">{said(value)}</data>{html.escape(more)}')


def estimate(found: Estimate | None, said: Callable[[float], str]) -> str:
    """A number with its interval in brackets below; a dash for None."""
    if found is None:
        return cell("–")
    return cell(f'<data value="{found.value!r}">{said(found.value)}</data>{interval(found, said)}')


def difference(found: Estimate | None, measure: Measure) -> str:
    """A difference to the base model with its interval, and whether that is clear and for the better."""
    if found is None:
        return cell("–")
    mark, told = phrasing.verdict(found, measure)

    def said(value: float) -> str:
        return phrasing.signed(value, measure)

    return cell(
        f'<span class="{told.replace(" ", "-")}"><data value="{found.value!r}">{said(found.value)}</data> '
        f'<span aria-label="{told}">{mark}</span></span>{interval(found, said)}'
    )


def rate(found: Estimate | None) -> str:
    """A win rate with its interval, and whether that leaves out the even chance."""
    if found is None or found.low is None or found.high is None or found.low <= 0.5 <= found.high:
        return estimate(found, "{:.0%}".format)
    side = "better" if found.value > 0.5 else "worse"
    return cell(
        f'<span class="{side}"><data value="{found.value!r}">{found.value:.0%}</data></span>'
        + interval(found, "{:.0%}".format)
    )


def interval(found: Estimate, said: Callable[[float], str]) -> str:
    """The interval alone, or nothing."""
    if found.low is None or found.high is None:
        return ""
    return f' <span class="range">[{said(found.low)}, {said(found.high)}]</span>'
