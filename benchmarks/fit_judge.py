"""Fits the judge of pairs to judged pairs, and says how good it is on prompts that resemble none it was fitted to.

`python -m benchmarks.fit_judge` writes `stylus_core/composer/judge.npz`; `--dry` only measures. Needs scikit-learn, the
shared corpus and judgements, and about a quarter of an hour.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import average_precision_score

from benchmarks.judge_arrays import boosted_arrays, randomized_arrays
from benchmarks.judge_rows import JudgedSet, Rows, collect, judged_prompts, without_encoder
from stylus_core.composer import Request
from stylus_core.composer.judge import PARAMETERS
from stylus_core.composer.local import FLOORS, confidence_threshold, picks_from_chances
from stylus_core.composer.pair_evidence import gather
from stylus_study.evaluation.calibration import calibration_error, reliability
from stylus_study.evaluation.grouping import grouped_folds
from stylus_study.evaluation.markdown_table import MarkdownTable

_FOLDS = 5
_WANTED = 2
_SHARE = 0.5  # of the randomized trees in the mixture
_PART_WEIGHT = 0.5  # of a pair in a part of its library, against the same pair in the whole
_KNOTS = 40  # of the calibration curve, at most
_OWN_WEIGHT = 0.4  # of a pair whose prompt was written for this, against one that somebody used
_UNLIKELY = 0.01  # mixture below which the curve is a line

Floats = NDArray[np.float32]


def boosted() -> HistGradientBoostingClassifier:
    """Gradient boosted trees; small steps and few features a split, for the evidence is full of near copies."""
    return HistGradientBoostingClassifier(
        max_iter=260, learning_rate=0.05, max_leaf_nodes=15, min_samples_leaf=40, l2_regularization=5,
        max_features=0.5, random_state=0,
    )  # fmt: skip


def randomized(dense: bool) -> ExtraTreesClassifier:
    """Extremely randomized trees, as large as two megabytes of parameters allow; most of them for the usual case."""
    trees, leaf = (70, 4) if dense else (40, 10)
    return ExtraTreesClassifier(trees, min_samples_leaf=leaf, max_depth=16, max_features=0.3, n_jobs=1, random_state=0)


@dataclass(frozen=True, slots=True)
class Fitted:
    """Both ensembles for one kind of evidence."""

    boosted: HistGradientBoostingClassifier
    randomized: ExtraTreesClassifier

    def mixture(self, x: Floats) -> NDArray[np.float64]:
        """(n,): the uncalibrated chance."""
        one = self.boosted.predict_proba(x)[:, 1]
        return np.asarray(one + _SHARE * (self.randomized.predict_proba(x)[:, 1] - one), np.float64)


def fit(x: Floats, wanted: NDArray[np.bool_], weight: NDArray[np.float64], dense: bool) -> Fitted:
    """Both ensembles on the same rows."""
    return Fitted(boosted().fit(x, wanted, weight), randomized(dense).fit(x, wanted, weight))


def weights(rows: Rows, prompts: Sequence[JudgedSet]) -> NDArray[np.float64]:
    """Of each row."""
    own = np.array([p.own for p in prompts])[rows.prompt]
    return np.where(rows.size > 0, _PART_WEIGHT, 1.0) * np.where(own, _OWN_WEIGHT, 1.0)


def calibration(mixture: NDArray[np.float64], wanted: NDArray[np.bool_], weight: NDArray[np.float64]) -> Floats:
    """(2, knots): a rising curve from mixtures of held-out rows to chances, in few points."""
    curve = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(mixture, wanted, sample_weight=weight)
    grid = np.quantile(mixture[mixture > _UNLIKELY], np.linspace(0, 1, _KNOTS))
    knots = np.unique(np.concatenate([[0.0], grid, [1.0]]))
    chances = np.maximum.accumulate(curve.predict(knots))
    return np.stack([knots, chances]).astype(np.float32)


# -- measuring


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Chances of pairs by judges that were fitted to other prompts."""

    raw: NDArray[np.float64]  # (n,) of the judged pairs, before calibration
    rows: NDArray[np.float64]  # (n,) of the judged pairs
    candidates: list[NDArray[np.float64]]  # of all candidates of each request


