"""What an evaluation found, as tables for people and as numbers for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from stylus_study.evaluation import composer_metrics, ranking_report
from stylus_study.evaluation.baselines import BASELINE, OURS
from stylus_study.evaluation.composer_metrics import ComposerChoice, CurvePoint
from stylus_study.evaluation.judged_report import JudgedEvaluation
from stylus_study.evaluation.markdown_table import MarkdownTable, format_estimate
from stylus_study.evaluation.ranking_report import Ranked
from stylus_study.evaluation.statistics import Estimate, as_dict


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
                        **{m: as_dict(c.mean(m)) for m in composer_metrics.MEASURES},
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


def _ranking_table(name: str, found: Mapping[str, Ranked]) -> MarkdownTable:
    table = MarkdownTable(f"Retrieval, {name}: means with 95% intervals", ["system", *ranking_report.MEASURES])
    for system, r in found.items():
        table.add(system, *(format_estimate(r.mean(m)) for m in ranking_report.MEASURES))
    if OURS in found and BASELINE in found:
        pairs = ", ".join(
            f"{m} {format_estimate(found[OURS].difference(found[BASELINE], m), '+.3f')}"
            for m in ranking_report.MEASURES
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
            cells = (format_estimate(c.mean(m)) for m in composer_metrics.MEASURES)
            table.add(name, str(len(c.values["picks"])), composer, *cells)
        if "local" in composers:
            for other in (c for c in composers if c != "local"):
                difference = composers["local"].difference(composers[other], "hit")
                if difference is not None:
                    table.notes.append(
                        f"{name}: local less {other}, one right among them: {format_estimate(difference, '+.3f')}"
                    )
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
        table.add(rule, format_estimate(e))
    return table
