"""Weights that people write in prompts with one adapter, two, three: where the rewriter's shares and budget come from.

`python -m benchmarks.weight_budget` reads ../shared/data and skips without it.
"""

from __future__ import annotations

import math
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import fmean, median, quantiles

from stylus_core.options import Options
from stylus_core.rewriter import share_budget
from stylus_study.evaluation.corpus import load_adapters, load_queries
from tests.shared import DATA, REASON

SETS = ("user", "page")
_BUDGET = Options().weight_budget

#: Ways to weigh the adapters of a prompt, given what is recommended for each.
RULES: dict[str, Callable[[list[float]], list[float]]] = {
    "shared, within the budget": lambda weights: share_budget(weights, (), 1.0, _BUDGET),
    "as recommended": lambda weights: weights,
    "recommended x 0.8 / number (paper)": lambda weights: [w * 0.8 / len(weights) for w in weights],
    "0.7 for each": lambda weights: [0.7] * len(weights),
}


@dataclass
class Written:
    """What was written in the prompts with a certain number of adapters."""

    weights: list[float] = field(default_factory=list)
    totals: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)  # written / recommended
    parts: list[float] = field(default_factory=list)  # written / what the shares alone would give
    errors: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


def measure() -> dict[tuple[str, str], Written]:
    """(set, number of adapters) -> what was written. Needs ../shared."""
    assert DATA is not None, REASON  # noqa: S101
    recommended = {a.id: a.card.weight for a in load_adapters(DATA / "corpus.jsonl.gz")}
    table: dict[tuple[str, str], Written] = defaultdict(Written)
    for name in SETS:
        for query in load_queries(DATA / f"queries_{name}.jsonl.gz"):
            count = len(query.adapters)
            for key in (str(count) if count < 3 else "3 or more", *(["2 or more"] if count > 1 else [])):
                _add(table[name, key], query.adapters, recommended)
    return dict(sorted(table.items()))


def _add(row: Written, adapters: dict[int, float], recommended: dict[int, float]) -> None:
    row.weights += adapters.values()
    row.totals.append(sum(map(abs, adapters.values())))
    known = {i: recommended[i] for i in adapters if i in recommended}
    row.ratios += [adapters[i] / weight for i, weight in known.items() if weight]
    share = dict(
        zip(known, share_budget(list(known.values()), [1.0] * (len(adapters) - len(known)), 1.0, math.inf), strict=True)
    )
    row.parts += [abs(adapters[i] / weight) for i, weight in share.items() if weight]
    if len(known) == len(adapters):
        for rule, weigh in RULES.items():
            row.errors[rule] += [abs(adapters[i] - w) for i, w in zip(known, weigh(list(known.values())), strict=True)]


def _ninth(values: Sequence[float]) -> float:
    return quantiles(values, n=10)[-1]


def main() -> int:
    """Prints the tables."""
    if DATA is None:
        print(f"weight_budget: skipped, {REASON}")
        return 0
    table = measure()
    print(
        "| set | adapters | prompts | weight of each, mean | median | of the recommended, mean "
        "| below a third of the share | total, median | p90 |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for (name, count), row in table.items():
        print(
            f"| {name} | {count} | {len(row.totals)} | {fmean(row.weights):.2f} | {median(row.weights):.2f} "
            f"| {fmean(row.ratios):.2f} | {fmean(part < 1 / 3 for part in row.parts):.1%} "
            f"| {median(row.totals):.2f} | {_ninth(row.totals):.2f} |"
        )
    print("\nMean absolute error of a rule, by set and number of adapters")
    print("| rule | " + " | ".join(f"{name} {count}" for name, count in table) + " |")
    print("| --- |" + " --- |" * len(table))
    for rule in RULES:
        print(f"| {rule} | " + " | ".join(f"{fmean(row.errors[rule]):.3f}" for row in table.values()) + " |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
