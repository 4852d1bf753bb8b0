"""The page in short, and what judge, people, picks and clock say."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stylus_study.report import html_table, phrasing, svg_plots
from stylus_study.report.report_sources import Sources, count
from stylus_study.report.tables import MEASURES, ReportTable
from stylus_study.study.finite_numbers import number
from stylus_study.study.types import BASE, JUDGE, VOTES

_RATES = ("Win rate", "", "Wins", "Losses", "Ties")
#: Landis and Koch, The Measurement of Observer Agreement for Categorical Data, Biometrics 33 (1977), p. 165.
_KAPPA = ((0.0, "poor"), (0.2, "slight"), (0.4, "fair"), (0.6, "moderate"), (0.8, "substantial"))


def in_short(sources: Sources, tables: Mapping[str, ReportTable]) -> str:
    """A line a system: what it changes against the base model, and how judge and people see it."""
    columns, caption = _changes(sources, tables["metrics"])
    judged = tables["judge"].rows
    for criterion in dict.fromkeys(row["criterion"] for row in judged):
        columns[f"judge: {criterion}"] = _to_base([row for row in judged if row["criterion"] == criterion])
    if tables["votes"].rows:
        columns["people"] = _to_base(tables["votes"].rows)
    columns["prompts with picks"] = {
        row["system"]: html_table.number(row["share_with_picks"], "{:.0%}".format) for row in tables["picks"].rows
    }
    lines = [
        (_system(sources, system.name), [made.get(system.name, html_table.cell("–")) for made in columns.values()])
        for system in sources.plan.systems
        if system.name != BASE
    ]
    return html_table.table(
        f"Against the base model{caption}. In brackets 95% intervals.", ["System", *map(html.escape, columns)], lines
    )


def _changes(sources: Sources, table: ReportTable) -> tuple[dict[str, dict[str, str]], str]:
    """The columns of CLIP score and FID, a cell a system, and at which CFG they are."""
    columns = {}
    cfg = phrasing.shown_cfg(row["cfg"] for row in table.rows)
    rows = [row for row in table.rows if row["cfg"] == cfg]
    for checkpoint in dict.fromkeys(row["checkpoint"] for row in rows):
        where = f", {phrasing.checkpoint(checkpoint)}" if len(sources.plan.checkpoints) > 1 else ""
        for measure in MEASURES[:2]:
            found = {r["system"]: r[f"{measure.key}_difference"] for r in rows if r["checkpoint"] == checkpoint}
            if any(found.values()):
                columns[measure.label + where] = {k: html_table.difference(v, measure) for k, v in found.items()}
    return columns, f", CLIP score and FID at CFG {cfg:g}" if columns else ""


def _to_base(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The cells of win rates against the base model."""
    return {row["system"]: html_table.rate(row["rate"]) for row in rows if row["against"] == BASE}


def judge(sources: Sources, table: ReportTable) -> str:
    """Win rates by criterion, and how often the judge contradicted itself."""
    if not table.rows:
        return phrasing.missing(sources, JUDGE, "No pictures were judged.")
    asked, inconsistent = count(sources.judge.get("asked")), count(sources.judge.get("inconsistent"))
    share = f" {inconsistent / asked:.0%} of {asked:,} questions got an answer that did not." if asked else ""
    model = html.escape(str(sources.judge.get("model") or "a vision-language model"))
    intro = f"<p>{model} saw every pair in both orders; only answers that stay the same are counted.{share}</p>\n"
    heads = ["System", "against", "Criterion", *_RATES, "Inconsistent", "Score", "of the other"]
    return intro + _rates(
        sources, table, heads, "The middle line is an even chance. Scores are means from 0 to 2.", judged=True
    )


