"""One evaluation: any retrievers and composers on any adapters and queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stylus_core.composer.registry import Composers
from stylus_core.options import Options
from stylus_study.evaluation.baselines import System
from stylus_study.evaluation.composer_metrics import (
    ComposerChoice,
    CurvePoint,
    choose,
    curve,
    local_without_threshold,
    requests,
    weight_errors,
)
from stylus_study.evaluation.corpus import EvalQuery
from stylus_study.evaluation.evaluation_result import Evaluation
from stylus_study.evaluation.judged_run import composer_named
from stylus_study.evaluation.ranking_report import rank_all
from stylus_study.evaluation.testbed import Testbed


def evaluate(
    testbed: Testbed,
    sets: Mapping[str, Sequence[EvalQuery]],
    systems: Mapping[str, System],
    composers: Mapping[str, Composers],
    options: Options,
) -> Evaluation:
    """Measures retrieval by each system and choices by each composer.

    Args:
        testbed: the adapters.
        sets: name -> queries; a set in which nothing is right shows how often a composer leaves a prompt alone.
        systems: see `baselines.systems`.
        composers: name of the composer -> where it is found.
        options: of the selection; `composer` is set by the name.

    Returns:
        What was measured, without judgements.
    """
    ranked = rank_all(systems, sets) if systems else {}
    chosen: dict[str, dict[str, ComposerChoice]] = {}
    curves: dict[str, list[CurvePoint]] = {}
    for name, queries in sets.items():
        if composers:
            asked = requests(testbed.retriever, queries, options)
            chosen[name] = {c: choose(composer_named(c, found), asked, queries) for c, found in composers.items()}
            if "local" in composers:
                curves[name] = curve(local_without_threshold(), asked, queries)
    weights = {name: weight_errors(testbed, q) for name, q in sets.items() if any(x.adapters for x in q)}
    return Evaluation(ranked, chosen, curves, weights)
