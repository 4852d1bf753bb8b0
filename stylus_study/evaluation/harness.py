"""One evaluation: any retrievers and composers on any adapters and queries, as tables, numbers and plots."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from stylus_core.composer.registry import Composers
from stylus_core.options import Options
from stylus_study.evaluation import composer_metrics, ranking_report
from stylus_study.evaluation.baselines import BASELINE, OURS, System
from stylus_study.evaluation.composer_metrics import (
    ComposerChoice,
    CurvePoint,
    choose,
    curve,
    however_unsure,
    requests,
    weight_errors,
)
from stylus_study.evaluation.corpus import EvalQuery
from stylus_study.evaluation.judged_report import JudgedEvaluation
from stylus_study.evaluation.judged_run import asking
from stylus_study.evaluation.markdown_table import MarkdownTable, told
from stylus_study.evaluation.ranking_report import Ranked, rank_all
from stylus_study.evaluation.statistics import Estimate
from stylus_study.evaluation.testbed import Testbed

Sets = Mapping[str, Sequence[EvalQuery]]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was measured. Keys: set of queries, then system or composer."""

    ranked: dict[str, dict[str, Ranked]]
    chosen: dict[str, dict[str, ComposerChoice]]
    curves: dict[str, list[CurvePoint]]  # set -> the local composer over how sure a pick has to be
    weights: dict[str, dict[str, Estimate]] = field(default_factory=dict)  # set -> rule -> mean absolute error
    judged: JudgedEvaluation | None = None  # picks held against judgements

    def tables(self) -> list[MarkdownTable]:
        """All of it, for people."""
        tables = [_ranking_table(name, found) for name, found in self.ranked.items()]
        if self.chosen:
            tables.append(_choosing_table(self.chosen))
        tables += [
            _kinds_table(name, found) for name, found in self.chosen.items() if any(c.kinds for c in found.values())
        ]
        tables += [_curve_table(name, points) for name, points in self.curves.items()]
        tables += [_weight_table(name, found) for name, found in self.weights.items()]
        return tables + (self.judged.tables() if self.judged is not None else [])

    def as_dict(self) -> dict[str, Any]:
        """All means with their intervals, for programs."""
        return {
            "retrieval": {
                name: {
                    system: {
                        **{m: r.mean(m).as_dict() for m in ranking_report.MEASURES},
                        "recall": dict(zip(map(str, ranking_report.CURVE), r.curve, strict=True)),
                    }
                    for system, r in found.items()
                }
                for name, found in self.ranked.items()
            },
            "choices": {
                name: {
                    composer: {
                        **{m: _dict(c.mean(m)) for m in composer_metrics.MEASURES},
                        "kinds": {k: {"picks": n, "right": good} for k, (n, good) in sorted(c.kinds.items())},
                    }
                    for composer, c in found.items()
                }
                for name, found in self.chosen.items()
            },
            "curves": {name: [asdict(p) for p in points] for name, points in self.curves.items()},
            "weights": {name: {rule: e.as_dict() for rule, e in found.items()} for name, found in self.weights.items()},
            "judged": self.judged.as_dict() if self.judged is not None else {},
        }

    def write(self, folder: Path) -> list[Path]:
        """Tables in Markdown and CSV, numbers in JSON, plots where matplotlib is installed. Returns the files."""
        folder.mkdir(parents=True, exist_ok=True)
        made: list[Path] = []

        def keep(name: str, text: str) -> None:
            # A prompt may hold half of a surrogate pair, which no file can.
            made.append(folder / name)
            made[-1].write_text(text, encoding="utf-8", errors="replace", newline="")

        tables = self.tables()
        keep("evaluation.md", "\n\n".join(map(str, tables)) + "\n")
        keep("evaluation.json", json.dumps(self.as_dict(), ensure_ascii=False, indent=1))
        used: Counter[str] = Counter()
        for table in tables:
            name = re.sub(r"[^a-z0-9]+", "-", table.title.lower().partition(":")[0]).strip("-")
            used[name] += 1
            text = io.StringIO(newline="")
            csv.writer(text).writerows([table.header, *table.rows])
            keep(f"{name}-{used[name]}.csv" if used[name] > 1 else f"{name}.csv", text.getvalue())
        if self.judged is not None:
            rows = (json.dumps(row, ensure_ascii=False) + "\n" for row in self.judged.unjudged)
            keep("unjudged.jsonl", "".join(rows))
        from stylus_study.evaluation.plots import draw

        return made + draw(self, folder)


