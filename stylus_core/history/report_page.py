"""What a history says of its user, as one page that needs nothing else: no network, no script, no picture.

Names and prompts come out of pictures that anybody may have sent: each goes through `report_plots.text`.
"""

from __future__ import annotations

import base64
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path

from stylus_core.history.records import Correction, LearnedFolder
from stylus_core.history.report_plots import (
    COLOURS,
    PlotSeries,
    number,
    sparkline,
    stacked_bars,
    text,
    weight_scale,
    weight_strip,
)
from stylus_core.history.time_columns import day
from stylus_core.history.use_report import ReportedAdapter, UseReport
from stylus_core.storage.files import write_whole

_TOP = 40  # adapters in the table
_CORRECTIONS = 30
_PROMPT = 160  # characters of a prompt
_OTHERS = "all others"


def write_report(path: Path, report: UseReport) -> None:
    """Writes the page for this user's eyes alone; it is whole or not there.

    Args:
        path: of the file; its folder is there.
        report: what it shows.

    Raises:
        OSError: it cannot be written; a file that was there is as it was.
    """
    write_whole(path, report_page(report).encode("utf-8", "replace"), mode=0o600)


def report_page(report: UseReport) -> str:
    """The whole page.

    Args:
        report: what it shows.

    Returns:
        HTML with its style in it; nothing of it is fetched from anywhere.
    """
    style = Path(__file__).with_name("report_page.css").read_text("utf-8")
    allowed = base64.b64encode(sha256(style.encode("utf-8")).digest()).decode("ascii")
    sections = [_overview(report)]
    if report.adapters:
        colours = {adapter.name: f"c{place}" for place, adapter in enumerate(report.adapters[:COLOURS], start=1)}
        sections += [_over_time(report, colours), _top(report, colours), _pairs(report)]
    else:
        nothing = "There is no picture yet that was made with an adapter of this library."
        sections.append(f'<p class="missing">{nothing} <code>stylus learn FOLDER</code> reads pictures.</p>')
    sections += [_corrections(report.corrections), _folders(report.folders)]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        f"style-src 'sha256-{allowed}'; base-uri 'none'; form-action 'none'\">\n"
        f"<title>Your own pictures · Stylus</title>\n<style>{style}</style>\n</head>\n<body>\n"
        + "\n".join(section for section in sections if section)
        + "\n</body>\n</html>\n"
    )


def _overview(report: UseReport) -> str:
    used, unused = len(report.adapters), max(0, report.library - len(report.adapters))
    last = max((adapter.use.last_at for adapter in report.adapters), default=0.0)
    said = f"last one used on {day(last)}" if last else "none used yet"
    figures = [
        (report.pictures, f"pictures with {report.prompts:,} different prompts"),
        (used, f"adapters used, of {report.library:,}; {said}"),
        (unused, "never used in a learned picture"),
        (report.bare, "pictures without an adapter of this library"),
        (len(report.corrections), "corrections of what Stylus picked"),
    ]
    items = "".join(f"<li><b>{value:,}</b>{text(label)}</li>" for value, label in figures)
    unused_note = (
        '<p class="small"><code>stylus doctor --unused</code> lists what was never used, with its size.</p>'
        if unused
        else ""
    )
    return (
        "<header><h1>What you use</h1>\n"
        '<p class="small private">This page is made of your own pictures and holds the names of your adapters and '
        "some of your prompts. It is for you alone: it was sent nowhere, and needs no network.</p>\n"
        f'<ul class="figures">{items}</ul>{unused_note}</header>'
    )


def _over_time(report: UseReport, colours: dict[str, str]) -> str:
    time = report.time
    if not time.labels:
        return ""
    shown = [PlotSeries(one.name, f"c{place}", one.columns) for place, one in enumerate(report.adapters[:COLOURS], 1)]
    rest = report.adapters[COLOURS:]
    if rest:
        others = [sum(adapter.columns[place] for adapter in rest) for place in range(len(time.labels))]
        shown.append(PlotSeries(f"{_OTHERS} ({len(rest):,})", "c0", others))
    legend = "".join(
        f'<li><span class="swatch {one.colour}"></span><bdi>{text(one.name, 60)}</bdi></li>' for one in shown
    )
    description = f"Uses of adapters by {time.step}, from {time.labels[0]} to {time.labels[-1]}."
    about = (
        f"Uses by {time.step}; a picture with two adapters counts for both. Of pictures with the same prompt and "
        "adapters only the first and the last time are kept: those between are spread evenly."
    )
    if time.before:
        about += f" {time.before:,} older ones are not drawn."
    return (
        f'<section id="time"><h2>Over time</h2>\n<div class="figure"><ul class="legend">{legend}</ul>'
        f'{stacked_bars(time, shown, description)}</div>\n<p class="small">{text(about, 500)}</p></section>'
    )