def votes(sources: Sources, table: ReportTable) -> str:
    """Win rates by people, and how far the raters agree."""
    if not table.rows:
        return phrasing.missing(sources, VOTES, "Nobody voted.")
    given = sources.votes
    raters, cast = count(given.get("raters")), count(given.get("votes"))
    intro = f"{cast:,} votes of {raters:,} rater{'' if raters == 1 else 's'} on blind pairs."
    agreement = given.get("agreement")
    if isinstance(agreement, Mapping):
        kappa, items = number(agreement.get("kappa")), count(agreement.get("items"))
        name = "Fleiss' kappa" if agreement.get("name") == "fleiss" else "Cohen's kappa"
        if kappa is None:
            intro += " How far raters agree can be said when several saw the same pairs."
        else:
            word = next((w for top, w in _KAPPA if kappa <= top), "almost perfect")
            intro += f" {name} {kappa:.2f} over {items:,} pairs that several raters saw: {word} agreement."
    return f"<p>{html.escape(intro)}</p>\n" + _rates(
        sources, table, ["System", "against", *_RATES], "The middle line is an even chance.", judged=False
    )


def _rates(sources: Sources, table: ReportTable, heads: Sequence[str], caption: str, *, judged: bool) -> str:
    lines = []
    for row in table.rows:
        rate = row["rate"]
        line = [html_table.cell(html.escape(row["against_label"]), "names")]
        if judged:
            line.append(html_table.cell(html.escape(row["criterion"])))
        line += [
            html_table.rate(rate),
            html_table.cell(svg_plots.interval(rate) if rate else ""),
            *(
                html_table.cell(f"{row[key]:,}")
                for key in ("wins", "losses", "ties", *(("inconsistent",) if judged else ()))
            ),
        ]
        if judged:
            line += [html_table.number(row[key], "{:.2f}".format) for key in ("score", "score_against")]
        lines.append((_system(sources, row["system"]), line))
    return html_table.table(caption, heads, lines)


def picks(sources: Sources, table: ReportTable) -> str:
    """How often a system picks, how much, and from how many adapters."""
    if not table.rows:
        return '<p class="missing">No pictures with adapters were made.</p>'
    lines = [
        (
            _system(sources, row["system"]),
            [
                html_table.number(
                    row["share_with_picks"],
                    "{:.0%}".format,
                    f" ({row['prompts_with_picks']:,} of {row['prompts']:,})",
                ),
                html_table.number(row["adapters_per_prompt"], "{:.2f}".format),
                html_table.cell(str(row["most_in_a_prompt"])),
                html_table.cell(f"{row['different_adapters']:,}"),
                html_table.cell(
                    f"{html.escape(row['most_picked'] or '–')}"
                    + (f" ({row['most_picked_prompts']:,} prompts)" if row["most_picked"] else ""),
                    "text names",
                ),
            ],
        )
        for row in table.rows
    ]
    heads = ["System", "Prompts with picks", "Adapters per prompt", "At most", "Different adapters", "Most often"]
    return html_table.table("Prompts without a pick count as 0 adapters.", heads, lines)


def timings(sources: Sources, table: ReportTable) -> str:
    """Medians by system and stage."""
    if not table.rows:
        return '<p class="missing">No times were recorded.</p>'
    stages = [s for s in dict.fromkeys(r["stage"] for r in table.rows) if s != "picture"]
    systems = dict.fromkeys(r["system"] for r in table.rows)
    taken = {(r["system"], r["stage"]): r["median_ms"] for r in table.rows}
    lines = [
        (
            _system(sources, system),
            [html_table.number(taken.get((system, stage)), _time) for stage in (*stages, "picture")],
        )
        for system in systems
    ]
    caption = "Medians over the pictures: the stages of the selection, and the whole request for a picture."
    return html_table.table(caption, ["System", *map(html.escape, stages), "whole picture"], lines)


def _time(milliseconds: float) -> str:
    return f"{milliseconds / 1000:.1f} s" if milliseconds >= 1000 else f"{milliseconds:.3g} ms"


def _system(sources: Sources, name: str) -> str:
    return svg_plots.swatch(sources.order(name)) + html.escape(sources.label(name))
