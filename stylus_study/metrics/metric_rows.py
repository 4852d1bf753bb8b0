"""From features to numbers: one row a system, checkpoint and CFG value, with intervals and differences to the base."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stylus_core.progress import Progress
from stylus_study.evaluation.statistics import (
    Estimate,
    as_dict,
    bootstrap_difference,
    bootstrap_mean,
    cluster_draws,
    normal_interval,
)
from stylus_study.study.types import BASE, GridCell, StudyPicture, StudyPlan

Key = tuple[str, float, str]  # checkpoint, CFG, system
Vectors = Mapping[Path, NDArray[np.float32]]
_KID_DRAWS = 500
_FID_DRAWS, _FID_DRAWS_LARGE = 100, 30  # each costs seconds where there are many pictures
_LARGE = 1000


@dataclass(frozen=True, slots=True)
class ExtractedFeatures:
    """What the models saw. Pictures without vectors are not measured; None is a model that was not asked."""

    scores: Mapping[Path, float] | None = None  # CLIP score
    inception: Vectors | None = None
    reference: NDArray[np.float32] | None = None  # (pictures, dimensions)


def rows(
    plan: StudyPlan,
    pictures: Sequence[StudyPicture],
    seen: ExtractedFeatures,
    *,
    best_of_group: bool = False,
    device: str = "cpu",
    progress: Progress | None = None,
) -> list[dict[str, Any]]:
    """The rows of metrics.json, in the order of the plan, a system without pictures among them."""
    groups: dict[Key, list[StudyPicture]] = {
        (checkpoint, cfg, system.name): []
        for system in plan.systems
        for checkpoint in plan.checkpoints
        for cfg in plan.cfgs
    }
    for picture in pictures:
        groups[_key(picture.cell)].append(picture)
    kept = {key: _best(g, seen.scores or {}) for key, g in groups.items()} if best_of_group else groups
    distances = _distances(kept, seen, device, progress) if seen.reference is not None else {}
    out = []
    for key, group in kept.items():
        checkpoint, cfg, system = key
        base = (checkpoint, cfg, BASE)
        row: dict[str, Any] = {"system": system, "checkpoint": checkpoint, "cfg": cfg, "pictures": len(group)}
        scores = [_scores(kept.get(k, ()), seen.scores or {}, best_of_group) for k in (key, base)]
        spreads = [_spreads(groups.get(k, ()), seen.inception or {}) for k in (key, base)]
        row["clip"], row["clip_difference"] = _means(*scores, compare=system != BASE)
        row["diversity"], row["diversity_difference"] = _means(*spreads, compare=system != BASE)
        for name in ("fid", "kid"):
            mine, theirs = distances.get((key, name)), distances.get((base, name))
            row[name] = as_dict(mine.estimate() if mine else None)
            row[f"{name}_difference"] = as_dict(mine.minus(theirs) if mine and theirs and system != BASE else None)
        out.append(row)
    return out


@dataclass(frozen=True, slots=True)
class _Distance:
    """A distance and its bootstrap samples; sample n of every system is of the same prompts."""

    value: float
    samples: NDArray[np.float64]

    def estimate(self) -> Estimate:
        return normal_interval(self.value, self.samples)

    def minus(self, other: _Distance) -> Estimate:
        return normal_interval(self.value - other.value, self.samples - other.samples)


def _distances(
    groups: Mapping[Key, Sequence[StudyPicture]], seen: ExtractedFeatures, device: str, progress: Progress | None
) -> dict[tuple[Key, str], _Distance]:
    """FID and KID of the groups of at least two pictures."""
    from stylus_study.metrics.distances import Frechet, Kernel

    assert seen.reference is not None and seen.inception is not None  # noqa: S101 - the caller's condition
    frechet, kernel = Frechet(seen.reference, device), Kernel(seen.reference, device)
    prompts = {p: n for n, p in enumerate(dict.fromkeys(x.cell.prompt for g in groups.values() for x in g))}
    large = max(map(len, groups.values()), default=0) > _LARGE
    draws = cluster_draws(max(len(prompts), 1), draws=_KID_DRAWS)
    found = {}
    for done, (key, group) in enumerate(groups.items()):
        if progress:
            progress("FID and KID", done, len(groups))
        if len(group) < 2:
            continue
        features = np.stack([seen.inception[p.path] for p in group])
        weights = draws[:, [prompts[p.cell.prompt] for p in group]]
        if len({p.cell.prompt for p in group}) < 2:
            weights = weights * np.nan  # one prompt says nothing of what another would give
        distance = frechet.of(features)
        few = weights[: _FID_DRAWS_LARGE if large else _FID_DRAWS]
        found[key, "fid"] = _Distance(distance(None), np.array([distance(w) for w in few]))
        kid, *samples = kernel.of(features, np.vstack([np.ones(len(group)), weights]))
        found[key, "kid"] = _Distance(float(kid), np.array(samples))
    if progress:
        progress("FID and KID", len(groups), len(groups))
    return found


def _means(
    values: Mapping[tuple[str, int], float], base: Mapping[tuple[str, int], float], *, compare: bool
) -> tuple[dict[str, float | None] | None, dict[str, float | None] | None]:
    """The mean, and the mean difference over what both have, by (prompt, number)."""
    both = [key for key in values if key in base] if compare else []
    mean = bootstrap_mean(list(values.values()), [prompt for prompt, _ in values])
    apart = bootstrap_difference([values[k] for k in both], [base[k] for k in both], [prompt for prompt, _ in both])
    return as_dict(mean), as_dict(apart)


def _scores(pictures: Sequence[StudyPicture], scores: Mapping[Path, float], best: bool) -> dict[tuple[str, int], float]:
    """By prompt and seed; by prompt alone where one picture stands for all seeds."""
    return {(p.cell.prompt, 0 if best else p.cell.seed): scores[p.path] for p in pictures if p.path in scores}


def _spreads(pictures: Sequence[StudyPicture], vectors: Vectors) -> dict[tuple[str, int], float]:
    """The diversity of each prompt that has two pictures."""
    from stylus_study.metrics.distances import total_variance

    by_prompt: dict[str, list[NDArray[np.float32]]] = defaultdict(list)
    for picture in pictures:
        if picture.path in vectors:
            by_prompt[picture.cell.prompt].append(vectors[picture.path])
    return {(prompt, 0): total_variance(np.stack(v)) for prompt, v in by_prompt.items() if len(v) > 1}


def _best(pictures: Sequence[StudyPicture], scores: Mapping[Path, float]) -> list[StudyPicture]:
    """Of each prompt the picture with the highest score, the first of equal ones, as the paper's code has it."""
    best: dict[str, StudyPicture] = {}
    for picture in pictures:
        kept = best.setdefault(picture.cell.prompt, picture)
        if scores[picture.path] > scores[kept.path]:
            best[picture.cell.prompt] = picture
    return list(best.values())


def _key(cell: GridCell) -> Key:
    return cell.checkpoint, cell.cfg, cell.system