def _top(report: UseReport, colours: dict[str, str]) -> str:
    top = report.adapters[:_TOP]
    scale = weight_scale([weight for adapter in top for weight, _ in adapter.weights])
    heads = (
        '<th scope="col">adapter</th><th scope="col" class="count">pictures</th>'
        '<th scope="col" class="count">prompts</th><th scope="col" class="count">by Stylus</th>'
        f'<th scope="col">by {report.time.step}</th><th scope="col">last</th>'
        '<th scope="col" class="count">median</th><th scope="col">weights</th>'
    )
    rows = "\n".join(_top_row(report, adapter, colours.get(adapter.name, "c0"), scale) for adapter in top)
    more = len(report.adapters) - len(top)
    note = f'<p class="small">and {more:,} more</p>' if more else ""
    return (
        f'<section id="adapters"><h2>Used most</h2>\n<div class="wide"><table><thead><tr>{heads}</tr></thead>\n'
        f"<tbody>{rows}</tbody></table></div>{note}</section>"
    )


def _top_row(report: UseReport, adapter: ReportedAdapter, colour: str, scale: tuple[float, float]) -> str:
    use = adapter.use
    median = strip = ""
    if use.weights is not None:
        median, strip = number(use.weights[1]), weight_strip(adapter.weights, use.weights[1], scale)
    return (
        f'<tr><th scope="row"><bdi>{text(adapter.name)}</bdi></th><td class="count">{use.pictures:,}</td>'
        f'<td class="count">{use.prompts:,}</td><td class="count">{f"{use.picked:,}" if use.picked else "–"}</td>'
        f"<td>{sparkline(report.time, adapter.columns, colour)}</td><td>{day(use.last_at)}</td>"
        f'<td class="count">{median}</td><td>{strip}</td></tr>'
    )


def _pairs(report: UseReport) -> str:
    if not report.pairs:
        return ""
    most = report.pairs[0][2]
    rows = "\n".join(
        f'<tr><th scope="row"><bdi>{text(one)}</bdi></th><th scope="row"><bdi>{text(two)}</bdi></th>'
        f'<td class="count">{count:,}</td><td class="share"><svg class="plot" viewBox="0 0 300 12" '
        f'preserveAspectRatio="none" height="12" aria-hidden="true"><rect class="bar c1" y="1" height="10" '
        f'width="{number(count / most * 300)}"/></svg></td></tr>'
        for one, two, count in report.pairs
    )
    heads = '<th scope="col" colspan="2">used together</th><th scope="col" class="count">pictures</th><th></th>'
    return (
        '<section id="pairs"><h2>Combinations</h2>\n<div class="wide"><table>'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>{rows}</tbody></table></div></section>"
    )


def _corrections(corrections: Sequence[Correction]) -> str:
    if not corrections:
        return ""
    counts = Counter(correction.action for correction in corrections)
    said = ", ".join(f"{count:,} {text(action)}" for action, count in counts.most_common())
    rows = [
        (
            text(day(one.at)),
            f"<bdi>{text(one.adapter)}</bdi>",
            text(one.action) + (f" {number(one.weight)}" if one.weight is not None else ""),
            f"<bdi>{text(one.prompt, _PROMPT)}</bdi>",
        )
        for one in corrections[:_CORRECTIONS]
    ]
    more = len(corrections) - len(rows)
    note = f'<p class="small">and {more:,} older ones</p>' if more else ""
    table = _table(("when", "adapter", "what", "for the prompt"), rows)
    return f'<section id="corrections"><h2>Corrections</h2>\n<p>{said}.</p>{table}{note}</section>'


def _folders(folders: Sequence[LearnedFolder]) -> str:
    if not folders:
        return ""
    rows = [
        (
            f"<bdi>{text(os.fspath(folder.path), 300)}</bdi>",
            f"{folder.pictures:,}",
            f"{folder.silent:,}",
            f"{folder.unreadable:,}",
            (text(day(folder.read_at)) if folder.read_at else "not yet") + ("" if folder.on else ", switched off"),
        )
        for folder in folders
    ]
    table = _table(("folder", "pictures", "say nothing", "unreadable", "read"), rows)
    return f'<section id="folders"><h2>Learned folders</h2>\n{table}</section>'


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are HTML already."""
    head = "".join(f'<th scope="col">{head}</th>' for head in heads)
    body = "\n".join(f'<tr>{"".join(f"""<td class="text">{cell}</td>""" for cell in row)}</tr>' for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>'