def held_out(
    rows: Rows,
    weight: NDArray[np.float64],
    fold: NDArray[np.int64],
    evidence: Sequence[Floats],
    dense: bool,
    asked: Sequence[int] | None = None,
) -> HeldOut:
    """Cross-validation over the folds of prompts, calibration included.

    Args:
        rows: what was judged.
        weight: of each row.
        fold: of each prompt.
        evidence: of all candidates, request by request.
        dense: with the encoder's cosines, or by words alone.
        asked: the prompt of each request; None: each prompt has one, in their order.
    """
    x = rows.dense if dense else rows.words
    of_row = fold[rows.prompt]
    of_request = fold if asked is None else fold[np.array(asked, np.int64)]
    wanted = rows.score == _WANTED
    raw = np.zeros(len(x))
    raw_candidates: list[NDArray[np.float64]] = [np.zeros(0)] * len(evidence)
    for f in range(_FOLDS):
        inside = of_row != f
        model = fit(x[inside], wanted[inside], weight[inside], dense)
        raw[~inside] = model.mixture(x[~inside])
        numbers = [i for i in range(len(evidence)) if of_request[i] == f]
        if not numbers:
            continue
        together = model.mixture(np.concatenate([evidence[i] for i in numbers]))
        ends = np.cumsum([len(evidence[i]) for i in numbers])[:-1]
        for i, part in zip(numbers, np.split(together, ends), strict=True):
            raw_candidates[i] = part
    out, out_candidates = np.zeros(len(x)), list(raw_candidates)
    for f in range(_FOLDS):  # the curve of a fold comes from the others' held-out rows
        curve = calibration(raw[of_row != f], wanted[of_row != f], weight[of_row != f])
        out[of_row == f] = np.interp(raw[of_row == f], *curve)
        for i in range(len(evidence)):
            if of_request[i] == f:
                out_candidates[i] = np.interp(raw_candidates[i], *curve)
    return HeldOut(raw, out, out_candidates)


def picked(
    requests: Sequence[Request], chances: Sequence[NDArray[np.float64]], restraint: str
) -> list[dict[int, float]]:
    """What the local composer picks with these chances: adapter's id -> chance, for each prompt."""
    out = []
    for request, chance in zip(requests, chances, strict=True):
        asked = replace(request, options=replace(request.options, restraint=restraint))
        kept, _ = picks_from_chances(asked, chance.astype(np.float32), confidence_threshold(asked))
        out.append({a.candidate.adapter.id: a.confidence for a in kept})
    return out


def told(prompts: Sequence[JudgedSet], picks: Sequence[dict[int, float]], title: str) -> MarkdownTable:
    """P2, P0, R2 and what was left alone, set by set, pooled over prompts; the shared judgements apart from ours."""
    table = MarkdownTable(
        title, ["judged", "set", "prompts", "picks a prompt", "P2", "P0", "R2", "left alone", "unjudged"]
    )
    for own in (False, True):
        for name in dict.fromkeys(p.set for p in prompts if p.own is own):
            some = [(p, k) for p, k in zip(prompts, picks, strict=True) if p.own is own and p.set == name]
            scores = [p.scores[a] for p, k in some for a in k if a in p.scores]
            wanted = sum(s == _WANTED for p, _ in some for s in p.scores.values())
            nothing = [k for p, k in some if _WANTED not in p.scores.values()]
            number, judged = sum(len(k) for _, k in some), max(1, len(scores))
            table.add(
                "ours" if own else "shared", name, str(len(some)), f"{number / len(some):.2f}",
                f"{scores.count(_WANTED) / judged:.3f}", f"{scores.count(0) / judged:.3f}",
                f"{scores.count(_WANTED) / max(1, wanted):.3f}",
                f"{sum(not k for k in nothing)} of {len(nothing)}", f"{1 - len(scores) / max(1, number):.2f}",
            )  # fmt: skip
    return table


def reliability_table(chance: NDArray[np.float64], wanted: NDArray[np.bool_], title: str) -> MarkdownTable:
    """The reliability curve as a table."""
    table = MarkdownTable(f"Reliability, {title}", ["chance", "pairs", "mean chance", "share wanted"])
    for b in reliability(chance, wanted):
        table.add(f"{b.low:.1f} to {b.high:.1f}", str(b.number), f"{b.confidence:.3f}", f"{b.wanted:.3f}")
    return table