def evaluate(
    ground: Testbed,
    sets: Sets,
    systems: Mapping[str, System],
    composers: Mapping[str, Composers],
    options: Options,
) -> Evaluation:
    """Measures retrieval by each system and choices by each composer.

    Args:
        ground: the adapters.
        sets: name -> queries; a set in which nothing is right shows how often a composer leaves a prompt alone.
        systems: see `systems.systems`.
        composers: name of the composer -> where it is found.
        options: of the selection; `composer` is set by the name.
    """
    ranked = rank_all(systems, sets) if systems else {}
    chosen: dict[str, dict[str, ComposerChoice]] = {}
    curves: dict[str, list[CurvePoint]] = {}
    for name, queries in sets.items():
        if composers:
            asked = requests(ground.retriever, queries, options)
            chosen[name] = {c: choose(asking(c, found), asked, queries) for c, found in composers.items()}
            if "local" in composers:
                curves[name] = curve(however_unsure(), asked, queries)
    weights = {name: weight_errors(ground, q) for name, q in sets.items() if any(x.adapters for x in q)}
    return Evaluation(ranked, chosen, curves, weights)


def _dict(e: Estimate | None) -> dict[str, float | None] | None:
    return e.as_dict() if e is not None else None


def _ranking_table(name: str, found: Mapping[str, Ranked]) -> MarkdownTable:
    table = MarkdownTable(f"Retrieval, {name}: means with 95% intervals", ["system", *ranking_report.MEASURES])
    for system, r in found.items():
        table.add(system, *(told(r.mean(m)) for m in ranking_report.MEASURES))
    if OURS in found and BASELINE in found:
        pairs = ", ".join(
            f"{m} {told(found[OURS].difference(found[BASELINE], m), '+.3f')}" for m in ranking_report.MEASURES
        )
        table.notes.append(f"{OURS} less {BASELINE}, query by query: {pairs}")
    table.notes.append(f"{len(next(iter(found.values())).values['MRR'])} queries")
    return table


def _choosing_table(found: Mapping[str, Mapping[str, ComposerChoice]]) -> MarkdownTable:
    table = MarkdownTable(
        "Choices: means with 95% intervals", ["prompts", "number", "composer", *composer_metrics.MEASURES.values()]
    )
    for name, composers in found.items():
        for composer, c in composers.items():
            cells = (told(c.mean(m)) for m in composer_metrics.MEASURES)
            table.add(name, str(len(c.values["picks"])), composer, *cells)
        if "local" in composers:
            for other in (c for c in composers if c != "local"):
                difference = composers["local"].difference(composers[other], "hit")
                if difference is not None:
                    table.notes.append(f"{name}: local less {other}, one right among them: {told(difference, '+.3f')}")
    table.notes.append("right is only what one person, or the published system, chose: other picks may be as good")
    return table


def _kinds_table(name: str, found: Mapping[str, ComposerChoice]) -> MarkdownTable:
    table = MarkdownTable(f"Choices by kind, {name}", ["kind", *(f"{c}: picks, right" for c in found)])
    for kind in sorted({k for c in found.values() for k in c.kinds}):
        cells = (c.kinds.get(kind, (0, 0)) for c in found.values())
        table.add(kind, *(f"{n}, {good / n:.2f}" if n else "0" for n, good in cells))
    return table


def _curve_table(name: str, points: Sequence[CurvePoint]) -> MarkdownTable:
    table = MarkdownTable(
        f"Local composer over its confidence, {name}",
        ["a pick is as sure as", "nothing chosen", "one right among them", "of the picks, right", "picks a prompt"],
    )
    for p in points:
        table.add(f"{p.confidence:g}", *(f"{v:.3f}" for v in (p.nothing, p.hit, p.precision, p.picks)))
    return table


def _weight_table(name: str, found: Mapping[str, Estimate]) -> MarkdownTable:
    table = MarkdownTable(f"Weights, {name}: mean absolute error against what users wrote", ["weight", "error"])
    for rule, e in found.items():
        table.add(rule, told(e))
    return table
