"""What was measured: the Pareto plot and the ablation tables."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from stylus_study.report import html_table, phrasing, svg_plots
from stylus_study.report.report_sources import Sources, count
from stylus_study.report.tables import MEASURES, ReportTable
from stylus_study.study.types import BASE, METRICS

_NO_PLOT = (
    '<p class="missing">There is no plot: CLIP score against FID needs both, and FID needs a folder of reference '
    "pictures. <code>stylus study metrics --help</code> says how it is given.</p>\n"
)
_CAPTION = (
    "CFG {cfg:g}. In brackets 95% intervals; ▲ better and ▼ worse than the base model where the interval leaves out 0, "
    "≈ where it does not."
)


def metrics(sources: Sources, table: ReportTable) -> str:
    """The Pareto plot and the ablation tables, a checkpoint after the other."""
    if not table.rows:
        return phrasing.missing(sources, METRICS, "No pictures were measured.")
    body = f'<p class="small">{html.escape(" ".join(_about(sources.metrics)))}</p>\n'
    names = dict.fromkeys(r["checkpoint"] for r in table.rows)
    for place, name in enumerate(names):
        here = [r for r in table.rows if r["checkpoint"] == name]
        if len(names) > 1:
            body += f"<h3>{html.escape(phrasing.checkpoint(name))}</h3>\n"
        body += _pareto(sources, here, f"pareto-{place}") + _ablation(sources, here)
    return body


def _about(source: Mapping[str, Any]) -> Iterator[str]:
    reference, models, broken = (source.get(key) for key in ("reference", "models", "broken"))
    if isinstance(reference, Mapping) and (files := count(reference.get("count"))):
        yield f"Reference: {files:,} pictures ({_flat(reference.get('folder'))})."
    if isinstance(models, Mapping) and models:
        yield "Measured with " + ", ".join(f"{key}: {_flat(value)}" for key, value in models.items()) + "."
    if source.get("best_of_group") is True:
        yield "Of each prompt's pictures only the one with the highest CLIP score counts, as in the paper."
    unread = {"missing": count(source.get("missing")), "broken": len(broken) if isinstance(broken, list) else 0}
    if any(unread.values()):
        yield f"Left out: {', '.join(f'{n:,} {why}' for why, n in unread.items() if n)}."
    notes = source.get("notes")
    yield from map(str, notes if isinstance(notes, list) else ())


def _pareto(sources: Sources, rows: Sequence[Mapping[str, Any]], identifier: str) -> str:
    lines = []
    for system in sorted({r["system"] for r in rows}, key=sources.order):
        points = [
            svg_plots.PlotPoint(r["cfg"], r["fid"], r["clip"])
            for r in rows
            if r["system"] == system and r["fid"] and r["clip"]
        ]
        if points:
            lines.append(svg_plots.PlotLine(sources.label(system), sources.order(system), points))
    if not lines:
        return _NO_PLOT
    spoken = _compared(sources, rows)
    legend = "".join(f"<li>{svg_plots.swatch(line.place)}{html.escape(line.label)}</li>" for line in lines)
    svg = svg_plots.pareto(lines, identifier, "CLIP score against FID over the CFG values", spoken)
    return (
        f'<div class="figure"><ul class="legend">{legend}</ul>{svg}<p class="small">{html.escape(spoken)} '
        "Faint bars are 95% intervals.</p></div>\n"
    )


def _compared(sources: Sources, rows: Sequence[Mapping[str, Any]]) -> str:
    """The plot in words: at how many CFG values each system is better than the base model."""
    base = {r["cfg"]: r for r in rows if r["system"] == BASE}
    said = []
    for system in sorted({r["system"] for r in rows} - {BASE}, key=sources.order):
        counts = []
        for measure in MEASURES[:2]:
            pairs = [
                (r[measure.key].value - base[r["cfg"]][measure.key].value) * measure.better
                for r in rows
                if r["system"] == system and r["cfg"] in base and r[measure.key] and base[r["cfg"]][measure.key]
            ]
            better = "higher CLIP score" if measure.better > 0 else "lower FID"
            counts.append(f"{better} at {sum(d > 0 for d in pairs)} of {len(pairs)}")
        said.append(f"{sources.label(system)}: {' and '.join(counts)} CFG values.")
    return " ".join(["Against the base model.", *said]) if base and said else "One point a system and CFG value."


def _ablation(sources: Sources, rows: Sequence[Mapping[str, Any]]) -> str:
    cfgs = list(dict.fromkeys(r["cfg"] for r in rows))
    shown = phrasing.shown_cfg(cfgs)
    first, *more = sorted(cfgs, key=lambda cfg: (cfg != shown, cfg))
    body = _at(sources, [r for r in rows if r["cfg"] == first], first)
    if more:
        others = "".join(_at(sources, [r for r in rows if r["cfg"] == cfg], cfg) for cfg in more)
        body += f'<details class="more"><summary>The other CFG values</summary>{others}</details>\n'
    return body


def _at(sources: Sources, rows: Sequence[Mapping[str, Any]], cfg: float) -> str:
    measures = [m for m in MEASURES if any(r[m.key] or r[f"{m.key}_difference"] for r in rows)]
    heads = ["System", "Pictures"]
    for measure in measures:
        heads += [f"{measure.label} {'↑' if measure.better > 0 else '↓'}", "to the base model"]
    lines = []
    for row in rows:
        line = [html_table.cell(f"{row['pictures']:,}")]
        for measure in measures:
            line.append(html_table.estimate(row[measure.key], f"{{:.{measure.digits}f}}".format))
            line.append(html_table.difference(row[f"{measure.key}_difference"], measure))
        lines.append((svg_plots.swatch(sources.order(row["system"])) + html.escape(row["label"]), line))
    return html_table.table(_CAPTION.format(cfg=cfg), heads, lines)


def _flat(value: Any) -> str:
    """Of a path the name alone: a report is passed on, and the rest tells of somebody's machine."""
    if isinstance(value, Mapping):
        return ", ".join(map(_flat, value.values()))
    path = PurePath(str(value))
    return path.name if path.is_absolute() else str(value)
