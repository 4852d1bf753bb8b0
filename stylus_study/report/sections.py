"""The page in short, and what judge, people, picks and clock say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stylus_study.report import phrasing, views
from stylus_study.report.report_sources import Sources, count
from stylus_study.report.tables import MEASURES, ReportTable
from stylus_study.study.finite_numbers import number
from stylus_study.study.types import BASE, JUDGE, VOTES

_RATES = ("Win rate", "", "Wins", "Losses", "Ties")
#: Landis and Koch, The Measurement of Observer Agreement for Categorical Data, Biometrics 33 (1977), p. 165.
_KAPPA = ((0.0, "poor"), (0.2, "slight"), (0.4, "fair"), (0.6, "moderate"), (0.8, "substantial"))
_PERCENT, _HUNDREDTHS = "{:.0%}".format, "{:.2f}".format

#: A column of the page in short: the cell of each system that has one.
_Column = Mapping[str, views.Cell]


def in_short(sources: Sources, tables: Mapping[str, ReportTable]) -> views.TableSection:
    """A line a system: what it changes against the base model, and how judge and people see it."""
    columns, caption = _differences(sources, tables["metrics"])
    judged = tables["judge"].rows
    for criterion in dict.fromkeys(row["criterion"] for row in judged):
        columns[f"judge: {criterion}"] = _win_rates_to_base([row for row in judged if row["criterion"] == criterion])
    if tables["votes"].rows:
        columns["people"] = _win_rates_to_base(tables["votes"].rows)
    columns["prompts with picks"] = {
        row["system"]: views.number_cell(row["share_with_picks"], _PERCENT) for row in tables["picks"].rows
    }
    rows = [
        views.system_row(
            sources, system.name, [column.get(system.name, views.Cell("–")) for column in columns.values()]
        )
        for system in sources.plan.systems
        if system.name != BASE
    ]
    caption = f"Against the base model{caption}. In brackets 95% intervals."
    return views.TableSection(table=views.TableView(caption, ["System", *columns], rows))


def _differences(sources: Sources, table: ReportTable) -> tuple[dict[str, _Column], str]:
    """The columns of CLIP score and FID, and at which CFG they are."""
    columns: dict[str, _Column] = {}
    cfg = phrasing.shown_cfg(row["cfg"] for row in table.rows)
    rows = [row for row in table.rows if row["cfg"] == cfg]
    for checkpoint in dict.fromkeys(row["checkpoint"] for row in rows):
        where = f", {phrasing.checkpoint_label(checkpoint)}" if len(sources.plan.checkpoints) > 1 else ""
        for measure in MEASURES[:2]:
            found = {row["system"]: row[f"{measure.key}_difference"] for row in rows if row["checkpoint"] == checkpoint}
            if any(found.values()):
                columns[measure.label + where] = {k: views.difference_cell(v, measure) for k, v in found.items()}
    return columns, f", CLIP score and FID at CFG {cfg:g}" if columns else ""


def _win_rates_to_base(rows: Iterable[Mapping[str, Any]]) -> _Column:
    return {row["system"]: views.win_rate_cell(row["rate"]) for row in rows if row["against"] == BASE}


def judge(sources: Sources, table: ReportTable) -> views.TableSection:
    """Win rates by criterion, and how often the judge contradicted itself."""
    if not table.rows:
        return views.TableSection(sources.problems.get(JUDGE, "No pictures were judged."))
    asked, inconsistent = count(sources.judge.get("asked")), count(sources.judge.get("inconsistent"))
    share = f" {inconsistent / asked:.0%} of {asked:,} questions got an answer that did not." if asked else ""
    model = sources.judge.get("model") or "a vision-language model"
    intro = f"{model} saw every pair in both orders; only answers that stay the same are counted.{share}"
    heads = ["System", "against", "Criterion", *_RATES, "Inconsistent", "Score", "of the other"]
    caption = "The middle line is an even chance. Scores are means from 0 to 2."
    return views.TableSection(intro=intro, table=_win_rates(sources, table, heads, caption, judged=True))


def votes(sources: Sources, table: ReportTable) -> views.TableSection:
    """Win rates by people, and how far the raters agree."""
    if not table.rows:
        return views.TableSection(sources.problems.get(VOTES, "Nobody voted."))
    raters, cast = count(sources.votes.get("raters")), count(sources.votes.get("votes"))
    intro = f"{cast:,} votes of {phrasing.plural(raters, 'rater')} on blind pairs."
    agreement = sources.votes.get("agreement")
    if isinstance(agreement, Mapping):
        kappa, items = number(agreement.get("kappa")), count(agreement.get("items"))
        name = "Fleiss' kappa" if agreement.get("name") == "fleiss" else "Cohen's kappa"
        if kappa is None:
            intro += " How far raters agree can be said when several saw the same pairs."
        else:
            word = next((w for top, w in _KAPPA if kappa <= top), "almost perfect")
            intro += f" {name} {kappa:.2f} over {items:,} pairs that several raters saw: {word} agreement."
    heads = ["System", "against", *_RATES]
    caption = "The middle line is an even chance."
    return views.TableSection(intro=intro, table=_win_rates(sources, table, heads, caption, judged=False))


def _win_rates(
    sources: Sources, table: ReportTable, heads: Sequence[str], caption: str, *, judged: bool
) -> views.TableView:
    rows = []
    for row in table.rows:
        cells = [views.Cell(row["against_label"], classes="names")]
        if judged:
            cells.append(views.Cell(row["criterion"]))
        cells += [views.win_rate_cell(row["rate"]), views.win_rate_plot_cell(row["rate"])]
        counted = ("wins", "losses", "ties", *(("inconsistent",) if judged else ()))
        cells += [views.Cell(f"{row[key]:,}") for key in counted]
        if judged:
            cells += [views.number_cell(row[key], _HUNDREDTHS) for key in ("score", "score_against")]
        rows.append(views.system_row(sources, row["system"], cells))
    return views.TableView(caption, heads, rows)


def picks(sources: Sources, table: ReportTable) -> views.TableSection:
    """How often a system picks, how much, and from how many adapters."""
    if not table.rows:
        return views.TableSection("No pictures with adapters were made.")
    rows = []
    for row in table.rows:
        share = f" ({row['prompts_with_picks']:,} of {row['prompts']:,})"
        often = f"{row['most_picked']} ({row['most_picked_prompts']:,} prompts)" if row["most_picked"] else "–"
        cells = [
            views.number_cell(row["share_with_picks"], _PERCENT, share),
            views.number_cell(row["adapters_per_prompt"], _HUNDREDTHS),
            views.Cell(str(row["most_in_a_prompt"])),
            views.Cell(f"{row['different_adapters']:,}"),
            views.Cell(often, classes="text names"),
        ]
        rows.append(views.system_row(sources, row["system"], cells))
    heads = ["System", "Prompts with picks", "Adapters per prompt", "At most", "Different adapters", "Most often"]
    return views.TableSection(table=views.TableView("Prompts without a pick count as 0 adapters.", heads, rows))


def timings(sources: Sources, table: ReportTable) -> views.TableSection:
    """Medians by system and stage."""
    if not table.rows:
        return views.TableSection("No times were recorded.")
    stages = [s for s in dict.fromkeys(row["stage"] for row in table.rows) if s != "picture"]
    medians = {(row["system"], row["stage"]): row["median_ms"] for row in table.rows}
    rows = [
        views.system_row(
            sources,
            system,
            [views.number_cell(medians.get((system, stage)), _duration) for stage in (*stages, "picture")],
        )
        for system in dict.fromkeys(row["system"] for row in table.rows)
    ]
    caption = "Medians over the pictures: the stages of the selection, and the whole request for a picture."
    return views.TableSection(table=views.TableView(caption, ["System", *stages, "whole picture"], rows))


def _duration(milliseconds: float) -> str:
    return f"{milliseconds / 1000:.1f} s" if milliseconds >= 1000 else f"{milliseconds:.3g} ms"