def strangers(rows: Rows, weight: NDArray[np.float64], fold: NDArray[np.int64], dense: bool) -> str:
    """Average precision on held-out prompts: for adapters that were fitted to with other prompts, and for strangers.

    In a third of the fits a third of the adapters is held out together with a third of the prompts; beside it as many
    rows are left out at random. The difference is what the judge remembers of adapters.
    """
    x = rows.dense if dense else rows.words
    wanted = rows.score == _WANTED
    numbers, which = np.unique(rows.adapter, return_inverse=True)
    part = np.random.default_rng(0).permutation(len(numbers))[which] % 3
    of_row = fold[rows.prompt] % 3
    random_part = np.random.default_rng(1).integers(0, 3, len(x))
    whole = rows.size == 0
    shown = {}
    for name, left_out in (
        ("adapters that other prompts were judged with", random_part),
        ("adapters never seen", part),
    ):
        chance = np.zeros(len(x))
        for f in range(3):
            for p in range(3):
                test = (of_row == f) & (part == p)
                train = (of_row != f) & (left_out != p)
                chance[test] = fit(x[train], wanted[train], weight[train], dense).mixture(x[test])
        shown[name] = average_precision_score(wanted[whole], chance[whole])
    return "average precision on held-out prompts: " + ", ".join(f"{name} {v:.3f}" for name, v in shown.items())


def listed(prompts: Sequence[JudgedSet], requests: Sequence[Request], found: HeldOut) -> dict[str, dict[int, float]]:
    """`library<tab>query` -> adapter's id -> its held-out chance, for who measures something else beside the judge."""
    return {
        f"{p.library}\t{p.query}": {c.adapter.id: round(float(v), 4) for c, v in zip(r.candidates, chance, strict=True)}
        for p, r, chance in zip(prompts, requests, found.candidates, strict=True)
    }


def main() -> None:
    """Measures, and writes the parameters."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fit_judge", description=__doc__)
    parser.add_argument("--dry", action="store_true", help="only measure")
    parser.add_argument("--chances", type=Path, help="write the held-out chances of all candidates as JSON")
    args = parser.parse_args()
    prompts = judged_prompts()
    rows, requests = collect(prompts)
    fold = np.array(grouped_folds([p.query for p in prompts], _FOLDS), np.int64)
    arrays: dict[str, NDArray[Any]] = {}
    wanted, weight = rows.score == _WANTED, weights(rows, prompts)
    print(f"{len(prompts)} prompts, {int((rows.size == 0).sum())} judged pairs, {len(rows.score)} rows", flush=True)
    for name in ("dense", "words"):
        dense = name == "dense"
        asked = requests if dense else [without_encoder(r) for r in requests]
        found = held_out(rows, weight, fold, [gather(r).features for r in asked], dense)
        for restraint in FLOORS:
            picks = picked(asked, found.candidates, restraint)
            print(told(prompts, picks, f"{name}, held out, {restraint}"), end="\n\n", flush=True)
        if dense and args.chances:
            args.chances.write_text(json.dumps(listed(prompts, requests, found)), encoding="utf-8")
        small = (rows.size > 0) & (rows.size <= 200)
        for label, some in (("whole", rows.size == 0), ("of 400", rows.size > 200), ("of 43", small)):
            sure = some & (found.rows > min(FLOORS["generous"]))
            errors = [calibration_error(found.rows[of], wanted[of], rows.prompt[of].tolist()) for of in (some, sure)]
            every, likely = (e.value if e else 0.0 for e in errors)
            print(f"{name}, library {label}: calibration error {every:.3f}, of what may be picked {likely:.3f}")
        print(reliability_table(found.rows[rows.size == 0], wanted[rows.size == 0], f"{name}, held out"), end="\n\n")
        if dense:
            print(f"{name}: {strangers(rows, weight, fold, dense)}", flush=True)
        model = fit(rows.dense if dense else rows.words, wanted, weight, dense)
        arrays |= boosted_arrays(model.boosted, f"{name}.boosted")
        arrays |= randomized_arrays(model.randomized, f"{name}.randomized")
        arrays |= {
            f"{name}.bias": np.array(model.boosted._baseline_prediction.item(), np.float32),
            f"{name}.share": np.array(_SHARE, np.float32),
            f"{name}.calibration": calibration(found.raw, wanted, weight),
        }
    if not args.dry:
        np.savez_compressed(PARAMETERS, **arrays)  # type: ignore[arg-type]  # names of arrays, and no option
        print(f"{PARAMETERS}: {PARAMETERS.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
