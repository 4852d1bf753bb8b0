"""Distances between sets of features, against scipy, torchmetrics and sums done by hand; their intervals."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from sklearn.datasets import load_digits

from stylus_study.metrics.distances import Frechet, Kernel, total_variance
from stylus_study.metrics.metric_rows import ExtractedFeatures, rows
from stylus_study.study.render_jobs import cells
from stylus_study.study.types import BASE, StudyPicture, StudyPlan, StudySystem
from tests.study.by_hand import frechet_of_moments, mmd, points_of, scipy_frechet

SYSTEMS = (StudySystem(BASE, "Base"), StudySystem("stylus", "Stylus", {"composer": "local"}))


def test_frechet_distance_of_known_normal_distributions():
    def distance(mean, covariance, other_mean, other_covariance):
        return Frechet(points_of(other_mean, other_covariance)).of(points_of(mean, covariance))(None)

    eye = np.eye(4)
    assert distance(np.zeros(4), eye, np.full(4, 3.0), eye) == pytest.approx(36)
    assert distance(np.zeros(4), 4 * eye, np.zeros(4), 9 * eye) == pytest.approx(4 * (2 - 3) ** 2)
    assert distance(np.zeros(4), 0 * eye, np.zeros(4), 9 * eye) == pytest.approx(36)
    rng = np.random.default_rng(0)
    one, other = (a @ a.T for a in rng.normal(size=(2, 12, 12)))
    expected = 12 * 0.25 + np.trace(one + other - 2 * sqrtm(one @ other).real)
    assert distance(np.zeros(12), one, np.full(12, 0.5), other) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("counts", [(300, 400), (400, 30), (30, 400), (20, 25), (2, 2)])
def test_frechet_distance_of_real_features_is_scipys(counts):
    digits = load_digits()
    x, y = (digits.data[digits.target < 5][: counts[0]], digits.data[digits.target > 4][: counts[1]])
    found = Frechet(y).of(x)(None)
    assert found == pytest.approx(scipy_frechet(x, y), rel=1e-4)
    whole = frechet_of_moments(x.mean(0), np.cov(x, rowvar=False), y.mean(0), np.cov(y, rowvar=False))
    assert found == pytest.approx(whole, rel=1e-6)


def test_frechet_distance_is_torchmetrics():
    fid = pytest.importorskip("torchmetrics.image.fid")
    digits = load_digits().data.astype(np.float32)
    x, y = (torch.from_numpy(a) for a in (digits[:900], digits[900:]))

    class Known(torch.nn.Module):
        num_features = 64

        def forward(self, features):
            return features

    theirs = fid.FrechetInceptionDistance(feature=Known())
    theirs.update(x, real=True)
    theirs.update(y, real=False)
    assert Frechet(x.numpy()).of(y.numpy())(None) == pytest.approx(float(theirs.compute()), rel=1e-4)


def test_weights_are_repetitions():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(40, 6)), rng.normal(size=(50, 6)) + 0.5
    weights = rng.integers(0, 3, 40).astype(float)
    repeated = np.repeat(x, weights.astype(int), axis=0)
    assert Frechet(y).of(x)(weights) == pytest.approx(scipy_frechet(repeated, y), rel=1e-6)
    assert math.isnan(Frechet(y).of(x)(np.eye(40)[0]))


def test_kernel_distance():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(30, 8)), rng.normal(size=(40, 8)) + 0.3
    assert Kernel(y).of(x) == pytest.approx([mmd(x, y)], rel=1e-9)
    kid = pytest.importorskip("torchmetrics.image.kid")
    same = rng.normal(size=(40, 8))  # torchmetrics compares sets of one size
    theirs = float(kid.poly_mmd(torch.from_numpy(same), torch.from_numpy(y)))
    assert Kernel(y).of(same)[0] == pytest.approx(theirs, rel=1e-6)


def test_kernel_distance_in_blocks_and_with_weights(monkeypatch):
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(30, 8)), rng.normal(size=(40, 8)) + 0.3
    weights = np.stack([np.ones(30), np.r_[np.ones(20), np.zeros(10)], np.eye(30)[0], np.r_[2, 1, np.zeros(28)]])
    found = Kernel(y).of(x, weights)
    assert found[0] == pytest.approx(mmd(x, y))
    assert found[1] == pytest.approx(mmd(x[:20], y))
    assert math.isnan(found[2])
    assert math.isfinite(found[3])  # the same picture twice and another: three pictures, two pairs
    monkeypatch.setattr("stylus_study.metrics.distances._ROWS", 7)
    assert Kernel(y).of(x, weights)[:2] == pytest.approx(found[:2])


def test_kernel_distance_does_not_depend_on_the_count_and_frechet_distance_does():
    rng = np.random.default_rng(4)
    y = rng.normal(size=(600, 10))
    sets = {n: [rng.normal(size=(n, 10)) for _ in range(60)] for n in (20, 200)}
    kernel, frechet = Kernel(y), Frechet(y)
    kid = {n: np.mean([kernel.of(x)[0] for x in s]) for n, s in sets.items()}
    fid = {n: np.mean([frechet.of(x)(None) for x in s]) for n, s in sets.items()}
    assert abs(kid[20]) < 0.05 and abs(kid[200]) < 0.02
    assert fid[20] > 3 * fid[200]


def test_spread_is_half_the_mean_squared_distance():
    x = np.random.default_rng(5).normal(size=(6, 9))
    pairs = [((a - b) ** 2).sum() for i, a in enumerate(x) for b in x[:i]]
    assert total_variance(x) == pytest.approx(np.mean(pairs) / 2)
    point = frechet_of_moments(x.mean(0), np.cov(x, rowvar=False), x.mean(0), np.zeros((9, 9)))
    assert total_variance(x) == pytest.approx(point, rel=1e-6)


@pytest.mark.whole
def test_intervals_of_distances_hold_what_a_new_study_would_give():
    """Each simulated study draws prompts, and pictures around them; the interval is of its expected distance."""
    rng = np.random.default_rng(6)
    plan = StudyPlan("p", SYSTEMS, tuple((str(n), "") for n in range(60)), (7.0,), (1, 2), ("",))
    y = rng.normal(size=(300, 4))
    pictures = _pictures(plan)
    found = []
    for _ in range(40):
        prompts = rng.normal(0.4, 0.9, size=(60, 4))
        vectors = {
            p.path: (prompts[int(p.cell.prompt)] + 0.4 * rng.normal(size=4) + 0.2 * (p.cell.system == BASE)).astype(
                "f4"
            )
            for p in pictures
        }
        found.append(rows(plan, pictures, ExtractedFeatures(None, vectors, y)))
    for place, name in ((0, "fid"), (0, "kid"), (1, "fid_difference"), (1, "kid_difference")):
        estimates = [f[place][name] for f in found]
        expected = np.mean([e["value"] for e in estimates])
        held = sum(e["low"] <= expected <= e["high"] for e in estimates)
        assert 34 <= held <= 40, name
    paired, alone = (np.mean([f[1][k]["high"] - f[1][k]["low"] for f in found]) for k in ("fid_difference", "fid"))
    assert paired < 0.8 * alone  # the same prompts in both: most of what makes studies differ cancels out


def test_one_prompt_has_no_interval():
    plan = StudyPlan("p", SYSTEMS, (("0", ""), ("1", "")), (7.0,), (1, 2, 3), ("",))
    rng = np.random.default_rng(8)
    pictures = [p for p in _pictures(plan) if p.cell.system == BASE or p.cell.prompt == "0"]
    vectors = {p.path: rng.normal(size=4).astype("f4") for p in pictures}
    base, other = rows(
        plan, pictures, ExtractedFeatures({p.path: 20.0 for p in pictures}, vectors, rng.normal(size=(30, 4)))
    )
    for name in ("clip", "fid", "kid", "diversity", "fid_difference", "clip_difference"):
        assert other[name]["value"] is not None
        assert (other[name]["low"], other[name]["high"]) == (None, None)
    assert base["fid"]["low"] < base["fid"]["high"]


def _pictures(plan: StudyPlan):
    return [StudyPicture(cell, Path(name), name, "") for group in cells(plan) for name, cell in group]
