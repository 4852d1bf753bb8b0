"""The page in short, and what judge, people, picks and clock say."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stylus_core.evaluation.statistics import Estimate
from stylus_core.study.report import cells, plots, words
from stylus_core.study.report.sources import Sources, count, number
from stylus_core.study.report.tables import MEASURES, Table
from stylus_core.study.types import BASE, JUDGE, VOTES

_RATES = ("Win rate", "", "Wins", "Losses", "Ties")
#: Landis and Koch, The Measurement of Observer Agreement for Categorical Data, Biometrics 33 (1977), p. 165.
_KAPPA = ((0.0, "poor"), (0.2, "slight"), (0.4, "fair"), (0.6, "moderate"), (0.8, "substantial"))


def in_short(sources: Sources, tables: Mapping[str, Table]) -> str:
    """A sentence a system: what it changes against the base model, and how judge and people see it."""
    items = []
    for system in sources.plan.systems:
        if system.name == BASE:
            continue
        said = [*_changes(sources, tables["metrics"], system.name)]
        judged = [f"{row['criterion']} {_percent(row['rate'])}" for row in _to_base(tables["judge"], system.name)]
        if judged:
            said.append(f"the judge preferred it in {', '.join(judged)}")
        said += [f"people preferred it in {_percent(row['rate'])}" for row in _to_base(tables["votes"], system.name)]
        said += [
            f"picks for {row['prompts_with_picks']:,} of {row['prompts']:,} prompts"
            for row in tables["picks"].rows
            if row["system"] == system.name
        ]
        if said:
            items.append(
                f"<li><strong>{html.escape(sources.label(system.name))}</strong>: {html.escape('; '.join(said))}.</li>"
            )
    return f'<ul class="short">{"".join(items)}</ul>' if items else "<p>There is nothing to compare yet.</p>"


def _to_base(table: Table, system: str) -> list[dict[str, Any]]:
    return [r for r in table.rows if r["system"] == system and r["against"] == BASE and r["rate"] is not None]


def _changes(sources: Sources, table: Table, system: str) -> Iterator[str]:
    for checkpoint in dict.fromkeys(r["checkpoint"] for r in table.rows):
        here = [r for r in table.rows if r["checkpoint"] == checkpoint]
        cfg = words.shown_cfg(r["cfg"] for r in here)
        for row in here:
            if row["system"] != system or row["cfg"] != cfg:
                continue
            where = f"at CFG {cfg:g}"
            if len(sources.plan.checkpoints) > 1:
                where += f" with {words.checkpoint(checkpoint)}"
            for measure in MEASURES[:2]:
                found = row[f"{measure.key}_difference"]
                if found is not None:
                    told = f"{measure.label} {words.signed(found.value, measure)}{words.within(found, measure)}"
                    yield f"{told} {where}, {words.verdict(found, measure)[1]}"


def judge(sources: Sources, table: Table) -> str:
    """Win rates by criterion, and how often the judge contradicted itself."""
    if not table.rows:
        return words.missing(sources, JUDGE, "No pictures were judged.")
    asked, inconsistent = count(sources.judge.get("asked")), count(sources.judge.get("inconsistent"))
    share = f" {inconsistent / asked:.0%} of {asked:,} questions got an answer that did not." if asked else ""
    model = html.escape(str(sources.judge.get("model") or "a vision-language model"))
    intro = f"<p>{model} saw every pair in both orders; only answers that stay the same are counted.{share}</p>\n"
    heads = ["System", "against", "Criterion", *_RATES, "Inconsistent", "Score", "of the other"]
    return intro + _rates(
        sources, table, heads, "The middle line is an even chance. Scores are means from 0 to 2.", judged=True
    )


def votes(sources: Sources, table: Table) -> str:
    """Win rates by people, and how far the raters agree."""
    if not table.rows:
        return words.missing(sources, VOTES, "Nobody voted.")
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


def _rates(sources: Sources, table: Table, heads: Sequence[str], caption: str, *, judged: bool) -> str:
    lines = []
    for row in table.rows:
        rate = row["rate"]
        line = [cells.cell(html.escape(row["against_label"]), "names")]
        if judged:
            line.append(cells.cell(html.escape(row["criterion"])))
        line += [
            cells.estimate(rate, "{:.0%}".format),
            cells.cell(plots.interval(rate) if rate else ""),
            *(
                cells.cell(f"{row[key]:,}")
                for key in ("wins", "losses", "ties", *(("inconsistent",) if judged else ()))
            ),
        ]
        if judged:
            line += [cells.number(row[key], "{:.2f}".format) for key in ("score", "score_against")]
        lines.append((_system(sources, row["system"]), line))
    return cells.table(caption, heads, lines)


def picks(sources: Sources, table: Table) -> str:
    """How often a system picks, how much, and from how many adapters."""
    if not table.rows:
        return '<p class="missing">No pictures with adapters were made.</p>'
    lines = [
        (
            _system(sources, row["system"]),
            [
                cells.number(
                    row["share_with_picks"],
                    "{:.0%}".format,
                    f" ({row['prompts_with_picks']:,} of {row['prompts']:,})",
                ),
                cells.number(row["adapters_per_prompt"], "{:.2f}".format),
                cells.cell(str(row["most_in_a_prompt"])),
                cells.cell(f"{row['different_adapters']:,}"),
                cells.cell(
                    f"{html.escape(row['most_picked'] or '–')}"
                    + (f" ({row['most_picked_prompts']:,} prompts)" if row["most_picked"] else ""),
                    "text names",
                ),
            ],
        )
        for row in table.rows
    ]
    heads = ["System", "Prompts with picks", "Adapters per prompt", "At most", "Different adapters", "Most often"]
    return cells.table("Prompts without a pick count as 0 adapters.", heads, lines)


def timings(sources: Sources, table: Table) -> str:
    """Medians by system and stage."""
    if not table.rows:
        return '<p class="missing">No times were recorded.</p>'
    stages = [s for s in dict.fromkeys(r["stage"] for r in table.rows) if s != "picture"]
    systems = dict.fromkeys(r["system"] for r in table.rows)
    taken = {(r["system"], r["stage"]): r["median_ms"] for r in table.rows}
    lines = [
        (
            _system(sources, system),
            [cells.number(taken.get((system, stage)), _time) for stage in (*stages, "picture")],
        )
        for system in systems
    ]
    caption = "Medians over the pictures: the stages of the selection, and the whole request for a picture."
    return cells.table(caption, ["System", *map(html.escape, stages), "whole picture"], lines)


def _time(milliseconds: float) -> str:
    return f"{milliseconds / 1000:.1f} s" if milliseconds >= 1000 else f"{milliseconds:.3g} ms"


def _system(sources: Sources, name: str) -> str:
    return plots.swatch(sources.order(name)) + html.escape(sources.label(name))


def _percent(rate: Estimate) -> str:
    within = "" if rate.low is None or rate.high is None else f" (95% {rate.low:.0%} to {rate.high:.0%})"
    return f"{rate.value:.0%}{within}"
