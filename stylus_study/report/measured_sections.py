"""What was measured: the Pareto plot and the ablation tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from stylus_study.report import phrasing, views
from stylus_study.report.plot_geometry import ParetoPlot, PlotLine, PlotPoint, pareto_plot
from stylus_study.report.report_sources import Sources, count
from stylus_study.report.tables import MEASURES, ReportTable
from stylus_study.study.types import BASE, METRICS

_CAPTION = (
    "CFG {cfg:g}. In brackets 95% intervals; ▲ better and ▼ worse than the base model where the interval leaves out 0, "
    "≈ where it does not."
)


def metrics(sources: Sources, table: ReportTable) -> views.MeasuredSection:
    """The Pareto plot and the ablation tables, a checkpoint after the other."""
    if not table.rows:
        return views.MeasuredSection(missing=sources.problems.get(METRICS, "No pictures were measured."))
    names = dict.fromkeys(row["checkpoint"] for row in table.rows)
    checkpoints = []
    for place, name in enumerate(names):
        rows = [row for row in table.rows if row["checkpoint"] == name]
        shown, *others = _ablation_tables(sources, rows)
        heading = phrasing.checkpoint_label(name) if len(names) > 1 else ""
        plot = _pareto(sources, rows, f"pareto-{place}")
        checkpoints.append(views.CheckpointMeasures(heading, plot, shown, others))
    return views.MeasuredSection(about=" ".join(_about(sources.metrics)), checkpoints=checkpoints)


def _about(source: Mapping[str, Any]) -> Iterator[str]:
    reference, models, broken = (source.get(key) for key in ("reference", "models", "broken"))
    if isinstance(reference, Mapping) and (files := count(reference.get("count"))):
        yield f"Reference: {files:,} pictures ({_without_folders(reference.get('folder'))})."
    if isinstance(models, Mapping) and models:
        named = ", ".join(f"{key}: {_without_folders(value)}" for key, value in models.items())
        yield f"Measured with {named}."
    if source.get("best_of_group") is True:
        yield "Of each prompt's pictures only the one with the highest CLIP score counts, as in the paper."
    unread = {"missing": count(source.get("missing")), "broken": len(broken) if isinstance(broken, list) else 0}
    if any(unread.values()):
        yield f"Left out: {', '.join(f'{n:,} {why}' for why, n in unread.items() if n)}."
    notes = source.get("notes")
    yield from map(str, notes if isinstance(notes, list) else ())


def _pareto(sources: Sources, rows: Sequence[Mapping[str, Any]], identifier: str) -> ParetoPlot | None:
    lines = []
    for system in sorted({row["system"] for row in rows}, key=sources.order):
        points = [
            PlotPoint(row["cfg"], row["fid"], row["clip"])
            for row in rows
            if row["system"] == system and row["fid"] and row["clip"]
        ]
        if points:
            lines.append(PlotLine(sources.label(system), sources.order(system), points))
    return pareto_plot(lines, identifier, _in_words(sources, rows)) if lines else None


def _in_words(sources: Sources, rows: Sequence[Mapping[str, Any]]) -> str:
    """The plot in words: at how many CFG values each system is better than the base model."""
    base = {row["cfg"]: row for row in rows if row["system"] == BASE}
    sentences = []
    for system in sorted({row["system"] for row in rows} - {BASE}, key=sources.order):
        counts = []
        for measure in MEASURES[:2]:
            differences = [
                (row[measure.key].value - base[row["cfg"]][measure.key].value) * measure.better
                for row in rows
                if row["system"] == system and row["cfg"] in base and row[measure.key] and base[row["cfg"]][measure.key]
            ]
            better = "higher CLIP score" if measure.better > 0 else "lower FID"
            counts.append(f"{better} at {sum(d > 0 for d in differences)} of {len(differences)}")
        sentences.append(f"{sources.label(system)}: {' and '.join(counts)} CFG values.")
    if not base or not sentences:
        return "One point a system and CFG value."
    return " ".join(["Against the base model.", *sentences])


def _ablation_tables(sources: Sources, rows: Sequence[Mapping[str, Any]]) -> Iterator[views.TableView]:
    """A table for each CFG value, first the one that stands for the study."""
    cfgs = list(dict.fromkeys(row["cfg"] for row in rows))
    shown = phrasing.shown_cfg(cfgs)
    for cfg in sorted(cfgs, key=lambda cfg: (cfg != shown, cfg)):
        yield _ablation_table(sources, [row for row in rows if row["cfg"] == cfg], cfg)


def _ablation_table(sources: Sources, rows: Sequence[Mapping[str, Any]], cfg: float) -> views.TableView:
    measures = [m for m in MEASURES if any(row[m.key] or row[f"{m.key}_difference"] for row in rows)]
    heads = ["System", "Pictures"]
    for measure in measures:
        heads += [f"{measure.label} {'↑' if measure.better > 0 else '↓'}", "to the base model"]
    lines = []
    for row in rows:
        cells = [views.Cell(f"{row['pictures']:,}")]
        for measure in measures:
            cells.append(views.estimate_cell(row[measure.key], f"{{:.{measure.digits}f}}".format))
            cells.append(views.difference_cell(row[f"{measure.key}_difference"], measure))
        lines.append(views.system_row(sources, row["system"], cells))
    return views.TableView(_CAPTION.format(cfg=cfg), heads, lines)


def _without_folders(value: Any) -> str:
    """Of a path the name alone: a report is passed on, and the rest tells of somebody's machine."""
    if isinstance(value, Mapping):
        return ", ".join(map(_without_folders, value.values()))
    path = PurePath(str(value))
    return path.name if path.is_absolute() else str(value)
